"""Namespaces that tests make themselves: an attribute more, if the implementation tells what it is by default."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.repair.remedies.conftest import Files, Told

Asked = Callable[[Files, Files, Files], Told]

OLD = """
    def parser(add_option):
        add_option("--width", default=80)
        add_option("--select", default="", comma_separated=True, help="what")
        add_option("--tee", action="store_true")

    class Report:
        def __init__(self, options):
            self.width = options.width
            self.codes = [*options.select]
"""
NEW = """
    def parser(add_option):
        add_option("--width", default=80)
        add_option("--select", default="", comma_separated=True, help="what")
        add_option("--tee", action="store_true")
        add_option("--color", default="auto", choices=("auto", "never"))

    class Report:
        def __init__(self, options):
            self.width = options.width
            self.codes = [*options.select]
            self.color = options.color == "always"
"""
TESTS = """
    import argparse
    from shop import Report

    def options(**kwargs):
        kwargs.setdefault("width", 40)
        kwargs.setdefault("select", [])
        return argparse.Namespace(**kwargs)

    def test_width():
        assert Report(options()).width == 40

    def test_another():
        assert argparse.Namespace(other=1).other == 1
"""


def test_a_new_option_is_given_by_its_default(told: Asked) -> None:
    found = told(OLD, NEW, TESTS)
    assert found.best == "safe: add-attribute cls=argparse.Namespace attribute=color value='auto' beside=select,width"
    assert "the option color is new, and 'auto' by default (src/shop.py:5)" in found.evidence
    assert "__init__ reads options.color now (src/shop.py:11)" in found.evidence


def test_an_option_is_given_what_tests_give_for_the_one_that_is_registered_alike(told: Asked) -> None:
    new = NEW.replace('"--color", default="auto", choices=("auto", "never")', '"--more", default="", comma_separated=1')
    new = new.replace("comma_separated=1", 'comma_separated=True, help="more"')
    new = new.replace('self.color = options.color == "always"', "self.more = [*options.more]")
    found = told(OLD, new, TESTS)
    assert found.best == "safe: add-attribute cls=argparse.Namespace attribute=more value=[] beside=select,width"
    assert "registered as select is (src/shop.py:3), for which the tests give []" in found.evidence


def test_a_default_that_may_be_converted_is_only_shown(told: Asked) -> None:
    new = NEW.replace('choices=("auto", "never")', "normalize=True")
    found = told(OLD, new, TESTS)
    assert found.best.startswith("display: add-attribute")
    assert not found.may_run


@pytest.mark.parametrize(
    ("options", "given"),
    [('default="1", type=int', "display"), ("default=1, type=int", "safe"), ('action="store_true"', "safe")],
)
def test_what_argparse_converts_is_told_from_what_it_does_not(told: Asked, options: str, given: str) -> None:
    new = NEW.replace('default="auto", choices=("auto", "never")', options)
    assert told(OLD, new, TESTS).best.startswith(f"{given}: add-attribute")


def test_a_new_field_of_the_class_that_stands_behind_the_parameter_is_given_by_its_default(told: Asked) -> None:
    old = """
        from dataclasses import dataclass

        @dataclass
        class Settings:
            host: str = "localhost"

        def url(settings: Settings):
            return f"http://{settings.host}"
    """
    new = """
        from dataclasses import dataclass, field

        @dataclass
        class Settings:
            host: str = "localhost"
            parts: list = field(default_factory=list)

        def url(settings: Settings):
            return "/".join([f"http://{settings.host}", *settings.parts])
    """
    tests = """
        from types import SimpleNamespace
        from shop import url

        def test_url():
            assert url(SimpleNamespace(host="a", other=1)) == "http://a"
    """
    found = told(old, new, tests)
    assert found.best == ("safe: add-attribute cls=types.SimpleNamespace attribute=parts value=[] beside=host,other")
    assert "parts of shop.Settings is new, and [] by default" in found.evidence


def test_a_class_of_the_tests_that_stands_for_the_options_is_given_it(told: Asked) -> None:
    tests = """
        from shop import Report

        class Options:
            width = 40
            select = ()

        class Others:
            width = 1

        def test_width():
            assert Report(Options()).width == 40
    """
    found = told(OLD, NEW, tests)
    assert found.best == "safe: add-attribute cls=test_shop.Options attribute=color value='auto' beside=select,width"


def test_a_class_within_a_test_is_given_it(told: Asked) -> None:
    tests = """
        from shop import Report

        def test_width():
            class Options:
                def __init__(self):
                    self.width = 40
                    self.select = ()

            assert Report(Options()).width == 40
    """
    found = told(OLD, NEW, tests)
    assert found.best.startswith("safe: add-attribute cls=test_shop.test_width.Options attribute=color")


# ---- traps


def test_a_class_of_the_tests_that_derives_from_another_is_left_alone(told: Asked) -> None:
    tests = """
        from shop import Report

        class Base:
            width = 40

        class Options(Base):
            select = ()

        def test_width():
            assert Report(Options()).width == 40
    """
    assert not told(OLD, NEW, tests).lines


def test_an_attribute_that_no_option_registers_is_a_slip(told: Asked) -> None:
    found = told(OLD, NEW.replace('"--color"', '"--colour"'), TESTS)
    assert not found.lines


def test_an_option_that_was_there_before_is_no_reason(told: Asked) -> None:
    old = OLD.replace(
        "class Report", '    add_option("--color", default="auto", choices=("auto", "never"))\n\n    class Report'
    )
    found = told(old, NEW, TESTS)
    assert not found.lines
    assert "the option color was there before" in found.why


def test_a_default_that_the_function_had_and_lost_is_no_change(told: Asked) -> None:
    found = told(OLD + '            self.color = getattr(options, "color", "never")\n', NEW, TESTS)
    assert not found.lines
    assert "asked for color before as well" in found.why


def test_an_option_that_was_renamed_is_not_given_its_default(told: Asked) -> None:
    new = NEW.replace('"--width", default=80', '"--columns", default=80').replace("options.width", "options.columns")
    found = told(OLD, new, TESTS)
    assert not found.lines


def test_what_the_function_stops_to_read_may_have_been_renamed(told: Asked) -> None:
    new = NEW.replace("self.width = options.width", "self.width = 80")
    found = told(OLD, new, TESTS.replace(".width == 40", ".width == 80"))
    assert not found.lines
    assert "color may be what width was" in found.why


def test_an_option_that_must_be_given_has_no_default(told: Asked) -> None:
    assert not told(OLD, NEW.replace('choices=("auto", "never")', "required=True"), TESTS).lines


def test_a_default_that_is_set_otherwise_is_not_known(told: Asked) -> None:
    new = NEW + '\n    def quiet(parser):\n        parser.set_defaults(color="never")\n'
    found = told(OLD, new, TESTS)
    assert not found.lines
    assert "has another default for some" in found.why


def test_another_parser_gives_it_to_others(told: Asked) -> None:
    new = NEW.replace('    add_option("--color", default="auto", choices=("auto", "never"))\n', "")
    new += '\n    def serving(serve):\n        serve.add_option("--color", default="auto")\n'
    found = told(OLD, new, TESTS)
    assert not found.lines
    assert "registers no other option that the tests give" in found.why


def test_the_implementation_makes_such_a_namespace_without_it(told: Asked) -> None:
    new = "    import argparse\n" + NEW
    new += "\n    def plain():\n        return Report(argparse.Namespace(width=1, select=[]))\n"
    found = told(OLD, new, TESTS)
    assert not found.lines
    assert "the implementation itself makes such a namespace without color" in found.why


def test_a_field_that_another_one_made_place_for_may_be_that_one(told: Asked) -> None:
    old = """
        class Settings:
            host = "localhost"
            limit = 3

        def most(settings: Settings):
            return (settings.host, settings.limit)
    """
    new = old.replace("limit", "maximum")
    tests = """
        from types import SimpleNamespace
        from shop import most

        def test_most():
            assert most(SimpleNamespace(host="a", limit=5)) == ("a", 5)
    """
    found = told(old, new, tests)
    assert not found.lines
