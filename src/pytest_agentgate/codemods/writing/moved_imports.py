"""Names of ``from`` imports that come from elsewhere now: the import follows, and stays where it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.reading.names import ModuleNames, absolute, dotted
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.import_lines import dotted_node, named, with_names, without_names
from pytest_agentgate.codemods.writing.rewrite import Rewrite


@dataclass(frozen=True)
class Moved:
    """What a name of a ``from`` import is to be: ``from module import name as local``; module "" is ``import name``."""

    module: str
    name: str
    local: str


class MovedImports:
    """The names of one file's ``from`` imports that come from elsewhere now.

    An import whose names all go to one module is changed in place; names that leave others behind get a line below it,
    or join an import of their module in the same block. Relative imports stay relative where they can.
    """

    def __init__(self, file: File, rewrite: Rewrite) -> None:
        self.file = file
        self.names = file.names
        self.rewrite = rewrite
        self._moved: dict[ast.ImportFrom, dict[ast.alias, Moved]] = {}
        self._lines = re.split("\r\n|\r|\n", file.text)

    def __contains__(self, alias: ast.alias) -> bool:
        return any(alias in moved for moved in self._moved.values())

    def move(self, statement: ast.ImportFrom, alias: ast.alias, to: Moved) -> None:
        """Have one name of an import be something else; ``*`` moves with its whole statement."""
        self._moved.setdefault(statement, {})[alias] = to

    def has_successor(self, statement: ast.stmt, name: str) -> bool:
        """Whether an import is one of two ways to get the same in a ``try``, the other of which is of a dotted name."""
        guard = self.names.enclosing(statement, ast.Try)
        return guard is not None and any(
            self.names.import_target(other, alias) == name
            for other in self.names.imports
            if other is not statement and guard in self.names.ancestors(other)
            for alias in other.names
        )

    def stays(self, statement: ast.Import | ast.ImportFrom, new: str) -> bool:
        """Whether an import is left although it is of the old name; then the reason is said."""
        if self.has_successor(statement, new):
            self.rewrite.leave(statement, f"{new} is imported beside it already")
        elif is_expected_to_fail(self.names, statement):
            self.rewrite.leave(statement, "the import is expected to fail or warn")
        else:
            return False
        return True

    def write(self) -> None:
        """Hand the changes over to the rewrite."""
        for statement, moved in self._moved.items():
            self._write(statement, moved)

    def _write(self, statement: ast.ImportFrom, moved: Mapping[ast.alias, Moved]) -> None:
        base = absolute(self.names.package, statement.module, statement.level)
        leaving: dict[str, list[ast.alias]] = {}
        for alias, to in moved.items():
            if to.module != base:
                leaving.setdefault(to.module, []).append(alias)
        for elsewhere in [*leaving]:
            sibling = self._sibling(statement, elsewhere, leaving[elsewhere], moved)
            if sibling is not None:
                self.rewrite.replace(sibling, _adding([moved[alias] for alias in leaving.pop(elsewhere)]))
        gone = {alias for alias, to in moved.items() if to.module != base}
        module = base
        if len(gone) == len(statement.names):
            if not leaving:
                self.rewrite.remove(statement)
                return
            module = next(iter(leaving))
            gone -= {*leaving.pop(module)}
        new = {place: moved[alias] for place, alias in enumerate(statement.names) if alias in moved}
        spelled = None if module == base or module is None else self._spelled(statement, module)
        places = [place for place, alias in enumerate(statement.names) if alias in gone]
        self.rewrite.replace(statement, _changing(new, places, spelled))
        lines = [self._line(statement, elsewhere, aliases, moved) for elsewhere, aliases in leaving.items()]
        if lines and self._is_followed(statement):
            self.rewrite.before(statement, *lines)
        elif lines:
            self.rewrite.after(statement, *lines)

    def _is_followed(self, statement: ast.stmt) -> bool:
        """Whether another statement stands behind an import on its line."""
        up = self.names.up[statement]
        return any(
            other.lineno == statement.end_lineno and other.col_offset > statement.col_offset
            for other in getattr(up.parent, up.field)
        )

    def _sibling(
        self, statement: ast.ImportFrom, module: str, aliases: Sequence[ast.alias], moved: Mapping[ast.alias, Moved]
    ) -> ast.ImportFrom | None:
        """An import of the module in the same block that can take the names, and no comment would be lost."""
        if any(alias.name == "*" for alias in aliases) or self._has_comment(statement):
            return None
        up = self.names.up[statement]
        for other in getattr(up.parent, up.field):
            if (
                isinstance(other, ast.ImportFrom)
                and other is not statement
                and other not in self._moved
                and other.names[0].name != "*"
                and absolute(self.names.package, other.module, other.level) == module
            ):
                early = range((statement.end_lineno or 0), other.lineno)
                locals_ = {moved[alias].local for alias in aliases} | {alias.asname or alias.name for alias in aliases}
                if any(node.lineno in early for local in locals_ for node in self.names.by_word.get(local, ())):
                    continue
                return other
        return None

    def _line(
        self,
        statement: ast.ImportFrom,
        module: str,
        aliases: Sequence[ast.alias],
        moved: Mapping[ast.alias, Moved],
    ) -> str:
        level, text = self._spelled(statement, module)
        words = ", ".join(dict.fromkeys(_spelled_name(moved[alias]) for alias in aliases))
        comments = [comment for alias in aliases if (comment := self._comment(statement, alias))]
        comment = f"  {' '.join(comments)}" if comments else ""
        start = f"from {'.' * level}{text} import" if module else "import"
        return f"{start} {words}{comment}"

    def _comment(self, statement: ast.ImportFrom, alias: ast.alias) -> str:
        """The comment on a name's own line within parentheses."""
        line = alias.end_lineno or alias.lineno
        if line == statement.lineno or line == statement.end_lineno:
            return ""
        alone = sum(each.lineno == line for each in statement.names) == 1
        _, mark, comment = self._lines[line - 1].partition("#")
        return f"{mark}{comment}".rstrip() if mark and alone else ""

    def _has_comment(self, statement: ast.stmt) -> bool:
        return any("#" in line for line in self._lines[statement.lineno - 1 : statement.end_lineno])

    def _spelled(self, statement: ast.ImportFrom, module: str) -> tuple[int, str]:
        """Dots and name of a module as this import would write it: relative where it is relative and that reaches."""
        if statement.level:
            start = absolute(self.names.package, None, statement.level)
            if start is not None and module == start:
                return statement.level, ""
            if start is not None and module.startswith(f"{start}."):
                return statement.level, module[len(start) + 1 :]
        return 0, module


