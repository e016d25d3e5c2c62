"""What recording a run costs, beside plain pytest and other reporters, in turn on the same machine.

Two suites: 10,000 tests that pass, and 2,000 of which every fifth fails. Two measures, because whole processes differ
by more than recording costs: the CPU time of the process and its children relative to plain pytest, median over rounds,
and the CPU time of the plugin's own hooks and imports, taken in the process with a clock around each of them, which
leaves out what pytest takes to call a hook: 1 to 2 us a test.

    python benchmarks/recording.py [--rounds 5] [--tests 10000] [--workers 2]

Needs pytest-json-report, pytest-reportlog and allure-pytest for those rows; what is not installed is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PASSING = "def test_{n}():\n    assert {n} == {n}\n"
FAILING = "def test_{n}():\n    total = {n}\n    assert total == {n} + 1, 'a total'\n"
A_FILE = 100  # tests

# Loaded into the measured run: puts a clock around every hook of the plugin. The clock counts the CPU time of the
# thread, so that other processes of the machine are not in it. What it takes itself is taken off: what it shows for
# hooks that do nothing, called in turn with the plugin's.
CLOCK = '''
import atexit, json, os, resource, sys, time
import pytest

spent, calls, clock = {}, {}, time.thread_time

def timed(name, function):
    def call(*args, **kwargs):
        start = clock()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] = spent.get(name, 0.0) + clock() - start
            calls[name] = calls.get(name, 0) + 1
    return call

if "--agentgate" in sys.argv:  # as it would be a moment later
    def load():
        import pytest_agentgate.plugin.activation, pytest_agentgate.conclusion, pytest_agentgate.recorder
    timed("import", load)()

class Nothing:
    clocked_as = "nothing"

    def pytest_runtest_makereport(self, item, call):
        pass

    def pytest_runtest_logreport(self, report):
        pass

class OneWrite:
    """The least that writes each result when it is known."""
    clocked_as = "one write"
    file = os.open(os.environ["AGENTGATE_CLOCK"] + ".lines", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            os.write(self.file, b"%b %f\\n" % (report.nodeid.encode(), report.duration))

@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if getattr(config.option, "agentgate", False):
        manager, register = config.pluginmanager, config.pluginmanager.register
        def clocked(plugin, name=None):
            result = register(plugin, name)
            if name and name.startswith("agentgate"):
                own = getattr(plugin, "clocked_as", "")
                for hook, impls in ((c.name, c.get_hookimpls()) for c in manager.get_hookcallers(plugin) or ()):
                    for impl in impls:
                        if impl.plugin is plugin and not impl.hookwrapper:
                            impl.function = timed(own or hook, impl.function)
            return result
        manager.register = clocked
        manager.register(Nothing(), "agentgate-nothing")
        manager.register(OneWrite(), "agentgate-one-write")

@atexit.register
def tell():
    if "PYTEST_XDIST_WORKER" not in os.environ and "AGENTGATE_CLOCK" in os.environ:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        alone = spent.pop("nothing", 0.0) / calls.pop("nothing", 1)
        net = {name: max(spent[name] - calls[name] * alone, 0.0) for name in spent}
        with open(os.environ["AGENTGATE_CLOCK"], "w") as out:
            json.dump({"spent": net, "peak": peak}, out)
'''


@dataclass(frozen=True)
class Contender:
    """A way to record a run: its options, and the module that must be there for it."""

    name: str
    options: Sequence[str] = ()
    module: str = "pytest"


CONTENDERS = (
    Contender("plain pytest"),
    Contender("agentgate", ("--agentgate", "--agentgate-output=quiet")),
    Contender("agentgate, inactive"),
    Contender("pytest-reportlog", ("--report-log={out}/log.jsonl",), "pytest_reportlog"),
    Contender("--junitxml", ("--junitxml={out}/junit.xml",)),
    Contender("pytest-json-report", ("--json-report", "--json-report-file={out}/r.json"), "pytest_jsonreport"),
    Contender("allure-pytest", ("--alluredir={out}/allure",), "allure_pytest"),
)
PLUGINS = {
    "pytest_reportlog": "pytest_reportlog.plugin",
    "pytest_jsonreport": "pytest_jsonreport.plugin",
    "allure_pytest": "allure_pytest.plugin",
}


def write_suite(folder: Path, tests: int, failing_every: int) -> None:
    """``tests`` functions in files of a hundred; every n-th fails if ``failing_every`` is n, none if it is 0."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for start in range(0, tests, A_FILE):
        numbers = range(start, min(start + A_FILE, tests))
        texts = [(FAILING if failing_every and n % failing_every == 0 else PASSING).format(n=n) for n in numbers]
        (folder / f"test_{start:06}.py").write_text("\n".join(texts))


