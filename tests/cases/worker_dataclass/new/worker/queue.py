"""A worker that takes jobs from a queue and tries again when they fail."""

from __future__ import annotations

from collections.abc import Callable

from worker.settings import QueueSettings


class Worker:
    def __init__(
        self, name: str, queue: QueueSettings, on_error: Callable[[Exception], None] | None = None
    ) -> None:
        self.name = name
        self.queue = queue
        self.retry = queue.retry
        self.on_error = on_error
        self.failed: list[str] = []

    @property
    def address(self) -> str:
        return f"{self.queue.host}:{self.queue.port}/{self.queue.name}"

    def run(self, job: Callable[[], str]) -> str | None:
        for _ in range(self.retry.times + 1):
            try:
                return job()
            except ValueError as error:
                self.failed.append(str(error))
                if self.on_error is not None:
                    self.on_error(error)
        return None
