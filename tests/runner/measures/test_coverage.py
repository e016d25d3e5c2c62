"""Coverage of a real run under coverage.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_agentgate.model.judgement import Item, Measure

Run = Callable[..., str]
Measured = Callable[..., Measure]

SHOP = """\
def price(amount):
    if amount > 10:
        return amount * 0.9
    return amount


def refund(amount):
    return -amount
"""
TESTS = "from shop import price\ndef test_price(): assert price(2) == 2\n"


@pytest.fixture
def shop(folder: Path) -> Path:
    """4 of 6 lines of ``shop.py`` run; no test imports ``unused.py``, which has 2."""
    for name, text in {
        "src/shop.py": SHOP,
        "src/unused.py": "A = 1\nB = 2\n",
        "src/empty/__init__.py": "",
        "tests/test_shop.py": TESTS,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_lines_are_counted_as_coverage_py_counts_them(shop: Path, run: Run, measured: Measured) -> None:
    (shop / ".coveragerc").write_text("[run]\nsource = src\n")
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    measure = measured("coverage.percent", began)
    run("-m", "coverage", "json", "-o", "theirs.json")
    theirs = json.loads((shop / "theirs.json").read_text())["totals"]
    assert measure.value == pytest.approx(theirs["percent_covered"] / 100, abs=1e-12)
    assert (measure.value, measure.sample) == (4 / 8, 8)
    assert [item.name for item in measure.items] == ["src/unused.py", "src/shop.py"]


def test_a_file_that_no_test_imports_counts(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")  # without source, coverage.py itself leaves it out
    assert measured("coverage.percent", began).value == 4 / 8


def test_branches_count_where_they_were_measured(shop: Path, run: Run, measured: Measured) -> None:
    (shop / ".coveragerc").write_text("[run]\nbranch = true\nsource = src\n")
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    assert measured("coverage.percent", began).value == (4 + 1) / (8 + 2)


def test_what_the_project_excludes_or_omits_does_not_count(shop: Path, run: Run, measured: Measured) -> None:
    (shop / "src/shop.py").write_text(SHOP.replace("refund(amount):", "refund(amount):  # pragma: no cover"))
    (shop / ".coveragerc").write_text("[run]\nomit = */unused.py\n")
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    assert measured("coverage.percent", began).value == 3 / 4


def test_a_file_that_is_no_python_is_not_left_out(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    (shop / "src/unused.py").write_text("A = (\n")
    measure = measured("coverage.percent", began)
    assert (measure.value, measure.nothing) == (None, False)
    assert measure.why.startswith("coverage.py cannot report: Couldn't parse")


def test_a_source_without_a_line_to_execute_is_not_covered(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    (shop / "src/shop.py").write_text("")
    (shop / "src/unused.py").unlink()
    measure = measured("coverage.percent", began)
    assert (measure.value, measure.nothing) == (None, False)
    assert "no line that can be executed" in measure.why


def test_the_worst_file_is_told_and_each_file_by_itself(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    worst = measured("coverage.worst_file", began)
    each = measured("files.each.coverage", began)
    assert (worst.value, worst.each, each.value, each.each) == (0.0, False, 0.0, True)
    items = (
        Item("src/unused.py", 0.0, "2 of 2 missing"),
        Item("src/shop.py", 4 / 6, "2 of 6 missing"),
    )
    assert worst.items == each.items == items


def test_of_what_changed_only_lines_that_can_be_executed_count(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    changed = {"src/shop.py": {2, 3, 5, 6, 8}, "tests/test_shop.py": {1, 2}, "README.md": {1}, "src/gone.py": set()}
    measure = measured("coverage.new_percent", began, changed=changed)
    assert measure == Measure(1 / 3, (Item("src/shop.py:3"), Item("src/shop.py:8")), sample=3)


def test_where_no_line_changed_there_is_nothing_to_cover(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    measure = measured("coverage.new_percent", began, changed={"src/shop.py": {5, 6}})
    assert (measure.value, measure.nothing) == (None, True)
    assert measure.why == "no line changed that can be executed"


def test_without_a_base_nobody_knows_what_is_new(shop: Path, run: Run, measured: Measured) -> None:
    measure = measured("coverage.new_percent", run("-m", "coverage", "run", "-m", "pytest", "-q"))
    assert (measure.value, measure.nothing, measure.why) == (None, False, "no base is given")
    assert measure.command == "agentgate gate --base REF"


def test_no_data_is_no_measure(shop: Path, run: Run, measured: Measured) -> None:
    measure = measured("coverage.percent", run("-m", "pytest", "-q"))
    assert (measure.value, measure.nothing) == (None, False)
    assert measure.why == "no coverage was measured: there is no .coverage"
    assert measure.command == "coverage run -m pytest --agentgate"


def test_data_of_an_earlier_run_is_none_of_this(shop: Path, run: Run, measured: Measured) -> None:
    run("-m", "coverage", "run", "-m", "pytest", "-q")
    measure = measured("coverage.percent", run("-m", "pytest", "-q"))
    assert (measure.value, measure.why) == (None, ".coverage is older than the run")


def test_data_of_a_later_run_is_none_of_this(shop: Path, run: Run, measured: Measured) -> None:
    first = run("-m", "pytest", "-q")
    second = run("-m", "coverage", "run", "-m", "pytest", "-q")
    measure = measured("coverage.percent", first, next_began=second)
    assert (measure.value, measure.why) == (None, ".coverage is newer than the run after this one, and tells of that")
    assert measured("coverage.percent", second).value == 4 / 8


def test_data_is_of_no_run_that_does_not_say_when_it_began(shop: Path, run: Run, measured: Measured) -> None:
    run("-m", "coverage", "run", "-m", "pytest", "-q")
    assert "may be of any run" in measured("coverage.percent", "").why


def test_data_of_several_processes_is_to_be_combined_first(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "coverage", "run", "--parallel-mode", "-m", "pytest", "-q")
    run("-m", "coverage", "run", "--parallel-mode", "-m", "pytest", "-q")
    measure = measured("coverage.percent", began)
    assert measure.value is None
    assert measure.why.startswith("data of several processes is not combined yet: .coverage.")
    assert measure.why.endswith(" and 1 more")
    assert measure.command == "coverage combine"
    run(*("-m", measure.command.split()[0], *measure.command.split()[1:]))
    assert measured("coverage.percent", began).value == 4 / 8


@pytest.mark.parametrize("how", ["environment", "configuration"])
def test_data_lies_where_coverage_py_puts_it(
    how: str, shop: Path, run: Run, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "environment":
        monkeypatch.setenv("COVERAGE_FILE", "kept/data")
    else:
        (shop / ".coveragerc").write_text("[run]\ndata_file = kept/data\n")
    (shop / "kept").mkdir()
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    assert (shop / "kept/data").exists()
    assert measured("coverage.percent", began).value == 4 / 8


def test_data_of_another_machine_is_not_taken_for_nothing_covered(
    shop: Path, run: Run, measured: Measured, tmp_path: Path
) -> None:
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    data = (shop / ".coverage").read_bytes()
    (shop / ".coverage").write_bytes(data.replace(b"project/src", b"pr0ject/src"))
    measure = measured("coverage.percent", began)
    assert measure.value is None
    assert measure.why == ".coverage has no file of src; of another machine it needs relative_files = true"


def test_damaged_data_is_told_in_one_line(shop: Path, run: Run, measured: Measured) -> None:
    began = run("-m", "pytest", "-q")
    (shop / ".coverage").write_bytes(b"SQLite format 3\0 and no more")
    measure = measured("coverage.percent", began)
    assert measure.value is None
    assert measure.why.startswith("coverage.py cannot report: ")
    assert "\n" not in measure.why


def test_without_the_library_the_way_to_install_it_is_told(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "coverage.py").write_text("raise ImportError('no module named coverage')")
    program = (
        "from pathlib import Path\n"
        "from pytest_agentgate.config import find_project\n"
        "from pytest_agentgate.runner.measures import Scene, Wanted, measure\n"
        f"scene = Scene(find_project(Path({str(shop)!r})), 'R1', '2026-01-31T12:00:00.000000+00:00')\n"
        "one = measure([Wanted('coverage.percent', 'coverage.percent')], scene)['coverage.percent']\n"
        "print(one.value, one.why, one.command, sep='|')\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "away")}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    expected = "None|the library coverage is not installed here|pip install 'pytest-agentgate[coverage]'\n"
    assert done.stdout == expected


def test_a_project_without_folders_of_source_is_all_but_its_tests(shop: Path, run: Run, measured: Measured) -> None:
    (shop / "agentgate.toml").write_text("")
    (shop / "src").rename(shop / "lib")
    (shop / "pytest.ini").write_text("[pytest]\npythonpath = lib\n")
    began = run("-m", "coverage", "run", "-m", "pytest", "-q")
    measure = measured("coverage.percent", began)
    assert [item.name for item in measure.items] == ["lib/shop.py"]
    assert measure.value == 4 / 6
