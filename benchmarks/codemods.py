"""What a renamed module costs in a real tree, beside other tools, in turn on the same machine.

The task: ``django.utils.translation`` becomes ``django.utils.i18n`` in the ``django`` package of a Django release. Each
tool runs as a process of its own on a fresh copy, with one process where it can be told so; measured are the CPU time
of the process with its children, the files that it changed, and its peak memory. The floor is what LibCST needs to
parse the files that hold the word and to write them again, with nothing done to them.

    python benchmarks/codemods.py [--rounds 3] [--corpus DIR] [--large]

``--large`` also runs over the sources of Django, SymPy, SQLAlchemy and NetworkX together, with one process and two.
Source archives are fetched with pip into the corpus folder, once. rope and ast-grep-cli are left out where they are not
installed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OLD, NEW, WORD = "django.utils.translation", "django.utils.i18n", "translation"
SMALL = ("django>=5,<6",)
LARGE = (*SMALL, "sympy", "sqlalchemy", "networkx")

FLOOR = f"""
import sys, pathlib, libcst
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    data = path.read_bytes()
    if b"{WORD}" in data:
        libcst.parse_module(data).bytes
"""
READ = f"""
import sys, pathlib
print(sum(b"{WORD}" in path.read_bytes() for path in pathlib.Path(sys.argv[1]).rglob("*.py")))
"""
ROPE = """
import sys
from rope.base.project import Project
from rope.refactor.rename import Rename
project = Project(sys.argv[1], ropefolder=None)
module = project.get_resource("django/utils/translation")
project.do(Rename(project, module).get_changes("i18n"))
"""

AST_GREP = Path(sys.executable).with_name("ast-grep")


@dataclass(frozen=True)
class Tool:
    """A command line in which ``TREE`` stands for the folder to be changed."""

    name: str
    command: Sequence[str]
    module: str = "sys"
    status: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


AGENTGATE = ("-m", "pytest_agentgate", "codemod", "run", "rename-module", f"old={OLD}", f"new={NEW}", "TREE")
TOOLS = (
    Tool("read all, find the word", ("-c", READ, "TREE")),
    Tool("LibCST: parse and write", ("-c", FLOOR, "TREE"), "libcst"),
    Tool("agentgate codemod run", (*AGENTGATE, "--write", "--jobs", "1"), "libcst"),
    Tool("rope", ("-c", ROPE, "TREE"), "rope"),
    Tool("ast-grep (one import form)", ("ast-grep",)),
    Tool(
        "LibCST's RenameCommand",
        (
            "-m", "libcst.tool", "codemod", "rename.RenameCommand", "-j", "1", "--no-format", "--hide-progress",
            f"--old_name={OLD}", f"--new_name={NEW}", "TREE",
        ),
        "libcst",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One run: CPU seconds, peak memory in MiB, and how many files differ afterwards."""

    seconds: float
    memory: float
    changed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each tool runs (default 3)")
    parser.add_argument("--corpus", type=Path, default=Path(tempfile.gettempdir()) / "agentgate-corpus")
    parser.add_argument("--large", action="store_true", help="also four large projects, with one process and two")
    parser.add_argument("--only", default="", help="regular expression of the tools to run")
    given = parser.parse_args()
    sources = fetch(given.corpus, LARGE if given.large else SMALL)
    django = next(path for path in sources if path.name.startswith("django-")) / "django"
    files = list(django.rglob("*.py"))
    size = sum(path.stat().st_size for path in files) / 1e6
    print(f"{len(files)} files, {size:.2f} MB; {OLD} becomes {NEW}; CPU seconds, median of {given.rounds} rounds\n")
    tools = [tool for tool in TOOLS if is_installed(tool) and re.search(given.only, tool.name)]
    rounds: dict[str, list[Measured]] = {tool.name: [] for tool in tools}
    for _ in range(given.rounds):
        for tool in tools:  # in turn, so that a busy moment of the machine meets them all
            rounds[tool.name].append(measure(tool, django))
    floor = statistics.median(each.seconds for each in rounds.get("LibCST: parse and write", []) or [Measured(1, 0, 0)])
    print(f"{'':28} {'CPU s':>8} {'to floor':>9} {'least-most':>13} {'MiB':>6} {'changed':>8}")
    for name, runs in rounds.items():
        seconds = [each.seconds for each in runs]
        middle = statistics.median(seconds)
        print(
            f"{name:28} {middle:8.2f} {middle / floor:9.2f} {min(seconds):6.2f}-{max(seconds):6.2f}"
            f" {max(each.memory for each in runs):6.0f} {runs[-1].changed:8}"
        )
    if given.large:
        large(given.corpus, sources, given.rounds)


