"""Literals that became members: where the value is proven to be one, and the member is the only one of that value."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Changed, Outcome, Unchanged, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.literal_to_enum import LiteralToEnum
from pytest_agentgate.errors import UsageError

CARS = """
    import enum
    from dataclasses import dataclass

    class Color(enum.Enum):
        RED = "red"
        BLUE = "blue"
        ONE = 1
        GREY = "grey"
        GRAY = "grey"
        _ignored = "x"

    @dataclass
    class Car:
        name: str
        color: Color = Color.RED

        def paint(self) -> Color:
            return self.color

    class Plain:
        def __init__(self, color: Color):
            self.color = color

    class Loose:
        def __init__(self, color):
            self.color = Color(color)

    def color_of(name: str) -> Color:
        return Color.RED
"""
COLOR = LiteralToEnum(old="cars.Car.color", new="cars.Color")


def of(source: str, codemod: LiteralToEnum = COLOR, cars: str = CARS) -> Outcome:
    place = Place.within(Sources.of({"cars.py": dedent(cars)}), "tests/test_cars.py")
    return rewrite(source, [codemod], place)


@pytest.mark.parametrize(
    "source",
    [
        "from shop import Car\nassert Car('a').color == 'red'\n",
        "from cars import Car\nassert Car('red').name == 'red'\n",
        "from cars import Car\nassert Car('a').color.value == 'red'\n",
        "from cars import Car\nassert str(Car('a').color) == 'red'\n",
        "from cars import Car\nassert Car('a').color == color\n",
        "from cars import Car\nassert Car('a').color is True\n",
        "from cars import Car, Color\nassert Car('a', color=Color.RED).color == Color.RED\n",
        "from cars import Car\nCar('red', color=make('red'))\n",
        "x = 'red'\n",
    ],
)
def test_what_is_not_the_field_or_not_compared_with_a_literal_is_left_without_a_word(source: str) -> None:
    assert of(source) == Unchanged()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("assert Car('a').color == 'green'\n", "cars.Color has not one member of the value 'green'"),
        ("assert Car('a').color == 'grey'\n", "cars.Color has not one member of the value 'grey'"),
        ("assert Car('a').color == 'x'\n", "cars.Color has not one member of the value 'x'"),
        ("assert Car('a').color == 1.0\n", "cars.Color has not one member of the value 1.0"),
        ("def test(other):\n    assert other.color == 'red'\n", "the class of other can't be told"),
    ],
)
def test_a_literal_that_is_left_is_named(source: str, reason: str) -> None:
    outcome = of(f"from cars import Car\n{source}")
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == [reason]


def test_an_enumeration_that_can_not_be_read_is_said() -> None:
    outcome = of("from cars import Car\nassert Car('a').color == 'red'\n", LiteralToEnum("cars.Car.color", "cars.No"))
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == ["the source of cars.No can't be found"]


def test_old_must_name_a_member() -> None:
    with pytest.raises(UsageError, match="must name a class and its member"):
        LiteralToEnum(old="color", new="cars.Color")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert Car('a').color == 'red'\n", "assert Car('a').color == Color.RED\n"),
        ("assert Car('a').color != 1\n", "assert Car('a').color != Color.ONE\n"),
        ("assert Car('a').color in ['red', 'green']\n", "assert Car('a').color in [Color.RED, 'green']\n"),
        ("self.assertEqual('red', Car('a').color)\n", "self.assertEqual(Color.RED, Car('a').color)\n"),
        ("Car('a', color='blue')\n", "Car('a', color=Color.BLUE)\n"),
        (
            "Car(\n    'red',  # name\n    'red',  # color\n)\n",
            "Car(\n    'red',  # name\n    Color.RED,  # color\n)\n",
        ),
        (
            "def test():\n    c = Car('a')\n    color = c.color\n    assert (c.name, color) == ('red', 'red')\n",
            "def test():\n    c = Car('a')\n    color = c.color\n    assert (c.name, color) == ('red', Color.RED)\n",
        ),
        (
            "def test(car: Car):\n    assert car.color == 'red'\n",
            "def test(car: Car):\n    assert car.color == Color.RED\n",
        ),
        ("if Car('a').color == 'red':\n    pass\n", "if Car('a').color == Color.RED:\n    pass\n"),
    ],
)
def test_a_literal_becomes_the_member(before: str, after: str) -> None:
    outcome = of(f"from cars import Car\n{before}")
    assert isinstance(outcome, Changed)
    assert outcome.source == f"from cars import Car, Color\n{after}"
    assert isinstance(of(outcome.source), Unchanged)


@pytest.mark.parametrize(
    ("old", "before", "after"),
    [
        ("cars.color_of", "assert color_of('red') == 'red'\n", "assert color_of('red') == Color.RED\n"),
        ("cars.Car.paint", "assert Car('a').paint() == 'red'\n", "assert Car('a').paint() == Color.RED\n"),
        ("cars.Plain.color", "Plain('red')\nPlain(color='red')\n", "Plain(Color.RED)\nPlain(color=Color.RED)\n"),
        ("cars.Loose.color", "assert Loose('red').color == 'red'\n", "assert Loose('red').color == Color.RED\n"),
    ],
)
def test_functions_and_methods_have_results(old: str, before: str, after: str) -> None:
    outcome = of(f"from cars import Car, Loose, Plain, color_of\n{before}", LiteralToEnum(old, "cars.Color"))
    assert isinstance(outcome, Changed)
    assert outcome.source == f"from cars import Car, Color, Loose, Plain, color_of\n{after}"


def test_a_model_that_makes_members_itself_is_still_given_values() -> None:
    cars = CARS.replace("@dataclass", "").replace("class Car:", "class Car(BaseModel):")
    cars = cars.replace("import enum", "import enum\n    from pydantic import BaseModel")
    outcome = of("from cars import Car\nassert Car(name='a', color='red').color == 'red'\n", cars=cars)
    assert isinstance(outcome, Changed)
    assert outcome.source == "from cars import Car, Color\nassert Car(name='a', color='red').color == Color.RED\n"


def test_the_values_of_auto_are_known() -> None:
    cars = """
        from enum import StrEnum, auto

        class Color(StrEnum):
            RED = auto()

        class Car:
            color: Color
    """
    outcome = of("from cars import Car\nassert Car().color == 'red'\n", cars=cars)
    assert isinstance(outcome, Changed)
    assert "== Color.RED" in outcome.source


def test_the_tests_pass_and_fail_as_they_did_before_the_enumeration(pytester: pytest.Pytester) -> None:
    tests = """
        from cars import Car, color_of

        def test_right():
            car = Car("a", color="red")
            assert car.color == "red" and car.paint() != "blue"
            assert color_of("a") in ("red", "blue")

        def test_wrong():
            assert Car("a").color == "blue"
    """
    old = """
        class Car:
            def __init__(self, name, color="red"):
                self.name, self.color = name, color
            def paint(self):
                return self.color
        def color_of(name):
            return "red"
    """
    cars = pytester.makepyfile(cars=dedent(old))
    path = pytester.makepyfile(test_cars=dedent(tests))
    pytester.syspathinsert()
    before = pytester.runpytest("-p", "no:cacheprovider").parseoutcomes()
    assert before == {"passed": 1, "failed": 1}
    cars.write_text(dedent(CARS))
    assert pytester.runpytest("-p", "no:cacheprovider").parseoutcomes() == {"failed": 2}
    codemods = [LiteralToEnum(old, "cars.Color") for old in ("cars.Car.color", "cars.Car.paint", "cars.color_of")]
    place = Place.within(Sources.of({"cars.py": dedent(CARS)}), "test_cars.py")
    outcome = rewrite(path.read_text(), codemods, place)
    assert isinstance(outcome, Changed)
    path.write_text(outcome.source)
    assert pytester.runpytest("-p", "no:cacheprovider").parseoutcomes() == before


PARAMETRIZED = """
import pytest
from cars import Car{}

