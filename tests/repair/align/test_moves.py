"""What moved, was renamed or is gone: modules and what they define."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

Files = Mapping[str, str] | str
Aligner = Callable[[Files, Files], list[str]]

TOTAL = """
def total(order, rate):
    net = sum(line.price * line.count for line in order.lines)
    return round(net * (1 + rate), 2)
"""
RECEIPT = """
def receipt(order, width):
    rows = [line.title.ljust(width) + format(line.price, "8.2f") for line in order.lines]
    return "\\n".join(rows)
"""
PARSE = """
def parse(text):
    fields = dict(pair.split("=", 1) for pair in text.split(";") if pair.strip())
    return {name.strip(): value.strip().lower() for name, value in fields.items()}
"""
ORDER = """
class Order:
    def __init__(self, lines):
        self.lines = lines

    def weight(self):
        return sum(line.weight * line.count for line in self.lines)

    def cancel(self, reason):
        self.cancelled = True
        self.journal.append(("cancelled", reason))
"""


FIELDS = """
class Text:
    def __init__(self, size):
        self.size = size

class Number:
    def __init__(self, step):
        self.step = step

class Amount:
    widget = Text(2)

    def value(self, text):
        return sum(int(part) for part in text.split())
"""
VARIANT = """
from fields import Amount as Plain, Number

class Amount(Plain):
    widget = Number(step='any')
