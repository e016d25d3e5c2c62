from __future__ import annotations

from typing import Any

import pytest

from worker.queue import Worker
from worker.settings import QueueSettings, Retry


@pytest.fixture
def queue_settings() -> QueueSettings:
    """What every worker of these tests is told."""
    return QueueSettings(
        host="localhost",
        name="mail",  # see test_address
        retry=Retry(times=2, delay=0.0),
    )


@pytest.fixture
def broker() -> dict[str, Any]:
    return {"host": "broker", "port": 5673}


@pytest.fixture
def worker(queue_settings: QueueSettings) -> Worker:
    return Worker("mailer", queue_settings)
