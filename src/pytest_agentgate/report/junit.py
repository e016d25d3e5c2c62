"""A run as JUnit XML, with its gates as a suite of their own.

The form is the one that Jenkins' xunit plugin publishes a schema for (junit-10.xsd), one suite for each file of tests;
names are made of node ids as pytest's ``xunit2`` makes them. Attempts before the last are Surefire's ``rerunFailure``
and ``flakyFailure``. The schema knows no properties of a test: they are lines ``[[PROPERTY|name=value]]`` of its
``system-out``, as Testmo and others read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pytest_agentgate.model import Failure, Outcome, Result, Run, RunReport, RunStatus, Scope, When
from pytest_agentgate.model.judgement import GateState, Judgement
from pytest_agentgate.patterns import deferred
from pytest_agentgate.report.attempts import BAD, Attempted, attempted
from pytest_agentgate.report.verdicts import Verdict, explanation, heading, verdicts

GATES = "agentgate.gates"
"""The name of the suite of gates, which whoever reads tests has to leave out."""
NOT_RUN = "agentgate.not_run"
"""The type of a skip that is none: the test was collected, and never ran."""
WORKER, OUTCOME = "agentgate.worker", "agentgate.outcome"
"""Properties of a test that are ours: who ran it, and ``xpassed``, which JUnit has no word for."""

_AROUND = frozenset({When.SETUP, When.TEARDOWN})
_SKIPS = {Outcome.SKIPPED: "pytest.skip", Outcome.XFAILED: "pytest.xfail", Outcome.NOT_RUN: NOT_RUN}
_FILES = (".py", ".rst", ".txt", ".md")
_PLAIN = " !#-%'-;=?-~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
_SPECIAL = deferred(f"[^\t\n{_PLAIN}]")
_SPECIAL_IN_ATTRIBUTE = deferred(f"[^{_PLAIN}]")
_NAMES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_UNSAFE_NAME = deferred(r"%(?=[0-9A-Fa-f]{2})|[=\[\]\s\x00-\x1f\x7f]")
_UNSAFE_VALUE = deferred(r"%(?=[0-9A-Fa-f]{2})|[\[\]\r\n\x00-\x1f\x7f]|^\s|\s$")


def render(report: RunReport) -> str:
    """The document, with a declaration, one element a line."""
    suites = [*_of_files(report), *_of_run(report)]
    judgement = report.summary.judgement
    if judgement is not None:
        suites.append(_of_gates(judgement))
    run = report.summary.run
    totals = _attributes(
        name="agentgate",
        tests=sum(suite.tests for suite in suites),
        failures=sum(suite.failures for suite in suites),
        errors=sum(suite.errors for suite in suites),
        time=_suite_seconds(run.duration or sum(suite.seconds for suite in suites)),
    )
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<testsuites{totals}>"]
    for suite in suites:
        lines += suite.lines(run)
    lines.append("</testsuites>\n")
    return "\n".join(lines)


class _Suite:
    """The test cases of one file, and how many of them there are of each sort."""

    def __init__(self, name: str, file: str = "") -> None:
        self.name, self.file = name, file
        self.tests = self.failures = self.errors = self.skipped = 0
        self.seconds = 0.0
        self.properties: list[tuple[str, str]] = []
        self.output = ""
        self._cases: list[str] = []
        self._classes: dict[str, str] = {}  # most tests share theirs with others

    def add(self, classname: str, name: str, children: str, seconds: float = 0.0) -> None:
        """Take a test case whose children are already XML."""
        self.tests += 1
        self.seconds += seconds
        if classname not in self._classes:
            self._classes[classname] = attribute(classname)
        head = f'<testcase classname="{self._classes[classname]}" name="{attribute(name)}" time="{seconds:.6f}"'
        self._cases.append(f"{head}>{children}</testcase>" if children else f"{head}/>")

    def lines(self, run: Run) -> Iterator[str]:
        counts = _attributes(tests=self.tests, failures=self.failures, errors=self.errors, skipped=self.skipped)
        about = {"timestamp": run.created_at.partition(".")[0], "hostname": run.host, "file": self.file}
        known = _attributes(**{name: value for name, value in about.items() if value})
        yield f'<testsuite name="{attribute(self.name)}"{counts} time="{_suite_seconds(self.seconds)}"{known}>'
        if self.properties:
            yield "<properties>"
            for name, value in self.properties:
                yield f"<property{_attributes(name=name, value=value)}/>"
            yield "</properties>"
        yield from self._cases
        if self.output:
            yield f"<system-out>{text(self.output)}</system-out>"
        yield "</testsuite>"


# ---- tests


def _of_files(report: RunReport) -> list[_Suite]:
    suites: dict[str, _Suite] = {}

    def suite_of(nodeid: str) -> _Suite:
        file = nodeid.partition("::")[0]
        if (suite := suites.get(file)) is None:
            suite = suites[file] = _Suite(file or "run", file if file.endswith(".py") else "")
        return suite

    properties: dict[str, list[tuple[str, str]]] = {}
    for one in report.properties:
        properties.setdefault(one.nodeid, []).append((one.name, one.text))
    for test in attempted(report):
        last = test.last
        suite = suite_of(last.nodeid)
        children = _outcome(suite, test) if test.earlier or last.outcome is not Outcome.PASSED else ""
        output = "".join(map(_property, properties.get(last.nodeid, ())))
        if last.worker:
            output += _property((WORKER, last.worker))
        if last.outcome is Outcome.XPASSED:
            output += _property((OUTCOME, last.outcome.value))
        if output:
            children += f"<system-out>{text(output)}</system-out>"
        suite.add(*names(last.nodeid), children, last.duration)
    for failure in report.failures:
        if failure.scope is Scope.COLLECT and failure.final:
            suite = suite_of(failure.nodeid)
            suite.errors += 1
            suite.add(*names(failure.nodeid), _verdict("error", failure, "collection failure"))
    return list(suites.values())


@lru_cache(maxsize=1024)
def _property(named: tuple[str, str]) -> str:
    name = _UNSAFE_NAME.sub(_percent, named[0])
    return f"[[PROPERTY|{name}={_UNSAFE_VALUE.sub(_percent, named[1])}]]\n"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _outcome(suite: _Suite, test: Attempted) -> str:
    """The elements that say how a test ended, those of its attempts before the last after them."""
    last, earlier = test.last, test.earlier
    if last.outcome in BAD:
        first, *again = [*earlier, last]  # Surefire has the first attempt as the failure, and the others as reruns
        elements = [*_failed(suite, test, first, every=not again), *(_rerun("rerun", test, one) for one in again)]
        return "".join(elements)
    elements = []
    if last.outcome in _SKIPS:
        suite.skipped += 1
        about = _attributes(type=_SKIPS[last.outcome], message=last.reason)
        elements.append(f"<skipped{about}>{text(last.reason)}</skipped>")  # GitLab shows what is in it
    elements += [_rerun("flaky", test, result) for result in earlier if result.outcome in BAD]
    return "".join(elements)


def _failed(suite: _Suite, test: Attempted, result: Result, *, every: bool) -> Iterator[str]:
    """What failed in an attempt; only the first where other attempts follow."""
    failures = test.failures_of(result.attempt)
    whens: list[When | None] = [failure.when for failure in failures] or [result.when]
    if whens[0] in _AROUND:
        suite.errors += 1
    else:
        suite.failures += 1
    for number, when in enumerate(whens if every else whens[:1]):
        failure = failures[number] if failures else None
        yield _verdict("error" if when in _AROUND else "failure", failure, _around(when, failure))


def _rerun(prefix: str, test: Attempted, result: Result) -> str:
    failure = next(iter(test.failures_of(result.attempt)), None)
    when = failure.when if failure else result.when
    element = prefix + ("Error" if when in _AROUND else "Failure")
    said = text(failure.text) if failure else ""
    about = _attributes(message=_around(when, failure) or _message(failure), type=_type(failure))
    return f"<{element}{about}><stackTrace>{said}</stackTrace></{element}>"


def _verdict(element: str, failure: Failure | None, message: str = "") -> str:
    about = _attributes(message=message or _message(failure), type=_type(failure))
    return f"<{element}{about}>{text(failure.text) if failure else ''}</{element}>"


def _around(when: When | None, failure: Failure | None) -> str:
    """The message of what failed before or after the call, as pytest writes it; "" for the call."""
    return f'failed on {when} with "{_message(failure)}"' if when in _AROUND else ""


def _message(failure: Failure | None) -> str:
    return failure.evidence.raised.message if failure else ""


def _type(failure: Failure | None) -> str:
    return failure.evidence.raised.type if failure else ""


def names(nodeid: str) -> tuple[str, str]:
    """The class name and the name that pytest makes of a node id; of another runner's, what stands before ``::``."""
    path, bracket, parameters = nodeid.partition("[")
    within, separator, name = path.rpartition("::")
    if not path.partition("::")[0].endswith(_FILES):
        classname, separator, name = nodeid.partition("::")
        return (classname, name) if separator else ("", nodeid)
    if not separator:
        return "", _dotted(path) + bracket + parameters
    return _dotted(within), name + bracket + parameters


