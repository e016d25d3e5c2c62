"""What the files of a project say of an address that was not reached: where it stands, and which variable is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.model import Cause, Evidence, Failure, Kind, Raised, Reason, Scope, When
from pytest_agentgate.model.services import Lack, Service, Sort, Variable
from pytest_agentgate.runner.services.environment import templates_of
from pytest_agentgate.runner.services.kinds import kind_of
from pytest_agentgate.runner.services.lacking import lacks
from pytest_agentgate.runner.services.places import Seen, Sought, places_of
from pytest_agentgate.triage.causes import group
from pytest_agentgate.triage.kinds import reason_of
from pytest_agentgate.triage.lacking import READ, variables_of, with_lacks


def cause(
    server: str = "redis", host: str = "127.0.0.1", port: int = 16390, variables: tuple[Variable, ...] = ()
) -> Cause:
    facts: dict[str, Any] = {"service": server, "host": host, "port": port}
    evidence = Evidence((Raised("x.ConnectionError", ("OSError",), "refused", facts=facts),), variables=variables)
    failure = Failure("t.py::test_a", Scope.TEST, When.CALL, evidence, Reason(Kind.CONNECTION, (), "", ""), "c1:0")
    return Cause("c1:0", Kind.CONNECTION, "", "", 1, ("t.py::test_a",), ("t.py",), failure, "")


def lack(root: Path, *declared: Service, **about: Any) -> Lack:
    [(_, one)] = lacks([cause(**about)], root, declared)
    return one


def seen(root: Path, name: str, text: str, server: str = "redis", host: str = "127.0.0.1", port: int = 6379) -> Seen:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    [one] = places_of(root, [Sought(server, host, port)])
    return one


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("a.py", 'URL = "redis://u:s3cret@localhost:6379/0"', ["a.py:1 (URL)"]),
        ("a.py", "class Redis:\n    port: int = 6379", ["a.py:2 (Redis.port)"]),
        ("a.py", "def client(port=6379): ...", ["a.py:1 (port)"]),
        ("a.py", 'connect(\n  "localhost", 6379)', ["a.py:2 (connect)"]),
        ("a.py", 'CONFIG = {"cache": {"port": "6379"}}', ["a.py:1 (CONFIG.cache.port)"]),
        ("a.py", 'CACHES["x"] = "redis://localhost"', ["a.py:1 (x)"]),
        ("a.py", "redis.Redis(port=6379)\nrun(port=6379)", ["a.py:1 (redis.Redis.port)"]),
        ("settings.yaml", "redis:\n  port: 6379  # 6379\nother:\n  port: 16379\n", ["settings.yaml:2 (redis.port)"]),
        ("c.yml", "services:\n  - url: 'localhost:6379'\n", ["c.yml:2 (services.url)"]),
        ("c.toml", '[cache]\nhosts = ["localhost:6379"]\n', ["c.toml:2 (cache.hosts)"]),
        ("c.json", '{"redis": {"port": 6379}}', ["c.json:1 (port)"]),
        (".env", "CACHE=redis://localhost:6379\n", [".env:1 (CACHE)"]),
        ("c.py", "class S(BaseSettings):\n    port: int = 6379", ["c.py:2 (S.port)"]),
        ("tox.ini", "[testenv]\nsetenv =\n  CACHE = localhost:6379\n", ["tox.ini:3 (testenv.CACHE)"]),
    ],
)
def test_an_address_is_found_with_the_name_that_it_has(tmp_path: Path, name: str, text: str, places: list[str]) -> None:
    assert list(seen(tmp_path, name, text).places) == places


SETTINGS = """
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_", env_file=".env")
    cache: str = "redis://localhost:6379/0"
    port: int = Field(6379, validation_alias="REDIS_PORT")
    host: str = Field(default="127.0.0.1", alias="REDIS_HOST")
    debug: bool = False
