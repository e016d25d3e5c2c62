"""MongoDB: https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/; a database per worker."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene
from pytest_agentgate.runner.services.kinds.wire import why, wire

_OP_MSG = 2013
# {"hello": 1, "$db": "admin"}
_HELLO = b"\x10hello\0" + struct.pack("<i", 1) + b"\x02$db\0" + struct.pack("<i", 6) + b"admin\0" + b"\0"
_WRITABLE = b"\x08isWritablePrimary\0\x01"


class MongoDB(Kind):
    image = "mongo:7"
    port = 27017
    scheme = "mongodb"
    names: Mapping[str, str] = {"MONGODB_URI": "{url}", "MONGODB_URL": "{url}", "MONGO_URL": "{url}"}

    def waits(self, access: Access, seconds: float) -> str:
        document = struct.pack("<i", len(_HELLO) + 4) + _HELLO
        body = struct.pack("<i", 0) + b"\0" + document
        try:
            with wire(access.host, access.port, seconds) as connection:
                connection.send(struct.pack("<iiii", len(body) + 16, 1, 0, _OP_MSG) + body)
                length, _, _, operation = struct.unpack("<iiii", connection.read(16))
                answer = connection.read(length - 16) if operation == _OP_MSG else b""
        except OSError as error:
            return why(error)
        if not answer:
            return f"speaks another protocol: {operation}"
        return "" if _WRITABLE in answer else "takes no writes yet"

    def rooms(self, scene: Scene) -> Rooms:
        return _Names(scene)


class _Names(Rooms):
    """Names that nobody else has; a database begins with what is first written to it."""

    def give(self, worker: str, number: int) -> str:
        if worker == "main" and not self.scene.access.is_ours and self.scene.access.database:
            return self.scene.access.database
        return f"agentgate_{self.scene.run}_{worker}"
