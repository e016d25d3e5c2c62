"""``import``: a module, or a name of a module, is not there.

However it is missed: by an import statement, as an attribute of the module, as the target of ``patch`` or
``monkeypatch``, or as a bare name that an import used to bring. One lost name is one cause, whatever it hides.
"""

from __future__ import annotations

from pytest_agentgate.model import Kind, Reason, Role
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import normal, one_line
from pytest_agentgate.triage.view import View

KIND = Kind.IMPORT
ADVICE = "Point what is imported at its new place, or localize the import if it is gone."

_MODULE = deferred(r"No module named '?([\w.]+)'?")
_SYMBOL = deferred(r"cannot import name '?(\w+)'? from (?:partially initialized module )?'?([\w.]+)'?")
_ATTRIBUTE = deferred(r"module '([\w.]+)' has no attribute '(\w+)'")
# unittest.mock's and monkeypatch's own AttributeErrors carry no object
_MOCK = deferred(r"<(?:module|class|function) '?([\w.<>]+)'?.*> does not have the attribute '(\w+)'")
_PATCH = deferred(
    r"'\w+' object at (\S+) has no attribute '(\w+)'"
    r"|<(?:module|class) '([\w.]+)'.*> has no attribute '(\w+)'"
)
_ABSOLUTE = deferred(r"^(?:[A-Za-z]:[\\/]|/).*[\\/]")
_MODULE_OF_NODE = deferred(r"Cannot find (?:module|package) '([^']+)'")
_RELATIVE = deferred(r"attempted relative import")
_PARTIAL = deferred(r"partially initialized module '([\w.]+)'")
_NAME = deferred(r"name '(\w+)' is not defined")
_PATCHERS = ("unittest/mock.py", "mock/mock.py", "pkgutil.py", "pytest_mock/plugin.py")


def reason(view: View) -> Reason | None:
    if view.is_a("ImportError"):
        return _of_import(view)
    if not view.evidence.live and (lost := _in_another_language(view)):
        return lost
    if view.is_a("AttributeError"):
        return _of_attribute(view)
    if view.is_a("NameError") and not view.is_a("UnboundLocalError") and not view.in_source:
        return _of_name(view)
    if view.is_a("CollectError") or (
        not view.evidence.live and not view.focus.type
    ):  # all there is may be printed text
        symbol, module = view.search(_SYMBOL), view.search(_MODULE)
        if symbol:
            return _lost_name(view, symbol[2], symbol[1])
        return _lost_module(view, module[1]) if module else None
    return None


def _of_import(view: View) -> Reason:
    partial = view.search(_PARTIAL)
    if partial or view.focus.facts.get("partial") is True:
        module = partial[1] if partial else view.text("name")
        return _cycle(view, module)
    if view.search(_RELATIVE):
        where = view.site.path if view.site else view.nodeid.partition("::")[0]
        action = "Import by the full name of the module, or run it as part of its package."
        return Reason(KIND, ("relative", normal(view.message), where), one_line(view.message), action)
    symbol = view.search(_SYMBOL)
    if symbol or view.text("symbol"):
        module = view.text("name") or (symbol[2] if symbol else "")
        return _lost_name(view, module, view.text("symbol") or (symbol[1] if symbol else ""))
    module_ = view.search(_MODULE)
    if module_ or (view.is_a("ModuleNotFoundError") and view.text("name")):
        return _lost_module(view, module_[1] if module_ else view.text("name"))
    title = view.headline if view.message else f"{view.type_name} in {view.nodeid or 'the run'}"
    action = "Do what the message says: install what is missing, or import what is there."
    return Reason(KIND, ("message", *view.statement), title, action)


def _of_attribute(view: View) -> Reason | None:
    if partial := view.search(_PARTIAL):
        return _cycle(view, partial[1])
    module, name = "", view.text("name")
    if view.text("obj_is") == "module" or view.text("obj_type") == "module":
        module = view.text("obj_name")
    if match := (view.search(_ATTRIBUTE) or view.search(_MOCK)):
        module, name = match[1], match[2]
    elif match := view.search(_PATCH):
        module, name = match[1] or match[3], match[2] or match[4]
    return _lost_name(view, module, name) if module and name else None


def _of_name(view: View) -> Reason | None:
    match = view.search(_NAME)
    name = view.text("name") or (match[1] if match else "")
    if not name:
        return None
    file = view.site.path if view.site else view.nodeid.partition("::")[0]
    action = f"Import {name} from where it is defined now, or define it in {file or 'the test file'}."
    return Reason(KIND, ("bare", name), f"name '{name}' is not defined", action)


def _in_another_language(view: View) -> Reason | None:
    if view.is_a("ClassNotFoundException", "NoClassDefFoundError"):
        name = one_line(view.message).replace("/", ".")
        title = f"No class {name}"
    elif found := view.search(_MODULE_OF_NODE):
        name, title = _ABSOLUTE.sub("", found[1]), one_line(found[0])
    else:
        return None
    action = f"Point imports of {name} at its new place, or install it if this environment only lacks it."
    return Reason(KIND, ("name", name), title, action) if name else None


def _cycle(view: View, module: str) -> Reason:
    action = (
        f"Break the circle of imports around {module or 'the module'} in the implementation; no edit of the tests can."
    )
    return Reason(KIND, ("cycle", module), one_line(view.message), action)


def _lost_module(view: View, module: str) -> Reason:
    if "." in module:
        action = f"Point imports of {module} at its new place, or localize them if it is gone."
    else:
        action = f"Point imports of {module} at its new name, or install it if this environment only lacks it."
    title = f"No module named '{module}'"
    return Reason(KIND, ("name", module), title, _by_source(view, module) or action)


def _lost_name(view: View, module: str, name: str) -> Reason:
    dotted = f"{module}.{name}"
    if any(frame.path in _PATCHERS for frame in view.focus.frames) or view.search(_MOCK) or view.search(_PATCH):
        action = f"Point patches of {dotted} at the name that the implementation looks up now."
    elif view.is_a("ImportError", "CollectError"):
        action = f"Import {name} from its new place, or localize its import if it has left {module} for good."
    else:
        action = f"Use what {dotted} is called now, or leave the test to a person if it is gone."
    if view.is_a("ImportError", "CollectError"):
        title = f"cannot import name '{name}' from '{module}'"
    else:
        title = f"{'' if '<class' in view.message else 'module '}'{module}' has no attribute '{name}'"
    return Reason(KIND, ("name", dotted), title, _by_source(view, dotted) or action)


def _by_source(view: View, dotted: str) -> str:
    """What to do where not a test but the implementation misses it."""
    site = view.site
    if site is None or site.role is not Role.SOURCE:
        return ""
    wanting = site.module or site.path
    return f"Install what provides {dotted}, or repair {wanting}, which wants it; no edit of the tests can."
