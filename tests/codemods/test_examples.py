"""Every codemod's own examples: what stands in its docstring is what it does, and doing it twice changes nothing."""

from __future__ import annotations

import ast
import json

import pytest

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.codemod import Applicability, Codemod, codemod_of
from pytest_agentgate.codemods.examples import Example, examples, prose, summary
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.registry import built_in

EVERY = [
    pytest.param(example, id=f"{name}-{number}")
    for name, kind in built_in().items()
    for number, example in enumerate(examples(kind), 1)
]
KINDS = [pytest.param(kind, id=name) for name, kind in built_in().items()]


def place_of(example: Example) -> Place:
    """Where the example stands: beside the files that its docstring shows."""
    if not example.files and not example.path:
        return Place()
    return Place.within(Sources.of(example.files), example.path or "tests/test_example.py")


@pytest.mark.parametrize("example", EVERY)
def test_an_example_becomes_what_its_docstring_says(example: Example) -> None:
    assert apply(example.before, [example.codemod], place_of(example)) == example.after


@pytest.mark.parametrize("example", EVERY)
def test_applying_twice_equals_applying_once(example: Example) -> None:
    assert apply(example.after, [example.codemod], place_of(example)) == example.after


@pytest.mark.parametrize("example", EVERY)
def test_what_an_example_says_is_python(example: Example) -> None:
    ast.parse(example.before)
    ast.parse(example.after)


@pytest.mark.parametrize("kind", KINDS)
def test_a_codemod_says_what_it_does_and_when_not(kind: type[Codemod]) -> None:
    assert summary(kind).endswith(".")
    assert "\n" not in summary(kind)
    assert len(prose(kind).splitlines()) > 1, "the error that it repairs"
    found = examples(kind)
    assert any(example.changes for example in found)
    assert any(not example.changes for example in found)
    assert kind.applicability in set(Applicability)
    assert kind.because.endswith(".")
    assert kind.owns


@pytest.mark.parametrize("kind", KINDS)
def test_a_codemod_is_plain_data_that_can_be_stored_and_read_again(kind: type[Codemod]) -> None:
    codemod = examples(kind)[0].codemod
    stored = json.loads(json.dumps(codemod.settings()))
    assert codemod_of(kind, stored) == codemod
    assert hash(codemod) == hash(codemod_of(kind, stored))
