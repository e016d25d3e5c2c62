"""The examples in a codemod's docstring: its tests and its documentation.

The form is fixed: a first line that says what it does, a sentence with the error that it repairs, then blocks, each a
heading and an indented text. A line ``With ``KEY=VALUE ...``:`` gives the options for all blocks below it. ``Before::``
is followed by ``After::``; ``Unchanged::`` stands alone. A block ``In PATH::`` gives another file of the project, which
all examples below it see; ``Before (PATH)::`` and ``Unchanged (PATH)::`` say what the example's own file is called.
"""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from pytest_agentgate.codemods.codemod import Codemod, codemod_of

_BLOCK = re.compile(r"^(?:(Before|After|Unchanged)(?: \((\S+)\))?|In (\S+))::$")
_WITH = re.compile(r"^With ``(.+)``:$")


@dataclass(frozen=True)
class Example:
    """What a codemod makes of a source; ``after`` is ``before`` where it must leave it alone."""

    codemod: Codemod
    before: str
    after: str
    path: str = ""  # of the file itself, where the docstring names it
    files: Mapping[str, str] = field(default_factory=dict)  # the project's other files, by path

    @property
    def changes(self) -> bool:
        return self.before != self.after


def summary(kind: type[Codemod]) -> str:
    """The first sentence of the docstring."""
    return prose(kind).partition("\n")[0]


def prose(kind: type[Codemod]) -> str:
    """The docstring up to its first example."""
    text = inspect.cleandoc(kind.__doc__ or "")
    lines: list[str] = []
    for line in text.splitlines():
        if _WITH.match(line) or _BLOCK.match(line):
            break
        lines.append(line)
    return "\n".join(lines).strip()


def examples(kind: type[Codemod]) -> list[Example]:
    """The examples of a codemod, in order.

    Raises:
        ValueError: an After without a Before, or a block without options above it.
    """
    found: list[Example] = []
    codemod: Codemod | None = None
    before: tuple[str, str] | None = None
    files: dict[str, str] = {}
    for heading, body in _blocks(inspect.cleandoc(kind.__doc__ or "")):
        if heading.startswith("With "):
            match = _WITH.match(heading)
            assert match  # noqa: S101
            pairs = [part.partition("=") for part in shlex.split(match[1])]
            codemod = codemod_of(kind, {key: value for key, _, value in pairs})
            continue
        match = _BLOCK.match(heading)
        assert match  # noqa: S101
        word, path, other = match[1], match[2] or "", match[3]
        if other is not None:
            files = {**files, other: body}
            continue
        if codemod is None:
            raise ValueError(f"{kind.name()}: no line With ``key=value``: above its first example")
        if word == "Before":
            before = body, path
        elif word == "Unchanged":
            found.append(Example(codemod, body, body, path, files))
        elif before is None:
            raise ValueError(f"{kind.name()}: After without a Before")
        else:
            found.append(Example(codemod, before[0], body, before[1], files))
            before = None
    return found


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Headings, each with the indented text below it."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if _WITH.match(line):
            yield line, ""
        elif _BLOCK.match(line):
            body: list[str] = []
            for below in lines[number + 1 :]:
                if below and not below.startswith("    "):
                    break
                body.append(below)
            yield line, dedent("\n".join(body)).strip("\n") + "\n"
