"""Write what the documentation can be told by the code: ``python docs/generate.py``.

That is the pages of the reference which the code already contains, and in other pages, below a line such as
``<!-- output of demo -->``, what commands really print. Tests compare what is written with what would be; nothing here
runs when the documentation is built.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from pytest_agentgate import config, hookspecs, model, origin, plugin
from pytest_agentgate.cli import main
from pytest_agentgate.codemods import codemod, examples
from pytest_agentgate.codemods.registry import built_in
from pytest_agentgate.gates import condition
from pytest_agentgate.gates.metrics import known
from pytest_agentgate.model import judgement, services
from pytest_agentgate.report import measures
from pytest_agentgate.store import schema
from pytest_agentgate.store.sqlite import WORDS

DOCS = Path(__file__).parent
REFERENCE = DOCS / "reference"
SHOWING = (DOCS.parent / "README.md", DOCS / "tutorials" / "first-triage.md")
OUTPUT = re.compile(r"(^<!-- output of (\w+) -->\n```text\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def pages() -> dict[Path, str]:
    """File -> text of every generated page."""
    made: Mapping[str, Callable[[], Iterator[str]]] = {
        "codemods.md": _codemods,
        "command-line.md": _command_line,
        "conditions.md": _conditions,
        "pytest.md": _pytest,
        "configuration.md": _configuration,
        "store.md": _store,
    }
    return {
        REFERENCE / name: "\n".join(["<!-- Made by docs/generate.py -->", *lines(), ""]) for name, lines in made.items()
    }


def showing() -> dict[Path, str]:
    """File -> text of every page that shows what commands print."""
    printed = _printed()
    return {
        path: OUTPUT.sub(lambda match: match[1] + printed[match[2]], path.read_text(encoding="utf-8"))
        for path in SHOWING
    }


def write() -> None:
    for path, text in {**pages(), **showing()}.items():
        path.write_text(text, encoding="utf-8", newline="\n")


# ---- the command line


def _command_line() -> Iterator[str]:
    yield "# Command line"
    yield from _help(main.help)
    context = click.Context(main, info_name="agentgate")
    yield from ("", *_options(main))
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        yield from _command(f"agentgate {name}", command)


def _command(name: str, command: click.Command) -> Iterator[str]:
    yield from ("", f"## {name}", "", "```text", " ".join([name, *_usage(command)]), "```")
    yield from _help(command.help)
    yield from ("", *_options(command))
    if isinstance(command, click.Group):
        for inner, subcommand in command.commands.items():
            yield from _command(f"{name} {inner}", subcommand)


def _usage(command: click.Command) -> Iterator[str]:
    yield "[OPTIONS]"
    if isinstance(command, click.Group):
        yield "COMMAND [ARGUMENTS...]"
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            name = parameter.metavar or (parameter.name or "").upper()
            name += "..." if parameter.nargs == -1 and "..." not in name else ""
            yield name if parameter.required or name.startswith("[") else f"[{name}]"


def _help(text: str | None) -> Iterator[str]:
    """The paragraphs of a docstring as Markdown; those that click leaves as they are become code."""
    for paragraph in inspect.cleandoc(text or "").replace("``", "`").split("\n\n"):
        lines = paragraph.strip("\n").splitlines()
        if lines[:1] == ["\b"]:
            yield from ("", "```text", *(line.rstrip() for line in lines[1:]), "```")
        elif lines:
            yield from ("", *lines)


def _options(command: click.Command) -> Iterator[str]:
    options = [
        parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    if options:
        yield from _head("option", "meaning")
    for option in options:
        names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
        yield _row(f"{names}{_value(option)}", (option.help or "").rstrip(".") + _default(option))


def _value(option: click.Option) -> str:
    if option.is_flag or option.count:
        return ""
    if isinstance(option.type, click.Choice) and option.metavar is None:
        return f" `{{{','.join(str(choice) for choice in option.type.choices)}}}`"
    return f" `{option.metavar or option.type.name.upper()}`"


def _default(option: click.Option) -> str:
    return f" (default: {option.default})" if option.show_default else ""


# ---- codemods


def _codemods() -> Iterator[str]:
    kinds = built_in()
    yield "# Codemods"
    yield from _help(_CODEMODS)
    yield from ("", *_head("codemod", "applicability", "what it does"))
    for name, kind in kinds.items():
        yield _row(f"[{name}](#{name})", kind.applicability, _plain(examples.summary(kind)))
    for name, kind in kinds.items():
        yield from ("", f"## {name}", *_help(examples.prose(kind)))
        yield from ("", f"**{kind.applicability.capitalize()}.** {kind.because}", "")
        yield from _head("option", "form", "meaning")
        for option in kind.options():
            default = "" if option.default is MISSING else f" (default: {codemod.written(option.default) or 'none'})"
            form = option.metadata["metavar"] or option.metadata["form"]
            yield _row(f"`{option.name}`", form, option.metadata["help"] + default)
        yield from _examples(kind)


_CODEMODS = """
What `agentgate codemod run NAME KEY=VALUE ...` can do; `agentgate codemod explain NAME` shows the same. The examples
are the tests of each codemod: applied to what stands under "before" it gives what stands under "after", and applied to
that it changes nothing. [How to use them](../how-to/codemods.md) is told elsewhere.

