"""A literal that became a member of an enumeration."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.comparisons import expectations, holders, results
from pytest_agentgate.codemods.idioms.fixtures import parametrized
from pytest_agentgate.codemods.models.model import PYDANTIC, Model
from pytest_agentgate.codemods.models.model_classes import read_model
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.enumerations import Enumeration
from pytest_agentgate.codemods.reading.members import MemberUses, split_member
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite


@dataclass(frozen=True)
class LiteralToEnum(Codemod):
    """Write the member of an enumeration where its value stands for an attribute or result that became one.

    Repairs ``AssertionError: assert <Color.RED: 'red'> == 'red'``. Literals go that are compared with a proven
    attribute or call, those that a constructor takes for the field, where the class does not make members of them
    itself, as pydantic's do, and those that a function takes for the parameter. A literal that is the value of no
    member, or of several, is left alone. Around a name that stands for such literals, as an argument of
    ``parametrize`` does, the enumeration is called: the names of the tests stay.

    With ``old=app.cars.Car.color new=app.cars.Color``:

    In app/cars.py::

        from dataclasses import dataclass
        from enum import Enum

        class Color(Enum):
            RED = "red"
            BLUE = "blue"

        @dataclass
        class Car:
            name: str
            color: Color

    Before::

        import pytest

        from app.cars import Car

        def test_color():
            car = Car("Beetle", color="red")
            assert car.color == "red"  # not blue
            assert car.color in ("red", "blue")
            assert car.name != "red"

        @pytest.mark.parametrize("color", ["red", "blue"])
        def test_each(color):
            assert Car("Beetle", color).color == color

    After::

        import pytest

        from app.cars import Car, Color

        def test_color():
            car = Car("Beetle", color=Color.RED)
            assert car.color == Color.RED  # not blue
            assert car.color in (Color.RED, Color.BLUE)
            assert car.name != "red"

        @pytest.mark.parametrize("color", ["red", "blue"])
        def test_each(color):
            assert Car("Beetle", Color(color)).color == Color(color)

    Unchanged::

        from app.cars import Car

        def test_color(shape):
            assert shape.color == "red"
            assert Car("Beetle", "green").color == "green"
    """

    applicability = Applicability.SAFE
    because = "Only the one member that has the literal's value takes its place, where the value is proven to be one."
    owns = frozenset({ast.Constant, ast.Attribute, ast.Name, ast.Call, ast.alias, ast.Import, ast.ImportFrom})

    old: str = option("the attribute, field, parameter, method or function whose value became a member", "dotted")
    new: str = option("the enumeration", "dotted")

    def __post_init__(self) -> None:
        super().__post_init__()
        split_member(self.name(), self.old)

    def words(self) -> tuple[str, ...]:
        owner, member = split_member(self.name(), self.old)
        return (f"{member}|{owner.rpartition('.')[2]}",)  # a constructor takes it by position, too

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        enumeration = Enumeration.of(file.sources, self.new)
        done: set[ast.expr] = set()
        for literal in self._expected(file):
            if literal in done:
                continue
            done.add(literal)
            if isinstance(literal, ast.Name):
                if enumeration is not None:
                    self._name(literal, enumeration, file, rewrite)
                continue
            if not _is_literal(literal):
                continue
            value = literal.value
            member = enumeration.member(value) if enumeration is not None else None
            if enumeration is None:
                rewrite.leave(literal, f"the source of {self.new} can't be found")
            elif member is None:
                rewrite.leave(literal, f"{self.new} has not one member of the value {value!r}")
            else:
                rewrite.put(literal, f"{rewrite.imports.use(self.new, literal)}.{member}")
        if enumeration is not None:
            self._look_at_doubtful(file, rewrite, enumeration)

    def _look_at_doubtful(self, file: File, rewrite: Rewrite, enumeration: Enumeration) -> None:
        for node in MemberUses(file, *split_member(self.name(), self.old)).doubtful():
            for other in expectations(file.names, node):
                if _is_literal(other) and enumeration.member(other.value):
                    rewrite.leave(other, f"the class of {ast.unparse(node.value)} can't be told")

    def _name(self, node: ast.Name, enumeration: Enumeration, file: File, rewrite: Rewrite) -> None:
        """Call the enumeration with what a name stands for, if that is nothing but values of members."""
        values = [each.value if _is_literal(each) else None for each in _literals(file.names, node)]
        members = [enumeration.member(value) for value in values if value is not None]
        if not any(members):
            return
        if None in values or None in members:
            rewrite.leave(node, f"not everything that {node.id} stands for is the value of one member of {self.new}")
        else:
            rewrite.put(node, f"{rewrite.imports.use(self.new, node)}({node.id})")

    def _expected(self, file: File) -> Iterator[ast.expr]:
        """What stands where a member has to stand now."""
        for value in self._values(file):
            for holder in holders(file.names, value):
                yield from expectations(file.names, holder)
        yield from self._given(file)

    def _values(self, file: File) -> Iterator[ast.expr]:
        """The expressions whose value became a member."""
        yield from results(Calls(file, self.old))
        cls, member = split_member(self.name(), self.old)
        uses = MemberUses(file, cls, member)
        for node in uses.instances():
            called = file.names.up[node]
            if isinstance(node.ctx, ast.Load) and not (isinstance(called.parent, ast.Call) and called.field == "func"):
                yield node

    def _given(self, file: File) -> Iterator[ast.expr]:
        """What constructors are given for the field, or calls for the parameter."""
        cls, member = split_member(self.name(), self.old)
        found = file.sources.definition(cls)
        if found is None or not isinstance(found.node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            return
        model = read_model(found, file.sources) if isinstance(found.node, ast.ClassDef) else None
        if isinstance(model, Model) and model.style in PYDANTIC:
            return  # it makes members of values
        if not any(self._is_enum(file, found.module, each) for each in _annotations(found.node, member)):
            return
        calls = Calls(file, cls)
        signature = calls.callee.signature
        for site in calls.sites:
            keyword = site.keyword(member)
            given = keyword.value if keyword is not None else None
            if given is None and signature is not None:
                given = site.at(signature.index(member))
            if given is not None:
                yield given

    def _is_enum(self, file: File, module: ModuleNames, annotation: ast.expr) -> bool:
        wanted = file.sources.canonical(self.new)
        return any(
            file.sources.canonical(meaning) == wanted
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name | ast.Attribute) and (meaning := module.meaning(node)) is not None
        )


def _annotations(node: ast.ClassDef | FunctionNode, field: str) -> Iterator[ast.expr]:
    """The annotations of a field: in the class, and of the parameter of its constructor; or of a parameter."""
    for statement in node.body if isinstance(node, ast.ClassDef) else ():
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name)) if name == field:
                yield statement.annotation
            case ast.FunctionDef(name="__init__"):
                yield from _annotations(statement, field)
    arguments = None if isinstance(node, ast.ClassDef) else node.args
    for each in [] if arguments is None else [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if each.arg == field and each.annotation is not None:
            yield each.annotation


def _literals(names: ModuleNames, node: ast.Name) -> list[ast.expr | None]:
    """What a name stands for: what it is assigned, or what ``parametrize`` gives; None for what is unknown."""
    bindings = names.bindings(node)
    if len(bindings) != 1:
        return []
    function = bindings[0].scope.node
    if bindings[0].kind == "assignment":
        return [bindings[0].value]
    if bindings[0].kind == "parameter" and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return parametrized(names, function).get(node.id, [])
    return []


def _is_literal(node: ast.expr | None) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and node.value is not None and not isinstance(node.value, bool)
