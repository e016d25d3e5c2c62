"""A run in Markdown (CommonMark with GitHub's tables), for the summary of a CI job or a comment.

Whatever comes from the tests stands in code: nothing in it can end the code, the table's cell or the line, and GitHub
looks there for neither mentions nor references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from pytest_agentgate.model import Cause, Counts, RunReport, RunSummary
from pytest_agentgate.model.judgement import GateState, Judgement, PhaseResult
from pytest_agentgate.patterns import deferred
from pytest_agentgate.report import gates, lacking
from pytest_agentgate.report.measures import measured
from pytest_agentgate.report.phrases import counted, extent, headline, location, ordered, rerun, tally
from pytest_agentgate.report.printable import fit, printable

_TITLE = 200  # columns of a title
_DETAILED = 40  # causes that are described below the table
_TESTS = 20  # node ids listed for a cause
_ACTIVE = deferred(r"[\\`*_\[\]<>{}&|~@#$^]|://|www\.")  # what Markdown or GitHub may take for more than text
_ENTITIES = deferred(r"[^\w\s]|_")


def render(report: RunReport) -> str:
    """The report of a run."""
    return markdown(report.summary)


def markdown(summary: RunSummary) -> str:
    """The report: a headline, a table of gates if it was judged, a table of causes, and what to do about each."""
    return "\n".join(_lines(summary)) + "\n"


def cell(text: str) -> str:
    """Any text as code in a cell of a table, where a pipe in a code span would end the cell."""
    return _element(printable(text)) if "|" in text else code(text)


def code(text: str) -> str:
    """Any text as code on one line outside of a table, as it is but for what does not print."""
    text = printable(text)
    if not text:
        return _element(text)
    fence = "`" * (_longest_run(text) + 1)
    padded = text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " " and text.strip(" "))
    return f"{fence} {text} {fence}" if padded else f"{fence}{text}{fence}"


def _element(text: str) -> str:
    return f"<code>{_ENTITIES.sub(lambda match: f'&#{ord(match[0])};', text)}</code>"


def words(text: str) -> str:
    """A sentence on one line, in which every word that may mean something to Markdown or GitHub is code.

    To stand behind other words: it may begin with what begins a list or a heading.
    """
    return " ".join(map(_word, printable(text).split()))


def _word(word: str) -> str:
    if not _ACTIVE.search(word):
        return word
    bare = word.rstrip(".,;:") or word
    return code(bare) + word[len(bare) :]


def _lines(summary: RunSummary) -> Iterator[str]:
    run, causes = summary.run, ordered(summary.causes)
    yield f"# {headline(summary)}"
    yield ""
    if run.counts != Counts():
        yield f"{tally(run.counts)}."
        yield ""
    about = [f"{name} {code(value)}" for name, value in _about(summary) if value]
    if about:
        yield ", ".join(about)
        yield ""
    if summary.judgement is not None:
        yield from _judged(summary.judgement)
    if not causes:
        return
    yield "| size | kind | cause | reach | status |"
    yield "| ---: | :--- | :---- | :---- | :----- |"
    for cause in causes:
        yield f"| {cause.size:,} | {cause.kind} | {_title(cause, cell)} | {extent(cause)} | {cause.status} |"
    for number, cause in enumerate(causes[:_DETAILED], 1):
        yield ""
        yield from _details(number, cause, summary.collected)
    if len(causes) > _DETAILED:
        yield ""
        yield f"And {len(causes) - _DETAILED} more in the table above."


def _about(summary: RunSummary) -> Iterator[tuple[str, str]]:
    run = summary.run
    yield "run", run.id
    yield "of", run.created_at
    yield "by", run.agent
    yield "at commit", run.commit[:12] + (" (changed)" if run.commit and run.dirty else "")
    yield "on branch", run.branch


def _judged(judgement: Judgement) -> Iterator[str]:
    yield f"**{gates.verdict(judgement).capitalize()}**"
    yield ""
    yield "| phase | gate | state | measured | wanted |"
    yield "| :---- | :--- | :---- | -------: | :----- |"
    for phase in judgement.phases:
        for gate in phase.gates:
            value = cell(measured(gate)) if gate.measured is not None else ""
            wanted = cell(gate.wanted) if gate.wanted else ""
            state = gates.in_words(gate.state)
            yield f"| {cell(phase.phase)} | {cell(gate.condition)} | {state} | {value} | {wanted} |"
        if not phase.gates:
            yield f"| {cell(phase.phase)} | | {gates.in_words(phase.state)} | | |"
    yield ""
    for phase in judgement.phases:
        told = list(_of_phase(phase))
        if told or phase.why:
            yield f"- {code(phase.phase)}: {gates.in_words(phase.state)}" + (
                f": {words(phase.why)}" if phase.why else ""
            )
            yield from told
    yield from (f"- note: {words(note)}" for note in judgement.notes)
    yield ""


def _of_phase(phase: PhaseResult) -> Iterator[str]:
    """What is to be known of a phase beyond the table; a list within a list."""
    for gate in phase.gates:
        if gate.state is GateState.PASSED and not gate.why:
            continue
        why = f": {words(gate.why)}" if gate.why and gate.why != phase.why else ""
        yield f"    - {gates.in_words(gate.state)}: {code(gate.condition)}{why}"
        yield from (f"        - {code(item)}" for item in gates.items(gate))
        for name, value in (("owner", gate.owner), ("output", gate.raw), ("command", gate.command)):
            if value:
                yield f"        - {name}: {code(value)}"
    yield from (f"    - note: {words(note)}" for note in phase.notes)


def _details(number: int, cause: Cause, collected: Mapping[str, int]) -> Iterator[str]:
    yield f"## {number}. {cause.kind}: {_title(cause)}"
    yield ""
    yield f"- {extent(cause)}; {cause.status}"
    if location(cause.exemplar):
        yield f"- at {code(location(cause.exemplar))}"
    if cause.exemplar.nodeid:
        yield f"- for example {code(cause.exemplar.nodeid)}"
    if cause.next_action:
        yield f"- next: {words(cause.next_action)}"
    yield from _lack(cause)
    if cause.rerun:
        yield ""
        yield from block([rerun(cause, collected)], "sh")
    tests = [nodeid for nodeid in cause.tests if nodeid]
    if len(tests) > 1:
        yield ""
        yield f"<details><summary>{counted(len(tests), 'node id')}</summary>"
        yield ""
        yield from block(tests[:_TESTS], "text")
        if len(tests) > _TESTS:
            yield ""
            yield f"and {len(tests) - _TESTS:,} more"
        yield ""
        yield "</details>"


def _lack(cause: Cause) -> Iterator[str]:
    if not (said := lacking.lacks(cause)):
        return
    lines = lacking.remedy(cause)
    if cause.lack is None or not cause.lack.lines:
        yield f"- {words(said)}: {words(' '.join(lines))}"
        return
    yield f"- {words(said)}; to try it: {code(lacking.command(cause))}"
    yield ""
    yield from block([*lines], "toml")


def _title(cause: Cause, form: Callable[[str], str] = code) -> str:
    return form(fit(printable(cause.title), _TITLE))


def block(texts: list[str], language: str) -> Iterator[str]:
    """The lines of a fenced block that holds texts of one line each, whatever they are."""
    shown = [printable(text) for text in texts]
    fence = "`" * max(3, *(_longest_run(text) + 1 for text in shown))
    yield fence + language
    yield from shown
    yield fence


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
