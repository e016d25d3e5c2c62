"""Facts about names and calls, asked of the interpreter of the tests; what can't be told is unknown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_agentgate.repair.confirm import Asked, Told, interpreter, nothing_told

SHOP = """
PRICE = 3

def order(item, *, qty=1):
    return item

class Cart:
    def __init__(self, owner):
        self.owner = owner

    def add(self, item):
        return item
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "shop.py").write_text(SHOP)
    (tmp_path / "src" / "broken.py").write_text("raise RuntimeError('no server')\n")
    (tmp_path / "src" / "loud.py").write_text("print('agentgate-facts:[]')\nimport sys\nprint('x', file=sys.stderr)\n")
    (tmp_path / "src" / "slow.py").write_text("import time\ntime.sleep(60)\n")
    (tmp_path / "src" / "ending.py").write_text("import os\nos._exit(3)\n")
    return tmp_path


def ask(root: Path, *asked: Asked, limit: float = 30.0) -> list[Told]:
    return list(interpreter(sys.executable, root, ("src",), limit)(asked))


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (Asked("shop"), True),
        (Asked("shop.order"), True),
        (Asked("shop.Cart.add"), True),
        (Asked("shop.sell"), False),
        (Asked("till.order"), False),
        (Asked("shop.order", call=True, positional=1, keywords=("qty",)), True),
        (Asked("shop.order", call=True, positional=2), False),
        (Asked("shop.order", call=True, positional=1, keywords=("number",)), False),
        (Asked("shop.Cart", call=True, positional=1), True),
        (Asked("shop.Cart.add", call=True, positional=1, bound=True), True),
        (Asked("shop.Cart.add", call=True, positional=2, bound=True), False),
        (Asked("collections.abc.Mapping"), True),
        (Asked("builtins.unicode"), False),
        (Asked("broken.order"), None),
    ],
)
def test_what_can_be_reached_and_called(root: Path, asked: Asked, holds: bool | None) -> None:
    assert ask(root, asked)[0].holds is holds


def test_a_plain_value_is_told(root: Path) -> None:
    assert ask(root, Asked("shop.PRICE"))[0].value == "3"


def test_one_module_that_fails_keeps_no_other_answer_back(root: Path) -> None:
    told = ask(root, Asked("broken.order"), Asked("shop.order"))
    assert [each.holds for each in told] == [None, True]
    assert "no server" in told[0].why


def test_what_a_module_prints_is_no_answer(root: Path) -> None:
    assert [each.holds for each in ask(root, Asked("loud"), Asked("shop"))] == [True, True]


def test_a_module_that_takes_too_long_is_unknown(root: Path) -> None:
    told = ask(root, Asked("slow"), limit=2.0)
    assert told[0].holds is None
    assert "did not answer within 2 s" in told[0].why


def test_a_module_that_ends_the_process_is_unknown(root: Path) -> None:
    told = ask(root, Asked("ending"))
    assert told[0].holds is None
    assert "ended with status 3" in told[0].why


def test_an_interpreter_that_is_not_there_is_unknown(root: Path) -> None:
    told = interpreter(str(root / "no-python"), root)([Asked("shop")])
    assert told[0].holds is None
    assert "cannot be started" in told[0].why


def test_nothing_of_ours_is_imported_there(root: Path) -> None:
    (root / "src" / "looking.py").write_text(
        "import sys\nOURS = ','.join(sorted(name for name in sys.modules if name.startswith('pytest_agentgate')))\n"
    )
    assert ask(root, Asked("looking.OURS"))[0].value == "''"


def test_it_leaves_no_bytecode_behind(root: Path) -> None:
    ask(root, Asked("shop"))
    assert not list(root.rglob("__pycache__"))


def test_what_was_asked_once_is_not_asked_again(root: Path) -> None:
    confirm = interpreter(sys.executable, root, ("src",))
    first = confirm([Asked("shop")])
    (root / "src" / "shop.py").unlink()
    assert confirm([Asked("shop")]) == first


def test_nobody_asked_knows_nothing() -> None:
    assert [each.holds for each in nothing_told([Asked("shop"), Asked("till")])] == [None, None]
