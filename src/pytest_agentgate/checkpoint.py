"""Checkpoints: a commit of the tests when a phase passes, and the way back to it when one fails.

A checkpoint takes what changed below the folders of tests, and nothing else: what is staged stays staged, what is not
stays as it is. The way back undoes what agentgate itself did, newest first: batches of the journal, and commits that
bear its trailer. It stops at whatever somebody else did, and each step is one that a person's work survives if we are
killed before or after it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pytest_agentgate import git
from pytest_agentgate.codemods.files.edits import digest
from pytest_agentgate.codemods.files.journal import Batch, Journal
from pytest_agentgate.codemods.files.layout import folders_of_tests, is_of_source
from pytest_agentgate.config import Project
from pytest_agentgate.errors import AgentgateError, JournalError
from pytest_agentgate.model.judgement import Phase

CHECKPOINT, RUN, EDIT = "Agentgate-Checkpoint", "Agentgate-Run", "Agentgate-Edit"
"""Trailers of commits: a checkpoint and the run that passed; a commit of edits that agentgate made."""

_LIMIT = 600.0  # seconds; hooks of a commit may run linters
_LOOKED_BACK = 200  # commits
# What git is in the middle of when one of these is there.
_UNFINISHED = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
}


class CheckpointError(AgentgateError):
    """No checkpoint is made, or no way back taken; the message says why, and nothing was changed."""


@dataclass(frozen=True)
class Checkpoint:
    """A commit that was made, "" where there was nothing to commit."""

    commit: str
    files: tuple[str, ...] = ()  # from the root
    left: tuple[str, ...] = ()  # new since the run began, which nobody has judged


@dataclass(frozen=True)
class Undone:
    """What was taken back, newest first, and why it stopped there."""

    steps: tuple[str, ...] = ()  # a line each
    stopped: str = ""  # "" where everything was


def make(project: Project, phase: Phase, run_id: str, began: str) -> Checkpoint:
    """Commit what changed below the folders of tests, with the phase's message and our trailers.

    ``began`` is when the judged run did: a test that changed since was not judged. Hooks run, and may refuse.
    Raises CheckpointError.
    """
    root = project.root
    _ready(root)
    changed, new = _changes(project)
    since = datetime.fromisoformat(began).timestamp()
    late = next((path for path in changed if _modified(root / path) >= since), None)
    if late is not None:
        raise CheckpointError(f"{late} was changed after the run began: run the tests again")
    left = tuple(path for path in new if _modified(root / path) >= since)
    new = tuple(path for path in new if path not in left)
    files = (*changed, *new)
    if not files:
        return Checkpoint("", (), left)
    twice = _names(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "--", *changed) if changed else ()
    staged = _names(root, "diff", "--cached", "--name-only", "--no-renames", "--relative", "-z", "--", *files)
    for path in twice:
        if path in staged:  # git would put the version on disk in the place of the staged one, which then is nowhere
            raise CheckpointError(f"{path} is staged as it is not on disk: stage or unstage it")
    message = f"{phase.commit}\n\n{CHECKPOINT}: {phase.name}\n{RUN}: {run_id}\n"
    commit = _commit(root, message, files, new)
    return Checkpoint(commit, tuple(sorted(files)), left)


def uncommitted(project: Project) -> frozenset[str]:
    """Files of tests with changes that are in no commit, tracked and new; none where there is no repository.

    Raises CheckpointError.
    """
    if not git.is_repository(project.root) or not git.commit_of(project.root, "HEAD"):
        return frozenset()
    changed, new = _changes(project)
    return frozenset((*changed, *new))


def commit_edits(project: Project, message: str, repair: str, files: Sequence[str]) -> str:
    """Commit files that agentgate has edited, and nothing else; -> the commit, "" where none of them differs.

    Its trailer tells the way back whose it is. Hooks run, and may refuse. Raises CheckpointError.
    """
    root = project.root
    _ready(root)
    changed = _names(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD", "--", *files)
    if not changed:
        return ""
    return _commit(root, f"{message.rstrip()}\n\n{EDIT}: {repair}\n", changed, ())


def roll_back(project: Project) -> Undone:
    """Take back what agentgate did since the last checkpoint, or since the last commit that is not agentgate's own.

    Raises CheckpointError where not even a first step can be judged.
    """
    _ready(project.root)
    journal = Journal(project.state / "journal", project.root)
    steps: list[str] = []
    while True:
        commits = _history(project.root)
        head = commits[0] if commits else None
        batch = next(iter(journal.batches()), None) if journal.folder.is_dir() else None
        batch = batch if batch and _is_since(batch, commits, project.root) else None
        try:
            if batch and (head is None or not head.is_edit or _time(batch) >= head.time):
                journal.undo()
                steps.append(f"batch {batch.id} is taken back: {batch.what}")
            elif head and head.is_edit:
                _take_back(project.root, head)
                steps.append(f"commit {head.id[:12]} is taken back: {head.subject}")
            else:
                return Undone(tuple(steps))
        except (JournalError, CheckpointError) as error:
            return Undone(tuple(steps), str(error))


# ---- making one


def _ready(root: Path) -> None:
    """Raise CheckpointError where a commit would be none of this work's, or lost."""
    if not git.is_repository(root):
        raise CheckpointError(f"{root} is in no git repository")
    if not git.commit_of(root, "HEAD"):
        raise CheckpointError("the repository has no commit yet")
    if git.git(root, "symbolic-ref", "--quiet", "HEAD") is None:
        raise CheckpointError("HEAD is detached, so that a commit would be on no branch: git switch -c NAME")
    for name, what in _UNFINISHED.items():
        place = (git.git(root, "rev-parse", "--git-path", name) or b"").strip()
        if place and (root / os.fsdecode(place)).exists():
            raise CheckpointError(f"{what} is not finished")


