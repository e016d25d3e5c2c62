"""An installed plugin that nobody asked for costs next to nothing: it loads almost nothing and registers nothing.

Each test asks a child process what it loaded: once with a plugin and once without.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import pytest_agentgate

US = "pytest_agentgate"
SOURCES = Path(pytest_agentgate.__file__).parents[1]

CHILD = """
import json, sys
import pytest

class Probe:
    def pytest_unconfigure(self, config):
        names = []
        for plugin in config.pluginmanager.get_plugins():
            kind = type(plugin)
            names.append(plugin.__name__ if kind is type(sys) else f"{kind.__module__}.{kind.__qualname__}")
        with open(sys.argv[1], "w") as file:
            json.dump({"modules": sorted(sys.modules), "plugins": sorted(names)}, file)

sys.exit(pytest.main(sys.argv[2:], plugins=[Probe()]))
"""


@dataclass(frozen=True)
class Loaded:
    """What a pytest process had in it when it was over."""

    modules: frozenset[str]
    plugins: frozenset[str]  # of a module its name, of an object that of its type

    def __sub__(self, other: Loaded) -> Loaded:
        return Loaded(self.modules - other.modules, self.plugins - other.plugins)


@dataclass(frozen=True)
class Suite:
    """A folder with one passing test, and the ways to run it in a process of its own."""

    folder: Path

    def run(self, *arguments: str, autoload: bool = False) -> Loaded:
        answer = self.folder / "answer.json"
        path = os.pathsep.join([str(self.folder), str(SOURCES)])
        environ = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        if not autoload:
            environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        command = [sys.executable, "-c", CHILD, str(answer), "-q", "-p", "no:cacheprovider", *arguments]
        process = subprocess.run(command, cwd=self.folder, env=environ, capture_output=True, text=True)
        assert process.returncode == 0, process.stdout + process.stderr
        return Loaded(**{key: frozenset(names) for key, names in json.loads(answer.read_text()).items()})

    def added_by(self, plugin: str) -> Loaded:
        """What a plugin adds to a run by being there."""
        return self.run("-p", plugin) - self.run()


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    (tmp_path / "test_one.py").write_text("def test_one():\n    assert True\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return Suite(tmp_path)


def test_without_its_option_the_plugin_adds_its_own_module_and_the_hooks(suite: Suite) -> None:
    added = suite.added_by(f"{US}.plugin")
    assert added.modules == {US, f"{US}.plugin", f"{US}.hookspecs"}
    assert added.plugins == {f"{US}.plugin"}


def test_installed_it_is_found_by_its_entry_point_and_stays_as_quiet(suite: Suite) -> None:
    assert [point.value for point in entry_points(group="pytest11", name="agentgate")] == [f"{US}.plugin"]
    loaded = suite.run(autoload=True)
    assert {name for name in loaded.modules if name.partition(".")[0] == US} == {US, f"{US}.plugin", f"{US}.hookspecs"}
    assert {name for name in loaded.plugins if name.partition(".")[0] == US} == {f"{US}.plugin"}


def test_the_run_leaves_nothing_behind(suite: Suite) -> None:
    suite.run("-p", f"{US}.plugin")
    assert not (suite.folder / ".agentgate").exists()


def test_asked_for_it_wakes_up(suite: Suite) -> None:
    loaded = suite.run("-p", f"{US}.plugin", "--agentgate")
    assert f"{US}.recorder" in loaded.modules
    assert any(name.startswith(f"{US}.recorder.") for name in loaded.plugins)


def test_a_plugin_that_is_not_quiet_is_seen(suite: Suite) -> None:
    (suite.folder / "loud.py").write_text(
        "import sqlite3\nclass Ear: ...\ndef pytest_configure(config):\n    config.pluginmanager.register(Ear())\n"
    )
    (suite.folder / "quiet.py").write_text("def pytest_configure(config): ...\n")
    loud = suite.added_by("loud")
    assert {"loud", "sqlite3"} <= loud.modules
    assert loud.plugins == {"loud", "loud.Ear"}
    assert suite.added_by("quiet") == Loaded(frozenset({"quiet"}), frozenset({"quiet"}))


def loaded_by_import(package: str, folder: Path) -> set[str]:
    """The modules that ``import package`` adds to an interpreter which has loaded nothing but what it starts with."""
    code = f"""
import sys
sys.path.insert(0, {str(folder)!r})
before = set(sys.modules)
import {package}
print(*(set(sys.modules) - before), sep="\\n")
"""
    process = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    return set(process.stdout.split())


def test_importing_the_package_imports_nothing_else() -> None:
    assert loaded_by_import(US, SOURCES) == {US}


def test_a_package_that_imports_something_is_seen(tmp_path: Path) -> None:
    (tmp_path / "eager.py").write_text("import json\n")
    assert {"eager", "json"} <= loaded_by_import("eager", tmp_path)
