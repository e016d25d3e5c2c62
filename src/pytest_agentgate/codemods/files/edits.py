"""One file as a codemod may change it: read, judged, and written whole or not at all."""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
import tokenize
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

LARGEST = 2_000_000
"""Bytes of the largest file that is looked at; hand-written tests are far smaller."""

_HEAD = 4096  # bytes in which a file says that it was made by a program
# What stands before the first statement: empty lines, comments, and the module's docstring.
_OPENING = re.compile(
    rb"\A(?:\xef\xbb\xbf)?"
    rb"(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*"
    rb"(?:[ \t\f]*#[^\r\n]*|[rRuU]?(\"\"\"|'''|\"|').*?\1)?",
    re.DOTALL,
)
_MADE = re.compile(rb"@generated\b|\bdo(?: not|n't) (?:edit|modify)\b", re.IGNORECASE)


class UnwritableError(Exception):
    """A file can't be written as planned; the message is the reason."""


@dataclass(frozen=True)
class Skipped:
    """A file that no codemod looks at, and why."""

    path: str  # relative to the root, or absolute where it lies outside
    reason: str


@dataclass(frozen=True)
class Text:
    """What the bytes of a file say, and how to make bytes of it again."""

    text: str  # newlines as they are
    encoding: str
    mark: bytes = b""  # the byte order mark

    def encoded(self, text: str) -> bytes:
        """Another text in the file's own encoding.

        Raises:
            UnicodeEncodeError: it has characters that the encoding lacks.
        """
        return self.mark + text.encode(self.encoding)


@dataclass(frozen=True)
class Edit:
    """A file's bytes before and after; ``path`` is relative to the root, with ``/``."""

    path: str
    before: bytes
    after: bytes


def digest(data: bytes) -> str:
    """SHA-256, in hexadecimal digits."""
    return sha256(data).hexdigest()


def decoded(raw: bytes) -> Text | str:
    """The text of a Python file, decoded as PEP 263 says; or the reason why it has none."""
    if b"\0" in raw:
        return "it is binary: it has null bytes"
    mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
        encoding = "utf-8" if mark else encoding
        text = raw[len(mark) :].decode(encoding)
        same = mark + text.encode(encoding) == raw
    except SyntaxError as error:
        return f"it can't be decoded: {' '.join(str(error).split())}"
    except (UnicodeError, LookupError) as error:
        reason = getattr(error, "reason", error)
        line = raw.count(b"\n", 0, getattr(error, "start", 0) + len(mark)) + 1
        return f"it can't be decoded as {encoding}, line {line}: {reason}"
    return Text(text, encoding, mark) if same else f"what is written as {encoding} can't be written again as it is"


def is_generated(raw: bytes) -> bool:
    """Whether a file says, in the comments and the docstring that it begins with, that a program made it."""
    opening = _OPENING.match(raw[:_HEAD])
    return opening is not None and _MADE.search(opening[0]) is not None


def reason_against(root: Path, path: Path) -> str:
    """Why a file may not be read or written, "" if it may; ``path`` has its symlinks resolved."""
    if root not in path.parents:
        return f"it is outside of {root}"
    if ".git" in path.relative_to(root).parts:
        return "it belongs to git"
    try:
        found = path.stat()
    except OSError as error:
        return f"it can't be read: {error.strerror}"
    if not stat.S_ISREG(found.st_mode):
        return "it is no regular file"
    if found.st_size > LARGEST:
        return f"it is too big: {found.st_size / 1e6:.1f} MB, and the limit is {LARGEST / 1e6:.0f} MB"
    return ""


def is_read_only(path: Path) -> bool:
    """Whether a file may not be changed; root is asked to keep to it as well."""
    return not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK)


def contents(root: Path, path: str) -> bytes:
    """The bytes of a file of the project that is where it says it is.

    Raises:
        UnwritableError: it is gone, a link came in between, or it can't be read.
    """
    full = root / path
    if os.path.realpath(full) != str(full):
        raise UnwritableError("a link has come in its way")
    try:
        if not stat.S_ISREG(full.stat().st_mode):
            raise UnwritableError("it is no regular file")
        return full.read_bytes()
    except OSError as error:
        raise UnwritableError("it is gone" if isinstance(error, FileNotFoundError) else str(error.strerror)) from error


def replace(path: Path, data: bytes, temporary: Path) -> None:
    """Give a file other bytes, all at once, and keep its mode; ``temporary`` is a free name in the same folder.

    Python takes compiled code for current if the source has the same size and was changed in the same second, so the
    new file is of a later second than the old one, and never of one that any before it had.

    Raises:
        OSError: nothing has changed then.
    """
    old = path.stat()
    try:
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        new = temporary.stat()
        if hasattr(os, "chown") and (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            try:
                os.chown(temporary, old.st_uid, old.st_gid)
            except PermissionError:  # somebody else's file in a folder of ours: it becomes ours
                pass
        temporary.chmod(stat.S_IMODE(old.st_mode))
        if int(new.st_mtime) <= int(old.st_mtime):
            os.utime(temporary, (new.st_atime, int(old.st_mtime) + 1))
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def settle(folder: Path) -> None:
    """Have what was renamed within a folder on disk."""
    if os.name == "nt":  # folders can't be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
