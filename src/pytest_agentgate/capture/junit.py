"""Results and failures from JUnit XML of any runner.

pytest writes most into it: node ids are put together again from the dotted names that pytest makes of them. Tests of
other runners are ``classname::name``. Files are scanned before they are parsed: a DTD, an entity, a giant or a
bottomless file is refused; what is refused or broken is named, and the other files are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

import junitparser
from junitparser import xunit2

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.dialects import NOT_RUN, OUTCOME, WORKER, made_one
from pytest_agentgate.capture.foreign import error_in, reason_in
from pytest_agentgate.capture.located import Project, nodeid_of
from pytest_agentgate.capture.printed import evidence_of_text
from pytest_agentgate.capture.properties import described
from pytest_agentgate.model import Evidence, Outcome, Property, Result, Scope, When

SIZE = 256 * 1024 * 1024
"""Bytes of one file: reports of 100,000 tests have some 50 MB."""

_DEPTH = 100
_TEXT = 20_000  # characters of what was printed that are kept for one failure

_IN_SETUP = re.compile(r'^failed on setup with "(.*?)"?$', re.DOTALL)
_IN_TEARDOWN = re.compile(r'^failed on teardown with "(.*?)"?$', re.DOTALL)
_UNLOADED = "unittest.loader._FailedTest"  # unittest's stand-in for a module that cannot be imported
_CLASS_FIXTURE = re.compile(r"^(?P<name>(?:setUp|tearDown)(?:Class|Module)) \((?P<place>[\w.]+)\)$")
_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")
_BAD = frozenset({Outcome.FAILED, Outcome.ERROR})
_WORST_FIRST = (
    *(Outcome.FAILED, Outcome.ERROR, Outcome.RERUN, Outcome.NOT_RUN),
    *(Outcome.XPASSED, Outcome.SKIPPED, Outcome.XFAILED, Outcome.PASSED),
)


@dataclass(frozen=True)
class Reported:
    """One failure or error of a report."""

    nodeid: str
    scope: Scope
    when: When
    evidence: Evidence
    text: str
    attempt: int = 1
    final: bool = True  # False: a later attempt at the same test passed


@dataclass(frozen=True)
class JunitRun:
    """What one or more files tell, as one run."""

    results: tuple[Result, ...] = ()  # every attempt, in the order of the files
    failures: tuple[Reported, ...] = ()
    problems: tuple[str, ...] = ()  # one line for each file that could not be used
    files: tuple[str, ...] = ()  # the files that could
    created_at: str = ""  # the earliest time stamp, as the runner wrote it
    host: str = ""
    properties: tuple[Property, ...] = ()  # of the last attempt at each test, in every file
    several: tuple[str, ...] = ()  # tests that are in more than one file, as those of a matrix
    copies: tuple[str, ...] = ()  # one line for each file that is the same as another


def read_junit(paths: Sequence[Path], root: Path | None = None) -> JunitRun:
    """Read reports of one run.

    Attempts at a test in one file are attempts, the last of which counts. A test in several files has run in several
    places: it ended as in the file where it ended worst, whose attempts come last, and took as long as where it took
    longest. Of files that are the same byte for byte one is read.

    ``root`` is the folder that node ids and the paths of frames are relative to, the current one if absent: files found
    there tell where in a dotted name the module ends and a class begins, and which part of another machine's path is
    the project's.
    """
    project = Project((root or Path()).absolute())
    by_file: list[list[_Case]] = []
    problems: list[str] = []
    files: list[str] = []
    copies: list[str] = []
    known: dict[bytes, Path] = {}
    stamps: list[tuple[str, str]] = []
    for path in paths:
        try:
            tree, digest = _parsed(path)
            found = list(_cases(_report(tree), project))
        except (
            OSError,
            ValueError,
            LookupError,
            expat.ExpatError,
            ElementTree.ParseError,
            junitparser.JUnitXmlError,
        ) as error:
            problems.append(clean(f"{path}: {_why(error)}", 500).replace("\n", " "))
            continue
        if found and known.setdefault(digest, path) is not path:
            copies.append(f"{path} says the same as {known[digest]}, byte for byte: they count as one file")
            continue
        by_file.append(_phases_joined(found))
        files.append(str(path))
        stamps += [(suite.get("timestamp", ""), suite.get("hostname", "")) for suite in tree.iter("testsuite")]
    places = _places(by_file)
    results, failures = _attempts(_worst_last(by_file, places))
    created_at, host = min((stamp for stamp in stamps if "1970" < stamp[0][:4] < "3000"), default=("", ""))
    return JunitRun(
        tuple(results),
        tuple(failures),
        tuple(problems),
        tuple(files),
        clean(created_at, 40),
        clean(host, 200),
        tuple(one for of_test in places.values() for cases in of_test.values() for one in cases[-1].recorded),
        tuple(nodeid for nodeid, of_test in places.items() if len({number for number, _ in of_test}) > 1),
        tuple(clean(copy, 500).replace("\n", " ") for copy in copies),
    )


# ---- safe parsing


def _parsed(path: Path) -> tuple[ElementTree.Element, bytes]:
    """The root of a report, and its digest; raises ValueError if it is not one, or is one that may not be parsed."""
    with path.open("rb") as file:
        data = file.read(SIZE + 1)
    if not data:
        raise ValueError("is empty")
    if len(data) > SIZE:
        raise ValueError(f"larger than {SIZE >> 20} MiB")
    _scan(data)
    root = ElementTree.fromstring(data)  # noqa: S314  scanned
    if root.tag.rpartition("}")[2] not in ("testsuites", "testsuite"):
        raise ValueError(f"not a JUnit report: its root is <{clean(root.tag, 60)}>")
    made_one(root)
    return root, sha256(data).digest()


def _report(root: Any) -> Any:
    return junitparser.JUnitXml.fromroot(root)


def _scan(data: bytes) -> None:
    """Raise ValueError for what a report never needs and an attack does: declarations, bottomless nesting."""
    parser = expat.ParserCreate()
    depth = 0

    def refuse(*_: Any) -> NoReturn:
        raise ValueError("a document type or entity declaration is refused")

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH:
            raise ValueError(f"nested deeper than {_DEPTH} elements")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.Parse(data, True)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    return f"not well-formed: {error}" if isinstance(error, (expat.ExpatError, ElementTree.ParseError)) else str(error)


# ---- one testcase


@dataclass(frozen=True)
class _Case:
    nodeid: str
    outcome: Outcome
    when: When | None
    reason: str
    duration: float
    failures: tuple[Reported, ...]
    scope: Scope = Scope.TEST
    recorded: tuple[Property, ...] = ()
    worker: str = ""


_Places = dict[str, dict[tuple[int, str], list[_Case]]]  # test -> number of a file, worker -> attempts there


def _cases(element: Any, root: Project) -> Iterator[_Case]:
    """Every testcase below an element: its own, then those of its suites."""
    for case in element.iterchildren(xunit2.TestCase):
        yield from _case(case, root)
    for suite in element.iterchildren(junitparser.TestSuite):
        yield from _cases(suite, root)


def _children(case: Any, *kinds: Any) -> list[Any]:
    return [child for kind in kinds for child in case.iterchildren(kind)]


def _case(case: Any, root: Project) -> Iterator[_Case]:
    """The attempts that a testcase tells of: one, or with Surefire's elements for reruns several."""
    name, classname = case.name or "", case.classname or ""
    bad = _children(case, junitparser.Failure, junitparser.Error)
    again = _children(case, xunit2.RerunFailure, xunit2.RerunError)
    flaky = _children(case, xunit2.FlakyFailure, xunit2.FlakyError)
    skipped = _children(case, junitparser.Skipped)
    scope, when = Scope.TEST, When.CALL
    if (classname, name) == ("pytest", "internal"):
        nodeid, scope, when = "", Scope.RUN, When.SESSION
    elif classname.startswith(_UNLOADED):
        dotted = f"{classname.removeprefix(_UNLOADED)}.{name}".strip(".")
        nodeid, scope, when = nodeid_of("", dotted, None, root), Scope.COLLECT, When.COLLECT
    elif found := _CLASS_FIXTURE.match(name):
        nodeid = nodeid_of(found["place"], found["name"], None, root)
        when = When.SETUP if found["name"].startswith("setUp") else When.TEARDOWN
    elif classname == name and _SCRIPT.search(name) and bad:  # vitest's, for a file that it cannot import
        nodeid, scope, when = root.relative(name), Scope.COLLECT, When.COLLECT
    elif classname and not name and bad:  # Surefire's, for what runs before all tests of a class
        nodeid, when = classname, When.SETUP
    else:
        nodeid = nodeid_of(classname, name, case._elem.get("file"), root)
        if any(verdict.message in ("collection failure", "collection skipped") for verdict in bad + skipped):
            scope, when = Scope.COLLECT, When.COLLECT
    # Reruns follow the testcase's own failure; a test that passed in the end has only flaky ones.
    attempts = [[bad[0]], *([each] for each in again)] if bad and again else [[each] for each in flaky]
    attempts += [] if bad and again else [bad]
    told = _recorded(case)
    ours = {name: value for name, value in told if name in (WORKER, OUTCOME)}
    worker = clean(ours.get(WORKER, ""), 100)
    for verdicts in attempts[:-1]:
        failures = tuple(_reported(verdict, nodeid, scope, when, root) for verdict in verdicts)
        yield _Case(nodeid, *_ended(failures, skipped), 0.0, failures, scope, worker=worker)
    failures = tuple(_reported(verdict, nodeid, scope, when, root) for verdict in attempts[-1])
    outcome, at, reason = _ended(failures, skipped)
    if outcome is Outcome.PASSED and ours.get(OUTCOME) == Outcome.XPASSED:
        outcome = Outcome.XPASSED
    recorded = tuple(Property(nodeid, *one) for one in described(one for one in told if one[0] not in ours))
    seconds = _seconds(case._elem.get("time"))
    yield _Case(nodeid, outcome, at, reason, seconds, failures, scope, recorded, worker)


