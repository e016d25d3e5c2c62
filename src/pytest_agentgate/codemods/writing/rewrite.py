"""What a codemod wants changed in one file, and how LibCST's tree is built anew with it.

Only the nodes on the way to a change are made anew; every other node, and so every byte of it, is the one that was
read. That is also why this is quick: no visitor goes over the whole tree.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile
from typing import Any, TypeAlias

import libcst as cst

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import Sources
from pytest_agentgate.codemods.writing.imports import Imports
from pytest_agentgate.codemods.writing.locate import Locator, Path, Step

Change: TypeAlias = Callable[[Any], "cst.CSTNode | Sequence[cst.CSTNode] | None"]
"""From a node whose children have been changed already, to what stands in its place.

None takes it away and a sequence puts several in its place: elements of a list of nodes (statements, arguments,
import aliases, decorators) only.
"""


Placed: TypeAlias = tuple[ast.AST, bool, Change]
"""A node, whether its whole line is meant where it is a small statement, and the change."""


@dataclass(frozen=True)
class Note:
    """Something that a codemod saw and left alone, and why."""

    line: int
    reason: str


class Rewrite:
    """The changes to one file, collected by a codemod that looks at ``names``."""

    def __init__(self, names: ModuleNames, sources: Sources | None = None) -> None:
        self.names = names
        self.notes: list[Note] = []
        self.imports = Imports(names, sources)
        self._changes: list[Placed] = []

    def replace(self, node: ast.AST, change: Change) -> None:
        """Have ``change`` decide what stands in the place of a node; several changes of a node run in this order."""
        self._changes.append((node, False, change))

    def put(self, node: ast.expr, source: str) -> None:
        """Replace an expression by another one, given as source; parentheses are added where they are needed."""
        read = isinstance(self.names.up[node].parent, ast.Attribute)
        number = read and source.isdigit()  # 1.real is no expression
        self.replace(node, lambda old: expression(f"({source})" if number else source, old))

    def remove(self, node: ast.AST) -> None:
        """Take an element of a list away: a statement, an argument, an alias, a decorator."""
        self.replace(node, lambda _: None)

    def before(self, statement: ast.stmt, *lines: str) -> None:
        """Put statements, each given as source, above a statement of the same block."""
        self._changes.append((statement, True, lambda line: [*map(cst.parse_statement, lines), line]))

    def after(self, statement: ast.stmt, *lines: str) -> None:
        """Put statements, each given as source, below a statement of the same block."""
        self._changes.append((statement, True, lambda line: [line, *map(cst.parse_statement, lines)]))

    def line(self, statement: ast.stmt, change: Change) -> None:
        """Have ``change`` decide what stands in the place of the whole line of a statement."""
        self._changes.append((statement, True, change))

    def leave(self, node: ast.AST, reason: str) -> None:
        """Say that something was seen and left alone, and why."""
        note = Note(getattr(node, "lineno", 1), reason)
        if note not in self.notes:
            self.notes.append(note)

    @property
    def is_empty(self) -> bool:
        return not self._changes and not self.imports

    def build(self, module: cst.Module) -> cst.Module:
        """The tree with the changes made."""
        locator = Locator(self.names.tree, module, self.names.up)
        top = _Spot()
        for node, whole_line, change in [*self._changes, *self.imports.changes()]:
            path = locator.path(node)
            if whole_line and isinstance(locator.node(node), cst.BaseSmallStatement):
                path = path[:-1]
            top.at(path).changes.append(change)
        built = top.build(module)
        assert isinstance(built, cst.Module)  # noqa: S101
        return built


def expression(source: str, instead_of: cst.CSTNode | None = None) -> cst.BaseExpression:
    """Parse an expression; one that replaces another takes over its parentheses, and gets some where it needs them."""
    parsed = cst.parse_expression(source)
    if instead_of is None:
        return parsed
    around = getattr(instead_of, "lpar", None)
    if around:
        return parsed.with_changes(lpar=instead_of.lpar, rpar=instead_of.rpar)  # type: ignore[attr-defined]
    atom = isinstance(
        parsed,
        cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.BaseNumber | cst.SimpleString | cst.FormattedString
        | cst.List | cst.Dict | cst.Set | cst.ListComp | cst.SetComp | cst.DictComp | cst.Ellipsis,
    )  # fmt: skip
    if atom or getattr(parsed, "lpar", None):
        return parsed
    return parsed.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


@dataclass
class _Spot:
    """A place in the tree: the changes of the node there, and the places below it."""

    changes: list[Change] = field(default_factory=list)
    below: dict[Step, _Spot] = field(default_factory=dict)

    def at(self, path: Path) -> _Spot:
        spot = self
        for step in path:
            spot = spot.below.setdefault(step, _Spot())
        return spot

    def build(self, node: cst.CSTNode) -> cst.CSTNode | Sequence[cst.CSTNode] | None:
        """The node with everything below it changed, and then itself."""
        fields: dict[str, Any] = {}
        for (name, index), spot in self.below.items():
            if index is None:
                fields[name] = spot.build(getattr(node, name))
        for name in {name for name, index in self.below if index is not None}:
            fields[name] = self._items(node, name)
        if any(name in fields and not fields[name] for name in _NEVER_EMPTY.get(type(node), ())):
            return self._without(node)
        new: Any = _whole(node.with_changes(**fields)) if fields else node
        above: list[cst.CSTNode] = []
        below: list[cst.CSTNode] = []
        for change in self.changes:
            made = change(new)
            if made is None:
                return [*above, *below] or None
            if isinstance(made, cst.CSTNode):
                new = made
                continue
            place = next((place for place, each in enumerate(made) if each is new), None)
            if place is None:  # others stand in its place now
                return [*above, *made, *below]
            above += made[:place]
            below[:0] = made[place + 1 :]
        return [*above, new, *below] if above or below else new

    def _without(self, node: cst.CSTNode) -> cst.CSTNode | Sequence[cst.CSTNode] | None:
        """What changes put beside a statement that everything was taken from, or into an import."""
        beside: list[cst.CSTNode] = []
        for change in self.changes:
            made = change(node)
            if isinstance(node, cst.ImportFrom) and isinstance(made, cst.ImportFrom):
                come = [each for each in _aliases(made) if not any(_same(each, gone) for gone in _aliases(node))]
                if come:
                    last = come[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
                    return made.with_changes(names=[*come[:-1], last])
            elif isinstance(made, Sequence):
                body = getattr(node, "body", None)
                beside += [each for each in made if each is not node and getattr(each, "body", ()) is not body]
        return beside or None

    def _items(self, node: cst.CSTNode, name: str) -> list[cst.CSTNode]:
        items: list[Any] = []
        orphaned: list[cst.EmptyLine] = []  # comments above statements that are gone
        old = getattr(node, name)
        for index, item in enumerate(old):
            spot = self.below.get((name, index))
            built = item if spot is None else spot.build(item)
            new = [built] if isinstance(built, cst.CSTNode) else list(built or ())
            if not new:
                orphaned += getattr(item, "leading_lines", ())
            elif orphaned and hasattr(new[0], "leading_lines"):
                new[0] = new[0].with_changes(leading_lines=_joined(orphaned, new[0].leading_lines))
                orphaned = []
            items.extend(new)
        if items and old and items[-1] is not old[-1] and old[-1] not in items:
            items[-1] = _last(items[-1], old[-1])
        return items


def _aliases(line: cst.ImportFrom) -> Sequence[cst.ImportAlias]:
    return () if isinstance(line.names, cst.ImportStar) else line.names


def _same(one: cst.ImportAlias, other: cst.ImportAlias) -> bool:
    return (one.evaluated_name, one.evaluated_alias) == (other.evaluated_name, other.evaluated_alias)


def _joined(above: Sequence[cst.EmptyLine], below: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The comments and blank lines of statements that are gone and of the next one: no more blank lines than before."""
    blank = list(takewhile(lambda line: line.comment is None, below))
    if len(blank) >= len(above) and all(line.comment is None for line in above):
        return list(below)
    return [*above, *below[len(blank) :]] if above[-1].comment is None else [*above, *below]


