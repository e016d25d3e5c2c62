"""Adding an argument: never twice, in the layout of the call, with imports and fixtures for its value."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.add_argument import AddArgument

HEADER = "import functools, pytest, unittest\nfrom unittest.mock import patch\nfrom shop import order\n"
NEW = "def order(item, qty=1, *, till): ...\n"


def place(shop: str = "", path: str = "tests/test_it.py", **files: str) -> Place:
    texts = {"tests/conftest.py": files.get("conftest", ""), "app/__init__.py": "", "app/tills.py": "class Till: ...\n"}
    return Place.within(Sources.of({**texts, **({"shop.py": shop} if shop else {})}), path)


def added(source: str, value: str = "3", shop: str = NEW, conftest: str = "") -> str:
    text = HEADER + source
    after = apply(text, [AddArgument("shop.order", "till", value)], place(shop, conftest=conftest))
    return after.removeprefix(HEADER)


def notes(source: str, value: str = "3", shop: str = NEW, conftest: str = "") -> list[str]:
    outcome = rewrite(HEADER + source, [AddArgument("shop.order", "till", value)], place(shop, conftest=conftest))
    return [note.reason for note in outcome.notes]


@pytest.mark.parametrize(
    "source",
    [
        "order(1, till=3)\n",
        "order(**{'till': 3})\n",
        "order(1, **dict(till=3))\n",
        "cafe(1)\n",
        "print(order)\n",
        "p = functools.partial(order, till=3)\np(1)\n",
        "@pytest.mark.parametrize('k', [{'till': 3}])\ndef test(k):\n    order(1, **k)\n",
    ],
)
def test_where_it_is_passed_already_nothing_is_added(source: str) -> None:
    assert added(source) == source
    assert notes(source) == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def test(k):\n    order(1, **k)\n", "can't be told"),
        ("with patch('shop.order') as m:\n    m.assert_called_with(1)\n", "not known"),
        ("p = functools.partial(order, 1)\np(till=3)\n", "themselves"),
        ("K = {'qty': 1}\nL = {'till': 3}\norder(1, **(K if x else L))\nprint(K)\n", "missing here"),
    ],
)
def test_what_is_in_doubt_stays_and_is_said(source: str, reason: str) -> None:
    assert added(source) == source
    assert any(reason in each for each in notes(source))


@pytest.mark.parametrize(
    ("source", "shop", "after"),
    [
        ("order(1, 2)\n", "def order(item, till): ...\n", "order(1, 2)\n"),
        ("order(1)\n", "def order(item, till): ...\n", "order(1, till=3)\n"),
        ("order(1)\n", "def order(item, till, /): ...\n", "order(1, 3)\n"),
        ("order(1, 3)\n", "def order(item, till, /): ...\n", "order(1, 3)\n"),
        ("order(*a)\n", "def order(item, till): ...\n", "order(*a)\n"),
        ("order(*a)\n", NEW, "order(*a, till=3)\n"),
        ("order(1, 2)\n", "def order(item, qty=1): ...\n", "order(1, 2, till=3)\n"),
        ("order(1, 2)\n", "", "order(1, 2, till=3)\n"),
    ],
)
def test_the_definition_says_what_positions_reach(source: str, shop: str, after: str) -> None:
    assert added(source, shop=shop) == after
    assert added(after, shop=shop) == after


def test_a_parameter_between_others_may_be_reached_by_what_was_meant_for_the_next() -> None:
    shop = "def order(item, till, qty=1): ...\n"
    assert added("order(1, 2)\n", shop=shop) == "order(1, 2)\n"
    assert any("reorder-arguments" in each for each in notes("order(1, 2)\n", shop=shop))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("order()\n", "order(till=3)\n"),
        ("order(1,)\n", "order(1, till=3,)\n"),
        ("order(x for x in y)\n", "order((x for x in y), till=3)\n"),
        ("order(1, **{'qty': 2})\n", "order(1, till=3, **{'qty': 2})\n"),
        ("order(\n    1,\n    qty=2,\n)\n", "order(\n    1,\n    qty=2,\n    till=3,\n)\n"),
        ("order(\n    1,\n    qty=2  # two\n)\n", "order(\n    1,\n    qty=2,  # two\n    till=3\n)\n"),
        ("order(1,\n      qty=2)\n", "order(1,\n      qty=2,\n      till=3)\n"),
        ("order(\n    1, qty=2\n)\n", "order(\n    1, qty=2, till=3\n)\n"),
        ("order(\n    1,\n    # the rest\n    **{}\n)\n", "order(\n    1,\n    till=3,\n    # the rest\n    **{}\n)\n"),
        ("functools.partial(order, 1)\n", "functools.partial(order, 1, till=3)\n"),
        ("pytest.raises(TypeError, order, 1)\n", "pytest.raises(TypeError, order, 1, till=3)\n"),
        ("order(order(1))\n", "order(order(1, till=3), till=3)\n"),
        ("@order(1)\ndef test(): ...\n", "@order(1, till=3)\ndef test(): ...\n"),
        (
            "@pytest.mark.parametrize('k', [{'till': 1}, {'qty': 1}, {}])\ndef test(k):\n    order(1, **k)\n",
            (
                "@pytest.mark.parametrize('k', [{'till': 1}, {'qty': 1, 'till': 3}, {\"till\": 3}])\n"
                "def test(k):\n    order(1, **k)\n"
            ),
        ),
    ],
)
def test_it_is_added_in_the_layout_of_the_call(before: str, after: str) -> None:
    assert added(before) == after
    assert added(after) == after


FIXTURE = "@pytest.fixture\ndef till(): ...\n"


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        ("till", FIXTURE + "def test_it():\n    order(1)\n", FIXTURE + "def test_it(till):\n    order(1, till=till)\n"),
        (
            "till",
            FIXTURE + "class TestIt:\n    def test_it(self):\n        order(1)\n        order(2)\n",
            FIXTURE
            + "class TestIt:\n    def test_it(self, till):\n        order(1, till=till)\n        order(2, till=till)\n",
        ),
        (
            "till.open",
            FIXTURE + "@pytest.fixture\ndef placed():\n    return order(1)\n",
            FIXTURE + "@pytest.fixture\ndef placed(till):\n    return order(1, till=till.open)\n",
        ),
        ("tmp_path", "def test_it():\n    order(1)\n", "def test_it(tmp_path):\n    order(1, till=tmp_path)\n"),
        (
            "till",
            FIXTURE + "def test_it(\n    a,\n    b,\n):\n    (lambda: order(1))()\n",
            FIXTURE + "def test_it(\n    a,\n    b,\n    till,\n):\n    (lambda: order(1, till=till))()\n",
        ),
        ("till", "def test_it(till):\n    order(1)\n", "def test_it(till):\n    order(1, till=till)\n"),
        ("TILL", "TILL = 3\ndef test_it():\n    order(1)\n", "TILL = 3\ndef test_it():\n    order(1, till=TILL)\n"),
        ("dict(a=[1, *(x for x in 'ab')])", "order(1)\n", "order(1, till=dict(a=[1, *(x for x in 'ab')]))\n"),
        ("1, 2", "order(1)\n", "order(1, till=(1, 2))\n"),
        ("lambda x: x", "order(1)\n", "order(1, till=lambda x: x)\n"),
    ],
)
def test_a_value_gets_its_fixture(value: str, before: str, after: str) -> None:
    assert added(before, value) == after
    assert added(after, value) == after


@pytest.mark.parametrize(
    ("value", "source", "reason"),
    [
        ("till", "def test_it():\n    order(1)\n", "means nothing"),
        ("till", FIXTURE + "def helper():\n    order(1)\n", "no test or fixture"),
        ("till", FIXTURE + "order(1)\n", "no test or fixture"),
        ("till", FIXTURE + "class T(unittest.TestCase):\n    def test_it(self):\n        order(1)\n", "TestCase"),
        ("till", FIXTURE + "@pytest.fixture(scope='module')\ndef placed():\n    order(1)\n", "lives longer"),
        ("till", "def test_it():\n    order(1)\n    till = 3\n", "only later"),
        ("'x'", "f'{order(1)}'\n", "f-string"),
        ("app.tills.Till()", "def test_it(app):\n    order(1)\n", "something else"),
    ],
)
def test_a_value_that_means_nothing_in_a_place_is_not_put_there(value: str, source: str, reason: str) -> None:
    assert added(source, value) == source
    assert any(reason in each for each in notes(source, value))


def test_dotted_names_are_imported() -> None:
    text = "from shop import order\n\norder(1)\n"
    value = "app.tills.Till(datetime.timedelta(seconds=1))"
    after = apply(text, [AddArgument("shop.order", "till", value)], place(NEW))
    assert "order(1, till=Till(timedelta(seconds=1)))" in after
    assert "from app.tills import Till\n" in after
    assert "from datetime import timedelta\n" in after


def test_an_import_that_is_there_is_used() -> None:
    text = "from app import tills\nfrom shop import order\n\norder(1)\n"
    after = apply(text, [AddArgument("shop.order", "till", "app.tills.Till()")], place(NEW))
    assert after == text.replace("order(1)", "order(1, till=tills.Till())")


def test_a_worker_s_tests_pass_again(prove: Callable[..., dict[str, str]]) -> None:
    worker = """
        from app.clients import Client

        class Worker:
            def __init__(self, name, retries=1{0}):
                self.name, self.retries, self.client = name, retries, {1}

        def start(worker{0}):
            return Worker(worker, client={1}) if {2} else Worker(worker)
    """
    clients = "class Client:\n    def __init__(self, url='x'):\n        self.url = url\n"
    old = {"app/__init__.py": "", "app/clients.py": clients, "app/worker.py": worker.format("", "Client()", "False")}
    new = {**old, "app/worker.py": worker.format(", *, client", "client", "True")}
    tests = {
        "tests/conftest.py": """
            import pytest
            from app.clients import Client
            from app.worker import Worker

            @pytest.fixture
            def worker_client():
                return Client()

            @pytest.fixture
            def worker():
                return Worker("w")
        """,
        "tests/test_worker.py": """
            import functools

            import pytest
            from app import worker as w
            from app.worker import Worker

            class Loud(Worker):
                def shout(self):
                    return self.name.upper()

            class TestWorker:
                def test_name(self, worker):
                    assert worker.name == Worker("w", retries=2).name

                @pytest.mark.parametrize("kwargs", [{"retries": 2}, {}])
                def test_retries(self, kwargs):
                    assert w.Worker("w", **kwargs).retries == kwargs.get("retries", 1)

            async def run():
                return Worker

            def test_loud():
                make = functools.partial(
                    Loud,
                    "w",
                )
                assert make().shout() == "W"
        """,
    }
    rewritten = prove(AddArgument("app.worker.Worker", "client", "worker_client"), old, new, tests)
    assert "def worker(worker_client):" in rewritten["tests/conftest.py"]
    assert "def test_retries(self, kwargs, worker_client):" in rewritten["tests/test_worker.py"]
    assert '            "w",\n        client=worker_client,\n' in rewritten["tests/test_worker.py"].replace(
        "    " * 2, "        "
    ) or ('        "w",\n        client=worker_client,\n    )' in rewritten["tests/test_worker.py"])
    made = prove(AddArgument("app.worker.Worker", "client", "app.clients.Client('y')"), old, new, tests)
    assert dedent(tests["tests/conftest.py"]).replace('"w")', "\"w\", client=Client('y'))") == made["tests/conftest.py"]


def test_a_derived_class_gets_it_in_a_file_that_does_not_name_the_base() -> None:
    files = {"shop.py": "class Base:\n    def __init__(self, session): ...\nclass Users(Base): ...\n"}
    codemod = AddArgument(function="shop.Base", parameter="session", value="None")
    at = Place.within(Sources.of(files), "tests/test_it.py")
    assert apply("from shop import Users\nUsers()\n", [codemod], at) == (
        "from shop import Users\nUsers(session=None)\n"
    )
