"""A run judged: facts are gathered from the store, from git and from who measures, and phases are judged on them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from pytest_agentgate import git
from pytest_agentgate.capture.judgementlog import new_id, write_judgement
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.config import Project
from pytest_agentgate.errors import StoreError
from pytest_agentgate.gates import phases
from pytest_agentgate.gates.condition import Condition
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.judge.kinds import by_rules, named_by_hook
from pytest_agentgate.judge.policy import Policy, policy_of
from pytest_agentgate.model import Part, Role, Run, Scope
from pytest_agentgate.model.judgement import (
    Approval,
    GateResult,
    GateState,
    Judge,
    Judgement,
    Measure,
    Phase,
    PhaseResult,
)
from pytest_agentgate.report.phrases import counted
from pytest_agentgate.report.printable import fit, printable
from pytest_agentgate.store import Store

__all__ = ["Measures", "Policy", "judge_facts", "judge_run", "policy_of", "record"]

Measures = Callable[[Project, Policy, Run, Sequence[Condition]], Mapping[str, Measure]]
"""Measures what a run does not tell by itself: -> ``Condition.metric`` -> what it came to. Not called for nothing."""

# Options of pytest that leave out tests which nobody counts as deselected.
_SELECTING = frozenset({"--ignore", "--ignore-glob", "--last-failed", "--lf", "--stepwise", "--sw"})
_TESTS = ("tests", "test")  # where nothing else is configured
_LONGEST = 200  # characters of a command line within a note
_READ = frozenset({Part.RESULTS, Part.FAILURES, Part.PROPERTIES, Part.WARNINGS})


def judge_run(
    store: Store,
    project: Project,
    policy: Policy,
    run_id: str,
    asked: Sequence[str] = (),
    *,
    judge: Judge,
    agent: str,
    baseline: str = "",
    measures: Measures | None = None,
) -> Judgement:
    """Judge a recorded run by the phases that are asked for (none: all) and those that they need.

    ``baseline`` is a run or a commit that "on new" compares with; without it, it is the latest run of the base.
    Raises StoreError, and UsageError as ``gates.phases.required`` does.
    """
    now = facts_of(store, run_id)
    return judge_facts(
        now, store, project, policy, asked, judge=judge, agent=agent, baseline=baseline, measures=measures
    )


def judge_facts(
    now: RunFacts,
    store: Store | None,
    project: Project,
    policy: Policy,
    asked: Sequence[str] = (),
    *,
    judge: Judge,
    agent: str,
    baseline: str = "",
    measures: Measures | None = None,
) -> Judgement:
    """The same for a run that is no record, as one read from JUnit XML; ``store`` has the runs to compare with."""
    run, config = now.run, policy.config
    before = _baseline(store, project, policy, run, baseline)
    if policy.config.kinds != project.config.kinds:
        now = by_rules(now, config.kinds, store)
        before = by_rules(before, config.kinds, store) if isinstance(before, RunFacts) else before
    outside = phases.measured_outside(config.phases, asked) if measures and not policy.lack else ()
    facts = Facts(
        now,
        baseline=before,
        changed=_changed(project, policy, run),
        approvals=_approvals(store, run),
        measured=measures(project, policy, run, outside) if measures and outside else {},
        remeasure=_remeasure(run, policy, asked, baseline),
        hidden=_hidden(store, now),
    )
    judged = phases.judge(config.phases, asked, facts, config.checks)
    if _failed_by_another(run):
        judged = tuple(map(_invalid, judged))
    if policy.lack:
        of_phase = {phase.name: phase for phase in phases.required(config.phases, asked)}
        judged = tuple(_unavailable(one, of_phase[one.phase], policy.lack) for one in judged)
    return Judgement(
        id=new_id(run.id),
        run_id=run.id,
        judged_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        judge=judge,
        agent=agent,
        phases=judged,
        asked=tuple(asked),
        base=policy.base,
        base_commit=policy.base_commit,
        baseline=before.run.id if isinstance(before, RunFacts) else "",
        notes=(*policy.notes, *_left_out(run, project), *_of_baseline(before, project), *named_by_hook(now)),
    )


def record(judgement: Judgement, project: Project, store: Store) -> None:
    """Write the log of a judgement and take it into the store.

    Raises OSError, RunLogError and StoreError.
    """
    project.prepare_state()
    write_judgement(project.runs, judgement)
    store.ingest(project.runs)


def facts_of(store: Store, run_id: str) -> RunFacts:
    """What the store knows of a run.

    Raises StoreError.
    """
    report = store.run_report(run_id, _READ)
    return RunFacts(
        report.summary.run,
        report.results,
        report.failures,
        report.summary.causes,
        report.warnings,
        report.properties,
        store.collected(report.summary.run.id),
    )


def _hidden(store: Store | None, now: RunFacts) -> Mapping[str, int]:
    """How many tests, by file, earlier runs had in what could not be collected."""
    collectors = sorted({failure.nodeid for failure in now.failures if failure.scope is Scope.COLLECT})
    return store.history({"": collectors}, now.run.id).hidden if store and collectors else {}


# ---- what to compare with


def _baseline(store: Store | None, project: Project, policy: Policy, run: Run, asked: str) -> RunFacts | Lack:
    if store is None:
        return Lack("there is no store with runs to compare with")
    if asked:
        return _named_baseline(store, project, run, asked)
    if policy.lack:
        return policy.lack
    if not policy.base:
        return Facts.baseline
    for commit in dict.fromkeys((policy.base_commit, policy.merge_base)):
        found = _run_at(store, run, commit)
        if found:
            return facts_of(store, found)
    return _no_run(policy.base, policy.base_commit)


def _named_baseline(store: Store, project: Project, run: Run, name: str) -> RunFacts | Lack:
    try:
        named = store.run(name).id
    except StoreError as error:
        commit = git.commit_of(project.root, name)
        if not commit:
            return Lack(f"--baseline {name}: {error}", git.how_to_fetch(project.root, name))
        found = _run_at(store, run, commit)
        return facts_of(store, found) if found else _no_run(name, commit)
    if named == run.id:
        return Lack(f"--baseline {name} is the run that is judged", "agentgate runs")
    return facts_of(store, named)


def _run_at(store: Store, run: Run, commit: str) -> str:
    """A completed run of a commit as it is: of one with changes nobody knows what they were. "" if there is none."""
    found = store.run_at(commit, other_than=run.id)
    return found.id if found and found.dirty is False else ""


def _no_run(name: str, commit: str) -> Lack:
    return Lack(
        f"no completed run of {name} ({commit[:12]}) without changes is recorded",
        f"git worktree add ../agentgate-base {commit[:12]} && cd ../agentgate-base && python -m pytest --agentgate",
    )


# ---- what else is known


def _changed(project: Project, policy: Policy, run: Run) -> tuple[str, ...] | Lack:
    """Files of the source that differ from where the change began, in the run's commit or in the worktree."""
    if policy.lack:
        return policy.lack
    if not policy.base:
        return Facts.changed
    if not policy.merge_base:
        why = f"no commit is known that {policy.base} and this one have in common"
        shallow = git.is_shallow(project.root)
        return Lack(f"{why}: this clone is shallow" if shallow else why, "git fetch --unshallow" if shallow else "")
    elsewhere = run.commit if run.dirty is False and run.commit != policy.head else ""
    names = git.changed_files(project.root, policy.merge_base, elsewhere)
    if names is None:
        return Lack(f"git cannot tell what differs from {policy.base}", f"git diff {policy.merge_base[:12]}")
    config = policy.config
    roots = Roots(project.root, config.source, config.tests)
    return tuple(name for name in names if _is_source(PurePosixPath(name), roots))


