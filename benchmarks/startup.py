"""What an installed plugin costs a run that does not ask for it.

Runs ``python -m pytest`` on an empty suite in pairs: once with this package's plugin installed, once with a plugin that
is an empty module. Both are found by their entry points, from a folder on PYTHONPATH that holds nothing else, in an
environment that has pytest alone. Prints the medians of the CPU time (user and system) of the child in ms, and of the
differences.

    python benchmarks/startup.py [--pairs 30] [--target 5]

Exits 1 if the median difference is above the target.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path
from statistics import median, quantiles

PACKAGE = Path(__file__).parents[1] / "src" / "pytest_agentgate"


def install(folder: Path, module: str) -> None:
    """Make a plugin visible in a folder of its own, as pip would."""
    metadata = folder / "plugin_under_test-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-under-test\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\nunder_test = {module}\n")


def environment(folder: Path) -> Path:
    """Make an environment that has pytest and nothing else; -> its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "pytest"], check=True)
    return python


def cpu_ms(python: Path, suite: Path, environ: Mapping[str, str]) -> float:
    """The CPU time of one run of pytest, in ms."""
    process = subprocess.Popen([python, "-m", "pytest", "-q"], cwd=suite, env=environ, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 5:  # no tests collected
        raise SystemExit(f"pytest ended with {process.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pairs", type=int, default=30)
    options.add_argument("--target", type=float, default=5.0, metavar="MS")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        ours, empty, suite = (Path(scratch, name) for name in ("ours", "empty", "suite"))
        install(ours, "pytest_agentgate.plugin")
        shutil.copytree(PACKAGE, ours / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        install(empty, "nothing")
        (empty / "nothing.py").touch()
        suite.mkdir()
        (suite / "pytest.ini").write_text("[pytest]\n")
        python = environment(Path(scratch, "venv"))
        environs = {folder: {**os.environ, "PYTHONPATH": str(folder)} for folder in (ours, empty)}
        for environ in environs.values():  # writes the bytecode
            cpu_ms(python, suite, environ)
        pairs = []
        for number in range(arguments.pairs):
            order = (ours, empty) if number % 2 else (empty, ours)
            spent = {folder: cpu_ms(python, suite, environs[folder]) for folder in order}
            pairs.append((spent[ours], spent[empty]))
    differences = [with_ours - with_empty for with_ours, with_empty in pairs]
    low, _, high = quantiles(differences, n=4)
    print(f"{len(pairs)} pairs, CPU of `python -m pytest` on an empty suite, Python {sys.version.split()[0]}")
    print(f"with this plugin, not asked for  {median(ours for ours, _ in pairs):7.1f} ms")
    print(f"with an empty plugin             {median(empty for _, empty in pairs):7.1f} ms")
    cost = median(differences)
    print(f"median difference                {cost:7.1f} ms (quartiles {low:.1f} to {high:.1f})")
    print(f"target                           {arguments.target:7.1f} ms")
    return int(cost > arguments.target)


if __name__ == "__main__":
    sys.exit(main())
