"""Failures that no edit of the tests may hide, and values that only a person can judge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pytest_agentgate.model import Kind
from pytest_agentgate.repair.infer import infer
from pytest_agentgate.repair.proposal import NoProposal

GREET = "def greet(name):\n    return 'Hello ' + name\n"


def test_another_result_is_only_shown(told: Any) -> None:
    tests = "from shop import greet\n\ndef test_greet():\n    assert greet('Ada') == 'Hello Ada'\n"
    found = told(GREET, GREET.replace("Hello", "Hi"), tests)
    assert found.lines == ["display: replace-literal function=shop.greet old='Hello Ada' new='Hi Ada'"]


def test_a_server_that_is_away_is_the_environments_fault(told: Any) -> None:
    tests = "import socket\n\ndef test_server():\n    socket.create_connection(('127.0.0.1', 9), timeout=1)\n"
    found = told(GREET, GREET, tests)
    assert (found.lines, found.answer.environment) == ([], True)


def test_a_library_that_the_implementation_asks_for_is_the_environments_lack(told: Any) -> None:
    new = "def greet(name):\n    raise ImportError('Pyyaml needs to be installed.')\n"
    found = told(GREET, new, "from shop import greet\n\ndef test_greet():\n    assert greet('Ada')\n")
    assert (found.lines, found.answer.environment) == ([], True)
    assert "Pyyaml needs to be installed." in found.why


def test_a_bug_in_the_implementation_is_named_with_its_place(told: Any) -> None:
    tests = "from shop import greet\n\ndef test_greet():\n    assert greet('Ada')\n"
    found = told(GREET, GREET.replace("'Hello '", "1"), tests)
    assert found.lines == []
    assert found.answer.look_at == "src/shop.py:2"


def test_a_fixture_that_is_not_there_and_never_was(told: Any) -> None:
    found = told(GREET, GREET, "def test_greet(client):\n    assert client\n")
    assert (found.lines, "no fixture 'client'" in found.why) == ([], True)


@pytest.mark.parametrize("kind", Kind)
def test_infer_raises_for_no_kind_of_cause(project: Any, kind: Kind) -> None:
    made = project(
        GREET, "def greet(): ...\n", "from shop import greet\n\ndef test_greet():\n    assert greet('Ada')\n"
    )
    failure = made.failures[0]
    bare = replace(failure, evidence=replace(failure.evidence, chain=(replace(failure.evidence.raised, frames=()),)))
    for failures in ([], [failure], [bare]):
        cause = replace(made.causes[0], kind=kind, exemplar=bare)
        answer = infer(cause, failures, made.change, made.suite)
        assert isinstance(answer, NoProposal) or all(each.evidence for each in answer)
