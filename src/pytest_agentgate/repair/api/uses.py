"""What a module uses of others and of itself, by resolved names."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from operator import itemgetter

from pytest_agentgate.codemods.reading.names import Binding, ModuleNames, Scope
from pytest_agentgate.repair.api.table import Call

_BUILTIN = frozenset({*dir(builtins), "__file__", "__path__", "__builtins__"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def calls_of(names: ModuleNames, tops: frozenset[str]) -> tuple[Call, ...]:
    """The uses, in source order, of names whose first part is one of ``tops``, of all where that is empty.

    Methods that are called on ``self`` or ``cls`` are those of the class. Of what is called on anything else only calls
    with keywords are taken, which tell how a parameter is called.
    """
    return _Uses(names, tops).found()


class _Uses:
    """The uses in one file."""

    def __init__(self, names: ModuleNames, tops: frozenset[str]) -> None:
        self.names = names
        self.tops = tops
        self._places: dict[Scope, str] = {}

    def found(self) -> tuple[Call, ...]:
        found: list[tuple[int, int, Call]] = []
        resolved: set[ast.AST] = set()
        parents, scope_of = self.names.up.parents, self.names.scope_of
        for word, targets in self._targets().items():
            for node in self.names.by_word.get(word, ()):
                if node.__class__ is not ast.Name or not isinstance(node.ctx, ast.Load):
                    continue
                scope = scope_of(node)
                home = scope.home(word)
                target = None if home is None else targets.get(home.node)
                if target is None:
                    continue
                used: ast.AST = node
                parent = parents[used]
                while isinstance(parent, ast.Attribute):
                    target = f"{target}.{parent.attr}"
                    used, parent = parent, parents[parent]
                if isinstance(parent, ast.Call) and parent.func is used:
                    resolved.add(parent)
                    use = _call(parent, target, self._within(scope))
                else:
                    use = Call(target, node.lineno, is_call=False, within=self._within(scope))
                found.append((node.lineno, node.col_offset, use))
        receivers = {
            each.arg
            for function in self.names.functions
            for each in (*function.args.posonlyargs, *function.args.args)[:1]
        }
        for call in self.names.calls:
            if call.func.__class__ is not ast.Attribute or call in resolved:
                continue
            on = call.func.value
            owned = on.__class__ is ast.Name and on.id in receivers
            if owned or call.keywords:
                scope = scope_of(call)
                owner = self._owner(on, scope) if owned else ""
                if owner or call.keywords:
                    use = _call(call, f"{owner}.{call.func.attr}", self._within(scope))
                    found.append((call.lineno, call.col_offset, use))
        found += self._unbound()
        found.sort(key=itemgetter(0, 1))
        return tuple([use for _, _, use in found])

    def _unbound(self) -> Iterator[tuple[int, int, Call]]:
        """Uses of names that nothing in the file gives a meaning, as if the module had them: it may have lost them."""
        names = self.names
        if any(scope.stars for scope in names.scopes.values()):
            return
        bound = {name for scope in names.scopes.values() for name in scope.bindings}
        for word, nodes in names.by_word.items():
            if word in bound or word in _BUILTIN:
                continue
            for node in nodes:
                if node.__class__ is ast.Name and isinstance(node.ctx, ast.Load):
                    target = f"{names.module}.{word}" if names.module else word
                    parent, within = names.up.parents[node], self._within(names.scope_of(node))
                    if isinstance(parent, ast.Call) and parent.func is node:
                        yield node.lineno, node.col_offset, _call(parent, target, within)
                    else:
                        yield node.lineno, node.col_offset, Call(target, node.lineno, is_call=False, within=within)

    def _targets(self) -> dict[str, dict[ast.AST, str]]:
        """What names stand for, by the scope that binds them."""
        names = self.names
        bound = {(names.scope_of(each), each.name) for each in (*names.functions, *names.classes)}
        for statement in names.imports:
            scope = names.scope_of(statement)
            bound |= {(scope, each.asname or each.name.partition(".")[0]) for each in statement.names}
        found: dict[str, dict[ast.AST, str]] = {}
        for scope, name in bound:
            home = scope.home(name)
            if home is not None and not home.is_class:
                target = _target(home.bindings[name])
                if target is not None and (not self.tops or target.partition(".")[0] in self.tops):
                    found.setdefault(name, {})[home.node] = target
        return found

    def _owner(self, node: ast.expr, scope: Scope) -> str:
        """The class of which ``self`` or ``cls`` is one, "" for anything else."""
        if not isinstance(node, ast.Name):
            return ""
        home = scope.home(node.id)
        if home is None or not isinstance(home.node, _FUNCTIONS) or home.parent is None or not home.parent.is_class:
            return ""
        first = next(iter((*home.node.args.posonlyargs, *home.node.args.args)), None)
        if first is None or first.arg != node.id or not isinstance(home.parent.node, ast.ClassDef):
            return ""
        return self._within(home.parent)

    def _within(self, scope: Scope) -> str:
        """The function or class that a symbol stands for and that holds a scope."""
        if scope not in self._places:
            above = "" if scope.parent is None else self._within(scope.parent)
            node, parent = scope.node, scope.parent
            while parent is not None and not (
                parent.is_class or parent.is_module or isinstance(parent.node, _FUNCTIONS)
            ):
                parent = parent.parent
            is_symbol = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if is_symbol and parent is not None and not isinstance(parent.node, _FUNCTIONS):
                owner = above or self.names.module
                above = f"{owner}.{node.name}" if owner else node.name  # type: ignore[attr-defined]
            self._places[scope] = above
        return self._places[scope]


def _target(bindings: Sequence[Binding]) -> str | None:
    for each in bindings:
        if each.target:
            return None if "<locals>" in each.target else each.target
    return None


def _call(node: ast.Call, target: str, within: str) -> Call:
    positional = -1 if any(isinstance(each, ast.Starred) for each in node.args) else len(node.args)
    return Call(target, node.lineno, positional, tuple([each.arg or "**" for each in node.keywords]), True, within)
