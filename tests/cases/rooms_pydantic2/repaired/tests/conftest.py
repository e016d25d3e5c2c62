import pytest

from rooms.service import Orchestrator

from tests.factories import make_config


@pytest.fixture
def redis_config():
    yield {"host": "localhost", "port": 6379, "tls": {"certFile": "/etc/cert"}}


@pytest.fixture
def orchestrator(redis_config):
    return Orchestrator(make_config(redis=redis_config))
