import asyncio

import pytest

from mailer.client import Client


@pytest.mark.parametrize("number, address", [(0, "a:587"), (1, "b:25"), (2, "a:587")])
def test_servers_take_turns(client, number, address):
    assert client.pick(number) == address


def test_accounts(client: Client, account):
    client.configure(account)
    assert client.signed("hi").startswith("hi -- ")


def test_signature(client: Client, make_account):
    client.configure(make_account("Eve"))
    assert client.signed("hi") == "hi -- Eve (0)"
    client.configure(account=make_account("Eve", password="123"))
    assert client.signed("hi") == "hi -- Eve (3)"


def test_sending():
    client = Client(
        [
            {"host": "x", "port": 1},  # the only one
        ],
        account={"name": "Zoe"},
    )
    assert asyncio.run(client.send(7, "hi")) == "x:1"
    assert client.sent == [("x:1", "hi -- Zoe (0)")]


def test_many_servers():
    servers = [{"host": name} for name in ("k", "l", "m")]
    client = Client(servers=servers)
    assert [client.pick(number) for number in range(len(servers))] == ["k:587", "l:587", "m:587"]
