from __future__ import annotations

from typing import Any

import pytest

from worker.queue import Worker


@pytest.fixture
def queue_settings() -> dict[str, Any]:
    """What every worker of these tests is told."""
    return {
        "host": "localhost",
        "name": "mail",  # see test_address
        "retry": {"times": 2, "delay": 0.0},
    }


@pytest.fixture
def broker() -> dict[str, Any]:
    return {"host": "broker", "port": 5673}


@pytest.fixture
def worker(queue_settings: dict[str, Any]) -> Worker:
    return Worker("mailer", queue_settings)
