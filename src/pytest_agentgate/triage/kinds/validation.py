"""``validation``: the implementation looked at a value that it was given and refused it.

A validation error of pydantic, attrs, msgspec or any library that calls it so, and every ValueError, whoever raises it:
also the one that Python raises in a test's own line when a result has another length than the test unpacks.
"""

from __future__ import annotations

from pytest_agentgate.model import JSON, Kind, Reason
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import a, normal, one_line
from pytest_agentgate.triage.view import View

KIND = Kind.VALIDATION
ADVICE = "Give the implementation a value that it accepts now."

_NAME = deferred(r"(?:Validation|Schema|Invalid\w*)Errors?$|^(?:Multiple)?Invalid$|^ValidationException$")
_MISSING = frozenset({"missing", "missing_argument", "missing_keyword_only_argument", "value_error.missing"})
_EXTRA = frozenset({"extra_forbidden", "unexpected_keyword_argument", "value_error.extra"})
_ATTRS = deferred(r"'(\w+)' must be <class '([\w.]+)'> \(got .* that is a <class '([\w.]+)'>")


def reason(view: View) -> Reason | None:
    errors = view.focus.facts.get("errors")
    if isinstance(errors, list) and errors:
        return _of_model(view, errors)
    if view.text("attribute") and view.text("expected"):
        return _of_attrs(view, view.text("attribute"), view.text("expected"), view.text("value_type"))
    if view.is_a("TypeError") and (match := view.search(_ATTRS)):
        return _of_attrs(view, *match.groups())
    if not view.is_a("ValueError") and not any(map(_NAME.search, view.names)):
        return None
    if view.is_misfit:
        action = "Unpack as many values as there are now, or name the ones that the test needs."
        return Reason(KIND, ("misfit", *view.statement), view.headline, action)
    title = view.headline
    what = view.text("loc") and f" at {view.text('loc')}"
    whose = f" that {view.origin} accepts{what} now" if view.origin else f" that is accepted{what} now"
    return Reason(
        KIND, ("refused", *view.statement), title, f"Pass a value{whose}, or expect the error where it is right."
    )


def _of_model(view: View, errors: list[JSON]) -> Reason:
    """One model that refuses the same fields for the same reasons is one cause, whatever the values."""
    model = view.text("model") or view.type_name
    found = sorted(
        {(_text(error, "type"), _path(error), _text(error, "ctx_class")) for error in errors if isinstance(error, dict)}
    )
    first = next((error for error in errors if isinstance(error, dict)), {})
    where, said = _path(first), one_line(_text(first, "msg"), 60)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    title = f"{model}{f'.{where}' if where else ''}: {said or _text(first, 'type')}{more}"
    if not view.text("model"):  # an error of a framework, which keeps the list without the model
        action = f"Pass {view.origin or 'the implementation'} a value for {where or 'its input'} that it accepts now."
    else:
        action = _action(model, found)
    return Reason(KIND, ("model", model, *map("|".join, found)), title, action)


def _action(model: str, found: list[tuple[str, str, str]]) -> str:
    missing = [where for what, where, _ in found if what in _MISSING]
    extra = [where for what, where, _ in found if what in _EXTRA]
    if len(missing) == len(extra) == 1:
        return f"Rename {extra[0]} to {missing[0]} where the tests build {model}, if the one replaced the other."
    if missing:
        return f"Give {model} its required {', '.join(missing[:3])} where the tests build it."
    if extra:
        return f"Drop or rename {', '.join(extra[:3])} where the tests build {model}, which does not take it any more."
    what, where, wanted = found[0] if found else ("", "", "")
    if wanted:
        return f"Build {a(wanted.rpartition('.')[2])} for {where or model} instead of passing plain data."
    if what in ("model_type", "dict_type", "dataclass_type", "model_attributes_type"):
        return f"Pass the data that {model} expects at {where or 'its top'}: it takes another type now."
    return f"Pass {model} a value for {where or 'its input'} that it accepts now."


def _of_attrs(view: View, attribute: str, expected: str, given: str) -> Reason:
    wanted, got = expected.rpartition(".")[2], given.rpartition(".")[2]
    title = f"'{attribute}' must be {wanted}{f', not {got}' if got else ''}"
    action = f"Build {a(wanted)} for {attribute} instead of {a(got) if got else 'what is passed'}."
    return Reason(KIND, ("attribute", attribute, expected, given, view.origin), title, action)


def _text(error: JSON, name: str) -> str:
    value = error.get(name) if isinstance(error, dict) else None
    return value if isinstance(value, str) else ""


def _path(error: JSON) -> str:
    """The place of a field, list positions left out."""
    loc = error.get("loc") if isinstance(error, dict) else None
    if isinstance(loc, list):
        return ".".join(part if isinstance(part, str) else "*" for part in loc)
    return normal(loc) if isinstance(loc, str) else ""
