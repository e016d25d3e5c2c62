"""Where a test file says which arguments reach one function, method or class, and in which form it says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from pytest_agentgate.codemods.idioms.mocks import Mocked, Mocks
from pytest_agentgate.codemods.reading.dict_keys import Keys, Splat
from pytest_agentgate.codemods.reading.forwarding import constructor_before
from pytest_agentgate.codemods.reading.hierarchy import Hierarchy, owner
from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.codemods.reading.signatures import Callee, Signature
from pytest_agentgate.codemods.reading.sources import File, Place
from pytest_agentgate.codemods.reading.splats import Splats
from pytest_agentgate.codemods.reading.variables import own_keywords

Form: TypeAlias = Literal["call", "partial", "bound", "expected", "copy"]
"""A call; ``partial(f, ...)``; a call of such a partial; a call that is expected of a mock; ``replace(x, ...)``."""

_PARTIALS = frozenset({"functools.partial", "functools.partialmethod"})
_FORWARDERS = {
    "asyncio.to_thread": 0,
    "pytest.raises": 1,
    "pytest.warns": 1,
    "pytest.deprecated_call": 0,
    "trio.to_thread.run_sync": 0,
    "contextlib.ExitStack.callback": 0,
}  # those that call a function with the arguments behind it, and at which place they take it
_OWN_FORWARDERS = {"assertRaises": 1, "assertWarns": 1, "addCleanup": 0, "assertRaisesRegex": 2, "assertWarnsRegex": 2}
_COPIERS = frozenset(
    {"dataclasses.replace", "attrs.evolve", "attr.evolve", "attr.assoc", "copy.replace", "msgspec.structs.replace"}
)
_HARMLESS = frozenset(  # bases that define neither a constructor nor a method of anybody's
    {
        "builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol",
        "unittest.TestCase", "unittest.case.TestCase", "unittest.IsolatedAsyncioTestCase",
    }
)  # fmt: skip


@dataclass(frozen=True)
class _Reached:
    """How the arguments of a call stand to the parameters."""

    skip: int | None = 0
    shift: int = 0


@dataclass(frozen=True, eq=False)
class Site:
    """One place that passes arguments to the function.

    Args:
        node: the call that holds them.
        form: what it is.
        skip: how many positional arguments of it come before those of the function; None where that can't be told.
        shift: how many parameters have got their arguments elsewhere, by position.
        splats: what its ``**`` arguments pass on.
        signed: for a call that is expected of a mock: whether the mock takes a keyword for its position as the same.
    """

    node: ast.Call
    form: Form
    skip: int | None = 0
    shift: int = 0
    splats: tuple[Splat, ...] = ()
    signed: bool = False

    @property
    def positional(self) -> list[ast.expr]:
        """The positional arguments, those before the first that can't be told apart from the function's left out."""
        return self.node.args[self.skip :] if self.skip is not None else []

    @property
    def starred(self) -> bool:
        return any(isinstance(each, ast.Starred) for each in self.positional)

    def keyword(self, name: str) -> ast.keyword | None:
        return next((each for each in self.node.keywords if each.arg == name), None)

    def at(self, index: int | None) -> ast.expr | None:
        """The argument that reaches the parameter at a position; None where none is proven to."""
        if index is None or index < self.shift:
            return None
        before = self.positional[: index - self.shift + 1]
        if len(before) <= index - self.shift or any(isinstance(each, ast.Starred) for each in before):
            return None
        return before[-1]

    def passes(self, parameter: str, signature: Signature | None) -> bool | None:
        """Whether a parameter gets an argument here; None where that can't be told."""
        if self.keyword(parameter) is not None or any(each.names(parameter) for each in self.splats):
            return True
        if any(not each.complete for each in self.splats):
            return None
        index = signature.index(parameter) if signature is not None else None
        if index is None:
            return None if self.starred and (signature is None or signature.any_position) else False
        if self.skip is None:
            return None if self.node.args else False
        if self.shift + len(self.positional) > index and not self.starred:
            return True
        return None if self.starred else index < self.shift

    @property
    def displays(self) -> list[Keys]:
        """The dicts whose keys reach the function."""
        return [each for splat in self.splats for each in splat.keys]


