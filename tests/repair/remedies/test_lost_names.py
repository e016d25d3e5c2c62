"""Names that are gone: followed, replaced by their value, or asked for by those alone who use them."""

from __future__ import annotations

from typing import Any

import pytest

ORDER = """
class Order:
    def __init__(self, item, number):
        self.item, self.number = item, number

    def total(self):
        return self.number * 2
"""

FOLLOWED = {
    "a module that was renamed": (
        {"shop/__init__.py": "", "shop/order.py": ORDER},
        {"shop/__init__.py": "", "shop/orders.py": ORDER},
        "from shop.order import Order\n\ndef test_total():\n    assert Order('tea', 2).total() == 4\n",
        "safe: rename-module old=shop.order new=shop.orders",
    ),
    "a class that was renamed": (
        ORDER,
        ORDER.replace("Order", "Purchase"),
        "from shop import Order\n\ndef test_total():\n    assert Order('tea', 2).total() == 4\n",
        "safe: rename-symbol old=shop.Order new=shop.Purchase",
    ),
    "another name of a constant that moved with it": (
        {"shop/__init__.py": "", "shop/old.py": "WARNING = 'warning: {}'\nWARN = WARNING\n" + ORDER},
        {"shop/__init__.py": "", "shop/levels.py": "WARNING = 'warning: {}'\nWARN = WARNING\n", "shop/old.py": ORDER},
        "from shop.old import WARN\n\ndef test_warn():\n    assert WARN == 'warning: {}'\n",
        "safe: rename-symbol old=shop.old.WARN new=shop.levels.WARN",
    ),
    "an attribute of a module that was renamed": (
        ORDER,
        ORDER.replace("Order", "Purchase"),
        "import shop\n\ndef test_total():\n    assert shop.Order('tea', 2).total() == 4\n",
        "safe: rename-symbol old=shop.Order new=shop.Purchase",
    ),
    "the target of a patch": (
        "def fetch(url):\n    return len(url) * 17 + 4\n\ndef size(url):\n    return fetch(url)\n",
        "def load(url):\n    return len(url) * 17 + 4\n\ndef size(url):\n    return load(url)\n",
        """
        from unittest.mock import patch

        from shop import size

        @patch("shop.fetch", return_value=3)
        def test_size(fetch):
            assert size("a") == 3
        """,
        "safe: rename-symbol old=shop.fetch new=shop.load",
    ),
    "names of a module that went to several": (
        {
            "shop/__init__.py": "",
            "shop/parts.py": ORDER + "\ndef price(item, number):\n    return {'tea': 2}[item] * number\n",
        },
        {
            "shop/__init__.py": "",
            "shop/orders.py": ORDER,
            "shop/prices.py": "def price(item, number):\n    return {'tea': 2}[item] * number\n",
        },
        """
        from shop.parts import Order, price

        def test_total():
            assert Order("tea", 2).total() == price("tea", 2)
        """,
        (
            "safe: rename-symbol old=shop.parts.Order new=shop.orders.Order; "
            "rename-symbol old=shop.parts.price new=shop.prices.price; localize-import old=shop.parts"
        ),
    ),
}


WARNING = (
    "import warnings\n"
    + ORDER
    + """

class Purchase(Order):
    'Another name.'
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        warnings.warn('Purchase is Order', DeprecationWarning)

def sell(item, number):
    return Order(item, number).total()

def buy(item, *args):
    warnings.warn('buy is sell', DeprecationWarning)
    return sell(item, *args)
"""
)
LATER_ORDER = ORDER + "\n\ndef sell(item, number):\n    return Order(item, number).total()\n"
FORWARDED = {
    "a class that warned": (
        "from shop import Purchase\n\ndef test_total():\n    assert Purchase('tea', 2).total() == 4\n",
        "safe: rename-symbol old=shop.Purchase new=shop.Order",
    ),
    "a function that warned": (
        "from shop import buy\n\ndef test_total():\n    assert buy('tea', 2) == 4\n",
        "safe: rename-symbol old=shop.buy new=shop.sell",
    ),
    "an attribute of the module": (
        "import shop\n\ndef test_total():\n    assert shop.buy('tea', 2) == 4\n",
        "safe: rename-symbol old=shop.buy new=shop.sell",
    ),
}


@pytest.mark.parametrize(("tests", "proposal"), FORWARDED.values(), ids=FORWARDED)
def test_what_a_name_stood_for_takes_its_place(told: Any, tests: str, proposal: str) -> None:
    found = told(WARNING, LATER_ORDER, tests)
    assert found.best == proposal
    assert "but for that" in found.evidence