def environment(contender: Contender, plugins: Path) -> dict[str, str]:
    """Nothing is loaded by itself: each contender pays for its own plugin alone."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "AGENTGATE"))},
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(plugins),
        "PYTHONDONTWRITEBYTECODE": "",
    }


def command(contender: Contender, out: Path, workers: int, clock: bool) -> list[str]:
    """The command line of one run."""
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short"]
    if contender.name.startswith("agentgate"):
        line += ["-p", "pytest_agentgate.plugin"]
    if contender.module in PLUGINS:
        line += ["-p", PLUGINS[contender.module]]
    if workers:
        line += ["-p", "xdist.plugin", "-n", str(workers)]
    if clock:
        line += ["-p", "agentgate_clock"]
    return [*line, *(option.format(out=out) for option in contender.options)]


def cpu_of(line: Sequence[str], cwd: Path, env: Mapping[str, str]) -> float:
    """CPU seconds of a run and of every process that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(suite: Path, rounds: int, workers: int, plugins: Path) -> None:
    """Run every contender once a round, in turn, and print the medians relative to plain pytest of the same round."""
    present = [c for c in CONTENDERS if importlib.util.find_spec(c.module)]
    seconds: dict[str, list[float]] = {contender.name: [] for contender in present}
    for number in range(rounds + 1):  # the first warms the disk's cache and is not counted
        for contender in present:
            with tempfile.TemporaryDirectory() as out:
                line = command(contender, Path(out), workers, clock=False)
                used = cpu_of(line, suite, environment(contender, plugins))
            if number:
                seconds[contender.name].append(used)
    plain = seconds["plain pytest"]
    print(f"{'':24}{'CPU s':>8}{'ratio':>8}{'min':>8}{'max':>8}")
    for contender in present:
        ratios = [own / base for own, base in zip(seconds[contender.name], plain, strict=True)]
        median = statistics.median(seconds[contender.name])
        print(f"{contender.name:24}{median:8.2f}{statistics.median(ratios):8.3f}{min(ratios):8.3f}{max(ratios):8.3f}")


def added(suite: Path, tests: int, rounds: int, workers: int, plugins: Path) -> None:
    """Print the time inside the plugin's hooks, and the peak memory that it adds."""
    plain, ours = CONTENDERS[0], CONTENDERS[1]
    peaks: dict[str, list[int]] = {plain.name: [], ours.name: []}
    sums: list[dict[str, float]] = []
    base = statistics.median(
        cpu_of(command(plain, suite, workers, clock=False), suite, environment(plain, plugins)) for _ in range(rounds)
    )
    for contender in (plain, ours) * rounds:
        told = suite / "clock.json"
        env = {**environment(contender, plugins), "AGENTGATE_CLOCK": str(told)}
        cpu_of(command(contender, suite, workers, clock=True), suite, env)
        answer = json.loads(told.read_text())
        peaks[contender.name].append(answer["peak"])
        if answer["spent"]:
            sums.append(answer["spent"])
    bare = [spent.pop("one write", 0.0) for spent in sums]
    parts = {
        "imports, at the start": [spent.pop("import") for spent in sums],
        "at the end (ingest, causes)": [spent.pop("pytest_sessionfinish", 0.0) for spent in sums],
        "in the hooks while it runs": [sum(spent.values()) for spent in sums],
    }
    parts["together"] = [sum(values) for values in zip(*parts.values(), strict=True)]
    parts["for scale, a hook that writes a line for each result and does nothing else"] = bare
    more = statistics.median(peaks[ours.name]) - statistics.median(peaks[plain.name])
    for name, values in parts.items():
        spent = statistics.median(values)
        print(f"{name}: {spent * 1e3:.1f} ms, {spent / base:.2%} of the run, {spent / tests * 1e6:.2f} us a test")
    print(f"peak memory: {more / 1024:+.1f} MiB")


def main() -> None:
    """Measure both suites."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tests", type=int, default=10_000, help="tests of the passing suite; the other has a fifth")
    parser.add_argument("--workers", type=int, default=0, help="xdist workers; 0: one process")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plugins = Path(folder, "plugins")
        plugins.mkdir()
        (plugins / "agentgate_clock.py").write_text(CLOCK)
        for name, tests, every in (("passing", options.tests, 0), ("every fifth fails", options.tests // 5, 5)):
            suite = Path(folder, name.replace(" ", "_"))
            write_suite(suite, tests, every)
            print(f"\n{tests:,} tests, {name}, {options.workers or 'no'} workers, {options.rounds} rounds")
            measure(suite, options.rounds, options.workers, plugins)
            added(suite, tests, options.rounds, options.workers, plugins)


if __name__ == "__main__":
    main()
