"""Which fixtures a file can request, what they give, and which of its functions request them."""

from __future__ import annotations

import ast
from textwrap import dedent

from pytest_agentgate.codemods.idioms.fixtures import Fixtures, fixtures_in, marks, parameters, parametrized
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import File, Place, Sources

PATH = "tests/unit/test_it.py"


def file(source: str, **others: str) -> File:
    """A test file beside others; ``__`` in a name stands for ``/``."""
    texts = {path.replace("__", "/") + ".py": dedent(text) for path, text in others.items()}
    place = Place.within(Sources.of(texts), PATH)
    text = "import pytest\nfrom unittest import mock\n" + dedent(source)
    return File(ModuleNames(parse(text), place.module, place.package), place, text)


def function(names: ModuleNames, name: str) -> FunctionNode:
    return next(each for each in names.functions if each.name == name)


def requested(of: File, name: str, by: str = "test") -> str | None:
    """Where the fixture that a test requests is defined, and what it gives."""
    found = Fixtures(of).requested(name, function(of.names, by))
    if found is None:
        return None
    given = [ast.unparse(each) if each is not None else "nothing" for each in found.results]
    return f"{found.path}: {', '.join(given)}"


FIXTURE = "import pytest\n@pytest.fixture\ndef thing():\n    return {!r}\n"


def test_a_fixture_of_the_file_goes_before_those_of_conftest_files() -> None:
    own = "@pytest.fixture\ndef thing():\n    return 'own'\ndef test(thing): ..."
    assert requested(file(own, tests__conftest=FIXTURE.format("outer")), "thing") == f"{PATH}: 'own'"


def test_the_nearest_conftest_goes_first() -> None:
    outer, inner = FIXTURE.format("outer"), FIXTURE.format("inner")
    of = file("def test(thing): ...", tests__conftest=outer, tests__unit__conftest=inner, conftest=outer)
    assert requested(of, "thing") == "tests/unit/conftest.py: 'inner'"


def test_a_conftest_beside_the_folder_is_not_seen() -> None:
    assert requested(file("def test(thing): ...", tests__other__conftest=FIXTURE.format("other")), "thing") is None


def test_a_fixture_that_overrides_one_gets_what_it_overrides() -> None:
    of = file(
        "@pytest.fixture\ndef thing(thing):\n    return thing + 1\ndef test(thing): ...",
        tests__conftest=FIXTURE.format("outer"),
    )
    assert requested(of, "thing") == f"{PATH}: thing + 1"
    assert requested(of, "thing", by="thing") == "tests/conftest.py: 'outer'"


def test_a_fixture_of_a_class_is_seen_by_its_methods_alone() -> None:
    of = file(
        """
        class TestA:
            @pytest.fixture
            def thing(self):
                return "A"
            def test_a(self, thing): ...
        def test(thing): ...
        """
    )
    assert requested(of, "thing", by="test_a") == f"{PATH}: 'A'"
    assert requested(of, "thing") is None


def test_imported_fixtures_and_those_of_plugins_are_seen() -> None:
    shared = FIXTURE.format("shared")
    assert requested(file("from tests.shared import thing\ndef test(thing): ...", tests__shared=shared), "thing")
    assert requested(file("from tests.shared import *\ndef test(thing): ...", tests__shared=shared), "thing")
    plugins = 'pytest_plugins = ["tests.shared"]'
    assert requested(file("def test(thing): ...", tests__shared=shared, conftest=plugins), "thing")
    assert requested(file("def test(thing): ...", tests__shared=shared, conftest=""), "thing") is None


def test_name_scope_autouse_and_params_are_read() -> None:
    found = fixtures_in(
        file(
            """
            @pytest.fixture(name="db", scope="session", autouse=True, params=[1, 2])
            def _db():
                yield 1
            @pytest.fixture("module")
            def old(): ...
            @pytest.fixture(scope=scope_of)
            async def computed():
                return 1
            def plain(): ...
            """
        ).names
    )
    assert [(each.name, each.scope, each.yields) for each in found] == [
        ("db", "session", True),
        ("old", "module", False),
        ("computed", None, False),
    ]
    assert found[0].params is not None
    assert ast.unparse(found[0].params) == "[1, 2]"


