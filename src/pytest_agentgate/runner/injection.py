"""Let a foreign interpreter load the inside part of this package, without installing anything there.

A private folder holds the inside modules and the metadata that makes ``-p agentgate`` find them; it stands first on
PYTHONPATH, so processes that the interpreter starts (xdist's workers) find it too. The folder of the tool's own
installation would not do: it would put the tool's pytest in front of the project's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest_agentgate

PACKAGE = "pytest_agentgate"

#: What runs inside: modules, and packages with everything below them. It needs the standard library, pytest and pluggy.
INSIDE = (
    "pytest_agentgate.capture",
    "pytest_agentgate.conclusion",
    "pytest_agentgate.config",
    "pytest_agentgate.errors",
    "pytest_agentgate.garbage",
    "pytest_agentgate.gates",
    "pytest_agentgate.git",
    "pytest_agentgate.hookspecs",
    "pytest_agentgate.judge",
    "pytest_agentgate.model",
    "pytest_agentgate.origin",
    "pytest_agentgate.patterns",
    "pytest_agentgate.plugin",
    "pytest_agentgate.recorder",
    "pytest_agentgate.report",
    "pytest_agentgate.store",
    "pytest_agentgate.triage",
    "pytest_agentgate.values",
)
#: What does not, although it lies below one of these packages.
OUTSIDE = ("pytest_agentgate.capture.junit", "pytest_agentgate.store.postgres", "pytest_agentgate.store.upkeep")


def is_inside(module: str) -> bool:
    """Whether a module of this package, given by its dotted name, may be loaded in a foreign interpreter."""
    if module == PACKAGE:
        return True
    return _is_below(module, INSIDE) and not _is_below(module, OUTSIDE)


def inside_files() -> Mapping[str, Path]:
    """The files of the inside part: dotted module name -> file of this installation."""
    root = Path(pytest_agentgate.__file__).parent
    files: dict[str, Path] = {}
    for file in sorted(root.rglob("*.py")):
        parts = (PACKAGE, *file.relative_to(root).with_suffix("").parts)
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if is_inside(module):
            files[module] = file
    return files


def inside_data() -> tuple[Path, ...]:
    """What inside modules read: the files of this installation that lie in their folders and are no code."""
    root = Path(pytest_agentgate.__file__).parent
    packages = {file.parent for file in inside_files().values() if file.name == "__init__.py"} - {root}
    data = []
    for file in sorted(root.rglob("*")):
        package = next(folder for folder in file.parents if (folder / "__init__.py").exists())
        if package in packages and file.suffix not in (".py", ".pyc") and file.is_file():
            data.append(file)
    return tuple(data)


def inject(folder: Path, version: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Put the inside part into a folder, as ``version``; -> the environment with it in front of PYTHONPATH.

    Raises OSError if there is no room for it.
    """
    root = Path(pytest_agentgate.__file__).parent
    place = folder / "inside"
    for file in (*inside_files().values(), *inside_data()):
        copy = place / PACKAGE / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    metadata = place / f"{PACKAGE}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pytest-agentgate\nVersion: {version}\n")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\nagentgate = {PACKAGE}.plugin\n")
    before = environ.get("PYTHONPATH", "")
    return {**environ, "PYTHONPATH": os.pathsep.join([str(place), before] if before else [str(place)])}


def _is_below(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)
