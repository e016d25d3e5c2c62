"""Results and failures from JUnit XML of any runner.

pytest writes most into it: node ids are put together again from the dotted names that pytest makes of them. Tests of
other runners are ``classname::name``. Files are scanned before they are parsed: a DTD, an entity, a giant or a
bottomless file is refused; what is refused or broken is named, and the other files are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

import junitparser
from junitparser import xunit2

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.foreign import error_in
from pytest_agentgate.capture.printed import evidence_of_text
from pytest_agentgate.capture.properties import described
from pytest_agentgate.capture.roles import looks_like_test
from pytest_agentgate.model import Evidence, Frame, Outcome, Property, Raised, Result, Role, Scope, When

SIZE = 256 * 1024 * 1024
"""Bytes of one file: reports of 100,000 tests have some 50 MB."""

_DEPTH = 100
_DEEPEST = 20  # parts of a path, from its end, that are looked for
_ABSOLUTE = re.compile(r"/(?!/)\S|[A-Za-z]:[\\/]")
_TEXT = 20_000  # characters of what was printed that are kept for one failure

_IN_SETUP = re.compile(r'^failed on setup with "(.*?)"?$', re.DOTALL)
_IN_TEARDOWN = re.compile(r'^failed on teardown with "(.*?)"?$', re.DOTALL)
_UNLOADED = "unittest.loader._FailedTest"  # unittest's stand-in for a module that cannot be imported
_CLASS_FIXTURE = re.compile(r"^(?P<name>(?:setUp|tearDown)(?:Class|Module)) \((?P<place>[\w.]+)\)$")
_DOCUMENTS = frozenset({"rst", "txt", "md", "yaml", "yml", "toml", "json", "ipynb", "feature", "robot"})
_BAD = frozenset({Outcome.FAILED, Outcome.ERROR})


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
    properties: tuple[Property, ...] = ()  # of the last attempt at each test


def read_junit(paths: Sequence[Path], root: Path | None = None) -> JunitRun:
    """Read reports of one run; the same test in two of them is two attempts, the last of which counts.

    ``root`` is the folder that node ids and the paths of frames are relative to, the current one if absent: files found
    there tell where in a dotted name the module ends and a class begins, and which part of another machine's path is
    the project's.
    """
    project = _Project((root or Path()).absolute())
    cases: list[_Case] = []
    problems: list[str] = []
    files: list[str] = []
    stamps: list[tuple[str, str]] = []
    for path in paths:
        try:
            tree = _parsed(path)
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
        cases += _phases_joined(found)
        files.append(str(path))
        stamps += [(suite.get("timestamp", ""), suite.get("hostname", "")) for suite in tree.iter("testsuite")]
    results, failures = _attempts(cases)
    created_at, host = min((stamp for stamp in stamps if stamp[0] > "1970"), default=("", ""))
    return JunitRun(
        tuple(results),
        tuple(failures),
        tuple(problems),
        tuple(files),
        clean(created_at, 40),
        clean(host, 200),
        _properties(cases),
    )


# ---- safe parsing


def _parsed(path: Path) -> ElementTree.Element:
    """The root of a report; raises ValueError if the file is not one, or is one that may not be parsed."""
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
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # some runners name a namespace
    return root


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


# ---- paths


@dataclass(frozen=True)
class _Project:
    """The folder that paths are told from."""

    folder: Path

    @cached_property
    def _known(self) -> dict[str, str]:
        return {}

    @cached_property
    def _spellings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f"{path.as_posix().rstrip('/')}/" for path in (self.folder, self.folder.resolve())))

    def relative(self, path: str) -> str:
        """An absolute path as the project has it, of any machine's; of a file that it does not have, the name."""
        if not _ABSOLUTE.match(path) or "\n" in path:
            return path
        if path not in self._known:
            self._known[path] = self._located(path.replace("\\", "/"))
        return self._known[path]

    def _located(self, path: str) -> str:
        for spelling in self._spellings:
            if path.startswith(spelling):
                return path[len(spelling) :]
        parts = path.split("/")[-_DEEPEST:]
        try:
            held = (rest for at in range(1, len(parts)) if self.folder.joinpath(*(rest := parts[at:])).is_file())
            return "/".join(next(held, parts[-1:]))
        except (OSError, ValueError):
            return parts[-1]

    def seen_from(self, evidence: Evidence) -> Evidence:
        return replace(evidence, chain=tuple(map(self._of_raised, evidence.chain)))

    def _of_raised(self, raised: Raised) -> Raised:
        facts = dict(raised.facts)
        if isinstance(path := facts.get("path"), str):
            facts["path"] = self.relative(path)
        return replace(raised, facts=facts, frames=tuple(map(self._of_frame, raised.frames)))

    def _of_frame(self, frame: Frame) -> Frame:
        path = self.relative(frame.path)
        if path == frame.path:
            return frame
        if "/" not in path:  # whose it is tells the folder, if the project does not
            return replace(frame, path=path)
        return replace(frame, path=path, role=Role.TEST if looks_like_test(PurePosixPath(path)) else Role.SOURCE)


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


def _cases(element: Any, root: _Project) -> Iterator[_Case]:
    """Every testcase below an element: its own, then those of its suites."""
    for case in element.iterchildren(xunit2.TestCase):
        yield from _case(case, root)
    for suite in element.iterchildren(junitparser.TestSuite):
        yield from _cases(suite, root)


def _children(case: Any, *kinds: Any) -> list[Any]:
    return [child for kind in kinds for child in case.iterchildren(kind)]


