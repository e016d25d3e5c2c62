"""Containers, through testcontainers and its Docker client: nothing else here knows them.

Its reaper is left out: what a killed run leaves behind is told by labels, and an image of somebody else is not needed.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.ownership import Owner

PROJECT = "org.agentgate.project"  # root of the project
SERVICE = "org.agentgate.service"  # name in the configuration
RUN = "org.agentgate.run"
LOCK = "org.agentgate.lock"
HOST = "org.agentgate.host"
DECLARED = "org.agentgate.declared"  # what the container was made from
PORT = "org.agentgate.port"  # that it serves, within

_LOCAL = "127.0.0.1"
_TAKEN = re.compile(r":(?P<of>\d+): bind: address already in use|:(?P<as>\d+) failed: port is already allocated")
_UNFETCHED = re.compile(r"\bpull|\bGet \"https?://|manifest unknown|\blookup \S+ on ")
_LAST = 1000  # lines of what a container printed that are kept


@dataclass(frozen=True)
class Container:
    """A container of ours."""

    id: str
    labels: Mapping[str, str]
    env: Mapping[str, str] = field(repr=False)  # with its passwords
    host: str = ""  # "": it serves nothing now
    port: int = 0
    ended: str = ""  # "" while it runs, else how it ended, or that it is paused

    @property
    def service(self) -> str:
        return self.labels.get(SERVICE, "")

    @property
    def project(self) -> str:
        return self.labels.get(PROJECT, "")


class NoEngineError(ServiceError):
    """No container can be started here; the message says why."""


def labels(owner: Owner, project: str, service: str, declared: str) -> dict[str, str]:
    """What a container is known by once nobody remembers it."""
    return {
        PROJECT: project, SERVICE: service, RUN: owner.run, LOCK: owner.lock, HOST: owner.host, DECLARED: declared,
    }  # fmt: skip


class Engine:
    """Docker, or what answers in its place.

    Raises NoEngineError where nothing does, and ServiceError for what it refuses.

    As a context manager it closes its connections at the end.
    """

    def __init__(self) -> None:
        try:
            import docker
        except ImportError:
            raise NoEngineError(
                "containers need testcontainers: install pytest-agentgate[services], or give the service a url"
            ) from None
        self._docker = docker
        self._address = os.environ.get("DOCKER_HOST", "")
        if self._address.lower().startswith("ssh://") and find_spec("paramiko") is None:
            raise NoEngineError(
                "DOCKER_HOST begins with ssh://, which needs paramiko: install docker[ssh], or set another DOCKER_HOST"
            )
        _meet(self._address)
        try:
            self._client = docker.from_env(timeout=60)
            self._client.ping()
        except Exception as error:  # noqa: BLE001  requests', urllib3's, or docker's
            raise NoEngineError(f"no engine for containers answers: {_innermost(error)}") from None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of its connections; containers stay as they are."""
        self._client.close()

    def start(
        self,
        image: str,
        *,
        port: int,
        env: Mapping[str, str],
        labels: Mapping[str, str],
        more: Sequence[str] = (),
        outer_port: int = 0,
    ) -> Container:
        """Start an image that is here.

        ``more`` is added to its own command, where that is a server's; ``outer_port``, 0: any, is where it is reached.
        """
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        testcontainers_config.ryuk_disabled = True
        with self._refusals(f"image {image}"):
            made = DockerContainer(image)
            made.image = _called(image)
            for name, value in env.items():
                made = made.with_env(name, value)
            made = made.with_bind_ports(port, outer_port) if outer_port else made.with_exposed_ports(port)
            if more and (command := self._command(made.image, more)):
                made = made.with_command(command)
            made = made.with_kwargs(labels={**labels, PORT: str(port)})
            try:
                made.start()
                container = self.look(str(made.get_wrapped_container().id))
            except BaseException:
                made.stop()  # what could be made of it, too
                raise
            made.get_docker_client().client.close()
            return container

    def has(self, image: str) -> bool:
        """Whether an image is here already. Raises ServiceError, where no image can be started at all too."""
        if find_spec("testcontainers") is None:
            raise NoEngineError("containers need testcontainers: install pytest-agentgate[services]")
        with self._refusals(f"image {image}"):
            try:
                self._client.images.get(_called(image))
            except self._docker.errors.ImageNotFound:
                return False
            return True

    def fetch(self, image: str, told: Callable[[int, int], object]) -> None:
        """Have an image here, however long that takes; ``told`` hears of the bytes that have come, and of how many.

        Raises ServiceError where it cannot be had.
        """
        from docker.utils import parse_repository_tag

        repository, tag = parse_repository_tag(_called(image))
        layers: dict[str, tuple[int, int]] = {}
        with self._refusals(f"image {image}"):
            for said in self._client.api.pull(repository, tag=tag or "latest", stream=True, decode=True):
                if "error" in said:
                    raise ServiceError(f"image {image} is not here and cannot be pulled: {said['error']}")
                size = said.get("progressDetail") or {}
                if said.get("status") == "Downloading" and size.get("total"):
                    layers[said["id"]] = size["current"], size["total"]
                elif said.get("status") == "Download complete" and (known := layers.get(said["id"])):
                    layers[said["id"]] = known[1], known[1]
                told(sum(done for done, _ in layers.values()), sum(total for _, total in layers.values()))
            self._client.images.get(_called(image))

    def _command(self, image: str, more: Sequence[str]) -> list[str]:
        """The image's own command with more words; [] where it has none of its own."""
        config = self._client.images.get(image).attrs["Config"]
        own = [str(word) for word in config.get("Cmd") or ()]
        return [*own, *more] if own else []

    def found(self, wanted: Mapping[str, str]) -> list[Container]:
        """The containers that have these labels, ours alone; a value of "" takes any."""
        asked = [f"{name}={value}" if value else name for name, value in {RUN: "", **wanted}.items()]
        with self._refusals("containers"):
            # Others may be removed while they are looked at.
            there = self._client.containers.list(all=True, filters={"label": asked}, ignore_removed=True)
            return [self._container(each) for each in there]

    def look(self, container: str) -> Container:
        """How it stands with a container now."""
        with self._refusals("container"):
            return self._container(self._client.containers.get(container))

    def _container(self, seen: Any) -> Container:
        state, config = seen.attrs["State"], seen.attrs["Config"]
        names = dict(seen.labels)
        pairs = (pair.partition("=") for pair in config.get("Env") or ())
        env = {name: value for name, _, value in pairs}
        if state["Status"] == "paused":
            return Container(seen.id, names, env, ended="is paused")  # it answers nobody until somebody unpauses it
        if state["Status"] not in ("running", "created"):
            how = "was killed for lack of memory" if state.get("OOMKilled") else f"ended with {state.get('ExitCode')}"
            return Container(seen.id, names, env, ended=how)
        bound = (seen.attrs["NetworkSettings"]["Ports"] or {}).get(f"{names.get(PORT, '')}/tcp") or ()
        outer = next((int(each["HostPort"]) for each in bound), 0)
        return Container(seen.id, names, env, self._host(seen, outer), outer)

    def _host(self, seen: Any, outer: int) -> str:
        """Where its ports are reached from here: this machine, unless the engine is another one's."""
        if named := os.environ.get("TESTCONTAINERS_HOST_OVERRIDE") or os.environ.get("TC_HOST"):
            return named
        address = str(self._client.api.base_url)
        if address.startswith(("tcp://", "http://", "https://")):
            name = address.partition("://")[2].partition("/")[0].rpartition(":")[0]
            return name or _LOCAL
        if outer and not _is_open(_LOCAL, outer):  # we are a container ourselves, and the engine is our host's
            networks = seen.attrs["NetworkSettings"]["Networks"].values()
            return next((each["Gateway"] for each in networks if each.get("Gateway")), _LOCAL)
        return _LOCAL

    def printed(self, container: str) -> bytes:
        """The last lines of what a container printed."""
        with self._refusals("container"):
            return bytes(self._client.containers.get(container).logs(tail=_LAST))

    def execute(self, container: str, words: Sequence[str]) -> tuple[int, str]:
        """Run a command in a container; -> its exit status and what it printed."""
        with self._refusals("container"):
            done = self._client.containers.get(container).exec_run(list(words))
            return int(done.exit_code or 0), _whole(done.output).decode(errors="replace")

    def remove(self, container: str) -> bool:
        """Remove a container with what it keeps; False where it was gone already."""
        try:
            with self._refusals("container"):
                self._client.containers.get(container).remove(force=True, v=True)
        except GoneError:
            return False
        return True

    @contextmanager
    def _refusals(self, what: str) -> Iterator[None]:
        _meet(self._address)
        try:
            yield
        except ServiceError:
            raise
        except Exception as error:
            import docker.errors
            import requests

            said = " ".join(str(getattr(error, "explanation", None) or error).split())
            if (taken := _TAKEN.search(said)) and (port := taken["of"] or taken["as"]):
                raise ServiceError(
                    f"port {port} of this machine is taken: end what listens there, or change at"
                ) from None
            if isinstance(error, docker.errors.ImageNotFound) or (what.startswith("image") and _UNFETCHED.search(said)):
                raise ServiceError(f"{what} is not here and cannot be pulled: {said}") from None
            if isinstance(error, docker.errors.NotFound) or "is already in progress" in said:
                raise GoneError(f"{what} is gone: {said}") from None
            if isinstance(error, docker.errors.APIError):
                raise ServiceError(f"{what}: the engine refuses it: {said}") from None
            if isinstance(error, docker.errors.DockerException | requests.RequestException | OSError):
                raise NoEngineError(
                    f"the engine for containers does not answer any more: {_innermost(error)}"
                ) from None
            raise


class GoneError(ServiceError):
    """There is no such container any more."""


def _called(image: str) -> str:
    """An image with the prefix that is set for images, which testcontainers heeds by itself since 4.15."""
    return os.environ.get("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX", "") + image


def _whole(output: bytes | Iterable[bytes]) -> bytes:
    return output if isinstance(output, bytes) else b"".join(output)


def _meet(address: str) -> None:
    """Try the socket by ourselves: the client leaves its own open where nobody answers."""
    path = address.removeprefix("unix://")
    if address.startswith("unix://") and hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as tried:
            try:
                tried.connect(path)
            except OSError as error:
                raise NoEngineError(f"no engine for containers answers on {path}: {error.strerror or error}") from None


def _is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _innermost(error: BaseException) -> str:
    """What the system said, which its clients wrap several times."""
    seen = error
    while (below := seen.__cause__ or seen.__context__) is not None:
        seen = below
    return " ".join(str(seen).split())[:300]
