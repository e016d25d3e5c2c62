"""The services that a command gives the tests it runs: those that are declared, and those that failures lack."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_agentgate.repair.attempts.services import Offer, Services

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.model import Cause
    from pytest_agentgate.model.services import Lack, Provided, Service
    from pytest_agentgate.runner.services.fleet import Fleet

    _Address = tuple[str, str, int]


@contextmanager
def supplies(project: Project, *, lacking: bool, quiet: bool, untried: bool = False) -> Iterator[Services]:
    """What the project declares, up while the block lasts; with ``lacking`` also what connection failures lack.

    What this process starts within the block is told of them. ``untried``: the failures are of a run that may have
    been without what is declared.
    """
    if not project.config.services and not lacking:
        yield Services()
        return
    from pytest_agentgate.cli.services import provided
    from pytest_agentgate.runner.services.lending import lending

    with ExitStack() as stack:
        declared = stack.enter_context(provided(project, quiet=quiet))
        supplied = _Supplies(project, declared, stack, lacking=lacking, quiet=quiet, untried=untried)
        variables = stack.enter_context(lending(supplied.room))
        stack.enter_context(_environment(variables))
        yield supplied


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)


class _Supplies(Services):
    """Services that are up until ``stack`` is left."""

    def __init__(
        self,
        project: Project,
        declared: Fleet | None,
        stack: ExitStack,
        *,
        lacking: bool,
        quiet: bool,
        untried: bool,
    ) -> None:
        self._project = project
        self._declared = declared
        self._stack = stack
        self._lacking = lacking
        self._quiet = quiet
        self._untried = untried
        self._fleets = [declared] if declared else []
        self._started: dict[_Address, str] = {}  # names, by the server and the address that was tried

    def room(self, worker: str, session: str) -> dict[str, str]:
        """The variables of a worker: of what was declared, and of what was lacking. Raises ServiceError."""
        env: dict[str, str] = {}
        for fleet in self._fleets:
            env |= fleet.room(worker, session)
        return env

    @property
    def notes(self) -> Sequence[str]:
        declared = self._declared.provided if self._declared else ()
        return [one.problem for one in declared if one.problem]

    def ended(self) -> None:
        for fleet in self._fleets:
            fleet.vacate()

    def recorded(self, run: str) -> None:
        from pytest_agentgate.cli.services import keep_record

        if self._declared is not None:
            self._declared.examine()
            keep_record(self._project, run, self._declared)

    def supply(self, causes: Sequence[Cause]) -> Sequence[Offer]:
        from pytest_agentgate.runner.services.lacking import lacks

        found = lacks(causes, self._project.root, [one.service for one in self._provided])
        if self._lacking:
            self._start([lack for _, lack in found])
        return [offer for cause, lack in found if (offer := self._offer(cause, lack))]

    def _start(self, lacks: Sequence[Lack]) -> None:
        """Start what is lacking and was not started yet: one service for an address, whoever tried it."""
        from pytest_agentgate.cli.services import provided

        wanted: dict[_Address, Service] = {}
        for lack in lacks:
            if lack.service is not None:
                wanted.setdefault(_address(lack), lack.service)
        if not wanted:
            return
        config = replace(self._project.config, services=tuple(wanted.values()))
        fleet = self._stack.enter_context(provided(replace(self._project, config=config), quiet=self._quiet))
        assert fleet is not None  # noqa: S101  some are wanted
        self._fleets.append(fleet)
        self._started |= {address: one.name for address, one in wanted.items()}

    def _offer(self, cause: Cause, lack: Lack) -> Offer | None:
        by_name = {one.service.name: one for one in self._provided}
        if lack.declared:
            known = by_name[lack.declared]
            if known.why:
                return Offer(cause.signature, why=f"the declared {known.problem}")
            if self._untried:
                return Offer(cause.signature, lack.declared)
            return Offer(cause.signature, why=f"the service {lack.declared} is up, and they do not reach it")
        if not self._lacking:
            return None
        if lack.service is None:
            return Offer(cause.signature, why=f"not tried: {lack.why}")
        started = by_name[self._started[_address(lack)]]
        if started.why:
            return Offer(cause.signature, why=f"the service could not be started: {started.why}")
        named = ", ".join([*(f"${one.name}" for one in lack.variables), *lack.places])
        evidence = (f"its address is from {named}",) if named else ()
        return Offer(cause.signature, started.service.name, evidence=evidence, diff=self._diff(lack.lines))

    @property
    def _provided(self) -> list[Provided]:
        return [one for fleet in self._fleets for one in fleet.provided]

    def _diff(self, lines: str) -> str:
        """What would have a service declared, as a diff of the file with the configuration."""
        from pytest_agentgate.codemods.files.diff import unified
        from pytest_agentgate.codemods.files.edits import Edit

        root = self._project.root
        path = self._project.config.path or root / "pyproject.toml"
        if path.name != "pyproject.toml":
            lines = lines.replace("[tool.agentgate.", "[")
        before = path.read_bytes() if path.exists() else b""
        gap = b"" if not before else b"\n" if before.endswith(b"\n") else b"\n\n"
        after = before + gap + lines.encode()
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        return unified(Edit(name, before, after)).decode("utf-8", "backslashreplace")


def _address(lack: Lack) -> _Address:
    return lack.server, lack.host, lack.port
