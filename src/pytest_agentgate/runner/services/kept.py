"""What is up beyond a command: kept for a project until it is taken down, or left by a process that was killed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Checkpoint, Service
from pytest_agentgate.runner.services import engine as engines
from pytest_agentgate.runner.services.databases import Databases
from pytest_agentgate.runner.services.engine import Container, Engine, NoEngineError
from pytest_agentgate.runner.services.environment import MAIN, variables
from pytest_agentgate.runner.services.kinds import kind_of
from pytest_agentgate.runner.services.kinds.kind import Access, Rooms, Scene
from pytest_agentgate.runner.services.ownership import KEPT, is_gone, keeper, sweep
from pytest_agentgate.runner.services.start import declared


@dataclass(frozen=True)
class Standing:
    """How it stands with a declared service now."""

    service: Service
    state: str  # up, down, changed (it is up as it was declared before), ended
    why: str = ""
    access: Access | None = None
    container: str = ""
    applied: tuple[str, ...] = ()  # files of SQL
    pending: tuple[str, ...] = ()


def standing(service: Service, root: Path) -> Standing:
    """Look at what ``agentgate services up`` has left, and at the server of a ``url``."""
    try:
        access, container = _access(service, root)
    except ServiceError as error:
        return Standing(service, "down", str(error))
    if access is None:
        return Standing(service, "ended" if container else "down", container.ended if container else "")
    short = container.id[:12] if container else ""
    try:
        if why := kind_of(service).waits(access, 5.0):
            return Standing(service, "down", why, access, short)
        if container and container.labels.get(engines.DECLARED) != declared(service):
            return Standing(service, "changed", "it was started from another configuration", access, short)
        rooms = _rooms(service, root, access)
        if not isinstance(rooms, Databases) or not rooms.exists(rooms.kept(MAIN)):
            return Standing(service, "up", "", access, short)
        applied, pending = rooms.left(rooms.kept(MAIN))
        return Standing(service, "up", "", access, short, tuple(applied), tuple(pending))
    except ServiceError as error:
        return Standing(service, "up", str(error), access, short)


def schema(
    service: Service, root: Path, passed: Callable[[Checkpoint], object], *, fresh: bool
) -> tuple[dict[str, str], int]:
    """Make the database that ``up`` has left anew, or apply what is new; -> its variables, how many files were applied.

    Raises ServiceError.
    """
    access, _ = _access(service, root)
    if access is None:
        raise ServiceError(f"service {service.name} is not up; start it with: agentgate services up")
    rooms = _rooms(service, root, access)
    if not isinstance(rooms, Databases):
        raise ServiceError(f"service {service.name} has no schema: files of SQL are for postgres and mysql")
    name, count = rooms.kept(MAIN), 0

    def counted(point: Checkpoint) -> None:
        nonlocal count
        count += point.passed
        passed(point)

    if fresh or not rooms.exists(name):
        rooms.fresh(name, counted)
    else:
        rooms.migrate(name, counted)
    return variables(service, kind_of(service), access, name, MAIN), count


def keep_log(service: Service, root: Path, error: ServiceError, folder: Path) -> str:
    """Write what is known of a file of SQL that failed, and what the container printed; -> the log's path."""
    path = folder / f"{service.name}.log"
    said = "\n".join([str(error), *getattr(error, "__notes__", ())]).encode() + b"\n"
    try:
        access, _ = _access(service, root)
        said += access.printed() if access and access.printed else b""
    except ServiceError as gone:
        said += f"({gone})\n".encode()
    path.write_bytes(said)
    return str(path)


def reached(service: Service, root: Path) -> dict[str, str]:
    """The variables of what ``up`` has left. Raises ServiceError."""
    access, _ = _access(service, root)
    if access is None:
        raise ServiceError(f"service {service.name} is not up")
    rooms = _rooms(service, root, access)
    room = rooms.kept(MAIN) if isinstance(rooms, Databases) else rooms.give(MAIN, 0)
    return variables(service, kind_of(service), access, room, MAIN)


