"""Triage real broken suites and compare what it says with what is recorded of them.

    python benchmarks/bench_triage.py CASES_JSON WORK [CASE ...] [--logs FOLDER] [--offline]

``CASES_JSON`` is the manifest of the bench of real suites, beside the ``bench.py`` that builds them under ``WORK``.
Each case's suite is run with ``agentgate run``, as the bench runs it: its own interpreter, no network. Printed per
case: the newly broken tests of the classes that have a kind, the share of them whose kind agrees, the causes of newly
broken tests, and these against the number that is recorded. ``--logs`` keeps the logs there; with ``--offline`` they
are read again and their evidence is triaged anew, without a run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from pytest_agentgate.capture import runlog
from pytest_agentgate.capture.codec import from_data
from pytest_agentgate.model import Cause, Failure, Kind, Scope, When
from pytest_agentgate.triage.causes import group
from pytest_agentgate.triage.kinds import reason_of

KIND_OF_CLASS = {
    "import": Kind.IMPORT,
    "signature": Kind.INTERFACE,
    "attribute": Kind.INTERFACE,
    "validation": Kind.VALIDATION,
    "assertion": Kind.ASSERTION,
}
AGREE, FEWEST, MOST = 0.95, 0.6, 1.5
LIMIT = 300  # seconds for one suite
OPTIONS = ["-q", "--tb=short", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
_WHEN = list(When)

Case = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """What one case shows."""

    name: str
    counted: int
    agreed: int
    causes: int
    recorded: int
    differing: Counter[tuple[str, str]]  # (recorded class, our kind) -> tests
    unexplained: int  # newly broken tests that no failure explains

    @property
    def agreement(self) -> float:
        return self.agreed / self.counted if self.counted else 1.0

    @property
    def ratio(self) -> float:
        return self.causes / self.recorded

    @property
    def holds(self) -> bool:
        return self.agreement >= AGREE and FEWEST <= self.ratio <= MOST


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases_json", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--logs", type=Path)
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--show", action="store_true", help="print the causes of each case")
    options = parser.parse_intermixed_args()
    bench = load_bench(options.cases_json.with_name("bench.py"), options.work)
    rows = []
    with TemporaryDirectory() as temporary:
        folder = options.logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for case in json.loads(options.cases_json.read_text()):
            if options.cases and case["id"] not in options.cases:
                continue
            log = folder / f"{case['id']}{runlog.SUFFIX}"
            if not options.offline:
                record(bench, case, log)
            rows.append(judged(case, failures_of(log, options.work.resolve() / case["id"]), options.show))
            print(line(rows[-1]), flush=True)
    failed = [row.name for row in rows if not row.holds]
    print(
        f"{len(rows) - len(failed)} of {len(rows)} cases within the limits"
        + (f"; not: {', '.join(failed)}" if failed else "")
    )
    return bool(failed)


def load_bench(path: Path, work: Path) -> ModuleType:
    os.environ["AGENTGATE_BENCH_DIR"] = str(work.resolve())
    spec = importlib.util.spec_from_file_location("bench", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: no bench.py beside the manifest")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    return bench


def record(bench: ModuleType, case: Case, log: Path) -> None:
    """Run the suite of a case at head as a user would, with the case's own interpreter, and keep the log."""
    bench.prepare(case)
    folder = bench.WORK / case["id"]
    repo, home = bench.fresh_copy(case, "triage"), folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    python = folder / "venv" / "bin" / "python"
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    neutral = {**bench.NEUTRAL, "HOME": str(home), "TERM": "dumb", "PATH": path}
    agentgate = [sys.executable, "-c", "from pytest_agentgate.cli import main; main()"]
    command = [*bench.isolation(), *agentgate, "run", "--python", str(python), "--", *OPTIONS]
    with log.with_suffix(".txt").open("wb") as output:
        subprocess.run(command, cwd=repo, env=neutral, stdout=output, stderr=output, timeout=LIMIT)
    (written,) = (repo / ".agentgate" / "runs").glob(f"*{runlog.SUFFIX}")
    shutil.copyfile(written, log)


def failures_of(log: Path, folder: Path) -> list[Failure]:
    """The failures of a log, triaged from their evidence, with node ids as the manifest writes them."""
    events = runlog.read(log)
    return [failure_of(event, folder) for event in events if event["event"] == "failure"]


def failure_of(event: runlog.Event, folder: Path) -> Failure:
    scope, when, evidence = Scope(event["scope"]), When(event["when"]), from_data(event["evidence"])
    reason = reason_of(evidence, scope, when, event["nodeid"])
    nodeid = (
        event["nodeid"].replace(str(folder / "runs" / "triage"), "{repo}").replace(str(folder / "runs"), "{parent}")
    )
    return Failure(nodeid.replace("://", ":"), scope, when, evidence, reason, reason.signature, event.get("attempt", 1))


def judged(case: Case, failures: list[Failure], show: bool) -> Row:
    broken: dict[str, list[str]] = case["broken_tests"]
    of_test: dict[str, list[Failure]] = {}
    hiding: dict[str, list[Failure]] = {}
    for failure in failures:
        (of_test if failure.scope is Scope.TEST else hiding).setdefault(failure.nodeid, []).append(failure)
    counted = agreed = unexplained = 0
    differing: Counter[tuple[str, str]] = Counter()
    concerned: set[int] = set()
    for nodeid, (recorded, _) in broken.items():
        own = of_test.get(nodeid) or [f for place in above(nodeid) for f in hiding.get(place, ())]
        concerned.update(map(id, own))
        first = min(own, key=lambda failure: _WHEN.index(failure.when), default=None)
        unexplained += first is None
        if recorded in KIND_OF_CLASS:
            kind = first.reason.kind if first else None
            counted += 1
            agreed += kind is KIND_OF_CLASS[recorded]
            if kind is not KIND_OF_CLASS[recorded]:
                differing[recorded, str(kind)] += 1
    causes = group(failure for failure in failures if id(failure) in concerned)
    if show:
        print_causes(causes)
    return Row(case["id"], counted, agreed, len(causes), case["n_causes"], differing, unexplained)


def above(nodeid: str) -> Iterator[str]:
    """The collectors that a test lies in, innermost first, and last the run."""
    path, separator, inner = nodeid.partition("::")
    names = inner.split("::") if separator else []
    for count in range(len(names) - 1, -1, -1):
        yield "::".join([path, *names[:count]])
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
    yield "."
    yield ""


def print_causes(causes: Iterable[Cause]) -> None:
    for cause in causes:
        print(f"    {cause.size:4} {cause.kind:10} {cause.title}")
        print(f"{'':20}{cause.next_action}\n{'':20}{cause.exemplar.reason.key}")


def line(row: Row) -> str:
    parts = [
        f"{row.name:20} {row.counted:5} tests {row.agreement:5.0%} agree",
        f"{row.causes:3} causes / {row.recorded:3} = {row.ratio:4.2f}",
        "ok" if row.holds else "OUT",
        f"{row.unexplained} unexplained" if row.unexplained else "",
        ", ".join(f"{known}->{kind} {tests}" for (known, kind), tests in row.differing.most_common(4)),
    ]
    return "   ".join(part for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())