def test_a_fixture_whose_name_is_computed_has_none() -> None:
    assert fixtures_in(file("@pytest.fixture(name=NAME)\ndef thing(): ...").names) == []


def test_fixtures_of_pytest_asyncio_are_fixtures() -> None:
    source = "import pytest_asyncio\n@pytest_asyncio.fixture\nasync def thing():\n    yield 1\ndef test(thing): ..."
    assert requested(file(source), "thing") == f"{PATH}: 1"


def test_results_of_functions_inside_do_not_count() -> None:
    source = """
        @pytest.fixture
        def thing():
            def make():
                return 1
            return make
        def test(thing): ...
    """
    assert requested(file(source), "thing") == f"{PATH}: make"


def asked(source: str, name: str = "test") -> list[str]:
    names = file(source).names
    return list(parameters(names, function(names, name)))


def test_parameters_that_request_fixtures() -> None:
    assert asked("def test(a, *, b): ...") == ["a", "b"]
    assert asked("def test(a, b=1, *, c=2, **d): ...") == ["a"]
    assert asked("class TestIt:\n    def test(self, a): ...") == ["a"]
    assert asked("@pytest.fixture\ndef thing(request, a): ...", "thing") == ["request", "a"]
    assert asked("def helper(a): ...", "helper") == []


def test_parameters_that_something_else_gives_request_nothing() -> None:
    assert asked("@mock.patch('a.b')\n@mock.patch.object(x, 'y')\ndef test(one, two, a): ...") == ["a"]
    assert asked("@mock.patch('a.b', new=1)\ndef test(a): ...") == ["a"]
    assert asked("@pytest.mark.parametrize('a, b', [(1, 2)])\ndef test(a, b, c): ...") == ["c"]
    assert asked("@pytest.mark.parametrize('a', [1], indirect=True)\ndef test(a): ...") == ["a"]
    assert asked("@pytest.mark.parametrize('a, b', [(1, 2)], indirect=['a'])\ndef test(a, b): ...") == ["a"]


def values(source: str) -> dict[str, list[str | None]]:
    names = file(source).names
    given = parametrized(names, function(names, "test"))
    return {name: [None if each is None else ast.unparse(each) for each in cells] for name, cells in given.items()}


def test_values_of_parametrize() -> None:
    assert values("@pytest.mark.parametrize('a', [1, pytest.param(2, id='x')])\ndef test(a): ...") == {"a": ["1", "2"]}
    assert values("@pytest.mark.parametrize(['a', 'b'], [(1, 2), [3, 4]])\ndef test(a, b): ...") == {
        "a": ["1", "3"],
        "b": ["2", "4"],
    }
    assert values("@pytest.mark.parametrize('a', VALUES)\ndef test(a): ...") == {"a": [None]}
    assert values("@pytest.mark.parametrize('a, b', [pair()])\ndef test(a, b): ...") == {"a": [None], "b": [None]}
    assert values("pytestmark = pytest.mark.parametrize('a', [1])\ndef test(a): ...") == {"a": ["1"]}
    assert values("pytestmark = [pytest.mark.parametrize('a', [1])]\nclass TestA:\n    def test(self, a): ...") == {
        "a": ["1"]
    }


def test_who_requests_a_fixture() -> None:
    of = file("def test_a(db): ...\ndef test_b(other): ...\n@pytest.fixture\ndef c(db): ...\ndef helper(db): ...")
    assert [each.name for each in Fixtures(of).requesters("db")] == ["test_a", "c"]


def test_marks_of_function_class_and_module() -> None:
    names = file(
        """
        pytestmark = pytest.mark.usefixtures("m")
        @pytest.mark.usefixtures("c")
        class TestIt:
            @pytest.mark.usefixtures("f")
            def test(self): ...
        """
    ).names
    found = [ast.unparse(each.args[0]) for each in marks(names, function(names, "test"), "pytest.mark.usefixtures")]
    assert found == ["'f'", "'c'", "'m'"]
