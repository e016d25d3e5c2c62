"""Facts that only the words of a message carry: ``message -> facts``, tolerant of CPython 3.10 to 3.14 and of suffixes.

Some facts have no other carrier: a call that does not fit does not name its callable elsewhere. The others are read
here where there is no live exception. A message that says nothing gives no facts.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from pytest_agentgate.patterns import deferred

Facts = dict[str, Any]

# Tables hold texts: `re` compiles and keeps each pattern when it is first needed, and most runs need few.

_QUOTED = deferred(r"['\"]([^'\"]+)['\"]")


def import_facts(message: str) -> Facts:
    """``name``, ``symbol``, ``path`` and ``partial`` of an ImportError."""
    if found := re.search(r"No module named '?([\w.]+)'?", message):
        return {"name": found[1]}
    if found := re.search(
        r"cannot import name '([^']+)' from (partially initialized module )?'([^']+)'(.*)", message, re.DOTALL
    ):
        path = re.search(r"\(([^()]*[/\\.][^()]*)\)\s*$", found[4].split("Did you mean")[0].rstrip(" ."))
        facts: Facts = {"name": found[3], "symbol": found[1]}
        if path:
            facts["path"] = path[1]
        if found[2]:
            facts["partial"] = True
        return facts
    if found := re.search(r"cannot import name '?([^\s']+)'?", message):
        return {"symbol": found[1]}
    return {}


_NO_ATTRIBUTE = (
    (r"^(?:partially initialized )?module '([^']+)' has no attribute '([^']*)'", "module"),
    (r"^type object '([^']+)' has no attribute '([^']*)'", "class"),
    (r"^<module '([^']+)'.*> does not have the attribute '([^']*)'", "module"),
    (r"^<class '([^']+)'> (?:does not have the|has no) attribute '([^']*)'", "class"),
    (r"^'module' object at ([\w.]+) has no attribute '([^']*)'", "module"),
    (r"^'([^']+)' object has no (?:attribute|attributes) '([^']*)'", "instance"),
    (r"^'([^']+)' object attribute '([^']*)' is read-only", "instance"),
    (r"^'?([^'\s]+)'? (?:object|instance) has no attribute '([^']*)'", "instance"),
)
_NO_ACCESS = (
    r"^property '(?P<name>[^']*)' of '(?P<obj>[^']+)' object has no (?:setter|getter|deleter)",
    r"^can't (?:set|delete) attribute '?(?P<name>[^'\s]*)'?",
    r"^unreadable attribute '?(?P<name>[^'\s]*)'?",
)


def attribute_facts(message: str) -> Facts:
    """``name``, ``obj_is``, ``obj_type`` and ``obj_name`` of an AttributeError, as far as its words tell."""
    for pattern, sort in _NO_ATTRIBUTE:
        if found := re.search(pattern, message, re.DOTALL):
            if sort == "instance":
                return {"name": found[2], "obj_type": found[1], "obj_is": sort}
            return {
                "name": found[2],
                "obj_type": "module" if sort == "module" else "type",
                "obj_name": found[1],
                "obj_is": sort,
            }
    for pattern in _NO_ACCESS:
        if found := re.search(pattern, message, re.DOTALL):
            groups = found.groupdict()
            facts = {"name": groups["name"]} if groups["name"] else {}
            return facts | ({"obj_type": groups["obj"], "obj_is": "instance"} if groups.get("obj") else {})
    if re.fullmatch(r"[A-Za-z_]\w*", message):  # __enter__ until 3.10, a member that an Enum lacks
        return {"name": message}
    return {}


def name_facts(message: str) -> Facts:
    """``name`` of a NameError or an UnboundLocalError."""
    found = re.search(r"(?:name|variable) '([^']+)'", message)
    return {"name": found[1]} if found else {}


_CALLABLE = r"(?P<callable>[\w.<>]+)\(\) "
_CALLS: tuple[tuple[str, str], ...] = (
    (_CALLABLE + r"got an unexpected keyword argument '(?P<one>[^']*)'", "unexpected_keyword"),
    (_CALLABLE + r"missing \d+ required (?:positional|keyword-only) arguments?: (?P<several>[^\n]+)", "missing"),
    (_CALLABLE + r"missing required argument '(?P<one>[^']*)'", "missing"),
    (_CALLABLE + r"got multiple values for (?:keyword )?argument '(?P<one>[^']*)'", "multiple_values"),
    (_CALLABLE + r"got some positional-only arguments passed as keyword arguments: (?P<several>.+)",
     "positional_only"),
    (_CALLABLE + r"takes no keyword arguments", "unexpected_keyword"),
    (_CALLABLE + r"takes (?:(?:at least|exactly|at most|from) )?(?P<wanted>\w+)(?: to \d+)? (?:\w+ )?arguments?"
     + r".*?(?:but |\()(?P<given>\d+)", "too_many"),
    (_CALLABLE + r"takes no arguments", "too_many"),
    (r"^(?:(?P<callable>[\w.<>]+) )?expected (?:at \w+ |exactly )?(?P<wanted>\w+) arguments?, got (?P<given>\d+)",
     "too_many"),
    (r"Can't instantiate abstract class (?P<callable>\S+) with.*? abstract methods? (?P<several>.+)", "abstract"),
    (r"^'(?P<one>[^']*)' is an invalid keyword argument for (?P<callable>[\w.<>]+)(?:\(\))?", "unexpected_keyword"),
    (r"^(?:this function )?got an unexpected keyword argument '(?P<one>[^']*)'", "unexpected_keyword"),
    (r"^Unexpected keyword argument '(?P<one>[^']*)'", "unexpected_keyword"),
    (r"^[Mm]issing a? ?required (?:keyword-only |positional-only )?argument:? '(?P<one>[^']*)'", "missing"),
    (r"^(?:function|this function) missing required argument '(?P<one>[^']*)'", "missing"),
    (r"^too many positional arguments|^Extra positional arguments provided", "too_many"),
    (r"^multiple values for argument '(?P<one>[^']*)'", "multiple_values"),
    (r"^'(?P<one>[^']*)' parameter is positional only, but was passed as a keyword", "positional_only"),
    (r"^got some positional-only arguments passed as keyword arguments: (?P<several>[^\n]+)", "positional_only"),
)  # fmt: skip
_NUMBERS = {"no": 0, "one": 1, "two": 2, "three": 3}

_OBJECTS: tuple[tuple[str, str], ...] = (
    (r"^'(?P<obj>[^']+)' object is not subscriptable", "not_subscriptable"),
    (r"^type '(?P<obj>[^']+)' is not subscriptable", "not_subscriptable"),
    (r"^'(?P<obj>[^']+)' object is not callable", "not_callable"),
    (r"^'(?P<obj>[^']+)' object is not (?:iterable|an iterator|reversible)", "not_iterable"),
    (r"^'async for' requires an object with __aiter__ method, got (?P<obj>[\w.]+)", "not_iterable"),
    (r"^argument of type '(?P<obj>[^']+)' is not ", "not_iterable"),
    (r"^'(?P<obj>[^']+)' object does not support item (?:assignment|deletion)", "item_assignment"),
    (r"^'(?P<obj>[^']+)' object does(?: not|n't) support (?:the )?(?:a?synchronous )?context manager protocol",
     "not_context_manager"),
    (r"^object of type '(?P<obj>[^']+)' has no len\(\)", "no_len"),
    (r"^object (?P<obj>[\w.]+) can't be used in 'await' expression", "not_awaitable"),
    (r"^'(?P<obj>[^']+)' object can't be awaited", "not_awaitable"),
    (r"^cannot unpack non-iterable (?P<obj>[\w.]+) object", "not_unpackable"),
    (r"argument after \*\*? must be an? (?:mapping|iterable), not (?P<obj>[\w.]+)", "not_unpackable"),
    (r"unhashable type: '(?P<obj>[^']+)'", "unhashable"),
    (r"^(?P<obj>\w+) (?:indices|index) must be ", "bad_index"),
    (r"^'(?P<obj>[^']+)' object cannot be interpreted as an integer", "not_integer"),
    (r"^unsupported operand type\(s\) for [^:]+: '(?P<obj>[^']+)'(?: and '(?P<other>[^']+)')?", "operand"),
    (r"^'[^']+' not supported between instances of '(?P<obj>[^']+)' and '(?P<other>[^']+)'", "operand"),
    (r"^bad operand type for [^:]+: '(?P<obj>[^']+)'", "operand"),
)  # fmt: skip


def type_facts(message: str) -> Facts:
    """``callable``, ``problem`` and ``arguments`` of a call that does not fit, or ``obj_type`` and what it is not."""
    for pattern, problem in _CALLS:
        if found := re.search(pattern, message, re.DOTALL):
            return _call_facts(found, problem)
    for pattern, problem in _OBJECTS:
        if found := re.search(pattern, message, re.DOTALL):
            other = found.groupdict().get("other")
            return {"problem": problem, "obj_type": found["obj"]} | ({"other_type": other} if other else {})
    return written_facts(message)


def _call_facts(found: re.Match[str], problem: str) -> Facts:
    groups = found.groupdict()
    facts: Facts = {"problem": problem, "arguments": []}
    if groups.get("callable"):
        facts["callable"] = groups["callable"]
    if groups.get("one"):
        facts["arguments"] = [groups["one"]]
    elif groups.get("several"):
        several = groups["several"]
        names = _QUOTED.findall(several) or re.split(r",\s*|\s+and\s+", several)
        facts["arguments"] = [part.strip() for name in names for part in name.split(",") if part.strip()]
    elif groups.get("given"):
        wanted = groups["wanted"]
        number = _NUMBERS.get(wanted, int(wanted) if wanted.isdigit() else 0)
        if int(groups["given"]) < number:
            facts["problem"] = "missing"
    return facts


def written_facts(message: str) -> Facts:
    """``value_type`` of an object that could not be written as JSON or YAML."""
    found = re.search(r"Object of type ([\w.]+) is not JSON serializable", message) or re.search(
        r"cannot represent an object', <([\w.]+)", message
    )
    return {"value_type": found[1]} if found else {}


_HOST = r"(?P<host>\[[0-9a-fA-F:.]+\]|%5B[0-9a-fA-F:.]+%5D|[\w.-]+)"
_ENDPOINTS = (
    r"""server at ["'](?P<host>[^"']+)["'](?: \([^)]*\))?, port (?P<port>\d+)""",
    r"""failed to resolve host ["'](?P<host>[^"']+)["']""",
    r"""could not translate host name ["'](?P<host>[^"']+)["']""",
    r"""connection to server on socket ["'](?P<host>[^"']+)["']""",
    r"""host=["'](?P<host>[^"']+)["'], port=(?P<port>\d+)""",
    rf"\bhost={_HOST}, ?port=(?P<port>\d+)",
    rf"connect(?:ing|ion)? to (?:host )?{_HOST}:(?P<port>\d+)",
    rf"ipv[46]:{_HOST}:(?P<port>\d+)",
    r"""\(["'](?P<host>[^"'(),]+)["'], (?P<port>\d+)[,)]""",
    r"""[Cc]an't connect to [\w ]*server on ["'](?P<host>[^"':]+)(?::(?P<port>\d+))?["']""",
    rf"^{_HOST}:(?P<port>\d+): ",
    rf"nodename nor servname provided.*{_HOST}:(?P<port>\d+)",
    rf"""(?:from|to|at|host|on) ["']?{_HOST}:(?P<port>\d+)\b""",
    r"""Failed to resolve ["'](?P<host>[^"']+)["']""",
)
_URL = deferred(r"\b(?:https?|wss?|amqps?|rediss?|postgres(?:ql)?(?:\+\w+)?|mysql|mongodb)://[^\s'\"<>)\]]+")
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443, "amqp": 5672, "redis": 6379, "mysql": 3306, "mongodb": 27017}


