"""From failures to causes: those that share a signature share a root.

Nothing here depends on the order in which failures come, so that runs in one process and in many give the same bytes.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from posixpath import commonpath
from typing import TYPE_CHECKING

from pytest_agentgate.model import Cause, CauseStatus, Failure, History, Kind, RunSummary, Scope, When
from pytest_agentgate.patterns import deferred

if TYPE_CHECKING:
    from pytest_agentgate.model.services import Service

RERUN_LIMIT = 2000  # characters of a command line that a person still copies and every shell takes
_COMMAND = "python -m pytest"
# What Python's own runner reports under a class or a module, and no runner can be asked for.
_FIXTURES_OF_UNITTEST = deferred(r"::(?:setUp|tearDown)(?:Class|Module)$")
_FILES = (".py", ".txt", ".rst", ".md", ".yaml", ".yml", ".json", ".ipynb", ".feature")
_WHEN = {when: position for position, when in enumerate(When)}


def group(failures: Iterable[Failure], history: History = History()) -> tuple[Cause, ...]:  # noqa: B008 - frozen
    """The causes of the failures of one run, largest first, then by kind and signature.

    A test that failed for one cause in its call and for another in its teardown belongs to both; a collector that
    several workers report counts once. ``tests`` holds the node ids of tests and collectors, which ``size`` counts; a
    failure of the run itself has no node id and counts as one.
    """
    groups: dict[str, list[Failure]] = {}
    for failure in failures:
        signature = failure.signature
        members = groups.get(signature)
        if members is None:
            groups[signature] = [failure]
        else:
            members.append(failure)
    causes = [_cause(members, history) for members in groups.values()]
    causes.sort(key=lambda cause: (-cause.size, cause.kind, cause.signature))
    return complete(causes)


def complete(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """The causes, those of connections with what they lack."""
    if not any(cause.kind is Kind.CONNECTION for cause in causes):
        return tuple(causes)
    from pytest_agentgate.triage.lacking import with_lacks  # most runs lack nothing

    return with_lacks(causes)


def declared(summary: RunSummary, services: Sequence[Service]) -> RunSummary:
    """The summary with the services of the configuration named where its causes lack one of them."""
    if not services or not summary.causes:
        return summary
    from pytest_agentgate.triage.lacking import with_lacks

    return replace(summary, causes=with_lacks(summary.causes, services))


def _cause(members: list[Failure], history: History) -> Cause:
    exemplar = _exemplar(members)
    nodeids = {failure.nodeid for failure in members}
    size = len(nodeids)
    nodeids.discard("")
    tests = tuple(sorted(nodeids))
    files = tuple(sorted({nodeid.partition("::")[0] for nodeid in tests}))
    reason, signature = exemplar.reason, exemplar.signature
    return Cause(
        signature=signature,
        kind=reason.kind,
        title=reason.title,
        next_action=reason.next_action,
        size=size,
        tests=tests,
        files=files,
        exemplar=exemplar,
        rerun=_rerun(members),
        status=_status(members, history),
        hidden=_hidden(members, history),
        seen=len(history.failed.get(signature, frozenset()) & {run.id for run in history.runs}),
    )


def _exemplar(members: list[Failure]) -> Failure:
    """The first failure of the form that most tests have, whichever was reported first."""
    forms: dict[tuple[str, str], list[Failure]] = {}
    for failure in members:
        forms.setdefault((failure.reason.title, failure.reason.next_action), []).append(failure)
    if len(forms) == 1:
        return _first(members)
    firsts = [(len({failure.nodeid for failure in form}), _first(form)) for form in forms.values()]
    most = max(count for count, _ in firsts)
    return _first([first for count, first in firsts if count == most])


def _first(members: list[Failure]) -> Failure:
    """The first by node id, point, attempt and worker; the same failure in other words, by these."""
    first = min(failure.nodeid for failure in members)
    same = [failure for failure in members if failure.nodeid == first]
    return same[0] if len(same) == 1 else min(same, key=_at)  # nearly always; the worker would be looked up in vain


def _at(failure: Failure) -> tuple[int, int, str, str, str]:
    reason = failure.reason
    return (_WHEN[failure.when], failure.attempt, failure.evidence.worker, reason.title, reason.next_action)


def _status(members: list[Failure], history: History) -> CauseStatus:
    if not any(failure.final for failure in members):
        return CauseStatus.FLAKY
    failed = history.failed.get(members[0].signature, frozenset())
    passed = history.passed.get(members[0].signature, frozenset())
    runs = [run for run in history.runs if run.id in failed or run.id in passed]
    came = {run.commit for run in runs if run.id in failed and run.commit and run.dirty is False}
    went = {run.commit for run in runs if run.id in passed and run.commit and run.dirty is False}
    if came & went:
        return CauseStatus.FLAKY
    if not any(run.id in failed for run in runs):
        return CauseStatus.NEW
    return CauseStatus.KNOWN if runs[0].id in failed else CauseStatus.REGRESSED


def _hidden(members: list[Failure], history: History) -> int | None:
    """How many tests of earlier runs were kept from being collected; None where no earlier run knows any of them."""
    hidden = history.hidden
    collectors = {failure.nodeid for failure in members if failure.scope is Scope.COLLECT}
    if any(failure.scope is Scope.RUN for failure in members) or not collectors.isdisjoint({"", "."}):
        return hidden.get("")
    files = {nodeid for nodeid in collectors if nodeid in hidden}
    for folder in collectors - files:  # a folder whose __init__ or conftest failed hides all that is below
        files.update(file for file in hidden if file.startswith(f"{folder}/"))
    return sum(hidden[file] for file in files) if files else None


def _rerun(members: list[Failure]) -> str:
    """The command line that runs what failed again; "" where that is nothing of pytest's."""
    ours = [failure for failure in members if _is_run_by_pytest(failure)]
    if not ours:
        return ""
    tests = {_FIXTURES_OF_UNITTEST.sub("", failure.nodeid) for failure in ours} - {""}
    return rerun_command(sorted(tests), sorted({nodeid.partition("::")[0] for nodeid in tests}))


def _is_run_by_pytest(failure: Failure) -> bool:
    """Whether pytest knows the node id: it made it, or it begins with a file or folder that pytest collects."""
    if failure.scope is Scope.RUN or failure.file.endswith(_FILES) or failure.evidence.live:
        return True
    return failure.scope is Scope.COLLECT and "." not in failure.nodeid


def rerun_command(tests: Sequence[str], files: Sequence[str]) -> str:
    """The command line that runs these tests again: by node id, by file where that gets long, then by folder."""
    for arguments in (tests, files):
        # what quoting adds is small, so what is far too long need not be quoted first
        if sum(map(len, arguments)) <= RERUN_LIMIT:
            command = " ".join([_COMMAND, *map(shlex.quote, arguments)])
            if len(command) <= RERUN_LIMIT:
                return command
    try:
        folder = commonpath([file.rpartition("/")[0] for file in files])
    except ValueError:  # some are absolute
        folder = ""
    return f"{_COMMAND} {shlex.quote(folder)}" if folder.strip("/") else _COMMAND
