"""What stays of messages and reprs, and what may not."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.triage.normal import KEPT, file_name, normal, one_line, shape


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("expected 3 items, got 12", "expected 4 items, got 7"),
        ("<shop.Order object at 0x7f2aa81b3d50>", "<shop.Order object at 0x10ab3c>"),
        ("assert {<object...7f2cd074f250>} == 0", "assert {<object...26c5da0>} == 0"),
        ("took 0.25 s", "took 1.5e-3 s"),
        ("no order '4711-x y'", "no order 'something else'"),
        ("cannot read /tmp/pytest-of-ann/pytest-3/test_a0/shop.db", "cannot read /home/bob/jobs/test_a7/shop.db"),
        ("cannot read C:\\Users\\ann\\shop.db", "cannot read /home/bob/shop.db"),
        ("at 2026-01-31T12:00:00+00:00", "at 2027-11-01 03:04:05.678"),
        (f"order {uuid.UUID(int=7)}", f"order {uuid.UUID(int=2**100)}"),
        ("commit 64ebea8f01", "commit 9b9f4ba712"),
        ("worker gw0 lost", "worker gw11 lost"),
        ("folder tmpab12_x9z", "folder tmpqwertyui"),
        ("<bound method Shop.total of <Shop at 0x1>>", "<bound method Shop.total of <Shop open=True>>"),
        ("<frame, file 'a.py', line 3, code test_a>", "<frame, file 'a.py', line 41, code <lambda>>"),
        ("a  b\n c", "a b c"),
    ],
)
def test_what_varies_is_left_out(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("unknown field 'styles'", "unknown field 'attributes'"),
        ("no module 'shop.order'", "no module 'shop.orders'"),
        ("utf8 is refused", "utf16 is refused"),
        ("<bound method Shop.total of x>", "<bound method Shop.open of x>"),
        ("cannot read /a/b/shop.db", "cannot read /a/b/cafe.db"),
    ],
)
def test_what_a_message_is_about_stays(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("{'total': 5, 'items': ['tea', b'x']}", "{S: N, S: [S, S]}"),
        ("[1, 2, 3]", ""),
        ("{'a', 'b'}", ""),
        ("set()", ""),
        ("Order(name='tea', price=Decimal('1.5'))", "Order(name=S, price=Decimal(S))"),
        ('["it\'s", \'said "x"\']', ""),
        ("<generator object Shop.all at 0x7f2aa81b3d50>", "<generator object Shop.all>"),
        ("<generator object Shop.a[12 chars]d50>", "<generator object Shop....>"),
    ],
)
def test_the_shape_of_a_value_has_no_values(value: str, made: str) -> None:
    assert shape(value) == made


def test_one_line_is_the_first_that_says_something() -> None:
    assert one_line("\n   \n  Total\tis  5\n \n") == "Total is 5"
    assert one_line("") == ""
    assert one_line("x" * 500, 20) == "x" * 17 + "..."


def test_one_line_tells_that_more_follows() -> None:
    assert one_line("Total is 5\n\nnot 3") == "Total is 5 ..."
    assert one_line("x" * 20 + "\nmore", 20) == "x" * 17 + "..."
    assert one_line("Expected values to be equal:\n\n1 !== 2") == "Expected values to be equal: 1 !== 2"
    assert one_line("Expected:\n1\n2") == "Expected: 1 ..."
    assert one_line("Expected:") == "Expected:"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No such file: '/tmp/tmpab12_x9z/counter_0.db'", "No such file: 'counter_0.db'"),
        ("<Shop at 0x7f2aa81b3d50> is closed", "<Shop> is closed"),
        ("<module 'shop' from '/srv/checkout/src/shop/__init__.py'>", "<module 'shop' from '__init__.py'>"),
        ("assert {<object...7f2cd074f250>} == 0", "assert {<object...>} == 0"),
        ("Plugin '140226075978064'", "Plugin 'N'"),
        ("404 for /api/v1/orders", "404 for /api/v1/orders"),
        ("GET http://127.0.0.1:80/a/b failed", "GET http://127.0.0.1:80/a/b failed"),
        ("assert 5 == 3", "assert 5 == 3"),
    ],
)
def test_a_title_shows_values_but_nothing_of_this_machine_or_run(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_a_file_name_without_numbers() -> None:
    assert file_name("/var/run/shop/counter_1234.db") == "counter_N.db"
    assert file_name("C:\\shop\\a.ini") == "a.ini"


@given(st.text(max_size=2000))
def test_any_text_is_taken_and_bounded(text: str) -> None:
    for made in (normal(text), shape(text)):
        assert len(made) <= KEPT
        assert "\n" not in made
    assert len(one_line(text)) <= 120
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60), st.integers(0, 2**64))
def test_an_address_never_stays(text: str, address: int) -> None:
    assert normal(f"{text} <x at {address:#x}>") == normal(f"{text} <x at {address ^ 0xFF0:#x}>")
