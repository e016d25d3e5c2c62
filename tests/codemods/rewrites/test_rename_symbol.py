"""Symbols that were renamed, moved, or both: what follows, what keeps its local name, what is left alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pytest_agentgate.codemods.apply import Changed, Outcome, apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol
from pytest_agentgate.errors import UsageError

RENAMED = RenameSymbol("a.b.X", "a.b.W")
MOVED = RenameSymbol("a.b.X", "c.d.X")
BOTH = RenameSymbol("a.b.X", "c.d.W")
USER = RenameSymbol("app.models.User", "app.models.Account")


def outcome(
    source: str, codemod: RenameSymbol, files: Mapping[str, str] | None = None, path: str = "tests/test_x.py"
) -> Outcome:
    return rewrite(source, [codemod], Place.within(Sources.of(files or {}), path))


def renamed(
    source: str, codemod: RenameSymbol, files: Mapping[str, str] | None = None, path: str = "tests/test_x.py"
) -> str:
    """The source rewritten; twice must equal once."""
    place = Place.within(Sources.of(files or {}), path)
    once = apply(source, [codemod], place)
    assert apply(once, [codemod], place) == once
    return once


@pytest.mark.parametrize(
    "source",
    [
        "from other import X\nX()\n",
        "from a.b import Y as X\nX()\n",
        "X = 1\nprint(X)\n",
        "import a.b\na.b.Y.X\n",
        "import other\nother.X()\n",
        "obj.X()\nf(X=1)\n",
        "import a.bb\na.bb.X()\n",
        "def f(X):\n    return X\n",
        "from a import b\ndef f(b):\n    return b.X\n",
        "from a.b import X1\nX1('X')\n",
        "try:\n    from a.b import W\nexcept ImportError:\n    from a.b import X as W\n",
        "from a.b import *\nfrom c import *\nX()\n",
    ],
)
def test_what_is_something_else_stays(source: str) -> None:
    assert renamed(source, RENAMED) == source


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("import a.b\na.b.X()\n", "import a.b\na.b.W()\n", id="through the module"),
        pytest.param("import a.b as b\ndel b.X\nb.X = 1\n", "import a.b as b\ndel b.W\nb.W = 1\n", id="stored"),
        pytest.param("from a.b import X as X\n", "from a.b import W as X\n", id="an explicit export"),
        pytest.param("from a.b import X as W\nW()\n", "from a.b import W\nW()\n", id="an alias that is not needed"),
        pytest.param("from a.b import X, W\nX(W)\n", "from a.b import W\nW(W)\n", id="both are imported"),
        pytest.param(
            "from a.b import X\n__all__ = ['X']\nX\n", "from a.b import W\n__all__ = ['W']\nW\n", id="exported"
        ),
        pytest.param(
            "try:\n    from a.b import X\nexcept ImportError:\n    from old import X\nX()\n",
            "try:\n    from a.b import W as X\nexcept ImportError:\n    from old import X\nX()\n",
            id="another one may have the name",
        ),
        pytest.param(
            "try:\n    from a.b import X\nexcept ImportError:\n    X = None\nif X is None: pass\n",
            "try:\n    from a.b import W\nexcept ImportError:\n    W = None\nif W is None: pass\n",
            id="None is not another one",
        ),
        pytest.param(
            "from a.b import X\ndef f():\n    from a.b import X\n    X()\ndef g(W): X(W)\n",
            "from a.b import W as X\ndef f():\n    from a.b import W\n    W()\ndef g(W): X(W)\n",
            id="taken where it is used, in one scope",
        ),
        pytest.param(
            "class T:\n    from a.b import X\n    def f(self): return self.X\n",
            "class T:\n    from a.b import W as X\n    def f(self): return self.X\n",
            id="an attribute of a class",
        ),
        pytest.param(
            "from a.b import X\nclass T:\n    X = X\n",
            "from a.b import W as X\nclass T:\n    X = X\n",
            id="taken over by a class",
        ),
        pytest.param(
            "from a.b import *\ndef f(W): X(W)\n",
            "from a.b import *\nfrom a.b import W as B_W\ndef f(W): B_W(W)\n",
            id="of a star, taken where it is used",
        ),
        pytest.param("from a.b import *\nX()\n", "from a.b import *\nW()\n", id="of a star"),
        pytest.param(
            "import a.b\ntry: ...\nexcept (a.b.X, ValueError): ...\nf'{a.b.X!r}'\n",
            "import a.b\ntry: ...\nexcept (a.b.W, ValueError): ...\nf'{a.b.W!r}'\n",
            id="in except and f-strings",
        ),
        pytest.param(
            "from a.b import X\nx: 'dict[str, X]' = cast('X', 1)\ny: 'X.Y | Literal[\"X\"]'\nz: Literal['X']\n",
            "from a.b import W\nx: 'dict[str, W]' = cast('W', 1)\ny: 'W.Y | Literal[\"X\"]'\nz: Literal['X']\n",
            id="in quoted annotations",
        ),
        pytest.param("from a.b import X\r\nX()  # é\r\n", "from a.b import W\r\nW()  # é\r\n", id="newlines stay"),
    ],
)
def test_a_renamed_symbol_is_followed(before: str, after: str) -> None:
    assert renamed(before, RENAMED) == after


def test_a_name_that_a_builtin_has_is_not_taken() -> None:
    codemod = RenameSymbol("a.b.X", "a.b.open")
    assert renamed("from a.b import X\nX(open)\n", codemod) == "from a.b import open as X\nX(open)\n"


def test_pytest_does_not_begin_to_collect_what_is_imported() -> None:
    codemod = RenameSymbol("a.b.probe", "a.b.test_link")
    after = "from a.b import test_link as probe\nprobe()\n"
    assert renamed("from a.b import probe\nprobe()\n", codemod) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("import a.b\na.b.X()\n", "import c.d\nc.d.X()\n", id="nothing else of the module is used"),
        pytest.param("import a.b as m\nm.X()\n", "import c.d as m\nm.X()\n", id="under an alias"),
        pytest.param("from a import b\nb.X()\n", "from c import d\nd.X()\n", id="from its package"),
        pytest.param(
            "from a import b\nb.X()\nx: 'b.Y'\n",
            "from a import b\nfrom c import d\nd.X()\nx: 'b.Y'\n",
            id="an annotation uses more of the module",
        ),
        pytest.param(
            "import a.b\nimport c.d\na.b.X(a.b.Y)\n", "import a.b\nimport c.d\nc.d.X(a.b.Y)\n", id="there already"
        ),
        pytest.param(
            "import a.b\nc = 1\na.b.X(a.b.Y)\n",
            "import a.b\nfrom c import d\nc = 1\nd.X(a.b.Y)\n",
            id="the package's name is taken",
        ),
        pytest.param(
            "if 1:\n    from a.b import X, Y\n    X\n",
            "if 1:\n    from a.b import Y\n    from c.d import X\n    X\n",
            id="in a block",
        ),
        pytest.param(
            "from a.b import Y, X; z = X()\n", "from c.d import X\nfrom a.b import Y; z = X()\n", id="on one line"
        ),
        pytest.param(
            "from a.b import X  # noqa: F401\nfrom c.d import Q\n",
            "from c.d import X  # noqa: F401\nfrom c.d import Q\n",
            id="a comment is not lost to merging",
        ),
        pytest.param("from c.d import Q\nfrom a.b import X\nX()\n", "from c.d import Q, X\nX()\n", id="merged upwards"),
        pytest.param(
            "from a.b import X\nX()\nfrom c.d import Q\n",
            "from c.d import X\nX()\nfrom c.d import Q\n",
            id="not merged below its use",
        ),
        pytest.param(
            "from a.b import X\nimport a.b\nprint(a.b.X, a.b.Y)\n",
            "from c.d import X\nimport a.b\nimport c.d\nprint(c.d.X, a.b.Y)\n",
            id="imported twice, in two ways",
        ),
    ],
)
def test_a_moved_symbol_is_followed(before: str, after: str) -> None:
    assert renamed(before, MOVED) == after


def test_names_stay_on_their_own_lines_with_their_comments() -> None:
    before = "from a.b import (\n    A,  # a\n    X  # x\n)\nX()\n"
    assert renamed(before, MOVED) == "from a.b import (\n    A,  # a\n)\nfrom c.d import X  # x\nX()\n"


FIXTURE = "import pytest\n\n@pytest.fixture\ndef w(): ...\n"


@pytest.mark.parametrize(
    ("source", "path", "files"),
    [
        ("from a.b import x\n\ndef test(x): ...\n", "tests/test_x.py", {}),
        ("from a.b import x\n\n@pytest.mark.usefixtures('x')\ndef test(): ...\n", "tests/test_x.py", {}),
        ("from a.b import x\n", "tests/conftest.py", {}),
        ("from a.b import x\n", "tests/conftest.py", {"a/b.py": FIXTURE}),
        ("from a.b import x\n\ndef test(x): ...\n", "tests/test_x.py", {"a/b.py": FIXTURE}),
    ],
)
def test_a_fixture_keeps_the_name_that_tests_ask_for(source: str, path: str, files: Mapping[str, str]) -> None:
    after = source.replace("import x\n", "import w as x\n")
    assert renamed(source, RenameSymbol("a.b.x", "a.b.w"), files, path) == after


def test_what_is_known_to_be_no_fixture_follows() -> None:
    codemod = RenameSymbol("a.b.x", "a.b.w")
    files = {"a/b.py": "def w(): ...\n"}
    assert renamed("from a.b import x\n", codemod, files, "tests/conftest.py") == "from a.b import w\n"


@pytest.mark.parametrize(
    ("init", "after"),
    [
        ("from app.models import Account\n", "from app import Account\nAccount()\n"),
        ("from .models import Account\n", "from app import Account\nAccount()\n"),
        ("", "from app.models import Account\nAccount()\n"),
        ("from app.models import User\n", "from app.models import Account\nAccount()\n"),
        ("class User: ...\n", "from app import User\nUser()\n"),
        ("from app.orm import User\n", "from app import User\nUser()\n"),
    ],
)
def test_a_package_that_exports_it_is_asked_for_the_new_name(init: str, after: str) -> None:
    files = {"app/__init__.py": init, "app/models.py": "class Account: ...\n"}
    assert renamed("from app import User\nUser()\n", USER, files) == after


def test_a_package_goes_on_exporting_what_has_only_moved() -> None:
    files = {"app/__init__.py": "from app.models import User\n", "app/models.py": "class User: ...\n"}
    source = "from app import User\nUser()\n"
    assert renamed(source, RenameSymbol("app.models.User", "app.people.User"), files) == source


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import app.models as m\npatch.object(m, 'User')\n", "import app.models as m\npatch.object(m, 'Account')\n"),
        ("patch('app.models.User.save')\n", "patch('app.models.Account.save')\n"),
        ("patch('app.service.User')\n", "patch('app.service.Account')\n"),
        ("patch('app.other.User')\n", "patch('app.other.User')\n"),
        ("import app.service\npatch.object(app.service, 'User')\n",
         "import app.service\npatch.object(app.service, 'Account')\n"),
        ("def t(mocker): mocker.patch('app.models.User')\n", "def t(mocker): mocker.patch('app.models.Account')\n"),
        ("def t(monkeypatch): monkeypatch.setattr('app.models.User', 1)\n",
         "def t(monkeypatch): monkeypatch.setattr('app.models.Account', 1)\n"),
        ("import pytest\n@pytest.mark.filterwarnings('ignore:x:app.models.User')\ndef t(): ...\n",
         "import pytest\n@pytest.mark.filterwarnings('ignore:x:app.models.Account')\ndef t(): ...\n"),
    ],
)  # fmt: skip
def test_strings_that_name_what_is_replaced_follow(before: str, after: str) -> None:
    files = {
        "app/models.py": "class Account: ...\n",
        "app/service.py": "from app.models import Account\n",
        "app/other.py": "class User: ...\n",
    }
    imports = "from unittest.mock import patch\n"
    assert renamed(imports + before, USER, files) == imports + after


def test_a_module_that_looks_it_up_under_the_old_name_is_left_and_said() -> None:
    files = {"app/models.py": "class User: ...\n", "app/service.py": "from app.models import User\n"}
    source = "from unittest.mock import patch\npatch('app.service.User')\n"
    left = outcome(source, USER, files)
    assert not isinstance(left, Changed)
    assert [note.line for note in left.notes] == [2]


def test_an_object_that_is_patched_moves_with_its_symbol() -> None:
    before = "from unittest.mock import patch\nfrom a import b\npatch.object(b, 'X')\n"
    after = "from unittest.mock import patch\nfrom c import d\npatch.object(d, 'W')\n"
    assert renamed(before, BOTH) == after


def test_a_string_of_unknown_purpose_is_said() -> None:
    left = outcome("run('a.b.X')\n", MOVED)
    assert [note.line for note in left.notes] == [1]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class X: ...\n\nX()\n", "class W: ...\n\nW()\n"),
        ("async def X(): ...\n", "async def W(): ...\n"),
        ("X = None\n\ndef f():\n    global X\n    X = 1\n", "W = None\n\ndef f():\n    global W\n    W = 1\n"),
        ("__all__ = ['X']\nX: int = 1\n", "__all__ = ['W']\nW: int = 1\n"),
        ("X = 1\nW = 2\n", "X = 1\nW = 2\n"),
        ("from c import X\n", "from c import X\n"),
    ],
)
def test_a_definition_is_renamed_where_it_stands(before: str, after: str) -> None:
    assert renamed(before, RENAMED, path="a/b.py") == after


def test_a_definition_is_not_moved() -> None:
    left = outcome("class X: ...\n", MOVED, path="a/b.py")
    assert not isinstance(left, Changed)
    assert left.notes


def test_an_attribute_of_a_class_is_left_to_those_who_know_receivers() -> None:
    left = outcome("from a.b import C\nC.old()\n", RenameSymbol("a.b.C.old", "a.b.C.new"))
    assert not isinstance(left, Changed)
    assert "rename-attribute" in left.notes[0].reason


@pytest.mark.parametrize("source", ["import a.b.X\n", "from a.b.X import y\n"])
def test_a_module_is_left_to_rename_module(source: str) -> None:
    left = outcome(source, RENAMED)
    assert not isinstance(left, Changed)
    assert "rename-module" in left.notes[0].reason


def test_what_the_old_module_imports_now_is_patched_where_it_is_looked_up() -> None:
    source = "from unittest.mock import patch\nfrom a import b\npatch('a.b.X')\npatch.object(b, 'X')\n"
    assert renamed(source, MOVED, {"a/b.py": "from c.d import X\n"}) == source
    assert renamed(source, BOTH, {"a/b.py": "from c.d import W\n"}) == source.replace("X", "W")


def test_a_module_with_both_names_is_patched_as_it_was() -> None:
    source = "from unittest.mock import patch\npatch('app.x.User')\n"
    assert renamed(source, USER, {"app/x.py": "from app.models import Account\nclass User: ...\n"}) == source


@pytest.mark.parametrize(
    "expectation", ["pytest.raises(ImportError)", "pytest.deprecated_call()", "pytest.warns(DeprecationWarning)"]
)
def test_an_import_that_is_to_fail_is_left_and_said(expectation: str) -> None:
    left = outcome(f"import pytest\nwith {expectation}:\n    from a.b import X\n", RENAMED)
    assert not isinstance(left, Changed)
    assert [note.line for note in left.notes] == [3]


def test_an_import_where_something_else_is_to_fail_follows() -> None:
    before = "import pytest\nwith pytest.raises(ValueError):\n    from a.b import X\n    X()\n"
    assert renamed(before, RENAMED) == before.replace("X", "W")


def test_what_is_stored_in_or_patched_in_a_module_is_read_from_it() -> None:
    before = "from a import b\ndef test(monkeypatch):\n    monkeypatch.setattr(b, 'X', 1)\n    b.X = 2\n    b.f(b.X)\n"
    after = (
        "from a import b\nfrom c import d\n"
        "def test(monkeypatch):\n    monkeypatch.setattr(d, 'X', 1)\n    d.X = 2\n    b.f(d.X)\n"
    )
    assert renamed(before, MOVED) == after


def test_what_has_moved_into_a_class_is_left_and_said() -> None:
    left = outcome("from a.b import X\nX()\n", RenameSymbol("a.b.X", "a.b.C.X"))
    assert not isinstance(left, Changed)
    assert left.notes


LAYERS = {
    "shop/__init__.py": "from .orders import NEW, Cart\n",
    "shop/orders.py": "class NEW: ...\nclass Cart: ...\n",
    "shop/extra.py": "from shop.orders import NEW\n",
    "shop/other.py": "class Order: ...\nclass Purchase: ...\n",
}


def layers(name: str) -> dict[str, str]:
    return {path: text.replace("NEW", name) for path, text in LAYERS.items()}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from shop.orders import Order\nOrder()\n", "from shop.orders import Purchase\nPurchase()\n"),
        ("from shop import orders\norders.Order()\n", "from shop import orders\norders.Purchase()\n"),
        ("from shop.extra import Order\nOrder()\n", "from shop.extra import Purchase\nPurchase()\n"),
        (
            "from unittest.mock import patch\npatch('shop.orders.Order')\n",
            "from unittest.mock import patch\npatch('shop.orders.Purchase')\n",
        ),
        ("from shop.other import Order\nOrder()\n", "from shop.other import Order\nOrder()\n"),
    ],
    ids=["defined there", "through its module", "re-exported elsewhere", "patched there", "another one"],
)
def test_a_re_export_stands_for_what_it_exports(before: str, after: str) -> None:
    assert renamed(before, RenameSymbol("shop.Order", "shop.Purchase"), layers("Purchase")) == after


@pytest.mark.parametrize("on_disk", ["Purchase", "Order"])
def test_what_a_package_exports_by_a_star_follows(on_disk: str) -> None:
    files = {**layers(on_disk), "shop/__init__.py": "from .orders import *\nfrom outside import *\n"}
    codemod = RenameSymbol("shop.orders.Order", "shop.orders.Purchase")
    assert renamed("import shop as s\ns.Order()\n", codemod, files) == "import shop as s\ns.Purchase()\n"
    assert renamed("from shop import Cart, Order\nOrder()\n", codemod, files) == (
        "from shop import Cart, Purchase\nPurchase()\n"
    )


def test_a_star_that_gives_something_else_is_no_export_of_it() -> None:
    files = {**layers("Purchase"), "shop/__init__.py": "from .other import *\n"}
    source = "import shop\nshop.Order()\n"
    assert renamed(source, RenameSymbol("shop.orders.Order", "shop.orders.Purchase"), files) == source


def test_a_module_that_its_package_hides_behind_a_function_is_imported_from() -> None:
    files = {
        "again/__init__.py": "from .retry import on_error\ndef retry(): ...\n",
        "again/retry.py": "def on_error(): ...\n",
    }
    codemod = RenameSymbol("again.if_error", "again.retry.on_error")
    source = "import again\nfrom again import retry\n\n@retry(again.if_error())\ndef f(): ...\n"
    assert renamed(source, codemod, files) == (
        "import again\nfrom again import retry\nfrom again.retry import on_error\n\n@retry(on_error())\ndef f(): ...\n"
    )


def test_a_constant_that_is_a_member_of_an_enumeration_is_defined_where_it_is_assigned() -> None:
    files = {
        "pkg/__init__.py": "from .make import UNSET\n",
        "pkg/make.py": "import enum\nclass _Kind(enum.Enum):\n    UNSET = 1\nUNSET = _Kind.UNSET\n",
    }
    codemod = RenameSymbol("pkg.NOTHING", "pkg.UNSET")
    source = "from pkg.make import NOTHING\nNOTHING\n"
    assert renamed(source, codemod, files) == "from pkg.make import UNSET\nUNSET\n"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("write('import os; from a.b import Y, X')\n", "uses a.b.X"),
        ("run('import a.b; a.b.X(1)')\n", "uses a.b.X"),
        ("run('import a.b; z.a.b.X(1); a.b.Xy')\n", None),
        ("from unittest.mock import patch\npatch.multiple('a.b', X=1)\n", "by a keyword"),
        ("from unittest import mock\nimport a.b\nmock.patch.multiple(a.b, X=1)\n", "by a keyword"),
        ("write('from a.b import Y')\nmock.patch.multiple('a.c', X=1)\n", None),
    ],
)
def test_code_in_texts_and_keywords_of_patches_are_told(source: str, reason: str | None) -> None:
    found = outcome(source, RENAMED)
    assert not isinstance(found, Changed)
    assert [str(reason) in note.reason for note in found.notes] == ([] if reason is None else [True])


@pytest.mark.parametrize(("old", "new"), [("shop", "store.Shop"), ("shop.Shop", "Shop")])
def test_a_name_without_a_module_is_refused(old: str, new: str) -> None:
    with pytest.raises(UsageError, match="must be a module and a name in it"):
        RenameSymbol(old, new)
