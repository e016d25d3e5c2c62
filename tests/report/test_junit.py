"""JUnit XML is held against the schema of Jenkins' plugin, and read back by our own reader."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture import dialects
from pytest_agentgate.capture.junit import JunitRun, read_junit
from pytest_agentgate.model import Outcome, Property, RunReport, RunStatus, RunSummary, Scope, When
from pytest_agentgate.report import junit
from pytest_agentgate.report.attempts import attempted
from pytest_agentgate.report.junit import names, render

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "schemas" / "junit-10.xsd")
SHOP = "tests/test_shop.py"


def document(report: RunReport) -> ElementTree.Element:
    text = render(report)
    root = ElementTree.fromstring(text.encode())
    SCHEMA.validate(root)
    return root


@pytest.fixture(scope="module")
def root(report: RunReport) -> ElementTree.Element:
    return document(report)


def suite(root: ElementTree.Element, name: str) -> ElementTree.Element:
    (found,) = [one for one in root.findall("testsuite") if one.get("name") == name]
    return found


@pytest.fixture
def read_back(tmp_path: Path) -> Callable[[RunReport], JunitRun]:
    def back(report: RunReport) -> JunitRun:
        path = tmp_path / "report.xml"
        path.write_text(render(report), encoding="utf-8")
        run = read_junit([path], tmp_path / "nowhere")
        assert run.problems == ()
        return run

    return back


# ---- what is written


def test_each_file_is_a_suite_and_the_gates_are_one(root: ElementTree.Element) -> None:
    assert [one.get("name") for one in root] == [
        "docs/guide.rst", SHOP, "tests/test_rooms.py", "run", "agentgate.gates",
    ]  # fmt: skip
    shop = suite(root, SHOP)
    assert (shop.get("file"), shop.get("timestamp")) == (SHOP, "2026-01-31T12:00:00")
    counts = {name: shop.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "10", "failures": "3", "errors": "1", "skipped": "3", "time": "3.225"}


def test_names_are_those_of_pytest(root: ElementTree.Element) -> None:
    told = [(case.get("classname"), case.get("name")) for case in suite(root, SHOP)]
    assert told[:3] == [
        ("tests.test_shop.TestShop.TestInner", "test_deep"),
        ("tests.test_shop.TestShop", "test_values[a.b::c/d]"),
        ("tests.test_shop", "test_again"),
    ]


@pytest.mark.parametrize(
    ("nodeid", "written"),
    [
        ("tests/test_a.py::test_x[a::b/c.py]", ("tests.test_a", "test_x[a::b/c.py]")),
        ("docs/guide.rst::guide.rst", ("docs.guide.rst", "guide.rst")),
        ("tests/test_a.py", ("", "tests.test_a")),
        ("com.example.ShopTest::many(int)[2]", ("com.example.ShopTest", "many(int)[2]")),
        ("example.com/shop/order::TestTotal/large", ("example.com/shop/order", "TestTotal/large")),
        ("shop::tests::adds", ("shop", "tests::adds")),
        ("adds", ("", "adds")),
    ],
)
def test_a_node_id_is_parted_as_its_runner_put_it_together(nodeid: str, written: tuple[str, str]) -> None:
    assert names(nodeid) == written


def test_every_testcase_has_a_time_that_surefire_can_read(root: ElementTree.Element) -> None:
    times = [case.get("time") or "" for case in root.iter("testcase")]
    assert [time for time in times if not re.fullmatch(r"\d+\.\d{6}", time)] == []


def test_the_reason_of_a_skip_is_where_jenkins_and_where_gitlab_look(root: ElementTree.Element) -> None:
    told = [(one.get("message"), one.text) for one in suite(root, SHOP).iter("skipped")]
    assert ("not before spring", "not before spring") in told


def test_no_property_is_taken_for_an_attachment(report: RunReport) -> None:
    nodeid = report.results[0].nodeid
    root = document(replace(report, properties=(Property(nodeid, "x[[y", "[[ATTACHMENT|/etc/passwd"),)))
    (told,) = [case.findtext("system-out") for case in root.iter("testcase") if case.get("name") == "guide.rst"]
    assert told == "[[PROPERTY|x%5B%5By=%5B%5BATTACHMENT|/etc/passwd]]\n"


def test_a_gate_is_a_testcase_with_what_broke_it(root: ElementTree.Element) -> None:
    gates = suite(root, "agentgate.gates")
    told = {case.get("name"): [child.tag for child in case] for case in gates.iter("testcase")}
    assert told == {
        "collection.errors == 0": ["system-out"],
        "warnings.total == 0": ["system-out"],
        "property.latency.p95 <= 200 ms": ["failure"],
        "coverage.percent >= 80%": ["error"],
        "phase release": ["error"],
    }
    (slow,) = gates.iter("failure")
    said = "speed: property.latency.p95 <= 200 ms: failed: measured 210 ms, wanted <= 200 ms"
    assert (slow.get("message"), slow.get("type")) == (said, "agentgate.failed")
    assert (slow.text or "").splitlines()[:2] == ["tests/test_api.py::test_get: 340 ms", "and 3 more"]
    assert [error.get("type") for error in gates.iter("error")] == ["agentgate.unavailable", "agentgate.not_attempted"]
    assert (gates.get("tests"), gates.get("failures"), gates.get("errors")) == ("5", "1", "2")
    warned = gates.findall("testcase")[1].findtext("system-out") or ""
    assert warned.startswith("[[PROPERTY|agentgate.outcome=warned]]\nimports: warnings.total == 0: warned")
    assert "gates of the base were taken" in (gates.findtext("system-out") or "")


def test_a_run_that_was_not_judged_has_no_suite_of_gates(run: RunSummary, report: RunReport) -> None:
    assert "agentgate.gates" not in render(replace(report, summary=run))


# ---- what is read back


def test_outcomes_durations_and_workers_survive(report: RunReport, read_back: Callable[[RunReport], JunitRun]) -> None:
    last = {test.last.nodeid: test.last for test in attempted(report)}
    back = {result.nodeid: result for result in read_back(report).results}  # the last one of each
    assert {nodeid: str(one.outcome) for nodeid, one in back.items()} == {
        nodeid: str(one.outcome) for nodeid, one in last.items()
    }
    assert {nodeid: (one.duration, one.worker) for nodeid, one in back.items()} == {
        nodeid: (one.duration, one.worker) for nodeid, one in last.items()
    }
    reasons = {nodeid.rpartition("::")[2]: one.reason for nodeid, one in back.items() if one.reason}
    assert reasons == {
        "test_known": "known",
        "test_lost": "worker gw1 was lost",
        "test_skipped": "not before spring",
    }


def test_attempts_and_their_failures_survive(report: RunReport, read_back: Callable[[RunReport], JunitRun]) -> None:
    back = read_back(report)
    attempts = [(one.nodeid, one.attempt, str(one.outcome)) for one in back.results]
    assert [one for one in attempts if "again" in one[0] or "never" in one[0]] == [
        (f"{SHOP}::test_again", 1, "rerun"),
        (f"{SHOP}::test_again", 2, "rerun"),
        (f"{SHOP}::test_again", 3, "passed"),
        (f"{SHOP}::test_never", 1, "rerun"),
        (f"{SHOP}::test_never", 2, "failed"),
    ]
    assert sorted(attempts) == sorted((one.nodeid, one.attempt, str(one.outcome)) for one in report.results)
    told, wanted = (
        sorted(
            (one.nodeid, one.attempt, str(one.when), one.final, one.evidence.raised.message)
            for one in failures
            if one.scope is Scope.TEST
        )
        for failures in (back.failures, report.failures)
    )
    assert told == wanted


def test_properties_survive_whatever_is_in_them(report: RunReport, read_back: Callable[[RunReport], JunitRun]) -> None:
    assert sorted(read_back(report).properties, key=str) == sorted(report.properties, key=str)


def test_what_kept_the_run_from_its_end_survives(report: RunReport, read_back: Callable[[RunReport], JunitRun]) -> None:
    back = read_back(report)
    assert [(one.nodeid, str(one.scope)) for one in back.failures if one.scope is not Scope.TEST] == [
        ("tests/test_rooms.py", "collect"),
        ("", "run"),
    ]


@pytest.mark.parametrize("status", [RunStatus.INTERRUPTED, RunStatus.ABORTED, RunStatus.RUNNING])
def test_a_run_without_an_end_is_not_read_back_as_a_whole_one(
    report: RunReport, status: RunStatus, read_back: Callable[[RunReport], JunitRun]
) -> None:
    summary = replace(report.summary, run=replace(report.summary.run, status=status), judgement=None)
    results = (replace(report.results[0], outcome=Outcome.PASSED),)
    (lost,) = read_back(RunReport(summary, results)).failures
    assert (lost.scope, lost.evidence.raised.message) == (Scope.RUN, f"the run is {status}")


def test_gates_are_no_tests(report: RunReport, read_back: Callable[[RunReport], JunitRun]) -> None:
    back = read_back(report)
    nodeids = [*(one.nodeid for one in back.results), *(one.nodeid for one in back.failures)]
    assert not [nodeid for nodeid in nodeids if "agentgate" in nodeid]
    assert junit.GATES == dialects.GATES
    assert (junit.NOT_RUN, junit.WORKER, junit.OUTCOME) == (dialects.NOT_RUN, dialects.WORKER, dialects.OUTCOME)


def test_a_failure_of_which_nothing_was_recorded_is_one(
    report: RunReport, read_back: Callable[[RunReport], JunitRun]
) -> None:
    back = read_back(replace(report, failures=()))
    outcomes = {one.nodeid.rpartition("::")[2]: (str(one.outcome), one.when) for one in back.results}
    assert outcomes["test_both"] == ("failed", When.CALL)
    assert outcomes["test_setup"] == ("error", When.SETUP)
    assert outcomes["test_never"] == ("failed", When.CALL)


# ---- any text


@given(data=st.data())
def test_any_text_gives_a_valid_document(data: st.DataObject, hostile_reports: st.SearchStrategy[RunReport]) -> None:
    report = data.draw(hostile_reports)
    root = document(report)
    tests = [case for one in root if one.get("name") != junit.GATES for case in one.iter("testcase")]
    others = [failure for failure in report.failures if failure.scope is not Scope.TEST]
    assert len(tests) in (len([*attempted(report)]) + len(others), len([*attempted(report)]) + len(others) + 1)


@given(st.text(st.characters(), max_size=40))
def test_what_xml_has_no_character_for_is_written_out(text: str) -> None:
    root = ElementTree.fromstring(f'<a b="{junit.attribute(text)}">{junit.text(text)}</a>')
    told = re.sub("[^\t\n -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\r]", _hexadecimal, text)
    assert root.get("b") == told
    assert (root.text or "") == told


def _hexadecimal(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"#x{number:02X}" if number < 0x100 else f"#x{number:04X}"
