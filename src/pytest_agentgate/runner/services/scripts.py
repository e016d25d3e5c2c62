"""Files of SQL, applied to a database in order and once, each verified before the next."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Checkpoint, Service
from pytest_agentgate.runner.services.kinds.kind import Passed
from pytest_agentgate.runner.services.statements import SqlError, Statement, statements

TABLE = "agentgate_migration"
"""Where a database remembers what was applied to it: name, sha256, applied_at."""

Object = tuple[str, str]
"""What sort of thing it is, and its name without its schema, with `` on TABLE`` where it belongs to one."""

_DOWN = re.compile(r"^--\s*(?:migrate:down|\+goose\s+Down|\+migrate\s+Down)\b", re.IGNORECASE | re.MULTILINE)
_ALONE = re.compile(
    r"^--\s*(?:agentgate:\s*no[- ]transaction|migrate:up\s+transaction:\s*false|\+goose\s+NO\s+TRANSACTION)\b",
    re.IGNORECASE | re.MULTILINE,
)
_MARK = "-- agentgate: no transaction"
_TO_SAVEPOINT = re.compile(r"ROLLBACK(?:\s+(?:WORK|TRANSACTION))?\s+TO\b", re.IGNORECASE)
_IDENTIFIER = r"(?:[\w$]+|\"(?:[^\"]|\"\")+\"|`(?:[^`]|``)+`)"
_CREATED = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:UNLOGGED\s+|RECURSIVE\s+|UNIQUE\s+)?"
    r"(?P<sort>TABLE|(?:MATERIALIZED\s+)?VIEW|INDEX|FUNCTION|PROCEDURE|SEQUENCE|TYPE|DOMAIN)\s+(?:CONCURRENTLY\s+)?"
    rf"(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>{_IDENTIFIER}(?:\s*\.\s*{_IDENTIFIER})*)",
    re.IGNORECASE,
)
_UNDONE = re.compile(r"\b(?:DROP|RENAME)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)")
_LONGEST = 63  # bytes of a name that PostgreSQL keeps: it leaves out the others, and says so in a notice
_SHOWN = 120  # characters of a statement that an error shows


class RefusalError(Exception):
    """What a database said to a statement."""

    def __init__(self, said: str, offset: int = 0, more: str = "") -> None:
        super().__init__(said)
        self.offset = offset  # characters into the statement
        self.more = more  # detail, hint and context, for the log


class Session(Protocol):
    """A connection to one database. Every method raises RefusalError for what the server refuses."""

    is_mysql: bool

    def run(self, statement: Statement) -> None: ...
    def start_over(self) -> None:
        """Forget what a file has set for its connection."""

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def roll_back(self) -> None: ...
    def objects(self) -> frozenset[Object]:
        """What is in it that somebody made; names in lower case where the server does not tell them apart."""

    def applied(self) -> Mapping[str, str] | None:
        """Name of a file -> its hash; None where nothing was ever applied."""

    def remember(self, name: str, sha256: str) -> None: ...


@dataclass(frozen=True)
class Script:
    """A file of SQL."""

    name: str  # relative to the root
    text: str
    sha256: str


def scripts_of(service: Service, root: Path) -> list[Script]:
    """The files that a service names, in the order in which they are applied.

    A folder of migrations is read in the order of the numbers in its names; what a tool keeps for the way back is left
    out. Raises ServiceError for a file that cannot be read.
    """
    found = [_read(name, root) for name in service.init]
    for name in service.migrations:
        path = root / name
        if not path.is_dir():
            found.append(_read(name, root))
            continue
        inner = sorted((each for each in path.glob("*.sql") if not _is_down(each.name)), key=lambda p: _key(p.name))
        if not inner:
            raise ServiceError(f"{name}: no file of SQL is in this folder")
        found += [_read(each.relative_to(root).as_posix(), root) for each in inner]
    return found


def _key(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _NUMBER.split(name) if part]


def _is_down(name: str) -> bool:
    return name.endswith((".down.sql", "_down.sql", "-down.sql")) or re.match(r"U\d+__", name) is not None


def _read(name: str, root: Path) -> Script:
    try:
        data = (root / name).read_bytes()
        return Script(name, data.decode("utf-8-sig"), hashlib.sha256(data).hexdigest())
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ServiceError(f"{name}:{line}: is not UTF-8: {error.reason}") from None
    except OSError as error:
        raise ServiceError(f"{name}: cannot be read: {error.strerror}") from None


def pending(session: Session, scripts: Sequence[Script]) -> list[Script]:
    """Those that were not applied yet. Raises ServiceError where one that was has changed, or is gone."""
    known = session.applied() or {}
    names = {script.name for script in scripts}
    for name in known:
        if name not in names:
            raise ServiceError(f"{name}: was applied to this database, and is not among the files now")
    left: list[Script] = []
    for script in scripts:
        if script.name not in known:
            left.append(script)
        elif known[script.name] != script.sha256:
            raise ServiceError(f"{script.name}: has changed since it was applied; put what is new into a further file")
        elif left:
            raise ServiceError(f"{left[0].name}: comes before {script.name}, which was applied already")
    return left


def apply(session: Session, scripts: Iterable[Script], passed: Passed) -> None:
    """Apply each in a transaction of its own, and tell of each; raises ServiceError after the first that fails."""
    for script in scripts:
        began = time.monotonic()
        try:
            created, why = _applied(session, script)
        except ServiceError as error:
            passed(Checkpoint(script.name, False, str(error), seconds=time.monotonic() - began))
            raise
        passed(Checkpoint(script.name, True, why, created, time.monotonic() - began))


def _applied(session: Session, script: Script) -> tuple[int, str]:
    up = _DOWN.split(script.text)[0]
    try:
        todo = [one for one in statements(up, mysql=session.is_mysql) if not _is_bracket(one)]
    except SqlError as error:
        raise ServiceError(f"{script.name}:{error.line}: {error}") from None
    is_alone = _ALONE.search(up) is not None
    try:
        session.start_over()
        before = session.objects()
        if not is_alone:
            session.begin()
    except RefusalError as error:
        raise ServiceError(f"{script.name}: {error}") from None
    try:
        for one in todo:
            _run(session, script, one)
        _remember(session, script)
    except BaseException:
        if not is_alone:
            with suppress(RefusalError):  # where the connection is gone, and all that was done with it
                session.roll_back()
        raise
    if not is_alone:
        _commit(session, script, todo)
    try:
        session.start_over()
        after = session.objects()
    except RefusalError as error:
        raise ServiceError(f"{script.name}: once it was applied: {error}") from None
    same = str.lower if session.is_mysql else _kept  # MySQL keeps names as they are written, and finds them otherwise
    there = {same(name.partition(" on ")[0]) for _, name in after} | {same(name) for _, name in after}
    for sort, name, line in _promised(todo):
        if same(name) not in there:
            raise ServiceError(f"{script.name}:{line}: {sort} {name} is not there after the file was applied")
    return len(after - before), "" if todo else "no statement is in it"


def _is_bracket(one: Statement) -> bool:
    """Whether it begins or ends a transaction, which is ours to do."""
    match one.words:
        case ("BEGIN", more):
            return more != "NOT"  # BEGIN NOT ATOMIC is a block of MariaDB
        case ("COMMIT", more):
            return more != "PREPARED"
        case ("START", "TRANSACTION") | ("END", _):
            return True
        case _:
            return False


def _remember(session: Session, script: Script) -> None:
    try:
        session.remember(script.name, script.sha256)
    except RefusalError as error:
        raise ServiceError(f"{script.name}: at its end: {error}") from None


def _run(session: Session, script: Script, one: Statement) -> None:
    if one.words[0] in ("ROLLBACK", "ABORT") and not _TO_SAVEPOINT.match(one.text):
        raise ServiceError(f"{script.name}:{one.line}: {one.words[0]} would take back what comes before it")
    try:
        session.run(one)
    except RefusalError as error:
        line = one.line + one.text.count("\n", 0, error.offset)
        hint = f" (the file needs a line '{_MARK}')" if "inside a transaction block" in str(error) else ""
        shown = " ".join(one.text.split())
        shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
        refused = ServiceError(f"{script.name}:{line}: {error}{hint}: {shown}")
        refused.add_note("\n".join(part for part in (error.more, one.text) if part))
        raise refused from None


def _commit(session: Session, script: Script, todo: Sequence[Statement]) -> None:
    try:
        session.commit()
    except RefusalError as error:  # of what is checked at the end only
        raise ServiceError(f"{script.name}:{todo[-1].line if todo else 1}: at its end: {error}") from None


def _promised(todo: Sequence[Statement]) -> Iterable[tuple[str, str, int]]:
    """What the statements of a file create and none of them drops, renames, takes back or may take along."""
    if any(one.words[0] == "ROLLBACK" for one in todo):  # to a savepoint
        return
    undone = " ".join(one.text for one in todo if _UNDONE.search(one.text)).lower()
    if "cascade" in undone and "drop" in undone:
        return
    for one in todo:
        if match := _CREATED.match(one.text):
            *above, last = re.findall(_IDENTIFIER, match["name"])
            if above and above[-1].lower() == "pg_temp":
                continue  # gone with the connection
            name = _unquoted(last)
            if name.lower() not in undone and match["name"].upper() != "ON":
                yield " ".join(match["sort"].lower().split()), name, one.line


def _unquoted(name: str) -> str:
    """A name as a server knows it; without quotes the letters of ASCII are small, and no others."""
    if (mark := name[0]) in '"`':
        return name[1:-1].replace(mark * 2, mark)
    return re.sub(r"[A-Z]+", lambda letters: letters[0].lower(), name)


def _kept(name: str) -> str:
    """As much of a name as PostgreSQL keeps."""
    return name.encode()[:_LONGEST].decode(errors="ignore")
