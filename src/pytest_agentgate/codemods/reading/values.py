"""What is known of a value without running anything, and how annotations say it."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pytest_agentgate.codemods.reading.hierarchy import Hierarchy
from pytest_agentgate.codemods.reading.names import ModuleNames, Scope, parse

Form: TypeAlias = Literal["instance", "class", "function", "name", "mock"]


@dataclass(frozen=True)
class Value:
    """One thing that an expression may evaluate to.

    Args:
        name: the dotted name of its class; of itself for the forms ``class``, ``function`` and ``name``.
        form: ``name`` is what can't be seen, a module or something of another distribution; ``mock`` is a mock that
            has the attributes of the class.
        of: for a container, iterator or awaitable: what its type arguments may be; for a method: what it is bound to.
    """

    name: str
    form: Form = "instance"
    of: tuple[Values, ...] = ()


Values: TypeAlias = frozenset["Value | None"]
"""Everything that an expression may evaluate to; None among them is "something else"."""

UNKNOWN: Values = frozenset({None})
NONE = Value("types.NoneType")
SELF = "typing.Self"
MANAGER = "contextlib.AbstractContextManager"

_THROUGH = frozenset(
    {"Annotated", "ClassVar", "Final", "InitVar", "Mapped", "NotRequired", "ReadOnly", "Required", "Optional"},
)
_TYPING = frozenset(
    {"typing", "typing_extensions", "collections.abc", "builtins", "contextlib", "collections", "types"}
)
_KEYED = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "ChainMap"}
)
_COROUTINES = frozenset({"Coroutine", "CoroutineType"})
_AWAITABLES = _COROUTINES | {"Awaitable", "Future", "Task"}
_TUPLES = frozenset({"tuple", "Tuple"})
_DEEPEST = 12


def one(name: str, *of: Values) -> Values:
    """An instance of a class, and nothing else."""
    return frozenset({Value(name, "instance", of)})


def union(*several: Values) -> Values:
    """Everything that any of several may be."""
    return frozenset[Value | None]().union(*several)


def present(values: Values) -> Values:
    """Without None, which has no attributes to speak of."""
    return values - {NONE} or values


def bind(values: Values, receiver: Values) -> Values:
    """With ``Self`` replaced by what a method was looked up on."""
    found: set[Value | None] = set()
    for value in values:
        if value is None:
            found.add(None)
        elif value.name == SELF:
            found |= {None if each is None else Value(each.name, value.form, each.of) for each in receiver}
        elif value.of and value.form == "instance":
            found.add(Value(value.name, value.form, tuple(bind(each, receiver) for each in value.of)))
        else:
            found.add(value)
    return frozenset(found)


def as_classes(values: Values) -> Values:
    """The classes whose instances these are."""
    return frozenset(
        Value(each.name, "class") if each is not None and each.form == "instance" else None for each in values
    )


def as_instances(values: Values, also_instances: bool = False) -> Values:
    """Instances of these classes; ``also_instances`` lets through what is one already."""
    return frozenset(
        None
        if each is None
        else Value(each.name)
        if each.form in {"class", "name"}
        else each
        if also_instances and each.form == "instance"
        else None
        for each in values
    )


def awaited(values: Values) -> Values:
    """What ``await`` makes of them."""
    return union(*(_argument(each, _AWAITABLES, -1 if _word(each) in _COROUTINES else 0) for each in values))


def element(values: Values, hierarchy: Hierarchy) -> Values:
    """What iterating over them gives."""
    found: list[Values] = []
    for each in values:
        if each is not None and each.form == "class" and hierarchy.is_enum(each.name):
            found.append(one(each.name))
        elif each is None or each.form != "instance" or not each.of or each.name.rpartition(".")[0] not in _TYPING:
            found.append(UNKNOWN)
        else:
            found.append(union(*each.of) if _word(each) in _TUPLES else each.of[0])
    return union(*found) or UNKNOWN


def item(values: Values, index: ast.expr) -> Values:
    """What a subscript of them gives."""
    found: list[Values] = []
    for each in values:
        if each is not None and each.form in {"class", "name"}:  # Box[int]
            found.append(frozenset({each}))
        elif each is None or each.form != "instance" or not each.of or each.name.rpartition(".")[0] not in _TYPING:
            found.append(UNKNOWN)
        elif isinstance(index, ast.Slice):
            found.append(UNKNOWN if _word(each) in _TUPLES else frozenset({each}))
        elif _word(each) in _KEYED:
            found.append(each.of[-1] if len(each.of) > 1 else UNKNOWN)
        elif _word(each) in _TUPLES:
            at = _constant_index(index)
            found.append(each.of[at] if at is not None and -len(each.of) <= at < len(each.of) else UNKNOWN)
        else:
            found.append(each.of[0] if _constant_index(index) is not None or isinstance(index, ast.Name) else UNKNOWN)
    return union(*found) or UNKNOWN


def unpacked(values: Values, at: int) -> Values:
    """What the target at one position of several gets."""
    return item(values, ast.Constant(at))


def _argument(value: Value | None, words: frozenset[str], at: int) -> Values:
    return value.of[at] if value is not None and value.of and _word(value) in words else UNKNOWN


def _word(value: Value | None) -> str:
    return "" if value is None else value.name.rpartition(".")[2]


def _constant_index(node: ast.expr) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _constant_index(node.operand)
        return None if inner is None else -inner
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


class Annotations:
    """What annotations say, in any file that can be seen."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy

    def values(self, annotation: ast.expr, names: ModuleNames, scope: Scope | None = None, deep: int = 0) -> Values:
        """What an annotation allows, None beside something else not counted; quoted ones are read.

        ``scope`` is that of an expression which is not part of the file's tree.
        """
        scope = scope or names.scope_of(annotation)
        if deep > _DEEPEST:
            return UNKNOWN
        match annotation:
            case ast.Constant(value=None):
                return frozenset({NONE})
            case ast.Constant(value=str(text)):
                try:
                    statement = parse(f"({text}\n)").body[0]
                except SyntaxError:
                    return UNKNOWN
                inner = statement.value if isinstance(statement, ast.Expr) else annotation
                return self.values(inner, names, scope, deep + 1)
            case ast.BinOp(op=ast.BitOr()):
                sides = (annotation.left, annotation.right)
                return present(union(*(self.values(side, names, scope, deep + 1) for side in sides)))
            case ast.Subscript():
                return self._subscript(annotation, names, scope, deep)
            case ast.Name() | ast.Attribute():
                return self._named(annotation, names, scope, deep)
        return UNKNOWN

    def _subscript(self, node: ast.Subscript, names: ModuleNames, scope: Scope, deep: int) -> Values:
        base = meaning(node.value, names, scope)
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if base is None:
            return UNKNOWN
        module, _, word = base.rpartition(".")
        if word == "Literal":
            return UNKNOWN
        arguments = tuple(
            UNKNOWN
            if isinstance(each, ast.Constant) and each.value is ...
            else self.values(each, names, scope, deep + 1)
            for each in inside
        )
        if word == "Union" and module in _TYPING:
            return present(union(*arguments))
        if word in _THROUGH:
            return arguments[0] if arguments else UNKNOWN
        if base in {"builtins.type", "typing.Type"}:
            return as_classes(arguments[0]) if arguments else UNKNOWN
        if word in {"tuple", "Tuple"} and len(inside) == 2 and arguments[1] == UNKNOWN:  # tuple[C, ...]
            return one("collections.abc.Sequence", arguments[0])
        plain = self._named(node.value, names, scope, deep)
        return frozenset(None if each is None else Value(each.name, each.form, arguments) for each in plain)

    def _named(self, node: ast.expr, names: ModuleNames, scope: Scope, deep: int) -> Values:
        base = meaning(node, names, scope)
        if base is None:
            alias = _alias(node, scope)
            return UNKNOWN if alias is None else self.values(alias, names, None, deep + 1)
        module, _, word = base.rpartition(".")
        if word == "Self" and module in _TYPING:
            return one(SELF)
        if base in {"typing.Any", "builtins.object"}:
            return UNKNOWN
        if module in _TYPING:
            if module == "builtins" and not isinstance(getattr(builtins, word, None), type):
                return UNKNOWN
            return one(base)
        found = self.hierarchy.definition(base)
        if found is None:
            return one(base)
        if isinstance(found.node, ast.ClassDef):
            return one(found.name)
        if isinstance(found.node, ast.expr):  # an alias such as ``Users = list[User]``
            return self.values(found.node, found.module, None, deep + 1)
        return UNKNOWN


def meaning(node: ast.expr, names: ModuleNames, scope: Scope) -> str | None:
    """The dotted name that an expression stands for in a scope, also where the expression is not part of the tree."""
    if isinstance(node, ast.Attribute):
        base = meaning(node.value, names, scope)
        return None if base is None else f"{base}.{node.attr}"
    if not isinstance(node, ast.Name):
        return None
    home = scope.home(node.id)
    if home is not None:
        fallbacks = (binding for binding in home.bindings[node.id] if not _is_none(binding.value))
        targets = {binding.target for binding in fallbacks}
        return targets.pop() if len(targets) == 1 else None
    if hasattr(builtins, node.id):
        return f"builtins.{node.id}"
    stars = [star.target for star in names.scope.stars if star.target]
    return f"{stars[0]}.{node.id}" if len(stars) == 1 else None


def _alias(node: ast.expr, scope: Scope) -> ast.expr | None:
    """What a name of the same file was given as its one value."""
    home = scope.home(node.id) if isinstance(node, ast.Name) else None
    bindings = home.bindings[node.id] if home is not None and isinstance(node, ast.Name) else []
    return bindings[0].value if len(bindings) == 1 else None


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
