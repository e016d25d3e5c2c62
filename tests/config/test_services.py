"""The tables of services; every wrong one is one line that names the file, the service and the key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_agentgate.config import read_config
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.model.services import Service, Sort

OWN = Path("/p/agentgate.toml")


def read(text: str) -> tuple[Service, ...]:
    config = read_config(text, OWN)
    assert config is not None
    return config.services


def test_services_are_read_in_their_order() -> None:
    found = read(
        """
        [services.db]
        kind = "postgres"
        init = "sql/schema.sql"
        migrations = ["sql/migrations", "sql/last.sql"]
        env = { DATABASE_URL = "postgresql://{user}:{password}@{host}:{port}/{database}" }
        settings = { POSTGRES_INITDB_ARGS = "--no-sync", TZ = "UTC", JOBS = 2 }
        timeout = 5

        [services.clock]
        image = "shop/clock:1"
        port = 8080
        ready = "http:/ready"
        """
    )
    assert found == (
        Service(
            "db",
            Sort.POSTGRES,
            env=(("DATABASE_URL", "postgresql://{user}:{password}@{host}:{port}/{database}"),),
            settings=(("POSTGRES_INITDB_ARGS", "--no-sync"), ("TZ", "UTC"), ("JOBS", "2")),
            init=("sql/schema.sql",),
            migrations=("sql/migrations", "sql/last.sql"),
            timeout=5.0,
        ),
        Service("clock", image="shop/clock:1", port=8080, ready="http:/ready"),
    )


def test_the_url_of_a_server_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "postgresql://shop@db.example.invalid/shop")
    assert read('services.db = { kind = "postgres", url = "$SHOP_DB" }')[0].url == (
        "postgresql://shop@db.example.invalid/shop"
    )


def test_a_url_whose_variable_is_not_set_stops_nothing_but_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DB", raising=False)
    assert read('services.db = { kind = "postgres", url = "$SHOP_DB" }')[0].url == "$SHOP_DB"


def test_no_word_of_what_should_be_a_url_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DB", "host=db password=s3cret")
    assert read('services.db = { kind = "postgres", url = "$SHOP_DB" }')[0].url == "$SHOP_DB"
    with pytest.raises(ConfigError, match=r"services.db: url must be one such as 'postgresql://[^']*'$"):
        read('services.db = { kind = "postgres", url = "host=db password=s3cret" }')


def test_a_project_without_services_has_none() -> None:
    assert read("tests = []") == ()
    assert read("services = {}") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services = 3", "tool.agentgate.services is a table of tables"),
        ("services.db = 3", "tool.agentgate.services.db: must be a table with kind, image or url, not 3"),
        ('services."1 2" = {}', "a service's name is a word"),
        ("services.db = {}", "services.db: has no kind (postgres, redis, mysql, mongodb, kafka, rabbitmq), no image"),
        ('services.db = { kind = "postgre" }', "kind 'postgre' is not known; did you mean 'postgres'?"),
        ('services.db = { kind = "redis", prot = 1 }', "services.db: no key 'prot'; did you mean 'port'?"),
        ('services.web = { image = "a" }', "services.web: port: which one does a serve?"),
        ('services.web = { image = "a", port = 70000 }', "port must be a number up to 65535, not 70000"),
        ('services.web = { image = "a", port = 1, at = -1 }', "at must be a number up to 65535, not -1"),
        ('services.web = { kind = "redis", url = "redis://h", at = 1 }', "at says where a container is reached"),
        ('services.web = { image = "a", port = true }', "port must be a number up to 65535, not True"),
        ('services.db = { kind = "redis", url = "localhost" }', "url must be one such as"),
        ('services.db = { image = "a", port = 1, url = "a://b" }', "which of them?"),
        ('services.db = { kind = "redis", ready = "soon" }', "ready must be 'tcp', 'http:/path', "),
        ('services.db = { kind = "redis", ready = "log:(" }', "ready: no regular expression: "),
        (
            'services.db = { kind = "redis", ready = "command:a \'b" }',
            "ready: no words of a command: no closing quotation",
        ),
        ('services.db = { kind = "redis", ready = "command: " }', "ready: command: names no command"),
        ('services.db = { kind = "redis", env = { A = "\\u0000" } }', "env.A: no variable can hold a null character"),
        ('services.db = { kind = "postgres", init = "\\u0000" }', "init must be a list of files, not ['\\x00']"),
        ('services.db = { kind = "redis", env = { A = "{hsot}" } }', "{hsot} is none of {host}, {port}, "),
        ('services.db = { kind = "redis", env = { A = "{" } }', "env.A: "),
        ('services.db = { kind = "redis", env = { A = "{port:d}" } }', "{port} stands between its braces alone"),
        ('services.db = { kind = "redis", env = { A = "{host!r}" } }', "{host} stands between its braces alone"),
        ('services.db = { kind = "redis", env = { "A B" = "1" } }', "env: 'A B' is no name of a variable"),
        ('services.db = { kind = "redis", env = { A = [] } }', "env.A must be a text, not []"),
        ('services.db = { kind = "redis", init = "a.sql" }', "init: files of SQL are for the kinds postgres and mysql"),
        ('services.db = { kind = "postgres", init = "../a.sql" }', "init: '../a.sql' is not below the folder"),
        ('services.db = { kind = "postgres", migrations = [3] }', "migrations must be a list of files, not [3]"),
        ('services.db = { kind = "redis", timeout = 0 }', "timeout must be a number of seconds, not 0"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as raised:
        read(text)
    assert str(raised.value).startswith("/p/agentgate.toml: tool.agentgate.services")
    assert "\n" not in str(raised.value)
