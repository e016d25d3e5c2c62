"""Which loggers are called like the module that logs, and so follow it when it is renamed."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import Sources


def follows_module(sources: Sources, old: str, new: str) -> bool:
    """Whether a logger is a module's own: the module, or one below it, asks for it by ``__name__``.

    Looked for under both names, as the files may be those from before or after. A logger that is asked for by a
    string somewhere in the project stays what it is.
    """
    modules = [module for name in (new, old) for module in _modules(sources, name)]
    if any(_asks(module, old) for module in modules):
        return False
    return any(_asks(module, None) for module in modules)


def _modules(sources: Sources, name: str) -> list[ModuleNames]:
    """A module and those below it."""
    found = [sources.module(name)]
    for path in sources.paths:
        if f".{sources.module_name(path)}".startswith(f".{name}."):
            found.append(sources.file(path))
    return [module for module in found if module is not None]


def _asks(module: ModuleNames, name: str | None) -> bool:
    """Whether a module asks for a logger: by a string, or where that is None, by its own name."""
    for call in module.calls:
        if not call.args or not isinstance(call.func, ast.Attribute | ast.Name):
            continue
        word = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
        if word not in {"getLogger", "get_logger"}:
            continue
        asked = call.args[0]
        if isinstance(asked, ast.Constant) and asked.value == name and name is not None:
            return True
        if name is None and isinstance(asked, ast.Name) and asked.id == "__name__":
            return True
    return False
