"""Renaming a keyword: calls in every form, dicts that are passed on, and what is expected of mocks."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword

RENAME = RenameKeyword(function="shop.order", old="qty", new="quantity")
HEADER = "import pytest\nfrom shop import order\n"
FILES = {"shop.py": "def order(item, quantity=1): ...\n", "cart.py": "from shop import order\n"}


def place() -> Place:
    return Place.within(Sources.of(FILES), "tests/test_it.py")


def renamed(source: str) -> str:
    text = HEADER + source
    return apply(text, [RENAME], place())[len(HEADER) :]


def notes(source: str) -> list[str]:
    return [note.reason for note in rewrite(HEADER + source, [RENAME], place()).notes]


@pytest.mark.parametrize(
    "source",
    [
        "cafe(qty=1)\n",
        "cafe.order(qty=1)\n",
        "order(1, quantity=2)\n",
        "order('qty', item='qty')\n",
        "kwargs = {'qty': 1}\nsend(json=kwargs)\n",
        "def order(qty): ...\norder(qty=1)\n",
        "def test(order):\n    order(qty=1)\n",
        "class Fake:\n    def order(self, qty): ...\nFake().order(qty=1)\n",
        "assert order(1).qty == 2\n",
        "qty = 2\norder(1, qty)\n",
    ],
)
def test_what_is_no_keyword_of_the_function_stays(source: str) -> None:
    assert renamed(source) == source
    assert notes(source) == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("order(qty=1, quantity=2)\n", "both"),
        ("order(**{'qty': 1, 'quantity': 2})\n", "both"),
        ("def test(kwargs):\n    order(**kwargs)  # qty\n", "can't be told"),
        ("K = {'qty': 1}\norder(**K)\nsend(K)\n", "goes elsewhere"),
        ("pool.submit(order, qty=1)\n", "may pass"),
        ("Thread(target=order, kwargs={'qty': 1})\n", "may pass"),
        ("def make(quantity=0, **over):\n    return order(**over)\nmake(qty=1)\n", "for itself"),
    ],
)
def test_what_is_in_doubt_stays_and_is_said(source: str, reason: str) -> None:
    assert renamed(source) == source
    assert any(reason in each for each in notes(source))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("order(1, qty = 2)\n", "order(1, quantity = 2)\n"),
        ("order(qty=qty)  # qty\n", "order(quantity=qty)  # qty\n"),
        ("order(**{'qty': 1})\n", "order(**{'quantity': 1})\n"),
        ('order(**{"qty": 1})\n', 'order(**{"quantity": 1})\n'),
        ("K = dict(qty=1)\norder(**K)\norder(**K)\n", "K = dict(quantity=1)\norder(**K)\norder(**K)\n"),
        ("order(order(qty=1), qty=2)\n", "order(order(quantity=1), quantity=2)\n"),
    ],
)
def test_a_keyword_is_renamed_and_all_else_stays(before: str, after: str) -> None:
    assert renamed(before) == after
    assert renamed(after) == after


SHOP = """
    class Line:
        def __init__(self, item, {0}=1):
            self.item, self.n = item, {0}
        def total(self, *, {0}=1):
            return self.n * {0}

    def order(item, {0}=1):
        return Line(item, {0}={0})

    async def later(item, {0}=1):
        return order(item, {0}={0})
    """
CART = """
    from shop import order

    def fill(items):
        return [order(each, {0}=2) for each in items]
    """
TESTS = """
    import functools
    import unittest
    from unittest import mock
    from unittest.mock import call, create_autospec, patch

    import cart
    import pytest
    import shop
    from shop import Line, order as place

    BASE = {"item": "tea", "qty": 2}
    CASES = [({"qty": 3}, 3), pytest.param({}, 1, id="none")]

    def make(**changes):
        return place(**{**BASE, **changes})

    @pytest.fixture
    def kwargs():
        return {"item": "tea", "qty": 4}

    @pytest.fixture
    def placed():
        with patch("cart.order") as placed:
            yield placed

    def test_plain():
        assert place("tea", qty=2).n == 2
        assert shop.order("tea", qty=2).n == 2
        assert functools.partial(place, qty=5)("tea").n == 5

    def test_dicts(kwargs):
        kwargs["qty"] += 1
        assert place(**kwargs).n == kwargs["qty"] == 5
        assert make().n == 2
        assert make(qty=7).n == 7

    @pytest.mark.parametrize(("given", "n"), CASES)
    def test_cases(given, n):
        assert Line("tea", **given).total() == place("tea", **given).n == n

    class Double(Line):
        def __init__(self, item):
            super().__init__(item, qty=2)

    def test_subclass():
        assert Double("tea").n == 2

    def test_mock(placed):
        cart.fill(["tea", "rum"])
        placed.assert_has_calls([call("tea", qty=2), call("rum", qty=2)])
        placed.assert_called_with("rum", qty=2)
        assert placed.call_args.kwargs["qty"] == 2
        assert placed.call_args_list == [mock.call("tea", qty=2), mock.call("rum", qty=2)]
        _, kwargs = placed.call_args
        assert kwargs == placed.call_args[1]
        assert kwargs["qty"] == 2

    class TestUnit(unittest.TestCase):
        def setUp(self):
            patcher = patch.object(cart, "order")
            self.order = patcher.start()
            self.addCleanup(patcher.stop)
            self.kwargs = {"qty": 2}

        def test_called(self):
            cart.fill(["tea"])
            self.order.assert_called_once_with("tea", qty=2)
            self.assertRaises(TypeError, place, qty=3)
            self.assertEqual(place("tea", **self.kwargs).n, 2)
    """


def test_the_tests_of_a_shop_pass_again(prove: Callable[..., dict[str, str]]) -> None:
    old, new = ({"shop.py": SHOP.format(name), "cart.py": CART.format(name)} for name in ("qty", "quantity"))
    tests = {"tests/test_shop.py": TESTS.replace('Line("tea", **given).total() == ', "").replace(
        "super().__init__(item, qty=2)", "super().__init__(item, 2)"
    )}  # fmt: skip
    rewritten = prove(RENAME, old, new, tests)["tests/test_shop.py"]
    assert "qty" not in rewritten
    assert rewritten == dedent(tests["tests/test_shop.py"]).replace("qty", "quantity")


def test_conftest_files_and_helpers_go_along(prove: Callable[..., dict[str, str]]) -> None:
    tests = {
        "tests/__init__.py": "",
        "tests/helpers.py": """
            import shop

            DEFAULTS = {"item": "tea"}

            def make(**changes):
                return shop.order(**{**DEFAULTS, "qty": 1, **changes})

            def made(qty):
                return dict(item="tea", qty=qty)
        """,
        "tests/conftest.py": """
            import pytest

            @pytest.fixture
            def line():
                return {"item": "tea", "qty": 4}

            @pytest.fixture
            def body():
                return {"item": "tea", "qty": 4}
        """,
        "tests/test_shop.py": """
            from shop import order
            from tests import helpers
            from tests.helpers import make

            def test_line(line):
                line["qty"] += 1
                assert order(**line).n == line["qty"] == 5

            def test_make():
                assert make().n == 1
                assert make(qty=2).n == helpers.make(qty=2).n == 2
                assert order(**helpers.made(qty=3)).n == 3
        """,
        "tests/api/test_body.py": """
            def test_body(body):
                assert body == {"item": "tea", "qty": 4}
        """,
    }
    old, new = ({"shop.py": SHOP.format(name)} for name in ("qty", "quantity"))
    made = prove(RENAME, old, new, tests)
    assert '"quantity": 1' in made["tests/helpers.py"]
    assert "quantity=qty)" in made["tests/helpers.py"]
    assert made["tests/conftest.py"].count('"quantity": 4') == 1
    assert 'line["quantity"] += 1' in made["tests/test_shop.py"]
    assert "make(quantity=2).n == helpers.make(quantity=2).n" in made["tests/test_shop.py"]
    assert "helpers.made(qty=3)" in made["tests/test_shop.py"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            (
                "def fake(item, qty=1):\n    return [qty for _ in range(qty)]\n"
                "def test(monkeypatch):\n    monkeypatch.setattr('cart.order', fake)\n"
            ),
            (
                "def fake(item, quantity=1):\n    return [quantity for _ in range(quantity)]\n"
                "def test(monkeypatch):\n    monkeypatch.setattr('cart.order', fake)\n"
            ),
        ),
        (
            "def test(mocker):\n    mocker.patch('cart.order', lambda item, *, qty: f'{qty}')\n",
            "def test(mocker):\n    mocker.patch('cart.order', lambda item, *, quantity: f'{quantity}')\n",
        ),
        (
            "def test(mocker):\n    m = mocker.patch('cart.order')\n    m.side_effect = lambda item, qty: qty\n",
            (
                "def test(mocker):\n    m = mocker.patch('cart.order')\n"
                "    m.side_effect = lambda item, quantity: quantity\n"
            ),
        ),
    ],
)
def test_what_stands_in_for_the_function_takes_the_new_keyword(before: str, after: str) -> None:
    assert renamed(before) == after
    assert renamed(after) == after


@pytest.mark.parametrize(
    "source",
    [
        (
            "def fake(item, qty):\n    quantity = 1\n    return qty\ncart.order = 1\n"
            "monkeypatch.setattr('cart.order', fake)\n"
        ),
        "def fake(item, qty): ...\nmonkeypatch.setattr('cart.order', fake)\nfake(1, qty=2)\n",
    ],
)
def test_a_stand_in_that_can_t_follow_stays_and_is_said(source: str) -> None:
    assert renamed(source) == source
    assert any("stands in" in each for each in notes(source))


def test_what_stands_in_for_another_function_stays() -> None:
    source = "def fake(qty): ...\nmonkeypatch.setattr('cart.pay', fake)\nclass Fake:\n    def order(self, qty): ...\n"
    assert renamed(source) == source


def test_a_fake_and_a_derived_class_are_called_by_the_new_keyword(prove: Callable[..., dict[str, str]]) -> None:
    shop = """
        class Till:
            def sell(self, item, {0}=1):
                return {0}
            def twice(self, item):
                return self.sell(item, {0}=1) + self.sell(item, {0}=1)

        def order(item, {0}=1):
            return {0}

        def run(items):
            return [order(each, {0}=2) for each in items]
    """
    tests = """
        import shop

        class Double(shop.Till):
            def sell(self, item, qty=1):
                assert qty
                return 2 * super().sell(item, qty=qty)

        def test_double():
            assert Double().twice("tea") == 4

        def test_fake(monkeypatch):
            def fake(item, qty):
                return 10 * qty

            monkeypatch.setattr(shop, "order", fake)
            assert shop.run("ab") == [20, 20]
    """
    old, new = ({"shop.py": shop.format(name)} for name in ("qty", "quantity"))
    half = {
        "shop.py": shop.format("quantity").split("        def order")[0]
        + "        def order"
        + shop.format("qty").split("        def order")[1]
    }
    codemod = RenameKeyword("shop.Till.sell", "qty", "quantity")
    first = prove(codemod, old, half, {"tests/test_shop.py": tests})
    assert "def sell(self, item, quantity=1):\n        assert quantity\n" in first["tests/test_shop.py"]
    second = prove(RENAME, half, new, first)
    assert "def fake(item, quantity):\n        return 10 * quantity\n" in second["tests/test_shop.py"]


def test_a_constructor_and_a_method_are_other_functions(prove: Callable[..., dict[str, str]]) -> None:
    tests = """
        import pytest
        from shop import Line

        class Double(Line):
            def __init__(self, item):
                super().__init__(item, qty=2)

        @pytest.fixture
        def line() -> Line:
            return Line("tea", qty=3)

        def test_total(line):
            assert line.total(qty=2) == 6
            assert Double("tea").total(qty=3) == 6
    """
    old = {"shop.py": SHOP.format("qty")}
    init = (
        SHOP.format("qty")
        .replace(
            "item, qty=1):\n            self.item, self.n = item, qty",
            "item, n=1):\n            self.item, self.n = item, n",
        )
        .replace("Line(item, qty=qty)", "Line(item, n=qty)")
    )
    method = SHOP.format("qty").replace(
        "*, qty=1):\n            return self.n * qty", "*, times=1):\n            return self.n * times"
    )
    made = prove(RenameKeyword("shop.Line", "qty", "n"), old, {"shop.py": init}, {"tests/test_shop.py": tests})
    assert made["tests/test_shop.py"] == dedent(tests).replace("item, qty=2", "item, n=2").replace(
        'tea", qty=3', 'tea", n=3'
    )
    made = prove(
        RenameKeyword("shop.Line.total", "qty", "times"), old, {"shop.py": method}, {"tests/test_shop.py": tests}
    )
    assert made["tests/test_shop.py"] == dedent(tests).replace("total(qty", "total(times")


FIELDS = {
    "forms.py": """
        class Field:
            def __init__(self, *, data_key=None): ...

        class Number(Field):
            def __init__(self, *, strict=False, **kwargs):
                self.strict = kwargs.pop("force", strict)
                super().__init__(**kwargs)

        class Integer(Number):
            def __init__(self, **rest):
                Number.__init__(self, strict=True, **rest)

        class Text(Field): ...

        class Aliased(Field):
            def __init__(self, data_key): ...

        class Looking(Field):
            def __init__(self, **kwargs):
                self.key = kwargs.get("data_key")
                super().__init__(**kwargs)

        class Counting(Field):
            def __init__(self, **kwargs):
                self.count = len(kwargs)
                super().__init__(**kwargs)

        class Odd(Field):
            def __init__(self, **kwargs):
                super().__init__()
    """
}


def renamed_field(source: str) -> tuple[str, list[str]]:
    files = {path: dedent(text) for path, text in FIELDS.items()}
    codemod = RenameKeyword(function="forms.Field", old="data_key", new="name")
    at = Place.within(Sources.of(files), "tests/test_forms.py")
    notes = [note.reason for note in rewrite(source, [codemod], at).notes]
    return apply(source, [codemod], at), notes


@pytest.mark.parametrize("kind", ["Field", "Text", "Number", "Integer"])
def test_a_derived_class_that_passes_its_keywords_on_is_followed(kind: str) -> None:
    source = f"import forms\nforms.{kind}(data_key='a')\n"
    assert renamed_field(source) == (source.replace("data_key", "name"), [])


@pytest.mark.parametrize("kind", ["Aliased", "Looking", "Counting", "Odd"])
def test_a_derived_class_that_has_the_keyword_itself_stays_with_a_note(kind: str) -> None:
    source = f"import forms\nforms.{kind}(data_key='a')\n"
    after, notes = renamed_field(source)
    assert after == source
    assert len(notes) == 1
    assert "derives from forms.Field" in notes[0]


def test_a_derived_class_of_the_tests_with_its_own_keyword_is_theirs() -> None:
    source = dedent("""
        import forms

        class Mine(forms.Field):
            def __init__(self, data_key):
                super().__init__(data_key=data_key)

        Mine(data_key="a")
    """)
    assert renamed_field(source) == (source.replace("(data_key=data_key)", "(name=data_key)"), [])


def test_a_row_of_parametrize_may_be_a_call_of_dict() -> None:
    source = dedent("""
        @pytest.mark.parametrize("kwargs", [dict(qty=1), {"qty": 2}, pytest.param(dict(qty=3), id="three")])
        def test_many(kwargs):
            order("tea", **kwargs)
    """)
    assert renamed(source) == source.replace("qty", "quantity")
    assert notes(source) == []


@pytest.mark.parametrize("path", ["tests/helpers.py", "tests/test_it.py"])
def test_what_updates_a_dict_of_defaults_goes_where_that_goes(path: str) -> None:
    helper = dedent("""
        from shop import order

        def make_order(**overrides):
            defaults = {"item": "tea", "qty": 5}
            defaults.update(overrides)
            return order(**defaults)
    """)
    test = "make_order(qty=1)\n"
    here = path == "tests/test_it.py"
    files = {**FILES, path: helper}
    source = helper + test if here else "from helpers import make_order\n" + test
    at = Place.within(Sources.of(files, ("", "tests")), "tests/test_it.py")
    assert apply(source, [RENAME], at) == source.replace("qty", "quantity")


def test_what_updates_a_dict_that_goes_elsewhere_stays() -> None:
    source = dedent("""
        def make_order(**overrides):
            sent = {}
            sent.update(overrides)
            log(sent)
            return order(**sent)

        make_order(qty=1)
    """)
    assert renamed(source) == source
    assert notes(source) != []


def test_what_a_mock_recorded_is_compared_with_keys() -> None:
    source = dedent("""
        from unittest.mock import patch

        @patch("cart.order")
        def test_expected(place):
            assert place.call_args.kwargs == {"item": "tea", "qty": 2}
            assert {"qty": 2} == place.call_args[1]
            assert "qty" in place.call_args.kwargs
            assert "qty" == place.name
            assert {"a": "qty"} != place.call_args.kwargs
            assert {"qty": 2} == place.other
    """)
    after = source.replace('"qty": 2}\n', '"quantity": 2}\n').replace(
        '"qty": 2} == place.call', '"quantity": 2} == place.call'
    )
    assert renamed(source) == after.replace('"qty" in', '"quantity" in')


def test_a_test_that_calls_the_mock_itself_calls_it_as_the_function() -> None:
    source = dedent("""
        from unittest.mock import create_autospec

        def test_spec():
            place = create_autospec(order)
            place("tea", qty=3)
            place.assert_called_once_with("tea", qty=3)
    """)
    assert renamed(source) == source.replace("qty", "quantity")
