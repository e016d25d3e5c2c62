"""Files, each held to a condition by itself: no average hides one."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_agentgate.gates.baseline import lacking, tests_of
from pytest_agentgate.gates.facts import Facts, Lack
from pytest_agentgate.gates.hidden import hidden, listed
from pytest_agentgate.gates.metric import MeasuredOutside, Metric
from pytest_agentgate.gates.rates import rate
from pytest_agentgate.model import Result
from pytest_agentgate.model.judgement import Item, Measure, Unit


class EachPassRate(Metric):
    """The pass rate of each file with tests, as ``tests.pass_rate`` has it, held to the condition file by file.

    A file, folder or class that could not be collected has passed nothing: its rate is 0%. Files with skipped tests
    only have no rate and are named with the result.
    """

    name = "files.each.pass_rate"
    unit = Unit.RATIO
    of_tests = True

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """The rate of the worst, and that of each."""
        tests = tests_of(facts, on_new)
        if isinstance(tests, Lack):
            return lacking(tests)
        files: dict[str, dict[str, Result]] = {}
        for nodeid, test in tests.items():
            files.setdefault(nodeid.partition("::")[0], {})[nodeid] = test
        items = {name: Item(name, 0.0, "could not be collected") for name in hidden(facts).collectors}
        silent = []
        for name, of_file in files.items():
            found = rate(of_file)
            if not found.counted:
                silent.append(name)
            elif name not in items:
                items[name] = Item(name, found.passing / found.counted, f"{found.passing:,} of {found.counted:,} pass")
        why = f"only skipped tests in {listed(silent)}" if silent else ""
        if not items:
            if on_new and not tests:
                return Measure(None, nothing=True, sample=0, why="no test is new")
            return Measure(None, sample=0, each=True, why=why or "no test was run")
        ordered = sorted(items.values(), key=lambda item: (item.value or 0.0, item.name))
        return Measure(ordered[0].value, tuple(ordered), sample=len(ordered), each=True, why=why)


class EachCoverage(MeasuredOutside):
    """The part of its lines that the tests ran, of each file of the source, held to the condition file by file."""

    name = "files.each.coverage"
    unit = Unit.RATIO