def _changes(project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What differs from HEAD below the tests, tracked and new, relative to the root."""
    root = project.root
    folders = folders_of_tests(root, project.config.tests)
    folders = tuple(name for name in folders if os.path.lexists(root / name) or _is_tracked(root, name))
    if not folders:
        return (), ()
    paths = [f":(top,literal){_from_top(root, name)}" for name in folders]
    changed = _names(
        root, "diff", "--name-only", "--no-renames", "--relative", "-z", "HEAD", "--", *paths, literal=False
    )
    new = _names(root, "ls-files", "-z", "--others", "--exclude-standard", "--", *paths, literal=False)
    # What is staged as new and not in HEAD differs from it; what was staged and is gone from disk is nothing.
    source = project.config.source
    changed, new = (
        tuple(name for name in names if not is_of_source(name, source, folders)) for names in (changed, new)
    )
    return changed, new


def _from_top(root: Path, name: str) -> str:
    prefix = os.fsdecode((git.git(root, "rev-parse", "--show-prefix") or b"").rstrip(b"\n"))
    return f"{prefix}{'' if name == '.' else name}".rstrip("/")  # "" is all of it


def _is_tracked(root: Path, name: str) -> bool:
    return bool(git.git(root, "ls-files", "-z", "--", name))


def _commit(root: Path, message: str, files: Sequence[str], new: Sequence[str]) -> str:
    """Commit these files alone; -> the commit. git itself keeps what else is staged as it is."""
    if new:  # git commits only what it knows; nothing of their content is staged by this
        _do(root, "add", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul", given=_listed(new))
    try:
        with_message = f"--message={message}"
        only = ("--only", "--pathspec-from-file=-", "--pathspec-file-nul", "--quiet")
        _do(root, "commit", *only, with_message, given=_listed(files))
    except CheckpointError:
        if new:
            unknown = ("rm", "--cached", "--quiet", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
            _do(root, *unknown, given=_listed(new))
        raise
    return git.commit_of(root, "HEAD")


# ---- the way back


@dataclass(frozen=True)
class _Commit:
    id: str
    parents: tuple[str, ...]
    time: float  # whole seconds of the epoch
    is_edit: bool
    is_checkpoint: bool
    subject: str


def _history(root: Path) -> tuple[_Commit, ...]:
    """The commits from HEAD back to the first that is not an edit of ours, which is the last one."""
    trailers = f"%(trailers:key={EDIT},valueonly,separator=%x2C)%x1f%(trailers:key={CHECKPOINT},valueonly)"
    shown = _said(root, "log", "-z", f"--max-count={_LOOKED_BACK}", f"--format=%H%x1f%P%x1f%ct%x1f%s%x1f{trailers}")
    commits: list[_Commit] = []
    for record in shown.decode(errors="replace").split("\0"):
        if not record.strip():
            continue
        name, parents, seconds, subject, edit, checkpoint = record.split("\x1f")
        is_edit = bool(edit.strip()) and not checkpoint.strip() and len(parents.split()) == 1
        commits.append(
            _Commit(name, tuple(parents.split()), float(seconds), is_edit, bool(checkpoint.strip()), subject)
        )
        if not is_edit:
            break
    return tuple(commits)


def _is_since(batch: Batch, commits: Sequence[_Commit], root: Path) -> bool:
    """Whether a batch was written after the last commit that is not ours to take back."""
    bound = commits[-1]
    if _time(batch) >= bound.time + 1:
        return True
    # Within the second that the commit tells, its content does.
    contents = (git.file_at(root, bound.id, entry.path) for entry in batch.files)
    held = (text is not None and digest(text) == entry.after for text, entry in zip(contents, batch.files, strict=True))
    return _time(batch) >= bound.time and not all(held)


def _time(batch: Batch) -> float:
    return datetime.fromisoformat(batch.created_at).timestamp()


def _take_back(root: Path, commit: _Commit) -> None:
    """Bring the branch and the commit's files to where they were before it, where nobody changed them since.

    First the files, then the branch: killed in between, the files already are what the next try brings them to.
    """
    if elsewhere := _said(
        root, "for-each-ref", "--count=1", "--format=%(refname:short)", "--contains", commit.id, "refs/remotes"
    ):
        where = elsewhere.decode(errors="replace").strip()
        raise CheckpointError(f"commit {commit.id[:12]} is on {where} already: git revert {commit.id[:12]}")
    (parent,) = commit.parents
    files = _names(root, "diff-tree", "-r", "--no-commit-id", "--name-only", "--no-renames", "-z", parent, commit.id)
    top = Path(os.fsdecode(_said(root, "rev-parse", "--show-toplevel").rstrip(b"\n")))
    for compared in ([], ["--cached"]):
        as_committed = set(_names(top, "diff", *compared, "--name-only", "--no-renames", "-z", commit.id, "--", *files))
        as_before = set(_names(top, "diff", *compared, "--name-only", "--no-renames", "-z", parent, "--", *files))
        for path in files:
            if path in as_committed and path in as_before:
                raise CheckpointError(f"{path} was changed since commit {commit.id[:12]}, which stays")
    tracked = set(_names(top, "ls-files", "-z", "--", *files))
    for path in files:
        if path not in tracked and os.path.lexists(top / path):
            raise CheckpointError(f"{path} is new since commit {commit.id[:12]}, which stays")
    there = _names(top, "ls-tree", "-r", "--name-only", "-z", parent, "--", *files)
    known = [path for path in files if path in tracked or path in there]
    if known:
        _do(top, "restore", f"--source={parent}", "--staged", "--worktree", "--", *known)
    _do(top, "update-ref", "-m", "agentgate: back to the last checkpoint", "HEAD", parent, commit.id)


# ---- git


def _do(root: Path, *arguments: str, given: bytes = b"") -> None:
    _said(root, *arguments, given=given)


def _said(root: Path, *arguments: str, given: bytes = b"", literal: bool = True) -> bytes:
    """What git prints; raises CheckpointError with the last of what it complains of."""
    words = ("--literal-pathspecs", *arguments) if literal else arguments
    done = git.run(root, *words, given=given, limit=_LIMIT)
    if done is None:
        raise CheckpointError(f"git {arguments[0]} cannot be run, or takes too long")
    if done.returncode:
        complaint = [*_lines(done.stdout), *_lines(done.stderr)][-1:] or [f"exit status {done.returncode}"]
        raise CheckpointError(f"git {arguments[0]}: {complaint[0]}")
    return done.stdout


def _names(root: Path, *arguments: str, literal: bool = True) -> tuple[str, ...]:
    printed = _said(root, *arguments, literal=literal)
    return tuple(os.fsdecode(name) for name in printed.split(b"\0") if name)


def _lines(printed: bytes) -> Iterator[str]:
    return (line.strip() for line in printed.decode(errors="replace").splitlines() if line.strip())


def _listed(paths: Sequence[str]) -> bytes:
    return b"\0".join(os.fsencode(path) for path in paths)


def _modified(path: Path) -> float:
    """When a file was last changed; not its time of modification, which whoever writes it may set, as we do."""
    try:
        status = path.lstat()
    except OSError:  # deleted, and nobody knows when
        return 0.0
    return status.st_ctime if os.name == "posix" else status.st_mtime
