from orchestrator.health import HealthCheckHandler


def test_an_idle_orchestrator_is_healthy(config):
    handler = HealthCheckHandler(config)
    assert handler.handle() == {"name": "front-desk", "healthy": True, "sessions": 0}


def test_a_full_one_is_not(config):
    handler = HealthCheckHandler(config)
    assert handler.handle(sessions=2) == {"name": "front-desk", "healthy": False, "sessions": 2}


def test_health_names_the_orchestrator(config):
    assert HealthCheckHandler(config).handle()["name"] == config.name


def test_health_does_not_take_a_worker(config, worker_client):
    HealthCheckHandler(config).handle()
    assert worker_client.assign().name == "speech-1"
