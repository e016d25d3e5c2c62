"""Who runs what, where, and from which state of the checkout."""

from __future__ import annotations

import getpass
import os
import platform
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.git import git, untracked_code
from pytest_agentgate.values import frozen

# Variables that hold a name, most specific first; AI_AGENT and AGENT are conventions that several tools follow.
NAMES = ("AGENTGATE_AGENT", "AI_AGENT", "AGENT_NAME", "AGENT")
# Variables by which coding agents tell that a command is theirs, and the agent's name; an id tells it from its peers.
SIGNS = (
    ("CLAUDE_CODE_SESSION_ID", "claude-code"),
    ("CLAUDECODE", "claude-code"),
    ("CODEX_THREAD_ID", "codex"),
    ("CODEX_SANDBOX", "codex"),
    ("GEMINI_CLI", "gemini-cli"),
    ("CURSOR_AGENT", "cursor"),
    ("OPENCODE", "opencode"),
    ("CLINE_ACTIVE", "cline"),
    ("AUGMENT_AGENT", "augment"),
    ("COPILOT_AGENT_SESSION_ID", "copilot"),
)


@frozen
class Checkout:
    """The git state that a run started from; empty where there is none."""

    commit: str = ""
    branch: str = ""
    dirty: bool | None = None


def agent_of(option: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The name of whoever runs: the option, what the environment says, else ``user@host``.

    Never empty, one line, at most 200 characters.
    """
    named = option or next((environ[name] for name in NAMES if environ.get(name)), "")
    if not named:
        named = next((_sign(name, environ[variable]) for variable, name in SIGNS if environ.get(variable)), "")
    return " ".join((named or _user_at_host()).split())[:200] or _user_at_host()


def task_of(option: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The task that a run belongs to, "" where none was named."""
    return " ".join((option or environ.get("AGENTGATE_TASK", "")).split())[:200]


def checkout_of(folder: Path) -> Checkout:
    """Commit, branch and whether anything differs from the commit; empty where git fails.

    Of what git neither tracks nor ignores only code counts: reports and logs change nothing.
    """
    here = folder.resolve()
    if not any((parent / ".git").exists() for parent in (here, *here.parents)):  # git would only say so, more slowly
        return Checkout()
    printed = git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    if printed is None:
        return Checkout()
    lines = printed.decode(errors="replace").splitlines()
    facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# ") and " " in line[2:])
    commit = facts.get("branch.oid", "")
    return Checkout(
        commit="" if commit == "(initial)" else commit,
        branch="" if (branch := facts.get("branch.head", "")) == "(detached)" else branch,
        dirty=any(not line.startswith("# ") for line in lines) or _has_new_code(here),
    )


def _has_new_code(folder: Path) -> bool | None:
    new = untracked_code(folder)
    return None if new is None else bool(new)


def facts_of_run(config: pytest.Config, options: Any) -> dict[str, Any]:
    """What is known of a run before it starts; ``options`` are pytest's, as far as they are parsed."""
    checkout = checkout_of(config.rootpath)
    return {
        "agent": agent_of(options.agentgate_agent),
        "task": task_of(options.agentgate_task),
        "commit": checkout.commit,
        "branch": checkout.branch,
        "dirty": checkout.dirty,
        "root": str(config.rootpath),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "pytest": pytest.__version__,
        "platform": platform_name(),
        "plugins": _plugins(config),
        "arguments": [str(argument) for argument in config.invocation_params.args],
        "workers": _worker_count(options),
    }


def platform_name() -> str:
    """What ``platform.platform()`` says, which on Linux starts a program to learn about a processor that it leaves out.

    The program, ``uname -p``, takes longer than ten failures take to be recorded.
    """
    if sys.platform != "linux":
        return platform.platform()
    system = os.uname()
    libc = "".join(platform.libc_ver())
    parts = (system.sysname, system.release, system.machine, *(("with", libc) if libc else ()))
    return "-".join(part.strip().replace(" ", "_") for part in parts)


def _plugins(config: pytest.Config) -> list[str]:
    return sorted({f"{dist.project_name} {dist.version}" for _, dist in config.pluginmanager.list_plugin_distinfo()})


def _worker_count(options: Any) -> int:
    """How many workers xdist is to start; 0 without it. A specification may stand for several: ``3*popen``."""
    if getattr(options, "dist", "no") == "no":
        return 0
    counts = (spec.partition("*")[0] for spec in getattr(options, "tx", None) or ())
    return sum(int(count) if count.isdecimal() else 1 for count in counts)


def _sign(name: str, value: str) -> str:
    return name if value.lower() in ("1", "true", "yes", "seatbelt") else f"{name}:{value}"


def _user_at_host() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in the container
        user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    return f"{user}@{socket.gethostname()}"
