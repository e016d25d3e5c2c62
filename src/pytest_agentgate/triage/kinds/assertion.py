"""``assertion``: a test looked at a result and did not find what it expects.

``assert``, the methods of unittest and mock, ``pytest.fail``, an exception that was expected and did not come or came
with another message. Failures are one cause where the make of both sides differs in the same way: a new key in every
response is one change, however many files look at responses. Of plain values, only their manner is told.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_agentgate.model import Comparison, Kind, Reason, Side
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import a, joined, normal, one_line, shape
from pytest_agentgate.triage.view import View

KIND = Kind.ASSERTION
ADVICE = "Decide whether the new result is right; if it is, let the test expect it, as exactly as before."

_TYPES = (
    "AssertionError",
    "Failed",
    "DocTestFailure",
    "MultipleDoctestFailures",
    "AssertionFailedError",
    "ComparisonFailure",
)
_NOT_RAISED = deferred(r"DID NOT (?:RAISE|WARN)(?: any of)?\s*(.*)|^(\w+(?:\.\w+)*) not (?:raised|triggered)")
_REGEX = deferred(r"Regex pattern did not match|Pattern '.*' (?:does not match|not found in)|does not match ")
_MOCK = deferred(
    r"expected call not found|Calls not found|Expected .* to (?:be|have been|not have been) (?:called|awaited)"
)
_NO_PLUGIN = deferred(r"async def functions are not natively supported|'[^']+' not found in `markers` configuration")
_TYPE = deferred(r"<class '([\w.]+)'>")
_TOKEN = deferred(r"[\w.]+|\S")
_LINES = deferred(r"(?<!\\)(?:\\\\)*\\n.")  # in a repr, a line's end that more follows
_EXPLAINED = deferred(  # how pytest words a failed assert, with a message of its own or without
    r"(?:(?P<own>(?s:.+?))\n)?(?P<asserted>assert .*)(?:\n +\+ +(?P<where>where .*))?"
)
_OWN, _REST = 60, 100  # characters of each that a title shows
_KEPT = 50  # characters of a difference that count
_SHOWN, _BEFORE = 50, 10  # characters of a side that a title shows, and of them before a difference
_TEXTS = frozenset({"str", "bytes", "int", "float", "bool", "NoneType", "complex", "Decimal"})


def reason(view: View) -> Reason | None:
    if not view.is_a(*_TYPES) or (view.is_a("Failed") and view.search(_NO_PLUGIN)):
        return None
    if missed := view.search(_NOT_RAISED):
        return _not_raised(view, missed[1] or missed[2] or "")
    if view.search(_REGEX) and view.evidence.comparison is None:
        action = "Decide whether the new message is right; if it is, match it as tightly as before."
        return Reason(KIND, ("regex", normal(view.message)), one_line(joined(view.message)), action)
    if view.search(_MOCK):
        action = "Look at how the implementation calls this double now; if that is right, expect that call, as exactly."
        return Reason(KIND, ("mock", normal(view.message)), one_line(joined(view.message)), action)
    comparison = view.evidence.comparison
    if comparison is not None and view.focus is view.evidence.raised:
        types = (side.type if side else "" for side in (comparison.left, comparison.right))
        key = ("compare", comparison.operator, *types, *_difference(comparison))
        own = _EXPLAINED.match(view.message)
        title = (
            f"{one_line(own['own'], _OWN)}: {_sentence(comparison)}" if own and own["own"] else _sentence(comparison)
        )
        return Reason(KIND, key, title, _action(comparison))
    title = (
        _said(view.message)
        or f"An assertion without a message does not hold{f' in {view.site.function}' if view.site else ''}"
    )
    return Reason(KIND, ("said", shape(view.message.partition("\n")[0]), view.place), title, ADVICE)


def _said(message: str) -> str:
    """What a test says of itself, then what pytest says of the assertion, and of what its value came from."""
    found = _EXPLAINED.match(message)
    if not found:
        return one_line(message)
    own, where = found["own"], found["where"]
    asserted = found["asserted"] + (f", {where}" if where else "")
    return f"{one_line(own, _OWN)}: {one_line(asserted, _REST)}" if own else one_line(asserted)


def _not_raised(view: View, told: str) -> Reason:
    expected = view.focus.facts.get("expected")
    names = [str(name) for name in expected] if isinstance(expected, list) else _TYPE.findall(told) or [one_line(told)]
    short = ", ".join(sorted(name.rpartition(".")[2] for name in names))
    action = f"Find out why {short or 'it'} is not raised any more: the check may be lost, so let a person decide."
    return Reason(KIND, ("not raised", short), one_line(view.message), action)


def _difference(comparison: Comparison) -> tuple[str, str]:
    """What the makes of the two sides do not share; all of a make that both have, the manner of plain values."""
    left, right = _make(comparison.left), _make(comparison.right)
    if not left and not right:
        return _manner(comparison.left), _manner(comparison.right)
    ours, theirs = _TOKEN.findall(left), _TOKEN.findall(right)
    if ours == theirs:
        return left[:_KEPT], right[:_KEPT]
    start = _shared(ours, theirs)
    ours, theirs = ours[start:], theirs[start:]
    end = _shared(ours[::-1], theirs[::-1])
    ours, theirs = ours[: len(ours) - end], theirs[: len(theirs) - end]
    return "".join(ours)[:_KEPT], "".join(theirs)[:_KEPT]


def _shared(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many parts two sequences have in common at their start."""
    pairs = zip(ours, theirs, strict=False)
    return next((index for index, (left, right) in enumerate(pairs) if left != right), min(len(ours), len(theirs)))


