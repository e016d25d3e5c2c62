"""Two states of an implementation, written as texts, and what an alignment says of them in one line each."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from pytest_agentgate.repair.align.alignment import align
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.breakage import Breakage

Files = Mapping[str, str] | str
Aligner = Callable[[Files, Files], list[str]]


class Texts:
    """A tree of files that are texts, by path."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = {path: textwrap.dedent(text).lstrip("\n") for path, text in files.items()}

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.files))

    def text(self, path: str) -> str | None:
        return self.files.get(path)

    def texts(self, paths: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        return ((path, self.files.get(path)) for path in paths)

    def blob(self, path: str) -> str:
        return str(hash(self.files[path])) if path in self.files else ""


def api_of(files: Files) -> Api:
    """The API of some files; of a text, it is the module ``shop``."""
    return Api.of(Texts({"shop.py": files} if isinstance(files, str) else files))


def line(breakage: Breakage) -> str:
    """A breakage without its reasons."""
    said = f"{breakage.sort.value}: {breakage.old}"
    if breakage.new and breakage.new != breakage.old:
        said += f" -> {breakage.new}"
    if breakage.parameter:
        said += f" ({breakage.parameter})"
    if breakage.was or breakage.became:
        said += f" [{breakage.was} -> {breakage.became}]"
    return said + (" still used" if breakage.still_used else "")


@pytest.fixture
def breakages() -> Callable[[Files, Files], tuple[Breakage, ...]]:
    """From the old and the new files to breakages."""
    return lambda old, new: align(api_of(old), api_of(new))


@pytest.fixture
def aligned(breakages: Callable[[Files, Files], tuple[Breakage, ...]]) -> Aligner:
    """From the old and the new files to one line for each breakage."""
    return lambda old, new: [line(each) for each in breakages(old, new)]