class Calls:
    """The calls of one function in one file.

    Args:
        file: the file to look at.
        function: the dotted name of a function, class or member of a class, as its home or a re-export calls it.
    """

    def __init__(self, file: File, function: str, others: dict[str, Calls] | None = None) -> None:
        self.file = file
        self._function = function
        self._others = {} if others is None else others  # those of the other files, by path
        self._others[file.place.path] = self
        self.names = file.names
        self.callee = Callee.of(file.sources, function)
        self._hierarchy = Hierarchy(file)
        self._receivers = Receivers(file)
        self._mocks = Mocks(file)
        self._known: dict[str, _Reached | None] = {}

    @cached_property
    def sites(self) -> list[Site]:
        """Every place that is proven to pass arguments to the function, in source order."""
        sites = [self._with_splats(each) for each in self._found.values()]
        return sorted(sites, key=lambda each: (each.node.lineno, each.node.col_offset))

    @cached_property
    def shared(self) -> list[Keys]:
        """The dicts that reach calls in other files, out of the fixtures of a conftest file for one."""
        return self._splats.shared()

    def forwarded(self, keyword: str) -> list[Keys]:
        """Calls with a keyword that something else passes on: ``make_order(qty=2)``, ``GiftOrder(qty=2)``.

        That is a function of another file, or the constructor of a class that derives from the one that is called.
        """
        found: list[Keys] = []
        for call in self._others_with(keyword):
            made = self._splats.definition(call.func)
            if made is not None and made[0].forwards(made[1]):
                found.append(Keys(call, own_keywords(made[1]), private=True))
            elif self._is_constructor and self._construction(call, keyword):
                found.append(Keys(call, private=True))
        return found

    def kept(self, keyword: str) -> list[ast.Call]:
        """Calls with a keyword of a class of another file that derives from this one, but has its own constructor."""
        if not self._is_constructor:
            return []
        return [call for call in self._others_with(keyword) if self._construction(call, keyword) is False]

    @property
    def _is_constructor(self) -> bool:
        return self.callee.kind == "class" or self.callee.member == "__init__"

    def _others_with(self, keyword: str) -> Iterator[ast.Call]:
        for call in self.names.calls:
            if call not in self._found and any(each.arg == keyword for each in call.keywords):
                yield call

    def _construction(self, call: ast.Call, keyword: str) -> bool | None:
        """Whether a derived class passes a keyword on to the one that is called; None where it is no such class."""
        made = self.names.meaning(call.func)
        found = self._hierarchy.class_definition(made) if made is not None else None
        if found is None or found[0].name == self._hierarchy.canonical(self.callee.owner):
            return None
        passes = constructor_before(found[0].name, self.callee.owner, self._hierarchy, keyword)
        return None if passes is False and found[0].module is self.names else passes

    @cached_property
    def _found(self) -> dict[ast.Call, Site]:
        found = {each.node: each for each in self._plain()}
        found.update((each.node, each) for each in self._of_partials(found) if each.node not in found)
        found.update((each.node, each) for each in self._expected() if each.node not in found)
        return found

    @cached_property
    def _splats(self) -> Splats:
        return Splats(self.file, self._found.__contains__, self._elsewhere)

    def _elsewhere(self, path: str) -> Splats | None:
        """The dicts of another file that reach the function."""
        if path not in self._others:
            names = self.file.sources.file(path)
            if names is None:
                return None
            Calls(File(names, Place.within(self.file.sources, path)), self._function, self._others)
        return self._others[path]._splats

    @cached_property
    def handed(self) -> list[ast.Call]:
        """Calls that get the function itself, and may call it with what else they get."""
        sites = {each.node for each in self.sites}
        return [
            call
            for call in self.names.calls
            if call not in sites
            and any(self._reached(each) for each in [*call.args, *(each.value for each in call.keywords)])
        ]

    def reaches(self, node: ast.expr) -> bool:
        """Whether an expression is proven to be the function itself, so that its call is a call of it."""
        return self._reached(node) is not None

    def is_unknown(self, node: ast.expr) -> bool:
        """Whether the class of an expression's value can't be told."""
        return None in self._receivers.values(node)

    def reaches_name(self, name: str) -> bool:
        """Whether a dotted name, such as the target of a patch, stands for the function."""
        return self._of_name(name) is not None

    def reaches_attribute(self, node: ast.expr, attribute: str) -> bool:
        """Whether an attribute of an expression's value, named by a string, is the function."""
        candidates = self.names.candidates(node)
        if None not in candidates:
            return all(self._of_name(f"{each}.{attribute}") is not None for each in candidates)
        values = self._receivers.values(node)
        return attribute == self.callee.member and all(
            each is not None and each.form in {"instance", "class"} and self._inherits(each.name) for each in values
        )

    def handed_with(self, keyword: str) -> list[ast.Call]:
        """Those of them that name a keyword: ``submit(order, qty=2)``, ``Thread(target=order, kwargs={"qty": 2})``."""
        return [
            call
            for call in self.handed
            if any(
                (isinstance(node, ast.keyword) and node.arg == keyword)
                or (isinstance(node, ast.Constant) and node.value == keyword)
                for node in ast.walk(call)
            )
        ]

    @cached_property
    def recorded(self) -> list[ast.Constant]:
        """The strings that name keywords in what its mock recorded: ``m.call_args.kwargs["qty"]``."""
        return [node for node, mocked in self._mocks.recorded_keywords() if self._of_mock(mocked) is not None]

    @cached_property
    def stand_ins(self) -> list[FunctionNode | ast.Lambda]:
        """The functions that take the function's place in tests: put there, or overriding it in a derived class."""
        found: list[FunctionNode | ast.Lambda] = []
        for mocked, stand_in in self._mocks.replacements():
            if self._of_mock(mocked) is None:
                continue
            bindings = self.names.bindings(stand_in) if isinstance(stand_in, ast.Name) else ()
            nodes = [each.node for each in bindings] or [stand_in]
            found += [each for each in nodes if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)]
        if self.callee.kind in {"method", "classmethod", "staticmethod", "member"}:
            for function in self.names.functions:
                inside = owner(self.names, function) if function.name == self.callee.member else None
                name = self.names.qualified(inside) if inside is not None else self.callee.owner
                if name != self.callee.owner and self._hierarchy.derives(name, self.callee.owner):
                    found.append(function)
        return list(dict.fromkeys(found))

    # -- where --------------------------------------------------------------------------------------------------------

    def _plain(self) -> Iterator[Site]:
        for call in self.names.calls:
            reached = self._reached(call.func)
            if reached is not None:
                yield Site(call, "call", reached.skip, reached.shift)
                continue
            meaning = self.names.meaning(call.func)
            at = 0 if meaning in _PARTIALS else self._forwards(call, meaning)
            if at is not None and at < len(call.args):
                reached = self._reached(call.args[at])
                if reached is not None:
                    skip = None if reached.skip is None else at + 1 + reached.skip
                    yield Site(call, "partial" if meaning in _PARTIALS else "call", skip, reached.shift)
            elif self.callee.kind == "class" and self._copies(call, meaning):
                yield Site(call, "copy", skip=None)

    def _forwards(self, call: ast.Call, meaning: str | None) -> int | None:
        if meaning is not None:
            return _FORWARDERS.get(meaning)
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            return _OWN_FORWARDERS.get(call.func.attr) if call.func.value.id == "self" else None
        return None

    def _copies(self, call: ast.Call, meaning: str | None) -> bool:
        if meaning in _COPIERS and call.args:
            of = call.args[0]
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "_replace":
            of = call.func.value
        else:
            return False
        return self._receivers.proves(of, self.callee.owner)

    def _of_partials(self, plain: dict[ast.Call, Site]) -> Iterator[Site]:
        """Calls of a name that is a partial of the function, and nothing else."""
        partials = {each.node: each for each in plain.values() if each.form == "partial"}
        if not partials:
            return
        for call in self.names.calls:
            bindings = self.names.bindings(call.func) if isinstance(call.func, ast.Name) else ()
            made = [partials.get(each.value) for each in bindings if isinstance(each.value, ast.Call)]
            known = [each for each in made if each is not None and each.skip is not None and not each.starred]
            if known and len(known) == len(bindings) and len({len(each.positional) for each in known}) == 1:
                yield Site(call, "bound", 0, len(known[0].positional) + known[0].shift)

    def _expected(self) -> Iterator[Site]:
        for each in self._mocks.expectations():
            reached = self._of_mock(each.mocked)
            if reached is not None:
                yield Site(each.node, "expected", reached.skip, signed=each.mocked.signed)

    def _with_splats(self, site: Site) -> Site:
        found = tuple(self._splats.of(each) for each in site.node.keywords if each.arg is None)
        return Site(site.node, site.form, site.skip, site.shift, found, site.signed) if found else site

    # -- what is called -----------------------------------------------------------------------------------------------

    def _reached(self, func: ast.expr) -> _Reached | None:
        """How a call of an expression reaches the function; None where it is not proven to."""
        if not isinstance(func, ast.Name | ast.Attribute | ast.Call):
            return None
        candidates = self.names.candidates(func)
        if None not in candidates:
            return _one(self._of_name(each) for each in candidates if each is not None)
        if isinstance(func, ast.Attribute):
            return self._of_attribute(func)
        if isinstance(func, ast.Call) and not self._is_type(func):
            return None
        found: list[_Reached | None] = []
        for value in self._receivers.values(func):
            if value is None or value.form not in {"class", "function", "name"}:
                return None
            of = self._of_name(value.name)
            found.append(_Reached() if value.form == "function" and value.of and of else of)
        return _one(iter(found))

    def _is_type(self, call: ast.Call) -> bool:
        return self.names.means(call.func, "builtins.type") and len(call.args) == 1

    def _of_attribute(self, func: ast.Attribute) -> _Reached | None:
        if self.callee.kind == "class" and func.attr == "__class__":
            return _one(self._of_name(each.name) if each else None for each in self._receivers.values(func.value))
        if self.callee.kind == "function" or func.attr != self.callee.member:
            return None
        if isinstance(func.value, ast.Call) and self.names.means(func.value.func, "builtins.super"):
            return _Reached() if self._inherits_above(func) else None
        if self.callee.kind == "class":
            return None
        found: list[_Reached | None] = []
        for value in self._receivers.values(func.value):
            if value is None or value.form not in {"instance", "class", "name"}:
                return None
            if not self._inherits(value.name):
                return None
            found.append(_Reached() if value.form == "instance" else self._through_class())
        return _one(iter(found))

    def _through_class(self) -> _Reached:
        """A member that is had from its class: a method needs the object as an argument."""
        kind = self.callee.kind
        return _Reached(1 if kind == "method" else None if kind == "member" else 0)

    def _of_name(self, name: str) -> _Reached | None:
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> _Reached | None:
        canonical = self._hierarchy.canonical(name)
        if canonical == self.callee.name:
            return _Reached() if self.callee.kind in {"function", "class"} else self._through_class()
        if self.callee.kind == "function":
            return None
        if self.callee.kind == "class" and self._hierarchy.class_definition(name) is not None:
            return _Reached() if self._inherits(name) else None
        owner, _, last = name.rpartition(".")
        if last != self.callee.member or not owner or not self._inherits(owner):
            return None
        return _Reached(1) if self.callee.kind == "class" else self._through_class()

    def _inherits(self, name: str, above: bool = False) -> bool:
        """Whether a class has the member from the one that is asked for: no class before that one defines it."""
        lineage = self._hierarchy.lineage(name)
        owner = self._hierarchy.canonical(self.callee.owner)
        if owner not in lineage:
            return False
        members = {self.callee.member, "__new__"} if self.callee.member == "__init__" else {self.callee.member}
        for each in lineage[1 if above else 0 : lineage.index(owner)]:
            if each in _HARMLESS:
                continue
            found = None if each is None else self._hierarchy.class_definition(each)
            if found is None or members & found[0].module.scopes[found[1]].bindings.keys():
                return False
        return True

    def _inherits_above(self, node: ast.AST) -> bool:
        """Whether ``super()`` reaches the member from the class around it."""
        inside = self.names.enclosing(node, ast.ClassDef)
        if not isinstance(inside, ast.ClassDef):
            return False
        name = self.names.qualified(inside)
        return name != self.callee.owner and self._inherits(name, above=True)

    def _of_mock(self, mocked: Mocked) -> _Reached | None:
        if self.callee.kind == "class" and mocked.name.endswith(".__init__") and mocked.role == "itself":
            is_it = self._hierarchy.canonical(mocked.name.removesuffix(".__init__")) == self.callee.name
            return _Reached(0 if mocked.bound else 1) if is_it else None
        if mocked.role == "instance" or (mocked.role == "either" and self.callee.kind == "class"):
            return None
        if self.callee.kind in {"function", "class"}:
            is_it = self._hierarchy.canonical(mocked.name) == self.callee.name
            return _Reached() if is_it else None
        owner, _, last = mocked.name.rpartition(".")
        if last != self.callee.member or not owner or not self._inherits(owner):
            return None
        if self.callee.kind == "staticmethod" or (mocked.bound and not mocked.of_class):
            return _Reached()
        if self.callee.kind == "method" and not mocked.of_class:
            return _Reached(1)
        return _Reached(None)


def _one(found: Iterator[_Reached | None]) -> _Reached | None:
    """What several agree on."""
    every = set(found)
    return every.pop() if len(every) == 1 else None


def in_order(call: ast.Call) -> Sequence[ast.AST]:
    """The arguments of a call as they stand there."""
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    return sorted(arguments, key=_place)


def _place(node: ast.expr | ast.keyword) -> tuple[int, int]:
    return node.lineno, node.col_offset