`safe` codemods keep the meaning of the tests. `unsafe` ones may change what a test means: look at the diff. `display`
ones are only proposed. On doubt each of them leaves the code as it is.
"""


def _examples(kind: type[codemod.Codemod]) -> Iterator[str]:
    options: str | None = None
    files: Mapping[str, str] = {}
    for example in examples.examples(kind):
        if str(example.codemod) != options:
            options = str(example.codemod)
            yield from ("", "```sh", f"agentgate codemod run {_shell(example.codemod)}", "```")
        for path, text in example.files.items():
            if files.get(path) != text:
                yield from _listing(f"In `{path}`", text)
        files = example.files
        where = f" (`{example.path}`)" if example.path else ""
        if example.changes:
            yield from _listing(f"Before{where}", example.before)
            yield from _listing("After", example.after)
        else:
            yield from _listing(f"Unchanged{where}", example.before)


def _listing(title: str, text: str) -> Iterator[str]:
    yield from ("", f"{title}:", "", "```python", text.rstrip("\n"), "```")


def _shell(made: codemod.Codemod) -> str:
    return " ".join([made.name(), *(f"{key}={shlex.quote(value)}" for key, value in made.settings().items())])


def _plain(text: str) -> str:
    return text.replace("``", "`")


# ---- pytest


class _Options:
    """Takes what a plugin declares, in place of pytest's parser."""

    def __init__(self) -> None:
        self.options: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        self.settings: list[tuple[str, str]] = []

    def getgroup(self, *_: Any) -> _Options:
        return self

    def addoption(self, *names: str, **attributes: Any) -> None:
        self.options.append((names, attributes))

    def addini(self, name: str, help: str, *_: Any, **__: Any) -> None:
        self.settings.append((name, help))


def _pytest() -> Iterator[str]:
    declared = _Options()
    plugin.pytest_addoption(declared)  # type: ignore[arg-type]
    yield "# pytest options and hooks"
    yield from ("", "## Options", "")
    yield from _head("option", "meaning")
    for names, attributes in declared.options:
        choices = attributes.get("choices")
        value = attributes.get("metavar") or (f"{{{','.join(choices)}}}" if choices else "")
        yield _row(f"`{' '.join([', '.join(names), value]).strip()}`", attributes["help"])
    yield from (
        "",
        "Without `--agentgate` or `--agentgate-phase` the plugin is dormant: the other options have no effect.",
    )
    yield from ("", "## Who runs", "")
    yield "The first that is set names the agent: `--agentgate-agent`, then these variables, then `user@host`."
    yield from ("", *_head("variable", "agent"))
    for name in origin.NAMES:
        yield _row(f"`{name}`", "its value")
    for name, agent in origin.SIGNS:
        yield _row(f"`{name}`", f"`{agent}`, and `:` with its value unless that says no more than yes")
    yield from ("", "## Hooks", "")
    yield "For conftest files and plugins; they may be defined whether or not a run is recorded."
    for name, hook in inspect.getmembers(hookspecs, inspect.isfunction):
        if name.startswith("pytest_"):
            yield from ("", f"### {name}", "", "```python", f"def {name}{_signature(hook)}: ...", "```")
            yield from _help(hook.__doc__)


