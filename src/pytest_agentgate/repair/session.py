"""A repair from its first run to its last, with its record; what a person asked for comes as values.

Only one works on a checkout at a time. What a repair that was killed had on trial is taken back first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from pytest_agentgate.capture.repairlog import RepairLog, new_id
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.config import Project
from pytest_agentgate.errors import AgentgateError, RunLogError, UsageError
from pytest_agentgate.model import Kind, Run
from pytest_agentgate.model.repair import Attempt, Left, Repair
from pytest_agentgate.origin import checkout_of
from pytest_agentgate.repair.attempts.attempting import StoppedError
from pytest_agentgate.repair.attempts.planning import FilesOfTests
from pytest_agentgate.repair.attempts.rerun import Ran, Reruns, recorded_state
from pytest_agentgate.repair.attempts.services import Services
from pytest_agentgate.repair.attempts.state import State
from pytest_agentgate.repair.loop import Loop, Progress, Propose
from pytest_agentgate.repair.supplying import Supplying
from pytest_agentgate.runner.interpreter import Interpreter
from pytest_agentgate.runner.private_folder import private_folder

PASSES = 3
"""How often the steps are gone through: a later one may reveal what an earlier one can repair."""


@dataclass(frozen=True)
class Step:
    """A part of a repair: a phase of the configuration, or all of it."""

    name: str = ""
    kinds: frozenset[Kind] | None = None  # that are repaired; None: all


@dataclass(frozen=True)
class Kept:
    """What a step has kept, when a run of everything has confirmed it."""

    step: Step
    run: Run
    attempts: tuple[Attempt, ...]
    files: tuple[str, ...]
    repair: str  # its id


@dataclass(frozen=True)
class Wishes:
    """What was asked for."""

    steps: tuple[Step, ...] = (Step(),)
    arguments: tuple[str, ...] = ()  # of pytest
    run: str = ""  # of the record, to begin with
    unsafe: bool = False
    dry: bool = False
    limit: float = 600.0  # seconds of one run
    jobs: int | None = None
    agent: str = ""
    base: str = ""
    base_commit: str = ""


Commit = Callable[[Kept], str]
"""Commits what a step has kept; -> the commit, "" where there is none."""


class Session:
    """One repair of one project. ``tell`` is told where it stands, ``said`` what is done now.

    Attributes:
        stopped: from outside, before it was over.
        uncommitted: something that was to be committed is not.
    """

    def __init__(
        self,
        project: Project,
        interpreter: Interpreter,
        propose: Propose,
        wishes: Wishes,
        *,
        edited: Callable[[], None] = lambda: None,
        commit: Commit | None = None,
        services: Services | None = None,
        tell: Callable[[Progress], None] = lambda progress: None,
        said: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._project = project
        self._interpreter = interpreter
        self._propose = propose
        self._wishes = wishes
        self.stopped = False
        self.uncommitted = False
        self._edited = edited
        self._commit = commit
        self._services = services or Services()
        self._tell = tell
        self._say = said
        self._commits: list[str] = []
        self._notes: list[str] = []
        self._logged = 0
        self._id = new_id()

    def repair(self) -> Repair:
        """Go from the first run to the last; -> what came of it, which is recorded.

        Raises AgentgateError where it cannot begin.
        """
        wishes, project = self._wishes, self._project
        began = monotonic()
        tests = FilesOfTests(project, wishes.jobs)
        state_folder = project.prepare_state()
        journal = Journal(state_folder / "journal", project.root)
        checkout = checkout_of(project.root)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        head = Repair(self._id, now, wishes.agent, wishes.base, wishes.base_commit, checkout.commit, dry=wishes.dry)
        with journal.at_work(), self._reruns() as reruns:
            self._restore(journal)
            log = RepairLog(project.runs, head)
            first = self._first(reruns)
            self.stopped = first.stopped
            if first.why or first.run is None:
                repair = self._not_begun(head, first)
            else:
                loop = self._loop(head, tests, reruns, journal, first.state)
                supplying = Supplying(self._services, reruns, self._say)
                last = self._through(loop, log, first, supplying)
                self.stopped = loop.stopped
                repair = self._ended(head, loop, first, last, supplying)
                repair = replace(repair, notes=(*repair.notes, *self._unverified(tests, loop, first.run)))
            repair = replace(repair, seconds=monotonic() - began)
            try:
                log.end(repair)
            except RunLogError as error:
                repair = replace(repair, notes=(*repair.notes, str(error)))
            return repair

    # ---- before

    @contextmanager
    def _reruns(self) -> Iterator[Reruns]:
        wishes = self._wishes
        with private_folder() as folder:
            yield Reruns(
                self._project,
                self._interpreter,
                wishes.arguments,
                folder.path,
                limit=wishes.limit,
                jobs=wishes.jobs,
                agent=wishes.agent,
                services=self._services,
            )

    def _restore(self, journal: Journal) -> None:
        """Take back what a repair that was killed had on trial."""
        for batch in journal.batches():
            if batch.on_trial:
                theirs = ", ".join(journal.abandon(batch.id))
                but = f", but for {theirs}: changed since" if theirs else ""
                self._notes.append(f"an attempt of {batch.group}, which was killed, is taken back{but}")

    def _first(self, reruns: Reruns) -> Ran:
        if not self._wishes.run:
            self._say("running all tests")
            return reruns.whole(recorded=True)
        run, state = recorded_state(self._project, self._wishes.run)
        checkout = checkout_of(self._project.root)
        if run.commit != checkout.commit or run.dirty or checkout.dirty:
            raise UsageError(f"--run {run.id} is of another state of the files: leave it out, and the tests are run")
        reruns.learn(run)
        return Ran(state, run)

    def _not_begun(self, head: Repair, first: Ran) -> Repair:
        notes = [*self._notes, f"the first run does not tell the state of the tests: {first.why}"]
        notes += [f"pytest printed: {line}" for line in first.said.splitlines()[-5:]]
        return replace(head, before_run=first.run.id if first.run else "", complete=False, notes=tuple(notes))

    def _loop(self, head: Repair, tests: FilesOfTests, reruns: Reruns, journal: Journal, state: State) -> Loop:
        return Loop(
            tests,
            reruns,
            journal,
            self._propose,
            state,
            group=head.id,
            unsafe=self._wishes.unsafe,
            dry=self._wishes.dry,
            edited=self._edited,
            tell=self._tell,
        )

    # ---- the steps

    def _through(self, loop: Loop, log: RepairLog, first: Ran, supplying: Supplying) -> Ran:
        """Go through the steps until none helps any more; -> the last run of everything."""
        last = first
        confirmed = (0, 0)

        def done() -> tuple[int, int]:
            return len(loop.kept), len(supplying.attempts)

        try:
            self._supply(loop, supplying)
            for _ in range(PASSES):
                before = done()
                for step in self._wishes.steps:
                    kept = len(loop.kept)
                    loop.repair(step.kinds, step.name)
                    self._log(log, loop)
                    if loop.stopped:
                        return last
                    if self._commit is not None and len(loop.kept) > kept:
                        last = self._confirmed(loop)
                        confirmed = done()
                        self._commit_step(step, loop, last)
                supplied = self._supply(loop, supplying)
                if done() == before or (len(self._wishes.steps) == 1 and not supplied):
                    break
            if confirmed != done() and not self._wishes.dry:
                last = self._confirmed(loop)
        except (StoppedError, KeyboardInterrupt):
            loop.stopped = True
        return last

    def _supply(self, loop: Loop, supplying: Supplying) -> bool:
        """Have the services started that the suite lacks as it is now; -> whether that changed anything."""
        state = supplying.applied(loop.state)
        if state is loop.state:
            return False
        loop.resume(state)
        return True

    def _confirmed(self, loop: Loop) -> Ran:
        self._say("running all tests, to confirm")
        return loop.confirm()

    def _log(self, log: RepairLog, loop: Loop) -> None:
        for attempt in loop.attempts[self._logged :]:
            try:
                log.attempt(attempt)
            except RunLogError as error:
                self._notes.append(str(error))
        self._logged = len(loop.attempts)

    def _commit_step(self, step: Step, loop: Loop, last: Ran) -> None:
        attempts = tuple(attempt for attempt in loop.kept if attempt.phase == step.name)
        if self._commit is None or last.run is None or last.why or not attempts:
            return
        try:
            made = self._commit(Kept(step, last.run, attempts, loop.files, self._id))
        except AgentgateError as error:
            self.uncommitted = True
            self._notes.append(f"no commit{f' of phase {step.name!r}' if step.name else ''}: {error}")
            return
        if made:
            self._commits.append(made)

    # ---- after

    def _unverified(self, tests: FilesOfTests, loop: Loop, run: Run) -> Iterator[str]:
        """What to say of edits that no test of the same file has been run for."""
        is_ours = Path(run.root) == self._project.root  # else its files are relative to another folder
        unseen = tests.not_run(loop.files, loop.state.files) if is_ours else ()
        if unseen:
            more = f", and {len(unseen) - 1} more files" if len(unseen) > 1 else ""
            yield f"{unseen[0]}{more}: edited, and no test of theirs was run"

    def _ended(self, head: Repair, loop: Loop, first: Ran, last: Ran, supplying: Supplying) -> Repair:
        red = loop.red_before()
        kinds: frozenset[Kind] | None = frozenset()
        for step in self._wishes.steps:
            kinds = None if kinds is None or step.kinds is None else kinds | step.kinds
        notes = [*self._notes, *self._services.notes, *loop.notes]
        if last.why:
            notes.append(f"the last run of everything does not tell the state of the tests: {last.why}")
        return replace(
            head,
            before_run=first.run.id if first.run else "",
            after_run=last.run.id if last.run and last is not first else "",
            red_before=len(red),
            green_after=len(loop.green_after() - supplying.green),
            attempts=(*supplying.attempts, *loop.attempts),
            left=tuple(_with_reason(one, supplying) for one in loop.left(kinds)),
            files=loop.files,
            commits=tuple(self._commits),
            complete=not loop.stopped and not last.why,
            notes=tuple(notes),
        )


def _with_reason(left: Left, supplying: Supplying) -> Left:
    """A cause that is left, with why no service could be had, or none has helped."""
    came_to = supplying.came_to.get(left.cause)
    return replace(left, why=f"{left.why}: {came_to.why}") if came_to and came_to.why else left
