"""Texts that are members of an enumeration now."""

from __future__ import annotations

from typing import Any

import pytest

ENUM = "from enum import Enum\n\nclass Color(Enum):\n    RED = 'red'\n    BLUE = 'blue'\n\n\n"
OLD = "from dataclasses import dataclass\n\n@dataclass\nclass Car:\n    color: str = 'red'\n"
NEW = ENUM + OLD.replace("color: str = 'red'", "color: Color = Color.RED")
TEST = "from shop import Car\n\ndef test_color():\n    assert Car().color == 'red'\n"


def test_the_member_is_written(told: Any) -> None:
    assert told(OLD, NEW, TEST).best == "safe: literal-to-enum old=shop.Car.color new=shop.Color"


PAINT = "def paint(color: str, coats=1):\n    return color.upper() * coats\n"
PAINTED = ENUM + PAINT.replace("color: str", "color: Color").replace("color.upper", "color.value.upper")
PAINTING = "from shop import paint\n\ndef test_paint():\n    assert paint('red') == 'RED'\n"


def test_the_member_is_passed(told: Any) -> None:
    assert told(PAINT, PAINTED, PAINTING).best == "safe: literal-to-enum old=shop.paint.color new=shop.Color"


def test_where_the_implementation_still_passes_the_text_nothing_is_followed(told: Any) -> None:
    caller = "\ndef blue():\n    return paint('blue')\n"
    assert told(PAINT + caller, PAINTED + caller, PAINTING).may_run == []


SILENT = {
    "another field differs": (
        OLD + "    name: str = 'a'\n",
        NEW + "    name: str = 'b'\n",
        "from shop import Car\n\ndef test_name():\n    assert Car().name == 'a'\n",
    ),
    "the type did not change": (OLD, OLD.replace("'red'", "'blue'"), TEST),
    "the class is no enumeration": (OLD, NEW.replace("(Enum)", "").replace("RED = 'red'", "RED = 'Red'"), TEST),
}


@pytest.mark.parametrize(("old", "new", "tests"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_that_would_run(told: Any, old: str, new: str, tests: str) -> None:
    assert told(old, new, tests).may_run == []
