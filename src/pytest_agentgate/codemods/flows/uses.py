"""Everything that uses what a name, attribute, fixture or function holds, in all files of a project that can see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename, dirname

from pytest_agentgate.codemods.flows.holders import Holder, Holders
from pytest_agentgate.codemods.idioms.fixtures import parameters
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.test_modules import is_tests


@dataclass(frozen=True, eq=False)
class Use:
    """An expression that uses what a holder holds."""

    names: ModuleNames
    node: ast.expr


class Uses:
    """What uses the holders of a project's files."""

    def __init__(self, holders: Holders) -> None:
        self.holders = holders
        self._known: dict[Holder, list[Use | Holder] | None] = {}

    def of(self, holder: Holder) -> list[Use | Holder] | None:
        """Everything that uses what a holder holds; None where some of it can't be told."""
        if holder not in self._known:
            self._known[holder] = self._find(holder)
        return self._known[holder]

    def _find(self, holder: Holder) -> list[Use | Holder] | None:
        names = holder.names
        if not is_tests(names) and holder.is_open:
            return None  # the implementation uses it too, and is not ours to change
        if holder.kind == "fixture":
            return self._requests(holder)
        if holder.kind == "result":
            return self.calls(holder)  # type: ignore[return-value]
        if holder.kind == "params":
            return [
                Use(names, node)
                for node in names.by_word.get("param", ())
                if isinstance(node, ast.Attribute) and self.holders.holder(names, node) == holder
            ]
        if holder.kind == "attribute":
            return self._of_attribute(holder)
        found: list[Use | Holder] = [
            Use(names, node) for node in self._reads(names, holder.name) if self.holders.holder(names, node) == holder
        ]
        if isinstance(holder.node, ast.Module):
            outside = list(self._from_outside(holder))
            if outside and not self.holders.is_shared(names):
                return None
            found += outside
        return found

    def _reads(self, names: ModuleNames, word: str) -> Iterator[ast.Name | ast.Attribute]:
        return (node for node in names.by_word.get(word, ()) if isinstance(node.ctx, ast.Load))

    def _from_outside(self, holder: Holder) -> Iterator[Use]:
        """Uses of a module's name in other files, which import it or its module."""
        module = holder.names.module.rpartition(".")[2]
        for names in self.holders.with_word(holder.name):
            if names is holder.names or (module and not _mentions(names, module, holder.name)):
                continue
            words = {holder.name} | {
                binding.name
                for scope in names.scopes.values()
                for bindings in scope.bindings.values()
                for binding in bindings
                if binding.is_import and (binding.target or "").endswith(f".{holder.name}")
            }
            for word in sorted(words):
                for node in self._reads(names, word):
                    if self.holders.holder(names, node) == holder:
                        yield Use(names, node)

    def _of_attribute(self, holder: Holder) -> list[Use | Holder] | None:
        names = holder.names
        if not isinstance(holder.node, ast.ClassDef) or self._is_shared(names, holder.node):
            return None
        found: list[Use | Holder] = []
        for node in self._reads(names, holder.name):
            if isinstance(node, ast.Name) and self.holders.holder(names, node) == holder:
                found.append(Use(names, node))
            elif isinstance(node, ast.Attribute):
                inside = self.holders.class_of(names, node.value)
                if inside is not None and holder.node in set(self.holders.lineage(names, inside)):
                    found.append(Use(names, node))
        return found

    def _is_shared(self, names: ModuleNames, node: ast.ClassDef) -> bool:
        """Whether other files derive from a class, or it derives from one of another file of the project."""
        known = {names.qualified(each) for each in names.classes}
        for base in node.bases:
            name = names.meaning(base)
            if name not in known and (name is None or self.holders.sources.definition(name) is not None):
                return True
        name = names.qualified(node)
        return any(
            binding.is_import and (binding.target or "").endswith(f".{node.name}")
            for other in self.holders.with_word(node.name)
            if other is not names and _mentions(other, name.split(".")[0], node.name)
            for binding in other.scope.bindings.get(node.name, ())
        )

    def _requests(self, holder: Holder) -> list[Use | Holder] | None:
        """The parameters that request a fixture, in every file that sees it."""
        path = self.holders.file_of(holder.names).place.path
        shared = self.holders.is_shared(holder.names)
        folder = dirname(path) if basename(path) == "conftest.py" else ""
        below = list(self.holders.with_word(holder.name, folder)) if shared else [holder.names]
        above = [self.holders.sources.file(each) for each in self.holders.file_of(holder.names).place.conftests()]
        found: list[Use | Holder] = []
        for names in dict.fromkeys([*below, *(each for each in above if each is not None)]):
            if any(each.value == holder.name and _asks(names, each) for each in names.strings):
                return None
            for function in names.functions:
                if self._may_get(names, function, holder):
                    found.append(Holder("name", function, holder.name, names))
        return found

    def _may_get(self, names: ModuleNames, function: FunctionNode, holder: Holder) -> bool:
        """Whether a function may be given a fixture: it sees it, or the fixture overrides what it sees."""
        if not any(each.arg == holder.name for each in [*function.args.args, *function.args.kwonlyargs]):
            return False
        parameter = parameters(names, function).get(holder.name)
        fixture = self.holders.fixtures(names).request(parameter, function, names) if parameter is not None else None
        if fixture is None or fixture.node is holder.node:
            return fixture is not None
        return any(each.node is holder.node for each in self.holders.overriding(names, function, fixture))

    def calls(self, holder: Holder) -> list[Use] | None:
        """The calls of a function, where it is used for nothing but to be called."""
        names, function = holder.names, holder.node
        if isinstance(function, ast.Lambda):
            up = names.up[function]
            targets = up.parent.targets if isinstance(up.parent, ast.Assign) else []
            bound = [each.id for each in targets if isinstance(each, ast.Name)]
        elif isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            bound = [function.name]
        else:
            bound = []
        if len(bound) != 1:
            return None
        word = bound[0]
        outside = names.scope_of(function)
        files = self.holders.with_word(word) if outside.is_module else [names]
        if outside.is_class and (not isinstance(outside.node, ast.ClassDef) or self._is_shared(names, outside.node)):
            return None
        found: list[Use] = []
        for each in files:
            for node in self._reads(each, word):
                target = self.holders.function(each, node)
                if target is None or target[1] is not function:
                    if isinstance(node, ast.Name) and any(one.node is function for one in each.bindings(node)):
                        return None
                    continue
                uses = self._called(each, node)
                if uses is None or (each is not names and not self.holders.is_shared(names)):
                    return None
                found += uses
        return found

    def _called(self, names: ModuleNames, node: ast.expr) -> list[Use] | None:
        """The calls that a mention of a function leads to: its own, or those of a fixture that returns it."""
        parent, name, _ = names.up[node]
        if isinstance(parent, ast.Call) and name == "func":
            return [Use(names, parent)]
        if isinstance(parent, ast.Return | ast.Yield):
            fixture = next(
                iter(
                    self.holders.fixtures(names).of(
                        names.enclosing(parent, ast.FunctionDef, ast.AsyncFunctionDef), names
                    )
                ),
                None,
            )
            requests = fixture and self._requests(Holder("fixture", fixture.node, fixture.name, fixture.names))
            found: list[Use] = []
            for each in requests or ():
                uses = self.of(each) if isinstance(each, Holder) else None
                for use in uses or ():
                    called = self._called(use.names, use.node) if isinstance(use, Use) else None
                    if called is None:
                        return None
                    found += called
            return found if requests is not None else None
        return None


def _mentions(names: ModuleNames, *words: str) -> bool:
    """Whether imports of a file name all of these words as parts of what they import."""
    parts = {
        part
        for scope in names.scopes.values()
        for bindings in [*scope.bindings.values(), scope.stars]
        for binding in bindings
        if binding.is_import or binding.kind == "star"
        for part in (binding.target or "").split(".")
    }
    return words[0] in parts


def _asks(names: ModuleNames, node: ast.Constant) -> bool:
    """Whether a string is the argument of ``getfixturevalue``."""
    parent = names.up[node].parent
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Attribute)
        and parent.func.attr == "getfixturevalue"
    )
