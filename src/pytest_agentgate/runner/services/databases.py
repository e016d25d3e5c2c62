"""A database for each worker, with the schema that the files of SQL make."""

from __future__ import annotations

import hashlib
import json
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pytest_agentgate.runner.services.kinds.kind import Passed, Rooms, Scene
from pytest_agentgate.runner.services.ownership import has_left, is_gone
from pytest_agentgate.runner.services.scripts import Script, Session, apply, pending, scripts_of

_LONGEST = 32  # characters of a service's name in that of a database; servers take 63 or 64 in all
PREFIX = "agentgate_"


class Databases(Rooms):
    """One database is made by the files, the workers' are copies of it."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._start = f"{PREFIX}{scene.run}_{_part(scene.service.name)}"
        self._scripts: list[Script] = []
        self._made: list[str] = []
        self._given: set[str] = set()
        self.model = scene.access.database  # what copies are made of

    def prepare(self, passed: Passed) -> None:
        self._scripts = scripts_of(self.scene.service, self.scene.root)
        if self._scripts:
            self.model = self._new(f"{self._start}_model")
            with self.session(self.model) as session:
                apply(session, self._scripts, passed)

    def give(self, worker: str, number: int) -> str:
        access = self.scene.access
        if worker == "main" and not (self._scripts or access.is_ours) and access.database not in self._given:
            self._given.add(access.database)
            return access.database  # the server is somebody's, and this is the one that its URL names
        name, count = f"{self._start}_{worker}", 1
        while name in self._given:
            count += 1
            name = f"{self._start}_{worker}_{count}"
        self._given.add(name)
        self._made.append(name)
        self.copy(name)
        return name

    def take_back(self, room: str) -> None:
        if room in self._made:  # else it is somebody's
            self.drop(room)
            self._made.remove(room)
        self._given.discard(room)

    def close(self) -> None:
        for name in reversed(self._made):
            self.drop(name)

    def take_down(self) -> list[str]:
        names = [name for name in (self.kept("main"), self.kept("model")) if self.exists(name)]
        for name in names:
            self.drop(name)
        return [f"database {name}" for name in names]

    def prune(self) -> list[str]:
        left = abandoned(self.owners())
        for name in left:
            self.drop(name)
        return [f"database {name}" for name in left]

    def kept(self, worker: str) -> str:
        """What a worker's first database is called."""
        return f"{self._start}_{worker}"

    def fresh(self, name: str, passed: Passed) -> None:
        """Make a database anew and apply every file."""
        scripts = scripts_of(self.scene.service, self.scene.root)
        self.drop(name)
        self.create(name)
        with self.session(name) as session:
            apply(session, scripts, passed)

    def migrate(self, name: str, passed: Passed) -> None:
        """Apply the files that are new."""
        scripts = scripts_of(self.scene.service, self.scene.root)
        with self.session(name) as session:
            apply(session, pending(session, scripts), passed)

    def left(self, name: str) -> tuple[list[str], list[str]]:
        """The files that were applied to a database, and those that were not yet."""
        with self.session(name) as session:
            applied = session.applied() or {}
            return list(applied), [
                one.name for one in pending(session, scripts_of(self.scene.service, self.scene.root))
            ]

    def _new(self, name: str) -> str:
        self._made.append(name)
        self.create(name)
        return name

    @contextmanager
    @abstractmethod
    def session(self, name: str) -> Iterator[Session]:
        """A connection to a database. Raises ServiceError."""
        raise NotImplementedError

    @abstractmethod
    def create(self, name: str) -> None:
        """Make an empty database, and note in it whose it is. Raises ServiceError, as do the others."""

    @abstractmethod
    def copy(self, name: str) -> None:
        """Make a database like the model."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Remove a database, if it is there, whoever is connected to it."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Whether there is such a database."""

    @abstractmethod
    def owners(self) -> Mapping[str, str]:
        """The databases in this server that are called as ours, and the owner that each notes; "" where none does."""


def abandoned(owners: Mapping[str, str]) -> list[str]:
    """The databases whose owners have ended.

    One that notes none is one whose making was cut short, if a run that it is called after has ended.
    """
    is_left: dict[str, bool] = {}
    for name, owner in owners.items():
        try:
            lock, host = json.loads(owner)
        except (ValueError, TypeError):
            continue
        is_left[name] = is_gone(str(lock), str(host))
    ended = {_run_of(name) for name, left in is_left.items() if left}
    return [name for name in owners if is_left.get(name, _run_of(name) in ended or has_left(_run_of(name)))]


def _run_of(name: str) -> str:
    return name.removeprefix(PREFIX).partition("_")[0]


def _part(service: str) -> str:
    """A service's name as part of a database's: two services never have the same."""
    plain = re.sub(r"\W+", "_", service.lower())
    if plain == service and len(plain) <= _LONGEST:
        return plain
    return f"{plain[: _LONGEST - 7]}_{hashlib.sha256(service.encode()).hexdigest()[:6]}"
