"""What pytest itself raises: fixtures that are not there, exceptions that did not come, limits that were passed."""

from __future__ import annotations

from typing import Any

from pytest_agentgate.capture.bounded import bounded_message
from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import attribute, instance_dict, isinstance_safely, qualified_name
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.capture.wordings import fixture_facts, near, outcome_facts

_KNOWN = 500
_REGISTRIES = ("_arg2fixturedefs", "_arg2node2fixturedefs", "_arg2nodeid2fixturedefs")  # until pytest 9.1, and since
_BLOCKS = ("_pytest.", "unittest.case")
_EXPECTATIONS = ("expected_exceptions", "expected_exception", "expected_warning", "expected")


@reads("pytest.FixtureLookupError")
def fixtures(exception: BaseException) -> dict[str, Any]:
    own = instance_dict(exception)
    name, message = own.get("argname"), own.get("msg")
    if message is None:
        circle = any(attribute(each, "argname") == name for each in own.get("fixturestack") or ())
        message = (
            f"recursive dependency involving fixture '{name}' detected" if circle else f"fixture '{name}' not found"
        )
    facts: dict[str, Any] = {"message": message, "fixture": name, "problem": "not_found"}
    manager = instance_dict(attribute(own.get("request"), "_fixturemanager"))
    names = [each for registry in _REGISTRIES for each in manager.get(registry, ()) if isinstance(each, str)]
    known = list(dict.fromkeys(names))[:_KNOWN]
    facts["available"] = near(str(name), known)
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
    """``pytest.raises(match=...)`` and unittest's ``assertRaises`` raise where they leave their blocks."""
    expected = _expected(exception)
    return {"expected": expected} if expected else {}


def _expected(exception: BaseException) -> list[str]:
    for frame in innermost(exception, 5):
        if frame.f_code.co_name != "__exit__" or not module_of(frame).startswith(_BLOCKS):
            continue
        own = instance_dict(locals_of(frame).get("self"))
        types = next((own[key] for key in _EXPECTATIONS if key in own), ())
        types = types if isinstance(types, tuple) else (types,)
        if names := [qualified_name(cls) for cls in types if isinstance_safely(cls, type)]:
            return names
    return []
