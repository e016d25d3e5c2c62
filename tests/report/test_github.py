"""What GitHub's runner would make of the commands: read back as it reads them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.model import RunReport, RunSummary
from pytest_agentgate.report.github import MOST, ROOM, announce, commands, render, step_summary

ROOT = "/builds/shop/shop"
COMMAND = re.compile(r"::(error|warning|notice) (.*?)::(.*)")


def read(text: str) -> list[dict[str, str]]:
    """The runner's own reading: a line that begins with ``::``, properties parted by commas, then unescaped."""
    found = []
    for line in text.splitlines():
        match = COMMAND.fullmatch(line)
        assert match, line
        told = {"level": match[1], "message": unescaped(match[3], "")}
        for part in match[2].split(","):
            name, equals, value = part.partition("=")
            assert equals
            assert name in {"title", "file", "line"}
            told[name] = unescaped(value, ":,")
        found.append(told)
    return found


def unescaped(text: str, also: str) -> str:
    assert not set(text) & {"\r", "\n", *also}
    for character in ("\r", "\n", *also):
        text = text.replace(f"%{ord(character):02X}", character)
    return text.replace("%25", "%")


@pytest.fixture
def judged(report: RunReport) -> RunSummary:
    return replace(report.summary, run=replace(report.summary.run, root=ROOT))


def test_gates_that_broke_come_first_then_one_annotation_a_cause(judged: RunSummary) -> None:
    errors = [one for one in read(commands(judged, ROOT)) if one["level"] == "error"]
    assert [one["title"].partition(":")[0] for one in errors] == [
        "gate speed", "gate speed", "gate release", "validation", "import", "assertion", "connection",
    ]  # fmt: skip
    slow = errors[0]["message"].splitlines()
    assert slow[0] == "speed: property.latency.p95 <= 200 ms: failed: measured 210 ms, wanted <= 200 ms"
    assert slow[1:4] == ["tests/test_api.py::test_get: 340 ms", "and 3 more", "measured over 12 things"]


def test_a_cause_stands_at_its_line_of_the_repository(judged: RunSummary) -> None:
    (model,) = [one for one in read(commands(judged, ROOT)) if one["title"].startswith("validation")]
    assert (model["file"], model["line"]) == ("src/orchestrator/config.py", "41")
    below = replace(judged, run=replace(judged.run, root=f"{ROOT}/services/api"))
    (model,) = [one for one in read(commands(below, ROOT)) if one["title"].startswith("validation")]
    assert model["file"] == "services/api/src/orchestrator/config.py"


def test_no_file_is_named_that_is_not_in_the_repository(judged: RunSummary) -> None:
    for workspace in ("/elsewhere", "", f"{ROOT}/services"):
        assert not [one for one in read(commands(judged, workspace)) if "file" in one]
    cause = judged.causes[0]
    for path in ("/usr/lib/x.py", "../x.py"):
        frames = tuple(replace(frame, path=path) for frame in cause.exemplar.evidence.raised.frames)
        raised = replace(cause.exemplar.evidence.raised, frames=frames)
        evidence = replace(cause.exemplar.evidence, chain=(raised,))
        outside = replace(cause, exemplar=replace(cause.exemplar, evidence=evidence))
        (one,) = read(commands(replace(judged, causes=(outside,), judgement=None), ROOT))
        assert "file" not in one


def test_what_github_would_drop_in_silence_is_counted(run: RunSummary) -> None:
    causes = tuple(replace(run.causes[0], signature=f"c1:{number:016x}") for number in range(37))
    told = read(commands(replace(run, causes=causes), ROOT))
    assert [one["level"] for one in told] == ["error"] * MOST + ["notice"]
    assert told[-1]["message"] == (
        "27 more errors of 37, which GitHub would not show; all of them: "
        "the summary of this step, or: agentgate report 20260131T120000-9f2c41d0"
    )


