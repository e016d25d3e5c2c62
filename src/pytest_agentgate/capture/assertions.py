"""What an assertion function compared: a method of unittest, of a mock, or any library's ``assert_...``."""

from __future__ import annotations

from types import FrameType

from pytest_agentgate.capture.comparison import side_of
from pytest_agentgate.capture.naming import instance_dict, mro_of, qualified_name
from pytest_agentgate.capture.roles import Roots, role_of
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.model import Comparison, Role

_REACH = 12  # frames between the caller of an assertion and where it raises
_OPTIONS = frozenset({"self", "cls", "msg", "message", "places", "delta", "seq_type", "err_msg", "verbose"})
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
    sides = [name for name in code.co_varnames[: code.co_argcount] if name not in _OPTIONS and name in names][:2]
    return Comparison(code.co_name, *(side_of(names[name]) for name in sides))


def _context(context: object) -> Comparison | None:
    own = instance_dict(context)
    kind = "assertRaises" if "Raises" in type(context).__name__ else "assertWarns"
    regex = own.get("expected_regex")
    return Comparison(kind, None, side_of(own.get("expected") if regex is None else regex))


def _mock(frame: FrameType, mock: object) -> Comparison:
    names = locals_of(frame)
    own = instance_dict(mock)
    calls = own.get("_mock_mock_calls" if "calls" in frame.f_code.co_name else "_mock_call_args")
    if frame.f_code.co_flags & 0x04:  # *args: the expected call is spelled out
        return Comparison(frame.f_code.co_name, side_of(calls), side_of((names.get("args"), names.get("kwargs"))))
    if "calls" in names:
        return Comparison(frame.f_code.co_name, side_of(calls), side_of(names["calls"]))
    return Comparison(frame.f_code.co_name, side_of(own.get("_mock_call_count")), None)
