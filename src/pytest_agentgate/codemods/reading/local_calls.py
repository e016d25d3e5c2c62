"""What a function that only its own function can see is given: the arguments of all its calls."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.variables import Variables


def passed(parameter: ast.arg, function: FunctionNode, names: ModuleNames) -> list[ast.expr]:
    """Everything that a parameter of a local function may be given, its default included; nothing where that is unseen.

    Unseen is what a decorator passes, what ``*`` or ``**`` brings, and any use of the function beside its calls.
    """
    home = names.scope_of(function)
    if home.is_module or home.is_class or function.decorator_list or len(home.bindings[function.name]) != 1:
        return []
    arguments = function.args
    by_position = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(reversed(by_position), reversed(arguments.defaults), strict=False))
    defaults |= {each: value for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value}
    at = by_position.index(parameter) if parameter in by_position else len(by_position)
    found: list[ast.expr] = []
    for call in Variables(names).calls_of(function) or ():
        keywords = {each.arg: each.value for each in call.keywords}
        if None in keywords or any(isinstance(each, ast.Starred) for each in call.args):
            return []
        given = call.args[at] if at < min(len(call.args), len(by_position)) else keywords.get(parameter.arg)
        value = defaults.get(parameter) if given is None else given
        if value is None:
            return []
        found.append(value)
    return found
