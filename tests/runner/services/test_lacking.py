"""What a connection failure lacks, where its address stands, and what would provide it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_agentgate.config import read_config
from pytest_agentgate.model import Cause, Evidence, Failure, Kind, Raised, Reason, Scope, When
from pytest_agentgate.model.services import Service, Sort
from pytest_agentgate.runner.services.lacking import Lack, lacks


def cause(title: str, type_: str = "redis.exceptions.ConnectionError", kind: Kind = Kind.CONNECTION) -> Cause:
    evidence = Evidence((Raised(type_),))
    failure = Failure("t.py::test_a", Scope.TEST, When.CALL, evidence, Reason(kind, (), title, ""), "c1:0")
    return Cause("c1:0", kind, title, "", 1, ("t.py::test_a",), ("t.py",), failure, "")


def lack(title: str, root: Path, **environ: str) -> Lack:
    [one] = lacks([cause(title)], root, environ)
    return one


REDIS = "redis on 127.0.0.1:16390 refuses connections"


def test_an_address_that_tests_name_is_where_the_service_has_to_be(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("redis:\n  port: 16390\nother: 116390\n")
    one = lack(REDIS, tmp_path)
    assert (one.server, one.host, one.port, one.client) == ("redis", "127.0.0.1", 16390, "redis")
    assert one.origins == ("settings.yaml:2",)
    assert one.service == Service("redis", Sort.REDIS, at=16390)


def test_a_variable_of_the_environment_gets_a_template(tmp_path: Path) -> None:
    one = lack(REDIS, tmp_path, CACHE_URL="redis://127.0.0.1:16390/0", OTHER="x16390")
    assert one.origins == ("$CACHE_URL",)
    assert one.lines == (
        '[tool.agentgate.services.redis]\nkind = "redis"\nenv = { CACHE_URL = "redis://{host}:{port}/{worker}" }\n'
    )


def test_a_default_in_the_code_tells_the_variable(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        'import os\nURL = os.getenv("DB", "postgresql+psycopg://a:b@localhost:5433/shop")\n'
    )
    one = lack("postgres on localhost:5433 refuses connections", tmp_path)
    assert one.origins == ("app.py:2",)
    assert one.service is not None
    assert one.service.env == (("DB", "postgresql+psycopg://{user}:{password}@{host}:{port}/{database}"),)
    assert "b@" not in one.lines  # nobody's password


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("service on 127.0.0.1:99 cannot be reached", "service is no kind that is known: declare its image"),
        ("elasticsearch on localhost:9200 refuses connections", "elasticsearch is no kind that is known"),
        ("redis on cache.internal:6379 does not answer", "cache.internal is another machine, and no variable"),
    ],
)
def test_where_nothing_can_be_proposed_it_says_why(tmp_path: Path, title: str, why: str) -> None:
    one = lack(title, tmp_path)
    assert one.service is None
    assert one.lines == ""
    assert one.why.startswith(why)


def test_other_kinds_of_failures_lack_no_service(tmp_path: Path) -> None:
    assert lacks([cause("KeyError: 'a'", kind=Kind.OTHER)], tmp_path, {}) == []


@pytest.mark.parametrize("environ", [{}, {"REDIS": "redis://127.0.0.1:16390"}])
def test_the_lines_are_a_configuration_that_means_the_service(tmp_path: Path, environ: dict[str, str]) -> None:
    first, second = lacks([cause(REDIS), replace(cause(REDIS), signature="c1:1")], tmp_path, environ)
    config = read_config(first.lines + second.lines, tmp_path / "pyproject.toml")
    assert config is not None
    assert config.services == (first.service, second.service)
    assert [one.name for one in config.services] == ["redis", "redis2"]
