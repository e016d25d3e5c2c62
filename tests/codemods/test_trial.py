"""The tests that every codemod has: each complaint is one that a codemod of a project can get."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.registry import built_in
from pytest_agentgate.codemods.trial import complaints
from pytest_agentgate.codemods.writing.rewrite import Rewrite

GOOD = """Put one name in the place of another one.

Repairs ``NameError: name 'old' is not defined``.

With ``old=old new=fresh``:

Before::

    print(old)

After::

    print(fresh)

Unchanged::

    print(older)
"""


def codemod(docstring: str = GOOD, because: str = "It is a test.", twice: bool = False) -> type[Codemod]:
    @dataclass(frozen=True)
    class Swap(Codemod):
        applicability = Applicability.SAFE
        owns = frozenset({ast.Name})

        old: str = option("the old name", "name")
        new: str = option("the new name", "name")

        def words(self) -> tuple[str, ...]:
            return ()

        def rewrite(self, file: File, rewrite: Rewrite) -> None:
            for word in (self.old, self.new) if twice else (self.old,):
                for name in file.names.by_word.get(word, ()):
                    rewrite.put(name, self.new + "_" * (word == self.new))

    Swap.__doc__ = docstring
    Swap.because = because
    return Swap


def test_a_good_one_has_no_complaints() -> None:
    assert complaints(codemod()) == []


@pytest.mark.parametrize("kind", [pytest.param(kind, id=name) for name, kind in built_in().items()])
def test_ours_have_none(kind: type[Codemod]) -> None:
    assert complaints(kind) == []


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (codemod(GOOD.replace("print(fresh)", "print(flesh)")), r"example 1: it becomes something else:\n.*\+print"),
        (codemod(twice=True), "example 1: a second time changes it again"),
        (codemod(GOOD.replace("print(older)", "print(old)")), "example 2: it becomes something else"),
        (codemod(GOOD.replace("print(older)", "print(")), "example 2: it is not Python"),
        (codemod(GOOD.partition("Before")[0]), "no example shows what it changes"),
        (codemod(GOOD.partition("Unchanged")[0]), "no example shows what it leaves alone"),
        (codemod(GOOD.replace("another one.", "another")), "the first line of the docstring"),
        (codemod(GOOD.replace("With ``old=old new=fresh``:", "")), "swap: no line With"),
        (codemod(because="no"), "because must be a sentence"),
    ],
)
def test_a_wrong_one_is_told_what_is_wrong(kind: type[Codemod], complaint: str) -> None:
    assert any(re.match(complaint, each, re.DOTALL) for each in complaints(kind)), complaints(kind)


def test_the_one_in_the_guide_is_a_good_one() -> None:
    guide = Path(__file__).parents[2] / "docs/how-to/codemods.md"
    text = guide.read_text(encoding="utf-8")
    [source] = re.findall(r"^```python\n(# tools/rewrites\.py\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    namespace: dict[str, object] = {"__name__": "tools.rewrites"}
    exec(compile(source, str(guide), "exec", dont_inherit=True), namespace)
    kind = namespace["RenameMarker"]
    assert isinstance(kind, type)
    assert complaints(kind) == []
