"""Strings that name a module or something in it: patch targets, imports by name, plugins, loggers.

What they are for is told by where they stand: the calls of ``unittest.mock`` and pytest-mock, pytest's ``monkeypatch``,
``caplog``, ``importorskip`` and ``pytest_plugins``, ``importlib``, ``sys.modules`` and ``logging``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pytest_agentgate.codemods.reading.local_names import users
from pytest_agentgate.codemods.reading.names import ModuleNames, dotted

Role: TypeAlias = Literal["object", "module", "logger", "warning"]

_PATCHES = frozenset({"", ".object", ".dict", ".multiple"})
_MODULE_CALLS = frozenset(
    {
        "importlib.import_module", "importlib.util.find_spec", "importlib.resources.files", "importlib.__import__",
        "builtins.__import__", "pytest.importorskip", "runpy.run_module", "pkgutil.get_data",
    }
)  # fmt: skip
_OBJECT_CALLS = frozenset({"pkgutil.resolve_name"})
_LOGGER_CALLS = frozenset({"logging.getLogger"})
_MODULES_METHODS = frozenset({"pop", "get", "setdefault"})


@dataclass(frozen=True)
class NamedString:
    """A string literal with a dotted name in it: all of it, or the category of a warning filter."""

    node: ast.Constant
    role: Role

    @property
    def name(self) -> str:
        return self._parts[1]

    def with_name(self, name: str) -> str:
        """The text with another name."""
        before, _, after = self._parts
        return before + name + after

    @property
    def _parts(self) -> tuple[str, str, str]:
        text = str(self.node.value)
        if self.role != "warning":
            return "", text, ""
        action, message, name, *rest = [*text.split(":"), "", ""][: max(3, text.count(":") + 1)]
        return (f"{action}:{message}:", name, "".join(f":{each}" for each in rest)) if name else ("", text, "")


def begins_with(text: str, name: str) -> bool:
    """Whether a text is a dotted name or one below it."""
    return text == name or text.startswith(f"{name}.")


def imports_in(text: str, module: str, name: str = "") -> bool:
    """Whether a text holds code that imports a module or something below it, or takes one name from it.

    That is a doctest, a file that the test writes, a script that it runs.
    """
    package, _, last = module.rpartition(".")
    if last not in text or "import" not in text:
        return False
    stem = rf"{re.escape(module)}\b"
    direct = rf"\b(?:from\s+{stem}(?:\.\w+)*\s+import|import\s+{stem})\b"
    if name:
        used = re.search(rf"(?<![\w.]){stem}\.{re.escape(name)}\b", text) is not None
        return _takes(text, module, name) or (used and re.search(direct, text) is not None)
    return re.search(direct, text) is not None or (package != "" and _takes(text, package, last))


def _takes(text: str, module: str, name: str) -> bool:
    return re.search(rf"\bfrom\s+{re.escape(module)}\s+import\b[^;\n]*\b{re.escape(name)}\b", text) is not None


def named_strings(names: ModuleNames) -> list[NamedString]:
    """The strings of a file that name something, each once.

    A constant such as ``MODULE = "app.jobs"`` is one where all its uses are: ``patch(f"{MODULE}.run")``.
    """
    finder = _Finder(names)
    for call in names.calls:
        finder.call(call)
    for node in names.by_word.get("pytest_plugins", ()):
        finder.plugins(node)
    for node in names.by_word.get("modules", ()):
        finder.modules(node)
    for word in ("record_tuples", "records"):
        for node in names.by_word.get(word, ()):
            finder.records(node)
    return list(finder.found())


class _Finder:
    def __init__(self, names: ModuleNames) -> None:
        self.names = names
        self._found: dict[ast.Constant, Role] = {}
        self._constants: dict[ast.Constant, set[ast.Name]] = {}  # value of a module's constant -> where it is used so

    def found(self) -> Iterator[NamedString]:
        for node, role in self._found.items():
            uses = self._constants.get(node)
            if uses is not None:
                up = self.names.up[node].parent
                assert isinstance(up, ast.Assign | ast.AnnAssign)  # noqa: S101
                target = up.targets[0] if isinstance(up, ast.Assign) else up.target
                assert isinstance(target, ast.Name)  # noqa: S101
                if {*users(self.names, self.names.scope, target.id)} != {*uses, target}:
                    continue
            yield NamedString(node, role)

    def add(self, node: ast.AST | None, role: Role) -> None:
        """Take the string at the start of an expression."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if not isinstance(self.names.up[node].parent, ast.JoinedStr):
                self._found[node] = role
        elif isinstance(node, ast.BinOp):
            self.add(node.left, role)
        elif isinstance(node, ast.JoinedStr) and node.values:
            first = node.values[0]
            if isinstance(first, ast.FormattedValue) and first.format_spec is None:
                self.add(first.value, role)
        elif isinstance(node, ast.Name):
            bindings = self.names.bindings(node)
            if len(bindings) == 1 and bindings[0].scope.is_module and bindings[0].kind == "assignment":
                value = bindings[0].value
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    self._found.setdefault(value, role)
                    self._constants.setdefault(value, set()).add(node)

    def call(self, call: ast.Call) -> None:
        function = self.names.meaning(call.func) or ""
        word = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if self._is_patch(call, function):
            self.add(_argument(call, 0, "target", "in_dict"), "object")
            if function.endswith(".dict") or (dotted(call.func) or "").endswith(".patch.dict"):
                self._patched_modules(call)
        elif function in _MODULE_CALLS:
            self.add(_argument(call, 0, "name", "modname", "package", "mod_name"), "module")
            if function == "importlib.import_module":
                self.add(_argument(call, 1, "package"), "module")
        elif function in _OBJECT_CALLS:
            self.add(_argument(call, 0, "name"), "object")
        elif function in _LOGGER_CALLS:
            self.add(_argument(call, 0, "name"), "logger")
        elif function == "pytest.mark.filterwarnings":
            self.add(_argument(call, 0), "warning")
        elif word in {"setattr", "delattr"}:
            self.add(_argument(call, 0, "target"), "object")
        elif word in {"assertLogs", "assertNoLogs"}:
            self.add(_argument(call, 0, "logger"), "logger")
        elif word in {"at_level", "set_level", "filtering"}:
            self.add(_argument(call, 1, "logger"), "logger")

    def _is_patch(self, call: ast.Call, function: str) -> bool:
        for root in ("unittest.mock.patch", "mock.patch", "mock.mock.patch"):
            if function.startswith(root) and function[len(root) :] in _PATCHES:
                return True
        written = dotted(call.func) or ""
        owner, dot, kind = written.rpartition(".patch")
        return bool(dot) and kind in _PATCHES and "mock" in owner.rpartition(".")[2].lower()

    def _patched_modules(self, call: ast.Call) -> None:
        """``patch.dict("sys.modules", {"app.jobs": fake})``."""
        target, values = _argument(call, 0, "in_dict"), _argument(call, 1, "values")
        named = isinstance(target, ast.Constant) and target.value == "sys.modules"
        if not named and (target is None or self.names.meaning(target) != "sys.modules"):
            return
        if isinstance(values, ast.Dict):
            for key in values.keys:
                self.add(key, "module")

    def plugins(self, node: ast.Name | ast.Attribute) -> None:
        statement = self.names.up[node].parent
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) and statement.value is not None:
            value = statement.value
            elements = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else [value]
            for element in elements:
                self.add(element, "module")

    def modules(self, node: ast.Name | ast.Attribute) -> None:
        """``sys.modules["app.jobs"]`` and what else is done with a key of it."""
        if self.names.meaning(node) != "sys.modules":
            return
        parent = self.names.up[node].parent
        if isinstance(parent, ast.Subscript) and parent.value is node:
            self.add(parent.slice, "module")
        elif isinstance(parent, ast.Compare) and isinstance(parent.ops[0], ast.In | ast.NotIn):
            self.add(parent.left, "module")
        elif isinstance(parent, ast.Attribute) and parent.attr in _MODULES_METHODS:
            call = self.names.up[parent].parent
            if isinstance(call, ast.Call) and call.func is parent and call.args:
                self.add(call.args[0], "module")
        elif isinstance(parent, ast.Call) and parent.args and parent.args[0] is node and len(parent.args) > 1:
            word = parent.func.attr if isinstance(parent.func, ast.Attribute) else ""
            if word in {"setitem", "delitem"}:
                self.add(parent.args[1], "module")

    def records(self, node: ast.Name | ast.Attribute) -> None:
        """``caplog.record_tuples == [("app.jobs", ...)]`` and ``caplog.records[0].name == "app.jobs"``."""
        if not isinstance(node, ast.Attribute):
            return
        parent = self.names.up[node].parent
        if node.attr == "record_tuples":
            inside: ast.AST = node
            while isinstance(self.names.up[inside].parent, ast.Subscript | ast.Compare):
                inside = self.names.up[inside].parent
            for each in ast.walk(inside) if isinstance(inside, ast.Compare) else ():
                if isinstance(each, ast.Tuple) and len(each.elts) == 3:
                    self.add(each.elts[0], "logger")
        elif isinstance(parent, ast.Subscript) and parent.value is node:
            self._record(self.names.up[parent].parent)
        elif isinstance(parent, ast.For | ast.comprehension) and isinstance(parent.target, ast.Name):
            scope = self.names.scope_of(parent.target)
            for user in users(self.names, scope, parent.target.id):
                self._record(self.names.up[user].parent)

    def _record(self, node: ast.AST) -> None:
        compared = self.names.up[node].parent if isinstance(node, ast.Attribute) and node.attr == "name" else None
        if isinstance(compared, ast.Compare):
            for side in (compared.left, *compared.comparators):
                if isinstance(side, ast.Constant):
                    self.add(side, "logger")


def _argument(call: ast.Call, place: int, *keywords: str) -> ast.expr | None:
    if len(call.args) > place and not any(isinstance(each, ast.Starred) for each in call.args[: place + 1]):
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg in keywords), None)


def attribute_strings(names: ModuleNames) -> list[tuple[ast.expr, ast.Constant]]:
    """Strings that name an attribute of an object, with the object: ``patch.object(jobs, "run")``, ``getattr``."""
    found: list[tuple[ast.expr, ast.Constant]] = []
    for call in names.calls:
        word = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if isinstance(call.func, ast.Name):
            word = call.func.id
        if word not in {"setattr", "delattr", "getattr", "hasattr", "object"}:
            continue
        owner, name = _argument(call, 0, "target"), _argument(call, 1, "name", "attribute")
        if isinstance(owner, ast.Name | ast.Attribute) and isinstance(name, ast.Constant):
            found.append((owner, name))
    return found
