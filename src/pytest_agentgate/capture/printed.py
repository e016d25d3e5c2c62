"""Evidence from printed text, where no live exception is left: the XML of any runner, a report that a plugin made up.

Reads what pytest prints (``E   `` lines and ``path:line: Type``) and Python's own tracebacks, chains of both. What
other languages print keeps its type and message.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from pytest_agentgate.capture import wordings
from pytest_agentgate.capture.bounded import MESSAGE, REPR, clean
from pytest_agentgate.capture.facts.registry import plain
from pytest_agentgate.capture.naming import qualified_name
from pytest_agentgate.capture.roles import installed_part, looks_like_test
from pytest_agentgate.capture.traces import FRAMES
from pytest_agentgate.model import Comparison, Evidence, Frame, Link, Raised, Role, Side
from pytest_agentgate.model.servers import SERVERS
from pytest_agentgate.patterns import deferred

_TEXT = 200_000  # characters that are read of one text, from its end: the raised exception stands there
_CHAIN = 12

_SEPARATORS = {
    "The above exception was the direct cause of the following exception:": Link.CAUSE,
    "During handling of the above exception, another exception occurred:": Link.CONTEXT,
}
_NAMED = deferred(r"(?P<type>[A-Za-z_][\w.<>]*\w|[A-Za-z])(?:: (?P<message>.*)|:?\s*)\Z", re.DOTALL)
_EXCEPTIONAL = deferred(
    r"(?:Error|Exception|Warning|Exit|Interrupt|Failed|Skipped|Timeout|Group|Failure|Iteration)\d*$"
)
_FRAMES = (
    deferred(r'^\s*File "(?P<path>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$'),
    deferred(r"^(?P<path>(?:[A-Za-z]:)?[^\s:][^:\n]*):(?P<line>\d+): in (?P<function>.+)$"),
    deferred(r"^(?P<path>(?:[A-Za-z]:)?[^\s:][^:\n]*\.\w+):(?P<line>\d+): ?(?P<type>[\w.]*)$"),
)
# How pytest prints a SyntaxError: the place, the line and a mark below it, then the error.
_UNREADABLE = deferred(r'File "(?P<path>[^"\n]+)", line (?P<line>\d+)\n(?:.*\n)*?(?P<error>\w+Error: .*)\Z')
_FUNCTION = deferred(r"^>?\s*(?:async )?def (\w+)\(")
_STANDARD = deferred(r"(?:^|/)lib/python3\.\d+t?/(?!(?:site|dist)-packages/)(?P<rest>.+)$", re.IGNORECASE)

# What pytest prints without its module.
_SHORT = {
    "Failed": ("pytest.Failed", ("pytest.OutcomeException", "BaseException")),
    "Skipped": ("pytest.Skipped", ("pytest.OutcomeException", "BaseException")),
    "Exit": ("pytest.Exit", ("Exception", "BaseException")),
    "DocTestFailure": ("doctest.DocTestFailure", ("Exception", "BaseException")),
    "UnexpectedException": ("doctest.UnexpectedException", ("Exception", "BaseException")),
}
_LOOKUP = Raised("pytest.FixtureLookupError", ("LookupError", "Exception", "BaseException"))
_COLLECT = Raised("pytest.Collector.CollectError", ("Exception", "BaseException"))
_MODEL = ("ValueError", "Exception", "BaseException")


def evidence_of_text(type_name: str, message: str, text: str = "") -> Evidence:
    """What text tells of a failure: the type that a report names ("" if none), its message, and what was printed."""
    text = clean(text[-_TEXT:], _TEXT)
    type_name, message = clean(type_name.strip(), 200), clean(message, MESSAGE)
    chain = _chain(text)
    if re.search(r"^E\s+(?:fixture '.*' not found|recursive dependency involving)", text, re.MULTILINE):
        raised = _missing_fixture(text)
    else:
        raised = _combined(chain[0] if chain else None, type_name, message)
    links = [_with_facts(each, text) for each in (raised, *chain[1:])]
    if text.startswith("ImportError while importing "):  # pytest raises one of its own from it
        cause = replace(links[0], link=Link.CAUSE)
        links = [replace(_COLLECT, message=clean(text)), cause, *links[1:]]
    comparison = _comparison(raised.message) if links[0].is_a("AssertionError") else None
    return Evidence(tuple(links[:_CHAIN]), comparison, live=False)


def _combined(printed: Raised | None, type_name: str, message: str) -> Raised:
    """The raised exception, of what a report says about it and of what was printed."""
    found, stripped = _split(message)
    if printed is None or not printed.type:
        frames = printed.frames if printed else ()
        if type_name and not (found and found.rpartition(".")[2] == type_name.rpartition(".")[2]):
            return replace(_typed(type_name, message), frames=frames)
        if found:
            return replace(_typed(max(found, type_name, key=len), stripped), frames=frames)
        if message.startswith("assert "):
            return replace(_typed("AssertionError", message), frames=frames)
        if message.startswith("[XPASS(strict)]"):
            return replace(_typed("Failed", message), frames=frames)
        return Raised(type_name, (), message, frames=frames)
    if type_name and type_name.rpartition(".")[2] == printed.type.rpartition(".")[2] and "." in type_name:
        return replace(_typed(type_name, printed.message or message), frames=printed.frames)
    return printed if printed.message else replace(printed, message=stripped if found else message)


def _typed(name: str, message: str) -> Raised:
    """An exception by its printed name; the bases of builtins are known."""
    name = name.removeprefix("builtins.")
    if name in _SHORT:
        return Raised(*_SHORT[name], message)
    if name.startswith("_pytest."):
        return Raised("pytest." + ".".join(part for part in name.split(".")[2:]), (), message)
    cls = getattr(builtins, name, None)
    if isinstance(cls, type) and issubclass(cls, BaseException):
        # An alias prints the name of what it stands for.
        bases = tuple(qualified_name(base) for base in cls.__mro__[1:-1])
        return Raised(cls.__name__, bases, message)
    if name.rpartition(".")[2] == "ValidationError" and name.startswith("pydantic"):
        return Raised(name, _MODEL, message)
    return Raised(name, (), message)


def _split(text: str) -> tuple[str, str]:
    """A printed exception's type and message; ("", text) where it names no type."""
    found = _NAMED.match(text)
    if not found:
        return "", text
    name = found["type"]
    last = name.rpartition(".")[2]
    known = isinstance(getattr(builtins, name, None), type) or (name in _SHORT and found["message"] is not None)
    if last == "Failed" and not known:  # what many runners say of any test
        return "", text
    if known or _EXCEPTIONAL.search(last) or ("." in name and last[:1].isupper()):
        return name, found["message"] or ""
    return "", text


