"""By which plugin a project runs its asynchronous tests, as its files tell, and how a test says that it is one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename

from pytest_agentgate.codemods.reading.hierarchy import owner
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File

_CONFIGURATION = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_REQUIREMENTS = ("requirements-dev.txt", "requirements-test.txt", "requirements.txt", "requirements/test.txt")
_MODES = {  # what a configuration says, and the plugin that reads it
    name: re.compile(rf"""^[^#\n]*\b{word}[_-]mode\s*=\s*["']?(\w+)""", re.M)
    for name, word in (("pytest-asyncio", "asyncio"), ("anyio", "anyio"), ("pytest-trio", "trio"))
}
_MARKS = {"pytest-asyncio": "asyncio", "anyio": "anyio", "pytest-trio": "trio"}
_DISTRIBUTION = re.compile(r"(?<![\w-])pytest[-_](asyncio|trio)(?![\w-])")
_ENOUGH = 200  # files that are searched for a mark, where nothing else tells


@dataclass(frozen=True)
class Plugin:
    """What runs asynchronous tests.

    Args:
        name: ``pytest-asyncio``, ``anyio`` or ``pytest-trio``; another one where only the mark is known.
        mark: the mark that a test needs, without ``pytest.mark``.
        auto: whether tests need none, because the plugin takes every asynchronous test.
    """

    name: str
    mark: str
    auto: bool = False


def plugin_of(file: File, mark: str = "") -> Plugin | None:
    """The plugin that a file's tests are run by; None where the project shows none.

    What the file itself uses goes first, then the configuration, then other tests, then requirements. ``mark`` is the
    one that a person named.
    """
    texts = [text for path in _CONFIGURATION if (text := file.sources.text(path)) is not None]
    modes = {name: match[1] for name, wanted in _MODES.items() for text in texts if (match := wanted.search(text))}
    automatic = [name for name, mode in modes.items() if mode in {"auto", "true"}]
    if mark:
        name = next((name for name, each in _MARKS.items() if each == mark), mark)
        return Plugin(name, mark, name in automatic)
    if automatic:
        return Plugin(automatic[0], _MARKS[automatic[0]], auto=True)
    for text in (file.text, *_conftests(file)):
        found = _used(text)
        if found is not None:
            return found
    if modes:
        name = next(iter(modes))
        return Plugin(name, _MARKS[name])
    for path in [path for path in file.sources.paths if _is_test_file(path)][:_ENOUGH]:
        found = _used(file.sources.text(path) or "")
        if found is not None:
            return found
    for path in _REQUIREMENTS:
        texts.append(file.sources.text(path) or "")
    for text in texts:
        match = _DISTRIBUTION.search(text)
        if match:
            return Plugin(f"pytest-{match[1]}", match[1])
    return None


def marked(names: ModuleNames, function: FunctionNode, mark: str) -> bool:
    """Whether a mark holds for a function: its own, its class's, the module's."""
    return any(_is_mark(names, each, mark) for each in _marks(names, function))


def own_marks(names: ModuleNames, function: FunctionNode, mark: str) -> list[int]:
    """The places of a mark among a function's decorators."""
    return [at for at, each in enumerate(function.decorator_list) if _is_mark(names, each, mark)]


def _is_mark(names: ModuleNames, node: ast.expr, mark: str) -> bool:
    return names.means(node.func if isinstance(node, ast.Call) else node, f"pytest.mark.{mark}")


def _marks(names: ModuleNames, function: FunctionNode) -> Iterator[ast.expr]:
    yield from function.decorator_list
    inside = owner(names, function)
    while inside is not None:
        yield from inside.decorator_list
        yield from _listed(names.scopes[inside].bindings.get("pytestmark", ()))
        around = names.scope_of(inside).node
        inside = around if isinstance(around, ast.ClassDef) else None
    yield from _listed(names.scope.bindings.get("pytestmark", ()))


def _listed(bindings: Iterable[Binding]) -> Iterator[ast.expr]:
    for binding in bindings:
        value = binding.value
        yield from value.elts if isinstance(value, ast.List | ast.Tuple) else [value] if value is not None else []


def _conftests(file: File) -> Iterator[str]:
    for path in file.place.conftests():
        text = file.sources.text(path)
        if text is not None:
            yield text


def _used(text: str) -> Plugin | None:
    for name, mark in _MARKS.items():
        if re.search(rf"\bmark\.{mark}\b", text):
            return Plugin(name, mark)
    return Plugin("pytest-asyncio", "asyncio") if re.search(r"\bpytest_asyncio\b", text) else None


def _is_test_file(path: str) -> bool:
    name = basename(path)
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
