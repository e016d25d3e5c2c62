"""The implementation."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_agentgate.gates.baseline import lacking
from pytest_agentgate.gates.facts import Facts, Lack
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model.judgement import Item, Measure


class FilesChanged(Metric):
    """Files below ``source`` that differ from the base, in commits, in the worktree or untracked; needs a base."""

    name = "source.files_changed"
    on_new = False

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """The files."""
        if isinstance(facts.changed, Lack):
            return lacking(facts.changed)
        files = sorted(set(facts.changed))
        return Measure(float(len(files)), tuple(Item(file) for file in files))
