"""Which database a URL names, and that nobody reads a password in what is said of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.config import resolve_store
from pytest_agentgate.errors import StoreError, UsageError
from pytest_agentgate.store import open_store
from pytest_agentgate.store.urls import index_of, is_server, masked, path_of, refuse_secret


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///a@b:c.db", "sqlite:///a@b:c.db"),
        ("a/store.db", "a/store.db"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql://ann@host:5432/db", "postgresql://ann@host:5432/db"),
        ("postgresql://ann:s3cret@host/db", "postgresql://ann:***@host/db"),
        ("postgresql://ann:s3/c@r?e#t@host/db", "postgresql://ann:***@host/db"),
        ("postgresql://host/db?user=ann&password=s3cret", "postgresql://host/db?user=ann&password=***"),
        ("postgresql://ann@host/db?password=s3@cret&sslpassword=x", "postgresql://ann@host/db?password=***&sslpassword=***"),
    ],
)  # fmt: skip
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked(url) == shown


@given(secret=st.text(min_size=4).filter(lambda text: text.strip("*")), scheme=st.sampled_from(["postgresql", "mysql"]))
def test_no_password_however_odd_is_shown(secret: str, scheme: str) -> None:
    assert secret not in masked(f"{scheme}://u:{secret}@h:1/d").replace("://u:", "").replace("@h:1/d", "")


def test_which_urls_name_a_server() -> None:
    assert is_server("postgresql:///db")
    assert is_server("postgres://h/db")
    assert not is_server("sqlite:///postgresql")
    assert not is_server("postgresql/store.db")


@pytest.mark.parametrize("url", ["postgresql:db", "postgres:/db", "sqlite:x.db"])
def test_half_a_url_is_no_file_of_that_name(url: str) -> None:
    with pytest.raises(StoreError, match="no such stores: a store is sqlite:///"):
        path_of(url)


def test_a_variable_that_is_not_set_is_no_file_of_that_name() -> None:
    with pytest.raises(StoreError, match=r"^\$STORE_URL is not set to a URL in the environment"):
        open_store("$STORE_URL")
    assert index_of("$STORE_URL", Path("/p/.agentgate")) == "sqlite:////p/.agentgate/agentgate.db"


def test_the_local_index_takes_the_place_of_a_server() -> None:
    assert index_of("postgresql://h/db", Path("/p/.agentgate")) == "sqlite:////p/.agentgate/agentgate.db"
    assert index_of("sqlite:////x.db", Path("/p/.agentgate")) == "sqlite:////x.db"
    with pytest.raises(StoreError, match="no such stores"):
        index_of("mysql://h/db", Path("/p/.agentgate"))
    with pytest.raises(StoreError, match="mysql"):
        path_of("mysql://u:s3cret@h/db")


def test_the_words_of_libpq_are_no_file_of_that_name_and_not_repeated() -> None:
    url = resolve_store("host=h user=ann password=s3cret dbname=db", Path("/base"))
    for error, use in (
        (StoreError, open_store),
        (StoreError, lambda url: index_of(url, Path("/p"))),
        (UsageError, lambda url: refuse_secret(url, "--store")),
    ):
        with pytest.raises(error, match=r"no such stores: a store is .*, or postgresql://user@host") as caught:
            use(url)
        assert "s3cret" not in str(caught.value)


def test_a_password_on_a_command_line_is_refused_and_not_repeated() -> None:
    refuse_secret("postgresql://ann@h/db", "--store")
    with pytest.raises(UsageError, match=r"--store postgresql://ann:\*\*\*@h/db: .*PGPASSWORD") as caught:
        refuse_secret("postgresql://ann:s3cret@h/db", "--store")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret/x@127.0.0.1:1/db",
        "postgresql://ann:s3cret#x@127.0.0.1:1/db",
        "postgresql://ann:s3cret@127.0.0.1:port/db",
        "postgresql://ann:s3cret@127.0.0.1:1/db?no_such_key=1",
        "postgresql://ann:s3cret@127.0.0.1:1/db?connect_timeout=s",
        "postgresql://ann:s3cret@127.0.0.1:1/db",
        "postgresql://ann@127.0.0.1:1/db?password=s3cret",
        "postgresql://ann@127.0.0.1:1/db?connect_timeout=1&p%61ssword=s3cret",
        "postgresql://ann@127.0.0.1:1/db?SSLPASSWORD=s3cret",
    ],
)
def test_a_url_that_leads_nowhere_is_one_line_without_the_password(url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "\n" not in str(caught.value)
    assert "ann" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in "".join(map(str, (caught.value.__cause__, caught.value.__context__)))
