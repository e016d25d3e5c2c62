"""How alike names and sets of words are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.repair.align.words import Rarity, alike, parts

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HTTPServerError", ("http", "server", "error")),
        ("_parse_iso8601", ("parse", "iso", "8601")),
        ("__init__", ("init",)),
        ("_", ()),
    ],
)
def test_the_words_of_a_name(name: str, expected: tuple[str, ...]) -> None:
    assert parts(name) == expected


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("load_json", "load_json", 1, 1),
        ("loadJson", "_load_json", 1, 1),
        ("strtobool", "str_to_bool", 1, 1),
        ("qty", "quantity", 0.5, 0.7),
        ("field_names", "field_name", 0.8, 0.9),
        ("filename", "filenames", 0.7, 0.9),
        ("total", "compute_total", 0.6, 0.7),
        ("load_json", "load_yaml", 0.5, 0.5),
        ("attach", "detach", 0, 0.8),
        ("total", "receipt", 0, 0),
        ("_", "total", 0, 0),
    ],
)
def test_alike(one: str, other: str, least: float, most: float) -> None:
    assert least <= alike(one, other) <= most


@given(NAMES, NAMES)
def test_alike_is_a_share_and_whole_for_itself(one: str, other: str) -> None:
    assert 0 <= alike(one, other) <= 1
    assert alike(one, one) == 1


def test_what_few_have_tells_more() -> None:
    rarity = Rarity([{"self", "price"}, {"self", "rate"}, {"self", "tax"}])
    assert rarity["price"] > rarity["self"]
    assert rarity["unheard"] > rarity["price"]
    by_common = rarity.overlap(frozenset({"self", "price"}), frozenset({"self", "rate"}))
    by_rare = rarity.overlap(frozenset({"price", "self"}), frozenset({"price", "rate"}))
    assert by_common < by_rare < 1


def test_sets_without_words_have_nothing_in_common() -> None:
    assert Rarity([]).overlap(frozenset(), frozenset()) == 0
