"""The record that a reading command opens: options, and a store that knows every run there is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pytest_agentgate.cli import screen, suggestion
from pytest_agentgate.errors import ReadOnlyError, StoreError, UsageError

if TYPE_CHECKING:
    from pytest_agentgate.model import Run
    from pytest_agentgate.store import Store
    from pytest_agentgate.store.database import Database

Command = TypeVar("Command", bound=Callable[..., Any])

NOTHING = "no run is recorded here yet: start one with pytest --agentgate"


def record_options(command: Command) -> Command:
    """``--root``, ``--store`` and ``--json``."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Write JSON."),
        click.option("--store", metavar="URL", help="Another store (default: the project's)."),
        click.option(
            "--root",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            default=Path(),
            metavar="DIR",
            help="A folder of the project (default: here).",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def opened(root: Path, store: str | None) -> Iterator[Store | None]:
    """The project's store with everything that its logs say; None where nothing was ever recorded.

    Raises UsageError if another store is named and is not there: only the project's own is made, from its logs.
    """
    from pytest_agentgate.config import find_project, resolve_store
    from pytest_agentgate.store import Store
    from pytest_agentgate.store.urls import refuse_secret

    project = find_project(root)
    if store:
        refuse_secret(store, "--store")
    url = resolve_store(store, Path.cwd()) if store else project.store_url
    if url != project.store_url and not _is_there(url):
        raise UsageError(f"--store {store}: there is no store")
    if not project.runs.is_dir() and not _is_there(url):
        yield None
        return
    with opened_database(url, project.runs) as database:
        yield Store(database)


@contextmanager
def opened_database(url: str, runs: Path | None) -> Iterator[Database]:
    """What is behind a store, with everything that the logs of a folder say where it may be written.

    Where it may not, as in an artifact or on a server that somebody else keeps, what it holds can still be read.
    Raises StoreError.
    """
    from pytest_agentgate.store import open_database
    from pytest_agentgate.store.ingest import ingest

    with closing(open_database(url, read_only=_is_read_only(url))) as database:
        if runs is not None:
            try:
                with screen.progress("reading the logs of new runs") as show:
                    problems = ingest(database, runs, show).problems
            except ReadOnlyError as error:
                problems = (f"{error}; what new logs may say is left out",)
            for problem in problems:
                screen.note(problem)
        yield database


@contextmanager
def opened_to_compare(root: Path, store: str | None) -> Iterator[Store | None]:
    """The same for what is no record itself, and goes on without one that cannot be read."""
    with ExitStack() as stack:
        try:
            record = stack.enter_context(opened(root, store))
        except StoreError as error:
            screen.note(f"{error}; what earlier runs say is not known")
            record = None
        yield record


def chosen(store: Store, selector: str | None) -> Run | None:
    """The run that a selector names, the last one without; None where there is none at all.

    Raises UsageError with what is near.
    """
    if selector is None:
        return next(iter(store.runs(limit=1)), None)
    try:
        return store.run(selector)
    except StoreError as error:
        near = suggestion(selector, [run.id for run in store.runs(limit=1000)])
        raise UsageError(f"{error}{near}") from None


def _is_there(url: str) -> bool:
    file = _file(url)
    return file is None or file.exists()


def _is_read_only(url: str) -> bool:
    file = _file(url)
    return file is not None and file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def _file(url: str) -> Path | None:
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme == "sqlite" else None