def is_installed(tool: Tool) -> bool:
    """Whether a tool can run here."""
    return AST_GREP.exists() if tool.command == ("ast-grep",) else importlib.util.find_spec(tool.module) is not None


def large(corpus: Path, sources: Sequence[Path], rounds: int) -> None:
    """Wall time over all sources with one process and two: more processes must pay there."""
    import time

    files = [path for source in sources for path in source.rglob("*.py")]
    print(f"\n{len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB, dry run, wall seconds")
    for jobs in ("1", "2"):
        walls = []
        for _ in range(rounds):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, *AGENTGATE[:-1], *map(str, sources), "--check", "--jobs", jobs],
                cwd=corpus, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
            )  # fmt: skip
            walls.append(time.perf_counter() - start)
        print(f"  --jobs {jobs}: {statistics.median(walls):6.2f} ({min(walls):.2f}-{max(walls):.2f})")


def measure(tool: Tool, tree: Path) -> Measured:
    """Run a tool on a fresh copy.

    Raises:
        SystemExit: it failed; its output is shown.
    """
    with tempfile.TemporaryDirectory(prefix="agentgate-benchmark-") as place:
        root = Path(place)
        shutil.copytree(tree, root / "django")
        (root / "pyproject.toml").write_text("[tool.agentgate]\n")
        (root / ".libcst.codemod.yaml").write_text(
            "generated_code_marker: '@gen'\nformatter: []\nmodules: [libcst.codemod.commands]\n"
        )
        before = digests(root)
        command = _ast_grep(root) if tool.command == ("ast-grep",) else [sys.executable, *tool.command]
        target = str(root) if tool.module == "rope" else "django"
        command = [target if part == "TREE" else part for part in command]
        with (root / "output").open("wb") as output:
            process = subprocess.Popen(command, cwd=root, stdout=output, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) != tool.status:
            sys.exit(f"{tool.name}: exit status {status}\n{(root / 'output').read_text()[-2000:]}")
        after = digests(root)
        changed = sum(before[path] != digest for path, digest in after.items() if path in before)
        return Measured(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, changed)


def _ast_grep(root: Path) -> list[str]:
    return [
        str(AST_GREP), "run", "--pattern", f"from {OLD} import $$$NAMES", "--rewrite", f"from {NEW} import $$$NAMES",
        "--lang", "python", "--update-all", "--threads", "1", "TREE",
    ]  # fmt: skip


def digests(root: Path) -> Mapping[str, str]:
    """The content of every Python file, by path."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*.py")
    }


def fetch(corpus: Path, requirements: Sequence[str]) -> list[Path]:
    """The unpacked source archives of some projects, fetched with pip where they are not there yet."""
    corpus.mkdir(parents=True, exist_ok=True)
    found = []
    for requirement in requirements:
        name = re.split(r"[<>=]", requirement)[0]
        if not any(path.is_dir() for path in corpus.glob(f"{name}-*")):
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", requirement]
            subprocess.run(pip, cwd=corpus, check=True)
            with tarfile.open(next(corpus.glob(f"{name}-*.tar.gz"))) as archive:
                archive.extractall(corpus, filter="data")
        found.append(next(path for path in corpus.glob(f"{name}-*") if path.is_dir()))
    return found


if __name__ == "__main__":
    main()