def _make(side: Side | None) -> str:
    """What a side's repr is made of; "" of a plain value, whose type says it all."""
    return "" if side is None or side.type in _TEXTS else shape(side.repr)


def _manner(side: Side | None) -> str:
    """Of a plain value, what is more than a value: that there is no text, or that it has several lines."""
    if side is None or side.type not in _TEXTS:
        return ""
    if side.type in ("bool", "NoneType"):
        return side.repr
    if side.type not in ("str", "bytes"):
        return ""
    text = side.repr.lstrip("b")[1:-1]
    return "lines" if _LINES.search(text) else "line" if text else "empty"


def _sentence(comparison: Comparison) -> str:
    left, right = _shown(
        comparison.left.repr if comparison.left else "", comparison.right.repr if comparison.right else ""
    )
    if comparison.operator.isidentifier() and comparison.operator not in ("in", "is"):
        return f"{comparison.operator}({', '.join(part for part in (left, right) if part)})"
    return f"assert {' '.join(part for part in (left, comparison.operator, right) if part)}"


def _shown(left: str, right: str) -> tuple[str, str]:
    """Both sides on a line; where they begin alike for longer than a title shows, from where they differ."""
    left, right = one_line(left, 8 * _SHOWN), one_line(right, 8 * _SHOWN)
    if max(len(left), len(right)) <= _SHOWN - _BEFORE:  # nothing to cut, and nothing long in common
        return left, right
    start = _shared(left, right) - _BEFORE
    if left != right and start > _SHOWN - 2 * _BEFORE:
        left, right = f"...{left[start:]}", f"...{right[start:]}"
    return one_line(left, _SHOWN), one_line(right, _SHOWN)


def _action(comparison: Comparison) -> str:
    left, right = (side.type if side else "" for side in (comparison.left, comparison.right))
    if left and right and left != right and comparison.operator not in _OF_ANY_TYPES:
        for ours, theirs in ((left, right), (right, left)):
            if ours in ("method", "builtin_function_or_method", "function") and theirs not in _CALLABLE:
                return "Call it: what was an attribute is a method now."
            if ours in _LAZY and theirs in ("list", "tuple", "set", "dict"):
                return f"Compare what the {ours} gives: the result became lazy, so put it in a {theirs} first."
            if ours == "coroutine":
                return "Await it: the function became async."
        if "NoneType" in (left, right):
            return "One side is None: find out why there is nothing before the test expects anything else."
        return f"It compares {a(_bare(left))} with {a(_bare(right))}: if the new type is right, expect it, as exactly."
    return ADVICE


_OF_ANY_TYPES = frozenset(
    {
        "in", "not in", "is", "is not", "assertIn", "assertNotIn", "assertIs", "assertIsNot", "assertIsInstance",
        "assertNotIsInstance",
    }
)  # fmt: skip
_CALLABLE = frozenset({"method", "builtin_function_or_method", "function", "type"})
_LAZY = frozenset(
    {"generator", "dict_keys", "dict_values", "dict_items", "map", "filter", "zip", "range", "range_iterator"}
)


def _bare(name: str) -> str:
    return name.rpartition(".")[2]
