"""Configurations for tests."""

from rooms.config import OrchestratorConfig

DEFAULTS = {
    "name": "test",
    "redis": {"host": "redis", "port": 6380},
}


def make_config(**overrides):
    return OrchestratorConfig(**{**DEFAULTS, **overrides})


def make_media(*names):
    return {"codecs": [{"name": name} for name in names]}
