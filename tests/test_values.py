"""Values behave as frozen dataclasses do."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from pytest_agentgate.values import frozen


@frozen
class Ours:
    """A value."""

    name: str
    size: int = 0
    notes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Theirs:
    """The same, of the standard library."""

    name: str
    size: int = 0
    notes: dict[str, int] = field(default_factory=dict)


@frozen
class Single:
    """A value of one field."""

    name: str


CLASSES: tuple[Callable[..., Any], ...] = (Ours, Theirs)


@pytest.mark.parametrize(
    ("values", "named"),
    [(("a",), {}), (("a", 2), {}), ((), {"name": "a"}), (("a",), {"notes": {"x": 1}}), (("a", 2, {}), {})],
)
def test_a_value_is_made_as_a_dataclass_is(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = (cls(*values, **named) for cls in CLASSES)
    assert asdict(ours) == asdict(theirs)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((), {}),
        (("a",), {"name": "b"}),
        (("a", 1, {}, 4), {}),
        (("a",), {"other": 1}),
        ((), {"other": 1}),
        ((), {"size": 1}),
    ],
)
@pytest.mark.parametrize("cls", CLASSES)
def test_what_does_not_fit_its_fields_is_refused(
    cls: Callable[..., Any], values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        cls(*values, **named)


def test_a_default_that_is_made_is_made_for_each() -> None:
    assert Ours("a").notes is not Ours("a").notes


def test_a_value_does_not_change() -> None:
    value = Ours("a")
    with pytest.raises(FrozenInstanceError):
        value.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del value.size
    assert replace(value, size=3) == Ours("a", 3)
    assert value == Ours("a")


def test_values_are_equal_by_class_and_content() -> None:
    assert Ours("a", 1) == Ours("a", 1)
    assert Ours("a", 1) != Ours("a", 2)
    ours, theirs = (cls("a") for cls in CLASSES)
    assert ours != theirs
    assert {Single("a"), Single("a"), Single("b")} == {Single("a"), Single("b")}


def test_values_are_copied_and_matched() -> None:
    value = Ours("a", 1, {"x": 1})
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value
    match value:
        case Ours(name, size):
            assert (name, size) == ("a", 1)
    assert [one.name for one in fields(value)] == ["name", "size", "notes"]
