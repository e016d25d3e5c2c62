"""What fixtures put on the test classes that use them: ``request.cls.client = Client()``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.idioms.fixtures import USEFIXTURES, Fixture, Fixtures, own_nodes, pytestmark
from pytest_agentgate.codemods.reading.names import ModuleNames

_HOLDERS = frozenset({"cls", "instance"})


def put_on_class(cls: ast.ClassDef, attribute: str, fixtures: Fixtures) -> Iterator[tuple[ast.Attribute, ModuleNames]]:
    """Where a fixture that a class of the file uses assigns an attribute to it or its instances, with its file."""
    for fixture in _used(cls, fixtures):
        parameters = {each.arg for each in fixture.node.args.args}
        if "request" not in parameters:
            continue
        attributes = [node for node in own_nodes(fixture.node) if isinstance(node, ast.Attribute)]
        for node in attributes:
            if node.attr == attribute and isinstance(node.ctx, ast.Store) and _is_requesting(node.value):
                yield node, fixture.names


def _used(cls: ast.ClassDef, fixtures: Fixtures) -> Iterator[Fixture]:
    """The fixtures that a class or its module names for all its tests, and those that are used without being named."""
    names = fixtures.file.names
    places = [*cls.decorator_list, *pytestmark(names.scopes[cls].bindings.get("pytestmark", ()))]
    places += pytestmark(names.scope.bindings.get("pytestmark", ()))
    for place in places:
        if isinstance(place, ast.Call) and names.means(place.func, USEFIXTURES):
            for word in place.args:
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield from fixtures.named(word.value, cls)[:1]
    for each in fixtures.own:
        autouse = each.argument("autouse")
        if each.owner in {None, cls} and isinstance(autouse, ast.Constant) and autouse.value is True:
            yield each


def _is_requesting(node: ast.expr) -> bool:
    """Whether an expression is ``request.cls`` or ``request.instance``."""
    is_held = isinstance(node, ast.Attribute) and node.attr in _HOLDERS
    return is_held and isinstance(node.value, ast.Name) and node.value.id == "request"  # type: ignore[attr-defined]
