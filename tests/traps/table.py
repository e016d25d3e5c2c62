"""Bugs that look like changes: small packages in whose head the implementation is wrong, and its own code says so.

Each trap is a package at base, the bug as replacements of its text, and tests that pass at base and fail at head. Where
``change`` is given, these further replacements turn the bug into an honest change of the same kind: the package's own
code follows, and so may the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from textwrap import dedent

Replacements = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Trap:
    """One package; ``text`` holds its files, each behind ``# file: PATH``."""

    name: str  # of the package, and of its tests
    bug: str  # what is wrong, and how its own code tells
    text: str
    wrong: Replacements
    tests: str
    change: Replacements = ()  # beside ``wrong``; with them the tests may follow
    is_followed: bool = True  # whether a repair follows the honest change without being asked

    def base(self) -> dict[str, str]:
        return _files(self.text)

    def head(self) -> dict[str, str]:
        return self._with(self.wrong)

    def changed(self) -> dict[str, str]:
        return self._with((*self.wrong, *self.change))

    def _with(self, replacements: Replacements) -> dict[str, str]:
        text = dedent(self.text)
        for before, after in replacements:
            assert text.count(before) == 1, f"{self.name}: {before!r} is there {text.count(before)} times"
            text = text.replace(before, after)
        return _files(text)


def _files(text: str) -> dict[str, str]:
    lines = dedent(text).strip("\n").splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith("# file: ")]
    return {
        lines[start].removeprefix("# file: ").strip(): "".join(lines[start + 1 : end])
        for start, end in pairwise([*starts, len(lines)])
    }


