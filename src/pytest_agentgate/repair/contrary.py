"""What the implementation's own code says against a change: it still uses the old form, as only a bug leaves it.

A change whose author has migrated the callers is one that tests may follow. Where a caller in the implementation is
proven to rely on what was, and cannot work with what is, the tests are right.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.reading import iterations
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.repair.api.table import Passing
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.breakage import Breakage, Sort
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.other_values import other_values
from pytest_agentgate.repair.proposal import NoProposal
from pytest_agentgate.repair.suite import Suite
from pytest_agentgate.repair.typed import is_mapping, names_in

_BY_POSITION = frozenset({Passing.POSITIONAL_ONLY, Passing.EITHER})
_OF_COROUTINES = frozenset({"send", "throw", "close", "__await__", "__name__", "__doc__", "__self__", "__func__"})
_CONTAINERS = (list, dict, set, str, bytes)
_LISTS = frozenset({"list", "List", "tuple", "Tuple", "set", "Set", "Sequence", "MutableSequence", "Collection"})
_KEYWORDS = frozenset({Sort.PARAMETER_RENAMED, Sort.PARAMETER_GONE})
_SHOWN = 3


@dataclass(frozen=True)
class _Use:
    """One place in the implementation that reads or calls what a breakage is about."""

    node: ast.Name | ast.Attribute
    names: ModuleNames
    place: str

    @property
    def parent(self) -> ast.AST | None:
        return next(self.names.ancestors(self.node), None)

    @property
    def call(self) -> ast.Call | None:
        return self.parent if isinstance(self.parent, ast.Call) and self.parent.func is self.node else None


def against(breakages: Iterable[Breakage], change: Change, suite: Suite) -> NoProposal | None:
    """The refusal where the implementation itself relies on what it was before one of these breakages."""
    for each in breakages:
        places = tuple(dict.fromkeys(_places(each, change, suite)))
        subject = f"{each.old}.{each.parameter}" if each.parameter else each.old
        if each.sort in _KEYWORDS and (others := tuple(other_values(each, change, suite))):
            return NoProposal(
                f"{each.sort}: {subject}; but the implementation itself passes another value under the new name: it "
                "means something else",
                ", ".join(others[:_SHOWN]),
            )
        if places:
            shown = ", ".join(places[:_SHOWN])
            return NoProposal(
                f"{each.sort}: {subject}; but the implementation itself still uses it as it was: the change is half "
                "done, or a bug",
                shown,
                final=each.sort in {Sort.MODULE_MOVED, Sort.SYMBOL_MOVED},
            )
    return None


def _places(breakage: Breakage, change: Change, suite: Suite) -> Iterator[str]:
    match breakage.sort:
        case Sort.SYMBOL_GONE | Sort.SYMBOL_MOVED:
            yield from _unbound(breakage, change, suite)
            yield from _exported(breakage, change)
            yield from _written_out(breakage, change, suite)
        case Sort.MODULE_MOVED:
            yield from _written_out(breakage, change, suite)
        case Sort.PARAMETER_RENAMED | Sort.PARAMETER_GONE:
            yield from _passing_the_old_name(breakage, change, suite)
        case Sort.BECAME_ASYNC:
            for use in _uses(breakage.new, change, suite):
                if use.call is not None and _is_used_as_value(use.call, use.names):
                    yield use.place
        case Sort.BECAME_SYNC:
            for use in _uses(breakage.new, change, suite):
                if use.call is not None and isinstance(next(use.names.ancestors(use.call), None), ast.Await):
                    yield use.place
        case Sort.BECAME_METHOD:
            for use in _uses(breakage.new, change, suite):
                if use.call is None and _is_used_as_value(use.node, use.names):
                    yield use.place
        case Sort.BECAME_PROPERTY:
            for use in _uses(breakage.new, change, suite):
                if use.call is not None:
                    yield use.place
        case Sort.BECAME_ITERATOR:
            for use in _uses(breakage.new, change, suite, may_be=True):
                if use.call is not None and _is_used_as_list(use.call, use.names):
                    yield use.place
        case Sort.PARAMETER_TYPE | Sort.FIELD_TYPE:
            yield from _passing_what_was(breakage, change, suite)
        case Sort.MEMBER_RENAMED | Sort.MEMBER_GONE:
            yield from _overriding(breakage, change)
        case Sort.FIXTURE_RENAMED:
            yield from _asking_for(breakage.old.rpartition(".")[2], change, suite)
        case _:
            pass


# ---- where


def _uses(name: str, change: Change, suite: Suite, may_be: bool = False) -> Iterator[_Use]:
    """The places that read a definition, by a name that stands for nothing else or as a member of ``self``.

    ``may_be``: also as a member of something that can't be told, if nothing built in has such a member.
    """
    word = name.rpartition(".")[2]
    is_own = may_be and not any(hasattr(each, word) for each in _CONTAINERS)
    for path, names in _files(word, change, suite):
        for node in names.by_word.get(word, ()):
            if not isinstance(node.ctx, ast.Load):
                continue
            unknown = is_own and isinstance(node, ast.Attribute) and names.candidates(node) == {None}
            if unknown or _is(node, name, names, change):
                yield _Use(node, names, f"{path}:{node.lineno}")


def _files(word: str, change: Change, suite: Suite) -> Iterator[tuple[str, ModuleNames]]:
    for module in change.new.modules.values():
        if word in (suite.sources.text(module.path) or ""):
            names = suite.sources.file(module.path)
            if names is not None:
                yield module.path, names


def _is(node: ast.Name | ast.Attribute, name: str, names: ModuleNames, change: Change) -> bool:
    meant = names.meaning(node)
    if meant is not None:
        return change.new.canonical(meant) == name
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    method = names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef)
    if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    cls = next(names.ancestors(method), None)
    first = next(iter((*method.args.posonlyargs, *method.args.args)), None)
    if not isinstance(cls, ast.ClassDef) or first is None or first.arg != node.value.id:
        return False
    symbol = change.new.symbol(f"{names.qualified(cls)}.{node.attr}")
    return symbol is not None and symbol.name == name


# ---- how


def _is_used_as_value(node: ast.expr, names: ModuleNames) -> bool:
    """Whether something is done with a value that neither a coroutine nor a bound method can do."""
    parent = next(names.ancestors(node), None)
    match parent:
        case ast.BinOp() | ast.UnaryOp() | ast.Expr() | ast.FormattedValue() | ast.Starred():
            return not (isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not))
        case ast.Compare():
            return not any(isinstance(operator, ast.Is | ast.IsNot) for operator in parent.ops)
        case ast.Attribute():
            return parent.attr not in _OF_COROUTINES
        case ast.Subscript():
            return parent.value is node
        case ast.For() | ast.comprehension():
            return parent.iter is node
        case _:
            return False


def _is_used_as_list(call: ast.Call, names: ModuleNames) -> bool:
    """Whether something is done with a result, here or through a variable, that only a list can do."""
    parent = names.up[call].parent
    if isinstance(parent, ast.Assign | ast.AnnAssign) and (kept := _kept_by_an_instance(parent, names)):
        return len(kept) > 1
    if isinstance(parent, ast.Assign | ast.AnnAssign) and iterations.use(names, call) == "kept":
        target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
        uses = [iterations.use(names, each) for each in iterations.uses_of(names, target)]  # type: ignore[arg-type]
        return "indexed" in uses or uses.count("once") > 1
    if isinstance(parent, ast.Return):
        function = names.enclosing(parent, ast.FunctionDef, ast.AsyncFunctionDef)
        promised = function.returns if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) else None
        outer = ast.unparse(promised).strip("'\"").partition("[")[0] if promised is not None else ""
        return outer.rpartition(".")[2] in _LISTS
    return iterations.use(names, call) == "indexed"


def _kept_by_an_instance(assignment: ast.Assign | ast.AnnAssign, names: ModuleNames) -> set[ast.AST | None]:
    """The methods that go over what is assigned to ``self.name``, or use it as a list."""
    target = assignment.targets[0] if isinstance(assignment, ast.Assign) else assignment.target
    cls = names.enclosing(assignment, ast.ClassDef)
    if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name) or cls is None:
        return set()
    reads = [
        node
        for node in names.by_word.get(target.attr, ())
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and ast.unparse(node) == ast.unparse(target)
        and names.enclosing(node, ast.ClassDef) is cls
    ]
    return {
        names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef)
        for node in reads
        if iterations.use(names, node) in {"once", "indexed"}
    }


def _overriding(breakage: Breakage, change: Change) -> Iterator[str]:
    """The classes below one that have a member of their own in the place of its old one, as they had before."""
    owner, _, member = breakage.old.rpartition(".")
    home = (breakage.new.rpartition(".")[0] if breakage.new else "") or owner
    for module in change.new.modules.values():
        for symbol in module.symbols.values():
            own = change.new.symbol(f"{symbol.name}.{member}") if home in _above(symbol.name, change) else None
            if own is not None and own.name == f"{symbol.name}.{member}" and change.old.symbol(own.name) is not None:
                yield f"{own.path}:{own.line}"


def _above(cls: str, change: Change) -> set[str]:
    """The classes that one derives from."""
    found: set[str] = set()
    todo = [cls]
    while todo:
        symbol = change.new.symbol(todo.pop())
        above = {change.new.canonical(base) for base in symbol.bases} - found if symbol is not None else set()
        found |= above
        todo += above
    return found


def _exported(breakage: Breakage, change: Change) -> Iterator[str]:
    """The ``__all__`` of the module that defined a name, where it still lists it."""
    home, _, word = breakage.old.rpartition(".")
    module = change.new.modules.get(home)
    if module is not None and word in (module.exported or ()) and not change.new.offers(breakage.old):
        yield module.path


def _asking_for(fixture: str, change: Change, suite: Suite) -> Iterator[str]:
    """The fixtures of the implementation that ask for one by its name."""
    for module in change.new.modules.values():
        for symbol in module.symbols.values():
            if symbol.sort is Is.FIXTURE and any(each.name == fixture for each in symbol.parameters):
                yield f"{symbol.path}:{symbol.line}"
    for path, names in _files(fixture, change, suite):
        for word in names.strings:
            call = names.up[word].parent
            name = call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
            if word.value == fixture and name in {"getfixturevalue", "usefixtures"}:
                yield f"{path}:{word.lineno}"


def _unbound(breakage: Breakage, change: Change, suite: Suite) -> Iterator[str]:
    """Where the module that defined a name still reads it, though nothing there binds it any more."""
    home, _, word = breakage.old.rpartition(".")
    module = change.new.modules.get(home)
    names = suite.sources.file(module.path) if module is not None and not module.stars else None
    if module is None or names is None or hasattr(builtins, word) or word in module.dynamic:
        return
    for node in names.by_word.get(word, ()):
        is_read = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if is_read and not names.scope_of(node).home(word) and not names.enclosing(node, ast.Try):
            yield f"{module.path}:{node.lineno}"


def _written_out(breakage: Breakage, change: Change, suite: Suite) -> Iterator[str]:
    """Where a text names what is gone so that it can be imported: ``"shop.orders:total"``, ``"shop.orders.total"``.

    Keys of dicts are left out: a table of what got another name has the old one there. A module alone counts only where
    it is handed to something that imports, because loggers have such names, too.
    """
    is_module = breakage.sort is Sort.MODULE_MOVED
    for old in dict.fromkeys((breakage.old, *breakage.aliases)):
        home, _, word = old.rpartition(".")
        if change.new.offers(old) or not home:
            continue
        for path, names in _files(old if is_module else home, change, suite):
            for node in ast.walk(names.tree):
                if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                    continue
                text, up = node.value, names.up[node]
                if is_module:
                    named = text.startswith(f"{old}:") and text[len(old) + 1 :].replace(".", "").isidentifier()
                    named = named or (text == old and _is_imported(node, names))
                else:
                    named = text in {old, f"{home}:{word}"} and not isinstance(up.parent, ast.Call)
                if named and not isinstance(up.parent, ast.Expr | ast.Subscript | ast.Compare) and up.field != "keys":
                    yield f"{path}:{node.lineno}"


def _is_imported(text: ast.Constant, names: ModuleNames) -> bool:
    """Whether a text is handed to something that imports, or follows ``"-m"`` in a command."""
    match names.up[text].parent:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return "import" in name
        case ast.List(elts=words) | ast.Tuple(elts=words):
            before = words[words.index(text) - 1] if text in words[1:] else None
            return isinstance(before, ast.Constant) and before.value == "-m"
        case _:
            return False


# ---- what is passed


def _passing_the_old_name(breakage: Breakage, change: Change, suite: Suite) -> Iterator[str]:
    """Where an argument has its old name: in a call, in a partial one, in a dict that becomes arguments."""
    symbol = change.new.symbol((breakage.new or breakage.old).removesuffix(".__init__"))
    if symbol is None or any(each.passing is Passing.VAR_KEYWORD for each in symbol.parameters):
        return
    for use in _uses(symbol.name, change, suite):
        call = use.call
        if call is None and isinstance(use.parent, ast.Call) and use.parent.args[:1] == [use.node]:
            is_partial = (use.names.meaning(use.parent.func) or "").startswith("functools.partial")
            call = use.parent if is_partial else None
        for keyword in call.keywords if call is not None else ():
            if breakage.parameter in ((keyword.arg,) if keyword.arg else _keys(keyword.value, use.names)):
                yield use.place


def _keys(value: ast.expr, names: ModuleNames) -> Iterator[str]:
    """The keys of a dict, as far as they are written where it is made."""
    match value:
        case ast.Dict():
            yield from (str(each.value) for each in value.keys if isinstance(each, ast.Constant))
        case ast.Call() if names.meaning(value.func) == "builtins.dict":
            yield from (each.arg for each in value.keywords if each.arg)
        case ast.Name():
            for binding in names.bindings(value):
                if isinstance(binding.value, ast.Dict | ast.Call):
                    yield from _keys(binding.value, names)


def _passing_what_was(breakage: Breakage, change: Change, suite: Suite) -> Iterator[str]:
    function = (breakage.new or breakage.old).removesuffix(".__init__")
    parameter = breakage.parameter
    if breakage.sort is Sort.FIELD_TYPE:
        function, _, parameter = function.rpartition(".")
    symbol = change.new.symbol(function)
    if symbol is None:
        return
    at = [each.name for each in symbol.parameters if each.passing in _BY_POSITION]
    for use in _uses(symbol.name, change, suite):
        given = None if use.call is None else _argument(use.call, parameter, at)
        if given is not None and _is_what_was(given, breakage, use.names, change):
            yield use.place


def _argument(call: ast.Call, parameter: str, by_position: list[str]) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    if parameter not in by_position:
        return None
    before = call.args[: by_position.index(parameter) + 1]
    is_known = len(before) > by_position.index(parameter) and not any(isinstance(each, ast.Starred) for each in before)
    return before[-1] if is_known else None


def _is_what_was(given: ast.expr, breakage: Breakage, names: ModuleNames, change: Change) -> bool:
    """Whether an argument is written as a value of the old type, and the new type is another."""
    was, became = names_in(breakage.was), names_in(breakage.became)
    match given:
        case ast.Dict():
            return is_mapping(breakage.was) and not is_mapping(breakage.became)
        case ast.Call():
            meant = names.meaning(given.func)
            if meant == "builtins.dict":
                return is_mapping(breakage.was) and not is_mapping(breakage.became)
            home = None if meant is None else change.new.canonical(meant)
            return home is not None and home in map(change.new.canonical, was) and home not in became
        case ast.Constant() if given.value is not None:
            kind = type(given.value).__name__
            return kind in _leaves(was) and kind not in _leaves(became)
        case _:
            return False


def _leaves(dotted: Iterable[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in dotted}
