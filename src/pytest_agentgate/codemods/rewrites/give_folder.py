"""A parameter that took the path of a file and takes that of a folder now."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.fixtures import own_nodes
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_MAKER = "tempfile.mkdtemp"
_DEEP = 3


@dataclass(frozen=True)
class GiveFolder(Codemod):
    """Pass a temporary folder where a temporary file was made for a parameter that takes a folder now.

    Repairs ``NotADirectoryError`` where a cache came to be kept in a folder. Only an empty file that is made for the
    argument gives its place; a path that the tests name, or a file that they write to, is left.

    With ``function=app.Cache parameter=folder``:

    In files.py::

        import tempfile

        def temporary_file():
            return tempfile.mkstemp()[1]

    Before::

        import tempfile

        from app import Cache
        from files import temporary_file

        def test_cache():
            assert Cache(folder=tempfile.mkstemp()[1]).get("tea") is None
            assert Cache(folder=temporary_file(), size=2).get("tea") is None
            assert Cache(folder=None).get("tea") is None

    After::

        import tempfile

        from app import Cache

        def test_cache():
            assert Cache(folder=tempfile.mkdtemp()).get("tea") is None
            assert Cache(folder=tempfile.mkdtemp(), size=2).get("tea") is None
            assert Cache(folder=None).get("tea") is None

    Unchanged::

        import tempfile

        from app import Cache

        def test_cache(tmp_path):
            path = tempfile.mkstemp()[1]
            open(path, "w").write("tea")
            assert Cache(folder=path).get("tea")
            assert Cache(folder=tmp_path / "cache")
    """

    applicability = Applicability.SAFE
    because = "An empty temporary file says no more than a place for the function to write to, and so does a folder."
    owns = frozenset({ast.Subscript, ast.Call, ast.Name, ast.Attribute, ast.Import, ast.ImportFrom, ast.alias})

    function: str = option("the function, method or class that is called", "dotted")
    parameter: str = option("the parameter that takes a folder now", "name")

    def words(self) -> tuple[str, ...]:
        return ()

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        signature = calls.callee.signature
        index = signature.index(self.parameter) if signature is not None else None
        helpers: list[ast.expr] = []
        for site in calls.sites:
            keyword = site.keyword(self.parameter)
            value = keyword.value if keyword is not None else site.at(index)
            if value is None or not _is_empty_file(value, file.names, file, _DEEP):
                continue
            rewrite.put(value, f"{rewrite.imports.use(_MAKER, value)}()")
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                helpers.append(value.func)
        for alias in _unused(helpers, file.names):
            rewrite.remove(alias)


def _is_empty_file(node: ast.expr, names: ModuleNames, file: File, deep: int) -> bool:
    """Whether an expression makes a temporary file and gives its path, and nothing else."""
    match node:
        case ast.Subscript(value=ast.Call(args=[], keywords=[]) as made, slice=ast.Constant(value=1)):
            return names.means(made.func, "tempfile.mkstemp")
        case ast.Call(args=[], keywords=[]) if deep:
            name = names.meaning(node.func)
            found = None if name is None else file.sources.definition(name)
            function = None if found is None else found.node
            if found is None or not isinstance(function, ast.FunctionDef) or function.decorator_list:
                return False
            body = [each for each in function.body if not _is_docstring(each)]
            if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
                return False
            is_plain = not any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own_nodes(function))
            return is_plain and _is_empty_file(body[0].value, found.module, file, deep - 1)
    return False


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _unused(gone: list[ast.expr], names: ModuleNames) -> Iterator[ast.alias]:
    """The imports of what no place asks for any more."""
    for word in dict.fromkeys(each.id for each in gone if isinstance(each, ast.Name)):
        bindings = names.scope.bindings.get(word, ())
        exported = any(each.value == word for each in names.strings)
        left = [each for each in names.by_word.get(word, ()) if each not in gone]
        if len(bindings) == 1 and isinstance(bindings[0].node, ast.alias) and not left and not exported:
            yield bindings[0].node
