"""A fixture that was renamed: what pytest injects by name is, and nothing else."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Changed, Outcome, Unchanged, apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.rename_fixture import RenameFixture

CLIENT = RenameFixture(old="client", new="http")
TOP = "import pytest\nimport pytest_lazyfixture\nfrom hypothesis import given\n"


def of(source: str, path: str = "tests/test_shop.py", **files: str) -> Outcome:
    others = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    return rewrite(source, [CLIENT], Place.within(Sources.of(others), path))


@pytest.mark.parametrize(
    "source",
    [
        "def check(client):\n    client.get()\n",
        "client = 1\n\n\ndef test():\n    assert client\n",
        "def test():\n    client = 1\n    assert client\n",
        "def test(client=None):\n    assert client\n",
        "def test(*, client=None):\n    assert client\n",
        "def test(x):\n    def test_inner(client):\n        assert client\n",
        "from hypothesis import given\n\n\n@given(client=...)\ndef test(client):\n    pass\n",
        "import unittest\n\n\nclass A(unittest.TestCase):\n    def test(self, client):\n        pass\n",
        "class TestA:\n    def test(client):\n        client.x = 1\n",
        "print('client', x.client, f(client=1))\n",
        "import pytest\n\n\n@pytest.mark.parametrize('client', [1])\ndef check(client):\n    pass\n",
        "import pytest\n\n\n@pytest.mark.parametrize('x', ['client'])\ndef test(x):\n    pass\n",
        "@pytest.fixture\ndef client():\n    pass\n",  # pytest is not imported
    ],
)
def test_what_pytest_does_not_inject_keeps_its_name_without_a_word(source: str) -> None:
    assert rewrite(source, [CLIENT]) == Unchanged()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def test(client, http):\n    pass\n", "has a http already"),
        ("def test(client):\n    http = client\n", "has a http already"),
        ("def test(client):\n    def inner(http):\n        return client\n", "has a http already"),
        ("import http\n\n\ndef test(client):\n    http.server\n", "uses the http of the file"),
        ("def test(client):\n    def f():\n        nonlocal client\n        client = 1\n", "declares client nonlocal"),
        ("@pytest.fixture\ndef client():\n    pass\n\n\nhttp = 1\n", "the file has a http already"),
        ("@pytest.fixture\ndef client():\n    pass\n\n\nclient()\n", "uses the fixture client as a function"),
        ("@pytest.fixture\ndef client():\n    pass\n\n\nclient = 1\n", "gives client another meaning"),
        ("__all__ = ['client']\n\n\n@pytest.fixture\ndef client():\n    pass\n", "offers client to other files"),
        ("from shop import client\n\n\ndef test(client):\n    pass\n", "imports client, which may be the fixture"),
    ],
)
def test_a_name_that_would_mean_something_else_leaves_the_file_alone(source: str, reason: str) -> None:
    outcome = of(f"import pytest\n{source}")
    assert isinstance(outcome, Unchanged)
    assert reason in [note.reason for note in outcome.notes]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def test(client):\n    f(client=client), client.client, [client for _ in client]\n",
            "def test(http):\n    f(client=http), http.client, [http for _ in http]\n",
        ),
        ("def test(client: Client, *, x):\n    del client\n", "def test(http: Client, *, x):\n    del http\n"),
        ("def test(*, client):\n    client = client.child\n", "def test(*, http):\n    http = http.child\n"),
        (
            "def test(client):\n    def f():\n        return client\n    lambda client: client\n",
            "def test(http):\n    def f():\n        return http\n    lambda client: client\n",
        ),
        (
            "class TestA:\n    async def test(self, client):\n        await client\n",
            "class TestA:\n    async def test(self, http):\n        await http\n",
        ),
        ("pytestmark = [pytest.mark.usefixtures('client')]\n", "pytestmark = [pytest.mark.usefixtures('http')]\n"),
        (
            "pytest.param(1, marks=pytest.mark.usefixtures(\"a\", 'client'))\n",
            "pytest.param(1, marks=pytest.mark.usefixtures(\"a\", 'http'))\n",
        ),
        ("request.getfixturevalue(argname='client')\n", "request.getfixturevalue(argname='http')\n"),
        ("pytest_lazyfixture.lazy_fixture('client')\n", "pytest_lazyfixture.lazy_fixture('http')\n"),
        ("if 'client' in request.fixturenames:\n    pass\n", "if 'http' in request.fixturenames:\n    pass\n"),
        ("item.funcargs['client']\n", "item.funcargs['http']\n"),
        ("metafunc.parametrize('client', [1])\n", "metafunc.parametrize('http', [1])\n"),
        (
            "@pytest.mark.parametrize(('a', 'client'), [(1, 2)])\ndef test(a, client):\n    pass\n",
            "@pytest.mark.parametrize(('a', 'http'), [(1, 2)])\ndef test(a, http):\n    pass\n",
        ),
        (
            "@pytest.mark.parametrize(argnames='client,x', argvalues=[], indirect=True)\ndef test(client, x): ...\n",
            "@pytest.mark.parametrize(argnames='http,x', argvalues=[], indirect=True)\ndef test(http, x): ...\n",
        ),
        (
            "@pytest.fixture(autouse=True)\ndef client(client):\n    yield client\n",
            "@pytest.fixture(autouse=True)\ndef http(http):\n    yield http\n",
        ),
        (
            "@pytest.fixture(name='client')\ndef _c():\n    pass\n",
            "@pytest.fixture(name='http')\ndef _c():\n    pass\n",
        ),
        (
            "class TestA:\n    @pytest.fixture\n    def client(self):\n        pass\n",
            "class TestA:\n    @pytest.fixture\n    def http(self):\n        pass\n",
        ),
    ],
)
def test_every_way_to_request_or_define_it_is_renamed(before: str, after: str) -> None:
    assert apply(TOP + before, [CLIENT]) == TOP + after
    assert apply(TOP + after, [CLIENT]) == TOP + after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'x', ['client', pytest.param('a')]", "'x', ['http', pytest.param('a')]"),
        ("'x', [pytest.param('client', id='client')]", "'x', [pytest.param('http', id='client')]"),
        ("'x, y', [('client', 'client')]", "'x, y', [('http', 'client')]"),
    ],
)
def test_names_that_a_test_asks_for_are_renamed_where_they_are_given(before: str, after: str) -> None:
    test = "@pytest.mark.parametrize({})\ndef test(x, request):\n    request.getfixturevalue(x)\n"
    assert apply(TOP + test.format(before), [CLIENT]) == TOP + test.format(after)


@pytest.mark.parametrize("name", ["client", "http"])
def test_an_imported_fixture_is_known_from_the_file_that_defines_it(name: str) -> None:
    outcome = of(
        "from tests.fixtures import client, other\n\n\ndef test(client):\n    pass\n",
        tests__fixtures=f"import pytest\n\n\n@pytest.fixture\ndef {name}():\n    pass\n",
    )
    assert isinstance(outcome, Changed)
    assert outcome.source == "from tests.fixtures import http, other\n\n\ndef test(http):\n    pass\n"


def test_an_import_that_is_no_fixture_stays_beside_a_parameter_of_its_name() -> None:
    source = "from shop import client\n\n\ndef test(client):\n    assert client\n\n\ndef check():\n    client()\n"
    outcome = of(source, shop="def client():\n    pass\n")
    assert isinstance(outcome, Changed)
    assert outcome.source == source.replace("test(client)", "test(http)").replace("assert client", "assert http")


def test_the_tests_do_what_they_did(pytester: pytest.Pytester) -> None:
    conftest = """
        import pytest

        @pytest.fixture
        def {name}(request):
            return getattr(request, "param", 1)

        @pytest.fixture
        def user({name}):
            return {name} + 1
    """
    tests = """
        import pytest

        @pytest.fixture
        def more(client, user):
            return [client, user]

        def test_more(more, client):
            assert more == [client, 2]

        @pytest.mark.parametrize("client", [5], indirect=True)
        def test_indirect(client, user):
            assert (client, user) == (5, 6)

        @pytest.mark.parametrize("client", [7])
        def test_direct(client, user):
            assert (client, user) == (7, 8)

        @pytest.mark.usefixtures("client")
        class TestClass:
            @pytest.fixture
            def client(self, client):
                return client * 10

            def test_override(self, client, user):
                assert (client, user) == (10, 11)

            @pytest.mark.parametrize("name", ["client", "user"])
            def test_by_name(self, name, request):
                assert request.getfixturevalue(name) in (10, 11)

        def test_wrong(client):
            assert client == 2
    """
    pytester.makeconftest(dedent(conftest).format(name="client"))
    path = pytester.makepyfile(test_shop=dedent(tests))
    before = pytester.runpytest("-p", "no:cacheprovider").parseoutcomes()
    assert before == {"passed": 6, "failed": 1}
    pytester.makeconftest(dedent(conftest).format(name="http"))
    broken = pytester.runpytest("-p", "no:cacheprovider").parseoutcomes()
    assert broken["errors"]
    path.write_text(apply(path.read_text(), [CLIENT]))
    assert pytester.runpytest("-p", "no:cacheprovider").parseoutcomes() == before


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('NAMES = ["client"]\n\ndef test(request):\n    [request.getfixturevalue(each) for each in NAMES]\n', [1]),
        ('NAMES = ["client"]\n\ndef test(request):\n    request.getfixturevalue("other")\n', []),
    ],
)
def test_names_that_getfixturevalue_may_be_asked_for_are_told(source: str, lines: list[int]) -> None:
    found = of(source)
    assert not isinstance(found, Changed)
    assert [note.line for note in found.notes] == lines
