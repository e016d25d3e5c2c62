"""The run of everything at the end: what did harm where nobody looked is found and taken back, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.repair.loop.conftest import Suite, of, proposal

from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol
from pytest_agentgate.model.repair import Verdict
from pytest_agentgate.repair.attempts.dependents import dependents

MakeSuite = Callable[..., Suite]
REMEDIES = {
    f"old_{name}": [proposal(RenameSymbol(old=f"shop.old_{name}", new=f"shop.{name}"))] for name in ("a", "b", "c")
}


def test_an_attempt_that_did_harm_elsewhere_is_taken_back_and_the_others_stay(suite: MakeSuite) -> None:
    made = suite(
        {
            "src/shop.py": "def a(): return 1\ndef b(): return 1\ndef c(): return 1\n",
            "tests/test_a.py": "from shop import old_a\n\ndef test_a(): assert old_a() == 1\n",
            "tests/test_b.py": "from shop import old_b\n\ndef test_b(): assert old_b() == 1\n",
            "tests/test_c.py": "from shop import old_c\n\ndef test_c(): assert old_c() == 1\n",
            "tests/test_all.py": """
                from pathlib import Path

                def test_every_file_is_what_it_was():
                    assert any("old_b" in path.read_text() for path in Path(__file__).parent.glob("test_?.py"))
            """,
        }
    )
    before = made.contents()
    loop = made.repaired(REMEDIES)
    [gone] = of(loop, Verdict.ROLLED_BACK)
    assert gone.codemods == ("rename-symbol old=shop.old_b new=shop.b",)
    assert "tests/test_all.py::test_every_file_is_what_it_was passed before" in gone.why
    assert len(loop.kept) == 2
    assert loop.state.red == {"tests/test_b.py"}
    after = made.contents()
    assert [path for path in after if after[path] != before[path]] == ["tests/test_a.py", "tests/test_c.py"]
    made.journal.undo_group()
    assert made.contents() == before


def test_a_test_that_fails_whatever_is_edited_takes_nothing_back(suite: MakeSuite) -> None:
    made = suite(
        {
            "src/shop.py": "def a(): return 1\n",
            "tests/test_a.py": "from shop import old_a\n\ndef test_a(): assert old_a() == 1\n",
            "tests/test_once.py": """
                from pathlib import Path

                def test_once():
                    marker = Path(__file__).parent.parent.parent / "marker"
                    assert not marker.exists()
                    marker.touch()
            """,
        }
    )
    loop = made.repaired(REMEDIES)
    assert len(loop.kept) == 1
    [note] = loop.notes
    assert "tests/test_once.py::test_once fails now, and did with every edit taken back" in note
    assert b"old_a" not in made.contents()["tests/test_a.py"]


def test_a_test_that_fails_now_and_then_is_not_held_against_an_edit(suite: MakeSuite) -> None:
    made = suite(
        {
            "src/shop.py": "def a(): return 1\n",
            "tests/test_a.py": """
                from pathlib import Path

                import shop

                def test_a(): assert shop.old_a() == 1

                def test_every_second_time():
                    marker = Path(__file__).parent.parent.parent / "marker"
                    if marker.exists():
                        marker.unlink()
                        assert False
                    marker.touch()
            """,
        }
    )
    loop = made.repaired(REMEDIES)
    assert [attempt.verdict for attempt in loop.attempts] == [Verdict.KEPT]


# ---- what an edit may have changed

FILES = {
    "tests/conftest.py": "",
    "tests/unit/conftest.py": "",
    "tests/unit/test_a.py": "from tests.unit.builders import make",
    "tests/unit/builders.py": "from tests.parts import part",
    "tests/parts.py": "",
    "tests/other/test_b.py": "import os",
    "tests/other/__init__.py": "",
    "tests/other/test_c.py": "",
}


@pytest.mark.parametrize(
    ("edited", "reached"),
    [
        ("tests/other/test_b.py", {"tests/other/test_b.py"}),
        ("tests/parts.py", {"tests/parts.py", "tests/unit/builders.py", "tests/unit/test_a.py"}),
        ("tests/other/__init__.py", {"tests/other/__init__.py", "tests/other/test_b.py", "tests/other/test_c.py"}),
        (
            "tests/unit/conftest.py",
            {"tests/unit/conftest.py", "tests/unit/test_a.py", "tests/unit/builders.py"},
        ),
        ("tests/conftest.py", None),
    ],
)
def test_what_uses_an_edited_file_is_run_again(edited: str, reached: set[str] | None) -> None:
    found = dependents([edited], FILES, FILES.get)
    assert found == (None if reached is None else frozenset(reached))


def test_a_plugin_of_a_conftest_file_may_be_used_by_all() -> None:
    files = {**FILES, "tests/conftest.py": "pytest_plugins = ['tests.parts']"}
    assert dependents(["tests/parts.py"], files, files.get) is None
