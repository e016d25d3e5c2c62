"""A person's word."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pytest_agentgate.gates.facts import Facts
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model.judgement import Item, Measure, Unit


class OfPhase(Metric):
    """Whether a person approved this phase for the very commit that was run.

    A run of a worktree with changes that are in no commit is not approved by anything.
    """

    name = "approval.<phase>"
    unit = Unit.FLAG
    on_new = False

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """True or false, and who approved."""
        [phase] = arguments
        run = facts.now.run
        given = [one for one in facts.approvals if one.phase == phase and (not run.commit or one.commit == run.commit)]
        command = f"agentgate approve {shlex.quote(phase)} --reason TEXT"
        if run.dirty:
            return Measure(
                0.0, why="the run had changes that are in no commit: commit, run and approve", command=command
            )
        if not given:
            why = f"nobody approved {phase!r}" + (f" for commit {run.commit[:12]}" if run.commit else "")
            return Measure(0.0, why=why, command=command)
        last = max(given, key=lambda one: (one.approved_at, one.person, one.reason))
        return Measure(1.0, (Item(last.person, note=last.reason),))
