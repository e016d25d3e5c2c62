"""Run a suite, or some files of it, in the tests' interpreter, and read back what came of it.

The first and the last run of a repair stand in the project's record; those of attempts stay apart in a folder that is
gone when the repair is over.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import IO

from pytest_agentgate.capture import runlog
from pytest_agentgate.config import Project
from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.model import Run
from pytest_agentgate.repair.attempts.services import Services
from pytest_agentgate.repair.attempts.state import State, file_of
from pytest_agentgate.runner.interpreter import Interpreter
from pytest_agentgate.runner.launch import Ended, run_suite
from pytest_agentgate.store import open_store

_ARGUMENTS = 60_000  # characters of a command line; with more, all is run, or a file is given (pytest 8.2)
_PAYS = 8.0  # seconds of tests from which on workers are faster than none
_TIMES = 5  # what a run took before, after which one that has to be short is given up
_QUIET = ("-q", "--tb=no", "-rN", "--no-header", "--maxfail=0", "--agentgate-output=quiet")
_NO_CACHE = ("-p", "no:cacheprovider")
_SAID = 2_000  # characters of what pytest printed that are kept
_WRONG_USAGE = 4
_FLAGS = re.compile(r"-[lqsvx]+|--lf|--ff|--nf|--sw|--exitfirst|--verbose|--quiet")  # options that take no value
_RAN = frozenset({0, 1, 5})  # exit statuses of pytest where the log tells all: passed, failed, nothing collected


@dataclass(frozen=True)
class Ran:
    """What came of a run; ``why`` says what kept it from telling the state of its tests, "" if nothing did."""

    state: State
    run: Run | None = None
    why: str = ""
    stopped: bool = False  # from outside
    seconds: float = 0.0
    said: str = ""  # the end of what pytest printed, where it did not come to its end
    of_all: bool = False  # all of the suite was run


class Reruns:
    """Runs of one suite, one after the other.

    Args:
        arguments: of pytest, as the user gave them; paths among them say what all of the suite is. Where one of these
            may be the value of an option, no part is run alone.
        apart: a folder for what is not to stand in the record.
        limit: seconds for one run.
        services: are told when a run is over, and which ones are recorded.
    """

    def __init__(
        self,
        project: Project,
        interpreter: Interpreter,
        arguments: Sequence[str],
        apart: Path,
        *,
        limit: float,
        jobs: int | None = None,
        agent: str = "",
        services: Services | None = None,
    ) -> None:
        self._services = services or Services()
        self._project = project
        self._interpreter = interpreter
        self._apart = apart
        self._limit = limit
        self._jobs = jobs
        self._agent = agent
        self._given = tuple(arguments)
        self._options, self._chosen, self._can_part = self._told_apart(arguments)
        self._rootdir = ""
        self._has_xdist = False
        self._no_cache = list(_NO_CACHE)
        self._besides = 0.0  # seconds that the last run of everything took, beside those of its tests

    def whole(self, state: State | None = None, *, recorded: bool = False, share: float = 1.0) -> Ran:
        """Run all of the suite; a ``share`` of the time of a run is enough, or several times what it took before."""
        ran = self._run(self._given, (), state, None, recorded=recorded, share=share)
        if not ran.why:
            self._besides = max(ran.seconds - ran.state.seconds(None), 0.0)
        return replace(ran, of_all=True)

    def part(self, state: State, files: Collection[str], *, share: float = 1.0) -> Ran:
        """Run some files, or folders, of the suite; ``state`` tells how long they took."""
        is_ours = not self._rootdir or Path(self._rootdir) == self._project.root  # else files are relative to another
        if not is_ours or not self._can_part:
            return self.whole(state, share=share)
        paths = [each for file in sorted(files) for each in self._chosen.get(file, (file,))]
        if sum(len(path) + 3 for path in paths) > _ARGUMENTS:
            if _version(self._interpreter.pytest) < (8, 2):
                return self.whole(state, share=share)
            named = self._apart / "files.txt"
            named.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
            return self._run(self._options, [f"@{named}"], state, files, share=share)
        return self._run(self._options, paths, state, files, share=share)

    def seconds(self, state: State, files: Collection[str] | None) -> float:
        """How long a run of some files may take, None for all, as far as their tests are known."""
        share = 1.0 if files is None else len(state.files.intersection(files)) / max(len(state.files), 1)
        return state.seconds(files) + share * self._besides

    def adopt(self, run: Run) -> None:
        """Take a run of an attempt into the project's record.

        Raises OSError, and StoreError.
        """
        name = f"{run.id}{runlog.SUFFIX}"
        self._project.runs.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._apart / "runs" / name, self._project.runs / name)
        with open_store(self._project.store_url) as store:
            store.ingest(self._project.runs)
        self._services.recorded(run.id)

    def _told_apart(self, arguments: Sequence[str]) -> tuple[list[str], dict[str, list[str]], bool]:
        """The options; the single tests that were chosen, by their file; and whether options and paths are told apart.

        They are not where a path may as well be the value of the option before it, as in ``--ignore tests/slow``.
        """
        options: list[str] = []
        tests: dict[str, list[str]] = {}
        before = ""
        for argument in arguments:
            if not self._is_path(argument):
                options.append(argument)
            elif before.startswith("-") and "=" not in before and not _FLAGS.fullmatch(before):
                return [], {}, False
            elif "::" in argument:
                tests.setdefault(file_of(argument), []).append(argument)
            before = argument
        return options, tests, True

    def _is_path(self, argument: str) -> bool:
        return not argument.startswith("-") and (self._project.root / file_of(argument)).exists()

    def _run(
        self,
        given: Sequence[str],
        paths: Sequence[str],
        state: State | None,
        files: Collection[str] | None,
        *,
        recorded: bool = False,
        share: float = 1.0,
    ) -> Ran:
        try:
            return self._made(given, paths, state, files, recorded, share)
        except (OSError, AgentgateError) as error:
            if state is None:
                raise
            return Ran(State(), why=f"it could not be run: {error}")

    def _made(
        self,
        given: Sequence[str],
        paths: Sequence[str],
        state: State | None,
        files: Collection[str] | None,
        recorded: bool,
        share: float,
    ) -> Ran:
        arguments = [*given, *_QUIET, *self._no_cache, *self._workers(state, files)]
        arguments += [f"--agentgate-agent={self._agent}"] if self._agent else []
        if self._rootdir:
            arguments.append(f"--rootdir={self._rootdir}")
        store = "" if recorded else f"sqlite:///{self._apart / 'store.db'}"
        arguments += [f"--agentgate-store={store}"] if store else []
        environ = {**os.environ, "AGENTGATE_GITHUB": "off", "GITHUB_ACTIONS": "", "PYTHONDONTWRITEBYTECODE": "1"}
        if not recorded:
            environ[runlog.APART] = str(self._apart / "runs")
        output = self._apart / "output.txt"
        known = 0.0 if state is None else self.seconds(state, files)
        limit = min(max(self._limit * share, _TIMES * known), self._limit)
        began = monotonic()
        with output.open("wb") as stream:
            ended = self._ended([*arguments, *paths], environ, stream, began + limit)
        seconds = monotonic() - began
        if ended.status == _WRONG_USAGE and ended.log is None and self._no_cache:
            self._no_cache = []  # an option of the project's belongs to the cache
            return self._made(given, paths, state, files, recorded, share)
        ran = self._read(ended, store or self._project.store_url, output, seconds, limit)
        if ran.run is not None and recorded:
            self._services.recorded(ran.run.id)
        if ran.run is not None and not ran.why:
            self.learn(ran.run)
        return ran

    def learn(self, run: Run) -> None:
        """Take from a run what the next ones need to know."""
        self._rootdir = run.root
        self._has_xdist = any(plugin.startswith("pytest-xdist ") for plugin in run.plugins)

    def _ended(self, arguments: Sequence[str], environ: dict[str, str], stream: IO[bytes], end: float) -> Ended:
        try:
            return run_suite(
                self._interpreter,
                arguments,
                folder=self._project.root,
                environ=environ,
                output=stream,
                give_up=lambda: monotonic() > end,
            )
        finally:
            self._services.ended()

    def _workers(self, state: State | None, files: Collection[str] | None) -> list[str]:
        """``-n``, where xdist is there, nobody has spoken of it, and the tests take long enough."""
        if any(re.match(r"-n\d*$|--numprocesses|--dist|-p$|--pdb", one) for one in self._given):
            return []
        if state is None or not self._has_xdist:
            return []
        jobs = (os.cpu_count() or 1) if self._jobs is None else self._jobs
        return ["-n", str(jobs)] if jobs > 1 and state.seconds(files) > _PAYS else []

    def _read(self, ended: Ended, url: str, output: Path, seconds: float, limit: float) -> Ran:
        said = output.read_bytes()[-_SAID:].decode(errors="replace").strip()
        if ended.asked_to_stop:
            return Ran(State(), why="it was stopped", stopped=True, seconds=seconds)
        if ended.given_up:
            return Ran(State(), why=f"it took more than {limit:g} seconds, see --timeout", seconds=seconds, said=said)
        if ended.log is None:
            why = f"the tests' process ended with status {ended.status} and left no record"
            return Ran(State(), why=why, seconds=seconds, said=said)
        with open_store(url) as store:
            store.ingest(ended.log.parent)
            run = store.run(ended.log.stem)
            state = State.of(store.results(run.id), store.failures(run.id))
        why = "" if ended.complete else f"the tests' process ended with status {ended.status} before the run was over"
        if not why and ended.status not in _RAN and not state.uncollected:
            why = f"pytest ended with status {ended.status}"
        nothing = (failure for failure in state.failures if failure.evidence.raised.is_a("pytest.NoTestsCollected"))
        why = why or next((failure.reason.title for failure in nothing), "")
        return Ran(state, run, why, seconds=seconds, said=said if why else "")


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:2]))


def recorded_state(project: Project, selector: str) -> tuple[Run, State]:
    """A run that is in the project's record, and the state that it tells of.

    Raises StoreError, and AgentgateError where it did not come to its end.
    """
    with open_store(project.store_url) as store:
        store.ingest(project.runs)
        run = store.run(selector)
        if run.status != "completed":
            raise AgentgateError(f"run {run.id} is {run.status}: it does not tell the state of all tests")
        return run, State.of(store.results(run.id), store.failures(run.id))
