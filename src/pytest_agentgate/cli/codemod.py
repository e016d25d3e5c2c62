"""``agentgate codemod list | explain | run``: rewrites by name, shown before they are written."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import USAGE, screen, suggestion
from pytest_agentgate.cli.screen import Cell, Column
from pytest_agentgate.errors import UsageError
from pytest_agentgate.report.printable import printable, printable_lines

if TYPE_CHECKING:
    from pytest_agentgate.codemods.codemod import Codemod
    from pytest_agentgate.codemods.files import Edit
    from pytest_agentgate.codemods.plan import Planned
    from pytest_agentgate.config import Project
    from pytest_agentgate.model import JSON

SCHEMA = "agentgate-codemod/1"
WOULD_CHANGE = 1
"""Exit status of ``--check`` where something is to do."""

_APPLICABILITIES = {"safe": "green", "unsafe": "yellow", "display": "cyan"}
_KEY = re.compile(r"[A-Za-z_][\w-]*")
_ROOT = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="A folder of the project (default: here).",
)


class Family(click.Group):
    """A command with subcommands; alone it helps."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            near = suggestion(args[0], self.commands)
            raise click.UsageError(f"no such command {args[0]!r}{near}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=Family)
def codemod() -> None:
    """Rewrite tests by name: what a change of the implementation asks of them.

    \b
    Examples:
      agentgate codemod list
      agentgate codemod explain rename-keyword
      agentgate codemod run rename-keyword function=shop.order old=qty new=quantity
    """


@codemod.command("list", short_help="List the codemods.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@_ROOT
def list_(root: Path, as_json: bool) -> None:
    """List the codemods: those that come with agentgate, of plugins, and the project's own.

    \b
    Example:
      agentgate codemod list
    """
    from pytest_agentgate.codemods.examples import summary

    _, kinds = _known(root)
    if as_json:
        screen.say_json([_kind_data(kind) for kind in kinds.values()])
        return
    screen.table(
        (Column("codemod"), Column("applicability", spare=1), Column("what it does", flexible=True)),
        (
            (name, Cell(kind.applicability, _APPLICABILITIES[kind.applicability]), summary(kind))
            for name, kind in kinds.items()
        ),
    )


@codemod.command(short_help="Show what a codemod does, its options, and examples.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@_ROOT
def explain(name: str, root: Path, as_json: bool) -> None:
    """Show what the codemod NAME does: its options, whether it is safe and why, and examples.

    \b
    Example:
      agentgate codemod explain rename-keyword
    """
    from pytest_agentgate.codemods.registry import named

    _, kinds = _known(root)
    kind = named(name, kinds)
    if as_json:
        screen.say_json(_kind_data(kind))
    else:
        screen.say("\n".join(_explained(kind)))


@codemod.command(short_help="Run a codemod, or several; without --write the changes are only shown.")
@click.argument("arguments", nargs=-1, metavar="[NAME KEY=VALUE...] [PATH...]")
@click.option("--diff", is_flag=True, help="Show a unified diff that git apply takes; this is the default.")
@click.option("--check", is_flag=True, help="Only tell: status 0 nothing to do, 1 something would change, 2 error.")
@click.option("--write", is_flag=True, help="Write the files; agentgate undo takes it back.")
@click.option(
    "--recipe",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Several codemods in order: a TOML file with [[codemod]] tables of name and options.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Processes at most; 0 works without any of its own (default: the processors).",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: each file with its diff, notes and refusals.")
@_ROOT
def run(
    arguments: tuple[str, ...],
    diff: bool,
    check: bool,
    write: bool,
    recipe: Path | None,
    jobs: int | None,
    as_json: bool,
    root: Path,
) -> int:
    """Run the codemod NAME with its options over files and folders (default: the folders of the tests).

    What was seen and left alone is told on standard error, with the reason. Status 2 if a file could not be dealt with.

    \b
    Examples:
      agentgate codemod run rename-keyword function=shop.order old=qty new=quantity
      agentgate codemod run rename-keyword function=shop.order old=qty new=quantity tests/unit --write
      agentgate codemod run --recipe moves.toml --check
    """
    if check and write:
        raise UsageError("--check and --write exclude each other")
    project, kinds = _known(root)
    codemods, names = _of_recipe(recipe, kinds, arguments) if recipe else _of_arguments(kinds, arguments)
    total, planned = _plan(project, codemods, names, jobs)
    edits = [each.edit for each in planned if each.edit]
    batch = ""
    if write and edits:
        batch, planned = _write(project, edits, planned, "; ".join(map(str, codemods)))
    failed = any(each.failed for each in planned)
    prefix = _prefix(project.root)
    if as_json:
        screen.say_json(_run_data(codemods, total, planned, batch, prefix))
    else:
        _tell(project.root, planned)
        if diff or not (check or write):
            for each in planned:
                if each.edit:
                    _show(each.edit, prefix)
        else:
            word = "changed" if write else "would change"
            screen.say(
                "".join(f"{word} {printable(_here(project.root, each.path))}\n" for each in planned if each.edit)
            )
        _sum_up(total, planned, batch, written=write)
    return USAGE if failed else WOULD_CHANGE if check and edits else 0


# ---- what is asked for


def _known(root: Path) -> tuple[Project, dict[str, type[Codemod]]]:
    from pytest_agentgate.codemods.layout import Layout
    from pytest_agentgate.codemods.registry import known
    from pytest_agentgate.config import find_project

    project = find_project(root)
    modules = project.config.codemods
    roots = Layout(project.root, project.config.source).import_roots(()) if modules else ()
    return project, known(modules, project.root, roots)


def _of_arguments(kinds: Mapping[str, type[Codemod]], arguments: Sequence[str]) -> tuple[list[Codemod], Sequence[str]]:
    from pytest_agentgate.codemods.codemod import codemod_of
    from pytest_agentgate.codemods.registry import named

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


def _of_recipe(
    recipe: Path, kinds: Mapping[str, type[Codemod]], arguments: Sequence[str]
) -> tuple[list[Codemod], Sequence[str]]:
    import tomllib

    from pytest_agentgate.codemods.codemod import codemod_of
    from pytest_agentgate.codemods.registry import named

    try:
        data = tomllib.loads(recipe.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{recipe}: cannot be read: {' '.join(str(error).split())}") from error
    tables = data.get("codemod")
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{recipe}: it has no [[codemod]]")
    for key in data:
        if key != "codemod":
            raise UsageError(f"{recipe}: no key {key!r}; it is a list of [[codemod]]")
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


def _paths(project: Project, names: Sequence[str]) -> list[Path]:
    """What is to be looked at, the folders of the tests where nothing is named."""
    from pytest_agentgate.codemods.layout import Layout

    if names:
        for name in names:
            if not os.path.lexists(name):
                raise UsageError(f"no such file or folder: {name}{_near(Path(name))}")
        return [Path(name) for name in names]
    folders = project.config.tests or Layout(project.root).test_folders()
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


# ---- what comes of it


def _plan(
    project: Project, codemods: Sequence[Codemod], names: Sequence[str], jobs: int | None
) -> tuple[int, list[Planned]]:
    """The number of files that were looked at, and those with something to say about."""
    from pytest_agentgate.codemods.layout import Layout
    from pytest_agentgate.codemods.plan import Planned, plan
    from pytest_agentgate.codemods.tree import Tree, find

    files, skipped = find(project.root, _paths(project, names))
    tree = Tree(project.root, Layout(project.root, project.config.source).import_roots(files))
    with ExitStack() as stack:
        bars: list[Callable[[int, int], None]] = []

        def tell(done: int, total: int) -> None:
            if not bars:
                bars.append(stack.enter_context(screen.progress("rewriting")))
            bars[0](done, total)

        planned = plan(tree, codemods, files, jobs, tell=tell)
    left = [Planned(each.path, reason=each.reason) for each in skipped]
    return len(files), sorted([*planned, *left], key=lambda each: each.path)


def _write(project: Project, edits: Sequence[Edit], planned: Sequence[Planned], what: str) -> tuple[str, list[Planned]]:
    """The id of the batch, and the plan with what could not be written."""
    from pytest_agentgate.codemods.journal import Journal

    try:
        written = Journal(project.prepare_state() / "journal", project.root).write(edits, what)
    except KeyboardInterrupt:
        screen.note("stopped; agentgate undo takes back what was written")
        raise
    left = {each.path: each.reason for each in written.left}
    return written.batch, [
        replace(each, edit=None, by=(), reason=left[each.path], failed=True) if each.path in left else each
        for each in planned
    ]


def _tell(root: Path, planned: Sequence[Planned]) -> None:
    """Say what was left alone, and why."""
    for each in planned:
        path = _here(root, each.path)
        for note in each.notes:
            click.echo(printable(f"left alone: {path}:{note.line}: {note.reason}"), err=True)
        if each.reason:
            where = f"{path}:{each.line}" if each.line else path
            click.echo(printable(f"{'failed' if each.failed else 'left alone'}: {where}: {each.reason}"), err=True)


def _sum_up(total: int, planned: Sequence[Planned], batch: str, *, written: bool) -> None:
    changed = sum(each.edit is not None for each in planned)
    left = sum(bool(each.notes or each.reason) and not each.failed for each in planned)
    failed = sum(each.failed for each in planned)
    parts = [f"{changed or 'none'} of {_files(total)} {'changed' if written else 'would change'}"]
    parts += [f"something left alone in {left}"] * bool(left) + [f"{failed} failed"] * bool(failed)
    undo = f"; agentgate undo takes batch {batch} back" if batch else ""
    screen.note(", ".join(parts) + undo)


def _files(number: int) -> str:
    return f"{number} file{'' if number == 1 else 's'}"


def _here(root: Path, path: str) -> str:
    """A path as a person writes it where they are."""
    return os.path.relpath(root / path)


def _prefix(root: Path) -> str:
    """What the root is called within its repository, as paths in its diffs begin: "" or "services/api/"."""
    from pytest_agentgate.config import repository_top

    top = repository_top(root)
    return "" if top is None or top == root else f"{root.relative_to(top).as_posix()}/"


def _show(edit: Edit, prefix: str) -> None:
    """Write a diff: its bytes in a pipe, readable and harmless on a terminal."""
    from pytest_agentgate.codemods.diff import unified

    data = unified(edit, prefix)
    if not (screen.on_terminal() or screen.colour()):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    for line in _text(edit, data).removesuffix("\n").split("\n"):
        tone = {"@": "cyan", "-": "red", "+": "green"}.get(line[:1])
        is_head = line.startswith(("diff --git ", "--- ", "+++ "))
        screen.say(screen.paint(printable_lines(line), None if is_head else tone, bold=is_head))


def _text(edit: Edit, diff: bytes) -> str:
    """A diff in the encoding of its file; its path is what it may be."""
    from pytest_agentgate.codemods.files import Text, decoded

    read = decoded(edit.before)
    return diff.decode(read.encoding if isinstance(read, Text) else "utf-8", "backslashreplace")


# ---- as data


def _kind_data(kind: type[Codemod]) -> dict[str, JSON]:
    from pytest_agentgate.codemods.examples import examples, prose, summary

    return {
        "name": kind.name(),
        "summary": summary(kind),
        "description": prose(kind),
        "applicability": str(kind.applicability),
        "because": kind.because,
        "options": [
            {"name": name, "form": form, "help": text, "default": default, "required": default is None}
            for name, form, text, default in _options(kind)
        ],
        "examples": [
            {
                "options": dict(each.codemod.settings()),
                "before": each.before,
                "after": each.after,
                "path": each.path,
                "files": dict(each.files),
            }
            for each in examples(kind)
        ],
    }


def _options(kind: type[Codemod]) -> Iterator[tuple[str, str, str, str | None]]:
    """Name, form, help and default of each option; None for one that must be given."""
    from dataclasses import MISSING

    from pytest_agentgate.codemods.codemod import written

    for each in kind.options():
        meta = each.metadata
        yield each.name, meta["form"], meta["help"], None if each.default is MISSING else written(each.default)


def _explained(kind: type[Codemod]) -> Iterator[str]:
    import inspect

    from pytest_agentgate.codemods.examples import prose

    yield screen.paint(kind.name(), None, bold=True)
    yield ""
    yield prose(kind).replace("``", "`")
    yield ""
    yield f"{screen.paint(kind.applicability, _APPLICABILITIES[kind.applicability], bold=True)}: {kind.because}"
    yield ""
    yield "Options:"
    rows = [(f"  {name}={form.upper()}", text, default) for name, form, text, default in _options(kind)]
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, text, default in rows:
        yield f"{name:<{width}}  {text}" + ("" if default is None else f" (default: {default or 'none'})")
    yield ""
    for line in inspect.cleandoc(kind.__doc__ or "").removeprefix(prose(kind)).strip("\n").splitlines():
        heading = re.fullmatch(r"With ``(.+)``:", line)
        yield f"agentgate codemod run {kind.name()} {heading[1]}" if heading else re.sub(r"^(\S.*):$", r"\1", line)


def _run_data(
    codemods: Sequence[Codemod], total: int, planned: Sequence[Planned], batch: str, prefix: str
) -> dict[str, JSON]:
    from pytest_agentgate.codemods.diff import unified

    return {
        "schema": SCHEMA,
        "codemods": [
            {"name": each.name(), "options": dict(each.settings()), "applicability": str(each.applicability)}
            for each in codemods
        ],
        "batch": batch,
        "counts": {
            "files": total,
            "changed": sum(each.edit is not None for each in planned),
            "left": sum(bool(each.notes or each.reason) and not each.failed for each in planned),
            "failed": sum(each.failed for each in planned),
        },
        "files": [
            {
                "path": printable(each.path),
                "changed": each.edit is not None,
                "by": list(each.by),
                "notes": [{"line": note.line, "reason": note.reason} for note in each.notes],
                "refused": {"line": each.line, "reason": each.reason, "failed": each.failed} if each.reason else None,
                "diff": _text(each.edit, unified(each.edit, prefix)) if each.edit else "",
            }
            for each in planned
        ],
    }
