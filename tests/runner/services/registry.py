"""A registry of one image, as the engine asks one for it: it serves what it is told to, and waits where it is told to.

Source of the requests and forms: the OCI distribution and image specifications (https://github.com/opencontainers).
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class Registry:
    """Has one image, whose one layer comes in two parts: the second once ``goes_on`` is set."""

    def __init__(self) -> None:
        self.asked_for_layer = Event()
        self.goes_on = Event()
        layer = _tar({"noise": os.urandom(3 << 20), "program": b"no program"})
        self.layer = gzip.compress(layer, 1)
        self._blobs = {_digest(self.layer): self.layer}
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Cmd": ["/program"]},
                "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
            }
        ).encode()
        self._blobs[_digest(config)] = config
        forms = "application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip"
        described = [
            {"mediaType": form, "size": len(blob), "digest": _digest(blob)}
            for form, blob in zip(forms, (config, self.layer), strict=True)
        ]
        self.manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:]}
        ).encode()

    def blob(self, digest: str) -> bytes | None:
        return self._blobs.get(digest)


MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@contextmanager
def serving(registry: Registry) -> Iterator[str]:
    """-> where it is, without a scheme: engines take the loopback without encryption."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _, _, rest = self.path.partition("/v2/")
            if not rest:
                self._send(b"{}", "application/json")
            elif "/manifests/" in rest:
                self._send(registry.manifest, MANIFEST)
            elif blob := registry.blob(rest.rpartition("/")[2]):
                self._send(blob, "application/octet-stream")
            else:
                self.send_error(404)

        def do_HEAD(self) -> None:
            self.do_GET()

        def _send(self, body: bytes, form: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", form)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Docker-Content-Digest", _digest(body))
            self.end_headers()
            if self.command == "HEAD":
                return
            if body is registry.layer:
                half = len(body) // 2
                self.wfile.write(body[:half])
                registry.asked_for_layer.set()
                registry.goes_on.wait(600)
                body = body[half:]
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            registry.goes_on.set()
            server.shutdown()
            thread.join()


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            archive.addfile(entry, io.BytesIO(data))
    return packed.getvalue()
