"""What a module offers without binding it: names that its ``__getattr__`` (PEP 562) or ``globals()`` make."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, absolute
from pytest_agentgate.repair.api.written import Writer

Offered = dict[str, tuple[str, ...]]
"""Names, and the dotted names that each may stand for; none where that can't be told."""


def offered(names: ModuleNames, writer: Writer) -> Offered:
    """What ``__getattr__`` and writes into ``globals()`` offer; "*" among the names where it may offer any."""
    bindings = names.scope.bindings.get("__getattr__", ())
    found: Offered = {"*": ()} if _makes_names(names) else {}
    if not bindings:
        return found
    for node in ast.walk(names.tree):
        if isinstance(node, ast.Dict):
            found.update(_table(node, names, writer))
    for binding in bindings:
        if isinstance(binding.node, ast.FunctionDef):
            found.update(_told(binding.node, names))
    return found


def _makes_names(names: ModuleNames) -> bool:
    """Whether the module's own code writes into ``globals()``."""
    for name in names.by_word.get("globals", ()):
        call = names.up.parents[name]
        if not isinstance(call, ast.Call) or call.func is not name or names.enclosing(call, *_INNER) is not None:
            continue
        around = names.up.parents[call]
        if isinstance(around, ast.Subscript) and isinstance(around.ctx, ast.Store):
            return True
        if isinstance(around, ast.Attribute) and around.attr in {"update", "setdefault"}:
            return True
    return False


_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def _table(node: ast.Dict, names: ModuleNames, writer: Writer) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a dict says, in one of the ways that are usual.

    ``{"Order": ".orders"}``, ``{"Order": (".orders", "Order")}``, ``{"orders": ["Order"]}``, ``{"Old": New}``.
    """
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            continue
        strings = _strings(value)
        if isinstance(value, ast.Constant) and strings and key.value.isidentifier():
            module = _absolute(strings[0].replace(":", "."), names)
            yield key.value, (f"{module}.{key.value}", module)
        elif isinstance(value, ast.Tuple) and len(strings) == len(value.elts) == 2 and key.value.isidentifier():
            module, last = _absolute(strings[0], names), strings[1]
            yield key.value, (f"{module}.{last}",)
        elif strings:
            modules = {_absolute(key.value, names), _absolute(f".{key.value.lstrip('.')}", names)}
            for each in strings:
                if each.isidentifier():
                    yield each, tuple(f"{module}.{each}" for module in sorted(modules))
        elif isinstance(value, ast.Name | ast.Attribute) and key.value.isidentifier():
            target = writer.meaning(value, names.scope)
            yield key.value, () if target is None else (target,)


def _told(function: FunctionNode, names: ModuleNames) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names that the function itself imports or compares with."""
    parameters = {each.arg for each in function.args.args}
    for node in ast.walk(function):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                target = names.import_target(node, alias)
                if target is not None:
                    yield alias.asname or alias.name, (target,)
        elif isinstance(node, ast.Compare):
            for each in node.comparators:
                for string in _strings(each):
                    if string.isidentifier() and string not in names.scope.bindings:
                        yield string, ()
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            asked = node.args[1] if len(node.args) > 1 else None
            if isinstance(asked, ast.Name) and asked.id in parameters and not _is_imported(node.args[0]):
                yield "*", ()


def _is_imported(node: ast.expr) -> bool:
    """Whether what is asked for the name was imported by a name that a table gave."""
    return isinstance(node, ast.Call)


def _strings(node: ast.expr) -> list[str]:
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return [each.value for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)]


def _absolute(module: str, names: ModuleNames) -> str:
    bare = module.lstrip(".")
    level = len(module) - len(bare)
    return (absolute(names.package, bare or None, level) if level else bare) or bare
