"""The tables ``phase`` and ``check``: their shapes; what conditions say is read by those who judge."""

from __future__ import annotations

import math
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_agentgate.config.nearest import nearest
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.model import Kind
from pytest_agentgate.model.judgement import Check, Gate, Phase, Severity
from pytest_agentgate.patterns import deferred

_PHASE = ("name", "needs", "repairs", "gates", "commit", "on_failure")
_GATE = ("condition", "severity", "min_sample", "owner")
_CHECK = ("command", "timeout")
_ON_FAILURE = ("stop", "rollback")
_NAME = deferred(r"\w[\w.-]*")


def phases(tables: Any, path: Path) -> tuple[Phase, ...]:
    """The phases, in the order of the file.

    Raises ConfigError for a wrong shape, a name twice, and needs that are unknown or go in a circle.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{path}: tool.agentgate.phase is a list of tables, each under [[tool.agentgate.phase]]")
    found: dict[str, Phase] = {}
    for number, table in enumerate(tables):
        phase = _phase(table, number, path)
        if phase.name in found:
            raise ConfigError(f"{path}: phase {phase.name!r}: there are two of this name")
        found[phase.name] = phase
    for phase in found.values():
        for name in phase.needs:
            if name not in found:
                raise ConfigError(f"{path}: phase {phase.name!r}: needs: no phase {name!r}{nearest(name, found)}")
    circle = _circle({phase.name: phase.needs for phase in found.values()})
    if circle:
        raise ConfigError(f"{path}: phase {circle[0]!r}: needs: {' needs '.join(circle)}, which is a circle")
    return tuple(found.values())


def checks(table: Any, path: Path) -> tuple[Check, ...]:
    """The checks, in the order of the file; a command is split as a shell would, and no shell runs it.

    Raises ConfigError.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.agentgate.check is a table of commands, such as mypy = 'mypy src'")
    return tuple(_check(name, value, path) for name, value in table.items())


def _phase(table: Mapping[str, Any], number: int, path: Path) -> Phase:
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        where = f"{path}: tool.agentgate.phase[{number}]: name"
        raise ConfigError(f"{where} must be a word of letters, digits, '_', '-' and '.', not {name!r}")
    where = f"{path}: phase {name!r}"
    _known(table, _PHASE, where)
    gates = table.get("gates", [])
    gates = gates if isinstance(gates, list) else [gates]
    return Phase(
        name=name,
        needs=_words(table, "needs", where),
        repairs=tuple(_kinds(_words(table, "repairs", where), where)),
        gates=tuple(_gate(gate, f"{where}: gates[{index}]") for index, gate in enumerate(gates)),
        commit=_text(table, "commit", where),
        rollback=_choice(table, "on_failure", _ON_FAILURE, where) == "rollback",
    )


def _gate(value: Any, where: str) -> Gate:
    table = {"condition": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise ConfigError(
            f"{where}: must be a condition such as 'tests.failed == 0' or a table with one, not {value!r}"
        )
    _known(table, _GATE, where)
    if not _text(table, "condition", where):
        raise ConfigError(f"{where}: has no condition, such as 'tests.failed == 0'")
    sample = table.get("min_sample", 0)
    if not isinstance(sample, int) or isinstance(sample, bool) or sample < 0:
        raise ConfigError(f"{where}: min_sample must be a number of things measured, not {sample!r}")
    severity = Severity(_choice(table, "severity", [one.value for one in Severity], where))
    return Gate(_text(table, "condition", where), severity, sample, _text(table, "owner", where))


def _check(name: str, value: Any, path: Path) -> Check:
    where = f"{path}: tool.agentgate.check.{name}"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: a check's name is a word of letters, digits, '_', '-' and '.', not {name!r}")
    table = value if isinstance(value, dict) else {"command": value}
    _known(table, _CHECK, where)
    command = table.get("command")
    if isinstance(command, str):
        try:
            command = shlex.split(command)
        except ValueError as error:
            raise ConfigError(f"{where}: command cannot be split into words: {str(error).lower()}") from error
    if not isinstance(command, list) or not command or not all(isinstance(word, str) and word for word in command[:1]):
        raise ConfigError(f"{where}: command must be a command line such as 'mypy src', or a list of its words")
    if not all(isinstance(word, str) and "\0" not in word for word in command):
        raise ConfigError(f"{where}: command: each word must be a text, not {command!r}")
    timeout = table.get("timeout", Check.timeout)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < math.inf:
        raise ConfigError(f"{where}: timeout must be a number of seconds, not {timeout!r}")
    return Check(name, tuple(command), float(timeout))


def _known(table: Mapping[str, Any], keys: Collection[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise ConfigError(f"{where}: no key {key!r}{nearest(key, keys)}")


def _words(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigError(f"{where}: {key} must be a list of names, not {value!r}")
    return tuple(dict.fromkeys(words))


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ConfigError(f"{where}: {key} must be a text, not {value!r}")
    return value.strip()


def _choice(table: Mapping[str, Any], key: str, choices: Sequence[str], where: str) -> str:
    value = table.get(key, choices[0])
    if value not in choices:
        said = nearest(value, choices) if isinstance(value, str) else ""
        raise ConfigError(f"{where}: {key} must be {' or '.join(map(repr, choices))}, not {value!r}{said}")
    return str(value)


def _kinds(names: tuple[str, ...], where: str) -> Iterator[Kind]:
    kinds = [kind.value for kind in Kind]
    for name in names:
        if name not in kinds:
            raise ConfigError(
                f"{where}: repairs: no kind {name!r}{nearest(name, kinds)}; the kinds are {', '.join(kinds)}"
            )
        yield Kind(name)


def _circle(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The first names that need each other in a circle, the first one at the end again; () where none do."""
    done: set[str] = set()
    for start in needs:
        way: dict[str, Iterator[str]] = {start: iter(needs[start])}
        while way and start not in done:
            last = next(reversed(way))
            name = next(way[last], None)
            if name is None:
                done.add(last)
                del way[last]
            elif name in way:
                names = tuple(way)
                return (*names[names.index(name) :], name)
            elif name not in done:
                way[name] = iter(needs[name])
    return ()
