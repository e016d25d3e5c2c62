"""One attempt: edits are written, what they may have changed is run again, and they stay or are taken back.

Whatever happens in between - a crash, a hang, a full disk, Ctrl-C - the files are as they were, byte for byte, unless
the attempt is kept. The journal knows of it before the first byte changes, so that a kill is taken back by the next
command.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic

from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.files.diff import unified
from pytest_agentgate.codemods.files.edits import Edit, UnwritableError, contents
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.errors import AgentgateError, JournalError
from pytest_agentgate.model import Cause
from pytest_agentgate.model.repair import Attempt, Verdict
from pytest_agentgate.repair.attempts.dependents import dependents
from pytest_agentgate.repair.attempts.planning import FilesOfTests, Plan, texts_of
from pytest_agentgate.repair.attempts.rerun import Ran, Reruns
from pytest_agentgate.repair.attempts.state import State, file_of, hides, meet, tests_of
from pytest_agentgate.repair.attempts.verdict import Judged, Written, judged
from pytest_agentgate.repair.proposal import Proposal

_MOST_OF_IT = 0.9  # share of the files from which on all is run: it is as fast, and tells more
_LITTLE = 5.0  # seconds that a run of everything may take more than a part of it, where it has to be made next
_TOGETHER = 0.1  # share of the time of one run after which several attempts that share one are told apart
_NOTES = 50
_DIFF = 40_000  # characters


class StoppedError(AgentgateError):
    """The repair was stopped from outside; what was on trial is taken back."""


@dataclass(frozen=True)
class Task:
    """What is to be tried: a proposal for the first of some causes, and for the others that it is proposed for, too."""

    causes: tuple[Cause, ...]
    proposal: Proposal
    without: frozenset[str] = frozenset()  # files that it is to leave alone


@dataclass(frozen=True)
class Tried:
    """An attempt and the state of the suite after it."""

    task: Task
    attempt: Attempt
    state: State
    edits: tuple[Edit, ...] = ()  # where it was kept
    harmed: frozenset[str] = frozenset()  # tests and files, where it was taken back for them
    whole: Ran | None = None  # the run that it was kept for, if that was of everything
    lost_files: tuple[str, ...] = ()  # that could not be restored, as somebody changed them meanwhile

    @property
    def is_kept(self) -> bool:
        return self.attempt.verdict is Verdict.KEPT


@dataclass(frozen=True)
class _Trial:
    """A task that has something to write, and the files and folders whose tests it may change; None for all."""

    task: Task
    plan: Plan
    found: Attempt
    scope: frozenset[str] | None


@dataclass
class Attempting:
    """Makes attempts on one suite; ``group`` is what its batches in the journal belong to."""

    tests: FilesOfTests
    reruns: Reruns
    journal: Journal
    group: str
    excluded: set[str] = field(default_factory=set)  # files that are not to be touched any more
    barren: dict[str, set[Codemod]] = field(default_factory=dict)  # files in which these won nothing

    _plans: dict[tuple[tuple[Codemod, ...], frozenset[str]], Plan] = field(default_factory=dict)

    def plan(self, proposal: Proposal, without: Collection[str] = ()) -> Plan:
        """What a proposal would do; made once until files change."""
        tried = {*proposal.codemods}
        barren = (path for path, codemods in self.barren.items() if codemods <= tried or tried <= codemods)
        key = (proposal.codemods, frozenset((*without, *self.excluded, *barren)))
        if key not in self._plans:
            self._plans[key] = self.tests.plan(*key)
        return self._plans[key]

    def forget(self) -> None:
        """Make every plan anew: files have changed."""
        self._plans.clear()

    def attempt(self, tasks: Sequence[Task], state: State, *, is_last: bool = False) -> list[Tried]:
        """Try the first task, and in the same run of tests what of the others concerns other tests.

        Args:
            is_last: nothing but these tasks waits, so that a run of everything is next.

        Returns:
            What was tried, in order; the state of each is the one after it.

        Raises StoppedError.
        """
        began = monotonic()
        first = self._trial(tasks[0], state)
        if isinstance(first, Tried):
            return [replace(first, attempt=replace(first.attempt, seconds=monotonic() - began))]
        trials = [first]
        for task in tasks[1:]:
            if (trial := self._apart(task, trials, state)) is not None:
                trials.append(trial)
        dealt_with = {cause.signature for trial in trials for cause in trial.task.causes}
        waiting = [task for task in tasks if task.causes[0].signature not in dealt_with]
        is_last = is_last and not any(self.plan(task.proposal, task.without).edits for task in waiting)
        tried = self._made(trials, state, is_last)
        for trial in trials:
            if all(one.task is not trial.task for one in tried):  # one came in the way of the others
                tried += self._made([trial], tried[-1].state if tried else state, is_last=False)
        seconds = (monotonic() - began) / len(tried)
        return [replace(one, attempt=replace(one.attempt, seconds=seconds)) for one in tried]

    # ---- before

    def _trial(self, task: Task, state: State) -> _Trial | Tried:
        plan = self.plan(task.proposal, task.without)
        found = describe(task.causes, task.proposal, plan, state)
        if not plan.edits:
            left = [*plan.failed, self.tests.why_left(sorted(set(map(file_of, tests_of(task.causes)))))]
            why = next(filter(None, left), "it changes no file")
            return Tried(task, replace(found, why=why), state)
        scope = self._scope(plan, state)
        if scope is not None and not scope:
            return Tried(task, replace(found, why="no test that is known uses what it would change"), state)
        return _Trial(task, plan, found, scope)

    def _apart(self, task: Task, trials: Sequence[_Trial], state: State) -> _Trial | None:
        """A task as a trial, if it has neither files nor tests in common with others."""
        taken: frozenset[str] = frozenset()
        for trial in trials:
            if trial.scope is None:
                return None
            taken |= trial.scope
        if all(meet([file], taken) for file in {file_of(test) for test in tests_of(task.causes)}):
            return None  # it would edit what is edited already
        found = self._trial(task, state)
        if isinstance(found, Tried) or found.scope is None or meet(found.scope, taken):
            return None
        return found

    # ---- writing, running, judging

    def _made(self, trials: Sequence[_Trial], state: State, is_last: bool) -> list[Tried]:
        """Write what is to be tried, run it and judge it.

        Where several can't be told from one another all of them are taken back, and only those are returned that will
        not be tried again.
        """
        written: list[str] = []
        try:
            for trial in trials:
                try:
                    what = f"{trial.found.title}: {'; '.join(trial.found.codemods)}"[:500]
                    done = self.journal.write(trial.plan.edits, what, self.group)
                except (OSError, JournalError) as error:
                    if len(trials) > 1:
                        return self._parted(trials, written, state)
                    return [Tried(trial.task, replace(trial.found, why=_cannot(error)), state)]
                written.append(done.batch)
                if done.left or not done.batch:
                    self.forget()
                    if len(trials) > 1:
                        return self._parted(trials, written, state)
                    why = "a file was changed while it was planned"
                    return [self._taken_back(trial, done.batch, state, Judged(False, why))]
            return self._judged(trials, written, state, is_last)
        except BaseException:
            for batch in [batch.id for batch in self.journal.batches() if batch.id in written]:
                with suppress(JournalError):  # then it stays on trial, and the next command takes it back
                    self.journal.abandon(batch)
            raise

    def _parted(self, trials: Sequence[_Trial], written: Sequence[str], state: State) -> list[Tried]:
        """Take all back, so that each can be tried alone; -> those whose files are lost."""
        lost = []
        for trial, batch in zip(trials, written, strict=False):
            tried = self._taken_back(trial, batch, state, Judged(False, "a file was changed while the tests ran"))
            if tried.lost_files:
                lost.append(tried)
        return lost

    def _judged(self, trials: Sequence[_Trial], batches: Sequence[str], state: State, is_last: bool) -> list[Tried]:
        ran = self._run(trials, state, is_last)
        if ran.stopped:
            raise StoppedError("stopped")
        meddled = next(filter(None, (self._meddled(trial.plan) for trial in trials)), "")
        why = ran.why or (f"{meddled} was changed while the tests ran" if meddled else "")
        if why and len(trials) > 1:
            return self._parted(trials, batches, state)
        if why:
            return [self._taken_back(trials[0], batches[0], state, Judged(False, why))]
        tried: list[Tried] = []
        for trial, batch in zip(trials, batches, strict=True):
            tried.append(self._kept_or_not(trial, batch, tried[-1].state if tried else state, ran))
        if not all(one.is_kept for one in tried):
            return [replace(one, whole=None) for one in tried]
        return tried

    def _kept_or_not(self, trial: _Trial, batch: str, state: State, ran: Ran) -> Tried:
        """Judge one of those that a run was for, by the tests that it may have changed."""
        targets = tests_of(trial.task.causes)
        signatures = {cause.signature for cause in trial.task.causes}
        changes = Written(texts_of(trial.plan.edits))
        before, first = state.within(trial.scope), ran.state.within(trial.scope)
        here = frozenset(one for one in targets if trial.scope is None or one in before.red)
        after = first
        verdict = judged(before, after, here, signatures, changes)
        if verdict.change.harm:
            after = self._again(after, verdict.change.harm)
            verdict = judged(before, after, here, signatures, changes)
        self.barren |= {path: {*trial.task.proposal.codemods} for path in verdict.barren}
        if not verdict.helped:
            return self._taken_back(trial, batch, state, verdict)
        try:
            self.journal.confirm(batch)
        except OSError as error:
            return self._taken_back(trial, batch, state, Judged(False, _cannot(error)))
        kept = replace(
            trial.found,
            verdict=Verdict.KEPT,
            why=verdict.why,
            after=verdict.after + len(targets - here),
            advanced=verdict.advanced,
            batch=batch,
        )
        whole = ran if ran.of_all and after is first else None
        return Tried(trial.task, kept, state.updated(after, trial.scope), trial.plan.edits, whole=whole)

    def _meddled(self, plan: Plan) -> str:
        """A file that is not any more as it was written, "" if there is none."""
        for edit in plan.edits:
            try:
                if contents(self.journal.root, edit.path) == edit.after:
                    continue
            except UnwritableError:
                pass
            return edit.path
        return ""

    def _run(self, trials: Sequence[_Trial], state: State, is_last: bool) -> Ran:
        """Run what the trials may have changed; all of it, if that has to be run next and takes little more."""
        scopes = [trial.scope for trial in trials if trial.scope is not None]
        scope = frozenset[str]().union(*scopes)
        share = _TOGETHER if len(trials) > 1 else 1.0
        if not scopes or len(scope) > _MOST_OF_IT * len(state.files) or (is_last and self._is_worth_it(state, scope)):
            return self.reruns.whole(state, share=share)
        return self.reruns.part(state, scope, share=share)

    def _is_worth_it(self, state: State, scope: Collection[str]) -> bool:
        """Whether a run of everything takes little more than one of some files."""
        more = self.reruns.seconds(state, None) - self.reruns.seconds(state, scope)
        return more < max(_LITTLE, self.reruns.seconds(state, scope))

    def _again(self, after: State, harmed: Collection[str]) -> State:
        """The state once those that were harmed had a second chance: they may fail now and then."""
        files = frozenset(map(file_of, harmed)) - {""}
        if not files:
            return after
        ran = self.reruns.part(after, files)
        if ran.stopped:
            raise StoppedError("stopped")
        if ran.why:
            return after
        healed = {one for one in harmed if one in ran.state.passed}
        return after.updated(ran.state, files) if healed else after

    def _taken_back(self, trial: _Trial, batch: str, state: State, verdict: Judged) -> Tried:
        lost: tuple[str, ...] = ()
        why = verdict.why
        if batch:
            try:
                self.journal.take_back([batch], restore=True)
            except JournalError as error:
                lost, problem = self._abandoned(trial, batch, str(error))
                why = f"{why}; and it could not be taken back: {problem}"
                self.excluded.update(lost)
        gone = replace(
            trial.found,
            verdict=Verdict.ROLLED_BACK,
            why=why,
            after=verdict.after or trial.found.before,
            advanced=verdict.advanced,
        )
        return Tried(trial.task, gone, state, harmed=verdict.change.harm | verdict.barren, lost_files=lost)

    def _abandoned(self, trial: _Trial, batch: str, problem: str) -> tuple[tuple[str, ...], str]:
        """Leave the files that somebody has changed to them, and restore the others; -> what is left, and why."""
        try:
            theirs = self.journal.abandon(batch)
        except JournalError as error:
            self.journal.confirm(batch)
            return trial.found.files, str(error)
        return theirs, f"{', '.join(theirs)}: changed since" if theirs else problem

    def _scope(self, plan: Plan, state: State) -> frozenset[str] | None:
        """The files and folders to run, None for all."""
        if not state.uncollected.isdisjoint({"", "."}):
            return None
        files = dependents(plan.files, self.tests.files, self.tests.text)
        if files is None:
            return None
        known = state.files
        scope = files & known
        folders = [one for one in state.uncollected if "::" not in one and one not in files]
        scope |= {folder for folder in folders if any(hides(folder, file) for file in files)}
        return None if len(scope) > _MOST_OF_IT * len(known) else scope


def describe(
    causes: Sequence[Cause], proposal: Proposal, plan: Plan, state: State, verdict: Verdict = Verdict.SKIPPED
) -> Attempt:
    """An attempt as it stands in the record, before anything came of it."""
    first = causes[0]
    red = len(tests_of(causes))
    return Attempt(
        cause=first.signature,
        kind=first.kind,
        title=first.title,
        codemods=tuple(map(str, proposal.codemods)),
        applicability=proposal.applicability.value,
        evidence=proposal.evidence,
        verdict=verdict,
        files=plan.files,
        diff=diff_of(plan.edits),
        before=red,
        after=red,
        notes=(*plan.failed, *plan.notes)[:_NOTES],
        also=tuple(cause.signature for cause in causes[1:]),
    )


def diff_of(edits: Sequence[Edit], limit: int = _DIFF) -> str:
    """The unified diff of edits, as far as there is room."""
    text = ""
    for edit in edits:
        text += unified(edit).decode("utf-8", "backslashreplace")
        if len(text) > limit:
            return text[:limit] + f"\n... (cut; {len(edits)} files)\n"
    return text


def _cannot(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"the journal cannot be written: {error.strerror or error}"
    return str(error)


def moved_along(kept: Mapping[str, Sequence[Edit]], batch: str) -> tuple[str, ...]:
    """The batches that have to go with one, newest first: later ones that changed the same files, and so on."""
    order = list(kept)
    files = {edit.path for edit in kept[batch]}
    going = [batch]
    for later in order[order.index(batch) + 1 :]:
        theirs = {edit.path for edit in kept[later]}
        if theirs & files:
            going.append(later)
            files |= theirs
    return tuple(reversed(going))
