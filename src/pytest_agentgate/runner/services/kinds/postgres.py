"""PostgreSQL: https://www.postgresql.org/docs/current/protocol-message-formats.html; in it a database per worker."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.databases import PREFIX, Databases
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene, of_environment
from pytest_agentgate.runner.services.kinds.wire import why, wire
from pytest_agentgate.runner.services.scripts import TABLE, Object, RefusalError
from pytest_agentgate.runner.services.statements import Statement

if TYPE_CHECKING:
    import psycopg

_PROTOCOL = 196608  # 3.0
_SSL = 80877103
_STARTING = {"57P03"}
_OURS = "agentgate owner "
# https://www.postgresql.org/docs/current/catalogs.html; an index that a constraint brings along is one of the table's.
_OBJECTS = """
WITH mine AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
)
SELECT CASE relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view'
       WHEN 'm' THEN 'view' ELSE 'table' END, relname::text
FROM pg_class JOIN mine ON mine.oid = relnamespace WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'i', 'I', 'S')
UNION ALL SELECT 'function', proname::text FROM pg_proc JOIN mine ON mine.oid = pronamespace
UNION ALL SELECT 'type', typname::text FROM pg_type JOIN mine ON mine.oid = typnamespace
    WHERE typtype IN ('e', 'd', 'r') OR (typtype IN ('b', 'p') AND typelem = 0)
       OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c')