def endpoint_facts(message: str) -> Facts:
    """``host``, ``port``, ``url`` and ``errno`` where a message says what could not be reached."""
    facts: Facts = {}
    if found := re.search(r"\[?Err(?:no|or) (-?\d+)\b", message):
        facts["errno"] = int(found[1])
    if found := _URL.search(message):
        return facts | url_facts(found[0].rstrip(".,:;"))
    for pattern in _ENDPOINTS:
        if found := re.search(pattern, message, re.DOTALL):
            facts["host"] = found["host"].replace("%5B", "").replace("%5D", "").strip("[]")
            if port := found.groupdict().get("port"):
                facts["port"] = int(port)
            break
    return facts


def url_facts(url: str) -> Facts:
    """``url`` without credentials, query and fragment, with its ``host`` and ``port``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return {}
    if not host:
        return {}
    shown = f"[{host}]" if ":" in host else host
    where = f"{shown}:{parts.port}" if parts.port else shown
    facts: Facts = {"url": f"{parts.scheme}://{where}{parts.path}", "host": host}
    return facts | ({"port": port} if port else {})


def pydantic_facts(text: str) -> Facts:
    """``model``, ``count``, ``errors`` and ``version`` of a pydantic ValidationError's text."""
    head = re.search(r"(\d+) validation errors? for (.+)", text)
    if not head:
        return {}
    lines = text[head.end() :].splitlines()[1:]
    errors: list[Facts] = []
    second = False
    for where, what in pairwise(lines):
        if where.startswith(" ") or not what.startswith("  "):
            continue
        loc = re.split(r"\.| -> ", where.strip())
        if found := re.match(r"  (.*) \[type=(\w+)(?:, input_value=.*?(?:, input_type=([\w.]+))?)?\]$", what):
            second = True
            errors.append({"type": found[2], "loc": loc, "msg": found[1]} | _some(input_type=found[3]))
        elif found := re.match(r"  (.*) \(type=([\w.]+)[^)]*\)$", what):
            errors.append({"type": found[2], "loc": loc, "msg": found[1]})
    if not errors:
        return {"model": head[2].strip(), "count": int(head[1])}
    return {"model": head[2].strip(), "count": int(head[1]), "errors": errors, "version": 2 if second else 1}


