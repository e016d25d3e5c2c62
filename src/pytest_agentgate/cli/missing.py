"""``agentgate services missing``: what the connection failures of a run lack, and whether it is all they lack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.opening import NOTHING, chosen, opened, record_options
from pytest_agentgate.errors import UsageError
from pytest_agentgate.report.lacking import remedy
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.model import Cause, Run
    from pytest_agentgate.model.services import Lack
    from pytest_agentgate.repair.attempts.state import State
    from pytest_agentgate.repair.supplying import CameTo

    Verdicts = Mapping[str, CameTo]  # by the signature of a cause

STILL_RED = 1
"""Exit status of a trial after which a test still fails."""
_LIMIT = 600.0  # seconds for one run of the tests


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
    from pytest_agentgate.repair.attempts.state import State
    from pytest_agentgate.runner.services.lacking import lacks

    project = find_project(root)
    with opened(root, store) as record:
        seen = chosen(record, run) if record else None
        if record is None or seen is None:
            raise UsageError(NOTHING)
        summary = record.run_summary(seen.id)
        state = State.of(record.results(seen.id), record.failures(seen.id)) if is_trial else None
    found = lacks(summary.causes, project.root, project.config.services)
    verdicts = _tried(project, summary.run, state, python, quiet=as_json) if state is not None else {}
    if as_json:
        screen.say_json([_data(cause, lack, verdicts) for cause, lack in found])
    elif not found:
        screen.say("no connection failure of this run lacks a service")
    else:
        screen.say("\n".join(_text(cause, lack, verdicts) for cause, lack in found))
    return 0 if all(one.is_green for one in verdicts.values()) else STILL_RED


def _text(cause: Cause, lack: Lack, verdicts: Verdicts) -> str:
    tests = f"{cause.size} test{'' if cause.size == 1 else 's'}"
    said = [f"{printable(cause.title)}: {tests}, by {printable(lack.client) or 'an unknown client'}"]
    said += [f"  named in {printable(', '.join(lack.origins))}"] if lack.origins else []
    said += [f"  {line}" for line in remedy(cause)]
    if cause.signature in verdicts:
        said.append(f"  -> {printable(verdicts[cause.signature].why)}")
    return "\n".join(said) + "\n"


def _data(cause: Cause, lack: Lack, verdicts: Verdicts) -> dict[str, Any]:
    came_to = verdicts.get(cause.signature)
    return {
        "signature": cause.signature,
        "title": cause.title,
        "service": lack.server,
        "host": lack.host,
        "port": lack.port,
        "client": lack.client,
        "origins": [*(f"${one.name}" for one in lack.variables), *lack.places],
        "declared": lack.declared,
        "configuration": lack.lines,
        "why": lack.why,
        "tests": list(cause.tests),
        "green": came_to.is_green if came_to else None,
        "verdict": came_to.why if came_to else "",
    }


def _tried(project: Project, run: Run, state: State, python: str | None, *, quiet: bool) -> Verdicts:
    """What the tests of a run come to with the services that they lack; nothing of it stands in the record."""
    from pytest_agentgate.cli.supplies import supplies
    from pytest_agentgate.model import Kind
    from pytest_agentgate.repair.attempts.attempting import StoppedError
    from pytest_agentgate.repair.attempts.rerun import Reruns
    from pytest_agentgate.repair.attempts.state import tests_of
    from pytest_agentgate.repair.supplying import Supplying
    from pytest_agentgate.runner import interpreter
    from pytest_agentgate.runner.private_folder import private_folder

    chosen_one = interpreter.named(python, project.root) if python else interpreter.guessed(project.root)
    tests = sorted(tests_of([one for one in state.causes if one.kind is Kind.CONNECTION]) - {""})
    with supplies(project, lacking=True, quiet=quiet, untried=True) as services, private_folder() as folder:
        reruns = Reruns(project, chosen_one, tests, folder.path, limit=_LIMIT, services=services)
        if Path(run.root) == project.root:
            reruns.learn(run)
        supplying = Supplying(services, reruns)
        try:
            supplying.applied(state)
        except StoppedError:
            raise click.Abort from None
        return supplying.came_to
