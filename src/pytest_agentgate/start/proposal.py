"""The text of a configuration to start with, and the file that it goes into."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_agentgate.errors import ConfigError
from pytest_agentgate.start.findings import Found
from pytest_agentgate.start.tools import Coverage, Tool

_OWN_FILE = "agentgate.toml"
_TABLE = "tool.agentgate"
_NEW_LINES = 80.0  # per cent of the changed lines that are to be covered where the project asks for nothing
_SAMPLE = 20  # changed lines below which coverage of them says little


@dataclass(frozen=True)
class Proposal:
    """What is to be written: the file, its bytes as they are, and what comes behind them."""

    path: Path
    before: bytes
    added: bytes

    @property
    def after(self) -> bytes:
        """The file as it will be."""
        return self.before + self.added

    def write(self) -> None:
        """Append to the file, or make it; what stands in it keeps its bytes.

        Raises OSError.
        """
        with self.path.open("ab") as file:
            file.write(self.added)


def propose(root: Path, found: Found) -> Proposal:
    """A configuration at the end of ``pyproject.toml``, or in an ``agentgate.toml`` where that can't take it.

    Raises ConfigError if ``pyproject.toml`` can't be read.
    """
    shared = root / "pyproject.toml"
    if shared.is_file():
        before = shared.read_bytes()
        added = _addition(before, configuration(found, shared))
        if _only_adds(shared, before, before + added):
            return Proposal(shared, before, added)
    own = root / _OWN_FILE
    return Proposal(own, b"", configuration(found, own).encode())


def configuration(found: Found, path: Path) -> str:
    """The text of a configuration, as it is written in a file of this name."""
    return "\n".join(_configuration(found, "" if path.name == _OWN_FILE else _TABLE)) + "\n"


def _addition(before: bytes, text: str) -> bytes:
    """The text with the newlines of the file, behind an empty line."""
    newline = "\r\n" if before.count(b"\r\n") * 2 > before.count(b"\n") else "\n"
    last = before.rsplit(b"\n", 1)[-1]
    gap = ("\n" if last else "") + ("\n" if before.strip() else "")
    return (gap + text).replace("\n", newline).encode()


def _only_adds(path: Path, before: bytes, after: bytes) -> bool:
    """Whether a file says what it said, and our table; it doesn't where ``tool`` is written as an inline table."""
    try:
        old = tomllib.loads(before.decode())
    except (ValueError, RecursionError) as error:
        if before.startswith(b"\xef\xbb\xbf"):  # which TOML does not allow, and some tools skip
            return False
        raise ConfigError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
    try:
        new: dict[str, Any] = tomllib.loads(after.decode())
    except ValueError:
        return False
    had_tools = "tool" in old
    del new["tool"]["agentgate"]
    if not had_tools:
        del new["tool"]
    return new == old


# ---- the text


def _configuration(found: Found, table: str) -> Iterator[str]:
    """The lines; ``table`` is the name of ours, "" where the file is ours alone."""
    if table:
        yield f"[{table}]"
    yield from _folders("source", found.source, "folders of the implementation, which a repair never edits")
    yield from _folders("tests", found.tests, "folders of the tests, the only ones that a repair edits")
    prefix = f"{table}." if table else ""
    if found.checks:
        yield from ("", f"[{prefix}check]  # commands whose exit status is gated below")
        yield from (f"{check.name} = {_text(check.command)}" for check in found.checks)
    yield from ("", "# The phases of a repair, in order: each is judged only when those that it needs have passed.")
    yield from _phase(prefix, "imports", "", ["import"], ["collection.errors == 0", "failures.import == 0"])
    kinds = ["validation", "interface"]
    yield from _phase(prefix, "interface", "imports", kinds, [f"failures.{kind} == 0" for kind in kinds])
    yield from _phase(prefix, "tests", "interface", [], ["tests.failed == 0", "tests.errors == 0"])
    quality = [*_covered(found.coverage), *_checked(found.checks)]
    if quality:
        yield from ("", "# Measured by agentgate gate and agentgate run; pytest itself cannot, and says so.")
        yield from list(_phase(prefix, "quality", "tests", [], quality))[1:]


def _folders(key: str, names: Sequence[str], meaning: str) -> Iterator[str]:
    if names:
        yield f"{key} = {_list(names)}  # {meaning}"
    else:
        yield f'# {key} = ["..."]  # {meaning}: none was found'


def _phase(prefix: str, name: str, needs: str, repairs: Sequence[str], gates: Sequence[str]) -> Iterator[str]:
    yield from ("", f"[[{prefix}phase]]", f"name = {_text(name)}")
    if needs:
        yield f"needs = {_list([needs])}"
    if repairs:
        yield f"repairs = {_list(repairs)}  # kinds of failures that belong to it"
    yield from ("gates = [", *(f"    {gate if gate.startswith('{') else _text(gate)}," for gate in gates), "]")


def _covered(coverage: Coverage | None) -> Iterator[str]:
    if coverage and coverage.fail_under is not None:
        yield f"coverage.percent >= {coverage.fail_under:g}%"
    elif coverage:
        condition = _text(f"coverage.new_percent >= {_NEW_LINES:g}%")
        yield f'{{ condition = {condition}, severity = "warn", min_sample = {_SAMPLE} }}'


def _checked(checks: Sequence[Tool]) -> Iterator[str]:
    for check in checks:
        yield f"check.{check.name} == 0"


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _text(value: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON but for one character."""
    return re.sub("\x7f", "\\\\u007f", json.dumps(value, ensure_ascii=False))
