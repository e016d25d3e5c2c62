"""Which dicts reach a parameter that now takes a model, on whatever way, and what has to become of them.

Starting at the calls, values are followed back through names, fixtures, helpers, parametrize and ``**``. What holds a
value on the way may turn from a dict into a model only if all its uses take the model; else the dict stays, and is
made a model where it is used. Which of both is found as a greatest fixed point: every holder is believed until one of
its uses speaks against it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.holders import Holder, Holders, Use
from pytest_agentgate.codemods.known_dicts import COPIES, Known, KnownDicts, is_dict_call, is_row, text
from pytest_agentgate.codemods.models import Model, NotAModel, Where
from pytest_agentgate.codemods.names import ModuleNames
from pytest_agentgate.codemods.receivers import Receivers
from pytest_agentgate.codemods.shapes import Cell, Instance, Keyed, Many, Models, Shape, Values
from pytest_agentgate.codemods.signatures import Callee
from pytest_agentgate.codemods.sources import File


@dataclass(frozen=True, eq=False)
class Made:
    """A dict that becomes an instance of a model where it is written.

    ``apart`` keeps the dict and splats it, because not all of its keys are known: ``Model(**{"a": 1, **rest})``.
    """

    model: Model
    apart: bool = False


@dataclass(frozen=True, eq=False)
class Wrapped:
    """A dict that becomes an instance of a model where it is used: ``Model(**settings)``."""

    model: Model


class Flows:
    """The dicts that reach one parameter.

    Args:
        file: the file that is to be changed.
        function: the dotted name of the function, method or class.
        parameter: its parameter or field.
        model: the dotted name of the class that it now takes.
    """

    def __init__(self, file: File, function: str, parameter: str, model: str) -> None:
        self.holders = Holders(file)
        self.file = self.holders.file
        self.sources = self.holders.sources
        self.known = KnownDicts(self.holders)
        self.models = Models(self.sources)
        self.callee = Callee.of(self.sources, function)
        self.parameter = parameter
        self.model = self.models.of(model)
        self._proofs: dict[ModuleNames, Receivers] = {}
        self.stays: dict[Holder, str] = {}  # holders whose dicts stay dicts, and why
        self._restart()

    def _restart(self) -> None:
        self.changes: dict[ast.expr, Made | Wrapped] = {}
        self.held: dict[Holder, Shape] = {}
        self.notes: list[tuple[ModuleNames, ast.AST, str]] = []
        self._wanted: dict[ast.expr, Shape] = {}
        self._seen: set[ModuleNames] = set()
        self._queue: list[ModuleNames] = []

    def follow(self) -> None:
        """Find what is to change: ``changes`` by expression, ``held`` by holder, ``notes``."""
        if isinstance(self.model, NotAModel):
            self._cannot(self.model.reason)
            return
        self._shape = self._wanted_shape(self.model)
        while True:
            before = len(self.stays)
            self._restart()
            self._look_at(self.file.names)
            for names in self._provided():
                self._look_at(names)
            while self._queue:
                self._sinks(self._queue.pop(0))
            self.stays.update({holder: reason for holder in self.held if (reason := self._objection(holder))})
            if len(self.stays) == before:
                return

    def _cannot(self, reason: str) -> None:
        for call in self.file.names.calls:
            if self._is_call(self.file.names, call.func):
                self.notes.append((self.file.names, call, reason))

    def _look_at(self, names: ModuleNames) -> None:
        if names not in self._seen:
            self._seen.add(names)
            self._queue.append(names)

    def _provided(self) -> Iterator[ModuleNames]:
        """The files whose calls may be given what this file provides."""
        names = self.file.names
        if not any(isinstance(node, ast.Dict) or is_dict_call(names, node) for node in ast.walk(names.tree)):
            return
        last = self.callee.name.rpartition(".")[2]
        given = {each.name for each in self.holders.fixtures(names).own}
        given |= {name for name, bindings in names.scope.bindings.items() if not all(b.is_import for b in bindings)}
        for other in self.holders.with_word(last):
            if other is not names and any(name in other.by_word or name in _parameters(other) for name in given):
                yield other

    # -- where it begins -----------------------------------------------------------------------------------------------

    def _wanted_shape(self, model: Model) -> Shape:
        """The shape that the parameter asks for, as far as its annotation names the model; else the model itself."""
        plain = Instance((model,))
        definition = self.sources.definition(self.callee.name)
        shape: Shape | None = None
        if definition is not None and isinstance(definition.node, ast.ClassDef):
            owner = self.models.of(definition.name)
            found = owner.fields.get(self.parameter) if isinstance(owner, Model) else None
            shape = self.models.field_shape(found) if found is not None else None
        elif definition is not None and isinstance(definition.node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = definition.node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            where = Where(definition.module, definition.module.scope_of(definition.node))
            annotation = next((each.annotation for each in every if each.arg == self.parameter), None)
            shape = self.models.shape(annotation, where)
        return shape if shape is not None and model in _models(shape) else plain

    def _keywords(self) -> tuple[str, ...]:
        owner = self.models.of(self.callee.name) if self.callee.kind == "class" else None
        found = owner.fields.get(self.parameter) if isinstance(owner, Model) else None
        return tuple({self.parameter: 0, **dict.fromkeys(found.keywords if found is not None else ())})

    def _position(self) -> int | None:
        """Where the parameter stands when it is passed by position; None where it isn't, or that can't be told."""
        owner = self.models.of(self.callee.name) if self.callee.kind == "class" else None
        if isinstance(owner, Model):
            names = [each.name for each in owner.positional()]
            return names.index(self.parameter) if self.parameter in names else None
        return None if self.callee.signature is None else self.callee.signature.index(self.parameter)

    def _is_call(self, names: ModuleNames, func: ast.expr) -> bool:
        if self.callee.kind in {"method", "classmethod", "staticmethod", "member"}:
            if not isinstance(func, ast.Attribute) or func.attr != self.callee.member:
                return False
            receivers, owner = self._receivers(names), self.callee.owner
            return receivers.proves(func.value, owner) or receivers.proves_class(func.value, owner)
        meaning = names.meaning(func)
        if meaning is None or meaning.rpartition(".")[2] != self.callee.name.rpartition(".")[2]:
            return False
        return self.callee.name in {meaning, self.sources.canonical(meaning)}

    def _receivers(self, names: ModuleNames) -> Receivers:
        if names not in self._proofs:
            self._proofs[names] = Receivers(self.holders.file_of(names))
        return self._proofs[names]

    def _sinks(self, names: ModuleNames) -> None:
        """Follow every argument of the calls in one file that reaches the parameter."""
        keywords, position = self._keywords(), self._position()
        for call in names.calls:
            func, args = call.func, call.args
            if names.means(func, "functools.partial") and args:
                func, args = args[0], args[1:]
            if not self._is_call(names, func):
                continue
            named = [each for each in call.keywords if each.arg in keywords]
            for each in named:
                self._start(names, each.value, self._shape)
            if named:
                continue
            for each in call.keywords:
                if each.arg is None:
                    self._start(names, each.value, Keyed.of(dict.fromkeys(keywords, self._shape)))
            starred = next((at for at, each in enumerate(args) if isinstance(each, ast.Starred)), len(args))
            if position is not None and position < starred:
                if position < len(args):
                    self._start(names, args[position], self._shape)
            elif any(isinstance(each, ast.Dict) for each in args) and position is None:
                self._note(names, call, f"which of its arguments is {self.parameter} can't be told")
        self._stores(names)

    def _stores(self, names: ModuleNames) -> None:
        """Follow what is assigned to the field of an instance."""
        if self.callee.kind != "class":
            return
        for node in names.by_word.get(self.parameter, ()):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                statement = names.up[node].parent
                value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
                if value is not None and self._receivers(names).proves(node.value, self.callee.name):
                    self._start(names, value, self._shape)

    def _start(self, names: ModuleNames, node: ast.expr, shape: Shape) -> None:
        reason = self._give(names, node, shape)
        if reason:
            self._note(names, node, reason)

    def _note(self, names: ModuleNames, node: ast.AST, reason: str) -> None:
        self.notes.append((names, node, reason))

    # -- following values back -----------------------------------------------------------------------------------------

    def _give(self, names: ModuleNames, node: ast.expr, shape: Shape) -> str | None:
        """Have an expression take a shape; why it can't, or None."""
        if isinstance(shape, Cell) and shape.of == 1 and not is_row(node):
            shape = shape.shape
        if not isinstance(node, ast.List | ast.Tuple | ast.Set) and not is_row(node):
            if node in self._wanted:
                return None if self._wanted[node] == shape else "it is needed in two ways"
            self._wanted[node] = shape
        match node:
            case ast.Constant():
                return None
            case ast.IfExp():
                return self._all(names, [node.body, node.orelse], shape)
            case ast.BoolOp():
                return self._all(names, node.values, shape)
            case ast.Starred():
                return self._give(names, node.value, shape)
            case ast.Await():
                return self._awaited(names, node, shape)
            case ast.Dict():
                return self._dict(names, node, shape)
            case ast.List() | ast.Tuple() | ast.Set() if isinstance(shape, Many):
                return self._all(names, node.elts, shape.each, shape)
            case ast.List() | ast.Tuple() if isinstance(shape, Cell) and shape.of > 1:
                return self._cell(names, node.elts, shape)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() if isinstance(shape, Many):
                return self._give(names, node.elt, shape.each)
            case ast.DictComp() if isinstance(shape, Values):
                return self._give(names, node.value, shape.each)
            case ast.BinOp() if isinstance(shape, Many | Keyed | Values):
                sides = [node.left, node.right] if isinstance(node.op, ast.Add | ast.BitOr) else [node.left]
                return self._all(names, sides, shape)
            case ast.BinOp(op=ast.BitOr()):
                return self._use(names, node, shape, "")
            case ast.Subscript():
                return self._subscript(names, node, shape)
            case ast.Call():
                return self._call(names, node, shape)
            case ast.Name() | ast.Attribute():
                return self._held(names, node, self.holders.holder(names, node), shape)
            case _:
                return "where it comes from can't be told"

    def _awaited(self, names: ModuleNames, node: ast.Await, shape: Shape) -> str | None:
        reason = self._give(names, node.value, shape)
        if isinstance(change := self.changes.get(node.value), Wrapped):
            del self.changes[node.value]
            self.changes[node] = change
        return reason

    def _all(self, names: ModuleNames, nodes: list[ast.expr], shape: Shape, starred: Shape | None = None) -> str | None:
        reasons = [
            self._give(names, each, starred if starred is not None and isinstance(each, ast.Starred) else shape)
            for each in nodes
        ]
        return next((reason for reason in reasons if reason), None)

    def _cell(self, names: ModuleNames, values: list[ast.expr], shape: Cell) -> str | None:
        if shape.at >= len(values) or any(isinstance(each, ast.Starred) for each in values):
            return "a row of values can't be read"
        return self._give(names, values[shape.at], shape.shape)

    def _dict(self, names: ModuleNames, node: ast.Dict, shape: Shape) -> str | None:
        pairs = list(zip(node.keys, node.values, strict=True))
        match shape:
            case Values():
                return self._all(names, [value for key, value in pairs if key is not None], shape.each) or self._all(
                    names, [value for key, value in pairs if key is None], shape
                )
            case Keyed():
                for key, value in pairs:
                    below = shape if key is None else shape.at(text(key))
                    reason = self._give(names, value, below) if below is not None else None
                    if reason:
                        return reason
                return None
            case Instance():
                return self._literal(names, node, [(text(key), value) for key, value in pairs if key is not None],
                                     [value for key, value in pairs if key is None], shape)  # fmt: skip
            case _:
                return "a dict stands where another value is needed"

    def _literal(
        self,
        names: ModuleNames,
        node: ast.Dict | ast.Call,
        pairs: list[tuple[str | None, ast.expr]],
        splats: list[ast.expr],
        shape: Instance,
    ) -> str | None:
        """Have a dict that is written down become an instance."""
        keys = [key for key, _ in pairs]
        if None in keys:
            return "it has a key that is not written down as a string"
        rest = [self.known.of(names, each) for each in splats]
        spread = [key for known in rest for each in known or () for key in each.values]
        whole = all(known is not None and len(known) == 1 and known[0].whole for known in rest)
        merged = splats if isinstance(node, ast.Dict) else node.args  # a key given twice is no mistake there
        apart = bool(merged) and (not whole or bool(set(keys) & set(spread))) and (bool(keys) or len(splats) > 1)
        every = list(dict.fromkeys([*map(str, keys), *spread])) if splats else list(map(str, keys))
        model, reason = _chosen(shape, every, whole)
        if model is None:
            return reason
        shapes = self._field_shapes(model)
        for each, known in zip(splats, rest, strict=True):
            wanted = {
                key: below
                for key, below in shapes.items()
                if known is None or any(key in one.values or not one.whole for one in known)
            }
            against = self._give(names, each, Keyed.of(wanted)) if wanted else None
            if against and not model.coerces and any(key in one.values for one in known or () for key in wanted):
                return against
        self.changes[node] = Made(model, apart)
        for key, value in pairs:
            below = shapes.get(str(key))
            if below is not None:
                self._start(names, value, below)
        return None

    def _field_shapes(self, model: Model) -> dict[str, Shape]:
        """The shapes of a model's fields, by the keywords that fill them."""
        return {
            keyword: shape
            for each in model.fields.values()
            if (shape := self.models.field_shape(each)) is not None
            for keyword in each.keywords
        }

    def _call(self, names: ModuleNames, node: ast.Call, shape: Shape) -> str | None:
        if is_row(node) and isinstance(shape, Cell):
            return self._cell(names, node.args, shape)
        if is_dict_call(names, node):
            return self._dict_call(names, node, shape)
        meaning = names.meaning(node.func)
        if meaning in COPIES and len(node.args) == 1:
            return self._give(names, node.args[0], shape)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
            if isinstance(shape, Keyed | Many | Values):
                return self._give(names, node.func.value, shape)
            return self._use(names, node, shape, "")
        if isinstance(shape, Many) and meaning in {"builtins.list", "builtins.tuple", "builtins.set"} and node.args:
            return self._give(names, node.args[0], shape)
        if isinstance(shape, Instance) and meaning is not None:
            found = self.sources.definition(meaning)
            if found is not None and isinstance(found.node, ast.ClassDef):
                return None
        holder = self.holders.holder(names, node)
        if holder is None and (meaning is None or meaning.rpartition(".")[2][:1].isupper() or "mock" in meaning):
            return None if meaning is not None else "what it returns can't be told"
        return self._held(names, node, holder, shape)

    def _dict_call(self, names: ModuleNames, node: ast.Call, shape: Shape) -> str | None:
        pairs: list[tuple[str | None, ast.expr]] = [(each.arg, each.value) for each in node.keywords if each.arg]
        splats = [*node.args, *(each.value for each in node.keywords if each.arg is None)]
        if isinstance(shape, Instance):
            if node.args and self.known.of(names, node.args[0]) is None:
                return "it is made of something that can't be followed"
            return self._literal(names, node, pairs, splats, shape)
        if isinstance(shape, Keyed):
            reason = self._all(names, splats, shape)
            for key, value in pairs:
                below = shape.at(key)
                reason = reason or (self._give(names, value, below) if below is not None else None)
            return reason
        if isinstance(shape, Values):
            return self._all(names, [value for _, value in pairs], shape.each) or self._all(names, splats, shape)
        return "a dict stands where another value is needed"

    def _subscript(self, names: ModuleNames, node: ast.Subscript, shape: Shape) -> str | None:
        key = text(node.slice)
        if key is not None:
            reason = self._give(names, node.value, Keyed.of({key: shape}))
        elif isinstance(node.slice, ast.Constant):
            reason = self._give(names, node.value, Many(shape))
        else:
            reason = self._give(names, node.value, Values(shape))
        return self._use(names, node, shape, reason) if reason else None

    def _held(self, names: ModuleNames, node: ast.expr, holder: Holder | None, shape: Shape) -> str | None:
        if holder is None:
            return "where it comes from can't be told"
        return self._use(names, node, shape, reason) if (reason := self._fill(holder, shape)) else None

    def _fill(self, holder: Holder, shape: Shape) -> str | None:
        """Have a holder hold a shape; why it can't, or None."""
        if holder in self.stays:
            return self.stays[holder]
        if holder in self.held:
            if self.held[holder] != shape:
                self.stays[holder] = "it is needed in two ways"
                return self.stays[holder]
            return None
        self.held[holder] = shape
        givers = self.holders.givers(holder)
        if givers is None:
            self.stays[holder] = "where it comes from can't be told"
            return self.stays[holder]
        for each in givers:
            if isinstance(each, Holder):
                reason = self._fill(each, shape)
            else:
                wanted = each.adapt(shape)
                reason = self._give(each.names, each.node, wanted) if wanted is not None else None
            if reason:
                self.stays[holder] = reason
                return reason
        for use in self.holders.uses(holder) or ():
            self._look_at(use.names)
            if isinstance(use, Use) and isinstance(shape, Keyed):
                self._stored(use, shape)
        return None

    def _stored(self, use: Use, shape: Keyed) -> None:
        """Follow what is put under a key later: ``settings["redis"] = {...}``, ``settings.update(redis={...})``."""
        for node, below in _put(use.names, use.node, shape):
            reason = self._give(use.names, node, below)
            if reason:
                self._note(use.names, node, reason)

    # -- what speaks against -------------------------------------------------------------------------------------------

    def _objection(self, holder: Holder) -> str | None:
        """Why a holder can't turn from a dict into a model, after all that is known."""
        if holder in self.stays:
            return None
        shape = self.held[holder]
        uses = self.holders.uses(holder)
        if uses is None:
            return "other code uses it too"
        for use in uses:
            if isinstance(use, Holder):
                others = self.holders.uses(use)
                if others and (self.held.get(use) != shape or use in self.stays):
                    return "other tests use it as a dict"
            elif self._wanted.get(use.node) != shape and not _harmless(use, shape):
                return "it is used as a dict as well"
        return None

    def _use(self, names: ModuleNames, node: ast.expr, shape: Shape, reason: str) -> str | None:
        """Make the model where a dict is used, because the dict has to stay one."""
        known = self.known.of(names, node)
        if known is None or not isinstance(shape, Instance):
            return reason or "where it comes from can't be told"
        model: Model | None = None
        for each in known:
            model, against = _chosen(shape, [] if each.changed else list(each.values), each.whole)
            if model is None:
                return against
            nested = [each.values[key] for key in self._field_shapes(model) if key in each.values]
            if not model.coerces and any(self._nests(each, value) for value in nested):
                return f"{model.short} makes no models of the dicts in it, and {reason or 'it is a dict'}"
        if model is None:
            return reason
        self.changes[node] = Wrapped(model)
        return None

    def _nests(self, known: Known, value: ast.expr) -> bool:
        """Whether a value is, or may be, a dict where a model is needed."""
        if isinstance(value, ast.Constant):
            return False
        name = known.names.meaning(value.func) if isinstance(value, ast.Call) else None
        found = self.sources.definition(name) if name else None
        return found is None or not isinstance(found.node, ast.ClassDef)


