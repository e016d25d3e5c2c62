"""Options of a command line that an implementation registers: what they are called, and what they are by default.

Read where they are written: ``parser.add_argument("--jobs", default=1)``, click's ``@option``, and wrappers of both
that are called alike. The name of an option's value follows argparse: ``dest``, else a name without dashes, else the
first long option.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_REGISTERS = re.compile(r"(?:option|argument)s?$", re.IGNORECASE)
_TOLD = frozenset({"help", "metavar", "dest"})  # say nothing about the value
_PLAIN = frozenset({*_TOLD, "default", "choices", "action", "nargs", "show_default", "required"})
_FLAGS = {"store_true": "False", "store_false": "True"}


@dataclass(frozen=True)
class Registered:
    """One option."""

    name: str  # of its value: "extend_select"
    parser: tuple[str, str, str]  # who registers it: file, function around, what it is registered with
    place: str
    keywords: Mapping[str, str] = field(default_factory=dict, compare=False)  # as they are written

    @property
    def shape(self) -> tuple[tuple[str, str], ...]:
        """All that decides about its value."""
        return tuple(sorted(each for each in self.keywords.items() if each[0] not in _TOLD))

    @property
    def default(self) -> str | None:
        """Its default as a literal; None where it has none or something else."""
        text = self.keywords.get("default", _FLAGS.get(_text(self.keywords.get("action", "")), ""))
        is_required = self.keywords.get("required", "False") != "False"
        return text if is_literal(text) and not is_required else None

    @property
    def is_plain(self) -> bool:
        """Whether its value is the default as it stands: nothing converts it."""
        others = set(self.keywords) - _PLAIN
        if others <= {"type"} and others:
            value = ast.literal_eval(self.default or "None")
            return not isinstance(value, str) or self.keywords["type"] == "str"
        return not others


def registered(files: Iterable[tuple[str, ast.Module]]) -> tuple[Registered, ...]:
    """The options that files register, each file given as path and tree, in their order."""
    return tuple(each for path, tree in files for each in _in_file(path, tree))


def set_otherwise(trees: Iterable[tuple[str, ast.Module]], name: str) -> str:
    """Where a parser is given another default for an option by itself: ``set_defaults(jobs=2)``; "" if nowhere."""
    for path, tree in trees:
        for node in ast.walk(tree):
            is_setting = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "set_defaults"
            if is_setting and any(each.arg == name for each in node.keywords):  # type: ignore[attr-defined]
                return f"{path}:{node.lineno}"  # type: ignore[attr-defined]
    return ""


def may_register(text: str) -> bool:
    """Whether a look at a text says that it may register options."""
    return '"-' in text or "'-" in text or "set_defaults" in text


def is_literal(text: str) -> bool:
    """Whether source is a literal, ``None`` among them."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _in_file(path: str, tree: ast.Module) -> Iterator[Registered]:
    stack: list[tuple[ast.AST, str]] = [(tree, "")]
    while stack:
        node, around = stack.pop()
        inner = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else around
        stack += [(child, inner) for child in reversed(list(ast.iter_child_nodes(node)))]
        if isinstance(node, ast.Call):
            yield from _of(node, path, around)


def _of(call: ast.Call, path: str, around: str) -> Iterator[Registered]:
    last = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    flags = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if not flags or len(flags) != len(call.args) or not _REGISTERS.search(last):
        return
    keywords = {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg}
    if len(keywords) != len(call.keywords):
        return
    name = _name(flags, _text(keywords.get("dest", "")))
    if name.isidentifier():
        owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else last
        yield Registered(name, (path, around, owner), f"{path}:{call.lineno}", keywords)


def _name(flags: list[str], dest: str) -> str:
    plain = [each for each in flags if not each.startswith("-")]
    long = [each for each in flags if each.startswith("--")]
    chosen = dest or (plain[-1] if plain else long[0] if long else flags[0])
    return chosen.partition("/")[0].lstrip("-").replace("-", "_")


def _text(source: str) -> str:
    """The text that a string literal stands for, "" for anything else."""
    value = ast.literal_eval(source) if source and is_literal(source) else ""
    return value if isinstance(value, str) else ""
