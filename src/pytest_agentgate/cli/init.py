"""``agentgate init``: a configuration to start with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.errors import UsageError
from pytest_agentgate.report.printable import printable, printable_lines

if TYPE_CHECKING:
    from pytest_agentgate.start.findings import Found


@click.command()
@click.option("--print", "only_print", is_flag=True, help="Show the configuration and write nothing.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="A folder of the project (default: here).",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: what was found, the file, and its text.")
def init(only_print: bool, root: Path, as_json: bool) -> None:
    """Write a configuration to start with, made from what the project has.

    Looks for the folders of the implementation and the tests, for what runs the tests on a desk and in CI, for the
    configuration of coverage, type checkers and linters; and proposes phases with gates. It is appended to
    pyproject.toml where there is one, and is in an agentgate.toml of its own where not. A project that has a
    configuration keeps it: the exit status is 2 then.

    \b
    Examples:
      agentgate init --print
      agentgate init
    """
    from pytest_agentgate.config import find_project, read_config
    from pytest_agentgate.gates.phases import verify
    from pytest_agentgate.start.findings import look
    from pytest_agentgate.start.proposal import configuration, propose

    project = find_project(root)
    there = project.config.path
    if there and not only_print:
        raise UsageError(
            f"{there}: has a configuration, which stays as it is: agentgate doctor examines it, "
            "agentgate init --print shows what would be proposed"
        )
    found = look(project.root)
    proposal = None if there else propose(project.root, found)
    path = there or (proposal.path if proposal else project.root)
    text = configuration(found, path)
    config = read_config(text, path)
    assert config is not None  # noqa: S101  it was just made
    verify(config)
    if proposal and not only_print:
        proposal.write()
    if as_json:
        screen.say_json({"file": str(path), "written": not only_print, "configuration": text, "found": _data(found)})
    elif only_print:
        screen.say(printable_lines(text))
    else:
        where = "appended to" if proposal and proposal.before else "written to"
        screen.say(
            "\n".join(map(printable, [*_told(found), "", f"The configuration was {where} {path}.", *_next(found)]))
        )


def _told(found: Found) -> Iterator[str]:
    """What was found."""
    yield f"source      {', '.join(found.source) or 'not found: fill in source'}"
    yield f"tests       {', '.join(found.tests) or 'not found: fill in tests'}"
    yield f"runner      {found.runner.name}{f' ({found.runner.file})' if found.runner.file else ''}"
    for system in found.ci:
        yield f"CI          {system.name} ({system.file}): what to add to it is in {system.page}"
    if found.coverage:
        floor = found.coverage.fail_under
        yield f"coverage    {found.coverage.file}{'' if floor is None else f', at least {floor:g}%'}"
    for check in found.checks:
        yield f"check       {check.command} ({check.file})"


def _next(found: Found) -> Iterator[str]:
    """The commands that come next."""
    start = found.runner.with_options("--agentgate")
    commands = {
        "agentgate doctor": "says what is still in the way",
        start: "runs the tests, shows the causes of failures, records the run",
        "agentgate gate": "judges that run, phase by phase",
    }
    yield "Next:"
    width = max(map(len, commands))
    yield from (f"  {command:<{width}}  {what}" for command, what in commands.items())
    if found.runner.note:
        yield f"{found.runner.note}."


def _data(found: Found) -> dict[str, object]:
    runner, coverage = found.runner, found.coverage
    return {
        "source": list(found.source),
        "tests": list(found.tests),
        "runner": {"name": runner.name, "file": runner.file, "command": runner.with_options("--agentgate")},
        "ci": [{"name": one.name, "file": one.file, "page": one.page} for one in found.ci],
        "coverage": coverage and {"file": coverage.file, "fail_under": coverage.fail_under},
        "checks": [{"name": one.name, "file": one.file, "command": one.command} for one in found.checks],
    }
