"""The Python that runs the tests, and whether the plugin is in it."""

from __future__ import annotations

import platform
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest_agentgate
from pytest_agentgate.doctor.symptom import Health, Symptom
from pytest_agentgate.errors import UsageError
from pytest_agentgate.runner.interpreter import Interpreter, guessed, named
from pytest_agentgate.runner.launch import PLUGIN, settings_against

_ABOUT = "environment"


def symptoms(root: Path, python: str | None, environ: Mapping[str, str]) -> Iterator[Symptom]:
    """What runs agentgate, what runs the tests, and what keeps the plugin out of them."""
    version = pytest_agentgate.__version__
    yield Symptom(_ABOUT, Health.OK, f"agentgate {version} runs on Python {platform.python_version()}")
    try:
        interpreter = named(python, root, environ) if python else guessed(root, environ)
    except UsageError as error:
        yield Symptom(_ABOUT, Health.WRONG, str(error), "name the Python that has the project's pytest with --python")
    else:
        having = f"Python {interpreter.python}, pytest {interpreter.pytest}"
        yield Symptom(_ABOUT, Health.OK, f"the tests run on {interpreter.path}: {having}")
        yield _plugin(interpreter, version)
    yield from _kept_out(root, environ)
    if shutil.which("git", path=environ.get("PATH")) is None:
        advice = "install git: bases, checkpoints and commits of runs need it"
        yield Symptom(_ABOUT, Health.WARN, "there is no git on PATH", advice)


def _plugin(interpreter: Interpreter, version: str) -> Symptom:
    install = f"{shlex.quote(interpreter.path)} -m pip install pytest-agentgate=={version}"
    if not interpreter.plugin:
        what = "pytest --agentgate is not known there; agentgate run lends the plugin to each run"
        return Symptom(_ABOUT, Health.WARN, what, f"to have it in pytest itself: {install}")
    if interpreter.plugin != version:
        what = f"the plugin there has version {interpreter.plugin}, and agentgate {version}"
        return Symptom(_ABOUT, Health.WARN, what, f"have the same on both sides: {install}")
    return Symptom(_ABOUT, Health.OK, f"the plugin is installed there, version {interpreter.plugin}")


def _kept_out(root: Path, environ: Mapping[str, str]) -> Iterator[Symptom]:
    """Settings under which pytest --agentgate is an unknown option."""
    if where := settings_against(root, environ):
        what = f"{where} turns the plugin off (-p no:{PLUGIN})"
        yield Symptom(_ABOUT, Health.WARN, what, "take that out, or use agentgate run, which turns it on")
    if environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        what = "PYTEST_DISABLE_PLUGIN_AUTOLOAD keeps pytest from loading the plugin"
        yield Symptom(_ABOUT, Health.WARN, what, f"start pytest with -p {PLUGIN}, or use agentgate run")
