"""Which expressions of a file are models, or hold some: proven values, their fields, and what a function returns."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.idioms.fixtures import Fixtures
from pytest_agentgate.codemods.models.model import Model
from pytest_agentgate.codemods.models.shapes import Instance, Many, Models, Shape, Values
from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.codemods.reading.sources import File

_DEEPEST = 20


class ModelValues:
    """The expressions of one file that are instances of a model, now or once a function returns some.

    Args:
        file: the file.
        model: the class.
        function: the dotted name of a function whose result is taken for one, "" where there is none.
    """

    def __init__(self, file: File, models: Models, model: Model, function: str = "") -> None:
        self.names = file.names
        self.sources = file.sources
        self.models = models
        self.model = model
        self.function = function
        self._receivers = Receivers(file)
        self._fixtures = Fixtures(file)
        self._known: dict[ast.expr, Shape | None] = {}

    def of(self, node: ast.expr) -> Model | None:
        """The model that an expression is an instance of; None where that is not proven."""
        shape = self.shape(node)
        return shape.models[0] if isinstance(shape, Instance) and len(shape.models) == 1 else None

    def shape(self, node: ast.expr, deep: int = _DEEPEST) -> Shape | None:
        """The shape that an expression has."""
        if node not in self._known:
            self._known[node] = None
            self._known[node] = self._shape(node, deep) if deep else None
        return self._known[node]

    def _shape(self, node: ast.expr, deep: int) -> Shape | None:
        may_be = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Await | ast.Subscript)
        if may_be and self._receivers.proves(node, self.model.name):
            return Instance((self.model,))
        if self.function and self._is_result(node, deep):
            return Instance((self.model,))
        match node:
            case ast.Subscript(value=value, slice=ast.Constant(value=key)):
                return self._below(self.shape(value, deep - 1), key)
            case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=key), *_]):
                return self._below(self.shape(value, deep - 1), key)
            case ast.Attribute(value=value, attr=key):
                return self._below(self.shape(value, deep - 1), key)
            case ast.Name():
                values = [binding.value for binding in self.names.bindings(node)]
                shapes = [None if value is None else self.shape(value, deep - 1) for value in values]
                return shapes[0] if shapes and all(shape == shapes[0] for shape in shapes) else None
            case _:
                return None

    def _below(self, shape: Shape | None, key: object) -> Shape | None:
        """What stands under a key or in an attribute of a value of some shape."""
        if isinstance(shape, Instance) and len(shape.models) == 1 and isinstance(key, str):
            found = shape.models[0].attribute(key)
            return None if found is None else self.models.field_shape(found)
        if (isinstance(shape, Many) and isinstance(key, int)) or (isinstance(shape, Values) and isinstance(key, str)):
            return shape.each
        return None

    def _is_result(self, node: ast.expr, deep: int) -> bool:
        """Whether an expression is what the function returned."""
        if isinstance(node, ast.Await):
            return self._is_result(node.value, deep)
        if isinstance(node, ast.Call):
            meaning = self.names.meaning(node.func)
            return meaning is not None and self.function in {meaning, self.sources.canonical(meaning)}
        if not isinstance(node, ast.Name) or not deep:
            return False
        found: list[bool] = []
        for binding in self.names.bindings(node):
            function = binding.scope.node
            if isinstance(binding.node, ast.arg) and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(self._is_given(binding.node, function, deep))
            else:
                found.append(binding.value is not None and self._is_result(binding.value, deep - 1))
        return bool(found) and all(found)

    def _is_given(self, parameter: ast.arg, function: FunctionNode, deep: int) -> bool:
        fixture = self._fixtures.request(parameter, function, self.names)
        if fixture is None or fixture.names is not self.names:
            return fixture is not None and self._is_given_elsewhere(fixture.results, fixture.names.meaning)
        return bool(fixture.results) and all(
            each is not None and self._is_result(each, deep - 1) for each in fixture.results
        )

    def _is_given_elsewhere(self, results: list[ast.expr | None], meaning: object) -> bool:
        """Whether a fixture of another file returns nothing but calls of the function."""
        assert callable(meaning)  # noqa: S101
        calls = [each.value if isinstance(each, ast.Await) else each for each in results]
        names = [meaning(each.func) if isinstance(each, ast.Call) else None for each in calls]
        return bool(names) and all(
            name is not None and self.function in {name, self.sources.canonical(name)} for name in names
        )
