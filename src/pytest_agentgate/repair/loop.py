"""The loop of a repair: cause after cause, each remedy tried, until nothing more helps; then a run of everything.

Which remedy follows from a cause is asked of whoever is given as ``propose``; nothing here knows how that is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.files.edits import Edit
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.errors import JournalError, StoreError
from pytest_agentgate.model import Cause, Failure, Kind
from pytest_agentgate.model.repair import Attempt, Left, Verdict
from pytest_agentgate.repair.attempts.attempting import (
    Attempting,
    StoppedError,
    Task,
    Tried,
    describe,
    moved_along,
)
from pytest_agentgate.repair.attempts.order import ordered
from pytest_agentgate.repair.attempts.planning import FilesOfTests
from pytest_agentgate.repair.attempts.remaining import differing, left, left_after, red_before
from pytest_agentgate.repair.attempts.rerun import Ran, Reruns
from pytest_agentgate.repair.attempts.state import PASSED, State, file_of, identity, tests_of
from pytest_agentgate.repair.attempts.verdict import change
from pytest_agentgate.repair.proposal import NoProposal, Proposal

Propose = Callable[[Cause, Sequence[Failure]], Sequence[Proposal] | NoProposal]

TRIES = 6
"""Proposals that are tried for one cause each time it is met."""
MEETINGS = 8
"""How often a cause may come back, with tests that were hidden before."""
ATTEMPTS = 1_000
"""Attempts of a repair."""


@dataclass(frozen=True)
class Progress:
    """Where a repair stands."""

    current: str  # the attempt that is made
    done: int  # causes
    causes: int
    green: int  # tests that were red
    red: int  # tests that are


@dataclass(frozen=True)
class _Reply:
    """What was proposed for a cause when its tests were these."""

    tests: frozenset[str]
    answer: Sequence[Proposal] | NoProposal
    edits: int  # attempts that had been kept by then


class Loop:
    """A repair of one suite from the state that its first run tells of.

    Args:
        state: of the whole suite.
        unsafe: whether what may change the meaning of a test is tried.
        dry: nothing is written; what would be tried is shown.
        edited: is called when files have changed, before anything is proposed again.
    """

    def __init__(
        self,
        tests: FilesOfTests,
        reruns: Reruns,
        journal: Journal,
        propose: Propose,
        state: State,
        *,
        group: str,
        unsafe: bool = False,
        dry: bool = False,
        edited: Callable[[], None] = lambda: None,
        tell: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self.state = state
        self.first = self._begun = state
        self.attempts: list[Attempt] = []
        self.stopped = False
        self.notes: list[str] = []
        self._attempting = Attempting(tests, reruns, journal, group)
        self._reruns = reruns
        self._journal = journal
        self._propose = propose
        self._allowed = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
        self._dry = dry
        self._edited = edited
        self._tell = tell
        self._replies: dict[str, _Reply] = {}
        self._meetings: dict[str, int] = {}
        self._tried: set[tuple[str, tuple[str, ...], frozenset[str]]] = set()
        self._layer: dict[str, int] = {cause.signature: 1 for cause in state.causes}
        self._kept: dict[str, tuple[Edit, ...]] = {}  # batch -> what it wrote, in order
        self._phase = ""
        self._whole: Ran | None = None  # the run of everything that the last kept attempt was judged by

    def repair(self, kinds: frozenset[Kind] | None = None, phase: str = "") -> int:
        """Deal with every cause of some kinds (None: all) until nothing more helps; -> how many attempts were kept."""
        before = len(self._kept)
        self._phase = phase
        settled: set[str] = set()
        try:
            while len(self.attempts) < ATTEMPTS:
                cause = self._next(kinds, settled)
                if cause is None:
                    if not self._ask_again(kinds, settled):
                        break
                    continue
                settled.add(identity(cause))
                self._deal_with(cause, kinds)
        except (StoppedError, KeyboardInterrupt):
            self.stopped = True
        return len(self._kept) - before

    def resume(self, state: State) -> None:
        """Go on from a state that something else than an edit has brought about."""
        self.first = self.first if self._kept else state
        self.state, self._whole = state, None

    def _next(self, kinds: frozenset[Kind] | None, settled: set[str]) -> Cause | None:
        """The first cause in order that was not dealt with as it is now."""
        found = [cause for cause in ordered(self.state.causes) if kinds is None or cause.kind in kinds]
        waiting = [cause for cause in found if identity(cause) not in settled]
        for cause in waiting:
            if self._meetings.get(cause.signature, 0) < MEETINGS:
                green = len(self.first.red - self.state.red)
                done = len(found) - len(waiting)
                self._tell(Progress(cause.title, done, len(found), green, len(self.state.red)))
                return cause
        return None

    def _ask_again(self, kinds: frozenset[Kind] | None, settled: set[str]) -> bool:
        """Whether there are causes without a remedy that were asked about before the last edit was kept."""
        old = [
            cause
            for cause in self.state.causes
            if (kinds is None or cause.kind in kinds)
            and (reply := self._replies.get(cause.signature)) is not None
            and isinstance(reply.answer, NoProposal)
            and reply.edits < len(self._kept)
        ]
        for cause in old:
            del self._replies[cause.signature]
        again = [cause for cause in old if not isinstance(self._answer(cause), NoProposal)]
        settled.difference_update(map(identity, again))
        return bool(again)

    def _answer(self, cause: Cause) -> Sequence[Proposal] | NoProposal:
        """What is proposed for a cause, asked once for the tests that it has."""
        tests = tests_of([cause])
        reply = self._replies.get(cause.signature)
        if reply is None or reply.tests != tests:
            answer = self._propose(cause, self.state.failures_of(cause))
            reply = self._replies[cause.signature] = _Reply(tests, answer, len(self._kept))
        return reply.answer

    def _forget(self) -> None:
        """Files have changed."""
        self._attempting.forget()
        self._edited()

    # ---- one cause

    def _deal_with(self, cause: Cause, kinds: frozenset[Kind] | None) -> None:
        self._meetings[cause.signature] = self._meetings.get(cause.signature, 0) + 1
        answer = self._answer(cause)
        if isinstance(answer, NoProposal):
            return
        tries = 0
        for proposal in answer:
            if self._dry or proposal.applicability not in self._allowed:
                self._show(cause, proposal)
            elif tries < TRIES and self._is_new(cause, proposal):
                tries += 1
                if self._attempt(self._tasks(cause, proposal, kinds)):
                    return

    def _is_new(self, cause: Cause, proposal: Proposal) -> bool:
        """Whether a proposal was neither tried for what a cause is now, nor the same kept for another."""
        return _key(cause, proposal) not in self._tried and not self._is_done(proposal)

    def _is_done(self, proposal: Proposal) -> bool:
        """Whether an attempt was kept that did the same."""
        codemods = tuple(map(str, proposal.codemods))
        return any(attempt.codemods == codemods for attempt in self.kept) and not self._attempting.plan(proposal).edits

    def _tasks(self, cause: Cause, proposal: Proposal, kinds: frozenset[Kind] | None) -> list[Task]:
        """What is to be tried now, and what waits to be tried, in order; several for a cause of several files."""
        tasks: list[Task] = []
        taken: set[str] = set()
        for one in (cause, *ordered(self.state.causes)):
            ours = one.signature == cause.signature
            may_be = (kinds is None or one.kind in kinds) and self._meetings.get(one.signature, 0) < MEETINGS
            if one.signature in taken or not (ours or may_be):
                continue
            waiting = list(dict.fromkeys([*[proposal] * ours, *self._to_try(one)]))
            for each in waiting[: TRIES if len(one.files) > 1 else 1]:
                found = self._task(one, each, kinds)
                tasks.append(
                    replace(found, causes=(one, *(also for also in found.causes[1:] if also.signature not in taken)))
                )
                taken.update(also.signature for also in tasks[-1].causes)
        return tasks

    def _to_try(self, cause: Cause) -> list[Proposal]:
        """What may run for a cause and was not tried."""
        answer = self._answer(cause)
        if isinstance(answer, NoProposal):
            return []
        return [one for one in answer if one.applicability in self._allowed and self._is_new(cause, one)]

    def _task(self, cause: Cause, proposal: Proposal, kinds: frozenset[Kind] | None) -> Task:
        """A proposal for a cause and for the others for which the same is proposed first."""
        causes = [cause]
        for other in ordered(self.state.causes):
            if other.signature != cause.signature and (kinds is None or other.kind in kinds):
                answer = self._answer(other)
                if not isinstance(answer, NoProposal) and answer and answer[0].codemods == proposal.codemods:
                    causes.append(other)
        return Task(tuple(causes), proposal)

    def _attempt(self, tasks: Sequence[Task]) -> bool:
        """Try what is proposed, and once more without the files in which it did harm; -> whether the first was kept."""
        found = self._attempting.attempt(tasks, self.state, is_last=self._is_last_step(tasks))
        found.sort(key=lambda tried: bool(tried.lost_files))  # then all is run, for the state as it is
        for tried in found:
            self._tried.add(_key(tried.task.causes[0], tried.task.proposal))
            self._record(tried)
        kept = {tried.attempt.cause for tried in found if tried.is_kept}
        for tried in found:
            harmed = frozenset(map(file_of, tried.harmed)) & frozenset(tried.attempt.files)
            if harmed and harmed < frozenset(tried.attempt.files):
                [again] = self._attempting.attempt([replace(tried.task, without=harmed)], self.state)
                if again.attempt.files:
                    self._record(again)
                    kept |= {again.attempt.cause} if again.is_kept else set()
        return tasks[0].causes[0].signature in kept

    def _is_last_step(self, tasks: Sequence[Task]) -> bool:
        """Whether nothing is known that waits to be tried beside these tasks."""
        taken = {cause.signature for task in tasks for cause in task.causes}
        return all(
            (reply := self._replies.get(cause.signature)) is not None
            and reply.tests == tests_of([cause])
            and not self._to_try(cause)
            for cause in self.state.causes
            if cause.signature not in taken
        )

    def _record(self, tried: Tried) -> None:
        layer = self._layer.get(tried.attempt.cause, 1)
        known = {(one.cause, one.codemods, one.why) for one in self.attempts if one.verdict is Verdict.SKIPPED}
        if (tried.attempt.cause, tried.attempt.codemods, tried.attempt.why) not in known:  # met with other tests
            self.attempts.append(replace(tried.attempt, round=layer, phase=self._phase))
        if tried.lost_files:
            self.notes.append(f"{', '.join(tried.lost_files)}: changed by somebody else, and left as it is")
            self._whole = None
            self.state = self._all().state
        if tried.is_kept:
            self._kept[tried.attempt.batch] = tried.edits
            self._whole = tried.whole
            self.state = tried.state
            for cause in self.state.causes:
                self._layer.setdefault(cause.signature, layer + 1)
        if tried.is_kept or tried.lost_files:
            self._forget()

    def _show(self, cause: Cause, proposal: Proposal) -> None:
        """Record what is only shown, once."""
        key = (*_key(cause, proposal)[:2], frozenset[str]())
        if key in self._tried:
            return
        self._tried.add(key)
        plan = self._attempting.plan(proposal)
        if proposal.applicability in self._allowed:
            why = "it would be tried" if plan.edits else "it changes no file"
        elif proposal.applicability is Applicability.DISPLAY:
            why = "only shown: it may hide what a test is for"
        else:
            why = "unsafe: only with --unsafe"
        shown = replace(describe([cause], proposal, plan, self.state), why=why)
        self.attempts.append(replace(shown, round=self._layer.get(cause.signature, 1), phase=self._phase))

    # ---- the end

    def _all(self) -> Ran:
        ran = self._reruns.whole(self.state)
        if ran.stopped:
            raise StoppedError("stopped")
        return ran

    def confirm(self) -> Ran:
        """Run everything, for the record; take back what did harm outside of what was run before.

        Where the last edit was judged by a run of everything, that is the one. Raises StoppedError.
        """
        ran = self._adopted() or self._whole_recorded()
        if ran.why or not self._kept:
            return ran
        harmed = self._harmed(ran.state)
        if not harmed:
            return ran
        files = frozenset(map(file_of, harmed)) - {""}
        if not self._is_harmed(files, harmed):
            return self._with(ran, files)
        if self._take_back_what_harms(files, harmed):
            ran = self._whole_recorded()
        return ran

    def _adopted(self) -> Ran | None:
        ran = self._whole
        if ran is None or ran.run is None:
            return None
        try:
            self._reruns.adopt(ran.run)
        except (OSError, StoreError):
            return None
        self.state = ran.state
        return ran

    def _whole_recorded(self) -> Ran:
        ran = self._reruns.whole(self.state, recorded=True)
        if ran.stopped:
            raise StoppedError("stopped")
        if not ran.why:
            self.state = ran.state
        return ran

    def _with(self, ran: Ran, files: frozenset[str]) -> Ran:
        """The run, with what a second run of some files says."""
        self.state = self.state.updated(self._part(files), files)
        return replace(ran, state=self.state)

    def _part(self, files: frozenset[str]) -> State:
        ran = self._reruns.part(self.state, files) if files else self._reruns.whole(self.state)
        if ran.stopped:
            raise StoppedError("stopped")
        return ran.state

    def _harmed(self, state: State) -> frozenset[str]:
        """Tests that passed before the repair began, or were seen to pass since, and do not any more."""
        return change(self.first, state).harm

    def _is_harmed(self, files: frozenset[str], harmed: frozenset[str]) -> bool:
        now = self._part(files)
        return not all(now.outcomes.get(one) in PASSED for one in harmed if "::" in one) or bool(
            now.uncollected & harmed
        )

    def _take_back_what_harms(self, files: frozenset[str], harmed: frozenset[str]) -> bool:
        """Find the attempts without which the harm is gone, the newest first; -> whether any was taken back."""
        gone: list[str] = []
        for batch in reversed(list(self._kept)):
            if batch in gone:
                continue
            going = [one for one in moved_along(self._kept, batch) if one not in gone]
            try:
                self._journal.take_back(going, restore=True)
            except JournalError as error:
                self.notes.append(f"{error}")
                return False
            gone += going
            self._forget()
            if not self._is_harmed(files, harmed):
                culprits = set(going)
                break
        else:
            culprits = set()
            more = f" and {len(harmed) - 1} more" if len(harmed) > 1 else ""
            self.notes.append(
                f"{min(harmed)}{more} fails now, and did with every edit taken back: nothing made it fail"
            )
        for batch in reversed(gone):
            if batch not in culprits:
                self._put_back(batch)
        self._say_taken_back(culprits, harmed)
        return bool(culprits)

    def _put_back(self, batch: str) -> None:
        """Write again what was taken back for nothing."""
        edits = self._kept[batch]
        found = next(attempt for attempt in self.attempts if attempt.batch == batch)
        written = self._journal.write(
            edits, f"{found.title}: {'; '.join(found.codemods)}"[:500], self._attempting.group
        )
        self._journal.confirm(written.batch)
        self._kept = {written.batch if old == batch else old: texts for old, texts in self._kept.items()}
        self.attempts = [
            replace(attempt, batch=written.batch) if attempt.batch == batch else attempt for attempt in self.attempts
        ]

    def _say_taken_back(self, batches: set[str], harmed: frozenset[str]) -> None:
        why = f"the run of everything: {min(harmed)} passed before, and does not with it"
        for batch in batches:
            del self._kept[batch]
        self.attempts = [
            replace(attempt, verdict=Verdict.ROLLED_BACK, why=why, after=attempt.before, advanced=0, batch="")
            if attempt.batch in batches
            else attempt
            for attempt in self.attempts
        ]

    # ---- what came of it

    @property
    def kept(self) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self.attempts if attempt.verdict is Verdict.KEPT)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that differ."""
        return differing(chain.from_iterable(self._kept.values()))

    def red_before(self) -> frozenset[str]:
        """Tests that were red or hidden before."""
        return red_before(self._begun, self.state)

    def green_after(self) -> frozenset[str]:
        """Of these, what passes now."""
        return frozenset(one for one in self.red_before() if self.state.outcomes.get(one) in PASSED)

    def left(self, kinds: frozenset[Kind] | None = None) -> tuple[Left, ...]:
        """What is still red, and why; ``kinds`` are those that were to be repaired."""
        return tuple(self._left(cause, kinds) for cause in ordered(self.state.causes))

    def _left(self, cause: Cause, kinds: frozenset[Kind] | None) -> Left:
        if kinds is not None and cause.kind not in kinds:
            return left(cause, f"no phase that was asked for repairs failures of the kind {cause.kind}")
        reply = self._replies.get(cause.signature)
        if reply is None:
            return left(cause, "the repair was stopped before" if self.stopped else "not tried")
        return left_after(cause, reply.answer, self.attempts)


def _key(cause: Cause, proposal: Proposal) -> tuple[str, tuple[str, ...], frozenset[str]]:
    """A proposal for a cause with the tests that it has."""
    return cause.signature, tuple(map(str, proposal.codemods)), tests_of([cause])
