"""Fixtures of an implementation's pytest plugin that have another name."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

OLD = """
    import pytest

    class Till:
        def __init__(self, coins):
            self.coins = coins

    @pytest.fixture
    def till():
        made = Till([1, 2, 5])
        yield made
        made.coins.clear()
"""
NEW = OLD.replace("def till", "def open_till")
CONFTEST = 'pytest_plugins = ["shop"]\n'
TEST = """
    import pytest

    @pytest.fixture
    def coins(till):
        return till.coins

    def test_till(till):
        assert sum(till.coins) == 8

    def test_coins(coins):
        assert len(coins) == 3
"""


def test_the_new_name_is_asked_for(told: Any) -> None:
    found = told(OLD, NEW, {"conftest.py": CONFTEST, "test_shop.py": TEST})
    assert found.lines == ["safe: rename-fixture old=till new=open_till"]
    assert found.evidence.startswith("fixture renamed: till -> open_till (src/shop.py:")


def test_the_tests_pass_with_the_new_name(project: Any) -> None:
    made = project(OLD, NEW, {"conftest.py": CONFTEST, "test_shop.py": TEST})
    [proposal] = made.told(made.causes[0]).answer
    for command in ("pytest_agentgate codemod run --write", "pytest -q"):
        words = [*command.split(), *(str(proposal.codemods[0]).split() if "codemod" in command else ()), "tests"]
        done = subprocess.run([sys.executable, "-m", *words], cwd=made.root, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


TWO = NEW + OLD.partition("\n\n    @")[2].join(["\n    @", ""]).replace("def till", "def closed_till")
FIRST = "\n    @pytest.fixture\n    def first(till):\n        return till.coins[0]\n"
BY_TEXT = FIRST.replace("(till)", "(request)").replace("till.coins", "request.getfixturevalue('till').coins")
SILENT = {
    "another fixture sounds like it": (
        OLD,
        OLD.replace("def till", "def tilt").replace("made = Till([1, 2, 5])", "made = [30]").replace(".coins", ""),
        TEST,
    ),
    "two fixtures are as it was": (OLD, TWO, TEST),
    "no fixture of this name was there": (OLD, NEW, "def test_till(bell):\n    assert bell\n"),
    "a fixture of the implementation still asks for it": (OLD + FIRST, NEW + FIRST, TEST),
    "a fixture of the implementation still asks for it by text": (OLD + BY_TEXT, NEW + BY_TEXT, TEST),
}


@pytest.mark.parametrize(("old", "new", "test"), SILENT.values(), ids=SILENT)
def test_nothing_runs_in_doubt(told: Any, old: str, new: str, test: str) -> None:
    assert told(old, new, {"conftest.py": CONFTEST, "test_shop.py": test}).may_run == []
