"""Names that a codemod needs: what is imported is used, what is not is imported where imports are."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from textwrap import dedent

import libcst as cst
import pytest

from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import Sources
from pytest_agentgate.codemods.writing.rewrite import Rewrite


def using(
    source: str, name: str = "app.config.Model", module: str = "", package: str = "", files: Sequence[str] = ()
) -> str:
    """The source with every HERE and quoted "HERE" replaced by what stands for a name there."""
    source = dedent(source)
    names = ModuleNames(parse(source), module, package)
    rewrite = Rewrite(names, Sources.of(dict.fromkeys(files, "")))
    for node in names.by_word.get("HERE", ()):
        rewrite.put(node, rewrite.imports.use(name, at=node))
    for constant in names.strings:
        if constant.value == "HERE":
            rewrite.put(constant, repr(rewrite.imports.use(name, at=constant)))
    built = rewrite.build(cst.parse_module(source)).code
    ast.parse(built)
    return built


@pytest.mark.parametrize(
    ("source", "there"),
    [
        ("from app.config import Model\nHERE\n", "Model"),
        ("from app.config import Model as M\nHERE\n", "M"),
        ("from app import config\nHERE\n", "config.Model"),
        ("import app.config\nHERE\n", "app.config.Model"),
        ("import app.config as c\nHERE\n", "c.Model"),
        ("import app.config.deep\nHERE\n", "app.config.Model"),
        ("import app\nimport app.config\nHERE\n", "app.config.Model"),
        ("def test():\n    from app.config import Model\n    HERE\n", "Model"),
        ("try:\n    from app.config import Model\nexcept ImportError:\n    Model = None\nHERE\n", "Model"),
        ("try:\n    from app.config import Model\nfinally:\n    pass\nHERE\n", "Model"),
        ("if x:\n    from app.config import Model\n    HERE\n", "Model"),
        ("from app.config import Model\nclass A:\n    def f(self):\n        return HERE\n", "Model"),
        ("def f():\n    HERE\nfrom app.config import Model\n", "Model"),
        ("if TYPE_CHECKING:\n    from app.config import Model\ndef f(x: 'HERE'): ...\n", "Model"),
        ("from app.config import Model\nimport app.config\nHERE\n", "Model"),
        ("from app import config\ndef f(Model):\n    HERE\n", "config.Model"),
    ],
)
def test_what_is_imported_is_used_as_it_is(source: str, there: str) -> None:
    assert using(source) == source.replace("HERE", there)


def test_what_functions_and_the_module_need_is_imported_once() -> None:
    source = "import os\n\ndef test():\n    from app.config import Other\n    HERE\n\nx = HERE\n"
    wanted = "import os\n\nfrom app.config import Model\n\n"
    assert using(source) == source.replace("import os\n\n", wanted).replace("HERE", "Model")


def test_an_inner_function_gets_its_import_where_the_outer_one_has_one() -> None:
    source = "def test():\n    from app.config import Other\n    def make():\n        HERE\n"
    assert using(source) == source.replace("import Other", "import Model, Other").replace("HERE", "Model")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("x = HERE\n", "from app.config import Model\n\nx = Model\n", id="no imports"),
        pytest.param(
            "#!/usr/bin/env python\n# licence\n\nx = HERE\n",
            "#!/usr/bin/env python\n# licence\n\nfrom app.config import Model\n\nx = Model\n",
            id="below the header",
        ),
        pytest.param(
            '"""Doc."""\n\nx = HERE\n',
            '"""Doc."""\n\nfrom app.config import Model\n\nx = Model\n',
            id="below the docstring",
        ),
        pytest.param(
            '"""Doc."""\n\nfrom __future__ import annotations\n\nx = HERE\n',
            '"""Doc."""\n\nfrom __future__ import annotations\n\nfrom app.config import Model\n\nx = Model\n',
            id="never before __future__",
        ),
        pytest.param(
            "import os\n\n\ndef test():\n    HERE\n",
            "import os\n\nfrom app.config import Model\n\n\ndef test():\n    Model\n",
            id="apart from the standard library",
        ),
        pytest.param(
            "import pytest\nfrom app.a import A\nfrom zoo import Z\n\nHERE\n",
            "import pytest\nfrom app.a import A\nfrom app.config import Model\nfrom zoo import Z\n\nModel\n",
            id="next to its relatives",
        ),
        pytest.param(
            "import pytest\n\nfrom app.other import A\n\nHERE\n",
            "import pytest\n\nfrom app.config import Model\nfrom app.other import A\n\nModel\n",
            id="above a later relative",
        ),
        pytest.param(
            "try:\n    import foo\nexcept ImportError:\n    foo = None\nHERE\n",
            "from app.config import Model\n\ntry:\n    import foo\nexcept ImportError:\n    foo = None\nModel\n",
            id="not into a guard",
        ),
        pytest.param(
            "import os\nx = HERE\nimport app.config\n",
            "import os\n\nfrom app.config import Model\nx = Model\nimport app.config\n",
            id="before it is used",
        ),
        pytest.param(
            "from app.config import (\n    Apple,  # a\n    Zed,  # z\n)\nHERE\n",
            "from app.config import (\n    Apple,  # a\n    Model,\n    Zed,  # z\n)\nModel\n",
            id="in order, one per line",
        ),
        pytest.param(
            "from app.config import (\n    Apple,  # a\n    Bear  # b\n)\nHERE\n",
            "from app.config import (\n    Apple,  # a\n    Bear,  # b\n    Model\n)\nModel\n",
            id="at the end, without a trailing comma",
        ),
        pytest.param(
            "from app.config import (\n    Apple,  # a\n    Bear,  # b\n    # end\n)\nHERE\n",
            "from app.config import (\n    Apple,  # a\n    Bear,  # b\n    Model,\n    # end\n)\nModel\n",
            id="at the end, with one",
        ),
        pytest.param(
            "from app.config import Zed, Apple  # noqa\nHERE\n",
            "from app.config import Zed, Apple, Model  # noqa\nModel\n",
            id="at the end of a list without an order",
        ),
        pytest.param(
            "from app.config import MAX, Zed, load\nHERE\n",
            "from app.config import MAX, Model, Zed, load\nModel\n",
            id="in isort's order",
        ),
        pytest.param(
            "from app.config import a, Bear, load, Zed\nHERE\n",
            "from app.config import a, Bear, load, Model, Zed\nModel\n",
            id="in order regardless of case",
        ),
        pytest.param(
            f"from app.config import Apple, {'B' * 60}\nHERE\n",
            f"from app.config import (\n    Apple,\n    {'B' * 60},\n    Model,\n)\nModel\n",
            id="a line that gets too long",
        ),
        pytest.param(
            "Model = 1\nprint(Model, HERE)\n",
            "from app.config import Model as ConfigModel\n\nModel = 1\nprint(Model, ConfigModel)\n",
            id="the name is taken",
        ),
        pytest.param(
            "def f(Model):\n    HERE\n",
            "from app.config import Model as ConfigModel\n\n\ndef f(Model):\n    ConfigModel\n",
            id="the name is shadowed",
        ),
        pytest.param(
            "def f():\n    from app.config import A\n    HERE\n",
            "def f():\n    from app.config import A, Model\n    Model\n",
            id="in a function, where the file imports it there only",
        ),
        pytest.param(
            "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from app.config import Model\n\nHERE\n",
            "from typing import TYPE_CHECKING\n\nfrom app.config import Model\n\n"
            "if TYPE_CHECKING:\n    from app.config import Model\n\nModel\n",
            id="what only a type checker sees is not there",
        ),
        pytest.param(
            "if x:\n    from app.config import Model\nHERE\n",
            "from app.config import Model\n\nif x:\n    from app.config import Model\nModel\n",
            id="what may not have been imported is not there",
        ),
        pytest.param("HERE + HERE\n", "from app.config import Model\n\nModel + Model\n", id="once"),
    ],
)
def test_what_is_not_there_is_imported(before: str, after: str) -> None:
    assert using(before) == after


def test_a_relative_import_of_the_module_takes_the_name() -> None:
    assert using("from .config import A\nHERE\n", package="app") == "from .config import A, Model\nModel\n"


def test_the_module_itself_imports_nothing() -> None:
    assert using("class Model: ...\nHERE\n", module="app.config") == "class Model: ...\nModel\n"


def test_a_name_in_a_class_is_reached_through_the_class() -> None:
    assert using("HERE\n", "app.models.Outer.Inner") == "from app.models import Outer\n\nOuter.Inner\n"


def test_a_function_that_pytest_would_run_gets_another_name() -> None:
    assert using("HERE\n", "app.db.test_link") == "from app.db import test_link as db_test_link\n\ndb_test_link\n"


def test_a_builtin_is_there_unless_something_hides_it() -> None:
    assert using("HERE\n", "builtins.str") == "str\n"
    assert using("str = 1\nHERE\n", "builtins.str").endswith("builtins_str\n")


def test_a_name_of_a_builtin_that_the_file_uses_is_not_taken() -> None:
    after = "from app.io import open as io_open\n\nopen(io_open)\n"
    assert using("open(HERE)\n", "app.io.open") == after


def test_the_project_has_a_section_of_its_own() -> None:
    before = "import os\n\nimport pytest\n\n\ndef test():\n    HERE\n"
    after = "import os\n\nimport pytest\n\nfrom app.config import Model\n\n\ndef test():\n    Model\n"
    assert using(before, files=["app/__init__.py", "app/config.py"]) == after


def test_modules_with_a_capital_are_told_from_classes_by_the_files() -> None:
    files = ["App/Config.py"]
    assert using("HERE\n", "App.Config.Model", files=files) == "from App.Config import Model\n\nModel\n"


def test_a_module_at_the_top_is_imported_itself() -> None:
    assert using("import os\n\nHERE.x\n", "json") == "import os\nimport json\n\njson.x\n"
