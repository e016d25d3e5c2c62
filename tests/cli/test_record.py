"""``agentgate runs | report | compare | errors`` on a project with two runs, in pipes and in terminals."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_agentgate.report.formats import FORMATS
from pytest_agentgate.report.printable import columns

Agentgate = Callable[..., subprocess.CompletedProcess[str]]
Terminal = Callable[..., str]

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/agentgate-1.schema.json").read_text())
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DRAWN = re.compile("[\u2500-\u257f]")


def read(done: subprocess.CompletedProcess[str]) -> Any:
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def runs(agentgate: Agentgate, recorded: Path) -> list[str]:
    """The ids of the runs, newest first."""
    return [run["id"] for run in read(agentgate("runs", "--json", cwd=recorded))]


COMMANDS = [["runs"], ["report"], ["errors"], ["errors", "--all"], ["triage"], ["compare", "AFTER", "last"]]


@pytest.fixture(params=COMMANDS, ids=" ".join)
def command(request: pytest.FixtureRequest, runs: list[str]) -> list[str]:
    return [runs[1] if word == "AFTER" else word for word in request.param]


def test_runs_are_listed_newest_first(agentgate: Agentgate, recorded: Path, runs: list[str]) -> None:
    head, new, old = agentgate("runs", cwd=recorded).stdout.splitlines()
    assert head.split()[:5] == ["run", "status", "tests", "failed", "not"]
    assert new.split()[:5] == [runs[0], "completed", "6", "5", "0"]
    assert old.split()[:5] == [runs[1], "completed", "6", "5", "0"]
    began = [run["created_at"] for run in read(agentgate("runs", "--json", cwd=recorded))]
    assert began == sorted(set(began), reverse=True)
    assert len(agentgate("runs", "--limit", "1", cwd=recorded).stdout.splitlines()) == 2


def test_errors_of_a_kind_of_a_run(agentgate: Agentgate, recorded: Path, runs: list[str]) -> None:
    done = agentgate("errors", "--run", runs[1], "--kind", "import", cwd=recorded)
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [
        ["kind", "test", "when"],
        ["import", "test_gone.py", "collect"],
    ]
    found = read(agentgate("errors", "--json", cwd=recorded))
    assert sorted(error["nodeid"].partition("::")[2] for error in found) == [
        "",
        "test_n[\\x1b[31m]",
        "test_n[a|b]",
        "test_n[plain]",
        "test_to_break",
    ]
    assert {error["kind"] for error in found} == {"import", "assertion"}
    assert agentgate("errors", "--kind", "crash", cwd=recorded).stdout == f"no crash failures in run {runs[0]}\n"


def test_causes_of_all_runs(agentgate: Agentgate, recorded: Path, runs: list[str]) -> None:
    found = read(agentgate("errors", "--all", "--json", cwd=recorded))
    gone = next(one for one in found if one["kind"] == "import")
    assert (gone["runs"], gone["first_run"], gone["last_run"]) == (2, runs[1], runs[0])
    assert "gone" in agentgate("errors", "--all", "--kind", "import", cwd=recorded).stdout


def test_two_runs_compared(agentgate: Agentgate, recorded: Path, runs: list[str]) -> None:
    found = read(agentgate("compare", runs[1], runs[0], "--json", cwd=recorded))
    assert found["newly_failing"] == ["test_values.py::test_to_break"]
    assert found["fixed"] == ["test_values.py::test_to_mend"]
    assert len(found["still_failing"]) == 3
    assert [cause["kind"] for cause in found["causes_new"]] == ["assertion"]
    said = agentgate("compare", runs[1], runs[0], cwd=recorded).stdout
    assert "\n1 newly failing\n  assertion assert 1 == 2\n    test_values.py::test_to_break\n" in said
    assert "\n1 fixed\n  test_values.py::test_to_mend\n" in said
    assert "\n1 cause gone\n" in said
    assert agentgate("compare", runs[0], runs[0], cwd=recorded).stdout.count("still failing") == 1


def test_the_document_is_that_of_its_schema_whichever_way_it_is_asked_for(agentgate: Agentgate, recorded: Path) -> None:
    document = read(agentgate("report", "--json", cwd=recorded))
    jsonschema.validate(document, SCHEMA)
    assert document == read(agentgate("triage", "--json", cwd=recorded))
    assert document == read(agentgate("report", "--format", "json", cwd=recorded))
    assert document["counts"]["failed"] == 4
    assert document["run"]["workers"] == 2


def test_reports_of_each_format_go_to_files(agentgate: Agentgate, recorded: Path, tmp_path: Path) -> None:
    for form in ("text", "md", "json", "agent"):
        done = agentgate("report", "--format", form, "--output", str(tmp_path / "made" / form), cwd=recorded)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        shown = agentgate("report", "--format", form, cwd=recorded).stdout
        assert (tmp_path / "made" / form).read_text() == shown
    agentgate("report", "--format", "logs", "--output", str(tmp_path / "logs"), cwd=recorded)
    assert "test_gone.py" in (tmp_path / "logs" / "import_errors.log").read_text()
    assert (tmp_path / "logs" / "validation_errors.log").read_text() == "no validation failures\n"


def test_an_earlier_run_is_named_by_the_beginning_of_its_id(
    agentgate: Agentgate, recorded: Path, runs: list[str]
) -> None:
    assert read(agentgate("report", runs[1][:-2], "--json", cwd=recorded))["run"]["id"] == runs[1]
    assert read(agentgate("triage", "--run", runs[1], "--json", cwd=recorded))["run"]["id"] == runs[1]


@pytest.mark.parametrize(
    "words", [["report", "NEAR"], ["triage", "--run", "NEAR"], ["errors", "--run", "NEAR"], ["compare", "NEAR", "last"]]
)
def test_a_mistyped_run_is_one_line_with_what_is_near(
    agentgate: Agentgate, recorded: Path, runs: list[str], words: list[str]
) -> None:
    near = runs[0][:-1] + "_"
    done = agentgate(*[near if word == "NEAR" else word for word in words], cwd=recorded)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("agentgate: error: ")
    assert near in line
    assert line.endswith(f"; did you mean {runs[0]!r}?")


def test_a_folder_of_the_project_and_its_store_may_be_named(
    agentgate: Agentgate, recorded: Path, runs: list[str], tmp_path: Path
) -> None:
    assert runs[0] in agentgate("runs", "--root", str(recorded), cwd=tmp_path).stdout
    store = f"sqlite:///{recorded}/.agentgate/agentgate.db"
    assert runs[0] in agentgate("runs", "--store", store, cwd=tmp_path).stdout
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_was_lost_is_made_again_from_the_logs(
    agentgate: Agentgate, recorded: Path, runs: list[str], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(recorded, copy, ignore=shutil.ignore_patterns("*.db*"))
    assert [run["id"] for run in read(agentgate("runs", "--json", cwd=copy))] == runs
    assert (copy / ".agentgate" / "agentgate.db").exists()


@pytest.mark.parametrize("words", [["runs"], ["errors"], ["report"], ["triage"], ["triage", "junit.xml"]])
@pytest.mark.parametrize("store", ["foo", "sub/foo.db", "sqlite:///foo.db"])
def test_a_mistyped_store_is_not_made(agentgate: Agentgate, recorded: Path, words: list[str], store: str) -> None:
    before = sorted(recorded.iterdir())
    done = agentgate(*words, "--store", store, cwd=recorded)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"agentgate: error: --store {store}: there is no store\n"
    assert sorted(recorded.iterdir()) == before


def test_a_report_without_a_run_writes_no_file(agentgate: Agentgate, tmp_path: Path) -> None:
    done = agentgate("report", "--output", "report.txt", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"agentgate: error: {tmp_path}: no run is recorded here yet")
    assert list(tmp_path.iterdir()) == []


def test_logs_do_not_go_into_a_file(agentgate: Agentgate, recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = agentgate("report", "--format", "logs", "--output", str(tmp_path / "file"), cwd=recorded)
    assert (done.returncode, done.stderr) == (2, f"agentgate: error: {tmp_path / 'file'}: is not a folder\n")


def test_what_cannot_be_written_is_one_line(recorded: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    with full.open("w") as nowhere:
        done = subprocess.run(
            [sys.executable, "-m", "pytest_agentgate", "report", "--json"],
            cwd=recorded,
            stdout=nowhere,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (2, "agentgate: error: the output: No space left on device\n")


def test_a_reader_that_leaves_early_is_told_nothing(recorded: Path) -> None:
    ours, its = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "report", "--json"],
        cwd=recorded,
        stdout=its,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(its)
    assert (done.returncode, done.stderr) == (1, "")


def test_more_verbose_shows_tests_and_an_example(agentgate: Agentgate, recorded: Path) -> None:
    shown = agentgate("triage", "-v", cwd=recorded).stdout
    assert "\n  test_values.py::test_n[plain]\n" in shown
    assert "\n  for example test_gone.py:\n" in shown
    assert "    E   ModuleNotFoundError: No module named 'gone'\n" in shown
    assert "for example" not in agentgate("triage", cwd=recorded).stdout


def test_elsewhere_it_says_where_commands_are_meant_for(agentgate: Agentgate, recorded: Path, tmp_path: Path) -> None:
    said = f"the commands are meant for {recorded}\n"
    assert agentgate("triage", "--root", str(recorded), cwd=tmp_path).stdout.endswith(said)
    assert said not in agentgate("triage", cwd=recorded).stdout


def test_a_damaged_store_is_one_line(agentgate: Agentgate, recorded: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_text("this is no database, and was never meant to be one " * 100)
    done = agentgate("runs", "--store", str(damaged), cwd=recorded)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert str(damaged) in line


@pytest.mark.parametrize("name", ["runs", "errors", "report", "triage"])
def test_where_nothing_was_recorded_it_says_what_to_run_and_leaves_nothing_behind(
    agentgate: Agentgate, tmp_path: Path, name: str
) -> None:
    done = agentgate(name, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "no run is recorded here yet: start one with pytest --agentgate\n"
    found = read(agentgate(name, "--json", cwd=tmp_path))
    if name in ("report", "triage"):
        jsonschema.validate(found, SCHEMA)
        assert (found["run"], found["causes"]) == (None, [])
    else:
        assert found == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["compare", "a", "b"], ["report", "a"], ["errors", "--run", "a"]])
def test_where_nothing_was_recorded_no_run_can_be_named(agentgate: Agentgate, tmp_path: Path, words: list[str]) -> None:
    done = agentgate(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("agentgate: error: no run 'a': no run is recorded here yet")


# ---- what is seen


def test_a_pipe_gets_plain_lines_that_are_not_cut(agentgate: Agentgate, recorded: Path, command: list[str]) -> None:
    done = agentgate(*command, cwd=recorded, COLUMNS="40")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert not DRAWN.search(done.stdout)
    assert max(map(len, done.stdout.splitlines())) > 40
    assert done.stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize("wide", [80, 160])
def test_a_terminal_gets_colours_within_its_width(
    terminal: Terminal, recorded: Path, command: list[str], wide: int
) -> None:
    shown = terminal(*command, cwd=recorded, columns=wide)
    assert "\x1b[" in shown
    for line in ANSI.sub("", shown).splitlines():
        assert line.isprintable()
        assert columns(line) <= wide


def test_a_terminal_without_colours_gets_none(terminal: Terminal, recorded: Path, command: list[str]) -> None:
    assert "\x1b" not in terminal(*command, cwd=recorded, NO_COLOR="1")
    assert "\x1b" not in terminal(*command, cwd=recorded, TERM="dumb")


def test_colours_can_be_asked_for_in_a_pipe(agentgate: Agentgate, recorded: Path) -> None:
    assert "\x1b[" in agentgate("triage", cwd=recorded, FORCE_COLOR="1").stdout
    assert "\x1b" not in agentgate("triage", cwd=recorded, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_a_narrow_terminal_gets_the_columns_that_say_something(terminal: Terminal, recorded: Path) -> None:
    heads = {wide: ANSI.sub("", terminal("runs", cwd=recorded, columns=wide)).split("\n")[0] for wide in (60, 160)}
    assert "not run" in heads[160]
    assert heads[60].split() == ["run", "status", "tests", "failed", "agent"]


def test_a_terminal_that_cannot_show_a_character_gets_its_escape(agentgate: Agentgate, recorded: Path) -> None:
    assert "zoë" in agentgate("runs", cwd=recorded, PYTHONIOENCODING="utf-8").stdout
    assert "zo\\xeb" in agentgate("runs", cwd=recorded, PYTHONIOENCODING="ascii").stdout


def test_several_reports_are_written_at_once(agentgate: Agentgate, recorded: Path, tmp_path: Path) -> None:
    words = [word for name in FORMATS for word in ("--report", f"{name}:{tmp_path / name}")]
    done = agentgate("report", *words, cwd=recorded)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FORMATS)


def test_a_report_that_cannot_be_written_keeps_no_other_from_it(
    agentgate: Agentgate, recorded: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    words = ["--report", f"html:{tmp_path}/file/x.html", "--report", f"sarif:{tmp_path}/new/x.sarif"]
    done = agentgate("report", *words, cwd=recorded)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{tmp_path}/file/x.html: cannot write the report" in done.stderr
    assert (tmp_path / "new" / "x.sarif").is_file()


def test_every_format_of_one_text_is_printed_as_it_is_written(
    agentgate: Agentgate, recorded: Path, tmp_path: Path
) -> None:
    for name in ("md", "junit", "sarif", "html"):
        agentgate("report", "--report", f"{name}:{tmp_path / name}", cwd=recorded)
        printed = agentgate("report", "--format", name, cwd=recorded).stdout
        assert printed == (tmp_path / name).read_text(), name


@pytest.mark.parametrize("words", [["--json"], ["--format", "md"], ["--output", "x"]])
def test_a_form_and_a_list_of_reports_exclude_each_other(
    agentgate: Agentgate, recorded: Path, words: list[str]
) -> None:
    done = agentgate("report", "--report", "md:x.md", *words, cwd=recorded)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--report names formats and files" in done.stderr