UNION ALL SELECT 'trigger', tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'schema', nspname::text FROM mine
"""


class Postgres(Kind):
    image = "postgres:16"
    port = 5432
    schemes = ("postgresql", "postgres", "postgis")
    names: Mapping[str, str] = {
        "DATABASE_URL": "{url}", "PGHOST": "{host}", "PGPORT": "{port}", "PGUSER": "{user}",
        "PGPASSWORD": "{password}", "PGDATABASE": "{database}",
    }  # fmt: skip
    # What is lost with a crash is made anew: tests need nothing on the disk.
    more = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")

    def settings(self, password: str, port: int) -> Mapping[str, str]:
        return {"POSTGRES_USER": "test", "POSTGRES_PASSWORD": password, "POSTGRES_DB": "test"}

    def access(self, env: Mapping[str, str], access: Access) -> Access:
        names = ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")
        return of_environment(access, {"POSTGRES_DB": env.get("POSTGRES_USER", ""), **env}, names)

    def waits(self, access: Access, seconds: float) -> str:
        words = {"user": access.user or "postgres", "database": access.database or "postgres"}
        body = b"".join(key.encode() + b"\0" + value.encode() + b"\0" for key, value in words.items()) + b"\0"
        try:
            with wire(access.host, access.port, seconds) as connection:
                connection.send(struct.pack("!ii", len(body) + 8, _PROTOCOL) + body)
                kind = connection.read(1)
                if kind != b"E":
                    return "" if kind == b"R" else f"speaks another protocol: {kind!r}"
                [length] = struct.unpack("!i", connection.read(4))
                fields = [part.decode(errors="replace") for part in connection.read(length - 4).split(b"\0") if part]
        except OSError as error:
            return why(error)
        said = {field[0]: field[1:] for field in fields}
        return said.get("M", "refuses") if said.get("C") in _STARTING else ""  # whatever else is for a client to tell

    def check(self, access: Access) -> str:
        with _connection(access, access.database) as connection, _refusals(access):
            row = connection.execute("SELECT current_setting('server_version')").fetchone()
        return f"PostgreSQL {row[0] if row else '?'}"

    def rooms(self, scene: Scene) -> Rooms:
        return _PostgresDatabases(scene)


@contextmanager
def _connection(access: Access, database: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        import psycopg
        from psycopg.conninfo import make_conninfo
    except ImportError:
        raise ServiceError("a service of PostgreSQL needs psycopg: install pytest-agentgate[services]") from None
    given = dict(parse_qsl(access.query))
    given |= {"user": access.user} if access.user else {}
    given |= {"password": access.password} if access.password else {}
    given = {"connect_timeout": "10", "application_name": "agentgate", **given}
    given |= {"host": access.host, "port": str(access.port)} | ({"dbname": database} if database else {})
    try:
        connection = psycopg.connect(make_conninfo(**given), autocommit=True)
    except psycopg.Error as error:
        raise ServiceError(f"PostgreSQL on {access.address}: {_said(error, access)}") from None
    with connection:
        yield connection


@contextmanager
def _refusals(access: Access) -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise ServiceError(f"PostgreSQL on {access.address}: {_said(error, access)}") from None


def _said(error: psycopg.Error, access: Access) -> str:
    text = error.diag.message_primary or str(error)
    text = text.rpartition("FATAL: ")[2] if "FATAL: " in text else text
    text = " ".join(text.split())
    return text.replace(access.password, "***") if len(access.password) > 3 else text


class _PostgresDatabases(Databases):
    def _command(self, text: str) -> None:
        access = self.scene.access
        with _connection(access, access.database or "postgres") as connection, _refusals(access):
            connection.execute(text.encode())

    @contextmanager
    def session(self, name: str) -> Iterator[_Session]:
        access = self.scene.access
        with _connection(access, name) as connection:
            try:
                yield _Session(connection)
            except RefusalError as error:
                raise ServiceError(f"PostgreSQL on {access.address}: {error}") from None

    def create(self, name: str) -> None:
        self._command(f"CREATE DATABASE {_quoted(name)} TEMPLATE template0")
        self._mark(name)

    def copy(self, name: str) -> None:
        self._command(f"CREATE DATABASE {_quoted(name)} TEMPLATE {_quoted(self.model)}")
        self._mark(name)

    def _mark(self, name: str) -> None:
        self._command(f"COMMENT ON DATABASE {_quoted(name)} IS {_text(_OURS + self.scene.owner)}")

    def drop(self, name: str) -> None:
        access = self.scene.access
        with _connection(access, access.database or "postgres") as connection, _refusals(access):
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )
            force = " WITH (FORCE)" if connection.info.server_version >= 130000 else ""
            connection.execute(f"DROP DATABASE IF EXISTS {_quoted(name)}{force}".encode())

    def exists(self, name: str) -> bool:
        access = self.scene.access
        with _connection(access, access.database or "postgres") as connection, _refusals(access):
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def owners(self) -> Mapping[str, str]:
        access = self.scene.access
        query = "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE starts_with(datname, %s)"
        with _connection(access, access.database or "postgres") as connection, _refusals(access):
            rows = connection.execute(query, [PREFIX]).fetchall()
        noted = {str(name): str(comment or "") for name, comment in rows}  # a comment may be somebody's own
        return {name: text.removeprefix(_OURS) for name, text in noted.items() if not text or text.startswith(_OURS)}


class _Session:
    is_mysql = False

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def run(self, statement: Statement) -> None:
        with _refused():
            if statement.data is None:
                self._connection.execute(statement.text.encode())
                return
            with self._connection.cursor() as cursor, cursor.copy(statement.text.encode()) as copy:
                copy.write(statement.data)

    def start_over(self) -> None:
        self._plain("RESET ALL")
        self._be_ourselves()

    def _be_ourselves(self) -> None:
        self._plain("RESET SESSION AUTHORIZATION")
        self._plain("RESET ROLE")

    def begin(self) -> None:
        self._plain("BEGIN")

    def commit(self) -> None:
        self._plain("COMMIT")

    def roll_back(self) -> None:
        self._plain("ROLLBACK")

    def objects(self) -> frozenset[Object]:
        with _refused():
            rows = self._connection.execute(_OBJECTS.encode())
            return frozenset((str(sort), str(name)) for sort, name in rows if not str(name).startswith(TABLE))

    def applied(self) -> Mapping[str, str] | None:
        with _refused():
            there = self._connection.execute("SELECT to_regclass(%s)", [f"public.{TABLE}"]).fetchone()
            if there is None or there[0] is None:
                return None
            rows = self._connection.execute(f"SELECT name, sha256 FROM public.{TABLE} ORDER BY number".encode())
            return {str(name): str(sha256) for name, sha256 in rows}

    def remember(self, name: str, sha256: str) -> None:
        self._be_ourselves()  # a role that the file has taken may not write what is ours
        self._plain(
            f"CREATE TABLE IF NOT EXISTS public.{TABLE} (number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
            "name text NOT NULL UNIQUE, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        with _refused():
            self._connection.execute(
                f"INSERT INTO public.{TABLE} (name, sha256) VALUES (%s, %s)".encode(), [name, sha256]
            )

    def _plain(self, text: str) -> None:
        with _refused():
            self._connection.execute(text.encode())


@contextmanager
def _refused() -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        said = error.diag
        more = "\n".join(text for text in (said.message_detail, said.message_hint, said.context) if text)
        position = int(said.statement_position or 1) - 1
        what = said.message_primary or " ".join(str(error).split()) or type(error).__name__
        raise RefusalError(
            f"{what}{f' ({said.message_detail})' if said.message_detail else ''}", position, more
        ) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
