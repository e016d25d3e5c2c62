"""``services.ready``, from what a run has recorded of its services."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_agentgate.config import find_project
from pytest_agentgate.model.judgement import Item, Measure
from pytest_agentgate.model.services import Provided, Provision, Service
from pytest_agentgate.runner.services import record

Measured = Callable[..., Measure]

BEGAN = "2026-01-31T12:00:00.000000+00:00"


@pytest.fixture
def recorded(folder: Path) -> Callable[..., None]:
    """``recorded(cache=..., db=...)``: how it stood with each in the run ``R1``."""
    (folder / "agentgate.toml").write_text('services = { cache = { kind = "redis" }, db = { kind = "postgres" } }\n')

    def write(**states: tuple[Provision, str]) -> None:
        state = find_project(folder).prepare_state()
        record.write(state, "R1", [Provided(Service(name), *stands) for name, stands in states.items()])

    return write


READY = (Provision.READY, "")
FAILED = (Provision.FAILED, "a.sql:3: no")
AWAY = (Provision.UNAVAILABLE, "no engine")


def test_services_that_are_all_ready_are(recorded: Callable[..., None], measured: Measured) -> None:
    recorded(cache=READY, db=READY)
    assert measured("services.ready", BEGAN) == Measure(1.0)


def test_one_that_failed_is_named_with_its_reason(recorded: Callable[..., None], measured: Measured) -> None:
    recorded(cache=AWAY, db=FAILED)
    assert measured("services.ready", BEGAN) == Measure(0.0, (Item("db", note="a.sql:3: no"),), command="agentgate run")


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ({"cache": READY, "db": AWAY}, "db: no engine"),
        ({"cache": READY}, "the run was started without db"),
        (None, "the run was not started by agentgate run"),
    ],
)
def test_what_nobody_knows_is_not_measured(
    recorded: Callable[..., None], measured: Measured, states: dict[str, tuple[Provision, str]] | None, why: str
) -> None:
    if states is not None:
        recorded(**states)
    found = measured("services.ready", BEGAN)
    assert found.value is None
    assert found.why.startswith(why)
    assert found.command == "agentgate run"


@pytest.mark.usefixtures("folder")
def test_where_no_service_is_declared_there_is_nothing_to_measure(measured: Measured) -> None:
    assert measured("services.ready", BEGAN).why == "no [tool.agentgate.services.NAME] is configured"


def test_a_record_that_cannot_be_read_is_none(folder: Path, recorded: Callable[..., None], measured: Measured) -> None:
    recorded(cache=READY, db=READY)
    (folder / ".agentgate" / "services" / "R1.json").write_text("{")
    assert measured("services.ready", BEGAN).value is None
