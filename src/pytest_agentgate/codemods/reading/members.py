"""Where a file names one member of a class: at its instances and the class, in strings, in classes derived from it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pytest_agentgate.codemods.idioms.mocks import Mocks
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.test_modules import is_tests
from pytest_agentgate.errors import UsageError

_NAMED_ATTRIBUTE = frozenset(
    {f"builtins.{name}" for name in ("getattr", "setattr", "hasattr", "delattr")}
    | {f"builtins.object.{name}" for name in ("__setattr__", "__getattribute__", "__delattr__")}
    | {"unittest.mock.patch.object", "mock.patch.object", "inspect.getattr_static"}
)
_NAMED_TARGET = frozenset({"unittest.mock.patch", "mock.patch"})
_MULTIPLE = frozenset({"unittest.mock.patch.multiple", "mock.patch.multiple"})
_FIXTURES = {  # fixtures that patch, by their usual names: methods that take an object and a name, or a target
    "monkeypatch": (frozenset({"setattr", "delattr"}), frozenset({"setattr", "delattr"})),
    "mocker": (frozenset({"patch.object", "spy", "stub"}), frozenset({"patch"})),
}


@dataclass(frozen=True, eq=False)
class Named:
    """A string that names the member: alone, or at the end of a dotted target."""

    node: ast.Constant
    call: ast.Call | None = None  # that it is passed to
    prefix: str = ""  # what stands before the member, with its dot


class MemberUses:
    """The places of one file that are proven to mean one member of a class.

    Args:
        file: the file.
        cls: the dotted name of the class.
        member: the member, as the file calls it.
    """

    def __init__(self, file: File, cls: str, member: str) -> None:
        self.file = file
        self.names = file.names
        self.cls = cls
        self.member = member
        self.receivers = Receivers(file)
        self._mocks = Mocks(file)

    def proves(self, node: ast.expr) -> bool:
        """Whether an expression is an instance of the class, the class itself, or a mock of either."""
        return self.is_instance(node) or self.is_class(node) or self.is_mock(node)

    def is_instance(self, node: ast.expr) -> bool:
        """Whether an expression is proven to be a real instance of the class."""
        return self.receivers.proves(node, self.cls, self.member)

    def is_class(self, node: ast.expr) -> bool:
        """Whether an expression is proven to be the class itself."""
        return self.receivers.proves_class(node, self.cls, self.member)

    def is_mock(self, node: ast.expr) -> bool:
        """Whether an expression is proven to be a mock of the class or of its instances."""
        mocked = self._mocks.of(node)
        if mocked is not None and self._names_class(mocked.name):
            return True
        return not self.is_instance(node) and self.receivers.proves(node, self.cls, self.member, spec=True)

    @cached_property
    def accesses(self) -> list[ast.Attribute]:
        """``RECEIVER.member`` of a proven receiver, in source order: read, written and deleted."""
        return [node for node in self._written if self.proves(node.value)]

    def instances(self) -> Iterator[ast.Attribute]:
        """Those of ``accesses`` whose receiver is a real instance: neither the class nor a mock."""
        for node in self.accesses:
            if self.is_instance(node.value):
                yield node

    def doubtful(self) -> Iterator[ast.Attribute]:
        """``RECEIVER.member`` whose receiver can't be told, where the file has to do with the class."""
        word = self.cls.rpartition(".")[2]
        of_interest = bool(self.accesses) or any(
            binding.target is not None and self.receivers.hierarchy.canonical(binding.target) == self._canonical
            for binding in self._imported()
        )
        for node in self._written:
            values = self.receivers.values(node.value)
            if node in self.accesses or not (None in values or self._may_be(node.value)):
                continue
            if of_interest or _snake(word) in _snake(_last_word(node.value)).split("_"):
                yield node

    def strings(self) -> Iterator[Named]:
        """Strings that name the member to ``getattr``, ``patch``, ``patch.object``, ``monkeypatch`` and the like."""
        for call in self.names.calls:
            by_name, by_target = self._takes(call)
            if by_name and len(call.args) > 1:
                name = call.args[1]
                if isinstance(name, ast.Constant) and name.value == self.member and self.proves(call.args[0]):
                    yield Named(name, call)
                    continue
            if by_target and call.args:
                target = call.args[0]
                if isinstance(target, ast.Constant) and isinstance(target.value, str):
                    owner, dot, last = target.value.rpartition(".")
                    if last == self.member and dot and self._names_class(owner):
                        yield Named(target, call, f"{owner}.")

        for name in self.names.strings:
            up = self.names.up[name]
            if name.value == self.member and isinstance(up.parent, ast.Subscript) and self._is_enum(up.parent.value):
                yield Named(name)

    def multiple(self) -> Iterator[ast.keyword]:
        """The keyword of ``patch.multiple(C, member=...)``."""
        for call in self.names.calls:
            if self.names.meaning(call.func) in _MULTIPLE and call.args:
                target = call.args[0]
                named = isinstance(target, ast.Constant) and isinstance(target.value, str)
                if self._names_class(target.value) if named else self.proves(target):  # type: ignore[attr-defined]
                    yield from (each for each in call.keywords if each.arg == self.member)

    def derived(self) -> Iterator[ast.ClassDef]:
        """The classes of the file that derive from the class, where they are those of tests."""
        if not is_tests(self.names):
            return
        for node in self.names.classes:
            qualified = self.names.qualified(node)
            if qualified != self._canonical and self.receivers.derives(qualified, self.cls, self.member):
                yield node

    def overrides(self) -> Iterator[FunctionNode | ast.Name]:
        """What binds the member, or means it, in the bodies of derived classes."""
        for node in self.derived():
            scope = self.names.scopes[node]
            for binding in scope.bindings.get(self.member, ()):
                if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Name):
                    yield binding.node
            for name in self.names.by_word.get(self.member, ()):
                if not isinstance(name, ast.Name) or not isinstance(name.ctx, ast.Load):
                    continue
                if self.names.scope_of(name).home(self.member) is scope:
                    yield name

    def patterns(self) -> Iterator[ast.MatchClass]:
        """``case C(member=...)``."""
        for node in ast.walk(self.names.tree) if self._has_match else ():
            if not isinstance(node, ast.MatchClass) or self.member not in node.kwd_attrs:
                continue
            if self.is_class(node.cls):
                yield node

    # -- the questions below these -----------------------------------------------------------------------------------

    @cached_property
    def _canonical(self) -> str:
        return self.receivers.hierarchy.canonical(self.cls)

    @cached_property
    def _written(self) -> list[ast.Attribute]:
        return [node for node in self.names.by_word.get(self.member, ()) if isinstance(node, ast.Attribute)]

    @cached_property
    def _has_match(self) -> bool:
        return "match" in self.file.text and "case" in self.file.text

    def _imported(self) -> Iterator[Binding]:
        for scope in self.names.scopes.values():
            for bindings in scope.bindings.values():
                yield from bindings

    def _may_be(self, node: ast.expr) -> bool:
        return any(
            value is not None and self.receivers.derives(value.name, self.cls, self.member)
            for value in self.receivers.values(node)
        )

    def _is_enum(self, node: ast.expr) -> bool:
        hierarchy = self.receivers.hierarchy
        return hierarchy.is_enum(self.cls) and self.is_class(node)

    def _names_class(self, name: str) -> bool:
        return self.receivers.derives(name, self.cls, self.member)

    def _takes(self, call: ast.Call) -> tuple[bool, bool]:
        """Whether a call takes an object and the name of an attribute, and whether it takes a dotted target."""
        meaning = self.names.meaning(call.func)
        if meaning is not None:
            return meaning in _NAMED_ATTRIBUTE, meaning in _NAMED_TARGET
        parts: list[str] = []
        node = call.func
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or not parts:
            return False, False
        kind = next((each for each in _FIXTURES if node.id == each or node.id.endswith(f"_{each}")), None)
        if kind is None and ".".join(parts) not in {"setattr", "delattr"}:
            return False, False
        by_name, by_target = _FIXTURES[kind or "monkeypatch"]
        return ".".join(parts) in by_name, ".".join(parts) in by_target


def split_member(codemod: str, name: str) -> tuple[str, str]:
    """A class and its member.

    Raises:
        UsageError: the name is not one of a member.
    """
    owner, _, member = name.rpartition(".")
    if not owner:
        raise UsageError(f"{codemod} old={name}: must name a class and its member such as app.User.name")
    return owner, member


def _last_word(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_word(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _snake(word: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in word).strip("_")