@pytest.mark.parametrize(
    ("gates", "causes", "shown"), [(12, 12, (5, 5)), (12, 3, (7, 3)), (2, 12, (2, 8)), (12, 0, (10, 0))]
)
def test_gates_leave_room_for_the_causes_which_say_where(
    judged: RunSummary, gates: int, causes: int, shown: tuple[int, int]
) -> None:
    assert judged.judgement is not None
    phase = judged.judgement.phases[1]
    broken = replace(judged.judgement, phases=(replace(phase, gates=phase.gates[:1] * gates),))
    many = tuple(replace(judged.causes[0], signature=f"c1:{number:016x}") for number in range(causes))
    *told, last = read(commands(replace(judged, causes=many, judgement=broken), ROOT))
    of_gates = [one for one in told if one["title"].startswith("gate ")]
    assert (len(of_gates), len(told) - len(of_gates)) == shown
    assert last["level"] == "notice"
    assert last["message"].startswith(f"{gates + causes - MOST} more errors of {gates + causes},")


def test_exactly_ten_need_no_notice(run: RunSummary) -> None:
    causes = tuple(replace(run.causes[0], signature=f"c1:{number:016x}") for number in range(MOST))
    assert [one["level"] for one in read(commands(replace(run, causes=causes), ROOT))] == ["error"] * MOST


def test_nothing_broke_nothing_is_said(run: RunSummary) -> None:
    assert commands(replace(run, causes=()), ROOT) == ""


@given(data=st.data())
def test_any_text_stays_in_its_command(data: st.DataObject, hostile_reports: st.SearchStrategy[RunReport]) -> None:
    told = read(render(data.draw(hostile_reports)))
    for level in ("error", "warning"):
        assert sum(one["level"] == level for one in told) <= MOST


# ---- the summary of the step


def many(run: RunSummary, number: int) -> RunSummary:
    cause = run.causes[0]
    return replace(run, causes=tuple(replace(cause, signature=f"c1:{one:016x}", size=one) for one in range(number)))


@pytest.mark.parametrize("room", [100_000, 20_000, 3_000])
def test_a_summary_that_would_be_too_long_loses_whole_causes_and_says_so(run: RunSummary, room: int) -> None:
    summary = many(run, 1000)
    text = step_summary(summary, room)
    assert len(text.encode()) <= room
    rows = re.findall(r"^\| [\d,]+ \| validation .* \|$", text, re.M)
    assert 0 < len(rows) < 1000
    assert f"{1000 - len(rows):,} causes left out" in text.splitlines()[-1]
    assert text.splitlines()[0] == step_summary(summary, 10**9).splitlines()[0]
    assert len(step_summary(summary, room).encode()) > room * 0.5 or room < 20_000


def test_a_summary_with_room_is_the_report(run: RunSummary) -> None:
    assert "left out" not in step_summary(run)


def test_no_summary_where_there_is_no_room_at_all(run: RunSummary) -> None:
    assert step_summary(run, 10) == ""
    assert len(step_summary(run, 100).encode()) <= 100


# ---- in a job


def test_a_job_gets_annotations_and_a_summary_below_what_is_there(judged: RunSummary, tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    written: list[str] = []
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": ROOT, "GITHUB_STEP_SUMMARY": str(path)}
    announce(RunReport(judged), environ, written.append)
    assert "".join(written) == commands(judged, ROOT)
    assert path.read_text().startswith("before\n# ")


@pytest.mark.parametrize(
    "environ", [{}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_ACTIONS": "true", "AGENTGATE_GITHUB": "off"}]
)
def test_elsewhere_nothing_is_said(judged: RunSummary, environ: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    written: list[str] = []
    announce(RunReport(judged), {**environ, "GITHUB_STEP_SUMMARY": str(path)}, written.append)
    assert written == []
    assert not path.exists()


def test_a_summary_that_is_nearly_full_is_not_made_too_long(judged: RunSummary, tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("x" * (ROOM - 500))
    announce(RunReport(judged), {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(path)}, lambda text: None)
    assert path.stat().st_size <= 1024 * 1024


def test_a_summary_that_cannot_be_written_is_one_line_with_its_path(judged: RunSummary, tmp_path: Path) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path)}
    with pytest.raises(AgentgateError, match="cannot add to the step's summary") as caught:
        announce(RunReport(judged), environ, lambda text: None)
    assert str(tmp_path) in str(caught.value)
