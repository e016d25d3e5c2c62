"""Who meets the import of a name that is gone: its users fail with its error, and nobody takes that for another."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.rewrites.localize_import import LocalizeImport

LEGACY = LocalizeImport(old="shop.legacy")

METHOD = "class TestX:\n    def make(self):\n        legacy()\n\n    def test(self):\n"
CATCHING = """class {made}:
    def make(self):
        legacy()


class {run}:
    def test(self):
        with pytest.raises(Exception):
            {said}
"""
SUPER = """class A(Base):
    def setUp(self):
        super(A, self).setUp()
        legacy()


class B(Base):
    def setUp(self):
        super(B, self).setUp()
"""
HELPER = "import shop\nfrom shop import legacy\n\n\ndef make():\n    return legacy()\n\n\n"


@pytest.mark.parametrize(
    ("test", "meets_it_first"),
    [
        ("def test():\n    make()\n", False),
        ("def test():\n    with pytest.raises(ValueError):\n        make()\n", False),
        ("def test():\n    with pytest.raises(shop.Error):\n        make()\n", False),
        ("def test():\n    with shop.open():\n        make()\n", False),
        ("def test():\n    try:\n        make()\n    except ValueError:\n        pass\n", False),
        ("def test():\n    with pytest.raises(Exception):\n        make()\n", True),
        ("def test():\n    with pytest.raises((ValueError, ImportError)):\n        make()\n", True),
        ("def test():\n    with pytest.raises(expected_exception=Exception):\n        make()\n", True),
        ("def test(error):\n    with pytest.raises(error):\n        make()\n", True),
        ("def test():\n    with contextlib.suppress(Exception):\n        make()\n", True),
        ("def test():\n    pytest.raises(Exception, make)\n", True),
        ("def test():\n    try:\n        make()\n    except Exception:\n        pass\n", True),
        ("def test():\n    try:\n        make()\n    except:\n        pass\n", True),
        ("def test():\n    run(make)\n", True),
        ("def test():\n    run(lambda: make())\n", True),
        ("def more():\n    return make()\n\n\ndef test():\n    with pytest.raises(Exception):\n        more()\n", True),
        ("ALL = [make]\n\n\ndef test():\n    run(ALL)\n", True),
        ("@pytest.mark.parametrize('f', [make])\ndef test(f):\n    f()\n", True),
        ("class TestX:\n    def test(self):\n        with self.assertRaises(Exception):\n            make()\n", True),
        ("class TestX:\n    f = make\n\n    def test(self):\n        self.f()\n", True),
    ],
)
def test_a_test_meets_the_import_first_where_the_error_could_be_taken_for_another(
    test: str, meets_it_first: bool
) -> None:
    after = apply(HELPER + test, [LEGACY])
    assert ("# noqa: F401" in after) == meets_it_first
    assert after.count("from shop import legacy") == 1 + meets_it_first
    assert apply(after, [LEGACY]) == after


@pytest.mark.parametrize(
    ("source", "meets_it_first"),
    [
        ("class Fake:\n    def run(self):\n        legacy()\n\n\ndef test():\n    app(Fake())\n", True),
        ("class Fake:\n    def __init__(self):\n        legacy()\n\n\ndef test():\n    app(Fake())\n", False),
        (
            "class A:\n    def run(self):\n        legacy()\n\n\nclass B(A):\n    x = 1\n\n\ndef test():\n    B()\n",
            True,
        ),
        (f"{METHOD}        with pytest.raises(Exception):\n            self.make()\n", True),
        (f"{METHOD}        self.make()\n", False),
        (CATCHING.format(made="TestX", run="Other(Base)", said="self.make()"), False),
        (CATCHING.format(made="TestX", run="TestY(TestX)", said="self.make()"), True),
        (CATCHING.format(made="TestX", run="TestY(other.Made[TestX])", said="self.make()"), True),
        (CATCHING.format(made="TestY(TestX)", run="TestX", said="self.make()"), True),
        (
            CATCHING.format(made="TestX", run="TestY", said="self.make()")
            + "\n\nclass TestZ(TestX, TestY):\n    x = 1\n",
            True,
        ),
        (CATCHING.format(made="TestX", run="TestY(TestX)", said="super().make()"), True),
        (CATCHING.format(made="TestX", run="TestY(TestX)", said="super(TestY, self).make()"), True),
        (CATCHING.format(made="TestX(TestY)", run="TestY", said="super().make()"), False),
        (
            CATCHING.format(made="TestX", run="TestY", said="super().make()")
            + "\n\nclass TestZ(TestY, TestX):\n    x = 1\n",
            True,
        ),
        (SUPER, False),
    ],
)
def test_who_uses_an_object_meets_the_import_first(source: str, meets_it_first: bool) -> None:
    after = apply(f"from shop import legacy\n\n\n{source}", [LEGACY])
    assert ("# noqa: F401" in after) == meets_it_first
    assert after.count("from shop import legacy") == 1 + meets_it_first


# -- by execution ------------------------------------------------------------------------------------------------------

SUITE = """
    import unittest
    import pytest
    from shop import legacy, order

    def make(name):
        return legacy(name)

    @pytest.fixture
    def old_order():
        return legacy("tea")

    class Gateway:
        def send(self, name):
            return legacy(name)

    def test_order():
        assert order("tea") == 2

    def test_legacy():
        '''Uses it.'''
        assert legacy("tea") == 2

    def test_fixture(old_order):
        assert old_order == 2

    def test_helper():
        assert make("tea") == 2

    def test_helper_raises():
        with pytest.raises(Exception):
            make("")

    def test_gateway():
        try:
            Gateway().send("")
        except Exception:
            return

    @pytest.mark.parametrize("name", ["tea", "milk"])
    def test_names(name):
        assert order(name) == 2

    @pytest.mark.parametrize("call", [make, order])
    def test_calls(call):
        with pytest.raises(Exception):
            call()

    class TestShop:
        def setup_method(self):
            self.order = order

        def test_order(self):
            assert self.order("tea") == 2

        def test_legacy(self):
            assert legacy("tea") == self.order("tea")

    class ShopTest(unittest.TestCase):
        def setUp(self):
            self.old = legacy("tea")

        def test_old(self):
            self.assertRaises(Exception, self.old)

    async def later():
        return legacy("tea")
