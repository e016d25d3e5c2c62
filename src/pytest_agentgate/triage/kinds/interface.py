"""``interface``: a call, an attribute or a value no longer fits the API.

Arguments that a callable does not take or misses, attributes that an object or class lacks, keys and items that a
result lacks, types that cannot do what the test does with them, a deprecation that is an error.
"""

from __future__ import annotations

from pytest_agentgate.model import Kind, Reason
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import a, normal, one_line
from pytest_agentgate.triage.view import View

KIND = Kind.INTERFACE
ADVICE = "Follow the new signature, attribute or shape of what the implementation offers."

_CALL = deferred(
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
_ATTRIBUTE = deferred(r"(?:type object )?'([\w.]+)'(?: object)? has no attribute '(\w+)'")
_WORDS = deferred(r"\w+")
_MANAGERS = {"_GeneratorContextManager": "a with", "_AsyncGeneratorContextManager": "an async with"}
_DATA = frozenset({"dict", "list", "tuple", "str", "int", "float", "bool", "NoneType", "set", "bytes"})
_ASYNC = deferred(r"coroutine|async_generator|can't be used in 'await' expression|asynchronous context manager")
_DUMPED = deferred(r"Object of type '?([\w.]+)'? is not JSON serializable|cannot represent an object")
_NOTHING = deferred(r"'NoneType' object|, not NoneType$")
_ITEM = deferred(r"'([\w.]+)' object (?:is not subscriptable|does not support item|is not iterable|is not callable)")


def reason(view: View) -> Reason | None:
    if view.is_a("TypeError"):
        return _of_call(view) or _of_value(view)
    if view.is_a("AttributeError"):
        return _of_attribute(view)
    if view.is_a("KeyError", "IndexError"):
        return None if view.focus.facts.get("environ") is True else _of_item(view)
    if view.is_a("RepresenterError", "StopIteration", "StopAsyncIteration"):
        return _of_value(view)
    if view.is_a("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"):
        action = "Use what the warning names instead of what is deprecated."
        return Reason(KIND, ("deprecated", normal(view.message)), view.headline, action)
    return None


def _of_call(view: View) -> Reason | None:
    problem, called = view.text("problem"), view.text("callable")
    told = view.focus.facts.get("arguments")
    arguments = [str(name) for name in told] if isinstance(told, list) else []
    if problem and not called and view.text("obj_type"):  # of an object, not of a call
        return None
    if not problem:
        match = view.search(_CALL)
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
    if view.in_source and problem != "abstract":
        action = f"Give a double of {function} the signature that {view.origin} calls, or repair the implementation."
    return Reason(KIND, ("call", short, problem, *arguments), view.headline, action)


def _of_attribute(view: View) -> Reason:
    owner, name = (
        view.text("obj_name") if view.text("obj_is") == "class" else view.text("obj_type"),
        view.text("name"),
    )
    if not (owner and name) and (match := view.search(_ATTRIBUTE)):
        owner, name = match[1], match[2]
    if not (owner and name):
        return Reason(KIND, ("attribute", *view.statement), view.headline, ADVICE)
    bare = owner.rpartition(".")[2]
    # what a plain value lacks says little about the API, so there the place counts as well
    key = (
        "attribute",
        owner,
        name,
        view.origin if owner in _DATA else "",
        "" if _lacks(view, name) else normal(view.message),
    )
    title = view.headline
    if view.message == name:  # all that an Enum says of a member that it lacks
        whose = f"type object '{bare}'" if view.text("obj_is") == "class" else f"'{bare}' object"
        title = f"{whose} has no attribute '{name}'"
    return Reason(KIND, key, title, _of_attribute_action(view, bare, name))


def _of_attribute_action(view: View, owner: str, name: str) -> str:
    if owner in ("coroutine", "async_generator"):
        return "Await it: the function became async."
    if statement := _MANAGERS.get(owner):
        return f"Enter it in {statement} statement: what is returned became a context manager."
    if owner == "NoneType":
        return f"Find out why there is nothing that has {name}: it was not found, not built or not returned."
    if view.in_source and owner in _DATA:
        return f"Pass {view.origin} an object with {name} instead of {a(owner)}: it takes a model now."
    if view.in_source:
        return f"Give the {owner} that the tests pass to {view.origin} the attribute {name}, which it reads now."
    if name in ("get", "items", "keys", "values", "pop", "update", "setdefault"):
        return f"Read the {owner} by its attributes: it is no dict any more."
    return f"Use what {owner}.{name} is called now, or leave the test to a person if it is gone."


def _lacks(view: View, name: str) -> bool:
    return "has no attribute" in view.message or view.message == name


def _of_item(view: View) -> Reason:
    if view.is_a("KeyError"):
        key = normal(view.text("key") or view.message)
        title = f"KeyError: {one_line(view.text('key') or view.message, 80)}"
        lacking = f"the key {one_line(view.text('key') or view.message, 60)}"
    else:
        key, title, lacking = normal(view.message), f"{view.type_name}: {one_line(view.message, 80)}", "that item"
    where = f" in {view.origin}" if view.origin else ""
    if view.in_source:
        action = f"Give {view.origin} data with {lacking}, or what it looks up now."
    else:
        action = f"Read what the result holds now: it no longer has {lacking}."
    return Reason(KIND, ("item", view.type_name, key, view.origin), f"{title}{where}", action)


def _of_value(view: View) -> Reason:
    title = view.headline
    key = ("value", *view.statement)
    if view.search(_ASYNC):
        return Reason(KIND, key, title, "Await what became async, and do not await what is plain now.")
    if dumped := view.search(_DUMPED):
        kind = view.text("value_type") or dumped[1] or "the object"
        key = ("dumped", kind, view.origin)
        if view.in_source:
            return Reason(
                KIND,
                key,
                title,
                f"Let {view.origin} write plain data, or pass it plain data; {a(kind)} it cannot write.",
            )
        return Reason(
            KIND,
            key,
            title,
            f'Turn the {kind.rpartition(".")[2]} into plain data first, such as model_dump(mode="json") or asdict().',
        )
    if view.text("obj_type") == "NoneType" or view.search(_NOTHING):
        where = f" in {view.origin}" if view.origin else ""
        action = f"Find out why there is nothing to work with{where}: it was not found, not built or not returned."
        return Reason(KIND, key, title, action)
    if item := view.search(_ITEM):
        owner = item[1].rpartition(".")[2]
        return Reason(
            KIND, key, title, f"Use the {owner} as it is now: by its attributes and methods, not as it was before."
        )
    if view.in_source and view.type_name != "TypeError":  # raised by somebody who had something to say
        return Reason(KIND, key, title, f"Do what the message of {view.origin} says, where the tests call it.")
    if view.in_source:
        return Reason(KIND, key, title, f"Pass {view.origin} a value of the type that it works with now.")
    return Reason(KIND, key, title, ADVICE)
