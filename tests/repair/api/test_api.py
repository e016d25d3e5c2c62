"""What dotted names lead to: re-exports, aliases, stars, members of bases, and circles of them."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # hypothesmith's grammar is built with deprecated parts of lark
    import hypothesmith

from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.table import Sort
from pytest_agentgate.repair.api.trees import TextTree


def api_of(files: dict[str, str], roots: tuple[str, ...] = ("", "src"), folders: tuple[str, ...] = ()) -> Api:
    return Api.of(TextTree({path: dedent(text) for path, text in files.items()}), roots, folders)


SHOP = {
    "src/shop/__init__.py": """
        from .orders import Order, make as make_order
        from .tax import *
        from . import money
        import json

        Cart = Order
        Basket = Cart
        __version__ = "1"
    """,
    "src/shop/orders.py": """
        from .base import Record

        class Order(Record):
            def total(self, tax): ...

            class Line:
                cost = 1

        def make(): ...
    """,
    "src/shop/base.py": """
        class Record(dict):
            def save(self): ...
            name: str = ""
    """,
    "src/shop/tax.py": """
        from .rates import RATES as _rates
        from .rates import *
        __all__ = ["rate", "VAT"]
        VAT = 7
        def rate(): ...
        def hidden(): ...
    """,
    "src/shop/rates.py": "RATES = {}\nLOW = 1\n_PRIVATE = 2\n",
    "src/shop/money.py": "from .rates import *\nfrom .rates import _PRIVATE\ndef convert(): ...\n",
    "src/plugins/extra.py": "def run(): ...\n",
    "tests/test_shop.py": "def test_it(): ...\n",
}


@pytest.fixture(scope="module")
def shop() -> Api:
    return api_of(SHOP, folders=("src",))


@pytest.mark.parametrize(
    ("name", "home"),
    [
        ("shop.orders.Order", "shop.orders.Order"),
        ("shop.Order", "shop.orders.Order"),
        ("shop.make_order", "shop.orders.make"),
        ("shop.Basket", "shop.orders.Order"),
        ("shop.Basket.total", "shop.orders.Order.total"),
        ("shop.Order.save", "shop.base.Record.save"),
        ("shop.Order.name", "shop.base.Record.name"),
        ("shop.Order.Line.cost", "shop.orders.Order.Line.cost"),
        ("shop.rate", "shop.tax.rate"),
        ("shop.money.LOW", "shop.rates.LOW"),
        ("shop.money._PRIVATE", "shop.rates._PRIVATE"),
        ("shop.tax.hidden", "shop.tax.hidden"),
        ("shop.tax.LOW", "shop.rates.LOW"),
        ("shop.orders.Record.save", "shop.base.Record.save"),
        ("shop.money", "shop.money"),
        ("shop", "shop"),
        ("plugins", "plugins"),
        ("plugins.extra.run", "plugins.extra.run"),
    ],
)
def test_names_lead_to_their_definitions(shop: Api, name: str, home: str) -> None:
    found = shop.symbol(name)
    assert found is not None
    assert found.name == home
    assert shop.canonical(name) == home
    assert shop.offers(name)


@pytest.mark.parametrize(
    "name",
    [
        "shop.gone", "shop.Order.gone", "shop.make_order.gone", "shop.hidden", "shop.LOW", "shop._PRIVATE",
        "shop.orders.Order.total.x", "gone", "gone.Order", "shop.test_shop", "tests.test_shop", "",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_offered(shop: Api, name: str) -> None:
    assert not shop.offers(name)
    assert shop.symbol(name) is None
    assert shop.canonical(name) == name


@pytest.mark.parametrize(
    ("name", "beyond"),
    [("shop.json", "json"), ("shop.json.dumps", "json.dumps"), ("shop.Order.items", "builtins.dict.items")],
)
def test_what_others_define_is_offered_and_has_no_symbol(shop: Api, name: str, beyond: str) -> None:
    assert shop.offers(name)
    assert shop.symbol(name) is None
    assert shop.canonical(name) == beyond


def test_every_name_of_a_symbol_is_known(shop: Api) -> None:
    order = shop.symbol("shop.Order")
    total = shop.symbol("shop.Order.total")
    low = shop.symbol("shop.rates.LOW")
    assert order is not None
    assert total is not None
    assert low is not None
    assert shop.names_of(order) == ("shop.orders.Order", "shop.Basket", "shop.Cart", "shop.Order")
    assert shop.names_of(total) == (
        "shop.orders.Order.total", "shop.Basket.total", "shop.Cart.total", "shop.Order.total",
    )  # fmt: skip
    assert shop.names_of(low) == ("shop.rates.LOW", "shop.money.LOW", "shop.tax.LOW")


def test_what_a_star_binds(shop: Api) -> None:
    assert shop.exports("shop.tax") == ("VAT", "rate")
    assert shop.exports("shop.money") == ("LOW", "RATES", "convert")
    assert shop.exports("shop.gone") == ()


def test_members_and_derived_classes(shop: Api) -> None:
    record, order = shop.symbol("shop.base.Record"), shop.symbol("shop.Order")
    assert record is not None
    assert order is not None
    assert {name: each.name for name, each in shop.members(order).items()} == {
        "total": "shop.orders.Order.total",
        "Line": "shop.orders.Order.Line",
        "save": "shop.base.Record.save",
        "name": "shop.base.Record.name",
    }
    assert shop.subclasses(record) == (order,)


def test_the_nearest_base_counts_and_a_shared_one_comes_last() -> None:
    api = api_of(
        {
            "shop.py": """
                class A:
                    def f(self): ...
                    def g(self): ...
                class B(A): ...
                class C(A):
                    def f(self, c): ...
                class D(B, C): ...
            """
        }
    )
    assert api.canonical("shop.D.f") == "shop.C.f"
    assert api.canonical("shop.D.g") == "shop.A.g"
    top = api.symbol("shop.A")
    assert top is not None
    assert [each.name for each in api.subclasses(top)] == ["shop.B", "shop.C", "shop.D"]


def test_a_name_of_a_package_hides_the_module_of_the_same_name() -> None:
    api = api_of(
        {"shop/__init__.py": "from .order import order", "shop/order.py": "def order(): ...\ndef other(): ...\n"}
    )
    assert api.canonical("shop.order") == "shop.order.order"
    assert api.canonical("shop.order.other") == "shop.order.other"
    assert api.canonical("shop.order.order") == "shop.order.order"


def test_of_several_imports_the_one_that_is_there_counts() -> None:
    text = "try:\n    from ._speedups import f\nexcept ImportError:\n    from .slow import f\n"
    api = api_of({"shop/__init__.py": text, "shop/slow.py": "def f(): ..."})
    assert api.canonical("shop.f") == "shop.slow.f"


def test_a_definition_after_an_import_counts_and_a_fallback_does_not() -> None:
    fast = "def f(): ..."
    api = api_of({"a.py": "from fast import f\ndef f(): ...\n", "fast.py": fast})
    assert api.canonical("a.f") == "a.f"
    api = api_of({"a.py": "try:\n    from fast import f\nexcept ImportError:\n    def f(): ...\n", "fast.py": fast})
    assert api.canonical("a.f") == "fast.f"
    api = api_of({"a.py": "def f(): ...\ntry:\n    from _fast import f\nexcept ImportError:\n    pass\n"})
    found = api.symbol("a.f")
    assert found is None or found.name == "a.f"
    assert api.offers("a.f")


ASKED = """
def __getattr__(name):
    if name == "Order":
        from .orders import Order
        return Order
    raise AttributeError