def _recorded(case: Any) -> list[tuple[str, str]]:
    """The properties of a testcase, each with its value in an attribute or, as of other runners, as its text."""
    found = case._elem.iterfind("properties/property")
    return [(one.get("name", ""), one.get("value", one.text or "")) for one in found]


def _ended(failures: Sequence[Reported], skipped: Sequence[Any]) -> tuple[Outcome, When | None, str]:
    if failures:
        when = failures[0].when
        return (Outcome.FAILED if when is When.CALL else Outcome.ERROR), when, ""
    if not skipped:
        return Outcome.PASSED, None, ""
    message = skipped[0].message or skipped[0].text or ""
    reason = clean(reason_in(message), 500)
    if skipped[0].type in ("pytest.xfail", "XFAIL"):
        return Outcome.XFAILED, When.CALL, reason
    if skipped[0].type == NOT_RUN:
        return Outcome.NOT_RUN, None, reason
    return Outcome.SKIPPED, When.SETUP, reason


def _reported(verdict: Any, nodeid: str, scope: Scope, when: When, root: Project) -> Reported:
    message, text = verdict.message or "", _printed(verdict)
    for pattern, phase in ((_IN_SETUP, When.SETUP), (_IN_TEARDOWN, When.TEARDOWN)):
        if scope is Scope.TEST and (found := pattern.match(message)):
            message, when = found[1], phase
    if message in ("collection failure", "internal error"):
        message = ""
    type_name, told = error_in(verdict.type or "", message, text)
    is_foreign = (type_name, told) != (verdict.type or "", message)
    evidence = root.seen_from(evidence_of_text(type_name, told, "" if is_foreign else text))
    return Reported(nodeid, scope, when, evidence, clean(text or message, _TEXT))


