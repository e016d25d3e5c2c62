"""``agentgate doctor``: what is in the way, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.doctor import Symptom

_COLOURS = {"ok": "green", "warn": "yellow", "wrong": "red"}


@click.command()
@click.option("--python", metavar="PATH", help="The Python that runs the tests (default: as agentgate run).")
@click.option("--base", metavar="REF", help="The base that changes are judged against (default: $AGENTGATE_BASE).")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="A folder of the project (default: here).",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def doctor(python: str | None, base: str | None, root: Path, as_json: bool) -> int:
    """Examine environment, configuration, record and repository, and say what to do.

    Nothing is changed. Each line is ok, warn or wrong: what is wrong makes a run, a gate or a command fail. The exit
    status is 1 if something is wrong, 0 if nothing is.

    \b
    Examples:
      agentgate doctor
      agentgate doctor --base origin/main --python .venv/bin/python
    """
    from pytest_agentgate.doctor import Health, examine

    symptoms = tuple(examine(root, python=python, base=base or ""))
    gravest = next((one for one in (Health.WRONG, Health.WARN) if any(s.health is one for s in symptoms)), Health.OK)
    if as_json:
        screen.say_json({"health": gravest.value, "symptoms": [asdict(symptom) for symptom in symptoms]})
    else:
        _show(symptoms)
    return int(gravest is Health.WRONG)


def _show(symptoms: Sequence[Symptom]) -> None:
    about = ""
    for symptom in symptoms:
        if symptom.about != about:
            about = symptom.about
            screen.say(screen.paint(about, None, bold=True))
        state = screen.paint(f"{symptom.health:<6}", _COLOURS[symptom.health])
        screen.say(f"  {state}{printable(symptom.what)}")
        if symptom.advice:
            screen.say(f"        -> {printable(symptom.advice)}")
