import pytest

from mailer.client import Client
from mailer.model import Account


@pytest.fixture
def client(servers):
    return Client(servers)


@pytest.fixture
def make_account():
    def make(name, password=""):
        return Account(name=name, password=password)

    return make
