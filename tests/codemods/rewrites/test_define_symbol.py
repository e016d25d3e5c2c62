"""A removed constant is defined where it was imported, with what its definition needs."""

from __future__ import annotations

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.define_symbol import DefineSymbol

RULE = DefineSymbol(old="shop.compat.RULE", value="re.compile('[0-9]+')")
USE = "\n\ndef test_order():\n    assert RULE.match(order())\n"


@pytest.mark.parametrize(
    "source",
    [
        "from cafe.compat import RULE\nRULE.match(x)\n",
        "from shop import compat\ncompat.RULES\n",
        "RULE = 1\nRULE\n",
        "try:\n    from shop.compat import RULE\nexcept ImportError:\n    RULE = None\nRULE\n",
        "from shop.compat import *\n",
        "def test_rule():\n    from shop.compat import RULE\n    print(RULE, order())\n",
    ],
)
def test_other_names_and_imports_that_may_fail_are_left_without_a_word(source: str) -> None:
    outcome = rewrite(source, [RULE])
    assert apply(source, [RULE]) == source
    assert not outcome.notes


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "from shop.compat import RULE\n\ndef test_rule():\n    assert RULE == 1\n",
            "would say nothing about the code",
        ),
        ("from shop.compat import RULE\nRULE = RULE or 1\n", "is bound more than once"),
        ("from shop.compat import RULE\nimport shop.compat\nprint(shop.compat.RULE)\n", "through its module"),
        ('from shop.compat import RULE\npatch("shop.compat.RULE", 1)\n', "names shop.compat.RULE"),
    ],
)
def test_on_doubt_a_file_stays_as_it_is(source: str, reason: str) -> None:
    outcome = rewrite(source, [RULE])
    assert apply(source, [RULE]) == source
    assert any(reason in note.reason for note in outcome.notes)


def test_it_stands_before_its_first_use() -> None:
    after = apply("from shop.compat import RULE\n\nx = RULE\n\nimport os\n", [RULE])
    assert after.index("RULE = re.compile") < after.index("x = RULE")


def test_a_name_that_means_something_else_in_the_file_stops_it() -> None:
    source = "from shop.compat import SIZE\n\ndef len(x): ...\n\nprint(SIZE, order())\n"
    codemod = DefineSymbol(old="shop.compat.SIZE", value="len('ab')")
    assert apply(source, [codemod]) == source


def test_what_the_definition_needs_is_imported_once() -> None:
    source = "import re\nfrom shop.compat import RULE, order\n" + USE
    assert apply(source, [RULE]) == ("import re\nfrom shop.compat import order\n\nRULE = re.compile('[0-9]+')\n" + USE)


def test_an_alias_keeps_its_name() -> None:
    source = "import re\nfrom shop.compat import RULE as rule\n\nrule.match(order())\n"
    assert apply(source, [RULE]) == "import re\n\nrule = re.compile('[0-9]+')\n\nrule.match(order())\n"


def test_it_does_nothing_a_second_time() -> None:
    once = apply("from shop.compat import RULE, order\n" + USE, [RULE])
    assert "RULE = re.compile" in once
    assert apply(once, [RULE]) == once


def test_other_files_still_get_it_from_the_file_that_defines_it() -> None:
    files = {"tests/helpers.py": "from shop.compat import RULE\n\nprint(RULE)\n", "tests/test_a.py": "import helpers\n"}
    place = Place.within(Sources.of(files), "tests/helpers.py")
    assert "RULE = re.compile" in apply(files["tests/helpers.py"], [RULE], place)
