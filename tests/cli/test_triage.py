"""``agentgate triage`` on JUnit XML; on recorded runs it is what ``report`` shows."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/agentgate-1.schema.json").read_text())
OTHER = """<testsuites><testsuite name="jest" timestamp="2026-01-31T12:00:00+01:00" hostname="ci">
<testcase classname="Cart" name="adds"><failure message="expect(1).toBe(2)" type="AssertionError">at cart.js</failure></testcase>
<testcase classname="Cart" name="is empty"/>
</testsuite></testsuites>"""  # noqa: E501


def triage(agentgate: Agentgate, *arguments: str, cwd: Path) -> Any:
    done = agentgate("triage", "--json", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA)
    return document


def test_the_xml_of_a_run_has_the_causes_that_the_run_has(agentgate: Agentgate, recorded: Path) -> None:
    runs = json.loads(agentgate("runs", "--json", cwd=recorded).stdout)
    live = triage(agentgate, "--run", runs[-1]["id"], cwd=recorded)
    read = triage(agentgate, "junit.xml", cwd=recorded)
    assert read["run"]["id"] == ""
    assert read["run"]["arguments"] == ["junit.xml"]
    for count in ("total", "passed", "failed", "errors", "collect_errors"):
        assert read["counts"][count] == live["counts"][count], count
    kinds = [(cause["kind"], cause["size"], cause["files"]) for cause in read["causes"]]
    assert kinds == [(cause["kind"], cause["size"], cause["files"]) for cause in live["causes"]]
    assert len(json.loads(agentgate("runs", "--json", cwd=recorded).stdout)) == len(runs)  # nothing was recorded


def test_files_of_any_runner_make_one_run(agentgate: Agentgate, recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "jest.xml").write_text(OTHER)
    read = triage(agentgate, str(recorded / "junit.xml"), "jest.xml", cwd=tmp_path)
    alone = triage(agentgate, "jest.xml", cwd=tmp_path)
    assert alone["counts"]["total"] == 2
    assert alone["causes"][0]["tests"] == ["Cart::adds"]
    assert alone["run"]["created_at"] == "2026-01-31T11:00:00.000000+00:00"
    assert read["counts"]["total"] == 8
    assert list(tmp_path.iterdir()) == [tmp_path / "jest.xml"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cut.xml", OTHER[:200]),
        ("bomb.xml", '<!DOCTYPE a [<!ENTITY a "b">]><testsuites>&a;</testsuites>'),
        ("page.xml", "<html/>"),
        ("empty.xml", ""),
        ("absent.xml", None),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_used(
    agentgate: Agentgate, tmp_path: Path, name: str, text: str | None
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    (tmp_path / "good.xml").write_text(OTHER)
    done = agentgate("triage", name, "good.xml", cwd=tmp_path)
    assert done.returncode == 0
    assert "1 failure, 1 cause" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"agentgate: {name}: ")


def test_nothing_that_can_be_read_is_an_error(agentgate: Agentgate, tmp_path: Path) -> None:
    done = agentgate("triage", "absent.xml", "too.xml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "agentgate: error: none of the files could be read"
    assert len(done.stderr.splitlines()) == 3


def test_files_and_a_recorded_run_exclude_each_other(agentgate: Agentgate, recorded: Path) -> None:
    done = agentgate("triage", "junit.xml", "--run", "last", cwd=recorded)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_projects_own_rules_decide_here_too(agentgate: Agentgate, tmp_path: Path) -> None:
    (tmp_path / "agentgate.toml").write_text("[kinds]\nconnection = [{ message = 'toBe' }]\n")
    (tmp_path / "jest.xml").write_text(OTHER)
    assert triage(agentgate, "jest.xml", cwd=tmp_path)["causes"][0]["kind"] == "connection"


def test_what_the_record_knows_of_a_cause_is_told(agentgate: Agentgate, recorded: Path) -> None:
    causes = triage(agentgate, "junit.xml", cwd=recorded)["causes"]
    known = {cause["kind"]: cause["history"]["status"] for cause in causes}
    assert known["import"] == "known"


def test_hostile_reports_stay_on_their_lines(agentgate: Agentgate, tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text(OTHER.replace("adds", "a&#10;&#x9b;2J&#x202e;|").replace("expect", "&#x85;x"))
    shown = agentgate("triage", "-vv", "bad.xml", cwd=tmp_path).stdout
    assert "Cart::a" in shown
    assert shown.replace("\n", "").isprintable()
