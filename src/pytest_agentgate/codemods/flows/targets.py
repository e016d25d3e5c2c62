"""The parameter or field that now takes a model: which arguments reach it, and of what shape they have to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.flows.holders import Holders
from pytest_agentgate.codemods.models.model import Model, Where
from pytest_agentgate.codemods.models.shapes import Instance, Keyed, Many, Models, Shape, Values
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.codemods.reading.signatures import Callee
from pytest_agentgate.codemods.reading.sources import Definition
from pytest_agentgate.codemods.reading.test_modules import is_tests


class Target:
    """One parameter of a function, method or class.

    Args:
        holders: gives access to the files.
        models: the models of the project.
        function: the dotted name of the function, method or class.
        parameter: its parameter or field.
        model: the class that it now takes.
        everywhere: whether every parameter counts that the implementation annotates with the class.
    """

    def __init__(
        self, holders: Holders, models: Models, function: str, parameter: str, model: Model, everywhere: bool = False
    ) -> None:
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
        self.model = model
        self.everywhere = everywhere
        self._proofs: dict[ModuleNames, Receivers] = {}
        self._others: dict[str, list[Target]] = {}

    @property
    def word(self) -> str:
        """An identifier that stands in every file with a call; "" where any file may have one."""
        return "" if self.everywhere else self._last

    @property
    def _last(self) -> str:
        return self.callee.name.rpartition(".")[2]

    def arguments(self, names: ModuleNames) -> Iterator[tuple[ast.expr, Shape | None]]:
        """What reaches the parameter in one file, and its shape; a call with None where that can't be told."""
        for call, args in self.calls(names):
            yield from self._passed(call, args)
        yield from self._stored(names)
        for call in names.calls if self.everywhere else ():
            for other in self._annotated_targets(names, call.func):
                yield from other._passed(call, call.args)

    def _passed(self, call: ast.Call, args: list[ast.expr]) -> Iterator[tuple[ast.expr, Shape | None]]:
        position = self._position()
        named = [each for each in call.keywords if each.arg in self.keywords]
        if named:
            yield from ((each.value, self.shape) for each in named)
            return
        for each in call.keywords:
            if each.arg is None:
                yield each.value, Keyed.of(dict.fromkeys(self.keywords, self.shape))
        starred = next((at for at, each in enumerate(args) if isinstance(each, ast.Starred)), len(args))
        if position is not None and position < starred:
            yield args[position], self.shape
        elif position is None and self._is_unknown and any(isinstance(each, ast.Dict) for each in args):
            yield call, None

    def _annotated_targets(self, names: ModuleNames, func: ast.expr) -> list[Target]:
        """The parameters of another function of the implementation that are annotated with the class."""
        name = names.meaning(func)
        if name is None and isinstance(func, ast.Attribute):
            classes = self.receivers(names).classes(func.value)
            name = f"{next(iter(classes))}.{func.attr}" if len(classes) == 1 and None not in classes else None
        definition = self.sources.definition(name) if name is not None else None
        if name is None or definition is None or is_tests(definition.module) or definition.name == self.callee.name:
            return []
        if definition.name not in self._others:
            self._others[definition.name] = list(self._annotated_in(definition))
        return self._others[definition.name]

    def _annotated_in(self, definition: Definition) -> Iterator[Target]:
        words: list[str] = []
        if isinstance(definition.node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = definition.node.args
            words = [each.arg for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
        elif isinstance(definition.node, ast.ClassDef):
            owner = self.models.of(definition.name)
            words = list(owner.fields) if isinstance(owner, Model) else []
        for word in words:
            other = Target(self.holders, self.models, definition.name, word, self.model)
            asked = other.annotated()
            if asked is not None and self.model in _models(asked):
                yield other

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
            receivers, owner = self.receivers(names), self.callee.owner
            return receivers.proves(func.value, owner) or receivers.proves_class(func.value, owner)
        meaning = names.meaning(func)
        if meaning is None or meaning.rpartition(".")[2] != self._last:
            return False
        return self.callee.name in {meaning, self.sources.canonical(meaning)}

    def receivers(self, names: ModuleNames) -> Receivers:
        """What is proven of the values of one file."""
        if names not in self._proofs:
            self._proofs[names] = Receivers(self.holders.file_of(names))
        return self._proofs[names]

    def _stored(self, names: ModuleNames) -> Iterator[tuple[ast.expr, Shape]]:
        """What is assigned to the field of an instance, or added to the list that it holds."""
        for node in names.by_word.get(self.parameter, ()) if self.callee.kind == "class" else ():
            if not isinstance(node, ast.Attribute):
                continue
            for value, shape in self._put(names, node):
                if self.receivers(names).proves(node.value, self.callee.name):
                    yield value, shape

    def _put(self, names: ModuleNames, field: ast.Attribute) -> Iterator[tuple[ast.expr, Shape]]:
        """``x.field = value``, ``x.field += values``, ``x.field.append(value)`` and its like."""
        parent = names.up[field].parent
        if isinstance(field.ctx, ast.Store):
            is_added = isinstance(parent, ast.AugAssign) and isinstance(self.shape, Many)
            if isinstance(parent, ast.Assign | ast.AnnAssign) or is_added:
                value = parent.value  # type: ignore[attr-defined]
                yield from () if value is None else [(value, self.shape)]
        elif isinstance(parent, ast.Attribute) and isinstance(self.shape, Many):
            call = names.up[parent].parent
            match call:
                case ast.Call(args=[value]) if call.func is parent and parent.attr == "append":
                    yield value, self.shape.each
                case ast.Call(args=[_, value]) if call.func is parent and parent.attr == "insert":
                    yield value, self.shape.each
                case ast.Call(args=[value]) if call.func is parent and parent.attr == "extend":
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
        asked = self.annotated()
        return asked if asked is not None and model in _models(asked) else Instance((model,))

    def annotated(self) -> Shape | None:
        """The shape that the parameter's annotation asks for."""
        if self.field is not None:
            return self.models.field_shape(self.field)
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
