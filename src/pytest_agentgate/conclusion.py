"""What is done with a run that is over: it is ingested, judged if that was asked for, shown, and reported."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.model import RunReport, RunSummary
from pytest_agentgate.report import text
from pytest_agentgate.store import Store, open_store
from pytest_agentgate.triage.causes import declared

if TYPE_CHECKING:
    from pytest_agentgate.model.judgement import Judgement
    from pytest_agentgate.model.services import Service
    from pytest_agentgate.report.formats import ReportTarget


class Conclusion:
    """Reads a finished log back through the store, and tells what came of the run.

    ``style`` is one of human, agent and quiet. ``judging`` judges a run that a store has, by its id, and records the
    judgement; without it nothing in here changes how the run ends. ``policy`` is the file that its gates stand in,
    ``services`` are those that the project declares.
    ``problems`` says what failed.
    """

    def __init__(
        self,
        store_url: str,
        targets: Sequence[ReportTarget] = (),
        style: str = "human",
        judging: Callable[[Store, str], Judgement] | None = None,
        policy: str = "",
        services: Sequence[Service] = (),
    ) -> None:
        self._store_url = store_url
        self._targets = targets
        self._style = style
        self._judging = judging
        self._policy = policy
        self._services = services
        self._summary: RunSummary | None = None
        self._shown = False
        self._complete = True  # whether all of the run was recorded
        self.problems: list[str] = []  # one line each

    def problem(self, line: str) -> None:
        """Have one line said at the end, once."""
        if line not in self.problems:
            self.problems.append(line)

    def unrecorded(self, line: str) -> None:
        """The same of what keeps the record from being complete, so that nothing can be judged by it."""
        self._complete = False
        self.problem(line)

    def conclude(self, log: Path) -> None:
        """Ingest the log and whatever lies beside it, judge the run, and write the reports that were asked for."""
        try:
            self._read_back(self._store_url, log, self._judging)
        except Exception as error:  # noqa: BLE001 - whatever it is, the causes may still be told
            self.problem(f"{_told(error)}; this run is in {log} only")
            self._read_back_alone(log)

    def _read_back_alone(self, log: Path) -> None:
        """Find the causes without the store: a new one, thrown away, knows no history but nothing is wrong with it."""
        with tempfile.TemporaryDirectory(prefix="agentgate-") as folder:
            copy = Path(folder, "runs", log.name)
            copy.parent.mkdir()
            shutil.copyfile(log, copy)
            self._read_back(f"sqlite:///{folder}/store.db", copy, None)

    def _read_back(self, url: str, log: Path, judging: Callable[[Store, str], Judgement] | None) -> None:
        with open_store(url) as store:
            for problem in store.ingest(log.parent).problems:  # logs beside ours, each told once
                self.problem(problem)
            self._summary = declared(store.run_summary(log.stem), self._services)
            if judging is not None and self._complete:
                self._judge(store, self._summary, judging)
            if self._targets:
                self._report(store, self._summary)

    def _judge(self, store: Store, summary: RunSummary, judging: Callable[[Store, str], Judgement]) -> None:
        try:
            self._summary = replace(summary, judgement=judging(store, summary.run.id))
        except Exception as error:  # noqa: BLE001 - the causes are known, and the exit status says the rest
            self.problem(f"the gates cannot be judged: {_told(error)}")

    def _report(self, store: Store, summary: RunSummary) -> None:
        from pytest_agentgate.report import formats  # loaded with the options that ask for it

        report = replace(
            store.run_report(summary.run.id, formats.parts(self._targets)), summary=summary, policy=self._policy
        )
        for target in self._targets:
            try:
                formats.write(target, report)
            except Exception as error:  # noqa: BLE001 - the other reports may still be written
                self.problem(_told(error))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, Any, None]:
        """Show the causes below pytest's own summary, where they are what is seen last."""
        yield
        writer = terminalreporter._tw  # its width has no public name
        verbose = terminalreporter.config.option.verbose
        try:
            folder = str(terminalreporter.config.invocation_params.dir)
            self.announce(writer.write)
            self.show(writer.write, width=writer.fullwidth, colour=writer.hasmarkup, verbose=verbose, folder=folder)
        except Exception as error:  # noqa: BLE001 - pytest would end with an error of ours
            writer.write(f"agentgate: the summary cannot be shown: {_told(error)}\n")

    def pytest_unconfigure(self) -> None:
        """Show what no session's end has shown: it never started, or another plugin ended it."""
        if not self._shown and (self._summary is not None or self.problems):
            self.announce(sys.stderr.write)
            self.show(sys.stderr.write, width=80, colour=False)

    def announce(self, write: Callable[[str], Any]) -> None:
        """Annotate the job of GitHub Actions that this is, unless its annotations were asked for as a report."""
        if self._summary is None or os.environ.get("GITHUB_ACTIONS") != "true":
            return
        if any(target.format == "github" for target in self._targets):
            return
        from pytest_agentgate.report import github  # in such a job only

        try:
            github.announce(RunReport(self._summary), os.environ, write)
        except Exception as error:  # noqa: BLE001 - what is said to GitHub changes nothing of the run
            self.problem(_told(error))

    def show(
        self, write: Callable[[str], Any], *, width: int, colour: bool, verbose: int = 0, folder: str = ""
    ) -> None:
        """Write the summary in the style that was asked for, and every problem; ``folder`` is where the reader is."""
        self._shown = True
        if self._summary is not None:
            write(self._text(self._summary, width, colour, verbose, folder).rstrip("\n") + "\n")
        for problem in self.problems:
            write(f"agentgate: {problem}\n")

    def exit_status(self, ended: int) -> tuple[int, str]:
        """How the process of a judged run is to end where pytest ends with ``ended``; and why, if no gate says it."""
        from pytest_agentgate.model.judgement import EXIT_STATUS, GateState

        incomplete = EXIT_STATUS[GateState.INVALID]
        summary = self._summary
        if summary is None or summary.judgement is None or not self._complete:
            return incomplete, "the run was not judged"
        status = EXIT_STATUS[summary.judgement.state]
        if status == 0 and ended not in (0, summary.run.exit_status):
            return incomplete, f"the gates passed, and then another plugin ended pytest with {ended}"
        return status, ""

    def _text(self, summary: RunSummary, width: int, colour: bool, verbose: int, folder: str) -> str:
        if self._style == "agent":
            return text.agent(summary)
        if self._style == "quiet":
            return text.line(summary)
        return text.summary(summary, width=width, colour=colour, verbose=max(verbose, 0), folder=folder)


def _told(error: Exception) -> str:
    """An error in one line: ours are meant for the user, others say what they are."""
    told = str(error) if isinstance(error, AgentgateError) else f"{type(error).__name__}: {error}"
    return " ".join(told.split())
