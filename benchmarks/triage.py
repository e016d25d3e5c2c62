"""What grouping failures costs, side by side with hashing their text.

    python benchmarks/triage.py [FAILURES]

Makes FAILURES (100,000) failures of 2 KB of text and 200 causes, and prints for each way of grouping the CPU time a
failure, the median of seven rounds, and the memory in use above the input when it is done, with the peak on the way.
"""

from __future__ import annotations

import gc
import hashlib
import random
import re
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

from pytest_agentgate.model import Evidence, Failure, Frame, Raised, Role, Scope, When
from pytest_agentgate.triage.causes import group
from pytest_agentgate.triage.kinds import reason_of

CAUSES = 200
ROUNDS = 7
NUMBERS = re.compile(r"\b\d+\b")


def failures(count: int) -> Iterator[Failure]:
    """Failures as a run records them: each with its own node id, text and evidence, a signature from its facts."""
    chance = random.Random(1)
    templates = []
    for number in range(CAUSES):
        frames = (
            Frame(Role.TEST, "tests/test_shop.py", 3, "test"),
            Frame(Role.SOURCE, "shop.py", 9, f"f{number}", "shop"),
        )
        evidence = Evidence((Raised("ValueError", ("Exception",), f"order refused by f{number}", frames=frames),))
        templates.append((evidence, reason_of(evidence, Scope.TEST, When.CALL, "tests/test_shop.py::test")))
    for number in range(count):
        evidence, reason = templates[min(int(chance.expovariate(0.05)), CAUSES - 1)]
        nodeid = f"tests/part_{number % 40}/test_{number % 900}.py::TestShop::test_order_{number}[case-{number % 7}]"
        text = f"tests/test_shop.py:{number}: in test\n" + "    order = shop.order(item)\n" * 74 + f"E   {reason.title}"
        yield Failure(nodeid, Scope.TEST, When.CALL, evidence, reason, reason.signature, text=text)


def by_facts(found: list[Failure]) -> object:
    return group(found)


def by_text(found: list[Failure]) -> object:
    groups: dict[bytes, list[Failure]] = {}
    for failure in found:
        groups.setdefault(hashlib.blake2s(failure.text.encode(), digest_size=8).digest(), []).append(failure)
    return groups


def by_last_line(found: list[Failure]) -> object:
    groups: dict[str, list[Failure]] = {}
    for failure in found:
        groups.setdefault(NUMBERS.sub("N", failure.text.rpartition("\n")[2]), []).append(failure)
    return groups


WAYS: dict[str, Callable[[list[Failure]], object]] = {
    "causes.group, from facts": by_facts,
    "hash of the raw text": by_text,
    "last line, numbers left out": by_last_line,
}


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    found = list(failures(count))
    print(f"{count:,} failures of {len(found[0].text):,} characters")
    for name, way in WAYS.items():
        seconds, groups = timed(way, found)
        kept, peak = memory(way, found)
        microseconds = seconds / count * 1e6
        print(f"{name:30} {microseconds:6.2f} us a failure   {kept:5.1f} MB, peak {peak:5.1f} MB   {groups:,} groups")
    evidence = [failure.evidence for failure in found[:10_000]]
    start = time.process_time()
    for each in evidence:
        reason_of(each, Scope.TEST, When.CALL, "tests/test_shop.py::test")
    microseconds = (time.process_time() - start) / len(evidence) * 1e6
    print(f"{'kinds.reason_of, at the report':30} {microseconds:6.2f} us a failure")
    return 0


def timed(way: Callable[[list[Failure]], object], found: list[Failure]) -> tuple[float, int]:
    seconds = []
    groups: object = ()
    for _ in range(ROUNDS):
        groups = ()
        gc.collect()
        start = time.process_time()
        groups = way(found)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), len(groups) if isinstance(groups, (dict, tuple)) else 0


def memory(way: Callable[[list[Failure]], object], found: list[Failure]) -> tuple[float, float]:
    """Megabytes kept and at the peak, above the input."""
    gc.collect()
    tracemalloc.start()
    groups = way(found)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del groups
    return kept / 1e6, peak / 1e6


if __name__ == "__main__":
    sys.exit(main())
