"""Bugs against which the implementation speaks from afar: through another function, an attribute, a table, a text."""

from __future__ import annotations

from tests.traps.trap import Trap

INDIRECT = (
    Trap(
        "signpost",
        "an exception has another class in two functions, and who calls their caller catches the old one",
        """
        # file: roads.py
        ROADS = {"A1": "north"}

        def find(name):
            if name not in ROADS:
                raise KeyError(f"no such road: {name}")
            return ROADS[name]

        def close(name):
            if name not in ROADS:
                raise KeyError(f"no such road to close: {name}")
            return f"{name} is closed"

        def direction(name):
            return find(name).upper()
        # file: maps.py
        from signpost.roads import direction

        def arrow(name):
            try:
                return direction(name)
            except KeyError:
                return "?"
        """,
        (
            ('raise KeyError(f"no such road: {name}")', 'raise ValueError(f"no such road: {name}")'),
            ('raise KeyError(f"no such road to close: {name}")', 'raise ValueError(f"no such road to close: {name}")'),
        ),
        """
        import pytest

        from signpost.maps import arrow
        from signpost.roads import close, find

        def test_find():
            with pytest.raises(KeyError):
                find("B7")

        def test_close():
            with pytest.raises(KeyError):
                close("B7")

        def test_arrow():
            assert arrow("B7") == "?"
        """,
        change=(("except KeyError:", "except ValueError:"),),
    ),
    Trap(
        "wardrobe",
        "a mapping raises another exception than mappings do",
        """
        # file: shelves.py
        from collections.abc import MutableMapping

        class Shelves(MutableMapping):
            def __init__(self, **things):
                self.things = things

            def __getitem__(self, name):
                if name not in self.things:
                    raise KeyError(f"not here: {name}")
                return self.things[name]

            def __setitem__(self, name, thing):
                self.things[name] = thing

            def __delitem__(self, name):
                if name not in self.things:
                    raise KeyError(f"not here to remove: {name}")
                del self.things[name]

            def __iter__(self):
                return iter(self.things)

            def __len__(self):
                return len(self.things)

        def wear(shelves):
            return shelves.get("coat", "nothing")
        """,
        (
            ('raise KeyError(f"not here: {name}")', 'raise ValueError(f"not here: {name}")'),
            ('raise KeyError(f"not here to remove: {name}")', 'raise ValueError(f"not here to remove: {name}")'),
        ),
        """
        import pytest

        from wardrobe.shelves import Shelves, wear

        def test_missing():
            with pytest.raises(KeyError):
                Shelves(hat=1)["coat"]

        def test_removing():
            shelves = Shelves(hat=1)
            with pytest.raises(KeyError):
                del shelves["coat"]

        def test_wear():
            assert wear(Shelves()) == "nothing"
        """,
    ),
    Trap(
        "lighthouse",
        "a variable of the environment has another name, and a reader puts the old one together",
        """
        # file: lamp.py
        import os

        def colour():
            return os.environ.get("LIGHTHOUSE_COLOUR", "white")

        def is_coloured():
            return os.environ.get("LIGHTHOUSE_COLOUR", "white") != "white"
        # file: settings.py
        import os

        def setting(name):
            return os.environ.get("LIGHTHOUSE_" + name.upper(), "")

        def painted():
            return setting("colour") or "bare"
        """,
        (
            ('os.environ.get("LIGHTHOUSE_COLOUR", "white")\n', 'os.environ.get("LIGHTHOUSE_TINT", "white")\n'),
            ('os.environ.get("LIGHTHOUSE_COLOUR", "white") !=', 'os.environ.get("LIGHTHOUSE_TINT", "white") !='),
        ),
        """
        from lighthouse.lamp import colour, is_coloured
        from lighthouse.settings import painted

        def test_colour(monkeypatch):
            monkeypatch.setenv("LIGHTHOUSE_COLOUR", "red")
            assert colour() == "red"
            assert is_coloured()

        def test_painted(monkeypatch):
            monkeypatch.setenv("LIGHTHOUSE_COLOUR", "red")
            assert (painted(), colour()) == ("red", "red")
        """,
        change=(('setting("colour")', 'setting("tint")'),),
        is_followed=False,
    ),
    Trap(
        "elevator",
        "a function returns a status in the place of an exit, and a table of commands drops it",
        """
        # file: floors.py
        import sys

        def stop(floor: int) -> None:
            if floor > 9:
                sys.exit(3)

        COMMANDS = {"stop": stop}

        def ride(word: str, floor: int) -> str:
            COMMANDS[word](floor)
            return "arrived"
        """,
        (
            ("def stop(floor: int) -> None:", "def stop(floor: int) -> int:"),
            ("        sys.exit(3)\n", "        return 3\n    return 0\n"),
        ),
        """
        import pytest

        from elevator.floors import ride, stop

        def test_stop():
            with pytest.raises(SystemExit) as ended:
                stop(10)
            assert ended.value.code == 3

        def test_ride():
            with pytest.raises(SystemExit):
                ride("stop", 10)
        """,
        change=(
            ("    COMMANDS[word](floor)\n", "    if status := COMMANDS[word](floor):\n        sys.exit(status)\n"),
        ),
        is_followed=False,
    ),
    Trap(
        "anthill",
        "a list has become a generator, and two methods go over it",
        """
        # file: ants.py
        def ants(rows):
            found = []
            for row in range(rows):
                found.append(row + 1)
            return found

        class Hill:
            def __init__(self, rows):
                self.ants = ants(rows)

            def legs(self):
                return sum(6 * ant for ant in self.ants)

            def tallest(self):
                return max(self.ants)
        """,
        (
            (
                "    found = []\n    for row in range(rows):\n        found.append(row + 1)\n    return found\n",
                "    for row in range(rows):\n        yield row + 1\n",
            ),
        ),
        """
        from anthill.ants import Hill, ants

        def test_ants():
            assert ants(3) == [1, 2, 3]

        def test_hill():
            hill = Hill(2)
            assert (hill.legs(), hill.tallest()) == (18, 2)
        """,
        change=(("self.ants = ants(rows)", "self.ants = list(ants(rows))"),),
    ),
    Trap(
        "attic",
        "a list has become a generator, and its caller still promises a list",
        """
        # file: boxes.py
        def boxes(count):
            made = []
            for number in range(count):
                made.append(str(number))
            return made

        def labels(count: int) -> list[str]:
            return boxes(count)
        """,
        (
            (
                "    made = []\n    for number in range(count):\n        made.append(str(number))\n    return made\n",
                "    for number in range(count):\n        yield str(number)\n",
            ),
        ),
        """
        from attic.boxes import boxes, labels

        def test_boxes():
            assert boxes(2) == ["0", "1"]

        def test_labels():
            assert labels(1) == ["0"]
        """,
        change=(("return boxes(count)", "return list(boxes(count))"),),
    ),
    Trap(
        "yacht",
        "a keyword has another name and another unit, as the number of its caller shows",
        """
        # file: sails.py
        LOG = []

        def sail(ship, speed_kmh=18):
            \"\"\"Sail a ship.

            The speed_kmh is how fast the ship goes through the water by itself.
            \"\"\"
            LOG.append(round(speed_kmh))
            return ship

        def race(ships):
            return [sail(ship, speed_kmh=36) for ship in ships]
        """,
        (
            ("def sail(ship, speed_kmh=18)", "def sail(ship, speed_knots=10)"),
            ("The speed_kmh is how", "The speed_knots is how"),
            ("LOG.append(round(speed_kmh))", "LOG.append(round(speed_knots * 1.852))"),
            ("sail(ship, speed_kmh=36)", "sail(ship, speed_knots=20)"),
        ),
        """
        from yacht.sails import LOG, race, sail

        def test_sail():
            assert sail("Ada", speed_kmh=18) == "Ada"
            assert LOG

        def test_race():
            assert race(["Ada"]) == ["Ada"]
        """,
    ),
    Trap(
        "aqueduct",
        "a result has one more value, and its caller takes the last one",
        """
        # file: arches.py
        def arches(length):
            count = length // 20
            rest = length - 20 * count
            return count, rest

        def remainder(length):
            return arches(length)[-1]
        """,
        (("    return count, rest\n", "    return count, rest, length\n"),),
        """
        from aqueduct.arches import arches, remainder

        def test_arches():
            count, rest = arches(50)
            assert (count, rest) == (2, 10)

        def test_remainder():
            assert remainder(50) == 10
        """,
        change=(("arches(length)[-1]", "arches(length)[1]"),),
    ),
    Trap(
        "viaduct",
        "a result has one more value, and its caller unpacks what it had in a loop",
        """
        # file: tracks.py
        def track(length):
            rails = length // 10
            bolts = rails * 4
            return rails, bolts

        def total(lengths):
            return sum(rails + bolts for rails, bolts in map(track, lengths))
        """,
        (("    return rails, bolts\n", "    return rails, bolts, length\n"),),
        """
        from viaduct.tracks import total, track

        def test_track():
            rails, bolts = track(20)
            assert (rails, bolts) == (2, 8)

        def test_total():
            assert total([10, 20]) == 15
        """,
        change=(("for rails, bolts in map", "for rails, bolts, _ in map"),),
    ),
    Trap(
        "abacus",
        "a function has another name, and the module still offers it by the old one",
        """
        # file: beads.py
        __all__ = ["count_beads", "row"]

        def count_beads(rows):
            filled = [row for row in rows if row]
            return sum(map(sum, filled)) + len(filled)

        def row(beads):
            return [1] * beads
        # file: tools.py
        def every():
            from abacus import beads

            return [getattr(beads, name) for name in beads.__all__]
        """,
        (("def count_beads", "def sum_beads"),),
        """
        from abacus.beads import count_beads
        from abacus.tools import every

        def test_count():
            assert count_beads([[1, 2], []]) == 4

        def test_every():
            assert len(every()) == 2
        """,
        change=(('"count_beads", "row"', '"sum_beads", "row"'),),
    ),
    Trap(
        "ballet",
        "a method has another name, and a class below still overrides the old one",
        """
        # file: dances.py
        class Dance:
            def __init__(self, steps):
                self.steps = steps

            def turn_around(self):
                return [step * 2 for step in self.steps if step > 0]

        class Waltz(Dance):
            def turn_around(self):
                return [*super().turn_around(), 3]
        """,
        (
            (
                "    def turn_around(self):\n        return [step * 2",
                "    def spin_around(self):\n        return [step * 2",
            ),
        ),
        """
        from ballet.dances import Dance, Waltz

        def test_turn():
            assert Dance([1, 2]).turn_around() == [2, 4]

        def test_waltz():
            assert Waltz([1]).turn_around() == [2, 3]
        """,
    ),
    Trap(
        "forge",
        "a module has moved, and is still started by its old name",
        """
        # file: hammers.py
        def strike(blows):
            sparks = [blow * blow for blow in range(blows)]
            return sum(sparks) + len(sparks)

        if __name__ == "__main__":
            print(strike(3))
        # file: apprentice.py
        import os
        import subprocess
        import sys

        def work():
            environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            command = [sys.executable, "-m", "forge.hammers"]
            return subprocess.run(command, env=environ, capture_output=True, text=True).stdout.strip()
        """,
        (("# file: hammers.py", "# file: anvils.py"),),
        """
        from forge.apprentice import work
        from forge.hammers import strike

        def test_strike():
            assert strike(3) == 8

        def test_work():
            assert work() == "8"
        """,
        change=(('"forge.hammers"', '"forge.anvils"'),),
    ),
    Trap(
        "ledger",
        "a key is written under another name than it is read by",
        """
        # file: entries.py
        from dataclasses import dataclass

        @dataclass
        class Entry:
            payee: str
            amount: int

            def to_dict(self):
                return {"payee": self.payee, "amount": self.amount}

            @classmethod
            def from_dict(cls, values):
                return cls(values["payee"], values["amount"])
        """,
        (('{"payee": self.payee, "amount": self.amount}', '{"payee": self.payee, "sum": self.amount}'),),
        """
        from ledger.entries import Entry

        def test_to_dict():
            assert Entry("Ada", 5).to_dict() == {"payee": "Ada", "amount": 5}

        def test_amount():
            assert Entry("Ada", 5).to_dict()["amount"] == 5

        def test_back():
            assert Entry.from_dict(Entry("Ada", 5).to_dict()) == Entry("Ada", 5)
        """,
        change=(('values["amount"]', 'values["sum"]'),),
        is_followed=False,
    ),
    Trap(
        "mint",
        "a static method has lost its decorator, and is called of its class",
        """
        # file: coins.py
        class Coin:
            @staticmethod
            def weigh(grams):
                return grams * 5

            def heap(self, grams):
                return [self.weigh(grams), Coin.weigh(grams)]
        """,
        (("    @staticmethod\n", ""),),
        """
        from mint.coins import Coin

        def test_weigh():
            assert Coin().weigh(2) == 10

        def test_heap():
            assert Coin().heap(1) == [5, 5]
        """,
    ),
    Trap(
        "brewery",
        "an attribute has another name where it is set, and is read by the old one",
        """
        # file: vats.py
        class Vat:
            def __init__(self, litres):
                self.litres = litres
                self.filled_hours = 0

            def fill(self):
                self.filled_hours += self.litres // 10
                return self.filled_hours
        """,
        (("self.filled_hours = 0", "self.filling_hours = 0"),),
        """
        from brewery.vats import Vat

        def test_new():
            assert Vat(50).filled_hours == 0

        def test_fill():
            assert Vat(50).fill() == 5
        """,
    ),
    Trap(
        "atlas",
        "fields have changed places, and are given by position as before",
        """
        # file: places.py
        from typing import NamedTuple

        class Place(NamedTuple):
            latitude: float
            longitude: float

        def equator(longitude: float) -> Place:
            return Place(0.0, longitude)
        """,
        (
            (
                "    latitude: float\n    longitude: float\n\n",
                "    longitude: float\n    latitude: float\n\n",
            ),
        ),
        """
        from atlas.places import Place, equator

        def test_place():
            assert Place(1.0, 2.0).latitude == 1.0

        def test_equator():
            assert equator(5.0).longitude == 5.0
        """,
        change=(("Place(0.0, longitude)", "Place(longitude, 0.0)"),),
        is_followed=False,
    ),
)
