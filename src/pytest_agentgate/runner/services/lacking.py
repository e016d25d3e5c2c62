"""Which service a connection failure lacks, where its address is from, and the configuration that provides it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_agentgate.model import Cause, Kind
from pytest_agentgate.model.services import Service, Sort

_ADDRESS = re.compile(r"^(?P<server>\S+) on (?P<host>\S+):(?P<port>\d+) ")
_LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0")  # noqa: S104  nothing is bound
_SPEAKS_REDIS = {"valkey": "valkey/valkey:8"}
_SUFFIXES = (".py", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".json", ".env")
_SKIPPED = {"node_modules", "site-packages", "__pycache__", "venv"}
_FILES = 5000  # that are looked into
_LARGEST = 256 * 1024  # bytes of one
_SHOWN = 3  # places that are named
_READ = re.compile(
    r"""(?:environ\.get|environ\.setdefault|getenv)\(\s*["'](?P<name>\w+)["']\s*,\s*f?["'](?P<value>[^"']*)["']"""
)


@dataclass(frozen=True)
class Lack:
    """What a cause of the kind ``connection`` lacks."""

    cause: Cause
    server: str  # redis, postgres, ...; "" where nobody knows
    host: str
    port: int
    client: str  # package of the exception
    origins: tuple[str, ...]  # $VARIABLE, or path:line, from the root
    service: Service | None  # that would provide it
    why: str = ""  # where there is none

    @property
    def lines(self) -> str:
        """The lines of pyproject.toml; "" where nothing can be proposed."""
        one = self.service
        if one is None:
            return ""
        said = [f"[tool.agentgate.services.{one.name}]", f'kind = "{one.kind}"']
        said += [f'image = "{one.image}"'] if one.image else []
        said += [f"at = {one.at}"] if one.at else []
        said += [f"env = {{ {name} = {json.dumps(template)} }}" for name, template in one.env[:1]]
        return "\n".join(said) + "\n"


def lacks(
    causes: Iterable[Cause], root: Path, environ: Mapping[str, str] = os.environ, *, taken: Sequence[str] = ()
) -> list[Lack]:
    """What the connection failures of a run lack, in the order of its causes; ``taken`` names are declared already."""
    found: list[Lack] = []
    for cause in causes:
        if cause.kind is Kind.CONNECTION:
            names = [*taken, *(lack.service.name for lack in found if lack.service)]
            found.append(_lack(cause, root, environ, names))
    return found


def _lack(cause: Cause, root: Path, environ: Mapping[str, str], names: Sequence[str]) -> Lack:
    match = _ADDRESS.search(f"{cause.title} ")
    server = match["server"] if match else ""
    host, port = (match["host"], int(match["port"])) if match else ("", 0)
    client = cause.exemplar.evidence.raised.type.partition(".")[0]
    read = list(_read(environ, root, port)) if port else []
    origins = tuple(dict.fromkeys(origin for origin, _, _ in read))[:_SHOWN]
    variable = next(((name, value) for _, name, value in read if name), None)
    service, why = _service(server, host, port, variable, names)
    return Lack(cause, server, host, port, client, origins, service, why)


def _service(
    server: str, host: str, port: int, variable: tuple[str, str] | None, names: Sequence[str]
) -> tuple[Service | None, str]:
    kind = "redis" if server in _SPEAKS_REDIS else server
    if kind not in [sort.value for sort in Sort]:
        return None, f"{server or 'this server'} is no kind that is known: declare its image, port and ready"
    name, count = server, 2
    while name in names:
        name, count = f"{server}{count}", count + 1
    sort, image = Sort(kind), _SPEAKS_REDIS.get(server, "")
    if variable is not None:
        return Service(name, sort, image, env=((variable[0], _template(sort, variable[1], host, port)),)), ""
    if not port:
        return None, "its address is not known"
    if host not in _LOOPBACK:
        return None, f"{host} is another machine, and no variable that names it was found"
    return Service(name, sort, image, at=port), ""


def _template(sort: Sort, value: str, host: str, port: int) -> str:
    """The value of a variable, with what a service of ours has in the place of what stood there."""
    if "://" not in value:
        return value.replace(host, "{host}").replace(str(port), "{port}")
    scheme = value.partition("://")[0]
    who = "{user}:{password}@" if sort in (Sort.POSTGRES, Sort.MYSQL, Sort.RABBITMQ) else ""
    room = "/{worker}" if sort is Sort.REDIS else "/{database}"
    return f"{scheme}://{who}{{host}}:{{port}}{'' if sort is Sort.KAFKA else room}"


def _read(environ: Mapping[str, str], root: Path, port: int) -> Iterator[tuple[str, str, str]]:
    """Where a port is named: origin, variable that is read there, its value; "" where none is."""
    number = re.compile(rf"(?<![\d.]){port}(?!\d)")
    for name, value in environ.items():
        if number.search(value) and ("://" in value or name.endswith("PORT")):
            yield f"${name}", name, value
    plain = []
    for path in _texts(root):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for match in number.finditer(text):
            line = text.count("\n", 0, match.start())
            where = f"{path.relative_to(root).as_posix()}:{line + 1}"
            read = _READ.search(text.splitlines()[line])
            if read and number.search(read["value"]):
                yield where, read["name"], read["value"]
            else:
                plain.append((where, "", ""))
    yield from plain


def _texts(root: Path) -> Iterator[Path]:
    """Files of a project in which an address may stand."""
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if name.endswith(_SUFFIXES) and path.stat().st_size <= _LARGEST:
                count += 1
                if count > _FILES:
                    return
                yield path
