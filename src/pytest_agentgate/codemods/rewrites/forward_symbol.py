"""A class or function that is gone, and stands among the values of ``parametrize``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TypeAlias

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.fixtures import PARAMETRIZE, is_test
from pytest_agentgate.codemods.reading import reach
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File, Place
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_Obstacle: TypeAlias = tuple[ast.AST, str]
_DISPLAYS = (ast.List, ast.Tuple, ast.Set)
_CAUGHT_BY = frozenset({"AttributeError", "Exception", "BaseException", "ExceptionGroup", "BaseExceptionGroup"})
_COMPARING = (
    ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Name, ast.Attribute, ast.Constant, ast.List, ast.Tuple, ast.Set,
    ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop,
)  # fmt: skip


@dataclass(frozen=True)
class ForwardSymbol(Codemod):
    """Have a class or function that is gone, and stands among others in a list, be asked for when it is called.

    Repairs ``AttributeError: module 'shop' has no attribute 'Legacy'`` of a list that feeds ``parametrize``, which
    keeps the whole file, and all that import it, from running. A function of the same name stands in its place: the
    test of that value keeps its id and fails with the same error, all others run again. Every test that gets a value
    of the list must call it, where nothing takes the error for what it expects; otherwise all is left as it is.

    With ``old=shop.Legacy``:

    Before::

        import pytest
        import shop

        KINDS = [shop.Order, shop.Legacy]

        @pytest.mark.parametrize("kind", KINDS)
        def test_kind(kind):
            assert kind(2).total == 2

    After::

        import pytest
        import shop


        def Legacy(*args, **kwargs):
            return shop.Legacy(*args, **kwargs)

        KINDS = [shop.Order, Legacy]

        @pytest.mark.parametrize("kind", KINDS)
        def test_kind(kind):
            assert kind(2).total == 2

    Unchanged::

        import pytest
        import shop

        @pytest.mark.parametrize("kind", [shop.Order, shop.Legacy])
        def test_kind(kind):
            assert kind is not None

    Unchanged::

        import pytest
        import shop

        @pytest.mark.parametrize("kind", [shop.Order, shop.Legacy])
        def test_kind(kind):
            with pytest.raises(Exception):
                kind(None)
    """

    applicability = Applicability.SAFE
    because = "Every test that gets the value calls it, and fails with the same error."
    owns = frozenset({ast.FunctionDef, ast.Name, ast.Attribute, ast.Import, ast.ImportFrom, ast.alias})

    old: str = option("the class or function that is gone", "dotted")

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        names, word = file.names, self.old.rpartition(".")[2]
        elements, filters = _places(names, self.old)
        obstacles = list(_obstacles(file, self.old, elements, filters))
        for node, reason in obstacles:
            rewrite.leave(node, reason)
        if obstacles or not (elements or filters):
            return
        for place in elements:
            rewrite.put(place, word)
        for place in filters:
            rewrite.put(
                place, word if elements else rewrite.imports.use(f"{_home(file, place, self.old)}.{word}", place)
            )
        if elements:
            source = ast.unparse(elements[0])
            rewrite.after(
                _imports(names)[-1], f"\n\ndef {word}(*args, **kwargs):\n    return {source}(*args, **kwargs)"
            )


def _places(names: ModuleNames, old: str) -> tuple[list[ast.Attribute], list[ast.Attribute]]:
    """Where the name is an element of a list that is made as the file is loaded, and where one is compared with it."""
    elements: list[ast.Attribute] = []
    filters: list[ast.Attribute] = []
    for use in names.uses(old):
        if isinstance(use, ast.Attribute) and isinstance(use.ctx, ast.Load) and reach.outermost(names, use) is None:
            parent = names.up[use].parent
            around = names.up[parent].parent if isinstance(parent, _DISPLAYS) else parent
            (filters if isinstance(around, ast.Compare) else elements).append(use)
    return elements, filters


def _obstacles(
    file: File, old: str, elements: Sequence[ast.Attribute], filters: Sequence[ast.Attribute]
) -> Iterator[_Obstacle]:
    names, word = file.names, old.rpartition(".")[2]
    if not elements and not filters:
        return
    bound = [node for node in names.by_word.get(word, ()) if isinstance(node, ast.Name)]
    if bound or any(word in scope.bindings for scope in names.scopes.values()):
        yield names.tree, f"has a {word} already"
    if not _imports(names) or (elements and elements[0].lineno <= _imports(names)[-1].lineno):
        yield names.tree, "its imports are not at its top"
    for place in elements:
        display = names.up[place].parent
        if not isinstance(display, _DISPLAYS):
            yield place, f"needs {word} itself as the file is loaded"
        else:
            yield from _Flow(file).of(names, display)
    for place in filters:
        if not elements and not _home(file, place, old):
            yield place, f"compares with {word} what does not come from a list that has it"


def _imports(names: ModuleNames) -> list[ast.stmt]:
    """The imports at the beginning of a file."""
    body = names.tree.body
    text = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    return list(takewhile(lambda each: isinstance(each, ast.Import | ast.ImportFrom), body[int(text) :]))


def _home(file: File, place: ast.Attribute, old: str) -> str:
    """The module of the list that is filtered, if the name is an element there and can be forwarded."""
    names = file.names
    clause = names.enclosing(place, ast.comprehension)
    if not isinstance(clause, ast.comprehension) or not isinstance(clause.iter, ast.Name):
        return ""
    meaning = names.meaning(clause.iter) or ""
    module = meaning.rpartition(".")[0]
    home = _module(file, module)
    if home is None:
        return ""
    elements, filters = _places(home.names, old)
    if any(_obstacles(home, old, elements, filters)):
        return ""
    statements = [home.names.statement(each) for each in elements]
    last = meaning.rpartition(".")[2]
    held = any(
        isinstance(each, ast.Assign) and any(isinstance(to, ast.Name) and to.id == last for to in each.targets)
        for each in statements
    )
    return module if held else ""


def _module(file: File, module: str) -> File | None:
    """Another file of the project, by the name of its module."""
    last = module.rpartition(".")[2]
    for path in file.sources.paths if module else ():
        if last in path and file.sources.module_name(path) == module:
            names = file.sources.file(path)
            return None if names is None else File(names, Place.within(file.sources, path))
    return None


@dataclass
class _Flow:
    """Where the values of a list get to."""

    file: File
    seen: set[ast.AST] = field(default_factory=set)

    def of(self, names: ModuleNames, node: ast.expr) -> Iterator[_Obstacle]:
        """What speaks against it, from a list or a use of its name on."""
        if node in self.seen:
            return
        self.seen.add(node)
        parent, name, at = names.up[node]
        match parent:
            case ast.Assign(targets=[ast.Name() as target]) if name == "value" and len(names.bindings(target)) == 1:
                yield from self._named(names, target)
            case ast.Call() if names.means(parent.func, PARAMETRIZE) and (at == 1 or name == "value"):
                yield from self._parametrized(names, parent)
            case ast.keyword(arg="argvalues"):
                yield from self._parametrized(names, names.up[parent].parent)
            case ast.comprehension() if name == "iter":
                whole = names.up[parent].parent
                if isinstance(whole, ast.ListComp) and _only_filters(whole):
                    yield from self.of(names, whole)
                else:
                    yield node, "goes through more than a filter"
            case _:
                yield node, "is used in another way than by parametrize"

    def _named(self, names: ModuleNames, target: ast.Name) -> Iterator[_Obstacle]:
        scope = names.scope_of(target)
        for use in names.by_word.get(target.id, ()):
            if isinstance(use, ast.Name) and use is not target and names.scope_of(use).home(target.id) is scope:
                yield from self.of(names, use)
            elif isinstance(use, ast.Attribute) and scope.is_class:
                yield use, f"may be the {target.id} of the class"
        if scope.is_module and names.module:
            old = f"{names.module}.{target.id}"
            for path in self.file.sources.paths:
                text = self.file.sources.text(path)
                other = self.file.sources.file(path) if text is not None and target.id in text else None
                if other is None or other.module == names.module:
                    continue
                for place in other.by_word.get(target.id, ()):
                    if old in other.candidates(place):
                        found = list(self.of(other, place))
                        yield from (
                            (target, f"{path}:{node.lineno} {why}") for node, why in found if hasattr(node, "lineno")
                        )

    def _parametrized(self, names: ModuleNames, mark: ast.AST) -> Iterator[_Obstacle]:
        function = names.up[mark].parent
        assert isinstance(mark, ast.Call)  # noqa: S101
        words = next(iter([*mark.args, *(each.value for each in mark.keywords if each.arg == "argnames")]), None)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not is_test(names, function):
            yield mark, "gives its values to more than one test"
        elif not isinstance(words, ast.Constant) or not isinstance(words.value, str) or not words.value.isidentifier():
            yield mark, "gives several values at once"
        elif any(each.arg == "indirect" for each in mark.keywords) or len(mark.args) > 2:
            yield mark, "gives its values to a fixture"
        elif any(reach.is_catcher(names, each, any_exception=True) or _may_fail(names, each) for each in
                 function.decorator_list):  # fmt: skip
            yield function, "is expected to fail"
        elif not _calls(function.body, words.value, names):
            yield function, f"does not surely call its {words.value}"


def _may_fail(names: ModuleNames, decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return names.meaning(called) == "pytest.mark.xfail"


def _only_filters(whole: ast.ListComp) -> bool:
    """Whether a comprehension gives elements of a list as they are, and only looks at them."""
    if len(whole.generators) != 1:
        return False
    clause = whole.generators[0]
    same = isinstance(whole.elt, ast.Name) and isinstance(clause.target, ast.Name) and whole.elt.id == clause.target.id
    return same and all(isinstance(node, _COMPARING) for test in clause.ifs for node in ast.walk(test))


def _calls(body: Sequence[ast.stmt], parameter: str, names: ModuleNames) -> bool:
    """Whether statements call a parameter on every way through them, where nothing catches what that raises."""
    for statement in body:
        match statement:
            case ast.If():
                if _called_in([statement.test], parameter, names):
                    return True
                ways = (statement.body, statement.orelse)
                if all(_calls(way, parameter, names) for way in ways):
                    return True
                leaves = any(isinstance(each, ast.Return | ast.Raise) for each in ast.walk(statement))
                if leaves:
                    return False
            case ast.With() | ast.AsyncWith():
                inside = [item.context_expr for item in statement.items]
                if _called_in(inside, parameter, names) or _calls(statement.body, parameter, names):
                    return True
            case ast.ClassDef():
                if _calls(statement.body, parameter, names):
                    return True
            case ast.Assign() | ast.AnnAssign() | ast.Expr() | ast.Assert() | ast.AugAssign():
                if _called_in([statement], parameter, names):
                    return True
            case ast.Return() | ast.Raise():
                return _called_in([statement], parameter, names)
            case ast.For() | ast.AsyncFor() | ast.While() | ast.Try() | ast.TryStar() | ast.Match():
                if any(isinstance(each, ast.Return | ast.Raise) for each in ast.walk(statement)):
                    return False
            case _:
                pass
    return False


def _called_in(nodes: Sequence[ast.AST], parameter: str, names: ModuleNames) -> bool:
    """Whether expressions call a parameter whenever they are evaluated, and nothing catches what that raises."""
    todo = list(nodes)
    while todo:
        node = todo.pop()
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == parameter
        if is_call and not reach.hides(names, node, _CAUGHT_BY):
            return True
        match node:
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                pass
            case ast.IfExp():
                todo.append(node.test)
            case ast.BoolOp():
                todo.append(node.values[0])
            case _:
                todo += ast.iter_child_nodes(node)
    return False
