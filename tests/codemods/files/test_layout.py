"""From where modules are imported, and where tests are: what configuration, packaging and pytest's own habits say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_agentgate.codemods.files.layout import Layout, is_of_source
from pytest_agentgate.codemods.reading.sources import Sources


def tree(root: Path, files: Mapping[str, str]) -> list[str]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return sorted(path for path in files if path.endswith(".py"))


def module_of(root: Path, files: Mapping[str, str], path: str) -> str:
    """What a file is called by those who import it."""
    roots = Layout(root).import_roots(tree(root, files))
    return Sources.of(files, roots).module_name(path)


@pytest.mark.parametrize(
    ("files", "path", "module"),
    [
        ({"app/x.py": ""}, "app/x.py", "app.x"),
        ({"src/app/x.py": ""}, "src/app/x.py", "app.x"),
        ({"src/__init__.py": "", "src/app/x.py": ""}, "src/app/x.py", "src.app.x"),
        ({"pytest.ini": "[pytest]\npythonpath = lib other\n", "lib/app/x.py": ""}, "lib/app/x.py", "app.x"),
        ({"tox.ini": "[pytest]\npythonpath =\n    lib\n", "lib/app/x.py": ""}, "lib/app/x.py", "app.x"),
        ({"setup.cfg": "[tool:pytest]\npythonpath = lib\n", "lib/x.py": ""}, "lib/x.py", "x"),
        ({"pytest.toml": "[pytest]\npythonpath = ['lib']\n", "lib/x.py": ""}, "lib/x.py", "x"),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.', 'lib']\n", "lib/x.py": ""},
            "lib/x.py",
            "x",
        ),
        ({"pyproject.toml": "[tool.pytest]\npythonpath = ['lib']\n", "lib/x.py": ""}, "lib/x.py", "x"),
        ({"pytest.ini": "[pytest]\npythonpath = ../x /etc\n", "a/b.py": ""}, "a/b.py", "a.b"),
        ({"pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['lib']\n", "lib/x.py": ""}, "lib/x.py", "x"),
        (
            {"pyproject.toml": "[tool.setuptools]\npackage-dir = {'' = 'lib'}\n", "lib/app/x.py": ""},
            "lib/app/x.py",
            "app.x",
        ),
        (
            {"pyproject.toml": "[[tool.poetry.packages]]\ninclude = 'app'\nfrom = 'py'\n", "py/app/x.py": ""},
            "py/app/x.py",
            "app.x",
        ),
        (
            {
                "pyproject.toml": "[tool.hatch.build.targets.wheel]\npackages = ['python/app']\n",
                "python/app/x.py": "",
            },
            "python/app/x.py",
            "app.x",
        ),
        ({"setup.cfg": "[options.packages.find]\nwhere = lib\n", "lib/x.py": ""}, "lib/x.py", "x"),
        # Projects in a project.
        ({"api/pyproject.toml": "", "api/src/app/x.py": ""}, "api/src/app/x.py", "app.x"),
        ({"api/setup.py": "", "api/app/x.py": ""}, "api/app/x.py", "app.x"),
        ({"api/pytest.ini": "[pytest]\npythonpath = lib\n", "api/lib/x.py": ""}, "api/lib/x.py", "x"),
        # What pytest puts on sys.path itself.
        ({"tests/test_x.py": "", "tests/shared.py": ""}, "tests/shared.py", "shared"),
        ({"tests/unit/test_x.py": "", "tests/unit/__init__.py": ""}, "tests/unit/test_x.py", "unit.test_x"),
        (
            {"tests/__init__.py": "", "tests/unit/__init__.py": "", "tests/unit/test_x.py": ""},
            "tests/unit/test_x.py",
            "tests.unit.test_x",
        ),
        ({"tests/conftest.py": "", "tests/unit/x.py": ""}, "tests/unit/x.py", "unit.x"),
        (
            {"pytest.ini": "[pytest]\npython_files = check_*.py\n", "tests/check_x.py": "", "tests/y.py": ""},
            "tests/y.py",
            "y",
        ),
        (
            {"pytest.ini": "[pytest]\naddopts = -q --import-mode=importlib\n", "tests/test_x.py": ""},
            "tests/test_x.py",
            "tests.test_x",
        ),
        ({"app/test_x.py": "", "app/__init__.py": ""}, "app/test_x.py", "app.test_x"),
    ],
)
def test_a_file_has_the_name_under_which_it_is_imported(
    files: Mapping[str, str], path: str, module: str, tmp_path: Path
) -> None:
    assert module_of(tmp_path, files, path) == module


def test_a_conftest_above_the_files_that_are_looked_at_counts(tmp_path: Path) -> None:
    tree(tmp_path, {"tests/conftest.py": "", "tests/unit/x.py": ""})
    assert "tests" in Layout(tmp_path).import_roots(["tests/unit/x.py"])


def test_the_configured_source_is_a_root_unless_it_is_a_package(tmp_path: Path) -> None:
    tree(tmp_path, {"lib/app/__init__.py": "", "app/__init__.py": ""})
    assert Layout(tmp_path, ("lib", "app")).import_roots([]) == ("", "lib")


@pytest.mark.parametrize("name", ["pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"])
def test_a_configuration_that_cannot_be_read_says_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"[pytest\n\xff = [")
    assert Layout(tmp_path).import_roots(["a/b.py"]) == ("",)


def test_tests_are_where_pytest_is_told_or_where_their_name_says(tmp_path: Path) -> None:
    assert Layout(tmp_path).test_folders() == ()
    tree(tmp_path, {"tests/test_x.py": "", "checks/a/test_x.py": "", "checks/b/test_x.py": ""})
    assert Layout(tmp_path).test_folders() == ("tests",)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = checks/* gone\n")
    assert Layout(tmp_path).test_folders() == ("checks/a", "checks/b")


def test_what_pytest_is_told_to_look_at_is_no_folder_of_tests_where_the_tests_lie_deeper(tmp_path: Path) -> None:
    tree(tmp_path, {"shop/cart.py": "", "shop/tests/test_x.py": "", "shop/till/tests/deep/test_y.py": ""})
    for looked_at in ("shop", ".", "./shop/", "../gone shop /elsewhere"):
        (tmp_path / "pytest.ini").write_text(f"[pytest]\ntestpaths = {looked_at}\n")
        assert Layout(tmp_path).test_folders() == ("shop/tests", "shop/till/tests")


def test_a_folder_without_a_test_is_none_of_tests(tmp_path: Path) -> None:
    tree(tmp_path, {"src/shop/cart.py": "", "spec/check_x.py": "", "test/test_x.py": ""})
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = src spec\npython_files = check_*.py\n")
    assert Layout(tmp_path).test_folders() == ("spec",)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = src\n")
    assert Layout(tmp_path).test_folders() == ("test",)


@pytest.mark.parametrize(
    ("path", "source", "tests", "is_source"),
    [
        ("src/shop/prices.py", ["src"], ["tests"], True),
        ("tests/test_prices.py", ["src"], ["tests"], False),
        ("tools/build.py", ["src"], ["tests"], False),
        ("shop/prices.py", ["shop"], ["shop/tests"], True),
        ("shop/tests/helper.py", ["shop"], ["shop/tests"], False),
        ("shop/testsuite.py", ["shop"], ["shop/tests"], True),
        ("tests/plugin/shop.py", ["tests/plugin"], ["tests"], True),
        ("tests/test_prices.py", ["."], ["tests"], False),
        ("prices.py", ["."], ["tests"], True),
        ("shop/prices.py", ["shop"], ["shop"], True),
        ("shop/test_prices.py", ["shop"], ["shop"], False),
        ("shop/conftest.py", ["./shop/"], ["shop"], False),
        ("shop/prices.py", [], ["."], False),
        ("prices.py", [], [], False),
    ],
)
def test_the_innermost_folder_says_what_is_implementation_and_what_are_tests(
    path: str, source: list[str], tests: list[str], is_source: bool
) -> None:
    assert is_of_source(path, source, tests) is is_source
