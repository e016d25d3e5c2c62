"""The registry of metrics, and that each of them is explained."""

from __future__ import annotations

import pytest

from pytest_agentgate.gates.facts import Facts, RunFacts
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.gates.metrics import families, find, known, named, of_family
from pytest_agentgate.model import Run, RunStatus

EMPTY = Facts(RunFacts(Run("r", "2026-01-31T12:00:00.000000+00:00", RunStatus.COMPLETED)))


def test_the_metrics_are_those_that_the_documentation_promises() -> None:
    assert set(known()) == {
        *(
            f"tests.{name}"
            for name in ["total", "passed", "failed", "errors", "skipped", "xfailed", "not_run", "flaky", "removed"]
        ),
        *("tests.pass_rate", "tests.each.duration", "files.each.pass_rate", "files.each.coverage"),
        *("failures.<kind>", "causes.total", "causes.new", "collection.errors", "warnings.total", "warnings.new"),
        *("duration.total", "duration.p95", *(f"property.<name>.{stat}" for stat in ("min", "max", "p95", "each"))),
        *("source.files_changed", "guard.findings", "guard.<rule>", "approval.<phase>", "services.ready"),
        *("coverage.percent", "coverage.new_percent", "coverage.worst_file", "benchmark.<name>.<stat>", "check.<name>"),
    }


@pytest.mark.parametrize("metric", known().values(), ids=[*known()])
def test_every_metric_is_explained_and_found_in_the_file_of_its_family(metric: Metric) -> None:
    assert type(metric).__doc__ is not None
    assert metric.meaning.endswith(".")
    assert metric.parts[0] in families()
    assert metric in of_family(metric.parts[0])
    assert named(metric.name) is metric
    assert set(metric.choices) <= set(metric.parts)


@pytest.mark.parametrize("metric", known().values(), ids=[*known()])
def test_of_a_run_without_a_test_nothing_but_counts_is_known(metric: Metric) -> None:
    arguments = [metric.choices.get(part, ["x"])[0] for part in metric.parts if part.startswith("<")]
    measure = metric.measure(EMPTY, arguments, on_new=False)
    assert measure.value == 0 or (measure.value is None and not measure.nothing and measure.why)


def test_a_metric_without_parameters_comes_before_one_that_would_fit() -> None:
    exact, rule = find(["guard", "findings"]), find(["guard", "no-skip"])
    assert exact is not None
    assert rule is not None
    assert (exact[0].name, exact[1]) == ("guard.findings", ())
    assert (rule[0].name, rule[1]) == ("guard.<rule>", ("no-skip",))
    assert find(["guard"]) is None
    assert find(["nothing"]) is None
