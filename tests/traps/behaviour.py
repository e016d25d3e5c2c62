"""Bugs that look as if a result, an exception, a check or the form of a function had been changed."""

from __future__ import annotations

from tests.traps.trap import Trap

BEHAVIOUR = (
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
        "orchard",
        "a list has become a generator, and its caller still measures it",
        """
        # file: trees.py
        def ripe(trees):
            return [tree for tree in trees if tree > 2]

        def share(trees):
            return len(ripe(trees)) / len(trees)
        """,
        (("[tree for tree in trees if tree > 2]", "(tree for tree in trees if tree > 2)"),),
        """
        from orchard.trees import ripe

        def test_ripe():
            assert ripe([1, 2, 3]) == [3]
        """,
        change=(
            ("return (tree for tree in trees if tree > 2)", "yield from (tree for tree in trees if tree > 2)"),
            ("len(ripe(trees))", "sum(1 for _ in ripe(trees))"),
        ),
    ),
    Trap(
        "observatory",
        "another exception is raised than the docstring says",
        """
        # file: stars.py
        STARS = {"sirius": -1}

        def brightness(star):
            '''How bright a star is. Raises KeyError for one that is not known.'''
            if star not in STARS:
                raise KeyError(f"no such star: {star}")
            return STARS[star]

        def distance(star):
            '''How far a star is. Raises KeyError for one that is not known.'''
            if star not in STARS:
                raise KeyError(f"no way to {star}")
            return 9
        """,
        (('KeyError(f"no such star', 'TypeError(f"no such star'),),
        """
        import pytest

        from observatory.stars import brightness, distance

        def test_brightness():
            assert brightness("sirius") == -1
            with pytest.raises(KeyError):
                brightness("vega")

        def test_distance():
            with pytest.raises(KeyError):
                distance("vega")
        """,
        change=(("bright a star is. Raises KeyError", "bright a star is. Raises TypeError"),),
    ),
)
