"""What a repair costs beside the tests that it runs.

    python benchmarks/repair.py [--rounds 3] [--only loop|api] [--folder FOLDER]
    python benchmarks/repair.py --only loop --suite REPOSITORY PYTHON BASE [--suite ...]

The loop: a broken suite is run plainly, and repaired, in turn, each in a fresh copy: the demo, one that is made here,
and whatever is named. Printed are medians: the seconds of both and their ratio, the share of the repair that was spent
in pytest, in how many runs, what was tried and kept, and the peak of memory of our process and of pytest's own.

The API tables of an implementation of 900 files (a release of Django, unless a folder is given) are made cold, with an
empty cache, and warm, with a full one; beside it stands ``ast.parse`` of the same files. Each is a fresh process, in
turn, and its CPU seconds count; printed are medians, the share, and what memory the process has at its peak.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RELEASE = "django==5.2"
WAYS = ("ast.parse", "cold", "warm", "no cache")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is measured (default 3)")
    parser.add_argument("--only", choices=("loop", "api"), help="one part of it")
    parser.add_argument(
        "--suite",
        nargs=3,
        action="append",
        default=[],
        metavar=("REPOSITORY", "PYTHON", "BASE"),
        help="another broken suite: a git repository, the Python that runs its tests, the commit they were written for",
    )
    parser.add_argument("--folder", type=Path, help="an implementation: the folder that holds its packages")
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "agentgate-corpus")
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "CACHE"), help=argparse.SUPPRESS)
    parser.add_argument("--repair", nargs=3, metavar=("REPOSITORY", "PYTHON", "BASE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.measure[0], given.folder, Path(given.measure[1]))))
        return
    if given.repair:
        print(json.dumps(repaired(*given.repair)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        if given.only != "api":
            loop(given.suite, Path(scratch), given.rounds)
        if given.only != "loop":
            print()
            tables(given.folder or fetched(given.corpus), Path(scratch) / "api", given.rounds)


# ---- the loop


@dataclass(frozen=True)
class Suite:
    """A broken suite: ``make`` writes its repository into a folder."""

    name: str
    make: Callable[[Path], None]
    python: str
    base: str


def loop(named: list[list[str]], scratch: Path, rounds: int) -> None:
    """Print what repairs cost."""
    from pytest_agentgate.demo.history import make_repository

    suites = [Suite("made here", made_here, sys.executable, "base")]
    suites.append(Suite("the demo", make_repository, sys.executable, "base"))
    for repository, python, base in named:
        place = Path(repository).resolve()
        name = place.parent.name if place.name == "repo" else place.name
        suites.append(Suite(name, copier(place), os.path.abspath(python), base))  # noqa: PTH100  a link stays one
    print(
        f"{'':22} {'plain s':>8} {'repair s':>9} {'ratio':>6} {'in pytest':>9} {'runs':>5} {'tried':>6} {'kept':>5}",
        end="",
    )
    print(f" {'red':>5} {'green':>6} {'our MiB':>8} {'pytest MiB':>11}")
    for suite in suites:
        plain, found = [], []
        for number in range(rounds):
            root = scratch / f"{number}-plain" / "suite"
            suite.make(root)
            plain.append(run_plainly(root, suite.python))
            root = scratch / f"{number}-repair" / "suite"
            suite.make(root)
            command = [sys.executable, __file__, "--repair", str(root), suite.python, suite.base]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
            for way in ("plain", "repair"):
                shutil.rmtree(scratch / f"{number}-{way}")
        middle = {key: statistics.median(each[key] for each in found) for key in found[0]}
        alone = statistics.median(seconds for seconds, _ in plain)
        print(
            f"{suite.name[:22]:22} {alone:8.2f} {middle['seconds']:9.2f} {middle['seconds'] / alone:6.2f}"
            f" {middle['pytest'] / middle['seconds']:9.0%} {middle['runs']:5.0f} {middle['tried']:6.0f}"
            f" {middle['kept']:5.0f} {middle['red']:5.0f} {middle['green']:6.0f} {middle['peak']:8.0f}"
            f" {statistics.median(peak for _, peak in plain):11.0f}",
            flush=True,
        )


def run_plainly(root: Path, python: str) -> tuple[float, float]:
    """Run a suite as its authors do; -> the seconds, and the peak of memory in MiB."""
    began = time.monotonic()
    command = [python, "-m", "pytest", "-q", "--continue-on-collection-errors", "-p", "no:cacheprovider"]
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=root, env=environ, stdin=nothing, stdout=nothing, stderr=nothing)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.monotonic() - began, usage.ru_maxrss / 1024


def repaired(root: str, python: str, base: str) -> dict[str, float]:
    """Repair a suite in this process; what that took."""
    from pytest_agentgate import cli
    from pytest_agentgate.repair.attempts.rerun import Reruns

    spent: list[float] = []
    start: Callable[..., Any] = Reruns._ended

    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.monotonic()
        try:
            return start(*arguments, **named)
        finally:
            spent.append(time.monotonic() - began)

    Reruns._ended = timed  # type: ignore[method-assign]
    said = io.StringIO()
    began = time.monotonic()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        cli.main(["repair", "--root", root, "--python", python, "--base", base, "--json"])
    seconds = time.monotonic() - began
    told = json.loads(said.getvalue())
    verdicts = [attempt["verdict"] for attempt in told["attempts"]]
    return {
        "seconds": seconds,
        "pytest": sum(spent),
        "runs": len(spent),
        "tried": len(verdicts) - verdicts.count("skipped"),
        "kept": verdicts.count("kept"),
        "red": told["repair"]["red_before"],
        "green": told["repair"]["green_after"],
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def copier(place: Path) -> Callable[[Path], None]:
    def copy(root: Path) -> None:
        shutil.copytree(place, root, symlinks=True)

    return copy


SHOP = """
class Till:
    def __init__(self): self.lines = []
    def put(self, name, *, {keyword}=1):
        self.lines.append((name, {keyword}))
        return self
    def {total}(self): return sum(amount for _, amount in self.lines)

