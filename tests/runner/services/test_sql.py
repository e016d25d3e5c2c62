"""Files of SQL on a real PostgreSQL: what each step verifies, and what is said where it does not hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from tests.conftest import PostgresServer
from tests.runner.services.conftest import Start, failed, only

from pytest_agentgate.model.services import Provision
from pytest_agentgate.runner.services.databases import Databases

pytestmark = pytest.mark.engine("postgres")

Declare = Callable[..., str]


@pytest.fixture
def by_url(postgres_server: PostgresServer) -> Declare:
    """``by_url(more)``: a service whose server is there already."""

    def declare(more: str = "", *, url: str = "") -> str:
        return f'[services.db]\nkind = "postgres"\nurl = "{url or postgres_server.url()}"\n{more}\n'

    return declare


SCRIPTS = 'init = ["sql/schema.sql"]\nmigrations = ["sql/migrations"]'


def change(root: Path, name: str, old: str, new: str) -> int:
    """Break a file on purpose; -> the line."""
    file = root / "sql" / name
    text = file.read_text()
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new))
    return text.count("\n", 0, text.index(old)) + 1


def databases(server: PostgresServer) -> set[str]:
    with psycopg.connect(server.url()) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


@pytest.mark.parametrize("names", [("a-b", "a_b"), ("a" * 50, "a" * 51), ("Db", "db")])
def test_services_of_one_server_have_databases_of_their_own_however_they_are_called(
    start: Start, by_url: Declare, names: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE a ();")
    texts = [
        by_url(f'init = ["a.sql"]\nenv = {{ URL_{number} = "{{url}}" }}').replace("services.db", f"services.{name}")
        for number, name in enumerate(names)
    ]
    fleet = start("\n".join(texts))
    assert [one.why for one in fleet.provided] == ["", ""]
    workers = [fleet.room(f"gw{number}", "s") for number in (1, 10, 11)]
    found = [value for env in workers for value in env.values()]
    assert len(found) == 6
    for url in found:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT current_database()").fetchone()
            assert row is not None
            assert url.partition("?")[0].endswith(f"/{row[0]}")  # not cut


def test_a_shop_is_made_checkpoint_by_checkpoint(start: Start, by_url: Declare, shop: Path) -> None:
    fleet = start(by_url(SCRIPTS), shop)
    one = only(fleet)
    assert one.state is Provision.READY, one.why
    assert [(point.step, point.passed, point.objects) for point in one.checkpoints] == [
        ("starts", True, 0),
        ("connects", True, 0),
        ("sql/schema.sql", True, 159),
        ("sql/migrations/002_loyalty.sql", True, 44),
        ("sql/migrations/010_tea.sql", True, 0),
        ("configured", True, 0),
    ]


def test_the_number_of_objects_is_the_servers(start: Start, by_url: Declare, tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text(
        "CREATE TABLE a (id serial PRIMARY KEY, b int UNIQUE);"  # table, sequence, two indexes
        "CREATE VIEW v AS SELECT 1 AS one; CREATE TYPE t AS (a int); CREATE TYPE e AS ENUM ('x');"
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER g AFTER INSERT ON a EXECUTE FUNCTION f(); CREATE SCHEMA s;"
    )
    assert only(start(by_url('init = "one.sql"'))).checkpoints[2].objects == 10


def test_workers_have_copies_that_know_nothing_of_each_other(start: Start, by_url: Declare, shop: Path) -> None:
    fleet = start(by_url(SCRIPTS), shop)
    urls = [fleet.room(worker, "s")["DATABASE_URL"] for worker in ("main", "gw0", "gw1")]
    assert len(set(urls)) == 3
    for number, url in enumerate(urls):
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO shop.customer (email, name) VALUES ('a@b.c', %s)", [str(number)])
    for url in urls:
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM shop.customer").fetchone() == (1,)


def test_a_worker_that_asks_again_gets_the_same_and_a_new_session_a_new_one(
    start: Start, by_url: Declare, shop: Path
) -> None:
    fleet = start(by_url(SCRIPTS), shop)
    first = fleet.room("gw0", "one")
    assert fleet.room("gw0", "one") == first
    assert fleet.room("gw0", "two") != first


def test_session_after_session_finds_its_database_as_the_first_one_did(
    start: Start, by_url: Declare, shop: Path, postgres_server: PostgresServer
) -> None:
    fleet = start(by_url(SCRIPTS), shop)
    names = databases(postgres_server)
    for session in ("one", "two", "three"):
        with psycopg.connect(fleet.room("main", session)["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT count(*) FROM shop.customer").fetchone() == (0,)
            connection.execute("INSERT INTO shop.customer (email, name) VALUES ('a@b.c', 'ada')")
        assert databases(postgres_server) == names
        fleet.vacate()
    assert len(names - databases(postgres_server)) == 1  # the model stays


def test_nothing_is_left_in_a_server_that_was_there(
    by_url: Declare, shop: Path, postgres_server: PostgresServer, request: pytest.FixtureRequest
) -> None:
    before = databases(postgres_server)
    start: Start = request.getfixturevalue("start")
    fleet = start(by_url(SCRIPTS), shop)
    fleet.room("gw0", "s")
    assert len(databases(postgres_server) - before) == 3  # the model, main, gw0
    fleet.end()
    assert databases(postgres_server) == before


def test_without_files_the_database_of_the_url_is_what_tests_get(
    start: Start, by_url: Declare, new_database: Callable[[], str]
) -> None:
    url = new_database()
    assert start(by_url(url=url)).room("main", "s")["PGDATABASE"] == url.rpartition("/")[2]


# ---- each step broken on purpose


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "schema.sql",
            "CREATE TABLE variant (",
            "CREATE TABEL variant (",
            'syntax error at or near "TABEL": CREATE TABEL variant',
        ),
        (
            "schema.sql",
            "    language char(2) NOT NULL DEFAULT 'en',",
            "    language char(2) NOT NULL DEFUALT 'en',",
            'syntax error at or near "DEFUALT": CREATE TABLE customer',
        ),
        (
            "migrations/002_loyalty.sql",
            "CREATE INDEX point_entry_customer ON point_entry (customer_id, created_at);",
            "CREATE INDEX point_entry_customer ON point_entries (customer_id, created_at);",
            'relation "point_entries" does not exist: CREATE INDEX point_entry_customer',
        ),
        (
            "migrations/002_loyalty.sql",
            "INSERT INTO level (name, from_points, percent, ships_free) VALUES",
            (
                "INSERT INTO level VALUES ('copper', 0, 0); "
                "INSERT INTO level (name, from_points, percent, ships_free) VALUES"
            ),
            'duplicate key value violates unique constraint "level_pkey" (Key (name)=(copper) already exists.)',
        ),
        (
            "migrations/002_loyalty.sql",
            "COMMIT;",
            "ROLLBACK;",
            "ROLLBACK would take back what comes before it",
        ),
        (
            "migrations/010_tea.sql",
            "SELECT id, 7.50, '2020-01-01' FROM shop.variant WHERE sku = 'GREEN-100';",
            "SELECT id, -7.50, '2020-01-01' FROM shop.variant WHERE sku = 'GREEN-100';",
            "value for domain shop.money_amount violates check constraint",
        ),
    ],
)
def test_a_statement_that_fails_is_named_by_file_and_line_and_leaves_a_log(
    start: Start, by_url: Declare, shop: Path, name: str, old: str, new: str, said: str
) -> None:
    line = change(shop, name, old, new)
    one = only(start(by_url(SCRIPTS), shop))
    point = failed(one)
    assert one.state is Provision.FAILED
    assert point.step == f"sql/{name}"
    assert one.why == point.why
    assert said in one.why
    where, number = re.fullmatch(r"(.*?):(\d+): .*", one.why).groups()  # type: ignore[union-attr]
    assert where == f"sql/{name}"
    assert line - 1 <= int(number) <= line
    log = Path(one.log).read_text()
    assert log.startswith(one.why)


def test_a_log_has_the_whole_statement_and_what_the_server_hints_at(
    start: Start, by_url: Declare, tmp_path: Path
) -> None:
    (tmp_path / "a.sql").write_text(
        f"CREATE TABLE a (first_name int);\n\nSELECT\n  frist_name,\n  {'1 + ' * 50}1\nFROM a;"
    )
    one = only(start(by_url('init = "a.sql"')))
    assert one.why.startswith('a.sql:4: column "frist_name" does not exist: SELECT frist_name, 1 + 1')
    assert "a.first_name" in Path(one.log).read_text()
    assert f"  {'1 + ' * 50}1\nFROM a" in Path(one.log).read_text()


def test_what_a_failed_file_did_is_taken_back(
    by_url: Declare, shop: Path, postgres_server: PostgresServer, start: Start
) -> None:
    from pytest_agentgate.errors import ServiceError
    from pytest_agentgate.runner.services.environment import MAIN

    good = start(by_url('init = ["sql/schema.sql"]'), shop)
    rooms = good.serving[0].rooms
    assert isinstance(rooms, Databases)
    change(shop, "migrations/002_loyalty.sql", "CREATE VIEW loyal_customer", "CREATE VIEWS loyal_customer")
    [service] = start(by_url(SCRIPTS), shop).provided
    rooms.scene = type(rooms.scene)(service.service, rooms.scene.access, shop, rooms.scene.run)
    with rooms.session(rooms.kept(MAIN)) as session:
        before = session.objects()
    with pytest.raises(ServiceError, match="002_loyalty"):
        rooms.migrate(rooms.kept(MAIN), lambda point: None)
    with rooms.session(rooms.kept(MAIN)) as session:
        assert session.objects() == before
        assert list(session.applied() or {}) == ["sql/schema.sql"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('init = ["gone.sql"]', "gone.sql: cannot be read: No such file or directory"),
        ('init = ["odd.sql"]', "odd.sql:2: is not UTF-8: invalid start byte"),
        ('migrations = ["empty"]', "empty: no file of SQL is in this folder"),
        ('init = ["meta.sql"]', "meta.sql:1: \\i is a command of psql, not SQL"),
        ('init = ["lost.sql"]', "lost.sql:1: table b is not there after the file was applied"),
    ],
)
def test_a_file_that_cannot_be_applied_is_named(
    start: Start, by_url: Declare, tmp_path: Path, more: str, said: str
) -> None:
    (tmp_path / "odd.sql").write_bytes(b"SELECT 1;\n-- \xff\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "meta.sql").write_text("\\i other.sql\n")
    (tmp_path / "lost.sql").write_text("CREATE TABLE b (c int); DO $$ BEGIN EXECUTE 'DR' || 'OP TABLE b'; END $$")
    one = only(start(by_url(more)))
    assert (one.state, one.why, failed(one).why) == (Provision.FAILED, said, said)


def test_no_server_is_started_for_a_file_that_is_not_there(start: Start, by_url: Declare) -> None:
    one = only(start(by_url('init = ["gone.sql"]', url="postgresql://a:b@127.0.0.1:1/c")))
    assert (one.state, one.why) == (Provision.FAILED, "gone.sql: cannot be read: No such file or directory")
    assert [point.step for point in one.checkpoints] == ["gone.sql"]
    assert Path(one.log).read_text().startswith(one.why)


def test_a_wrong_password_is_told_without_the_right_one_or_the_wrong_one(
    start: Start, by_url: Declare, postgres_server: PostgresServer
) -> None:
    url = postgres_server.url().replace(quote(postgres_server.password, safe=""), "gu3ss3d")
    one = only(start(by_url(url=url)))
    assert failed(one).step == "connects"
    assert one.why == (
        f'PostgreSQL on 127.0.0.1:{postgres_server.port}: password authentication failed for user "tester"'
    )
    assert "gu3ss3d" not in Path(one.log).read_text()


def test_a_server_that_is_not_there_is_waited_for_and_then_named(start: Start, by_url: Declare) -> None:
    one = only(start(by_url("timeout = 0.3", url="postgresql://a:b@127.0.0.1:1/c")))
    assert failed(one).step == "starts"
    assert one.why == "not ready on 127.0.0.1:1 within 0.3 s: connection refused"


def test_a_template_that_asks_for_what_there_is_not_is_no_configuration(
    start: Start, by_url: Declare, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", postgres_server.password)
    url = f"postgresql://tester@127.0.0.1:{postgres_server.port}/postgres"
    one = only(start(by_url('env = { SECRET = "{password}" }', url=url)))
    assert failed(one).step == "configured"
    assert one.why == "env.SECRET: {password}: db has none"


# ---- what a file may hold


def test_what_cannot_run_in_a_transaction_says_so_in_a_comment(start: Start, by_url: Declare, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE a (b int);")
    (tmp_path / "b.sql").write_text("CREATE INDEX CONCURRENTLY c ON a (b);")
    text = by_url('init = ["a.sql", "b.sql"]')
    why = only(start(text)).why
    assert "cannot run inside a transaction block (the file needs a line '-- agentgate: no transaction')" in why
    (tmp_path / "b.sql").write_text("-- agentgate: no transaction\nCREATE INDEX CONCURRENTLY c ON a (b);")
    assert only(start(text)).state is Provision.READY


def test_the_way_back_of_a_migration_is_not_gone(start: Start, by_url: Declare, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "1_a.up.sql").write_text("CREATE TABLE a ();")
    (folder / "1_a.down.sql").write_text("DROP TABLE a;")
    (folder / "2_b.sql").write_text("-- migrate:up\nCREATE TABLE b ();\n-- migrate:down\nDROP TABLE b;")
    one = only(start(by_url('migrations = ["m"]')))
    assert [(point.step, point.objects) for point in one.checkpoints[2:4]] == [("m/1_a.up.sql", 1), ("m/2_b.sql", 1)]


def test_what_a_file_sets_for_its_connection_ends_with_it(start: Start, by_url: Declare, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.a (b int);"
    )
    (tmp_path / "b.sql").write_text("INSERT INTO a VALUES (1);")
    assert only(start(by_url('init = ["a.sql", "b.sql"]'))).why == ""


def test_what_goes_back_to_a_savepoint_takes_nothing_back_before_it(
    start: Start, by_url: Declare, tmp_path: Path
) -> None:
    (tmp_path / "a.sql").write_text(
        "CREATE TABLE a ();\nSAVEPOINT s;\nCREATE TABLE b ();\nROLLBACK TO SAVEPOINT s;\nDROP TABLE IF EXISTS b;"
    )
    one = only(start(by_url('init = ["a.sql"]'), tmp_path))
    assert one.state is Provision.READY, one.why


def test_names_are_known_as_the_server_keeps_them(start: Start, by_url: Declare, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        f"CREATE TABLE {'long_' * 20} (b int);\nCREATE INDEX {'öl' * 40} ON {'long_' * 20} (b);\n"
        'CREATE TABLE "with.dot" (); CREATE TABLE public . "with "" quote" (); CREATE TABLE "a on b" ();\n'
        "CREATE TABLE ÄPFEL (); CREATE TABLE pg_temp.gone (); CREATE TYPE shell;\n"
        "SAVEPOINT s; CREATE TABLE back (); ROLLBACK TO s;",
        encoding="utf-8",
    )
    (tmp_path / "b.sql").write_text(f"CREATE TABLE {'more_' * 20} (); CREATE TABLE ÖL ();", encoding="utf-8")
    assert only(start(by_url('init = ["a.sql", "b.sql"]'))).why == ""


def test_who_a_file_becomes_writes_nothing_of_ours_and_ends_with_it(
    start: Start, by_url: Declare, tmp_path: Path
) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE a ();")
    (tmp_path / "b.sql").write_text("SET ROLE pg_monitor; SELECT 1;")
    (tmp_path / "c.sql").write_text("SET SESSION AUTHORIZATION pg_monitor; SELECT 1;")
    (tmp_path / "d.sql").write_text("CREATE TABLE d ();")
    assert only(start(by_url('init = ["a.sql", "b.sql", "c.sql", "d.sql"]'))).why == ""


def test_brackets_of_a_transaction_are_left_out_however_they_are_written(
    start: Start, by_url: Declare, tmp_path: Path
) -> None:
    (tmp_path / "a.sql").write_text(
        "BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE a ();\nCOMMIT AND CHAIN;\nEND AND NO CHAIN; BEGIN READ ONLY;"
    )
    (tmp_path / "b.sql").write_text("CREATE TABLE b ();\nCOMMIT AND CHAIN;\nSELECT 1 / 0;")
    fleet = start(by_url('init = ["a.sql", "b.sql"]'))
    assert only(fleet).why == "b.sql:3: division by zero: SELECT 1 / 0"
    rooms = fleet.serving[0].rooms
    assert isinstance(rooms, Databases)
    with rooms.session(rooms.model) as session:
        assert {name for _, name in session.objects()} == {"a", "public"}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1;\nSELECT pg_terminate_backend(pg_backend_pid());", "a.sql:2: terminating connection"),
        ("SET TRANSACTION READ ONLY;", "a.sql: at its end: cannot execute CREATE TABLE in a read-only transaction"),
    ],
)
def test_a_connection_that_a_file_makes_useless_fails_that_service_alone(
    start: Start, by_url: Declare, tmp_path: Path, sql: str, said: str
) -> None:
    (tmp_path / "a.sql").write_text(sql)
    one = only(start(by_url('init = ["a.sql"]')))
    assert one.why.startswith(said)
    assert failed(one).step == "a.sql"