def _signature(function: Callable[..., Any]) -> str:
    names = function.__annotations__
    taken = ", ".join(f"{name}: {annotation}" for name, annotation in names.items() if name != "return")
    return f"({taken}) -> {names['return']}"


# ---- the configuration


def _configuration() -> Iterator[str]:
    yield "# Configuration"
    yield from _help(config.__doc__)
    yield from ("", "## `[tool.agentgate]`", "", "In `agentgate.toml` the same keys stand at the top.", "")
    yield from _head("key", "default", "meaning")
    comments = _comments(config.Config)
    for field in fields(config.Config):
        if field.name != "path":
            key = _KEYS.get(field.name, field.name)
            default = field.default if field.default is not MISSING else ""
            shown = _EMPTY.get(key, "[]") if default == () else f'"{default}"'
            yield _row(f"`{key}`", f"`{shown}`", comments[field.name])
    yield from ("", "## `[[tool.agentgate.kinds.KIND]]`", *_help(model.KindRule.__doc__), "")
    yield from _keys(model.KindRule, {"kind": ""})
    yield from ("", "## `[[tool.agentgate.phase]]`", *_help(judgement.Phase.__doc__), *_help(_PHASES), "")
    yield from _toml(_PHASES_EXAMPLE)
    yield from _keys(judgement.Phase, {"rollback": "on_failure"}, _OF_PHASE)
    yield from ("", "## `gates`", *_help(_GATES), "")
    yield from _keys(judgement.Gate, {}, _OF_GATE)
    yield from ("", "## `[tool.agentgate.check]`", *_help(judgement.Check.__doc__), *_help(_CHECKS), "")
    yield from _toml(_CHECKS_EXAMPLE)
    yield from _keys(judgement.Check, {"name": ""}, _OF_CHECK)
    yield from ("", "## `[tool.agentgate.services.NAME]`", *_help(services.Service.__doc__), "")
    yield from _toml(_SERVICES_EXAMPLE)
    yield from _keys(services.Service, {"name": ""}, _OF_SERVICE)


_KEYS = {"phases": "phase", "checks": "check"}
_EMPTY = {"kinds": "{}", "check": "{}", "services": "{}"}

_SERVICES_EXAMPLE = """
[tool.agentgate.services.db]
kind = "postgres"
init = ["sql/schema.sql"]
migrations = ["sql/migrations"]
env = { DATABASE_URL = "{url}" }

[tool.agentgate.services.clock]
image = "registry.example/clock:1"
port = 8080
ready = "http:/ready"
env = { CLOCK_URL = "http://{host}:{port}" }
"""

_OF_SERVICE = {
    "kind": "`postgres`, `redis`, `mysql`, `mongodb`, `kafka` or `rabbitmq`; without one any `image` with its `port`",
    "env": "a table: variable -> template over `{host}`, `{port}`, `{user}`, `{password}`, `{database}`, `{worker}` "
    "(0 without xdist, 1 for gw0, ...) and `{url}`",
    "settings": "a table: variables of the container itself",
    "timeout": "seconds until it has to be ready, once its image is here (default: 60)",
}
_OF_PHASE = {
    "name": "a word of letters, digits, `_`, `-` and `.`",
    "gates": "its gates, at least one; see below",
    "on_failure": '`"stop"` (default), or `"rollback"`: take back what agentgate itself did since the last checkpoint',
}
_OF_GATE = {
    "condition": "the condition",
    "severity": '`"fail"` (default), or `"warn"`: a condition that does not hold only warns',
    "min_sample": "where less was measured, a condition that does not hold only warns (default: 0)",
}
_OF_CHECK = {
    "command": "a command line, or a list of its words",
    "timeout": f"seconds (default: {judgement.Check.timeout:.0f})",
}

_PHASES = """
Each phase is a table of its own; their order is that of the file. What a phase needs may stand behind it.
"""

_PHASES_EXAMPLE = """
[[tool.agentgate.phase]]
name = "imports"
repairs = ["import"]
gates = ["collection.errors == 0", "failures.import == 0"]

[[tool.agentgate.phase]]
name = "configuration"
needs = ["imports"]
repairs = ["validation"]
gates = [
    "failures.validation == 0",
    { condition = "tests.pass_rate >= 90%", severity = "warn", min_sample = 20, owner = "team voice" },
]
commit = "test: repair configuration"
"""

