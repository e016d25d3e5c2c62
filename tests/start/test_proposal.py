"""What is written: accepted by those who read it, and nothing of what was there is touched."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.config import find_project, read_config
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.gates.phases import verify
from pytest_agentgate.model import Kind
from pytest_agentgate.model.judgement import Severity
from pytest_agentgate.start.findings import Found, look
from pytest_agentgate.start.proposal import configuration, propose
from pytest_agentgate.start.running import Runner
from pytest_agentgate.start.tools import Coverage, Tool

Write = Callable[[Mapping[str, str]], Path]

PYTEST = Runner("pytest", "", "python -m pytest OPTIONS")
BARE = Found(PYTEST)
FULL = Found(
    PYTEST,
    source=("src",),
    tests=("tests",),
    coverage=Coverage("pyproject.toml", 85.0),
    checks=(Tool("mypy", "mypy.ini", "mypy src"), Tool("ruff", "ruff.toml", "ruff check")),
)


def test_the_phases_are_the_steps_of_a_repair() -> None:
    config = read_config(configuration(FULL, Path("pyproject.toml")), Path("pyproject.toml"))
    assert config is not None
    assert (config.source, config.tests) == (("src",), ("tests",))
    assert {check.name: check.command for check in config.checks} == {
        "mypy": ("mypy", "src"),
        "ruff": ("ruff", "check"),
    }
    assert [(phase.name, phase.needs, phase.repairs) for phase in config.phases] == [
        ("imports", (), (Kind.IMPORT,)),
        ("interface", ("imports",), (Kind.VALIDATION, Kind.INTERFACE)),
        ("tests", ("interface",), ()),
        ("quality", ("tests",), ()),
    ]
    assert [gate.condition for gate in config.phases[3].gates] == [
        "coverage.percent >= 85%",
        "check.mypy == 0",
        "check.ruff == 0",
    ]


def test_coverage_without_a_floor_only_warns_of_new_lines() -> None:
    config = read_config(
        configuration(Found(PYTEST, coverage=Coverage("a")), Path("agentgate.toml")), Path("agentgate.toml")
    )
    assert config is not None
    [gate] = config.phases[3].gates
    assert gate.condition.startswith("coverage.new_percent")
    assert gate.severity is Severity.WARN
    assert gate.min_sample > 0


@pytest.mark.parametrize("name", ["pyproject.toml", "agentgate.toml"])
@pytest.mark.parametrize("found", [BARE, FULL], ids=["bare", "full"])
def test_every_condition_can_be_judged(found: Found, name: str) -> None:
    config = read_config(configuration(found, Path(name)), Path(name))
    assert config is not None
    verify(config)


@given(st.lists(st.text(min_size=1).filter(lambda name: not name.startswith("/")), max_size=3))
def test_any_folder_that_can_be_named_is_written_as_it_is_called(names: list[str]) -> None:
    try:
        [name.encode() for name in names]
    except UnicodeEncodeError:
        return
    text = configuration(Found(PYTEST, source=tuple(names)), Path("agentgate.toml"))
    assert tomllib.loads(text).get("source", []) == names


PYPROJECTS = {
    "plain": b'[project]\nname = "shop"  # the shop\n',
    "no newline at the end": b'[project]\nname = "shop"',
    "windows": b'[project]\r\nname = "shop"\r\n\r\n[tool.black]\r\nline-length = 99\r\n',
    "empty": b"",
    "blank": b"\n\n",
    "tools": b"[tool.pytest.ini_options]\naddopts = '-q'\n[[tool.mypy.overrides]]\nmodule = 'a'\n",
    "dotted": b"tool.black.line-length = 99\n",
}


@pytest.mark.parametrize("before", PYPROJECTS.values(), ids=PYPROJECTS)
def test_pyproject_keeps_its_bytes_and_gets_a_table(tmp_path: Path, before: bytes) -> None:
    shared = tmp_path / "pyproject.toml"
    shared.write_bytes(before)
    proposal = propose(tmp_path, FULL)
    proposal.write()
    after = shared.read_bytes()
    assert proposal.path == shared
    assert after == proposal.after
    assert after.startswith(before)
    if b"\r\n" in before:
        assert after.count(b"\n") == after.count(b"\r\n")
    data = tomllib.loads(after.decode())
    del data["tool"]["agentgate"]
    assert {**data, "tool": data["tool"] or None} == {"tool": None, **tomllib.loads(before.decode())}
    assert find_project(tmp_path).config.path == shared
    assert list(tmp_path.iterdir()) == [shared]


@pytest.mark.parametrize(
    "before",
    [b"tool = { black = { line-length = 99 } }\n", b'\xef\xbb\xbf[project]\nname = "shop"\n'],
    ids=["inline table", "byte order mark"],
)
def test_a_pyproject_that_cannot_take_a_table_stays_as_it_is(tmp_path: Path, before: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(before)
    proposal = propose(tmp_path, FULL)
    proposal.write()
    assert (tmp_path / "pyproject.toml").read_bytes() == before
    assert find_project(tmp_path).config.path == tmp_path / "agentgate.toml"


def test_a_pyproject_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: cannot be read: Expected '\]'"):
        propose(tmp_path, FULL)


def test_without_a_pyproject_there_is_a_file_of_its_own(project: Write) -> None:
    root = project({"src/shop/__init__.py": "", "tests/test_a.py": ""})
    propose(root, look(root)).write()
    config = find_project(root / "src").config
    assert (config.path, config.source, config.tests) == (root / "agentgate.toml", ("src",), ("tests",))


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "shared.toml").write_bytes(b"[project]\n")
    (tmp_path / "pyproject.toml").symlink_to("shared.toml")
    propose(tmp_path, BARE).write()
    assert (tmp_path / "pyproject.toml").is_symlink()
    assert b"[tool.agentgate]" in (tmp_path / "shared.toml").read_bytes()
