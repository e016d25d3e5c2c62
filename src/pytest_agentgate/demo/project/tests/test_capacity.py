import pytest

from orchestrator.app import Orchestrator, TooManySessions
from orchestrator.config import OrchestratorConfig


@pytest.fixture
def small_config() -> OrchestratorConfig:
    return OrchestratorConfig(
        name="kiosk",
        max_sessions=1,
        endpointing="patient",
        redis={"host": "127.0.0.1", "port": 6390, "database": 3},
    )


@pytest.fixture
def kiosk(small_config) -> Orchestrator:
    return Orchestrator(small_config)


def test_it_takes_no_more_calls_than_it_may(kiosk):
    kiosk.accept("ada")
    with pytest.raises(TooManySessions, match="kiosk takes 1"):
        kiosk.accept("eve")


def test_it_is_as_patient_as_it_is_told(kiosk):
    assert kiosk.turn_detector().count([True, *[False] * 59]) == 0
    assert kiosk.turn_detector().count([True, *[False] * 60]) == 1


def test_a_call_that_was_taken_is_answered(kiosk):
    session = kiosk.accept("ada")
    assert kiosk.calls.handle(session, "I want a human") == "I will connect you."
