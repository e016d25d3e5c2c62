"""``agentgate services``: the servers that tests need, started by hand, looked at, and removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pytest_agentgate.cli import Family, screen, suggestion
from pytest_agentgate.cli.missing import missing
from pytest_agentgate.cli.screen import Cell, Column
from pytest_agentgate.errors import UsageError

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.model.services import Checkpoint, Provided, Service
    from pytest_agentgate.runner.services.fleet import Fleet
    from pytest_agentgate.runner.services.kept import Standing

NOT_READY = 1
"""Exit status where a service is not ready, or cannot be looked at."""

_STYLES = {"ready": "green", "up": "green", "failed": "red", "ended": "red", "changed": "yellow", "down": "yellow"}

Command = TypeVar("Command", bound=Callable[..., Any])


def _options(command: Command) -> Command:
    for option in (
        click.option(
            "--root",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            default=Path(),
            metavar="DIR",
            help="A folder of the project (default: here).",
        ),
        click.option("--json", "as_json", is_flag=True, help="Write JSON."),
    ):
        command = option(command)
    return command


@click.group(cls=Family)
def services() -> None:
    """Start, examine and remove the servers that [tool.agentgate.services] declares.

    agentgate run starts them by itself, gives each worker a part of its own, and removes them at the end; what up has
    left it uses, where the configuration is still the same.

    \b
    Examples:
      agentgate services up
      agentgate services status
      agentgate services down
    """


services.add_command(missing)


@services.command("up")
@click.option("--reuse", is_flag=True, help="Leave a service alone that is up as it is declared.")
@_options
def up(reuse: bool, as_json: bool, root: Path) -> int:
    """Start every declared service, and leave it until agentgate services down.

    What is printed on standard output are the variables for a shell, with passwords.

    \b
    Examples:
      agentgate services up --reuse
      eval "$(agentgate services up --reuse)"
    """
    project = _project(root)
    with _alone(project) as logs:
        return _up(project, logs, reuse=reuse, as_json=as_json)


def _up(project: Project, logs: Path, *, reuse: bool, as_json: bool) -> int:
    from pytest_agentgate.model.services import Provision
    from pytest_agentgate.runner.services import kept, record
    from pytest_agentgate.runner.services.environment import MAIN
    from pytest_agentgate.runner.services.fleet import Fleet
    from pytest_agentgate.runner.services.ownership import keeper

    declared = project.config.services
    _sweep(project)
    standing = {one.name: kept.standing(one, project.root) for one in declared} if reuse else {}
    staying = [name for name, one in standing.items() if one.state == "up" and not one.pending and not one.why]
    known = [name for name in staying if standing[name].container or standing[name].applied]
    for name, found in standing.items():
        if name not in known and found.access and (why := _outdated(found)):
            screen.note(f"service {name} is started anew: {why}")
    kept.take_down(declared, project.root, but=known)  # a server that does not let us in is told of by the start
    todo = [one for one in declared if one.name not in known]
    fleet = Fleet(todo, project.root, logs, keeper(project.root), _told, _noted)
    try:
        fleet.start(reuse=False)
    finally:
        fleet.end(keep=True)
    variables = {name: value for one in fleet.provided for name, value in dict(one.env).get(MAIN, ())}
    for one in declared:
        if one.name in known:
            variables |= kept.reached(one, project.root)
    if as_json:
        documents = [record.document(one) for one in fleet.provided]
        documents += [{"name": name, "state": "ready", "why": "was up already"} for name in known]
        screen.say_json({"services": documents, "env": variables})
    else:
        if variables:
            screen.say("".join(f"export {name}={quote(value)}\n" for name, value in sorted(variables.items())))
        for name in known:
            screen.note(f"service {name} was up already")
        say_what_is_not_ready(fleet.provided)
    return 0 if all(one.state is Provision.READY for one in fleet.provided) else NOT_READY


@services.command("status")
@_options
def status(as_json: bool, root: Path) -> int:
    """Show which services are up, and which files of SQL their databases have.

    \b
    Examples:
      agentgate services status
      agentgate services status --json
    """
    from pytest_agentgate.runner.services import kept

    project = _project(root)
    found = [kept.standing(one, project.root) for one in project.config.services]
    if as_json:
        screen.say_json(
            [
                {
                    "name": one.service.name,
                    "state": one.state,
                    "why": one.why,
                    "address": one.access.address if one.access else "",
                    "container": one.container,
                    "applied": list(one.applied),
                    "pending": list(one.pending),
                }
                for one in found
            ]
        )
    else:
        heads = [
            Column("service"), Column("kind"), Column("state"), Column("address"), Column("container"),
            Column("applied", right=True), Column("pending", right=True), Column("why", flexible=True),
        ]  # fmt: skip
        rows: list[list[str | Cell]] = [
            [
                one.service.name,
                str(one.service.kind or one.service.image),
                Cell(one.state, _STYLES.get(one.state)),
                one.access.address if one.access else "",
                one.container,
                str(len(one.applied) or ""),
                str(len(one.pending) or ""),
                one.why,
            ]
            for one in found
        ]
        screen.table(heads, rows)
    return 0 if all(one.state == "up" and not one.why for one in found) else NOT_READY


@services.command("down")
@_options
def down(as_json: bool, root: Path) -> int:
    """Remove what agentgate services up has left for this project.

    \b
    Example:
      agentgate services down
    """
    from pytest_agentgate.config import find_project
    from pytest_agentgate.runner.services import kept

    project = find_project(root)  # which may declare nothing any more
    removed, problems = kept.take_down(project.config.services, project.root)
    _removed(removed, problems, as_json)
    return NOT_READY if problems else 0


@services.command("prune")
@click.option("--all", "every", is_flag=True, help="Also what agentgate services up has left, in any project.")
@_options
def prune(every: bool, as_json: bool, root: Path) -> int:
    """Remove what killed runs have left: containers by their labels, databases in servers by url.

    Whatever belongs to a process that still runs is left alone.

    \b
    Example:
      agentgate services prune
    """
    from pytest_agentgate.config import find_project
    from pytest_agentgate.runner.services import kept

    project = find_project(root)
    removed, problems = kept.prune(project.config.services, project.root, every=every, others=True)
    _removed(removed, problems, as_json)
    return NOT_READY if problems else 0


@services.command("fresh")
@click.argument("name")
@_options
def fresh(name: str, as_json: bool, root: Path) -> int:
    """Make the database of a service that is up anew, by its init files and migrations.

    \b
    Example:
      agentgate services fresh db
    """
    return _schema(name, as_json, root, fresh=True)


@services.command("migrate")
@click.argument("name")
@_options
def migrate(name: str, as_json: bool, root: Path) -> int:
    """Apply the files that the database of a service does not have yet, each in a transaction of its own.

    \b
    Example:
      agentgate services migrate db
    """
    return _schema(name, as_json, root, fresh=False)


def _schema(name: str, as_json: bool, root: Path, *, fresh: bool) -> int:
    from pytest_agentgate.errors import ServiceError
    from pytest_agentgate.runner.services import kept

    project = _project(root)
    service = _service(project, name)
    points: list[Checkpoint] = []

    def passed(point: Checkpoint) -> None:
        points.append(point)
        if not as_json:
            _told(name, point)

    problem, log = "", ""
    with _alone(project) as logs:
        try:
            kept.schema(service, project.root, passed, fresh=fresh)
        except ServiceError as error:
            problem = str(error)
            if points:  # else it was not there
                log = kept.keep_log(service, project.root, error, logs)
    if as_json:
        steps = [
            {"step": one.step, "passed": one.passed, "why": one.why, "objects": one.objects, "seconds": one.seconds}
            for one in points
        ]
        screen.say_json({"service": name, "checkpoints": steps, "why": problem, "log": log})
    elif problem:
        of = "" if problem.startswith(f"service {name} ") else f"service {name} failed: "
        screen.note(f"{of}{problem}{f'; its log is {log}' if log else ''}")
    elif not points:
        screen.note(f"service {name}: nothing is new")
    return NOT_READY if problem else 0


@contextmanager
def _alone(project: Project) -> Iterator[Path]:
    """No other command changes what stays of this project meanwhile; -> the folder of logs."""
    from pytest_agentgate.runner.services import record
    from pytest_agentgate.runner.services.ownership import alone

    logs = record.folder_of(project.prepare_state())
    with alone(logs, lambda: screen.note("waiting for another agentgate services of this project to end")):
        yield logs


def _outdated(one: Standing) -> str:
    """Why what is up cannot be left alone; "" where it can, or nothing of ours is there."""
    if one.why:
        return one.why
    return f"{', '.join(one.pending)} not applied yet" if one.pending else ""


# ---- for agentgate run


@contextmanager
def provided(project: Project, *, quiet: bool) -> Iterator[Fleet | None]:
    """The services of a project while tests run, None where it declares none; what cannot be ready is said."""
    if not project.config.services:
        yield None
        return
    from pytest_agentgate.runner.services import record
    from pytest_agentgate.runner.services.fleet import Fleet, up
    from pytest_agentgate.runner.services.ownership import owner

    _sweep(project)
    logs = record.folder_of(project.prepare_state())
    with owner() as mine:
        tell, note = (_silent, _silent) if quiet else (_told, _noted)
        fleet = Fleet(project.config.services, project.root, logs, mine, tell, note)
        with up(fleet):
            say_what_is_not_ready(fleet.provided)
            before = {one.service.name for one in fleet.provided if one.why}
            yield fleet
        say_what_is_not_ready([one for one in fleet.provided if one.service.name not in before])
        for problem in fleet.problems:
            screen.note(problem)


def keep_record(project: Project, run: str, fleet: Fleet) -> None:
    """Keep how it stood with the services of a run, for the gates."""
    from pytest_agentgate.runner.services import record

    try:
        record.write(project.state, run, fleet.provided)
    except OSError as error:
        screen.note(f"nobody will know whether the services were ready: {error.filename}: {error.strerror}")


def say_what_is_not_ready(provided: Any) -> None:
    """One line for each service that the tests go without."""
    one: Provided
    for one in provided:
        if one.why:
            log = f"; its log is {one.log}" if one.log else ""
            screen.note(f"{one.problem}{log}")


def _sweep(project: Project) -> None:
    """Remove what killed runs have left; what cannot be looked at is not for now."""
    from pytest_agentgate.runner.services import kept

    removed, _ = kept.prune(project.config.services, project.root)
    for what in removed:
        screen.note(f"removed {what}, which a run that was killed has left")


def _told(name: str, point: Checkpoint) -> None:
    if point.passed:
        more = [point.why] if point.why else []
        more += [f"{point.objects} objects"] if point.objects else []
        detail = f": {', '.join(more)}" if more else ""
        screen.note(f"service {name}: {point.step}{detail} ({point.seconds:.2f} s)")
    else:
        screen.note(f"service {name}: {point.step}: failed")


def _noted(name: str, text: str) -> None:
    screen.note(f"service {name}: {text}")


def _silent(name: str, what: object) -> None:
    """What is not ready is said in any case."""


def _removed(what: list[str], problems: list[str], as_json: bool) -> None:
    if as_json:
        screen.say_json({"removed": what, "problems": problems})
        return
    screen.say("".join(f"removed {one}\n" for one in what) or "nothing to remove\n")
    for problem in problems:
        screen.note(problem)


def _project(root: Path) -> Project:
    from pytest_agentgate.config import find_project

    project = find_project(root)
    if not project.config.services:
        where = project.config.path or project.root / "pyproject.toml"
        raise UsageError(f"{where}: declares no service; begin with [tool.agentgate.services.NAME] and its kind")
    return project


def _service(project: Project, name: str) -> Service:
    by_name = {one.name: one for one in project.config.services}
    if name not in by_name:
        raise UsageError(f"no service {name!r}{suggestion(name, by_name)}; there are: {', '.join(by_name)}")
    return by_name[name]
