"""A parameter that stands where another one stood, under a name that is like it."""

from __future__ import annotations

from pytest_agentgate.codemods.codemod import Applicability, Codemod
from pytest_agentgate.codemods.rewrites.give_folder import GiveFolder
from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.called import Called
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.definitions import Definitions
from pytest_agentgate.repair.documented import words_of
from pytest_agentgate.repair.proposal import Proposal

_FILES = frozenset({"file", "filename", "filepath"})
_FOLDERS = frozenset({"dir", "directory", "folder", "dirname"})
_TELLING = frozenset({
    "ns", "us", "ms", "s", "sec", "secs", "second", "seconds", "millis", "milliseconds", "min", "mins", "minute",
    "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years", "byte", "bytes",
    "bit", "bits", "kb", "mb", "gb", "char", "chars", "line", "lines", "word", "words", "page", "pages", "percent",
    "ratio", "fraction", "factor", "degrees", "radians", "px", "mm", "cm", "m", "km", "inch", "inches", "utc", "local",
    "max", "maximum", "minimum", "lower", "upper", "low", "high", "first", "last", "start", "stop", "end", "begin",
    "from", "to", "before", "after", "since", "until", "old", "new", "source", "target", "src", "dst", "input",
    "output", "left", "right", "top", "bottom", "width", "height", "row", "rows", "column", "columns", "x", "y", "z",
    "include", "exclude", "included", "excluded", "allow", "allowed", "deny", "denied", "enable", "enabled", "disable",
    "disabled", "show", "hide", "with", "without", "no", "not", "is", "keep", "drop", "skip", "ignore", "strict",
    "lenient", "relative", "absolute", "public", "private", "open", "close", "read", "write", "encode", "decode",
    "count", "index", "size", "length", "offset", "limit", "rate", "interval", "period", "timeout", "key", "value",
})  # fmt: skip
"""Words of which another one in their place changes what a value means: units, ends, opposites, quantities."""


def in_the_place(name: str, called: Called, case: Case) -> Proposal | None:
    """The renaming of a keyword to a new parameter that is called like it.

    That is the only new one, if it stands where the only lost one stood; or the one of which the implementation says
    what it said of the lost one, and of no other.
    """
    before, now = Definitions.before(case.change), Definitions.now(case.change, case.suite)
    heir = _heir(name, called) or _documented(name, called, before, now)
    if not heir:
        return None
    stands = f"{name} of {called.name} is gone, and {heir} stands in its place ({called.place})"
    words = words_of(called, name, heir, before, now)
    gone = [each for each in called.breakages if each.sort is Sort.PARAMETER_GONE and each.parameter == name]
    lost, come = set(_words(name)) - set(_words(heir)), set(_words(heir)) - set(_words(name))
    codemods: list[Codemod] = [RenameKeyword(called.name, name, heir)]
    if lost & _FILES and come & _FOLDERS:
        codemods.append(GiveFolder(called.name, heir))
    applicability = Applicability.UNSAFE
    if words.still:
        applicability = Applicability.DISPLAY
        doubt = f"; but its own words still tell of {name}: {words.still[0][:100]}"
    elif (lost | come) & _TELLING:
        doubt = f"; {_listed(lost)} and {_listed(come)} may mean other values"
    elif words.same:
        said = f'{stands}; the implementation says the same of both: "{words.same[0][:150]}"'
        return proposal(codemods, [said], gone)
    else:
        doubt = "; that it means the same is a guess from its name"
    return proposal(codemods, [f"{stands}{doubt}"], gone, applicability)


def _heir(name: str, called: Called) -> str:
    """The only new parameter, if it stands where the only lost one stood, and their names share a word."""
    lost, added = _differing(called)
    if lost != [name] or len(added) != 1 or not _share_a_word(name, added[0]):
        return ""
    old, new = [each.name for each in called.old.parameters], [each.name for each in called.new.parameters]
    return added[0] if old.index(name) == new.index(added[0]) else ""


def _documented(name: str, called: Called, before: Definitions, now: Definitions) -> str:
    """The one new parameter that shares a word and of which the same is said, if that is true of no other lost one."""
    lost, added = _differing(called)
    pairs = [
        (old, new)
        for old in lost
        for new in added
        if _share_a_word(old, new) and words_of(called, old, new, before, now).same
    ]
    mine = [new for old, new in pairs if old == name]
    return mine[0] if len(mine) == 1 and [new for _, new in pairs].count(mine[0]) == 1 else ""


def _differing(called: Called) -> tuple[list[str], list[str]]:
    """The names of the parameters that are gone, and of those that are new."""
    old, new = [each.name for each in called.old.parameters], [each.name for each in called.new.parameters]
    return [each for each in old if each not in new], [each for each in new if each not in old]


def _share_a_word(one: str, other: str) -> bool:
    return bool(set(_words(one)) & set(_words(other)))


def _words(name: str) -> list[str]:
    return name.lower().strip("_").split("_")


def _listed(words: set[str]) -> str:
    return " ".join(sorted(words)) or "nothing"
