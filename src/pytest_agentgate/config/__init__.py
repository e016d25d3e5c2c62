"""The project that a run or a command is about, and its ``[tool.agentgate]``.

A project is found from a folder upwards: the nearest ``agentgate.toml``, or ``pyproject.toml`` with
``[tool.agentgate]``, within the repository; else the folder itself, or what the caller knows better (pytest's rootdir).
What a run leaves behind lies in ``.agentgate`` of the same folder in the *main* worktree, so that all worktrees of a
repository share one record.
"""

from pytest_agentgate.config.project import (
    Project,
    find_project,
    main_worktree,
    repository_top,
    resolve_store,
)
from pytest_agentgate.config.settings import DEFAULT_STORE, STATE, Config, read_config

__all__ = [
    "DEFAULT_STORE",
    "STATE",
    "Config",
    "Project",
    "find_project",
    "main_worktree",
    "read_config",
    "repository_top",
    "resolve_store",
]
