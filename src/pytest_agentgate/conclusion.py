"""What is done with a run that is over: its log is ingested, its causes are shown, its reports are written."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.model import RunSummary
from pytest_agentgate.report import text
from pytest_agentgate.store import Store, open_store

if TYPE_CHECKING:
    from pytest_agentgate.report.formats import ReportTarget


class Conclusion:
    """Reads a finished log back through the store, and tells what came of the run.

    ``style`` is one of human, agent and quiet. Nothing in here changes how the run ends; ``problems`` says what failed.
    """

    def __init__(self, store_url: str, targets: Sequence[ReportTarget] = (), style: str = "human") -> None:
        self._store_url = store_url
        self._targets = targets
        self._style = style
        self._summary: RunSummary | None = None
        self._shown = False
        self.problems: list[str] = []  # one line each

    def problem(self, line: str) -> None:
        """Have one line said at the end, once."""
        if line not in self.problems:
            self.problems.append(line)

    def conclude(self, log: Path) -> None:
        """Ingest the log and whatever lies beside it, and write the reports that were asked for."""
        try:
            self._read_back(self._store_url, log)
        except Exception as error:  # noqa: BLE001 - whatever it is, the causes may still be told
            self.problem(f"{_told(error)}; this run is in {log} only")
            self._read_back_alone(log)

    def _read_back_alone(self, log: Path) -> None:
        """Find the causes without the store: a new one, thrown away, knows no history but nothing is wrong with it."""
        with tempfile.TemporaryDirectory(prefix="agentgate-") as folder:
            copy = Path(folder, "runs", log.name)
            copy.parent.mkdir()
            shutil.copyfile(log, copy)
            self._read_back(f"sqlite:///{folder}/store.db", copy)

    def _read_back(self, url: str, log: Path) -> None:
        with open_store(url) as store:
            for problem in store.ingest(log.parent).problems:  # logs beside ours, each told once
                self.problem(problem)
            self._report(store, log.stem)

    def _report(self, store: Store, run_id: str) -> None:
        self._summary = store.run_summary(run_id)
        if not self._targets:
            return
        from pytest_agentgate.report import formats  # loaded with the options that ask for it

        report = store.run_report(run_id, formats.parts(self._targets))
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
            self.show(writer.write, width=writer.fullwidth, colour=writer.hasmarkup, verbose=verbose, folder=folder)
        except Exception as error:  # noqa: BLE001 - pytest would end with an error of ours
            writer.write(f"agentgate: the summary cannot be shown: {_told(error)}\n")

    def pytest_unconfigure(self) -> None:
        """Show what no session's end has shown: it never started, or another plugin ended it."""
        if self._summary is not None and not self._shown:
            self.show(sys.stderr.write, width=80, colour=False)

    def show(
        self, write: Callable[[str], Any], *, width: int, colour: bool, verbose: int = 0, folder: str = ""
    ) -> None:
        """Write the summary in the style that was asked for, and every problem; ``folder`` is where the reader is."""
        self._shown = True
        if self._summary is not None:
            write(self._text(self._summary, width, colour, verbose, folder).rstrip("\n") + "\n")
        for problem in self.problems:
            write(f"agentgate: {problem}\n")

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
