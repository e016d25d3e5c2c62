"""Whether the configuration says what can be done."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_agentgate.codemods.files.layout import Layout
from pytest_agentgate.config import Config, Project, read_config
from pytest_agentgate.doctor.symptom import Health, Symptom
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.gates.phases import verify

_ABOUT = "configuration"


def symptoms(project: Project, environ: Mapping[str, str]) -> Iterator[Symptom]:
    """The file, its folders, its phases and its checks."""
    config = project.config
    if config.path is None:
        what = f"{project.root} has none: defaults hold, and nothing can be gated"
        yield Symptom(_ABOUT, Health.WARN, what, "agentgate init writes one")
    else:
        yield Symptom(_ABOUT, Health.OK, f"{config.path} can be read")
        yield from _shadowed(config.path)
    yield from _folders(project)
    if config.path is not None:
        yield _phases(config)
    yield from _checks(project, environ)


def _shadowed(path: Path) -> Iterator[Symptom]:
    shared = path.parent / "pyproject.toml"
    if path.name == shared.name or not shared.is_file():
        return
    try:
        also = read_config(shared.read_text(encoding="utf-8"), shared) is not None
    except ConfigError:
        also = True
    except (OSError, UnicodeDecodeError):
        return
    if also:
        what = f"[tool.agentgate] in {shared} is not looked at, because there is an {path.name}"
        yield Symptom(_ABOUT, Health.WARN, what, "have one of the two")


def _folders(project: Project) -> Iterator[Symptom]:
    config = project.config
    for key, names in (("source", config.source), ("tests", config.tests)):
        for name in names:
            if not (project.root / name).exists():
                what = f"{config.path}: tool.agentgate.{key}: there is no folder {name!r}"
                yield Symptom(_ABOUT, Health.WRONG, what, "name the folder as it is called now, or take it out")
    if not config.tests and not Layout(project.root).test_folders():
        what = f"no folder of tests in {project.root}"
        yield Symptom(_ABOUT, Health.WARN, what, 'name them: tests = ["..."]')


def _phases(config: Config) -> Symptom:
    if not config.phases:
        what = f"{config.path} has no phases: nothing can be gated"
        return Symptom(_ABOUT, Health.WARN, what, "agentgate init --print shows some to start with")
    try:
        verify(config)
    except ConfigError as error:
        return Symptom(_ABOUT, Health.WRONG, str(error), "docs/reference/conditions.md has what can be measured")
    names = ", ".join(phase.name for phase in config.phases)
    return Symptom(_ABOUT, Health.OK, f"the conditions of every phase can be read: {names}")


def _checks(project: Project, environ: Mapping[str, str]) -> Iterator[Symptom]:
    """A command that is not there makes its gate unavailable."""
    for check in project.config.checks:
        program = check.command[0]
        place = shutil.which(program, path=environ.get("PATH")) if Path(program).name == program else program
        if not (place and (project.root / place).exists()):
            what = f"check {check.name!r}: there is no program {program!r}: {shlex.join(check.command)}"
            yield Symptom(_ABOUT, Health.WARN, what, "install it where agentgate gate runs, or name its path")
