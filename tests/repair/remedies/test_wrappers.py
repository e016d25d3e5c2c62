"""Parameters that take a class now which is made from what they took before."""

from __future__ import annotations

from typing import Any

import pytest

SESSION = "class Session:\n    name = 'ada'\n\n\n"
MANAGER = (
    SESSION
    + "class Manager:\n    def __init__(self, session: Session):\n        self.session = session\n\n"
    + "    def begin(self):\n        return self.session.name\n\n\n"
)
OLD = SESSION + "def handle(session: Session):\n    return session.name\n"
NEW = MANAGER + "def handle(session: Manager):\n    return session.begin()\n"
TEST = "from shop import Session, handle\n\ndef test_handle():\n    assert handle(Session()) == 'ada'\n"


def test_the_class_is_put_around_the_argument(told: Any) -> None:
    found = told(OLD, NEW, TEST)
    assert found.best == "safe: wrap-argument function=shop.handle parameter=session new=shop.Manager"
    assert "Manager replaced shop.Session in handle.session" in found.evidence


def test_the_parameter_may_have_another_name(told: Any) -> None:
    new = NEW.replace(
        "handle(session: Manager):\n    return session.", "handle(manager: Manager):\n    return manager."
    )
    assert told(OLD, new, TEST).best.endswith("wrap-argument function=shop.handle parameter=manager new=shop.Manager")


SILENT = {
    "the class requires more": (
        OLD, NEW.replace("__init__(self, session: Session)", "__init__(self, session: Session, pool)"), TEST,
    ),
    "the class lacks what is missed as well": (OLD, NEW.replace("session.begin()", "session.start()"), TEST),
    "the class is made from something else": (
        OLD, NEW.replace("__init__(self, session: Session)", "__init__(self, session: int)"), TEST,
    ),
    "the parameter's type did not change": (OLD, NEW.replace("session: Manager", "session: Session"), TEST),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "tests"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_that_would_run(told: Any, old: str, new: str, tests: str) -> None:
    assert told(old, new, tests).may_run == []
