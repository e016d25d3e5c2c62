"""Signed tokens that let a participant into a room (JSON Web Tokens with HMAC-SHA256, RFC 7519)."""

import base64
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from time import time
from typing import Any

_HEADER = {"alg": "HS256", "typ": "JWT"}


class InvalidToken(Exception):
    """A token that is malformed, was signed with another secret, or has expired."""


@dataclass(frozen=True)
class Grant:
    """What a token allows."""

    room: str
    can_publish: bool = True
    can_subscribe: bool = True


@dataclass(frozen=True)
class AccessToken:
    """A token to be: who it is for, and what it allows."""

    identity: str
    grant: Grant
    lifetime: float = 600.0  # seconds

    def sign(self, secret: str, now: float | None = None) -> str:
        """The token as text."""
        issued = time() if now is None else now
        claims = {"sub": self.identity, "exp": issued + self.lifetime, "video": asdict(self.grant)}
        body = f"{_encoded(_HEADER)}.{_encoded(claims)}"
        return f"{body}.{_signature(body, secret)}"


def verify(token: str, secret: str, now: float | None = None) -> AccessToken:
    """The token that a text stands for; raises InvalidToken."""
    body, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature, _signature(body, secret)):
        raise InvalidToken("signed with another secret")
    claims = _decoded(body.partition(".")[2])
    remaining = claims["exp"] - (time() if now is None else now)
    if remaining <= 0:
        raise InvalidToken(f"expired {-remaining:.0f} seconds ago")
    return AccessToken(claims["sub"], Grant(**claims["video"]), lifetime=remaining)


def _signature(body: str, secret: str) -> str:
    return _base64(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())


def _encoded(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":"), sort_keys=True).encode())


def _decoded(text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise InvalidToken("malformed") from error
    return dict(value)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
