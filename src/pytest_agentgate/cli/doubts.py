"""What may be mistyped where a codemod finds nothing to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_agentgate.cli import suggestion
from pytest_agentgate.codemods.apply import has_word
from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.files.tree import Disk, Tree
from pytest_agentgate.codemods.reading.sources import Sources


def missing_words(tree: Tree, paths: Sequence[str], codemod: Codemod) -> list[str]:
    """The words without which a codemod changes nothing and that stand in none of the files."""
    words = codemod.words()
    for path in paths:
        if not words:
            break
        text = (tree.root / path).read_bytes()
        words = tuple(word for word in words if not has_word(text, word))
    return [word.replace("|", " or ") for word in words] if paths else []


def undefined(tree: Tree, codemod: Codemod) -> Iterator[str]:
    """The options that name what a module of the project doesn't have, each as a line; ``old`` may be gone."""
    sources = Disk(tree).sources()
    for option in codemod.options():
        value = getattr(codemod, option.name)
        if option.metadata["form"] == "dotted" and option.name != "old" and value:
            lack = _lack(value, sources)
            if lack:
                yield f"{option.name}={value}: {lack}"


def _lack(dotted: str, sources: Sources) -> str:
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        module = sources.module(".".join(parts[:cut]))
        if module is not None:
            bound = module.scope.bindings
            if cut == len(parts) or parts[cut] in bound or module.scope.stars or "__getattr__" in bound:
                return ""
            return f"{'.'.join(parts[:cut])} has no {parts[cut]!r}{suggestion(parts[cut], bound)}"
    return ""
