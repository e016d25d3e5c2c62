"""MySQL 8 and MariaDB 10 as they are: what workers get, what each file of SQL does, what is said where it fails."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pymysql
import pytest
from tests.runner.services.conftest import Start, containers, failed, only, services

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Provision
from pytest_agentgate.runner.services.databases import Databases
from pytest_agentgate.runner.services.environment import MAIN
from pytest_agentgate.runner.services.fleet import Fleet
from pytest_agentgate.runner.services.kinds.kind import access_of

pytestmark = pytest.mark.engine("servers")

Declare = Callable[..., str]


def image(name: str) -> str:
    return f'services.db = {{ kind = "mysql", image = "agentgate-test/{name}" }}\n'


@pytest.fixture(scope="session", params=[pytest.param("mysql:8", marks=pytest.mark.engine("focal")), "mariadb:10"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A container of ours for all of these tests."""
    folder = tmp_path_factory.mktemp("mysql")
    with services(image(request.param), folder, folder / ".agentgate") as fleet:
        assert only(fleet).state is Provision.READY, only(fleet).why
        yield fleet


@pytest.fixture(scope="session")
def url(server: Fleet) -> str:
    """Where it is, for whoever may do anything."""
    env = server.room(MAIN, "all")
    assert re.fullmatch(r"mysql://root:\w+@127.0.0.1:\d+/agentgate_\w+_db_main", env["DATABASE_URL"])
    return env["DATABASE_URL"]


@pytest.fixture
def by_url(url: str) -> Declare:
    def declare(more: str = "", *, url: str = url) -> str:
        return f'[services.db]\nkind = "mysql"\nurl = "{url}"\n{more}\n'

    return declare


