"""A parameter in the place of another one: when it means the same, and when that is only a guess."""

from __future__ import annotations

from typing import Any

import pytest

CACHE = '''
import os

class Cache:
    def __init__(self, size=9, {name}=None):
        """Keep what was fetched.

        Upon the first call {name} is looked at before anything is fetched. {more}
        """
        self.size = size
        self.place = {use}
'''
TESTS = "from shop import Cache\n\ndef test_cache():\n    assert Cache(3, {name}=None).size == 3\n"


def cache(name: str, more: str = "", use: str = "") -> str:
    return CACHE.format(name=name, more=more, use=use or f"os.fspath({name} or '')")


FOLLOWED = {
    "another word for it": ("cache_place", "cache_path", ""),
    "a folder for a file": (
        "cache_file",
        "cache_dir",
        "; give-folder function=shop.Cache parameter=cache_dir",
    ),
}


@pytest.mark.parametrize(("old", "new", "more"), FOLLOWED.values(), ids=FOLLOWED)
def test_what_is_documented_the_same_is_renamed(told: Any, old: str, new: str, more: str) -> None:
    after = cache(new, use=f"str({new}).join('ab')")
    found = told(cache(old), after, TESTS.format(name=old))
    assert found.may_run == [f"safe: rename-keyword function=shop.Cache old={old} new={new}{more}"]
    assert f"Upon the first call {new} is looked at" in found.evidence


MANY = """
class Cache:
    def __init__(self, {0}=None, {1}=None):
        '''Keep what was fetched.

        Nothing is ever kept without {0} being given first. Whatever is fetched anew goes through {1} to begin with.
        '''
        self.size = {2}
"""
TWO = "from shop import Cache\n\ndef test_cache():\n    assert Cache(cache_place=3).size == 3\n"


def test_each_of_several_is_renamed_to_the_one_of_which_the_same_is_said(told: Any) -> None:
    new = MANY.format("cache_path", "place_format", "cache_path or len(place_format)")
    found = told(MANY.format("cache_place", "place_type", "cache_place"), new, TWO)
    assert found.may_run == ["safe: rename-keyword function=shop.Cache old=cache_place new=cache_path"]


def test_one_of_several_of_which_another_thing_is_said_is_not_renamed(told: Any) -> None:
    new = MANY.format("cache_path", "place_format", "cache_path or len(place_format)").replace("is ever kept", "stays")
    found = told(MANY.format("cache_place", "place_type", "cache_place"), new, TWO)
    assert not any("rename-keyword" in line for line in found.lines)


GUESSED = {
    "nothing is said of it": (
        "class Cache:\n    def __init__(self, size=9, cache_place=None):\n        self.size = size\n",
        "class Cache:\n    def __init__(self, size=9, cache_path=None):\n        self.size = size or 1\n",
        "cache_place",
    ),
    "another thing is said of it": (
        cache("cache_place"),
        cache("cache_path", use="str(cache_path)").replace("looked at before", "written to after"),
        "cache_place",
    ),
    "its own words still tell of the old one": (
        cache("cache_place", "Nothing is kept without one."),
        cache("cache_path", "Set cache_place to keep it.", use="str(cache_path)"),
        "cache_place",
    ),
    "another unit": (cache("wait_ms"), cache("wait_seconds", use="str(wait_seconds)"), "wait_ms"),
    "the opposite": (cache("keep_old"), cache("drop_old", use="str(drop_old)"), "keep_old"),
    "another end": (cache("max_items"), cache("first_items", use="str(first_items)"), "max_items"),
}


@pytest.mark.parametrize(("old", "new", "name"), GUESSED.values(), ids=GUESSED)
def test_what_may_mean_something_else_is_not_renamed(told: Any, old: str, new: str, name: str) -> None:
    found = told(old, new, TESTS.format(name=name))
    assert found.may_run == []
    assert any("rename-keyword" in line for line in found.lines)


def test_what_shares_no_word_is_not_proposed(told: Any) -> None:
    found = told(cache("cache_place"), cache("folder", use="str(folder)"), TESTS.format(name="cache_place"))
    assert not any("rename-keyword" in line for line in found.lines)


def test_a_keyword_that_the_implementation_still_passes_is_not_renamed(told: Any) -> None:
    still = "\n\ndef made():\n    return Cache(cache_place='here')\n"
    new = cache("cache_path", use="str(cache_path)") + still
    assert told(cache("cache_place") + still, new, TESTS.format(name="cache_place")).lines == []
