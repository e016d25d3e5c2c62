"""The kind that a project's own rules give to a failure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from pytest_agentgate.model import Evidence, Kind, KindRule, Raised


def kind_by_rules(rules: Iterable[KindRule], evidence: Evidence, nodeid: str) -> Kind | None:
    """The kind of the first rule that matches, or None.

    A rule matches where one exception of the chain has both its type and its message, and its path is that of the
    test's file or of the crash frame; parts that a rule does not give match everything.
    """
    return next((rule.kind for rule in rules if _matches(rule, evidence, nodeid)), None)


def _matches(rule: KindRule, evidence: Evidence, nodeid: str) -> bool:
    if rule.path:
        paths = [nodeid.partition("::")[0], *([evidence.crash.path] if evidence.chain and evidence.crash else [])]
        if not any(fnmatchcase(path, rule.path) for path in paths):
            return False
    return any(_raised(rule, raised) for raised in evidence.chain)


def _raised(rule: KindRule, raised: Raised) -> bool:
    return (not rule.type or raised.is_a(rule.type)) and (
        not rule.message or bool(re.search(rule.message, raised.message))
    )
