"""MySQL and MariaDB: https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html; a database per worker."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Checkpoint
from pytest_agentgate.runner.services.databases import PREFIX, Databases
from pytest_agentgate.runner.services.kinds.encryption import context_of
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene, of_environment
from pytest_agentgate.runner.services.kinds.wire import why, wire
from pytest_agentgate.runner.services.scripts import TABLE, Object, RefusalError, apply
from pytest_agentgate.runner.services.statements import Statement

_OWNER = "agentgate_owner"  # a table in each database of ours, since MySQL keeps no comment on a database
# An index belongs to its table: two tables may have one of the same name.
_OBJECTS = """
SELECT CASE table_type WHEN 'VIEW' THEN 'view' WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END, table_name
    FROM information_schema.tables WHERE table_schema = DATABASE()
UNION ALL SELECT DISTINCT 'index', CONCAT(index_name, ' on ', table_name) FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND index_name <> 'PRIMARY'
UNION ALL SELECT LOWER(routine_type), routine_name FROM information_schema.routines
    WHERE routine_schema = DATABASE()
UNION ALL SELECT 'trigger', trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()
UNION ALL SELECT 'event', event_name FROM information_schema.events WHERE event_schema = DATABASE()
"""
_LINE = re.compile(r" at line (\d+)$")  # of the statement, in what it says of its syntax
_LONGEST_WAIT = 10  # seconds for a lock on what is to be removed; a server waits for a day, or for a year


class MySQL(Kind):
    image = "mysql:8.4"
    port = 3306
    schemes = ("mysql", "mariadb")
    names: Mapping[str, str] = {
        "DATABASE_URL": "{url}", "MYSQL_HOST": "{host}", "MYSQL_PORT": "{port}", "MYSQL_USER": "{user}",
        "MYSQL_PASSWORD": "{password}", "MYSQL_DATABASE": "{database}",
    }  # fmt: skip
    # As with PostgreSQL, tests need nothing on the disk.
    more = ("--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF")

    def settings(self, password: str, port: int) -> Mapping[str, str]:
        return {"MYSQL_ROOT_PASSWORD": password, "MYSQL_DATABASE": "test"}

    def access(self, env: Mapping[str, str], access: Access) -> Access:
        names = ("", "MYSQL_ROOT_PASSWORD", "MYSQL_DATABASE")
        return of_environment(access, {"": "root", **env}, names)

    def waits(self, access: Access, seconds: float) -> str:
        try:
            with wire(access.host, access.port, seconds) as connection:
                length = int.from_bytes(connection.read(4)[:3], "little")
                packet = connection.read(length)
        except OSError as error:
            return why(error)
        if packet[:1] == b"\xff":
            return packet[3:].decode(errors="replace")
        return "" if packet[:1] == b"\x0a" else f"speaks another protocol: {packet[:20]!r}"

    def check(self, access: Access) -> str:
        with _connection(access, access.database) as connection:
            [[version]] = connection.rows("SELECT VERSION()")
        return f"{'MariaDB' if 'MariaDB' in str(version) else 'MySQL'} {str(version).partition('-')[0]}"

    def rooms(self, scene: Scene) -> Rooms:
        return _MySQLDatabases(scene)


class _Session:
    is_mysql = True

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, text: str, values: tuple[str, ...] | None = None) -> list[tuple[Any, ...]]:
        import pymysql

        try:
            with self._connection.cursor() as cursor:
                cursor.execute(text, values)
                return list(cursor.fetchall())
        except pymysql.Error as error:
            raise _refusal(error, text) from None

    def run(self, statement: Statement) -> None:
        if statement.words[0] == "USE":
            raise RefusalError("leave USE out: each worker has a database of its own")
        self.rows(statement.text)

    def start_over(self) -> None:
        import pymysql

        try:
            self._connection.close()
            self._connection.connect()
        except pymysql.Error as error:
            raise _refusal(error, "") from None

    def begin(self) -> None:
        self.rows("START TRANSACTION")

    def commit(self) -> None:
        self.rows("COMMIT")

    def roll_back(self) -> None:
        self.rows("ROLLBACK")  # what CREATE, ALTER and DROP did stays: MySQL commits at each of them

    def objects(self) -> frozenset[Object]:
        found = ((str(sort), str(name)) for sort, name in self.rows(_OBJECTS))
        return frozenset((sort, name) for sort, name in found if name.rpartition(" on ")[2] not in (TABLE, _OWNER))

    def applied(self) -> Mapping[str, str] | None:
        if not self.rows(f"SHOW TABLES LIKE '{TABLE}'"):
            return None
        return {str(name): str(sha) for name, sha in self.rows(f"SELECT name, sha256 FROM {TABLE} ORDER BY number")}

    def remember(self, name: str, sha256: str) -> None:
        self.rows(
            f"CREATE TABLE IF NOT EXISTS {TABLE} (number integer AUTO_INCREMENT PRIMARY KEY, "
            "name varchar(500) NOT NULL UNIQUE, sha256 char(64) NOT NULL, "
            "applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        )
        self.rows(f"INSERT INTO {TABLE} (name, sha256) VALUES (%s, %s)", (name, sha256))


def _refusal(error: Exception, text: str) -> RefusalError:
    said = str(error.args[-1] if error.args else error)
    offset = 0
    if found := _LINE.search(said):
        said = said.removesuffix(found[0])
        offset = sum(len(line) for line in text.splitlines(keepends=True)[: int(found[1]) - 1])
    return RefusalError(" ".join(said.split()), offset)


@contextmanager
def _connection(access: Access, database: str) -> Iterator[_Session]:
    try:
        import pymysql
    except ImportError:
        raise ServiceError("a service of MySQL needs PyMySQL: install pytest-agentgate[services]") from None
    try:
        connection = pymysql.connect(
            host=access.host,
            port=access.port,
            user=access.user,
            password=access.password,
            database=database or None,
            connect_timeout=10,
            autocommit=True,
            ssl=context_of(access.scheme, access.query),
        )
    except (pymysql.Error, RuntimeError) as error:  # the latter where cryptography is missing
        raise ServiceError(f"MySQL on {access.address}: {error.args[-1] if error.args else error}") from None
    try:
        yield _Session(connection)
    except RefusalError as error:
        raise ServiceError(f"MySQL on {access.address}: {error}") from None
    finally:
        if connection.open:
            connection.close()


class _MySQLDatabases(Databases):
    def _commands(self, *texts: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with _connection(self.scene.access, "") as session:
            for text in texts:
                rows = session.rows(text)
        return rows

    @contextmanager
    def session(self, name: str) -> Iterator[_Session]:
        with _connection(self.scene.access, name) as session:
            yield session

    def create(self, name: str) -> None:
        owner = self.scene.owner.replace("'", "''").replace("\\", "\\\\")
        self._commands(
            f"CREATE DATABASE `{name}`",
            f"CREATE TABLE `{name}`.{_OWNER} (owner varchar(1000) NOT NULL)",
            f"INSERT INTO `{name}`.{_OWNER} VALUES ('{owner}')",
        )

    def copy(self, name: str) -> None:
        """MySQL copies no database: the files are applied once more."""
        self.create(name)

        def passed(point: Checkpoint) -> None:
            """They passed before, for the model."""

        with self.session(name) as session:
            apply(session, self._scripts, passed)

    def drop(self, name: str) -> None:
        with _connection(self.scene.access, "") as session:
            for [number] in session.rows("SELECT id FROM information_schema.processlist WHERE db = %s", (name,)):
                try:
                    session.rows(f"KILL {int(number)}")
                except RefusalError:
                    pass  # it has ended by itself
            session.rows(f"SET lock_wait_timeout = {_LONGEST_WAIT}")
            session.rows(f"DROP DATABASE IF EXISTS `{name}`")

    def exists(self, name: str) -> bool:
        return bool(self._commands(f"SHOW DATABASES LIKE '{name}'"))

    def owners(self) -> Mapping[str, str]:
        found = {}
        for [name] in self._commands(f"SHOW DATABASES LIKE '{PREFIX}%'"):
            try:
                [[owner]] = self._commands(f"SELECT owner FROM `{name}`.{_OWNER}")
            except (ServiceError, ValueError):
                owner = ""
            found[str(name)] = str(owner)
        return found
