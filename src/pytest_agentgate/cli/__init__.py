"""``agentgate``: one module per family of subcommands, imported when one of its commands is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from errno import EPIPE
from importlib import import_module
from typing import Any, NoReturn

import click

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.report.printable import printable

USAGE = 2
"""Exit status of wrong usage, and of input or a store that cannot be read."""

_INTERRUPTED = 130

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("pytest_agentgate.cli.demo:demo", "Break a small project's tests and show what agentgate makes of it."),
    "init": ("pytest_agentgate.cli.init:init", "Write a configuration to start with."),
    "doctor": ("pytest_agentgate.cli.doctor:doctor", "Examine the environment, the configuration and the record."),
    "run": ("pytest_agentgate.cli.run:run", "Run pytest in any interpreter, with agentgate inside."),
    "services": ("pytest_agentgate.cli.services:services", "Start, examine and remove the servers that tests need."),
    "triage": ("pytest_agentgate.cli.triage:triage", "Show the causes behind the failures of a run or of JUnit XML."),
    "gate": ("pytest_agentgate.cli.gate:gate", "Judge whether a phase of the work is done."),
    "approve": ("pytest_agentgate.cli.gate:approve", "Record a person's word that a phase is done."),
    "status": ("pytest_agentgate.cli.status:status", "Show where the work stands."),
    "report": ("pytest_agentgate.cli.record:report", "Write a run's report."),
    "runs": ("pytest_agentgate.cli.record:runs", "List the recorded runs, newest first."),
    "compare": ("pytest_agentgate.cli.record:compare", "Show what changed from one run to another."),
    "errors": ("pytest_agentgate.cli.record:errors", "List the failures of a run."),
    "store": ("pytest_agentgate.cli.store:store", "Move, check and prune the record as a whole."),
    "repair": ("pytest_agentgate.cli.repair:repair", "Repair the tests after a change of the implementation."),
    "codemod": ("pytest_agentgate.cli.codemod:codemod", "Rewrite tests as a change of the implementation asks."),
    "undo": ("pytest_agentgate.cli.undo:undo", "Take back what was last written to files."),
}
"""Where each command is found, and its line in the list of commands; the order is the list's."""


class Commands(click.Group):
    """A group that imports a command when it is used, and says every error on one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command), command  # noqa: S101  a mistake in the table above
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no such command {args[0]!r}{suggestion(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **more: Any) -> NoReturn:  # type: ignore[override]
        """Run one command line and exit with its status."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a test id may hold what the terminal cannot show
        given = list(sys.argv[1:] if args is None else args)
        more["standalone_mode"] = False  # errors come here
        try:
            status = super().main(given or ["--help"], prog_name or "agentgate", **more)
            sys.stdout.flush()
        except click.ClickException as error:
            sys.exit(_say(_of_click(error)))
        except AgentgateError as error:
            sys.exit(_say(str(error)))
        except click.Abort:
            sys.exit(_INTERRUPTED)
        except OSError as error:
            _let_go_of_output()
            if error.errno == EPIPE:  # a reader that went away has what it wanted
                sys.exit(1)
            sys.exit(_say(f"{error.filename or 'the output'}: {error.strerror or error}"))
        sys.exit(status if isinstance(status, int) else 0)


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


def suggestion(word: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """``; did you mean 'runs'?`` where something known is close to a mistyped word, else ""."""
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _say(message: str) -> int:
    click.echo(f"agentgate: error: {printable(' '.join(message.split()))}", err=True)
    return USAGE


def _let_go_of_output() -> None:
    """Have the interpreter, when it ends, not try again to write what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_click(error: click.ClickException) -> str:
    """What click says of wrong usage, as we say it, with the command that tells more."""
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    message = message.replace("a valid integer range", "a number").replace("a valid integer", "a number")
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return message if ctx is None or "did you mean" in message.lower() else f"{message} (see {ctx.command_path} --help)"


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"agentgate {version('pytest-agentgate')}")
        ctx.exit()


@click.command(
    "agentgate", cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def main() -> None:
    """Group the failures of a test suite by cause, and record who ran what.

    \b
    Start with:
      agentgate demo              a broken project, and what agentgate makes of it
      pytest --agentgate          the same for your own
      agentgate triage            the causes of the last run again
      agentgate init              phases with gates, made from what your project has
    """
