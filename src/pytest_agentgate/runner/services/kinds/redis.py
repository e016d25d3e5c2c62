"""Redis, Valkey and whatever else speaks RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene
from pytest_agentgate.runner.services.kinds.wire import Wire, why
from pytest_agentgate.runner.services.ownership import KEPT, is_gone

_SECONDS = 5.0
_TAKEN = "agentgate:databases"  # a hash in the last database: which number is whose
# Another run may be about to take the same.
_TAKE = """
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


class Redis(Kind):
    image = "redis:7"
    port = 6379
    schemes = ("redis", "rediss", "valkey", "valkeys")
    names: Mapping[str, str] = {"REDIS_URL": "{url}", "REDIS_HOST": "{host}", "REDIS_PORT": "{port}"}
    more = ("--databases", "1024")

    def waits(self, access: Access, seconds: float) -> str:
        try:
            with access.wire(seconds) as connection:
                _log_in(connection, access)
                answer = _ask(connection, "PING")
        except OSError as error:
            return why(error)
        except _RefusedError as error:
            if str(error).startswith(("WRONGPASS", "NOAUTH", "NOPERM", "ERR AUTH", "ERR invalid password")):
                raise ServiceError(str(error)) from None
            return str(error)
        return "" if answer == "PONG" else f"answers {answer!r}"

    def check(self, access: Access) -> str:
        info = str(_all(access, [["INFO", "server"]])[0])
        version = next((line.partition(":")[2] for line in info.splitlines() if line.startswith("redis_version:")), "?")
        return f"Redis {version}"

    def rooms(self, scene: Scene) -> Rooms:
        return _Databases(scene)


class _Databases(Rooms):
    """Each worker has a numbered database; a number is taken where all who use the same server can see it."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._given: list[int] = []
        self._count = 0

    def give(self, worker: str, number: int) -> str:
        access, owner = self.scene.access, self._owner
        self._count = self._count or int(_pairs(_all(access, [["CONFIG", "GET", "databases"]])[0]).get("databases", 1))
        last = self._count - 1
        if last < 1:
            raise ServiceError("this Redis has one database, which workers cannot share")
        taken = {int(key): value for key, value in _pairs(self._in(last, [["HGETALL", _TAKEN]])[0]).items()}
        if (kept := next((key for key, value in taken.items() if value == owner), None)) is not None and self._is_kept:
            return str(kept)
        order = [*range(number, last), *range(min(number, last))]
        for database in order:
            if database in taken and not _is_left(taken[database]):
                continue
            is_left = database in taken
            is_empty = self._in(database, [["DBSIZE"]])[0] == 0
            if not (is_left or is_empty):  # somebody else's
                continue
            before = taken.get(database, "")
            if self._in(last, [["EVAL", _TAKE, "1", _TAKEN, str(database), before, owner]])[0] == 1:
                self._given.append(database)
                if is_left:
                    self._in(database, [["FLUSHDB"]])
                return str(database)
        raise ServiceError(f"none of the {self._count} databases of Redis on {access.address} is free")

    @property
    def _owner(self) -> str:
        return json.dumps([*json.loads(self.scene.owner or "[]"), self.scene.run])

    @property
    def _is_kept(self) -> bool:
        return KEPT in json.loads(self._owner)[:1]

    def take_back(self, room: str) -> None:
        self._in(int(room), [["FLUSHDB"]])
        self._in(self._count - 1, [["HDEL", _TAKEN, room]])
        self._given.remove(int(room))

    def prune(self) -> list[str]:
        [count] = _all(self.scene.access, [["CONFIG", "GET", "databases"]])
        last = int(_pairs(count).get("databases", 1)) - 1
        return self._freed(last, _is_left)

    def take_down(self) -> list[str]:
        [count] = _all(self.scene.access, [["CONFIG", "GET", "databases"]])
        return self._freed(int(_pairs(count).get("databases", 1)) - 1, lambda owner: owner == self._owner)

    def _freed(self, last: int, is_one: Callable[[str], bool]) -> list[str]:
        """Empty the databases whose owner is one of these, and let others have them."""
        left = [key for key, value in _pairs(self._in(last, [["HGETALL", _TAKEN]])[0]).items() if is_one(value)]
        for key in left:
            self._in(int(key), [["FLUSHDB"]])
            self._in(last, [["HDEL", _TAKEN, key]])
        return [f"database {key}" for key in left]

    def close(self) -> None:
        last = self._count - 1
        for database in self._given:
            self._in(database, [["FLUSHDB"]])
            self._in(last, [["HDEL", _TAKEN, str(database)]])

    def _in(self, database: int, commands: Sequence[Sequence[str]]) -> list[object]:
        return _all(self.scene.access, [["SELECT", str(database)], *commands])[1:]


def _is_left(owner: str) -> bool:
    try:
        lock, host, *_ = json.loads(owner)
    except (ValueError, TypeError):
        return False
    return is_gone(str(lock), str(host))


class _RefusedError(Exception):
    """An error that the server answers."""


def _all(access: Access, commands: Sequence[Sequence[str]]) -> list[object]:
    try:
        with access.wire(_SECONDS) as connection:
            _log_in(connection, access)
            return [_ask(connection, *command) for command in commands]
    except OSError as error:
        raise ServiceError(f"Redis on {access.address}: {why(error)}") from None
    except _RefusedError as error:
        raise ServiceError(f"Redis on {access.address}: {error}") from None


def _log_in(connection: Wire, access: Access) -> None:
    if access.password:
        _ask(connection, "AUTH", *([access.user] if access.user else []), access.password)


def _ask(connection: Wire, *words: str) -> object:
    data = [word.encode() for word in words]
    connection.send(b"*%d\r\n" % len(data) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in data))
    return _answer(connection)


def _answer(connection: Wire) -> object:
    line = connection.line().decode(errors="replace")
    mark, rest = line[:1], line[1:]
    if mark == "-":
        raise _RefusedError(rest)
    if mark == ":":
        return int(rest)
    if mark == "$":
        if rest == "-1":
            return None
        text = connection.read(int(rest) + 2)[:-2]
        return text.decode(errors="replace")
    if mark == "*":
        return [_answer(connection) for _ in range(max(0, int(rest)))]
    if mark != "+":
        raise ConnectionError(f"speaks another protocol: {line[:40]!r}")
    return rest


def _pairs(answer: object) -> dict[str, str]:
    flat = [str(each) for each in answer] if isinstance(answer, list) else []
    return dict(zip(flat[::2], flat[1::2], strict=True))
