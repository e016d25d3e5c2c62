"""MongoDB's documents and how they are exchanged, as far as making a server ready needs it.

https://bsonspec.org/spec.html, https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/; logins are SCRAM,
RFC 5802 and RFC 7677.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from pytest_agentgate.runner.services.kinds.wire import Wire

_OP_MSG = 2013
_LARGEST = 48_000_000  # bytes of a message, as servers have it
_WIDTHS = {0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8, 0x13: 16}
_NUMBERS = {0x01: "<d", 0x08: "<?", 0x10: "<i", 0x12: "<q"}
Document = Mapping[str, Any]


class DocumentError(Exception):
    """What a server answers to a command that it does not carry out."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said)
        self.code = code


def ask(connection: Wire, database: str, command: Document) -> Document:
    """What a server answers to a command. Raises DocumentError, OSError; ConnectionError where it is no MongoDB."""
    body = struct.pack("<i", 0) + b"\0" + encoded({**command, "$db": database})
    connection.send(struct.pack("<iiii", len(body) + 16, 1, 0, _OP_MSG) + body)
    length, _, _, operation = struct.unpack("<iiii", connection.read(16))
    if operation != _OP_MSG or not 26 <= length <= _LARGEST:
        raise ConnectionError(f"speaks another protocol: {operation}")
    answer = decoded(connection.read(length - 16)[5:])
    if not answer.get("ok", 1):
        raise DocumentError(str(answer.get("errmsg", "refuses")), int(answer.get("code", 0)))
    return answer


def encoded(document: Document) -> bytes:
    """A document of booleans, integers, texts, bytes, documents and lists of them."""
    body = b"".join(_element(name, value) for name, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def _element(name: str, value: object) -> bytes:
    key = name.encode() + b"\0"
    if isinstance(value, bool):
        return b"\x08" + key + bytes([value])
    if isinstance(value, int):
        return b"\x10" + key + struct.pack("<i", value)
    if isinstance(value, bytes):
        return b"\x05" + key + struct.pack("<iB", len(value), 0) + value
    if isinstance(value, Mapping):
        return b"\x03" + key + encoded(value)
    if isinstance(value, list):
        return b"\x04" + key + encoded({str(number): each for number, each in enumerate(value)})
    data = str(value).encode() + b"\0"
    return b"\x02" + key + struct.pack("<i", len(data)) + data


def decoded(data: bytes) -> dict[str, Any]:
    """A document; of types that no answer here is read for, their bytes. Raises ConnectionError where it is none."""
    try:
        return _decoded(data)
    except (struct.error, ValueError, IndexError, KeyError, RecursionError):
        raise ConnectionError("answers no document") from None


def _decoded(data: bytes) -> dict[str, Any]:
    [end] = struct.unpack_from("<i", data)
    found: dict[str, Any] = {}
    position = 4
    while data[position] and position < end:
        kind, stop = data[position], data.index(b"\0", position + 1)
        name, position = data[position + 1 : stop].decode(), stop + 1
        if kind in (0x02, 0x05):
            [length] = struct.unpack_from("<i", data, position)
            start = position + (4 if kind == 0x02 else 5)
            value = data[start : start + length]
            found[name] = value[:-1].decode(errors="replace") if kind == 0x02 else value
            position = start + length
        elif kind in (0x03, 0x04):
            [length] = struct.unpack_from("<i", data, position)
            inner = _decoded(data[position : position + length])
            found[name] = inner if kind == 0x03 else list(inner.values())
            position += length
        else:
            width = _WIDTHS[kind]
            value = data[position : position + width]
            found[name] = struct.unpack(_NUMBERS[kind], value)[0] if kind in _NUMBERS else value or None
            position += width
    return found


def log_in(connection: Wire, database: str, user: str, password: str, mechanism: str, nonce: str) -> None:
    """Log in by SCRAM-SHA-1 or SCRAM-SHA-256. Raises DocumentError, OSError."""
    scram = Scram(user, password, mechanism, nonce)
    start = {"saslStart": 1, "mechanism": mechanism, "payload": scram.first.encode()}
    answer = ask(connection, database, {**start, "options": {"skipEmptyExchange": True}})
    final = scram.final(bytes(answer["payload"]).decode())
    while not answer.get("done"):
        more = {"saslContinue": 1, "conversationId": int(answer["conversationId"]), "payload": final.encode()}
        answer, final = ask(connection, database, more), ""


class Scram:
    """One conversation of a client."""

    def __init__(self, user: str, password: str, mechanism: str, nonce: str) -> None:
        self._hash = "sha1" if mechanism == "SCRAM-SHA-1" else "sha256"
        self._password = password.encode()
        self._bare = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
        if self._hash == "sha1":  # for MongoDB passwords were hashed once before there was SCRAM
            self._password = (
                hashlib.md5(f"{user}:mongo:{password}".encode(), usedforsecurity=False).hexdigest().encode()
            )

    @property
    def first(self) -> str:
        return f"n,,{self._bare}"

    def final(self, said: str) -> str:
        """The answer to what the server said first. Raises ConnectionError where that is no SCRAM."""
        try:
            parts = dict(each.split("=", 1) for each in said.split(","))
            salt, count = b64decode(parts["s"]), int(parts["i"])
            salted = hashlib.pbkdf2_hmac(self._hash, self._password, salt, count)
        except (ValueError, KeyError):
            raise ConnectionError("answers no SCRAM") from None
        key = hmac.digest(salted, b"Client Key", self._hash)
        without = f"c=biws,r={parts['r']}"
        signed = f"{self._bare},{said},{without}".encode()
        signature = hmac.digest(hashlib.new(self._hash, key).digest(), signed, self._hash)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        return f"{without},p={b64encode(proof).decode()}"
