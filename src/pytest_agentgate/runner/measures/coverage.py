"""Coverage of the source, from the data that coverage.py left beside the run, counted as its own reports count.

A file of the source that no test has imported counts, with every line missing.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pytest_agentgate.config import Project
from pytest_agentgate.model.judgement import Item, Measure
from pytest_agentgate.runner.measures.scene import Scene, Wanted, unavailable

if TYPE_CHECKING:
    from coverage import Coverage

INSTALL = "pip install 'pytest-agentgate[coverage]'"
RUN = "coverage run -m pytest --agentgate"

_SQLITE = b"SQLite format 3\0"  # the first bytes of coverage.py's data


@dataclass(frozen=True)
class _File:
    """What was covered of one file."""

    path: str  # from the root
    executed: frozenset[int]
    missing: frozenset[int]
    covered: int  # lines, and branches where they were measured
    total: int

    @property
    def ratio(self) -> float:
        return self.covered / self.total


class _UnmeasuredError(Exception):
    """Nothing can be told; ``measure`` says why."""

    def __init__(self, measure: Measure) -> None:
        super().__init__(measure.why)
        self.measure = measure


def measure(wanted: Sequence[Wanted], scene: Scene, tell: Callable[[int, int], object]) -> Mapping[str, Measure]:
    """``coverage.percent``, ``coverage.new_percent``, ``coverage.worst_file`` and ``files.each.coverage``."""
    try:
        files = _files(scene)
    except _UnmeasuredError as unmeasured:
        return {one.metric: unmeasured.measure for one in wanted}
    return {one.metric: _MEASURES[one.pattern](files, scene) for one in wanted}


# ---- measures


def _percent(files: Sequence[_File], scene: Scene) -> Measure:
    covered, total = sum(one.covered for one in files), sum(one.total for one in files)
    return Measure(covered / total, _worst_first(one for one in files if one.covered < one.total), sample=total)


def _worst_file(files: Sequence[_File], scene: Scene) -> Measure:
    items = _worst_first(files)
    return Measure(items[0].value, items, sample=len(items))


def _each_file(files: Sequence[_File], scene: Scene) -> Measure:
    items = _worst_first(files)
    return Measure(items[0].value, items, sample=len(items), each=True)


def _new_percent(files: Sequence[_File], scene: Scene) -> Measure:
    if scene.changed_lines is None:
        return unavailable(scene.no_base, scene.with_base)
    changed = scene.changed_lines()
    if changed is None:
        return unavailable("git cannot tell which lines changed", scene.with_base)
    executed = missing = 0
    items: list[Item] = []
    for file in files:
        lines = changed.get(file.path, set())
        executed += len(file.executed & lines)
        missed = sorted(file.missing & lines)
        missing += len(missed)
        items += [Item(f"{file.path}:{line}") for line in missed]
    if not executed + missing:
        return Measure(None, nothing=True, why="no line changed that can be executed")
    return Measure(executed / (executed + missing), tuple(items), sample=executed + missing)


_MEASURES: Mapping[str, Callable[[Sequence[_File], Scene], Measure]] = {
    "coverage.percent": _percent,
    "coverage.new_percent": _new_percent,
    "coverage.worst_file": _worst_file,
    "files.each.coverage": _each_file,
}


def _worst_first(files: Iterable[_File]) -> tuple[Item, ...]:
    ordered = sorted(files, key=lambda one: (one.ratio, -one.total, one.path))
    return tuple(Item(one.path, one.ratio, f"{one.total - one.covered} of {one.total} missing") for one in ordered)


# ---- reading


def _files(scene: Scene) -> tuple[_File, ...]:
    """Every file of the source that has something to execute; raises _UnmeasuredError."""
    with _quiet(), chdir(scene.project.root):  # coverage.py looks for its configuration in the current folder
        try:
            from coverage import Coverage
        except ImportError:
            raise _UnmeasuredError(unavailable("the library coverage is not installed here", INSTALL)) from None
        try:
            coverage = Coverage(messages=False)
            data = scene.project.root / str(coverage.get_option("run:data_file"))
            if measure := _unusable(data, scene):
                raise _UnmeasuredError(measure)
            coverage.load()
            return _reported(coverage, data, scene)
        except _UnmeasuredError:
            raise
        except Exception as error:  # coverage.py's own, and those of the plugins that its configuration names
            why = f"coverage.py cannot report: {error}"
            raise _UnmeasuredError(unavailable(why, "coverage report")) from error


def _unusable(data: Path, scene: Scene) -> Measure | None:
    """Why the data cannot be used, if so."""
    there = data.exists()
    written = data.stat().st_mtime if there else 0.0
    parts = [path for path in data.parent.glob(f"{data.name}.*") if _is_data(path) and path.stat().st_mtime > written]
    if parts:
        told = f"{scene.named(parts[0])} and {len(parts) - 1} more" if len(parts) > 1 else scene.named(parts[0])
        return unavailable(f"data of several processes is not combined yet: {told}", "coverage combine")
    if not there:
        return unavailable(f"no coverage was measured: there is no {scene.named(data)}", RUN)
    if why := scene.too_old_or_new(scene.named(data), written):
        return unavailable(why, RUN)
    return None


def _is_data(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def _reported(coverage: Coverage, data: Path, scene: Scene) -> tuple[_File, ...]:
    root = scene.project.root
    source = _Source(scene.project)
    measured = {path for name in coverage.get_data().measured_files() if (path := source.holds(root / name))}
    if not measured:
        why = f"{scene.named(data)} has no file of {source.told}; of another machine it needs relative_files = true"
        raise _UnmeasuredError(unavailable(why, RUN))
    omitted = _patterns(coverage, "report:omit") + _patterns(coverage, "run:omit")
    included = _patterns(coverage, "report:include") or _patterns(coverage, "run:include")
    with tempfile.TemporaryDirectory(prefix="agentgate-") as folder:
        report = Path(folder, "coverage.json")
        coverage.json_report(
            morfs=[str(root / path) for path in sorted(measured | source.files()) if (root / path).is_file()],
            outfile=str(report),
            ignore_errors=False,  # a file that is no Python would be left out without a word
            omit=omitted or None,
            include=included or None,
        )
        found = json.loads(report.read_bytes())["files"]
    files = [_file(path, told) for name, told in sorted(found.items()) if (path := source.holds(root / name))]
    if not any(one.total for one in files):
        raise _UnmeasuredError(unavailable(f"{source.told} has no line that can be executed"))
    return tuple(one for one in files if one.total)


def _file(path: str, told: Mapping[str, Any]) -> _File:
    summary = told["summary"]
    return _File(
        path,
        frozenset(told["executed_lines"]),
        frozenset(told["missing_lines"]),
        covered=summary["covered_lines"] + summary.get("covered_branches", 0),
        total=summary["num_statements"] + summary.get("num_branches", 0),
    )


def _patterns(coverage: Coverage, option: str) -> list[str]:
    value = coverage.get_option(option)
    return [str(pattern) for pattern in value] if isinstance(value, list | tuple) else []


class _Source:
    """The folders of the implementation; without any, all of the project but its tests."""

    def __init__(self, project: Project) -> None:
        self._root = project.root
        configured = project.config.source or (("src",) if (project.root / "src").is_dir() else ())
        self._folders = tuple(PurePosixPath(name) for name in configured)
        self._tests = tuple(PurePosixPath(name) for name in project.config.tests or ("tests", "test"))
        self.told = ", ".join(configured) or "the project"

    def holds(self, path: Path) -> str:
        """The path from the root of a file that is one of the source; "" of another."""
        try:
            inside = PurePosixPath(path.resolve().relative_to(self._root.resolve()).as_posix())
        except ValueError:
            return ""
        in_source = not self._folders or any(inside.is_relative_to(folder) for folder in self._folders)
        in_tests = any(inside.is_relative_to(folder) for folder in self._tests if folder != PurePosixPath())
        return inside.as_posix() if in_source and not in_tests else ""

    def files(self) -> set[str]:
        """Every Python file of the configured folders; where none are configured, who knows what lies there."""
        found = (path for folder in self._folders for path in (self._root / folder).rglob("*.py"))
        return {
            inside for path in found if not _is_hidden(path.relative_to(self._root)) and (inside := self.holds(path))
        }


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in ("__pycache__", "node_modules", "venv") for part in path.parts)


@contextmanager
def _quiet() -> Iterator[None]:
    """What coverage.py warns of is in its own reports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