"""
GONE = ["symbol moved: variants.Number -> fields.Number", "symbol moved: variants.Plain -> fields.Amount"]
ABSORBED = {
    "fields.py": FIELDS.replace("widget = Text(2)", 'widget = Number(step="any")'),
    "variants.py": "",
}


CASES: Mapping[str, tuple[Files, Files, list[str]]] = {
    "nothing changed": (TOTAL, TOTAL, []),
    "only the body changed": (TOTAL, TOTAL.replace("round(net * (1 + rate), 2)", "net"), []),
    "a class that its base took in": (
        {"fields.py": FIELDS, "variants.py": VARIANT},
        ABSORBED,
        [
            "symbol moved: variants.Amount -> fields.Amount",
            *GONE,
        ],
    ),
    "a class whose base has not what it had": (
        {"fields.py": FIELDS, "variants.py": VARIANT},
        {"fields.py": FIELDS, "variants.py": ""},
        ["symbol gone: variants.Amount", *GONE],
    ),
    "a class of which its base has but a part": (
        {"fields.py": FIELDS, "variants.py": VARIANT + "    unit = 'kg'\n"},
        ABSORBED,
        ["symbol gone: variants.Amount", *GONE],
    ),
    "something new": (TOTAL, TOTAL + RECEIPT, []),
    "renamed in place, body equal": (
        TOTAL,
        TOTAL.replace("total", "amount_due"),
        ["symbol moved: shop.total -> shop.amount_due"],
    ),
    "renamed in place, with its parameter": (
        TOTAL,
        TOTAL.replace("total", "grand_total").replace("rate", "tax"),
        [
            "parameter renamed: shop.total -> shop.grand_total (rate) [rate -> tax]",
            "symbol moved: shop.total -> shop.grand_total",
        ],
    ),
    "renamed, and the body changed a little": (
        TOTAL + RECEIPT,
        TOTAL + RECEIPT.replace("receipt", "print_receipt").replace('"8.2f"', '"9.2f"'),
        ["symbol moved: shop.receipt -> shop.print_receipt"],
    ),
    "moved to another module that was there": (
        {"shop/a.py": TOTAL + RECEIPT, "shop/b.py": PARSE},
        {"shop/a.py": RECEIPT, "shop/b.py": PARSE + TOTAL},
        ["symbol moved: shop.a.total -> shop.b.total"],
    ),
    "a module was renamed": (
        {"shop/__init__.py": "", "shop/orders.py": TOTAL + RECEIPT + ORDER},
        {"shop/__init__.py": "", "shop/_orders.py": TOTAL + RECEIPT + ORDER},
        ["module moved: shop.orders -> shop._orders"],
    ),
    "a module was renamed and something in it too": (
        {"shop/__init__.py": "", "shop/orders.py": TOTAL + RECEIPT + ORDER},
        {"shop/__init__.py": "", "shop/baskets.py": TOTAL + RECEIPT + ORDER.replace("Order", "Basket")},
        ["module moved: shop.orders -> shop.baskets", "symbol moved: shop.orders.Order -> shop.baskets.Basket"],
    ),
    "a module was renamed and something in it is gone": (
        {"shop/__init__.py": "", "shop/orders.py": TOTAL + RECEIPT + PARSE},
        {"shop/__init__.py": "", "shop/baskets.py": TOTAL + RECEIPT},
        ["module moved: shop.orders -> shop.baskets", "symbol gone: shop.orders.parse"],
    ),
    "what has its name in the module that its own became, though little of its body": (
        {"shop/__init__.py": "", "shop/orders.py": TOTAL + RECEIPT + PARSE},
        {"shop/__init__.py": "", "shop/baskets.py": TOTAL + RECEIPT + "def parse(text): return loads(text)"},
        ["module moved: shop.orders -> shop.baskets"],
    ),
    "a package was renamed": (
        {"shop/__init__.py": "from shop.orders import total", "shop/orders.py": TOTAL + RECEIPT},
        {"store/__init__.py": "from store.orders import total", "store/orders.py": TOTAL + RECEIPT},
        ["module moved: shop -> store", "module moved: shop.orders -> store.orders"],
    ),
    "a module was divided": (
        {"shop/__init__.py": "", "shop/all.py": TOTAL + RECEIPT + PARSE + ORDER},
        {"shop/__init__.py": "", "shop/money.py": TOTAL + RECEIPT, "shop/text.py": PARSE + ORDER},
        [
            "symbol gone: shop.all",
            "symbol moved: shop.all.Order -> shop.text.Order",
            "symbol moved: shop.all.parse -> shop.text.parse",
            "symbol moved: shop.all.receipt -> shop.money.receipt",
            "symbol moved: shop.all.total -> shop.money.total",
        ],
    ),
    "moved behind a name that is still offered": (
        {"shop/__init__.py": "from shop.a import total", "shop/a.py": TOTAL, "shop/b.py": ""},
        {
            "shop/__init__.py": "from shop.b import total",
            "shop/a.py": "",
            "shop/b.py": "def total(order, rate): return order.total(rate)",
        },
        ["symbol moved: shop.a.total -> shop.b.total"],
    ),
    "its old place offers it still": (
        {"shop/a.py": TOTAL, "shop/b.py": PARSE},
        {"shop/a.py": "from shop.b import total", "shop/b.py": PARSE + TOTAL},
        [],
    ),
    "a re-export was dropped": (
        {"shop/__init__.py": "from shop.a import total", "shop/a.py": TOTAL},
        {"shop/__init__.py": "", "shop/a.py": TOTAL},
        ["symbol moved: shop.total -> shop.a.total"],
    ),
    "an import in passing was dropped": (
        "import json\nfrom os.path import join as weld\n" + TOTAL,
        TOTAL,
        ["symbol gone: shop.json [json -> ]", "symbol gone: shop.weld [os.path.join -> ]"],
    ),
    "a constant moved": (
        {"shop/a.py": "RATES = {'de': 0.19, 'fr': 0.2}\n" + TOTAL, "shop/b.py": ""},
        {"shop/a.py": TOTAL, "shop/b.py": "RATES = {'de': 0.19, 'fr': 0.2}\n"},
        ["symbol moved: shop.a.RATES -> shop.b.RATES"],
    ),
    "a constant was renamed": (
        "VAT_RATES = {'de': 0.19, 'fr': 0.2}",
        "TAX_RATES = {'de': 0.19, 'fr': 0.2}",
        ["symbol moved: shop.VAT_RATES -> shop.TAX_RATES"],
    ),
    "gone, and its value is told": (
        "TEXT = str\nLIMIT = 5",
        "",
        ["symbol gone: shop.LIMIT [5 -> ]", "symbol gone: shop.TEXT [str -> ]"],
    ),
    "an exception moved": (
        {"shop/a.py": "class NoStock(LookupError): ...\n" + TOTAL, "shop/errors.py": ""},
        {"shop/a.py": TOTAL, "shop/errors.py": "class NoStock(LookupError): ..."},
        ["symbol moved: shop.a.NoStock -> shop.errors.NoStock"],
    ),
    "the implementation's callers were migrated": (
        {
            "shop/a.py": "def total(order, rate):\n    return sum(line.price for line in order.lines) * rate\n",
            "shop/b.py": """
                from shop.a import total
                def show(order): return str(total(order, 2))
                def mail(order, to): return to.send(total(order, 3))
                def save(order, to): return to.write(total(order, 4))
                """,
        },
        {
            "shop/a.py": "def compute_total(order, rate):\n    return order.price(rate) + sum(order.lines) - 1\n",
            "shop/b.py": """
                from shop.a import compute_total
                def show(order): return str(compute_total(order, 2))
                def mail(order, to): return to.send(compute_total(order, 3))
                def save(order, to): return to.write(compute_total(order, 4))
                """,
        },
        ["symbol moved: shop.a.total -> shop.a.compute_total"],
    ),
    "a fixture was renamed": (
        """
        import pytest
        @pytest.fixture
        def database(tmp_path):
            connection = connect(tmp_path / "db.sqlite")
            yield connection
            connection.close()
        """,
        """
        import pytest
        @pytest.fixture
        def store(tmp_path):
            connection = connect(tmp_path / "db.sqlite")
            yield connection
            connection.close()
        """,
        ["fixture renamed: database -> store"],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_moves(aligned: Aligner, old: Files, new: Files, expected: list[str]) -> None:
    assert aligned(old, new) == expected
