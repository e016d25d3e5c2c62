"""Settings that many tests share."""

UPSTREAM = {"host": "users"}

BASE = {
    "routes": [
        {"prefix": "/users", "upstream": UPSTREAM},
        {"prefix": "/mail", "upstream": {"host": "mail", "port": 8025}},
    ],
    "limits": {"burst": 2},
}


def with_auth(*tokens):
    return {**BASE, "auth": {"tokens": list(tokens)}}
