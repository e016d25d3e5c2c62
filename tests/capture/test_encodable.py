"""Reports cross the border between processes whatever texts they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.encodable import encodable

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(st.recursive(ANY_TEXT, lambda inner: st.lists(inner) | st.tuples(inner, inner)))
def test_every_text_in_a_container_can_be_encoded(value: object) -> None:
    repr(encodable(value)).encode("utf-8")
    str(encodable(value)).encode("utf-8")
    assert encodable(encodable(value)) == encodable(value)


@given(st.text())
def test_texts_that_can_be_encoded_stay_as_they_are(text: str) -> None:
    assert encodable(text) is text or encodable(text) == text


def test_what_pytest_shows_of_a_failure_can_be_encoded() -> None:
    with pytest.raises(ValueError, match="x") as caught:
        raise ValueError("x\ud800")
    shown = encodable(caught.getrepr())
    assert "x\\ud800" in str(shown)
    str(shown).encode("utf-8")
