"""Which codemods can be named: those of the package, of the project's modules, and of installed plugins."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_agentgate.codemods.codemod import codemod_of
from pytest_agentgate.codemods.registry import built_in, known, named
from pytest_agentgate.errors import ConfigError, UsageError

OWN = textwrap.dedent('''
    import ast
    from dataclasses import dataclass

    from pytest_agentgate.codemods.codemod import Applicability, Codemod, option


    @dataclass(frozen=True)
    class {name}(Codemod):
        """Do what only this project needs."""

        applicability = Applicability.UNSAFE
        because = "It is ours."
        owns = frozenset({{ast.Name}})

        old: str = option("the old name", "name")

        def words(self):
            return (self.old,)

        def rewrite(self, file, rewrite):
            for name in file.names.by_word.get(self.old, ()):
                rewrite.put(name, "new")
    ''')


@pytest.fixture(autouse=True)
def _same_modules_after() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if not name.startswith("pytest_agentgate"):
            del sys.modules[name]


def module(root: Path, name: str, text: str) -> None:
    path = root / f"{name.replace('.', '/')}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_anything_else_there_are_those_of_the_package() -> None:
    assert known() == dict(built_in())


def test_a_module_of_the_project_brings_its_own(tmp_path: Path) -> None:
    module(tmp_path, "src.shop_rewrites.mods", OWN.format(name="ShopOnly"))
    found = known(["shop_rewrites.mods"], tmp_path, ("", "src"))
    assert list(found) == sorted(found)
    assert set(found) - set(built_in()) == {"shop-only"}
    assert named("shop-only", found).__module__ == "shop_rewrites.mods"


def test_a_module_may_return_what_it_does_not_define(tmp_path: Path) -> None:
    module(tmp_path, "elsewhere_rewrites", OWN.format(name="FromElsewhere"))
    module(
        tmp_path,
        "hooking_rewrites",
        "from pytest_agentgate.codemods.registry import hookimpl\n"
        "@hookimpl\n"
        "def agentgate_codemods():\n"
        "    from elsewhere_rewrites import FromElsewhere\n"
        "    return [FromElsewhere]\n",
    )
    assert "from-elsewhere" in known(["hooking_rewrites"], tmp_path)
    assert "from-elsewhere" in known(["hooking_rewrites", "elsewhere_rewrites"], tmp_path)


def test_two_codemods_of_one_name_are_refused(tmp_path: Path) -> None:
    module(tmp_path, "same_rewrites", OWN.format(name="RenameKeyword"))
    with pytest.raises(ConfigError, match=r"two codemods are called rename-keyword: pytest_.* and same_rewrites\."):
        known(["same_rewrites"], tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "ModuleNotFoundError: No module named 'broken_rewrites'"),
        ("def (", "SyntaxError: "),
        ("raise RuntimeError('no\\nidea')", "RuntimeError: no idea"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_module_that_cannot_be_imported_is_one_line(tmp_path: Path, text: str | None, reason: str) -> None:
    if text is not None:
        module(tmp_path, "broken_rewrites", text)
    with pytest.raises(ConfigError) as caught:
        known(["broken_rewrites"], tmp_path)
    assert str(caught.value).startswith(f"tool.agentgate.codemods: broken_rewrites: cannot be imported: {reason}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("words", "word"), "tool.agentgate.codemods: flawed_rewrites: has no codemod; its Flawed lacks words"),
        (("Codemod)", "object)"), "tool.agentgate.codemods: flawed_rewrites: has no codemod"),
        (("UNSAFE", "UNSAFE and 'save'"), "flawed_rewrites.Flawed: applicability must be one of safe, unsafe, display"),
        (("because =", "since ="), "flawed_rewrites.Flawed: because must be a sentence with the reason for the app"),
        (("owns =", "owned ="), "flawed_rewrites.Flawed: owns must name the kinds of nodes that may differ afterwards"),
        (("@dataclass(frozen=True)", ""), "flawed_rewrites.Flawed: it must be a @dataclass(frozen=True)"),
        (('"name")', '"nam")'), "flawed_rewrites.Flawed: old must be an option(HELP, FORM), where FORM is one of dott"),
        ((': str = option("the old name", "name")', ": str"), "flawed_rewrites.Flawed: old must be an option(HELP, FO"),
    ],
)
def test_a_codemod_that_is_none_is_one_line(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    module(tmp_path, "flawed_rewrites", OWN.format(name="Flawed").replace(*change))
    with pytest.raises(ConfigError) as caught:
        known(["flawed_rewrites"], tmp_path)
    assert str(caught.value).startswith(complaint)
    assert "\n" not in str(caught.value)


def test_words_that_are_a_text_by_mistake_are_told(tmp_path: Path) -> None:
    text = OWN.format(name="Wordy").replace("return (self.old,)", "return (self.old)")
    module(tmp_path, "wordy_rewrites", text)
    kind = known(["wordy_rewrites"], tmp_path)["wordy"]
    with pytest.raises(UsageError, match=r"^wordy: words\(\) must give a tuple of texts, not 'tea'$"):
        codemod_of(kind, {"old": "tea"})


def test_one_codemod_is_asked_for_and_no_other_imported() -> None:
    code = (
        "import sys\n"
        "from pytest_agentgate.codemods.registry import known, named\n"
        "named('rename-keyword', known())\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if '.rewrites.' in name))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "rename_keyword\n"


def test_a_project_that_is_called_like_one_of_our_libraries_takes_nothing_away(tmp_path: Path) -> None:
    module(tmp_path, "click", "raise RuntimeError('the project under test')")
    module(tmp_path, "own_rewrites", "import click\n" + OWN.format(name="BesideClick"))
    assert "beside-click" in known(["own_rewrites"], tmp_path)


def test_a_mistyped_name_is_answered_with_the_one_that_was_meant() -> None:
    for name in ("rename-keywrd", "rename_keyword", "Rename-Keyword"):
        with pytest.raises(UsageError, match=r"no codemod '.*'; did you mean 'rename-keyword'"):
            named(name, known())
    with pytest.raises(UsageError, match="agentgate codemod list shows all"):
        named("zzz", known())


def test_an_installed_plugin_is_found_by_its_entry_point(tmp_path: Path) -> None:
    site = tmp_path / "site"
    module(site, "installed_rewrites", OWN.format(name="Installed"))
    info = site / "acme_rewrites-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rewrites\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[agentgate]\nacme = installed_rewrites\n")
    code = "from pytest_agentgate.codemods.registry import known; print('installed' in known())"

    def start() -> subprocess.CompletedProcess[str]:
        prefix = f"import sys; sys.path.append({str(site)!r}); "
        return subprocess.run([sys.executable, "-c", prefix + code], capture_output=True, text=True)

    assert start().stdout == "True\n"
    (site / "installed_rewrites.py").unlink()
    assert "entry point acme of acme-rewrites: cannot be imported" in start().stderr