def _printed(verdict: Any) -> str:
    """The text of an element; Surefire puts that of a rerun into a child."""
    inner = verdict._elem.findtext("stackTrace")
    return str(inner if inner is not None else verdict.text or "")


def _seconds(text: str | None) -> float:
    try:
        seconds = float((text or "0").replace(",", ""))
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds < 1e9 else 0.0


# ---- attempts


def _phases_joined(cases: Iterable[_Case]) -> list[_Case]:
    """Make one attempt of what pytest writes as two testcases in a row: a test, and its teardown that failed."""
    joined: list[_Case] = []
    for case in cases:
        before = joined[-1] if joined else None
        if before and before.nodeid == case.nodeid and case.when is When.TEARDOWN and before.when is not When.TEARDOWN:
            outcome = before.outcome if before.outcome in _BAD else Outcome.ERROR
            when = before.when if before.outcome in _BAD else When.TEARDOWN
            failures, recorded = before.failures + case.failures, before.recorded + case.recorded
            joined[-1] = replace(before, outcome=outcome, when=when, failures=failures, recorded=recorded)
        else:
            joined.append(case)
    return joined


def _places(files: Sequence[Sequence[_Case]]) -> _Places:
    places: _Places = {}
    for number, cases in enumerate(files):
        for case in cases:
            if case.scope is Scope.TEST:
                places.setdefault(case.nodeid, {}).setdefault((number, case.worker), []).append(case)
    return places