"""


def test_the_others_run_again_and_its_users_fail_with_the_same_error(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    pytester.makepyfile(**{"shop/__init__": "def order(name):\n    return 2\n"})
    path = pytester.makepyfile(test_shop=dedent(SUITE))
    pytester.syspathinsert()
    before = pytester.runpytest("-p", "no:cacheprovider")
    before.assert_outcomes(errors=1)

    after = apply(path.read_text(), [LEGACY])
    path.write_text(after)
    result = pytester.runpytest("-p", "no:cacheprovider", "-rA")
    passed = {line.partition("::")[2] for line in result.outlines if line.startswith("PASSED")}
    assert passed == {"test_order", "test_names[tea]", "test_names[milk]", "TestShop::test_order"}
    unhappy = [line for line in result.outlines if line.startswith(("FAILED", "ERROR"))]
    assert len(unhappy) == 9
    assert all("ImportError: cannot import name 'legacy' from 'shop'" in line for line in unhappy)


def test_where_the_name_still_exists_every_test_does_what_it_did(pytester: pytest.Pytester) -> None:
    shop = "def order(name):\n    return 2\n\n\ndef legacy(name):\n    return 2 if name else 1 / 0\n"
    pytester.makepyfile(**{"shop/__init__": shop})
    path = pytester.makepyfile(test_shop=dedent(SUITE))
    pytester.syspathinsert()
    before = pytester.runpytest("-p", "no:cacheprovider").parseoutcomes()
    path.write_text(apply(path.read_text(), [LEGACY]))
    assert pytester.runpytest("-p", "no:cacheprovider").parseoutcomes() == before
    assert before["passed"] == 13
