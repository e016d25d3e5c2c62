"""Parameters that changed their order, or that are taken by keyword only now."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.calls import Calls, Site
from pytest_agentgate.codemods.reading.signatures import Signature, words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Rewrite


@dataclass(frozen=True)
class ReorderArguments(Codemod):
    """Have every positional argument reach the parameter that it reached before.

    Repairs ``TypeError: order() takes 1 positional argument but 2 were given`` and ``TypeError: order() got multiple
    values for argument 'qty'``. Arguments whose position changed are passed by keyword from now on, in the order in
    which they stand: two that were exchanged could be exchanged again by the next run, a keyword stays what it is, and
    what is evaluated first stays the first. The calls must still follow the old order: a positional argument does not
    say which order it follows.

    With ``function=shop.order old=item,qty,note new=item,note,qty``:

    Before::

        from shop import order

        def test_total():
            assert order("tea").total == 2
            assert order("tea", 2).total == 4
            assert order(
                "tea",
                2,  # cups
                "hot",
            ).total == 4

    After::

        from shop import order

        def test_total():
            assert order("tea").total == 2
            assert order("tea", qty=2).total == 4
            assert order(
                "tea",
                qty=2,  # cups
                note="hot",
            ).total == 4

    Unchanged::

        from shop import order

        def test_total(args):
            assert order("tea", *args).total == 4

    With ``function=shop.order old=item,qty new=item,*,qty``:

    Before::

        from functools import partial
        from shop import order

        def test_total():
            assert order("tea", 2).total == 4

    After::

        from functools import partial
        from shop import order

        def test_total():
            assert order("tea", qty=2).total == 4
    """

    applicability = Applicability.SAFE
    because = "Every argument reaches the parameter that it reached before; the order of evaluation stays."
    owns = frozenset({ast.Call, ast.keyword})

    function: str = option("the function, method or class that is called", "dotted")
    old: tuple[str, ...] = option("its parameters in the order that the calls follow", "names", metavar="NAME,...")
    new: tuple[str, ...] = option(
        "its parameters as they are now, * before keyword-only ones", "names", metavar="NAME,..."
    )

    def words(self) -> tuple[str, ...]:
        return words_of(self.function)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        for site in calls.sites:
            if site.form == "copy":
                continue
            if site.skip is None:
                if site.node.args:
                    rewrite.leave(site.node, "which parameters its positional arguments reach can't be told")
                continue
            named = self._named(site)
            if isinstance(named, str):
                rewrite.leave(site.node, named)
            elif named:
                rewrite.replace(site.node, partial(_by_keyword, named=named))

    def _named(self, site: Site) -> dict[int, str] | str:
        """The arguments, by their place in the call, that get a keyword; or why the call is left alone."""
        old, new = Signature.of_names(self.old), Signature.of_names(self.new)
        reach = [old.at(site.shift + number) for number in range(len(site.positional))]
        first = next((number for number, name in enumerate(reach) if name != new.at(site.shift + number)), None)
        star = next((number for number, each in enumerate(site.positional) if isinstance(each, ast.Starred)), None)
        if star is not None:
            moved = old.positional[site.shift + star :] != new.positional[site.shift + star :]
            return "which parameters its starred arguments reach can't be told" if moved or first is not None else {}
        if site.form == "bound" and old.positional[: site.shift] != new.positional[: site.shift]:
            return "it is a call of a partial, whose own positional arguments changed their places"
        if first is None or reach[first] is None:
            return {}
        if site.form == "partial":
            return "it is a partial, and what its calls pass by position would reach other parameters"
        if site.form == "expected" and not site.signed:
            return "whether the implementation passes these by position or by keyword is not known"
        named: dict[int, str] = {}
        for number, name in enumerate(reach[first:], first):
            if name is None or name not in new.names:
                return f"{name!r} is no parameter any more" if name else "it passes more arguments than there were"
            if name in new.positional[: new.positional_only]:
                return f"{name!r} is taken by position only"
            if site.keyword(name) is not None:
                return f"{name!r} is passed twice"
            named[(site.skip or 0) + number] = name
        return named


def _by_keyword(call: cst.Call, named: dict[int, str]) -> cst.Call:
    arguments = [brackets.named(each, named[place]) if place in named else each for place, each in enumerate(call.args)]
    return call.with_changes(args=arguments)
