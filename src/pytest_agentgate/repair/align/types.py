"""Whether two annotations say the same, and whether the new one takes all that the old one took."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SPELLINGS = {
    "typing.Dict": "dict", "typing.List": "list", "typing.Tuple": "tuple", "typing.Set": "set",
    "typing.FrozenSet": "frozenset", "typing.Type": "type", "typing.Text": "str",
}  # fmt: skip
_FROM_COLLECTIONS = re.compile(r"\b(?:typing|typing_extensions|collections\.abc)\.(?=[A-Z])")
_NAME = re.compile(r"[A-Za-z_][\w.]*")
_ANYTHING = frozenset({"Any", "object", "builtins.object"})


def normal(annotation: str, became: Mapping[str, str] | None = None) -> str:
    """An annotation in one spelling; names that became others are read as these."""
    if not annotation:
        return ""
    text = annotation.replace("'", "").replace('"', "").replace("builtins.", "")
    renamed = became or {}

    def spelled(match: re.Match[str]) -> str:
        name = match.group(0)
        return renamed.get(name, _SPELLINGS.get(name, name))

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
