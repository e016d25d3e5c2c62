"""The kinds of failures where it matters who named them: a change may not call its failures something else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pytest_agentgate.gates.facts import RunFacts
from pytest_agentgate.model import Failure, Kind, KindRule
from pytest_agentgate.report.phrases import counted
from pytest_agentgate.store import Store
from pytest_agentgate.triage.causes import group
from pytest_agentgate.triage.kinds import reason_of
from pytest_agentgate.triage.rules import kind_by_rules

_HOOK = "pytest_agentgate_classify"


def by_rules(run: RunFacts, rules: Sequence[KindRule], store: Store | None) -> RunFacts:
    """The run as it would have been recorded with these rules.

    Raises StoreError.
    """
    failures = tuple(_named(failure, rules) for failure in run.failures)
    if failures == run.failures:
        return run
    groups: dict[str, set[str]] = {}
    for failure in failures:
        groups.setdefault(failure.signature, set()).add(failure.nodeid)
    causes = group(failures, store.history(groups, run.run.id)) if store else group(failures)
    return replace(run, failures=failures, causes=causes)


def named_by_hook(run: RunFacts) -> Iterator[str]:
    """What a plugin or a conftest file called otherwise than it is by itself, in one line."""
    renamed: Counter[tuple[Kind, Kind]] = Counter()
    for failure in run.failures:
        if failure.evidence.classified:
            itself = reason_of(failure.evidence, failure.scope, failure.when, failure.nodeid).kind
            renamed[itself, failure.reason.kind] += itself is not failure.reason.kind
    told = [f"{number:,} {before} called {after}" for (before, after), number in sorted(renamed.items()) if number]
    if told:
        yield f"{_HOOK} names the kind of {counted(renamed.total(), 'failure')}: {', '.join(told)}"


def _named(failure: Failure, rules: Sequence[KindRule]) -> Failure:
    if failure.evidence.classified in list(Kind):
        return failure
    forced = kind_by_rules(rules, failure.evidence, failure.nodeid)
    reason = reason_of(failure.evidence, failure.scope, failure.when, failure.nodeid, forced)
    if reason.kind is failure.reason.kind:
        return failure
    return replace(failure, reason=reason, signature=reason.signature)
