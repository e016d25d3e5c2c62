"""Any image with a port: ready as its configuration says."""

from __future__ import annotations

import re
import shlex
import ssl
from dataclasses import replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.kinds.encryption import context_of
from pytest_agentgate.runner.services.kinds.kind import Access, Kind
from pytest_agentgate.runner.services.kinds.wire import why, wire

_PORTS = {"http": 80, "https": 443}  # which their URLs leave out
_ENDS_AT_ONCE = 0.1  # seconds in which a proxy without anybody behind it ends a connection


class AnyImage(Kind):
    """``ready``: tcp, http:/path, log:REGEX or command:WORDS; the last two need a container of ours."""

    def __init__(self, ready: str = "") -> None:
        self.how, _, self.what = (ready or "tcp").partition(":")

    def access_by(self, url: str, port: int) -> Access:
        return super().access_by(url, port or _PORTS.get(url.partition("://")[0].lower(), 0))

    def url(self, access: Access, room: str) -> str:
        scheme = access.scheme or ("http" if self.how == "http" else "tcp")
        return super().url(replace(access, scheme=scheme), access.database)  # it has one room

    def waits(self, access: Access, seconds: float) -> str:
        if self.how == "http":
            return self._http(access, seconds)
        if self.how == "log":
            return self._log(access)
        if self.how == "command":
            return self._command(access)
        return _listens(access, seconds)

    def _http(self, access: Access, seconds: float) -> str:
        encryption = context_of(access.scheme, access.query)
        connection = (
            HTTPSConnection(access.host, access.port, timeout=seconds, context=encryption)
            if encryption
            else HTTPConnection(access.host, access.port, timeout=seconds)
        )
        try:
            connection.request("GET", self.what)
            status = connection.getresponse().status
        except ssl.SSLCertVerificationError as error:
            raise ServiceError(f"the certificate of {access.address} is not trusted: {error.verify_message}") from None
        except OSError as error:
            return f"GET {self.what}: {why(error)}"
        except HTTPException as error:
            return f"GET {self.what}: {error!r}"
        finally:
            connection.close()
        return "" if 200 <= status < 400 else f"GET {self.what} answers {status}"

    def _log(self, access: Access) -> str:
        if access.printed is None:
            raise ServiceError("ready = 'log:...' needs a container: nothing is known of what a server by url prints")
        printed = access.printed().decode(errors="replace")
        return "" if re.search(self.what, printed, re.MULTILINE) else f"has printed nothing that matches {self.what!r}"

    def _command(self, access: Access) -> str:
        if access.execute is None:
            raise ServiceError("ready = 'command:...' needs a container: in a server by url nothing can be run")
        status, printed = access.execute(shlex.split(self.what))
        last = next((line for line in reversed(printed.splitlines()) if line.strip()), "")
        return "" if status == 0 else f"{self.what} ends with {status}{': ' if last else ''}{last.strip()[:200]}"


def _listens(access: Access, seconds: float) -> str:
    """Whether it takes a connection and keeps it: the engine's own proxy takes any, and ends it."""
    try:
        with wire(access.host, access.port, seconds) as connection:
            connection.patience(_ENDS_AT_ONCE)
            try:
                connection.read(1)
            except TimeoutError:
                pass
    except OSError as error:
        return why(error)
    return ""
