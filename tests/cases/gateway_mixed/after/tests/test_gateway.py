import asyncio
import json
from dataclasses import asdict

import pytest
from gateway.server import Gateway, Limiter, serve
from gateway.settings import Limits, Settings

from tests.support.settings import BASE, with_auth


def handle(settings, *args, **kwargs):
    async def run():
        gateway = await serve(settings)
        return await gateway.handle(*args, **kwargs)

    return asyncio.run(run())


@pytest.mark.parametrize("path, status", [("/users/1", 200), ("/nothing", 404)])
def test_routes(path, status):
    assert handle(Settings(**BASE), "ann", path) == status


def test_targets(gateway):
    assert gateway.target("/users/1") == "users:80"
    assert gateway.target("/mail") == "mail:8025"


class TestAuth:
    def test_wrong_token(self):
        assert handle(with_auth("a", "b"), "ann", "/mail", token="c") == 401

    def test_right_token(self):
        assert handle(with_auth("a", "b"), "ann", "/mail", "b") == 200


class TestLimits:
    @pytest.fixture
    def rules(self):
        return Limits(burst=3)

    def test_rules_of_this_class(self, limiter):
        assert [limiter.allow("bob") for _ in range(4)] == [True, True, True, False]

    def test_new_rules(self, limiter):
        limiter.reset(rules=Limits(burst=0))
        assert not limiter.allow("bob")

    def test_settings(self):
        gateway = Gateway("a", Settings(**BASE))
        assert [asyncio.run(gateway.handle("bob", "/mail")) for _ in range(3)] == [200, 200, 429]


def test_statistics(gateway, tmp_path):
    asyncio.run(gateway.handle("ann", "/mail"))
    stats = gateway.stats()
    assert stats.calls == 1
    path = tmp_path / "stats.json"
    path.write_text(json.dumps({"gateway": asdict(stats), "version": 1}))
    assert json.loads(path.read_text())["gateway"]["name"] == "test"


def test_own_limiter():
    strict = Limiter(rules=Limits(burst=0))
    settings = Settings(routes=[])
    assert asyncio.run(Gateway("a", settings, strict).handle("ann", "/")) == 429
