"""Diffs: what ``git apply`` makes of them is what would be written, byte for byte."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_agentgate.codemods.files import diff as diffs
from pytest_agentgate.codemods.files.diff import unified
from pytest_agentgate.codemods.files.edits import Edit

LINES = st.lists(st.sampled_from([b"a", b"b", b"", b" x", b"-y", b"+z", b"\\", b"\xe9\x0c\x1c", b"@@ -1 +1 @@"]))
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    text = b"".join(line + draw(ENDS) for line in draw(LINES))
    return text + draw(st.sampled_from([b"", b"end"]))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def applied(repository: Path, edit: Edit, prefix: str = "") -> bytes:
    path = repository / prefix / edit.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(edit.before)
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], input=unified(edit, prefix), cwd=repository, capture_output=True
    )
    assert done.returncode == 0, (done.stderr, unified(edit, prefix))
    return path.read_bytes() if path.exists() else b""


@settings(max_examples=150, deadline=None)
@given(before=texts(), after=texts())
@example(before=b"", after=b"a")
@example(before=b"a", after=b"")
@example(before=b"a", after=b"a\n")
@example(before=b"a\n" * 20 + b"x\n" + b"a\n" * 6 + b"y\n" + b"a\n" * 20, after=b"a\n" * 46)
@example(before=b"a\n" * 20 + b"x\n" + b"a\n" * 7 + b"y\n" + b"a\n" * 20, after=b"a\n" * 47)
def test_git_apply_makes_what_would_be_written(repository: Path, before: bytes, after: bytes) -> None:
    if before != after:
        assert applied(repository, Edit("a.py", before, after)) == after


@pytest.mark.parametrize(
    "name",
    ["a b.py", "ä.py", 'quote".py', "back\\slash.py", "tab\t.py", "new\nline.py", "deep/er/a.py", "bell\x07é.py"],
)
def test_git_apply_finds_files_of_any_name(repository: Path, name: str) -> None:
    assert applied(repository, Edit(name, b"a\n", b"b\n")) == b"b\n"
    assert applied(repository, Edit(name, b"a\n", b"b\n"), "of a project/") == b"b\n"


def test_git_apply_works_from_a_folder_of_the_repository(repository: Path) -> None:
    (repository / "app/tests").mkdir(parents=True)
    (repository / "app/tests/a.py").write_bytes(b"a\n")
    diff = unified(Edit("tests/a.py", b"a\n", b"b\n"), "app/")
    subprocess.run(["git", "apply", "-"], input=diff, cwd=repository / "app", check=True)
    assert (repository / "app/tests/a.py").read_bytes() == b"b\n"


def test_it_reads_as_gits_own(repository: Path) -> None:
    before = b"".join(b"line %d\n" % number for number in range(30))
    after = before.replace(b"line 3\n", b"line three\n").replace(b"line 25\n", b"").removesuffix(b"\n")
    (repository / "own.py").write_bytes(before)
    subprocess.run(["git", "add", "own.py"], cwd=repository, check=True)
    (repository / "own.py").write_bytes(after)
    own = subprocess.run(
        ["git", "-c", "core.abbrev=7", "diff", "--no-color", "own.py"], cwd=repository, capture_output=True, check=True
    ).stdout
    lines = [line for line in own.split(b"\n") if not line.startswith(b"index ")]
    # Git adds the line of the function that a hunk is in.
    plain = [re.sub(rb"^(@@ .* @@).*", rb"\1", line) for line in lines]
    assert unified(Edit("own.py", before, after)).split(b"\n") == plain


def test_in_a_large_file_only_what_differs_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[tuple[Sequence[bytes], Sequence[bytes]]] = []

    def watched(junk: None, before: Sequence[bytes], after: Sequence[bytes]) -> SequenceMatcher[bytes]:
        searched.append((before, after))
        return SequenceMatcher(junk, before, after)

    monkeypatch.setattr(diffs, "SequenceMatcher", watched)
    before = b"}\n" * 60_000 + b"x\n" + b"}\n" * 60_000
    assert unified(Edit("a.py", before, before.replace(b"x", b"y"))).count(b"\n") == 12
    assert searched == [([b"x\n"], [b"y\n"])]
