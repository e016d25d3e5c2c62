"""``[tool.agentgate]``, read and checked; what is wrong is one line that names the file and the key."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_agentgate.config.nearest import nearest
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.model import Kind, KindRule
from pytest_agentgate.values import frozen

if TYPE_CHECKING:
    from pytest_agentgate.model.judgement import Check, Phase
    from pytest_agentgate.model.services import Service

STATE = ".agentgate"
DEFAULT_STORE = f"sqlite:///{STATE}/agentgate.db"
_OWN_FILE = "agentgate.toml"
_KEYS = frozenset({"source", "tests", "store", "kinds", "codemods", "phase", "check", "benchmark", "services"})


@frozen
class Config:
    """``[tool.agentgate]``, checked; every key has a default."""

    source: tuple[str, ...] = ()  # folders of the implementation, relative to the root; empty: found by layout
    tests: tuple[str, ...] = ()  # folders of the tests; empty: found by name
    store: str = DEFAULT_STORE  # URL of the database; a relative path starts at the folder of the main worktree
    kinds: tuple[KindRule, ...] = ()  # rules that come before the kinds of the package
    codemods: tuple[str, ...] = ()  # dotted names of the project's own modules with codemods
    phases: tuple[Phase, ...] = ()  # the steps of the work, and the gates of each
    checks: tuple[Check, ...] = ()  # commands whose exit status can be gated
    services: tuple[Service, ...] = ()  # servers that the tests need
    benchmark: str = ""  # JSON that pytest-benchmark saves, relative to the root; "": the newest that is found
    path: Path | None = None  # the file that it came from


def config_of(folder: Path) -> Config | None:
    """The configuration that a folder has: its ``agentgate.toml``, else its ``pyproject.toml`` if that speaks of us.

    Raises ConfigError.
    """
    own = folder / _OWN_FILE
    for path in (own,) if own.is_file() else (folder / "pyproject.toml",):
        if path.is_file():
            try:
                data = path.read_bytes()
                if path == own or b"agentgate" in data:
                    return read_config(data.decode("utf-8"), path)
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return None


def read_config(text: str, path: Path) -> Config | None:
    """The configuration in the text of a file; None where it has none.

    ``path`` is named by errors, and its name decides how the text is read: ``agentgate.toml`` has our keys at the top.
    Raises ConfigError, with the file and the key.
    """
    try:
        table: Any = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    for name in () if path.name == _OWN_FILE else ("tool", "agentgate"):
        table = table.get(name) if isinstance(table, dict) else None
    return None if table is None else _checked(table, path)


def expanded(url: str) -> str:
    """A store's URL with the values of variables; as it is where they are empty, as CI sets those that it withholds."""
    return os.path.expandvars(url).strip() or url


def _checked(table: Any, path: Path) -> Config:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.agentgate] must be a table")
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{path}: [tool.agentgate] has no key {key!r}{nearest(key, _KEYS)}")
    store = table.get("store", DEFAULT_STORE)
    if not isinstance(store, str) or not store:
        raise ConfigError(f"{path}: tool.agentgate.store must be a URL such as {DEFAULT_STORE!r}, not {store!r}")
    phases, checks = _steps(table, path) if "phase" in table or "check" in table else ((), ())
    return Config(
        source=_folders(table, "source", path),
        tests=_folders(table, "tests", path),
        store=expanded(store),
        kinds=tuple(_kind_rules(table.get("kinds", {}), path)),
        codemods=_modules(table, path),
        phases=phases,
        checks=checks,
        services=_services(table, path),
        benchmark=_file(table, "benchmark", path),
        path=path,
    )


def _steps(table: Mapping[str, Any], path: Path) -> tuple[tuple[Phase, ...], tuple[Check, ...]]:
    from pytest_agentgate.config import phases  # most projects, and most runs, have none

    return phases.phases(table.get("phase", []), path), phases.checks(table.get("check", {}), path)


def _services(table: Mapping[str, Any], path: Path) -> tuple[Service, ...]:
    if not table.get("services"):
        return ()
    from pytest_agentgate.config import services  # most projects have none

    return services.services(table["services"], path)


def _folders(table: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{path}: tool.agentgate.{key} must be a list of folders, not {value!r}")
    outside = next((item for item in value if Path(item).is_absolute() or ".." in Path(item).parts), None)
    if outside is not None:
        raise ConfigError(f"{path}: tool.agentgate.{key}: {outside!r} is no folder below that of this file")
    return tuple(item.rstrip("/") or "." for item in value)


def _file(table: Mapping[str, Any], key: str, path: Path) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or "\0" in value:
        raise ConfigError(f"{path}: tool.agentgate.{key} must be the path of a file, not {value!r}")
    return value


def _modules(table: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    value = table.get("codemods", [])
    value = [value] if isinstance(value, str) else value
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) and all(map(str.isidentifier, name.split("."))) for name in names):
        raise ConfigError(f"{path}: tool.agentgate.codemods must be a list of modules such as 'my.codemods'")
    return tuple(names)


def _kind_rules(table: Any, path: Path) -> Iterator[KindRule]:
    kinds = [kind.value for kind in Kind]
    if not isinstance(table, dict):
        raise ConfigError(
            f"{path}: tool.agentgate.kinds must be a table of lists, such as connection = [{{type = '...'}}]"
        )
    for kind, rules in table.items():
        where = f"{path}: tool.agentgate.kinds.{kind}"
        if kind not in kinds:
            raise ConfigError(f"{where}: no such kind{nearest(kind, kinds)}; the kinds are {', '.join(kinds)}")
        for rule in rules if isinstance(rules, list) else [rules]:
            if not isinstance(rule, dict) or not rule or not all(isinstance(v, str) and v for v in rule.values()):
                raise ConfigError(f"{where}: each rule is a table of type, message and path, not {rule!r}")
            for key in rule:
                if key not in ("type", "message", "path"):
                    raise ConfigError(f"{where}: no key {key!r}{nearest(key, ('type', 'message', 'path'))}")
            try:
                re.compile(rule.get("message", ""))
            except re.error as error:
                raise ConfigError(f"{where}: message is no regular expression: {error}") from error
            yield KindRule(Kind(kind), **rule)
