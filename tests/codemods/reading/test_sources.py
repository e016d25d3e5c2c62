"""The other files of a project: what they are called, and where a name is defined."""

from __future__ import annotations

import ast

import pytest

from pytest_agentgate.codemods.reading.sources import Place, Sources

MODELS = "class User:\n    def rename(self): ...\n\ndef load(): ...\n\nLIMIT = 3\nloader = load\n"


@pytest.mark.parametrize(
    ("path", "roots", "expected"),
    [
        ("app/models.py", ("",), "app.models"),
        ("app/__init__.py", ("",), "app"),
        ("src/app/models.py", ("src", ""), "app.models"),
        ("tests/test_a.py", ("", "tests"), "test_a"),
        ("tests/unit/test_a.py", ("", "tests", "tests/unit"), "test_a"),
        ("stubs/app.pyi", ("stubs",), "app"),
        ("other/app.py", ("src",), "other.app"),
    ],
)
def test_a_file_is_called_from_the_longest_root_that_holds_it(path: str, roots: tuple[str, ...], expected: str) -> None:
    assert Sources.of({path: ""}, roots).module_name(path) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from tests.factories import make\n", "tests.factories"),
        ("from tests import other, factories\n", "tests.factories"),
        ("    import tests.factories\n", "tests.factories"),
        ("from factories import make\n", "factories"),
        ("# tests.factories\n", "factories"),
    ],
)
def test_a_helper_is_called_as_the_tests_import_it(line: str, expected: str) -> None:
    files = {"tests/factories.py": "", "tests/test_a.py": f"if True:\n{line}" if line.startswith(" ") else line}
    assert Sources.of(files, ("", "tests")).module_name("tests/factories.py") == expected


@pytest.mark.parametrize(
    ("name", "defined"),
    [
        ("app.models.User", "app.models.User"),
        ("app.User", "app.models.User"),
        ("app.Member", "app.models.User"),
        ("shop.User", "app.models.User"),
        ("app.models.User.rename", "app.models.User.rename"),
        ("app.models.loader", "app.models.load"),
        ("app.models.LIMIT", "app.models.LIMIT"),
    ],
)
def test_re_exports_are_followed_to_the_definition(name: str, defined: str) -> None:
    files = {
        "app/__init__.py": "from .models import User\nfrom .models import User as Member\n",
        "app/models.py": MODELS,
        "shop.py": "from app import *\n",
    }
    sources = Sources.of(files)
    found = sources.definition(name)
    assert found is not None
    assert found.name == defined
    assert sources.canonical(name) == defined


@pytest.mark.parametrize("name", ["app.models.Gone", "nowhere.X", "app.models.User.gone", "app.loop.X", "app"])
def test_what_cannot_be_found_keeps_its_name(name: str) -> None:
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/loop.py": "from app.loop import X\n"}
    assert Sources.of(files).definition(name) is None
    assert Sources.of(files).canonical(name) == name


def test_modules_that_all_import_all_of_each_other_are_each_asked_a_few_times() -> None:
    """Nine to the power of twenty ways lead through them to a name that is not there."""
    names = [f"m{number}" for number in range(9)]
    files = {f"{name}.py": "".join(f"from {other} import *\n" for other in names) for name in names}
    sources = Sources.of({**files, "m8.py": f"{files['m8.py']}def there(): ...\n"})
    assert sources.canonical("m0.there") == "m8.there"
    assert sources.definition("m0.gone") is None


def test_a_file_that_python_cannot_read_is_none() -> None:
    sources = Sources.of({"a.py": "def", "b.py": "x = 1\n"})
    assert sources.file("a.py") is None
    assert sources.file("gone.py") is None
    names = sources.file("b.py")
    assert names is not None
    assert isinstance(names.tree, ast.Module)
    assert sources.file("b.py") is names


def test_conftest_files_are_those_above_the_nearest_first() -> None:
    place = Place.within(Sources.of({}), "tests/unit/test_a.py")
    assert place.conftests() == ["tests/unit/conftest.py", "tests/conftest.py", "conftest.py"]
    assert Place.within(Sources.of({}), "tests/conftest.py").conftests() == ["conftest.py"]
