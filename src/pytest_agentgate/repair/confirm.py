"""Whether what a remedy leads to is there, asked of the interpreter that runs the tests.

One child process imports modules, looks names up and binds calls; nothing of this package is imported in it. What it
cannot tell is ``None``: a module that can't be imported without its services says nothing about the change.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LIMIT = 30.0
"""Seconds for one child."""

_MARK = "agentgate-facts:"


@dataclass(frozen=True)
class Asked:
    """One question: whether a dotted name can be reached, and whether a call of it with these arguments binds.

    Args:
        name: dotted.
        call: whether it is to be called.
        positional: arguments by position.
        keywords: names of the arguments by keyword.
        bound: ``name`` is a method that is called on an instance.
    """

    name: str
    call: bool = False
    positional: int = 0
    keywords: tuple[str, ...] = ()
    bound: bool = False


@dataclass(frozen=True)
class Told:
    """The answer: yes, no, or unknown (None), and why."""

    holds: bool | None = None
    why: str = ""
    value: str = ""  # repr of a plain constant: None, bool, int, float, str, bytes


def nothing_told(asked: Sequence[Asked]) -> Sequence[Told]:
    """The answers where nobody can be asked."""
    return [Told(None, "not asked") for _ in asked]


def interpreter(
    python: str, root: Path, roots: Sequence[str] = ("",), limit: float = LIMIT
) -> Callable[[Sequence[Asked]], Sequence[Told]]:
    """Who answers for an interpreter.

    Args:
        python: the interpreter that runs the tests.
        root: the project's folder, in which it runs.
        roots: folders from which modules are imported, relative to the root, as ``Layout.import_roots`` has them.
        limit: seconds, after which the answers are unknown.
    """
    paths = [str(root / each) for each in roots]
    known: dict[Asked, Told] = {}

    def confirm(asked: Sequence[Asked]) -> Sequence[Told]:
        new = [each for each in dict.fromkeys(asked) if each not in known]
        if new:
            known.update(zip(new, _ask(python, root, paths, new, limit), strict=True))
        return [known[each] for each in asked]

    return confirm


def _ask(python: str, root: Path, paths: Sequence[str], asked: Sequence[Asked], limit: float) -> Sequence[Told]:
    question = json.dumps({"paths": paths, "asked": [asdict(each) for each in asked], "mark": _MARK})
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONSTARTUP", "PYTHONINSPECT"}}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        done = subprocess.run(
            [python, "-c", _CHILD],
            input=question,
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return [Told(None, f"{python} did not answer within {limit:g} s")] * len(asked)
    except OSError as error:
        return [Told(None, f"{python} cannot be started: {error.strerror}")] * len(asked)
    line = next((each for each in reversed(done.stdout.splitlines()) if each.startswith(_MARK)), "")
    try:
        answers = json.loads(line.removeprefix(_MARK))
        told = [Told(each["holds"], str(each["why"]), str(each["value"])) for each in answers]
    except (ValueError, KeyError, TypeError):
        told = []
    if len(told) != len(asked):
        return [Told(None, f"{python} ended with status {done.returncode} and no answer")] * len(asked)
    return told


# Runs in the interpreter of the tests, which may be older than ours: plain Python 3.7, standard library alone.
_CHILD = r"""
import importlib, inspect, json, os, sys
question = json.load(sys.stdin)
sys.path[:0] = [path for path in question["paths"] if path not in sys.path]
out = os.fdopen(os.dup(1), "w")
sys.stdout = sys.stderr
missing = object()

def reach(name):
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        module = ".".join(parts[:cut])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name and (module == error.name or module.startswith(error.name + ".")):
                continue
            return None, None, "importing %s: %s: %s" % (module, type(error).__name__, error)
        except BaseException as error:
            return None, None, "importing %s: %s: %s" % (module, type(error).__name__, error)
        for part in parts[cut:]:
            below = inspect.getattr_static(found, part, missing)
            if below is missing and inspect.ismodule(found):
                below = getattr(found, part, missing)
            if below is missing:
                return False, None, "%s has no %s" % (module, ".".join(parts[cut:]))
            found = getattr(found, part, below)
        return True, found, ""
    return False, None, "no module %s" % parts[0]

def answer(each):
    holds, found, why = reach(each["name"])
    value = repr(found) if holds and type(found) in (type(None), bool, int, float, str, bytes) else ""
    if holds and each["call"]:
        try:
            signature = inspect.signature(found)
        except (TypeError, ValueError) as error:
            return {"holds": None, "why": str(error), "value": ""}
        given = [None] * (each["positional"] + bool(each["bound"]))
        try:
            signature.bind(*given, **{name: None for name in each["keywords"]})
        except TypeError as error:
            return {"holds": False, "why": str(error), "value": ""}
    return {"holds": holds, "why": why[:500], "value": value[:500]}

answers = []
for each in question["asked"]:
    try:
        answers.append(answer(each))
    except BaseException as error:
        answers.append({"holds": None, "why": "%s: %s" % (type(error).__name__, error), "value": ""})
out.write("\n" + question["mark"] + json.dumps(answers) + "\n")
out.flush()
os._exit(0)
"""
