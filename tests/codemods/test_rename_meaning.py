"""Renames over real programs: afterwards every expression means what it meant, but for the new name."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_agentgate.codemods.apply import Changed, Unchanged, rewrite
from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import Place
from pytest_agentgate.codemods.rewrites.rename_module import RenameModule
from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol


def imported(names: ModuleNames) -> list[str]:
    """What a program imports, by dotted name."""
    found = {names.import_target(statement, alias) for statement in names.imports for alias in statement.names}
    return sorted(
        name for name in found if name is not None and not name.startswith("__future__") and not name.endswith("*")
    )


def renames(name: str) -> Iterator[tuple[Codemod, str, str]]:
    """Codemods with their old and new names: to a sibling, into a package, to the top."""
    last = name.rpartition(".")[2]
    for new in (f"{name}_new", f"fresh.place.{last}", "fresh"):
        yield RenameModule(name, new), name, new
    if "." in name:
        for new in (f"{name}_new", f"fresh.place.{last}", "fresh.place.other"):
            yield RenameSymbol(name, new), name, new


def meanings(names: ModuleNames, old: str = "", new: str = "") -> list[frozenset[str | None]]:
    """What each chain of attributes may mean, in order; with the old name replaced by the new one."""
    found = []
    for node in ast.walk(names.tree):
        if not isinstance(node, ast.Name | ast.Attribute) or isinstance(names.up[node].parent, ast.Attribute):
            continue
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name):
            found.append(
                frozenset(
                    new + each[len(old) :] if old and each and f"{each}.".startswith(f"{old}.") else each
                    for each in names.candidates(node)
                )
            )
    return found


def test_a_rename_keeps_what_every_expression_means(programs: Sequence[Path]) -> None:
    choice = random.Random(5)
    changed = 0
    for path in programs[:15]:
        try:
            source = path.read_bytes().decode()
            before = ModuleNames(parse(source))
        except (SyntaxError, UnicodeDecodeError):
            continue
        names = imported(before)
        for name in choice.sample(names, min(2, len(names))):
            for codemod, old, new in renames(name):
                outcome = rewrite(source, [codemod])
                assert isinstance(outcome, Changed | Unchanged), (path, codemod, outcome)
                if isinstance(outcome, Unchanged):
                    assert outcome.notes, (path, codemod)
                    continue
                after = ModuleNames(parse(outcome.source))
                assert meanings(after) == meanings(before, old, new), (path, codemod)
                assert old not in imported(after), (path, codemod)
                assert isinstance(rewrite(outcome.source, [codemod], Place()), Unchanged), (path, codemod)
                changed += 1
    assert changed > 30
