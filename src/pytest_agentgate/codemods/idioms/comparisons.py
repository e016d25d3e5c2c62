"""What a value is compared with: the expectations that tests write as literals."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.names import ModuleNames

_EQUAL = frozenset({"assertEqual", "assertEquals", "assertNotEqual", "assertNotEquals"})
_CONTAINED = frozenset({"assertIn", "assertNotIn"})
_COMPARING = (ast.Eq, ast.NotEq)
_CONTAINING = (ast.In, ast.NotIn)
_APPROXIMATE = "pytest.approx"


def results(calls: Calls) -> Iterator[ast.Call]:
    """The calls whose value is what the function gives."""
    for site in calls.sites:
        if site.form == "bound" or (site.form == "call" and calls.reaches(site.node.func)):
            yield site.node


def holders(names: ModuleNames, value: ast.expr) -> Iterator[ast.expr]:
    """A value, and the names that stand for it: those of a local variable that is assigned once."""
    while isinstance(names.up[value].parent, ast.Await):
        value = names.up[value].parent  # type: ignore[assignment]
    yield value
    parent = names.up[value].parent
    target: ast.expr | None = None
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            pass
        case ast.NamedExpr(target=target):
            yield parent
        case _:
            return
    if isinstance(target, ast.Name):
        home = names.scope_of(target).home(target.id)
        if home is not None and not home.is_class and len(home.bindings[target.id]) == 1:
            for use in names.by_word[target.id]:
                loaded = isinstance(use, ast.Name) and isinstance(use.ctx, ast.Load)
                if loaded and names.scope_of(use).home(target.id) is home:
                    yield use


def expectations(names: ModuleNames, value: ast.expr) -> Iterator[ast.expr]:
    """The expressions that a value is compared with where it stands: ``==``, ``!=``, ``in``, ``assertEqual``.

    Elements of tuples and lists are compared with those at their place, what a comprehension makes with all elements.
    What ``pytest.approx`` is given counts for it.
    """
    parent, field, at = names.up[value]
    match parent:
        case ast.Compare():
            for other in _operands(parent, value):
                yield from _plain(names, other)
        case ast.Call(func=ast.Attribute(attr=word), args=[first, second, *_]):
            if word in _EQUAL and value in {first, second}:
                yield from _plain(names, second if value is first else first)
            elif word in _CONTAINED and value is first:
                yield from _elements(names, second)
        case ast.Tuple(elts=elts) | ast.List(elts=elts) if not any(isinstance(each, ast.Starred) for each in elts):
            for other in expectations(names, parent):
                if isinstance(other, type(parent)) and len(other.elts) == len(elts) and at is not None:
                    yield from _plain(names, other.elts[at])
        case ast.ListComp() | ast.SetComp() if field == "elt":
            for other in expectations(names, parent):
                yield from _elements(names, other)


def _operands(compare: ast.Compare, value: ast.expr) -> Iterator[ast.expr]:
    """What stands beside a value in a chain of comparisons."""
    operands = [compare.left, *compare.comparators]
    for left, operator, right in zip(operands, compare.ops, compare.comparators, strict=False):
        if isinstance(operator, _COMPARING) and value in {left, right}:
            yield right if value is left else left
        elif isinstance(operator, _CONTAINING) and value is left and isinstance(right, ast.Tuple | ast.List | ast.Set):
            yield from right.elts


def _elements(names: ModuleNames, node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        for each in node.elts:
            yield from _plain(names, each)


def _plain(names: ModuleNames, node: ast.expr) -> Iterator[ast.expr]:
    yield node
    if isinstance(node, ast.Call) and names.means(node.func, _APPROXIMATE) and node.args:
        yield node.args[0]
