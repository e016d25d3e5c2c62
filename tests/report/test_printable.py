import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.report.printable import columns, fit, printable, printable_lines, wrap

texts = st.text(st.characters(codec="utf-8"))
shown = texts.map(printable)


@pytest.mark.parametrize("text", ["", "assert x == 'y'", "日本語 é", "C:\\tests"])
def test_what_prints_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x9b2J\x00\x07", "\\x9b2J\\x00\\x07"),
        ("abc\u202ecba", "abc\\u202ecba"),
        ("\u2028\ud800", "\\u2028\\ud800"),
    ],
    ids=ascii,
)
def test_what_steers_a_terminal_is_escaped(text: str, escaped: str) -> None:
    assert printable(text) == escaped


@given(texts)
def test_nothing_that_is_printed_has_control_characters(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
    assert all(line.isprintable() for line in printable_lines(text).split("\n"))


def test_lines_keep_their_breaks() -> None:
    assert printable_lines("E   a\r\n\tb\x1b[0m\n") == "E   a\n        b\\x1b[0m\n"


@pytest.mark.parametrize(("text", "wide"), [("abc", 3), ("日本語", 6), ("e\u0301", 1), ("", 0), ("\uff41", 2)])
def test_columns_are_those_of_a_terminal(text: str, wide: int) -> None:
    assert columns(text) == wide


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc..."),
        ("日本語日本", 8, "日本..."),
        ("abc", 2, ".."),
        ("abc", None, "abc"),
    ],
)
def test_what_does_not_fit_is_cut_and_the_cut_shows(text: str, width: int | None, cut: str) -> None:
    assert fit(text, width) == cut


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 13, ["one two three"]),
        ("one two three", None, ["one two three"]),
        ("abcdefgh ij", 4, ["abcd", "efgh", "ij"]),
        ("日本語 日本", 5, ["日本", "語", "日本"]),
        ("", 4, [""]),
    ],
)
def test_lines_break_at_spaces_where_they_can(text: str, width: int | None, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def test_the_last_of_a_bounded_number_of_lines_shows_the_cut() -> None:
    assert wrap("one two three four", 9, lines=2) == ["one two", "three ..."]


@given(shown, st.integers(2, 40))
def test_no_line_is_wider_than_it_may_be_and_nothing_but_spaces_gets_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert columns(fit(text, width)) <= width


@given(st.characters(codec="utf-8").filter(str.isprintable))
def test_a_combining_character_takes_no_column(character: str) -> None:
    assert (columns(character) == 0) == (unicodedata.category(character) in ("Mn", "Me"))
