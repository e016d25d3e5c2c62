"""What pytest itself raises: fixtures that are not there, exceptions that did not come, limits that were passed."""

from __future__ import annotations

import difflib
from typing import Any

from pytest_agentgate.capture.bounded import bounded_message
from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import attribute, instance_dict, isinstance_safely, qualified_name
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.capture.wordings import fixture_facts, outcome_facts

_NEAR = 5
_KNOWN = 500


@reads("pytest.FixtureLookupError")
def fixtures(exception: BaseException) -> dict[str, Any]:
    own = instance_dict(exception)
    name, message = own.get("argname"), own.get("msg")
    facts: dict[str, Any] = {
        "message": message or f"fixture '{name}' not found",
        "fixture": name,
        "problem": "not_found",
    }
    manager = attribute(own.get("request"), "_fixturemanager")
    known = [each for each in instance_dict(manager).get("_arg2fixturedefs", {}) if isinstance(each, str)][:_KNOWN]
    facts["available"] = difflib.get_close_matches(str(name), known, _NEAR, 0.5)
    return facts | fixture_facts(facts["message"])


@reads("pytest.OutcomeException")
def outcomes(exception: BaseException) -> dict[str, Any]:
    message = bounded_message(exception) or str(instance_dict(exception).get("msg") or "")
    facts = outcome_facts(message)
    if "expected" in facts:
        facts["expected"] = _expected(exception) or facts["expected"]
    return facts


@reads("AssertionError")
def unmatched(exception: BaseException) -> dict[str, Any]:
    """``pytest.raises(match=...)`` raises where it leaves its block."""
    expected = _expected(exception) if "did not match" in bounded_message(exception) else []
    return {"expected": expected} if expected else {}


def _expected(exception: BaseException) -> list[str]:
    for frame in innermost(exception, 5):
        if not module_of(frame).startswith("_pytest."):
            continue
        own = instance_dict(locals_of(frame).get("self"))
        types = own.get("expected_exceptions", own.get("expected_exception", own.get("expected_warning")))
        types = types if isinstance(types, tuple) else (types,)
        if names := [qualified_name(cls) for cls in types if isinstance_safely(cls, type)]:
            return names
    return []
