"""What a codemod says of itself: for a person, and as data."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING

from pytest_agentgate.cli import screen
from pytest_agentgate.codemods.codemod import Codemod, written
from pytest_agentgate.codemods.examples import examples, prose, summary
from pytest_agentgate.model import JSON

APPLICABILITIES = {"safe": "green", "unsafe": "yellow", "display": "cyan"}
"""Colours of applicabilities."""


def data(kind: type[Codemod]) -> dict[str, JSON]:
    """A codemod with its options and examples; ``default`` is null for an option that must be given."""
    return {
        "name": kind.name(),
        "summary": summary(kind),
        "description": prose(kind),
        "applicability": str(kind.applicability),
        "because": kind.because,
        "options": [
            {"name": name, "form": form, "help": text, "default": default, "required": default is None}
            for name, form, text, default in options(kind)
        ],
        "examples": [
            {
                "options": dict(each.codemod.settings()),
                "before": each.before,
                "after": each.after,
                "path": each.path,
                "files": dict(each.files),
            }
            for each in examples(kind)
        ],
    }


def options(kind: type[Codemod]) -> Iterator[tuple[str, str, str, str | None]]:
    """Name, form, help and default of each option; None for one that must be given."""
    for each in kind.options():
        meta = each.metadata
        yield each.name, meta["form"], meta["help"], None if each.default is MISSING else written(each.default)


def lines(kind: type[Codemod]) -> Iterator[str]:
    """The lines that explain a codemod to a person."""
    yield screen.paint(kind.name(), None, bold=True)
    yield ""
    yield prose(kind).replace("``", "`")
    yield ""
    yield f"{screen.paint(kind.applicability, APPLICABILITIES[kind.applicability], bold=True)}: {kind.because}"
    yield ""
    yield "Options:"
    rows = [(f"  {name}={form.upper()}", text, default) for name, form, text, default in options(kind)]
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, text, default in rows:
        yield f"{name:<{width}}  {text}" + ("" if default is None else f" (default: {default or 'none'})")
    yield ""
    for line in inspect.cleandoc(kind.__doc__ or "").removeprefix(prose(kind)).strip("\n").splitlines():
        heading = re.fullmatch(r"With ``(.+)``:", line)
        yield f"agentgate codemod run {kind.name()} {heading[1]}" if heading else re.sub(r"^(\S.*):$", r"\1", line)