def _is_source(path: PurePosixPath, roots: Roots) -> bool:
    if roots.source and not any(path.is_relative_to(folder) for folder in roots.source):
        return False
    is_code = bool(roots.source) or path.suffix in (".py", ".pyi")
    return is_code and roots.locate(str(path))[0] is Role.SOURCE


def _approvals(store: Store | None, run: Run) -> tuple[Approval, ...]:
    """Of the commit: an approval is of what is committed, so of a checkout with changes there is none."""
    return store.approvals(run.commit) if store and run.commit and run.dirty is False else ()


def _remeasure(run: Run, policy: Policy, asked: Sequence[str], baseline: str) -> str:
    words = ["agentgate gate", *(asked if len(asked) == 1 else ())]
    for flag, value in (("--run", run.id), ("--base", policy.base), ("--baseline", baseline)):
        if value:
            words += [flag, shlex.quote(value)]
    return " ".join(words)


def _unavailable(judged: PhaseResult, phase: Phase, lack: Lack) -> PhaseResult:
    """A phase of which it is not known whether its conditions are those that count."""
    if judged.state is GateState.INVALID:
        return judged
    state = GateState.UNAVAILABLE
    gates = tuple(
        GateResult(one.condition, state, severity=one.severity, owner=one.owner, why=lack.why, command=lack.command)
        for one in phase.gates
    )
    return PhaseResult(phase.name, state, gates, lack.why)


def _failed_by_another(run: Run) -> bool:
    """Whether pytest says that tests failed, and none did: coverage's threshold ends a run so, as other plugins do."""
    counts = run.counts
    return run.exit_status == 1 and not (counts.failed or counts.errors or counts.collect_errors)


def _invalid(judged: PhaseResult) -> PhaseResult:
    if judged.state is GateState.INVALID:
        return judged
    why = "pytest ended with exit status 1 although no test failed: a plugin has a condition of its own"
    return replace(judged, state=GateState.INVALID, gates=(), why=why, notes=())


def _of_baseline(before: RunFacts | Lack, project: Project) -> Iterator[str]:
    if isinstance(before, RunFacts):
        yield from (f"baseline {before.run.id}: {said}" for said in _left_out(before.run, project))


def _left_out(run: Run, project: Project) -> Iterator[str]:
    """What was not asked of the run, and could have made a difference."""
    if run.counts.deselected:
        yield f"{counted(run.counts.deselected, 'test')} deselected: what was left out may fail"
    places = [one for one in run.arguments if run.id and _is_place(one, project)]
    if places and _are_all(places, project.config.tests or _TESTS):
        places = []
    selected = [one for one in run.arguments if "::" in one or one.partition("=")[0] in _SELECTING or one in places]
    if selected:
        yield f"not all tests were asked for: {fit(' '.join(map(printable, selected)), _LONGEST)}"


def _is_place(argument: str, project: Project) -> bool:
    """Whether an argument may be a file or a folder with tests; that of another option may look like one."""
    if argument.startswith("-") or "\0" in argument or not (argument.endswith(".py") or "." not in argument):
        return False
    return len(argument) < _LONGEST and argument not in ("", "agentgate") and (project.root / argument).exists()


def _are_all(places: Sequence[str], folders: Sequence[str]) -> bool:
    """Whether each of the folders is one of the places, or below one; of folders that are named by guess, any."""
    named = [PurePosixPath(place) for place in places]
    held = [any(PurePosixPath(folder).is_relative_to(place) for place in named) for folder in folders]
    return any(held) if folders is _TESTS else all(held)
