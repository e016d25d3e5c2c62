"""The files in which a project configures its tools, read when they are asked for; what can't be read says nothing."""

from __future__ import annotations

import configparser
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any


class Files:
    """The files of one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._toml = cache(self._read_toml)
        self._ini = cache(self._read_ini)

    def first(self, *names: str) -> str:
        """The first of these files that is there, "" if none is."""
        return next((name for name in names if (self.root / name).is_file()), "")

    def matching(self, *patterns: str) -> Iterator[str]:
        """The files that match, relative to the folder, sorted for each pattern."""
        for pattern in patterns:
            for path in sorted(self.root.glob(pattern)):
                if path.is_file():
                    yield path.relative_to(self.root).as_posix()

    def text(self, name: str) -> str:
        """What a file says, "" where it is not there."""
        try:
            return (self.root / name).read_text(encoding="utf-8-sig", errors="replace")
        except OSError:
            return ""

    def table(self, name: str, *keys: str) -> Mapping[str, Any] | None:
        """A table of a TOML file, None where it has none."""
        found: Any = self._toml(name)
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else None

    def section(self, name: str, section: str) -> Mapping[str, str | None] | None:
        """A section of an INI file, None where it has none."""
        parser = self._ini(name)
        return parser[section] if parser.has_section(section) else None

    def _read_toml(self, name: str) -> Mapping[str, Any]:
        try:
            return tomllib.loads(self.text(name))
        except (ValueError, RecursionError):
            return {}

    def _read_ini(self, name: str) -> configparser.ConfigParser:
        parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
        try:
            parser.read_string(self.text(name))
        except configparser.Error:
            return configparser.ConfigParser()
        return parser
