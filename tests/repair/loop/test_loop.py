"""The loop on real suites in real interpreters, with remedies that each test writes down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.repair.loop.conftest import Suite, of, proposal, verdicts

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.rewrites.inline_symbol import InlineSymbol
from pytest_agentgate.codemods.rewrites.localize_import import LocalizeImport
from pytest_agentgate.codemods.rewrites.rename_attribute import RenameAttribute
from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword
from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol
from pytest_agentgate.model import Kind
from pytest_agentgate.model.repair import Verdict
from pytest_agentgate.repair.loop import Progress

SHOP = """
    class Cart:
        def __init__(self): self.lines = []
        def put(self, name, *, quantity=1): self.lines.append((name, quantity)); return self
        @property
        def amount(self): return sum(quantity for _, quantity in self.lines)
"""
TESTS = """
    from shop import Basket

    def test_put(): assert Basket().put("tea", qty=2).amount == 2
    def test_total(): assert Basket().put("tea").total == 1
    def test_empty(): assert Basket().lines == []
"""
BASKET = proposal(RenameSymbol(old="shop.Basket", new="shop.Cart"))
QTY = proposal(RenameKeyword(function="shop.Cart.put", old="qty", new="quantity"))
TOTAL = proposal(RenameAttribute(old="shop.Cart.total", new="amount"))
REMEDIES = {"Basket": [BASKET], "qty": [QTY], "total": [TOTAL]}

APART = {
    "tests/test_a.py": 'from shop import Cart\n\ndef test_a(): assert Cart().put("tea", qty=2).lines\n',
    "tests/test_b.py": "from shop import Cart\n\ndef test_b(): assert Cart().total == 0\n",
}
PASSING = {"tests/test_passing.py": "from shop import Cart\n\ndef test_passing(): assert Cart().amount == 0\n"}

MakeSuite = Callable[..., Suite]


def test_layer_after_layer_turns_green(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": TESTS})
    told: list[Progress] = []
    loop = made.repaired(REMEDIES, tell=told.append)
    assert verdicts(loop) == [
        ("rename-symbol old=shop.Basket new=shop.Cart", Verdict.KEPT),
        ("rename-keyword function=shop.Cart.put old=qty new=quantity", Verdict.KEPT),
        ("rename-attribute old=shop.Cart.total new=amount", Verdict.KEPT),
    ] or verdicts(loop) == [
        ("rename-symbol old=shop.Basket new=shop.Cart", Verdict.KEPT),
        ("rename-attribute old=shop.Cart.total new=amount", Verdict.KEPT),
        ("rename-keyword function=shop.Cart.put old=qty new=quantity", Verdict.KEPT),
    ]
    assert [attempt.round for attempt in loop.attempts] == [1, 2, 2]
    assert not loop.state.red
    assert (len(loop.red_before()), len(loop.green_after())) == (3, 3)
    assert loop.files == ("tests/test_shop.py",)
    assert loop.left() == ()
    assert told[0].causes == 1
    text = (made.root / "tests/test_shop.py").read_text()
    assert "Basket" not in text
    assert 'put("tea", quantity=2)' in text
    assert ".amount == 1" in text


def test_one_undo_takes_a_whole_repair_back(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": TESTS})
    before = made.contents()
    made.repaired(REMEDIES)
    assert made.contents() != before
    assert len(made.journal.undo_group()) == 3
    assert made.contents() == before


def test_what_does_not_help_is_taken_back_byte_for_byte_and_the_rest_goes_on(suite: MakeSuite) -> None:
    made = suite(
        {
            "src/shop.py": SHOP,
            **APART,
        }
    )
    before = made.contents()
    wrong = proposal(RenameKeyword(function="shop.Cart.put", old="qty", new="count"))
    loop = made.repaired({"qty": [wrong], "total": [TOTAL]})
    assert sorted(verdict for _, verdict in verdicts(loop)) == [Verdict.KEPT, Verdict.ROLLED_BACK]
    [attempt] = of(loop, Verdict.ROLLED_BACK)
    assert (attempt.before, attempt.after, attempt.batch) == (1, 1, "")
    after = made.contents()
    assert after["tests/test_a.py"] == before["tests/test_a.py"]
    assert b".amount" in after["tests/test_b.py"]
    [left] = loop.left()
    assert "was tried and taken back" in left.why
    assert left.rerun == "python -m pytest tests/test_a.py::test_a"


def test_the_next_proposal_is_tried_where_the_first_did_not_help(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": TESTS.replace("Basket", "Cart")})
    wrong = proposal(RenameKeyword(function="shop.Cart.put", old="qty", new="count"))
    loop = made.repaired({"qty": [wrong, QTY], "total": [TOTAL]})
    assert [verdict for name, verdict in verdicts(loop) if "keyword" in name] == [Verdict.ROLLED_BACK, Verdict.KEPT]
    assert not loop.state.red


def test_a_repair_that_breaks_a_test_that_passed_is_taken_back_there_and_kept_elsewhere(suite: MakeSuite) -> None:
    """The old name still works for whoever subclasses; a rename there would break what passes."""
    made = suite(
        {
            "src/shop.py": "def order(name, *, quantity=1): return (name, quantity)\n",
            "tests/test_red.py": 'from shop import order\n\ndef test_red(): assert order("tea", qty=2) == ("tea", 2)\n',
            "tests/test_green.py": """
                import pytest
                from shop import order

                def test_green():
                    with pytest.raises(TypeError):
                        order("tea", qty=2)
            """,
        }
    )
    before = made.contents()
    rename = proposal(RenameKeyword(function="shop.order", old="qty", new="quantity"))
    loop = made.repaired({"qty": [rename]})
    assert [attempt.verdict for attempt in loop.attempts] == [Verdict.ROLLED_BACK, Verdict.KEPT]
    assert "tests/test_green.py::test_green passed before and does not now" in loop.attempts[0].why
    assert loop.files == ("tests/test_red.py",)
    assert made.contents()["tests/test_green.py"] == before["tests/test_green.py"]
    assert not loop.state.red


def test_what_is_unsafe_waits_for_a_word_and_what_is_for_display_is_only_shown(suite: MakeSuite) -> None:
    files = {"src/shop.py": SHOP, "tests/test_shop.py": TESTS.replace("Basket", "Cart")}
    unsafe = proposal(*QTY.codemods, applicability=Applicability.UNSAFE)
    shown = proposal(*TOTAL.codemods, applicability=Applicability.DISPLAY)
    made = suite(files)
    before = made.contents()
    loop = made.repaired({"qty": [unsafe], "total": [shown]})
    assert [attempt.verdict for attempt in loop.attempts] == [Verdict.SKIPPED, Verdict.SKIPPED]
    assert made.contents() == before
    assert {attempt.applicability for attempt in loop.attempts} == {"unsafe", "display"}
    assert all("+" in attempt.diff and attempt.files == ("tests/test_shop.py",) for attempt in loop.attempts)
    assert sorted(left.why.split(": ", 1)[1] for left in loop.left()) == [
        "only shown: it may hide what a test is for",
        "unsafe: only with --unsafe",
    ]
    loop = made.repaired({"qty": [unsafe], "total": [shown]}, unsafe=True)
    assert [attempt.verdict for attempt in of(loop, Verdict.KEPT)] == [Verdict.KEPT]
    assert of(loop, Verdict.KEPT)[0].applicability == "unsafe"


def test_causes_with_the_same_remedy_go_together(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": TESTS.replace("Basket", "Cart")})
    both = proposal(*QTY.codemods, *TOTAL.codemods)
    loop = made.repaired({"qty": [both], "total": [both]})
    [attempt] = loop.attempts
    assert (attempt.before, attempt.after, len(attempt.also)) == (2, 0, 1)
    assert not loop.state.red


def test_what_concerns_different_files_is_tried_in_one_run_which_is_the_last_as_well(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, **APART})
    loop = made.repaired({"qty": [QTY], "total": [TOTAL]})
    assert sorted(loop.files) == ["tests/test_a.py", "tests/test_b.py"]
    assert [(attempt.before, attempt.after) for attempt in loop.kept] == [(1, 0), (1, 0)]
    assert len({attempt.batch for attempt in loop.kept}) == 2
    assert len(made.runs_of_attempts()) == 1
    assert not loop.state.red


def test_remedies_of_one_cause_for_different_files_are_tried_in_one_run(suite: MakeSuite) -> None:
    text = "from {0} import put\n\ndef test_it(): assert put(qty=2) == 2\n"
    made = suite({f"src/{name}.py": "def put(*, quantity): return quantity\n" for name in ("tea", "milk")}
                 | {f"tests/test_{name}.py": text.format(name) for name in ("tea", "milk")})  # fmt: skip
    both = [proposal(RenameKeyword(function=f"{name}.put", old="qty", new="quantity")) for name in ("tea", "milk")]
    loop = made.repaired({"qty": both})
    assert [attempt.verdict for attempt in loop.attempts] == [Verdict.KEPT, Verdict.KEPT]
    assert len({attempt.cause for attempt in loop.attempts}) == 1
    assert len(made.runs_of_attempts()) == 1
    assert not loop.state.red


def test_of_what_is_tried_in_one_run_each_is_judged_alone(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, **APART})
    before = made.contents()
    wrong = proposal(RenameAttribute(old="shop.Cart.total", new="sum"))
    loop = made.repaired({"qty": [QTY], "total": [wrong, TOTAL]})
    assert {attempt.codemods[0].split("new=")[1]: attempt.verdict for attempt in loop.attempts} == {
        "quantity": Verdict.KEPT,
        "sum": Verdict.ROLLED_BACK,
        "amount": Verdict.KEPT,
    }
    assert len(made.runs_of_attempts()) == 2
    assert not loop.state.red
    made.journal.undo_group()
    assert made.contents() == before


def test_where_something_else_waits_only_what_was_edited_is_run(suite: MakeSuite) -> None:
    """Both edit the same file, so that one of them waits, and the file that passes is left out until the end."""
    made = suite(
        {"src/shop.py": SHOP, "tests/test_a.py": APART["tests/test_a.py"] + APART["tests/test_b.py"], **PASSING}
    )
    loop = made.repaired({"qty": [QTY], "total": [TOTAL]})
    assert not loop.state.red
    runs = made.runs_of_attempts()
    assert ["test_passing" in run for run in runs] == [False, True]


def test_only_the_kinds_of_a_phase_are_repaired(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": TESTS})
    loop = made.loop(REMEDIES)
    assert loop.repair(frozenset({Kind.IMPORT}), "imports") == 1
    assert [attempt.phase for attempt in loop.attempts] == ["imports"]
    assert {left.why for left in loop.left(frozenset({Kind.IMPORT}))} == {
        "no phase that was asked for repairs failures of the kind interface"
    }
    assert loop.repair(frozenset({Kind.INTERFACE}), "calls") == 2
    assert not loop.state.red


def test_a_conftest_that_fails_is_repaired_before_anything_else(suite: MakeSuite) -> None:
    made = suite(
        {
            "src/shop.py": SHOP,
            "tests/conftest.py": """
                import pytest
                from shop import Basket

                @pytest.fixture
                def cart(): return Basket()
            """,
            "tests/test_shop.py": "def test_it(cart): assert cart.total == 0\ndef test_ok(): pass\n",
        }
    )
    loop = made.repaired(REMEDIES)
    assert [name.split()[0] for name, _ in verdicts(loop)] == ["rename-symbol", "rename-attribute"]
    assert not loop.state.red
    assert loop.red_before() == {"tests/test_shop.py::test_it", "tests/test_shop.py::test_ok"}


def test_a_cause_that_nothing_is_known_of_is_left_with_the_reason(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": "def test_it(): assert 1 == 2\n"})
    before = made.contents()
    loop = made.repaired({})
    assert loop.attempts == []
    [left] = loop.left()
    assert (left.why, left.look_at, left.tests) == ("nothing is written down for it", "tests", 1)
    assert made.contents() == before


def test_what_is_left_alone_is_told_in_the_place_of_a_remedy_that_changes_nothing(suite: MakeSuite) -> None:
    tests = "from shop import Cart, Old\n\ndef test_it(): assert Old is Cart\n"
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": tests})
    loop = made.repaired({"Old": [proposal(InlineSymbol(old="shop.Old", value="shop.Cart"))]})
    [left] = loop.left()
    assert left.why == "left alone: tests/test_shop.py:3: both sides of the assertion would be the same"


def test_what_is_known_is_told_where_all_is_done_that_can_be(suite: MakeSuite) -> None:
    """The imports within the tests are there already: one more attempt would change nothing."""
    tests = "def test_old():\n    from shop import Old\n    assert Old\n"
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": tests})
    loop = made.repaired({"Old": [proposal(LocalizeImport(old="shop.Old"))]})
    [left] = loop.left()
    assert (left.why, left.look_at) == ("because the test says so", "tests/test_shop.py:2")


def test_the_implementation_is_never_edited(suite: MakeSuite) -> None:
    made = suite(
        {
            "src/shop.py": SHOP + "\n    Basket = Cart\n    def make(): return Basket()\n",
            "src/tests_of_shop.py": "from shop import Basket\n",
            "tests/test_shop.py": "from shop import Basket\n\ndef test_it(): assert Basket().total == 0\n",
        }
    )
    before = made.contents()
    made.repaired({"total": [proposal(*BASKET.codemods, *TOTAL.codemods)]})
    after = made.contents()
    assert {path for path in before if before[path] != after[path]} == {"tests/test_shop.py"}


@pytest.mark.parametrize("jobs", [1, 2])
def test_parts_run_with_and_without_workers(suite: MakeSuite, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_agentgate.repair.attempts import rerun

    monkeypatch.setattr(rerun, "_PAYS", 0.0)
    made = suite({"src/shop.py": SHOP, "tests/test_shop.py": TESTS}, jobs=jobs)
    loop = made.repaired(REMEDIES)
    assert not loop.state.red
    assert len(loop.kept) == 3
