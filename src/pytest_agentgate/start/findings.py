"""What a project has that decides its configuration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_agentgate.start import running, tools
from pytest_agentgate.start.files import Files
from pytest_agentgate.start.folders import folders
from pytest_agentgate.start.running import Ci, Runner
from pytest_agentgate.start.tools import Coverage, Tool


@dataclass(frozen=True)
class Found:
    """What a look at a project's files found."""

    runner: Runner
    source: tuple[str, ...] = ()  # folders, relative to the root
    tests: tuple[str, ...] = ()
    ci: tuple[Ci, ...] = ()
    coverage: Coverage | None = None
    checks: tuple[Tool, ...] = ()


def look(root: Path) -> Found:
    """Look at a project's files; nothing is imported and nothing run but ``git ls-files``."""
    files = Files(root)
    source, tests = folders(root)
    return Found(
        runner=running.runner(files),
        source=source,
        tests=tests,
        ci=running.ci(files),
        coverage=tools.coverage(files),
        checks=tools.checks(files, source),
    )
