"""A call that ended a generator: what must stay, what returns now, and that the tests then pass."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.call_to_return import CallToReturn

FLOWS = "class Flow:\n    def run(self, steps): ...\nclass Other:\n    def stop(self, value=None): ...\n"
CODEMOD = CallToReturn(old="flows.Flow.stop", raised=("Stop", "FlowError"))
PLACE = Place.within(Sources.of({"flows.py": FLOWS}), "tests/test_it.py")
HEADER = "import contextlib\nimport flows\nfrom flows import Flow, Other\nflow = Flow()\n"


def changed(source: str) -> str:
    return apply(HEADER + dedent(source), [CODEMOD], PLACE)[len(HEADER) :]


def notes(source: str) -> list[str]:
    return [note.reason for note in rewrite(HEADER + dedent(source), [CODEMOD], PLACE).notes]


UNCHANGED = {
    "unknown": "def f(it):\n    yield\n    it.stop()\n",
    "another class": "def f():\n    yield\n    Other().stop()\n",
    "not called": "def f():\n    yield\n    flow.stop\n",
}
POINTED_OUT = {
    "no generator": ("def f():\n    flow.stop(1)\n", "no generator"),
    "a function in a generator": ("def f():\n    def g():\n        flow.stop(1)\n    yield g\n", "no generator"),
    "at the top": ("flow.stop()\n", "no generator"),
    "asynchronous": ("async def f():\n    yield\n    flow.stop(1)\n", "asynchronous"),
    "its result is used": ("def f():\n    yield\n    return flow.stop(1)\n", "can't be said"),
    "a star": ("def f():\n    yield\n    flow.stop(*x)\n", "can't be said"),
    "two arguments": ("def f():\n    yield\n    flow.stop(1, 2)\n", "can't be said"),
    "caught bare": ("def f():\n    try:\n        yield\n        flow.stop()\n    except:\n        pass\n", "caught"),
    "caught with others": (
        "def f():\n    try:\n        yield\n        flow.stop()\n    except (ValueError, Exception):\n        pass\n",
        "caught",
    ),
    "caught by a base": (
        "def f():\n    try:\n        yield\n        flow.stop()\n    except flows.FlowError:\n        pass\n",
        "caught",
    ),
    "caught by what can't be told": (
        "def f(error):\n    try:\n        yield\n        flow.stop()\n    except error:\n        pass\n",
        "caught",
    ),
    "in finally": ("def f():\n    try:\n        yield\n    finally:\n        flow.stop()\n", "hide"),
    "a context manager": (
        "def f():\n    with contextlib.suppress(Exception):\n        yield\n        flow.stop()\n",
        "context manager",
    ),
    "no room": ("def f(): yield flow.stop()\n", "no room"),
    "a test of what is gone": ("def test_stop():\n    def f():\n        yield\n        flow.stop()\n", "is about"),
    "a comment": ("def f():\n    yield\n    flow.stop(\n        1,  # one\n    )\n", "comment"),
}
CHANGED = {
    "with a value": ("def f():\n    x = yield\n    flow.stop(x)\n", "def f():\n    x = yield\n    return x\n"),
    "by keyword": ("def f():\n    x = yield\n    flow.stop(value=x)\n", "def f():\n    x = yield\n    return x\n"),
    "without": ("def f():\n    yield\n    flow.stop()  # done\n", "def f():\n    yield\n    return  # done\n"),
    "yielded": ("def f():\n    yield\n    yield flow.stop(1)\n", "def f():\n    yield\n    return 1\n"),
    "the only yield": ("def f():\n    yield flow.stop(1)\n", "def f():\n    return 1\n    yield\n"),
    "over lines": (
        "def f():\n    yield\n    flow.stop(\n        1 +\n        2\n    )\n",
        "def f():\n    yield\n    return (1 +\n        2)\n",
    ),
    "behind a semicolon": ("def f():\n    x = yield; flow.stop(x)\n", "def f():\n    x = yield; return x\n"),
    "in a handler": (
        "def f():\n    try:\n        yield\n    except Exception as e:\n        flow.stop(e)\n",
        "def f():\n    try:\n        yield\n    except Exception as e:\n        return e\n",
    ),
    "beside another exception": (
        "def f():\n    try:\n        yield\n        flow.stop()\n    except ValueError:\n        pass\n",
        "def f():\n    try:\n        yield\n        return\n    except ValueError:\n        pass\n",
    ),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert changed(source) == source


@pytest.mark.parametrize(("source", "said"), POINTED_OUT.values(), ids=POINTED_OUT.keys())
def test_it_is_left_and_pointed_out(source: str, said: str) -> None:
    assert changed(source) == source
    assert [said in note for note in notes(source)] == [True]


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_returns(before: str, after: str) -> None:
    assert changed(before) == after
    assert changed(after) == after, "twice equals once"


def test_an_exception_that_was_raised_is_returned() -> None:
    source = "import gen\ndef f():\n    x = yield\n    raise gen.Return(x)\ndef g():\n    yield\n    raise gen.Return\n"
    returned = source.replace("raise gen.Return(x)", "return x").replace("raise gen.Return", "return")
    assert apply(source, [CallToReturn("gen.Return", ("Return",))]) == returned


def test_an_exception_with_a_cause_is_left() -> None:
    source = "import gen\ndef f():\n    x = yield\n    raise gen.Return(x) from None\n"
    assert apply(source, [CallToReturn("gen.Return", ("Return",))]) == source


OLD = """
class Stop(Exception):
    pass

class Flow:
    def stop(self, value=None):
        raise Stop(value)

    def run(self, steps):
        value = None
        try:
            while True:
                value = steps.send(value)
        except (StopIteration, Stop) as ended:
            return ended.args[0] if ended.args else None
"""
NEW = OLD.replace("    def stop(self, value=None):\n        raise Stop(value)\n\n", "").replace(
    "(StopIteration, Stop)", "StopIteration"
)
TESTS = {
    "tests/test_flows.py": """
        from flows import Flow

        def test_it_ends():
            flow = Flow()

            def steps():
                value = yield 2
                flow.stop(value)

            def at_once(flow):
                yield flow.stop()

            assert flow.run(steps()) == 2
            assert flow.run(at_once(flow)) is None
    """
}


def test_the_tests_pass_again(prove: Callable[..., None]) -> None:
    prove(CODEMOD, {"flows.py": OLD}, {"flows.py": NEW}, TESTS, count=1)
