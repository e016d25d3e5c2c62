"""A module or package that was renamed or moved."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.loggers import follows_module
from pytest_agentgate.codemods.idioms.named_strings import begins_with, imports_in, named_strings
from pytest_agentgate.codemods.reading.local_names import can_become, users
from pytest_agentgate.codemods.reading.names import Scope, absolute, dotted
from pytest_agentgate.codemods.reading.quoted import Decide, quoted_annotations, renamed_annotation, spelled
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.subjects import Subjects
from pytest_agentgate.codemods.writing.import_lines import dotted_node
from pytest_agentgate.codemods.writing.moved_imports import Moved, MovedImports, is_expected_to_fail
from pytest_agentgate.codemods.writing.rewrite import Rewrite


@dataclass(frozen=True)
class RenameModule(Codemod):
    """Rename a module or package where it is imported, used, and named in strings.

    Repairs ``ModuleNotFoundError: No module named 'app.livekit'``. What is below a package is renamed with it.

    With ``old=app.livekit new=app.livekit_utils``:

    Before::

        from unittest.mock import patch

        import app.livekit.room
        from app.livekit import Client  # the real one

        @patch("app.livekit.room.connect")
        def test_join(connect):
            assert app.livekit.room.join(Client()) is connect.return_value

    After::

        from unittest.mock import patch

        import app.livekit_utils.room
        from app.livekit_utils import Client  # the real one

        @patch("app.livekit_utils.room.connect")
        def test_join(connect):
            assert app.livekit_utils.room.join(Client()) is connect.return_value

    Before::

        from app import livekit, models

        def test_client(livekit_url):
            assert livekit.Client(models.Url(livekit_url)).is_open

    After::

        from app import livekit_utils, models

        def test_client(livekit_url):
            assert livekit_utils.Client(models.Url(livekit_url)).is_open

    Unchanged::

        from app import livekit, livekit_utils

        def test_old_name():
            assert livekit.Client is livekit_utils.Client

    Unchanged::

        import app.livekit2

        app.livekit2.join("app.livekit")
    """

    applicability = Applicability.SAFE
    because = "A name is changed only where it is proven to be the module's; what it stands for stays the same."
    owns = frozenset({ast.Import, ast.ImportFrom, ast.alias, ast.Name, ast.Attribute, ast.Constant})

    old: str = option("the module or package as the tests import it", "dotted")
    new: str = option("where it is now", "dotted")

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        if self.old != self.new and not Subjects(file.names, self.old, self.new).keep(rewrite.leave):
            _Renaming(self.old, self.new, file, rewrite).write()


class _Renaming:
    """The renaming of one module in one file."""

    def __init__(self, old: str, new: str, file: File, rewrite: Rewrite) -> None:
        self.old, self.new = old, new
        self.file, self.rewrite, self.names = file, rewrite, file.names
        self.moved = MovedImports(file, rewrite)
        self.locals: dict[tuple[Scope, str], str] = {}  # what names are called now that stood for the module
        self.loading: set[Scope] = set()  # scopes in which ``import NEW`` binds the first part of its name

    def renamed(self, name: str | None) -> str | None:
        """The new name of the module or something below it; None for all else."""
        if name is None or not begins_with(name, self.old) or self._is_new(name):
            return None
        return self.new + name[len(self.old) :]

    def _is_new(self, name: str) -> bool:
        """Whether a name is right already, where the module has moved to below its old name."""
        return begins_with(self.new, self.old) and begins_with(name, self.new)

    def write(self) -> None:
        plain: dict[Scope, list[tuple[ast.Import, ast.alias]]] = {}
        modules: dict[tuple[Scope, str], list[tuple[ast.ImportFrom, ast.alias]]] = {}
        for statement in self.names.imports:
            for alias in statement.names:
                target = self._target(statement, alias)
                if target is None:
                    continue
                if self.moved.stays(statement, target):
                    continue
                if isinstance(statement, ast.Import):
                    if alias.asname is None:
                        plain.setdefault(self.names.scope_of(alias), []).append((statement, alias))
                    else:
                        self._named(alias, target)
                elif target == self.new and alias.asname is None:
                    modules.setdefault((self.names.scope_of(alias), alias.name), []).append((statement, alias))
                else:
                    module, _, name = target.rpartition(".")
                    self.moved.move(statement, alias, Moved(module, name, alias.asname or alias.name))
        for (scope, local), imports in modules.items():
            self._module(scope, local, imports)
        for scope, roots in plain.items():
            self._plain(scope, roots)
        self._uses()
        self._annotations()
        self._strings()
        self.moved.write()

    # -- imports -----------------------------------------------------------------------------------------------------

    def _target(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str | None:
        """What an import is to import instead; None where it stays."""
        if isinstance(statement, ast.ImportFrom) and statement.level:
            start = absolute(self.names.package, None, statement.level)
            if start is not None and begins_with(start, self.old):
                return None  # relative to a package that moves as a whole
        return self.renamed(self.names.import_target(statement, alias))

    def _named(self, alias: ast.alias, target: str, local: str | None = None) -> None:
        def change(node: cst.ImportAlias) -> cst.ImportAlias:
            asname = node.asname if local is None else cst.AsName(name=cst.Name(local))
            return node.with_changes(name=dotted_node(target), asname=asname)

        self.rewrite.replace(alias, change)

    def _module(self, scope: Scope, local: str, imports: list[tuple[ast.ImportFrom, ast.alias]]) -> None:
        """``from app import livekit``: the local name follows where it can."""
        package, _, name = self.new.rpartition(".")
        if not can_become(self.names, scope, local, name, self.new, {alias for _, alias in imports}):
            name = local
        self.locals[scope, local] = name
        for statement, alias in imports:
            self.moved.move(statement, alias, Moved(package, self.new.rpartition(".")[2], name))
        for constant in self.names.dunder_all if scope.is_module and name != local else ():
            if constant.value == local:
                self.rewrite.replace(constant, spelled(name))

    def _plain(self, scope: Scope, imports: list[tuple[ast.Import, ast.alias]]) -> None:
        """``import app.livekit.room``: binds ``app``; the new one may bind another name."""
        old, new = self.old.partition(".")[0], self.new.partition(".")[0]
        if not all(each.is_import for each in scope.bindings[old]):
            self.rewrite.leave(imports[0][0], f"{old} may be something else than what is imported here")
            self.locals[scope, old] = old
            return
        mine = {alias for _, alias in imports}
        others = [each for each in scope.bindings[old] if each.node not in mine]
        binding = {*mine, *(each.node for each in others)}
        if old != new and not can_become(self.names, scope, old, new, new, binding):
            if all(alias.name == old for _, alias in imports):
                self.locals[scope, old] = old
                for _, alias in imports:
                    self._named(alias, self.new, old)
            else:
                self.rewrite.leave(imports[0][0], f"{new} is something else here, so that {self.new} can't be imported")
                self.locals[scope, old] = old
            return
        self.loading.add(scope)
        for _, alias in imports:
            self._named(alias, self.renamed(alias.name) or alias.name)
        left = any(self.renamed(self._chain(user)) is None for user in users(self.names, scope, old))
        if old != new and left and not others:
            self.rewrite.after(imports[0][0], f"import {old}")

    def _chain(self, node: ast.expr) -> str | None:
        """What the longest chain of attributes stands for that starts with a name or another chain."""
        around: ast.AST = node
        while isinstance(self.names.up[around].parent, ast.Attribute):
            around = self.names.up[around].parent
        return self.names.meaning(around)

    # -- uses --------------------------------------------------------------------------------------------------------

    def _uses(self) -> None:
        for (scope, local), name in self.locals.items():
            for user in users(self.names, scope, local) if name != local else ():
                self.rewrite.put(user, name)
        for node in self.names.uses(self.old):
            if self._is_new(self._chain(node) or ""):
                continue
            written = dotted(node)
            source = None if written is None else self._instead(written, node)
            if source is None or (isinstance(node, ast.Name) and source == node.id):
                continue
            head, _, last = source.rpartition(".")
            if isinstance(node, ast.Attribute) and dotted(node.value) == head:
                self.rewrite.replace(node, _with_attribute(last))
            else:
                self.rewrite.put(node, source)

    def _instead(self, written: str, at: ast.AST) -> str | None:
        """What to write for the module at a node; None where what is written there stays or was renamed already."""
        root = written.partition(".")[0]
        home = self.names.scope_of(at).home(root)
        if home is None or (home, root) in self.locals:
            return None
        target = next((each.target for each in home.bindings[root] if each.is_import), None)
        if target is None:
            return None
        if target == self.old:
            return self.new if home in self.loading and root == self.old else None
        if not begins_with(self.old, target):
            return None
        beside = self.old.rpartition(".")[0] == self.new.rpartition(".")[0]
        if begins_with(self.new, target) and (beside or home in self.loading):
            return root + self.new[len(target) :]
        return self.new if home in self.loading else self.rewrite.imports.use_module(self.new, at)

    # -- strings -----------------------------------------------------------------------------------------------------

    def _annotations(self) -> None:
        for constant in quoted_annotations(self.names):
            text = renamed_annotation(self.names, constant, self._in_annotation(constant))
            if text is not None:
                self.rewrite.replace(constant, spelled(text))

    def _in_annotation(self, constant: ast.Constant) -> Decide:
        def decide(written: str, meaning: str) -> str | None:
            if meaning != self.old:
                return written if self._is_new(meaning) else None
            home = self.names.scope_of(constant).home(written)
            if home is not None and (home, written) in self.locals:
                return self.locals[home, written]
            return self._instead(written, constant)

        return decide

    def _strings(self) -> None:
        seen: set[ast.Constant] = {*quoted_annotations(self.names), *self.names.dunder_all}
        for each in named_strings(self.names):
            stem = each.name.rstrip(".")  # "app.livekit." + name
            new = self.renamed(stem)
            seen.add(each.node)
            if new is None:
                continue
            if each.role == "module" and is_expected_to_fail(self.names, each.node):
                self.rewrite.leave(each.node, "the import is expected to fail or warn")
                continue
            if each.role == "logger" and not follows_module(self.file.sources, stem, new):
                self.rewrite.leave(each.node, f"{stem!r} is a logger that is not known to be the module's own")
                continue
            self.rewrite.replace(each.node, spelled(each.with_name(new + each.name[len(stem) :])))
        for node in self.names.strings:
            text = str(node.value)
            if node in seen:
                continue
            if begins_with(text.replace(":", "."), self.old) and ("." in self.old or self._exists(text)):
                self.rewrite.leave(node, f"{text!r} names the module, but it is not known what for")
            elif imports_in(text, self.old):
                self.rewrite.leave(node, f"the code in this text imports {self.old}")

    def _exists(self, text: str) -> bool:
        """Whether a text is the name of something in the module, and no word like it."""
        name = text.replace(":", ".")
        new = self.renamed(name)
        known = (self.file.sources.definition, self.file.sources.module)
        return "." in name and any(find(each) is not None for each in (name, new) if each for find in known)


def _with_attribute(name: str) -> Callable[[cst.Attribute], cst.Attribute]:
    return lambda node: node.with_changes(attr=cst.Name(name))