def _chosen(shape: Instance, keys: list[str], whole: bool) -> tuple[Model | None, str]:
    """The one model that a dict with these keys fits."""
    refusals = [(model, model.refusal(keys, whole=whole)) for model in shape.models]
    fitting = [model for model, refusal in refusals if refusal is None]
    if len(fitting) == 1:
        return fitting[0], ""
    if fitting:
        return None, f"it may be {' or '.join(model.short for model in fitting)}"
    return None, "; ".join(dict.fromkeys(refusal for _, refusal in refusals if refusal))


def _models(shape: Shape) -> Iterator[Model]:
    match shape:
        case Instance(models):
            yield from models
        case Many(each) | Values(each):
            yield from _models(each)


def _parameters(names: ModuleNames) -> set[str]:
    return {
        each.arg
        for function in names.functions
        for each in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    }


def _harmless(use: Use, shape: Shape) -> bool:
    """Whether a use is right for the new value as it was for the dict."""
    parent = use.names.up[use.node].parent
    if isinstance(parent, ast.Compare):
        others = [parent.left, *parent.comparators]
        if any(isinstance(each, ast.Constant) and each.value is None for each in others):
            return all(isinstance(each, ast.Is | ast.IsNot) for each in parent.ops)
        return (
            isinstance(shape, Keyed) and isinstance(parent.ops[0], ast.In | ast.NotIn) and parent.left is not use.node
        )
    if isinstance(shape, Many | Values | Keyed) and isinstance(parent, ast.Call):
        return use.names.means(parent.func, "builtins.len")
    if not isinstance(shape, Keyed):
        return False
    if isinstance(parent, ast.Subscript) and parent.value is use.node:
        key = text(parent.slice)
        return key is not None and (shape.at(key) is None or not isinstance(parent.ctx, ast.Load))
    if isinstance(parent, ast.Attribute):
        call = use.names.up[parent].parent
        if not isinstance(call, ast.Call) or call.func is not parent:
            return False
        if parent.attr in {"get", "pop", "setdefault"} and call.args:
            key = text(call.args[0])
            unused = isinstance(use.names.up[call].parent, ast.Expr)
            return key is not None and (shape.at(key) is None or (parent.attr == "pop" and unused))
        return parent.attr in {"keys", "update"}
    return False


def _put(names: ModuleNames, node: ast.expr, shape: Keyed) -> Iterator[tuple[ast.expr, Shape]]:
    """The values that a use of a dict puts under keys that have a shape, and that shape."""
    parent = names.up[node].parent
    if isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store):
        below = shape.at(text(parent.slice))
        above = names.up[parent].parent
        if below is not None and isinstance(above, ast.Assign | ast.AnnAssign) and above.value is not None:
            yield above.value, below
    if isinstance(parent, ast.Attribute) and parent.attr == "update":
        call = names.up[parent].parent
        if isinstance(call, ast.Call) and call.func is parent:
            yield from ((each, shape) for each in call.args)
            for each in call.keywords:
                below = shape if each.arg is None else shape.at(each.arg)
                if below is not None:
                    yield each.value, below
