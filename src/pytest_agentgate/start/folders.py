"""Where a project keeps its implementation and its tests, as far as its files tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_agentgate.codemods.files.layout import TEST_FOLDERS, Layout
from pytest_agentgate.codemods.files.tree import python_files
from pytest_agentgate.start.files import Files

# Packages at the root that hold no implementation.
_ASIDE = frozenset({*TEST_FOLDERS, "benchmarks", "docs", "examples", "scripts", "tools"})
_TEST_FILE = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py")


def folders(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders of the implementation and those of the tests, relative to the root; () where nothing tells."""
    layout = Layout(root)
    files = [path for path in python_files(root) if path.isascii() or path.encode("utf-8", "ignore").decode() == path]
    tests = layout.test_folders() or tuple(_called_tests(files))
    return tuple(_source(layout, files, tests)), tests


def _called_tests(files: Sequence[str]) -> Iterator[str]:
    """The uppermost folders that are called as folders of tests are, and have some."""
    found = []
    for path in files:
        parts = path.split("/")[:-1]
        depth = next((depth for depth, part in enumerate(parts, 1) if part in TEST_FOLDERS), 0)
        if depth and _TEST_FILE.fullmatch(path):
            found.append("/".join(parts[:depth]))
    yield from dict.fromkeys(found)


def _source(layout: Layout, files: Sequence[str], tests: Sequence[str]) -> Iterator[str]:
    """Folders that modules are imported from, the packages of the root where it is the only one."""
    code = [path for path in files if not _TEST_FILE.fullmatch(path) and not _below(path, tests)]
    for paths in ((), code):  # projects within the project, only if it has no implementation of its own
        roots = [root for root in layout.import_roots(paths) if root and not _below(f"{root}/", tests)]
        roots = [root for root in roots if any(_below(path, [root]) for path in code)]
        if roots:
            yield from _outermost(roots)
            return
        packages = dict.fromkeys(path.split("/")[0] for path in code if path.count("/") == 1 and _is_package(path))
        if packages:
            yield from packages
            return
    name = _project_name(layout.root)
    if any(_below(path, [name]) for path in code):  # a package without __init__.py
        yield name


def _is_package(path: str) -> bool:
    folder, _, name = path.partition("/")
    return name == "__init__.py" and folder not in _ASIDE


def _project_name(root: Path) -> str:
    name = (Files(root).table("pyproject.toml", "project") or {}).get("name")
    return re.sub(r"[-_.]+", "_", name).lower() if isinstance(name, str) else "\0"


def _outermost(folders: Sequence[str]) -> Iterator[str]:
    for folder in folders:
        if not any(folder != other and _below(folder, [other]) for other in folders):
            yield folder


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders if folder != ".")
