"""Which dicts reach a parameter that now takes a model, on whatever way, and what has to become of them.

Starting at the calls, values are followed back through names, fixtures, helpers, parametrize and ``**``. What holds a
value on the way may turn from a dict into a model only if all its uses take the model; else the dict stays, and is
made a model where it is used. Which of both is found as a greatest fixed point: every holder is believed until one of
its uses speaks against it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from pytest_agentgate.codemods.flows.dict_uses import compared, harmless, is_dict_call, is_row, put, text
from pytest_agentgate.codemods.flows.givers import Givers
from pytest_agentgate.codemods.flows.holders import Holder, Holders
from pytest_agentgate.codemods.flows.known_dicts import COPIES, Known, KnownDicts
from pytest_agentgate.codemods.flows.neighbours import Neighbours
from pytest_agentgate.codemods.flows.targets import Target
from pytest_agentgate.codemods.flows.uses import Use, Uses
from pytest_agentgate.codemods.models.model import Model, NotAModel, Style
from pytest_agentgate.codemods.models.shapes import Cell, Instance, Keyed, Many, Models, Shape, Values
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.values import element


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


class _AgainError(Exception):
    """What was believed of a holder is wrong, and so may be what was found since."""


class Flows:
    """The dicts that reach one parameter.

    Args:
        file: the file that is to be changed.
        function: the dotted name of the function, method or class.
        parameter: its parameter or field.
        model: the dotted name of the class that it now takes.
        everywhere: whether every parameter counts that the implementation annotates with the class.
    """

    def __init__(self, file: File, function: str, parameter: str, model: str, everywhere: bool = False) -> None:
        self.holders = Holders(file)
        self.file = self.holders.file
        self.sources = self.holders.sources
        self.neighbours = Neighbours(self.holders)
        self.uses = Uses(self.holders)
        self.givers = Givers(self.holders, self.uses)
        self.known = KnownDicts(self.holders, self.givers, self.uses)
        self.models = Models(self.sources)
        found = self.models.of(model)
        self.reason = found.reason if isinstance(found, NotAModel) else ""  # why nothing can be done
        self.target = (
            None
            if isinstance(found, NotAModel)
            else Target(self.holders, self.models, function, parameter, found, everywhere)
        )
        self.function = function
        self.parameter = parameter
        self.stays: dict[tuple[Holder, Shape], str] = {}  # what a holder can't come to hold, and why
        self._restart()

    def _restart(self) -> None:
        self.changes: dict[ast.expr, Made | Wrapped] = {}
        self.held: dict[Holder, Shape] = {}
        self.notes: list[tuple[ModuleNames, ast.AST, str]] = []
        self._wanted: dict[ast.expr, Shape] = {}
        self._filled: set[Holder] = set()
        self._seen: set[ModuleNames] = set()
        self._queue: list[ModuleNames] = []

    def follow(self) -> None:
        """Find what is to change: ``changes`` by expression, ``held`` by holder, ``notes``."""
        if self.target is None:
            self._cannot()
            return
        while not self._is_settled(self.target):
            pass

    def _is_settled(self, target: Target) -> bool:
        """Follow everything once, without what is known not to work; whether nothing new speaks against it."""
        before = len(self.stays)
        self._restart()
        self._look_at(self.file.names)
        for names in self.neighbours.calling(target.word):
            self._look_at(names)
        try:
            while self._queue:
                self._arguments(target, self._queue.pop(0))
        except _AgainError:
            return False
        for holder, shape in self.held.items():
            if reason := self._objection(holder, shape):
                self.stays.setdefault((holder, shape), reason)
        return len(self.stays) == before

    def _cannot(self) -> None:
        for call in self.file.names.calls:
            if self.file.names.means(call.func, self.function):
                self._note(self.file.names, call, self.reason)

    def _arguments(self, target: Target, names: ModuleNames) -> None:
        for node, shape in target.arguments(names):
            if shape is None:
                self._note(names, node, f"which of its arguments is {self.parameter} can't be told")
            else:
                self._start(names, node, shape)

    def _look_at(self, names: ModuleNames) -> None:
        if names not in self._seen:
            self._seen.add(names)
            self._queue.append(names)

    # -- following values back ---------------------------------------------------------------------------------------

    def _start(self, names: ModuleNames, node: ast.expr, shape: Shape) -> None:
        reason = self._give(names, node, shape)
        if reason:
            self._note(names, node, reason)

    def _note(self, names: ModuleNames, node: ast.AST, reason: str) -> None:
        self.notes.append((names, node, reason))

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
        if (holder, shape) in self.stays:
            return self.stays[holder, shape]
        held = self.held.setdefault(holder, shape)
        if held != shape:
            reason = "it is needed in two ways"
            for each in (held, shape):  # a mapping of models serves where a model is made of it, too
                if not isinstance(each, Keyed) or isinstance(held, Keyed) is isinstance(shape, Keyed):
                    self.stays.setdefault((holder, each), reason)
            raise _AgainError
        if holder in self._filled:
            return None
        self._filled.add(holder)
        givers = self.givers.of(holder)
        if givers is None:
            self.stays[holder, shape] = "where it comes from can't be told"
            return self.stays[holder, shape]
        for giver in givers:
            against: str | None = None
            if isinstance(giver, Holder):
                against = self._fill(giver, shape)
            elif (wanted := giver.adapt(shape)) is not None:
                against = self._give(giver.names, giver.node, wanted)
            if against:
                self.stays[holder, shape] = against
                return against
        for use in self.uses.of(holder) or ():
            self._look_at(use.names)
            if isinstance(use, Use) and isinstance(shape, Keyed):
                self._stored(use, shape)
        return None

    def _stored(self, use: Use, shape: Keyed) -> None:
        """Follow what is put under a key later: ``settings["redis"] = {...}``, ``settings.update(redis={...})``."""
        for node, below in put(use.names, use.node, shape):
            reason = self._give(use.names, node, below)
            if reason:
                self._note(use.names, node, reason)

    # -- what speaks against -------------------------------------------------------------------------------------------

    def _objection(self, holder: Holder, shape: Shape) -> str | None:
        """Why a holder can't turn from a dict into a model, after all that is known."""
        uses = self.uses.of(holder)
        if uses is None:
            return "other code uses it too"
        for use in uses:
            if isinstance(use, Holder):
                others = self.uses.of(use)
                held = self.held.get(use)
                if others and held is None and use.kind == "name" and self._objection(use, shape) is None:
                    continue
                if others and (held != shape or (use, shape) in self.stays):
                    return "other tests use it as a dict"
            elif self._wanted.get(use.node) != shape and not (harmless(use, shape) or self._meets_its_like(use, shape)):
                return "it is used as a dict as well"
        return None

    def _meets_its_like(self, use: Use, shape: Shape) -> bool:
        """Whether a value is compared with what is proven to be of its new shape: ``service.config == config``."""
        other = compared(use)
        if other is None or self.target is None:
            return False
        each = shape.each if isinstance(shape, Many) else shape
        if not isinstance(each, Instance):
            return False
        receivers = self.target.receivers(use.names)
        found = receivers.values(other)
        if isinstance(shape, Many):
            found = element(found, receivers.hierarchy)
        return any(
            all(value is not None and value.form == "instance" and value.name == model.name for value in found)
            for model in each.models
            if model.style is not Style.PLAIN  # its instances may equal none but themselves
        )

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
            nested = {key: below for key, below in self._field_shapes(model).items() if key in each.values}
            if not model.coerces and any(self._nests(each, each.values[key]) for key in nested):
                self._wanted.pop(node, None)
                if self._give(names, node, Keyed.of(nested)):
                    said = f"{model.short} makes no models of the dicts in it"
                    return reason if reason.startswith(said) else f"{said}, and {reason or 'it is a dict'}"
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
