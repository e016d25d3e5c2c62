"""What the page is told: a run's report as plain data, every text in it as it came and of a bounded length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from pytest_agentgate.model import JSON, Cause, Failure, PhaseOfAgent, Run, RunReport, RunStatus, RunSummary
from pytest_agentgate.model.judgement import GateResult, GateState, Judgement, PhaseResult
from pytest_agentgate.report import lacking
from pytest_agentgate.report.html.columns import Columns, columns
from pytest_agentgate.report.html.compact import Texts, deltas, script_json, shortened
from pytest_agentgate.report.measures import measured, said
from pytest_agentgate.report.phrases import extent, headline, location, ordered, reach, rerun, tally
from pytest_agentgate.report.printable import printable_lines

EXEMPLARS = 1_500_000  # characters of JSON that the texts of all exemplars may take
FAILURES = 1_500_000  # and those of all other failures
COMMANDS = 500_000  # and the commands of all causes
LONGEST_TEXT = 12_000  # characters of one failure's text
SHORTEST_TEXT = 400  # what is less says nothing
LONGEST_COMMAND = 1_000
SHORTEST_COMMAND = 120
LONGEST_LINE = 400  # characters of a title, an advice, a note
LONGEST_NAME = 1_000  # characters of a node id

Table = dict[str, JSON]


def content(report: RunReport) -> Table:
    """The report as data; docs say nothing of its form, which is between this module and the page's script."""
    summary = report.summary
    rows = columns(report.results, report.failures)
    texts = Texts()
    return {
        "state": state_of(summary).value,
        "judged": summary.judgement is not None,
        "headline": headline(summary),
        "tally": tally(summary.run.counts),
        "run": _run(summary.run),
        "about": [[name, line(value)] for name, value in _about(summary.run) if value],
        "causes": _causes(summary, rows, texts),
        "failures": _failures(report.failures, summary.causes, rows, texts),
        "texts": texts.rows,
        "results": rows.data(),
        "names": [name(nodeid) for nodeid in rows.names],
        "judgement": judged(summary.judgement) if summary.judgement else None,
        "agents": [_agent(one) for one in report.phases],
        "trend": [_run(run) for run in report.trend],
    }


def state_of(summary: RunSummary) -> GateState:
    """What became of the judgement; of a run that nobody judged, whether it is complete and without a failure."""
    if summary.judgement:
        return summary.judgement.state
    counts = summary.run.counts
    if summary.run.status is not RunStatus.COMPLETED or counts.not_run or not counts.total:
        return GateState.INVALID
    failing = counts.failed + counts.errors + counts.collect_errors
    return GateState.FAILED if failing or summary.run.exit_status else GateState.PASSED


def line(text: str) -> str:
    """A text that stands on one line, cut where it is too long for one."""
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 3] + "..."


def name(nodeid: str) -> str:
    """A node id, cut where no person would read on."""
    return nodeid if len(nodeid) <= LONGEST_NAME else nodeid[: LONGEST_NAME - 3] + "..."


def _about(run: Run) -> Iterator[tuple[str, str]]:
    yield "run", run.id
    yield "agent", run.agent
    yield "task", run.task
    yield "commit", run.commit[:12] + (" (changed)" if run.commit and run.dirty else "")
    yield "branch", run.branch
    yield "status", f"{run.status}" + (f", exit status {run.exit_status}" if run.exit_status is not None else "")
    yield "python", run.python
    yield "pytest", run.pytest
    yield "platform", run.platform
    yield "workers", str(run.workers) if run.workers else ""
    yield "arguments", " ".join(run.arguments)


def _run(run: Run) -> Table:
    counts = run.counts
    return {
        "id": line(run.id),
        "at": line(run.created_at),
        "status": run.status.value,
        "seconds": run.duration if run.duration is not None and isfinite(run.duration) else None,
        "agent": line(run.agent),
        "commit": line(run.commit[:12]),
        "total": counts.total,
        "passed": counts.passed,
        "failed": counts.failed,
        "errors": counts.errors,
        "skipped": counts.skipped,
        "xfailed": counts.xfailed,
        "xpassed": counts.xpassed,
        "not_run": counts.not_run,
        "not_collected": counts.collect_errors,
    }


def _causes(summary: RunSummary, rows: Columns, texts: Texts) -> list[JSON]:
    causes = ordered(summary.causes)
    longest = share(EXEMPLARS, len(causes), SHORTEST_TEXT, LONGEST_TEXT)
    command = share(COMMANDS, len(causes), SHORTEST_COMMAND, LONGEST_COMMAND)
    texts.allow(EXEMPLARS)
    made: list[JSON] = []
    room = COMMANDS
    for cause in causes:
        again = rerun(cause, summary.collected, command)
        size = len(script_json(again))
        if size <= room:
            room -= size
        else:
            again = ""  # half a command is none
        made.append(_cause(cause, rows, texts, longest, again))
    return made


