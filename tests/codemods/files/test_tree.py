"""Which files a folder has: what git knows, what lies within the root, and each file once."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_agentgate.codemods.files.tree import Disk, Tree, find, python_files

FILES = (
    "tests/test_a.py", "tests/stub.pyi", "tests/data.txt", "tests/.hidden.py", "tests/.cache/x.py",
    "tests/__pycache__/x.py", "tests/build/x.py", "tests/env/pyvenv.cfg", "tests/env/lib/x.py", "tests/ignored/x.py",
)  # fmt: skip
TAKEN = ["tests/stub.pyi", "tests/test_a.py"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def fill(root: Path, names: Sequence[str] = FILES) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x = 1\n")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fill(tmp_path.resolve() / "root")


def found(root: Path, *paths: str) -> list[str]:
    return find(root, [root / path for path in paths or ("",)])[0]


def test_without_git_folders_that_tools_make_are_left_out(root: Path) -> None:
    assert found(root) == sorted([*TAKEN, "tests/ignored/x.py"])


def test_within_a_repository_git_says_what_counts(root: Path) -> None:
    git(root, "init", "-q")
    (root / ".gitignore").write_text("ignored\n")
    assert found(root) == sorted([*TAKEN, "tests/build/x.py"])
    assert found(root, "tests") == found(root)
    assert found(root, "tests/.hidden.py") == ["tests/.hidden.py"]
    git(root, "add", "tests/test_a.py")
    (root / "tests/test_a.py").unlink()
    assert "tests/test_a.py" not in found(root)


def test_what_is_named_is_meant_also_where_git_ignores_it(root: Path) -> None:
    git(root, "init", "-q")
    (root / ".gitignore").write_text("ignored\n")
    assert found(root, "tests/ignored") == ["tests/ignored/x.py"]
    assert found(root, "tests/ignored/x.py", "tests/data.txt") == ["tests/data.txt", "tests/ignored/x.py"]


def test_a_hook_of_git_sees_the_same_files(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", "-A")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert "tests/test_a.py" in found(root)


def test_submodules_and_their_own_rules_are_followed(root: Path, tmp_path: Path) -> None:
    inner = fill(root / "tests/inner", ["test_b.py", "skip/x.py"])
    git(inner, "init", "-q")
    (inner / ".gitignore").write_text("skip\n")
    git(root, "init", "-q")
    assert "tests/inner/test_b.py" in found(root)
    assert "tests/inner/skip/x.py" not in found(root)


def test_a_link_to_a_file_is_that_file_and_taken_once(root: Path) -> None:
    (root / "shared.py").write_text("")
    (root / "tests/one.py").symlink_to("../shared.py")
    (root / "tests/two.py").symlink_to(root / "shared.py")
    assert found(root, "tests") == sorted([*TAKEN, "tests/ignored/x.py", "shared.py"])


@pytest.mark.parametrize("repository", [False, True])
def test_what_leads_outside_is_skipped_with_the_reason(root: Path, tmp_path: Path, repository: bool) -> None:
    if repository:
        git(root, "init", "-q")
        (root / ".gitignore").write_text("build\n")
    (tmp_path / "outside.py").write_text("")
    (root / "tests/link.py").symlink_to(tmp_path / "outside.py")
    (root / "tests/loop.py").symlink_to("loop.py")
    (root / "tests/dangling.py").symlink_to("gone.py")
    files, skipped = find(root, [root / "tests", tmp_path / "outside.py"])
    assert files == sorted([*TAKEN, "tests/ignored/x.py"])
    assert {each.path: each.reason for each in skipped} == {
        "tests/link.py": f"it is outside of {root}",
        str(tmp_path / "outside.py"): f"it is outside of {root}",
        "tests/dangling.py": "it can't be read: No such file or directory",
        "tests/loop.py": "it can't be read: Too many levels of symbolic links",
    }


def test_a_folder_outside_is_not_walked(root: Path, tmp_path: Path) -> None:
    fill(tmp_path / "other", ["test_x.py"])
    (root / "tests/other").symlink_to(tmp_path / "other")
    files, skipped = find(root, [tmp_path / "other", root / "tests/other"])
    assert files == []
    assert {each.reason for each in skipped} == {f"it is outside of {root}"}


def test_names_that_are_no_text_are_names(root: Path) -> None:
    name = os.fsdecode(b"tests/test_\xff.py")
    try:
        (root / name).write_text("x = 1\n")
    except OSError:
        pytest.skip("the file system wants text")
    assert name in found(root)
    git(root, "init", "-q")
    assert name in found(root)


def test_a_disk_reads_only_below_its_root_and_sees_what_it_saw_first(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("secret")
    (root / "tests/latin.py").write_bytes(b"# coding: latin-1\n'\xe9'\n")
    (root / "tests/broken.py").write_bytes(b"'\xe9'\n")
    disk = Disk(Tree(root, ("",)))
    assert disk.read("../secret.py") is None
    assert disk.read("/etc/passwd") is None
    assert disk.read("tests") is None
    assert disk.read("tests/gone.py") is None
    assert disk.read("tests/broken.py") is None
    assert disk.read("tests/latin.py") == "# coding: latin-1\n'é'\n"
    assert disk.read("tests/test_a.py") == "x = 1\n"
    (root / "tests/test_a.py").write_text("x = 2\n")
    assert disk.sources().text("tests/test_a.py") == "x = 1\n"
    assert set(disk.sources().paths) == set(python_files(root))
