"""What a command says: rich on a terminal, plain lines in a pipe, JSON when asked for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pytest_agentgate.report.printable import columns, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

Style = str | None

# Colours of kinds, those of the summary after a run.
KINDS = {
    "import": "magenta",
    "validation": "yellow",
    "assertion": "red",
    "connection": "cyan",
    "interface": "blue",
    "fixture": "blue",
    "timeout": "cyan",
    "crash": "red",
    "other": "white",
}

_FLEXIBLE = 24  # columns that a flexible one is to have at least
_GAP = 2  # columns between two of a table
_NOTHING = frozenset(("", "0", "0.0"))
_MOMENT = 0.5  # seconds


@dataclass(frozen=True)
class Column:
    """One column of a table.

    In a narrow terminal ``spare`` ones are left out, first those that say nothing, then the most spare ones, and
    ``flexible`` ones are wrapped.
    """

    title: str
    right: bool = False
    flexible: bool = False
    spare: int = 0


@dataclass(frozen=True)
class Cell:
    """A text with a style of its own, in rich's words."""

    text: str
    style: Style = None


def on_terminal() -> bool:
    """Whether a person is looking."""
    return sys.stdout.isatty()


def colour() -> bool:
    """Whether to colour: as NO_COLOR (https://no-color.org) or FORCE_COLOR say, else on a terminal that can."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (on_terminal() and os.environ.get("TERM") != "dumb")


def width() -> int | None:
    """Columns of the terminal; None where nothing is to be cut or wrapped."""
    return console().width if on_terminal() else None


def console(*, err: bool = False) -> Console:
    """A rich console that is plain where it has to be."""
    from rich.console import Console

    plain = not colour()
    return Console(stderr=err, color_system=None if plain else "auto", highlight=False, markup=False, emoji=False)


def paint(text: str, colour_name: str | None, *, bold: bool = False) -> str:
    """The text in a colour, where there are colours."""
    return click.style(text, fg=colour_name, bold=bold) if colour() else text


def say(text: str) -> None:
    """Print text that was made printable; colours in it are meant."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def note(text: str) -> None:
    """Print a remark that is no result."""
    click.echo(f"agentgate: {printable(text)}", err=True)


def say_json(data: Any) -> None:
    """Print data as ASCII JSON."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")


def table(heads: Sequence[Column], rows: Iterable[Sequence[str | Cell]]) -> None:
    """Print rows, all of a row's texts on one line of a pipe, within the width of a terminal."""
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    cells = [[Cell(printable(cell.text), cell.style) for cell in row] for row in cells]
    if on_terminal():
        _rich(heads, cells)
    else:
        say("".join(_plain(heads, cells)))


def _plain(heads: Sequence[Column], rows: list[list[Cell]]) -> Iterator[str]:
    texts = [[head.title for head in heads], *([cell.text for cell in row] for row in rows)]
    widths = [max(columns(row[index]) for row in texts) for index in range(len(heads))]
    for row in texts:
        padded = []
        for head, text, room in zip(heads, row, widths, strict=True):
            gap = " " * (room - columns(text))
            padded.append(gap + text if head.right else text + gap)
        yield "  ".join(padded).rstrip() + "\n"


def _rich(heads: Sequence[Column], rows: list[list[Cell]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    screen = console()
    kept = _kept(heads, rows, screen.width)
    drawn = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", show_edge=False)
    for head in (heads[index] for index in kept):
        drawn.add_column(
            head.title,
            justify="right" if head.right else "left",
            no_wrap=not head.flexible,
            overflow="fold",
        )
    for row in rows:
        drawn.add_row(*(Text(cell.text, style=cell.style or "") for cell in (row[index] for index in kept)))
    screen.print(drawn)


def _kept(heads: Sequence[Column], rows: list[list[Cell]], width: int) -> list[int]:
    """The columns that there is room for."""

    def room(index: int) -> int:
        texts = max((columns(row[index].text) for row in rows), default=0)
        return max(columns(heads[index].title), min(texts, _FLEXIBLE) if heads[index].flexible else texts)

    def says_nothing(index: int) -> bool:
        return all(row[index].text in _NOTHING for row in rows)

    kept = list(range(len(heads)))
    spare = [index for index in kept if heads[index].spare]
    for index in sorted(spare, key=lambda index: (not says_nothing(index), -heads[index].spare)):
        if sum(room(other) + _GAP for other in kept) - _GAP <= width:
            break
        kept.remove(index)
    return kept


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal, once the work takes longer than a moment; -> a function to be told (done, total).

    Work that tells nothing gets a bar that only shows that it goes on.
    """
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from threading import Timer

    told: list[tuple[int, int]] = []
    bars: list[Progress] = []

    def begin() -> None:
        from rich.progress import Progress

        bar = Progress(console=console(err=True), transient=True)
        bar.add_task(what, total=None)
        bar.start()
        bars.append(bar)
        for done, total in told[-1:]:
            tell(done, total)

    def tell(done: int, total: int) -> None:
        told[:] = [(done, total)]
        for bar in bars:
            bar.update(bar.task_ids[0], completed=done, total=total)

    timer = Timer(_MOMENT, begin)
    timer.start()
    try:
        yield tell
    finally:
        timer.cancel()
        timer.join()
        for bar in bars:
            bar.stop()