"""
LOADED = "def __getattr__(name):\n    return load(_LAZY[name], name)\n"
IMPORTED = "def __getattr__(name):\n    return getattr(import_module(_LAZY[name], __name__), name)\n"
ATTACHED = """
import lazy_loader
__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"orders": ["Order"]})
"""
RENAMED = "from .orders import Order as _Order\n_LAZY = {'Order': _Order}\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ASKED, id="imports in the function"),
        pytest.param("_LAZY = {'Order': '.orders'}\n" + IMPORTED, id="name: relative module"),
        pytest.param("_LAZY = {'Order': 'shop.orders'}\n" + LOADED, id="name: module"),
        pytest.param("_LAZY = {'Order': 'shop.orders:Order'}\n" + LOADED, id="name: module and name"),
        pytest.param("_LAZY = {'Order': ('.orders', 'Order')}\n" + LOADED, id="name: pair"),
        pytest.param("_LAZY = {'orders': ['Order', 'make']}\n" + LOADED, id="module: names"),
        pytest.param(ATTACHED, id="lazy_loader"),
        pytest.param(RENAMED + LOADED, id="name: thing"),
    ],
)
def test_lazy_exports_are_followed(text: str) -> None:
    api = api_of({"shop/__init__.py": text, "shop/orders.py": "class Order:\n    def total(self): ...\n"})
    assert api.canonical("shop.Order") == "shop.orders.Order"
    assert api.canonical("shop.Order.total") == "shop.orders.Order.total"
    assert not api.offers("shop.gone")


def test_what_a_module_makes_when_it_is_asked_is_offered_in_doubt() -> None:
    deprecated = (
        "def __getattr__(name):\n    if name in ('Old', 'Older'):\n        return make(name)\n    raise Error\n"
    )
    api = api_of({"shop.py": deprecated})
    assert api.offers("shop.Old")
    assert api.offers("shop.Older.anything")
    assert not api.offers("shop.Oldest")
    assert api.symbol("shop.Old") is None
    forwarding = "import real\ndef __getattr__(name):\n    return getattr(real, name)\n"
    assert api_of({"shop.py": forwarding}).offers("shop.anything")


def test_roots_and_folders_say_what_is_read_and_how_it_is_called() -> None:
    files = {"src/shop/a.py": "", "lib/shop/b.py": "", "tests/c.py": "", "src/shop/bad-name.py": "", "src/d.pyi": ""}
    assert set(api_of(files, ("src", "lib", "")).modules) == {"shop.a", "shop.b", "tests.c"}
    assert set(api_of(files, ("src", "lib", ""), ("src", "lib/shop/")).modules) == {"shop.a", "shop.b"}
    assert set(api_of(files, ("",), ("src/shop/a.py",)).modules) == {"src.shop.a"}


def test_a_package_counts_more_than_a_module_of_its_name() -> None:
    api = api_of({"shop.py": "OLD = 1", "shop/__init__.py": "NEW = 1"})
    assert set(api.modules["shop"].symbols) == {"NEW"}


def test_what_cannot_be_read_is_skipped_and_told(tmp_path: Path) -> None:
    files = {"a.py": "def f(:", "b.py": "return 1", "c.py": "x = 1", "d.py": "x = " + "(" * 3000, "e.py": "x = '\0'"}
    api = api_of(files)
    assert set(api.modules) == {"c"}
    assert set(api.skipped) == {"a.py", "b.py", "d.py", "e.py"}
    assert api.skipped["b.py"] == "line 1: 'return' outside function"


# ---- circles

NAMES = st.sampled_from(["a", "b", "c", "x", "y"])
LINES = st.one_of(
    st.builds("from {} import *".format, NAMES),
    st.builds("from {} import {} as {}".format, NAMES, NAMES, NAMES),
    st.builds("import {}.{} as {}".format, NAMES, NAMES, NAMES),
    st.builds("{} = {}".format, NAMES, NAMES),
    st.builds("{} = {}.{}.{}".format, NAMES, NAMES, NAMES, NAMES),
    st.builds("class {}({}.{}): {} = 1".format, NAMES, NAMES, NAMES, NAMES),
    st.builds("__all__ = {}.__all__".format, NAMES),
    st.builds("def {}(): ...".format, NAMES),
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, st.lists(LINES, max_size=6).map("\n".join), min_size=1, max_size=5))
def test_any_circle_of_names_ends(files: dict[str, str]) -> None:
    api = api_of({f"{name}.py": text for name, text in files.items()})
    for one in "abcxy":
        for other in "abcxy":
            name = f"{one}.{other}.a"
            found = api.symbol(name)
            if found is not None:
                assert api.offers(name)
                assert api.canonical(name) == found.name
                assert name in api.names_of(found) or "." in found.name
                api.members(found)
                api.subclasses(found)


@pytest.mark.parametrize("size", [30])
def test_many_modules_that_all_import_all_of_each_other_end(size: int) -> None:
    names = [f"m{number}" for number in range(size)]
    files = {f"{name}.py": "".join(f"from {other} import *\n" for other in names if other != name) for name in names}
    files["m7.py"] += "def there(): ...\n"
    api = api_of(files)
    assert api.canonical("m3.there") == "m7.there"
    assert not api.offers("m3.gone")


@settings(
    max_examples=int(os.environ.get("AGENTGATE_EXAMPLES", "25")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(text=hypothesmith.from_node())
def test_no_program_is_too_strange(text: str) -> None:
    api = Api.of(TextTree({"shop.py": text}))
    assert set(api.modules) == ({"shop"} - {name.removesuffix(".py") for name in api.skipped})
    for symbol in api.symbols():
        assert symbol.sort is not Sort.MODULE