def _cause(cause: Cause, rows: Columns, texts: Texts, longest: int, command: str) -> Table:
    exemplar = cause.exemplar
    raised = exemplar.evidence.raised
    return {
        "signature": cause.signature,
        "kind": cause.kind.value,
        "status": cause.status.value,
        "size": cause.size,
        "title": line(cause.title),
        "extent": extent(cause),
        "at": line(location(exemplar)),
        "next": line(cause.next_action),
        "lack": _lack(cause),
        "rerun": command,
        "tests": deltas({rows.place(nodeid) for nodeid in cause.tests if nodeid}),
        "runs": reach(cause).runs,
        "exemplar": rows.place(exemplar.nodeid) if exemplar.nodeid else -1,
        "when": exemplar.when.value,
        "type": line(raised.type),
        "text": texts.place(told(exemplar, longest)),
    }


def _lack(cause: Cause) -> Table | None:
    """What is lacking: said, the lines that would provide it, why there are none, the command that tries it."""
    if not (said := lacking.lacks(cause)):
        return None
    lines = "\n".join(map(name, lacking.remedy(cause)))
    is_code = bool(cause.lack and cause.lack.lines)
    return {
        "said": line(said),
        "lines": lines if is_code else "",
        "why": "" if is_code else lines,
        "command": lacking.command(cause),
    }


def told(failure: Failure, longest: int) -> str:
    """What pytest printed for a failure, or where there is nothing of it the exception's own words."""
    raised = failure.evidence.raised
    text = failure.text.strip("\n") or f"{raised.type}: {raised.message}".strip(": ")
    text = printable_lines(shortened(text, longest))
    size = len(script_json(text))
    return text if size <= 2 * longest else shortened(text, longest * len(text) // size)  # what takes six bytes each


def share(budget: int, parts: int, least: int, most: int) -> int:
    """What each part may take of a budget, within bounds."""
    return max(least, min(most, budget // max(parts, 1)))


def _failures(failures: Sequence[Failure], causes: Sequence[Cause], rows: Columns, texts: Texts) -> Table:
    """Columns of the failures that belong to a row of the results, in the order of the rows."""
    number = {cause.signature: place for place, cause in enumerate(ordered(causes))}
    longest = share(FAILURES, len(failures), SHORTEST_TEXT, LONGEST_TEXT)
    texts.allow(FAILURES)
    shown = [(row, failure) for failure in failures if (row := rows.row_of(failure)) is not None]
    shown.sort(key=lambda one: one[0])
    whens = sorted({failure.when.value for _, failure in shown})
    return {
        "row": deltas(row for row, _ in shown),
        "cause": [number.get(failure.signature, -1) for _, failure in shown],
        "whens": [*whens],
        "when": [whens.index(failure.when.value) for _, failure in shown] if len(whens) > 1 else [],
        "text": [
            texts.place(told(failure, longest)) if texts.has_room(SHORTEST_TEXT) else -1  # making them takes longer
            for _, failure in shown
        ],
    }


def judged(judgement: Judgement) -> Table:
    """What was judged, phase by phase."""
    return {
        "state": judgement.state.value,
        "judge": judgement.judge.value,
        "at": line(judgement.judged_at),
        "agent": line(judgement.agent),
        "asked": [line(phase) for phase in judgement.asked],
        "base": line(judgement.base),
        "base_commit": line(judgement.base_commit[:12]),
        "baseline": line(judgement.baseline),
        "notes": [line(note) for note in judgement.notes],
        "phases": [_phase(phase) for phase in judgement.phases],
    }


def _phase(phase: PhaseResult) -> Table:
    return {
        "phase": line(phase.phase),
        "state": phase.state.value,
        "why": line(phase.why),
        "notes": [line(note) for note in phase.notes],
        "gates": [_gate(gate) for gate in phase.gates],
    }


def _gate(gate: GateResult) -> Table:
    return {
        "condition": line(gate.condition),
        "state": gate.state.value,
        "measured": measured(gate),
        "wanted": line(gate.wanted),
        "items": [
            [name(item.name), "" if item.value is None else said(item.value, gate.unit), line(item.note)]
            for item in gate.items
        ],
        "more": gate.more,
        "sample": gate.sample,
        "severity": gate.severity.value,
        "owner": line(gate.owner),
        "why": line(gate.why),
        "command": name(gate.command),
        "raw": name(gate.raw),
    }


def _agent(one: PhaseOfAgent) -> Table:
    return {
        "agent": line(one.agent),
        "phase": line(one.phase),
        "state": one.state,
        "at": line(one.judged_at),
        "run": line(one.run_id),
    }
