"""What was read of files, kept for the next time: by content, so that nothing ever has to be taken out.

An entry is one file: a checksum and ``marshal`` data. It is written under another name and then renamed, so that
several processes may share a folder; one that is damaged, or was written by another version, is as one that isn't
there.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Any

from pytest_agentgate.codemods.models import model_classes
from pytest_agentgate.codemods.reading import names
from pytest_agentgate.repair.api.table import Call, Module, Parameter, Passing, Sort, Symbol

KEPT = 40_000
"""Entries in a folder; when there are more, the older half goes."""

_CHECKSUM = 16  # bytes
_SORTS = {each.value: each for each in Sort}
_PASSINGS = {each.value: each for each in Passing}


class Cache:
    """Entries in a folder; without a folder, none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._written = 0

    def get(self, key: str) -> Any:
        """What was put under a key; None where nothing was, or it can't be read."""
        if self._folder is None:
            return None
        try:
            raw = (self._folder / key).read_bytes()
        except OSError:
            return None
        if raw[:_CHECKSUM] != _checksum(raw[_CHECKSUM:]):
            return None
        try:
            return marshal.loads(raw[_CHECKSUM:])  # noqa: S302  the checksum says that it is what was written
        except (ValueError, EOFError, TypeError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Keep plain data: strings, numbers, tuples, sets. Where that is not possible, nothing is kept."""
        if self._folder is None:
            return
        payload = marshal.dumps(value)
        passing = self._folder / f".{token_hex(8)}"
        try:
            if not self._written:
                self._folder.mkdir(parents=True, exist_ok=True)
            passing.write_bytes(_checksum(payload) + payload)
            passing.replace(self._folder / key)
        except OSError:
            with contextlib.suppress(OSError):
                passing.unlink()
        self._written += 1

    def tidy(self) -> None:
        """Let the older half go where there are too many; called after everything was put."""
        if self._folder is None or not self._written:
            return
        with contextlib.suppress(OSError):
            there = list(os.scandir(self._folder))
            if len(there) > KEPT:
                for each in sorted(there, key=_age)[: len(there) - KEPT // 2]:
                    Path(each).unlink(missing_ok=True)


def key_of(*parts: str | Iterable[str]) -> str:
    """The key of what was read from some contents, by what reads today."""
    given = [part if isinstance(part, str) else "\0".join(part) for part in parts]
    return hashlib.blake2b("\n".join([_reader(), *given]).encode("utf-8", "replace"), digest_size=20).hexdigest()


@cache
def _reader() -> str:
    """Which code reads, so that what older code has read is not taken for its work."""
    found = hashlib.sha256(f"{sys.implementation.cache_tag} {sys.version_info}".encode())
    files = [*sorted(Path(__file__).parent.glob("*.py")), Path(names.__file__), Path(model_classes.__file__)]
    for file in files:
        found.update(file.read_bytes())
    return found.hexdigest()


def _checksum(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_CHECKSUM).digest()


def _age(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0


# ---- modules as plain data


def flat(module: Module) -> tuple[Any, ...]:
    """A module as plain data, without its path, under which the same content may stand elsewhere."""
    symbols = tuple(
        [
            (
                name,
                each.sort.value,
                each.line,
                flat_parameters(each.parameters),
                each.returns,
                each.bases,
                each.decorators,
                each.is_async,
                each.value,
                each.annotation,
                each.body,
                each.tokens,
            )
            for name, each in module.symbols.items()
        ]
    )
    calls = tuple([(c.name, c.line, c.positional, c.keywords, c.is_call, c.within) for c in module.calls])
    return (symbols, dict(module.names), module.stars, module.exported, calls, dict(module.others), module.dynamic)


def module_of(data: tuple[Any, ...], name: str, path: str) -> Module:
    """The module that was made plain."""
    symbols, names_, stars, exported, calls, others, dynamic = data
    start = f"{name}."
    made = {
        key: Symbol(start + key, _SORTS[sort], path, line, parameters_of(parameters) if parameters else (), *rest)
        for key, sort, line, parameters, *rest in symbols
    }
    return Module(name, path, made, names_, stars, exported, tuple([Call(*each) for each in calls]), others, dynamic)


def flat_parameters(parameters: Iterable[Parameter]) -> tuple[Any, ...]:
    return tuple([(each.name, each.passing.value, each.default, each.annotation) for each in parameters])


def parameters_of(data: Iterable[Any]) -> tuple[Parameter, ...]:
    return tuple(
        [Parameter(name, _PASSINGS[passing], default, annotation) for name, passing, default, annotation in data]
    )
