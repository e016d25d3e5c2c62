import pytest

from orchestrator.workers import Worker, WorkerClient


@pytest.fixture
def worker_client() -> WorkerClient:
    return WorkerClient([Worker("speech-1", capacity=1)])