# ---- sections of a chain


def _chain(text: str) -> list[Raised]:
    """The exceptions that a text prints, the raised one first."""
    sections: list[list[str]] = [[]]
    links: list[Link] = []
    for line in text.splitlines():
        link = _SEPARATORS.get(line.strip(" |+-"))
        if link:
            sections.append([])
            links.append(link)
        else:
            sections[-1].append(line)
    chain: list[Raised] = []
    for section, link in zip(reversed(sections), [Link.RAISED, *reversed(links)], strict=True):
        raised = _section(section)
        if raised.type or raised.frames:
            chain.append(replace(raised, link=link if chain else Link.RAISED))
    return chain


def _section(lines: list[str]) -> Raised:
    frames: list[Frame] = []
    last_type = function = ""
    block: list[str] = []
    tail: list[str] = []
    tracing = within = False
    for line in lines:
        if line.startswith("Traceback (most recent call last)"):
            frames, tail, tracing = [], [], True
            continue
        if line == "E" or line.startswith(("E  ", "E\t")):
            if not within:
                block = []
            within = True
            block.append(line[1:])
            continue
        within = False
        if found := _FUNCTION.match(line):
            function = function or found[1]
        frame = next((match for pattern in _FRAMES if (match := pattern.match(line))), None)
        if frame:
            groups = frame.groupdict()
            frames.append(_frame(groups["path"], int(groups["line"]), groups.get("function") or function))
            last_type, function, tail = groups.get("type") or last_type, "", []
        elif tracing and (tail or (line and not line.startswith(" "))):
            tail.append(line)
    said = textwrap.dedent("\n".join(block)).strip() if block else "\n".join(tail).strip()
    if unread := _UNREADABLE.match(said):
        frames.append(_frame(unread["path"], int(unread["line"]), ""))
        said = unread["error"]
    name, message = _split(said)
    if last_type and name.rpartition(".")[2] != last_type.rpartition(".")[2]:
        name, message = last_type, said
    if not name and said.startswith("assert "):
        name = "AssertionError"
    middle = FRAMES // 2
    kept = frames if len(frames) <= FRAMES else frames[:middle] + frames[-middle:]
    return replace(_typed(name, clean(message)) if name else Raised(""), frames=tuple(kept))