def client(url: str) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
    access = access_of(url, 3306)
    return pymysql.connect(
        host=access.host, port=access.port, user=access.user, password=access.password, database=access.database
    )


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with client(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        connection.commit()
        return list(cursor.fetchall())


def databases(url: str) -> set[object]:
    return {name for (name,) in rows(url, "SHOW DATABASES")}


SCRIPTS = 'init = ["schema.sql"]\nmigrations = ["migrations"]'
SCHEMA = """\
# A shop; its names are as its authors write them.
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE Customer (
    id int AUTO_INCREMENT PRIMARY KEY,
    email varchar(200) NOT NULL UNIQUE,  -- one; and only one
    `from;where` varchar(20) DEFAULT 'it\\'s; "here"'
);
CREATE TABLE `Order` (
    id int AUTO_INCREMENT PRIMARY KEY,
    customer int NOT NULL,
    pence int NOT NULL DEFAULT 0,
    CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES Customer (id)
);
CREATE INDEX by_pence ON `Order` (pence);
CREATE TABLE audit (what varchar(50), KEY by_pence (what));
CREATE VIEW spent AS SELECT customer, SUM(pence) AS pence FROM `Order` GROUP BY customer;

DELIMITER $$
CREATE TRIGGER order_audit AFTER INSERT ON `Order` FOR EACH ROW
BEGIN
    INSERT INTO audit VALUES (CONCAT('order; ', NEW.id));
END$$
CREATE PROCEDURE refund(IN number int)
BEGIN
    BEGIN
        SELECT 1 INTO @seen;
    END;
    IF number > 0 THEN
        UPDATE `Order` SET pence = 5--5 WHERE id = number;
    END IF;
END
$$
DELIMITER ;
CREATE FUNCTION vat(pence int) RETURNS int DETERMINISTIC RETURN pence DIV 5;
"""
MIGRATIONS = {
    "2_rows.sql": (
        "START TRANSACTION;\nINSERT INTO Customer (email) VALUES ('a@b.c');\n"
        "INSERT INTO `Order` (customer, pence) VALUES (1, 700);\nCOMMIT;\n"
    ),
    "10_more.sql": "SET @percent = 10;\nALTER TABLE Customer ADD COLUMN percent int DEFAULT 0;\nCALL refund(1);\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "migrations").mkdir()
    for name, text in MIGRATIONS.items():
        (tmp_path / "migrations" / name).write_text(text)
    return tmp_path


def test_a_container_is_ready_when_its_server_says_who_it_is(server: Fleet, request: pytest.FixtureRequest) -> None:
    points = only(server).checkpoints
    assert [(point.step, point.passed) for point in points][:3] == [
        ("starts", True),
        ("connects", True),
        ("configured", True),
    ]
    name = {"mysql:8": "MySQL 8.", "mariadb:10": "MariaDB 10."}[request.node.callspec.params["server"]]
    assert points[1].why.startswith(name)


def test_nothing_is_kept_for_a_crash(url: str) -> None:
    assert rows(url, "SELECT @@log_bin, @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite") == [(0, 0, 0)]


def test_a_shop_is_made_checkpoint_by_checkpoint(start: Start, by_url: Declare, shop: Path) -> None:
    fleet = start(by_url(SCRIPTS), shop)
    one = only(fleet)
    assert one.state is Provision.READY, one.why
    assert [(point.step, point.passed, point.objects) for point in one.checkpoints] == [
        ("starts", True, 0),
        ("connects", True, 0),
        # Tables 3, view 1, trigger 1, procedure 1, function 1; indexes: email, of_customer, by_pence twice.
        ("schema.sql", True, 11),
        ("migrations/2_rows.sql", True, 0),
        ("migrations/10_more.sql", True, 0),
        ("configured", True, 0),
    ]
    mine = fleet.room(MAIN, "s")["DATABASE_URL"]
    assert rows(mine, "SELECT pence, vat(50) FROM `Order`") == [(10, 10)]
    assert rows(mine, "SELECT * FROM audit") == [("order; 1",)]
    assert rows(mine, "SELECT `from;where`, percent FROM Customer") == [('it\'s; "here"', 0)]
    applied = rows(mine, "SELECT name FROM agentgate_migration ORDER BY number")
    assert applied == [("schema.sql",), ("migrations/2_rows.sql",), ("migrations/10_more.sql",)]


def test_workers_have_databases_that_know_nothing_of_each_other(start: Start, by_url: Declare, shop: Path) -> None:
    fleet = start(by_url(SCRIPTS), shop)
    urls = [fleet.room(worker, "s")["DATABASE_URL"] for worker in (MAIN, "gw0", "gw1")]
    assert len(set(urls)) == 3
    for mine in urls:
        rows(mine, "INSERT INTO Customer (email) VALUES ('only@me')")
    assert [rows(mine, "SELECT count(*) FROM Customer") for mine in urls] == [[(2,)]] * 3


def test_nothing_is_left_in_a_server_that_was_there_whoever_still_looks_at_it(
    start: Start, by_url: Declare, shop: Path, url: str
) -> None:
    before = databases(url)
    fleet = start(by_url(SCRIPTS), shop)
    mine = fleet.room("gw0", "s")["DATABASE_URL"]
    assert len(databases(url) - before) == 3  # the model, main, gw0
    with client(mine) as forgotten, forgotten.cursor() as cursor:
        cursor.execute("SELECT * FROM Customer FOR UPDATE")  # a lock that keeps others from removing the table
        fleet.end()
        assert fleet.problems == []
        assert databases(url) == before
        with pytest.raises(pymysql.err.OperationalError):
            cursor.execute("SELECT 1")


def test_without_files_the_database_of_the_url_is_what_tests_get(start: Start, by_url: Declare, url: str) -> None:
    assert start(by_url()).room(MAIN, "s")["DATABASE_URL"] == url


def test_a_session_after_another_finds_the_same_again(start: Start, by_url: Declare, shop: Path) -> None:
    fleet = start(by_url(SCRIPTS), shop)
    first = fleet.room("gw0", "one")
    rows(first["DATABASE_URL"], "DELETE FROM `Order`")
    fleet.vacate()
    assert fleet.room("gw0", "two") == first
    assert rows(first["DATABASE_URL"], "SELECT count(*) FROM `Order`") == [(1,)]


# ---- each step broken on purpose


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("schema.sql", "CREATE TABLE `Order` (", "CREATE TABEL `Order` (", "You have an error in your SQL syntax"),
        ("schema.sql", "pence int NOT NULL DEFAULT 0", "pence int NOT NUL DEFAULT 0", "You have an error in your SQL"),
        ("schema.sql", "(pence);", "(pense);", "Key column 'pense' doesn't exist in table: CREATE INDEX by_pence"),
        ("schema.sql", "    IF number > 0 THEN", "    IF number > 0 THAN", "You have an error in your SQL syntax"),
        ("migrations/2_rows.sql", "VALUES (1, 700)", "VALUES (2, 700)", "a foreign key constraint fails"),
        ("migrations/2_rows.sql", "COMMIT;", "ROLLBACK;", "ROLLBACK would take back what comes before it"),
        ("migrations/10_more.sql", "CALL refund(1)", "CALL refunds(1)", ".refunds does not exist: CALL refunds(1)"),
        ("migrations/10_more.sql", "SET @percent = 10", "USE mysql", "leave USE out: each worker has a database of"),
    ],
)
def test_a_statement_that_fails_is_named_by_file_and_line_and_leaves_a_log(
    start: Start, by_url: Declare, shop: Path, name: str, old: str, new: str, said: str
) -> None:
    text = (shop / name).read_text()
    assert text.count(old) == 1
    (shop / name).write_text(text.replace(old, new))
    one = only(start(by_url(SCRIPTS), shop))
    point = failed(one)
    assert (one.state, point.step, point.why) == (Provision.FAILED, name, one.why)
    line = text.count("\n", 0, text.index(old)) + 1
    assert one.why.startswith(f"{name}:{line}: ")
    assert said in one.why
    assert not re.search(r" at line \d+", one.why)  # of the statement: nobody counts these
    assert Path(one.log).read_text().startswith(one.why)


