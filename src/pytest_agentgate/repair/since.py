"""From which state of the implementation the tests date: what a repair compares with where nobody says it.

On a branch, where it left the branch that work starts from; on that branch itself, what its upstream has; and where
nothing was committed since, the last commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_agentgate import git
from pytest_agentgate.codemods.files.layout import folders_of_tests, is_of_source
from pytest_agentgate.config import Project
from pytest_agentgate.errors import UsageError

_BRANCHES = ("main", "master", "trunk", "develop")


@dataclass(frozen=True)
class Since:
    """A state of the implementation."""

    name: str  # as it was called
    commit: str
    why: str = ""  # how it was found, where nobody named it


def since(project: Project, named: str = "") -> Since:
    """The commit that is named, or the one that the change of the implementation starts from.

    Raises UsageError, with what to do, where there is none.
    """
    root = project.root
    if not git.is_repository(root):
        raise UsageError(
            f"{root} is in no git repository: give the old implementation with --base-path or --base-package"
        )
    if named:
        commit = git.commit_of(root, named)
        if not commit:
            how = git.how_to_fetch(root, named)
            raise UsageError(f"--base {named}: no such commit here" + (f"; {how}" if how else ""))
        return Since(named, commit)
    head = git.commit_of(root, "HEAD")
    if not head:
        raise UsageError(f"{root}: there is no commit yet: give the old implementation with --base-path")
    for name in _starts(root):
        commit = git.merge_base(root, name)
        if commit and commit != head and _differs(project, commit):
            return Since(name, commit, f"where this branch left {name}")
    if _differs(project, head):
        return Since("HEAD", head, "the implementation has changes that are not committed")
    lacking = "; this clone is shallow, git fetch --unshallow brings its older commits" if git.is_shallow(root) else ""
    raise UsageError(
        "the implementation does not differ from the branch that it started from: name the commit that the tests were "
        f"written for with --base REF{lacking}"
    )


def _starts(root: Path) -> Iterator[str]:
    """The branches that work may have started from, likeliest first."""
    for arguments in (
        ("rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}"),
        ("rev-parse", "--abbrev-ref", "origin/HEAD"),
    ):
        found = (git.git(root, *arguments) or b"").decode(errors="replace").strip()
        if found and git.commit_of(root, found):
            yield found
    for branch in _BRANCHES:
        for name in (f"origin/{branch}", branch):
            if git.commit_of(root, name):
                yield name


def _differs(project: Project, commit: str) -> bool:
    changed = git.changed_files(project.root, commit) or ()
    python = [name for name in changed if name.endswith((".py", ".pyi"))]
    tests = folders_of_tests(project.root, project.config.tests)
    return any(is_of_source(name, project.config.source or (".",), tests) for name in python)