def test_what_is_there_under_a_condition_is_not_gone(told: Any) -> None:
    """A condition that should not hold is a bug of the implementation."""
    later = LATER_ORDER + "\nimport sys\nif sys.platform == 'nowhere':\n    buy = sell\n"
    tests = "import shop\n\ndef test_total():\n    assert shop.buy('tea', 2) == 4\n"
    assert not [line for line in told(WARNING, later, tests).lines if "rename-symbol" in line]


KINDS_OF_THEIR_OWN = {
    "without a warning": WARNING.replace("        warnings.warn('Purchase is Order', DeprecationWarning)\n", ""),
    "with something of its own": WARNING.replace("def sell(", "    kind = 'purchase'\n\ndef sell("),
    "with other arguments": WARNING.replace("__init__(*args, **kwargs)\n        warn", "__init__(*args)\n        warn"),
    "with a default": WARNING.replace("self, *args, **kwargs):", "self, *args, extra=1, **kwargs):"),
}


@pytest.mark.parametrize("old", KINDS_OF_THEIR_OWN.values(), ids=KINDS_OF_THEIR_OWN)
def test_a_kind_of_its_own_stood_for_nothing_else(told: Any, old: str) -> None:
    tests = "from shop import Purchase\n\ndef test_total():\n    assert Purchase('tea', 2).total() == 4\n"
    assert not [line for line in told(old, LATER_ORDER, tests).lines if "rename-symbol" in line]


