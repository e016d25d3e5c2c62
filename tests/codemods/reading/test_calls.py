"""Which places of a test file pass arguments to one function, method or class, and how."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.reading.calls import Calls, Site
from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import File, Place, Sources

SHOP = """
    import functools
    from dataclasses import dataclass

    def order(item, qty=1, *, note=""): ...

    class Till:
        def __init__(self, shop, float=0): ...
        def sell(self, item, qty=1): ...
        @classmethod
        def opened(cls, shop): ...
        @staticmethod
        def price(item, qty=1): ...

    class Own(Till):
        def sell(self, item): ...

    class Plain(Till):
        pass

    @dataclass
    class Line:
        item: str
        qty: int = 1
    """
FILES = {
    "shop/till.py": SHOP,
    "shop/__init__.py": "from shop.till import order, Till, Own, Plain, Line\n",
    "cart.py": "from shop import order, Till\n",
}


def calls_in(
    source: str, function: str, files: Mapping[str, str] | None = None, path: str = "tests/test_it.py"
) -> Calls:
    text = dedent(source)
    sources = Sources.of({path: dedent(each) for path, each in (FILES if files is None else files).items()})
    place = Place.within(sources, path)
    return Calls(File(ModuleNames(parse(text), place.module, place.package), place, text), function)


def sites(source: str, function: str, files: Mapping[str, str] | None = None) -> list[Site]:
    return calls_in(source, function, files).sites


def said(source: str, function: str, files: Mapping[str, str] | None = None) -> list[str]:
    """Each site as its arguments: those before the function's own left out, ``...`` where that can't be told."""
    lines = []
    for site in sites(source, function, files):
        positional = ["..."] if site.skip is None else [ast.unparse(each) for each in site.positional]
        keywords = [f"{each.arg}={ast.unparse(each.value)}" if each.arg else "**" for each in site.node.keywords]
        lines.append(", ".join(["_"] * site.shift + positional + keywords))
    return lines


def test_a_function_of_the_same_name_from_elsewhere_is_another_one() -> None:
    assert said("from cafe import order\norder(1)", "shop.till.order") == []


def test_a_name_that_may_be_two_things_is_none_of_them() -> None:
    source = """
        from shop import order
        if x:
            from cafe import order
        order(1)
    """
    assert said(source, "shop.order") == []


@pytest.mark.parametrize(
    "source",
    [
        "from shop import order\norder(1, qty=2)",
        "from shop import order as o\no(1, qty=2)",
        "from shop.till import order\norder(1, qty=2)",
        "import shop\nshop.order(1, qty=2)",
        "import shop.till as t\nt.order(1, qty=2)",
        "def test():\n    from shop import order\n    order(1, qty=2)",
        "async def test():\n    from shop import order\n    await order(1, qty=2)",
        "from cart import order\n@order(1, qty=2)\ndef test(): ...",
        "from shop import order\nplace = order\nplace(1, qty=2)",
        "from shop import *\norder(1, qty=2)",
    ],
)
@pytest.mark.parametrize("function", ["shop.order", "shop.till.order"])
def test_a_call_is_found_under_every_import_and_through_re_exports(source: str, function: str) -> None:
    assert said(source, function) == ["1, qty=2"]


def test_calls_are_found_where_no_file_of_the_implementation_can_be_seen() -> None:
    source = "from shop import order, Till\norder(1)\nTill(2)\nTill.sell(t, 3)\nTill(0).sell(4)"
    assert said(source, "shop.order", {}) == ["1"]
    assert said(source, "shop.Till", {}) == ["2", "0"]
    assert said(source, "shop.Till.sell", {}) == ["...", "4"], "whether sell needs its self is not known"


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("functools.partial(order, 1, qty=2)", ["1, qty=2"]),
        ("p = functools.partial(order, 1)\np(qty=2)", ["1", "_, qty=2"]),
        ("pytest.raises(ValueError, order, 1, qty=2)", ["1, qty=2"]),
        ("asyncio.to_thread(order, 1, qty=2)", ["1, qty=2"]),
        ("functools.partial(cafe, 1, qty=2)", []),
        (
            "class T(unittest.TestCase):\n    def test(self):\n        self.assertRaises(E, order, 1, qty=2)",
            ["1, qty=2"],
        ),
    ],
)
def test_what_calls_it_with_the_arguments_behind_it_passes_them(source: str, arguments: list[str]) -> None:
    header = "import asyncio, functools, pytest, unittest\nfrom shop import order\nfrom cafe import cafe\n"
    assert said(header + source, "shop.order") == arguments


def test_what_is_handed_the_function_may_call_it() -> None:
    calls = calls_in("from shop import order\npool.submit(order, 1, qty=2)", "shop.order")
    assert calls.sites == []
    assert [ast.unparse(each) for each in calls.handed] == ["pool.submit(order, 1, qty=2)"]


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("Till(1)", ["1"]),
        ("Plain(1)", ["1"]),
        ("class Fake(Till): ...\nFake(1)", ["1"]),
        ("class Fake(Till):\n    def __init__(self): super().__init__(1)\nFake()", ["1"]),
        ("class Fake(Till):\n    def __init__(self): Till.__init__(self, 1)\nFake()", ["1"]),
        ("class Fake(Unknown, Till): ...\nFake(1)", []),
        ("class Fake(Till):\n    @classmethod\n    def made(cls): return cls(1)", ["1"]),
        ("class Fake(Till):\n    def again(self): return type(self)(1), self.__class__(2)", ["1", "2"]),
        ("class Fake(Till):\n    def __new__(cls, x): ...\nFake(1)", []),
    ],
)
@pytest.mark.parametrize("function", ["shop.Till", "shop.till.Till", "shop.Till.__init__"])
def test_a_constructor_is_called_through_classes_that_have_no_other_one(
    function: str, source: str, arguments: list[str]
) -> None:
    assert said("from shop import *\nfrom shop import Till, Plain\n" + source, function) == arguments


def test_a_copy_takes_the_constructor_s_keywords() -> None:
    source = """
        import dataclasses
        from shop import Line
        line = Line("tea")
        dataclasses.replace(line, qty=2)
        dataclasses.replace(other, qty=2)
    """
    assert [(each.form, each.node.lineno) for each in sites(source, "shop.Line")] == [("call", 4), ("copy", 5)]


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("Till(0).sell(1, qty=2)", ["1, qty=2"]),
        ("till = Till(0)\ntill.sell(1)", ["1"]),
        ("def test(till: Till): till.sell(1)", ["1"]),
        ("@pytest.fixture\ndef till(): return Till(0)\ndef test(till): till.sell(1)", ["1"]),
        ("Till.sell(till, 1)", ["1"]),
        ("Plain(0).sell(1)", ["1"]),
        ("Own(0).sell(1)", []),
        ("cafe.sell(1)", []),
        ("class Fake(Till):\n    def sell(self, item): super().sell(1)\nFake(0).sell(2)", ["1"]),
        ("class Fake(Till): ...\nFake(0).sell(2)", ["2"]),
        ("class Fake(Till):\n    def twice(self): self.sell(1)", ["1"]),
        ("sell = Till(0).sell\nsell(1)", ["1"]),
    ],
)
def test_a_method_is_called_on_what_is_proven_to_be_of_its_class(source: str, arguments: list[str]) -> None:
    header = "import pytest\nfrom cafe import cafe\nfrom shop import Till, Own, Plain\n"
    assert said(header + source, "shop.Till.sell") == arguments


def test_class_methods_and_static_methods_get_no_object() -> None:
    source = "from shop import Till\nTill.opened(1)\nTill(0).opened(2)\nTill.price(3)\nTill(0).price(4)"
    assert said(source, "shop.Till.opened") == ["1", "2"]
    assert said(source, "shop.Till.price") == ["3", "4"]


MOCKS = """
    import pytest
    from unittest import mock
    from unittest.mock import ANY, Mock, call, create_autospec, patch
    import cart, shop
    from shop import Till, order
