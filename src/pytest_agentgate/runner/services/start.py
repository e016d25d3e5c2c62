"""One service from nothing to ready, checkpoint by checkpoint, and away again."""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Checkpoint, Provided, Provision, Service
from pytest_agentgate.runner.services import environment
from pytest_agentgate.runner.services.kinds import kind_of
from pytest_agentgate.runner.services.kinds.any_image import AnyImage
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene
from pytest_agentgate.runner.services.ownership import KEPT, Owner
from pytest_agentgate.runner.services.scripts import scripts_of

if TYPE_CHECKING:
    from pytest_agentgate.runner.services.engine import Container, Engine

_GLANCE = 0.05  # seconds between two looks at a server that is not ready
_ANSWER = 5.0  # seconds that one question may take
_OFTEN = 10.0  # seconds between two words about an image that comes
_STALLED = 120.0  # seconds without a sign of it: an engine says nothing while it looks at a large layer


class Serving:
    """A service of a project, from its start to its end; used by one thread at a time."""

    def __init__(
        self,
        service: Service,
        root: Path,
        owner: Owner,
        tell: Callable[[Checkpoint], object],
        note: Callable[[str], object] = lambda text: None,
    ) -> None:
        self.service = service
        self.kind: Kind = kind_of(service)
        self.rooms: Rooms | None = None
        self._root = root
        self._owner = owner
        self._tell = tell
        self._note = note
        self._checkpoints: list[Checkpoint] = []
        self._env: dict[str, dict[str, str]] = {}
        self._given: list[str] = []
        self._engine: Engine | None = None
        self._container: Container | None = None
        self._access: Access | None = None
        self._is_found = False
        self._state, self._why, self._log = Provision.UNAVAILABLE, "", ""
        self._kept = b""  # what is known of a failure

    @property
    def provided(self) -> Provided:
        """How it stands with it."""
        access = self._access
        return Provided(
            self.service,
            self._state,
            self._why,
            access.host if access else "",
            access.port if access else 0,
            tuple((worker, tuple(sorted(env.items()))) for worker, env in self._env.items()),
            tuple(self._checkpoints),
            self._container.id if self._container else "",
            self._log,
        )

    # ---- up

    def start(self, stop: Event, *, reuse: bool) -> None:
        """Make it ready, or know why not; ``reuse`` takes a container of the project that stays."""
        from pytest_agentgate.runner.services.engine import NoEngineError

        if not self._has_scripts():
            return
        try:
            self._start(stop, reuse=reuse)
            self._state = Provision.READY
        except NoEngineError as error:
            self.fails(str(error), Provision.UNAVAILABLE)
        except ServiceError as error:
            started = self._access is not None
            self.fails(str(error), Provision.FAILED if started else Provision.UNAVAILABLE, error)

    def _has_scripts(self) -> bool:
        """Whether its files of SQL are there: if not, it says so, and no server is started for nothing."""
        began = time.monotonic()
        try:
            scripts_of(self.service, self._root)
        except ServiceError as error:
            why = str(error)
            self._record(Checkpoint(why.partition(":")[0], False, why, seconds=time.monotonic() - began))
            self.fails(why, Provision.FAILED, error)
            return False
        return True

    def _start(self, stop: Event, *, reuse: bool) -> None:
        began = time.monotonic()
        step = "starts"
        try:
            container = self._staying(reuse)
            if self._engine is not None and container is None:
                self._fetch(self._engine, stop)
                began = time.monotonic()
            self._access = self._reached(container)
            self._wait(self._access, began, stop)
            self._passed(step, "kept by agentgate services up" if self._is_found else "", began)
            step, began = "connects", time.monotonic()
            self._passed(step, self.kind.check(self._access), began)
        except ServiceError as error:
            self._record(Checkpoint(step, False, str(error), seconds=time.monotonic() - began))
            raise
        scene = Scene(self.service, self._access, self._root, self._owner.run, self._owner.words)
        self.rooms = self.kind.rooms(scene)
        self.rooms.prepare(self._record)

    def configure(self) -> None:
        """The last checkpoint: the variables are complete, and what they name is there."""
        began = time.monotonic()
        try:
            env = self.room(environment.MAIN)
            self._passed("configured", " ".join(env), began)
        except ServiceError as error:
            self._record(Checkpoint("configured", False, str(error), seconds=time.monotonic() - began))
            self.fails(str(error), Provision.FAILED, error)

    def room(self, worker: str) -> dict[str, str]:
        """The variables of a worker, for a part of the server that is new. Raises ServiceError."""
        assert self._access is not None  # noqa: S101  it is ready
        assert self.rooms is not None  # noqa: S101
        room = self.rooms.give(worker, environment.number_of(worker))
        self._given.append(room)
        env = environment.variables(self.service, self.kind, self._access, room, worker)
        if self.service.kind is not None:
            self.kind.check(replace(self._access, database=room))
        self._env[worker] = env
        return env

    def vacate(self) -> None:
        """Take back every room, where nobody is in any of them. Raises ServiceError."""
        while self._given and self.rooms is not None:
            self.rooms.take_back(self._given.pop())

    def _staying(self, reuse: bool) -> Container | None:
        """The container of the project that is up, where one may be taken; meets the engine, where one is needed."""
        if self.service.url:
            return None
        from pytest_agentgate.runner.services import engine as engines

        self._engine = engines.Engine()
        names = self._labels()
        wanted = {name: names[name] for name in (engines.PROJECT, engines.SERVICE, engines.DECLARED)}
        kept = self._engine.found({**wanted, engines.LOCK: KEPT}) if reuse else []
        return next((each for each in kept if not each.ended), None)

    def _labels(self) -> dict[str, str]:
        from pytest_agentgate.runner.services.engine import labels

        return labels(self._owner, str(self._root), self.service.name, declared(self.service))

    def _fetch(self, engine: Engine, stop: Event) -> None:
        """Have its image here, which takes none of the service's own time. Raises ServiceError."""
        from pytest_agentgate.runner.services.images import fetched

        image, began = self.service.image or self.kind.image, time.monotonic()
        if engine.has(image):
            return
        self._note(f"fetching the image {image}")
        heard = noted = began

        def told(done: int, total: int) -> None:
            nonlocal heard, noted
            heard = time.monotonic()
            if total and heard > noted + _OFTEN:
                noted = heard
                self._note(f"{done / 1e6:.0f} of {total / 1e6:.0f} MB of the image {image} are here")

        why = fetched(image, lambda: stop.is_set() or time.monotonic() > heard + _STALLED, told)
        if why is None:
            waited = "it was not waited for any longer" if stop.is_set() else f"nothing of it came for {_STALLED:g} s"
            raise ServiceError(f"image {image} is not here, and {waited}")
        if why:
            raise ServiceError(why)
        self._passed("fetched", image, began)

    def _reached(self, container: Container | None) -> Access:
        """Where it is: the server that is there, the container that stays, or one that is started for it."""
        service, kind, engine = self.service, self.kind, self._engine
        if engine is None:
            return kind.access_by(service.url, service.port)
        if container is None:
            outer = service.at or (_free_port() if kind.is_fixed else 0)
            container = engine.start(
                service.image or kind.image,
                port=service.port or kind.port,
                env={**kind.settings(secrets.token_hex(12), outer), **dict(service.settings)},
                labels=self._labels(),
                more=kind.more,
                outer_port=outer,
            )
        else:
            self._is_found = True
        self._container, id_ = container, container.id
        access = Access(
            container.host,
            container.port,
            is_ours=True,
            execute=lambda words: engine.execute(id_, words),
            printed=lambda: engine.printed(id_),
        )
        return kind.access(container.env, access)

    def _wait(self, access: Access, began: float, stop: Event) -> None:
        """Until it is ready. Raises ServiceError where its time is over, or waiting is in vain."""
        ready = AnyImage(self.service.ready) if self.service.ready else self.kind
        end = began + self.service.timeout
        while True:
            left = end - time.monotonic()
            if ended := self._ended():
                raise ServiceError(f"the container {ended} before it was ready{self._last_words()}")
            why = ready.waits(access, max(0.1, min(left, _ANSWER)))
            if not why:
                return
            if stop.is_set():
                raise ServiceError("was not waited for any longer")
            if left <= 0:
                raise ServiceError(f"not ready on {access.address} within {self.service.timeout:g} s: {why}")
            time.sleep(_GLANCE)

    def _ended(self) -> str:
        """How its container has ended; "" while it runs, or where there is none."""
        if self._engine is None or self._container is None:
            return ""
        from pytest_agentgate.runner.services.engine import GoneError

        try:
            return self._engine.look(self._container.id).ended
        except GoneError:
            return "was removed"

    def _last_words(self) -> str:
        if self._engine is None or self._container is None:
            return ""
        try:
            printed = self._engine.printed(self._container.id).decode(errors="replace")
        except ServiceError:  # it is being removed, which is no word of its own
            return ""
        last = next((line.strip() for line in reversed(printed.splitlines()) if line.strip()), "")
        return f": {last[:200]}" if last else ""

    def _printed(self) -> bytes:
        if self._engine is None or self._container is None:
            return b""
        try:
            return self._engine.printed(self._container.id)
        except ServiceError as error:
            return f"({error})\n".encode()

    def _passed(self, step: str, why: str, began: float) -> None:
        self._record(Checkpoint(step, True, why, seconds=time.monotonic() - began))

    def _record(self, point: Checkpoint) -> None:
        self._checkpoints.append(point)
        self._tell(point)

    # ---- what goes wrong, and down

    def fails(self, why: str, state: Provision, error: BaseException | None = None) -> None:
        """It cannot be used: say why, and remember what it printed."""
        notes = "\n".join(getattr(error, "__notes__", ()))
        self._kept = f"{why}\n{notes}\n".encode() + self._printed()
        self._state, self._why = state, why

    def keep_log(self, folder: Path) -> None:
        """Write what is known of a failure to a file that is called like the service."""
        if self._state is Provision.FAILED:
            self._log = str(folder / f"{self.service.name}.log")
            Path(self._log).write_bytes(self._kept)

    def examine(self) -> None:
        """Whether it is still there, now that the tests have ended."""
        if self._state is not Provision.READY:
            return
        try:
            if ended := self._ended():
                self.fails(f"the container {ended} while the tests ran{self._last_words()}", Provision.FAILED)
        except ServiceError as error:
            self.fails(f"while the tests ran: {error}", Provision.FAILED)

    def end(self, *, keep: bool = False) -> str:
        """Remove what was made for it; -> what could not be, "" if all is gone."""
        problem = ""
        stays = self._container is None or self._is_found
        try:
            if self.rooms is not None and stays and not keep and not self._ended():
                self.rooms.close()
            if self._engine is not None and self._container is not None and not stays and not keep:
                self._engine.remove(self._container.id)
        except ServiceError as error:
            problem = f"service {self.service.name}: not all could be removed: {error}"
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        return problem


def declared(service: Service) -> str:
    """What a container is made from, in a few characters."""
    words = [service.kind, service.image, service.port, service.at, service.ready, sorted(service.settings)]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
