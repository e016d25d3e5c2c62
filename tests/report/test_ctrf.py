"""CTRF documents are held against the schema that the format's authors publish."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.model import RunReport, RunSummary
from pytest_agentgate.report.ctrf import render

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "ctrf-schema-0.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


def document(report: RunReport) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(report))
    VALIDATOR.validate(found)
    return found


@pytest.fixture(scope="module")
def tests(report: RunReport) -> dict[str, dict[str, Any]]:
    return {test["testId"]: test for test in document(report)["results"]["tests"]}


def test_every_test_is_there_once_by_its_last_attempt(tests: dict[str, dict[str, Any]]) -> None:
    assert {name.rpartition("::")[2]: (test["status"], test["rawStatus"]) for name, test in tests.items()} == {
        "guide.rst": ("passed", "passed"),
        "test_deep": ("failed", "failed"),
        "c/d]": ("passed", "passed"),
        "test_again": ("passed", "passed"),
        "test_both": ("failed", "failed"),
        "test_known": ("passed", "xfailed"),
        "test_lost": ("pending", "not_run"),
        "test_never": ("failed", "failed"),
        "test_setup": ("failed", "error"),
        "test_skipped": ("skipped", "skipped"),
        "test_surprise": ("passed", "xpassed"),
        "tests/test_rooms.py": ("failed", "error"),
        "the run itself": ("failed", "error"),
    }


def test_names_and_suites_are_parts_of_the_node_id(tests: dict[str, dict[str, Any]]) -> None:
    deep = tests["tests/test_shop.py::TestShop::TestInner::test_deep"]
    assert (deep["name"], deep["suite"]) == ("test_deep", ["tests/test_shop.py", "TestShop", "TestInner"])
    assert (deep["filePath"], deep["threadId"], deep["duration"]) == ("tests/test_shop.py", "gw0", 125)
    assert deep["message"] == "AssertionError: assert {'a': 1} == {'a': 2}"
    values = tests["tests/test_shop.py::TestShop::test_values[a.b::c/d]"]
    assert (values["name"], values["suite"][1:]) == ("test_values[a.b::c/d]", ["TestShop"])


def test_attempts_before_the_last_are_told(tests: dict[str, dict[str, Any]]) -> None:
    again = tests["tests/test_shop.py::test_again"]
    assert (again["retries"], again["flaky"]) == (2, True)
    assert [(one["attempt"], one["status"], one["message"]) for one in again["retryAttempts"]] == [
        (1, "failed", "AssertionError: one"),
        (2, "failed", "AssertionError: two"),
    ]
    never = tests["tests/test_shop.py::test_never"]
    assert (never["retries"], "flaky" in never, never["message"]) == (1, False, "AssertionError: second")


def test_properties_are_labels(tests: dict[str, dict[str, Any]]) -> None:
    assert tests["tests/test_shop.py::test_again"]["labels"]["latency ms"] == 12.5


def test_the_summary_counts_what_is_listed(report: RunReport) -> None:
    results = document(report)["results"]
    summary = results["summary"]
    counts = {name: summary[name] for name in ("tests", "passed", "failed", "skipped", "pending", "other", "flaky")}
    assert counts == {"tests": 13, "passed": 5, "failed": 6, "skipped": 1, "pending": 1, "other": 0, "flaky": 1}
    assert summary["start"] == 1769860800000
    assert summary["stop"] == summary["start"] + 12500
    assert results["environment"]["branchName"] == "main"


def test_causes_and_gates_stand_under_extra(report: RunReport) -> None:
    extra = document(report)["extra"]
    assert [cause["size"] for cause in extra["causes"]] == [264, 24, 4, 3]
    assert extra["judgement"]["phases"] == {"imports": "warned", "speed": "failed", "release": "not_attempted"}
    assert [gate["state"] for gate in extra["judgement"]["gates"]] == [
        "passed",
        "warned",
        "failed",
        "unavailable",
        "not_attempted",
    ]


def test_a_run_of_which_nothing_is_known_is_valid(run: RunSummary) -> None:
    bare = replace(run.run, id="", created_at="", pytest="", plugins=(), commit="", branch="")
    found = document(RunReport(replace(run, run=bare, causes=())))
    assert found["results"]["summary"]["tests"] == 0
    assert found["results"]["summary"]["start"] == 0


@given(data=st.data())
def test_any_text_gives_a_valid_document(data: st.DataObject, hostile_reports: st.SearchStrategy[RunReport]) -> None:
    document(data.draw(hostile_reports))
