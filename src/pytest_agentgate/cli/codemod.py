"""``agentgate codemod list | explain | run``: rewrites by name, shown before they are written."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import USAGE, Family, screen
from pytest_agentgate.cli.screen import Cell, Column
from pytest_agentgate.errors import UsageError
from pytest_agentgate.report.printable import printable, printable_lines

if TYPE_CHECKING:
    from pytest_agentgate.codemods.codemod import Codemod
    from pytest_agentgate.codemods.files.edits import Edit, Skipped
    from pytest_agentgate.codemods.files.plan import Planned
    from pytest_agentgate.codemods.files.tree import Tree
    from pytest_agentgate.config import Project
    from pytest_agentgate.model import JSON

SCHEMA = "agentgate-codemod/1"
WOULD_CHANGE = 1
"""Exit status of ``--check`` where something is to do."""

_ROOT = click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="A folder of the project (default: here).",
)


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
    from pytest_agentgate.cli import asked, explained
    from pytest_agentgate.codemods.examples import summary

    _, kinds = asked.known(root)
    if as_json:
        screen.say_json([explained.data(kind) for kind in kinds.values()])
        return
    screen.table(
        (Column("codemod"), Column("applicability", spare=1), Column("what it does", flexible=True)),
        (
            (name, Cell(kind.applicability, explained.APPLICABILITIES[kind.applicability]), summary(kind))
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
    from pytest_agentgate.cli import asked, explained
    from pytest_agentgate.codemods.registry import named

    _, kinds = asked.known(root)
    kind = named(name, kinds)
    if as_json:
        screen.say_json(explained.data(kind))
    else:
        screen.say("\n".join(explained.lines(kind)))


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
    from pytest_agentgate.cli import asked, doubts
    from pytest_agentgate.codemods.files.layout import Layout
    from pytest_agentgate.codemods.files.tree import Tree, find

    if check and write:
        raise UsageError("--check and --write exclude each other")
    project, kinds = asked.known(root)
    codemods, names = asked.of_recipe(recipe, kinds, arguments) if recipe else asked.of_arguments(kinds, arguments)
    files, skipped = find(project.root, asked.paths(project, names))
    tree = Tree(project.root, Layout(project.root, project.config.source).import_roots(files))
    planned = _plan(tree, codemods, files, skipped, jobs)
    edits = [each.edit for each in planned if each.edit]
    batch = ""
    if write and edits:
        batch, planned = _write(project, edits, planned, "; ".join(map(str, codemods)))
    failed = any(each.failed for each in planned)
    prefix = _prefix(project.root)
    if as_json:
        screen.say_json(_run_data(codemods, len(files), planned, batch, prefix))
    else:
        for unsafe in (each for each in codemods if each.applicability != "safe"):
            screen.note(f"{unsafe.name()} is {unsafe.applicability}: {unsafe.because}")
        _tell(project.root, planned)
        for edit in (each.edit for each in planned if each.edit):
            if diff or not (check or write):
                _show(edit, prefix)
            else:
                screen.say(f"{'changed' if write else 'would change'} {printable(_here(project.root, edit.path))}")
        lacking = []
        if len(codemods) == 1 and not planned:
            lacking = doubts.missing_words(tree, files, codemods[0])
            for doubt in doubts.undefined(tree, codemods[0]):
                screen.note(doubt)
        _sum_up(len(files), planned, batch, lacking, written=write)
    return USAGE if failed else WOULD_CHANGE if check and edits else 0


# ---- what comes of it


def _plan(
    tree: Tree, codemods: Sequence[Codemod], files: Sequence[str], skipped: Sequence[Skipped], jobs: int | None
) -> list[Planned]:
    """The files with something to say about."""
    from pytest_agentgate.codemods.files.plan import Planned, plan

    with ExitStack() as stack:
        bars: list[Callable[[int, int], None]] = []

        def tell(done: int, total: int) -> None:
            if not bars:
                bars.append(stack.enter_context(screen.progress("rewriting")))
            bars[0](done, total)

        planned = plan(tree, codemods, files, jobs, tell=tell)
    left = [Planned(each.path, reason=each.reason) for each in skipped]
    return sorted([*planned, *left], key=lambda each: each.path)


def _write(project: Project, edits: Sequence[Edit], planned: Sequence[Planned], what: str) -> tuple[str, list[Planned]]:
    """The id of the batch, and the plan with what could not be written."""
    from pytest_agentgate.codemods.files.journal import Journal

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


def _sum_up(total: int, planned: Sequence[Planned], batch: str, lacking: Sequence[str], *, written: bool) -> None:
    changed = sum(each.edit is not None for each in planned)
    left = sum(bool(each.notes or each.reason) and not each.failed for each in planned)
    failed = sum(each.failed for each in planned)
    parts = [f"{changed or 'none'} of {_files(total)} {'changed' if written else 'would change'}"]
    parts += [f"something left alone in {left}"] * bool(left) + [f"{failed} failed"] * bool(failed)
    undo = f"; agentgate undo takes batch {batch} back" if batch else ""
    why = f": {'it lacks' if total == 1 else 'they all lack'} {', '.join(lacking)}" if lacking else ""
    screen.note(", ".join(parts) + why + undo)


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
    from pytest_agentgate.codemods.files.diff import unified

    data = unified(edit, prefix)
    if not (screen.on_terminal() or screen.colour()):
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    for line in _text(edit, data).removesuffix("\n").split("\n"):
        screen.say(_toned(printable_lines(line)) if screen.colour() else printable_lines(line))


def _toned(line: str) -> str:
    if line.startswith(("diff --git ", "--- ", "+++ ")):
        return click.style(line, bold=True)
    tone = {"@": "cyan", "-": "red", "+": "green"}.get(line[:1])
    return click.style(line, fg=tone) if tone else line


def _text(edit: Edit, diff: bytes) -> str:
    """A diff as text: its paths as file systems encode them, the rest as its file does."""
    from pytest_agentgate.codemods.files.edits import Text, decoded

    read = decoded(edit.before)
    head, at, body = diff.partition(b"\n@@")
    encoding = read.encoding if isinstance(read, Text) else "utf-8"
    return head.decode("utf-8", "backslashreplace") + (at + body).decode(encoding, "backslashreplace")


# ---- as data


def _run_data(
    codemods: Sequence[Codemod], total: int, planned: Sequence[Planned], batch: str, prefix: str
) -> dict[str, JSON]:
    from pytest_agentgate.codemods.files.diff import unified

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
