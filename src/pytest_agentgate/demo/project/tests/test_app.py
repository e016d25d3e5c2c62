from orchestrator.app import Orchestrator


def test_health_of_an_orchestrator_without_calls(config):
    assert Orchestrator(config).health() == {"name": "front-desk", "healthy": True, "sessions": 0}


def test_health_counts_the_calls_that_were_taken(config):
    orchestrator = Orchestrator(config)
    orchestrator.accept("ada")
    orchestrator.accept("eve")
    assert orchestrator.health() == {"name": "front-desk", "healthy": False, "sessions": 2}


def test_each_call_has_an_id_of_its_own(config):
    orchestrator = Orchestrator(config)
    assert [orchestrator.accept(caller).id for caller in ("ada", "eve")] == ["call-1", "call-2"]
