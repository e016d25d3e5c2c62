"""Benchmarks, from the JSON that pytest-benchmark saves: ``--benchmark-autosave`` or ``--benchmark-json=PATH``.

The file is the one that ``[tool.agentgate] benchmark`` names, else the newest below ``.benchmarks`` and ``.agentgate``.
Its format: https://pytest-benchmark.readthedocs.io, "Comparing past runs".
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pytest_agentgate.model.judgement import Item, Measure
from pytest_agentgate.runner.measures.scene import Scene, Wanted, unavailable

RUN = "python -m pytest --agentgate --benchmark-autosave"

_LARGEST = 256 * 1024 * 1024  # bytes; with --benchmark-save-data a file holds every round


@dataclass(frozen=True)
class _Saved:
    """The benchmarks of one file."""

    path: Path
    written: float  # seconds of the epoch
    benchmarks: tuple[Mapping[str, Any], ...]


def measure(wanted: Sequence[Wanted], scene: Scene, tell: Callable[[int, int], object]) -> Mapping[str, Measure]:
    """``benchmark.<name>.<stat>``: of the test of that name or node id, in seconds where the statistic is a time."""
    path = _file(scene)
    if path is None:
        missing = unavailable("no benchmark was saved", RUN)
        return {one.metric: missing for one in wanted}
    try:
        saved = _read(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        unread = unavailable(f"{scene.named(path)} is no JSON of pytest-benchmark: {why}", RUN)
        return {one.metric: unread for one in wanted}
    if why := scene.too_old_or_new(scene.named(path), saved.written):
        return {one.metric: unavailable(why, RUN) for one in wanted}
    return {one.metric: _stat(saved, one, scene) for one in wanted}


def _file(scene: Scene) -> Path | None:
    named = scene.project.config.benchmark
    if named:
        return scene.project.root / named
    places = (scene.project.root / ".benchmarks", scene.project.state)
    found = [path for place in places for path in place.rglob("*.json") if _may_be_saved(path)]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _may_be_saved(path: Path) -> bool:
    """Whether a file is one of pytest-benchmark's, which is told at its beginning or by its folder."""
    if ".benchmarks" in path.parts:
        return True
    try:
        with path.open("rb") as stream:
            return b'"machine_info"' in stream.read(4096)
    except OSError:
        return False


def _read(path: Path) -> _Saved:
    with path.open("rb") as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError(f"larger than {_LARGEST >> 20} MiB")
    document = json.loads(data)
    benchmarks = tuple(document["benchmarks"])
    for one in benchmarks:  # whatever is missing is missed here
        str(one["name"]), str(one["fullname"]), one["stats"].items()
    written = datetime.fromisoformat(document["datetime"])
    return _Saved(path, written.replace(tzinfo=written.tzinfo or UTC).timestamp(), benchmarks)


def _stat(saved: _Saved, wanted: Wanted, scene: Scene) -> Measure:
    name, stat = wanted.arguments
    found = [one for one in saved.benchmarks if one["fullname"] == name]
    found = found or [one for one in saved.benchmarks if one["name"] == name]
    if not found:
        near = get_close_matches(name, [one["name"] for one in saved.benchmarks], n=1)
        did = f"; did you mean {near[0]!r}?" if near else ""
        return unavailable(f"{scene.named(saved.path)} has no benchmark {name!r}{did}", RUN)
    if len(found) > 1:
        several = " and ".join(str(one["fullname"]) for one in found[:2])
        return unavailable(f"several benchmarks are called {name!r}: {several}; give the whole name")
    stats = found[0]["stats"]
    value = stats.get(stat)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        numbers = ", ".join(sorted(key for key, each in stats.items() if isinstance(each, int | float)))
        return unavailable(f"{name!r} has no statistic {stat!r}; it has {numbers}")
    rounds = stats.get("rounds")
    return Measure(
        float(value),
        (Item(str(found[0]["fullname"]), float(value)),),
        sample=rounds if isinstance(rounds, int) else None,
        command=f"python -m pytest --agentgate --benchmark-autosave '{found[0]['fullname']}'",
    )
