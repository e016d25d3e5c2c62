"""The keys of the dicts that a ``**`` argument passes on."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Keys:
    """Something that gives a dict keys: a display, or a call whose keywords become keys."""

    node: ast.Dict | ast.Call
    not_keys: frozenset[str] = frozenset()  # keywords that the called function keeps for itself
    private: bool = False  # they go to the function and nowhere else, so that they may be rewritten
    here: bool = True  # they stand in the file that is looked at

    @property
    def is_display(self) -> bool:
        """Whether it is the whole of a dict, so that a key more may be written here."""
        return isinstance(self.node, ast.Dict) or (isinstance(self.node.func, ast.Name) and self.node.func.id == "dict")

    def named(self, name: str) -> ast.Constant | ast.keyword | None:
        """The key or keyword of a name."""
        if isinstance(self.node, ast.Dict):
            found = (key for key in self.node.keys if isinstance(key, ast.Constant) and key.value == name)
            return next(found, None)
        if name in self.not_keys:
            return None
        return next((each for each in self.node.keywords if each.arg == name), None)

    def value(self, name: str) -> ast.expr | None:
        """The value that is given for a name."""
        said = self.named(name)
        if isinstance(said, ast.keyword):
            return said.value
        if isinstance(self.node, ast.Dict) and said is not None:
            return self.node.values[self.node.keys.index(said)]
        return None


@dataclass(frozen=True, eq=False)
class Splat:
    """A ``**`` argument of a call."""

    node: ast.keyword
    keys: tuple[Keys, ...]  # everything that is seen to give it keys
    complete: bool  # nothing else does
    words: tuple[ast.Constant, ...] = ()  # the other strings that name its keys: ``kwargs["qty"]``

    def names(self, name: str) -> bool:
        """Whether a key of that name is seen."""
        return any(each.named(name) for each in self.keys) or any(each.value == name for each in self.words)
