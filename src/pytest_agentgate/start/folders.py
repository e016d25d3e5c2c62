"""Where a project keeps its implementation and its tests, as far as its files tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_agentgate.codemods.files.layout import TEST_FOLDERS, Layout, named_folders
from pytest_agentgate.codemods.files.tree import python_files
from pytest_agentgate.start.files import Files

# Packages at the root that hold no implementation.
_ASIDE = frozenset({*TEST_FOLDERS, "benchmarks", "docs", "examples", "scripts", "tools"})
_MANY = 5
_TEST_FILE = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test)\.py")


def folders(root: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders of the implementation and those of the tests, relative to the root; () where nothing tells."""
    layout = Layout(root)
    files = [path for path in python_files(root) if path.isascii() or path.encode("utf-8", "ignore").decode() == path]
    test_files = [path for path in files if _TEST_FILE.fullmatch(path)]
    tests = layout.test_folders() or tuple(dict.fromkeys(named_folders(test_files))) or tuple(_few(test_files))
    return tuple(_source(layout, files, tests)), tests


def _few(test_files: Sequence[str]) -> Iterator[str]:
    """Files of tests in the root, where all of them lie there and can be named one by one."""
    if len(test_files) <= _MANY and not any("/" in path for path in test_files):
        yield from sorted(test_files)


def _source(layout: Layout, files: Sequence[str], tests: Sequence[str]) -> Iterator[str]:
    """Folders that modules are imported from; of one that holds the tests as well, its packages."""
    code = [path for path in files if not _TEST_FILE.fullmatch(path) and not _below(path, tests)]
    for paths in ((), code):  # projects within the project, only if it has no implementation of its own
        found: list[str] = []
        for root in layout.import_roots(paths):
            if _below(f"{root}/", tests) or any(_related(root, other) for other in found):
                continue  # in the order of imports, so that the src of a nested project comes before its folder
            if not root or any(_related(test, root) for test in tests):
                found += _packages(root, code)
            elif any(_below(path, [root]) for path in code):
                found.append(root)
        if found:
            yield from dict.fromkeys(found)
            return
    name = _project_name(layout.root)
    if any(_below(path, [name]) for path in code):  # a package without __init__.py
        yield name


def _packages(root: str, code: Sequence[str]) -> Iterator[str]:
    """The packages in a folder that holds more than the implementation."""
    prefix = f"{root}/" if root else ""
    for path in code:
        folder, _, name = path.removeprefix(prefix).partition("/")
        if path.startswith(prefix) and name == "__init__.py" and folder not in _ASIDE:
            yield f"{prefix}{folder}"


def _project_name(root: Path) -> str:
    name = (Files(root).table("pyproject.toml", "project") or {}).get("name")
    return re.sub(r"[-_.]+", "_", name).lower() if isinstance(name, str) else "\0"


def _related(one: str, other: str) -> bool:
    """Whether one folder is the other, or within it; all are within the root, which is ""."""
    return not one or not other or _below(one, [other]) or _below(other, [one])


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders if folder != ".")