def test_a_wrong_password_is_told_without_it(start: Start, by_url: Declare, url: str) -> None:
    right = access_of(url, 3306).password
    one = only(start(by_url(url=url.replace(right, "gu3ss3d"))))
    assert failed(one).step == "connects"
    address = access_of(url, 3306).address
    assert one.why.startswith(f"MySQL on {address}: Access denied for user 'root'@'")
    assert "gu3ss3d" not in Path(one.log).read_text() + one.why


def test_a_database_that_is_not_there_is_told(start: Start, by_url: Declare, url: str) -> None:
    one = only(start(by_url(url=url.rpartition("/")[0] + "/nowhere")))
    assert failed(one).step == "connects"
    assert one.why.endswith(": Unknown database 'nowhere'")


def test_what_a_file_promises_is_looked_for(start: Start, by_url: Declare, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "CREATE TABLE Kept (b int);\nCREATE TABLE Lost (b int);\nSET @gone = CONCAT('DR', 'OP TABLE Lost');\n"
        "PREPARE it FROM @gone;\nEXECUTE it;\n"
    )
    assert only(start(by_url('init = ["a.sql"]'))).why == "a.sql:2: table lost is not there after the file was applied"


def test_what_a_file_sets_for_its_connection_ends_with_it(start: Start, by_url: Declare, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE a (b int PRIMARY KEY);\nSET @number = 7, foreign_key_checks = 0;")
    (tmp_path / "b.sql").write_text("INSERT INTO a SELECT COALESCE(@number, 0) + @@foreign_key_checks;")
    fleet = start(by_url('init = ["a.sql", "b.sql"]'))
    assert only(fleet).why == ""
    assert rows(fleet.room(MAIN, "s")["DATABASE_URL"], "SELECT b FROM a") == [(1,)]


def test_of_a_file_that_fails_rows_are_taken_back_and_the_next_try_begins_with_it(
    start: Start, by_url: Declare, shop: Path
) -> None:
    (shop / "migrations" / "10_more.sql").unlink()
    fleet = start(by_url(SCRIPTS), shop)
    rooms = fleet.serving[0].rooms
    assert isinstance(rooms, Databases)
    name, mine = rooms.kept(MAIN), fleet.room(MAIN, "s")["DATABASE_URL"]
    more = shop / "migrations" / "10_more.sql"
    more.write_text("INSERT INTO Customer (email) VALUES ('d@e.f');\nINSERT INTO Customers VALUES ();\n")
    with pytest.raises(ServiceError, match=r"^migrations/10_more.sql:2: Table '.*\.Customers' doesn't exist: INSERT"):
        rooms.migrate(name, lambda point: None)
    assert rows(mine, "SELECT count(*) FROM Customer") == [(1,)]
    assert rooms.left(name) == (["schema.sql", "migrations/2_rows.sql"], ["migrations/10_more.sql"])
    more.write_text("INSERT INTO Customer (email) VALUES ('d@e.f');\n")
    rooms.migrate(name, lambda point: None)
    assert rows(mine, "SELECT count(*) FROM Customer") == [(2,)]
    rooms.fresh(name, lambda point: None)
    assert rows(mine, "SELECT count(*) FROM Customer") == [(2,)]
    assert rooms.left(name)[1] == []


def test_what_a_process_that_has_ended_left_is_removed_and_nothing_else(
    start: Start, by_url: Declare, shop: Path, url: str
) -> None:
    fleet, other = start(by_url(SCRIPTS), shop), start(by_url(SCRIPTS), shop)
    rooms = fleet.serving[0].rooms
    assert isinstance(rooms, Databases)
    before = databases(url)
    assert rooms.prune() == []
    owner = json.dumps([str(shop / "no lock"), socket.gethostname()])
    rooms.scene = replace(rooms.scene, owner=owner)
    rooms.create("agentgate_gone_db_gw0")
    rows(url, "CREATE DATABASE agentgate_of_somebody")
    try:
        assert rooms.prune() == ["database agentgate_gone_db_gw0"]
        assert databases(url) == before | {"agentgate_of_somebody"}
    finally:
        rows(url, "DROP DATABASE agentgate_of_somebody")
    assert only(other).state is Provision.READY


def test_a_server_that_is_killed_while_tests_run_is_no_ready_service(start: Start, tmp_path: Path) -> None:
    fleet = start(image("mariadb:10"))
    env = fleet.room(MAIN, "s")
    with client(env["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        subprocess.run(["docker", "kill", only(fleet).container], check=True, capture_output=True)
        with pytest.raises(pymysql.err.OperationalError):
            cursor.execute("SELECT 1")
    fleet.end()
    assert only(fleet).state is Provision.FAILED
    assert only(fleet).why.startswith("the container ended with 137 while the tests ran")
    assert "ready for connections" in Path(only(fleet).log).read_text()
    assert containers(tmp_path) == set()
