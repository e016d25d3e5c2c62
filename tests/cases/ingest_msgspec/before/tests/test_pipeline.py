import pytest

from ingest.pipeline import Pipeline

from .helpers import pipeline, sink

CASES = [
    ({"size": 1}, [[1], [2], [3]]),
    ({"size": 2}, [[1, 2], [3]]),
    (None, [[1, 2], [3]]),
]


@pytest.mark.parametrize(("batch", "batches"), CASES)
def test_batches(batch, batches):
    assert pipeline(batch=batch).batches([1, 2, 3]) == batches


def test_routes():
    made = pipeline(disk=sink("/tmp/a"), web=sink("example.org", kind="https"))
    assert made.routes() == {"disk": "file:///tmp/a", "web": "https://example.org"}


def test_config():
    config = {
        "source": {"topic": "views", "offset": 3},
        # nothing is kept
        "sinks": {"null": {"kind": "null", "path": ""}},
    }
    made = Pipeline(config=config)
    assert made.routes() == {"null": "null://"}
    assert made.describe()["offset"] == 3


def test_description():
    described = pipeline(source={"topic": "pages"}).describe()
    assert described["topic"] == "pages"
    assert described["offset"] == 0
