"""What stays of a text without what differs from run to run, machine to machine or test to test."""

from __future__ import annotations

import re

from pytest_agentgate.patterns import deferred

KEPT = 300  # characters of a normalised text that count

_IDENTIFIER = deferred(r"[A-Za-z_][\w.-]{0,60}")
_CUT = r"(?<=\.\.\.)[0-9a-fA-F]+(?=>)"  # what an abbreviated repr leaves of an address
_PART = r"[^\s'\"<>|:*?,;()\[\]{}\\/]"  # a character of one part of a path
_QUOTED = r"(?<![A-Za-z0-9])[bBrRuUfF]{0,2}(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")(?!\w)"
_NUMBER = r"(?<![\w.])[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?[jJ]?(?![A-Za-z_])"
_TEMPORARY_NAME = r"\btmp[a-z0-9_]{8}\b"  # as tempfile makes names
_TEMPORARY = deferred(_TEMPORARY_NAME)
_VARIES = deferred(
    "|".join(
        (
            r"(?P<bound><bound method (?P<method>[^\s<>]+) of .*?>+)",
            rf"(?P<address> ?\bat 0x[0-9a-fA-F]+|0x[0-9a-fA-F]+|{_CUT})",
            r"(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)",
            r"(?P<time>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z\b|[+-]\d\d:?\d\d\b)?)",
            rf"(?P<path>(?<![\w./:<])(?:[A-Za-z]:[\\/]|/|~/)(?:{_PART}+[\\/]+)+(?P<last>{_PART}*))",
            r"(?P<id>\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b)",
            r"(?P<worker>\bgw\d+\b)",
            r"(?P<line>\bline \d+, code [\w<>]+(?=>))",  # of a frame, which names the test that made it
            rf"(?P<temporary>{_TEMPORARY_NAME})",
            rf"(?P<quoted>{_QUOTED})",
            rf"(?P<number>{_NUMBER})",
        )
    )
)
# What makes a line that people read differ between two runs of the same thing: the folders of this machine among it.
_OF_THIS_RUN = deferred(
    rf"(?P<address> at 0x[0-9a-fA-F]+|0x[0-9a-fA-F]{{6,}}|{_CUT})"
    r"|(?P<uuid>\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b)"
    r"|(?P<number>(?<![\w.])\d{12,}(?![\w.]))"
    r"|(?P<home>(?<![\w./:<])(?:[A-Za-z]:[\\/]|/(?:tmp|var|private|home|root|Users)/|~/)"
    rf"(?:{_PART}+[\\/]+)*(?P<last>{_PART}*))"
    rf"|(?P<absolute>(?<![\w./:<])(?:/{_PART}+)+/(?P<file>[\w.-]+\.\w{{1,5}})\b)"
)
_DIGITS = deferred(r"\d+")
_LEFT_OUT = deferred(r"\w*\[\d+ chars\]\w*")  # unittest's; it may cut an address in two
_FLAT = deferred(r"set\(\)|frozenset\((?:\{[NS, .]*\})?\)|[\[({][NS, .]*[\])}]")


def normal(message: str) -> str:
    """A message with placeholders for what varies, and only the last part of paths.

    Addresses, ids, times, numbers and quoted values vary.
    Quoted names (``'styles'``, ``"shop.order"``) say what a message is about and stay; other quoted texts become ``S``.
    """
    return _bounded(_VARIES.sub(_place_of_message_part, message[: 4 * KEPT]))


def shape(value: str) -> str:
    """A repr without its values: every number is ``N``, every string ``S``; what nests in what, and names, stay.

    Of a flat collection of plain values nothing stays: its type says as much.
    """
    text = _bounded(_VARIES.sub(_place_of_value, _LEFT_OUT.sub("...", value[: 4 * KEPT])))
    return "" if _FLAT.fullmatch(text) else text


def file_name(path: str) -> str:
    """The last part of a path, numbers left out: they are process ids and counters more often than not."""
    return _DIGITS.sub("N", _TEMPORARY.sub("TMP", re.split(r"[\\/]", path.rstrip("\\/"))[-1]))


def one_line(text: str, limit: int = 120) -> str:
    """The first line of a text that says something, for people: cut at ``limit``, without what only this run has.

    A line that announces the next one, with a colon, takes it in; an ellipsis stands for all that follows.
    """
    lines = (" ".join(words) for line in text.splitlines() if (words := line.split()))
    line, after = next(lines, ""), next(lines, "")
    if after and line.endswith(":"):
        line, after = f"{line} {after}", next(lines, "")
    line = _OF_THIS_RUN.sub(_readable, line[: 8 * limit])
    if after and len(line) <= limit - 4:
        return f"{line} ..."
    return line if len(line) <= limit and not after else line[: limit - 3].rstrip() + "..."


def joined(text: str) -> str:
    """All lines of a text as one, for what says the matter below its first line."""
    return " ".join(line.strip() for line in text.splitlines())


def a(name: str) -> str:
    """A name with its indefinite article."""
    return f"{'an' if name[:1] in 'aeiouAEIO' else 'a'} {name}"


def _readable(match: re.Match[str]) -> str:
    return match["last"] or match["file"] or {"uuid": "ID", "number": "N"}.get(match.lastgroup or "", "")


def _bounded(text: str) -> str:
    return " ".join(text.split())[:KEPT]


def _place_of_message_part(match: re.Match[str]) -> str:
    if match.lastgroup != "quoted":
        return _place(match)
    text = match[0]
    inner = text[text.index(text[-1]) + 1 : -1]
    plain = _VARIES.sub(_place, inner)
    if _IDENTIFIER.fullmatch(inner) and plain == inner:
        return f"'{inner}'"
    whole = _VARIES.fullmatch(inner)
    return f"'{plain}'" if whole and whole.lastgroup == "path" else "S"


def _place_of_value(match: re.Match[str]) -> str:
    return "S" if match.lastgroup == "quoted" else _place(match)


def _place(match: re.Match[str]) -> str:
    match match.lastgroup:
        case "bound":
            return f"<bound method {match['method']}>"
        case "path":
            return file_name(match["last"]) or "PATH"
        case "quoted":
            return match[0]
        case what:
            return _PLACES[what or ""]


_PLACES = {
    "address": "",
    "temporary": "TMP",
    "uuid": "ID",
    "id": "ID",
    "time": "TIME",
    "worker": "WORKER",
    "number": "N",
    "line": "line N",
}
