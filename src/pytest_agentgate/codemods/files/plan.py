"""What codemods would make of a project's files: planned as a whole before a byte is written.

A preview shows the plan, and writing follows it, so that both are the same.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pytest_agentgate.codemods.apply import Refused, Unchanged, may_match, rewrite
from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.files.edits import Edit, UnwritableError, contents, decoded, is_generated, is_read_only
from pytest_agentgate.codemods.files.processes import Crew, Lost, processors
from pytest_agentgate.codemods.files.tree import Disk, Tree
from pytest_agentgate.codemods.reading.sources import Place
from pytest_agentgate.codemods.writing.rewrite import Note

LIMIT = 120.0
"""Seconds that one file may take."""

PARSED = 1_500_000
"""Characters of other files of which a process keeps what it read in them: some 60 MB."""

_FEW = 10  # files, after which it is not worth reading everything anew


@dataclass(frozen=True)
class Planned:
    """What came of one file; one without edit, notes and reason has nothing to change."""

    path: str  # relative to the root
    edit: Edit | None = None
    by: tuple[str, ...] = ()  # the codemods that had a part in it, as they are written on the command line
    notes: tuple[Note, ...] = ()
    reason: str = ""  # why it was left alone as a whole
    line: int = 0  # where that is, 0 for all of it
    failed: bool = False  # the reason is a codemod's or ours, not the file's: something may be left to do


def plan(
    tree: Tree,
    codemods: Sequence[Codemod],
    paths: Iterable[str],
    jobs: int | None = None,
    limit: float = LIMIT,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[Planned]:
    """What the codemods make of files; nothing is written.

    Args:
        tree: the project; its files are read as they are on disk.
        codemods: in the order in which they apply.
        paths: the files, relative to the project's root.
        jobs: processes at most, 0 for none beside this one; as many as there are processors if None.
        limit: seconds that a file may take in a process of its own.
        tell: is told (done, total), first when the first file is done.

    Returns:
        The files with something to say about, sorted by path.
    """
    sizes = {path: size for path in paths if (size := _candidate(tree.root, path, codemods))}
    largest_first = sorted(sizes, key=lambda path: (-sizes[path], path))  # no long one is left for the end
    crew = Crew(partial(Planner, tree, tuple(codemods)), processors() if jobs is None else jobs, limit)
    found = []
    for path, result in crew.work(largest_first):
        planned = Planned(path, reason=result.reason, failed=True) if isinstance(result, Lost) else result
        if planned.edit or planned.notes or planned.reason:
            found.append(planned)
        del sizes[path]
        tell(len(largest_first) - len(sizes), len(largest_first))
    return sorted(found, key=lambda planned: planned.path)


def _candidate(root: Path, path: str, codemods: Sequence[Codemod]) -> int:
    """The size of a file that a codemod may change, or that can't be read; else 0."""
    try:
        data = (root / path).read_bytes()
    except OSError:
        return 1
    return len(data) if any(may_match(data, codemod) for codemod in codemods) else 0


class Planner:
    """Plans one file after the other; what it learns of other files it keeps, up to a size."""

    def __init__(self, tree: Tree, codemods: Sequence[Codemod]) -> None:
        self.codemods = codemods
        self._disk = Disk(tree)
        self._sources = self._disk.sources()
        self._enough = PARSED
        self._since = 0  # files since it began anew

    def __call__(self, path: str) -> Planned:
        """What the codemods make of a file."""
        planned = self._planned(self._disk.tree.root, path)
        self._since += 1
        if self._sources.parsed > self._enough:
            self._forget()
        return planned

    def _forget(self) -> None:
        """Begin anew; but where so much is needed for few files already, allow it more."""
        if self._since < _FEW:
            self._enough *= 2
            return
        self._sources = self._disk.sources()
        self._since = 0
        gc.collect()  # trees refer to themselves

    def _planned(self, root: Path, path: str) -> Planned:
        try:
            raw = contents(root, path)
        except UnwritableError as error:
            return Planned(path, reason=str(error))
        read = decoded(raw)
        if isinstance(read, str):
            return Planned(path, reason=read)
        try:
            outcome = rewrite(read.text, self.codemods, Place.within(self._sources, path))
        except Exception as error:  # noqa: BLE001  a codemod's mistake costs the one file
            return Planned(path, reason=_said(error), failed=True)
        if isinstance(outcome, Unchanged):
            return Planned(path, notes=outcome.notes)
        if is_generated(raw):
            return Planned(path, reason="it says that it is generated")
        if isinstance(outcome, Refused):
            failed = not outcome.unreadable
            return Planned(path, notes=outcome.notes, reason=outcome.reason, line=outcome.line, failed=failed)
        if is_read_only(root / path):
            return Planned(path, notes=outcome.notes, reason="it is read-only")
        try:
            after = read.encoded(outcome.source)
        except UnicodeEncodeError as error:
            reason = f"the result has {error.object[error.start]!a}, which {read.encoding} can't encode"
            return Planned(path, notes=outcome.notes, reason=reason, failed=True)
        return Planned(path, Edit(path, raw, after), tuple(map(str, outcome.by)), outcome.notes)


def _said(error: Exception) -> str:
    """An exception that nobody expected, and where it comes from, on one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    message = " ".join(traceback.format_exception_only(error)[-1].split())
    return f"a codemod failed: {message} ({Path(last.filename).name}:{last.lineno})"
