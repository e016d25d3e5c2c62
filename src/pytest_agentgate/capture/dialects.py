"""The forms of JUnit XML that runners write, made the one that is read.

Nobody owns the format; what is done here is what files of real runners needed, samples of which the tests keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, SubElement

OURS, GATES = "agentgate", "agentgate.gates"
"""Names of the root and of the suite of gates in the files that this package writes."""
NOT_RUN = "agentgate.not_run"
"""The type of a skip that is none: the test was collected, and never ran."""
WORKER, OUTCOME = "agentgate.worker", "agentgate.outcome"
"""Properties that this package writes of a test: who ran it, and ``xpassed``, which JUnit has no word for."""

_PRINTED = re.compile(r"^\s*\[\[PROPERTY\|([^=\n]+)=(.*)\]\]\s*$", re.MULTILINE)
_DISABLED = frozenset({"notrun", "disabled"})
_MISSING = "Unable to find executable"  # CTest's, which ends with an error for it, and writes a skip


def made_one(root: Element) -> None:
    """Bring a parsed report into the form that pytest writes, in place."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # some runners name a namespace
    untold = _untold(root)
    is_ours = root.get("name") == OURS
    for suite in {root: None, **dict.fromkeys(root.iter("testsuite"))}:
        file = suite.get("file", "")
        for case in suite.iterfind("testcase"):
            if file:
                case.attrib.setdefault("file", file)
            _ran(case)
            _recorded(case, is_ours)
    if is_ours:
        for suite in root.findall("testsuite"):
            if suite.get("name") == GATES:  # judged from tests, and no test
                root.remove(suite)
    if untold:
        case = SubElement(root, "testcase", classname="pytest", name="internal")
        SubElement(case, "error", message=untold, type="agentgate.incomplete")


def _untold(root: Element) -> str:
    """What a report counts and shows nothing of: gotestsum does so for a package that does not compile."""
    counting = [root] if {"failures", "errors"}.intersection(root.keys()) else root.findall("testsuite")
    counted = sum(_number(one.get(name)) for one in counting for name in ("failures", "errors"))
    shown = sum(1 for _ in root.iter("failure")) + sum(1 for _ in root.iter("error"))
    if counted <= shown:
        return ""
    return f"the report counts {counted:,} failures and errors, and shows {shown:,}"


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _ran(case: Element) -> None:
    """Say of a test that did not run that it did not: googletest and CTest do so in an attribute only."""
    skipped = case.find("skipped")
    if skipped is not None:
        if skipped.get("message") == _MISSING:
            skipped.set("type", NOT_RUN)
    elif case.get("status") in _DISABLED and case.find("failure") is None and case.find("error") is None:
        SubElement(case, "skipped", message="disabled")


def _recorded(case: Element, is_ours: bool) -> None:
    """Make properties of those that a test printed, ``[[PROPERTY|name=value]]``."""
    for output in case.findall("system-out"):
        for name, value in _printed(output.text or "", is_ours):
            found = case.find("properties")
            properties = SubElement(case, "properties") if found is None else found
            SubElement(properties, "property", name=name, value=value)


def _printed(text: str, is_ours: bool) -> Iterator[tuple[str, str]]:
    if "[[PROPERTY|" not in text:
        return
    for name, value in _PRINTED.findall(text):
        yield (unquote(name), unquote(value)) if is_ours else (name, value)
