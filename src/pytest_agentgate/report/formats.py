"""``--agentgate-report FORMAT:PATH``: which formats there are, and how a report gets into its file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from pytest_agentgate.errors import AgentgateError, UsageError
from pytest_agentgate.model import Kind, Part, RunReport
from pytest_agentgate.report.logs import file_name, logs, nothing
from pytest_agentgate.values import frozen

LOGS = "logs"


@frozen
class Format:
    """One form of report: the module whose ``render`` makes it, and what it needs beyond the run's summary."""

    module: str
    parts: frozenset[Part] = frozenset()

    def load(self) -> Callable[[RunReport], str]:
        """What makes the text of a report; its module is imported now."""
        render: Callable[[RunReport], str] = import_module(f"{__package__}.{self.module}").render
        return render

    def render(self, report: RunReport) -> str:
        """The text of a report."""
        return self.load()(report)


_TESTS = frozenset({Part.RESULTS, Part.FAILURES, Part.PROPERTIES})
ONE_FILE: Mapping[str, Format] = {
    "json": Format("document"),
    "md": Format("markdown"),
    "html": Format("html", frozenset({Part.RESULTS, Part.FAILURES, Part.TREND, Part.PHASES})),
    "junit": Format("junit", _TESTS),
    "ctrf": Format("ctrf", _TESTS),
    "sarif": Format("sarif"),
    "github": Format("github"),
}
"""The formats that are one text, each imported when it is used."""
FORMATS = (*ONE_FILE, LOGS)


@frozen
class ReportTarget:
    """A report to be written: its format, and its file, or for ``logs`` its folder."""

    format: str
    path: Path


def parse(option: str, flag: str = "--agentgate-report") -> ReportTarget:
    """``FORMAT:PATH``, for ``logs`` a folder's; only the first colon counts.

    Raises UsageError, which names the flag that was typed.
    """
    name, separator, path = option.partition(":")
    if separator and name in FORMATS and path:
        return ReportTarget(name, Path(path))
    if separator and name in FORMATS:
        wrong = f"{option!r} names no path"
    elif separator:
        near = get_close_matches(name, FORMATS, n=1)
        wrong = f"no format {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    else:
        wrong = f"{option!r} is not FORMAT:PATH"
    raise UsageError(f"{flag}: {wrong}; the formats are {', '.join(FORMATS)}")


def load(options: Iterable[str]) -> None:
    """Import what makes the reports that options ask for; wrong ones are refused elsewhere."""
    for option in options:
        asked = ONE_FILE.get(option.partition(":")[0])
        if asked is not None:
            asked.load()


def parse_all(options: Iterable[str], flag: str = "--agentgate-report") -> list[ReportTarget]:
    """Every report that was asked for; one format may be asked for in several places.

    Raises UsageError, also where one report would replace another.
    """
    targets = [parse(option, flag) for option in options]
    seen: set[str] = set()
    for path in (os.path.normpath(target.path) for target in targets):
        if path in seen and not _is_stream(Path(path)):
            raise UsageError(f"{flag}: two reports go to {path}: give each a path of its own")
        seen.add(path)
    return targets


def _is_stream(path: Path) -> bool:
    """Whether what is written there follows what is there already: a pipe, a terminal."""
    return path.exists() and not path.is_file() and not path.is_dir()


def parts(targets: Iterable[ReportTarget]) -> frozenset[Part]:
    """What the reports need beyond the summary."""
    needed = [frozenset({Part.FAILURES}) if one.format == LOGS else ONE_FILE[one.format].parts for one in targets]
    return frozenset[Part]().union(*needed)


def write(target: ReportTarget, report: RunReport) -> list[Path]:
    """Write a report, each file at once or not at all; -> the files. Folders are made.

    Raises AgentgateError.
    """
    if target.format != LOGS:
        return [write_text(target.path, ONE_FILE[target.format].render(report))]
    if target.path.exists() and not target.path.is_dir():
        raise AgentgateError(f"{target.path}: is not a folder")
    texts = logs(report.failures)
    for kind in Kind:  # an earlier run's file would be taken for this one's
        if file_name(kind) not in texts and (target.path / file_name(kind)).exists():
            texts[file_name(kind)] = nothing(kind)
    return [write_text(target.path / name, text) for name, text in texts.items()]


def write_text(path: Path, text: str) -> Path:
    """Write a UTF-8 file at once or not at all, its folders with it; -> the path.

    What a symbolic link points to is written, not the link; a pipe or a device is written as it is.
    Raises AgentgateError.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(0, "is a folder")
        if path.exists() and not path.is_file():
            _write(path, text)
            return path
        file = path.resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.{os.getpid()}.new")
        try:
            _write(new, text)
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise AgentgateError(f"{path}: cannot write the report: {error.strerror or error}") from error
    return path


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
