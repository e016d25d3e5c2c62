import pytest

from rooms.config import RedisConfig, TlsConfig
from rooms.service import Orchestrator

from tests.factories import make_config


@pytest.fixture
def redis_config():
    yield RedisConfig(host="localhost", port=6379, tls=TlsConfig(certFile="/etc/cert"))


@pytest.fixture
def orchestrator(redis_config):
    return Orchestrator(make_config(redis=redis_config))
