"""Bugs that look as if what functions and their callers owe one another had been changed."""

from __future__ import annotations

from tests.traps.trap import Trap

PROTOCOLS = (
    Trap(
        "grove",
        "one more value is given, and its caller unpacks as many as before",
        """
        # file: trees.py
        def pick(tree):
            fruits = [tree, tree]
            return fruits, len(fruits)

        def basket(tree):
            fruits, count = pick(tree)
            return f"{count}: {fruits[0]}"
        """,
        (("return fruits, len(fruits)", "return fruits, [], len(fruits)"),),
        """
        from grove.trees import basket, pick

        def test_pick():
            found, count = pick("apple")
            assert len(found) == count

        def test_basket():
            assert basket("pear") == "2: pear"
        """,
        change=(("fruits, count = pick", "fruits, rotten, count = pick"),),
    ),
    Trap(
        "arena",
        "a method takes one more argument, and another one that overrides it does not",
        """
        # file: seats.py
        class Plan:
            def price(self, row):
                return 10 - row

        class Balcony(Plan):
            def price(self, row):
                return 20 - row

        def total(plan, rows):
            return sum(plan.price(row) for row in rows)
        """,
        (
            ("def price(self, row):\n        return 10", "def price(self, row, day):\n        return 10"),
            ("plan.price(row)", "plan.price(row, day=1)"),
        ),
        """
        from arena.seats import Balcony, Plan, total

        class Free(Plan):
            def price(self, row):
                return 0

        def test_free():
            assert total(Free(), [1, 2]) == 0

        def test_balcony():
            assert total(Balcony(), [1, 2]) == 37
        """,
        change=(("def price(self, row):", "def price(self, row, day):"),),
    ),
    Trap(
        "relay",
        "a method that ended generators is lost, and what it raised is still caught",
        """
        # file: runs.py
        class Done(Exception):
            pass

        class Relay:
            def finish(self, result=None):
                raise Done(result)

            def run(self, steps):
                try:
                    while True:
                        next(steps)
                except (StopIteration, Done) as end:
                    return end.args[0] if end.args else None
        """,
        (("def finish(self, result=None):\n        raise Done(result)\n\n    ", ""),),
        """
        from relay.runs import Relay

        def test_run():
            relay = Relay()

            def steps():
                yield 1
                relay.finish(2)

            assert relay.run(steps()) == 2
        """,
        change=(("class Done(Exception):\n    pass\n\n", ""), ("(StopIteration, Done)", "StopIteration")),
    ),
    Trap(
        "ravine",
        "a function has become a coroutine for no reason",
        """
        # file: spans.py
        def span(metres):
            return round(metres)
        """,
        (("def span", "async def span"),),
        """
        from ravine.spans import span

        def test_span():
            assert span(70.2) == 70
        """,
    ),
)
