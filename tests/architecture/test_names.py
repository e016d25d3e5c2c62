"""A name says what a thing is; some words say nothing, and what is named by them gathers everything."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import pytest

EMPTY_WORDS = frozenset({"util", "utils", "helper", "helpers", "base", "core", "common", "misc", "manager", "managers"})


def empty_names(sources: Mapping[str, str]) -> list[str]:
    """Complaints: modules, packages and classes with a word in their name that tells nothing."""
    complaints = []
    for name, text in sources.items():
        if EMPTY_WORDS & {word for part in name.split(".") for word in part.split("_")}:
            complaints.append(f"{name}: a module's name")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", node.name)
                if EMPTY_WORDS & {word.lower() for word in words}:
                    complaints.append(f"{name}:{node.lineno}: class {node.name}")
    return complaints


def test_nothing_has_an_empty_name(sources: Mapping[str, str]) -> None:
    assert empty_names(sources) == []


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("shop.utils", "", "shop.utils: a module's name"),
        ("shop.core.orders", "", "shop.core.orders: a module's name"),
        ("shop.order_helpers", "", "shop.order_helpers: a module's name"),
        ("shop.orders", "\nclass OrderManager: ...", "shop.orders:2: class OrderManager"),
        ("shop.orders", "def f():\n    class _BaseOrder: ...", "shop.orders:2: class _BaseOrder"),
        ("shop.orders", "class SQLHelper: ...", "shop.orders:1: class SQLHelper"),
    ],
)
def test_an_empty_name_is_seen(module: str, text: str, complaint: str) -> None:
    assert empty_names({module: text}) == [complaint]


def test_words_are_not_found_within_words() -> None:
    assert empty_names({"shop.database": "class Baseline: ...\nclass Score: ...\nclass Commonwealth: ..."}) == []
