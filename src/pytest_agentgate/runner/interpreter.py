"""The Python that runs the tests: which one it is, and whether it can."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_agentgate.errors import UsageError

LOWEST_PYTHON = (3, 11)
LOWEST_PYTEST = (7, 4)

_PROBE_LIMIT = 60  # seconds
_MARK = "agentgate:"
# Runs in Pythons that are too old as well; marks its lines, because a sitecustomize may print too.
_PROBE = f"""
import sys
def say(key, value): sys.stdout.write("\\n{_MARK}%s=%s\\n" % (key, value))
say("python", "%d.%d.%d" % sys.version_info[:3])
if sys.version_info >= (3, 8):
    from importlib import metadata, util
    for name in ("pytest", "pytest-agentgate"):
        try:
            say(name, metadata.version(name) or "")
        except metadata.PackageNotFoundError:
            if name == "pytest" and util.find_spec(name):
                import pytest
                say(name, getattr(pytest, "__version__", ""))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that can run a suite, and what it has."""

    path: str
    python: str  # versions
    pytest: str
    plugin: str = ""  # version of this package there, "" where it is not installed


def named(python: str, folder: Path, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The interpreter that the user named: a path, a folder with an environment, or a command on PATH.

    ``folder`` is where the tests are started. Raises UsageError, with what to do, if it cannot run the suite.
    """
    return _checked(python, _program(python), folder, environ)


def guessed(folder: Path, environ: Mapping[str, str] = os.environ) -> Interpreter:
    """The interpreter that a project seems to use.

    The first that has pytest of: its own in ``.venv`` or ``venv``, the active environment, the Python that runs this.
    Raises UsageError, with what to do, if the one that has pytest cannot run the suite.
    """
    for program in _candidates(folder, environ):
        facts = _probe(str(program), folder, environ)
        if facts.get("pytest"):
            return _checked(str(program), str(program), folder, environ, facts)
    return _checked(sys.executable, sys.executable, folder, environ)


def _candidates(folder: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    active = (environ[name] for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if environ.get(name))
    for place in (folder / ".venv", folder / "venv", *map(Path, active)):
        program = _of_environment(place)
        if program.exists():
            yield program


def _of_environment(place: Path) -> Path:
    return place / "Scripts" / "python.exe" if os.name == "nt" else place / "bin" / "python"


def _program(python: str) -> str:
    path = Path(python).expanduser()
    if path.is_dir():
        path = _of_environment(path)
        if not path.exists():
            raise UsageError(f"--python {python}: a folder without {path.relative_to(Path(python).expanduser())}")
    elif not path.exists() and path.name == python and (found := shutil.which(python)):
        return found
    if not path.exists():
        raise UsageError(f"--python {python}: no such file; give the path of the Python that has the project's pytest")
    return str(Path.cwd() / path)  # not resolved: a link is what makes it an environment's Python


def _checked(
    name: str, program: str, folder: Path, environ: Mapping[str, str], facts: Mapping[str, str] | None = None
) -> Interpreter:
    facts = facts if facts is not None else _probe(program, folder, environ)
    if "failure" in facts:
        raise UsageError(f"--python {name}: {facts['failure']}")
    python, pytest = facts["python"], facts.get("pytest", "")
    if _numbers(python) < LOWEST_PYTHON:
        raise UsageError(f"--python {name}: is Python {python}; {_dotted(LOWEST_PYTHON)} or newer is needed")
    if not pytest:
        raise UsageError(f"--python {name}: has no pytest; install it there, or name the Python that has it")
    if _numbers(pytest) < LOWEST_PYTEST:
        raise UsageError(f"--python {name}: has pytest {pytest}; {_dotted(LOWEST_PYTEST)} or newer is needed")
    return Interpreter(path=program, python=python, pytest=pytest, plugin=facts.get("pytest-agentgate", ""))


def _probe(program: str, folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """What an interpreter says of itself; ``failure`` alone if it says nothing."""
    try:
        done = subprocess.run(
            [program, "-c", _PROBE],
            cwd=folder,
            # The project's own folder stays off the path: what lies there may have a name of the standard library.
            env={**environ, "PYTHONSAFEPATH": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_LIMIT,
            check=False,
        )
    except PermissionError:
        return {"failure": "is not executable"}
    except subprocess.TimeoutExpired:
        return {"failure": f"did not answer within {_PROBE_LIMIT} seconds"}
    except OSError as error:
        return {"failure": f"cannot be started: {error.strerror}"}
    lines = done.stdout.decode(errors="replace").splitlines()
    facts = dict(line[len(_MARK) :].split("=", 1) for line in lines if line.startswith(_MARK) and "=" in line)
    if done.returncode or "python" not in facts:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return {"failure": f"is no Python that works: {said[-1][:200] if said else f'exit status {done.returncode}'}"}
    return facts


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