def msgspec_facts(message: str) -> Facts:
    """``loc`` of a msgspec ValidationError."""
    found = re.search(r"- at `([^`]+)`", message)
    return {"loc": found[1]} if found else {}


_FIXTURES = (
    (r"fixture '(?P<fixture>[^']+)' not found", "not_found"),
    (r"[Rr]ecursive dependency involving fixture '(?P<fixture>[^']+)'", "recursive"),
    (
        r"ScopeMismatch: You tried to access the (?:'?\w+'? scoped )?fixture (?P<fixture>\w+)?",
        "scope_mismatch",
    ),
    (r"Fixture \"(?P<fixture>[^\"]+)\" called directly", "called_directly"),
    (r"function uses no (?:argument|fixture) '(?P<fixture>[^']+)'", "unused_argument"),
    (r"in \"parametrize\" the number of (?:names|values)", "argument_count"),
    (r"The requested fixture has no parameter defined for test", "no_parameter"),
    (r"fixture function has more than one 'yield'", "yields_twice"),
    (r"(?P<fixture>\w+) did not yield a value", "yields_nothing"),
)


def fixture_facts(message: str) -> Facts:
    """``fixture`` and ``problem`` of pytest's complaints about fixtures and parameters."""
    for pattern, problem in _FIXTURES:
        if found := re.search(pattern, message, re.DOTALL):
            return {"problem": problem} | _some(fixture=found.groupdict().get("fixture"))
    return {}


