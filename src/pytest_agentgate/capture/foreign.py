"""The error that runners of other languages print, below what only wraps it.

Node says ``testCodeFailure`` of any failure, Go says ``Failed``, Jest says nothing; the error stands in the text.
Rules for what V8, the JVM and Go print; where none fits, all stays as it was.
"""

from __future__ import annotations

import re
import textwrap

from pytest_agentgate.patterns import deferred

_OF_PYTHON = deferred(r"^(?:E(?:\s|$)|Traceback \(most recent call last\)|\S+\.py:\d+: )", re.MULTILINE)
_NAME = r"(?P<type>(?:[A-Za-z_$][\w$.]*)?(?:Error|Exception|Failure))"
_TELLING = deferred(r"(?:^|[.$])[A-Z][\w$]*(?:Error|Exception|Failure)$")
_SAYS_NOTHING = frozenset({"testCodeFailure", "failure", "failed", "error"})
# Node's own error about a test, ERR_TEST_FAILURE, has the error as its cause.
_ERROR = rf"(?:Uncaught )?{_NAME}(?: \[(?!ERR_TEST_FAILURE\])\w+\])?(?:: |:?$)"
_ERRORS = (
    deferred(rf"^ {{0,8}}(?:\[?cause\]?: ){_ERROR}", re.MULTILINE),
    deferred(rf"^ {{0,8}}{_ERROR}", re.MULTILINE),
)
_AFTER = deferred(r"^\s+at |^\s*Require stack:|^\s*[\]}]+(?: \{)?$|^\s+(?:generatedMessage|code): ")
_LINES = 20  # of a message
_GO = deferred(r"^\s+[\w./-]+\.go:\d+: ?(?P<said>.*)$", re.MULTILINE)
_PANIC = deferred(r"^panic: .+$", re.MULTILINE)
_TESTIFY = deferred(
    r"^\s+Error:\s+(?P<said>\S.*(?:\n(?!\s+\w[\w ]*:\s+\t).*){0,8}?)(?=\n\s+(?:Test|Messages):\s)", re.MULTILINE
)

_PLACED = deferred(
    r"^(?:=== RUN .*\n)?\s*\S+\.(?:go|cc|cpp|cxx):\d+:?\s(?P<said>.*?)(?:\n--- SKIP: .*)?\s*\Z", re.DOTALL
)


def error_in(type_name: str, message: str, text: str) -> tuple[str, str]:
    """The type ("" if none) and the message of the error that a failure is about, else those that were given."""
    if _TELLING.search(type_name) or _OF_PYTHON.search(text):
        return type_name, message
    for pattern in _ERRORS:
        if found := pattern.search(text):
            said = _message(text[found.end() :]) or message
            is_assertion = found["type"] == "Error" and said.startswith("expect(")  # Jest's and Playwright's
            return "AssertionError" if is_assertion else found["type"], said
    if message in ("", "Failed") and (said := _of_go(text)):
        return type_name, said
    return "" if type_name in _SAYS_NOTHING else type_name, message


def reason_in(text: str) -> str:
    """Why a test was skipped, without what Go and googletest say of the place; "" for what says nothing."""
    if text == "true":  # what Node's runner writes where there is none
        return ""
    found = _PLACED.match(text)
    return found["said"].strip() if found else text


def _message(text: str) -> str:
    """What follows an error's name, until the stack."""
    first, *lines = text[:4_000].split("\n")[:_LINES]
    kept: list[str] = []
    for line in lines:
        if _AFTER.match(line):
            break
        kept.append(line)
    return "\n".join([first.strip().removesuffix("] {"), *textwrap.dedent("\n".join(kept)).splitlines()]).strip()


def _of_go(text: str) -> str:
    if panic := _PANIC.search(text):
        return panic[0]
    if told := _TESTIFY.search(text):
        return "\n".join(line.strip() for line in told["said"].splitlines())
    said = (found["said"].strip() for found in _GO.finditer(text))
    return next(filter(None, said), "")
