"""What tests ask for by name, and what of it they need to be loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_agentgate.repair.reach import of_class
from pytest_agentgate.repair.suite import Suite

FILES = {
    "src/shop.py": "class Till:\n    pass\n\nclass Safe(Till):\n    pass\n",
    "tests/conftest.py": "import pytest\nfrom shop import Till\n\n@pytest.fixture\ndef till():\n    return Till()\n",
    "tests/samples.py": "from shop import Order\n",
    "tests/test_shop.py": """
        from unittest.mock import patch

        import pytest
        import shop
        from shop import text_type
        from samples import x

        @pytest.fixture
        def vault():
            return shop.Safe()

        @pytest.fixture
        def number():
            return 3

        @patch("shop.fetch")
        def test_a(fetch):
            from shop import later

            assert shop.Till
        """,
}


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    from textwrap import dedent

    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(dedent(text).lstrip())
    return Suite.of(tmp_path, ["src"], ["tests"])


def test_only_files_of_the_tests_are_its_own(suite: Suite) -> None:
    assert suite.paths == ("tests/conftest.py", "tests/samples.py", "tests/test_shop.py")


def test_names_are_found_in_imports_attributes_and_strings(suite: Suite) -> None:
    assert suite.below("shop") == (
        "shop", "shop.Order", "shop.Safe", "shop.Till", "shop.fetch", "shop.later", "shop.text_type",
    )  # fmt: skip
    assert [each.is_text for each in suite.mentions["shop.fetch"]] == [True]


def test_what_a_function_imports_is_not_needed_to_load_the_file(suite: Suite) -> None:
    assert "shop.later" not in suite.imported_at_top(["tests/test_shop.py"])
    assert "shop.text_type" in suite.imported_at_top(["tests/test_shop.py"])


def test_a_file_loads_its_helpers_and_conftests(suite: Suite) -> None:
    assert set(suite.loaded_by(["tests/test_shop.py"])) == set(suite.paths)


def test_fixtures_are_known_by_the_class_that_they_give(suite: Suite) -> None:
    assert of_class("shop.Till", "tests/test_shop.py", suite) == ("till", "vault")
    assert of_class("shop.Safe", "tests/test_shop.py", suite) == ("vault",)
    assert of_class("shop.Till", "tests/samples.py", suite) == ("till",)
