"""What was read is kept by content: the same again, whatever became of the folder meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_agentgate.repair.api import api as reading
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.cache import Cache, flat, key_of, module_of
from pytest_agentgate.repair.api.read import Read, read
from pytest_agentgate.repair.api.trees import TextTree

FILES = {
    "shop/__init__.py": "from .orders import *\n__all__ = ['Order']\n",
    "shop/orders.py": (
        "import functools\nfrom .base import Base, Row\n"
        "class Order(Base):\n    item: str\n    def total(self, tax: int = 7, *rest) -> int: return self.x(a=1)\n"
        "class Line(Row): ...\nshort = functools.partial(Order.total, None)\n"
    ),
    "shop/base.py": (
        "from pydantic import BaseModel\nclass Base(BaseModel):\n    id: int\n"
        "class Row:\n    def __init__(self, a): ...\n"
    ),
    "shop/broken.py": "def f(:\n",
}  # fmt: skip


@pytest.fixture
def cold() -> Api:
    return Api.of(TextTree(FILES))


def same(one: Api, other: Api) -> bool:
    return dict(one.modules) == dict(other.modules) and one.skipped == other.skipped


def test_a_module_comes_back_as_it_was() -> None:
    made = read(FILES["shop/orders.py"], "shop/orders.py", "shop.orders", "shop").module
    assert module_of(flat(made), "shop.orders", "shop/orders.py") == made


def test_what_is_kept_is_not_read_again(cold: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Api.of(TextTree(FILES), cache=tmp_path)
    read_again: list[str] = []

    def watched(text: str, path: str, name: str, package: str, tops: frozenset[str]) -> Read:
        read_again.append(path)
        return read(text, path, name, package, tops)

    monkeypatch.setattr(reading, "read", watched)
    assert same(first, cold)
    assert same(Api.of(TextTree(FILES), cache=tmp_path), cold)
    assert read_again == []
    Api.of(TextTree({**FILES, "shop/base.py": "class Base: ...\n"}), cache=tmp_path)
    assert read_again == ["shop/base.py"]


def test_a_change_in_a_base_is_seen_in_the_constructors_of_what_derives_from_it(tmp_path: Path) -> None:
    Api.of(TextTree(FILES), cache=tmp_path)
    changed = {
        **FILES,
        "shop/base.py": FILES["shop/base.py"].replace("id: int", "key: int").replace("self, a", "self, b"),
    }
    for _ in range(2):
        symbols = Api.of(TextTree(changed), cache=tmp_path).modules["shop.orders"].symbols
        assert [each.name for each in symbols["Order"].parameters] == ["key", "item"]
        assert [each.name for each in symbols["Line"].parameters] == ["b"]


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 200])
def test_what_is_damaged_is_made_anew(cold: Api, tmp_path: Path, damage: bytes) -> None:
    Api.of(TextTree(FILES), cache=tmp_path)
    for entry in tmp_path.iterdir():
        entry.write_bytes(entry.read_bytes()[:20] + damage)
    assert same(Api.of(TextTree(FILES), cache=tmp_path), cold)
    assert same(Api.of(TextTree(FILES), cache=tmp_path), cold)


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(cold: Api, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert same(Api.of(TextTree(FILES), cache=tmp_path / "file"), cold)


def test_several_processes_may_share_a_folder(cold: Api, tmp_path: Path) -> None:
    program = (
        "import sys, json; from pathlib import Path\n"
        "from pytest_agentgate.repair.api.api import Api\nfrom pytest_agentgate.repair.api.trees import TextTree\n"
        "for _ in range(10):\n    Api.of(TextTree(json.loads(sys.argv[1])), cache=Path(sys.argv[2]))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, json.dumps(FILES), str(tmp_path)]) for _ in range(3)]
    try:
        assert [each.wait(300) for each in running] == [0, 0, 0]
    finally:
        for each in running:
            each.kill()
            each.wait()
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]
    assert same(Api.of(TextTree(FILES), cache=tmp_path), cold)


def test_the_older_half_goes_where_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_agentgate.repair.api.cache.KEPT", 10)
    cache = Cache(tmp_path)
    for number in range(11):
        cache.put(key_of(str(number)), number)
    cache.tidy()
    assert len(list(tmp_path.iterdir())) == 5
