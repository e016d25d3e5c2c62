"""The group: commands are found, imported when used, and wrong usage is one line."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pytest_agentgate.cli import COMMANDS, main, suggestion


def run(*args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", *args], capture_output=True, text=True, env=env, timeout=120
    )


def test_the_module_is_the_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: agentgate [OPTIONS] COMMAND [ARGS]...")
    assert done.stdout == CliRunner().invoke(main, ["--help"]).output


def test_the_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert run("--version").stdout == f"agentgate {version('pytest-agentgate')}\n"


def test_without_arguments_it_helps() -> None:
    assert CliRunner().invoke(main, []).output == CliRunner().invoke(main, ["--help"]).output


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_where_the_table_says_and_helps_with_an_example(name: str) -> None:
    with click.Context(main) as context:
        command = main.get_command(context, name)
    assert command is not None
    assert command.name == name
    help_text = CliRunner().invoke(main, [name, "--help"]).output
    assert "Example" in help_text
    assert f"  agentgate {name}" in help_text


def test_help_imports_no_command() -> None:
    code = (
        "import sys\n"
        "from pytest_agentgate.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'rich', 'sqlite3', 'junitparser', 'pytest', 'json'} & set(sys.modules)), file=sys.stderr)\n"
        "print([m for m in sys.modules if m.startswith('pytest_agentgate.')], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    heavy, ours = done.stderr.splitlines()
    assert heavy == "[]"
    assert "pytest_agentgate.cli" in ours
    assert "pytest_agentgate.cli." not in ours


def test_help_waits_for_no_library_but_click() -> None:
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"  # those of the environment
        "from pytest_agentgate.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)\n"
        "print(sorted(new), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr == "['click', 'pytest_agentgate']\n"


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["rnus"], r"no such command 'rnus'; did you mean 'runs'\?"),
        (["frobnicate"], r"no such command 'frobnicate' \(see agentgate --help\)"),
        (["--frobnicate"], r"no such option\W+--frobnicate'? \(see agentgate --help\)"),
        (
            ["runs", "--limit", "many"],
            r"invalid value for '--limit': 'many' is not a number \(see agentgate runs --help\)",
        ),
        (["run", "tests", "-q"], "no option '-q': pytest's options go behind --, as in: agentgate run -- -q"),
        (
            ["run", "--report", "jsn:x"],
            "--report: no format 'jsn'; did you mean 'json'\\?; the formats are json, md, html, .*, logs",
        ),
        (["triage", "."], "\\. is a folder: give its files"),
        (["compare", "one"], r"missing argument 'AFTER' \(see agentgate compare --help\)"),
        (["report", "--json", "--format", "md"], "--json and --format md exclude each other"),
        (["report", "--format", "logs"], "--format logs writes several files: name their folder with --output"),
    ],
)
def test_wrong_usage_is_one_line_and_exits_2(args: list[str], line: str) -> None:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 2
    assert re.fullmatch(f"agentgate: error: {line}\n", result.output)


@pytest.mark.parametrize("family", ["codemod", "services", "store"])
def test_a_family_of_commands_alone_helps(family: str) -> None:
    result = CliRunner().invoke(main, [family])
    assert (result.exit_code, result.output.splitlines()[0]) == (
        0,
        f"Usage: agentgate {family} [OPTIONS] COMMAND [ARGS]...",
    )
    mistyped = CliRunner().invoke(main, [family, "frobnicate"])
    assert mistyped.output == f"agentgate: error: no such command 'frobnicate' (see agentgate {family} --help)\n"


def test_nothing_near_is_suggested_for_what_is_far() -> None:
    assert suggestion("rnus", ["runs", "report"]) == "; did you mean 'runs'?"
    assert suggestion("zzz", ["runs", "report"]) == ""


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m pytest_agentgate --help | head -c 10", shell=True, capture_output=True, text=True
    )
    assert done.stdout == "Usage: age"
    assert done.stderr == ""


INTERRUPTED = """
import sys

class Impatient:
    def find_spec(self, name, *_):
        if name == "pytest_agentgate.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Impatient())
from pytest_agentgate.__main__ import main
main()
"""


def test_ctrl_c_while_it_starts_is_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
