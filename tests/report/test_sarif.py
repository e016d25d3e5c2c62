"""SARIF logs are held against the schema of OASIS, and against what GitHub asks for beyond it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.model import Cause, Kind, RunReport, RunStatus, RunSummary
from pytest_agentgate.report.sarif import render, uri

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


def log(report: RunReport) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(report))
    VALIDATOR.validate(found)
    (run,) = found["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert not place["artifactLocation"]["uri"].startswith(("/", ".."))
        assert result["partialFingerprints"]
    assert isinstance(run, dict)
    return run


@pytest.fixture(scope="module")
def results(report: RunReport) -> list[dict[str, Any]]:
    found = log(report)["results"]
    assert isinstance(found, list)
    return found


def test_each_cause_is_a_result_where_the_project_raised(results: list[dict[str, Any]]) -> None:
    model = results[0]
    assert (model["ruleId"], model["level"]) == ("failure/validation", "error")
    assert model["locations"][0] == {
        "physicalLocation": {
            "artifactLocation": {"uri": "src/orchestrator/config.py", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 41},
        },
        "logicalLocations": [{"fullyQualifiedName": "OrchestratorConfig.load", "kind": "function"}],
    }
    assert model["message"]["text"].endswith("Build a RedisConfig where the tests pass a dict.")
    assert [result["baselineState"] for result in results[:4]] == ["unchanged", "new", "new", "unchanged"]


def test_the_signature_is_the_fingerprint(run: RunSummary, results: list[dict[str, Any]]) -> None:
    told = {result["partialFingerprints"].get("agentgateCause/v1") for result in results[:4]}
    assert told == {cause.signature for cause in run.causes}


def test_tests_of_a_cause_are_related_locations_and_bounded(results: list[dict[str, Any]]) -> None:
    related = results[0]["relatedLocations"]
    assert len(related) == 20
    assert related[-1]["message"]["text"].endswith(" (and 244 more)")
    assert related[0]["physicalLocation"]["artifactLocation"]["uri"] == "tests/test_0.py"
    assert "more" not in results[2]["relatedLocations"][-1]["message"]["text"]


def test_where_only_the_test_is_known_its_file_is_the_place(results: list[dict[str, Any]]) -> None:
    (place,) = results[3]["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "tests/test_redis.py"


def test_a_gate_that_broke_is_a_result_with_a_rule_of_its_family(report: RunReport) -> None:
    run = log(report)
    gates = [result for result in run["results"] if result["ruleId"].startswith("gate/")]
    assert [(gate["ruleId"], gate["level"]) for gate in gates] == [
        ("gate/warnings", "warning"),
        ("gate/property", "error"),
        ("gate/coverage", "error"),
        ("gate/phase", "error"),
    ]
    said = "speed: property.latency.p95 <= 200 ms: failed: measured 210 ms, wanted <= 200 ms"
    assert gates[1]["message"]["text"].splitlines()[0] == said
    declared = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert declared >= {f"failure/{kind}" for kind in Kind}


@pytest.mark.parametrize(("policy", "written"), [("agentgate.toml", "agentgate.toml"), ("", ".")])
def test_a_gate_stands_in_the_file_it_was_read_from_or_in_the_root(
    report: RunReport, policy: str, written: str
) -> None:
    results = log(replace(report, policy=policy))["results"]
    places = [one["locations"][0]["physicalLocation"] for one in results if one["ruleId"].startswith("gate/")]
    assert {place["artifactLocation"]["uri"] for place in places} == {written}


def test_an_incomplete_run_was_no_success(run: RunSummary) -> None:
    told = log(RunReport(replace(run, run=replace(run.run, status=RunStatus.INTERRUPTED))))["invocations"][0]
    assert told["executionSuccessful"] is False
    assert told["startTimeUtc"] == "2026-01-31T12:00:00.000000Z"
    assert "interrupted" in told["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("src/a b.py", "src/a%20b.py"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("http://evil/x", "http%3A/evil/x"),
        ("", "."),
        ("é.py", "%C3%A9.py"),
    ],
)
def test_a_path_is_relative_to_the_root_whatever_it_holds(path: str, written: str) -> None:
    assert uri(path) == written


@given(data=st.data())
def test_any_text_gives_a_valid_log(data: st.DataObject, hostile_reports: st.SearchStrategy[RunReport]) -> None:
    report = data.draw(hostile_reports)
    causes: tuple[Cause, ...] = report.summary.causes
    assert len(log(report)["results"]) >= len(causes)
