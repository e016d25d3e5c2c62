"""``interface``: a call, an attribute or a value no longer fits the API.

Arguments that a callable does not take or misses, attributes that an object or class lacks, keys and items that a
result lacks, types that cannot do what the test does with them, a deprecation that is an error.
"""

from __future__ import annotations

import re

from pytest_agentgate.model import Kind, Reason
from pytest_agentgate.triage.facts import Facts
from pytest_agentgate.triage.normal import a, normal, one_line

KIND = Kind.INTERFACE
ADVICE = "Follow the new signature, attribute or shape of what the implementation offers."

_CALL = re.compile(
    r"(?P<keyword>(?<![\w.<>])(?P<c1>[\w.<>]+)\(\) got an unexpected keyword argument '(?P<a1>\w+)')"
    r"|(?P<missing>(?<![\w.<>])(?P<c2>[\w.<>]+)\(\) "
    r"missing \d+ required (?:positional|keyword-only) arguments?: (?P<a2>.+))"
    r"|(?P<many>(?<![\w.<>])(?P<c3>[\w.<>]+)\(\) takes .* positional arguments? but \d+ (?:was|were) given)"
    r"|(?P<twice>(?<![\w.<>])(?P<c4>[\w.<>]+)\(\) got multiple values for argument '(?P<a4>\w+)')"
    r"|(?P<only>(?<![\w.<>])(?P<c5>[\w.<>]+)\(\) "
    r"got some positional-only arguments passed as keyword arguments?: '(?P<a5>.+)')"
    r"|(?P<abstract>Can't instantiate abstract class (?P<c6>\w+) "
    r"with(?:out an implementation for)? abstract methods? (?P<a6>.+))"
)
_PROBLEMS = {
    "keyword": "unexpected_keyword", "missing": "missing", "many": "too_many", "twice": "multiple_values",
    "only": "positional_only", "abstract": "abstract",
}  # fmt: skip
_ATTRIBUTE = re.compile(r"(?:type object )?'([\w.]+)'(?: object)? has no attribute '(\w+)'")
_WORDS = re.compile(r"\w+")
_MANAGERS = {"_GeneratorContextManager": "a with", "_AsyncGeneratorContextManager": "an async with"}
_DATA = frozenset({"dict", "list", "tuple", "str", "int", "float", "bool", "NoneType", "set", "bytes"})
_ASYNC = re.compile(r"coroutine|async_generator|can't be used in 'await' expression|asynchronous context manager")
_DUMPED = re.compile(r"Object of type '?([\w.]+)'? is not JSON serializable|cannot represent an object")
_NOTHING = re.compile(r"'NoneType' object|, not NoneType$")
_ITEM = re.compile(r"'([\w.]+)' object (?:is not subscriptable|does not support item|is not iterable|is not callable)")


def reason(facts: Facts) -> Reason | None:
    if facts.is_a("TypeError"):
        return _of_call(facts) or _of_value(facts)
    if facts.is_a("AttributeError"):
        return _of_attribute(facts)
    if facts.is_a("KeyError", "IndexError"):
        return None if facts.focus.facts.get("environ") is True else _of_item(facts)
    if facts.is_a("RepresenterError", "StopIteration", "StopAsyncIteration"):
        return _of_value(facts)
    if facts.is_a("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"):
        action = "Use what the warning names instead of what is deprecated."
        return Reason(KIND, ("deprecated", normal(facts.message)), facts.headline, action)
    return None


def _of_call(facts: Facts) -> Reason | None:
    problem, called = facts.text("problem"), facts.text("callable")
    told = facts.focus.facts.get("arguments")
    arguments = [str(name) for name in told] if isinstance(told, list) else []
    if problem and not called and facts.text("obj_type"):  # of an object, not of a call
        return None
    if not problem:
        match = facts.search(_CALL)
        if match is None:
            return None
        groups = match.groupdict()
        problem = next(_PROBLEMS[name] for name in _PROBLEMS if groups[name])
        called = next(groups[f"c{n}"] for n in "123456" if groups[f"c{n}"])
        arguments = [
            name
            for name in _WORDS.findall(next((groups[f"a{n}"] for n in "12456" if groups[f"a{n}"]), ""))
            if name != "and"
        ]
    name = called.replace("<locals>.", "")
    short = ".".join(name.split(".")[-2:]) if name else "it"
    function = short.removesuffix(".__init__")
    names = ", ".join(f"'{argument}'" for argument in arguments[:4])
    action = {
        "unexpected_keyword": f"Rename or drop {names} in calls of {function}, as its signature now asks.",
        "missing": f"Pass {names} to {function}, which requires it now; take the value from the change itself.",
        "too_many": f"Pass {function} its arguments by keyword, or drop those that it does not take any more.",
        "multiple_values": f"Call {function} with its arguments in their new order, or by keyword.",
        "positional_only": f"Pass {names} to {function} by position.",
        "abstract": f"Implement {names} in the tests' subclass {function}, which its base requires now.",
    }.get(problem, ADVICE)
    if facts.in_source and problem != "abstract":
        action = f"Give a double of {function} the signature that {facts.origin} calls, or repair the implementation."
    return Reason(KIND, ("call", short, problem, *arguments), facts.headline, action)


