"""A deferred pattern is one that was compiled, but for when it is."""

from __future__ import annotations

import re

import pytest

from pytest_agentgate.patterns import deferred


def test_it_does_what_the_compiled_one_does() -> None:
    late, early = deferred(r"(?P<word>[a-z]+)", re.IGNORECASE), re.compile(r"(?P<word>[a-z]+)", re.IGNORECASE)
    text = "One, two"
    assert late.findall(text) == early.findall(text)
    assert late.sub("x", text) == early.sub("x", text)
    assert [found["word"] for found in late.finditer(text)] == ["One", "two"]
    assert (late.pattern, late.flags, late.groups) == (early.pattern, early.flags, early.groups)


def test_it_is_compiled_at_its_first_use() -> None:
    broken = deferred("(")
    with pytest.raises(re.error):
        broken.search("")


def test_a_test_that_replaces_the_compiler_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    late = deferred("a+")
    monkeypatch.setattr(re, "compile", None)
    assert late.fullmatch("aa")
