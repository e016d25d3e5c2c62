"""Whether git knows the base and who commits, and under which name runs are recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_agentgate import git
from pytest_agentgate.config import Project
from pytest_agentgate.doctor.symptom import Health, Symptom
from pytest_agentgate.origin import NAMES, SIGNS, agent_of

_ABOUT = "repository"
_BASE = "AGENTGATE_BASE"
# Variables of CI systems that name the branch which a change is to be merged into.
_TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CHANGE_TARGET")


def symptoms(project: Project, base: str, environ: Mapping[str, str]) -> Iterator[Symptom]:
    """The base, whoever commits, whoever runs."""
    if not git.is_repository(project.root):
        yield _without(project.root)
    else:
        yield from _base(project.root, base, environ)
        yield from _committer(project)
    yield _agent(environ)


def _without(root: Path) -> Symptom:
    asked = git.run(root, "rev-parse", "--show-toplevel")
    lacking = "there are no bases, no checkpoints, no approvals"
    if asked is None:
        return Symptom(_ABOUT, Health.WARN, f"git cannot be started: {lacking}", "install git, or go on without")
    if b"safe.directory" in asked.stderr:
        what = f"git does not read {root}, which belongs to somebody else: {lacking}"
        return Symptom(_ABOUT, Health.WARN, what, _of_git(asked.stderr))
    return Symptom(_ABOUT, Health.WARN, f"{root} is in no git repository: {lacking}", "git init, or go on without")


def _of_git(said: bytes) -> str:
    """The command that git itself gives; the repository in it can be a folder above."""
    lines = (line.strip() for line in said.decode(errors="replace").splitlines())
    return next((line for line in lines if line.startswith("git config")), "git help config says more: safe.directory")


def _base(root: Path, given: str, environ: Mapping[str, str]) -> Iterator[Symptom]:
    base = given or environ.get(_BASE, "") or _of_ci(environ) or _default(root)
    if not base:
        what = "no base is named, so a change is judged by its own conditions"
        yield Symptom(_ABOUT, Health.OK, what, f"--base REF or ${_BASE} names one, such as origin/main")
        return
    commit = git.commit_of(root, base)
    if not commit:
        fetch = git.how_to_fetch(root, base)
        what = f"the base {base} is not in this clone: gates against it are unavailable"
        yield Symptom(_ABOUT, Health.WRONG, what, fetch or "name a branch, a tag or a commit that is here")
    elif not git.merge_base(root, base):
        shallow = git.is_shallow(root)
        what = f"the base {base} and this commit have no commit in common" + (": this clone is shallow" * shallow)
        advice = "git fetch --unshallow" if shallow else "name the branch that this one came from"
        yield Symptom(_ABOUT, Health.WRONG if shallow else Health.WARN, what, advice)
    else:
        yield Symptom(_ABOUT, Health.OK, f"the base {base} is here: {commit[:12]}")


def _of_ci(environ: Mapping[str, str]) -> str:
    return next((f"origin/{environ[name]}" for name in _TARGETS if environ.get(name)), "")


def _default(root: Path) -> str:
    """The default branch of the remote, as far as this clone knows it."""
    return (git.git(root, "rev-parse", "--abbrev-ref", "origin/HEAD") or b"").decode(errors="replace").strip()


def _committer(project: Project) -> Iterator[Symptom]:
    """Checkpoints are commits; git invents no committer for them."""
    identity = git.git(project.root, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    if identity is not None:
        who = identity.decode(errors="replace").rpartition(" ")[0].rpartition(" ")[0]
        yield Symptom(_ABOUT, Health.OK, f"git commits as {who}")
        return
    committing = [phase.name for phase in project.config.phases if phase.commit]
    what = "git does not know who commits" + (f", and phase {committing[0]!r} makes a commit" if committing else "")
    advice = "git config user.name NAME && git config user.email ADDRESS"
    yield Symptom(_ABOUT, Health.WRONG if committing else Health.WARN, what, advice)


def _agent(environ: Mapping[str, str]) -> Symptom:
    name = agent_of(None, environ)
    variable = next((one for one in (*NAMES, *(sign for sign, _ in SIGNS)) if environ.get(one)), "")
    if variable:
        what = f"runs are recorded as {name!r}, as ${variable} says: an agent, whose approvals do not count"
        return Symptom("agent", Health.OK, what)
    return Symptom("agent", Health.OK, f"runs are recorded as {name!r}", f"${NAMES[0]} names another")
