"""Python source that a user gave, made to mean in a test file what it says: with its imports and its fixtures."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from functools import partial

import libcst as cst

from pytest_agentgate.codemods.idioms.fixtures import Fixture, Fixtures, decorator_of, is_test
from pytest_agentgate.codemods.reading.hierarchy import Hierarchy, owner
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, dotted, parse
from pytest_agentgate.codemods.reading.reach import outermost
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.brackets import enclosed, request
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_BUILTINS = frozenset(dir(builtins))
_SCOPES = ("function", "class", "module", "package", "session")  # the narrow ones first
_PYTEST = {
    "cache": "session", "capfd": "function", "capfdbinary": "function", "caplog": "function", "capsys": "function",
    "capsysbinary": "function", "doctest_namespace": "session", "monkeypatch": "function", "pytestconfig": "session",
    "record_property": "function", "recwarn": "function", "request": "function", "tmp_path": "function",
    "tmp_path_factory": "session", "tmpdir": "function", "tmpdir_factory": "session",
}  # fmt: skip


@dataclass(frozen=True)
class Unfit:
    """The source means nothing, or something else, in a place."""

    reason: str


class Snippet:
    """An expression that is put into one file.

    A dotted name is imported. A name alone is what the place calls so, a fixture, or a builtin: a fixture is requested
    by the test or fixture that the place belongs to.
    """

    def __init__(self, source: str, file: File, rewrite: Rewrite) -> None:
        self.text = source.strip()
        self._file = file
        self._rewrite = rewrite
        self._fixtures = Fixtures(file)
        self._hierarchy = Hierarchy(file)
        self._requested: set[tuple[FunctionNode, str]] = set()
        self._names = ModuleNames(parse(f"({self.text}\n)"))
        self._roots = [
            node
            for nodes in self._names.by_word.values()
            for node in nodes
            if isinstance(node, ast.Name) and self._names.scope_of(node).home(node.id) is None
        ]

    def at(self, node: ast.AST) -> cst.BaseExpression | Unfit:
        """The expression as it is to be written at a node; what it needs there is added to the rewrite."""
        if self._file.names.enclosing(node, ast.JoinedStr) is not None and set(self.text) & set("'\"\\\n#"):
            return Unfit("what is put here could not be read in an f-string")
        imports: list[ast.expr] = []
        requests: list[tuple[FunctionNode, str]] = []
        for root in self._roots:
            chain = self._chain(root)
            meant = self._meant(root.id, dotted(chain) or root.id, node)
            if isinstance(meant, Unfit):
                return meant
            if meant == "import":
                imports.append(chain)
            elif not isinstance(meant, str):
                requests.append((meant, root.id))
        for function, name in requests:
            if (function, name) not in self._requested:
                self._requested.add((function, name))
                self._rewrite.replace(function, partial(request, name=name))
        return _argument(self._with_imports(imports, node))

    def _chain(self, root: ast.Name) -> ast.expr:
        chain: ast.expr = root
        while isinstance(above := self._names.up[chain].parent, ast.Attribute):
            chain = above
        return chain

    def _meant(self, root: str, chain: str, at: ast.AST) -> FunctionNode | str | Unfit:
        """How a name gets its meaning: "here", "import", or the function that has to request it as a fixture."""
        names = self._file.names
        home = names.scope_of(at).home(root)
        is_ours = chain != root and self._file.sources.module(root) is not None
        if home is not None:
            bindings = home.bindings[root]
            if is_ours and not (home.is_module and all(each.is_import for each in bindings)):
                return Unfit(f"{root!r} is something else here than the package")
            if any(each.is_import and each.target == root for each in bindings) or is_ours:
                return "import" if chain != root else "here"
            if any(decorator_of(names, each.node) for each in bindings if isinstance(each.node, ast.FunctionDef)):
                return self._requester(root, at)
            inside = not home.is_module and not home.is_class
            place = (getattr(at, "lineno", 0), getattr(at, "col_offset", 0))
            if inside and all((_line(each.node), _column(each.node)) > place for each in bindings):
                return Unfit(f"{root!r} gets its value only later")
            return "here"
        if is_ours:
            return "import"
        if root in _PYTEST or self._fixtures.named(root, self._class_of(at)):
            return self._requester(root, at)
        if chain != root:
            return "import"
        return "here" if root in _BUILTINS else Unfit(f"{root!r} means nothing here")

    def _class_of(self, at: ast.AST) -> ast.ClassDef | None:
        function = outermost(self._file.names, at)
        return owner(self._file.names, function) if function is not None else None

    def _requester(self, fixture: str, at: ast.AST) -> FunctionNode | Unfit:
        names = self._file.names
        function = outermost(names, at)
        decorator = decorator_of(names, function) if function is not None else None
        if function is None or (decorator is None and not is_test(names, function)):
            return Unfit(f"{fixture!r} is a fixture, and this is no test or fixture that could request it")
        inside = owner(names, function)
        if inside is not None and any(
            each and each.rpartition(".")[2].endswith("TestCase")
            for each in self._hierarchy.lineage(names.qualified(inside))
        ):
            return Unfit(f"{fixture!r} is a fixture, and a TestCase can't request fixtures by parameters")
        if decorator is not None:
            wanted = self._scope(fixture, inside)
            own = next((each.scope for each in self._fixtures.own if each.node is function), None)
            if own not in _SCOPES or wanted not in _SCOPES or _SCOPES.index(wanted) < _SCOPES.index(own):
                return Unfit(f"the fixture {function.name!r} lives longer than the fixture {fixture!r}")
        return function

    def _scope(self, name: str, inside: ast.ClassDef | None) -> str | None:
        found: list[Fixture] = self._fixtures.named(name, inside)
        return found[0].scope if found else _PYTEST.get(name)

    def _with_imports(self, chains: list[ast.expr], at: ast.AST) -> str:
        """The source with the dotted names as the file will call them."""
        text = f"({self.text}\n)".encode()
        starts = [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for chain in sorted(chains, key=lambda each: (each.lineno, each.col_offset), reverse=True):
            written = self._rewrite.imports.use(dotted(chain) or "", at)
            begin = starts[chain.lineno - 1] + chain.col_offset
            end = starts[(chain.end_lineno or chain.lineno) - 1] + (chain.end_col_offset or 0)
            text = text[:begin] + written.encode() + text[end:]
        return text.decode()[1:-1].strip()


def _argument(source: str) -> cst.BaseExpression:
    """An expression as it may stand among arguments."""
    parsed = cst.parse_expression(f"({source})") if "\n" in source else cst.parse_expression(source)
    return enclosed(parsed)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _column(node: ast.AST) -> int:
    return getattr(node, "col_offset", 0)
