"""The same files out of a commit, a folder and texts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_agentgate.errors import UsageError
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.trees import FolderTree, GitTree, TextTree, Tree

FILES = {
    "src/shop/__init__.py": "from .orders import Order\r\n",
    "src/shop/orders.py": "class Order: ...\n",
    "src/shop/größe.py": "GRÖSSE = 'ö'\n",
    "src/shop/stub.pyi": "x: int\n",
    "README": "none\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]
    return subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    write(folder, FILES)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    return folder


@pytest.fixture(params=["commit", "folder", "whole folder", "texts", "commit, many calls"])
def tree(repository: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Tree:
    if request.param == "commit, many calls":
        monkeypatch.setattr("pytest_agentgate.repair.api.trees._AT_ONCE", 1)
    trees: dict[str, Tree] = {
        "folder": FolderTree(repository),
        "whole folder": FolderTree(repository, whole=True),
        "texts": TextTree(FILES),
    }
    return trees.get(request.param) or GitTree(repository, "HEAD")


def test_every_tree_says_the_same(tree: Tree, repository: Path) -> None:
    paths = ("src/shop/__init__.py", "src/shop/größe.py", "src/shop/orders.py")
    assert tree.paths() == paths
    assert list(tree.texts(paths)) == [(path, FILES[path]) for path in paths]
    assert tree.text("README") == "none\n"
    assert tree.text("gone.py") is None
    assert tree.blob("gone.py") == ""
    for path in paths:
        assert tree.blob(path) == git(repository, "rev-parse", f"HEAD:{path}").strip()


def test_a_commit_is_read_without_a_checkout(repository: Path) -> None:
    write(repository, {"src/shop/orders.py": "class Purchase: ...\n", "src/shop/new.py": "NEW = 1\n"})
    old, new = Api.of(GitTree(repository, "HEAD")), Api.of(FolderTree(repository))
    assert old.offers("shop.Order")
    assert not old.offers("shop.new.NEW")
    assert new.offers("shop.new.NEW")
    assert not new.offers("shop.Order")
    assert git(repository, "status", "--porcelain").split() == ["M", "src/shop/orders.py", "??", "src/shop/new.py"]


def test_a_folder_within_a_repository_is_a_tree_of_its_own(repository: Path) -> None:
    assert GitTree(repository / "src", "HEAD").text("shop/orders.py") == "class Order: ...\n"


def test_links_are_no_files(repository: Path) -> None:
    (repository / "src/shop/link.py").symlink_to("orders.py")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "two")
    assert "src/shop/link.py" not in GitTree(repository, "HEAD").paths()


@pytest.mark.parametrize("name", ["gone", "--help", "", "HEAD~9"])
def test_a_commit_that_is_not_there_is_said(repository: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}: no commit of this name"):
        GitTree(repository, name)


def test_what_cannot_be_decoded_is_skipped_and_told(repository: Path) -> None:
    (repository / "src/shop/odd.py").write_bytes(b"x = '\xff'\n")
    (repository / "src/shop/latin.py").write_bytes(b"# coding: latin-1\nx = '\xff'\n")
    api = Api.of(FolderTree(repository))
    assert api.skipped == {"src/shop/odd.py": "it can't be decoded"}
    assert api.modules["shop.latin"].symbols["x"].value == "'ÿ'"
