"""The variables by which tests find the services that ``agentgate run`` has started: asked for by each worker."""

from __future__ import annotations

import json
import os
import socket

import pytest

from pytest_agentgate.model.services import TOLD

_PATIENCE = 300.0  # seconds; a copy of a large database takes its time


def set_variables(*, is_worker: bool) -> None:
    """Set what this process is told, before any conftest file is loaded.

    Raises pytest.UsageError where nobody answers, or nothing could be made for it: with what else the variables may
    say, tests could reach a server that is no test's.
    """
    if not (told := os.environ.get(TOLD)):
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main") if is_worker else "main"
    # xdist gives all workers of a session one id; the process that has workers is another asker.
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", "") if is_worker else str(os.getpid())
    try:
        whom = json.loads(told)
        question = {"key": whom["key"], "worker": worker, "session": session}
        with socket.create_connection((whom["host"], whom["port"]), timeout=_PATIENCE) as connection:
            connection.sendall(json.dumps(question).encode() + b"\n")
            with connection.makefile("rb") as stream:
                answer = json.loads(stream.read())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise pytest.UsageError(
            f"{TOLD}: {worker} cannot ask for its services: {type(error).__name__}: {error}; unset it where "
            "pytest is not started by agentgate run"
        ) from None
    if "error" in answer:
        raise pytest.UsageError(str(answer["error"]))
    os.environ.update(answer["env"])
