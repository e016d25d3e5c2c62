"""The frames of a live exception."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import CodeType, FrameType, TracebackType
from typing import Any

import pytest

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.naming import PASS_ON, exact, slot
from pytest_agentgate.capture.roles import Roots, role_of, shown_path
from pytest_agentgate.model import Frame, Role

FRAMES = 24
_RUNNERS = frozenset({"_pytest", "pytest", "pluggy"})
_OURS = _RUNNERS | {"pytest_agentgate"}


def frames_of(exception: BaseException, roots: Roots) -> tuple[Frame, ...]:
    """The frames of the exception's traceback, outermost first, pytest's and hidden ones and the middle left out."""
    head: list[Frame] = []
    tail: deque[tuple[TracebackType, str]] = deque(maxlen=FRAMES // 2)
    for entry in _entries(exception):
        frame = entry.tb_frame
        file = frame.f_code.co_filename
        if file in roots.runners:  # above every test, and always the same
            continue
        module = module_of(frame)
        if module.partition(".")[0] in _RUNNERS and role_of(file, module, roots) is Role.LIBRARY:
            if not file.startswith("<"):
                roots.runners.add(file)
            continue
        if _is_hidden(frame, exception):
            continue
        if len(head) < FRAMES // 2:
            head.append(_frame(entry, module, roots))
        else:
            tail.append((entry, module))
    return (*head, *(_frame(entry, module, roots) for entry, module in tail))


def innermost(exception: BaseException, count: int) -> list[FrameType]:
    """The last frames of the exception's traceback, innermost first."""
    return [entry.tb_frame for entry in _entries(exception)[: -count - 1 : -1]]


def raising_line(exception: BaseException) -> tuple[CodeType, int] | None:
    """The code and the line that raised the exception."""
    entries = _entries(exception)
    return (entries[-1].tb_frame.f_code, entries[-1].tb_lineno) if entries else None


def calling_line(frame: FrameType | None) -> tuple[CodeType, int] | None:
    """The code and the line that a call from outside pytest, pluggy and this package comes from."""
    while frame is not None and module_of(frame).partition(".")[0] in _OURS:
        frame = frame.f_back
    return frame and (frame.f_code, frame.f_lineno)


def locals_of(frame: FrameType) -> Mapping[str, Any]:
    """The frame's local names; a module's are its globals."""
    return frame.f_locals


def module_of(frame: FrameType) -> str:
    """The module in whose name a frame runs; "" where it does not say."""
    name = frame.f_globals.get("__name__")
    return exact(name) if isinstance(name, str) else ""


def _entries(exception: BaseException) -> list[TracebackType]:
    entries: list[TracebackType] = []
    entry: TracebackType | None = slot(BaseException, "__traceback__", exception)
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    return entries


def _frame(entry: TracebackType, module: str, roots: Roots) -> Frame:
    code = entry.tb_frame.f_code
    role, path = roots.locate(code.co_filename)
    if code.co_filename.startswith("<"):
        role, path = role_of(code.co_filename, module, roots), shown_path(code.co_filename, roots)
    return Frame(role, clean(path, 300), entry.tb_lineno or 0, clean(code.co_qualname, 200), clean(module, 200))


def _is_hidden(frame: FrameType, exception: BaseException) -> bool:
    """Whether the code asks not to be shown: ``__tracebackhide__``, a truth value or a function of the exception."""
    if "__tracebackhide__" in frame.f_code.co_varnames:
        wish = frame.f_locals.get("__tracebackhide__", False)
    else:
        wish = frame.f_globals.get("__tracebackhide__", False)
    try:
        return bool(wish(pytest.ExceptionInfo.from_exception(exception)) if callable(wish) else wish)
    except PASS_ON:
        raise
    except BaseException:  # noqa: BLE001  somebody's own code
        return False
