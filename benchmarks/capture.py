"""What reading the evidence of one failure costs, beside what pytest spends on the same failure.

Prints, per exception, microseconds of CPU (median) for reading the live exception, for its JSON, and for pytest's own
representation of the traceback.

    python benchmarks/capture.py [--rounds 200]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture.codec import to_json
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.roles import Roots

HERE = Path(__file__).resolve()


def deep(depth: int) -> None:
    """Raise from that many frames down."""
    if depth:
        deep(depth - 1)
    dict[str, int]()["key"]


def chained() -> None:
    """Raise an error with a cause and a context."""
    try:
        deep(3)
    except KeyError as error:
        raise ValueError("no such item") from error


FAILURES: dict[str, Callable[[], Any]] = {
    "a call that does not fit": lambda: statistics.mean(qty=3),  # type: ignore[call-arg]
    "a missing attribute": lambda: HERE.nothing,  # type: ignore[attr-defined]
    "an import": lambda: __import__("no_such_module"),
    "a cause and a context": chained,
    "twenty frames": lambda: deep(20),
}


def caught(function: Callable[[], Any]) -> pytest.ExceptionInfo[BaseException]:
    """What a function raises."""
    with pytest.raises(BaseException) as info:  # noqa: PT011 - whatever it is
        function()
    return info


def median(function: Callable[[], Any], rounds: int) -> float:
    """Microseconds of CPU that a call takes."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return statistics.median(times) * 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    roots = Roots(HERE.parent)
    print(f"{'microseconds of CPU':28}{'evidence':>10}{'JSON':>8}{'pytest':>10}")
    for name, function in FAILURES.items():
        info = caught(function)
        evidence = evidence_of(info.value, roots)
        read = median(lambda info=info: evidence_of(info.value, roots), rounds)  # type: ignore[misc]
        written = median(lambda evidence=evidence: to_json(evidence), rounds)  # type: ignore[misc]
        shown = median(lambda info=info: str(info.getrepr()), rounds)  # type: ignore[misc]
        print(f"{name:28}{read:10.0f}{written:8.0f}{shown:10.0f}")


if __name__ == "__main__":
    main()
