"""A store written as lines, and made of them again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentgate.errors import StoreError
from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.upkeep import checking, content, portable

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]
Query = Callable[..., list[tuple[Any, ...]]]


def exported(database: Database) -> bytes:
    stream = io.BytesIO()
    portable.export(database, stream)
    return stream.getvalue()


def test_an_export_makes_the_same_store(
    database: Database, filled: str, other_url: str, everything: Everything
) -> None:
    written = exported(database)
    assert portable.is_export(written.splitlines()[0])
    with closing(open_database(other_url)) as other:
        portable.restore(other, io.BytesIO(written), "x.jsonl")
        assert exported(other) == written
    assert everything(other_url) == everything(filled)


def test_every_line_of_an_export_is_json_in_ascii(database: Database) -> None:
    for line in exported(database).decode("ascii").splitlines():
        json.loads(line)


def test_an_export_that_was_cut_off_or_changed_writes_nothing(database: Database, other_url: str) -> None:
    lines = exported(database).splitlines(keepends=True)
    with closing(open_database(other_url)) as other:
        for damaged in (
            lines[:-1],
            lines[:7],
            [*lines[:5], *lines[6:]],
            [*lines[:4], b"x\n", *lines[4:]],
            lines[1:],
            [],
        ):
            with pytest.raises(StoreError, match=r"^x\.jsonl: ") as caught:
                portable.restore(other, iter(damaged), "x.jsonl")
            assert "\n" not in str(caught.value)
            assert other.rows("SELECT COUNT(*) FROM text") == [(0,)]
        portable.restore(other, iter(lines), "x.jsonl")
        with pytest.raises(StoreError, match="has content already"):
            portable.restore(other, iter(lines), "x.jsonl")


def test_an_export_of_an_import_is_the_same_byte_by_byte_across_databases(
    database: Database, other_url: str, new_url: Callable[[], str]
) -> None:
    database.insert(
        "approval (commit_id, phase, person, approved_at, reason)",
        [
            ("c", "p", person, "2026", "line\nbreak \u2028 \U0001f600 \\x00 \x7f")
            for person in ("\u00e4", "z", "", "\ue000")
        ],
    )
    first = exported(database)
    with closing(open_database(other_url)) as other, closing(open_database(new_url())) as third:
        portable.restore(other, io.BytesIO(first), "x.jsonl")
        second = exported(other)
        portable.restore(third, io.BytesIO(second), "x.jsonl")
        assert first == second == exported(third)
        assert list(checking.check(third)) == []


def forged(lines: list[bytes], table: str, row: bytes) -> list[bytes]:
    """An export whose one row of a table is another one, with the checksum that belongs to it."""
    begin = next(at for at, line in enumerate(lines) if line.startswith(b'{"table":"%b"' % table.encode()))
    end = next(at for at, line in enumerate(lines) if line.startswith(b'{"end":"%b"' % table.encode()))
    whole = blake2b(row, digest_size=16).hexdigest()
    said = b'{"end":"%b","rows":1,"checksum":"%b"}\n' % (table.encode(), whole.encode())
    return [*lines[: begin + 1], row, said, *lines[end + 1 :]]


@pytest.mark.parametrize(
    "row",
    [
        b'[1,"\\ud800"]', b'[1,"a\\u0000"]', b'[1,[1,2]]', b'[1,{"a":1}]', b'[1,2]', b"[1,true]", b'[true,"x"]',
        b'["1","x"]', b'[1.0,"x"]', b'[18446744073709551616,"x"]', b"[1]", b'[1,"x",null]', b"[1,NaN]", b"[]",
        b"[" * 100_000, b'[1,"' + b"x" * 100, b"9" * 10_000, b'[1,"\xff"]',
    ],
    ids=lambda row: row[:20].decode("latin-1"),
)  # fmt: skip
def test_a_row_that_no_store_has_is_damage_even_with_the_right_checksum(
    database: Database, other_url: str, row: bytes
) -> None:
    lines = forged(exported(database).splitlines(keepends=True), "text", row + b"\n")
    with closing(open_database(other_url)) as other:
        with pytest.raises(StoreError, match=r"^x\.jsonl: line \d+: .*; nothing was written$"):
            portable.restore(other, iter(lines), "x.jsonl")
        assert content.size(other) == 0


def test_a_number_without_end_or_of_another_sort_is_damage(database: Database, other_url: str) -> None:
    lines = exported(database).splitlines(keepends=True)
    at, row = next((at, json.loads(line)) for at, line in enumerate(lines) if b'"latency"' in line or b'"0.1"' in line)
    for wrong in ("Infinity", "-Infinity", "NaN", "1e999", "1", '"0.1"', "true"):
        text = json.dumps([*row[:-1], 0.125]).replace("0.125", wrong).encode() + b"\n"
        with closing(open_database(other_url)) as other, pytest.raises(StoreError, match=r"line \d+: .*nothing was"):
            portable.restore(other, iter([*lines[:at], text, *lines[at + 1 :]]), "x.jsonl")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_one_byte_that_changed_is_found(logs: Path, tmp_path: Path, data: st.DataObject) -> None:
    source = tmp_path / "source.db"
    with open_store(str(source)) as store:
        store.ingest(logs)
    with closing(open_database(str(source))) as database:
        whole = exported(database)
    changed = bytearray(whole)
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != changed[at]))
    other_path = tmp_path / "other.db"
    other_path.unlink(missing_ok=True)
    told = ""
    with closing(open_database(str(other_path))) as other:
        try:
            portable.restore(other, portable.lines_of(io.BytesIO(changed)), "x.jsonl")
        except StoreError as error:
            told = str(error)
        if told:
            assert "\n" not in told
            assert content.size(other) == 0
        else:  # another way to write the same number
            assert exported(other) == whole
