"""A tree of Python files in one state: a commit of a git repository, or a folder as it is on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

from pytest_agentgate import git
from pytest_agentgate.codemods.files.edits import decoded
from pytest_agentgate.codemods.files.tree import python_files
from pytest_agentgate.errors import UsageError

_LIMIT = 120.0  # seconds that git may take for a whole tree
_AT_ONCE = 400  # files that are asked of git in one call, so that their bytes fit into memory


class Tree(Protocol):
    """Python files by path, relative to a root, with ``/``; what is only a stub is none of them."""

    def paths(self) -> tuple[str, ...]:
        """Every Python file, sorted."""

    def text(self, path: str) -> str | None:
        """The text of any file, newlines as they are; None where there is none or it can't be decoded."""

    def texts(self, paths: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """The same for many, in their order, with less work."""

    def blob(self, path: str) -> str:
        """What identifies the content of a file, as git names it; "" where there is no such file."""


class GitTree:
    """The files of a commit, below a folder of its repository; nothing is checked out.

    Args:
        root: the folder; paths are relative to it.
        commit: a commit, a tag, a branch or an expression.

    Raises:
        UsageError: git finds no such commit here.
    """

    def __init__(self, root: Path, commit: str) -> None:
        self.root = root
        self.commit = git.commit_of(root, commit)
        if not self.commit:
            raise UsageError(f"{commit}: no commit of this name in {root}; give a branch, a tag or a commit")

    @cached_property
    def _blobs(self) -> dict[str, str]:
        listed = git.git(self.root, "ls-tree", "-r", "-z", self.commit, limit=_LIMIT) or b""
        found = {}
        for line in listed.split(b"\0"):
            about, tab, path = line.partition(b"\t")
            mode, _, rest = about.partition(b" ")
            kind, _, blob = rest.partition(b" ")
            if tab and kind == b"blob" and mode != b"120000":
                found[os.fsdecode(path)] = blob.decode("ascii")
        return found

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(path for path in self._blobs if path.endswith(".py")))

    def blob(self, path: str) -> str:
        return self._blobs.get(path, "")

    def text(self, path: str) -> str | None:
        return next(self.texts([path]))[1]

    def texts(self, paths: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        for start in range(0, len(paths), _AT_ONCE):
            part = paths[start : start + _AT_ONCE]
            wanted = dict.fromkeys(blob for path in part if (blob := self.blob(path)))
            contents = self._contents(wanted) if wanted else {}
            for path in part:
                raw = contents.get(self.blob(path))
                yield path, None if raw is None else _text(raw)

    def _contents(self, blobs: Iterable[str]) -> dict[str, bytes]:
        given = "".join(f"{blob}\n" for blob in blobs).encode("ascii")
        done = git.run(self.root, "cat-file", "--batch", given=given, limit=_LIMIT)
        printed = b"" if done is None else done.stdout
        found, at = {}, 0
        while at < len(printed):
            end = printed.index(b"\n", at)
            about = printed[at:end].decode("ascii", "replace").split(" ")
            at = end + 1
            if len(about) == 3 and about[2].isdigit():  # else "BLOB missing", of a clone that has not all
                size = int(about[2])
                found[about[0]] = printed[at : at + size]
                at += size + 1
        return found


class FolderTree:
    """A folder as it is on disk.

    Args:
        root: the folder.
        whole: its files are somebody's release rather than a project: nothing in it is left out.
    """

    def __init__(self, root: Path, whole: bool = False) -> None:
        self.root = root
        self._whole = whole
        self._last: tuple[str, bytes | None] = ("", None)  # a file is asked for its blob, then for its text

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        found = _walked(self.root) if self._whole else python_files(self.root)
        return tuple(sorted(path for path in found if path.endswith(".py")))

    def paths(self) -> tuple[str, ...]:
        return self._paths

    def blob(self, path: str) -> str:
        raw = self._bytes(path)
        return "" if raw is None else _blob(raw)

    def text(self, path: str) -> str | None:
        raw = self._bytes(path)
        return None if raw is None else _text(raw)

    def texts(self, paths: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        for path in paths:
            yield path, self.text(path)

    def _bytes(self, path: str) -> bytes | None:
        if self._last[0] != path:
            try:
                self._last = (path, (self.root / path).read_bytes())
            except (OSError, ValueError):
                self._last = (path, None)
        return self._last[1]


class TextTree:
    """Texts by path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(path for path in self._files if path.endswith(".py")))

    def blob(self, path: str) -> str:
        text = self.text(path)
        return "" if text is None else _blob(text.encode("utf-8", "surrogatepass"))

    def text(self, path: str) -> str | None:
        return self._files.get(path)

    def texts(self, paths: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        for path in paths:
            yield path, self.text(path)


def _walked(root: Path) -> Iterator[str]:
    for here, folders, names in os.walk(root):
        folders.sort()
        below = os.path.relpath(here, root).replace(os.sep, "/")
        for name in names:
            yield name if below == "." else f"{below}/{name}"


def _blob(raw: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


def _text(raw: bytes) -> str | None:
    read = decoded(raw)
    return None if isinstance(read, str) else read.text
