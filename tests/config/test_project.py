"""Finding the project and reading its configuration; every wrong one is one line that names the file and the key."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_agentgate.config import find_project, resolve_store
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.model import Kind, KindRule


def configure(folder: Path, text: str, name: str = "pyproject.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_a_project_without_configuration_is_the_folder_that_looks_like_one(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    configure(tmp_path / "app", "[project]\nname = 'app'\n")
    deep = tmp_path / "app/tests/unit"
    deep.mkdir(parents=True)
    project = find_project(deep)
    assert project.root == tmp_path / "app"
    assert project.state == tmp_path / "app/.agentgate"
    assert project.store_url == f"sqlite:///{tmp_path}/app/.agentgate/agentgate.db"


def test_outside_a_repository_nothing_above_is_taken_for_a_project(tmp_path: Path) -> None:
    configure(tmp_path, "[project]\nname = 'stray'\n")
    (tmp_path / "here").mkdir()
    assert find_project(tmp_path / "here").root == tmp_path / "here"


def test_the_nearest_configuration_names_the_root(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    configure(tmp_path, "[tool.agentgate]\ntests = ['t']\n")
    configure(tmp_path / "inner", "source = ['lib/']\nstore = 'sqlite:///x.db'\n", "agentgate.toml")
    (tmp_path / "inner/deep").mkdir()
    inner, outer = find_project(tmp_path / "inner/deep"), find_project(tmp_path)
    assert (inner.root, inner.config.source) == (tmp_path / "inner", ("lib",))
    assert inner.store_url == f"sqlite:///{tmp_path}/inner/x.db"
    assert (outer.root, outer.config.tests) == (tmp_path, ("t",))


def test_worktrees_share_the_state_of_the_main_one(tmp_path: Path) -> None:
    main = configure(tmp_path / "main", "[project]\nname='a'\n")
    configure(main / "sub", "[tool.agentgate]\n")
    git(main, "init", "-q")
    git(main, "add", "-A")
    git(main, "commit", "-q", "-m", "all")
    git(main, "worktree", "add", "-q", "../other")
    assert find_project(tmp_path / "other").state == main / ".agentgate"
    assert find_project(tmp_path / "other/sub").state == main / "sub/.agentgate"


def test_worktrees_of_a_bare_repository_share_its_folder(tmp_path: Path) -> None:
    main = configure(tmp_path / "main", "[project]\nname='a'\n")
    git(main, "init", "-q")
    git(main, "add", "-A")
    git(main, "commit", "-q", "-m", "all")
    git(tmp_path, "clone", "-q", "--bare", "main", "bare.git")
    for name in ("one", "two"):
        git(tmp_path / "bare.git", "worktree", "add", "-q", "-b", name, f"../{name}")
        assert find_project(tmp_path / name).state == tmp_path / "bare.git/.agentgate"


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".git/modules/sub").mkdir(parents=True)
    configure(tmp_path / "sub", "")
    (tmp_path / "sub/.git").write_text("gitdir: ../.git/modules/sub\n")
    assert find_project(tmp_path / "sub").state == tmp_path / "sub/.agentgate"


def test_rules_for_kinds_are_read(tmp_path: Path) -> None:
    configure(
        tmp_path,
        """
        [tool.agentgate.kinds]
        connection = [{ type = "acme.GatewayDown" }, { message = "gone away$", path = "tests/live/*" }]
        timeout = { message = "too slow" }
        """,
    )
    assert find_project(tmp_path).config.kinds == (
        KindRule(Kind.CONNECTION, type="acme.GatewayDown"),
        KindRule(Kind.CONNECTION, message="gone away$", path="tests/live/*"),
        KindRule(Kind.TIMEOUT, message="too slow"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sorce = ['src']", "no key 'sorce'; did you mean 'source'"),
        ("source = 3", r"tool\.agentgate\.source must be a list of folders, not 3"),
        ("tests = ['/srv/tests']", "'/srv/tests' is no folder below"),
        ("source = ['../lib']", "'../lib' is no folder below"),
        ("tests = [1]", r"tool\.agentgate\.tests must be a list"),
        ("store = ''", r"tool\.agentgate\.store must be a URL"),
        ("[tool.agentgate.kinds]\nconection = []", "no such kind; did you mean 'connection'"),
        ("[tool.agentgate.kinds]\nimport = [{ message = '(' }]", r"kinds\.import: message is no regular expression"),
        ("[tool.agentgate.kinds]\nimport = [{ typ = 'x' }]", "no key 'typ'; did you mean 'type'"),
        ("[tool.agentgate.kinds]\nimport = [{}]", "each rule is a table"),
        ("kinds = 3", "kinds must be a table"),
        ("source = [", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = configure(tmp_path, f"[tool.agentgate]\n{text}\n") / "pyproject.toml"
    with pytest.raises(ConfigError, match=said) as caught:
        find_project(tmp_path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_project_that_only_mentions_the_package_is_not_configured(tmp_path: Path) -> None:
    configure(tmp_path, "[project]\ndependencies = ['pytest-agentgate']\n")
    assert find_project(tmp_path).config.path is None


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("sqlite:///a/b.db", "sqlite:////base/a/b.db"),
        ("sqlite:////abs.db", "sqlite:////abs.db"),
        ("plain.db", "sqlite:////base/plain.db"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql:///db", "postgresql:///db"),
        ("postgresql:db", "postgresql:db"),
        ("$STORE_URL", "$STORE_URL"),
    ],
)
def test_relative_paths_of_stores_start_at_the_base(url: str, resolved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORE_URL", raising=False)
    assert resolve_store(url, Path("/base")) == resolved


@pytest.mark.parametrize("value", ["", " \n"])
def test_a_variable_that_is_set_to_nothing_is_not_set(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CI sets those whose secret a job may not see."""
    monkeypatch.setenv("STORE_URL", value)
    (tmp_path / "pyproject.toml").write_text('[tool.agentgate]\nstore = "$STORE_URL"\n')
    assert find_project(tmp_path).store_url == "$STORE_URL" == resolve_store("$STORE_URL", tmp_path)


def test_a_variable_in_the_place_of_a_store_stands_for_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", "sqlite:///a.db")
    assert [resolve_store(url, Path("/base")) for url in ("$STORE_URL", "${STORE_URL}")] == ["sqlite:////base/a.db"] * 2
    assert resolve_store("postgresql://ann:$STORE_URL@h/db", Path("/base")) == "postgresql://ann:$STORE_URL@h/db"
