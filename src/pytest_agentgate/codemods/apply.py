"""Run codemods over the text of one file: ``apply(source, codemods) -> source``.

A file in which a word that a codemod needs does not stand costs a search; one that has the words is read with
``ast``; only one that will change is parsed by LibCST.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import ALONE, File, Place
from pytest_agentgate.codemods.verify import foreign_difference
from pytest_agentgate.codemods.writing.locate import NotLocatedError
from pytest_agentgate.codemods.writing.rewrite import Note, Rewrite


@dataclass(frozen=True)
class Unchanged:
    """Nothing to do; ``notes`` say what was seen and left alone."""

    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Changed:
    """The new text, and the codemods that had a part in it."""

    source: str
    by: tuple[Codemod, ...]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Refused:
    """The file was left alone as a whole: it can't be read, or what would come out is not what was meant."""

    reason: str
    line: int = 0
    notes: tuple[Note, ...] = field(default=())
    unreadable: bool = False  # Python can't read it: nothing that a codemod could be blamed for


Outcome: TypeAlias = Unchanged | Changed | Refused


def apply(source: str, codemods: Sequence[Codemod], place: Place = ALONE) -> str:
    """The source with the codemods applied, in order; the same object where nothing is to do or there is doubt."""
    outcome = rewrite(source, codemods, place)
    return outcome.source if isinstance(outcome, Changed) else source


def may_match(text: str | bytes, codemod: Codemod) -> bool:
    """Whether every word that a codemod needs stands in a file's text, or may in its bytes, whatever their encoding."""
    return all(has_word(text, word) for word in codemod.words())


def has_word(text: str | bytes, word: str) -> bool:
    """Whether a word that a codemod needs, or one of several, stands in a file's text or may in its bytes."""
    for each in word.split("|"):
        # A plain search first: it is many times as fast, and says no to most files.
        if isinstance(text, str):
            if each in text and _in_text(each).search(text):
                return True
        elif not each.isascii() or (each.encode() in text and _in_bytes(each).search(text)):
            return True
    return False


def rewrite(source: str, codemods: Sequence[Codemod], place: Place = ALONE) -> Outcome:
    """Apply codemods in order and say what came of it.

    Args:
        source: the text of a Python file, with any kind of newlines.
        codemods: each sees what those before it made.
        place: where the file stands: its dotted name, and how to look at other files.
    """
    wanted = [codemod for codemod in codemods if may_match(source, codemod)]
    if not wanted:
        return Unchanged()
    try:
        tree = parse(source)
    except SyntaxError as error:
        return Refused(_unreadable(error), error.lineno or 0, unreadable=True)
    import libcst as cst

    module: cst.Module | None = None
    names: ModuleNames | None = None
    notes: list[Note] = []
    by: list[Codemod] = []
    text = source
    for codemod in codemods:
        if codemod not in wanted and not (by and may_match(text, codemod)):
            continue
        if names is None:
            names = ModuleNames(tree, place.module, place.package)
        plan = Rewrite(names, place.sources)
        codemod.rewrite(File(names, place, text), plan)
        notes += plan.notes
        if plan.is_empty:
            continue
        try:
            if module is None:
                module = cst.parse_module(source)
                if "\r" in source and module.code != source:  # a lone one at the end is lost
                    return Refused("its newlines can't be written as they are", notes=tuple(notes))
            built = plan.build(module)
            new = built.code
            if new == text:
                continue
            new_tree = parse(new)
        except (NotLocatedError, SyntaxError, cst.ParserSyntaxError, cst.CSTValidationError, RecursionError) as error:
            return Refused(f"{codemod.name()} can't be applied: {' '.join(str(error).split())}", notes=tuple(notes))
        problem = foreign_difference(tree, new_tree, codemod.owns)
        if problem is not None:
            return Refused(f"{codemod.name()} would change more than it may: {problem}", notes=tuple(notes))
        module, text, tree, names = built, new, new_tree, None
        by.append(codemod)
    return Changed(text, tuple(by), tuple(notes)) if text != source else Unchanged(tuple(notes))


def _unreadable(error: SyntaxError) -> str:
    return f"Python can't read it: {error.msg}"


@lru_cache(maxsize=256)
def _in_text(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")


@lru_cache(maxsize=256)
def _in_bytes(word: str) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(word.encode()) + rb"(?![A-Za-z0-9_])")
