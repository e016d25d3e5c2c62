"""Definitions of test code that can't be made any more: their users stay red, all others run."""

from __future__ import annotations

from typing import Any

import pytest

SHOP = """
class Field:
    def __init__(self, kind):
        self.kind = kind

class Guessed(Field):
    def __init__(self):
        super().__init__("guessed")

class Form:
    known = {}

    def __init__(self, *names):
        self.fields = [self.field(name) for name in names]

    def field(self, name):
        return self.known.get(name, Guessed())

def total(*prices):
    return sum(prices)
"""
STRICT = SHOP.replace("self.known.get(name, Guessed())", "self.known[name]").replace(
    'class Guessed(Field):\n    def __init__(self):\n        super().__init__("guessed")\n', ""
)
HELPERS = {
    "tests/__init__.py": "",
    "tests/forms.py": "from shop import Form, total\n\nORDER = Form('name')\n\ndef bill():\n    return total(1, 2)\n",
    "tests/test_form.py": "from tests.forms import ORDER\n\ndef test_order():\n    assert ORDER.fields\n",
    "tests/test_bill.py": "from tests.forms import bill\n\ndef test_bill():\n    assert bill() == 3\n\n"
    "def test_again():\n    assert bill() == 3\n",
}


def helpers(**changed: str) -> dict[str, str]:
    files = {**HELPERS, **{f"tests/{name}.py": text for name, text in changed.items()}}
    return {path.removeprefix("tests/"): text for path, text in files.items()}


def test_a_helper_that_needs_what_the_implementation_fell_back_on_is_made_by_its_users(told: Any) -> None:
    found = told(SHOP, STRICT, helpers())
    assert found.may_run == ["safe: defer-definition old=tests.forms.ORDER"]
    assert "1 of 3 test functions need what can't be made, and still fail" in found.evidence
    assert "symbol gone: shop.Guessed (src/shop.py:5)" in found.evidence


def test_what_needs_it_as_it_is_loaded_goes_with_it_and_before_it(told: Any) -> None:
    forms = HELPERS["tests/forms.py"].replace("def bill", "BOTH = [ORDER, ORDER]\n\ndef bill")
    using = "from tests.forms import BOTH\n\ndef test_both():\n    assert BOTH\n"
    found = told(SHOP, STRICT, helpers(forms=forms, test_both=using))
    assert found.may_run == ["safe: defer-definition old=tests.forms.BOTH; defer-definition old=tests.forms.ORDER"]


def test_a_class_whose_body_reads_a_name_that_is_gone_is_made_by_its_users(told: Any) -> None:
    forms = "import shop\n\nclass Order(shop.Form):\n    kind = shop.Guessed()\n\ndef bill():\n    return 3\n"
    using = "from tests.forms import Order\n\ndef test_order():\n    assert Order\n"
    found = told(SHOP, STRICT, helpers(forms=forms, test_form=using))
    assert found.may_run == ["safe: defer-definition old=tests.forms.Order"]


def test_what_goes_with_it_goes_even_where_nobody_asks_for_it(told: Any) -> None:
    forms = HELPERS["tests/forms.py"].replace("def bill", "BOTH = [ORDER, ORDER]\n\ndef bill")
    found = told(SHOP, STRICT, helpers(forms=forms))
    assert found.may_run == [
        "safe: defer-definition old=tests.forms.BOTH unasked=yes; defer-definition old=tests.forms.ORDER"
    ]


def test_those_that_are_made_alike_go_together_where_one_is_not_all(told: Any) -> None:
    forms = HELPERS["tests/forms.py"].replace(
        "def bill", "class Both:\n    order = Form('name')\n\nPLAIN = 1\n\ndef bill"
    )
    using = "from tests.forms import ORDER, PLAIN, Both\n\ndef test_order():\n    assert ORDER and Both and PLAIN\n"
    found = told(SHOP, STRICT, helpers(forms=forms, test_form=using))
    assert found.may_run == [
        "safe: defer-definition old=tests.forms.ORDER",
        "safe: defer-definition old=tests.forms.ORDER; defer-definition old=tests.forms.Both",
    ]


