"""A function that raises another exception than the one that tests expect of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.coroutines import direct_calls, handed_calls
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.signatures import words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_RAISES = frozenset({"pytest.raises"})
_METHODS = frozenset({"assertRaises", "assertRaisesRegex"})
_OWN_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Module)


@dataclass(frozen=True)
class ExpectException(Codemod):
    """Expect another exception of the calls of a function that raises that one now.

    Repairs ``ValueError: unknown unit`` within ``pytest.raises(KeyError)``. A call counts for what its block expects
    where it is the last thing that the block does.

    With ``function=app.convert old=builtins.KeyError new=app.UnitError``:

    In app.py::

        class UnitError(Exception): ...

        def convert(value, unit):
            raise UnitError(unit)

    Before::

        import pytest

        from app import convert

        def test_convert(self):
            with pytest.raises(KeyError) as caught:
                value = 3
                convert(value, "ell")
            assert "ell" in str(caught.value)
            with self.assertRaises((KeyError, TypeError)):
                convert(None, "ell")
            pytest.raises(KeyError, convert, 3, "ell")

    After::

        import pytest

        from app import UnitError, convert

        def test_convert(self):
            with pytest.raises(UnitError) as caught:
                value = 3
                convert(value, "ell")
            assert "ell" in str(caught.value)
            with self.assertRaises((UnitError, TypeError)):
                convert(None, "ell")
            pytest.raises(UnitError, convert, 3, "ell")

    Unchanged::

        import pytest

        from app import convert, other

        def test_convert():
            with pytest.raises(ValueError):
                convert(3, "ell")
            with pytest.raises(KeyError):
                other(3)
    """

    applicability = Applicability.UNSAFE
    because = "The other exception may be a mistake: only the implementation's own words or a person tell."
    owns = frozenset({ast.Name, ast.Attribute, ast.Import, ast.ImportFrom, ast.alias})

    function: str = option("the function or method that raises another exception", "dotted")
    old: str = option("the exception that the tests expect", "dotted")
    new: str = option("the exception that it raises", "dotted")

    def words(self) -> tuple[str, ...]:
        return (*words_of(self.function), "raises|assertRaises|assertRaisesRegex")

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        done: set[ast.AST] = set()
        for call in direct_calls(calls):
            expecting = _around(call, file.names)
            if expecting is not None and expecting not in done:
                done.add(expecting)
                self._expected(expecting, file, rewrite)
        for call in handed_calls(calls):
            if _is_expecting(call, file.names) and call not in done:
                done.add(call)
                self._expected(call, file, rewrite)

    def _expected(self, call: ast.Call, file: File, rewrite: Rewrite) -> None:
        names = file.names
        said = next((each.value for each in call.keywords if each.arg == "expected_exception"), None)
        value = call.args[0] if call.args else said
        several = value.elts if isinstance(value, ast.Tuple) else [] if value is None else [value]
        if any(self._means(each, self.new, file) for each in several):
            return
        for each in several:
            if not self._means(each, self.old, file):
                continue
            module, _, word = self.new.rpartition(".")
            if module != "builtins":
                rewrite.put(each, rewrite.imports.use(self.new, each))
            elif names.scope_of(each).home(word) is None:
                rewrite.put(each, word)
            else:
                rewrite.leave(each, f"{word} is something else here")

    def _means(self, node: ast.expr, name: str, file: File) -> bool:
        meaning = file.names.meaning(node)
        return meaning is not None and file.sources.canonical(meaning) == file.sources.canonical(name)


def _around(call: ast.Call, names: ModuleNames) -> ast.Call | None:
    """The call that says what a block expects to be raised, if this call is the last thing that the block does."""
    inner: ast.AST = call
    for above in names.ancestors(call):
        if isinstance(above, _OWN_SCOPES):
            return None
        if isinstance(above, ast.With) and isinstance(inner, ast.stmt):
            expecting = [each.context_expr for each in above.items if _is_expecting(each.context_expr, names)]
            found = expecting[-1] if expecting else None
            if isinstance(found, ast.Call):
                return found if above.body[-1] is inner else None
        inner = above
    return None


def _is_expecting(node: ast.expr, names: ModuleNames) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if names.meaning(node.func) in _RAISES:
        return True
    is_method = isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS
    return is_method and isinstance(node.func.value, ast.Name) and node.func.value.id == "self"  # type: ignore[attr-defined]
