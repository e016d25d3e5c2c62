"""What other runners wrote of a few tests: counts and node ids of each file; samples/README.md has their origin."""

from collections import Counter
from pathlib import Path

import pytest

from pytest_agentgate.capture.junit import JunitRun, read_junit
from pytest_agentgate.model import Outcome, Property, Scope, When
from pytest_agentgate.triage.kinds import reason_of

SAMPLES = Path(__file__).parent / "samples"
SHOP = "tests/test_shop.py"
ORDER = "example.com/shop/order"
JAVA = "com.example.ShopTest"

PYTEST = {
    f"{SHOP}::TestShop::TestInner::test_deep": "failed",
    f"{SHOP}::TestShop::test_values[a.b]": "passed",
    f"{SHOP}::TestShop::test_values[x::y]": "failed",
    f"{SHOP}::TestShop::test_values[[z]]": "failed",
    f"{SHOP}::test_setup": "error",
    f"{SHOP}::test_teardown": "error",
    f"{SHOP}::test_both": "failed",
    f"{SHOP}::test_skipped": "skipped",
    f"{SHOP}::test_known": "xfailed",
    f"{SHOP}::test_surprise": "failed",
    f"{SHOP}::test_latency": "passed",
}
OLD = "tests/test_old.py::TestShop"
UNITTEST = {
    f"{OLD}::test_fine": "passed",
    f"{OLD}::test_many (n=2)": "failed",
    f"{OLD}::test_total": "failed",
    f"{OLD}::test_error": "failed",
    f"{OLD}::test_skipped": "skipped",
    f"{OLD}::test_known": "xfailed",
}
LAST: dict[str, dict[str, str]] = {
    "pytest-7.4-xunit1": PYTEST,
    "pytest-7.4-xunit2": PYTEST,
    "pytest-8.3-xunit1": PYTEST,
    "pytest-8.3-xunit2": PYTEST,
    "pytest-9.0-xunit1": PYTEST,
    "pytest-9.0-xunit2": PYTEST,
    "unittest-xml-reporting-3": UNITTEST,
    "unittest-xml-reporting-4": UNITTEST,
    "jest-junit": {
        "cart adds up::cart adds up": "passed",
        "cart rounds::cart rounds": "failed",
        "cart refuses text::cart refuses text": "failed",
        "cart later::cart later": "skipped",
        "cart some day::cart some day": "passed",  # the file does not tell that it is still to be written
    },
    "mocha-junit-reporter": {  # what is skipped is not in the file
        "adds up::cart adds up": "passed",
        "rounds::cart rounds": "failed",
        "refuses text::cart refuses text": "failed",
        '"before all" hook for "saves"::cart hooks "before all" hook for "saves"': "failed",
    },
    "mocha-xunit": {
        "cart::adds up": "passed",
        "cart::rounds": "failed",
        "cart::refuses text": "failed",
        "cart::later": "skipped",
        'cart hooks::"before all" hook for "saves"': "failed",
    },
    "vitest": {
        "vt/cart.test.mjs::cart > adds up": "passed",
        "vt/cart.test.mjs::cart > rounds": "failed",
        "vt/cart.test.mjs::cart > refuses text": "failed",
        "vt/cart.test.mjs::cart > later": "skipped",
        "vt/cart.test.mjs::cart > some day": "skipped",
    },
    "gotestsum": {
        f"{ORDER}::TestTotal/large": "failed",
        f"{ORDER}::TestTotal": "failed",
        f"{ORDER}::TestBroken": "failed",
        f"{ORDER}::TestLater": "skipped",
        f"{ORDER}::TestTotal/small": "passed",
        f"{ORDER}::TestOrder": "passed",
    },
    "surefire-3.2": {
        f"{JAVA}::assumed": "skipped",
        f"{JAVA}::adds": "passed",
        f"{JAVA}::many(int)[1]": "passed",
        f"{JAVA}::many(int)[2]": "failed",
        f"{JAVA}::pour": "failed",
        f"{JAVA}::later": "skipped",
        f"{JAVA}::order": "passed",
        f"{JAVA}::total": "failed",
    },
    "surefire-3.2-class": {"com.example.BrokenTest": "error"},
    "phpunit": {
        "CartTest::testAddsUp": "passed",
        "CartTest::testThrows": "failed",
        "CartTest::testLater": "skipped",
        'CartTest::testRounds with data set "exact"': "passed",
        'CartTest::testRounds with data set "sum"': "failed",
    },
    "googletest": {
        "Shop::AddsUp": "passed",
        "Shop::Total": "failed",
        "Shop::Later": "skipped",
        "Shop::DISABLED_Never": "skipped",
        "Shop::Latency": "passed",
        "All/Prices::Positive/0": "failed",
        "All/Prices::Positive/1": "passed",
    },
    "ctest": {"shop::shop": "failed", "fine::fine": "passed", "gone::gone": "not_run"},
}
"""Sample -> node id -> outcome of the last attempt."""