def _case(case: Any, root: _Project) -> Iterator[_Case]:
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
        nodeid, scope, when = _nodeid("", dotted, None, root), Scope.COLLECT, When.COLLECT
    elif found := _CLASS_FIXTURE.match(name):
        nodeid = _nodeid(found["place"], found["name"], None, root)
        when = When.SETUP if found["name"].startswith("setUp") else When.TEARDOWN
    else:
        nodeid = _nodeid(classname, name, case._elem.get("file"), root)
        if any(verdict.message in ("collection failure", "collection skipped") for verdict in bad + skipped):
            scope, when = Scope.COLLECT, When.COLLECT
    # Reruns follow the testcase's own failure; a test that passed in the end has only flaky ones.
    attempts = [[bad[0]], *([each] for each in again)] if bad and again else [[each] for each in flaky]
    attempts += [] if bad and again else [bad]
    for verdicts in attempts:
        last = verdicts is attempts[-1]
        failures = tuple(_reported(verdict, nodeid, scope, when, root) for verdict in verdicts)
        ended = _ended(failures, skipped)
        seconds = _seconds(case._elem.get("time")) if last else 0.0
        yield _Case(nodeid, *ended, seconds, failures, scope, _recorded(case, nodeid) if last else ())


def _recorded(case: Any, nodeid: str) -> tuple[Property, ...]:
    """The properties of a testcase, each with its value in an attribute or, as of other runners, as its text."""
    found = case._elem.iterfind("properties/property")
    told = ((one.get("name", ""), one.get("value", one.text or "")) for one in found)
    return tuple(Property(nodeid, *one) for one in described(told))


def _ended(failures: Sequence[Reported], skipped: Sequence[Any]) -> tuple[Outcome, When | None, str]:
    if failures:
        when = failures[0].when
        return (Outcome.FAILED if when is When.CALL else Outcome.ERROR), when, ""
    if not skipped:
        return Outcome.PASSED, None, ""
    message = skipped[0].message or skipped[0].text or ""
    reason = "" if message == "true" else clean(message, 500)  # what Node's runner writes where there is none
    if skipped[0].type in ("pytest.xfail", "XFAIL"):
        return Outcome.XFAILED, When.CALL, reason
    return Outcome.SKIPPED, When.SETUP, reason


def _reported(verdict: Any, nodeid: str, scope: Scope, when: When, root: _Project) -> Reported:
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


def _properties(cases: Sequence[_Case]) -> tuple[Property, ...]:
    last = {case.nodeid: case.recorded for case in cases if case.scope is Scope.TEST}
    return tuple(one for recorded in last.values() for one in recorded)


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
            if case.failures and case.nodeid not in collected:
                collected.add(case.nodeid)
                failures += case.failures
            continue
        attempt = count[case.nodeid] = count.get(case.nodeid, 0) + 1
        final = attempt > passed.get(case.nodeid, 0)
        outcome = Outcome.RERUN if case.outcome in _BAD and attempt < total[case.nodeid] else case.outcome
        results.append(Result(case.nodeid, outcome, case.duration, case.when, attempt=attempt, reason=case.reason))
        failures += [replace(failure, attempt=attempt, final=final) for failure in case.failures]
    return results, failures


# ---- node ids


def _nodeid(classname: str, name: str, file: str | None, root: _Project) -> str:
    """The node id that pytest made a testcase of, or ``classname::name``."""
    classname, name = clean(classname, 2_000), clean(name, 2_000)
    if not classname:  # a collector
        return _module_path(name, root) or name
    if classname.rpartition(".")[2] in _DOCUMENTS:
        return f"{_document_path(classname, name)}::{name}"
    name = root.relative(name)
    path = root.relative(file.removeprefix("./")) if file else ""
    if path.endswith(".py") and not PurePosixPath(path).is_absolute() and not path.startswith("../"):
        dotted = path.removesuffix(".py").replace("/", ".")
        if classname == dotted or classname.startswith(f"{dotted}."):
            return "::".join([path, *filter(None, classname[len(dotted) + 1 :].split(".")), name])
    parts = classname.split(".")
    module = _module_parts(parts, root)
    if not module:
        return f"{classname}::{name}"
    return "::".join(["/".join(parts[:module]) + ".py", *parts[module:], name])


def _module_path(dotted: str, root: _Project) -> str:
    """The path of a collector that is called by its dotted name: a module, or a folder."""
    if "/" in dotted or " " in dotted:
        return ""
    parts = dotted.split(".")
    if parts[-1] in _DOCUMENTS:
        return _document_path(dotted, dotted)
    if _module_parts(parts, root) == len(parts):
        return "/".join(parts) + ".py"
    folder = "/".join(parts)
    return folder if (root.folder / folder).is_dir() else ""


def _module_parts(parts: Sequence[str], root: _Project) -> int:
    """How many parts of a dotted name are its module: as the files of the root say, else as tests are usually named."""
    if not all(part.isidentifier() or part.replace("-", "_").isidentifier() for part in parts):
        return 0
    for end in range(len(parts), 0, -1):
        if root.folder.joinpath(*parts[: end - 1], f"{parts[end - 1]}.py").is_file():
            return end
    for end in range(len(parts), 0, -1):
        if looks_like_test(PurePosixPath(f"{parts[end - 1]}.py")):
            return end
    return 0


def _document_path(classname: str, name: str) -> str:
    """A document's path: its own dots stay, those before its name were slashes."""
    stem = name.rpartition("/")[2]
    folder = classname.removesuffix(stem).rstrip(".") if classname.endswith(stem) else classname.rpartition(".")[0]
    return f"{folder.replace('.', '/')}/{stem}" if folder else stem
