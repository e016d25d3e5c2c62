"""Texts of bounded size from objects of any size and any manners."""

from __future__ import annotations

import array
import collections
import dataclasses
import enum
import functools
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import attr
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.bounded import bounded_message, bounded_repr, bounded_str, clean, shortened
from pytest_agentgate.capture.comparison import comparison_of, side_of
from pytest_agentgate.capture.naming import qualified_name
from pytest_agentgate.model import Comparison, Side

if TYPE_CHECKING:
    from tests.capture.conftest import LittleMemory


@given(st.text(), st.integers(20, 400))
def test_short_texts_stay_and_long_ones_fit(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert short == text if len(text) <= limit else len(short) <= limit


def test_the_middle_is_left_out() -> None:
    text = shortened("start" + "x" * 1_000 + "end", 60)
    assert text.startswith("start")
    assert text.endswith("end")
    assert " ... " in text


@given(st.text(st.characters(), max_size=50))
def test_clean_text_can_be_written_anywhere(text: str) -> None:
    assert clean(text + "\ud800\0", 1_000).encode("utf-8").find(b"\0") == -1


def test_lone_surrogates_are_escaped_and_readable() -> None:
    assert clean("a\udcffb") == r"a\udcffb"


class Colour(enum.Enum):
    RED = "red"


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Order:
    item: str
    size: int = 1
    secret: str = dataclasses.field(default="s", repr=False)


@attr.define
class Line:
    item: str
    secret: str = attr.field(default="s", repr=False)


class Config(pydantic.BaseModel):
    host: str
    password: str = pydantic.Field(default="s", repr=False)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 7, -1.5, "text", "it's", b"bytes", bytearray(b"ba"), [], [1, "a"], (), (1,), (1, 2), {}, {"a": [1]},
        {1, 2, 3}, set(), frozenset(), frozenset({1}), Colour.RED, Point(1, 2), Order("tea"), Line("tea"), int, Order,
        Config(host="h"), range(3), ..., collections.deque([1]), {}.keys(), {"a": 1}.values(), [[["deep"]]],
        types.MappingProxyType({"a": 1}), types.SimpleNamespace(a=1), array.array("i", [1, 2]), ValueError("x", 1),
        collections.UserDict({"a": 1}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_small_values_are_shown_as_they_show_themselves(value: object) -> None:
    assert bounded_repr(value) == repr(value)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_plain_data_that_fits_is_shown_whole_and_all_else_is_bounded(value: Any) -> None:
    shown = bounded_repr(value, 400)
    assert len(shown) <= 400
    if len(repr(value)) < 50 and repr(value).isprintable() and repr(value).count("[") + repr(value).count("{") < 5:
        assert shown == repr(value)


def test_addresses_are_left_out() -> None:
    class Thing:
        def method(self) -> None: ...

    assert " at 0x" not in bounded_repr([Thing(), Thing().method, test_addresses_are_left_out, object()])
    assert " at 0x" not in bounded_repr(iter(list[int]()))


def test_sets_are_shown_in_an_order_of_their_own() -> None:
    assert bounded_repr({"b", "a", "c"}) == "{'a', 'b', 'c'}"
    assert bounded_repr({str(number) for number in range(1_000)}) == "{... 1000 items ...}"


@pytest.mark.parametrize(
    "make",
    [
        lambda: "x" * 50_000_000,
        lambda: b"x" * 50_000_000,
        lambda: [0] * 5_000_000,
        lambda: dict.fromkeys(range(1_000_000)),
        lambda: set(range(1_000_000)),
        lambda: collections.deque(range(1_000_000)),
        lambda: dict.fromkeys(range(1_000_000)).values(),
        lambda: types.MappingProxyType(dict.fromkeys(range(1_000_000))),
        lambda: array.array("d", bytes(8_000_000)),
        lambda: functools.partial(print, [0] * 1_000_000),
        lambda: 10**100_000,
        lambda: [["x" * 1_000_000] * 1_000] * 1_000,
        lambda: Order("x" * 50_000_000),
        lambda: Line("x" * 50_000_000),
        lambda: Config(host="x" * 10_000_000),
        lambda: Point([0] * 1_000_000, 2),  # type: ignore[arg-type]
        lambda: ValueError([0] * 1_000_000),
        lambda: types.SimpleNamespace(data=[0] * 1_000_000),
        lambda: collections.UserList([0] * 1_000_000),
        lambda: [0] * 1_000_000,
    ],
)
def test_giants_are_never_rendered_whole(make: Callable[[], object], little_memory: LittleMemory) -> None:
    value = make()
    with little_memory():
        assert len(bounded_repr(value)) <= 400


def test_what_contains_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    knot: dict[str, Any] = {}
    knot["self"] = [knot]
    assert len(bounded_repr([loop, deep, knot])) <= 400


class Hostile:
    """Raises whatever is done to it."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, error: type[BaseException] = ValueError) -> None:
        object.__setattr__(self, "error", error)

    def __getattribute__(self, name: str) -> Any:
        raise object.__getattribute__(self, "error")(name)

    def __repr__(self) -> str:
        raise object.__getattribute__(self, "error")("repr")

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        raise object.__getattribute__(self, "error")("eq")

    def __len__(self) -> int:
        raise object.__getattribute__(self, "error")("len")

    def __bool__(self) -> bool:
        raise object.__getattribute__(self, "error")("bool")


@pytest.mark.parametrize("error", [ValueError, RecursionError, SystemExit, GeneratorExit, MemoryError, BaseException])
def test_a_broken_repr_is_named(error: type[BaseException]) -> None:
    shown = bounded_repr([1, Hostile(error)])
    assert shown == f"[1, <{__name__}.Hostile: its __repr__ raises {error.__name__}>]"
    assert "its __" in bounded_str(Hostile(error))


def test_someone_who_stops_the_run_is_not_held_up() -> None:
    with pytest.raises(KeyboardInterrupt):
        bounded_repr(Hostile(KeyboardInterrupt))
    with pytest.raises(pytest.exit.Exception):
        bounded_repr(Hostile(pytest.exit.Exception))


@pytest.mark.parametrize("result", [None, 3, b"bytes"])
def test_a_repr_that_is_no_text_is_broken(result: object) -> None:
    class Odd:
        def __repr__(self) -> str:
            return result  # type: ignore[return-value]

    assert "raises TypeError" in bounded_repr(Odd())


def test_a_repr_that_is_a_strange_text_becomes_a_plain_one() -> None:
    class Text(str):
        __slots__ = ()

        def __getitem__(self, index: Any) -> str:
            raise ValueError

        def __len__(self) -> int:
            return 10**9

        def encode(self, *_: Any) -> bytes:
            raise ValueError

    class Odd:
        def __repr__(self) -> str:
            return Text("\ud800 odd")

    shown = bounded_repr(Odd())
    assert type(shown) is str
    assert shown == r"\ud800 odd"
    assert bounded_str(Text("x")) == "x"


def test_containers_whose_methods_lie_are_read_past_them() -> None:
    class Endless(list[int]):
        def __iter__(self) -> Any:
            while True:
                yield 1

        def __len__(self) -> int:
            return 10**12

    class Empty(dict[str, int]):
        def items(self) -> Any:
            raise ValueError

    assert bounded_repr(Endless([1, 2])) == "[1, 2]"
    assert bounded_repr(Empty(a=1)) == "{'a': 1}"


def test_metaclasses_may_be_as_broken_as_they_like() -> None:
    class Meta(type):
        def __hash__(cls) -> int:
            raise ValueError

        def __eq__(cls, other: object) -> bool:
            raise ValueError

        def __repr__(cls) -> str:
            raise ValueError

        def __getattribute__(cls, name: str) -> Any:
            raise ValueError(name)

    class Thing(metaclass=Meta):
        pass

    assert bounded_repr(Thing()) == f"<{__name__}.{qualified_name(Thing).rpartition(__name__ + '.')[2]} object>"
    assert "raises ValueError" in bounded_repr(Thing)


def test_a_class_is_called_by_its_real_name() -> None:
    class Liar:
        @property  # type: ignore[misc]
        def __class__(self) -> type:
            return int

    class Homeless:
        __module__ = None  # type: ignore[assignment]

    assert side_of(Liar()).type.endswith("Liar")
    assert qualified_name(Homeless).endswith("Homeless")
    assert qualified_name(int) == "int"
    assert qualified_name(collections.OrderedDict) == "collections.OrderedDict"
    assert qualified_name(pytest.fail.Exception) == "pytest.Failed"
    assert qualified_name(pytest.Collector.CollectError) == "pytest.Collector.CollectError"


def test_a_comparison_keeps_both_sides_whatever_they_are() -> None:
    assert comparison_of("==", 1, "1") == Comparison("==", Side("int", "1"), Side("str", "'1'"))
    broken = comparison_of("in", Hostile(), [Hostile()])
    assert broken.left == Side(f"{__name__}.Hostile", f"<{__name__}.Hostile: its __repr__ raises ValueError>")
    assert side_of(types) == Side("module", bounded_repr(types))


def test_messages_are_what_str_says() -> None:
    assert bounded_message(ValueError()) == ""
    assert bounded_message(ValueError("text")) == "text"
    assert bounded_message(ValueError("text", 2)) == "('text', 2)"
    assert bounded_message(ValueError({"a": 1})) == "{'a': 1}"
    assert bounded_message(KeyError("k")) == "'k'"
    assert bounded_message(OSError(2, "no", "file")) == "[Errno 2] no: 'file'"
    assert bounded_message(ExceptionGroup("g", [ValueError()])) == "g (1 sub-exception)"


@pytest.mark.parametrize(
    "error",
    [ValueError("x" * 50_000_000), ValueError([0] * 5_000_000), KeyError("x" * 50_000_000)],
    ids=["text", "list", "key"],
)
def test_messages_of_giants_are_short(error: Exception, little_memory: LittleMemory) -> None:
    with little_memory():
        assert len(bounded_message(error)) <= 2_000
