"""``other``: everything that no other kind knows.

Mostly the environment (a program, a file or a variable that is not there) and exceptions of an application's own.
A variable that ``os.environ`` lacks and a program that cannot be started are no matter of an API, and no service
either. Where a declared service sets the variable, the cause names it.
"""

from __future__ import annotations

from pytest_agentgate.model import Kind, Reason, Role, Scope
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import file_name, normal, one_line
from pytest_agentgate.triage.view import View

KIND = Kind.OTHER
ADVICE = "Read the traceback of an example, which `agentgate triage -v` shows."

_ASYNC = deferred(r"async def functions are not natively supported")
_UNEQUAL = deferred(r"Different tests were collected between|^To see why this happens see '?Known limitations")
_NO_LOOP = deferred(r"no (?:running|current) event loop")
_QUOTED = deferred(r"'([^']+)'$")
_MARK = deferred(r"'([^']+)' not found in `markers` configuration")


def reason(view: View) -> Reason:
    place = f" in {view.site.function}" if view.site else ""
    name = view.type_name
    title = one_line(view.message) or f"{name or 'Failure without a reason'}{place}"
    if view.focus.facts.get("environ") is True:
        key = one_line(view.text("key") or view.message, 80).strip("'\"")
        action = f"Set {key} in the environment, or with monkeypatch.setenv in a fixture."
        return Reason(KIND, unset(key), f"Environment variable {key} is not set", action)
    if view.is_a("FileNotFoundError", "PermissionError", "NotADirectoryError", "IsADirectoryError", "FileExistsError"):
        return _of_file(view, title)
    if view.is_a("CalledProcessError"):
        command = view.text("command") or "a command"
        code = view.focus.facts.get("returncode")
        action = f"Run {command} by itself to see what it complains about."
        return Reason(KIND, ("command", command, str(code)), title, action)
    if view.search(_ASYNC) and view.is_a("Failed"):
        action = "Install and enable the plugin that runs async tests, or mark them for it."
        return Reason(KIND, ("async",), "async def functions are not natively supported", action)
    if (mark := view.search(_MARK)) and view.is_a("Failed"):
        return Reason(
            KIND, ("mark", mark[1]), title, f"Register the marker {mark[1]} in the configuration, or correct its name."
        )
    if view.is_a("SyntaxError"):
        return _of_syntax(view, title if name in title else f"{name}: {title}")
    if view.is_a("SystemExit"):
        action = f"Find out why {view.origin or 'the code'} exits: over arguments that it refuses now, or an error."
        return Reason(KIND, ("exit", *view.statement), f"SystemExit: {title}" if view.message else title, action)
    if view.is_a("NoTestsCollected"):
        action = "Look at the paths and the selection (-k, -m) of the command, and at what pytest found in these paths."
        return Reason(KIND, ("nothing ran",), title, action)
    if view.scope is Scope.RUN and view.search(_UNEQUAL):
        action = "Let every process collect the same: put sets in order, and no random or current value in parameters."
        return Reason(KIND, ("collected",), "The workers collected different tests", action)
    if view.scope is Scope.RUN and not name:
        return Reason(KIND, ("run", normal(view.message)), title, "Look at what pytest printed about the run.")
    if name and name not in title:
        title = f"{name}: {title}"
    action = f"Find out why {view.origin} raises {name} now." if view.origin else ADVICE
    if view.is_a("RuntimeError") and view.search(_NO_LOOP):
        action = f"Make the test async: {view.origin or 'the code'} needs a running event loop."
    return Reason(KIND, ("raised", *view.statement), one_line(title), action)


def unset(variable: str) -> tuple[str, ...]:
    """The key of a reason that says that a variable is not set."""
    return ("variable", variable)


def _of_syntax(view: View, title: str) -> Reason:
    path, line = view.text("path"), view.focus.facts.get("line")
    if not path:
        action = "Correct the syntax of the text that the code evaluates."
        return Reason(KIND, ("syntax", *view.statement), title, action)
    place = f"{path} (line {line})" if isinstance(line, int) else path
    action = f"Correct the syntax of {place}."
    if view.focus.frames and view.focus.frames[-1].role in (Role.LIBRARY, Role.STDLIB):
        action = f"Install a version of what holds {path} that this Python can read."
    return Reason(KIND, ("syntax", path), title, action)


def _of_file(view: View, title: str) -> Reason:
    path = view.text("filename") or (quoted[1] if (quoted := view.search(_QUOTED)) else "")
    last = file_name(path) if path else normal(view.message)
    if any(frame.function.endswith("_execute_child") for frame in view.focus.frames):
        return Reason(KIND, ("program", last), title, f"Install {last}, or put it on PATH.")
    if view.origin:
        action = f"Look at where {view.origin} reads and writes now, and prepare {last} there."
    else:
        action = f"Look at where the implementation leaves {last} now: its name or its folder may have changed."
    return Reason(KIND, ("file", view.type_name, last, view.origin), title, action)