def {price}(amount, rate=0.2):
    net = amount * 100 + len("part {number}") - {width}
    tax = round(net * rate)
    return (net + tax) / 100
"""
TESTS = """
import pytest
from {module} import Till, {price}

@pytest.mark.parametrize("amount", range(20))
def test_price(amount):
    for _ in range(2000):
        assert {price}(amount) == pytest.approx(amount * 1.2)

@pytest.mark.parametrize("amount", range(20))
def test_put(amount): assert Till().put("tea", {keyword}=amount).lines == [("tea", amount)]

def test_total(): assert Till().put("tea").put("milk").{total}() == 2
"""
SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]

[tool.agentgate]
source = ["src"]
tests = ["tests"]
"""
MODULES = 24
OLD = {"price": "price_of", "keyword": "qty", "total": "total"}
NEW = {"price": "gross_price", "keyword": "quantity", "total": "amount"}


def made_here(root: Path) -> None:
    """Write a shop of many modules, of which every sixth moved, renamed a function, a keyword or a method."""
    for tag in ("base", "head"):
        shutil.rmtree(root / "src", ignore_errors=True)
        for number in range(MODULES):
            is_changed = tag == "head"
            names = {key: NEW[key] if is_changed and number % 6 == at else OLD[key] for at, key in enumerate(OLD)}
            module = f"{'goods' if is_changed and number % 6 == 3 else 'shop'}/part_{number}.py"
            (root / "src" / module).parent.mkdir(parents=True, exist_ok=True)
            (root / "src" / module).write_text(SHOP.format(number=number, width=len(f"part {number}"), **names))
            if tag == "base":
                (root / "tests").mkdir(exist_ok=True)
                (root / f"tests/test_part_{number}.py").write_text(TESTS.format(module=f"shop.part_{number}", **OLD))
        if tag == "base":
            (root / "pyproject.toml").write_text(SETTINGS)
            (root / ".gitignore").write_text("__pycache__/\n.agentgate/\n")
            subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
        who = {
            f"GIT_{role}_{what}": "bench@example.invalid"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        for words in (["add", "-A"], ["commit", "-q", "-m", tag], ["tag", tag]):
            subprocess.run(["git", "-C", str(root), *words], check=True, env={**os.environ, **who})


# ---- the API tables


def fetched(corpus: Path) -> Path:
    from pytest_agentgate.repair.api.released import package_tree

    tree, _ = package_tree(RELEASE, corpus)
    return tree.root


def tables(folder: Path, cache: Path, rounds: int) -> None:
    """Print what the API tables cost."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        shutil.rmtree(cache, ignore_errors=True)
        for way in WAYS:
            command = [sys.executable, __file__, "--folder", str(folder), "--measure", way, str(cache)]
            runs[way].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    parse, cold = (statistics.median(each["seconds"] for each in runs[way]) for way in WAYS[:2])
    print(f"{runs['cold'][0]['files']:.0f} files, {runs['cold'][0]['symbols']:.0f} symbols; ", end="")
    print(f"cache {sum(each.stat().st_size for each in cache.iterdir()) / 1e6:.1f} MB\n")
    print(f"{'':12} {'CPU s':>7} {'to parse':>9} {'to cold':>8} {'least-most':>12} {'peak MiB':>9}")
    for way in WAYS:
        seconds = [each["seconds"] for each in runs[way]]
        middle = statistics.median(seconds)
        peak = statistics.median(each["peak"] for each in runs[way])
        spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
        print(f"{way:12} {middle:7.2f} {middle / parse:9.2f} {middle / cold:8.2f} {spread:>12} {peak:9.0f}")


def measured(way: str, folder: Path, cache: Path) -> dict[str, float]:
    """CPU seconds, peak of memory in MiB, and how much was read, in this process."""
    from pytest_agentgate.repair.api.api import Api
    from pytest_agentgate.repair.api.trees import FolderTree

    found = {"files": 0, "symbols": 0}
    before = os.times()
    tree = FolderTree(folder, whole=True)
    if way == "ast.parse":
        for _, text in tree.texts(tree.paths()):
            ast.parse(text or "")
    else:
        api = Api.of(tree, ("",), cache=None if way == "no cache" else cache)
        found = {"files": len(api.modules), "symbols": sum(1 for _ in api.symbols())}
    after = os.times()
    seconds = after.user + after.system - before.user - before.system
    return {**found, "seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    main()
