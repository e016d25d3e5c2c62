"""What a person gives to pytest behind ``--`` holds for every run of a repair."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from tests.repair.loop.conftest import Suite

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.repair.attempts.rerun import Ran

FILES = {
    "src/shop.py": "",
    "tests/test_a.py": "def test_one(): pass\ndef test_two(): pass\ndef test_three(): pass\n",
    "tests/test_b.py": "def test_one(): pass\n",
    "tests/unit/test_c.py": "def test_one(): pass\n",
}
A = [f"tests/test_a.py::test_{name}" for name in ("one", "two", "three")]
B, C = "tests/test_b.py::test_one", "tests/unit/test_c.py::test_one"


def ran(made: Suite) -> tuple[Ran, Ran]:
    """A run of all, and one of a file."""
    reruns = made.reruns()
    whole = reruns.whole()
    assert not whole.why, whole.said
    part = reruns.part(whole.state, ["tests/test_a.py"])
    assert not part.why, part.said
    return whole, part


@pytest.mark.parametrize(
    ("arguments", "of_all", "of_file"),
    [
        ((), {*A, B, C}, {*A}),
        (("tests/test_a.py", "tests/unit"), {*A, C}, {*A}),
        (("-q", "tests/test_a.py"), {*A}, {*A}),
        (("-k", "one", "tests/test_a.py", "tests/test_b.py"), {A[0], B}, {A[0]}),
        ((A[0], A[2], "tests/unit"), {A[0], A[2], C}, {A[0], A[2]}),
        ((f"--deselect={A[1]}",), {A[0], A[2], B, C}, {A[0], A[2]}),
    ],
)
def test_a_run_of_a_file_has_of_it_what_a_run_of_all_has(
    suite: Callable[..., Suite], arguments: Sequence[str], of_all: set[str], of_file: set[str]
) -> None:
    whole, part = ran(suite(FILES, arguments=arguments))
    assert {*whole.state.outcomes} == of_all
    assert {*part.state.outcomes} == of_file
    assert not part.of_all


@pytest.mark.parametrize("arguments", [["tests/gone.py"], ["-k", "nothing"]])
def test_a_run_without_tests_tells_the_state_of_none(suite: Callable[..., Suite], arguments: Sequence[str]) -> None:
    whole = suite(FILES, arguments=arguments).reruns().whole()
    assert whole.why.startswith("no test ran")
    assert "gone.py" in whole.said or "deselected" in whole.said


def test_a_run_that_cannot_be_made_ends_the_attempt_and_not_the_repair(suite: Callable[..., Suite]) -> None:
    made = suite(FILES)
    reruns = made.reruns()
    whole = reruns.whole()
    (made.apart / "store.db").unlink()
    (made.apart / "store.db").mkdir()
    assert reruns.whole(whole.state).why.startswith("it could not be run: ")
    with pytest.raises(AgentgateError):  # nothing has been edited yet
        reruns.whole()


@pytest.mark.parametrize(
    ("arguments", "of_all"),
    [
        (("--deselect", A[1], "--ignore", "tests/unit"), {A[0], A[2], B}),
        (("-k", "tests and one", "-m", "not tests"), {A[0], B, C}),
        (("--ignore-glob", "tests/unit", "tests"), {*A, B}),
        (("-k", "tests"), {*A, B, C}),
    ],
)
def test_where_a_path_may_be_the_value_of_an_option_all_is_run(
    suite: Callable[..., Suite], arguments: Sequence[str], of_all: set[str]
) -> None:
    whole, part = ran(suite(FILES, arguments=arguments))
    assert {*whole.state.outcomes} == of_all
    assert {*part.state.outcomes} >= {A[0]}
    assert {*part.state.outcomes} <= of_all
