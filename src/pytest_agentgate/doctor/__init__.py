"""What keeps agentgate from working in a project, each with what to do; nothing is changed by looking."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_agentgate.config import Project, find_project
from pytest_agentgate.doctor import configuration, environment, record, repository
from pytest_agentgate.doctor.symptom import Health, Symptom
from pytest_agentgate.errors import ConfigError

__all__ = ["Health", "Symptom", "examine"]


def examine(
    start: Path, *, python: str | None = None, base: str = "", environ: Mapping[str, str] = os.environ
) -> Iterator[Symptom]:
    """Look at the project that a folder belongs to, in the order in which things are to be put right.

    ``python`` and ``base`` are those that ``agentgate run`` would be given; without them, what a run would take.
    """
    start = start.resolve()
    try:
        project: Project | None = find_project(start)
    except ConfigError as error:
        project = None
        broken = Symptom("configuration", Health.WRONG, str(error), "mend the file: nothing runs before")
    yield from environment.symptoms(project.root if project else start, python, environ)
    if project is None:
        yield broken
        return
    yield from configuration.symptoms(project, environ)
    yield from record.symptoms(project)
    yield from repository.symptoms(project, base, environ)
