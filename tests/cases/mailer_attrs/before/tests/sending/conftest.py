import pytest

from mailer.client import Client


@pytest.fixture
def client(servers):
    return Client(servers)


@pytest.fixture
def make_account():
    def make(name, password=""):
        return {"name": name, "password": password}

    return make
