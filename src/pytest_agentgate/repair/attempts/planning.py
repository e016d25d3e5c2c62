"""What a proposal would do to the files of tests, and to no other; nothing is written."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.files.edits import Edit, Text, decoded, reason_against
from pytest_agentgate.codemods.files.layout import Layout, folders_of_tests, is_of_source
from pytest_agentgate.codemods.files.plan import plan
from pytest_agentgate.codemods.files.tree import Tree, find
from pytest_agentgate.config import Project
from pytest_agentgate.errors import UsageError


@dataclass(frozen=True)
class Plan:
    """The edits of an attempt, and what was left alone."""

    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()  # "tests/test_a.py:12: why"
    failed: tuple[str, ...] = ()  # files that could not be dealt with, "tests/test_a.py: why"

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(edit.path for edit in self.edits)


class FilesOfTests:
    """The files of tests that a project has, and what codemods would make of them.

    Raises UsageError where a project has no folder of tests.
    """

    def __init__(self, project: Project, jobs: int | None = None) -> None:
        self._project = project
        self._jobs = jobs
        root = project.root
        folders = folders_of_tests(root, project.config.tests)
        there = [root / folder for folder in folders if (root / folder).exists()]
        if not there:
            raise UsageError(f"no folder of tests in {root}: name it in tool.agentgate.tests")
        found, _ = find(root, there)
        self.files = tuple(path for path in found if not is_of_source(path, project.config.source, folders))
        self.tree = Tree(root, Layout(root, project.config.source).import_roots(self.files))

    def plan(self, codemods: Sequence[Codemod], without: Collection[str] = ()) -> Plan:
        """What codemods would do to all files of tests but some."""
        files = [path for path in self.files if path not in without]
        planned = plan(self.tree, codemods, files, self._jobs)
        notes = [f"{each.path}:{note.line}: {note.reason}" for each in planned for note in each.notes]
        failed = [f"{each.path}: {each.reason}" for each in planned if each.reason]
        return Plan(tuple(each.edit for each in planned if each.edit), tuple(dict.fromkeys(notes)), tuple(failed))

    def not_run(self, edited: Iterable[str], run: Collection[str]) -> tuple[str, ...]:
        """Of some files those that have tests of their own, none of which is in the files that were run."""
        layout = Layout(self.tree.root)
        return tuple(path for path in edited if path not in run and layout.is_collected(path))

    def why_left(self, paths: Iterable[str]) -> str:
        """Why the first of some files that is never edited is not, "" where all may be."""
        for path in paths:
            if path.endswith(".py") and path not in self.files:
                reason = reason_against(self.tree.root, Path(os.path.realpath(self.tree.root / path)))
                if reason:
                    return f"{path}: {reason}"
        return ""

    def text(self, path: str) -> str | None:
        """The text of a file of tests as it is now."""
        try:
            read = decoded((self._project.root / path).read_bytes())
        except OSError:
            return None
        return read.text if isinstance(read, Text) else None


def texts_of(edits: Sequence[Edit]) -> dict[str, tuple[str, str]]:
    """The texts of edited files before and after."""
    found = {}
    for edit in edits:
        before, after = decoded(edit.before), decoded(edit.after)
        if isinstance(before, Text) and isinstance(after, Text):
            found[edit.path] = (before.text, after.text)
    return found
