"""Whether the tests' interpreter finds the implementation of this checkout, and not another one.

An editable install of another checkout, or a copy that was installed long ago, is tested in its place; a repair would
then follow what is not there.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pytest_agentgate.codemods.files.layout import TEST_FOLDERS, Layout
from pytest_agentgate.config import Project
from pytest_agentgate.runner.interpreter import Interpreter

_LIMIT = 60.0  # seconds
_MARK = "agentgate-whereabouts:"
_CHILD = f"""
import importlib.util, json, os, sys
asked = json.loads(sys.argv[1])
sys.path[:0] = asked["paths"]
def place(name):
    try:
        spec = importlib.util.find_spec(name)
    except Exception:
        return ""
    if spec is None:
        return ""
    if spec.origin and os.path.exists(spec.origin):
        return spec.origin
    return next(iter(spec.submodule_search_locations or ()), "")
found = {{name: place(name) for name in asked["names"]}}
sys.stdout.write("\\n{_MARK}" + json.dumps(found) + "\\n")
"""


def elsewhere(project: Project, interpreter: Interpreter) -> tuple[str, ...]:
    """What is tested in the place of this checkout's modules, a line each."""
    layout = Layout(project.root, project.config.source)
    ours = _modules(project, layout)
    paths = [str(project.root / folder) for folder in layout.pytest.pythonpath]
    found = places(interpreter, project.root, [*paths, str(project.root)], ours)
    return tuple(
        f"{name} is {place} for {interpreter.path}, not {ours[name]}: install this checkout there: pip install -e ."
        for name, place in found.items()
        if place and not _is_ours(Path(place), ours[name])
    )


def _modules(project: Project, layout: Layout) -> dict[str, Path]:
    """The packages and modules at the top of the implementation: name -> file, or folder without one of its own."""
    found: dict[str, Path] = {}
    tests = {*TEST_FOLDERS, *(name.partition("/")[0] for name in project.config.tests)}
    source = project.config.source
    roots = layout.import_roots(()) if not source else [_above(project.root, folder) for folder in source]
    for root in roots:
        for path in sorted((project.root / root).glob("*/__init__.py")):
            name = path.parent.name
            inside = not source or any(_within(path.relative_to(project.root).as_posix(), one) for one in source)
            if name.isidentifier() and inside and (root or name not in tests):
                found.setdefault(name, path)
    return found


def _above(root: Path, folder: str) -> str:
    """The folder from which a configured folder of the implementation is imported."""
    here = folder
    while here not in ("", ".") and (root / here / "__init__.py").is_file():
        here = here.rpartition("/")[0]
    return "" if here == "." else here


def _within(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")


def _is_ours(found: Path, ours: Path) -> bool:
    """Whether what was found is a file of this checkout, or a copy of the package that says the same."""
    if os.path.realpath(found) == os.path.realpath(ours):
        return True
    if found.name != "__init__.py":
        return True  # compiled, or a namespace: nothing that can be compared
    return not any(_differing(found.parent, ours.parent))


def _differing(theirs: Path, ours: Path) -> Iterator[str]:
    """Files of a package that its copy lacks or has otherwise."""
    for path in ours.rglob("*.py"):
        if path.is_symlink() or path.parent.is_symlink():
            continue
        copy = theirs / path.relative_to(ours)
        try:
            if copy.read_bytes() != path.read_bytes():
                yield str(path)
        except OSError:
            yield str(path)


def places(interpreter: Interpreter, root: Path, paths: Sequence[str], names: Collection[str]) -> dict[str, str]:
    """Where an interpreter that is started in a folder finds modules: name -> file or folder, "" where it does not.

    ``paths`` stand first on its path.
    """
    if not names:
        return {}
    asked = json.dumps({"paths": [*paths], "names": [*names]})
    try:
        done = subprocess.run(
            [interpreter.path, "-c", _CHILD, asked],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    lines = done.stdout.decode(errors="replace").splitlines()
    told = next((line[len(_MARK) :] for line in lines if line.startswith(_MARK)), "{}")
    found: dict[str, str] = json.loads(told)
    return found
