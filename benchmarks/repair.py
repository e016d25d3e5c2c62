"""What a repair costs beside the tests that it runs.

    python benchmarks/repair.py [--rounds 5] [--folder FOLDER]

The API tables of an implementation of 900 files (a release of Django, unless a folder is given) are made cold, with an
empty cache, and warm, with a full one; beside it stands ``ast.parse`` of the same files. Each is a fresh process, in
turn, and its CPU seconds count; printed are medians, the share, and what memory the process has at its peak.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RELEASE = "django==5.2"
WAYS = ("ast.parse", "cold", "warm", "no cache")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured (default 5)")
    parser.add_argument("--folder", type=Path, help="an implementation: the folder that holds its packages")
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "agentgate-corpus")
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "CACHE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measured(given.measure[0], given.folder, Path(given.measure[1]))))
        return
    folder = given.folder or fetched(given.corpus)
    with tempfile.TemporaryDirectory() as cache:
        tables(folder, Path(cache) / "api", given.rounds)


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
