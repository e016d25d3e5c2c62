"""A function that ended the process and returns the status now, and one whose exit was lost."""

from __future__ import annotations

from collections.abc import Callable

from tests.repair.remedies.conftest import Files, Told

Asked = Callable[[Files, Files, Files], Told]

OLD = """
    import sys

    def main(arguments):
        sys.exit(len(arguments))

    if __name__ == "__main__":
        main(sys.argv)
"""
NEW = """
    import sys

    def main(arguments):
        return len(arguments)

    if __name__ == "__main__":
        sys.exit(main(sys.argv))
"""
TESTS = """
    import pytest
    from shop import main

    def run(arguments, status):
        with pytest.raises(SystemExit) as info:
            main(arguments)
        assert info.value.code == status

    def test_main():
        run(["a", "b"], 2)
"""


def test_who_calls_it_ends_the_process_now(told: Asked) -> None:
    found = told(OLD, NEW, TESTS)
    assert found.best == "safe: exit-to-result function=shop.main"
    assert "who calls it ends the process with that now (src/shop.py:7)" in found.evidence


def test_its_annotation_says_so(told: Asked) -> None:
    new = NEW.replace("def main(arguments):", "def main(arguments) -> int:").partition("    if __name__")[0]
    assert told(OLD, new, TESTS).best == "safe: exit-to-result function=shop.main"


def test_unittest_expects_it_in_its_own_way(told: Asked) -> None:
    tests = """
        import unittest
        from shop import main

        class TestMain(unittest.TestCase):
            def test_main(self):
                with self.assertRaises(SystemExit) as caught:
                    main(["a"])
                self.assertEqual(caught.exception.code, 1)
    """
    assert told(OLD, NEW, tests).best == "safe: exit-to-result function=shop.main"


# ---- traps


def test_a_caller_that_drops_the_status_tells_a_lost_exit(told: Asked) -> None:
    found = told(OLD, NEW.replace("sys.exit(main(sys.argv))", "main(sys.argv)"), TESTS)
    assert not found.lines
    assert "does nothing with what it returns: the exit is lost" in found.why


def test_a_function_that_returns_nothing_has_lost_its_exit(told: Asked) -> None:
    found = told(OLD, OLD.replace("sys.exit(len(arguments))", "len(arguments)"), TESTS)
    assert not found.lines
    assert "neither ends the process nor returns a status" in found.why


def test_a_value_that_nobody_takes_for_a_status_is_only_shown(told: Asked) -> None:
    new = NEW.partition("    if __name__")[0]
    found = told(OLD, new, TESTS)
    assert found.best == "display: exit-to-result function=shop.main"
    assert not found.may_run


def test_a_function_that_returned_before_is_not_changed(told: Asked) -> None:
    old = OLD.replace("sys.exit(len(arguments))", "if len(arguments) > 1:\n            sys.exit(2)\n        return 0")
    assert not told(old, NEW, TESTS).lines
