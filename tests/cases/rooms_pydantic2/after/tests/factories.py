"""Configurations for tests."""

from rooms.config import Codec, MediaConfig, OrchestratorConfig, RedisConfig

DEFAULTS = {
    "name": "test",
    "redis": RedisConfig(host="redis", port=6380),
}


def make_config(**overrides):
    return OrchestratorConfig(**{**DEFAULTS, **overrides})


def make_media(*names):
    return MediaConfig(codecs=[Codec(name=name) for name in names])
