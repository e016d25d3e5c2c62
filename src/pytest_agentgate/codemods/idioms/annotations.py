"""Annotations: which names they need, and whether anything reads them."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.idioms import fixtures
from pytest_agentgate.codemods.reading.names import ModuleNames, parse


def annotation_of(names: ModuleNames, node: ast.AST) -> ast.expr | None:
    """The annotation that a node is part of."""
    while isinstance(node, ast.expr):
        parent, name, _ = names.up[node]
        if name in {"annotation", "returns"}:
            return node
        node = parent
    return None


def is_postponed(names: ModuleNames, annotation: ast.expr) -> bool:
    """Whether an annotation is not evaluated where it stands: ``from __future__``, or a local variable."""
    if any(isinstance(each, ast.ImportFrom) and each.module == "__future__" for each in names.imports):
        return "annotations" in names.scope.bindings
    return _is_of_variable(names, annotation)


def _is_of_variable(names: ModuleNames, annotation: ast.expr) -> bool:
    """Whether an annotation is one of a local variable, which Python drops."""
    within = names.scope_of(annotation).node
    return isinstance(names.up[annotation].parent, ast.AnnAssign) and not isinstance(within, ast.ClassDef | ast.Module)


def is_quotable(annotation: ast.expr) -> bool:
    """Whether an annotation can be written as a string."""
    return (
        annotation.lineno == annotation.end_lineno
        and isinstance(annotation, ast.Name | ast.Attribute | ast.Subscript | ast.BinOp)
        and not any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in ast.walk(annotation))
    )


def is_unread(names: ModuleNames, annotation: ast.expr) -> bool:
    """Whether nothing reads an annotation: one of a variable, or of a function that is called and no more."""
    above = names.up[annotation].parent
    if isinstance(above, ast.AnnAssign):
        return not names.scope_of(annotation).is_class
    function = above if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) else names.scope_of(above).node
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if fixtures.is_test(names, function) or fixtures.decorator_of(names, function) is not None:
        return True
    uses = [
        node
        for node in names.by_word.get(function.name, ())
        if isinstance(node, ast.Attribute) or any(each.node is function for each in names.bindings(node))
    ]
    called = all(names.up[node].field == "func" and isinstance(names.up[node].parent, ast.Call) for node in uses)
    return called and not function.decorator_list


def says(word: ast.Constant, local: str) -> bool:
    """Whether a quoted annotation uses a name."""
    try:
        return any(isinstance(node, ast.Name) and node.id == local for node in ast.walk(parse(str(word.value))))
    except SyntaxError:
        return False
