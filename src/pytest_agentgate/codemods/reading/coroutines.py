"""What calling a function gives, by the kind of its definition, and what a test does with that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, TypeAlias

from pytest_agentgate.codemods.idioms.fixtures import own_nodes
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.hierarchy import has_decorator
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File

Nature: TypeAlias = Literal["coroutine", "manager", "generator", "unknown"]
Use: TypeAlias = Literal["awaited", "entered", "iterated", "driven", "plain"]
"""``await f()``; ``with f()``; ``for x in f()``; given to what runs coroutines; anything else."""

_MANAGERS = ("contextlib.contextmanager", "contextlib.asynccontextmanager")
_DRIVERS = ("asyncio.", "anyio.", "trio.", "aiotools.", "pytest_twisted.")
_RUNS = frozenset({"asyncio.run", "asyncio.get_event_loop.run_until_complete"})
_METHODS = frozenset(
    {
        "run_until_complete", "create_task", "ensure_future", "gather", "start_soon", "run_coroutine_threadsafe",
        "run_sync", "call_soon", "async_to_sync",
    }
)  # fmt: skip
_BRIDGES = frozenset({"asgiref.sync.async_to_sync", "syncer.sync"})


def nature(file: File, function: str) -> Nature:
    """What a function gives: a coroutine to await, a context manager to enter, a generator to iterate over.

    It is the same before and after a function became asynchronous, but for plain functions that return a manager.
    """
    found = file.sources.definition(function)
    if found is None:
        return "unknown"
    if isinstance(found.node, ast.ClassDef):
        return "manager"
    if not isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return "unknown"
    if has_decorator(found.module, found.node, *_MANAGERS):
        return "manager"
    return "generator" if generates(found.node) else "coroutine"


def generates(function: FunctionNode) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function))


def direct_calls(calls: Calls) -> Iterator[ast.Call]:
    """The calls whose value is what the function gives."""
    for site in calls.sites:
        if site.form == "bound" or (site.form == "call" and calls.reaches(site.node.func)):
            yield site.node


def handed_calls(calls: Calls) -> Iterator[ast.Call]:
    """The calls that get the function with its arguments, such as ``pytest.raises(E, f, 1)``."""
    for site in calls.sites:
        if site.form == "call" and not calls.reaches(site.node.func):
            yield site.node


def use(names: ModuleNames, call: ast.Call) -> Use:
    """What is done with the value of a call."""
    up = names.up[call]
    if isinstance(up.parent, ast.Await):
        return "awaited"
    if isinstance(up.parent, ast.withitem) and up.field == "context_expr":
        return "entered"
    if isinstance(up.parent, ast.For | ast.AsyncFor | ast.comprehension) and up.field == "iter":
        return "iterated"
    if driver(names, call) is not None or any(_is_driven(names, each) for each in _kept(names, call)):
        return "driven"
    return "plain"


def driver(names: ModuleNames, node: ast.expr) -> ast.Call | None:
    """The call around an expression that runs coroutines, or makes tasks of them."""
    inner: ast.AST = node
    for above in names.ancestors(node):
        if isinstance(above, ast.stmt | ast.Lambda):
            return None
        if isinstance(above, ast.Call) and above.func is not inner and drives(names, above):
            return above
        inner = above
    return None


def drives(names: ModuleNames, call: ast.Call) -> bool:
    """Whether a call runs coroutines, or makes tasks of them."""
    meaning = names.meaning(call.func)
    if meaning is not None and (meaning.startswith(_DRIVERS) or meaning in _BRIDGES):
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS


def runs_to_the_end(names: ModuleNames, call: ast.Call) -> bool:
    """Whether a call runs one coroutine and gives its result, where no loop runs: ``asyncio.run(f())``."""
    if names.meaning(call.func) in _RUNS:
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr == "run_until_complete"


def blocks(names: ModuleNames, function: FunctionNode) -> bool:
    """Whether a function runs a loop of its own, which it can't do inside another one."""
    return any(isinstance(node, ast.Call) and runs_to_the_end(names, node) for node in own_nodes(function))


def _kept(names: ModuleNames, call: ast.Call) -> Iterator[ast.Name]:
    """The uses of a name that gets the value of a call: ``task = f()`` ... ``await task``."""
    up = names.up[call]
    if not isinstance(up.parent, ast.Assign) or len(up.parent.targets) != 1:
        return
    target = up.parent.targets[0]
    if isinstance(target, ast.Name):
        home = names.scope_of(target).home(target.id)
        for name in names.by_word.get(target.id, ()):
            if not isinstance(name, ast.Name) or not isinstance(name.ctx, ast.Load):
                continue
            if names.scope_of(name).home(name.id) is home:
                yield name


def _is_driven(names: ModuleNames, node: ast.expr) -> bool:
    return isinstance(names.up[node].parent, ast.Await) or driver(names, node) is not None