@pytest.mark.parametrize(("color", "name"), [("red", "red"), pytest.param("blue", "b", id="b")])
def test_it(color, name):
    car = Car(name, color={})
    assert car.color == {}
    assert car.name == name
"""


def test_what_parametrize_gives_is_made_a_member_where_it_is_used() -> None:
    outcome = of(PARAMETRIZED.format("", "color", "color"))
    assert outcome == Changed(PARAMETRIZED.format(", Color", "Color(color)", "Color(color)"), (COLOR,))
    assert of(PARAMETRIZED.format(", Color", "Color(color)", "Color(color)")) == Unchanged()


def test_a_variable_that_holds_a_literal_is_made_a_member_where_it_is_used() -> None:
    source = "from cars import Car{}\n\ndef test():\n    wanted = 'red'\n    assert Car('a').color == {}\n"
    outcome = of(source.format("", "wanted"))
    assert isinstance(outcome, Changed)
    assert outcome.source == source.format(", Color", "Color(wanted)")


@pytest.mark.parametrize("value", ["'green'", "'grey'", "make()", "None"])
def test_a_name_that_may_stand_for_something_else_is_left(value: str) -> None:
    outcome = of(PARAMETRIZED.format("", "color", "color").replace('param("blue"', f"param({value}"))
    assert isinstance(outcome, Unchanged)
    assert {note.reason for note in outcome.notes} == {
        "not everything that color stands for is the value of one member of cars.Color"
    }


TAKING = """
def paint(name, color: Color, coats: int = 1): ...
class Shop:
    async def spray(self, *, color: Color): ...
    def wash(self, color): ...
"""


@pytest.mark.parametrize(
    ("old", "before", "after"),
    [
        ("paint.color", "cars.paint('red', 'red')", "cars.paint('red', cars.Color.RED)"),
        ("paint.color", "cars.paint('a', color='red')", "cars.paint('a', color=cars.Color.RED)"),
        ("paint.coats", "cars.paint('a', 'red', coats=1)", "cars.paint('a', 'red', coats=1)"),
        ("paint.name", "cars.paint('red', 'blue')", "cars.paint('red', 'blue')"),
        ("Shop.spray.color", "cars.Shop().spray(color='blue')", "cars.Shop().spray(color=cars.Color.BLUE)"),
        ("Shop.wash.color", "cars.Shop().wash('blue')", "cars.Shop().wash('blue')"),
    ],
)
def test_what_a_function_takes_is_made_a_member(old: str, before: str, after: str) -> None:
    outcome = of(f"import cars\n{before}\n", LiteralToEnum(f"cars.{old}", "cars.Color"), dedent(CARS) + TAKING)
    assert (outcome.source if isinstance(outcome, Changed) else before) == (
        f"import cars\n{after}\n" if after != before else before
    )
