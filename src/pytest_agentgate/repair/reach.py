"""What a test file can request, and what of it is proven to be of a class."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.codemods.idioms.fixtures import Fixture, Fixtures, fixtures_in
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.repair.suite import Suite


def in_reach(path: str, suite: Suite) -> Iterator[tuple[Fixture, Receivers]]:
    """The fixtures that a module's tests can request, each by the definition that counts, with what tells its type."""
    file = suite.file(path)
    if file is None:
        return
    fixtures, receivers = Fixtures(file), Receivers(file)
    names = {each.name for each in fixtures.own if each.owner is None}
    for conftest in file.place.conftests():
        above = suite.sources.file(conftest)
        if above is not None:
            names |= {each.name for each in fixtures_in(above, conftest) if each.owner is None}
    for name in sorted(names):
        found = fixtures.named(name)
        if found:
            yield found[0], receivers


def of_class(cls: str, path: str, suite: Suite) -> tuple[str, ...]:
    """The names of the fixtures in reach of a file that give an instance of a class and nothing else."""
    return tuple(
        fixture.name
        for fixture, receivers in in_reach(path, suite)
        if (values := receivers.given(fixture))
        and all(
            value is not None and value.form == "instance" and receivers.derives(value.name, cls) for value in values
        )
    )
