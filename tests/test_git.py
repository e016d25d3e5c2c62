"""What git knows, asked of real repositories."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_agentgate import git


@dataclass(frozen=True)
class Repository:
    """A repository with one branch, main, and a way to make commits."""

    folder: Path

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self("add", "-A")
        self("commit", "-q", "-m", "a change")
        return self("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    made = Repository(folder)
    made("init", "-q", "-b", "main")
    return made


def shallow(origin: Repository, *options: str) -> Repository:
    folder = origin.folder.with_name("clone")
    command = ["git", "clone", "-q", "--depth=1", *options, origin.folder.as_uri(), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return Repository(folder)


def test_a_ref_is_a_commit_or_nothing(repository: Repository) -> None:
    assert git.commit_of(repository.folder, "HEAD") == ""
    first = repository.commit(a="1")
    repository("tag", "-a", "v1", "-m", "first")
    assert {git.commit_of(repository.folder, ref) for ref in ("HEAD", "main", "v1", first, first[:9])} == {first}
    assert git.commit_of(repository.folder, "gone") == ""


@pytest.mark.parametrize("ref", ["", "--all", "-h", "a b", "\0", "HEAD^{tree}", "main:a"])
def test_what_is_no_ref_is_no_option_either(repository: Repository, ref: str) -> None:
    repository.commit(a="1")
    assert git.commit_of(repository.folder, ref) == ""


def test_outside_of_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert not git.is_repository(tmp_path)
    assert git.commit_of(tmp_path, "HEAD") == ""
    assert git.changed_files(tmp_path, "HEAD") is None
    assert git.changed_lines(tmp_path, "HEAD") is None
    assert git.file_at(tmp_path, "HEAD", "a") is None
    assert git.how_to_fetch(tmp_path, "origin/main") == ""
    assert not git.is_shallow(tmp_path)


def test_without_git_nothing_is_known(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(a="1")
    monkeypatch.setenv("PATH", str(repository.folder))
    assert git.commit_of(repository.folder, "HEAD") == ""
    assert not git.is_repository(repository.folder)


def test_a_hook_that_runs_tests_does_not_say_where_to_look(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(a="1")
    other = tmp_path / "other"
    other.mkdir()
    Repository(other)("init", "-q", "-b", "main")
    monkeypatch.setenv("GIT_DIR", str(repository.folder / ".git"))
    assert git.commit_of(other, "HEAD") == ""


def test_a_file_is_read_from_a_commit_relative_to_the_folder(repository: Repository) -> None:
    first = repository.commit(top="1\n", inner__file="2\n")
    repository.commit(top="changed\n")
    inner = repository.folder / "inner"
    assert git.file_at(repository.folder, first, "top") == b"1\n"
    assert git.file_at(inner, first, "file") == b"2\n"
    assert git.file_at(inner, first, "../top") == b"1\n"
    assert git.file_at(inner, first, "top") is None


def test_changed_files_are_those_of_the_worktree_that_git_does_not_ignore(repository: Repository) -> None:
    first = repository.commit(**{"src__a.py": "1\n", "src__b.py": "1\n", "gone.py": "1\n", ".gitignore": "*.log\n"})
    repository.commit(src__a="unrelated name\n")
    (repository.folder / "src" / "b.py").write_text("2\n")
    (repository.folder / "gone.py").unlink()
    (repository.folder / "new é\n.py").write_text("1\n")
    (repository.folder / "out.log").write_text("1\n")
    assert git.changed_files(repository.folder, first) == ("gone.py", "new é\n.py", "src/a", "src/b.py")
    assert git.changed_files(repository.folder / "src", first) == ("a", "b.py")
    assert git.changed_files(repository.folder, first, "HEAD") == ("src/a",)
    assert git.changed_files(repository.folder, "gone") is None


def test_changed_lines_are_numbers_of_what_is_there_now(repository: Repository) -> None:
    first = repository.commit(
        **{"a.py": "1\n2\n3\n4\n5\n", "b.py": "diff --git a b\n@@ -1 +1 @@\n", 'q"\\ é.py': "1\n", "gone.py": "1\n"}
    )
    (repository.folder / "a.py").write_text("1\ntwo\n3\n5\n6\n7\n")  # changed, removed, added
    (repository.folder / "b.py").write_text("diff --git a b\n@@ -1 +77 @@\n@@ -1 +88 @@\n")
    (repository.folder / 'q"\\ é.py').write_text("1\n2")
    (repository.folder / "gone.py").unlink()
    (repository.folder / "new.py").write_text("1\n2\n3\n")
    (repository.folder / "image.png").write_bytes(b"\x89PNG\0\n\n")
    assert git.changed_lines(repository.folder, first) == {
        "a.py": {2, 5, 6},
        "b.py": {2, 3},
        'q"\\ é.py': {2},
        "gone.py": set(),
        "new.py": {1, 2, 3},
        "image.png": set(),
    }


def test_what_the_user_configured_for_diffs_changes_nothing(repository: Repository) -> None:
    first = repository.commit(**{"a.py": "1\n2\n", "old.py": "same\n" * 20})
    for name, value in (
        ("diff.noprefix", "true"),
        ("diff.external", "false"),
        ("color.ui", "always"),
        ("diff.renames", "copies"),
        ("diff.context", "5"),
    ):
        repository("config", name, value)
    repository("mv", "old.py", "moved.py")
    (repository.folder / "a.py").write_text("1\nII\n")
    assert git.changed_files(repository.folder, first) == ("a.py", "moved.py", "old.py")
    assert git.changed_lines(repository.folder, first) == {
        "a.py": {2},
        "moved.py": set(range(1, 21)),
        "old.py": set(),
    }


def test_the_merge_base_is_where_a_branch_began(repository: Repository) -> None:
    first = repository.commit(a="1")
    repository("checkout", "-q", "-b", "topic")
    repository.commit(b="1")
    repository("checkout", "-q", "main")
    repository.commit(c="1")
    assert git.merge_base(repository.folder, "topic") == first
    assert git.merge_base(repository.folder, "gone") == ""


def test_a_branch_that_a_shallow_clone_lacks_is_there_after_the_command(repository: Repository) -> None:
    main = repository.commit(a="1")
    repository("checkout", "-q", "-b", "topic")
    repository.commit(b="1")
    clone = shallow(repository, "--branch=topic")
    assert git.is_shallow(clone.folder)
    assert git.commit_of(clone.folder, "origin/main") == ""
    command = git.how_to_fetch(clone.folder, "origin/main")
    assert command == "git fetch --depth=1 origin main:refs/remotes/origin/main"
    subprocess.run(shlex.split(command), cwd=clone.folder, check=True, capture_output=True)
    assert git.commit_of(clone.folder, "origin/main") == main


@pytest.mark.parametrize("kind", ["branch", "tag", "commit"])
def test_whatever_the_base_is_the_command_fetches_it(repository: Repository, kind: str) -> None:
    repository("config", "uploadpack.allowAnySHA1InWant", "true")
    first = repository.commit(a="1")
    repository("branch", "old")
    repository("tag", "v1")
    repository.commit(b="1")
    clone = shallow(repository)
    ref = {"branch": "old", "tag": "v1", "commit": first}[kind]
    assert git.commit_of(clone.folder, ref) == ""
    subprocess.run(shlex.split(git.how_to_fetch(clone.folder, ref)), cwd=clone.folder, check=True, capture_output=True)
    assert git.commit_of(clone.folder, ref) == first


def test_what_an_expression_leads_to_comes_with_the_whole_history(repository: Repository) -> None:
    first = repository.commit(a="1")
    repository.commit(b="1")
    clone = shallow(repository)
    command = git.how_to_fetch(clone.folder, "HEAD~1")
    subprocess.run(shlex.split(command), cwd=clone.folder, check=True, capture_output=True)
    assert git.commit_of(clone.folder, "HEAD~1") == first
    assert git.how_to_fetch(clone.folder, "HEAD~2") == ""  # nothing is lacking


def test_a_whole_clone_is_not_made_shallow(repository: Repository) -> None:
    repository.commit(a="1")
    repository("remote", "add", "upstream", os.devnull)
    assert git.how_to_fetch(repository.folder, "upstream/main") == (
        "git fetch upstream main:refs/remotes/upstream/main"
    )
    assert git.how_to_fetch(repository.folder, "main") == "git fetch upstream main:main"
    assert git.how_to_fetch(repository.folder, "a; rm -rf b") == "git fetch upstream 'a; rm -rf b:a; rm -rf b'"