@pytest.mark.parametrize(("old", "new", "tests", "proposal"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_name_is_followed_to_where_it_is(told: Any, old: Any, new: Any, tests: Any, proposal: str) -> None:
    assert told(old, new, tests).best == proposal


REPLACED = {
    "an alias of a builtin": (
        "text_type = str\n\ndef name():\n    return 'tea'\n",
        "def name():\n    return 'tea'\n",
        "from shop import name, text_type\n\ndef test_name():\n    assert isinstance(name(), text_type)\n",
        "safe: inline-symbol old=shop.text_type value=str",
    ),
    "an alias of the standard library": (
        "from collections import OrderedDict as Mapping\n\ndef name():\n    return 'tea'\n",
        "def name():\n    return 'tea'\n",
        "from shop import Mapping, name\n\ndef test_name():\n    assert Mapping(a=name())['a'] == 'tea'\n",
        "safe: inline-symbol old=shop.Mapping value=collections.OrderedDict",
    ),
    "an expression of names that are there": (
        "import sys\nPY2 = sys.version_info[0] == 2\n\ndef name():\n    return 'tea'\n",
        "def name():\n    return 'tea'\n",
        "from shop import PY2, name\n\ndef test_name():\n    assert name() == (b'tea' if PY2 else 'tea')\n",
        (
            "safe: define-symbol old=shop.PY2 value=sys.version_info[0] == 2; "
            "inline-symbol old=shop.PY2 value=sys.version_info[0] == 2"
        ),
    ),
    "a constant that was made of others": (
        "from sys import implementation\nIS = implementation.name\nPYPY = IS == 'pypy'\n\ndef name():\n    return 2\n",
        "def name():\n    return 2\n",
        "from shop import PYPY, name\n\ndef test_name():\n    assert name() == (1 if PYPY else 2)\n",
        (
            "safe: define-symbol old=shop.PYPY value=sys.implementation.name == 'pypy'; "
            "inline-symbol old=shop.PYPY value=sys.implementation.name == 'pypy'"
        ),
    ),
    "a constant that was computed": (
        "import sys\nVERSION = tuple(sys.version_info[:2])\n\ndef name():\n    return 'tea'\n",
        "def name():\n    return 'tea'\n",
        "from shop import VERSION, name\n\ndef test_name():\n    assert name() == 'tea' * (VERSION > (3,))\n",
        "safe: define-symbol old=shop.VERSION value=tuple(sys.version_info[:2])",
    ),
    "a function of one expression": (
        "def seconds(span):\n    return span.total_seconds()\n\ndef pause(span):\n    return span * 2\n",
        "def pause(span):\n    return span * 2\n",
        """
        import datetime
        import shop

        def test_pause():
            assert shop.seconds(shop.pause(datetime.timedelta(seconds=1))) == 2
        """,
        "safe: inline-function old=shop.seconds value=lambda span: span.total_seconds()",
    ),
    "a lambda, which only hands on what it is given beside": (
        "items = lambda d, *args, **kwargs: iter(d.items(*args, **kwargs))\n\ndef prices():\n    return {'tea': 2}\n",
        "def prices():\n    return {'tea': 2}\n",
        "from shop import items, prices\n\ndef test_prices():\n    assert dict(items(prices())) == {'tea': 2}\n",
        "safe: inline-function old=shop.items value=lambda d: iter(d.items())",
    ),
    "a lambda of a module that is gone": (
        {
            "shop/__init__.py": "def prices():\n    return {'tea': 2}\n",
            "shop/compat.py": "items = lambda d: iter(d.items())\n",
        },
        {"shop/__init__.py": "def prices():\n    return {'tea': 2}\n"},
        """
        from shop import prices
        from shop.compat import items

        def test_prices():
            assert dict(items(prices())) == {'tea': 2}
        """,
        "safe: inline-function old=shop.compat.items value=lambda d: iter(d.items()); localize-import old=shop.compat",
    ),
    "a module of the standard library": (
        "try:\n    import html\nexcept ImportError:\n    html = None\n\ndef name():\n    return 'tea'\n",
        "def name():\n    return 'tea'\n",
        "from shop import html, name\n\ndef test_name():\n    assert html.escape(name()) == 'tea'\n",
        "safe: inline-symbol old=shop.html value=html",
    ),
    "what the standard library has, where it is there": (
        "try:\n    from datetime import timezone\nexcept ImportError:\n    class timezone:\n        utc = 1\n",
        "def name():\n    return 'tea'\n",
        "from shop import timezone\n\ndef test_name():\n    assert timezone.utc\n",
        "safe: inline-symbol old=shop.timezone value=datetime.timezone",
    ),
}


UNSETTLED = {
    "a try decides": "FAST = False\ntry:\n    import json\n    FAST = True\nexcept ImportError:\n    pass\n",
    "a try or its fallback decides": "try:\n    import json\n    FAST = True\nexcept ImportError:\n    FAST = False\n",
    "a condition decides": "import sys\nFAST = False\nif sys.platform == 'linux':\n    FAST = True\n",
}


@pytest.mark.parametrize("old", UNSETTLED.values(), ids=UNSETTLED)
def test_a_value_that_something_else_decides_takes_no_place(told: Any, old: str) -> None:
    name = "\ndef name():\n    return 'tea'\n"
    tests = "from shop import FAST, name\n\ndef test_name():\n    if FAST:\n        assert name() == 'tea'\n"
    found = told(old + name, name, tests)
    assert not [line for line in found.lines if "value=" in line], found


@pytest.mark.parametrize(("old", "new", "tests", "proposal"), REPLACED.values(), ids=REPLACED)
def test_the_value_takes_the_place_of_an_alias(told: Any, old: Any, new: Any, tests: Any, proposal: str) -> None:
    assert told(old, new, tests).best == proposal


MORE = {
    "it does something with the rest": "items = lambda d, *args: iter(d.items()) if args else d",
    "it needs the rest": "items = lambda d, **kwargs: dict(d, extra=kwargs)",
}


@pytest.mark.parametrize("old", MORE.values(), ids=MORE)
def test_a_lambda_that_does_more_takes_no_place(told: Any, old: str) -> None:
    name = "\n\ndef prices():\n    return {'tea': 2}\n"
    tests = "from shop import items, prices\n\ndef test_prices():\n    assert dict(items(prices())) == {'tea': 2}\n"
    found = told(old + name, name, tests)
    assert not [line for line in found.lines if "inline-function" in line and line.startswith("safe")], found


LEGACY = "def legacy(a, b):\n    for each in (a, b):\n        print(each)\n    return [a, b]\n"
LATER = {
    "a function that is gone": (
        LEGACY + "\n\ndef order():\n    return 2\n",
        "def order():\n    return 2\n",
        """
        from shop import legacy, order

        def test_order():
            assert order() == 2

        def test_legacy():
            assert legacy(1, 2) == [1, 2]
        """,
        "safe: localize-import old=shop.legacy",
    ),
    "an alias of what is no name any more": (
        "import somewhere_else\n\nold = somewhere_else.thing\n\ndef order():\n    return 2\n",
        "def order():\n    return 2\n",
        """
        from shop import old, order

        def test_order():
            assert order() == 2

        def test_old():
            assert old
        """,
        "safe: localize-import old=shop.old",
    ),
    "a module that is gone": (
        {"shop/__init__.py": "def order():\n    return 2\n", "shop/old.py": LEGACY},
        {"shop/__init__.py": "def order():\n    return 2\n"},
        """
        from shop import order
        from shop.old import legacy

        def test_order():
            assert order() == 2

        def test_legacy():
            assert legacy(1, 2) == [1, 2]
        """,
        "safe: localize-import old=shop.old",
    ),
}


@pytest.mark.parametrize(("old", "new", "tests", "proposal"), LATER.values(), ids=LATER)
def test_what_is_gone_is_asked_for_by_those_who_use_it(
    told: Any, old: Any, new: Any, tests: Any, proposal: str
) -> None:
    assert told(old, new, tests).best == proposal


SILENT = {
    "the implementation itself still asks for the old name": (
        {"shop/__init__.py": "", "shop/order.py": ORDER, "shop/till.py": "from shop.order import Order\n"},
        {
            "shop/__init__.py": "",
            "shop/orders.py": ORDER,
            "shop/till.py": "def pay():\n    from shop.order import Order\n\n    return Order('tea', 2)\n",
        },
        "from shop.order import Order\n\ndef test_total():\n    assert Order('tea', 2).total() == 4\n",
        "the change is half done",
    ),
    "it is the implementation that asks": (
        {"shop/__init__.py": "", "shop/order.py": ORDER, "shop/till.py": "import shop.order\n"},
        {"shop/__init__.py": "", "shop/orders.py": ORDER, "shop/till.py": "import shop.order\n"},
        "import shop.till\n\ndef test_till():\n    assert shop.till\n",
        "the implementation itself asks for shop.order",
    ),
    "the old implementation had no such name": (
        ORDER,
        ORDER,
        "from shop import Basket\n\ndef test_total():\n    assert Basket().total() == 4\n",
        "the old API did not offer shop.Basket either",
    ),
    "it is no part of the implementation": (
        ORDER,
        ORDER,
        "import no_such_library\n\ndef test_total():\n    assert no_such_library\n",
        "no part of the implementation",
    ),
    "a gone attribute that has no plain value": (
        ORDER + "\n" + LEGACY,
        ORDER,
        "import shop\n\ndef test_legacy():\n    assert shop.legacy(1, 2) == [1, 2]\n",
        "nothing is known to have taken its place",
    ),
}


@pytest.mark.parametrize(("old", "new", "tests", "why"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_and_it_says_why(told: Any, old: Any, new: Any, tests: Any, why: str) -> None:
    found = told(old, new, tests)
    assert (found.lines, why in found.why) == ([], True), found


def test_a_name_is_asked_for_where_it_is_offered_not_where_it_is_only_imported(told: Any) -> None:
    old = {"shop/__init__.py": "", "shop/cart.py": ORDER}
    new = {
        "shop/__init__.py": "",
        "shop/basket.py": "from shop import orders\nfrom shop.orders import Purchase\n\nprint(Purchase, orders)\n",
        "shop/orders.py": ORDER.replace("Order", "Purchase"),
    }
    tests = "from shop.cart import Order\n\ndef test_total():\n    assert Order('tea', 2).total() == 4\n"
    assert told(old, new, tests).best.startswith("safe: rename-symbol old=shop.cart.Order new=shop.orders.Purchase")


def test_two_places_that_are_alike_are_none(told: Any) -> None:
    twice = {"shop/__init__.py": "", "shop/one.py": ORDER, "shop/two.py": ORDER}
    tests = "from shop.order import Order\n\ndef test_total():\n    assert Order('tea', 2).total() == 4\n"
    found = told({"shop/__init__.py": "", "shop/order.py": ORDER}, twice, tests)
    assert not any(line.startswith("safe: rename") for line in found.lines)


def test_an_environment_fault_is_called_so(told: Any) -> None:
    found = told(ORDER, ORDER, "import no_such_library\n\ndef test_total():\n    assert no_such_library\n")
    assert found.answer.environment


def test_all_that_keeps_a_file_from_being_loaded_goes_at_once(told: Any) -> None:
    old = {"shop/__init__.py": "text_type = str\n", "shop/order.py": ORDER, "shop/old.py": LEGACY}
    new = {"shop/__init__.py": "", "shop/orders.py": ORDER}
    tests = """
        from shop import text_type
        from shop.old import legacy
        from shop.order import Order

        def test_total():
            assert isinstance(Order("tea", 2).item, text_type)

        def test_legacy():
            assert legacy(1, 2) == [1, 2]
    """
    assert told(old, new, tests).best == (
        "safe: inline-symbol old=shop.text_type value=str; localize-import old=shop.old; "
        "rename-module old=shop.order new=shop.orders; localize-import old=shop.text_type"
    )


def test_the_evidence_names_the_new_place(told: Any) -> None:
    old, new, tests, _ = FOLLOWED["a class that was renamed"]
    assert "shop.Order -> shop.Purchase (src/shop.py:1)" in told(old, new, tests).evidence
