"""Modules that are a few lines of text, and what is read of them."""

from __future__ import annotations

from textwrap import dedent

from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.table import Module, Passing, Symbol
from pytest_agentgate.repair.api.trees import TextTree


def api_of(**files: str) -> Api:
    """The API of modules of a package ``shop``, by their names; ``init`` is the package itself."""
    texts = {
        f"shop/{'__init__' if name == 'init' else name.replace('__', '/')}.py": dedent(text)
        for name, text in files.items()
    }
    return Api.of(TextTree({"shop/__init__.py": "", **texts}))


def module(text: str) -> Module:
    return api_of(orders=text).modules["shop.orders"]


def symbol(text: str, name: str) -> Symbol:
    return module(text).symbols[name]


def written(found: Symbol) -> str:
    """The parameters as a definition would write them, less what no test here looks at."""
    shown, last = [], None
    for each in found.parameters:
        mark = {Passing.VAR_POSITIONAL: "*", Passing.VAR_KEYWORD: "**"}.get(each.passing, "")
        if each.passing is Passing.KEYWORD_ONLY and last not in {Passing.KEYWORD_ONLY, Passing.VAR_POSITIONAL}:
            shown.append("*")
        if last is Passing.POSITIONAL_ONLY and each.passing is not Passing.POSITIONAL_ONLY:
            shown.append("/")
        annotation = f": {each.annotation}" if each.annotation else ""
        default = f" = {each.default}" if each.default is not None else ""
        shown.append(f"{mark}{each.name}{annotation}{default}")
        last = each.passing
    return ", ".join(shown)
