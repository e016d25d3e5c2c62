"""``fixture``: pytest could not put a test together from its fixtures and parameters.

A fixture that is not there, of the wrong scope, called like a function or without a yield; names in ``parametrize``
that the function does not take. An exception that a fixture's own code raises is of the kind of that exception.
"""

from __future__ import annotations

import re

from pytest_agentgate.model import Kind, Reason
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import normal, one_line
from pytest_agentgate.triage.view import View

KIND = Kind.FIXTURE
ADVICE = "Look at the fixtures that the test asks for: their names, scopes and parameters."

_NOT_FOUND = deferred(r"fixture '([^']+)' not found|indirect fixture '([^']+)' doesn't exist")
_RECURSIVE = deferred(r"recursive dependency involving fixture '([^']+)'")
_SCOPE = deferred(r"ScopeMismatch.*?fixture '?(\w+)'?|fixture function '?(\w+)'? with a '\w+' scope", re.DOTALL)
_CALLED = deferred(r"Fixture \"?'?(\w+)'?\"? called directly")
_UNUSED = deferred(r"function uses no (?:argument|fixture) '([^']+)'")
_NUMBER = deferred(
    r"in \"parametrize\" the number of names|duplicate parametrization of|duplicate '[^']+' in parametri"
)
_NO_PARAM = deferred(r"'SubRequest' object has no attribute 'param'|requested fixture has no parameter defined")
_YIELD = deferred(r"\b(\w+) did not yield a value|fixture function has more than one 'yield'")
# The types that pytest raises for these; the text alone could be anybody's.
_TYPES = (
    "FixtureLookupError",
    "FixtureLookupErrorRepr",
    "Failed",
    "CollectError",
    "AttributeError",
    "ValueError",
    "UsageError",
)


def reason(view: View) -> Reason | None:
    if not view.is_a(*_TYPES) and view.focus.type:
        return None
    name = view.text("fixture") if view.is_a("FixtureLookupError") else ""
    if recursive := view.search(_RECURSIVE):
        name = recursive[1]
        return _reason("recursive", name, view, f"Break the circle of fixtures around {name}.")
    if not name and (found := view.search(_NOT_FOUND)):
        name = found[1] or found[2]
    if name or view.is_a("FixtureLookupError"):
        name = name or normal(view.message)
        near = view.focus.facts.get("available")
        instead = f" ({near[0]}?)" if isinstance(near, list) and near and isinstance(near[0], str) else ""
        action = f"Ask for the fixture under its new name{instead}, or define {name} where the test can see it."
        return Reason(KIND, ("missing", name), f"fixture '{name}' not found", action)
    if scope := view.search(_SCOPE):
        name = scope[1] or scope[2] or ""
        return _reason("scope", name, view, "Give the fixture the scope of the narrowest fixture that it uses.")
    if called := view.search(_CALLED):
        return _reason("called", called[1], view, f"Take {called[1]} as an argument of the test instead of calling it.")
    if unused := view.search(_UNUSED):
        action = f"Make the names in parametrize those that the function takes: it has no '{unused[1]}'."
        return _reason("unused", unused[1], view, action)
    if view.search(_NUMBER):
        action = "Give each set of values in parametrize as many values as there are names, and each name once."
        return _reason("parametrize", normal(view.message), view, action)
    if view.search(_NO_PARAM):
        return _reason("param", _fixture_at(view), view, "Parametrize the fixture, or do not read request.param in it.")
    if found := view.search(_YIELD):
        return _reason(
            "yield", found[1] or _fixture_at(view), view, "Let the fixture yield exactly once on every path."
        )
    return None


def _reason(what: str, name: str, view: View, action: str) -> Reason:
    return Reason(KIND, (what, name), one_line(view.message), action)


def _fixture_at(view: View) -> str:
    return view.site.function if view.site else ""
