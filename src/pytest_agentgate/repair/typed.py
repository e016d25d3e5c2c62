"""What annotations name, and which classes stand for data that were dicts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_agentgate.codemods.models.model import Model
from pytest_agentgate.codemods.models.shapes import Models
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.breakage import Breakage, Sort
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.suite import Suite

_DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict", "TypedDict", "Any"})
_TYPES = (Sort.PARAMETER_TYPE, Sort.FIELD_TYPE, Sort.RETURN_TYPE)


def names_in(annotation: str) -> tuple[str, ...]:
    """The dotted names in an annotation as the tables write it; none where it can't be read."""
    try:
        tree = ast.parse(annotation.strip() or "None", mode="eval")
    except (SyntaxError, ValueError):
        return ()
    found: dict[str, None] = {}

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(dict.fromkeys(names_in(node.value)))
        elif isinstance(node, ast.Attribute | ast.Name):
            found[ast.unparse(node)] = None
        else:
            for child in ast.iter_child_nodes(node):
                visit(child)

    visit(tree)
    return tuple(found)


def classes_in(annotation: str, change: Change) -> tuple[Symbol, ...]:
    """The classes of the implementation that an annotation names, as they are now."""
    symbols = (change.new.symbol(name) for name in names_in(annotation))
    return tuple(dict.fromkeys(each for each in symbols if each is not None and each.sort is Is.CLASS))


def is_mapping(annotation: str) -> bool:
    """Whether an annotation says dict, or does not say what it is."""
    names = names_in(annotation)
    return not annotation.strip() or any(each.rpartition(".")[2] in _DICTS for each in names)


@dataclass(frozen=True)
class Retyped:
    """A place whose type became a class of the implementation."""

    function: str  # or the class that is constructed; of a result, what returned it
    parameter: str  # "" of a result
    cls: Symbol
    breakage: Breakage

    @property
    def sentence(self) -> str:
        where = f"{self.function.rpartition('.')[2]}.{self.parameter}" if self.parameter else f"{self.function}()"
        was = self.breakage.was.removeprefix("builtins.") or "what was not annotated"
        place = self.breakage.where or f"{self.cls.path}:{self.cls.line}"
        return f"{self.cls.name.rpartition('.')[2]} replaced {was} in {where} ({place})"


def retyped(change: Change) -> Iterator[Retyped]:
    """Every place whose type became a class."""
    for each in change.breakages:
        if each.sort not in _TYPES:
            continue
        for cls in classes_in(each.became, change):
            if cls.name in names_in(each.was):
                continue
            home = (each.new or each.old).removesuffix(".__init__")
            if each.sort is Sort.PARAMETER_TYPE:
                yield Retyped(home, each.parameter, cls, each)
            elif each.sort is Sort.FIELD_TYPE:
                owner, _, field = home.rpartition(".")
                yield Retyped(owner, field, cls, each)
            else:
                yield Retyped(home, "", cls, each)


def replaced(change: Change) -> Iterator[tuple[Retyped, str]]:
    """Parameters that gave their place to one of another name whose type is a class, with the old name."""
    for added in change.breakages:
        if added.sort is not Sort.PARAMETER_ADDED:
            continue
        name = (added.new or added.old).removesuffix(".__init__")
        old, new = change.old.symbol(added.old), change.new.symbol(name)
        if old is None or new is None:
            continue
        gone = {each.parameter for each in change.about(name) if each.sort is Sort.PARAMETER_GONE}
        places = {each.name: at for at, each in enumerate(new.parameters)}
        at = places.get(added.parameter, -1)
        former = old.parameters[at] if 0 <= at < len(old.parameters) else None
        if former is None or former.name not in gone:
            continue
        for cls in classes_in(added.became, change):
            breakage = replace(added, was=former.annotation)
            yield Retyped(name, added.parameter, cls, breakage), former.name


def model_of(cls: Symbol, suite: Suite) -> Model | None:
    """The model that a class is as it stands on disk; None where it is none."""
    found = Models(suite.sources).of(cls.name)
    return found if isinstance(found, Model) else None


def is_enumeration(cls: Symbol, change: Change) -> bool:
    """Whether a class is an enumeration."""
    seen: set[str] = set()
    todo = [cls]
    while todo:
        symbol = todo.pop()
        for base in symbol.bases:
            if base.partition(".")[0] == "enum":
                return True
            above = change.new.symbol(base)
            if above is not None and above.name not in seen:
                seen.add(above.name)
                todo.append(above)
    return False