def _last(item: Any, old: Any) -> Any:
    """An element that has become the last one ends as the last one did: with or without a comma or semicolon.

    A comment behind its own comma stays; only the indentation of what follows is the last one's.
    """
    if hasattr(item, "semicolon"):
        return item.with_changes(semicolon=old.semicolon)
    if not hasattr(item, "comma") or not hasattr(old, "comma"):
        return item
    mine = getattr(item.comma, "whitespace_after", None)
    ending = getattr(old.comma, "whitespace_after", None)
    if isinstance(mine, cst.ParenthesizedWhitespace) and mine.first_line.comment is not None:
        if isinstance(ending, cst.ParenthesizedWhitespace):
            kept = mine.with_changes(last_line=ending.last_line, indent=ending.indent, empty_lines=ending.empty_lines)
            return item.with_changes(comma=item.comma.with_changes(whitespace_after=kept))
        return item
    return item.with_changes(comma=old.comma)


_NEVER_EMPTY: Mapping[type[cst.CSTNode], tuple[str, ...]] = {
    cst.SimpleStatementLine: ("body",),
    cst.Import: ("names",),
    cst.ImportFrom: ("names",),
}
"""What goes away when everything in it did."""


def _whole(new: Any) -> Any:
    """A block that everything was taken from gets a ``pass``; a file begins with a statement, not with blank lines."""
    if isinstance(new, cst.Module) and new.body and not new.header:
        lines = list(dropwhile(lambda line: line.comment is None, new.body[0].leading_lines))
        return new.with_changes(body=[new.body[0].with_changes(leading_lines=lines), *new.body[1:]])
    if isinstance(new, cst.IndentedBlock) and not new.body:
        return new.with_changes(body=[cst.SimpleStatementLine([cst.Pass()])])
    if isinstance(new, cst.SimpleStatementSuite) and not new.body:
        return new.with_changes(body=[cst.Pass()])
    return new
