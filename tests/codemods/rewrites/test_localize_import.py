"""A name that is gone: its users fail as before, everything else in the file runs again, nothing passes wrongly."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from pytest_agentgate.codemods.apply import Changed, Outcome, Unchanged, apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.localize_import import LocalizeImport

LEGACY = LocalizeImport(old="shop.legacy")


def of(source: str, path: str = "tests/test_shop.py", old: str = "shop.legacy", **files: str) -> Outcome:
    others = {name.replace("__", "/") + ".py": dedent(text) for name, text in files.items()}
    return rewrite(dedent(source), [LocalizeImport(old)], Place.within(Sources.of(others), path))


def reasons(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Unchanged), outcome
    return [f"{note.line}: {note.reason}" for note in outcome.notes]


@pytest.mark.parametrize(
    "source",
    [
        "from cafe import legacy\nlegacy()\n",
        "import shop\n\n\ndef test():\n    shop.legacy()\n",
        "from shop.legacies import legacy\n",
        "def test():\n    from shop import legacy\n    legacy()\n",
        "try:\n    from shop import legacy\nexcept ImportError:\n    legacy = None\n",
        "try:\n    import shop.legacy\nexcept (ImportError, AttributeError):\n    pass\n",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop import legacy\n",
        "import typing\n\nif typing.TYPE_CHECKING:\n    from shop import legacy\n",
        "import contextlib\n\nwith contextlib.suppress(ImportError):\n    from shop import legacy\n",
    ],
)
def test_other_names_and_imports_that_may_fail_are_left_without_a_word(source: str) -> None:
    assert rewrite(source, [LEGACY]) == Unchanged()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("class TestX(legacy.Case):\n    pass\n", "3: needs legacy as the file is loaded: a base class or decorator"),
        (
            "@legacy\ndef test():\n    pass\n",
            "3: needs legacy as the file is loaded: a decorator, default or annotation",
        ),
        (
            "def make(x=legacy):\n    pass\n",
            "3: needs legacy as the file is loaded: a decorator, default or annotation",
        ),
        ("DATA = [legacy]\n", "3: needs legacy as the file is loaded: a statement of the module"),
        ("class A:\n    x = legacy\n", "4: needs legacy as the file is loaded: the body of a class"),
        ("CALL = lambda: legacy()\n", "3: needs legacy as the file is loaded: a lambda of the module"),
        ("class A:\n    legacy: legacy = 1\n", "3: has a legacy of its own, made from the imported one"),
        ("class A:\n    legacy = legacy\n", "3: has a legacy of its own, made from the imported one"),
        ("__all__ = ['legacy']\n", "3: offers legacy to other files"),
        ("legacy = legacy or None\n", "3: gives legacy another meaning"),
        ("def test():\n    global legacy\n    legacy = 1\n", "3: declares legacy global"),
        ("def test(legacy):\n    pass\n", "3: may request the imported legacy as a fixture"),
        ("def test(request):\n    request.getfixturevalue('legacy')\n", "4: names the legacy of this file"),
        ("def test():\n    globals()['legacy']()\n", "4: names the legacy of this file"),
        (
            "def test(monkeypatch):\n    monkeypatch.setattr('tests.test_shop.legacy', 1)\n",
            "4: names the legacy of this file",
        ),
        (
            "def test(monkeypatch):\n    monkeypatch.setattr(sys.modules[__name__], 'legacy', 1)\n",
            "4: names the legacy of this file",
        ),
        ("class M(Model):\n    x: legacy\n", "4: needs legacy as the file is loaded: the body of a class"),
        (
            "import app\n@app.route('/')\ndef view():\n    return legacy()\n",
            "4: runs a function that uses legacy in a way of its own",
        ),
        ("@raises(Exception)\ndef test():\n    legacy()\n", "3: runs a function that uses legacy in a way of its own"),
        (
            "def make():\n    legacy()\napp.register(make)\n",
            "5: is handed on here, and where legacy fails could go unnoticed",
        ),
    ],
)
def test_what_needs_the_name_as_the_file_is_loaded_leaves_the_file_alone(source: str, reason: str) -> None:
    assert reason in reasons(of(f"from shop import legacy\n\n{source}"))


def test_a_name_that_one_use_keeps_is_not_moved_for_the_other_uses() -> None:
    source = "from shop import legacy\nDATA = legacy()\n\n\ndef test():\n    legacy()\n"
    assert apply(source, [LEGACY]) == source


@pytest.mark.parametrize(
    ("path", "source", "reason"),
    [
        ("tests/test_shop.py", "from .helpers import legacy\n", "1: may import legacy as a fixture"),
        ("tests/test_shop.py", "from tests.helpers import legacy\n", "1: may import legacy as a fixture"),
        ("tests/conftest.py", "from helpers import legacy\n", "1: may import legacy for other files"),
        ("tests/__init__.py", "from helpers import legacy\n", "1: may import legacy for other files"),
    ],
)
def test_an_unused_import_that_pytest_or_other_files_may_use_stays(path: str, source: str, reason: str) -> None:
    for old in ("tests.helpers.legacy", "helpers.legacy"):
        outcome = of(source, path, old)
        if isinstance(outcome, Unchanged) and outcome.notes:
            assert reasons(outcome) == [reason]
            return
    pytest.fail("left without a word")


def test_a_helper_module_keeps_what_other_files_import_from_it() -> None:
    helpers = "from shop import legacy\n\n\ndef make():\n    return legacy()\n"
    importing = of(helpers, "tests/helpers.py", tests__test_a="from tests.helpers import legacy\n")
    assert reasons(importing) == ["1: imports legacy for tests/test_a.py"]
    star = of(helpers, "tests/helpers.py", tests__test_a="from tests.helpers import *\nlegacy()\n")
    assert reasons(star) == ["1: imports legacy for tests/test_a.py"]
    catching = """
        from tests.helpers import make
        def test():
            with pytest.raises(Exception):
                make()
    """
    outcome = of(helpers, "tests/helpers.py", tests__test_a=catching)
    assert reasons(outcome) == ["1: tests/test_a.py could take its ImportError for what it expects"]
    plain = of(helpers, "tests/helpers.py", tests__test_a="from tests.helpers import make\nmake()\n")
    assert isinstance(plain, Changed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from shop import legacy\nx = 1\n", "x = 1\n"),
        ("import os\nfrom shop import legacy  # noqa\n", "import os\n"),
        ("from shop import a, legacy, b\n", "from shop import a, b\n"),
        ("from shop import legacy as old, b\n", "from shop import b\n"),
        (
            "from shop import (\n    a,\n    legacy,  # gone\n    b,  # stays\n)\n",
            "from shop import (\n    a,\n    b,  # stays\n)\n",
        ),
        ("from shop import (\n    a,  # stays\n    legacy,\n)\n", "from shop import (\n    a,  # stays\n)\n"),
        ("import os; from shop import legacy; import sys\n", "import os; import sys\n"),
        ("import shop.legacy, os\n", "import os\n"),
        (
            '"""Doc."""\n\nfrom shop import legacy\n\n\ndef test():\n    pass\n',
            '"""Doc."""\n\n\ndef test():\n    pass\n',
        ),
        ("# Licence\nfrom shop import legacy\n\nx = 1\n", "# Licence\n\nx = 1\n"),
    ],
)
def test_a_name_that_nothing_uses_leaves_its_import(before: str, after: str) -> None:
    assert apply(before, [LEGACY]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def test(): legacy()  # ok\n", "def test():\n    from shop import legacy\n    legacy()  # ok\n"),
        (
            'def test():\n    """Doc."""; legacy()\n',
            'def test():\n    """Doc."""\n    from shop import legacy\n    legacy()\n',
        ),
        (
            "def test():\n\n    # first\n    legacy()\n",
            "def test():\n    from shop import legacy\n\n    # first\n    legacy()\n",
        ),
        (
            "class TestX:\n\tasync def test(self):  # tabs\n\t\tawait legacy()\n",
            "class TestX:\n\tasync def test(self):  # tabs\n\t\tfrom shop import legacy\n\t\tawait legacy()\n",
        ),
        (
            "def test():\n    def inner():\n        return legacy\n    inner()\n",
            "def test():\n    from shop import legacy\n    def inner():\n        return legacy\n    inner()\n",
        ),
        (
            "def test():\n    class A(legacy):\n        x = [legacy for _ in y]\n",
            "def test():\n    from shop import legacy\n    class A(legacy):\n        x = [legacy for _ in y]\n",
        ),
    ],
)
def test_the_import_is_the_first_thing_that_its_user_does(before: str, after: str) -> None:
    assert apply(f"from shop import legacy\n{before}", [LEGACY]) == after
    assert apply(after, [LEGACY]) == after


def test_functions_with_a_name_of_their_own_need_no_import() -> None:
    source = """
        from shop import legacy

        def test_parameter(legacy=1):
            assert legacy

        def test_local():
            legacy = 1
            assert [legacy for legacy in [legacy]]
    """
    assert "from shop import legacy" not in apply(dedent(source), [LEGACY])


def test_a_relative_import_stays_relative() -> None:
    outcome = of(
        "from .helpers import legacy\n\ndef test():\n    legacy()\n", "tests/a/test_x.py", "tests.a.helpers.legacy"
    )
    assert isinstance(outcome, Changed)
    assert outcome.source == "def test():\n    from .helpers import legacy\n    legacy()\n"


def test_a_module_that_is_gone_takes_every_import_of_it_along() -> None:
    source = """
        import shop
        import shop.old
        import shop.old.deep as deep
        from shop import old as o
        from shop.old import a, b as c
        from shop.old.deep import d
        from shop.older import e

        def test_dotted():
            shop.old.a()

        def test_all():
            deep, o, a, c, d, e

        def test_rest():
            shop.new, e
    """
    after = """
        import shop
        from shop.older import e

        def test_dotted():
            import shop.old
            shop.old.a()

        def test_all():
            import shop.old.deep as deep
            from shop import old as o
            from shop.old import a, b as c
            from shop.old.deep import d
            deep, o, a, c, d, e

        def test_rest():
            shop.new, e
    """
    assert apply(dedent(source), [LocalizeImport("shop.old")]) == dedent(after)


def test_a_package_that_only_the_gone_import_binds_goes_to_all_its_users() -> None:
    source = "import shop.old\n\n\ndef test():\n    shop.new\n"
    assert apply(source, [LocalizeImport("shop.old")]) == "def test():\n    import shop.old\n    shop.new\n"


def test_a_star_import_of_a_gone_module_is_left_with_a_reason() -> None:
    outcome = of("from shop.old import *\n", old="shop.old")
    assert reasons(outcome) == ["1: imports everything from it; the names that are needed can't be told"]


def test_an_annotation_that_nothing_reads_is_quoted() -> None:
    before = """
        import pytest
        from shop import Legacy

        @pytest.fixture
        def cart() -> list[Legacy]:
            return []

        def check(cart: Legacy | None, *rest: Legacy) -> None:
            assert not cart

        def test_cart(cart: list[Legacy]):
            check(cart)
    """
    after = before.replace("from shop import Legacy\n", "\b").replace("        \b", "")
    for annotation in ("list[Legacy]", "Legacy | None", "*rest: Legacy"):
        name, colon, kind = annotation.rpartition(": ")
        after = after.replace(annotation, f'{name}{colon}"{kind}"')
    assert apply(dedent(before), [LocalizeImport("shop.Legacy")]) == dedent(after)


@pytest.mark.parametrize(
    "source",
    [
        "@register\ndef check(x: legacy):\n    pass\n",
        "def check(x: legacy):\n    pass\n\n\nregister(check)\n",
        "def check(x: 'list' | legacy):\n    pass\n",
        "def check(x: legacy()):\n    pass\n",
    ],
)
def test_an_annotation_that_something_may_read_keeps_the_import(source: str) -> None:
    assert reasons(of(f"from shop import legacy\n{source}"))


@pytest.mark.parametrize(
    "source",
    [
        "class Order(Model):\n    x: legacy\n",
        "@app.get('/')\ndef view(x: legacy):\n    pass\n",
        "def test():\n    @app.get('/')\n    def view(x: legacy):\n        pass\n",
        "def view(x: legacy):\n    pass\n\n\napp.get(view)\n",
        "class Order(Model):\n    x: 'list[legacy]'\n",
    ],
)
def test_a_postponed_annotation_that_something_may_read_keeps_the_import(source: str) -> None:
    future = "from __future__ import annotations\n"
    assert len(reasons(of(f"{future}from shop import legacy\n{source}"))) == 1


def test_annotations_that_are_never_evaluated_need_no_import() -> None:
    source = (
        "from __future__ import annotations\nfrom shop import legacy\n\n\ndef test(x: legacy):\n    y: legacy = 1\n"
    )
    assert apply(source, [LEGACY]) == source.replace("from shop import legacy\n", "")
    local = "from shop import legacy\n\n\ndef test():\n    y: legacy = 1\n"
    assert apply(local, [LEGACY]) == "def test():\n    y: legacy = 1\n"


BRANCHES = {
    "a branch": (
        "if old:\n    x = legacy(1)\nelse:\n    x = 2",
        "if old:\n    IMPORT\n    x = legacy(1)\nelse:\n    x = 2",
    ),
    "the other branch": (
        "if old:\n    x = 2\nelse:\n    x = legacy(1)",
        "if old:\n    x = 2\nelse:\n    IMPORT\n    x = legacy(1)",
    ),
    "one of several branches": (
        "if old:\n    x = 2\nelif new:\n    x = legacy(1)\nelse:\n    x = 3",
        "if old:\n    x = 2\nelif new:\n    IMPORT\n    x = legacy(1)\nelse:\n    x = 3",
    ),
    "a branch of a loop": (
        "for each in old:\n    if each:\n        y = 1\n        x = legacy(1)\n        legacy(2)",
        "for each in old:\n    if each:\n        y = 1\n        IMPORT\n        x = legacy(1)\n        legacy(2)",
    ),
    "a block that may catch what it raises": (
        "if old:\n    with pytest.raises(KeyError):\n        legacy(1)",
        "if old:\n    IMPORT\n    with pytest.raises(KeyError):\n        legacy(1)",
    ),
    "a function within a branch": (
        "if old:\n    def inner():\n        return legacy(1)\n    x = inner()",
        "if old:\n    IMPORT\n    def inner():\n        return legacy(1)\n    x = inner()",
    ),
    "two branches": (
        "if old:\n    x = legacy(1)\nelse:\n    x = legacy(2)",
        "IMPORT\nif old:\n    x = legacy(1)\nelse:\n    x = legacy(2)",
    ),
    "a condition": ("if legacy(1):\n    x = 2", "IMPORT\nif legacy(1):\n    x = 2"),
    "the condition of another branch": (
        "if old:\n    x = 1\nelif legacy(1):\n    x = 2",
        "IMPORT\nif old:\n    x = 1\nelif legacy(1):\n    x = 2",
    ),
    "a loop": ("for each in old:\n    legacy(each)", "IMPORT\nfor each in old:\n    legacy(each)"),
    "a try around a branch": (
        "try:\n    if old:\n        legacy(1)\nfinally:\n    x = 1",
        "IMPORT\ntry:\n    if old:\n        legacy(1)\nfinally:\n    x = 1",
    ),
}


@pytest.mark.parametrize("case", BRANCHES)
def test_it_is_imported_where_it_is_first_needed(case: str) -> None:
    before, after = (indent(text, "    ") for text in BRANCHES[case])
    source = f"import pytest\nfrom shop import legacy\n\ndef make(old, new):\n{before}\n    return x\n"
    expected = f"import pytest\n\ndef make(old, new):\n{after}\n    return x\n"
    assert apply(source, [LocalizeImport("shop.legacy")]) == expected.replace("IMPORT", "from shop import legacy")
