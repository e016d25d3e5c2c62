import pytest
from gateway.server import Gateway, Limiter
from gateway.settings import Limits, Settings

from tests.support.settings import BASE


@pytest.fixture
def rules():
    return Limits(burst=1, seconds=0.5)


@pytest.fixture
def limiter(rules):
    return Limiter(rules)


@pytest.fixture
def gateway(limiter):
    return Gateway("test", Settings(**BASE), limiter)
