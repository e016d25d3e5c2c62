"""Which variables name an address, and that nothing of their values but its form is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.variables import form_of, is_named_after, variables_naming


def named(server: str, host: str, port: int, **environ: str) -> dict[str, str]:
    return {one.name: one.form for one in variables_naming(server, host, port, environ)}


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("redis://127.0.0.1:6379/0", "redis://{host}:{port}/0"),
        ("redis://localhost", "redis://{host}:{port}"),
        ("redis://:s3cret@localhost:6379/15", "redis://:{password}@{host}:{port}/15"),
        ("rediss+sentinel://u:s3cret@[::1]:6379/s3cret?p=s3cret#s3cret", "rediss+sentinel://{user}:{password}@{host}:{port}/{database}"),
        ("http://localhost:6379/hooks/s3cret/x", "http://{host}:{port}/..."),
        ("other:1, localhost:6379", "{host}:{port}"),
        ("host=localhost port=6379 password='s3 cret' dbname=x options=s3cret",
         "host={host} port={port} password={password} dbname={database}"),
    ],
)  # fmt: skip
def test_a_value_that_names_the_address_has_a_form_without_what_else_it_says(value: str, form: str) -> None:
    assert form_of(value, "redis", "127.0.0.1", 6379) == form


@pytest.mark.parametrize(
    "value",
    ["6379", "x6379", "redis://localhost:6380", "redis://other:6379", "redis://localhost:63790", "localhost:16379",
     "see localhost:6379 for more", "redis://u:p/w@localhost:6379", "", "localhost", "host=other port=6379"],
)  # fmt: skip
def test_another_address_or_a_number_that_is_equal_is_none(value: str) -> None:
    assert form_of(value, "redis", "localhost", 6379) == ""


def test_a_name_stands_for_the_number_that_it_was_resolved_to_where_the_scheme_is_the_servers() -> None:
    environ = {"CACHE": "redis://cache.internal:6379", "SITE": "http://site.internal:6379"}
    assert named("redis", "10.1.2.3", 6379, **environ) == {"CACHE": "redis://{host}:{port}"}


def test_a_value_that_is_an_address_of_the_server_counts_where_the_client_tells_no_port() -> None:
    environ = {
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092,other:9092",
        "SEARCH": "search:9092",
        "SHOP": "postgresql://u:s3cret@db/shop",
        "SHOP_DSN": "host=db user=u password=s3cret",
        "REDIS_LEVEL": "high",
    }
    url, dsn = "postgresql://{user}:{password}@{host}:{port}/{database}", "host={host} user={user} password={password}"
    assert named("kafka", "", 0, **environ) == {"KAFKA_BOOTSTRAP_SERVERS": "{host}:{port}"}
    assert named("postgres", "db", 0, **environ) == {"SHOP": url}
    assert named("postgres", "db", 0, PG_SHOP=environ["SHOP_DSN"]) == {"PG_SHOP": f"{dsn} port={{port}}"}
    assert named("postgres", "elsewhere", 0, **environ) == {}
    assert named("redis", "", 0, **environ) == {}
    assert named("", "", 0, **environ) == {}


def test_host_and_port_in_two_variables_count_together() -> None:
    assert named("redis", "127.0.0.1", 7000, DB_HOST="localhost", DB_PORT="7000") == {
        "DB_HOST": "{host}",
        "DB_PORT": "{port}",
    }
    assert named("postgres", "db.internal", 5432, PGHOST="db.internal") == {"PGHOST": "{host}"}
    assert named("redis", "localhost", 7000, REDIS_PORT="7000") == {"REDIS_PORT": "{port}"}


@pytest.mark.parametrize(
    "environ",
    [
        {"DB_HOST": "other", "DB_PORT": "7000"},
        {"WEB_PORT": "7000"},
        {"WEB_HOST": "localhost"},
        {"REDIS_HOST": "other", "REDIS_PORT": "7000"},
        {"COUNT": "7000", "REPORT": "7000", "REDIS_ID": "7000"},
        {"PYTEST_CURRENT_TEST": "localhost:7000", "AGENTGATE_X": "redis://localhost:7000", "a b": "localhost:7000"},
    ],
)
def test_one_of_them_alone_or_of_another_counts_for_nothing(environ: dict[str, str]) -> None:
    assert named("redis", "localhost", 7000, **environ) == {}


def test_a_variable_with_the_whole_address_is_preferred_and_five_are_kept() -> None:
    urls = {f"URL_{number}": "redis://localhost:7000" for number in range(9)}
    assert list(named("redis", "localhost", 7000, REDIS_PORT="7000", **urls)) == [f"URL_{n}" for n in range(5)]


class Hostile(dict[str, str]):
    def items(self) -> Any:
        raise RuntimeError("no")


class Endless(Mapping[str, str]):
    def __getitem__(self, name: str) -> str:
        return "redis://localhost:7000"

    def __len__(self) -> int:
        return 1 << 60

    def __iter__(self) -> Iterator[str]:
        number = 0
        while True:
            yield f"N{(number := number + 1)}"


@pytest.mark.parametrize("environ", [Hostile(A="redis://localhost:7000"), {"A": 7000, 3: "x"}, None])
def test_an_environment_that_is_none_names_nothing(environ: Any) -> None:
    assert variables_naming("redis", "localhost", 7000, environ) == ()


def test_an_endless_environment_is_bounded() -> None:
    assert len(variables_naming("redis", "localhost", 7000, Endless())) == 5


def test_words_stand_alone() -> None:
    assert is_named_after("MY_REDIS_PORT", "redis")
    assert is_named_after("pg_port", "postgres")
    assert not is_named_after("page_port", "postgres")
    assert not is_named_after("rediscover", "redis")
    assert not is_named_after("x", "")


SECRET = "S3cR3tS3cR3t"
PARTS = st.text(st.sampled_from("aZ0/:@?#&=%{}[]. \n'\"\\;,é"), max_size=8)


@given(
    before=PARTS,
    after=PARTS,
    frame=st.sampled_from(
        ["redis+{0}://localhost:6379", "redis://{0}@localhost:6379/{1}", "redis://a:{0}@localhost:6379?{1}", "{0}redis://localhost:6379/{1}",
         "localhost:6379,{0},{1}", "host=localhost port=6379 password={0} {1}", "{0}", "redis://localhost:6379/{0}#{1}"]
    ),
)  # fmt: skip
def test_no_secret_is_in_a_form_whatever_stands_around_it(before: str, after: str, frame: str) -> None:
    secret = f"{before}{SECRET}{after}"
    form = form_of(frame.format(secret, secret), "redis", "localhost", 6379)
    assert SECRET not in form
    assert form == "" or ("{host}" in form and "{port}" in form)
