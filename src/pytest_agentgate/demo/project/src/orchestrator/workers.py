"""The machines that turn speech into text and back, and who of them takes the next job."""

from dataclasses import dataclass, field


class NoWorker(Exception):
    """Every worker is busy."""


@dataclass
class Worker:
    """A machine, and how many jobs it has."""

    name: str
    capacity: int = 4
    jobs: int = 0

    @property
    def is_free(self) -> bool:
        """Whether it takes another job."""
        return self.jobs < self.capacity


@dataclass
class WorkerClient:
    """Knows the workers, and hands out jobs."""

    workers: list[Worker] = field(default_factory=lambda: [Worker("speech-1"), Worker("speech-2")])

    def assign(self) -> Worker:
        """Give a job to the worker with the fewest; raises NoWorker."""
        free = [worker for worker in self.workers if worker.is_free]
        if not free:
            raise NoWorker(f"{len(self.workers)} workers are busy")
        chosen = min(free, key=lambda worker: worker.jobs)
        chosen.jobs += 1
        return chosen

    def has_capacity(self) -> bool:
        """Whether anybody takes another job."""
        return any(worker.is_free for worker in self.workers)