def near_fixtures(name: str, text: str) -> list[str]:
    """Those of the fixtures that pytest lists, where one was not found, that are called nearly so."""
    found = re.search(r"available fixtures: ([^\n]+)", text)
    return near(name, found[1].removeprefix("E").replace(" ", "").split(",")) if found else []


def near(name: str, known: Sequence[str]) -> list[str]:
    """The names that one may have been meant to be, nearest first."""
    return difflib.get_close_matches(name, known, 5, 0.6)


def outcome_facts(message: str) -> Facts:
    """Facts of pytest's ``Failed``: what ``pytest.raises`` waited for, a time limit, or a fixture's problem."""
    if found := re.search(r"DID NOT (?:RAISE|WARN)\b(?: any of)?(.*)", message, re.DOTALL):
        names = re.findall(r"<class '([^']+)'>", found[1]) or re.findall(r"[A-Za-z_][\w.]*", found[1].split(".\n")[0])
        return {"expected": names}
    return timeout_facts(message) or fixture_facts(message)


def timeout_facts(message: str) -> Facts:
    """``timeout`` in seconds, where a message says how long was waited."""
    found = re.search(r"[Tt]imeout:? \(?>? ?(\d+(?:\.\d+)?) ?s", message) or re.search(
        r"timed out after (\d+(?:\.\d+)?) seconds", message
    )
    return {"timeout": float(found[1])} if found else {}


def key_facts(message: str) -> Facts:
    """``key`` of a KeyError: its message is the key's repr."""
    return {"key": message} if message else {}


def _some(**facts: object) -> Facts:
    return {key: value for key, value in facts.items() if value}


def merged(parts: Iterable[Facts]) -> Facts:
    """All facts, of equal keys the first."""
    whole: Facts = {}
    for part in parts:
        whole |= {key: value for key, value in part.items() if key not in whole}
    return whole
