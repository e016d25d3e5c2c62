"""Whether two annotations say the same, and whether the new one takes all that the old one took."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pytest_agentgate.repair.align.sides import Table

_SPELLINGS = {
    "typing.Dict": "dict", "typing.List": "list", "typing.Tuple": "tuple", "typing.Set": "set",
    "typing.FrozenSet": "frozenset", "typing.Type": "type", "typing.Text": "str",
}  # fmt: skip
_FROM_COLLECTIONS = re.compile(r"\b(?:typing|typing_extensions|collections\.abc)\.(?=[A-Z])")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_ANYTHING = frozenset({"Any", "object", "builtins.object"})


@dataclass(frozen=True)
class Meanings:
    """What the names in annotations mean in the end: re-exports followed, those that became others read as these."""

    old: Table
    new: Table
    became: Mapping[str, str]  # dotted names -> what took their place
    known: dict[tuple[bool, str], str] = field(default_factory=dict, compare=False, repr=False)

    def before(self, annotation: str) -> str:
        """An old annotation in one spelling, with new names."""
        return self._spelled(annotation, True)

    def after(self, annotation: str) -> str:
        """A new annotation in one spelling."""
        return self._spelled(annotation, False)

    def same(self, before: str, after: str) -> bool:
        """Whether an old and a new annotation say the same."""
        return before == after or self.before(before) == self.after(after)

    def takes_all(self, before: str, after: str) -> bool:
        """Whether whatever was of the old type is of the new one."""
        return before == after or takes_all(self.before(before), self.after(after))

    def _spelled(self, annotation: str, is_old: bool) -> str:
        key = (is_old, annotation)
        if key not in self.known:
            self.known[key] = normal(annotation, self._earlier if is_old else self.new.canonical)
        return self.known[key]

    def _earlier(self, name: str) -> str:
        meant = self.old.canonical(name)
        return self.became.get(meant, meant)


def normal(annotation: str, meaning: Callable[[str], str] = str) -> str:
    """An annotation in one spelling, without quotes, blanks and the modules of typing."""
    if not annotation:
        return ""
    text = annotation.replace("'", "").replace('"', "").replace("builtins.", "")

    def spelled(match: re.Match[str]) -> str:
        name = match.group(0)
        return _SPELLINGS.get(name) or (meaning(name) if "." in name else name)

    return _FROM_COLLECTIONS.sub("", _NAME.sub(spelled, text)).replace(" ", "")


def choices(annotation: str) -> frozenset[str]:
    """The members of a union, or the one type, of an annotation in one spelling."""
    for prefix in ("Optional[", "Union["):
        if annotation.startswith(prefix) and annotation.endswith("]") and _closes(annotation, len(prefix) - 1):
            inner = annotation[len(prefix) : -1]
            found = frozenset(each for part in _split(inner, ",") for each in choices(part))
            return found | {"None"} if prefix == "Optional[" else found
    parts = _split(annotation, "|")
    return frozenset(each for part in parts for each in choices(part)) if len(parts) > 1 else frozenset({annotation})


def _closes(text: str, at: int) -> bool:
    """Whether the bracket at a place is closed by the last character."""
    depth = 0
    for place in range(at, len(text)):
        depth += {"[": 1, "]": -1}.get(text[place], 0)
        if depth == 0:
            return place == len(text) - 1
    return False


def _split(text: str, by: str) -> list[str]:
    depth, parts = 0, [""]
    for character in text:
        depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(character, 0)
        if character == by and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def takes_all(old: str, new: str) -> bool:
    """Whether whatever was of the old type is of the new one, as far as the two normal spellings tell."""
    if not old or not new or old == new:
        return True
    before, after = choices(old), choices(new)
    if after & _ANYTHING:
        return True
    outer = {each.partition("[")[0] for each in after if "[" not in each}
    return all(each in after or each.partition("[")[0] in outer for each in before)
