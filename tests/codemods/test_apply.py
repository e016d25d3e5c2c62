"""``apply(source, codemods) -> source``."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import dataclass

import pytest

from pytest_agentgate.codemods.apply import Changed, Refused, Unchanged, apply, may_match, rewrite
from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.rewrites.literal_to_enum import LiteralToEnum
from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword
from pytest_agentgate.codemods.writing.rewrite import Rewrite

QTY = RenameKeyword(function="shop.order", old="qty", new="quantity")
AMOUNT = RenameKeyword(function="shop.order", old="quantity", new="amount")
SOURCE = "from shop import order\norder('tea', qty=2)\n"


@dataclass(frozen=True)
class Greedy(Codemod):
    """Change more than it says."""

    applicability = Applicability.SAFE
    because = "A test."
    owns = frozenset({ast.keyword})

    target: str = option("the name that becomes 1", "name")

    def words(self) -> tuple[str, ...]:
        return (self.target,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        for name in file.names.by_word.get(self.target, ()):
            rewrite.put(name, "1")
            rewrite.leave(name, "seen")


def test_several_codemods_see_what_those_before_them_made() -> None:
    assert apply(SOURCE, [QTY, AMOUNT]) == SOURCE.replace("qty", "amount")
    outcome = rewrite(SOURCE, [QTY, AMOUNT])
    assert isinstance(outcome, Changed)
    assert outcome.by == (QTY, AMOUNT)


def test_the_order_is_kept() -> None:
    assert apply(SOURCE, [AMOUNT, QTY]) == SOURCE.replace("qty", "quantity")


def test_without_its_words_a_file_is_the_same_object() -> None:
    source = "def broken(:  # quantity\n"
    assert apply(source, [QTY]) is source
    assert rewrite(source, [QTY]) == Unchanged()


def test_one_of_several_words_is_enough_where_a_codemod_says_so() -> None:
    color = LiteralToEnum(old="app.Car.color", new="app.Color")
    for text in ("Car('red')", "car.color == 'red'"):
        assert may_match(text, color)
        assert may_match(text.encode(), color)
    assert not may_match("Cars('red').colors", color)
    assert not may_match(b"Cars('red').colors", color)


def test_a_word_within_another_one_is_not_that_word() -> None:
    assert not may_match("order(my_qty=1, qty2=2)", QTY)
    assert not may_match(b"order(my_qty=1)", QTY)
    assert may_match(b"order(qty=1)", QTY)
    assert may_match("order(qty=1)", QTY)


def test_a_word_beyond_ascii_is_looked_for_in_the_text_only() -> None:
    wide = RenameKeyword(function="shop.order", old="größe", new="size")
    assert may_match("größe=1".encode("latin-1"), wide)
    assert not may_match("grosse=1", wide)


def test_what_python_cannot_read_is_refused_with_the_line() -> None:
    outcome = rewrite("x = 1\ndef qty(:\n", [QTY])
    assert isinstance(outcome, Refused)
    assert outcome.line == 2
    assert "can't read" in outcome.reason


def test_more_than_it_may_is_refused_as_a_whole() -> None:
    outcome = rewrite("f(gone)\n", [Greedy(target="gone")])
    assert isinstance(outcome, Refused)
    assert "greedy would change more than it may" in outcome.reason
    assert [note.reason for note in outcome.notes] == ["seen"]
    assert apply("f(gone)\n", [Greedy(target="gone")]) == "f(gone)\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines_stay_as_they_are(newline: str) -> None:
    source = f"from shop import order{newline}order(qty=1){newline}\n{newline}x = '''a\r\nb\nc'''"
    assert apply(source, [QTY]) == source.replace("qty", "quantity")


@pytest.mark.parametrize("end", ["\r", "\n\r"])
def test_a_file_whose_newlines_would_be_lost_is_refused(end: str) -> None:
    source = f"from shop import order{end}order(qty=1){end}"
    outcome = rewrite(source, [QTY])
    assert isinstance(outcome, Refused)
    assert outcome.reason == "its newlines can't be written as they are"
    assert apply(source, [QTY]) is source


def test_looking_for_words_loads_no_libcst() -> None:
    code = (
        "import sys\n"
        "from pytest_agentgate.codemods.codemod import codemod_of\n"
        "from pytest_agentgate.codemods.registry import built_in\n"
        "assert 'libcst' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