def take_down(services: Sequence[Service], root: Path, *, but: Sequence[str] = ()) -> tuple[list[str], list[str]]:
    """Remove what ``up`` has left for a project, declared or not any more.

    -> what was removed, what could not be looked at.
    """
    removed, problems = [], []
    for service in services:
        if service.url and service.name not in but:
            try:
                removed += _taken_from_server(service, root)
            except ServiceError as error:
                problems.append(f"service {service.name}: {error}")
    try:
        with Engine() as engine:
            for container in engine.found({engines.PROJECT: str(root), engines.LOCK: KEPT}):
                if container.service not in but and engine.remove(container.id):
                    removed.append(f"service {container.service}: container {container.id[:12]}")
    except NoEngineError as error:
        if any(not service.url for service in services):
            problems.append(str(error))
    except ServiceError as error:
        problems.append(str(error))
    return removed, problems


def _taken_from_server(service: Service, root: Path) -> list[str]:
    kind = kind_of(service)
    access = kind.access_by(service.url, service.port)
    if kind.waits(access, 5.0):
        return []
    return [f"service {service.name}: {what}" for what in _rooms(service, root, access).take_down()]


def prune(
    services: Sequence[Service], root: Path, *, every: bool = False, others: bool = False
) -> tuple[list[str], list[str]]:
    """Remove what belongs to processes that have ended; ``others``: of other projects, too; ``every``: what is kept.

    -> what was removed, what could not be looked at.
    """
    removed, problems = [], []
    for service in services:
        try:
            removed += _pruned(service, root)
        except NoEngineError:
            pass  # which is told below
        except ServiceError as error:
            problems.append(f"service {service.name}: {error}")
    try:
        with Engine() as engine:
            for container in engine.found({} if others else {engines.PROJECT: str(root)}):
                is_kept = container.labels.get(engines.LOCK) == KEPT
                if ((every and is_kept) or _is_left(container)) and engine.remove(container.id):
                    removed.append(f"container {container.id[:12]} of {container.service} in {container.project}")
    except NoEngineError as error:
        if any(not service.url for service in services):
            problems.append(str(error))
    except ServiceError as error:
        problems.append(str(error))
    sweep()
    return removed, problems


def _pruned(service: Service, root: Path) -> list[str]:
    """What runs that were killed have left in a server that stays: one by url, or what ``up`` has left."""
    access, _ = _access(service, root)
    if access is None or kind_of(service).waits(access, 5.0):
        return []
    return [f"{what} of {service.name}" for what in _rooms(service, root, access).prune()]


def _is_left(container: Container) -> bool:
    return is_gone(container.labels.get(engines.LOCK, KEPT), container.labels.get(engines.HOST, ""))


def _access(service: Service, root: Path) -> tuple[Access | None, Container | None]:
    kind = kind_of(service)
    if service.url:
        return kind.access_by(service.url, service.port), None
    with Engine() as engine:
        wanted = {engines.PROJECT: str(root), engines.SERVICE: service.name, engines.LOCK: KEPT}
        found = sorted(engine.found(wanted), key=lambda each: bool(each.ended))
    if not found:
        return None, None
    container = found[0]
    if container.ended:
        return None, container
    id_ = container.id
    access = Access(
        container.host,
        container.port,
        is_ours=True,
        execute=lambda words: _executed(id_, words),
        printed=lambda: _printed(id_),
    )
    return kind.access(container.env, access), container


def _executed(container: str, words: Sequence[str]) -> tuple[int, str]:
    with Engine() as engine:
        return engine.execute(container, words)


def _printed(container: str) -> bytes:
    with Engine() as engine:
        return engine.printed(container)


def _rooms(service: Service, root: Path, access: Access) -> Rooms:
    owner = keeper(root)
    return kind_of(service).rooms(Scene(service, access, root, owner.run, owner.words))
