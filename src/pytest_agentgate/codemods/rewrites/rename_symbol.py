"""A function, class, constant or exception that was renamed, moved to another module, or both."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.fixtures import DECORATORS
from pytest_agentgate.codemods.idioms.named_strings import attribute_strings, begins_with, imports_in, named_strings
from pytest_agentgate.codemods.reading.local_names import can_become, global_statements, is_requested, users
from pytest_agentgate.codemods.reading.names import Binding, Scope, dotted
from pytest_agentgate.codemods.reading.quoted import Decide, quoted_annotations, renamed_annotation, spelled
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.subjects import Subjects
from pytest_agentgate.codemods.reading.symbols import Succession, Symbol, import_of_module, is_member
from pytest_agentgate.codemods.writing.import_lines import dotted_node
from pytest_agentgate.codemods.writing.moved_imports import Moved, MovedImports
from pytest_agentgate.codemods.writing.rewrite import Rewrite
from pytest_agentgate.errors import UsageError


@dataclass(frozen=True)
class RenameSymbol(Codemod):
    """Rename a function, class, constant or exception, or follow it to another module.

    Repairs ``ImportError: cannot import name 'fetch' from 'shop.api'``. A local name that would collide is kept with
    ``as``, and so is the name of a fixture: tests ask for it. A file is left alone where it compares the two names.

    With ``old=shop.api.fetch new=shop.client.load``:

    Before::

        from unittest.mock import patch

        from shop.api import Order, fetch  # both

        @patch("shop.api.fetch")
        def test_order(fake):
            assert fetch(1) == Order(1)

    After::

        from unittest.mock import patch

        from shop.api import Order  # both
        from shop.client import load

        @patch("shop.client.load")
        def test_order(fake):
            assert load(1) == Order(1)

    Before::

        from shop.api import fetch

        def load():
            return fetch(1)

    After::

        from shop.client import load as fetch

        def load():
            return fetch(1)

    Unchanged::

        from shop import api, client

        def test_old_name():
            assert api.fetch is client.load

    Unchanged::

        from cafe.api import fetch

        fetch("shop.api.fetch")
    """

    applicability = Applicability.SAFE
    because = "A name is changed only where it is proven to be the old one; what it stands for stays the same."
    owns = frozenset(
        {ast.Import, ast.ImportFrom, ast.alias, ast.Name, ast.Attribute, ast.Constant, ast.ClassDef, ast.FunctionDef}
        | {ast.AsyncFunctionDef, ast.Global}
    )

    old: str = option("what it was called: module and name", "dotted")
    new: str = option("what it is called: module and name", "dotted")

    def __post_init__(self) -> None:
        super().__post_init__()
        for option_name, value in (("old", self.old), ("new", self.new)):
            if "." not in value:
                reason = "must be a module and a name in it such as app.models.User; rename-module renames modules"
                raise UsageError(f"{self.name()} {option_name}={value}: {reason}")

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        if self.old == self.new:
            return
        for name, why in ((self.old, "rename-attribute finds all its uses"), (self.new, "it can't be imported")):
            if is_member(name, file.sources):
                for node in file.names.uses(self.old):
                    rewrite.leave(node, f"{name} is an attribute of a class: {why}")
                return
        if Subjects(file.names, self.old, self.new).keep(rewrite.leave):
            return
        module = import_of_module(file.names, self.old)
        if module is not None:
            rewrite.leave(module, f"{self.old} is a module: rename-module finds all its uses")
            return
        _Renaming(Symbol.named(self.old), Symbol.named(self.new), file, rewrite).write()


class _Renaming:
    """The renaming of one symbol in one file."""

    def __init__(self, old: Symbol, new: Symbol, file: File, rewrite: Rewrite) -> None:
        self.old, self.new = old, new
        self.file, self.rewrite, self.names = file, rewrite, file.names
        self.became = Succession(old, new, file.sources)
        self.moved = MovedImports(file, rewrite)
        self.locals: dict[tuple[Scope, str], str] = {}  # what local names are called now
        self.beside: set[tuple[Scope, str]] = set()  # modules that are imported below another one
        self.bound: dict[Scope, tuple[int, str]] = {}  # from which line on a scope has the new one, and as what
        self.modules: dict[tuple[Scope, str], str] = {}  # what stands now for a module that held nothing else we used

    def write(self) -> None:
        if self.names.module == self.old.module:
            self._definition()
        self._imports()
        self._modules()
        self._uses()
        for constant in quoted_annotations(self.names):
            text = renamed_annotation(self.names, constant, self._in_annotation(constant))
            if text is not None:
                self.rewrite.replace(constant, spelled(text))
        self._strings()
        self.moved.write()

    @cached_property
    def by_attribute(self) -> list[tuple[ast.expr, ast.Constant]]:
        return attribute_strings(self.names)

    # -- where it is defined -----------------------------------------------------------------------------------------

    def _definition(self) -> None:
        bindings = self.names.scope.bindings.get(self.old.name, [])
        if not bindings or any(binding.is_import for binding in bindings):
            return
        if self.new.module != self.old.module:
            self.rewrite.leave(bindings[0].node, f"{self.old.name} is defined here: move it to {self.new.module}")
            return
        nodes = {binding.node for binding in bindings}
        if not can_become(self.names, self.names.scope, self.old.name, self.new.name, str(self.new), nodes):
            self.rewrite.leave(bindings[0].node, f"{self.new.name} is something else here already")
            return
        for binding in bindings:
            if binding.kind in {"class", "function"}:
                self.rewrite.replace(binding.node, _called(self.new.name))
        self._follow(self.names.scope, self.old.name, self.new.name)

    def _follow(self, scope: Scope, local: str, name: str) -> None:
        """Call a local name otherwise wherever it is used."""
        self.locals[scope, local] = name
        if name == local:
            return
        for user in users(self.names, scope, local):
            self.rewrite.put(user, name)
        if not scope.is_module:
            return
        for statement in global_statements(self.names, local):
            self.rewrite.replace(statement, _declaring(local, name))
        for constant in self.names.dunder_all:
            if constant.value == local:
                self.rewrite.replace(constant, spelled(name))

    # -- imports -----------------------------------------------------------------------------------------------------

    def _imports(self) -> None:
        found: dict[tuple[Scope, str], list[tuple[ast.ImportFrom, ast.alias, Symbol]]] = {}
        for statement in self.names.imports:
            for alias in statement.names if isinstance(statement, ast.ImportFrom) else ():
                new = self.became.instead_of(self.names.import_target(statement, alias))
                if new is None or not isinstance(statement, ast.ImportFrom):
                    continue
                if self.moved.stays(statement, str(new)):
                    continue
                if alias.asname is not None:
                    self.moved.move(statement, alias, Moved(new.module, new.name, alias.asname))
                else:
                    found.setdefault((self.names.scope_of(alias), alias.name), []).append((statement, alias, new))
        for (scope, local), imports in found.items():
            name = self.new.name if self._can_follow(scope, local, [alias for _, alias, _ in imports]) else local
            for statement, alias, new in imports:
                self.moved.move(statement, alias, Moved(new.module, new.name, name))
            self.bound[scope] = imports[0][0].lineno, name
            self._follow(scope, local, name)

    def _can_follow(self, scope: Scope, local: str, aliases: Iterable[ast.alias]) -> bool:
        if self._is_fixture(scope, local):
            return False
        return can_become(self.names, scope, local, self.new.name, str(self.new), {*aliases})

    def _is_fixture(self, scope: Scope, local: str) -> bool:
        """Whether tests ask for an import by its name: it is a fixture, or may well be one."""
        for symbol in (self.new, self.old):
            found = self.file.sources.definition(str(symbol))
            if found is not None:
                decorators = getattr(found.node, "decorator_list", [])
                return any(
                    found.module.meaning(each.func if isinstance(each, ast.Call) else each) in DECORATORS
                    for each in decorators
                )
        if users(self.names, scope, local):
            return False
        is_conftest = self.file.place.path.rpartition("/")[2] == "conftest.py"
        return is_requested(self.names, local) or (is_conftest and local.islower())

    # -- uses through a module ---------------------------------------------------------------------------------------

    def _modules(self) -> None:
        """An import of a module of which nothing but the symbol is used becomes one of the new module."""
        if self.new.module == self.old.module or self.rewrite.imports.is_hidden(self.new.module):
            return
        for statement in self.names.imports:
            for alias in statement.names:
                scope = self.names.scope_of(alias)
                local = alias.asname or alias.name.partition(".")[0]
                if self.names.import_target(statement, alias) == self.old.module and self._is_alone(scope, local):
                    self._other_module(statement, alias, scope, local)

    def _is_alone(self, scope: Scope, local: str) -> bool:
        bindings = scope.bindings.get(local, [])
        using = users(self.names, scope, local)
        if len(bindings) != 1 or not using or any(constant.value == local for constant in self.names.dunder_all):
            return False
        quoted = any(local in str(constant.value) for constant in quoted_annotations(self.names))
        return not quoted and all(self._is_old(user) for user in using) and not self._stays(using[0])

    def _stays(self, user: ast.Name) -> bool:
        return self.rewrite.imports.find(self.new.module, user, is_module=True) is not None

    def _is_old(self, name: ast.Name) -> bool:
        """Whether a name is the beginning of a chain that stands for the symbol, or its owner in ``patch.object``."""
        node: ast.AST = name
        for owner, constant in self.by_attribute:
            if constant.value == self.old.name and _begins(owner, name):
                return self.became.patched(self.names.meaning(owner) or "") == self.new
        while isinstance(self.names.up[node].parent, ast.Attribute):
            node = self.names.up[node].parent
            if self.names.means(node, str(self.old)):
                return True
        return False

    def _other_module(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias, scope: Scope, local: str) -> None:
        package, _, last = self.new.module.rpartition(".")
        root = self.new.module.partition(".")[0]
        if isinstance(statement, ast.ImportFrom):
            name = alias.asname or last
            if name != local and not can_become(self.names, scope, local, name, self.new.module, {alias}):
                name = local
            self.moved.move(statement, alias, Moved(package, last, name))
            self.modules[scope, local] = name
        elif alias.asname is not None:
            self.rewrite.replace(alias, _importing(self.new.module))
            self.modules[scope, local] = local
        elif root == local or can_become(self.names, scope, local, root, root, {alias}):
            self.rewrite.replace(alias, _importing(self.new.module))
            self.modules[scope, local] = self.new.module

    def _uses(self) -> None:
        for node in self.names.by_word.get(self.old.name, ()):
            if isinstance(node, ast.Name) and self.names.bindings(node):
                continue  # renamed with what binds it
            new = self.became.instead_of(self.names.meaning(node))
            if new is None:
                if any(self.became.instead_of(each) for each in self.names.candidates(node)):
                    self.rewrite.leave(node, f"{self.old.name} may be {self.old}, and may be something else")
                continue
            owner = dotted(node.value) if isinstance(node, ast.Attribute) else None
            source = self._written(owner, new, self.names.meaning(node), node)
            if isinstance(node, ast.Attribute) and owner == source.rpartition(".")[0]:
                if source != dotted(node):
                    self.rewrite.replace(node, _with_attribute(new.name))
            elif source != dotted(node):
                self.rewrite.put(node, source)
            elif isinstance(node, ast.Name):
                self.rewrite.imports.use(str(new), node)

    def _written(self, owner: str | None, new: Symbol, meaning: str | None, at: ast.AST) -> str:
        """What to write for the symbol where ``owner.NAME`` stood, or its name alone."""
        if owner is not None:
            if meaning == f"{new.module}.{self.old.name}":
                return f"{owner}.{new.name}"
            root = owner.partition(".")[0]
            home = self.names.scope_of(at).home(root)
            if home is not None and (home, root) in self.modules:
                return f"{self.modules[home, root]}.{new.name}"
            if self.rewrite.imports.is_hidden(new.module):
                return self.rewrite.imports.use(str(new), at)
            found = self.rewrite.imports.find(new.module, at, is_module=True)
            if found is None and home is not None and "." in owner:
                found = self._beside(home, root, new, at)
            # not ``from``: what is patched in the module must be seen here
            return f"{found or self.rewrite.imports.use_module(new.module, at)}.{new.name}"
        if meaning == f"{new.module}.{self.old.name}" and self.names.scope_of(at).home(new.name) is None:
            return new.name  # from a star import of the same module
        return self._bound_at(at) or self.rewrite.imports.use(str(new), at, instead_of=meaning or "")

    def _bound_at(self, at: ast.AST) -> str | None:
        """The name by which an import that was changed gives the symbol at a node."""
        here = self.names.scope_of(at)
        for scope, (line, local) in self.bound.items():
            around: Scope | None = here
            while around is not None and around is not scope:
                around = around.parent
            if around is scope and here.home(local) in {None, scope} and getattr(at, "lineno", 0) > line:
                return local
        return None

    def _beside(self, home: Scope, root: str, new: Symbol, at: ast.AST) -> str | None:
        """``import a.b`` has other uses: ``import c.d`` goes below it, where its first name is free."""
        first = new.module.partition(".")[0]
        bindings = home.bindings[root]
        statement = next((self.names.statement(each.node) for each in reversed(bindings) if _is_plain(each)), None)
        if statement is None or not all(each.is_import for each in bindings) or "." not in new.module:
            return None
        nodes = {each.node for each in bindings}
        if first != root and not can_become(self.names, home, root, first, first, nodes):
            return None
        if (home, new.module) not in self.beside:
            self.beside.add((home, new.module))
            self.rewrite.after(statement, f"import {new.module}")
        return new.module

    # -- strings -----------------------------------------------------------------------------------------------------

    def _in_annotation(self, constant: ast.Constant) -> Decide:
        def decide(written: str, meaning: str) -> str | None:
            owner, dot, _ = written.rpartition(".")
            home = self.names.scope_of(constant).home(written)
            if not dot and home is not None:
                return self.locals.get((home, written))
            new = self.became.instead_of(meaning)
            return None if new is None else self._written(owner or None, new, meaning, constant)

        return decide

    def _strings(self) -> None:
        seen: set[ast.Constant] = {*quoted_annotations(self.names), *self.names.dunder_all}
        for each in named_strings(self.names):
            seen.add(each.node)
            if each.role not in {"object", "warning"}:
                continue
            parts = each.name.split(".")
            for end in range(2, len(parts) + 1):
                if parts[end - 1] == self.old.name:
                    new = self._patched(".".join(parts[: end - 1]), each.node)
                    if new is not None:
                        text = each.with_name(".".join([str(new), *parts[end:]]))
                        self.rewrite.replace(each.node, spelled(text))
                        break
        for owner, constant in self.by_attribute:
            if constant.value != self.old.name:
                continue
            seen.add(constant)
            meaning = self.names.meaning(owner)
            new = None if meaning is None else self._patched(meaning, constant)
            if new is None:
                continue
            if new.name != self.old.name:
                self.rewrite.replace(constant, spelled(new.name))
            if new.module != meaning:
                self.rewrite.put(owner, self._module_at(new.module, owner))
        for node in self.names.strings:
            text = str(node.value)
            if node in seen:
                continue
            if begins_with(text.replace(":", "."), str(self.old)):
                self.rewrite.leave(node, f"{text!r} names it, but it is not known what for")
            elif imports_in(text, self.old.module, self.old.name):
                self.rewrite.leave(node, f"the code in this text uses {self.old}")
        for call in self.names.calls:
            self._patched_by_keyword(call)

    def _patched_by_keyword(self, call: ast.Call) -> None:
        """``patch.multiple("shop.api", fetch=...)``: what it gives to the test has the name, too."""
        keyword = next((each for each in call.keywords if each.arg == self.old.name), None)
        if keyword is None or not call.args or not (dotted(call.func) or "").endswith("patch.multiple"):
            return
        first = call.args[0]
        owner = str(first.value) if isinstance(first, ast.Constant) else self.names.meaning(first)
        if owner is not None and self.became.patched(owner) is not None:
            self.rewrite.leave(keyword, f"this patches {self.old} by a keyword")

    def _module_at(self, module: str, owner: ast.expr) -> str:
        written = dotted(owner) or ""
        home = self.names.scope_of(owner).home(written.partition(".")[0])
        if home is not None and (home, written.partition(".")[0]) in self.modules:
            return self.modules[home, written.partition(".")[0]]
        return self.rewrite.imports.use_module(module, owner)

    def _patched(self, owner: str, at: ast.AST) -> Symbol | None:
        new = self.became.patched(owner)
        if new is None and self.became.is_looked_up(owner):
            self.rewrite.leave(at, f"{owner} looks {self.old.name} up under this name as long as its import has it")
        return new


def _begins(chain: ast.expr, name: ast.Name) -> bool:
    while isinstance(chain, ast.Attribute):
        chain = chain.value
    return chain is name


def _is_plain(binding: Binding) -> bool:
    return isinstance(binding.node, ast.alias) and binding.node.asname is None and binding.target == binding.name


def _called(name: str) -> Callable[[Any], Any]:
    return lambda definition: definition.with_changes(name=cst.Name(name))


def _declaring(old: str, new: str) -> Callable[[Any], Any]:
    def change(statement: cst.Global) -> cst.Global:
        items = [
            item.with_changes(name=item.name.with_changes(value=new)) if item.name.value == old else item
            for item in statement.names
        ]
        return statement.with_changes(names=items)

    return change


def _importing(module: str) -> Callable[[Any], Any]:
    return lambda alias: alias.with_changes(name=dotted_node(module))


def _with_attribute(name: str) -> Callable[[Any], Any]:
    return lambda node: node.with_changes(attr=cst.Name(name))
