"""Whether a codemod is what its docstring says: the tests that every codemod has, also a project's own."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from difflib import unified_diff

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.codemod import Codemod, codemod_of, flaws
from pytest_agentgate.codemods.examples import Example, examples, summary
from pytest_agentgate.codemods.reading.sources import Place, Sources


def complaints(kind: type[Codemod]) -> list[str]:
    """What is wrong with a codemod, one text each; nothing where its examples and what it says of itself hold."""
    return list(_complaints(kind))


def place_of(example: Example) -> Place:
    """Where an example stands: beside the files that its docstring shows."""
    if not example.files and not example.path:
        return Place()
    return Place.within(Sources.of(example.files), example.path or "tests/test_example.py")


def _complaints(kind: type[Codemod]) -> Iterator[str]:
    if not summary(kind).endswith("."):
        yield "the first line of the docstring is no sentence that says what it does"
    yield from flaws(kind)
    try:
        found = examples(kind)
    except ValueError as error:
        yield str(error)
        return
    if not any(example.changes for example in found):
        yield "no example shows what it changes: Before:: and After::"
    if all(example.changes for example in found):
        yield "no example shows what it leaves alone: Unchanged::"
    for number, example in enumerate(found, 1):
        yield from (f"example {number}: {problem}" for problem in _problems(example))


def _problems(example: Example) -> Iterator[str]:
    for text in (example.before, example.after):
        try:
            ast.parse(text)
        except SyntaxError as error:
            yield f"it is not Python: {error}"
            return
    if codemod_of(type(example.codemod), json.loads(json.dumps(example.codemod.settings()))) != example.codemod:
        yield "its options are not what is read from them again"
    first = apply(example.before, [example.codemod], place_of(example))
    if first != example.after:
        yield "it becomes something else:\n" + _difference(example.after, first)
    second = apply(example.after, [example.codemod], place_of(example))
    if second != example.after:
        yield "a second time changes it again:\n" + _difference(example.after, second)


def _difference(wanted: str, got: str) -> str:
    lines = unified_diff(wanted.splitlines(keepends=True), got.splitlines(keepends=True), "wanted", "got")
    return "".join(lines)
