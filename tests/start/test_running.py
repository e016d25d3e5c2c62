"""What starts the tests, and how it is told an option."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_agentgate.start.files import Files
from pytest_agentgate.start.running import ci, runner

Write = Callable[[Mapping[str, str]], Path]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("files", "name", "command"),
    [
        ({}, "pytest", "python -m pytest --agentgate"),
        ({"uv.lock": ""}, "pytest", "uv run python -m pytest --agentgate"),
        ({"poetry.lock": ""}, "pytest", "poetry run python -m pytest --agentgate"),
        ({"tox.ini": "[testenv]\ncommands = pytest {posargs}\n"}, "tox", "tox run -- --agentgate"),
        (
            {"tox.ini": "[testenv]\ncommands = pytest\n"},
            "tox",
            "TOX_OVERRIDE=testenv.pass_env=PYTEST_ADDOPTS PYTEST_ADDOPTS='--agentgate' tox run",
        ),
        ({"tox.ini": "[flake8]\nmax-line-length = 99\n"}, "pytest", "python -m pytest --agentgate"),
        ({"pyproject.toml": '[tool.tox]\ncommands = ["pytest", "{posargs}"]\n'}, "tox", "tox run -- --agentgate"),
        ({"noxfile.py": "session.run('pytest', *session.posargs)\n"}, "nox", "nox -- --agentgate"),
        ({"noxfile.py": "session.run('pytest')\n"}, "nox", "PYTEST_ADDOPTS='--agentgate' nox"),
        (
            {"Makefile": "lint:\n\truff\n\nsmoke:\n\tpytest -x\n\ntest: lint\n\t@echo go\n\tpython -m pytest -q\n"},
            "make",
            "PYTEST_ADDOPTS='--agentgate' make test",
        ),
        ({"Makefile": "PYTEST := pytest\nall:\n\tgcc a.c\n"}, "pytest", "python -m pytest --agentgate"),
        ({"Makefile": "test:\n\t@$(PY) -m pytest\n"}, "make", "PYTEST_ADDOPTS='--agentgate' make test"),
        ({"justfile": "test *args:\n    pytest {{args}}\n"}, "just", "just test --agentgate"),
        ({"justfile": "test:\n    pytest\n"}, "just", "PYTEST_ADDOPTS='--agentgate' just test"),
        # what runs in environments of its own comes before what starts it
        ({"Makefile": "test:\n\tpytest\n", "tox.ini": "[testenv]\n{posargs}"}, "tox", "tox run -- --agentgate"),
    ],
)
def test_the_runner_is_found(project: Write, files: dict[str, str], name: str, command: str) -> None:
    found = runner(Files(project(files)))
    assert (found.name, found.with_options("--agentgate")) == (name, command)


def test_make_hands_the_option_to_pytest(project: Write) -> None:
    root = project({"Makefile": "test:\n\t@python -m pytest -q\n", "test_a.py": "def test_a(): pass\n"})
    command = runner(Files(root)).with_options("--co -p no:cacheprovider")
    shown = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True)
    assert "test_a.py::test_a" in shown.stdout, shown


def test_a_ci_system_is_known_by_its_file_that_runs_tests(project: Write) -> None:
    root = project(
        {
            ".github/workflows/docs.yml": "run: mkdocs\n",
            ".github/workflows/quality.yaml": "run: pytest\n",
            ".gitlab-ci.yml": "",
            "Jenkinsfile": "",
            ".pre-commit-config.yaml": "",
        }
    )
    found = ci(Files(root))
    assert [(one.name, one.file) for one in found] == [
        ("GitHub Actions", ".github/workflows/quality.yaml"),
        ("GitLab CI", ".gitlab-ci.yml"),
        ("Jenkins", "Jenkinsfile"),
        ("pre-commit", ".pre-commit-config.yaml"),
    ]


def test_a_file_called_after_tests_comes_first(project: Write) -> None:
    root = project(
        {".github/workflows/docs.yml": "run: nox -s docs\n", ".github/workflows/test-suite.yml": "run: go\n"}
    )
    assert [one.file for one in ci(Files(root))] == [".github/workflows/test-suite.yml"]


def test_the_pages_on_ci_systems_exist(project: Write) -> None:
    files = (".github/workflows/a.yml", ".gitlab-ci.yml", "Jenkinsfile", ".pre-commit-config.yaml")
    for one in ci(Files(project(dict.fromkeys(files, "")))):
        assert (ROOT / one.page).is_file()
