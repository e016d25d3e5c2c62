"""What the documentation says is so: pages that the code contains are up to date, examples mean what they show."""

from __future__ import annotations

import ast
import importlib.util
import re
import sqlite3
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from pytest_agentgate import config, plugin
from pytest_agentgate.capture.runlog import RunLog
from pytest_agentgate.cli import USAGE, main
from pytest_agentgate.cli.asked import of_recipe
from pytest_agentgate.cli.run import INCOMPLETE
from pytest_agentgate.codemods.registry import built_in
from pytest_agentgate.gates.condition import parse
from pytest_agentgate.gates.phases import verify
from pytest_agentgate.store import open_store

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(language: str) -> list[object]:
    """Each fenced block of a language, as a parameter of a test."""
    return [
        pytest.param(match[2], id=f"{page.relative_to(ROOT).as_posix()}-{number}")
        for page in PAGES
        for number, match in enumerate(FENCE.finditer(page.read_text(encoding="utf-8")))
        if match[1] == language
    ]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date(generator: ModuleType) -> None:
    made = generator.pages()
    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert made
    assert stale == [], "run `python docs/generate.py`"


@pytest.mark.usefixtures("quick")
def test_what_commands_are_shown_to_print_is_what_they_print(generator: ModuleType) -> None:
    made = generator.showing()
    assert all(text.count("agentgate: ") for text in made.values())
    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `python docs/generate.py`"


def test_every_command_option_key_and_hook_is_on_a_generated_page(generator: ModuleType) -> None:
    text = "\n".join(generator.pages().values())
    for word in [
        "## agentgate demo",
        "## agentgate codemod run",
        "## rename-keyword",
        "`--python",
        "`--agentgate-output",
        "pytest_agentgate_classify",
        "`store`",
        "`kinds`",
    ]:
        assert word in text


def test_the_exit_codes_of_the_command_line_are_documented() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    assert {str(USAGE), str(INCOMPLETE)} <= set(rows)


@pytest.mark.parametrize("text", examples("toml"))
def test_configuration_examples_are_accepted(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    data = tomllib.loads(text)
    if "codemod" in data:
        assert len(of_recipe(tmp_path / "pyproject.toml", built_in(), ())[0]) == len(data["codemod"])
    elif "project" not in data:
        found = config.find_project(tmp_path).config
        assert found.path == tmp_path / "pyproject.toml"
        verify(found)


def test_conditions_that_are_shown_can_be_read() -> None:
    page = (ROOT / "docs" / "reference" / "conditions.md").read_text(encoding="utf-8")
    _, shown, *_ = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    pages = [page, (ROOT / "docs" / "explanation" / "gates.md").read_text(encoding="utf-8")]
    quoted = [found for text in pages for found in re.findall(r"`([a-z]+\.[^`]+ [=<>!]+ [^`]+)`", text)]
    assert len(shown.splitlines()) + len(quoted) > 10
    for text in (*shown.splitlines(), *quoted):
        assert parse(text).metric == text.split(" ==")[0].split(" >")[0].split(" <")[0]


@pytest.mark.parametrize("text", examples("python"))
def test_python_examples_can_be_compiled(text: str) -> None:
    ast.parse(text)


@pytest.mark.parametrize("text", examples("sh"))
def test_commands_in_examples_exist_and_so_do_their_options(text: str) -> None:
    assert list(unknown_words(text)) == []


def test_an_option_or_a_command_that_is_not_there_is_seen() -> None:
    text = (
        "pytest --agentgate-reports x\nagentgate rns\nagentgate runs --jason\nagentgate run --python P -- --anything\n"
        "agentgate codemod lst\nagentgate codemod run --wriet x\nagentgate codemod run --write x\n"
    )
    assert list(unknown_words(text)) == [
        "pytest --agentgate-reports",
        "agentgate rns",
        "agentgate runs --jason",
        "agentgate codemod lst",
        "agentgate codemod run --wriet",
    ]


def unknown_words(text: str) -> Iterator[str]:
    """The options and commands of ours that a shell script uses and that we don't have."""
    options: set[str] = set()
    plugin.pytest_addoption(_Names(options))  # type: ignore[arg-type]
    for option in re.findall(r"--agentgate[\w-]*", text):
        if option not in options:
            yield f"pytest {option}"
    context = click.Context(main, info_name="agentgate")
    for name, rest in re.findall(r"(?:^|[ /])agentgate ([a-z]+)(.*)$", text, flags=re.MULTILINE):
        command = main.get_command(context, name)
        if isinstance(command, click.Group):
            inner = rest.split()[0]
            name, command = f"{name} {inner}", command.get_command(context, inner)
        if command is None:
            yield f"agentgate {name}"
            continue
        known = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
        for option in re.findall(r"--[a-z][\w-]*", re.split(r" -- | [>|;&#]", rest)[0]):
            if option not in known | {"--help"}:
                yield f"agentgate {name} {option}"


class _Names:
    """Takes what a plugin declares, in place of pytest's parser."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def getgroup(self, *_: object) -> _Names:
        return self

    def addoption(self, *names: str, **_: object) -> None:
        self.names.update(names)


@pytest.mark.parametrize("text", examples("sql"))
def test_queries_run_as_they_stand(text: str, tmp_path: Path) -> None:
    log = RunLog(tmp_path / "runs", "20260131T120000-00000000")
    log.write(
        {"event": "run", "log": 1, "id": "20260131T120000-00000000", "created_at": "2026-01-31T12:00:00.000000+00:00"}
    )
    log.close()
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        store.ingest(tmp_path / "runs")
    with sqlite3.connect(tmp_path / "store.db") as database:
        database.execute(text, ["20260131T120000-00000000"] * text.count("?")).fetchall()


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in ROOT.glob("docs/**/*.md")} - {"index.md"}
    assert pages - set(re.findall(r"\]\(([^)#]+)\)", index)) == set()


def test_readme_and_pages_have_no_dead_ends_in_the_tree() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert dead == []
