"""Whether what runs leave behind can be written and read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pytest_agentgate.capture.runlog import SUFFIX
from pytest_agentgate.config import Project
from pytest_agentgate.doctor.symptom import Health, Symptom
from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import RunStatus
from pytest_agentgate.report.phrases import counted
from pytest_agentgate.store import Store, open_store
from pytest_agentgate.store.urls import is_server, masked, path_of

_ABOUT = "record"
_EVERY = 1_000_000  # runs: more than a store holds
_RECENT = 20  # runs whose interruption may still be of interest
_NAMED = 3
_RUN = re.compile(r"\d{8}T\d{6}-\w+")  # an id of a run


def symptoms(project: Project) -> Iterator[Symptom]:
    """The folder of the logs, the store, and what of the logs it does not have."""
    yield from _writable(project)
    try:
        name = masked(project.store_url) if is_server(project.store_url) else str(path_of(project.store_url))
        if not is_server(project.store_url) and not Path(name).exists():
            logs = _logs(project.runs)
            what = f"{name}: no store yet" + (f", and {counted(len(logs), 'log')} to make it from" if logs else "")
            advice = "agentgate runs makes it" if logs else "a run with pytest --agentgate makes it"
            yield Symptom(_ABOUT, Health.OK, what, advice)
            return
        with open_store(project.store_url, read_only=True) as store:
            yield from _store(store, name, project)
    except StoreError as error:
        is_new = "no store is here yet" in str(error)
        advice = "any run migrates it" if "is migrated when" in str(error) else _about_store(project)
        advice = "agentgate runs makes it" if is_new else advice
        health = Health.WARN if "is migrated when" in str(error) or is_new else Health.WRONG
        yield Symptom(_ABOUT, health, str(error), advice)


def _about_store(project: Project) -> str:
    """The log is the record: what is wrong with an index can be thrown away."""
    if is_server(project.store_url):
        return f"until it can be reached runs are in {project.runs} and in the local index; nothing is lost"
    if project.runs.is_dir():
        return f"move it away: it is made again from the logs in {project.runs}"
    return "mend tool.agentgate.store, or move the file away"


def _writable(project: Project) -> Iterator[Symptom]:
    for folder in (project.state, project.runs):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if not there.is_dir():
            yield Symptom(_ABOUT, Health.WRONG, f"{there}: is no folder, and runs are recorded in it", "move it away")
            return
        if not os.access(there, os.W_OK | os.X_OK):
            advice = f"make {there} writable; only then runs are recorded"
            yield Symptom(_ABOUT, Health.WRONG, f"{there}: may not be written by this user", advice)
            return
    yield Symptom(_ABOUT, Health.OK, f"runs are recorded in {project.runs}")


def _store(store: Store, name: str, project: Project) -> Iterator[Symptom]:
    runs = store.runs(limit=_EVERY)
    yield Symptom(_ABOUT, Health.OK, f"{name}: the store can be read, and has {counted(len(runs), 'run')}")
    files = [file for file in (Path(name), Path(name).parent) if not os.access(file, os.W_OK)]
    if files and not is_server(project.store_url):
        what = f"{files[0]}: may not be written by this user: new runs are in their logs alone"
        yield Symptom(_ABOUT, Health.WARN, what, "make the file and its folder writable")
    left = sorted(_logs(project.runs) - {run.id for run in runs})
    if left:
        what = f"the store lacks {counted(len(left), 'log')} of {project.runs}: {_some(left)}"
        yield Symptom(_ABOUT, Health.WARN, what, "agentgate runs takes them in, or says why it can't")
    cut = [run.id for run in runs[:_RECENT] if run.status is RunStatus.INTERRUPTED]
    if cut:
        last = f"of the last {_RECENT} runs" if len(runs) > _RECENT else f"of {counted(len(runs), 'run')}"
        what = f"{len(cut)} {last} were interrupted: {_some(cut)}"
        yield Symptom(_ABOUT, Health.WARN, what, f"agentgate report {cut[0]} says what it still tells; run it again")


def _logs(folder: Path) -> set[str]:
    """The ids of the runs that have a log; those of judgements and approvals lie beside them."""
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return set()
    stems = {name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX)}
    return {stem for stem in stems if _RUN.fullmatch(stem)}


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
