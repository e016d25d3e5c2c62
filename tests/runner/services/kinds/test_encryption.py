"""Servers under TLS, reached as a ``url`` asks: what is trusted, what is not, and what workers are given."""

from __future__ import annotations

import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pika  # type: ignore[import-untyped]
import pytest
import redis
import trustme
from tests.runner.services.conftest import Start, only

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Provision
from pytest_agentgate.runner.services.environment import MAIN
from pytest_agentgate.runner.services.kinds.any_image import AnyImage
from pytest_agentgate.runner.services.kinds.encryption import context_of

REDIS = (
    "redis-server --port 0 --tls-port 6379 --tls-auth-clients optional --requirepass s3cret --save '' --bind 0.0.0.0 "
    "--tls-cert-file /certificates/server.pem --tls-key-file /certificates/key.pem "
    "--tls-ca-cert-file /certificates/ca.pem"
)
RABBITMQ = """
listeners.tcp = none
listeners.ssl.default = 5671
ssl_options.cacertfile = /certificates/ca.pem
ssl_options.certfile = /certificates/server.pem
ssl_options.keyfile = /certificates/key.pem
ssl_options.verify = verify_none
loopback_users = none
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``ca.pem``, and ``server.pem`` with ``key.pem`` for this machine's loopback."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server = authority.issue_cert("127.0.0.1")
    server.cert_chain_pems[0].write_to_path(folder / "server.pem")
    server.private_key_pem.write_to_path(folder / "key.pem")
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@contextmanager
def container(certificates: Path, image: str, port: int, command: Sequence[str] = (), **environ: str) -> Iterator[int]:
    """A container of an image; -> where its port is."""
    publish, volume = f"127.0.0.1::{port}", f"{certificates}:/certificates:ro"
    variables = [word for name, value in environ.items() for word in ("-e", f"{name}={value}")]
    start = [
        "docker",
        "run",
        "-d",
        "--rm",
        "-p",
        publish,
        "-v",
        volume,
        *variables,
        f"agentgate-test/{image}",
        *command,
    ]
    started = subprocess.run(start, capture_output=True, text=True, check=True).stdout.strip()
    try:
        bound = subprocess.run(["docker", "port", started], capture_output=True, text=True, check=True).stdout
        yield int(bound.split()[-1].rpartition(":")[2])
    finally:
        subprocess.run(["docker", "rm", "-fv", started], capture_output=True, check=True)


@pytest.fixture(scope="module")
def encrypted_redis(certificates: Path) -> Iterator[str]:
    with container(certificates, "redis:7", 6379, ["sh", "-c", f"exec {REDIS}"]) as port:
        yield f"rediss://:s3cret@127.0.0.1:{port}/0"


def declared(kind: str, url: str, seconds: int = 120) -> str:
    return f'[services.it]\nkind = "{kind}"\ntimeout = {seconds}\nurl = "{url}"\n'


@pytest.mark.engine("docker")
@pytest.mark.parametrize("query", ["ssl_ca_certs={ca}", "ssl_cert_reqs=none"])
def test_workers_get_databases_of_a_redis_under_tls(
    start: Start, encrypted_redis: str, certificates: Path, query: str
) -> None:
    fleet = start(declared("redis", f"{encrypted_redis}?{query.format(ca=certificates / 'ca.pem')}"))
    assert only(fleet).state is Provision.READY, only(fleet).why
    first, second = (fleet.room(worker, "all")["REDIS_URL"] for worker in ("gw0", "gw1"))
    assert first.startswith("rediss://")
    assert redis.from_url(first).set("whose", "first")
    assert redis.from_url(second).get("whose") is None


@pytest.mark.engine("docker")
def test_a_certificate_that_nobody_trusts_is_told_at_once(start: Start, encrypted_redis: str) -> None:
    one = only(start(declared("redis", encrypted_redis, 600)))
    assert one.state is Provision.FAILED
    assert "is not trusted: self-signed certificate in certificate chain" in one.why
    assert "s3cret" not in one.why


@pytest.mark.engine("docker")
def test_a_server_under_tls_that_is_asked_without_is_not_ready(start: Start, encrypted_redis: str) -> None:
    one = only(start(declared("redis", encrypted_redis.replace("rediss:", "redis:"), 1)))
    assert one.state is Provision.FAILED


@pytest.mark.engine("servers")
def test_a_rabbitmq_under_tls(start: Start, certificates: Path) -> None:
    (certificates / "rabbitmq.conf").write_text(RABBITMQ)
    script = "ulimit -n 4096; cp /certificates/rabbitmq.conf /etc/rabbitmq/rabbitmq.conf; exec rabbitmq-server"
    with container(certificates, "rabbitmq:3", 5671, ["sh", "-c", script]) as port:
        url = f"amqps://guest:guest@127.0.0.1:{port}/?cacertfile={certificates / 'ca.pem'}"
        fleet = start(declared("rabbitmq", url, 60))
        assert only(fleet).state is Provision.READY, only(fleet).why
        given = fleet.room(MAIN, "all")["AMQP_URL"]
        assert given.startswith("amqps://guest:guest@127.0.0.1")
        trusting = f"{given.partition('?')[0]}?ssl_options={{'ca_certs':'{certificates / 'ca.pem'}'}}"
        pika.BlockingConnection(pika.URLParameters(trusting)).close()


@pytest.mark.engine("servers")
def test_a_mariadb_under_tls(start: Start, certificates: Path) -> None:
    options = ("ssl-cert=/certificates/server.pem", "ssl-key=/certificates/key.pem", "require-secure-transport=ON")
    command = ["serve-mysql", *(f"--{option}" for option in options)]
    with container(
        certificates, "mariadb:10", 3306, command, MYSQL_ROOT_PASSWORD="s3cret", MYSQL_DATABASE="shop"
    ) as port:
        url = f"mysql://root:s3cret@127.0.0.1:{port}/shop"
        fleet = start(declared("mysql", f"{url}?ssl_ca={certificates / 'ca.pem'}", 60))
        assert only(fleet).state is Provision.READY, only(fleet).why
        refused = only(start(declared("mysql", f"{url}?ssl-mode=VERIFY_IDENTITY", 2)))
        assert refused.state is Provision.FAILED
        assert "certificate verify failed" in refused.why


def test_http_is_asked_under_tls_where_its_url_says_so(certificates: Path) -> None:
    encryption = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    encryption.load_cert_chain(certificates / "server.pem", certificates / "key.pem")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = encryption.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        ready, url = AnyImage("http:/ready"), f"https://127.0.0.1:{server.server_address[1]}"
        try:
            trusting = ready.access_by(f"{url}?ssl_ca_certs={certificates / 'ca.pem'}", 0)
            assert ready.waits(trusting, 60) == "GET /ready answers 501"  # as this server does whatever it is asked
            with pytest.raises(ServiceError, match="is not trusted"):
                ready.waits(ready.access_by(url, 0), 60)
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("scheme", "query", "is_encrypted"),
    [
        ("redis", "", False),
        ("mongodb", "tls=true", True),
        ("mongodb", "ssl=true&tlsInsecure=true", True),
        ("mongodb", "tls=false", False),
        ("amqps", "verify=verify_none", True),
        ("mysql", "ssl-mode=REQUIRED", True),
        ("mysql", "ssl-mode=DISABLED", False),
    ],
)
def test_a_url_says_whether_a_connection_is_encrypted(scheme: str, query: str, is_encrypted: bool) -> None:
    assert (context_of(scheme, query) is not None) == is_encrypted


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"url: .*/none\.pem cannot be read: no such file or directory"):
        context_of("rediss", f"ssl_ca_certs={tmp_path}/none.pem")
