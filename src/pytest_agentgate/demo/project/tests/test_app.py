import pytest

from orchestrator.app import Orchestrator


@pytest.mark.parametrize("callers", [[], ["ada"]])
def test_health_counts_the_calls_that_were_taken(config, callers):
    orchestrator = Orchestrator(config)
    for caller in callers:
        orchestrator.accept(caller)
    assert orchestrator.health() == {"name": "front-desk", "healthy": True, "sessions": len(callers)}


def test_each_call_has_an_id_of_its_own(config):
    orchestrator = Orchestrator(config)
    assert [orchestrator.accept(caller).id for caller in ("ada", "eve")] == ["call-1", "call-2"]
