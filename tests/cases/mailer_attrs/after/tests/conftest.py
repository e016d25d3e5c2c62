import pytest

from mailer.model import Account, Server

SERVERS = [
    Server(host="a"),
    Server(host="b", port=25, tags=["old"]),
]


@pytest.fixture(scope="session")
def servers():
    return SERVERS


@pytest.fixture(params=[Account(name="Ann"), Account(name="Bob", password="1234")], ids=["ann", "bob"])
def account(request):
    return request.param
