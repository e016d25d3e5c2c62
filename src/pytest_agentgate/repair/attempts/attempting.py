"""One attempt: edits are written, what they may have changed is run again, and they stay or are taken back.

Whatever happens in between - a crash, a hang, a full disk, Ctrl-C - the files are as they were, byte for byte, unless
the attempt is kept. The journal knows of it before the first byte changes, so that a kill is taken back by the next
command.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from pytest_agentgate.codemods.files.diff import unified
from pytest_agentgate.codemods.files.edits import Edit, UnwritableError, contents
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.errors import AgentgateError, JournalError
from pytest_agentgate.model import Cause
from pytest_agentgate.model.repair import Attempt, Verdict
from pytest_agentgate.repair.attempts.dependents import dependents
from pytest_agentgate.repair.attempts.planning import FilesOfTests, Plan, texts_of
from pytest_agentgate.repair.attempts.rerun import Ran, Reruns
from pytest_agentgate.repair.attempts.state import State, file_of, hides, tests_of
from pytest_agentgate.repair.attempts.verdict import Judged, Written, judged
from pytest_agentgate.repair.proposal import Proposal

_MOST_OF_IT = 0.9  # share of the files from which on all is run: it is as fast, and tells more
_NOTES = 50
_DIFF = 40_000  # characters


class StoppedError(AgentgateError):
    """The repair was stopped from outside; what was on trial is taken back."""


@dataclass(frozen=True)
class Tried:
    """An attempt and the state of the suite after it."""

    attempt: Attempt
    state: State
    edits: tuple[Edit, ...] = ()  # where it was kept
    harmed: frozenset[str] = frozenset()  # tests, where it was taken back for them
    whole: Ran | None = None  # the run that it was kept for, if that was of everything
    lost_files: tuple[str, ...] = ()  # that could not be restored, as somebody changed them meanwhile

    @property
    def is_kept(self) -> bool:
        return self.attempt.verdict is Verdict.KEPT


@dataclass
class Attempting:
    """Makes attempts on one suite; ``group`` is what its batches in the journal belong to."""

    tests: FilesOfTests
    reruns: Reruns
    journal: Journal
    group: str
    excluded: set[str] = field(default_factory=set)  # files that are not to be touched any more

    def plan(self, proposal: Proposal, without: Collection[str] = ()) -> Plan:
        """What a proposal would do."""
        return self.tests.plan(proposal.codemods, {*without, *self.excluded})

    def attempt(
        self, causes: Sequence[Cause], proposal: Proposal, state: State, without: Collection[str] = ()
    ) -> Tried:
        """Try a proposal for the first cause and others that it is proposed for, too.

        Raises StoppedError.
        """
        began = monotonic()
        plan = self.plan(proposal, without)
        found = describe(causes, proposal, plan, state)
        if not plan.edits:
            why = plan.failed[0] if plan.failed else "it changes no file"
            return Tried(replace(found, why=why, seconds=monotonic() - began), state)
        scope = self._scope(plan, state)
        if scope is not None and not scope:
            why = "no test that is known uses what it would change"
            return Tried(replace(found, why=why, seconds=monotonic() - began), state)
        try:
            written = self.journal.write(plan.edits, f"{found.title}: {'; '.join(found.codemods)}"[:500], self.group)
        except (OSError, JournalError) as error:
            return Tried(replace(found, why=_cannot(error), seconds=monotonic() - began), state)
        try:
            tried = self._tried(found, causes, plan, written.batch, state, scope, bool(written.left))
        except BaseException:
            if written.batch:
                self.journal.take_back([written.batch], restore=True)
            raise
        return replace(tried, attempt=replace(tried.attempt, seconds=monotonic() - began))

    def _tried(
        self,
        found: Attempt,
        causes: Sequence[Cause],
        plan: Plan,
        batch: str,
        state: State,
        scope: frozenset[str] | None,
        is_partial: bool,
    ) -> Tried:
        """Run and judge what was written."""
        if is_partial or not batch:
            return self._taken_back(found, batch, state, Judged(False, "a file was changed while it was planned"))
        ran = self._run(state, scope)
        if ran.stopped:
            raise StoppedError("stopped")
        if ran.why:
            return self._taken_back(found, batch, state, Judged(False, ran.why))
        if meddled := self._meddled(plan):
            return self._taken_back(found, batch, state, Judged(False, f"{meddled} was changed while the tests ran"))
        targets = tests_of(causes)
        signatures = {cause.signature for cause in causes}
        changes = Written(texts_of(plan.edits))
        before, after = state.within(scope), ran.state
        here = frozenset(one for one in targets if scope is None or one in before.red)
        verdict = judged(before, after, here, signatures, changes)
        if verdict.change.harm:
            after = self._again(after, verdict.change.harm)
            verdict = judged(before, after, here, signatures, changes)
        if not verdict.helped:
            return self._taken_back(found, batch, state, verdict)
        try:
            self.journal.confirm(batch)
        except OSError as error:
            return self._taken_back(found, batch, state, Judged(False, _cannot(error)))
        elsewhere = len(targets - here)
        kept = replace(
            found,
            verdict=Verdict.KEPT,
            why=verdict.why,
            after=verdict.after + elsewhere,
            advanced=verdict.advanced,
            batch=batch,
        )
        return Tried(
            kept, state.updated(after, scope), plan.edits, whole=ran if scope is None and after is ran.state else None
        )

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

    def _run(self, state: State, scope: frozenset[str] | None) -> Ran:
        return self.reruns.whole(state) if scope is None else self.reruns.part(state, scope)

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

    def _taken_back(self, found: Attempt, batch: str, state: State, verdict: Judged) -> Tried:
        lost: tuple[str, ...] = ()
        why = verdict.why
        if batch:
            try:
                self.journal.take_back([batch], restore=True)
            except JournalError as error:
                lost, why = found.files, f"{why}; and it could not be taken back: {error}"
                self.excluded.update(lost)
                self.journal.confirm(batch)
        gone = replace(
            found, verdict=Verdict.ROLLED_BACK, why=why, after=verdict.after or found.before, advanced=verdict.advanced
        )
        return Tried(gone, state, harmed=verdict.change.harm, lost_files=lost)

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
