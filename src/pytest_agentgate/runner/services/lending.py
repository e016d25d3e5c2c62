"""Tell each worker, when it asks, by which variables it finds its part of the services.

How many workers there will be is known to pytest alone, and one that crashed is followed by another with a new name.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import TOLD

_LONGEST = 10_000  # bytes of a question

Rooms = Callable[[str, str], dict[str, str]]
"""Worker, test session -> its variables. Raises ServiceError."""


@contextmanager
def lending(rooms: Rooms) -> Iterator[dict[str, str]]:
    """The variables of a test process that let it and its workers ask, until the block is left."""
    key = secrets.token_hex(16)

    class Asked(socketserver.StreamRequestHandler):
        timeout = 60  # seconds for a question: whoever asks may be stopped for some

        def handle(self) -> None:
            answer = _answer(self.rfile.readline(_LONGEST), key, rooms)
            self.wfile.write(json.dumps(answer).encode())

    with _Server(("127.0.0.1", 0), Asked) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            host, port = server.server_address[:2]
            yield {TOLD: json.dumps({"host": str(host), "port": port, "key": key})}
        finally:
            server.shutdown()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


def _answer(line: bytes, key: str, rooms: Rooms) -> dict[str, object]:
    try:
        asked = json.loads(line)
        given, worker, session = str(asked["key"]), str(asked["worker"]), str(asked["session"])
    except (ValueError, KeyError, TypeError):
        return {"error": "not a question"}
    if not hmac.compare_digest(given.encode(), key.encode()) or not worker.isalnum():
        return {"error": "not one of our workers"}
    try:
        return {"env": rooms(worker, session)}
    except ServiceError as error:
        return {"error": str(error)}
