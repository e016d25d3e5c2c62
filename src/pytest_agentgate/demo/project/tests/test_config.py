import pytest
from pydantic import ValidationError

from orchestrator.config import OrchestratorConfig, load_config


def test_redis_is_local_unless_it_is_named():
    assert OrchestratorConfig(name="front-desk").redis_url == "redis://127.0.0.1:6379/0"


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="max_session\n"):
        OrchestratorConfig(name="front-desk", max_session=3)


def test_redis_can_be_named():
    config = OrchestratorConfig(name="front-desk", redis={"host": "cache.internal", "port": 6380, "database": 2})
    assert config.redis_url == "redis://cache.internal:6380/2"


def test_redis_keeps_its_defaults_where_nothing_is_said():
    config = OrchestratorConfig(name="front-desk", redis={"host": "cache.internal", "port": 6379, "database": 0})
    assert config.redis_url == "redis://cache.internal:6379/0"


def test_the_environment_names_another_redis(settings_file):
    config = load_config(settings_file, {"ORCHESTRATOR_REDIS_URL": "redis://cache.internal:6380/1"})
    expected = OrchestratorConfig(
        name="voice-tests",
        max_sessions=2,
        redis={"host": "cache.internal", "port": 6380, "database": 1},
    )
    assert config.redis_url == expected.redis_url
