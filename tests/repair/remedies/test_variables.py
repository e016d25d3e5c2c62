"""Environment variables: their new name, where the implementation tells a renaming from a slip."""

from __future__ import annotations

from collections.abc import Callable

from tests.repair.remedies.conftest import Files, Told

Asked = Callable[[Files, Files, Files], Told]

OLD = """
    import os

    def url():
        return os.environ["shop_url"]

    def is_set():
        return "shop_url" in os.environ
"""
NEW = OLD.replace("shop_url", "SHOP_URL")
TESTS = """
    from shop import is_set, url

    def test_url(monkeypatch):
        monkeypatch.setenv("shop_url", "a")
        assert url() == "a"
        assert is_set()
"""
RENAMED = "rename-environment-variable old=shop_url new=SHOP_URL"


def test_a_variable_that_everybody_looks_for_by_another_name_was_renamed(told: Asked) -> None:
    found = told(OLD, NEW, TESTS)
    assert found.best == f"safe: {RENAMED}"
    assert "shop.url, shop.is_set looked for shop_url and looks for SHOP_URL now" in found.evidence
    assert "the implementation names SHOP_URL 2 times, and shop_url nowhere" in found.evidence


def test_the_old_one_that_is_handed_over_tells_it(told: Asked) -> None:
    old = """
        import os

        def url():
            return os.environ.get("shop_url")
    """
    new = """
        import os
        import warnings

        def url():
            if "shop_url" in os.environ:
                warnings.warn("shop_url is SHOP_URL now", DeprecationWarning)
                os.environ["SHOP_URL"] = os.environ["shop_url"]
            return os.environ.get("SHOP_URL")
    """
    tests = """
        import os
        from shop import url

        def test_url():
            os.environ["shop_url"] = "a"
            assert url() == "a"
            del os.environ["shop_url"]
            assert url() is None
    """
    found = told(old, new, tests)
    assert found.best == f"safe: {RENAMED}"
    assert "handed over to the new one (src/shop.py:7)" in found.evidence


def test_two_variables_that_were_renamed_in_the_same_way_tell_it(told: Asked) -> None:
    old = """
        import os

        def url():
            return os.environ["SHOP_URL"]

        def key():
            return os.environ["SHOP_KEY"]
    """
    new = old.replace("SHOP_", "STORE_")
    tests = """
        from shop import key, url

        def test_url(monkeypatch):
            monkeypatch.setenv("SHOP_URL", "a")
            assert url() == "a"
    """
    assert told(old, new, tests).best == "safe: rename-environment-variable old=SHOP_URL new=STORE_URL"


# ---- traps


def test_one_place_that_looks_for_another_name_may_be_a_slip(told: Asked) -> None:
    old = """
        import os

        def url():
            return os.environ["SHOP_URL"]
    """
    tests = """
        from shop import url

        def test_url(monkeypatch):
            monkeypatch.setenv("SHOP_URL", "a")
            assert url() == "a"
    """
    found = told(old, old.replace("SHOP_URL", "SHOP_ULR"), tests)
    assert found.best == "display: rename-environment-variable old=SHOP_URL new=SHOP_ULR"
    assert not found.may_run


def test_a_function_that_still_looks_for_the_old_one_tells_a_slip(told: Asked) -> None:
    new = NEW + '\n    def reset():\n        os.environ.pop("shop_url", None)\n'
    found = told(OLD, new, TESTS)
    assert not found.lines
    assert "the change is half done, or a slip" in found.why


def test_a_message_that_speaks_of_the_old_one_tells_a_slip(told: Asked) -> None:
    new = NEW + '\n    def explain():\n        return "set shop_url first"\n'
    assert not told(OLD, new, TESTS).lines


def test_functions_that_look_for_different_ones_tell_nothing(told: Asked) -> None:
    new = OLD.replace('environ["shop_url"]', 'environ["SHOP_URL"]').replace('"shop_url" in', '"SHOP_IS_SET" in')
    assert not told(OLD, new, TESTS).lines


def test_a_variable_that_was_there_before_is_another_one(told: Asked) -> None:
    old = OLD + '\n    def other():\n        return os.environ.get("SHOP_URL")\n'
    assert not told(old, old.replace("shop_url", "SHOP_URL"), TESTS).lines
