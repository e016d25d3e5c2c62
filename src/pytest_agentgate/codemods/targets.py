"""The parameter or field that now takes a model: which arguments reach it, and of what shape they have to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.holders import Holders
from pytest_agentgate.codemods.models import Field, Model, Where
from pytest_agentgate.codemods.names import ModuleNames
from pytest_agentgate.codemods.receivers import Receivers
from pytest_agentgate.codemods.shapes import Instance, Keyed, Many, Models, Shape, Values
from pytest_agentgate.codemods.signatures import Callee


class Target:
    """One parameter of a function, method or class.

    Args:
        holders: gives access to the files.
        models: the models of the project.
        function: the dotted name of the function, method or class.
        parameter: its parameter or field.
        model: the class that it now takes.
    """

    def __init__(self, holders: Holders, models: Models, function: str, parameter: str, model: Model) -> None:
        self.holders = holders
        self.sources = holders.sources
        self.models = models
        self.callee = Callee.of(self.sources, function)
        self.parameter = parameter
        owner = models.of(self.callee.name) if self.callee.kind == "class" else None
        self.owner = owner if isinstance(owner, Model) else None
        self.field = self.owner.fields.get(parameter) if self.owner is not None else None
        self.shape = self._shape(model)
        keywords = self.field.keywords if self.field is not None else ()
        self.keywords = tuple(dict.fromkeys((parameter, *keywords)))
        self._proofs: dict[ModuleNames, Receivers] = {}

    @property
    def word(self) -> str:
        """An identifier that stands in every file with a call."""
        return self.callee.name.rpartition(".")[2]

    def arguments(self, names: ModuleNames) -> Iterator[tuple[ast.expr, Shape | None]]:
        """What reaches the parameter in one file, and its shape; a call with None where that can't be told."""
        position = self._position()
        for call, args in self.calls(names):
            named = [each for each in call.keywords if each.arg in self.keywords]
            if named:
                yield from ((each.value, self.shape) for each in named)
                continue
            for each in call.keywords:
                if each.arg is None:
                    yield each.value, Keyed.of(dict.fromkeys(self.keywords, self.shape))
            starred = next((at for at, each in enumerate(args) if isinstance(each, ast.Starred)), len(args))
            if position is not None and position < starred:
                yield args[position], self.shape
            elif position is None and self._is_unknown and any(isinstance(each, ast.Dict) for each in args):
                yield call, None
        yield from self._stored(names)

    def calls(self, names: ModuleNames) -> Iterator[tuple[ast.Call, list[ast.expr]]]:
        """The calls in one file, and their positional arguments; also those of ``functools.partial``."""
        for call in names.calls:
            func, args = call.func, call.args
            if names.means(func, "functools.partial") and args:
                func, args = args[0], args[1:]
            if self._is_it(names, func):
                yield call, args

    def _is_it(self, names: ModuleNames, func: ast.expr) -> bool:
        if self.callee.kind in {"method", "classmethod", "staticmethod", "member"}:
            if not isinstance(func, ast.Attribute) or func.attr != self.callee.member:
                return False
            receivers, owner = self._receivers(names), self.callee.owner
            return receivers.proves(func.value, owner) or receivers.proves_class(func.value, owner)
        meaning = names.meaning(func)
        if meaning is None or meaning.rpartition(".")[2] != self.word:
            return False
        return self.callee.name in {meaning, self.sources.canonical(meaning)}

    def _receivers(self, names: ModuleNames) -> Receivers:
        if names not in self._proofs:
            self._proofs[names] = Receivers(self.holders.file_of(names))
        return self._proofs[names]

    def _stored(self, names: ModuleNames) -> Iterator[tuple[ast.expr, Shape]]:
        """What is assigned to the field of an instance."""
        for node in names.by_word.get(self.parameter, ()) if self.callee.kind == "class" else ():
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                statement = names.up[node].parent
                value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
                if value is not None and self._receivers(names).proves(node.value, self.callee.name):
                    yield value, self.shape

    @property
    def _is_unknown(self) -> bool:
        return self.owner is None and self.callee.signature is None

    def _position(self) -> int | None:
        """Where the parameter stands when it is passed by position; None where it isn't, or that can't be told."""
        if self.owner is not None:
            names = [each.name for each in self.owner.positional()]
            return names.index(self.parameter) if self.parameter in names else None
        return None if self.callee.signature is None else self.callee.signature.index(self.parameter)

    def _shape(self, model: Model) -> Shape:
        """The shape that the parameter asks for, as far as its annotation names the model; else the model itself."""
        asked = self._annotated(self.field)
        return asked if asked is not None and model in _models(asked) else Instance((model,))

    def _annotated(self, field: Field | None) -> Shape | None:
        if field is not None:
            return self.models.field_shape(field)
        definition = self.sources.definition(self.callee.name)
        if definition is None or not isinstance(definition.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        arguments = definition.node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        where = Where(definition.module, definition.module.scope_of(definition.node))
        annotation = next((each.annotation for each in every if each.arg == self.parameter), None)
        return self.models.shape(annotation, where)


def _models(shape: Shape) -> Iterator[Model]:
    match shape:
        case Instance(models):
            yield from models
        case Many(each) | Values(each):
            yield from _models(each)