_GATES = """
Each gate of a phase is a [condition](conditions.md), or a table with more:
"""

_CHECKS = """
A check is a command line, which is split as a shell would and run in the project's root without a shell; or a list of
words; or a table with more. `check.mypy == 0` is a condition on it.
"""

_CHECKS_EXAMPLE = """
[tool.agentgate.check]
mypy = "mypy src"
ruff = { command = "ruff check", timeout = 120 }
"""


def _toml(text: str) -> Iterator[str]:
    yield from ("```toml", *text.strip().splitlines(), "```", "")


def _keys(noun: type, renamed: Mapping[str, str], meanings: Mapping[str, str] = MappingProxyType({})) -> Iterator[str]:
    """The table of the keys that a noun's fields are; a field that is renamed to nothing is left out."""
    yield from _head("key", "meaning")
    comments = _comments(noun)
    for field in fields(noun):
        key = renamed.get(field.name, field.name)
        if key:
            yield _row(f"`{key}`", meanings.get(key, comments[field.name]))


# ---- conditions


def _conditions() -> Iterator[str]:
    yield "# Conditions"
    yield from _help(_CONDITIONS)
    yield from ("", "## Operators", "", " ".join(f"`{op}`" for op in condition.OPERATORS))
    yield from _help(_OPERATORS)
    yield from ("", "## Units", "", *_head("unit", "written as"))
    for unit in judgement.Unit:
        suffixes = ", ".join(f"`{suffix}`" for suffix in measures.SUFFIXES.get(unit, ()))
        yield _row(unit.value, _WRITTEN[unit].format(suffixes))
    yield from ("", "## What tests recorded", *_help(_RECORDED))
    yield from ("", "## `on new`", *_help(_ON_NEW), "", "## Metrics", *_help(_METRICS), "")
    yield from _head("metric", "unit", "measured by", "`on new`", "what it is")
    for metric in known().values():
        by = "the harness" if metric.outside else "the run"
        meaning = metric.meaning.replace("``", "`")
        yield _row(f"`{metric.name}`", metric.unit.value, by, "yes" if metric.on_new else "no", meaning)


_CONDITIONS = """
A gate is a condition on something that a run measured:

\b
METRIC OPERATOR VALUE [on new | on all]

\b
tests.failed == 0
tests.pass_rate >= 90%
duration.p95 <= 200 ms on new
property."p95 latency".max <= 250
benchmark."test_decode[opus]".mean < 3 ms
check.mypy == 0
approval.release == true

The parts of a metric's name are separated by dots. A part with other characters than letters, digits, `_` and `-`
stands in quotes, single or double; within them a backslash goes before a quote and before a backslash.

What cannot be read is an error of the configuration, and nothing is judged. It names the file, the phase, the gate and
the column, and the metric that was perhaps meant.
"""

_OPERATORS = """
What is true or false is compared with `==` and `!=`.

A metric named *each* holds each of its items to the condition: every one has to satisfy it, with `==` and `!=` too.
"""

_WRITTEN = {
    judgement.Unit.COUNT: "a whole number: `0`, `1_000`",
    judgement.Unit.RATIO: "a percentage with {}: `90%`, `99.95%`; only `0` goes without",
    judgement.Unit.SECONDS: "a number with {}; `us` is taken too; only `0` goes without",
    judgement.Unit.NUMBER: "a number as tests recorded it: `250`, `-1.5`, `1e6`; or one with any unit: `200 ms`, `90%`",
    judgement.Unit.FLAG: "`true` or `false`",
    judgement.Unit.STATUS: "a whole number: `0`",
}

_RECORDED = """
What tests recorded has the unit that the condition states: with `property.latency.p95 <= 200 ms` a plain `150` is 150
ms, and with `property.hits.min >= 90%` a plain `93` is 93%. Two things tell better, and are converted: the last word of
the name, as in `latency_us` (`ns`, `us`, `ms`, `s`, `sec`, `secs`, `seconds`, `min`), and a unit in what was recorded,
`"12.5 ms"` or `"90%"`. Where the condition states no unit, numbers are compared as they are, and a text with a unit is
none. One recording that cannot be compared makes the gate unavailable.
"""

