"""Whether an image can be had, within the time that there is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from pytest_agentgate.runner.services.images import obtained


@pytest.fixture
def fetched() -> list[str]:
    """What was to be fetched."""
    return []


@pytest.fixture
def silent() -> Iterator[str]:
    """An engine that takes connections, and answers never."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.engine("docker")
def test_an_image_that_is_here_is_not_fetched(fetched: list[str]) -> None:
    assert obtained("agentgate-test/redis:7", lambda: fetched.append("it"), glance=60) == ""
    assert fetched == []


@pytest.mark.engine("docker")
def test_an_image_that_no_registry_has(fetched: list[str]) -> None:
    image = "127.0.0.1:1/agentgate/none:1"
    why = obtained(image, lambda: fetched.append("it"), glance=60)
    assert why.startswith(f"image {image} is not here and cannot be pulled: ")
    assert "\n" not in why
    assert fetched == ["it"]


@pytest.mark.engine("docker")
def test_a_registry_that_does_not_answer_is_not_waited_for(fetched: list[str], silent: str) -> None:
    image = f"{silent.removeprefix('tcp://')}/agentgate/none:1"
    why = obtained(image, lambda: fetched.append("it"), glance=60, patience=0.5)
    assert why == f"image {image} is not here, and could not be fetched within 0.5 s"


def test_an_engine_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, fetched: list[str], silent: str
) -> None:
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", silent)
    why = obtained("redis:7", lambda: fetched.append("it"), glance=0.5)
    assert why == "the engine for containers did not answer within 0.5 s"
    assert fetched == []


def test_without_an_engine_that_is_said_at_once(monkeypatch: pytest.MonkeyPatch, fetched: list[str]) -> None:
    pytest.importorskip("docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{os.devnull}.sock")
    why = obtained("redis:7", lambda: fetched.append("it"), glance=60)
    assert why.startswith("no engine for containers answers on ")
    assert fetched == []