def _of_attribute(facts: Facts) -> Reason:
    owner, name = (
        facts.text("obj_name") if facts.text("obj_is") == "class" else facts.text("obj_type"),
        facts.text("name"),
    )
    if not (owner and name) and (match := facts.search(_ATTRIBUTE)):
        owner, name = match[1], match[2]
    if not (owner and name):
        return Reason(KIND, ("attribute", *facts.statement), facts.headline, ADVICE)
    bare = owner.rpartition(".")[2]
    # what a plain value lacks says little about the API, so there the place counts as well
    key = (
        "attribute",
        owner,
        name,
        facts.origin if owner in _DATA else "",
        "" if _lacks(facts, name) else normal(facts.message),
    )
    title = facts.headline
    if facts.message == name:  # all that an Enum says of a member that it lacks
        whose = f"type object '{bare}'" if facts.text("obj_is") == "class" else f"'{bare}' object"
        title = f"{whose} has no attribute '{name}'"
    return Reason(KIND, key, title, _of_attribute_action(facts, bare, name))


def _of_attribute_action(facts: Facts, owner: str, name: str) -> str:
    if owner in ("coroutine", "async_generator"):
        return "Await it: the function became async."
    if statement := _MANAGERS.get(owner):
        return f"Enter it in {statement} statement: what is returned became a context manager."
    if owner == "NoneType":
        return f"Find out why there is nothing that has {name}: it was not found, not built or not returned."
    if facts.in_source and owner in _DATA:
        return f"Pass {facts.origin} an object with {name} instead of {a(owner)}: it takes a model now."
    if facts.in_source:
        return f"Give the {owner} that the tests pass to {facts.origin} the attribute {name}, which it reads now."
    if name in ("get", "items", "keys", "values", "pop", "update", "setdefault"):
        return f"Read the {owner} by its attributes: it is no dict any more."
    return f"Use what {owner}.{name} is called now, or leave the test to a person if it is gone."


def _lacks(facts: Facts, name: str) -> bool:
    return "has no attribute" in facts.message or facts.message == name


def _of_item(facts: Facts) -> Reason:
    if facts.is_a("KeyError"):
        key = normal(facts.text("key") or facts.message)
        title = f"KeyError: {one_line(facts.text('key') or facts.message, 80)}"
        lacking = f"the key {one_line(facts.text('key') or facts.message, 60)}"
    else:
        key, title, lacking = normal(facts.message), f"{facts.type_name}: {one_line(facts.message, 80)}", "that item"
    where = f" in {facts.origin}" if facts.origin else ""
    if facts.in_source:
        action = f"Give {facts.origin} data with {lacking}, or what it looks up now."
    else:
        action = f"Read what the result holds now: it no longer has {lacking}."
    return Reason(KIND, ("item", facts.type_name, key, facts.origin), f"{title}{where}", action)


def _of_value(facts: Facts) -> Reason:
    title = facts.headline
    key = ("value", *facts.statement)
    if facts.search(_ASYNC):
        return Reason(KIND, key, title, "Await what became async, and do not await what is plain now.")
    if dumped := facts.search(_DUMPED):
        kind = facts.text("value_type") or dumped[1] or "the object"
        key = ("dumped", kind, facts.origin)
        if facts.in_source:
            return Reason(
                KIND,
                key,
                title,
                f"Let {facts.origin} write plain data, or pass it plain data; {a(kind)} it cannot write.",
            )
        return Reason(
            KIND,
            key,
            title,
            f'Turn the {kind.rpartition(".")[2]} into plain data first, such as model_dump(mode="json") or asdict().',
        )
    if facts.text("obj_type") == "NoneType" or facts.search(_NOTHING):
        where = f" in {facts.origin}" if facts.origin else ""
        action = f"Find out why there is nothing to work with{where}: it was not found, not built or not returned."
        return Reason(KIND, key, title, action)
    if item := facts.search(_ITEM):
        owner = item[1].rpartition(".")[2]
        return Reason(
            KIND, key, title, f"Use the {owner} as it is now: by its attributes and methods, not as it was before."
        )
    if facts.in_source and facts.type_name != "TypeError":  # raised by somebody who had something to say
        return Reason(KIND, key, title, f"Do what the message of {facts.origin} says, where the tests call it.")
    if facts.in_source:
        return Reason(KIND, key, title, f"Pass {facts.origin} a value of the type that it works with now.")
    return Reason(KIND, key, title, ADVICE)