"""


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("with patch('cart.order') as m: m.assert_called_with(1)", ["1"]),
        ("with patch('cafe.order') as m: m.assert_called_with(1)", []),
        ("with mock.patch.object(cart, 'order') as m: m.assert_called_once_with(1)", ["1"]),
        (("@patch('cart.order')\n@patch('cart.pay')\n"
         "def test(pay, place): place.assert_any_call(1); pay.assert_any_call(2)"), ["1"]),
        ("@patch('cart.order')\n@patch('cart.pay', new=1)\ndef test(place, pay): place.assert_any_call(1)", ["1"]),
        (("@patch('cart.order')\nclass TestIt:\n    @patch('cart.pay')\n"
         "    def test(self, pay, place): place.assert_any_call(1)"), ["1"]),
        ("def test(mocker):\n    m = mocker.patch('cart.order')\n    m.assert_called_with(1)", ["1"]),
        ("def test(mocker):\n    m = mocker.patch.object(cart, 'order')\n    m.assert_called_with(1)", ["1"]),
        ("def test(mocker):\n    mocker.patch('cart.order')\n    cart.order.assert_called_with(1)", ["1"]),
        ("def test(mocker):\n    m = mocker.spy(cart, 'order')\n    m.assert_called_with(1)", ["1"]),
        ("m = create_autospec(order)\nm.assert_called_with(1)", ["1"]),
        (("m = Mock()\ndef test(monkeypatch):\n    monkeypatch.setattr(cart, 'order', m)\n"
         "    m.assert_called_with(1)"), ["1"]),
        (("def test(monkeypatch):\n    m = Mock()\n    monkeypatch.setattr('cart.order', m)\n"
         "    m.assert_called_with(1)"), ["1"]),
        ("def test():\n    m = Mock()\n    with patch('cart.order', m):\n        m.assert_called_with(1)", ["1"]),
        ("m = Mock()\nm.assert_called_with(1)", []),
        (("class T:\n    def setUp(self): self.m = patch('cart.order').start()\n"
         "    def test(self): self.m.assert_called_with(1)"), ["1"]),
        (("@pytest.fixture\ndef place():\n    with patch('cart.order') as m: yield m\n"
         "def test(place): place.assert_called_with(1)"), ["1"]),
        (("@pytest.fixture\ndef place(mocker): return mocker.patch('cart.order')\n"
         "def test(place): place.assert_called_with(1)"), ["1"]),
        ("p = patch('cart.order')\nm = p.start()\nm.assert_called_with(1)", ["1"]),
        ("p = patch('cart.order')\nwith p as m: m.assert_called_with(1)", ["1"]),
        ("with patch('cart.order') as m: m.assert_has_calls([call(1), call(2)])", ["1", "2"]),
        ("with patch('cart.order') as m: assert m.call_args == call(1)", ["1"]),
        ("with patch('cart.order') as m: assert m.call_args_list == [call(1), mock.call(2)]", ["1", "2"]),
        ("with patch('cart.order') as m: assert call(1) in m.mock_calls", ["1"]),
        ("with patch('cart.pay') as m: assert call(1) in m.mock_calls", []),
        ("with patch('cart.order', side_effect=order) as m: m.assert_awaited_once_with(1)", ["1"]),
    ],
)  # fmt: skip
def test_what_is_expected_of_its_mock_are_its_arguments(source: str, arguments: list[str]) -> None:
    assert said(dedent(MOCKS) + source, "shop.order") == arguments


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("with patch.object(Till, 'sell') as m: m.assert_called_with(1)", ["1"]),
        ("with patch.object(Till, 'sell', autospec=True) as m: m.assert_called_with(ANY, 1)", ["1"]),
        ("with patch('cart.Till') as m: m.return_value.sell.assert_called_with(1)", ["1"]),
        ("with patch('cart.Till') as m: m().sell.assert_called_with(1)", ["1"]),
        ("m = create_autospec(Till, instance=True)\nm.sell.assert_called_with(1)", ["1"]),
        ("m = Mock(spec=Till)\nm.sell.assert_called_with(1)", ["1"]),
        ("m = Mock(spec=Till)\nm.buy.assert_called_with(1)", []),
        ("m = Mock(spec=Till)\nm.assert_called_with(1)", []),
        ("with patch('cart.Till') as m: m.sell.assert_called_with(1)", ["..."]),
    ],
)
def test_a_mock_of_a_class_has_mocks_of_its_methods(source: str, arguments: list[str]) -> None:
    assert said(dedent(MOCKS) + source, "shop.Till.sell") == arguments


def test_a_mock_of_a_class_is_called_as_its_constructor() -> None:
    source = "with patch('cart.Till') as m: m.assert_called_with(1); m.return_value.sell.assert_called_with(2)"
    assert said(dedent(MOCKS) + source, "shop.Till") == ["1"]


@pytest.mark.parametrize(
    "recorded",
    [
        "m.call_args.kwargs['qty']",
        "m.call_args[1]['qty']",
        "m.call_args_list[0].kwargs['qty']",
        "m.call_args.kwargs.get('qty')",
    ],
)
def test_the_keywords_that_a_mock_recorded_are_found(recorded: str) -> None:
    for target, count in {"cart.order": 1, "cart.pay": 0}.items():
        calls = calls_in(f"{dedent(MOCKS)}with patch('{target}') as m: assert {recorded} == 2", "shop.order")
        assert [each.value for each in calls.recorded] == ["qty"] * count


def test_recorded_keywords_are_found_where_they_were_unpacked() -> None:
    source = "with patch('cart.order') as m:\n    _, kwargs = m.call_args\n    assert kwargs['qty'] == 2"
    assert [each.value for each in calls_in(dedent(MOCKS) + source, "shop.order").recorded] == ["qty"]


SPLATS = "import copy, pytest\nfrom shop import order\n"


@pytest.mark.parametrize(
    "source",
    [
        "order(**{'qty': 1})",
        "order(**dict(qty=1))",
        "order(**{**{'qty': 1}, 'note': ''})",
        "order(**({'qty': 1} | {'note': ''}))",
        "def test():\n    kwargs = {'qty': 1}\n    order(**kwargs)",
        "def test():\n    kwargs: dict[str, int] = dict(qty=1)\n    order(**kwargs)",
        "KWARGS = {'qty': 1}\ndef test(): order(**KWARGS)",
        "KWARGS = {'qty': 1}\ndef test():\n    kwargs = KWARGS.copy()\n    order(**kwargs)",
        "KWARGS = {'qty': 1}\ndef test():\n    kwargs = copy.deepcopy(KWARGS)\n    order(**kwargs)",
        "@pytest.mark.parametrize('kwargs', [{'qty': 1}])\ndef test(kwargs): order(**kwargs)",
        "@pytest.mark.parametrize('kwargs', [pytest.param({'qty': 1}, id='x')])\ndef test(kwargs): order(**kwargs)",
        "@pytest.mark.parametrize('a, kwargs', [(1, {'qty': 1})])\ndef test(a, kwargs): order(a, **kwargs)",
        ("@pytest.mark.parametrize(('a', 'kwargs'), [pytest.param(1, {'qty': 1})])\n"
         "def test(a, kwargs): order(**kwargs)"),
        "CASES = [{'qty': 1}]\n@pytest.mark.parametrize('kwargs', CASES)\ndef test(kwargs): order(**kwargs)",
        "CASES = [(1, {'qty': 1})]\n@pytest.mark.parametrize('a,kwargs', CASES)\ndef test(a, kwargs): order(**kwargs)",
        "@pytest.mark.parametrize('kwargs', [{'qty': 1}])\nclass TestIt:\n    def test(self, kwargs): order(**kwargs)",
        "@pytest.fixture\ndef kwargs(): return {'qty': 1}\ndef test(kwargs): order(**kwargs)",
        "@pytest.fixture\ndef kwargs():\n    yield {'qty': 1}\ndef test(kwargs): order(**kwargs)",
        ("@pytest.fixture\ndef base(): return {'qty': 1}\n@pytest.fixture\n"
         "def kwargs(base): return {**base, 'note': ''}\ndef test(kwargs): order(**kwargs)"),
        "def made(): return {'qty': 1}\ndef test(): order(**made())",
        "def make(**over): return order(**over)\ndef test(): make(qty=1)",
        "def made(**over): return {'note': '', **over}\ndef test(): order(**made(qty=1))",
        "class T:\n    def setUp(self): self.kwargs = {'qty': 1}\n    def test(self): order(**self.kwargs)",
        "def test():\n    for kwargs in [{'qty': 1}]: order(**kwargs)",
        "def test():\n    for a, kwargs in [(1, {'qty': 1})]: order(a, **kwargs)",
        "def test():\n    kwargs = {}\n    kwargs.update(qty=1)\n    order(**kwargs)",
        "def test():\n    kwargs = {}\n    kwargs |= {'qty': 1}\n    order(**kwargs)",
    ],
)  # fmt: skip
def test_a_splatted_dict_is_found_where_it_is_written(source: str) -> None:
    (site,) = [each for each in sites(SPLATS + source, "shop.order") if each.splats]
    (splat,) = site.splats
    assert splat.complete
    (keys,) = [each for each in splat.keys if each.named("qty")]
    assert keys.private


@pytest.mark.parametrize(
    "source",
    [
        "def test():\n    kwargs = {'qty': 1}\n    order(**kwargs)\n    other(**kwargs)",
        "def test():\n    kwargs = {'qty': 1}\n    order(**kwargs)\n    assert kwargs == x",
        "def test():\n    kwargs = {'qty': 1}\n    order(**kwargs)\n    for k in kwargs: x",
        "KWARGS = {'qty': 1}\ndef test(): order(**KWARGS)\ndef other(): send(json=KWARGS)",
        "@pytest.mark.parametrize('kwargs', [{'qty': 1}])\ndef test(kwargs):\n    order(**kwargs)\n    print(kwargs)",
        ("CASES = [{'qty': 1}]\n@pytest.mark.parametrize('kwargs', CASES)\n"
         "def test(kwargs): order(**kwargs)\nprint(CASES)"),
        ("@pytest.fixture\ndef kwargs(): return {'qty': 1}\ndef test(kwargs): order(**kwargs)\n"
         "def test_it(kwargs): x(kwargs)"),
        ("@pytest.fixture\ndef kwargs(): return {'qty': 1}\ndef test(kwargs): order(**kwargs)\n"
         "def other(r): r.getfixturevalue('kwargs')"),
        "def made(): return {'qty': 1}\ndef test(): order(**made())\ndef other(): x(made())",
        "def make(**over):\n    print(over)\n    return order(**over)\ndef test(): make(qty=1)",
        "A = {'qty': 1}\ndef test():\n    b = {**A}\n    order(**b)\n    print(b)",
    ],
)  # fmt: skip
def test_a_dict_that_goes_elsewhere_too_is_read_but_not_its_own(source: str) -> None:
    (splat,) = [splat for each in sites(SPLATS + source, "shop.order") for splat in each.splats]
    assert [each.private for each in splat.keys if each.named("qty")] == [False]


@pytest.mark.parametrize(
    "source",
    [
        "def test(kwargs): order(**kwargs)",
        "order(**load())",
        "order(**{name: 1})",
        "def test():\n    kwargs = {}\n    kwargs[name] = 1\n    order(**kwargs)",
        "def test():\n    kwargs = {}\n    kwargs.update(load())\n    order(**kwargs)",
        "def test(**kwargs): order(**kwargs)",
        "@pytest.mark.parametrize('kwargs', load())\ndef test(kwargs): order(**kwargs)",
    ],
)
def test_what_can_t_be_followed_is_not_complete(source: str) -> None:
    (splat,) = [splat for each in sites(SPLATS + source, "shop.order") for splat in each.splats]
    assert not splat.complete


CONFTEST = "import pytest\n@pytest.fixture\ndef kwargs(): return {'qty': 1}\n"
HELPERS = "from shop import order\ndef make(**over):\n    return order(**over)\ndef made():\n    return {'qty': 1}\n"


@pytest.mark.parametrize(
    ("other", "private"),
    [
        ("def test(kwargs): pass", True),
        ("def test(kwargs): order(**kwargs)", True),
        ("def test(kwargs): send(kwargs)", False),
        ("def test(request): request.getfixturevalue('kwargs')", False),
        ("def test(kwargs): cafe(**kwargs)", False),
        ("import pytest\n@pytest.fixture\ndef kwargs(): ...\ndef test(kwargs): send(kwargs)", True),
    ],
)
def test_a_conftest_s_fixture_is_looked_for_in_every_file_that_can_request_it(other: str, private: bool) -> None:
    other = f"from shop import order\n{other}\n"
    files = {**FILES, "tests/conftest.py": CONFTEST, "tests/a/test_other.py": other}
    source = SPLATS + "def test(kwargs):\n    order(**kwargs)\n    assert kwargs['qty'] == 1\n"
    (site,) = sites(source, "shop.order", files)
    (splat,) = site.splats
    assert [(each.private, each.here) for each in splat.keys] == [(private, False)]
    assert splat.complete
    shared = calls_in(CONFTEST, "shop.order", {**files, "tests/test_it.py": source}, "tests/conftest.py").shared
    assert [(each.private, each.here) for each in shared] == [(private, True)]


def test_a_function_of_another_file_passes_on_what_it_is_given() -> None:
    source = "from tests.helpers import make, made\nfrom shop import order\nmake(qty=1)\norder(**made())\n"
    files = {**FILES, "tests/helpers.py": HELPERS, "tests/test_it.py": source}
    calls = calls_in(source, "shop.order", files)
    assert [ast.unparse(each.node) for each in calls.forwarded("qty")] == ["make(qty=1)"]
    assert [(each.private, each.here) for site in calls.sites for each in site.displays] == [(True, False)]
    helpers = calls_in(HELPERS, "shop.order", files, "tests/helpers.py")
    assert [ast.unparse(each.node) for each in helpers.shared] == ["{'qty': 1}"]
    assert [site.splats[0].complete for site in helpers.sites] == [True]


def test_the_other_strings_that_name_a_key_are_found() -> None:
    source = """
        from shop import order
        def test():
            kwargs = {"qty": 1}
            kwargs["qty"] = 2
            assert "qty" in kwargs
            assert order(**kwargs).qty == kwargs.get("qty")
    """
    (site,) = sites(source, "shop.order")
    assert len([each for each in site.splats[0].words if each.value == "qty"]) == 3
