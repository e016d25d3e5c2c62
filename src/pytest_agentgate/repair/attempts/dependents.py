"""Which test files an edit may have changed: those that were edited, and those that use what was edited.

Who uses what is told by words: a file that nowhere has the name of a module cannot import it by that name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from posixpath import basename, dirname

from pytest_agentgate.codemods.apply import has_word

_PLUGINS = re.compile(r"\bpytest_plugins\b")


def dependents(
    edited: Iterable[str], files: Collection[str], text: Callable[[str], str | None]
) -> frozenset[str] | None:
    """The files of tests whose results an edit may change; None where that may be any.

    Args:
        edited: files of tests, relative to the root.
        files: all files of tests.
        text: what a file says, None where it can't be read.
    """
    texts = {path: text(path) or "" for path in files}
    found: set[str] = set()
    left = list(edited)
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        below = _below(path, files)
        if below is None or _is_plugin(path, texts):
            return None
        left += below
        left += (other for other, said in texts.items() if other not in found and _mentions(said, path))
    return frozenset(found)


def _below(path: str, files: Collection[str]) -> list[str] | None:
    """What a conftest file, or a package's own file, is read for; None where that is everything."""
    if basename(path) not in ("conftest.py", "__init__.py"):
        return []
    folder = dirname(path)
    below = [other for other in files if not folder or other.startswith(f"{folder}/")]
    return None if len(below) == len(files) else below


def _mentions(text: str, path: str) -> bool:
    name = basename(path).partition(".")[0]
    if name == "__init__":
        name = basename(dirname(path))
    return name != "conftest" and has_word(text, name)


def _is_plugin(path: str, texts: Mapping[str, str]) -> bool:
    """Whether a conftest file loads it as a plugin, which everything may use."""
    name = basename(path).partition(".")[0]
    return any(_PLUGINS.search(text) and has_word(text, name) for other, text in texts.items() if other != path)