TRAPS = (
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
        "coffee",
        "a keyword has another name, and its caller passes the old one",
        """
        # file: orders.py
        def order(name, qty=1):
            return [name] * qty

        def breakfast():
            return order("espresso", qty=2)
        """,
        (
            (
                "def order(name, qty=1):\n    return [name] * qty",
                "def order(name, quantity=1):\n    return [name] * quantity",
            ),
        ),
        """
        from coffee.orders import breakfast, order

        def test_order():
            assert order("latte", qty=2) == ["latte", "latte"]

        def test_breakfast():
            assert breakfast() == ["espresso", "espresso"]
        """,
        change=(('order("espresso", qty=2)', 'order("espresso", quantity=2)'),),
    ),
    Trap(
        "bakery",
        "a result is wrong: the count is added",
        """
        # file: prices.py
        def price(each: int, count: int) -> int:
            return each * count
        """,
        (("each * count", "each + count"),),
        """
        from bakery.prices import price

        def test_price():
            assert price(3, 4) == 12
        """,
    ),
    Trap(
        "harbour",
        "a default is lost, and its caller relies on it",
        """
        # file: ships.py
        def dock(ship, pier=7):
            return f"{ship} at {pier}"

        def arrive(ship):
            return dock(ship)
        """,
        (("pier=7", "pier"),),
        """
        from harbour.ships import arrive, dock

        def test_dock():
            assert dock("Ada") == "Ada at 7"

        def test_arrive():
            assert arrive("Ada") == "Ada at 7"
        """,
        change=(("return dock(ship)", "return dock(ship, 7)"),),
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
        "radio",
        "a coroutine has lost its await",
        """
        # file: waves.py
        async def tune(station):
            return station * 2

        async def listen(station):
            return await tune(station)
        """,
        (("return await tune", "return tune"),),
        """
        import asyncio

        from radio.waves import listen

        def test_listen():
            assert asyncio.run(listen(4)) == 8
        """,
    ),
    Trap(
        "clinic",
        "a function has become a coroutine, and its caller does not wait for it",
        """
        # file: visits.py
        def weigh(kilos):
            return round(kilos)

        def visit(kilos):
            return weigh(kilos) + 1
        """,
        (("def weigh", "async def weigh"),),
        """
        from clinic.visits import visit, weigh

        def test_weigh():
            assert weigh(70.2) == 70

        def test_visit():
            assert visit(70.2) == 71
        """,
        change=(("def visit", "async def visit"), ("return weigh(kilos)", "return await weigh(kilos)")),
        is_followed=False,
    ),
    Trap(
        "school",
        "parameters have changed places, and its caller passes them as before",
        """
        # file: marks.py
        def share(part, whole):
            return part / whole

        def passed(points):
            return share(points, 100) > 0.5
        """,
        (("def share(part, whole)", "def share(whole, part)"),),
        """
        from school.marks import passed, share

        def test_share():
            assert share(1, 4) == 0.25

        def test_passed():
            assert not passed(40)
        """,
        change=(("share(points, 100)", "share(100, points)"),),
        is_followed=False,
    ),
    Trap(
        "museum",
        "another exception is raised than its caller catches",
        """
        # file: rooms.py
        class NoSuchRoomError(Exception):
            pass

        def room(number):
            if number > 9:
                raise NoSuchRoomError(number)
            return f"room {number}"

        def guide(number):
            try:
                return room(number)
            except NoSuchRoomError:
                return "the entrance"
        """,
        (("raise NoSuchRoomError(number)", "raise LookupError(number)"),),
        """
        import pytest

        from museum.rooms import NoSuchRoomError, guide, room

        def test_no_such_room():
            with pytest.raises(NoSuchRoomError):
                room(10)

        def test_guide():
            assert guide(10) == "the entrance"
        """,
    ),
    Trap(
        "train",
        "a check refuses what its own caller passes",
        """
        # file: seats.py
        def reserve(seats):
            if seats < 1:
                raise ValueError(f"too few seats: {seats}")
            return list(range(seats))

        def single():
            return reserve(1)
        """,
        (("if seats < 1:", "if seats < 2:"),),
        """
        from train.seats import reserve, single

        def test_reserve():
            assert reserve(1) == [0]

        def test_single():
            assert single() == [0]
        """,
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
        "theatre",
        "a property has become a method, and the class reads it",
        """
        # file: plays.py
        class Play:
            def __init__(self, acts):
                self.acts = acts

            @property
            def minutes(self):
                return sum(self.acts)

            def ends(self, begins):
                return begins + self.minutes
        """,
        (("    @property\n", ""),),
        """
        from theatre.plays import Play

        def test_minutes():
            assert Play([50, 40]).minutes == 90

        def test_ends():
            assert Play([50, 40]).ends(10) == 100
        """,
        change=(("begins + self.minutes", "begins + self.minutes()"),),
    ),
    Trap(
        "cinema",
        "a method has become a property, and the class calls it",
        """
        # file: films.py
        class Film:
            def __init__(self, reels):
                self.reels = reels

            def minutes(self):
                return 20 * self.reels

            def ends(self, begins):
                return begins + self.minutes()
        """,
        (("    def minutes", "    @property\n    def minutes"),),
        """
        from cinema.films import Film

        def test_minutes():
            assert Film(3).minutes() == 60

        def test_ends():
            assert Film(3).ends(10) == 70
        """,
        change=(("begins + self.minutes()", "begins + self.minutes"),),
    ),
    Trap(
        "mail",
        "an argument is taken by keyword only, and its caller passes it by position",
        """
        # file: sending.py
        def send(text, urgent=False):
            return text.upper() if urgent else text

        def alarm():
            return send("fire", True)
        """,
        (("text, urgent", "text, *, urgent"),),
        """
        from mail.sending import alarm, send

        def test_send():
            assert send("hello", True) == "HELLO"

        def test_alarm():
            assert alarm() == "FIRE"
        """,
        change=(('send("fire", True)', 'send("fire", urgent=True)'),),
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
        "archive",
        "a parameter is required, and its caller does not pass it",
        """
        # file: boxes.py
        class Ink:
            pass

        def store(paper):
            return [paper]

        def keep(papers):
            return [store(paper) for paper in papers]
        """,
        (("def store(paper)", "def store(paper, ink: Ink)"),),
        """
        import pytest

        from archive.boxes import Ink, keep, store

        @pytest.fixture
        def ink() -> Ink:
            return Ink()

        def test_store(ink):
            assert store("a") == ["a"]

        def test_keep():
            assert keep(["a"]) == [["a"]]
        """,
        change=(("def keep(papers)", "def keep(papers, ink: Ink)"), ("store(paper) for", "store(paper, ink) for")),
        is_followed=False,
    ),
    Trap(
        "weather",
        "a constant has another value than its own reader takes",
        """
        # file: stations.py
        LIMIT = 30

        def is_hot(degrees):
            return degrees >= LIMIT
        """,
        (("LIMIT = 30", 'LIMIT = "30"'),),
        """
        from weather.stations import LIMIT, is_hot

        def test_limit():
            assert LIMIT == 30

        def test_hot():
            assert is_hot(31)
        """,
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
        "stage",
        "an argument is taken no more, and its caller passes it",
        """
        # file: lights.py
        def light(colour, level=1):
            return f"{colour} {level}"

        def dawn():
            return light("red", level=1)
        """,
        (
            (
                'def light(colour, level=1):\n    return f"{colour} {level}"',
                'def light(colour):\n    return f"{colour} 1"',
            ),
        ),
        """
        from stage.lights import dawn, light

        def test_light():
            assert light("blue", level=1) == "blue 1"

        def test_dawn():
            assert dawn() == "red 1"
        """,
    ),
    Trap(
        "fleet",
        "a class takes the place of a dict, and its caller passes a dict",
        """
        # file: cars.py
        from dataclasses import dataclass
        from typing import Any

        @dataclass
        class Engine:
            power: int
            fuel: str = "oil"

        def describe(name: str, engine: dict[str, Any]) -> str:
            return f"{name}: {engine['power']}"

        def first() -> str:
            return describe("T", {"power": 20})
        """,
        (("engine: dict[str, Any]", "engine: Engine"), ("{engine['power']}", "{engine.power}")),
        """
        from fleet.cars import describe, first

        def test_describe():
            assert describe("A", {"power": 60}) == "A: 60"

        def test_first():
            assert first() == "T: 20"
        """,
        change=(('describe("T", {"power": 20})', 'describe("T", Engine(power=20))'),),
    ),
    Trap(
        "chess",
        "a parameter takes a class around what its caller passes",
        """
        # file: games.py
        class Board:
            def __init__(self) -> None:
                self.moves = 0

            def turn(self) -> int:
                return self.moves

        class Clock:
            def __init__(self, board: Board) -> None:
                self.board = board

            def tick(self) -> int:
                return self.board.turn()

        def play(board: Board) -> int:
            return board.turn()

        def demonstrate() -> int:
            return play(Board())
        """,
        (
            (
                "def play(board: Board) -> int:\n    return board.turn()",
                "def play(board: Clock) -> int:\n    return board.tick()",
            ),
        ),
        """
        from chess.games import Board, demonstrate, play

        def test_play():
            assert play(Board()) == 0

        def test_demonstrate():
            assert demonstrate() == 0
        """,
        change=(("return play(Board())", "return play(Clock(Board()))"),),
    ),
    Trap(
        "lottery",
        "a coroutine has become a function, and its caller awaits it",
        """
        # file: draws.py
        async def draw(seed):
            return seed * 7 % 10

        async def week(seed):
            return [await draw(seed + day) for day in range(2)]
        """,
        (("async def draw", "def draw"),),
        """
        import asyncio

        from lottery.draws import draw, week

        def test_draw():
            assert asyncio.run(draw(3)) == 1

        def test_week():
            assert asyncio.run(week(3)) == [1, 8]
        """,
        change=(("await draw(", "draw("),),
        is_followed=False,
    ),
    Trap(
        "census",
        "an enumeration takes the place of texts, and its caller passes a text",
        """
        # file: people.py
        from enum import Enum

        class Gender(Enum):
            FEMALE = "f"
            MALE = "m"

        def title(gender: str) -> str:
            return {"f": "Ms", "m": "Mr"}[gender]

        def queen() -> str:
            return title("f")
        """,
        (("gender: str", "gender: Gender"), ("[gender]", "[gender.value]")),
        """
        from census.people import queen, title

        def test_title():
            assert title("m") == "Mr"

        def test_queen():
            assert queen() == "Ms"
        """,
        change=(('title("f")', "title(Gender.FEMALE)"),),
    ),
)
