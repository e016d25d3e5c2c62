"""What an assertion function compared: a method of unittest, of a mock, or any library's ``assert_...``."""

from __future__ import annotations

from inspect import CO_VARARGS
from types import FrameType

from pytest_agentgate.capture.bounded import bounded_call, bounded_repr
from pytest_agentgate.capture.comparison import side_of
from pytest_agentgate.capture.naming import instance_dict, mro_of, qualified_name
from pytest_agentgate.capture.roles import Roots, role_of
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.model import Comparison, Role, Side

_REACH = 12  # frames between the caller of an assertion and where it raises
_OPTIONS = frozenset({"self", "msg", "message", "places", "delta", "seq_type", "err_msg", "verbose"})
_CALLS = 20
_CALL = "unittest.mock._Call"
_CONTEXTS = frozenset({"unittest.case._AssertRaisesContext", "unittest.case._AssertWarnsContext"})


def asserted_in(exception: BaseException, roots: Roots) -> Comparison | None:
    """The two sides of the library's assertion that raised an AssertionError; None where the code has an ``assert``."""
    asserting: FrameType | None = None
    for frame in innermost(exception, _REACH):
        if role_of(frame.f_code.co_filename, module_of(frame), roots) in (Role.TEST, Role.SOURCE):
            break
        asserting = frame
    if asserting is None:
        return None
    names = locals_of(asserting)
    code = asserting.f_code
    itself = names.get(code.co_varnames[0]) if code.co_argcount else None
    if code.co_name == "__exit__" and qualified_name(type(itself)) in _CONTEXTS:
        return _context(itself)
    if not code.co_name.startswith("assert"):
        return None
    if any(qualified_name(cls) == "unittest.mock.NonCallableMock" for cls in mro_of(type(itself))):
        return _mock(asserting, itself)
    if code.co_name.startswith(("assertRaises", "assertWarns")):  # called with a function
        return Comparison(code.co_name, None, side_of(names.get(code.co_varnames[1])))
    sides = [name for name in code.co_varnames[: code.co_argcount] if name not in _OPTIONS and name in names][:2]
    return Comparison(code.co_name, *(side_of(names[name]) for name in sides))


def _context(context: object) -> Comparison | None:
    own = instance_dict(context)
    kind = "assertRaises" if "Raises" in type(context).__name__ else "assertWarns"
    regex = own.get("expected_regex")
    if regex is None:
        return Comparison(kind, None, side_of(own.get("expected")))
    return Comparison(f"{kind}Regex", None, side_of(regex))


def _call(call: object) -> Side:
    """One call, or the first of many: a list of calls would render them all."""
    if isinstance(call, list):
        return Side(qualified_name(type(call)), bounded_repr(call[:_CALLS]))
    if not isinstance(call, tuple) or qualified_name(type(call)) != _CALL:
        return side_of(call)
    arguments, keywords = tuple(call)[-2:]
    return Side(_CALL, bounded_call(arguments, keywords))


def _mock(frame: FrameType, mock: object) -> Comparison:
    names = locals_of(frame)
    own = instance_dict(mock)
    calls = own.get("_mock_mock_calls" if "calls" in frame.f_code.co_name else "_mock_call_args")
    if frame.f_code.co_flags & CO_VARARGS:
        wanted = bounded_call(names.get("args") or (), names.get("kwargs") or {})
        return Comparison(frame.f_code.co_name, _call(calls), Side(_CALL, wanted))
    if "calls" in names:
        return Comparison(frame.f_code.co_name, _call(calls), _call(names["calls"]))
    return Comparison(frame.f_code.co_name, side_of(own.get("_mock_call_count")), None)
