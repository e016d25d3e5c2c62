"""A run in a job of GitHub Actions: annotations by workflow commands, and the summary of the step.

GitHub shows ten errors, ten warnings and ten notices of a step and drops the others without a word
(https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands), and refuses a summary above
1 MiB; what is left out here is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.model import Cause, Role, RunReport, RunSummary
from pytest_agentgate.model.judgement import GateState
from pytest_agentgate.report import lacking
from pytest_agentgate.report.markdown import code, markdown
from pytest_agentgate.report.phrases import counted, extent, headline, ordered, place, recovered
from pytest_agentgate.report.printable import printable
from pytest_agentgate.report.verdicts import Verdict, explanation, heading, verdicts
from pytest_agentgate.values import frozen

MOST = 10
"""Annotations of one level that GitHub shows of a step."""
ROOM = 1024 * 1024 - 1024
"""Bytes of a step's summary, with some to spare for what other tools add without a count."""

_FULL = "agentgate: no room is left in this summary.\n"
_LONGEST = 4_000  # characters of a message
_TITLE = 200
_ITEMS = 10  # lines that explain a gate


@frozen
class Annotation:
    """One command, before anything is escaped."""

    level: str  # error, warning or notice
    title: str
    message: str
    file: str = ""  # relative to the repository
    line: int = 0


def applies(environ: Mapping[str, str]) -> bool:
    """Whether this is a job of GitHub Actions that has not switched us off with ``AGENTGATE_GITHUB=off``."""
    return environ.get("GITHUB_ACTIONS") == "true" and environ.get("AGENTGATE_GITHUB", "").lower() != "off"


def announce(report: RunReport, environ: Mapping[str, str], write: Callable[[str], object]) -> None:
    """Annotate the job and add to the summary of its step, if there is a job; ``write`` goes to its log.

    Needs no parts beyond the summary. To be called once, by the process that the job started.
    Raises AgentgateError where the summary cannot be written.
    """
    if not applies(environ):
        return
    if told := commands(report.summary, environ.get("GITHUB_WORKSPACE", "")):
        write(told)
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(path), report.summary)


def render(report: RunReport) -> str:
    """The workflow commands, for a repository whose root is the folder that the tests ran in."""
    return commands(report.summary, report.summary.run.root)


def commands(summary: RunSummary, workspace: str) -> str:
    """One command a line: gates that broke, then causes, and a notice of what is left out of each level.

    Where not all have room, half of it is for the causes: they say where to look.
    """
    gates, causes = [*_of_gates(summary)], [*_of_causes(summary, workspace)]
    lines = []
    for level in ("error", "warning"):
        of_gates, of_causes = ([one for one in some if one.level == level] for some in (gates, causes))
        lines += [_command(one) for one in _shown(of_gates, of_causes, summary)]
    return "".join(f"{line}\n" for line in lines)


def _shown(gates: list[Annotation], causes: list[Annotation], summary: RunSummary) -> Iterator[Annotation]:
    """Those of one level that GitHub shows, and what is to be said of the others."""
    of_gates = gates[: max(MOST // 2, MOST - len(causes))]
    shown = [*of_gates, *causes[: MOST - len(of_gates)]]
    yield from shown
    every = len(gates) + len(causes)
    if every > len(shown):
        run, level = printable(summary.run.id), shown[0].level
        where = f"the summary of this step, or: {f'agentgate report {run}'.strip()}"
        left = counted(every - len(shown), f"more {level}")
        said = f"{left} of {every:,}, which GitHub would not show; all of them: {where}"
        yield Annotation("notice", f"agentgate: {headline(summary)}", said)


# ---- what is annotated


def _of_gates(summary: RunSummary) -> Iterator[Annotation]:
    if summary.judgement is None:
        return
    for verdict in verdicts(summary.judgement):
        if verdict.state is not GateState.PASSED:
            level = "warning" if verdict.state is GateState.WARNED else "error"
            yield Annotation(level, f"gate {verdict.phase}: {verdict.name}", _explained(verdict))


def _explained(verdict: Verdict) -> str:
    lines = [*explanation(verdict)]
    more = [f"and {len(lines) - _ITEMS:,} more lines"] if len(lines) > _ITEMS else []
    return "\n".join([heading(verdict), *lines[:_ITEMS], *more])


def _of_causes(summary: RunSummary, workspace: str) -> Iterator[Annotation]:
    folder = _folder(summary.run.root, workspace)
    for cause in ordered(summary.causes):
        level = "warning" if recovered(cause) else "error"
        said = [f"{extent(cause)}; {cause.status}", cause.next_action, *_lack(cause), cause.rerun]
        message = "\n".join(printable(line)[:_LONGEST] for line in said if line)
        yield Annotation(level, f"{cause.kind}: {cause.title}", message, *_place(cause, folder))


def _lack(cause: Cause) -> Iterator[str]:
    if said := lacking.lacks(cause):
        yield said
        yield from lacking.remedy(cause)


def _folder(root: str, workspace: str) -> PurePosixPath | None:
    """The folder of the tests, as the repository has it; None where it lies outside of it."""
    if not root or not workspace:
        return None
    try:
        return PurePosixPath(root.replace("\\", "/")).relative_to(workspace.replace("\\", "/"))
    except ValueError:
        return None


def _place(cause: Cause, folder: PurePosixPath | None) -> tuple[str, int]:
    """File and line where the project raised, or the file of the test."""
    frame = place(cause.exemplar)
    path, line = cause.exemplar.file, 0
    if frame is not None and frame.role in (Role.TEST, Role.SOURCE):
        path, line = frame.path, frame.line
    within = PurePosixPath(path)
    if folder is None or not path or within.is_absolute() or ".." in within.parts:
        return "", 0
    return (folder / within).as_posix(), line


# ---- how it is written


def _command(one: Annotation) -> str:
    properties = {"title": printable(one.title)[:_TITLE]}
    if one.file:
        properties["file"] = one.file
        if one.line > 0:
            properties["line"] = str(one.line)
    named = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{one.level} {named}::{_data(one.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# ---- the summary of the step


def step_summary(summary: RunSummary, room: int = ROOM) -> str:
    """The Markdown report in at most ``room`` bytes: causes are left out whole, the smallest first, and counted."""
    text = markdown(summary)
    if _size(text) <= room:
        return text
    causes = ordered(summary.causes)
    low, high = 0, len(causes)  # as many as fit, and one more than that
    while low < high - 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _size(_with(summary, causes[:middle])) <= room else (low, middle)
    for fewer in (_with(summary, causes[:low]), _with(replace(summary, judgement=None), []), _FULL):
        if _size(fewer) <= room:
            return fewer
    return ""


def _with(summary: RunSummary, causes: list[Cause]) -> str:
    _, _, rest = markdown(replace(summary, causes=tuple(causes))).partition("\n")
    left = counted(len(summary.causes) - len(causes), "cause")
    command = code(f"agentgate report {summary.run.id}".strip())
    return f"# {headline(summary)}\n{rest}\n{left} left out, the summary would be too long; all of them: {command}\n"


def _append(path: Path, summary: RunSummary) -> None:
    try:
        there = path.stat().st_size if path.exists() else 0
        with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(step_summary(summary, ROOM - there) + "\n")
    except OSError as error:
        raise AgentgateError(f"{path}: cannot add to the step's summary: {error.strerror or error}") from error


def _size(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))
