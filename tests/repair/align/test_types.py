"""Whether a new annotation takes all that an old one took."""

from __future__ import annotations

import pytest

from pytest_agentgate.repair.align.types import choices, normal, takes_all


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("typing.Dict[str, typing.Any]", "dict[str,Any]"),
        ("'shop.Order'", "shop.Order"),
        ("collections.abc.Sequence[int]", "Sequence[int]"),
        ("typing.Sequence[int]", "Sequence[int]"),
        ("builtins.str", "str"),
        ("", ""),
    ],
)
def test_one_spelling(annotation: str, expected: str) -> None:
    assert normal(annotation) == expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", {"int"}),
        ("int|None", {"int", "None"}),
        ("Optional[int]", {"int", "None"}),
        ("Union[int,str]", {"int", "str"}),
        ("Optional[dict[str,int|str]]", {"dict[str,int|str]", "None"}),
        ("Optional[int]|Optional[str]", {"int", "str", "None"}),
    ],
)
def test_choices(annotation: str, expected: set[str]) -> None:
    assert choices(annotation) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("int", "int", True),
        ("int", "int|str", True),
        ("int|str", "int", False),
        ("dict[str,Any]", "shop.Config", False),
        ("dict[str,int]", "dict", True),
        ("dict", "dict[str,int]", False),
        ("int", "Any", True),
        ("", "int", True),
        ("int", "", True),
    ],
)
def test_takes_all(old: str, new: str, expected: bool) -> None:
    assert takes_all(old, new) is expected
