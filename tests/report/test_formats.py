import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_agentgate.errors import AgentgateError, UsageError
from pytest_agentgate.model import Kind, RunReport, RunSummary
from pytest_agentgate.report.formats import FORMATS, ReportTarget, parse, parse_all, write


@pytest.mark.parametrize(
    ("option", "target"),
    [
        ("md:out.md", ReportTarget("md", Path("out.md"))),
        ("json:C:\\x\\y.json", ReportTarget("json", Path("C:\\x\\y.json"))),
        ("logs:a:b", ReportTarget("logs", Path("a:b"))),
    ],
)
def test_a_target_is_a_format_and_a_path(option: str, target: ReportTarget) -> None:
    assert parse(option) == target


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("out.md", "'out.md' is not FORMAT:PATH"),
        ("C:\\out.md", "no format 'C'"),
        ("jsn:x", "no format 'jsn'; did you mean 'json'?"),
        ("md:", "'md:' names no path"),
        ("", "'' is not FORMAT:PATH"),
    ],
)
def test_a_wrong_target_is_refused_in_one_line(option: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(option)
    assert str(caught.value) == f"--agentgate-report: {message}; the formats are {', '.join(FORMATS)}"


def test_one_format_may_go_to_several_places_and_two_reports_not_to_one() -> None:
    assert [target.path.name for target in parse_all(["md:a.md", "md:b.md", "md:/dev/null", "md:/dev/null"])] == [
        "a.md", "b.md", "null", "null",
    ]  # fmt: skip
    with pytest.raises(UsageError, match=r"--report: two reports go to a\.md: give each a path of its own"):
        parse_all(["md:a.md", "json:./a.md"], "--report")


def test_folders_are_made_and_files_replaced(tmp_path: Path, run: RunSummary) -> None:
    path = tmp_path / "a" / "b.json"
    assert write(ReportTarget("json", path), RunReport(run)) == [path]
    write(ReportTarget("json", path), RunReport(replace(run, causes=())))
    assert json.loads(path.read_text())["causes"] == []
    assert list(path.parent.iterdir()) == [path]


def test_logs_are_a_folder_without_what_an_earlier_run_said(tmp_path: Path, run: RunSummary) -> None:
    failure = run.causes[0].exemplar
    other = replace(failure, reason=replace(failure.reason, kind=Kind.TIMEOUT))
    (tmp_path / "notes.txt").write_text("mine")
    write(ReportTarget("logs", tmp_path), RunReport(run, failures=(other,)))
    assert failure.nodeid in (tmp_path / "timeout_errors.log").read_text()
    write(ReportTarget("logs", tmp_path), RunReport(run, failures=(failure,)))
    assert (tmp_path / "timeout_errors.log").read_text() == "no timeout failures\n"
    assert failure.nodeid in (tmp_path / "validation_errors.log").read_text()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_report_that_cannot_be_written_is_one_line_with_its_path(tmp_path: Path, run: RunSummary) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "out.md"
    with pytest.raises(AgentgateError, match="cannot write the report") as caught:
        write(ReportTarget("md", path), RunReport(run))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(AgentgateError, match="is a folder"):
        write(ReportTarget("md", tmp_path), RunReport(run))
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_what_a_link_points_to_is_written_and_the_link_stays(tmp_path: Path, run: RunSummary) -> None:
    there, link = tmp_path / "there.md", tmp_path / "link.md"
    there.write_text("old")
    link.symlink_to(there)
    write(parse(f"md:{link}"), RunReport(run))
    assert link.is_symlink()
    assert there.read_text() != "old"


def test_a_pipe_is_written_and_stays_one(tmp_path: Path, run: RunSummary) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(parse(f"md:{pipe}"), RunReport(run))
        assert os.read(reader, 100_000)
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_the_current_folder_is_no_file(tmp_path: Path, run: RunSummary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AgentgateError, match="is a folder"):
        write(parse("md:."), RunReport(run))