def _frame(path: str, line: int, function: str) -> Frame:
    path = path.replace("\\", "/")
    standard = _STANDARD.search(path)
    installed = installed_part(PurePosixPath(path))
    if path.startswith("<frozen "):
        role, path = Role.STDLIB, path[8:-1].replace(".", "/") + ".py"
    elif installed:
        role, path = Role.LIBRARY, installed.as_posix()
    elif standard:
        role, path = Role.STDLIB, standard["rest"]
    else:
        role = Role.TEST if looks_like_test(PurePosixPath(path)) else Role.SOURCE
    return Frame(role, clean(path, 300), min(line, 10**9), clean(function.strip(), 200))


def _missing_fixture(text: str) -> Raised:
    found = re.findall(r"^E\s+((?:fixture|recursive) .*)$", text, re.MULTILINE)
    place = re.search(r"^file (?P<path>.+), line (?P<line>\d+)$", text, re.MULTILINE)
    frames = (_frame(place["path"], int(place["line"]), ""),) if place else ()
    return replace(_LOOKUP, message=clean(found[-1]), frames=frames)


# ---- facts


def _endpoints(message: str) -> wordings.Facts:
    return {key: value for key, value in wordings.endpoint_facts(message).items() if key != "url"}


_FACTS: tuple[tuple[str, Callable[[str], wordings.Facts]], ...] = (
    ("ImportError", wordings.import_facts),
    ("AttributeError", wordings.attribute_facts),
    ("NameError", wordings.name_facts),
    ("KeyError", wordings.key_facts),
    ("TypeError", wordings.type_facts),
    ("OSError", _endpoints),
    ("pytest.Failed", wordings.outcome_facts),
    ("pytest.FixtureLookupError", wordings.fixture_facts),
    ("msgspec.ValidationError", wordings.msgspec_facts),
    ("subprocess.TimeoutExpired", wordings.timeout_facts),
    ("yaml.representer.RepresenterError", wordings.written_facts),
)


def _with_facts(raised: Raised, text: str) -> Raised:
    facts: wordings.Facts = {}
    for name, read in _FACTS:
        if raised.is_a(name):
            facts |= read(raised.message)
    if raised.is_a("SyntaxError") and raised.frames and raised.frames[-1].role is not Role.STDLIB:
        facts |= {"path": raised.frames[-1].path, "line": raised.frames[-1].line}
    if raised.type.startswith("pydantic") and raised.type.endswith("ValidationError"):
        facts |= wordings.pydantic_facts(raised.message)
    package = raised.type.partition(".")[0]
    if service := SERVERS.get(package):
        facts |= {"service": service} | wordings.endpoint_facts(raised.message)
    if package == "sqlalchemy" and (found := re.match(r"\(([\w.]+)\) (.*)", raised.message, re.DOTALL)):
        original = found[2].partition("\n[SQL:")[0].partition("\n(Background")[0].strip()
        facts |= {"orig": found[1], "orig_message": original}
        if service := SERVERS.get(found[1].partition(".")[0]):
            facts |= {"service": service} | wordings.endpoint_facts(original)
    if raised.type == "pytest.FixtureLookupError":
        facts["available"] = wordings.near_fixtures(str(facts.get("fixture", "")), text)
    return replace(raised, facts={key: plain(value) for key, value in facts.items()})


_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


def _comparison(message: str) -> Comparison | None:
    """The sides of ``assert left == right`` as pytest prints it, where both are Python."""
    found = re.match(r"(?:.*\n)?\s*assert (.+)", message)
    if not found:
        return None
    try:
        tree = ast.parse(found[1], mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1:
        return None
    return Comparison(_OPERATORS[type(tree.ops[0])], _side(tree.left, found[1]), _side(tree.comparators[0], found[1]))


def _side(node: ast.expr, source: str) -> Side:
    try:
        name = qualified_name(type(ast.literal_eval(node)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        name = ""
    return Side(name, clean(ast.get_source_segment(source, node) or "", REPR))
