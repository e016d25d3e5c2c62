"""Where implementation and tests are, told by the files alone."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_agentgate.start.folders import folders

Write = Callable[[Mapping[str, str]], Path]
CODE = "x = 1\n"


def there(*paths: str, **texts: str) -> dict[str, str]:
    return {**dict.fromkeys(paths, CODE), **texts}


@pytest.mark.parametrize(
    ("files", "source", "tests"),
    [
        (there("src/shop/__init__.py", "tests/test_shop.py"), ("src",), ("tests",)),
        (there("shop/__init__.py", "shop/cart.py", "tests/test_shop.py", "setup.py"), ("shop",), ("tests",)),
        (there("shop/__init__.py", "docs/__init__.py", "test/test_a.py"), ("shop",), ("test",)),
        # several packages beside each other
        (there("api/__init__.py", "worker/__init__.py", "tests/test_a.py"), ("api", "worker"), ("tests",)),
        # tests within the package
        (there("shop/__init__.py", "shop/tests/__init__.py", "shop/tests/test_a.py"), ("shop",), ("shop/tests",)),
        # no tests yet
        (there("shop/__init__.py"), ("shop",), ()),
        # modules beside their tests
        (there("shop.py", "test_shop.py"), (), ("test_shop.py",)),
        (there("shop/__init__.py", "test_shop.py", "test_cart.py"), ("shop",), ("test_cart.py", "test_shop.py")),
        # nothing at all
        ({}, (), ()),
        # projects within a project
        (
            {
                **there("packages/a/src/a/__init__.py", "packages/a/tests/test_a.py", "packages/b/tests/test_b.py"),
                "packages/a/pyproject.toml": "",
            },
            ("packages/a/src",),
            ("packages/a/tests", "packages/b/tests"),
        ),
    ],
)
def test_the_layout_tells(project: Write, files: dict[str, str], source: tuple[str], tests: tuple[str]) -> None:
    assert folders(project(files)) == (source, tests)


def test_what_is_configured_comes_before_names(project: Write) -> None:
    settings = '[tool.pytest.ini_options]\ntestpaths = ["spec"]\npythonpath = ["lib"]\n'
    root = project({"pyproject.toml": settings, **there("lib/shop/__init__.py", "spec/test_a.py", "tests/test_b.py")})
    assert folders(root) == (("lib",), ("spec",))


@pytest.mark.parametrize(
    ("files", "source", "tests"),
    [
        # for the doctests of the implementation
        (there("src/shop/__init__.py", "tests/test_a.py"), ("src",), ("tests",)),
        # because its tests lie within it
        (
            there("src/__init__.py", "src/cart.py", "src/tests/test_a.py", "src/till/tests/test_b.py"),
            ("src",),
            ("src/tests", "src/till/tests"),
        ),
    ],
)
def test_an_implementation_that_pytest_looks_at_is_no_folder_of_tests(
    project: Write, files: dict[str, str], source: tuple[str], tests: tuple[str]
) -> None:
    root = project({**files, "pytest.ini": "[pytest]\ntestpaths = src tests\n"})
    assert folders(root) == (source, tests)


def test_the_folder_that_tools_package_from_is_source(project: Write) -> None:
    settings = '[tool.maturin]\npython-source = "python"\n'
    root = project({"pyproject.toml": settings, **there("python/fast/__init__.py", "tests/test_a.py")})
    assert folders(root) == (("python",), ("tests",))


def test_helpers_of_the_tests_are_no_source(project: Write) -> None:
    settings = '[tool.pytest.ini_options]\npythonpath = ["src", "tests/lib"]\n'
    root = project({"pyproject.toml": settings, **there("src/shop/__init__.py", "tests/lib/aid.py", "tests/test_a.py")})
    assert folders(root) == (("src",), ("tests",))


def test_a_package_without_init_is_known_by_the_name_of_the_project(project: Write) -> None:
    root = project({"pyproject.toml": '[project]\nname = "Web-Shop"\n', **there("web_shop/cart.py", "tests/test_a.py")})
    assert folders(root) == (("web_shop",), ("tests",))


def test_what_git_ignores_is_not_looked_at(project: Write) -> None:
    root = project({".gitignore": "made/\n", **there("shop/__init__.py", "made/__init__.py", "tests/test_a.py")})
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    assert folders(root) == (("shop",), ("tests",))
