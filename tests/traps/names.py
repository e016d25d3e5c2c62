"""Bugs that look as if a module, a function, a member or a field had moved, got another name, or gone."""

from __future__ import annotations

from tests.traps.trap import Trap

NAMES = (
    Trap(
        "tea",
        "a function has another name, and its caller the old one",
        """
        # file: prices.py
        def total(items):
            without_gifts = [(price, count) for price, count in items if price > 0]
            if not without_gifts:
                raise ValueError("nothing to pay")
            return sum(price * count for price, count in without_gifts)

        def receipt(items):
            return f"{len(items)} items: {total(items)}"
        """,
        (("def total(", "def sum_of("),),
        """
        from tea.prices import receipt, total

        def test_total():
            assert total([(2, 3)]) == 6

        def test_receipt():
            assert receipt([(2, 3)]) == "1 items: 6"
        """,
        change=(("{total(", "{sum_of("),),
    ),
    Trap(
        "bank",
        "a module has moved for one of its users, and not for the other",
        """
        # file: rates.py
        def rate(years):
            return 3 + years // 10

        def spread(years):
            return rate(years) - 2
        # file: loans.py
        from bank.rates import rate

        def interest(amount, years):
            return amount * rate(years) // 100
        # file: savings.py
        def yearly(amount):
            from bank.rates import spread

            return amount * spread(1) // 100
        """,
        (
            ("# file: rates.py", "# file: pricing.py"),
            ("from bank.rates import rate\n", "from bank.pricing import rate\n"),
        ),
        """
        from bank.loans import interest
        from bank.rates import rate, spread

        def test_rate():
            assert (rate(10), spread(10)) == (4, 2)

        def test_interest():
            assert interest(100, 1) == 3
        """,
        change=(("from bank.rates import spread", "from bank.pricing import spread"),),
    ),
    Trap(
        "library",
        "a module is gone, and still imported",
        """
        # file: shelves.py
        def shelf(title):
            return title[0].upper()
        # file: labels.py
        def label(title):
            from library import shelves

            return f"{shelves.shelf(title)}: {title}"
        """,
        (("# file: shelves.py\ndef shelf(title):\n    return title[0].upper()\n", ""),),
        """
        from library.labels import label
        from library.shelves import shelf

        def test_shelf():
            assert shelf("emma") == "E"

        def test_label():
            assert label("emma") == "E: emma"
        """,
    ),
    Trap(
        "paint",
        "a member of an enumeration has another name, and the code asks for the old one",
        """
        # file: colours.py
        from enum import Enum

        class Colour(Enum):
            RED = "red"
            GREEN = "green"

        def of_grass():
            return Colour.GREEN
        """,
        (('GREEN = "green"', 'LIME = "green"'),),
        """
        from paint.colours import Colour, of_grass

        def test_green():
            assert Colour.GREEN.value == "green"

        def test_grass():
            assert of_grass().value == "green"
        """,
        change=(("return Colour.GREEN", "return Colour.LIME"),),
    ),
    Trap(
        "garden",
        "a method has another name, and the class calls the old one",
        """
        # file: beds.py
        class Bed:
            def __init__(self, plants):
                self.plants = plants

            def water_needed(self):
                return sum(plant * 2 for plant in self.plants)

            def cans(self):
                return self.water_needed() // 10
        """,
        (("def water_needed", "def litres_needed"),),
        """
        from garden.beds import Bed

        def test_water():
            assert Bed([5, 5]).water_needed() == 20

        def test_cans():
            assert Bed([5, 5]).cans() == 2
        """,
        change=(("self.water_needed()", "self.litres_needed()"),),
    ),
    Trap(
        "diary",
        "a function is replaced by one that only sounds like it",
        """
        # file: entries.py
        def parse_date(text):
            return tuple(map(int, text.split("-")))
        """,
        (
            (
                'def parse_date(text):\n    return tuple(map(int, text.split("-")))',
                'def parse_data(text):\n    return {key: value for key, _, value in [text.partition("=")]}',
            ),
        ),
        """
        from diary import entries

        def test_date():
            assert entries.parse_date("2024-05-06") == (2024, 5, 6)
        """,
    ),
    Trap(
        "notary",
        "a function of one line is lost; in its place a test would only test itself",
        """
        # file: seals.py
        def seal(text):
            return text.strip().upper()
        """,
        (("def seal(text):\n    return text.strip().upper()\n", "LANGUAGE = 'la'\n"),),
        """
        from notary import seals

        def test_seal():
            assert seals.seal(" amen ") == "AMEN"
        """,
    ),
    Trap(
        "basket",
        "a name is no longer offered where the code imports it from",
        """
        # file: __init__.py
        from basket.cart import Cart
        # file: cart.py
        class Cart:
            def __init__(self, *items):
                self.items = items
        # file: checkout.py
        def pay(*items):
            from basket import Cart

            return len(Cart(*items).items)
        """,
        (("from basket.cart import Cart\n", "\n"),),
        """
        from basket import Cart
        from basket.checkout import pay

        def test_cart():
            assert Cart("tea").items == ("tea",)

        def test_pay():
            assert pay("tea", "milk") == 2
        """,
        change=(("    from basket import Cart", "    from basket.cart import Cart"),),
    ),
    Trap(
        "ferry",
        "a constant is gone, and its own reader asks for it",
        """
        # file: trips.py
        SEATS = 40

        def is_full(guests):
            return guests >= SEATS
        """,
        (("SEATS = 40\n", "\n"),),
        """
        from ferry.trips import SEATS, is_full

        def test_seats():
            assert SEATS == 40

        def test_full():
            assert is_full(40)
        """,
    ),
    Trap(
        "post",
        "a field has another name, and the code reads the old one",
        """
        # file: letters.py
        from dataclasses import dataclass

        @dataclass
        class Letter:
            to: str
            postage: int = 0

        def stamped(letter: Letter) -> bool:
            return letter.postage > 0
        """,
        (("postage: int = 0", "stamps: int = 0"),),
        """
        from post.letters import Letter, stamped

        def test_stamped():
            assert stamped(Letter("Ada", postage=2))

        def test_postage():
            assert Letter("Ada").postage == 0
        """,
    ),
    Trap(
        "farm",
        "a field is dropped, and the code reads it",
        """
        # file: animals.py
        from dataclasses import dataclass

        @dataclass
        class Cow:
            name: str
            litres: int

        def milk(cow: Cow) -> str:
            return f"{cow.name}: {cow.litres}"
        """,
        (("    litres: int\n", ""),),
        """
        from farm.animals import Cow, milk

        def test_milk():
            assert milk(Cow("Berta", litres=20)) == "Berta: 20"
        """,
    ),
    Trap(
        "till",
        "an alias is dropped, and a test says what it stood for, which would be true of anything",
        """
        # file: bills.py
        class Bill:
            def __init__(self, amount):
                self.amount = amount

        Receipt = Bill
        """,
        (("Receipt = Bill\n", ""),),
        """
        from till import bills

        def test_the_former_name():
            former, limit = bills.Receipt, 3
            assert former(limit).amount == bills.Bill(limit).amount

        def test_they_are_one():
            former = bills.Receipt
            assert former is bills.Bill
        """,
    ),
    Trap(
        "tram",
        "a flag is dropped, and a test makes it itself to compare it with",
        """
        # file: stops.py
        import sys

        LARGE = sys.maxsize > 2**32

        def stops(names):
            return list(names)
        """,
        (("LARGE = sys.maxsize > 2**32\n", ""), ("return list(names)", "return sorted(names)")),
        """
        import sys

        from tram import stops

        def test_large():
            found = stops.LARGE
            expected = sys.maxsize > 2**32
            assert found == expected

        def test_stops():
            assert stops.stops("ba") == ["b", "a"]
        """,
    ),
)
