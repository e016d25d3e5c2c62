import pytest
from gateway.server import Gateway, Limiter

from tests.support.settings import BASE


@pytest.fixture
def rules():
    return {"burst": 1, "seconds": 0.5}


@pytest.fixture
def limiter(rules):
    return Limiter(rules)


@pytest.fixture
def gateway(limiter):
    return Gateway("test", BASE, limiter)
