"""Bugs that keep a file of tests from being loaded, as if what it is made of were gone."""

from __future__ import annotations

from tests.traps.trap import Trap

LOADING = (
    Trap(
        "larder",
        "a look-up has lost its fallback, and another one still has it",
        """
        # file: shelves.py
        class Guess:
            def __init__(self, name):
                self.name = name

        class Shelf:
            known = {}

            def __init__(self, *names):
                self.jars = [self.jar(name) for name in names]

            def jar(self, name):
                return self.known.get(name, Guess(name))

        def first(known, name):
            return known.get(name, Guess(name))
        """,
        (("return self.known.get(name, Guess(name))", "return self.known[name]"),),
        """
        from larder.shelves import Shelf, first

        SHELF = Shelf("jam")

        def test_shelf():
            assert SHELF.jars[0].name == "jam"

        def test_first():
            assert first({}, "tea").name == "tea"
        """,
    ),
    Trap(
        "cellar",
        "a class among the values of a test is gone, and a function still makes one",
        """
        # file: wines.py
        class Red:
            colour = "red"

        class White:
            colour = "white"

        def house_wine():
            return White()
        """,
        (('class White:\n    colour = "white"\n', ""),),
        """
        import pytest
        from cellar import wines

        @pytest.mark.parametrize("kind", [wines.Red, wines.White])
        def test_colour(kind):
            assert kind().colour

        def test_house_wine():
            assert wines.house_wine().colour == "white"
        """,
    ),
)
