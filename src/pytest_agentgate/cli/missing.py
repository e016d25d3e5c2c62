"""``agentgate services missing``: what the connection failures of a run lack, and whether it is all they lack."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.opening import NOTHING, chosen, opened, record_options
from pytest_agentgate.errors import UsageError
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.model import Cause
    from pytest_agentgate.runner.services.fleet import Fleet
    from pytest_agentgate.runner.services.lacking import Lack

Verdicts = dict[str, tuple[bool, str]]
"""Signature of a cause -> whether its tests pass with the service, and what is to be said of that."""

STILL_RED = 1
"""Exit status of a trial after which a test still fails."""


@click.command("missing")
@click.option("--run", metavar="RUN", help="A recorded run: an id, or the beginning of one (default: the last run).")
@click.option("--try", "is_trial", is_flag=True, help="Start what is missing, for those tests alone, and run them.")
@click.option("--python", metavar="PATH", help="The Python that runs them (default: as agentgate run).")
@record_options
def missing(run: str | None, is_trial: bool, python: str | None, root: Path, store: str | None, as_json: bool) -> int:
    """Name the services that the connection failures of a run lack, and the configuration that would provide them.

    Nothing is written. With --try the services are started, the tests that lack them are run again, and each cause gets
    its verdict: green means that the environment was all it lacked, else the next cause is named.

    \b
    Examples:
      agentgate services missing
      agentgate services missing --try
    """
    from pytest_agentgate.config import find_project
    from pytest_agentgate.runner.services.lacking import lacks

    project = find_project(root)
    with opened(root, store) as record:
        seen = chosen(record, run) if record else None
        summary = record.run_summary(seen.id) if record and seen else None
    if summary is None:
        raise UsageError(NOTHING)
    found = lacks(summary.causes, project.root, taken=[one.name for one in project.config.services])
    verdicts: Verdicts = {}
    if is_trial:
        with supplied(found, project, python, quiet=as_json) as verdicts:
            pass
    if as_json:
        screen.say_json([_data(one, verdicts) for one in found])
    elif not found:
        screen.say("no failure of this run lacks a service")
    else:
        screen.say("\n".join(_text(one, verdicts) for one in found))
    return STILL_RED if any(not green for green, _ in verdicts.values()) else 0


def _text(one: Lack, verdicts: Verdicts) -> str:
    tests = f"{one.cause.size} test{'' if one.cause.size == 1 else 's'}"
    said = [f"{printable(one.cause.title)}: {tests}, by {one.client or 'an unknown client'}"]
    said += [f"  named in {printable(', '.join(one.origins))}"] if one.origins else []
    said += [f"  {line}" for line in one.lines.splitlines()] or [f"  {printable(one.why)}"]
    if one.cause.signature in verdicts:
        said.append(f"  -> {printable(verdicts[one.cause.signature][1])}")
    return "\n".join(said) + "\n"


def _data(one: Lack, verdicts: Verdicts) -> dict[str, Any]:
    green, why = verdicts.get(one.cause.signature, (None, ""))
    return {
        "signature": one.cause.signature,
        "title": one.cause.title,
        "service": one.server,
        "host": one.host,
        "port": one.port,
        "client": one.client,
        "origins": list(one.origins),
        "configuration": one.lines,
        "why": one.why,
        "tests": list(one.cause.tests),
        "green": green,
        "verdict": why,
    }


@contextmanager
def supplied(found: Sequence[Lack], project: Project, python: str | None, *, quiet: bool) -> Iterator[Verdicts]:
    """What failures lack, and what the project declares, up while the block lasts; -> what their tests came to with it.

    What this process starts within the block is told of the services, too.
    """
    from dataclasses import replace

    from pytest_agentgate.cli.services import provided
    from pytest_agentgate.runner.services.lending import lending

    able = [one for one in found if one.service is not None]
    verdicts = {one.cause.signature: (False, f"not tried: {one.why}") for one in found if one.service is None}
    wanted = tuple(one.service for one in able if one.service is not None)
    if not wanted and not project.config.services:
        yield verdicts
        return
    with_them = replace(project, config=replace(project.config, services=(*project.config.services, *wanted)))
    with provided(with_them, quiet=quiet) as fleet:
        assert fleet is not None  # noqa: S101  some are wanted
        with lending(fleet.room) as variables, _environment(variables):
            yield verdicts | _verdicts(able, fleet, project, python)


def _verdicts(able: Sequence[Lack], fleet: Fleet, project: Project, python: str | None) -> Verdicts:
    verdicts: Verdicts = {}
    not_ready = {one.service.name: one.why for one in fleet.provided if one.why}
    tests = [test for one in able for test in one.cause.tests]
    causes = _causes(project, tests, python) if tests else ()
    for one in able:
        name = one.service.name if one.service else ""
        if name in not_ready:
            verdicts[one.cause.signature] = (False, f"the service could not be started: {not_ready[name]}")
            continue
        left = [cause for cause in causes if set(cause.tests) & set(one.cause.tests)] if causes is not None else None
        if left is None:
            verdicts[one.cause.signature] = (False, "the tests could not be run again")
        elif left:
            verdicts[one.cause.signature] = (False, f"still red, for the next cause: {left[0].title}")
        else:
            verdicts[one.cause.signature] = (True, "green with the service: the environment was all that they lacked")
    return verdicts


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)


def _causes(project: Project, tests: Sequence[str], python: str | None) -> Sequence[Cause] | None:
    """The causes that remain when tests are run again; None where they could not be."""
    import tempfile

    from pytest_agentgate.runner import interpreter
    from pytest_agentgate.runner.launch import run_suite
    from pytest_agentgate.store import open_store

    chosen_one = interpreter.named(python, project.root) if python else interpreter.guessed(project.root)
    with tempfile.TemporaryFile() as output:
        arguments = ["--agentgate-output=quiet", *tests]
        ended = run_suite(chosen_one, arguments, folder=project.root, output=output)
    if ended.log is None or not ended.complete or ended.status not in (0, 1):
        return None
    with open_store(project.store_url) as store:
        store.ingest(ended.log.parent)
        return store.run_summary(ended.log.stem).causes
