import pytest

from orchestrator.app import Orchestrator


@pytest.mark.parametrize(("callers", "healthy"), [([], True), (["ada", "eve"], False)])
def test_health_is_the_answer_of_its_handler(config, callers, healthy):
    orchestrator = Orchestrator(config)
    for caller in callers:
        orchestrator.accept(caller)
    assert orchestrator.health() == {"name": "front-desk", "healthy": healthy, "sessions": len(callers)}


def test_each_call_has_an_id_of_its_own(config):
    orchestrator = Orchestrator(config)
    assert [orchestrator.accept(caller).id for caller in ("ada", "eve")] == ["call-1", "call-2"]
