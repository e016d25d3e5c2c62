"""What a command line asks of codemods: which ones, with which options, over which files."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_agentgate.cli import suggestion
from pytest_agentgate.codemods.codemod import Codemod, codemod_of
from pytest_agentgate.codemods.files.layout import Layout, folders_of_tests
from pytest_agentgate.codemods.registry import Codemods, named
from pytest_agentgate.codemods.registry import known as every
from pytest_agentgate.config import Project, find_project
from pytest_agentgate.errors import UsageError

_KEY = re.compile(r"[A-Za-z_][\w-]*")


def known(root: Path) -> tuple[Project, Codemods]:
    """The project that a folder belongs to, and the codemods that can be named in it."""
    project = find_project(root)
    modules = project.config.codemods
    roots = Layout(project.root, project.config.source).import_roots(()) if modules else ()
    return project, every(modules, project.root, roots)


def of_arguments(kinds: Mapping[str, type[Codemod]], arguments: Sequence[str]) -> tuple[list[Codemod], Sequence[str]]:
    """The codemod that ``NAME KEY=VALUE ... PATH ...`` names, and the paths.

    Raises UsageError, as do the others.
    """
    if not arguments:
        raise UsageError("name a codemod or a --recipe; agentgate codemod list shows what there is")
    kind = named(arguments[0], kinds)
    known = {option.name for option in kind.options()}
    settings: dict[str, str] = {}
    paths = []
    for argument in arguments[1:]:
        key, equals, value = argument.partition("=")
        is_option = key.replace("-", "_") in known
        # What looks like an option and is no file is a mistyped option, which codemod_of knows to say.
        if not equals or not (is_option or (_KEY.fullmatch(key) and not Path(argument).exists())):
            paths.append(argument)
        elif key in settings:
            raise UsageError(f"{kind.name()}: {key}= is given twice")
        else:
            settings[key] = value
    return [codemod_of(kind, settings)], paths


def of_recipe(
    recipe: Path, kinds: Mapping[str, type[Codemod]], arguments: Sequence[str]
) -> tuple[list[Codemod], Sequence[str]]:
    """The codemods of a recipe; the arguments beside it are all paths."""
    try:
        data = tomllib.loads(recipe.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise UsageError(f"{recipe}: cannot be read: {' '.join(str(error).split())}") from error
    for key in data:
        if key != "codemod":
            raise UsageError(f"{recipe}: no key {key!r}; it is a list of [[codemod]], each with a name and its options")
    tables = data.get("codemod", [])
    if isinstance(tables, dict):
        raise UsageError(f"{recipe}: write [[codemod]] instead of [codemod]")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{recipe}: it has no [[codemod]]")
    for argument in arguments[:1]:
        if argument in kinds and not Path(argument).exists():
            raise UsageError(f"--recipe names the codemods; {argument!r} is one more")
    codemods = []
    for number, table in enumerate(tables, 1):
        where = f"{recipe}: [[codemod]] {number}"
        name = table.get("name")
        if not isinstance(name, str):
            raise UsageError(f'{where}: it needs a name = "..."')
        try:
            settings = {key: _setting(key, value) for key, value in table.items() if key != "name"}
            codemods.append(codemod_of(named(name, kinds), settings))
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None
    return codemods, arguments


def _setting(key: str, value: object) -> str:
    """A value of TOML as it is written on the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise UsageError(f"{key} must be a text, not {value!r}")


def paths(project: Project, names: Sequence[str]) -> list[Path]:
    """What is to be looked at, the folders of the tests where nothing is named."""
    if names:
        for name in names:
            if not os.path.lexists(name):
                raise UsageError(f"no such file or folder: {name}{_near(Path(name))}")
        return [Path(name) for name in names]
    folders = folders_of_tests(project.root, project.config.tests)
    if not folders:
        raise UsageError(f"no folder of tests in {project.root}: name files or folders")
    for folder in folders:
        if not (project.root / folder).exists():
            raise UsageError(f"{project.config.path}: tool.agentgate.tests: no such folder: {folder}")
    return [project.root / folder for folder in folders]


def _near(path: Path) -> str:
    try:
        return suggestion(path.name, [each.name for each in path.parent.iterdir()])
    except OSError:
        return ""
