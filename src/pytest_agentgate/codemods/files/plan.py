"""What codemods would make of a project's files: planned as a whole before a byte is written.

A preview shows the plan, and writing follows it, so that both are the same.
"""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from pytest_agentgate.garbage import uncollected

LIMIT = 120.0
"""Seconds that one codemod may take for one file."""

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

    Each codemod sees the whole project as the one before it left it: where one turns a fixture in a conftest into a
    model, the next one knows that in the tests that request it.

    Args:
        tree: the project; its files are read as they are on disk.
        codemods: in the order in which they apply.
        paths: the files, relative to the project's root.
        jobs: processes at most, 0 for none beside this one; as many as there are processors if None.
        limit: seconds that one codemod may take for a file in a process of its own.
        tell: is told (done, total), first when the first file is done; the total grows with each codemod's files.

    Returns:
        The files with something to say about, sorted by path.
    """
    paths = list(paths)
    found: dict[str, Planned] = {}
    told = 0
    for codemod in codemods:
        changed = {path: planned.edit.after for path, planned in found.items() if planned.edit is not None}
        sizes = {path: size for path in paths if (size := _candidate(tree.root, path, codemod, changed))}
        largest_first = sorted(sizes, key=lambda path: (-sizes[path], path))  # no long one is left for the end
        planner = partial(Planner, tree, codemod, changed)
        crew = Crew(planner, processors() if jobs is None else jobs, limit)
        for path, result in crew.work(largest_first):
            planned = Planned(path, reason=result.reason, failed=True) if isinstance(result, Lost) else result
            if planned.edit or planned.notes or planned.reason:
                found[path] = _together(found[path], planned) if path in found else planned
            del sizes[path]
            tell(told + len(largest_first) - len(sizes), told + len(largest_first))
        told += len(largest_first)
    return [found[path] for path in sorted(found)]


def _together(first: Planned, then: Planned) -> Planned:
    """What two codemods after one another made of a file."""
    edit = first.edit
    if then.edit is not None:
        edit = Edit(then.path, then.edit.before if edit is None else edit.before, then.edit.after)
    return Planned(
        then.path,
        edit if edit is not None and edit.before != edit.after else None,
        first.by + tuple(each for each in then.by if each not in first.by),
        first.notes + tuple(note for note in then.notes if note not in first.notes),
        first.reason or then.reason,
        first.line if first.reason else then.line,
        first.failed or then.failed,
    )


def _candidate(root: Path, path: str, codemod: Codemod, changed: Mapping[str, bytes]) -> int:
    """The size of a file that a codemod may change, or that can't be read; else 0."""
    try:
        data = changed[path] if path in changed else (root / path).read_bytes()
    except OSError:
        return 1
    return len(data) if may_match(data, codemod) else 0


class Planner:
    """Plans one file after the other for one codemod; what it learns of other files it keeps, up to a size.

    ``changed`` holds what earlier codemods made of files, by path.
    """

    def __init__(self, tree: Tree, codemod: Codemod, changed: Mapping[str, bytes]) -> None:
        self._codemod = codemod
        self._changed = changed
        self._disk = Disk(tree, changed)
        self._sources = self._disk.sources()
        self._enough = PARSED
        self._since = 0  # files since it began anew

    def __call__(self, path: str) -> Planned:
        """What the codemod makes of a file."""
        with uncollected():
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
            raw = self._changed[path] if path in self._changed else contents(root, path)
        except UnwritableError as error:
            return Planned(path, reason=str(error))
        read = decoded(raw)
        if isinstance(read, str):
            return Planned(path, reason=read)
        try:
            outcome = rewrite(read.text, [self._codemod], Place.within(self._sources, path))
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
