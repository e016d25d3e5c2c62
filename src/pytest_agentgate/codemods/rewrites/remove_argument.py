"""An argument that a function no longer takes."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.calls import Calls, Site, in_order
from pytest_agentgate.codemods.reading.dict_keys import Keys, Splat
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.signatures import Signature, words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Rewrite
from pytest_agentgate.errors import UsageError

_HARMLESS = frozenset({"builtins", "collections", "datetime", "decimal", "fractions", "pathlib", "unittest", "uuid"})
_EFFECTS = frozenset({"input", "next", "open", "print", "setattr", "delattr", "exec", "eval", "__import__"})


@dataclass(frozen=True)
class RemoveArgument(Codemod):
    """Pass one argument less at every call of one function, method or class.

    Repairs ``TypeError: order() got an unexpected keyword argument 'gift'`` and ``TypeError: order() takes 1
    positional argument but 2 were given``. Where it is passed by position, the arguments behind it become keywords.
    An argument that calls something is left alone: without it, what it calls would no longer happen.

    With ``function=shop.order parameter=gift old=item,gift,qty``:

    Before::

        import pytest
        from shop import order

        @pytest.mark.parametrize("kwargs", [{"qty": 1, "gift": True}, {"qty": 2}])
        def test_total(kwargs):
            assert order("tea", **kwargs).total
            assert order("tea", False, 2).total == 4
            assert order("tea", gift=True).total == 2
            assert order(
                "tea",
                gift=True,  # wrapped
                qty=2,  # twice
            ).total == 4

    After::

        import pytest
        from shop import order

        @pytest.mark.parametrize("kwargs", [{"qty": 1}, {"qty": 2}])
        def test_total(kwargs):
            assert order("tea", **kwargs).total
            assert order("tea", qty=2).total == 4
            assert order("tea").total == 2
            assert order(
                "tea",
                qty=2,  # twice
            ).total == 4

    Unchanged::

        from shop import order, wrap

        def test_total():
            assert order("tea", gift=wrap("paper")).total == 2
            assert order("tea", gift=wrap("paper"), qty=2).total == 4

    Unchanged::

        from cafe import order

        order("tea", gift=True)
    """

    applicability = Applicability.UNSAFE
    because = "What a test said about the parameter is lost with it: the test may no longer test what it was made for."
    owns = frozenset({ast.keyword, ast.Call, ast.Dict})

    function: str = option("the function, method or class that is called", "dotted")
    parameter: str = option("the parameter that is gone", "name")
    old: tuple[str, ...] = option(
        "its parameters as they were, to find the argument by its position", "names", (), "NAME,..."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.old and self.parameter not in self.old:
            raise UsageError(f"{self.name()} old={','.join(self.old)}: {self.parameter} is not among them")

    def words(self) -> tuple[str, ...]:
        return words_of(self.function)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        signature = Signature.of_names(self.old) if self.old else calls.callee.signature
        done: set[ast.AST] = set()
        for site in calls.sites:
            keyword = site.keyword(self.parameter)
            index = signature.index(self.parameter) if signature is not None else None
            if keyword is not None and index is not None and site.at(index) is not None:
                rewrite.leave(site.node, f"{self.parameter!r} would be passed twice: is this how {self.function} was?")
            elif keyword is not None:
                self._remove(site, keyword, keyword.value, (), file, rewrite)
            else:
                self._remove_positional(site, signature, file, rewrite)
            for splat in site.splats:
                self._remove_keys(splat, file, rewrite, done)
        for keys in calls.forwarded(self.parameter):
            self._remove_key(keys, file, rewrite)
        for call in calls.kept(self.parameter):
            rewrite.leave(call, f"this derives from {self.function}, but has a constructor with {self.parameter!r}")
        for word in calls.recorded:
            if word.value == self.parameter:
                rewrite.leave(word, f"this looks at {self.parameter!r}, which is no longer passed")
        for call in calls.handed_with(self.parameter):
            rewrite.leave(call, f"what is called here may pass {self.parameter!r} on to {self.function}")

    def _remove_positional(self, site: Site, signature: Signature | None, file: File, rewrite: Rewrite) -> None:
        index = signature.index(self.parameter) if signature is not None else None
        if signature is None or index is None:
            if signature is not None and not signature.takes(site.shift + len(site.positional)):
                rewrite.leave(site.node, f"{self.parameter!r} may be passed by position: old=... would tell")
            return
        if site.skip is None and site.node.args and site.form != "copy":
            rewrite.leave(site.node, f"whether {self.parameter!r} is passed here by position can't be told")
            return
        argument = site.at(index)
        if argument is None:
            if site.starred and len(site.positional) + site.shift <= index + 1:
                rewrite.leave(site.node, f"whether {self.parameter!r} is among the starred arguments can't be told")
            return
        behind = site.positional[index - site.shift + 1 :]
        names = [signature.at(index + 1 + number) for number in range(len(behind))]
        if any(isinstance(each, ast.Starred) for each in behind) or None in names:
            rewrite.leave(site.node, f"{self.parameter!r} is passed by position, and what is behind it has no names")
        elif behind and index + 1 < signature.positional_only:
            rewrite.leave(site.node, f"{self.parameter!r} is passed by position, and so must be what is behind it")
        elif site.form == "partial" or (site.form == "expected" and behind and not site.signed):
            rewrite.leave(site.node, f"{self.parameter!r} is passed by position, and others would change theirs")
        else:
            by_keyword = tuple(zip(behind, (name or "" for name in names), strict=True))
            self._remove(site, argument, argument, by_keyword, file, rewrite)

    def _remove(
        self,
        site: Site,
        argument: ast.expr | ast.keyword,
        value: ast.expr,
        behind: tuple[tuple[ast.expr, str], ...],
        file: File,
        rewrite: Rewrite,
    ) -> None:
        if _has_effects(value, file.names):
            rewrite.leave(value, f"{self.parameter!r} is gone, but what computes it may be needed")
            return
        order = in_order(site.node)
        named = {order.index(each): name for each, name in behind}
        rewrite.replace(site.node, partial(_without, number=order.index(argument), named=named))

    def _remove_keys(self, splat: Splat, file: File, rewrite: Rewrite, done: set[ast.AST]) -> None:
        used = next((each for each in splat.words if each.value == self.parameter), None)
        for keys in splat.keys:
            said = keys.named(self.parameter)
            value = keys.value(self.parameter)
            if said is None or value is None or said in done:
                continue
            done.add(said)
            if not keys.here:
                rewrite.leave(splat.node, f"{self.parameter!r} is in a dict of another file")
            elif not keys.private or used is not None:
                rewrite.leave(said, f"this {self.parameter!r} is also used in another way")
            else:
                self._remove_key(keys, file, rewrite)
        if used is not None:
            rewrite.leave(used, f"{self.parameter!r} is no longer passed, but used here")
        elif not splat.complete:
            rewrite.leave(splat.node, f"where this ** comes from can't be told; it may hold {self.parameter!r}")

    def _remove_key(self, keys: Keys, file: File, rewrite: Rewrite) -> None:
        said, value = keys.named(self.parameter), keys.value(self.parameter)
        if said is None or value is None:
            return
        if _has_effects(value, file.names):
            rewrite.leave(value, f"{self.parameter!r} is gone, but what computes it may be needed")
        else:
            rewrite.replace(keys.node, partial(_without, number=_number(keys, said), named={}))


def _without(holder: cst.Call | cst.Dict, number: int, named: dict[int, str]) -> cst.Call | cst.Dict:
    if isinstance(holder, cst.Dict):
        return brackets.without(holder, number)
    arguments = [
        brackets.named(each, named[place]) if place in named else each for place, each in enumerate(holder.args)
    ]
    return brackets.without(holder.with_changes(args=arguments), number)


def _number(keys: Keys, said: ast.Constant | ast.keyword) -> int:
    if isinstance(keys.node, ast.Dict):
        return keys.node.keys.index(said)  # type: ignore[arg-type]
    return in_order(keys.node).index(said)


def _has_effects(value: ast.expr, names: ModuleNames) -> bool:
    """Whether something may happen when it is evaluated; making a plain value or a mock does not count."""
    for node in ast.walk(value):
        if isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            return True
        if isinstance(node, ast.Call):
            root, _, last = (names.meaning(node.func) or "").partition(".")
            if root not in _HARMLESS or last in _EFFECTS:
                return True
    return False
