"""What a foreign interpreter is lent."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_agentgate.runner.injection import (
    INSIDE,
    OUTSIDE,
    inject,
    inside_data,
    inside_files,
    is_inside,
)

VERSION = "1.2.3"


@pytest.mark.parametrize("module", [*INSIDE, *OUTSIDE])
def test_what_is_listed_exists(module: str) -> None:
    assert find_spec(module) is not None


@pytest.mark.parametrize("module", OUTSIDE)
def test_what_is_left_out_would_be_inside_otherwise(module: str) -> None:
    assert any(module.startswith(f"{package}.") for package in INSIDE)


@pytest.mark.parametrize(
    ("module", "inside"),
    [
        ("pytest_agentgate", True),
        ("pytest_agentgate.plugin", True),
        ("pytest_agentgate.capture.facts.pydantic", True),
        ("pytest_agentgate.capture.junit", False),
        ("pytest_agentgate.pluginless", False),
        ("pytest_agentgate.cli", False),
        ("pytest", False),
    ],
)
def test_inside_is_decided_by_whole_names(module: str, inside: bool) -> None:
    assert is_inside(module) is inside


def test_the_folder_holds_every_inside_module_and_no_other(tmp_path: Path) -> None:
    inside = Path(inject(tmp_path, VERSION, {})["PYTHONPATH"])
    held = {path.relative_to(inside).as_posix() for path in inside.rglob("*.py")}
    assert held == {
        (module.replace(".", "/") + ("/__init__.py" if file.name == "__init__.py" else ".py"))
        for module, file in inside_files().items()
    }
    assert not {name for name in held if name.startswith("pytest_agentgate/cli")}


def test_the_folder_holds_what_inside_modules_read_and_no_other_data(tmp_path: Path) -> None:
    inside = Path(inject(tmp_path, VERSION, {})["PYTHONPATH"])
    held = {path.name for path in (inside / "pytest_agentgate").rglob("*") if path.is_file()}
    data = {path.name for path in inside_data()}
    assert {name for name in held if not name.endswith(".py")} == data
    assert {"style.css", "page.js"} <= data
    assert "pyproject.toml" not in data  # of the demo, which runs outside


def test_an_interpreter_without_site_packages_renders_the_page(tmp_path: Path) -> None:
    script = (
        "from pytest_agentgate.model import Run, RunReport, RunStatus, RunSummary\n"
        "from pytest_agentgate.report.html import render\n"
        "print(render(RunReport(RunSummary(Run('run-7', '', RunStatus.COMPLETED)))))"
    )
    environ = inject(tmp_path, VERSION, {**os.environ, "PYTHONPATH": ""})
    said = subprocess.check_output([sys.executable, "-S", "-c", script], env=environ, text=True, cwd=tmp_path)
    assert "run-7" in said
    assert said.rstrip().endswith("</html>")


def test_an_interpreter_without_site_packages_finds_the_entry_point(tmp_path: Path) -> None:
    script = (
        "from importlib.metadata import entry_points, version;"
        "(point,) = entry_points(group='pytest11', name='agentgate'); print(version('pytest-agentgate'), point.value)"
    )
    environ = inject(tmp_path, VERSION, {**os.environ, "PYTHONPATH": ""})
    said = subprocess.check_output([sys.executable, "-S", "-c", script], env=environ, text=True)
    assert said.split() == [VERSION, "pytest_agentgate.plugin"]


@pytest.mark.parametrize(("before", "after"), [({}, ""), ({"PYTHONPATH": ""}, ""), ({"PYTHONPATH": "a:b"}, ":a:b")])
def test_what_the_user_has_on_the_path_stays_there(before: dict[str, str], after: str, tmp_path: Path) -> None:
    after = after.replace(":", os.pathsep)
    expected = {"OTHER": "x", "PYTHONPATH": f"{tmp_path / 'inside'}{after}"}
    assert inject(tmp_path, VERSION, {**before, "OTHER": "x"}) == expected
