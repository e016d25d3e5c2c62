"""What a repair has changed when it is over, and what is left red, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_agentgate.codemods.files.edits import Edit
from pytest_agentgate.model import Cause
from pytest_agentgate.model.repair import Attempt, Left, Verdict
from pytest_agentgate.repair.attempts.state import State, file_of, hides, tests_of
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.report.phrases import place

_NO_FILE = "it changes no file"


def differing(edits: Iterable[Edit]) -> tuple[str, ...]:
    """The files that are not any more what they were before edits that came one after the other."""
    first: dict[str, bytes] = {}
    last: dict[str, bytes] = {}
    for edit in edits:
        first.setdefault(edit.path, edit.before)
        last[edit.path] = edit.after
    return tuple(sorted(path for path in last if first[path] != last[path]))


def red_before(first: State, now: State) -> frozenset[str]:
    """Tests that were red or hidden at first: what could not be collected counts by the tests that are known now."""
    hidden = {one for one in now.outcomes if one not in first.outcomes}
    known = {one for one in hidden if any(hides(collector, one) for collector in first.uncollected)}
    unknown = {one for one in first.uncollected if not any(hides(one, test) for test in known) and one not in known}
    return (first.red - first.uncollected) | known | unknown


def left(cause: Cause, why: str, look_at: str = "", *, environment: bool = False) -> Left:
    """A cause that is left, with the reason."""
    return Left(
        cause.signature, cause.kind, cause.title, cause.size, why, look_at, rerun=cause.rerun, environment=environment
    )


def left_after(cause: Cause, answer: Sequence[Proposal] | NoProposal, attempts: Sequence[Attempt]) -> Left:
    """A cause that is left after what was proposed for it."""
    if isinstance(answer, NoProposal):
        return left(cause, answer.why, answer.look_at, environment=answer.environment)
    kept = [one for one in attempts if one.verdict is Verdict.KEPT]
    others = [one for one in attempts if cause.signature in (one.cause, *one.also) and one.verdict is not Verdict.KEPT]
    if not others:
        codemods = [tuple(map(str, proposal.codemods)) for proposal in answer]
        same = next((one for one in kept if one.codemods in codemods), None)
        if same is None:
            return left(cause, "not tried")
        return left(cause, next(iter(same.evidence), "the edits that were kept do not help these tests"))
    last = others[-1]
    at = place(cause.exemplar)
    where = f"{at.path}:{at.line}" if at else ""
    if last.verdict is Verdict.SKIPPED and last.why == _NO_FILE:
        return left(cause, _why_no_file(cause, last), where)
    if last.verdict is Verdict.SKIPPED:
        return left(cause, f"{last.codemods[0]}: {last.why}", where)
    return left(cause, f"{last.codemods[0]} was tried and taken back: {last.why}", where)


def _why_no_file(cause: Cause, attempt: Attempt) -> str:
    """What was left alone in the files of a cause, and why; else what is known of it, as all that can be done is."""
    files = {file_of(test) for test in tests_of([cause])}
    alone = next((note for note in attempt.notes if note.partition(":")[0] in files), "")
    if alone:
        return f"left alone: {alone}"
    return attempt.evidence[-1] if attempt.evidence else f"{attempt.codemods[0]}: {attempt.why}"
