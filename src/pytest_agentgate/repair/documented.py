"""What an implementation says in its own words of a parameter, before and after it got another name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.repair.called import Called
from pytest_agentgate.repair.definitions import Definitions, Node

_FEWEST = 5  # words beside the name that make a sentence telling
_END = re.compile(r"(?<=[.!?;])\s+|\n\s*\n|\n\s*(?=[:@*-]|\w+\s*:\s)")
_MARKS = re.compile(r"[`'\"*]")


@dataclass(frozen=True)
class Words:
    """Sentences of a definition's docstrings and messages."""

    same: tuple[str, ...] = ()  # that are the same of both names, in the new wording
    still: tuple[str, ...] = ()  # that name the old one still


def words_of(called: Called, old: str, new: str, before: Definitions, now: Definitions) -> Words:
    """What is said of a parameter under its new name that was said of it under its old one."""
    former, present = before.of(called.old), now.of(called.new)
    if former is None or present is None:
        return Words()
    word = re.compile(rf"\b{re.escape(old)}\b")
    said = set(_sentences(present[0]))
    was = [each for each in _sentences(former[0]) if word.search(each)]
    renamed = [word.sub(new, each) for each in was]
    same = tuple(dict.fromkeys(each for each in renamed if each in said and len(each.split()) > _FEWEST))
    return Words(same, tuple(dict.fromkeys(each for each in sorted(said) if word.search(each))))


def _sentences(definition: Node) -> Iterator[str]:
    """The sentences in the strings of a definition, of a class those of it and its constructor."""
    for said in _strings(definition):
        for part in _END.split(said):
            text = " ".join(_MARKS.sub("", part).split())
            if text:
                yield text


def _strings(definition: Node) -> Iterator[str]:
    if isinstance(definition, ast.ClassDef):
        own = [each for each in definition.body if isinstance(each, ast.Expr)]
        made = [each for each in definition.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
        parts: list[ast.AST] = [*own, *made]
    else:
        parts = [definition]
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
