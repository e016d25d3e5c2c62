"""Bugs that look as if a function gave or raised something else: its result's shape, its errors, its checks."""

from __future__ import annotations

from tests.traps.trap import Trap

RESULTS = (
    Trap(
        "laundry",
        "a result has lost a key, and its caller reads it",
        """
        # file: bills.py
        def bill(kilos):
            return {"kilos": kilos, "price": kilos * 4, "tip": kilos}

        def amount(kilos):
            found = bill(kilos)
            return found["price"] + found["tip"]
        """,
        (('"price": kilos * 4, "tip": kilos}', '"price": kilos * 4}'),),
        """
        from laundry.bills import amount, bill

        def test_bill():
            assert bill(2) == {"kilos": 2, "price": 8, "tip": 2}

        def test_tip():
            assert bill(3)["tip"] == 3

        def test_amount():
            assert amount(2) == 10
        """,
        change=(('found["price"] + found["tip"]', 'found["price"] * 5 // 4'),),
        is_followed=False,
    ),
    Trap(
        "bridge",
        "a result has lost a part, and its caller unpacks both",
        """
        # file: spans.py
        def span(length):
            pillars = length // 30
            return pillars, length - 30 * pillars

        def rest(length):
            _, left = span(length)
            return left
        """,
        (("return pillars, length - 30 * pillars", "return pillars"),),
        """
        from bridge.spans import rest, span

        def test_span():
            pillars, left = span(100)
            assert (pillars, left) == (3, 10)

        def test_first():
            assert span(90)[0] == 3

        def test_rest():
            assert rest(100) == 10
        """,
        is_followed=False,
    ),
    Trap(
        "vineyard",
        "a result has lost a field, and its caller reads it",
        """
        # file: vines.py
        from typing import NamedTuple

        class Harvest(NamedTuple):
            red: int
            white: int

        def harvest(vines: int) -> Harvest:
            return Harvest(vines * 30, vines * 20)

        def white(vines: int) -> int:
            return harvest(vines).white
        """,
        (("    white: int\n", ""), ("Harvest(vines * 30, vines * 20)", "Harvest(vines * 30)")),
        """
        from vineyard.vines import Harvest, harvest, white

        def test_harvest():
            assert harvest(2) == Harvest(60, 40)

        def test_white_of_a_harvest():
            assert harvest(1).white == 20

        def test_white():
            assert white(3) == 60
        """,
    ),
    Trap(
        "cave",
        "a list has become a generator, and its caller goes through it twice",
        """
        # file: bats.py
        def bats(night):
            found = []
            for hour in range(night):
                found.append(hour * hour)
            return found

        def mean(night):
            seen = bats(night)
            return sum(seen) / max(1, sum(1 for _ in seen))
        """,
        (
            (
                "    found = []\n    for hour in range(night):\n        found.append(hour * hour)\n    return found\n",
                "    for hour in range(night):\n        yield hour * hour\n",
            ),
        ),
        """
        from cave.bats import bats, mean

        def test_bats():
            assert bats(3) == [0, 1, 4]

        def test_last_bat():
            assert bats(3)[-1] == 4

        def test_count():
            assert len(bats(5)) == 5

        def test_mean():
            assert mean(3) == 5 / 3
        """,
        change=(("seen = bats(night)", "seen = list(bats(night))"),),
        is_followed=False,
    ),
    Trap(
        "quarry",
        "a list has become an iterator, and its caller asks for its length",
        """
        # file: stones.py
        def heavy(stones):
            return [stone for stone in stones if stone > 50]

        def carts(stones):
            return -(-len(heavy(stones)) // 2)
        """,
        (("[stone for stone in stones if stone > 50]", "(stone for stone in stones if stone > 50)"),),
        """
        from quarry.stones import carts, heavy

        def test_heavy():
            assert heavy([20, 60, 70]) == [60, 70]

        def test_carts():
            assert carts([60, 70, 80]) == 2
        """,
        change=(("len(heavy(stones))", "len(list(heavy(stones)))"),),
        is_followed=False,
    ),
    Trap(
        "customs",
        "an exception has another base, and its caller catches the old one",
        """
        # file: goods.py
        class ForbiddenError(LookupError):
            pass

        def duty(goods):
            if goods == "ivory":
                raise ForbiddenError(goods)
            return len(goods)
        # file: desk.py
        from customs.goods import duty

        def stamp(goods):
            try:
                return f"paid {duty(goods)}"
            except LookupError:
                return "seized"
        """,
        (("class ForbiddenError(LookupError)", "class ForbiddenError(ValueError)"),),
        """
        import pytest

        from customs.desk import stamp
        from customs.goods import duty

        def test_forbidden():
            with pytest.raises(LookupError):
                duty("ivory")

        def test_stamp():
            assert stamp("ivory") == "seized"
        """,
        change=(("except LookupError", "except ValueError"),),
        is_followed=False,
    ),
    Trap(
        "hostel",
        "a function raises a class that took the place of another, and its caller in another module catches the other",
        """
        # file: beds.py
        class FullError(Exception):
            pass

        class ClosedError(Exception):
            pass

        def bed(guests):
            if guests > 3:
                raise FullError("no bed is left")
            return guests + 1
        # file: door.py
        from hostel import beds

        def arrive(guests):
            try:
                return beds.bed(guests)
            except (beds.FullError, KeyError):
                return 0
        """,
        (('raise FullError("no bed is left")', 'raise ClosedError("no bed is left")'),),
        """
        import pytest

        from hostel import beds
        from hostel.door import arrive

        def test_full():
            with pytest.raises(beds.FullError, match="no bed"):
                beds.bed(4)

        def test_arrive():
            assert arrive(5) == 0
        """,
        change=(("(beds.FullError, KeyError)", "(beds.ClosedError, KeyError)"),),
        is_followed=False,
    ),
    Trap(
        "ferris",
        "a check is gone, and its caller relies on it",
        """
        # file: rides.py
        def ride(height):
            if height < 120:
                raise ValueError(f"too small: {height}")
            return f"{height} cm may ride"

        def family(heights):
            try:
                return [ride(height) for height in heights]
            except ValueError:
                return []
        """,
        (('    if height < 120:\n        raise ValueError(f"too small: {height}")\n', ""),),
        """
        import pytest

        from ferris.rides import family, ride

        def test_too_small():
            with pytest.raises(ValueError, match="too small"):
                ride(100)

        def test_family():
            assert family([150, 90]) == []
        """,
    ),
    Trap(
        "kiosk",
        "a message has other words, and its caller looks for the old ones",
        """
        # file: papers.py
        def paper(name):
            if name != "Times":
                raise KeyError(f"sold out: {name}")
            return name

        def buy(name):
            try:
                return paper(name)
            except KeyError as error:
                return "tomorrow" if "sold out" in str(error) else "never"
        """,
        (('KeyError(f"sold out: {name}")', 'KeyError(f"not found: {name}")'),),
        """
        import pytest

        from kiosk.papers import buy, paper

        def test_sold_out():
            with pytest.raises(KeyError, match="sold out: Post"):
                paper("Post")

        def test_buy():
            assert buy("Post") == "tomorrow"
        """,
        change=(('"sold out" in', '"not found" in'),),
        is_followed=False,
    ),
    Trap(
        "aquarium",
        "a context manager has lost its decorator, and its caller enters it",
        """
        # file: tanks.py
        from contextlib import contextmanager

        @contextmanager
        def tank(litres):
            yield [litres]

        def fill(litres):
            with tank(litres) as water:
                return sum(water)
        """,
        (("@contextmanager\n", ""),),
        """
        from aquarium.tanks import fill, tank

        def test_tank():
            with tank(5) as water:
                assert water == [5]

        def test_fill():
            assert fill(7) == 7
        """,
    ),
    Trap(
        "pharmacy",
        "a model takes fewer types than its own code passes",
        """
        # file: pills.py
        def dose(pills: int | str) -> int:
            return int(pills) * 2

        def from_form(fields: dict[str, str]) -> int:
            return dose(fields["pills"])
        """,
        (
            ("pills: int | str", "pills: int"),
            ("return int(pills) * 2", "assert isinstance(pills, int)\n    return pills * 2"),
        ),
        """
        from pharmacy.pills import dose, from_form

        def test_dose():
            assert dose("3") == 6

        def test_form():
            assert from_form({"pills": "4"}) == 8
        """,
        change=(('dose(fields["pills"])', 'dose(int(fields["pills"]))'),),
        is_followed=False,
    ),
    Trap(
        "lamps",
        "a text is given as bytes, and its caller joins it with texts",
        """
        # file: signals.py
        def code(word: str) -> str:
            return word.upper()

        def message(*words: str) -> str:
            return " ".join(code(word) for word in words)
        """,
        (("-> str:\n    return word.upper()", "-> bytes:\n    return word.upper().encode()"),),
        """
        from lamps.signals import code, message

        def test_code():
            assert code("sos") == "SOS"

        def test_message():
            assert message("sos", "now") == "SOS NOW"
        """,
        change=(("code(word) for", "code(word).decode() for"),),
        is_followed=False,
    ),
)
