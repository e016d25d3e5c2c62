from __future__ import annotations

import pytest

from worker.queue import Worker
from worker.settings import QueueSettings, Retry

LOCAL = {"host": "127.0.0.1"}


def fail() -> str:
    raise ValueError("no")


def test_address(worker):
    assert worker.address == "localhost:5672/mail"


def test_a_job_is_tried_again(worker):
    assert worker.run(fail) is None
    assert worker.failed == ["no"] * 3


def test_the_broker_of_the_settings(broker):
    worker = Worker("a", queue=QueueSettings(**broker))
    assert worker.address == f"{broker['host']}:{broker['port']}/default"


def test_a_worker_without_retries():
    worker = Worker("a", QueueSettings(**LOCAL))
    worker.run(fail)
    assert worker.failed == ["no"]


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        (QueueSettings(host="a"), "a:5672/default"),
        (QueueSettings(host="a", port=1), "a:1/default"),
        pytest.param(QueueSettings(host="b", name="jobs"), "b:5672/jobs", id="named"),
    ],
)
def test_addresses(settings, address):
    assert Worker("a", settings).address == address


def test_errors_are_told():
    told = []
    worker = Worker("a", QueueSettings(**LOCAL, retry=Retry(times=1, delay=0.0)), on_error=told.append)
    worker.run(fail)
    assert [str(error) for error in told] == ["no", "no"]
