"""The tables ``services``: their shapes; whether there is what they name is seen by who starts them."""

from __future__ import annotations

import math
import os
import re
import string
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_agentgate.config.nearest import nearest
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.model.services import Service, Sort
from pytest_agentgate.patterns import deferred

PLACEHOLDERS = ("host", "port", "user", "password", "database", "worker", "url")
"""What the template of a variable may hold between braces."""

_KEYS = ("kind", "image", "port", "at", "ready", "url", "env", "settings", "init", "migrations", "timeout")
_SQL = (Sort.POSTGRES, Sort.MYSQL)
_NAME = deferred(r"[A-Za-z][\w-]*")
_VARIABLE = deferred(r"[A-Za-z_]\w*")
_SETTING = deferred(r"[A-Za-z_][\w.]*")  # as elasticsearch takes discovery.type
_READY = deferred(r"tcp|(?:http:/|log:|command:).*")


def services(table: Any, path: Path) -> tuple[Service, ...]:
    """The services, in the order of the file. Raises ConfigError, with the file, the service and the key."""
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: tool.agentgate.services is a table of tables, such as [tool.agentgate.services.db]")
    return tuple(_service(name, value, path) for name, value in table.items())


def _service(name: str, table: Any, path: Path) -> Service:
    where = f"{path}: tool.agentgate.services.{name}"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: a service's name is a word of letters, digits, '_' and '-', not {name!r}")
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: must be a table with kind, image or url, not {table!r}")
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{where}: no key {key!r}{nearest(key, _KEYS)}")
    kind = _kind(table, where)
    image, url = _text(table, "image", where), _url(table, where)
    port = _port(table, "port", where)
    if kind is None and not image and not url:
        kinds = ", ".join(Sort)
        raise ConfigError(f"{where}: has no kind ({kinds}), no image with its port, and no url of a server")
    if kind is None and image and not port:
        raise ConfigError(f"{where}: port: which one does {image} serve?")
    if image and url:
        raise ConfigError(f"{where}: has an image to start and the url of a server that is there: which of them?")
    if table.get("at") and url:
        raise ConfigError(f"{where}: at says where a container is reached; the server of a url is where it is")
    for key in ("init", "migrations"):
        if table.get(key) and kind not in _SQL:
            raise ConfigError(f"{where}: {key}: files of SQL are for the kinds {' and '.join(_SQL)}")
    return Service(
        name=name,
        kind=kind,
        image=image,
        port=port,
        at=_port(table, "at", where),
        ready=_ready(table, where),
        url=url,
        env=_templates(table, where),
        settings=_variables(table, "settings", where),
        init=_files(table, "init", where),
        migrations=_files(table, "migrations", where),
        timeout=_timeout(table, where),
    )


def _kind(table: Mapping[str, Any], where: str) -> Sort | None:
    value = _text(table, "kind", where)
    kinds = [kind.value for kind in Sort]
    if value and value not in kinds:
        raise ConfigError(f"{where}: kind {value!r} is not known{nearest(value, kinds)}; any other server has an image")
    return Sort(value) if value else None


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or "\0" in value:
        raise ConfigError(f"{where}: {key} must be a text, not {value!r}")
    return value


def _url(table: Mapping[str, Any], where: str) -> str:
    """With the values of its variables; as it stands where they make none, which is then one machine's want."""
    written = _text(table, "url", where)
    url = os.path.expandvars(written)
    if not url or "://" in url:
        return url
    if "$" in written:
        return written
    raise ConfigError(f"{where}: url must be one such as 'postgresql://user@localhost:5432/shop'")  # may hold passwords


def _port(table: Mapping[str, Any], key: str, where: str) -> int:
    value = table.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise ConfigError(f"{where}: {key} must be a number up to 65535, not {value!r}")
    return value


def _ready(table: Mapping[str, Any], where: str) -> str:
    value = _text(table, "ready", where)
    if value and not _READY.fullmatch(value):
        forms = "'tcp', 'http:/path', 'log:REGEX' or 'command:WORDS'"
        raise ConfigError(f"{where}: ready must be {forms}, not {value!r}")
    if value.startswith("log:"):
        try:
            re.compile(value.removeprefix("log:"))
        except re.error as error:
            raise ConfigError(f"{where}: ready: no regular expression: {error}") from error
    if value.startswith("command:"):
        import shlex

        try:
            words = shlex.split(value.removeprefix("command:"))
        except ValueError as error:
            raise ConfigError(f"{where}: ready: no words of a command: {str(error).lower()}") from error
        if not words:
            raise ConfigError(f"{where}: ready: command: names no command")
    return value


def _templates(table: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    variables = _variables(table, "env", where)
    for name, template in variables:
        try:
            parts = [each for each in string.Formatter().parse(template) if each[1] is not None]
        except ValueError as error:
            raise ConfigError(f"{where}: env.{name}: {error}; a brace of its own is written twice") from error
        for _, field, form, conversion in parts:
            if form or conversion:
                raise ConfigError(f"{where}: env.{name}: {{{field}}} stands between its braces alone, without : or !")
            if field not in PLACEHOLDERS:
                known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                near = nearest(str(field), PLACEHOLDERS)
                raise ConfigError(f"{where}: env.{name}: {{{field}}} is none of {known}{near}")
    return variables


def _variables(table: Mapping[str, Any], key: str, where: str) -> tuple[tuple[str, str], ...]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: {key} must be a table of variables, not {value!r}")
    for name, text in value.items():
        if not (_SETTING if key == "settings" else _VARIABLE).fullmatch(name):
            raise ConfigError(f"{where}: {key}: {name!r} is no name of a variable")
        if not isinstance(text, str | int | float) or isinstance(text, bool):
            raise ConfigError(f"{where}: {key}.{name} must be a text, not {text!r}")
        if "\0" in str(text):
            raise ConfigError(f"{where}: {key}.{name}: no variable can hold a null character")
    return tuple((name, str(text)) for name, text in value.items())


def _files(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(each, str) and each and "\0" not in each for each in value):
        raise ConfigError(f"{where}: {key} must be a list of files, not {value!r}")
    for each in value:
        if PurePosixPath(each).is_absolute() or ".." in PurePosixPath(each).parts:
            raise ConfigError(f"{where}: {key}: {each!r} is not below the folder of this file")
    return tuple(value)


def _timeout(table: Mapping[str, Any], where: str) -> float:
    value = table.get("timeout", Service.timeout)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ConfigError(f"{where}: timeout must be a number of seconds, not {value!r}")
    return float(value)
