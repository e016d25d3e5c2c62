"""The sources that the house consists of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "pytest_agentgate"
DATA = {PACKAGE / "demo" / "project", PACKAGE / "demo" / "base"}  # a project to be copied: its modules are data here


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> Mapping[str, str]:
    """Module name -> source, of every module of the package; a package's own module ends in ``.__init__``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if not DATA.intersection(path.parents):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            found[".".join(parts)] = path.read_text(encoding="utf-8")
    return found
