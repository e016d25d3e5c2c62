"""What gates are judged on: values that others have read and measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property

from pytest_agentgate.gates.ended import Ended, ended
from pytest_agentgate.model import Cause, Failure, Property, Result, Run, Warned
from pytest_agentgate.model.judgement import Approval, Measure
from pytest_agentgate.values import frozen


@frozen
class RunFacts:
    """One run, read back."""

    run: Run
    results: tuple[Result, ...] = ()  # every attempt
    failures: tuple[Failure, ...] = ()
    causes: tuple[Cause, ...] = ()
    warnings: tuple[Warned, ...] = ()
    properties: tuple[Property, ...] = ()
    collected: Mapping[str, int] = field(default_factory=dict)  # file -> its tests that were to run

    @cached_property
    def _ended(self) -> Ended:
        return ended(self.results)

    @cached_property
    def lost(self) -> Mapping[str, int]:
        """Tests that were collected and have no result, by file: not even the one of a test that was not run."""
        if not self.collected:
            return {}
        reported = Counter([nodeid.partition("::")[0] for nodeid in self.tests])
        return {file: number - reported[file] for file, number in self.collected.items() if number > reported[file]}

    @property
    def tests(self) -> Mapping[str, Result]:
        """The last attempt at every test by node id, sorted."""
        return self._ended.tests

    @property
    def flaky(self) -> frozenset[str]:
        """Tests of which an attempt failed, and the last one did not."""
        return self._ended.flaky


@frozen
class Lack:
    """Why something is not known, and the command that makes it known."""

    why: str
    command: str = ""


@frozen
class Facts:
    """All that a judgement knows."""

    now: RunFacts
    baseline: RunFacts | Lack = Lack("no baseline is given", "agentgate gate --baseline RUN")  # what "new" is held to
    changed: tuple[str, ...] | Lack = Lack("no base is given", "agentgate gate --base REF")  # files of the source
    approvals: tuple[Approval, ...] = ()  # of the run's commit
    measured: Mapping[str, Measure] = field(default_factory=dict)  # metric -> what the harness measured
    remeasure: str = "agentgate gate"  # the command with which the harness measures what is not in ``measured``
    hidden: Mapping[str, int] = field(default_factory=dict)  # file -> tests it had when it was last collected