"""


@pytest.mark.parametrize(
    ("name", "text", "variables"),
    [
        (".env", "export CACHE=redis://localhost:6379\nOTHER=redis://localhost:6380\n", {"CACHE": "redis://{host}:{port}"}),
        ("test.env", "REDIS_HOST=localhost\nREDIS_PORT=6379\n", {"REDIS_HOST": "{host}", "REDIS_PORT": "{port}"}),
        ("config.py", SETTINGS, {"SHOP_CACHE": "redis://{host}:{port}/0"}),
        (
            "config.py",
            SETTINGS.replace("cache", "cache_").replace("redis://localhost:6379/0", ""),
            {"REDIS_HOST": "{host}", "REDIS_PORT": "{port}"},
        ),
        ("a.py", 'D = dj_database_url.config(default="redis://localhost:6379")', {"DATABASE_URL": "redis://{host}:{port}"}),
        ("a.py", 'D = dj_database_url.config("X", default="redis://localhost:6379")', {"X": "redis://{host}:{port}"}),
    ],
)  # fmt: skip
def test_a_setting_that_is_read_from_the_environment_is_a_variable(
    tmp_path: Path, name: str, text: str, variables: dict[str, str]
) -> None:
    found = seen(tmp_path, name, text)
    assert {one.name: one.form for one in found.variables} == variables
    assert found.places[0].startswith(f"{name}:")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "LINES = 6379"),
        ("a.py", "def test_it():\n    assert len(lines) == 6379"),
        ("a.py", "assert port == 6379"),
        ("a.py", '"""Redis is on localhost:6379, port=6379."""'),
        ("a.py", "# redis port = 6379"),
        ("a.py", "order(id=6379, report=6379, transport=6379, redis=6379)"),
        ("a.py", 'raise Error("cannot reach localhost:6379")'),
        ("a.py", 'URL = "redis://other:6379"'),
        ("a.py", 'connect("other", 6379)'),
        ("a.py", "port = 6379.0\nports = [16379, 63790]"),
        ("a.py", "def broken(:\n  port = 6379"),
        ("c.yaml", "redis:\n  lines: 6379\n  # port: 6379\n  url: redis://other:6379\n"),
        ("c.json", '{"id": 6379, "report": 6379, "name": "x6379"}'),
        ("node_modules/a.py", "port = 6379"),
        (".tox/a.py", "port = 6379"),
        ("notes.txt", "port = 6379"),
        ("pyproject.toml", "[tool.agentgate.services.cache]\nport = 6379\nurl = 'redis://localhost:6379'\n"),
        ("report.json", '{\n  "schema": "agentgate/1",\n  "lack": {\n    "port": 6379}}'),
        ("agentgate.toml", "[services.cache]\nport = 6379\n"),
    ],
)
def test_an_equal_number_or_another_address_is_none(tmp_path: Path, name: str, text: str) -> None:
    assert seen(tmp_path, name, text) == Seen((), ())


def test_the_address_itself_comes_before_a_port_of_the_server_and_any_port_is_the_last_resort(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("port = 6379\nredis_port = 6379\nurl = 'localhost:6379'\n")
    assert seen(tmp_path, "b.py", "x = 1").places == ("a.py:3 (url)", "a.py:2 (redis_port)")
    (tmp_path / "a.py").write_text("port = 6379\n")
    assert seen(tmp_path, "b.py", "x = 1").places == ("a.py:1 (port)",)


@pytest.mark.parametrize(
    ("code", "variables"),
    [
        ('import os\nU = os.getenv("CACHE", "redis://:x@localhost")', {"CACHE": "redis://:{password}@{host}:{port}"}),
        ('import os\nU = os.environ.get("CACHE", default="localhost:6379")', {"CACHE": "{host}:{port}"}),
        ('U = env.str("CACHE", default="localhost:6379")', {"CACHE": "{host}:{port}"}),
        ('U = int(environ.get("REDIS_PORT", 6379))', {"REDIS_PORT": "{port}"}),
        (
            'H, P = getenv("DB_HOST", "localhost"), getenv("DB_PORT", "6379")',
            {"DB_HOST": "{host}", "DB_PORT": "{port}"},
        ),
        ('U = os.environ.get("CACHE", "redis://other")', {}),
        ('U = os.environ.get("COUNT", "6379")', {}),
        ('U = options.get("CACHE", "localhost:6379")', {}),
    ],
)
def test_a_default_in_the_code_tells_the_variable(tmp_path: Path, code: str, variables: dict[str, str]) -> None:
    one = seen(tmp_path, "a.py", code)
    assert {each.name: each.form for each in one.variables} == variables


def test_where_a_variable_is_read_is_the_first_place(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("redis_port = 16390\n")
    (tmp_path / "b.py").write_text('import os\n\nurl = os.environ["CACHE"]\n')
    one = lack(tmp_path, variables=(Variable("CACHE", "{host}:{port}"),))
    assert one.origins == ("$CACHE", "b.py:3 (CACHE)", "a.py:1 (redis_port)")


def test_a_default_makes_the_proposal_and_finds_what_is_declared(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('import os\nDB = os.getenv("DB", "postgresql://a:b@db.internal:5433/shop")\n')
    one = lack(tmp_path, server="postgres", host="db.internal", port=5433)
    template = "postgresql://{user}:{password}@{host}:{port}/{database}"
    assert one.service == Service("postgres", Sort.POSTGRES, env=(("DB", template),))
    assert "b@" not in one.lines  # nobody's password
    declared = Service("shop", Sort.POSTGRES, env=(("DB", "x"),))
    assert lack(tmp_path, declared, server="postgres", host="db.internal", port=5433).declared == "shop"


def test_only_connection_failures_are_told_of(tmp_path: Path) -> None:
    reason = Reason(Kind.OTHER, (), "", "")
    failure = Failure("t.py::test_a", Scope.TEST, When.CALL, Evidence((Raised("KeyError"),)), reason, "c1:0")
    other = Cause("c1:0", Kind.OTHER, "", "", 1, ("t.py::test_a",), ("t.py",), failure, "")
    [(one, _)] = lacks([other, cause()], tmp_path)
    assert one.kind is Kind.CONNECTION


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    (tmp_path / "b.py").symlink_to("nowhere")
    (tmp_path / "c.py").write_bytes(b"port = 6379 # \xff\n")
    (tmp_path / "d.py").write_text("port = 6379\n" + "#" * 300_000)
    (tmp_path / "e.py").write_text("x = " + "(" * 5000 + "6379")
    (tmp_path / "f.py").write_text('x = "\\d"\nport = 6379')  # an escape that is none warns
    assert seen(tmp_path, "g.py", "").places == ("f.py:2 (port)",)


@pytest.mark.parametrize("sort", list(Sort))
def test_what_is_declared_without_variables_is_known_by_those_of_its_kind(sort: Sort) -> None:
    names = kind_of(Service("x", sort)).names
    assert [name for name in names if not READ[sort].fullmatch(name)] == []


@pytest.mark.parametrize(
    "service",
    [
        *(Service("x", sort) for sort in Sort),
        Service("my-mail", None, "image", 80),
        Service("x", env=(("A", "{url}"),)),
    ],
    ids=str,
)
def test_the_variables_of_a_declared_service_are_those_that_it_sets(service: Service) -> None:
    assert sorted(variables_of(service)) == sorted(templates_of(service, kind_of(service)))


@pytest.mark.parametrize("sort", list(Sort))
def test_of_a_server_by_url_they_are_those_that_any_has(sort: Sort) -> None:
    service = Service("x", sort, url="tcp://localhost:1")
    templates = templates_of(service, kind_of(service))
    may_be_empty = ("{user}", "{password}", "{database}")
    assert sorted(variables_of(service)) == sorted(
        name for name, template in templates.items() if not any(each in template for each in may_be_empty)
    )


def test_a_variable_that_is_not_set_starts_nothing(tmp_path: Path) -> None:
    raised = Raised("KeyError", ("LookupError",), "'REDIS_URL'", facts={"key": "'REDIS_URL'", "environ": True})
    evidence, declared = Evidence((raised,)), [Service("cache", Sort.REDIS)]
    reason = reason_of(evidence, Scope.TEST, When.CALL)
    [told] = with_lacks(
        group([Failure("t.py::t", Scope.TEST, When.CALL, evidence, reason, reason.signature)]), declared
    )
    assert told.lack is not None
    assert (told.lack.declared, told.lack.service, told.lack.lines) == ("cache", None, "")
    assert lacks([told], tmp_path, declared) == []
