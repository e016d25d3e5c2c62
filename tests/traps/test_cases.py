"""Whole applications that changed honestly, with one bug among the changes: their tests follow the changes alone.

They are those of ``tests/cases``. What a repair writes in their tests may have no assertion that neither their authors
nor a careful person wrote, and no word that only the bug has. One repair for each is slow:
``AGENTGATE_TEST_TRAPS=each``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.traps.test_traps import SLOW, git

CASES = Path(__file__).parents[1] / "cases"
CONFIG = """
[tool.pytest.ini_options]
pythonpath = [".", "src"]
addopts = "-p no:cacheprovider -W ignore"

[tool.agentgate]
source = ["{source}"]
tests = ["tests"]
"""
# The case, a file of its implementation, what is written there and what stands there with the bug.
BUGS = (
    ("billing_pydantic1", "billing/app.py", "net * (1 + ", "net * (1 - "),
    ("billing_pydantic1", "billing/app.py", "{self.smtp.user}@", "{self.smtp['user']}@"),
    ("gateway_mixed", "gateway/server.py", "path.startswith(route.prefix)", "path.startswith(route['prefix'])"),
    ("gateway_mixed", "gateway/server.py", "return 429", "return 420"),
    ("ingest_msgspec", "ingest/pipeline.py", "self.config.batch.size", "self.config['batch']['size']"),
    ("mailer_attrs", "mailer/model.py", "def strength", "def power"),
    ("rooms_pydantic2", "src/rooms/service.py", 'if redis.tls else "redis"', 'if not redis.tls else "redis"'),
    ("worker_dataclass", "worker/queue.py", "self.retry.times + 1", 'self.retry["times"] + 1'),
    ("worker_dataclass", "worker/queue.py", "{self.queue.host}:", "{self.queue.name}:"),
)


def lines(folder: Path) -> set[str]:
    return {line.strip() for path in folder.rglob("*.py") for line in path.read_text().splitlines()}


def words(found: set[str]) -> set[str]:
    return {word for line in found for word in re.findall(r"\w+", line)}


@SLOW
@pytest.mark.parametrize(("name", "path", "right", "wrong"), BUGS, ids=[f"{bug[0]}-{bug[3]}" for bug in BUGS])
def test_tests_follow_the_change_and_not_the_bug(
    name: str, path: str, right: str, wrong: str, tmp_path: Path, few_plugins: Mapping[str, str]
) -> None:
    root, case = tmp_path / "project", CASES / name
    ignored = shutil.ignore_patterns("__pycache__")
    top = path.partition("/")[0]
    for tag, implementation in (("base", "old"), ("head", "new")):
        shutil.rmtree(root / top, ignore_errors=True)
        shutil.copytree(case / implementation, root, ignore=ignored, dirs_exist_ok=True)
        if tag == "base":
            shutil.copytree(case / "before", root, ignore=ignored, dirs_exist_ok=True)
            (root / "pyproject.toml").write_text(CONFIG.format(source=top))
            (root / ".gitignore").write_text("__pycache__/\n.agentgate/\n")
            git(tmp_path, "init", "-q", "-b", "main", str(root))
        else:
            text = (root / path).read_text()
            assert text.count(right) == 1
            (root / path).write_text(text.replace(right, wrong))
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", tag)
        git(root, "tag", tag)
    command = [sys.executable, "-m", "pytest_agentgate", "repair", "--base", "base", "--json", "--jobs", "1"]
    command += ["--python", sys.executable]
    environ = {**os.environ, **few_plugins}
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert done.stdout.startswith("{"), done.stderr
    assert json.loads(done.stdout)["repair"]["left"], "nothing is red: the bug was followed, or no test feels it"
    known = lines(case / "before") | lines(case / "after")
    written = lines(root / "tests") - known
    assert not {line for line in written if line.startswith("assert") or "raises" in line}
    assert not words(written) - words(known | lines(case / "new"))
