"""Evidence as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.codec import LIMIT, from_data, from_json, to_data, to_json
from pytest_agentgate.model import Comparison, Evidence, Frame, Link, Raised, Role, Side
from pytest_agentgate.model.services import Variable

texts = st.text(max_size=30).map(clean)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
frames = st.builds(Frame, st.sampled_from(Role), texts, st.integers(0, 10**6), texts, texts)
sides = st.none() | st.builds(Side, texts, texts)


def raised(link: st.SearchStrategy[Link]) -> st.SearchStrategy[Raised]:
    return st.builds(
        Raised,
        texts,
        st.lists(texts, max_size=3).map(tuple),
        texts,
        link,
        st.dictionaries(texts, plain, max_size=3),
        st.lists(frames, max_size=3).map(tuple),
    )


evidences = st.builds(
    Evidence,
    st.tuples(raised(st.just(Link.RAISED))) | st.tuples(raised(st.just(Link.RAISED)), raised(st.sampled_from(Link))),
    st.none() | st.builds(Comparison, texts, sides, sides),
    texts,
    st.booleans(),
    variables=st.lists(st.builds(Variable, texts.filter(bool), texts), max_size=5).map(tuple),
)


@given(evidences)
def test_what_is_small_enough_comes_back_as_it_was(evidence: Evidence) -> None:
    assert from_data(to_data(evidence)) == evidence
    text = to_json(evidence)
    if len(json.dumps(to_data(evidence))) <= LIMIT:
        assert from_json(text) == evidence


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 60), st.integers(0, 5_000), st.integers(0, 3_000), st.sampled_from("aé😀"))
def test_it_is_ascii_and_never_larger_than_the_limit(
    chain: int, frames: int, words: int, names: int, letter: str
) -> None:
    frame = Frame(Role.LIBRARY, letter * names, 1, letter * names, "m")
    one = Raised(
        letter * names, (letter * names,) * 12, letter * words, Link.RAISED, {"k": letter * words}, (frame,) * frames
    )
    side = Side(letter * names, letter * words)
    text = to_json(Evidence((one,) * chain, Comparison("==", side, side), "gw0"))
    assert text.isascii()
    assert len(text) <= LIMIT
    assert from_json(text).chain


def test_frames_go_first_then_text_then_members_of_the_chain() -> None:
    frame = Frame(Role.SOURCE, "src/shop/order.py", 3, "Order.total", "shop.order")
    ends = (Frame(Role.TEST, "first.py", 1, "f"), Frame(Role.SOURCE, "last.py", 1, "f"))
    many = Raised("ValueError", (), "words", frames=(ends[0], *[frame] * 300, ends[1]))
    less = from_json(to_json(Evidence((many,))))
    assert less.raised.message == "words"
    assert (less.raised.frames[0], less.raised.frames[-1]) == ends

    wordy = Raised("ValueError", (), "begin " + "é" * 5_000 + " end", frames=ends)
    less = from_json(to_json(Evidence((wordy,))))
    assert less.raised.frames == ends
    assert less.raised.message.startswith("begin é")
    assert less.raised.message.endswith("é end")

    links = tuple(Raised(f"E{number}", ("Exception",) * 12, "m" * 200, facts={"k": "v" * 900}) for number in range(60))
    less = from_json(to_json(Evidence(links)))
    assert less.raised.facts == {"k": "v" * 900}
    assert less.chain[-1].type == "E59"


def test_facts_that_are_not_json_are_left_out() -> None:
    for value in (float("nan"), float("inf"), object(), {1, 2}):
        evidence = from_json(to_json(Evidence((Raised("E", (), "m", facts={"k": value}),))))  # type: ignore[dict-item]
        assert evidence == Evidence((Raised("E", (), "m"),))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"chain": None, "comparison": 3, "worker": None, "live": 1},
        {
            "chain": [
                None,
                3,
                {"type": 4, "frames": [None, {"role": "alien", "line": "x"}], "link": "guess", "facts": []},
            ]
        },
        {"chain": [{"type": "E", "new": 1}], "comparison": {"operator": "==", "left": 4}, "novelty": {}},
    ],
)
def test_missing_unknown_and_odd_keys_are_survived(data: Any) -> None:
    assert from_data(data).raised.link is Link.RAISED


def test_unknown_keys_are_ignored_and_missing_ones_default() -> None:
    assert from_data({"chain": [{"type": "E", "new": 1}], "new": 2}) == Evidence((Raised("E"),))


def test_surrogates_of_others_do_not_come_in() -> None:
    assert from_json(r'{"chain": [{"type": "E", "message": "\ud800"}]}').raised.message == r"\ud800"


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Expecting"):
        from_json("no")
