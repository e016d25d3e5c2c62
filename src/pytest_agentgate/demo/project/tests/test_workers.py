import pytest

from orchestrator.workers import NoWorker, Worker, WorkerClient


def test_the_worker_with_the_fewest_jobs_takes_the_next():
    client = WorkerClient([Worker("a", jobs=2), Worker("b", jobs=1)])
    assert client.assign().name == "b"


def test_nobody_takes_a_job_when_all_are_busy():
    client = WorkerClient([Worker("a", capacity=1)])
    client.assign()
    with pytest.raises(NoWorker):
        client.assign()
