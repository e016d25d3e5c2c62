import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentgate.model import Evidence, Failure, RunSummary
from pytest_agentgate.model.judgement import Judgement
from pytest_agentgate.report.document import document, written

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/agentgate-1.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read(summary: RunSummary) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(written(summary))
    return read


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_refuses_what_is_no_document(run: RunSummary) -> None:
    for key in ("schema", "run", "counts", "causes"):
        broken = document(run)
        del broken[key]
        assert not VALIDATOR.is_valid(broken)


def test_the_keys_are_those_of_the_documented_form_in_its_order(run: RunSummary) -> None:
    data = read(run)
    assert list(data) == [
        "schema", "run", "counts", "causes", "judgement", "phases", "gates", "findings", "attempts",
        "repair",
    ]  # fmt: skip
    assert data["schema"] == "agentgate/1"
    assert list(data["causes"][0]) == [
        "signature", "kind", "title", "size", "hidden", "files", "tests", "exemplar", "suspects", "next_action",
        "rerun", "lack", "history",
    ]  # fmt: skip


def test_it_says_what_is_known(run: RunSummary) -> None:
    data = read(run)
    assert data["run"]["commit"] == run.run.commit
    assert data["run"]["workers"] == 2
    assert data["counts"]["not_run"] == 33
    assert [cause["size"] for cause in data["causes"]] == [264, 24, 4, 3]
    assert data["causes"][1]["hidden"] == 1204
    assert data["causes"][1]["exemplar"] == {
        "nodeid": "tests/test_rooms.py",
        "scope": "collect",
        "when": "collect",
        "type": "ModuleNotFoundError",
        "message": "No module named 'livekit'",
        "crash": {"path": "tests/test_rooms.py", "line": 3, "function": "<module>", "role": "test"},
    }
    assert data["causes"][2]["history"] == {"status": "regressed", "seen": 0}


def test_a_library_is_not_where_it_crashed_if_own_code_called_it(run: RunSummary) -> None:
    assert read(run)["causes"][0]["exemplar"]["crash"]["path"] == "src/orchestrator/config.py"


def test_order_does_not_matter(run: RunSummary) -> None:
    turned = [replace(cause, tests=cause.tests[::-1], files=cause.files[::-1]) for cause in run.causes[::-1]]
    assert written(replace(run, causes=tuple(turned))) == written(run)


def on_another_worker(failure: Failure, message: str) -> Failure:
    raised = replace(failure.evidence.raised, message=message)
    return replace(failure, evidence=Evidence((raised,), worker="gw7"), text="[gw7] linux")


@pytest.mark.parametrize(
    ("serial", "distributed"),
    [
        ("no key in <Shop object at 0x7f12ab34cd50>", "no key in <Shop object at 0x7e9900001110>"),
        ("assert {'error':...f7fba781c7700>)}", "assert {'error':...f7192c185980>)}"),
        ("/tmp/pytest-of-ada/pytest-12/test_a0/x.toml", "/tmp/pytest-of-ada/pytest-13/popen-gw0/test_a0/x.toml"),
    ],
)
def test_serial_and_distributed_runs_differ_under_run_only(run: RunSummary, serial: str, distributed: str) -> None:
    alone = replace(run.causes[0], exemplar=on_another_worker(run.causes[0].exemplar, serial))
    spread = replace(run.causes[0], exemplar=on_another_worker(run.causes[0].exemplar, distributed))
    one = document(RunSummary(replace(run.run, workers=0, duration=1.0, id="a"), (alone,)))
    two = document(RunSummary(replace(run.run, workers=3, duration=2.0, id="b"), (spread,)))
    assert one.pop("run") != two.pop("run")
    assert json.dumps(one) == json.dumps(two)


@settings(max_examples=60)
@given(st.data())
def test_any_run_is_ascii_json_of_the_documented_form(
    hostile: st.SearchStrategy[RunSummary], data: st.DataObject
) -> None:
    summary = data.draw(hostile)
    text = written(summary)
    assert text.isascii()
    VALIDATOR.validate(json.loads(text))
    assert sorted(cause.title for cause in summary.causes) == sorted(c["title"] for c in json.loads(text)["causes"])


def test_what_was_judged_stands_by_phases_and_by_gates(run: RunSummary, judgement: Judgement) -> None:
    data = read(replace(run, judgement=judgement))
    VALIDATOR.validate(data)
    assert (data["judgement"]["state"], data["judgement"]["exit_status"]) == ("failed", 10)
    assert [(one["phase"], one["state"]) for one in data["phases"]] == [
        ("imports", "warned"),
        ("speed", "failed"),
        ("release", "not_attempted"),
    ]
    assert [gate["state"] for gate in data["gates"]] == ["passed", "warned", "failed", "unavailable"]
    slow = data["gates"][2]
    assert list(slow)[:6] == ["phase", "condition", "state", "measured", "wanted", "unit"]
    assert (slow["phase"], slow["measured"], slow["wanted"], slow["unit"]) == ("speed", 0.21, "<= 200 ms", "seconds")
    assert slow["items"] == [{"name": "tests/test_api.py::test_get", "value": 0.34, "note": ""}]


def test_the_schema_refuses_what_is_no_judgement(run: RunSummary, judgement: Judgement) -> None:
    for part, key in (("judgement", "state"), ("phases", "why"), ("gates", "measured"), ("gates", "items")):
        broken: Any = document(replace(run, judgement=judgement))
        place = broken[part] if part == "judgement" else broken[part][0]
        del place[key]
        assert not VALIDATOR.is_valid(broken), (part, key)


@settings(max_examples=60)
@given(st.data())
def test_any_judgement_is_of_the_documented_form(
    run: RunSummary, hostile_judgements: st.SearchStrategy[Judgement], data: st.DataObject
) -> None:
    text = written(replace(run, judgement=data.draw(hostile_judgements)))
    assert text.isascii()
    VALIDATOR.validate(json.loads(text, parse_constant=lambda name: f"{name} is no JSON"))
