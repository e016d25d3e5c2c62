"""Dicts whose place a class took."""

from __future__ import annotations

from typing import Any

import pytest

CONFIG = "from dataclasses import dataclass\n\n@dataclass\nclass Redis:\n    host: str\n    port: int = 6379\n\n"
OLD = "class Service:\n    def __init__(self, redis: dict):\n        self.url = redis['host']\n"
NEW = CONFIG + "class Service:\n    def __init__(self, redis: Redis):\n        self.url = redis.host\n"
TEST = "from shop import Service\n\ndef test_url():\n    assert Service({'host': 'a'}).url == 'a'\n"
OLD_RESULT = "def load() -> dict:\n    return {'host': 'a', 'port': 6379}\n"
NEW_RESULT = CONFIG + "def load() -> Redis:\n    return Redis('a')\n"

REPAIRED = {
    "a dict that is passed": (
        OLD, NEW, TEST, "safe: dict-to-model function=shop.Service parameter=redis model=shop.Redis",
    ),
    "a result that is read like a dict": (
        OLD_RESULT,
        NEW_RESULT,
        "from shop import load\n\ndef test_load():\n    assert load()['host'] == 'a'\n",
        "safe: subscript-to-attribute model=shop.Redis; subscript-to-attribute model=shop.Redis function=shop.load",
    ),
    "a result that is written as JSON": (
        OLD_RESULT,
        NEW_RESULT,
        "import json\nfrom shop import load\n\ndef test_load():\n    assert json.dumps(load())\n",
        "safe: serialize-model model=shop.Redis",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "tests", "proposal"), REPAIRED.values(), ids=REPAIRED)
def test_the_class_takes_the_place_of_the_dict(told: Any, old: str, new: str, tests: str, proposal: str) -> None:
    assert told(old, new, tests).best == proposal


def test_the_evidence_names_the_field_and_what_the_class_takes(told: Any) -> None:
    assert told(OLD, NEW, TEST).evidence == "Redis replaced dict in Service.redis (src/shop.py:8); it takes host, port"


SHARED = (
    "from shop import Service, connect\n\nREDIS = {'host': 'a'}\n\n"
    "def test_url():\n    assert Service(REDIS).url == 'a'\n\n"
    "def test_connect():\n    assert connect(redis=REDIS).url == 'a'\n"
)
CONNECT = "\ndef connect(redis: {}) -> Service:\n    return Service(redis)\n"


def test_a_class_that_is_taken_in_several_places_is_looked_for_in_all_of_them(told: Any) -> None:
    found = told(OLD + CONNECT.format("dict"), NEW + CONNECT.format("Redis"), SHARED)
    assert found.best == "safe: dict-to-model function=shop.Service parameter=redis model=shop.Redis everywhere=yes"


def test_a_place_that_took_the_class_before_is_not_looked_at(told: Any) -> None:
    """It may take dicts as well, and tests may be there to say so."""
    takes = "\ndef host_of(redis: Redis) -> str:\n    return redis.host\n"
    old, new = (text + takes + CONNECT for text in (CONFIG + OLD, NEW))
    found = told(old.format("dict"), new.format("Redis"), SHARED)
    assert found.best == (
        "safe: dict-to-model function=shop.Service parameter=redis model=shop.Redis; "
        "dict-to-model function=shop.connect parameter=redis model=shop.Redis"
    )


SILENT = {
    "the implementation asks a dict for what the class has not either": (
        OLD, NEW.replace("redis.host", "redis.name"), TEST,
    ),
    "the annotation did not change": (OLD, NEW.replace("redis: Redis", "redis: dict"), TEST),
    "the class is no model": (
        OLD,
        NEW.replace("@dataclass\n", "").replace("    port: int = 6379\n", "    def __init__(self, *parts): ...\n"),
        TEST,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "tests"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_that_would_run(told: Any, old: str, new: str, tests: str) -> None:
    assert told(old, new, tests).may_run == []
