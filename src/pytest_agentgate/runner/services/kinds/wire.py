"""A few bytes to a server and back, without a client library."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_agentgate.errors import ServiceError


class Wire:
    """A connection. Raises OSError; ConnectionError where the other side ends it too early."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream

    def patience(self, seconds: float) -> None:
        """Wait so long for each answer from now on."""
        self._stream.settimeout(seconds)

    def send(self, data: bytes) -> None:
        self._stream.sendall(data)

    def read(self, count: int) -> bytes:
        """So many bytes."""
        data = b""
        while len(data) < count:
            piece = self._stream.recv(count - len(data))
            if not piece:
                raise ConnectionError("ends the connection")
            data += piece
        return data

    def line(self) -> bytes:
        """Bytes up to the next end of a line, which is left out."""
        data = b""
        while not data.endswith(b"\r\n"):
            data += self.read(1)
        return data[:-2]


@contextmanager
def wire(host: str, port: int, seconds: float, encryption: ssl.SSLContext | None = None) -> Iterator[Wire]:
    """A connection that waits for each answer so long and no longer.

    Raises OSError; ServiceError for a certificate that is not trusted, for which waiting is in vain.
    """
    with socket.create_connection((host, port), timeout=seconds) as stream:
        if encryption is None:
            yield Wire(stream)
            return
        try:
            encrypted = encryption.wrap_socket(stream, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise ServiceError(f"the certificate of {host}:{port} is not trusted: {error.verify_message}") from None
        with encrypted:
            yield Wire(encrypted)


def why(error: OSError) -> str:
    """What a connection came to, in a few words."""
    return "does not answer in time" if isinstance(error, TimeoutError) else str(error.strerror or error).lower()
