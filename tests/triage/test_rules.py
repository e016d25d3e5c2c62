"""A project's own rules: all the given parts of a rule must match."""

from __future__ import annotations

import pytest

from pytest_agentgate.model import Evidence, Frame, Kind, KindRule, Link, Raised, Role
from pytest_agentgate.triage.rules import kind_by_rules

FRAME = Frame(Role.LIBRARY, "shopclient/wire.py", 7, "send")
EVIDENCE = Evidence(
    (
        Raised("shop.errors.StoreError", ("shop.errors.ShopError", "RuntimeError"), "store is down", frames=(FRAME,)),
        Raised("shopclient.Refused", ("Exception",), "no answer from store-7", Link.CAUSE),
    )
)
NODEID = "tests/store/test_orders.py::TestOrders::test_total[a/b]"


@pytest.mark.parametrize(
    "rule",
    [
        KindRule(Kind.CONNECTION),
        KindRule(Kind.CONNECTION, type="shop.errors.StoreError"),
        KindRule(Kind.CONNECTION, type="shop.errors.ShopError"),
        KindRule(Kind.CONNECTION, type="shopclient.Refused"),
        KindRule(Kind.CONNECTION, message=r"from store-\d+"),
        KindRule(Kind.CONNECTION, path="tests/store/*"),
        KindRule(Kind.CONNECTION, path="shopclient/*.py"),
        KindRule(Kind.CONNECTION, type="RuntimeError", message="down$", path="*/test_orders.py"),
    ],
)
def test_a_rule_that_matches_decides(rule: KindRule) -> None:
    assert kind_by_rules([rule], EVIDENCE, NODEID) is Kind.CONNECTION


@pytest.mark.parametrize(
    "rule",
    [
        KindRule(Kind.CONNECTION, type="StoreError"),
        KindRule(Kind.CONNECTION, message="^down"),
        KindRule(Kind.CONNECTION, path="tests/orders/*"),
        KindRule(Kind.CONNECTION, type="shop.errors.StoreError", message="no answer"),
    ],
)
def test_a_rule_that_does_not_match_leaves_the_decision(rule: KindRule) -> None:
    assert kind_by_rules([rule], EVIDENCE, NODEID) is None


def test_the_first_rule_that_matches_wins() -> None:
    rules = [KindRule(Kind.CRASH, type="x"), KindRule(Kind.TIMEOUT, message="down"), KindRule(Kind.CONNECTION)]
    assert kind_by_rules(rules, EVIDENCE, NODEID) is Kind.TIMEOUT


def test_a_failure_of_the_run_has_no_file() -> None:
    assert kind_by_rules([KindRule(Kind.CRASH, path="tests/*")], EVIDENCE, "") is None
