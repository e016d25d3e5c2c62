import asyncio
import json

from rooms.config import OrchestratorConfig, load
from rooms.service import Orchestrator

from tests.factories import DEFAULTS, make_config, make_media


class TestUrl:
    def test_encrypted(self, orchestrator):
        assert orchestrator.url == "rediss://localhost:6379/0"

    def test_default(self):
        orchestrator = Orchestrator(make_config())
        assert orchestrator.url == "redis://redis:6380/0"
        assert orchestrator.config.name == DEFAULTS["name"]

    def test_database(self):
        config = OrchestratorConfig(
            name="test",
            redis={
                "host": "localhost",
                "port": 6379,
                "db": 3,  # not the one of production
            },
        )
        assert Orchestrator(config).url.endswith("/3")
        assert config.redis.db == 3


class TestMedia:
    media = {"codecs": [{"name": "opus", "bitrate": 48_000}, {"name": "vp8"}]}

    def test_codecs(self):
        assert Orchestrator(make_config(media=self.media)).codecs == ["opus", "vp8"]

    def test_one_codec(self):
        assert Orchestrator(make_config(media=make_media("h264"))).codecs == ["h264"]

    def test_no_codec(self):
        assert Orchestrator(make_config(media={})).codecs == []


def test_joining(orchestrator):
    assert asyncio.run(orchestrator.join("a", "ann")) == 1
    assert asyncio.run(orchestrator.join("a", "bob")) == 2


def test_loading(tmp_path):
    redis = load({"redis": {"port": 1}})
    assert redis.host == "localhost"
    assert redis.port == 1
    assert redis.tls is None
    path = tmp_path / "redis.json"
    path.write_text(json.dumps(redis.model_dump(mode="json")))
    assert json.loads(path.read_text())["port"] == 1
