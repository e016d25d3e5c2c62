"""A class that is gone among the values of parametrize: its tests fail as before, those of the others run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Changed, Outcome, Unchanged, apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.forward_symbol import ForwardSymbol

GONE = ForwardSymbol("shop.Legacy")
KINDS = "import shop\n\nKINDS = [shop.Order, shop.Legacy]\n"


def of(path: str, **files: str) -> Outcome:
    texts = {f"tests/{name}.py": dedent(text) for name, text in files.items()}
    return rewrite(texts[path], [GONE], Place.within(Sources.of(texts), path))


def written(body: str, marks: str = "") -> str:
    text = f"import pytest\nimport shop\n\n{marks}@pytest.mark.parametrize('kind', [shop.Order, shop.Legacy])\n"
    return f"{text}def test_kind(kind):\n{body}"


NOT_SURE = {
    "looks at it": "    assert kind\n",
    "calls it in one case": "    if kind is shop.Order:\n        kind()\n",
    "goes before": "    if kind is not shop.Order:\n        return\n    kind()\n",
    "expects what it raises": "    with pytest.raises(AttributeError):\n        kind()\n",
    "catches what it raises": "    try:\n        kind()\n    except Exception:\n        pass\n",
    "calls it perhaps": "    assert shop and kind()\n",
    "calls it later": "    later = lambda: kind()\n",
    "calls it in a loop": "    for _ in shop.numbers():\n        kind()\n",
    "hands it on": "    shop.check(kind)\n",
}


@pytest.mark.parametrize("body", NOT_SURE.values(), ids=NOT_SURE)
def test_a_test_that_does_not_surely_call_it_leaves_all_as_it_is(body: str) -> None:
    outcome = of("tests/test_a.py", test_a=written(body))
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == ["does not surely call its kind"]


SURE = {
    "at once": "    assert kind().total\n",
    "in both cases": "    if shop.old:\n        made = kind(1)\n    else:\n        made = kind()\n    assert made\n",
    "in a class of its own": "    class Own:\n        field = kind()\n    assert Own\n",
    "where another error is expected": "    with pytest.raises(ValueError):\n        kind().save()\n",
    "before it is expected to fail": "    made = kind()\n    with pytest.raises(Exception):\n        made.save()\n",
}


@pytest.mark.parametrize("body", SURE.values(), ids=SURE)
def test_a_test_that_surely_calls_it_gets_a_function_that_asks_for_it(body: str) -> None:
    outcome = of("tests/test_a.py", test_a=written(body))
    assert isinstance(outcome, Changed)
    assert "def Legacy(*args, **kwargs):\n    return shop.Legacy(*args, **kwargs)\n" in outcome.source
    assert "[shop.Order, Legacy]" in outcome.source


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (written("    kind()\n", "@pytest.mark.xfail\n"), "is expected to fail"),
        (written("    kind()\n").replace("])", "], indirect=True)"), "gives its values to a fixture"),
        (written("    kind()\n").replace("'kind'", "'kind,'"), "gives several values at once"),
        (written("    kind()\n").replace("test_kind", "make_kind"), "gives its values to more than one test"),
        (f"{KINDS}\ndef test_all():\n    for kind in KINDS:\n        kind()\n", "is used in another way"),
        (f"{KINDS}MADE = [kind() for kind in KINDS]\n", "goes through more than a filter"),
        (f"{KINDS}Legacy = 1\n", "has a Legacy already"),
        ("import shop\n\nclass Own(shop.Legacy):\n    pass\n", "needs Legacy itself"),
        ("import shop\n\nFIRST = shop.Legacy\n", "needs Legacy itself"),
    ],
)
def test_values_that_go_elsewhere_stay(text: str, reason: str) -> None:
    outcome = of("tests/test_a.py", test_a=text)
    assert isinstance(outcome, Unchanged)
    assert any(note.reason.startswith(reason) for note in outcome.notes), outcome


def test_other_files_that_take_the_list_are_looked_at() -> None:
    user = "import pytest\nfrom tests.kinds import KINDS\n\n@pytest.mark.parametrize('kind', KINDS)\n"
    good, bad = f"{user}def test_kind(kind):\n    kind()\n", f"{user}def test_kind(kind):\n    assert kind\n"
    assert isinstance(of("tests/kinds.py", kinds=KINDS, test_a=good), Changed)
    outcome = of("tests/kinds.py", kinds=KINDS, test_a=good, test_b=bad)
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == ["tests/test_b.py:5 does not surely call its kind"]


def test_a_filter_compares_with_the_same_function() -> None:
    user = """
        import pytest
        import shop
        from tests.kinds import KINDS

        @pytest.mark.parametrize("kind", [each for each in KINDS if each not in [shop.Legacy]])
        def test_kind(kind):
            kind()
    """
    outcome = of("tests/test_a.py", kinds=KINDS, test_a=user)
    assert isinstance(outcome, Changed)
    assert "if each not in [Legacy]]" in outcome.source
    assert "from tests.kinds import KINDS, Legacy\n" in outcome.source
    kept = of("tests/test_a.py", kinds=f"{KINDS}Legacy = 1\n", test_a=user)
    assert isinstance(kept, Unchanged)


def test_the_tests_of_the_others_run_and_that_of_what_is_gone_fails_for_it(tmp_path: Path, quick: None) -> None:
    text = "import pytest\n" + KINDS + "\n@pytest.mark.parametrize('kind', KINDS)\ndef test_kind(kind):\n    kind()\n"
    (tmp_path / "shop.py").write_text("class Order:\n    pass\n")
    (tmp_path / "test_a.py").write_text(apply(text, [GONE]))
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-pno:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "PASSED test_a.py::test_kind[Order]" in done.stdout, done.stdout
    assert "FAILED test_a.py::test_kind[Legacy] - AttributeError: module 'shop'" in done.stdout