LISTED = """
import pytest
import shop

@pytest.mark.parametrize("kind", [shop.Form, shop.Guessed])
def test_kind(kind):
    assert kind()

def test_total():
    assert shop.total(1) == 1
"""


def test_a_value_of_parametrize_that_is_gone_is_asked_for_when_it_is_called(told: Any) -> None:
    assert told(SHOP, STRICT, LISTED).may_run == ["safe: forward-symbol old=shop.Guessed"]


def test_all_that_read_the_same_name_that_is_gone_go_together(told: Any) -> None:
    forms = "import shop\n\nKINDS = [shop.Guessed]\n\nclass Order(shop.Form):\n    kind = shop.Guessed()\n\n"
    using = "from tests.forms import KINDS, Order\n\ndef test_order():\n    assert Order in KINDS\n"
    found = told(SHOP, STRICT, helpers(forms=f"{forms}def bill():\n    return 3\n", test_form=using))
    assert found.may_run == [
        "safe: defer-definition old=tests.forms.Order; forward-symbol old=shop.Guessed",
        "safe: defer-definition old=tests.forms.KINDS; defer-definition old=tests.forms.Order",
    ]


def test_a_call_with_a_parameter_that_is_gone_is_made_by_its_users(told: Any) -> None:
    old = SHOP.replace("def __init__(self, *names):", "def __init__(self, *names, strict=False):")
    forms = HELPERS["tests/forms.py"].replace("'name'", "strict=True")
    found = told(old, SHOP, helpers(forms=forms))
    assert found.may_run == ["safe: defer-definition old=tests.forms.ORDER"]


SILENT = {
    "nothing is gone: a bug": (SHOP, SHOP.replace(".get(name, Guessed())", "[name]"), helpers()),
    "the implementation still uses what is gone": (
        SHOP + "\ndef guess():\n    return Guessed()\n", STRICT + "\ndef guess():\n    return Guessed()\n", helpers(),
    ),
    "a default is lost that a caller relies on": (
        SHOP.replace("def __init__(self, kind):", "def __init__(self, kind=1):") + "\ndef new():\n    return Field()\n",
        SHOP + "\ndef new():\n    return Field()\n",
        helpers(forms=HELPERS["tests/forms.py"].replace("Form", "Field").replace("'name'", "")),
    ),
    "a caller still passes what is gone": (
        SHOP.replace("def __init__(self, *names):", "def __init__(self, *names, strict=False):")
        + "\ndef new():\n    return Form(strict=True)\n",
        SHOP + "\ndef new():\n    return Form(strict=True)\n",
        helpers(forms=HELPERS["tests/forms.py"].replace("'name'", "strict=True")),
    ),
    "every test uses it": (
        SHOP, STRICT, helpers(test_bill="from tests.forms import ORDER\n\ndef test_bill():\n    assert ORDER\n"),
    ),
    "every test of its own file is made with it": (
        SHOP,
        STRICT,
        (
            "import pytest\nfrom shop import Form, total\n\nORDER = Form('name')\n\n"
            "@pytest.mark.parametrize('form', [ORDER])\ndef test_order(form):\n    assert form.fields\n\n"
            "def test_total():\n    assert total(1) == 1\n"
        ),
    ),
    "a value that is gone was no class": (
        SHOP + "\nLIMIT = object()\n", SHOP, LISTED.replace("shop.Guessed", "shop.LIMIT"),
    ),
    "it fails in a test, and hides nothing": (
        SHOP, STRICT, "from shop import Form\n\ndef test_form():\n    assert Form('name').fields\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "tests"), SILENT.values(), ids=SILENT)
def test_it_is_left_where_it_is(told: Any, old: str, new: str, tests: Any) -> None:
    found = told(old, new, tests)
    assert not [line for line in found.lines if "defer-definition" in line or "forward-symbol" in line], found
