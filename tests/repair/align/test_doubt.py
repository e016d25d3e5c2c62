"""Where a pair would be a guess there is none: look-alikes, equal candidates, half-done moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

Files = Mapping[str, str] | str
Aligner = Callable[[Files, Files], list[str]]

PAIRING = ("module moved", "symbol moved", "member renamed", "parameter renamed", "fixture renamed")

LOAD_JSON = """
def load_json(path):
    with open(path) as stream:
        return json.load(stream, cls=JsonDecoder)
"""
LOAD_YAML = """
def load_yaml(path):
    with open(path) as stream:
        return yaml.load(stream, Loader=YamlLoader)
"""
TOTAL = """
def total(order, rate):
    net = sum(line.price * line.count for line in order.lines)
    return round(net * (1 + rate), 2)
"""

DOUBTFUL: Mapping[str, tuple[Files, Files]] = {
    "a look-alike took nobody's place": (LOAD_JSON, LOAD_YAML),
    "one of a family went, another one came": (
        """
        def add_tax(order): order.lines.append(Line("tax", order.rate)); order.touch(); return order
        def add_fee(order): order.lines.append(Line("fee", order.rate)); order.touch(); return order
        def add_tip(order): order.lines.append(Line("tip", order.rate)); order.touch(); return order
        """,
        """
        def add_tax(order): order.lines.append(Line("tax", order.rate)); order.touch(); return order
        def add_fee(order): order.lines.append(Line("fee", order.rate)); order.touch(); return order
        def add_tap(order): order.lines.append(Line("tap", order.rate)); order.touch(); return order
        """,
    ),
    "two equal candidates": (TOTAL, TOTAL.replace("total", "net_total") + TOTAL.replace("total", "gross_total")),
    "two equal ones became one": (
        TOTAL.replace("total", "net_total") + TOTAL.replace("total", "gross_total"),
        TOTAL,
    ),
    "deleted, and something unrelated is new": (
        TOTAL,
        """
        def parse(text):
            return dict(pair.split("=", 1) for pair in text.split(";") if pair.strip())
        """,
    ),
    "a name that says the same, a body that does another thing": (
        "def total(order, rate):\n    return sum(line.price * line.count for line in order.lines) * rate\n",
        "def total_path(root, suffix):\n    return root.joinpath('total').with_suffix(suffix).resolve()\n",
    ),
    "small bodies are equal by chance": (
        "def is_open(order): return True\ndef stop(): pass",
        "def has_stock(shelf): return True\ndef begin(): pass",
    ),
    "small exceptions are equal by chance": ("class NoStock(Exception): ...", "class BadRate(Exception): ..."),
    "constants are equal by chance": ("RETRIES = 3\nCACHE = {}", "WORKERS = 3\nCACHED = {}"),
    "swapped names": (
        "def net(order): return sum(one.price for one in order.lines)\ndef gross(order): return order.tax + order.tip",
        "def gross(order): return sum(one.price for one in order.lines)\ndef net(order): return order.tax + order.tip",
    ),
    "one function became two": (
        """
        def checkout(order, card):
            order.validate(); order.reserve_stock(); order.lock_prices()
            card.authorize(order.amount); card.capture(); card.print_slip()
        """,
        """
        def prepare(order):
            order.validate(); order.reserve_stock(); order.lock_prices()
        def pay(order, card):
            card.authorize(order.amount); card.capture(); card.print_slip()
        """,
    ),
    "two functions became one": (
        """
        def prepare(order):
            order.validate(); order.reserve_stock(); order.lock_prices()
        def pay(order, card):
            card.authorize(order.amount); card.capture(); card.print_slip()
        """,
        """
        def checkout(order, card):
            order.validate(); order.reserve_stock(); order.lock_prices()
            card.authorize(order.amount); card.capture(); card.print_slip()
        """,
    ),
    "a function became a class": (
        TOTAL,
        "class Total:\n    def __call__(self, order, rate): return order.total(rate)\n",
    ),
    "the new one was there before": (TOTAL + TOTAL.replace("total", "amount"), TOTAL.replace("total", "amount")),
    "half done: the implementation calls the old name": (
        {"shop/a.py": TOTAL, "shop/b.py": "from shop.a import total\ndef show(order): return total(order, 2)"},
        {
            "shop/a.py": TOTAL.replace("total", "amount_due"),
            "shop/b.py": "from shop.a import total\ndef show(order): return total(order, 2)",
        },
    ),
    "half done: the module itself calls the old name": (
        TOTAL + "def show(order): return total(order, 2)",
        TOTAL.replace("total", "amount_due") + "def show(order): return total(order, 2)",
    ),
    "half done: a class still derives from the old name": (
        "class Priced:\n    def total(self): return sum(self.lines)\nclass Order(Priced): ...",
        "class Costed:\n    def total(self): return sum(self.lines)\nclass Order(Priced): ...",
    ),
    "half done: a constant's old name is still read": (
        "TAX_RATES = {'de': 0.19, 'fr': 0.2}\ndef rate(country): return TAX_RATES[country]",
        "VAT_RATES = {'de': 0.19, 'fr': 0.2}\ndef rate(country): return TAX_RATES[country]",
    ),
    "half done: the implementation reads the old name of a module": (
        {"shop/__init__.py": "", "shop/a.py": TOTAL, "shop/b.py": "import shop.a\nx = shop.a.total(1, 2)"},
        {"shop/__init__.py": "", "shop/_a.py": TOTAL, "shop/b.py": "import shop.a\nx = shop.a.total(1, 2)"},
    ),
    "half done: the old name is still exported": (
        {"shop/__init__.py": "from shop.a import total\n__all__ = ['total']", "shop/a.py": TOTAL},
        {"shop/__init__.py": "__all__ = ['total']", "shop/a.py": TOTAL},
    ),
    "half done: a re-export was dropped, but is used": (
        {
            "shop/__init__.py": "from shop.a import total",
            "shop/a.py": TOTAL,
            "shop/b.py": "import shop\ndef show(order): return shop.total(order, 2)",
        },
        {
            "shop/__init__.py": "",
            "shop/a.py": TOTAL,
            "shop/b.py": "import shop\ndef show(order): return shop.total(order, 2)",
        },
    ),
    "half done: a method's own class calls the old name": (
        """
        class Order:
            def total(self, rate): return sum(line.price * rate for line in self.lines)
            def show(self): return format(self.total(2), "8.2f")
        """,
        """
        class Order:
            def compute_total(self, rate): return sum(line.price * rate for line in self.lines)
            def show(self): return format(self.total(2), "8.2f")
        """,
    ),
    "half done: callers of a method use the old name": (
        """
        class Order:
            def grand_total(self, rate): return sum(line.price * rate for line in self.lines)
        def show(order): return format(order.grand_total(2), "8.2f")
        """,
        """
        class Order:
            def compute_total(self, rate): return sum(line.price * rate for line in self.lines)
        def show(order): return format(order.grand_total(2), "8.2f")
        """,
    ),
    "half done: callers pass the old keyword": (
        "def order(item, qty): return item.price * qty\ndef twice(item): return order(item, qty=2)",
        "def order(item, quantity): return item.price * quantity\ndef twice(item): return order(item, qty=2)",
    ),
    "a module with __getattr__ may offer anything": (
        "def total(order): return order.price\nclass Order: ...",
        "def __getattr__(name): return load(name)\ndef sum_up(order): return order.price",
    ),
    "a module that writes into globals() may offer anything": (
        "def total(order): return order.price\nclass Order: ...",
        "def sum_up(order): return order.price\nglobals().update(load())",
    ),
    "a class with a base that can't be seen may have the member": (
        """
        class Order:
            def total(self, rate): return sum(line.price * rate for line in self.lines)
        """,
        """
        from library import Model
        class Order(Model):
            def compute(self, rate): return sum(line.price * rate for line in self.lines)
        """,
    ),
    "a parameter in the same place with a name of another thing": (
        "def run(path, verbose=True): return path.read_text().strip() if verbose else None",
        "def run(path, strict=True): return path.read_bytes().decode() if strict else ''",
    ),
    "one thing and several of it": (
        "def edit(filename): open_editor(filename).wait()",
        "def edit(filenames): return [open_editor(each).wait() for each in filenames]",
    ),
    "two parameters that could each be it": (
        "def send(host): return connect(host)",
        "def send(host_name, host_port): return connect((host_name, host_port))",
    ),
    "local names that hide a module's": (
        "def total(order): return order.price\ndef show(total): return total(1)",
        "def show(total): return total(1)",
    ),
}


@pytest.mark.parametrize(("old", "new"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_no_pair_on_doubt(aligned: Aligner, old: Files, new: Files) -> None:
    assert [each for each in aligned(old, new) if each.startswith(PAIRING)] == []


STILL_USED = [name for name in DOUBTFUL if name.startswith("half done")]


@pytest.mark.parametrize("name", STILL_USED)
def test_what_is_used_and_gone_says_where(aligned: Aligner, name: str) -> None:
    assert any(each.endswith("still used") for each in aligned(*DOUBTFUL[name]))


@pytest.mark.parametrize("name", [name for name in DOUBTFUL if "may offer anything" in name])
def test_what_may_be_there_is_not_gone(aligned: Aligner, name: str) -> None:
    assert aligned(*DOUBTFUL[name]) == []


def test_a_package_that_may_offer_anything_has_no_modules_that_are_not_there(aligned: Aligner) -> None:
    old = {"shop/__init__.py": "def __getattr__(name): return load(name)", "shop/orders.py": TOTAL}
    new = {"shop/__init__.py": "def __getattr__(name): return load(name)", "shop/baskets.py": TOTAL}
    assert aligned(old, new) == ["module moved: shop.orders -> shop.baskets"]


def test_a_module_that_reads_its_globals_offers_what_it_binds(aligned: Aligner) -> None:
    new = "__all__ = [name for name in sorted(globals())]\nold = globals().get('total')"
    assert aligned("def total(order): return order.price", new) == ["symbol gone: shop.total"]
