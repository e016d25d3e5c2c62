"""Settings that many tests share."""

from gateway.settings import Auth, Limits, Route, Settings, Upstream

UPSTREAM = Upstream(host="users")

BASE = {
    "routes": [
        Route(prefix="/users", upstream=UPSTREAM),
        Route(prefix="/mail", upstream=Upstream(host="mail", port=8025)),
    ],
    "limits": Limits(burst=2),
}


def with_auth(*tokens):
    return Settings(**BASE, auth=Auth(tokens=list(tokens)))