@lru_cache(maxsize=1024)
def _dotted(path: str) -> str:
    file, *classes = path.split("::")
    return ".".join([file.replace("/", ".").removesuffix(".py"), *classes])


# ---- the run itself


def _of_run(report: RunReport) -> Iterator[_Suite]:
    """What keeps a run from being complete, as pytest writes its own internal errors."""
    suite = _Suite("run")
    for failure in report.failures:
        if failure.scope is Scope.RUN:
            suite.add("pytest", "internal", _verdict("error", failure))
    run = report.summary.run
    if not suite.tests and run.status is not RunStatus.COMPLETED:
        about = _attributes(message=f"the run is {run.status}", type="agentgate.incomplete")
        suite.add("pytest", "internal", f"<error{about}/>")
    suite.errors = suite.tests
    if suite.tests:
        yield suite


# ---- gates


def _of_gates(judgement: Judgement) -> _Suite:
    suite = _Suite(GATES)
    about = {
        "judgement": judgement.id,
        "run": judgement.run_id,
        "state": judgement.state.value,
        "judge": judgement.judge.value,
        "base": judgement.base,
        "baseline": judgement.baseline,
    }
    suite.properties = [(name, value) for name, value in about.items() if value]
    suite.output = "\n".join(judgement.notes)
    for verdict in verdicts(judgement):
        suite.add(f"{GATES}.{verdict.phase}", verdict.name, _gate(suite, verdict))
    return suite


