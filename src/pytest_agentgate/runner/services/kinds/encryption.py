"""Connections under TLS, as URLs ask for them: by their scheme, and by the parameters that client libraries read.

Redis: redis-py's ``rediss://`` and ``ssl_*``. RabbitMQ: ``amqps://`` and
https://www.rabbitmq.com/docs/uri-query-parameters. MongoDB: ``tls*`` of its connection strings. MySQL: ``ssl-mode`` of
its own, and ``ssl_*`` as SQLAlchemy hands them to drivers.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection
from urllib.parse import parse_qsl

from pytest_agentgate.errors import ServiceError

_SCHEMES = ("rediss", "valkeys", "amqps", "https")
_AUTHORITIES = ("ssl_ca_certs", "cacertfile", "tlsCAFile", "ssl_ca", "ssl-ca")
_CERTIFICATES = ("ssl_certfile", "certfile", "tlsCertificateKeyFile", "ssl_cert", "ssl-cert")
_KEYS = ("ssl_keyfile", "keyfile", "ssl_key", "ssl-key")
_WANTED = {"tls=true", "ssl=true", "ssl-mode=required", "ssl-mode=verify_ca", "ssl-mode=verify_identity"}
_NO_HOST = {"ssl_check_hostname=false", "tlsAllowInvalidHostnames=true", "ssl-mode=verify_ca"}
_NO_PROOF = {
    "ssl_cert_reqs=none",
    "verify=verify_none",
    "tlsAllowInvalidCertificates=true",
    "tlsInsecure=true",
    "ssl-mode=required",
}


def context_of(scheme: str, query: str) -> ssl.SSLContext | None:
    """What a connection is encrypted with, None where it is not. Raises ServiceError for a file that cannot be read."""
    given = parse_qsl(query)
    said = {f"{name}={value.lower()}" for name, value in given}
    authority, certificate, key = (_value(given, names) for names in (_AUTHORITIES, _CERTIFICATES, _KEYS))
    if scheme not in _SCHEMES and not said & _WANTED and not authority:
        return None
    context = ssl.create_default_context()
    if said & (_NO_PROOF | _NO_HOST):
        context.check_hostname = False
    if said & _NO_PROOF:
        context.verify_mode = ssl.CERT_NONE
    try:
        if authority:
            context.load_verify_locations(authority)
        if certificate:
            context.load_cert_chain(certificate, key)
    except OSError as error:
        files = " or ".join(name for name in (authority, certificate, key) if name)
        raise ServiceError(f"url: {files} cannot be read: {str(error.strerror or error).lower()}") from None
    return context


def _value(given: Collection[tuple[str, str]], names: Collection[str]) -> str | None:
    return next((value for name, value in given if name in names), None)
