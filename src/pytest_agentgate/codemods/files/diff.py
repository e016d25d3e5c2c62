"""Unified diffs that ``git apply`` takes: bytes in, bytes out, so that every newline and encoding stays what it is.

The format is that of git-diff(1), "Generating patch text with -p".
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from pytest_agentgate.codemods.files.edits import Edit

_CONTEXT = 3
_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_ESCAPES = {0x07: rb"\a", 0x08: rb"\b", 0x09: rb"\t", 0x0A: rb"\n", 0x0B: rb"\v", 0x0C: rb"\f", 0x0D: rb"\r",
            0x22: rb"\"", 0x5C: rb"\\"}  # fmt: skip


def unified(edit: Edit, prefix: str = "") -> bytes:
    """The diff of one edit; ``prefix`` is what its path is relative to, relative to the repository: "" or "app/"."""
    path = f"{prefix}{edit.path}"
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    lines = [b"diff --git %s %s\n" % (old, new), b"--- %s%s\n" % (old, _end(old)), b"+++ %s%s\n" % (new, _end(new))]
    return b"".join([*lines, *_hunks(_lines(edit.before), _lines(edit.after))])


def _lines(data: bytes) -> list[bytes]:
    """Lines as git has them: they end with a line feed and with nothing else."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _hunks(before: list[bytes], after: list[bytes]) -> Iterator[bytes]:
    for group in _groups(before, after):
        start, end = group[0], group[-1]
        yield b"@@ -%s +%s @@\n" % (_range(start[1], end[2]), _range(start[3], end[4]))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (_line(b" ", line) for line in before[old_from:old_to])
                continue
            yield from (_line(b"-", line) for line in before[old_from:old_to])
            yield from (_line(b"+", line) for line in after[new_from:new_to])


def _groups(before: list[bytes], after: list[bytes]) -> Iterator[list[tuple[str, int, int, int, int]]]:
    """The changes with the lines around them; what both ends have in common costs no search."""
    shorter = min(len(before), len(after))
    head = next((index for index in range(shorter) if before[index] != after[index]), shorter)
    rest = shorter - head
    tail = next((index for index in range(rest) if before[-1 - index] != after[-1 - index]), rest)
    matcher = SequenceMatcher(None, before[head : len(before) - tail], after[head : len(after) - tail])
    codes: list[tuple[str, int, int, int, int]] = [
        (tag, old_from + head, old_to + head, new_from + head, new_to + head)
        for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes()
    ]
    codes.insert(0, ("equal", 0, head, 0, head))
    codes.append(("equal", len(before) - tail, len(before), len(after) - tail, len(after)))
    group: list[tuple[str, int, int, int, int]] = []
    for number, (tag, old_from, old_to, new_from, new_to) in enumerate(codes):
        if tag != "equal":
            group.append((tag, old_from, old_to, new_from, new_to))
            continue
        first, last = number == 0, number == len(codes) - 1
        length = old_to - old_from
        below = 0 if first else min(length, _CONTEXT)  # of the change above
        above = 0 if last else min(length, _CONTEXT)  # of the change below
        if not first and not last and length <= 2 * _CONTEXT:
            group.append((tag, old_from, old_to, new_from, new_to))
            continue
        if not first:
            yield [*group, ("equal", old_from, old_from + below, new_from, new_from + below)]
        group = [("equal", old_to - above, old_to, new_to - above, new_to)]


def _range(start: int, end: int) -> bytes:
    length = end - start
    first = start + 1 if length else start  # an empty range names the line above it
    return b"%d" % first if length == 1 else b"%d,%d" % (first, length)


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + (line if line.endswith(b"\n") else line + _NO_NEWLINE)


def _quoted(name: str) -> bytes:
    """A path as git writes it: in quotes where it has characters that would end it."""
    raw = name.encode("utf-8", "surrogateescape")
    if not any(byte < 0x20 or byte in _ESCAPES or byte == 0x7F for byte in raw):
        return raw
    return b'"' + b"".join(_escaped(byte) for byte in raw) + b'"'


def _escaped(byte: int) -> bytes:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return b"\\%03o" % byte if byte < 0x20 or byte >= 0x7F else bytes([byte])


def _end(name: bytes) -> bytes:
    """A tab after a name with spaces, which else would be read as one with a time behind it."""
    return b"\t" if b" " in name and not name.startswith(b'"') else b""
