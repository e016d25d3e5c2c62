"""What a connection cause lacks, by its facts alone, and the configuration that would provide it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.config import read_config
from pytest_agentgate.model import Cause, Evidence, Failure, Frame, Kind, Link, Raised, Reason, Role, Scope, When
from pytest_agentgate.model.services import Lack, Service, Sort, Variable
from pytest_agentgate.triage import lacking
from pytest_agentgate.triage.causes import group
from pytest_agentgate.triage.kinds import connection, reason_of
from pytest_agentgate.triage.lacking import unreached, variables_of, with_lacks


def redis(port: int = 16390, host: str = "127.0.0.1") -> Raised:
    facts: dict[str, Any] = {"service": "redis", "host": host, "port": port}
    return Raised("redis.exceptions.ConnectionError", ("OSError",), "Connection refused", facts=facts)


def failed(*chain: Raised, nodeid: str = "t.py::test_a", variables: tuple[Variable, ...] = ()) -> Failure:
    evidence = Evidence(chain, variables=variables)
    reason = reason_of(evidence, Scope.TEST, When.CALL, nodeid)
    return Failure(nodeid, Scope.TEST, When.CALL, evidence, reason, reason.signature)


def lack(*chain: Raised, declared: tuple[Service, ...] = (), **variables: str) -> Lack:
    named = tuple(Variable(name, form) for name, form in variables.items())
    [cause] = with_lacks(group([failed(*chain, variables=named)]), declared)
    assert cause.lack is not None
    return cause.lack


def test_an_address_that_no_variable_names_is_where_the_service_has_to_be() -> None:
    assert lack(redis()) == Lack("redis", "127.0.0.1", 16390, "redis", service=Service("redis", Sort.REDIS, at=16390))


def test_each_variable_gets_a_template() -> None:
    one = lack(redis(), CACHE_URL="redis://:{password}@{host}:{port}/0", CACHE="{host}:{port}")
    assert one.lines == (
        '[tool.agentgate.services.redis]\nkind = "redis"\n'
        'env = { CACHE_URL = "redis://{host}:{port}/{worker}", CACHE = "{host}:{port}" }\n'
    )


def test_a_host_alone_needs_the_port_at_its_place() -> None:
    one = lack(redis(), REDIS_HOST="{host}")
    assert one.service == Service("redis", Sort.REDIS, at=16390, env=(("REDIS_HOST", "{host}"),))


def test_a_database_lets_its_user_in() -> None:
    facts: dict[str, Any] = {"service": "postgres", "host": "db.internal", "port": 5432}
    raised = Raised("psycopg.OperationalError", (), "connection refused", facts=facts)
    wrapped = Raised("sqlalchemy.exc.OperationalError", (), "connection refused", facts=facts | {"orig": raised.type})
    one = lack(wrapped, replace(raised, link=Link.CAUSE), DB="postgresql+psycopg://{host}:{port}/{database}")
    assert one.client == "psycopg"
    assert one.service is not None
    assert one.service.env == (("DB", "postgresql+psycopg://{user}:{password}@{host}:{port}/{database}"),)


def test_without_an_address_the_clients_go_by_the_variables_of_the_kind() -> None:
    socket = "/var/run/postgresql/.s.PGSQL.5432"
    facts: dict[str, Any] = {"service": "postgres", "host": socket}
    one = lack(Raised("psycopg.OperationalError", (), "connection to server on socket failed: refused", facts=facts))
    assert (one.port, one.service) == (5432, Service("postgres", Sort.POSTGRES))


def test_what_speaks_redis_has_an_image_of_its_own() -> None:
    raised = replace(redis(), type="valkey.exceptions.ConnectionError")
    one = lack(replace(raised, facts={**raised.facts, "service": "valkey"}))
    assert one.service == Service("valkey", Sort.REDIS, "valkey/valkey:8", at=16390)


def test_clients_of_one_protocol_at_one_address_lack_one_server() -> None:
    other = replace(redis(), type="valkey.exceptions.ConnectionError", facts={**redis().facts, "service": "valkey"})
    [cause] = group([failed(redis()), failed(other, nodeid="t.py::test_b")])
    assert cause.size == 2


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"host": "127.0.0.1", "port": 99}, "the server at this address is no kind that is known: declare its image"),
        ({"service": "oracle", "host": "x", "port": 1}, "oracle is no kind that is known"),
        ({"service": "memcached", "host": "x", "port": 1}, "x is another machine, and no variable that names it"),
        ({"service": "redis", "host": "cache.internal", "port": 6379}, "cache.internal is another machine, and no"),
        ({"service": "redis"}, "its address is not known"),
        ({"host": "api.example.com", "port": 443}, "api.example.com is another machine: the tests need the network"),
        ({}, "its address is not known"),
    ],
)
def test_where_nothing_can_be_proposed_it_says_why(facts: dict[str, Any], why: str) -> None:
    one = lack(Raised("ConnectionError", ("OSError",), "", facts=facts))
    assert (one.service, one.lines) == (None, "")
    assert one.why.startswith(why)


def test_a_server_that_is_no_kind_has_its_image_port_and_ready() -> None:
    def refused(service: str, port: int) -> Raised:
        return Raised(
            "ConnectionError", ("OSError",), "", facts={"service": service, "host": "localhost", "port": port}
        )

    at_its_port = lack(refused("memcached", 11311)).service
    assert at_its_port == Service("memcached", image="memcached:1.6", port=11211, at=11311)
    by_variable = lack(refused("nats", 4222), BROKER="nats://{user}:{password}@{host}:{port}").service
    assert by_variable == Service("nats", image="nats:2.10", port=4222, env=(("BROKER", "nats://{host}:{port}"),))


@pytest.mark.parametrize("server", lacking._OTHERS)
def test_what_is_proposed_of_other_servers_can_be_declared(server: str) -> None:
    facts: dict[str, Any] = {"service": server, "host": "localhost", "port": 17}
    one = lack(Raised("ConnectionError", ("OSError",), "", facts=facts))
    config = read_config(one.lines, Path("pyproject.toml"))
    assert config is not None
    assert config.services == (one.service,)


def test_two_proposals_have_two_names() -> None:
    first, second = group([failed(redis()), failed(redis(16391), nodeid="t.py::test_b")])
    assert first.lack is not None
    assert second.lack is not None
    config = read_config(first.lack.lines + second.lack.lines, Path("pyproject.toml"))
    assert config is not None
    assert config.services == (first.lack.service, second.lack.service)
    assert [one.name for one in config.services] == ["redis", "redis2"]


def test_a_second_server_of_a_kind_leaves_the_variables_of_the_kind_to_the_first() -> None:
    first, second = group([failed(redis()), failed(redis(16391), nodeid="t.py::test_b")])
    assert first.lack is not None
    assert second.lack is not None
    assert first.lack.service == Service("redis", Sort.REDIS, at=16390)
    assert second.lack.service == Service("redis2", Sort.REDIS, at=16391, env=(("REDIS2_URL", "{url}"),))
    beside = lack(redis(), declared=(Service("cache", Sort.REDIS),)).service
    assert beside == Service("redis", Sort.REDIS, at=16390, env=(("REDIS_16390_URL", "{url}"),))


def test_the_scheme_of_a_url_names_the_server_where_its_client_raises_what_sockets_raise() -> None:
    raised = Raised("ConnectionRefusedError", ("OSError",), "", facts={"host": "127.0.0.1", "port": 5441})
    one = lack(raised, DB="postgresql+asyncpg://{user}:{password}@{host}:{port}/{database}")
    assert (one.server, one.why) == ("postgres", "")
    assert one.service is not None
    assert (one.service.kind, one.service.env[0][0]) == (Sort.POSTGRES, "DB")


def test_the_frames_of_a_client_name_the_server_where_it_raises_what_sockets_raise() -> None:
    frames = (
        Frame(Role.TEST, "t.py", 3, "test_a", "t"),
        Frame(Role.LIBRARY, "asyncpg/connection.py", 2498, "connect", "asyncpg.connection"),
        Frame(Role.STDLIB, "asyncio/base_events.py", 973, "_connect_sock", "asyncio.base_events"),
    )
    raised = Raised("ConnectionRefusedError", ("OSError",), "", facts={"host": "127.0.0.1", "port": 5435})
    one = lack(replace(raised, frames=frames))
    assert (one.server, one.client, one.service) == (
        "postgres",
        "asyncpg",
        Service("postgres", Sort.POSTGRES, at=5435),
    )
    assert lack(replace(raised, frames=frames[:1])).server == ""


def test_what_only_a_clients_package_tells_is_named_as_people_install_it() -> None:
    raised = Raised("cimpl.KafkaException", (), "Local: Broker transport failure", facts={"service": "kafka"})
    one = lack(raised, KAFKA_BROKERS="{host}:{port}")
    assert (one.server, one.client, one.port) == ("kafka", "confluent_kafka", 0)
    assert one.service == Service("kafka", Sort.KAFKA, env=(("KAFKA_BROKERS", "{host}:{port}"),))


def test_a_host_alone_is_asked_at_the_port_of_its_server() -> None:
    facts: dict[str, Any] = {"service": "postgres", "host": "db"}
    one = lack(
        Raised("psycopg2.OperationalError", (), "could not translate host name: Name or service not known", facts=facts)
    )
    assert one.address == "db:5432"


def test_a_port_of_a_known_server_is_not_one_that_the_system_gave_out() -> None:
    facts: dict[str, Any] = {"host": "localhost", "port": 61613}
    assert lack(Raised("ConnectionRefusedError", ("OSError",), "", facts=facts)).server == "activemq"
    assert connection.is_ephemeral(61614)
    assert not connection.is_ephemeral(61613)


def test_a_port_that_the_system_gave_out_is_none_to_start_a_server_at() -> None:
    assert (
        lack(redis(43251)).why
        == "port 43251 may be one that the system gave out, and no variable that names it was found"
    )
    [cause] = group([failed(redis(63790))])
    assert cause.lack is not None
    [named] = with_lacks([replace(cause, lack=replace(cause.lack, places=("conf.py:1 (REDIS_PORT)",)))])
    assert named.lack is not None
    assert named.lack.service == Service("redis", Sort.REDIS, at=63790)


def refused_login(type_: str, service: str, message: str) -> Raised:
    facts: dict[str, Any] = {"service": service, "host": "localhost", "port": 5499}
    return Raised(type_, ("ConnectionError",), message, facts=facts)


@pytest.mark.parametrize(
    ("type_", "service", "message"),
    [
        (
            "psycopg.OperationalError",
            "postgres",
            'connection failed: FATAL: password authentication failed for user "a"',
        ),
        ("psycopg.OperationalError", "postgres", 'connection failed: FATAL: database "a" does not exist'),
        ("pymysql.err.OperationalError", "mysql", "(1045, \"Access denied for user 'a'@'b' (using password: YES)\")"),
        ("redis.exceptions.AuthenticationError", "redis", "Authentication required."),
        ("pika.exceptions.ProbableAuthenticationError", "rabbitmq", "(403) ACCESS_REFUSED - Login was refused"),
        ("pika.exceptions.ProbableAccessDeniedError", "rabbitmq", "(530) 'NOT_ALLOWED - vhost / not found'"),
    ],
)
def test_a_server_that_refuses_a_login_is_there(type_: str, service: str, message: str) -> None:
    raised = refused_login(type_, service, message)
    [cause] = group([failed(raised)])
    assert cause.title == f"{service} on localhost:5499 refuses the login"
    assert "Start" not in cause.next_action
    one = lack(raised)
    assert (one.lines, one.declared) == ("", "")
    assert one.why.startswith("the server is there, and refuses this user, password or database")
    assert "the settings of db can name them" in lack(raised, declared=(Service("db", Sort(service), at=5499),)).why


def test_what_the_code_logs_in_with_is_left_to_be_filled_in_or_is_what_clients_say_by_themselves() -> None:
    facts: dict[str, Any] = {"service": "postgres", "host": "localhost", "port": 5499}
    assert lack(Raised("psycopg.OperationalError", (), "connection refused", facts=facts)).lines.splitlines()[2:] == [
        "at = 5499",
        (
            '# settings = { POSTGRES_USER = "...", POSTGRES_PASSWORD = "...", POSTGRES_DB = "..." }: '
            "what the tests log in with"
        ),
    ]
    apart = lack(
        Raised("psycopg.OperationalError", (), "connection refused", facts=facts), DB_HOST="{host}", DB_PORT="{port}"
    )
    assert apart.lines.splitlines()[-1].startswith("# settings = { POSTGRES_USER")
    facts = {"service": "rabbitmq", "host": "localhost", "port": 5679}
    by_variables = lack(Raised("pika.exceptions.AMQPConnectionError", (), "", facts=facts), MQ_PORT="{port}")
    [*_, last] = lack(Raised("pika.exceptions.AMQPConnectionError", (), "", facts=facts)).lines.splitlines()
    names = 'RABBITMQ_DEFAULT_USER = "guest", RABBITMQ_DEFAULT_PASS = "guest", RABBITMQ_DEFAULT_VHOST = "/"'
    assert last == f"settings = {{ {names} }}" == by_variables.lines.splitlines()[-1]


def test_other_kinds_of_failures_lack_nothing() -> None:
    [cause] = group([failed(Raised("KeyError", (), "'a'"))])
    assert cause.lack is None
    assert unreached(Evidence((Raised("AssertionError", (), "connection refused"),))) is None


def unset(name: str, **changes: Any) -> Cause:
    raised = Raised("KeyError", ("LookupError",), repr(name), facts={"key": repr(name), "environ": True, **changes})
    [cause] = group([failed(raised)])
    return cause


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("SHOP", Service("db", Sort.POSTGRES, env=(("OTHER", "{url}"), ("SHOP", "{url}")))),
        ("SHOP", Service("db", None, "image", 80, env=(("SHOP", "{host}"),))),
        ("SHOP", Service("db", Sort.POSTGRES, url="postgresql://localhost:1/x", env=(("SHOP", "{url}"),))),
        ("PGPASSWORD", Service("db", Sort.POSTGRES)),
        ("DATABASE_URL", Service("db", Sort.MYSQL, url="mysql://localhost:1/x")),
        ("REDIS_PORT", Service("db", Sort.REDIS, at=6379)),
        ("MY_MAIL_HOST", Service("my-mail", None, "image", 80)),
    ],
)
def test_a_variable_that_is_not_set_lacks_the_declared_service_that_sets_it(name: str, declared: Service) -> None:
    later = Service("later", Sort.KAFKA, env=((name, "{host}"),))
    cause = unset(name)
    assert cause.lack is None
    [told] = with_lacks([cause], (Service("other", Sort.RABBITMQ), declared, later))
    assert told == replace(cause, lack=Lack(variables=(Variable(name, ""),), declared=declared.name))


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("SHOP", Service("db", Sort.POSTGRES)),
        ("DATABASE_URL", Service("db", Sort.POSTGRES, env=(("SHOP", "{url}"),))),
        ("PGSSLMODE", Service("db", Sort.POSTGRES)),  # which its clients read, and nobody sets
        ("PGPASSWORD", Service("db", Sort.POSTGRES, url="postgresql://localhost:1/x")),  # which may have none
        ("db_URL", Service("db", None, "image", 80)),
    ],
)
def test_a_variable_that_no_declared_service_sets_changes_nothing(name: str, declared: Service) -> None:
    cause = unset(name)
    assert with_lacks([cause], (declared,)) == (cause,)


def test_a_key_that_another_mapping_misses_is_no_variable() -> None:
    cause = unset("SHOP", environ=False)
    declared = (Service("db", Sort.POSTGRES, env=(("SHOP", "{url}"),)),)
    assert with_lacks([cause], declared) == (cause,)
    named = Raised("RuntimeError", (), "Environment variable SHOP is not set")
    assert [one.lack for one in with_lacks(group([failed(named)]), declared)] == [None]


def test_what_a_variable_lacks_takes_no_name_from_a_proposal() -> None:
    causes = [unset("REDIS_URL"), *group([failed(redis())])]
    first, second = with_lacks(causes, (Service("cache", Sort.REDIS),))
    assert first.lack == Lack(variables=(Variable("REDIS_URL", ""),), declared="cache")
    assert second.lack is not None
    assert second.lack.service == Service("redis", Sort.REDIS, at=16390, env=(("REDIS_16390_URL", "{url}"),))


@given(st.lists(st.sampled_from([Service(f"s{number}", sort) for number, sort in enumerate(Sort)]), unique=True))
def test_each_variable_of_each_service_is_known_by_the_first_that_sets_it(declared: list[Service]) -> None:
    first: dict[str, str] = {}
    for one in declared:
        for name in variables_of(one):
            first.setdefault(name, one.name)
    for name, service in first.items():
        [told] = with_lacks([unset(name)], declared)
        assert told.lack is not None
        assert told.lack.declared == service


@pytest.mark.parametrize(
    ("declared", "variables"),
    [
        (Service("c", Sort.REDIS, at=16390), {}),
        (Service("c", Sort.REDIS, env=(("CACHE", "x"),)), {"CACHE": "{host}:{port}"}),
        (Service("c", None, "image", 80, env=(("CACHE", "x"),)), {"CACHE": "{host}:{port}"}),
        (Service("c", Sort.REDIS, url="redis://:s3cret@localhost:16390/0"), {}),
        (Service("c", Sort.REDIS), {"REDIS_URL": "{host}:{port}"}),
        (Service("c", Sort.REDIS, url="$CI_REDIS", env=(("CACHE", "x"),)), {"CACHE": "{host}:{port}"}),
        (Service("c", Sort.REDIS, url="redis://elsewhere:1"), {"REDIS_URL": "{host}:{port}"}),
        (Service("c", Sort.REDIS, at=1, env=(("CACHE", "x"),)), {"CACHE": "{host}:{port}"}),
        (Service("c", None, url="tcp://u:p@localhost?x=y:1@z", port=16390), {}),
    ],
)
def test_a_declared_service_is_named_in_the_place_of_new_lines(declared: Service, variables: dict[str, str]) -> None:
    one = lack(redis(), declared=(Service("other", Sort.POSTGRES), declared), **variables)
    assert (one.declared, one.service, one.lines, one.why) == ("c", None, "", "")


@pytest.mark.parametrize(
    "declared",
    [
        Service("redis", Sort.REDIS, at=16391),
        Service("redis", Sort.REDIS, url="redis://localhost:163901"),
        Service("redis", Sort.REDIS, env=(("OTHER", "x"),)),
        Service("redis", Sort.POSTGRES),
        Service("redis", Sort.REDIS),
    ],
)
def test_one_at_another_address_is_another(declared: Service) -> None:
    one = lack(redis(), declared=(declared,), CACHE="{host}:{port}")
    assert one.declared == ""
    assert one.service is not None
    assert one.service.name == "redis2"


@pytest.mark.parametrize(
    "url", ["redis://localhost", "redis://:p%40ss@127.0.0.1/0", "rediss://[::1]?ssl_cert_reqs=none"]
)
def test_a_url_without_a_port_has_that_of_its_kind(url: str) -> None:
    assert lack(redis(6379), declared=(Service("c", Sort.REDIS, url=url),)).declared == "c"
    assert lack(redis(6380), declared=(Service("c", Sort.REDIS, url=url),)).declared == ""


@pytest.mark.parametrize("declared", [(), (Service("redis", Sort.REDIS),), (Service("c", Sort.REDIS, url="$NONE"),)])
@pytest.mark.parametrize("variable", ["REDIS_URL", "REDIS_HOST", "REDIS_16390_URL"])
def test_what_is_proposed_together_can_be_declared_together(declared: tuple[Service, ...], variable: str) -> None:
    named = failed(redis(16391), nodeid="t.py::test_b", variables=(Variable(variable, "{host}:{port}"),))
    other = failed(redis(16392), nodeid="t.py::test_c")
    causes = with_lacks(group([failed(redis()), named, other]), declared)
    services = [*declared, *(cause.lack.service for cause in causes if cause.lack and cause.lack.service)]
    assert len(services) + sum(bool(cause.lack and cause.lack.declared) for cause in causes) == len(declared) + 3
    variables = [name for one in services for name in variables_of(one)]
    assert len(variables) == len(set(variables))


def test_a_default_port_is_that_of_the_one_declared_server_of_the_kind() -> None:
    assert lack(redis(6379), declared=(Service("c", Sort.REDIS, env=(("CACHE", "x"),)),)).declared == "c"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("A B", "{host}:{port}"), ("A", "{host}:{port}\n[x]"), ("A", "{secret}"), ("A", '"{port}"'), ("", "{port}"),
        ("A" * 200, "{port}"), ("A", "x" * 300),
    ],
)  # fmt: skip
def test_what_a_foreign_log_calls_a_variable_is_checked(name: str, form: str) -> None:
    [cause] = group([failed(redis(), variables=(Variable(name, form),))])
    assert cause.lack is not None
    assert cause.lack.variables == ()


def test_a_kind_that_a_rule_decided_may_know_no_server() -> None:
    failure = failed(Raised("ValueError", (), "x"))
    reason = Reason(Kind.CONNECTION, ("x",), "x", "")
    [cause] = group([replace(failure, reason=reason, signature=reason.signature)])
    assert isinstance(cause, Cause)
    assert cause.lack == Lack(why="its address is not known")


@given(st.data())
@pytest.mark.parametrize("pattern", ["_TEXT", "_TRYING"])
def test_what_says_that_a_connection_failed_has_one_of_the_words_that_are_looked_for_first(
    pattern: str, data: st.DataObject
) -> None:
    wanted = getattr(connection, pattern)
    expression = re.compile(wanted.pattern, wanted.flags & ~re.UNICODE | re.ASCII)
    text = data.draw(st.from_regex(expression, alphabet=st.characters(codec="ascii")))
    assert any(word in text.lower() for word in connection._WORDS)
