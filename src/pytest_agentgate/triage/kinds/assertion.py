"""``assertion``: a test looked at a result and did not find what it expects.

``assert``, the methods of unittest and mock, ``pytest.fail``, an exception that was expected and did not come or came
with another message. Failures of one file that compare things of the same types and the same make are one cause.
"""

from __future__ import annotations

import re

from pytest_agentgate.model import Comparison, Kind, Reason, Side
from pytest_agentgate.triage.facts import Facts
from pytest_agentgate.triage.normal import normal, one_line, shape

KIND = Kind.ASSERTION
ADVICE = "Decide whether the new result is right; if it is, let the test expect it, as exactly as before."

_TYPES = ("AssertionError", "Failed", "DocTestFailure", "MultipleDoctestFailures")
_NOT_RAISED = re.compile(r"DID NOT (?:RAISE|WARN)(?: any of)?\s*(.*)|^(\w+(?:\.\w+)*) not (?:raised|triggered)")
_REGEX = re.compile(r"Regex pattern did not match|Pattern '.*' (?:does not match|not found in)|does not match ")
_MOCK = re.compile(
    r"expected call not found|Calls not found|Expected .* to (?:be|have been|not have been) (?:called|awaited)"
)
_NO_PLUGIN = re.compile(r"async def functions are not natively supported|'[^']+' not found in `markers` configuration")
_TYPE = re.compile(r"<class '([\w.]+)'>")
_TEXTS = frozenset({"str", "bytes", "int", "float", "bool", "NoneType", "complex", "Decimal"})


def reason(facts: Facts) -> Reason | None:
    if not facts.is_a(*_TYPES) or (facts.is_a("Failed") and facts.search(_NO_PLUGIN)):
        return None
    if missed := facts.search(_NOT_RAISED):
        return _not_raised(facts, missed[1] or missed[2] or "")
    if facts.search(_REGEX) and facts.evidence.comparison is None:
        action = "Decide whether the new message is right; if it is, match it as tightly as before."
        return Reason(KIND, ("regex", normal(facts.message)), one_line(facts.message), action)
    if facts.search(_MOCK):
        action = "Look at how the implementation calls this double now; if that is right, expect that call, as exactly."
        return Reason(KIND, ("mock", normal(facts.message)), one_line(facts.message), action)
    comparison = facts.evidence.comparison
    if comparison is not None and facts.focus is facts.evidence.raised:
        key = ("compare", comparison.operator, *_make(comparison.left), *_make(comparison.right), facts.place)
        return Reason(KIND, key, _sentence(comparison), _action(comparison))
    said = one_line(facts.message)
    title = said or f"An assertion without a message does not hold{f' in {facts.site.function}' if facts.site else ''}"
    return Reason(KIND, ("said", shape(facts.message.partition("\n")[0]), facts.place), title, ADVICE)


def _not_raised(facts: Facts, told: str) -> Reason:
    expected = facts.focus.facts.get("expected")
    names = [str(name) for name in expected] if isinstance(expected, list) else _TYPE.findall(told) or [one_line(told)]
    short = ", ".join(sorted(name.rpartition(".")[2] for name in names))
    action = f"Find out why {short or 'it'} is not raised any more: the check may be lost, so let a person decide."
    return Reason(KIND, ("not raised", short), one_line(facts.message), action)


def _make(side: Side | None) -> tuple[str, str]:
    """A side's type and what its repr is made of; of a plain value the type says it all."""
    if side is None:
        return ("", "")
    return (side.type, "" if side.type in _TEXTS else shape(side.repr))


def _sentence(comparison: Comparison) -> str:
    left, right = (one_line(side.repr, 50) if side else "" for side in (comparison.left, comparison.right))
    if comparison.operator.isidentifier() and comparison.operator not in ("in", "is"):
        return f"{comparison.operator}({', '.join(part for part in (left, right) if part)})"
    return f"assert {' '.join(part for part in (left, comparison.operator, right) if part)}"


def _action(comparison: Comparison) -> str:
    left, right = (side.type if side else "" for side in (comparison.left, comparison.right))
    if left and right and left != right:
        for ours, theirs in ((left, right), (right, left)):
            if ours in ("method", "builtin_function_or_method", "function") and theirs not in _CALLABLE:
                return "Call it: what was an attribute is a method now."
            if ours in _LAZY and theirs in ("list", "tuple", "set", "dict"):
                return f"Compare what the {ours} gives: the result became lazy, so put it in a {theirs} first."
            if ours == "coroutine":
                return "Await it: the function became async."
        return f"It compares a {_bare(left)} with a {_bare(right)}: if the new type is right, expect it, as exactly."
    return ADVICE


_CALLABLE = frozenset({"method", "builtin_function_or_method", "function", "type"})
_LAZY = frozenset(
    {"generator", "dict_keys", "dict_values", "dict_items", "map", "filter", "zip", "range", "range_iterator"}
)


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