def _worst_last(files: Sequence[Sequence[_Case]], places: _Places) -> list[_Case]:
    """All cases in the order of the files, but those of a test that ran in several places end with its worst."""
    sorted_cases: dict[str, Iterator[_Case]] = {}
    for nodeid, of_test in places.items():
        if len(of_test) > 1:
            best_first = sorted(of_test.values(), key=lambda cases: (-_worst(cases[-1]), cases[-1].duration))
            ordered = [case for cases in best_first for case in cases]
            ordered[-1] = replace(ordered[-1], duration=max(cases[-1].duration for cases in best_first))
            sorted_cases[nodeid] = iter(ordered)
    return [
        next(sorted_cases[case.nodeid]) if case.scope is Scope.TEST and case.nodeid in sorted_cases else case
        for cases in files
        for case in cases
    ]


def _worst(case: _Case) -> int:
    return _WORST_FIRST.index(case.outcome)


def _attempts(cases: Sequence[_Case]) -> tuple[list[Result], list[Reported]]:
    total: dict[str, int] = {}
    passed: dict[str, int] = {}  # the last attempt that passed
    for case in cases:
        if case.scope is Scope.TEST:
            total[case.nodeid] = total.get(case.nodeid, 0) + 1
            if case.outcome not in _BAD:
                passed[case.nodeid] = total[case.nodeid]
    results: list[Result] = []
    failures: list[Reported] = []
    count: dict[str, int] = {}
    collected: set[str] = set()
    for case in cases:
        if case.scope is not Scope.TEST:
            same = case.nodeid or (case.failures[0].text if case.failures else "")
            if case.failures and same not in collected:
                collected.add(same)
                failures += case.failures
            continue
        attempt = count[case.nodeid] = count.get(case.nodeid, 0) + 1
        final = attempt > passed.get(case.nodeid, 0)
        outcome = Outcome.RERUN if case.outcome in _BAD and attempt < total[case.nodeid] else case.outcome
        results.append(Result(case.nodeid, outcome, case.duration, case.when, case.worker, attempt, case.reason))
        failures += [replace(failure, attempt=attempt, final=final) for failure in case.failures]
    return results, failures
