"""The project's own checks: commands such as mypy or ruff, run in its root; their exit status is the measure."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shutil import which
from sys import executable

from pytest_agentgate.model.judgement import Check, Item, Measure
from pytest_agentgate.runner.measures.scene import Scene, Wanted, unavailable

FOLDER = "checks"
"""Where below the state folder what checks print is kept."""

_TOLD = 10  # last lines of what was printed that are told
_LINE = 300  # characters of each
_TAIL = 64 * 1024  # bytes from the end in which they are
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
_UNTIL_KILLED = 5.0  # seconds that a command has to end by itself once it is asked to


def measure(wanted: Sequence[Wanted], scene: Scene, tell: Callable[[int, int], object]) -> Mapping[str, Measure]:
    """``check.<name>``: the exit status of each command, one after the other; what it printed is in ``raw``."""
    known = {check.name: check for check in scene.project.config.checks}
    names = list(dict.fromkeys(one.arguments[0] for one in wanted))
    measured: dict[str, Measure] = {}
    for done, name in enumerate(names):
        tell(done, len(names))
        measured[name] = _run(known[name], scene) if name in known else _unknown(name, known)
    return {one.metric: measured[one.arguments[0]] for one in wanted}


def _unknown(name: str, known: Mapping[str, Check]) -> Measure:
    there = f"those there are: {', '.join(known)}" if known else "there are none"
    return unavailable(f"no check {name!r} in [tool.agentgate.check]; {there}")


def _run(check: Check, scene: Scene) -> Measure:
    root, command = scene.project.root, shlex.join(check.command)
    environment = {**os.environ, "PATH": _path(root)}
    program = check.command[0]
    # A relative path is meant from the root, whatever the current folder is.
    found = which(root / program if os.sep in program else program, path=environment["PATH"])
    if found is None:
        return unavailable(f"{program} is not installed, or not on PATH", command)
    try:
        kept = scene.project.prepare_state() / FOLDER / f"{scene.run or 'junit'}-{check.name}.txt"
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("wb") as output:
            child = subprocess.Popen(
                [found, *check.command[1:]],
                cwd=root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            status = _status(child, check.timeout)
    except OSError as error:
        return unavailable(f"{program} cannot be run: {error.strerror or error}", command)
    raw = scene.named(kept)
    if status is None:
        return unavailable(f"{command} did not end within {check.timeout:g} s", command, raw)
    if status < 0:
        return unavailable(f"{command} was killed by signal {-status}", command, raw)
    return Measure(float(status), _last_lines(kept) if status else (), command=command, raw=raw)


def _status(child: subprocess.Popen[bytes], timeout: float) -> int | None:
    """The exit status of a command; None where it took too long, and then nothing of it is left."""
    try:
        return child.wait(timeout)
    except BaseException as interruption:
        _end(child)
        if isinstance(interruption, subprocess.TimeoutExpired):
            return None
        raise


def _end(child: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        try:
            if hasattr(os, "killpg"):
                os.killpg(child.pid, number)  # it leads a session of its own: what it started ends with it
            else:
                child.terminate()
        except ProcessLookupError:
            pass
        try:
            child.wait(_UNTIL_KILLED)
        except subprocess.TimeoutExpired:
            continue


def _path(root: Path) -> str:
    """Where commands are looked for: the project's own environment, PATH, the environment of agentgate."""
    names = "Scripts" if os.name == "nt" else "bin"
    own = [str(root / place / names) for place in (".venv", "venv") if (root / place / names).is_dir()]
    return os.pathsep.join([*own, os.environ.get("PATH", os.defpath), str(Path(executable).parent)])


def _last_lines(file: Path) -> tuple[Item, ...]:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _TAIL))
        text = _ESCAPES.sub("", stream.read().decode(errors="replace"))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return tuple(Item(line[:_LINE]) for line in lines[-_TOLD:])
