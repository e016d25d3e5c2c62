"""The inside part runs where pytest is installed and nothing else: shown by refusing every other library in a child."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_agentgate

SOURCES = Path(pytest_agentgate.__file__).parents[1]

# What pytest itself is made of, by the names of modules; the rest of an environment is none of ours.
PYTEST = (
    "pytest",
    "_pytest",
    "py",
    "pluggy",
    "iniconfig",
    "packaging",
    "pygments",
    "exceptiongroup",
    "tomli",
    "colorama",
)
OURS = ("pytest_agentgate", "reaching")

CHILD = """
import json, sys

allowed = {*sys.stdlib_module_names, *sys.argv[2].split(",")}
refused = []

class Border:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            frame = sys._getframe(1)
            while frame.f_globals.get("__name__", "").partition(".")[0] in ("importlib", "_frozen_importlib"):
                frame = frame.f_back
            refused.append([frame.f_globals.get("__name__", ""), name])
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Border())
import pytest

status = pytest.main(sys.argv[3:])
with open(sys.argv[1], "w") as file:
    json.dump(refused, file)
sys.exit(status)
"""

SUITE = {
    "shop.py": "def price(item): return {'tea': 3}[item]\n",
    "test_shop.py": """
import shop

def test_price():
    assert shop.price("tea") == 4

def test_unknown():
    shop.price("coffee")

def test_gone():
    shop.order("tea")

def test_module():
    import shop_orders

def test_fine():
    assert shop.price("tea") == 3
""",
    "reaching.py": "try:\n    import click\nexcept ImportError:\n    pass\n",
}


def run_alone(folder: Path, *arguments: str) -> tuple[str, list[str]]:
    """Run the suite where only pytest can be imported; -> what was printed, which of ours reached for what."""
    for name, text in SUITE.items():
        (folder / name).write_text(text)
    answer = folder / "refused.json"
    allowed = [*PYTEST, *OURS, *(Path(name).stem for name in SUITE)]
    command = [sys.executable, "-c", CHILD, str(answer), ",".join(allowed), "-p", "pytest_agentgate.plugin", *arguments]
    path = os.pathsep.join([str(folder), str(SOURCES)])
    environ = {**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert answer.exists(), process.stdout + process.stderr
    refused = json.loads(answer.read_text())
    ours = [
        f"{module}: {name}" for module, name in refused if module.partition(".")[0] in ("pytest_agentgate", "reaching")
    ]
    return process.stdout + process.stderr, ours


@pytest.mark.parametrize("output", ["human", "agent"])
def test_a_run_is_captured_triaged_recorded_and_reported_with_nothing_but_pytest(tmp_path: Path, output: str) -> None:
    reports = [f"--agentgate-report={name}" for name in ("md:out/run.md", "json:out/run.json", "logs:out/logs")]
    printed, refused = run_alone(tmp_path, "--agentgate", f"--agentgate-output={output}", *reports)
    assert refused == []
    assert "4 failed, 1 passed" in printed
    document = json.loads((tmp_path / "out" / "run.json").read_text())
    kinds = [cause["kind"] for cause in document["causes"]]
    assert len(kinds) == 4
    assert {"assertion", "import"} <= set(kinds)
    assert [path.suffix for path in (tmp_path / ".agentgate" / "runs").iterdir()] == [".jsonl"]
    assert (tmp_path / ".agentgate" / "agentgate.db").exists()
    assert (tmp_path / "out" / "run.md").exists()


def test_a_module_that_reaches_for_a_library_is_seen(tmp_path: Path) -> None:
    _, refused = run_alone(tmp_path, "-p", "reaching")
    assert refused == ["reaching: click"]


def test_a_run_is_judged_with_nothing_but_pytest(tmp_path: Path) -> None:
    gates = '["tests.failed == 0", "coverage.percent >= 80%", "property.latency.p95 <= 200"]'
    (tmp_path / "pyproject.toml").write_text(f'[[tool.agentgate.phase]]\nname = "sound"\ngates = {gates}\n')
    printed, refused = run_alone(tmp_path, "--agentgate-phase", "sound", "--agentgate-report", "md:run.md")
    assert refused == []
    assert "agentgate: gates failed (exit status 10)" in printed
    assert "unavailable" in (tmp_path / "run.md").read_text()
