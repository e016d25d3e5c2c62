"""Which phases count: those of the base where one is given, so that a change can't loosen its own gates."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_agentgate import git
from pytest_agentgate.config import Config, Project, read_config
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.gates import phases
from pytest_agentgate.gates.condition import ConditionError, parse
from pytest_agentgate.gates.facts import Lack
from pytest_agentgate.model.judgement import Gate, Phase
from pytest_agentgate.store.urls import masked
from pytest_agentgate.values import frozen

_FILES = ("agentgate.toml", "pyproject.toml")


@frozen
class Policy:
    """What a run is judged by, and from where that was read."""

    config: Config  # its phases, checks, source and tests are those that count
    base: str = ""  # what the base was called
    base_commit: str = ""
    merge_base: str = ""  # where the change began; "" where that is not known
    head: str = ""  # the commit of the checkout
    notes: tuple[str, ...] = ()  # how the change's own configuration differs, a line each
    lack: Lack | None = None  # why the base's configuration is not known: no gate can be judged


def policy_of(project: Project, base: str = "") -> Policy:
    """The policy of a project, or that of its base, a branch or a commit.

    Phases and checks that only the change has are judged too. Raises ConfigError where the project's own phases can't
    be judged.
    """
    own = project.config
    phases.verify(own)
    if not base:
        return Policy(own)
    root = project.root
    head, commit = git.commit_of(root, "HEAD"), git.commit_of(root, base)
    if not commit:
        return Policy(own, base, head=head, lack=_missing(root, base))
    policy = Policy(own, base, commit, git.merge_base(root, commit), head)
    try:
        there = _config_at(project, base, commit)
        if there is not None:
            phases.verify(there)
    except ConfigError as error:
        return replace(policy, lack=Lack(f"the base's configuration cannot be used: {error}"))
    if there is None or not there.phases:
        return replace(policy, notes=(f"{base} has no phases: those of this change count",))
    return replace(policy, config=_together(there, own), notes=tuple(_differences(there, own)))


def _missing(root: Path, base: str) -> Lack:
    if not git.is_repository(root):
        return Lack(f"{root} is in no git repository, so there is no base {base!r}")
    shallow = "; this clone is shallow" if git.is_shallow(root) else ""
    return Lack(f"the base {base!r} is not in this repository{shallow}", git.how_to_fetch(root, base))


def _config_at(project: Project, base: str, commit: str) -> Config | None:
    """The configuration of the project's folder, or the nearest above it, as it is in a commit."""
    above = ""
    folder = project.root
    while True:
        for name in _FILES:
            content = git.file_at(project.root, commit, f"{above}{name}")
            if content is None:
                continue
            path = Path(f"{base}:", f"{above}{name}")  # its name decides how it is read
            try:
                found = read_config(content.decode("utf-8"), path)
            except UnicodeDecodeError as error:
                raise ConfigError(f"{path}: cannot be read: {error}") from error
            if found is not None:
                return found
        if (folder / ".git").exists() or folder == folder.parent:
            return None
        folder, above = folder.parent, f"../{above}"


def _together(base: Config, own: Config) -> Config:
    """The base's, with what the change adds: more is asked for, never less."""
    phases_there = {phase.name for phase in base.phases}
    checks_there = {check.name for check in base.checks}
    return replace(
        own,
        phases=(*base.phases, *(phase for phase in own.phases if phase.name not in phases_there)),
        checks=(*base.checks, *(check for check in own.checks if check.name not in checks_there)),
        source=base.source,
        tests=base.tests,
        kinds=base.kinds,
        benchmark=base.benchmark if _gates_benchmarks(base) else own.benchmark,
    )


def _gates_benchmarks(config: Config) -> bool:
    return any(parse(gate.condition).family == "benchmark" for phase in config.phases for gate in phase.gates)


# ---- what differs


def _differences(base: Config, own: Config) -> Iterator[str]:
    before, after = ({phase.name: phase for phase in config.phases} for config in (base, own))
    for name, phase in before.items():
        if name in after:
            yield from (f"phase {name!r}: {said}" for said in _of_phase(phase, after[name]))
        else:
            yield f"phase {name!r} is removed by this change: the base's counts"
    yield from (f"phase {name!r} is added by this change: it is judged too" for name in after if name not in before)
    commands = {check.name: check for check in own.checks}
    for check in base.checks:
        changed = commands.get(check.name)
        if changed is None:
            yield f"check {check.name!r} is removed by this change: the base's counts"
        elif changed != check:
            to = shlex.join(changed.command)
            yield f"check {check.name!r}: {shlex.join(check.command)!r} is changed to {to!r}: the base's counts"
    for key in ("source", "tests"):
        if getattr(base, key) != getattr(own, key):
            yield f"{key}: {_listed(getattr(base, key))} is changed to {_listed(getattr(own, key))}: the base's counts"
    if base.kinds != own.kinds:
        yield "kinds: the rules are changed: failures are of the kinds that the base's give"
    if base.benchmark != own.benchmark and _gates_benchmarks(base):
        yield f"benchmark: {base.benchmark!r} is changed to {own.benchmark!r}: the base's counts"
    if base.store != own.store:
        to = masked(own.store)
        yield f"store: {masked(base.store)!r} is changed to {to!r}: runs to compare with are looked for there"


def _of_phase(base: Phase, own: Phase) -> Iterator[str]:
    if base.needs != own.needs:
        yield f"needs {_listed(base.needs)} is changed to {_listed(own.needs)}: the base's counts"
    unmatched = [gate for gate in own.gates if gate not in base.gates]
    for gate in (gate for gate in base.gates if gate not in own.gates):
        to = next((one for one in unmatched if _metric(one) == _metric(gate)), None)
        if to is None:
            yield f"{_shown(gate)} is removed: the base's counts"
        else:
            unmatched.remove(to)
            yield f"{_shown(gate)} is changed to {_shown(to)}: the base's counts"
    yield from (f"{_shown(gate)} is added, and does not count before the base has it" for gate in unmatched)


def _metric(gate: Gate) -> tuple[str, bool]:
    try:
        condition = parse(gate.condition)
    except ConditionError:  # of another version
        return gate.condition, False
    return condition.metric, condition.on_new


def _shown(gate: Gate) -> str:
    more = [gate.severity.value] if gate.severity is not Gate.severity else []
    more += [f"min_sample {gate.min_sample}"] if gate.min_sample else []
    return f"{gate.condition!r}" + (f" ({', '.join(more)})" if more else "")


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"
