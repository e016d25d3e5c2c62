"""Who proposes remedies to the loop: what changed is read once, the tests again after each edit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path

from pytest_agentgate.codemods.files.layout import Layout, folders_of_tests
from pytest_agentgate.codemods.files.tree import python_files
from pytest_agentgate.config import Project
from pytest_agentgate.errors import UsageError
from pytest_agentgate.model import Cause, Failure
from pytest_agentgate.repair.align.alignment import align
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.trees import FolderTree, Tree
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.confirm import Asked, Told
from pytest_agentgate.repair.confirm import interpreter as confirming
from pytest_agentgate.repair.infer import infer
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.suite import Suite
from pytest_agentgate.repair.whereabouts import places
from pytest_agentgate.runner.interpreter import Interpreter


class Proposing:
    """Proposes for one project whose implementation was ``old``, another tree or the same in another state.

    Args:
        old: the files of the old implementation.
        release_roots: where they are those of a release, the folders in it from which its modules are imported. It may
            be one of a dependency: then what the interpreter has of it is the new implementation.
        cache: a folder for what is read of trees.
    """

    def __init__(
        self,
        project: Project,
        interpreter: Interpreter,
        old: Tree,
        *,
        release_roots: Sequence[str] = (),
        cache: Path | None = None,
    ) -> None:
        self._project = project
        self._interpreter = interpreter
        self._old = old
        self._release_roots = tuple(release_roots)
        self._cache = cache
        self._suite: Suite | None = None

    def propose(self, cause: Cause, failures: Sequence[Failure]) -> Sequence[Proposal] | NoProposal:
        """What may repair a cause."""
        if self._suite is None:
            config = self._project.config
            self._suite = Suite.of(self._project.root, config.source, config.tests, self._confirm)
        return infer(cause, failures, self.change, self._suite)

    def edited(self) -> None:
        """Forget what the tests said."""
        self._suite = None

    @cached_property
    def change(self) -> Change:
        """What became of the implementation."""
        source = self._project.config.source
        tests = folders_of_tests(self._project.root, self._project.config.tests)
        new = Api.of(FolderTree(self._project.root), self._roots, source, self._cache, tests=tests)
        if self._release_roots:
            old = Api.of(self._old, self._release_roots, (), self._cache, tests=tests)
            tops = {name.partition(".")[0] for name in old.modules}
            if not tops & {name.partition(".")[0] for name in new.modules}:
                new = self._installed(tops)
        else:
            old = Api.of(self._old, self._roots, source, self._cache, tests=tests)
        return Change(old, new, align(old, new), self._old.text)

    def _installed(self, tops: Collection[str]) -> Api:
        """What the tests' interpreter has of some packages.

        Raises UsageError where it has none of them.
        """
        found = [
            Path(place) for place in places(self._interpreter, self._project.root, (), sorted(tops)).values() if place
        ]
        files = [place.parent if place.name == "__init__.py" else place for place in found]
        if not files:
            raise UsageError(f"{self._interpreter.path} has none of {', '.join(sorted(tops))}: nothing to compare with")
        site = files[0].parent
        folders = [place.name for place in files if place.parent == site]
        return Api.of(FolderTree(site, whole=True), ("",), folders, self._cache)

    @cached_property
    def _roots(self) -> tuple[str, ...]:
        return Layout(self._project.root, self._project.config.source).import_roots(python_files(self._project.root))

    @cached_property
    def _confirm(self) -> Callable[[Sequence[Asked]], Sequence[Told]]:
        return confirming(self._interpreter.path, self._project.root, self._roots)
