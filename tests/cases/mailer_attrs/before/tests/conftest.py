import pytest

SERVERS = [
    {"host": "a"},
    {"host": "b", "port": 25, "tags": ["old"]},
]


@pytest.fixture(scope="session")
def servers():
    return SERVERS


@pytest.fixture(params=[{"name": "Ann"}, {"name": "Bob", "password": "1234"}], ids=["ann", "bob"])
def account(request):
    return request.param
