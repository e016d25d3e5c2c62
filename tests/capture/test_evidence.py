"""What is read from a live exception: its chain, its frames, and nothing that could break the run."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_agentgate.capture.codec import LIMIT, from_json, to_json
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.model import Evidence, Role

if TYPE_CHECKING:
    from tests.capture.conftest import LittleMemory

ROOTS = Roots(Path(__file__).parents[2])


def caught(function: Callable[[], object]) -> BaseException:
    """What a function raises."""
    with pytest.raises(BaseException) as info:
        function()
    return info.value


def read(function: Callable[[], object], roots: Roots = ROOTS) -> Evidence:
    """The evidence of what a function raises, which always fits and comes back from JSON as it was."""
    evidence = evidence_of(caught(function), roots, worker="gw0")
    text = to_json(evidence)
    assert text.isascii()
    assert len(text) <= LIMIT
    assert from_json(text).raised.type == evidence.raised.type
    assert evidence.live
    assert evidence.worker == "gw0"
    return evidence


def links(evidence: Evidence) -> list[tuple[str, str]]:
    return [(str(raised.link), raised.message) for raised in evidence.chain]


# ---- the chain


def test_causes_and_contexts_follow_what_they_led_to() -> None:
    def raising() -> None:
        try:
            try:
                raise ValueError("deepest")
            except ValueError:
                raise KeyError("middle")  # noqa: B904
        except KeyError as error:
            raise RuntimeError("outer") from error

    assert links(read(raising)) == [("raised", "outer"), ("cause", "'middle'"), ("context", "deepest")]


def test_what_was_suppressed_stays_so() -> None:
    def raising() -> None:
        try:
            raise ValueError("hidden")
        except ValueError:
            raise RuntimeError("outer") from None

    assert links(read(raising)) == [("raised", "outer")]


def test_members_of_a_group_follow_it_each_with_its_own_chain() -> None:
    def raising() -> None:
        first, second = ValueError("first"), TypeError("second")
        first.__cause__ = KeyError("of first")
        group = ExceptionGroup("inner", [second])
        raise ExceptionGroup("outer", [first, group]) from OSError("of outer")

    assert links(read(raising)) == [
        ("raised", "outer (2 sub-exceptions)"),
        ("cause", "of outer"),
        ("member", "first"),
        ("cause", "'of first'"),
        ("member", "inner (1 sub-exception)"),
        ("member", "second"),
    ]


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert links(evidence_of(first, ROOTS)) == [("raised", "first"), ("cause", "second")]


def test_of_a_long_chain_both_ends_are_kept() -> None:
    error = last = ValueError("0")
    for number in range(1, 5_000):
        last.__context__ = ValueError(str(number))
        last = last.__context__
    found = [raised.message for raised in evidence_of(error, ROOTS).chain]
    assert found[:8] == [str(number) for number in range(8)]
    assert len(found) == 12


def test_a_wide_group_is_bounded(little_memory: LittleMemory) -> None:
    group = ExceptionGroup("wide", [ValueError(str(number)) for number in range(100_000)])
    with little_memory():
        assert len(evidence_of(group, ROOTS).chain) == 12


def test_types_and_bases_are_qualified() -> None:
    class SpecialError(LookupError):
        pass

    raised = read(lambda: (_ for _ in ()).throw(SpecialError("x"))).raised
    assert raised.type == f"{__name__}.test_types_and_bases_are_qualified.<locals>.SpecialError"
    assert raised.bases == ("LookupError", "Exception", "BaseException")


# ---- frames


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Roots:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "frames_shop.py").write_text(
        "import json\n"
        "class Shop:\n"
        "    def order(self):\n"
        "        return json.loads('{')\n"
        "    def hidden(self):\n"
        "        __tracebackhide__ = True\n"
        "        return self.order()\n"
        "    def choosy(self):\n"
        "        __tracebackhide__ = lambda info: info.errisinstance(ValueError)\n"
        "        return self.order()\n"
        "    def broken(self):\n"
        "        __tracebackhide__ = lambda: 1\n"
        "        return self.order()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    return Roots(tmp_path)


def test_frames_have_roles_and_qualified_names(project: Roots) -> None:
    import frames_shop  # type: ignore[import-not-found]

    frames = read(frames_shop.Shop().order, project).raised.frames
    shop = next(frame for frame in frames if frame.path == "src/frames_shop.py")
    assert (shop.role, shop.line, shop.function, shop.module) == (Role.SOURCE, 4, "Shop.order", "frames_shop")
    assert [frame.path for frame in frames if frame.role is Role.STDLIB][-1] == "json/decoder.py"
    sys.modules.pop("frames_shop")


def test_hidden_frames_stay_hidden(project: Roots) -> None:
    import frames_shop

    shop = frames_shop.Shop()
    for function, shown in ((shop.hidden, False), (shop.choosy, False), (shop.broken, True)):
        frames = read(function, project).raised.frames
        assert (function.__qualname__ in [frame.function for frame in frames]) is shown
    sys.modules.pop("frames_shop")


def test_frames_of_pytest_are_left_out() -> None:
    frames = read(lambda: pytest.fail("no")).raised.frames
    assert frames
    assert not [frame for frame in frames if frame.module.startswith(("_pytest", "pluggy"))]


def test_of_a_deep_traceback_both_ends_are_kept() -> None:
    def dive(depth: int) -> None:
        if depth == 0:
            raise ValueError
        dive(depth - 1)

    frames = read(lambda: dive(200)).raised.frames
    assert len(frames) == 24
    assert frames[0].function.endswith("caught")
    assert frames[-1].function.endswith("dive")


def test_an_endless_recursion_is_read() -> None:
    def forever() -> None:
        forever()

    evidence = read(forever)
    assert evidence.raised.type == "RecursionError"
    assert len(evidence.raised.frames) == 24


# ---- objects that mean harm


class Harm(Exception):  # noqa: N818
    """Breaks in whatever way its subclass says."""


class BrokenText(Harm):
    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class NoText(Harm):
    def __str__(self) -> str:
        return None  # type: ignore[return-value]  # noqa: PLE0307


class Leaving(Harm):
    def __str__(self) -> str:
        raise SystemExit(3)


class Endless(Harm):
    def __str__(self) -> str:
        return str(self)


class Untouchable(Harm):
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


class Helpful(Harm):
    def __getattr__(self, name: str) -> Any:
        return getattr(self, name + "x")


class Liar(Harm):
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError("who asks?")


class Grudging(Harm):
    """Properties with side effects where facts are usually found."""

    touched = 0

    def _touch(self) -> Any:
        type(self).touched += 1
        raise BaseException("touched")

    args = __cause__ = __context__ = __traceback__ = __notes__ = __dict__ = property(_touch)


class Equal(Harm):
    def __eq__(self, other: object) -> bool:
        raise ValueError

    def __bool__(self) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


class Surrogates(Harm):
    def __str__(self) -> str:
        return "lone \udcff\ud800 surrogates \0"


class Gigantic(Harm):
    def __str__(self) -> str:
        return "x" * 20_000_000


class Text(str):
    """A text whose own methods cannot be trusted."""

    __slots__ = ()

    def __len__(self) -> int:
        raise ValueError

    def __getitem__(self, index: Any) -> str:
        raise ValueError

    def __str__(self) -> str:
        return self


class Meta(type):
    def __getattribute__(cls, name: str) -> Any:
        if name in ("__name__", "__qualname__", "__module__", "__mro__", "__dict__"):
            raise ValueError(name)
        return super().__getattribute__(name)

    def __hash__(cls) -> int:
        raise ValueError

    def __eq__(cls, other: object) -> bool:
        raise ValueError

    def __instancecheck__(cls, instance: object) -> bool:
        raise ValueError


class Cursed(Harm, metaclass=Meta):
    pass


class Homeless(Harm):
    __module__ = 3  # type: ignore[assignment]


@pytest.mark.parametrize(
    "name",
    [
        "BrokenText", "NoText", "Leaving", "Endless", "Untouchable", "Helpful", "Liar", "Grudging", "Equal", "Cursed",
        "Surrogates", "Gigantic", "Homeless",
    ],
)  # fmt: skip
def test_no_exception_can_break_its_own_record(name: str) -> None:
    cls: type[BaseException] = globals()[name]
    try:
        raise cls("x")
    except BaseException as error:  # noqa: BLE001
        evidence = evidence_of(error, ROOTS)
    text = to_json(evidence)
    assert len(text) <= LIMIT
    assert from_json(text).raised.type.endswith(name)
    assert [base.rpartition(".")[2] for base in evidence.raised.bases] == ["Harm", "Exception", "BaseException"]
    assert evidence.raised.frames


def test_reading_runs_no_property_of_an_exception() -> None:
    Grudging.touched = 0
    evidence_of(caught(lambda: (_ for _ in ()).throw(Grudging("x"))), ROOTS)
    assert Grudging.touched == 0


MESSAGES: dict[str, Callable[[], object]] = {
    "odd text": lambda: Text("odd"),
    "long odd text": lambda: Text("x" * 10_000),
    "bytes": lambda: b"bytes",
    "None": lambda: None,
    "huge integer": lambda: 10**100_000,
    "objects": lambda: [object()] * 10,
    "surrogate": lambda: "\ud800",
    "NUL": lambda: "\0",
    "gigantic text": lambda: "x" * 10_000_000,
    "no number": lambda: float("nan"),
    "broken text inside": lambda: {"a": BrokenText()},
    "broken text": lambda: BrokenText(),
    "untouchable": lambda: Untouchable(),
    "unequal inside": lambda: types.SimpleNamespace(a=Equal()),
}


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize(
    "cls", [ValueError, KeyError, TypeError, AttributeError, ImportError, NameError, OSError, AssertionError]
)
def test_messages_may_be_anything(cls: type[Exception], name: str, little_memory: LittleMemory) -> None:
    error = cls(MESSAGES[name]())
    with little_memory():
        evidence = evidence_of(error, ROOTS)
        text = to_json(evidence)
    text.encode("ascii")
    assert len(text) <= LIMIT
    assert evidence.raised.type == cls.__name__


def odd(error: Any, **attributes: Any) -> Any:
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


ATTRIBUTES: dict[str, Callable[[], BaseException]] = {
    "object": lambda: odd(AttributeError("x"), name="y", obj=Untouchable()),
    "class": lambda: odd(AttributeError("x"), name=Untouchable(), obj=Cursed),
    "module": lambda: odd(AttributeError("x"), name="y", obj=types.ModuleType("\ud800")),
    "import": lambda: odd(ImportError("x"), name=Untouchable(), path=BrokenText()),
    "long name": lambda: odd(NameError("x"), name=[0] * 1_000_000),
    "file": lambda: odd(OSError(1, "x"), errno=Untouchable(), filename=Equal()),
    "notes": lambda: odd(ValueError("x"), __notes__=[BrokenText()] * 10),
    "no notes": lambda: odd(ValueError("x"), __notes__=Untouchable()),
    "many notes": lambda: odd(ValueError("x"), __notes__=[0] * 1_000_000),
    "bytes": lambda: UnicodeDecodeError("utf-8", b"\xff" * 1_000_000, 0, 1, "x"),
    "source": lambda: SyntaxError("x", ("f", 1, 1, "x" * 1_000_000)),
    "value": lambda: StopIteration([0] * 1_000_000),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_may_be_anything(name: str, little_memory: LittleMemory) -> None:
    error = ATTRIBUTES[name]()
    with little_memory():
        assert len(to_json(evidence_of(error, ROOTS))) <= LIMIT


def test_a_known_library_that_changed_its_mind_only_costs_its_facts() -> None:
    """A class of that name, with none of the attributes that it should have."""
    module = types.ModuleType("pydantic_core._pydantic_core")
    exec("class ValidationError(ValueError): pass", module.__dict__)
    evidence = evidence_of(module.__dict__["ValidationError"]("words"), ROOTS)
    assert evidence.raised.type == "pydantic_core._pydantic_core.ValidationError"
    assert evidence.raised.message == "words"
    assert not evidence.raised.facts


def test_frames_may_say_anything_about_themselves() -> None:
    code = compile("raise ValueError", "\ud800" * 3_000 + ".py", "exec")
    evidence = read(lambda: exec(code, {"__name__": Untouchable(), "__tracebackhide__": Untouchable()}))
    assert evidence.raised.type == "ValueError"


def test_someone_who_stops_the_run_is_not_held_up() -> None:
    class Stopping(Harm):
        def __str__(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evidence_of(Stopping(), ROOTS)


def test_low_on_stack_it_still_answers() -> None:
    def deep(depth: int) -> Evidence:
        try:
            return deep(depth + 1)
        except RecursionError as error:
            return evidence_of(error, ROOTS)

    assert deep(0).raised.type == "RecursionError"