def is_expected_to_fail(names: ModuleNames, node: ast.AST) -> bool:
    """Whether a node stands in a ``with`` that wants an import to fail, or to warn that it is deprecated."""
    for above in names.ancestors(node):
        for item in above.items if isinstance(above, ast.With | ast.AsyncWith) else ():
            call = item.context_expr
            if not isinstance(call, ast.Call):
                continue
            word = (dotted(call.func) or "").rpartition(".")[2]
            wanted = {
                (dotted(each) or "").rpartition(".")[2]
                for argument in call.args[:1]
                for each in ast.walk(argument)
                if isinstance(each, ast.Name | ast.Attribute)
            }
            if word == "deprecated_call" or (word in _EXPECTATIONS and wanted & _FAILURES):
                return True
    return False


_EXPECTATIONS = frozenset({"raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex"})
_FAILURES = frozenset(
    {
        "ImportError", "ModuleNotFoundError", "AttributeError",
        "DeprecationWarning", "PendingDeprecationWarning", "FutureWarning",
    }
)  # fmt: skip


def _adding(new: Sequence[Moved]) -> Any:
    return lambda line: with_names(line, [named(each.name, each.local) for each in new])


def _changing(new: Mapping[int, Moved], gone: Sequence[int], spelled: tuple[int, str] | None) -> Any:
    """The change of an import: names at some places become others, some go, the module may be another one."""

    def change(line: Any) -> Any:
        if not isinstance(line.names, cst.ImportStar):
            names = [_renamed(alias, new.get(place)) for place, alias in enumerate(line.names)]
            kept = [name for place, name in enumerate(names) if place not in gone]
            again = {
                place for place, name in enumerate(names) if any(_same(name, other) for other in names[:place])
            } - set(gone)
            line = line.with_changes(names=names)
            if len(kept) < len(names) or again:
                line = without_names(line, [*gone, *again])
        if spelled is None:
            return line
        level, text = spelled
        if not level and not text:
            return cst.Import(names=[_imported(alias) for alias in line.names])
        return line.with_changes(
            module=dotted_node(text) if text else None,
            relative=[cst.Dot()] * level,
        )

    return change


def _renamed(alias: cst.ImportAlias, to: Moved | None) -> cst.ImportAlias:
    if to is None:
        return alias
    fresh = named(to.name, to.local)
    asname = fresh.asname
    if alias.asname is not None and asname is not None:
        asname = alias.asname.with_changes(name=cst.Name(to.local))
    explicit = alias.asname is not None and alias.evaluated_alias == alias.evaluated_name  # ``X as X`` exports X
    if explicit and to.local == to.name:
        asname = alias.asname and alias.asname.with_changes(name=cst.Name(to.local))
    return alias.with_changes(name=fresh.name, asname=asname)


def _same(a: cst.ImportAlias, b: cst.ImportAlias) -> bool:
    return (a.evaluated_name, a.evaluated_alias) == (b.evaluated_name, b.evaluated_alias)


def _imported(alias: cst.ImportAlias) -> cst.ImportAlias:
    return alias.with_changes(comma=cst.MaybeSentinel.DEFAULT)


def _spelled_name(to: Moved) -> str:
    return to.name if to.local == to.name else f"{to.name} as {to.local}"
