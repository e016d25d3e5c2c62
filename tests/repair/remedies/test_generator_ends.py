"""Generators that a method ended by an exception: when they return, and what speaks against it."""

from __future__ import annotations

from typing import Any

import pytest

STOP = "    def stop(self, value=None):\n        '''End the steps.'''\n        raise Stop(value)\n\n"
OLD = f"""
class FlowError(Exception):
    pass

class Stop(FlowError):
    pass

class Steps:
{STOP}
class Flow(Steps):
    def run(self, steps):
        value = None
        try:
            while True:
                value = steps.send(value)
        except (StopIteration, Stop) as ended:
            return ended.args[0] if ended.args else None
"""
NEW = (
    OLD.replace(STOP, "")
    .replace("class Stop(FlowError):\n    pass\n\n", "")
    .replace("(StopIteration, Stop)", "StopIteration")
    .replace("class Steps:\n\nclass Flow(Steps):", "class Flow:")
)
TESTS = """
    from shop import Flow

    def test_it_ends():
        flow = Flow()

        def steps():
            value = yield 2
            flow.stop(value)

        assert flow.run(steps()) == 2
"""


def test_generators_return_what_they_ended_with(told: Any) -> None:
    found = told(OLD, NEW, TESTS)
    assert found.best == "safe: call-to-return old=shop.Flow.stop raised=Stop,FlowError,Exception"
    assert "which shop.Flow.run took for a generator's end, as StopIteration (src/shop.py:" in found.evidence


TRAPS = {
    "the method was lost, and its exception is still caught": OLD.replace(STOP, "    pass\n"),
    "the exception is still there": NEW + "\nclass Stop(FlowError):\n    pass\n",
    "the end is not caught any more": NEW.replace("except StopIteration", "except KeyError"),
    "something else is done with the end": NEW.replace("return ended.args[0] if ended.args else None", "return None"),
    "more is caught": NEW.replace("except StopIteration", "except (StopIteration, RuntimeError)"),
    "the implementation still asks for it": NEW + "\n    def end(self):\n        self.stop(1)\n",
}


@pytest.mark.parametrize("new", TRAPS.values(), ids=TRAPS)
def test_a_method_that_may_have_been_lost_by_mistake_is_not_replaced(told: Any, new: str) -> None:
    assert told(OLD, new, TESTS).may_run == []


NO_END = {
    "it did more": OLD.replace("raise Stop(value)", "self.value = value\n        raise Stop(value)"),
    "it raised something else": OLD.replace("raise Stop(value)", "raise Stop(str(value))"),
    "it had another default": OLD.replace("value=None", "value=0"),
    "its exception was no end": OLD.replace(
        "except (StopIteration, Stop) as ended:",
        "except Stop:\n            return 2\n        except StopIteration as ended:",
    ),
}


@pytest.mark.parametrize("old", NO_END.values(), ids=NO_END)
def test_a_method_that_did_something_else_is_not_replaced(told: Any, old: str) -> None:
    assert told(old, NEW, TESTS).may_run == []
