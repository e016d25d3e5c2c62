"""Benchmarks that a real pytest-benchmark saved."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.model.judgement import Measure

Run = Callable[..., str]
Measured = Callable[..., Measure]

TESTS = """\
import pytest
@pytest.mark.parametrize("n", [1, 2])
def test_sum(benchmark, n): assert benchmark(sum, [n]) == n
class TestA:
    def test_twice(self, benchmark): benchmark(int)
class TestB:
    def test_twice(self, benchmark): benchmark(int)
"""
QUICK = ("-m", "pytest", "-q", "--benchmark-max-time=0.01", "--benchmark-min-rounds=3")


@pytest.fixture
def bench(folder: Path) -> Path:
    (folder / "tests").mkdir()
    (folder / "tests/test_speed.py").write_text(TESTS)
    return folder


def stat(measured: Measured, began: str, name: str, of: str, next_began: str = "") -> Measure:
    metric = f'benchmark."{name}".{of}'
    return measured(metric, began, pattern="benchmark.<name>.<stat>", arguments=(name, of), next_began=next_began)


def saved(folder: Path) -> dict[str, Any]:
    (file,) = folder.rglob(".benchmarks/**/*.json")
    found: dict[str, Any] = {one["fullname"]: one for one in json.loads(file.read_text())["benchmarks"]}
    return found


def test_a_statistic_is_the_one_that_was_saved(bench: Path, run: Run, measured: Measured) -> None:
    began = run(*QUICK, "--benchmark-autosave")
    theirs = saved(bench)["tests/test_speed.py::test_sum[1]"]["stats"]
    for name in ("test_sum[1]", "tests/test_speed.py::test_sum[1]"):
        for of in ("mean", "max", "ops", "rounds"):
            measure = stat(measured, began, name, of)
            assert (measure.value, measure.sample, measure.why) == (theirs[of], theirs["rounds"], "")
    assert [item.name for item in measure.items] == ["tests/test_speed.py::test_sum[1]"]


def test_the_newest_file_counts(bench: Path, run: Run, measured: Measured) -> None:
    run(*QUICK, "--benchmark-autosave")
    began = run(*QUICK, "--benchmark-autosave")
    assert stat(measured, began, "test_sum[1]", "mean").value is not None


def test_a_file_can_be_named(bench: Path, run: Run, measured: Measured) -> None:
    (bench / "agentgate.toml").write_text('benchmark = "out/speed.json"\n')
    (bench / "out").mkdir()
    began = run(*QUICK, "--benchmark-json=out/speed.json")
    theirs = json.loads((bench / "out/speed.json").read_text())["benchmarks"][0]
    assert stat(measured, began, theirs["name"], "min").value == theirs["stats"]["min"]


def test_a_file_that_was_kept_beside_the_record_is_found(bench: Path, run: Run, measured: Measured) -> None:
    (bench / ".agentgate").mkdir()
    (bench / ".agentgate" / "other.json").write_text("{}")
    began = run(*QUICK, "--benchmark-json=.agentgate/speed.json")
    os.utime(bench / ".agentgate" / "other.json", (4e9, 4e9))
    assert stat(measured, began, "test_sum[2]", "median").value is not None


def test_what_an_earlier_run_saved_is_none_of_this(bench: Path, run: Run, measured: Measured) -> None:
    first = run(*QUICK, "--benchmark-autosave")
    second = run("-m", "pytest", "-q", "--benchmark-disable")
    (file,) = bench.rglob(".benchmarks/**/*.json")
    os.utime(file)  # a checkout or a download makes a file new; what was measured in it is not
    measure = stat(measured, second, "test_sum[1]", "mean")
    assert measure.value is None
    assert measure.why.endswith(".json is older than the run")
    assert measure.command == "python -m pytest --agentgate --benchmark-autosave"
    assert stat(measured, first, "test_sum[1]", "mean", next_began=second).value is not None


def test_nothing_saved_is_no_measure(bench: Path, run: Run, measured: Measured) -> None:
    measure = stat(measured, run("-m", "pytest", "-q", "--benchmark-disable"), "test_sum[1]", "mean")
    assert (measure.value, measure.why) == (None, "no benchmark was saved")


@pytest.mark.parametrize(
    ("name", "of", "why"),
    [
        ("test_sun[1]", "mean", "has no benchmark 'test_sun[1]'; did you mean 'test_sum[1]'?"),
        ("test_twice", "mean", "several benchmarks are called 'test_twice'"),
        ("test_sum[1]", "average", "'test_sum[1]' has no statistic 'average'; it has "),
    ],
)
def test_a_name_that_is_not_there_is_said(
    bench: Path, run: Run, measured: Measured, name: str, of: str, why: str
) -> None:
    measure = stat(measured, run(*QUICK, "--benchmark-autosave"), name, of)
    assert measure.value is None
    assert why in measure.why


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"benchmarks": [{}], "datetime": "2026-01-31"}', '{"benchmarks": 1}', "\x00\xff", "NaN"]
)
def test_a_file_of_something_else_is_told_in_one_line(bench: Path, measured: Measured, text: str) -> None:
    (bench / "agentgate.toml").write_text('benchmark = "speed.json"\n')
    (bench / "speed.json").write_text(text, encoding="latin-1")
    measure = stat(measured, "2026-01-31T12:00:00.000000+00:00", "test_sum[1]", "mean")
    assert measure.value is None
    assert measure.why.startswith("speed.json is no JSON of pytest-benchmark: ")
    assert "\n" not in measure.why


def test_a_named_file_that_is_not_there_is_told(bench: Path, measured: Measured) -> None:
    (bench / "agentgate.toml").write_text('benchmark = "speed.json"\n')
    measure = stat(measured, "2026-01-31T12:00:00.000000+00:00", "test_sum[1]", "mean")
    assert measure.why == "speed.json is no JSON of pytest-benchmark: No such file or directory"