def _gate(suite: _Suite, verdict: Verdict) -> str:
    said = "\n".join(explanation(verdict))
    if verdict.state is GateState.PASSED:
        return f"<system-out>{text(said)}</system-out>" if said else ""
    if verdict.state is GateState.WARNED:
        warned = _property((OUTCOME, verdict.state.value))
        return f"<system-out>{text(f'{warned}{heading(verdict)}{chr(10)}{said}')}</system-out>"
    about = _attributes(message=heading(verdict), type=f"agentgate.{verdict.state}")
    if verdict.state is GateState.FAILED:
        suite.failures += 1
        return f"<failure{about}>{text(said)}</failure>"
    suite.errors += 1
    return f"<error{about}>{text(said)}</error>"


# ---- XML


def _attributes(**values: object) -> str:
    return "".join(f' {name}="{attribute(str(value))}"' for name, value in values.items())


def text(content: str) -> str:
    """Any text as the content of an element; what XML has no character for as ``#x1B``, as pytest writes it."""
    return _SPECIAL.sub(_escaped, content) if _SPECIAL.search(content) else content


def attribute(content: str) -> str:
    """Any text as the value of an attribute, whose line breaks survive a parser."""
    return _SPECIAL_IN_ATTRIBUTE.sub(_escaped, content) if _SPECIAL_IN_ATTRIBUTE.search(content) else content


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return _NAMES.get(character) or (f"#x{ord(character):02X}" if ord(character) < 0x100 else f"#x{ord(character):04X}")


def _suite_seconds(seconds: float) -> str:
    """As the schema has it: at most three decimals, no exponent."""
    return f"{max(seconds, 0.0):.3f}"
