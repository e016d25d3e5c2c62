"""Proof by execution: tests that pass with the old implementation pass, rewritten, with the new one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from textwrap import dedent
from typing import TypeAlias

import pytest

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.reading.sources import Place, Sources

Prove: TypeAlias = Callable[..., dict[str, str]]


@pytest.fixture
def prove(tmp_path: Path) -> Prove:
    """Run a project's tests before and after codemods, and return what it made of them, by path.

    The tests have to pass with the old implementation, to fail with the new one, and to pass with it after the
    codemods, every one of them; and these have to make the same of them whether they saw the new implementation or
    still the old.
    """

    def run(
        codemod: Codemod | Sequence[Codemod],
        old: Mapping[str, str],
        new: Mapping[str, str],
        tests: Mapping[str, str],
        *,
        plugins: Sequence[str] = (),
        count: int | None = None,
        library: Path | None = None,
    ) -> dict[str, str]:
        old, new, tests = ({path: dedent(text) for path, text in files.items()} for files in (old, new, tests))
        codemods = [codemod] if isinstance(codemod, Codemod) else codemod
        passes = partial(_passes, plugins=plugins, count=count, library=library)
        assert passes(tmp_path / "old", {**old, **tests}), "the tests pass with the old one"
        assert not passes(tmp_path / "new", {**new, **tests}), "the tests fail with the new one"
        rewritten = _rewritten(codemods, {**new, **tests}, tests)
        assert passes(tmp_path / "rewritten", {**new, **rewritten}), "the rewritten ones pass"
        assert _rewritten(codemods, {**new, **rewritten}, tests) == rewritten, "twice equals once"
        assert _rewritten(codemods, {**old, **tests}, tests) == rewritten, "the old implementation on disk"
        return rewritten

    return run


def _rewritten(codemods: Sequence[Codemod], files: Mapping[str, str], tests: Mapping[str, str]) -> dict[str, str]:
    sources = Sources.of(files)
    return {
        path: apply(files[path], codemods, Place.within(sources, path)) if path.endswith(".py") else files[path]
        for path in tests
    }


def _passes(
    folder: Path, files: Mapping[str, str], plugins: Sequence[str], count: int | None, library: Path | None
) -> bool:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    if not (folder / "pytest.ini").exists() and not (folder / "pyproject.toml").exists():
        (folder / "pytest.ini").write_text("[pytest]\n")
    options = [f"-p{plugin}" for plugin in plugins]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-pno:cacheprovider", *options, "tests"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, [folder, folder / "src", *([library] if library else [])])),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    print(done.stdout, done.stderr, sep="\n")  # noqa: T201 - shown where the proof fails
    passed = done.stdout.count("\nPASSED ")
    return done.returncode == 0 and passed > 0 and (count is None or passed == count)
