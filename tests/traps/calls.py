"""Bugs that look as if a function were called in another way: its parameters, their order, defaults and types."""

from __future__ import annotations

from tests.traps.trap import Trap

CALLS = (
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
        is_followed=False,
    ),
    Trap(
        "pantry",
        "a parameter got another name, and its own documentation still tells of the old one",
        """
        # file: shelves.py
        class Shelf:
            def __init__(self, shelf_place=None):
                '''Keep what is put in.

                Everything goes to shelf_place before anything is written down.
                '''
                self.where = shelf_place or "nowhere"
        """,
        (("shelf_place=None", "shelf_path=None"), ("shelf_place or", "shelf_path if shelf_path is not None else")),
        """
        from pantry.shelves import Shelf

        def test_shelf():
            assert Shelf(shelf_place="cellar").where == "cellar"
        """,
        change=(("goes to shelf_place", "goes to shelf_path"),),
    ),
)
