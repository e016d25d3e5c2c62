"""Where a test expects a call to end the process, and looks at the status: ``with pytest.raises(SystemExit) as e``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.reading.names import ModuleNames

_HOLDERS = {"raises": "value", "assertRaises": "exception"}  # how the exception is reached


@dataclass(frozen=True, eq=False)
class Exit:
    """One block that expects it."""

    block: ast.With
    call: ast.Call  # the last statement of the block
    status: tuple[ast.Attribute, ...]  # where the status is read: ``e.value.code``
    why: str = ""  # it can't be read off what the call returns


def exits(names: ModuleNames) -> Iterator[Exit]:
    """The blocks of a file that expect SystemExit of a call, in source order."""
    for call in names.calls:
        block, word = _block(names, call)
        if block is None:
            continue
        last = block.body[-1]
        if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
            continue
        status, why = _status(names, block, word)
        plain = all(isinstance(each, ast.Assign | ast.Expr) for each in block.body)
        yield Exit(block, last.value, status, why or ("" if plain else "there is more in the block than calls"))


def _block(names: ModuleNames, call: ast.Call) -> tuple[ast.With | None, str]:
    item = names.up[call].parent
    block = names.up[item].parent if isinstance(item, ast.withitem) else None
    word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if not isinstance(block, ast.With) or len(block.items) != 1 or word not in _HOLDERS:
        return None, ""
    if len(call.args) != 1 or call.keywords or not names.means(call.args[0], "builtins.SystemExit"):
        return None, ""
    return block, word


def _status(names: ModuleNames, block: ast.With, word: str) -> tuple[tuple[ast.Attribute, ...], str]:
    """Where the status is read, up to where the name stands for another block; and why there is doubt."""
    target = block.items[0].optional_vars
    if not isinstance(target, ast.Name):
        return (), "nothing is compared with the status"
    scope = names.scope_of(target)
    others = [use for use in names.by_word.get(target.id, ()) if use is not target]
    own = [use for use in others if isinstance(use, ast.Name) and names.scope_of(use).home(use.id) is scope]
    bound = [use for use in own if not isinstance(use.ctx, ast.Load)]
    if any(not isinstance(names.up[use].parent, ast.withitem) for use in bound):
        return (), f"{target.id} stands for something else as well"
    end = min((use.lineno for use in bound if use.lineno > target.lineno), default=None)
    found: list[ast.Attribute] = []
    for use in own:
        if not isinstance(use.ctx, ast.Load) or use.lineno < target.lineno or (end is not None and use.lineno >= end):
            continue
        exception = names.up[use].parent
        code = names.up[exception].parent if isinstance(exception, ast.Attribute) else None
        reads = isinstance(exception, ast.Attribute) and exception.attr == _HOLDERS[word]
        if not reads or not isinstance(code, ast.Attribute) or code.attr != "code":
            return (), "more than the status of the exception is looked at"
        found.append(code)
    return tuple(found), "" if found else "nothing is compared with the status"