_ON_NEW = """
With `on new` a condition is about what the baseline does not have: the run that `--baseline` names, or the newest of
the base's runs that have the most tests. Of counts, those are counted that the baseline's same measure has not; rates,
durations and properties are those of tests that the baseline has not. Where nothing is new there is nothing to measure,
and the gate passes and says so. Without a baseline, with an incomplete one, and with the run itself it is unavailable.
"""

_METRICS = """
What stands in angle brackets is yours to fill in. What the harness measures is unavailable in a run of `pytest`, which
says so with the command that measures it. A test counts once, by its last attempt; where every worker runs every test,
as it ended where it ended worst.

Where files could not be collected, what their tests would do is not known. Such a gate passes or fails only where that
makes no difference, and is unavailable else: [Gates](../explanation/gates.md) says why.
"""


def _comments(owner: type) -> dict[str, str]:
    """The comment behind each field of a dataclass."""
    source = inspect.getsource(owner)
    lines = source.splitlines()
    [definition] = ast.parse(inspect.cleandoc(source)).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for statement in definition.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            line = lines[(statement.end_lineno or 1) - 1]
            found[statement.target.id] = line[statement.end_col_offset or 0 :].partition("#")[2].strip()
    return found


# ---- what commands print


def _printed() -> Mapping[str, str]:
    """The causes that the demo shows, those when a name alone is followed, and what a repair does about all."""
    with tempfile.TemporaryDirectory() as scratch:
        voice = Path(scratch, "voice")
        demo = _run(["-m", "pytest_agentgate", "demo", "--no-repair", "--directory", "voice"], Path(scratch))
        for test in voice.glob("tests/**/*.py"):
            text = test.read_text(encoding="utf-8")
            test.write_text(re.sub(r"\blivekit\b", "livekit_utils", text), encoding="utf-8")
        renamed = _run(["-m", "pytest", "--agentgate", "-n", "2", "-q", "--tb=no"], voice)
        subprocess.run(["git", "checkout", "--quiet", "--", "tests"], cwd=voice, check=True)
        repair = _run(["-m", "pytest_agentgate", "repair", "--base", "base"], voice)
    return {"demo": _causes(demo), "renamed": _causes(renamed), "repair": _kept(repair)}


def _run(arguments: list[str], folder: Path) -> str:
    """What a command prints in a pipe, 80 columns wide."""
    environ = {**os.environ, "COLUMNS": "80"}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True).stdout


def _causes(printed: str) -> str:
    """The causes, without what no second run would print."""
    causes = re.search(r"^=+ agentgate: .*?^agentgate triage -v: [^\n]*\n", printed, re.MULTILINE | re.DOTALL)
    assert causes is not None, printed
    return re.sub(r"(^|; )run \w+-\w+(\n|$)", "", causes[0], flags=re.MULTILINE)


def _kept(printed: str) -> str:
    """What was repaired, and why."""
    kept = re.search(r"^agentgate: [^\n]* red: .*?\n(?=\nNot written$)", printed, re.MULTILINE | re.DOTALL)
    assert kept is not None, printed
    lines = (textwrap.wrap(line, 110, subsequent_indent="      ") or [""] for line in kept[0].splitlines())
    return "".join(f"{line}\n" for wrapped in lines for line in wrapped)


# ---- the store


def _store() -> Iterator[str]:
    yield "# The store"
    yield from _help(schema.__doc__)
    with sqlite3.connect(":memory:") as database:
        for migration in schema.MIGRATIONS:
            database.executescript(";\n".join(schema.statements(migration, WORDS)))
    yield from ("", "## Views", "", *_head("view", "columns"))
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY rowid"):
        columns = [column for _, column, *_ in database.execute(f"PRAGMA table_info({name})")]
        yield _row(f"`{name}`", ", ".join(f"`{column}`" for column in columns))
    database.close()
    for number, migration in enumerate(schema.MIGRATIONS, 1):
        yield from ("", f"## Version {number}", "", "```text")
        yield ";\n\n".join(schema.statements(migration, WORDS)) + ";"
        yield "```"


# ---- tables


def _head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield "|" + "---|" * len(titles)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    write()
