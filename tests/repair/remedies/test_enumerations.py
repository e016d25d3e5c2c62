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
