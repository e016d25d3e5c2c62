"""The record that a reading command opens: options, and a store that knows every run there is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pytest_agentgate.cli import screen, suggestion
from pytest_agentgate.errors import StoreError, UsageError

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.model import Run
    from pytest_agentgate.store import Store

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

    project = find_project(root)
    from pytest_agentgate.store.urls import refuse_secret

    if store:
        refuse_secret(store, "--store")
    url = resolve_store(store, Path.cwd()) if store else project.store_url
    if url != project.store_url and not _is_there(url):
        raise UsageError(f"--store {store}: there is no store")
    if not project.runs.is_dir() and not _is_there(url):
        yield None
        return
    from pytest_agentgate.store import open_store

    if _is_read_only(url):  # an artifact, a checkout of somebody else's: what it holds can be read
        with open_store(url, read_only=True) as opened_store:
            yield opened_store
        return
    with open_store(url) as opened_store:
        _ingest(opened_store, project)
        yield opened_store


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


def _ingest(store: Store, project: Project) -> None:
    with screen.progress("reading the logs of new runs") as show:
        ingested = store.ingest(project.runs, show)
    for problem in ingested.problems:
        screen.note(problem)


def _is_there(url: str) -> bool:
    file = _file(url)
    return file is None or file.exists()


def _is_read_only(url: str) -> bool:
    file = _file(url)
    return file is not None and file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def _file(url: str) -> Path | None:
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme == "sqlite" else None
