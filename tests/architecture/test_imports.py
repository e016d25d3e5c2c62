"""The two rules about who may import whom, held over every import statement, also those within functions.

Floors: arrows point down only, siblings on a floor don't know each other.
Inside: what runs in the interpreter whose tests are broken imports the standard library, pytest and pluggy, no more.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_agentgate.runner.injection import is_inside

US = "pytest_agentgate"

# Where everything stands. What is new fails these tests until it is placed here.
FLOORS: Mapping[str, int] = {
    "__main__": 6,
    "plugin": 5, "cli": 5,
    "recorder": 4, "conclusion": 4, "judge": 4, "repair": 4, "agents": 4, "doctor": 4,
    "store": 3, "gates": 3, "runner": 3, "checkpoint": 3, "demo": 3, "start": 3, "guard.proof": 3,
    "triage": 2, "codemods": 2, "report": 2, "capture": 2, "guard": 2, "config": 2, "hookspecs": 2, "origin": 2,
    "model": 1, "git": 1,
    "values": 0, "patterns": 0, "errors": 0, "garbage": 0, "__init__": 0,
}  # fmt: skip

# The rooms within codemods, in the same way; what is read, what tests do and what models are is known together.
ROOMS: Mapping[str, int] = {
    "codemods.trial": 6,
    "codemods.files": 5,
    "codemods.apply": 4, "codemods.examples": 4, "codemods.registry": 4,
    "codemods.rewrites": 3, "codemods.verify": 3,
    "codemods.codemod": 2,
    "codemods.flows": 1, "codemods.writing": 1,
    "codemods.reading": 0, "codemods.idioms": 0, "codemods.models": 0,
}  # fmt: skip
TOGETHER = frozenset({"codemods.reading", "codemods.idioms", "codemods.models"})

LIBRARIES = frozenset({"pytest", "_pytest", "pluggy"}) | sys.stdlib_module_names
BY_NAME = frozenset({"import_module", "__import__", "import_plugin", "resolve_name", "find_spec"})


@dataclass(frozen=True)
class Arrow:
    """One module that another one imports, both as dotted names."""

    source: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line} imports {self.target}"


def arrows(sources: Mapping[str, str]) -> Iterator[Arrow]:
    """Every import of every module: statements anywhere in it, and calls that import a module by a literal name."""
    for name, text in sources.items():
        package = name.rpartition(".")[0]
        for node in ast.walk(ast.parse(text)):
            for target in _targets(node, package, sources):
                yield Arrow(name, node.lineno, target)  # type: ignore[attr-defined]


def _targets(node: ast.AST, package: str, sources: Mapping[str, str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            start = ".".join(package.split(".")[: len(package.split(".")) - level + 1]) if level else ""
            origin = ".".join(part for part in (start, module) if part)
            for alias in names:
                whole = f"{origin}.{alias.name}"
                yield whole if {whole, f"{whole}.__init__"} & set(sources) else origin
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[ast.Constant(value=str(name)), *_]):
            if called in BY_NAME:
                yield name.partition(":")[0]


def place(module: str, floors: Mapping[str, int]) -> str | None:
    """The entry of the table that a module of ours belongs to, the most precise one first."""
    parts = module.split(".")[1:] or ["__init__"]
    return next((entry for end in range(len(parts), 0, -1) if (entry := ".".join(parts[:end])) in floors), None)


def wrong_floors(sources: Mapping[str, str], floors: Mapping[str, int]) -> list[str]:
    """Complaints: modules without a place, arrows that point up or aside."""
    complaints = [f"{name} has no floor" for name in sources if place(name, floors) is None]
    for arrow in arrows(sources):
        if arrow.target.partition(".")[0] != US:
            continue
        here, there = place(arrow.source, floors), place(arrow.target, floors)
        if here and there and here != there and floors[here] <= floors[there]:
            complaints.append(f"{arrow}: {here} is on floor {floors[here]}, {there} on {floors[there]}")
    return complaints


def wrong_rooms(sources: Mapping[str, str]) -> list[str]:
    """Complaints: modules of codemods without a room, arrows between rooms that point up, codemods that know one."""
    ours = {name: text for name, text in sources.items() if name.startswith(f"{US}.codemods.")}
    ours.pop(f"{US}.codemods.__init__", None)
    complaints = [f"{name} has no room" for name in ours if place(name, ROOMS) is None]
    for arrow in arrows(ours):
        here, there = place(arrow.source, ROOMS), place(arrow.target, ROOMS)
        if here and there and here != there and ROOMS[here] <= ROOMS[there] and not {here, there} <= TOGETHER:
            complaints.append(f"{arrow}: {here} stands on {ROOMS[here]}, {there} on {ROOMS[there]}")
        if here == there == "codemods.rewrites":
            complaints.append(f"{arrow}: no codemod knows another")
    return complaints


def leaks(sources: Mapping[str, str], inside: Callable[[str], bool]) -> list[str]:
    """Complaints: what runs inside and imports something that may not be there."""
    complaints = []
    for arrow in arrows(sources):
        if not inside(arrow.source.removesuffix(".__init__")):
            continue
        top = arrow.target.partition(".")[0]
        if top == US and not inside(arrow.target):
            complaints.append(f"{arrow}, which runs outside")
        elif top != US and top not in LIBRARIES:
            complaints.append(f"{arrow}, a library that the project under test may not have")
    return complaints


def test_arrows_point_down(sources: Mapping[str, str]) -> None:
    assert wrong_floors(sources, FLOORS) == []


def test_the_page_on_the_architecture_shows_the_same_floors(sources: Mapping[str, str], root: Path) -> None:
    page = (root / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    shown = {
        name: int(floor) for floor, names in re.findall(r"^([0-5])  (.+)$", page, re.M) for name in names.split(" · ")
    }
    there = {place(name, FLOORS) for name in sources} - {"__main__", "__init__"}
    assert shown == {name: FLOORS[name] for name in there if name is not None}


def test_the_rooms_of_codemods_are_in_order(sources: Mapping[str, str]) -> None:
    assert wrong_rooms(sources) == []


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("reading.names", "from pytest_agentgate.codemods.writing import locate", "codemods.reading stands on 0"),
        ("writing.locate", "from pytest_agentgate.codemods.flows import uses", "codemods.writing stands on 1"),
        ("rewrites.swap", "from pytest_agentgate.codemods.rewrites import turn", "no codemod knows another"),
        ("attic", "", "pytest_agentgate.codemods.attic has no room"),
    ],
)
def test_a_wrong_room_is_seen(module: str, text: str, complaint: str) -> None:
    others = ("writing.locate", "flows.uses", "rewrites.turn")
    tree = dict.fromkeys((f"{US}.codemods.{name}" for name in others), "")
    [seen] = wrong_rooms({**tree, f"{US}.codemods.{module}": text})
    assert complaint in seen


def test_inside_needs_nothing_from_outside(sources: Mapping[str, str]) -> None:
    assert leaks(sources, is_inside) == []


def test_the_inside_holds_what_records_a_run_and_none_of_the_faces(sources: Mapping[str, str]) -> None:
    inside = {name.removesuffix(".__init__") for name in sources if is_inside(name.removesuffix(".__init__"))}
    assert {US, f"{US}.plugin", f"{US}.recorder", f"{US}.capture.evidence", f"{US}.triage.causes"} <= inside
    assert not {name for name in inside if place(name, FLOORS) in {"cli", "runner", "__main__"}}


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("report.text", "from pytest_agentgate import recorder", "report is on floor 2, recorder on 4"),
        ("report.text", "from pytest_agentgate.recorder import x", "report is on floor 2, recorder on 4"),
        (
            "report.text",
            "def f():\n    import pytest_agentgate.store.schema",
            ":2 imports pytest_agentgate.store.schema",
        ),
        ("report.text", "from .. import recorder", "report is on floor 2, recorder on 4"),
        ("report.text", "from ..triage import causes", "report is on floor 2, triage on 2"),
        (
            "report.text",
            "import importlib\nimportlib.import_module('pytest_agentgate.cli')",
            "report is on floor 2, cli on 5",
        ),
        ("guard.rules", "from pytest_agentgate.guard import proof", "guard is on floor 2, guard.proof on 3"),
        ("errors", "import pytest_agentgate.values", "errors is on floor 0, values on 0"),
        ("attic", "", "pytest_agentgate.attic has no floor"),
    ],
)
def test_a_wrong_arrow_is_seen(module: str, text: str, complaint: str) -> None:
    tree = dict.fromkeys(
        (f"{US}.{name}" for name in ("recorder", "triage.causes", "guard.proof", "cli.__init__", "values")), ""
    )
    [seen] = wrong_floors({**tree, f"{US}.{module}": text}, FLOORS)
    assert complaint in seen


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("report.text", "from pytest_agentgate.report import width\nfrom . import width"),
        ("report.text", "from pytest_agentgate import __version__\nimport json, click"),
        ("plugin", "from pytest_agentgate import recorder\nfrom pytest_agentgate.model import Kind"),
        ("guard.proof", "from pytest_agentgate.guard import rules"),
    ],
)
def test_a_right_arrow_is_left_alone(module: str, text: str) -> None:
    tree = dict.fromkeys((f"{US}.{name}" for name in ("recorder", "report.width", "guard.rules")), "")
    assert wrong_floors({**tree, f"{US}.{module}": text}, FLOORS) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import click", "imports click, a library"),
        ("def f():\n    from rich.text import Text", ":2 imports rich.text, a library"),
        ("try:\n    import xdist\nexcept ImportError:\n    pass", ":2 imports xdist, a library"),
        ("from importlib import import_module\nimport_module('libcst')", "imports libcst, a library"),
        ("from pytest_agentgate import cli", "imports pytest_agentgate.cli, which runs outside"),
        ("from pytest_agentgate.capture import junit", "imports pytest_agentgate.capture.junit, which runs outside"),
    ],
)
def test_a_leak_is_seen(text: str, complaint: str) -> None:
    tree = {f"{US}.recorder": text, f"{US}.cli.__init__": "", f"{US}.capture.__init__": "", f"{US}.capture.junit": ""}
    [seen] = leaks(tree, {f"{US}.recorder", f"{US}.capture"}.__contains__)
    assert complaint in seen


def test_inside_may_import_the_standard_library_pytest_and_itself() -> None:
    tree = {f"{US}.plugin": "import json, pytest\nfrom pytest_agentgate import model", f"{US}.model": "import pluggy"}
    assert leaks(tree, tree.__contains__) == []