def sample(name: str) -> JunitRun:
    run = read_junit([SAMPLES / f"{name}.xml"], SAMPLES / "nowhere")
    assert run.problems == ()
    return run


@pytest.mark.parametrize("name", LAST)
def test_node_ids_and_outcomes(name: str) -> None:
    assert {result.nodeid: str(result.outcome) for result in sample(name).results} == LAST[name]


@pytest.mark.parametrize("name", LAST)
def test_every_failure_has_a_kind_and_says_what_it_is(name: str) -> None:
    run = sample(name)
    bad = sum(result.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.RERUN) for result in run.results)
    assert len([failure for failure in run.failures if failure.scope is Scope.TEST]) >= bad
    for failure in run.failures:
        assert reason_of(failure.evidence, failure.scope, failure.when, failure.nodeid).title


def test_every_sample_is_read() -> None:
    elsewhere = {"go", "surefire", "node"}  # in test_junit.py
    assert {path.stem for path in SAMPLES.glob("*.xml")} == LAST.keys() | elsewhere


# ---- what is peculiar


@pytest.mark.parametrize("version", ["7.4", "8.3", "9.0"])
@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_of_pytest_properties_and_collectors_are_read(version: str, family: str) -> None:
    run = sample(f"pytest-{version}-{family}")
    assert run.properties == (
        Property(f"{SHOP}::test_latency", "latency ms", "12.5", 12.5),
        Property(f"{SHOP}::test_latency", "region", "eu"),
    )
    (lost,) = [failure for failure in run.failures if failure.scope is Scope.COLLECT]
    assert lost.nodeid == "tests/test_gone.py"
    assert lost.evidence.chain[-1].type == "ModuleNotFoundError"


def test_of_gotestsum_what_is_counted_and_not_shown_makes_the_run_incomplete() -> None:
    run = sample("gotestsum")
    (lost,) = [failure for failure in run.failures if failure.scope is Scope.RUN]
    assert lost.evidence.raised.message == "the report counts 4 failures and errors, and shows 3"
    skipped = [result.reason for result in run.results if result.outcome is Outcome.SKIPPED]
    assert skipped == ["not before spring"]


def test_of_vitest_a_file_that_cannot_be_imported_is_no_test() -> None:
    (lost,) = [failure for failure in sample("vitest").failures if failure.scope is Scope.COLLECT]
    assert lost.nodeid == "vt/gone.test.mjs"


def test_of_surefire_reruns_are_attempts() -> None:
    run = sample("surefire-3.2")
    assert Counter(str(result.outcome) for result in run.results) == {
        "skipped": 2, "passed": 3, "rerun": 4, "failed": 3,
    }  # fmt: skip
    final = {failure.nodeid for failure in run.failures if not failure.final}
    assert final == {f"{JAVA}::order"}


def test_of_surefire_a_class_that_cannot_begin_fails_before_its_tests() -> None:
    last = sample("surefire-3.2-class").results[-1]
    assert (last.outcome, last.when) == (Outcome.ERROR, When.SETUP)


def test_of_googletest_properties_and_reasons_are_read() -> None:
    run = sample("googletest")
    assert run.properties == (Property("Shop::Latency", "latency_ms", "12", 12.0),)
    reasons = {result.nodeid: result.reason for result in run.results if result.reason}
    assert reasons == {"Shop::Later": "not before spring", "Shop::DISABLED_Never": "disabled"}


def test_of_mocha_a_time_that_is_none_is_left_out() -> None:
    assert sample("mocha-xunit").created_at == ""
    assert sample("vitest").created_at == "2026-11-20T11:13:02.953Z"
