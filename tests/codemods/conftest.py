"""What the tests of codemods share: real programs to read."""

from __future__ import annotations

import os
import random
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

FEW = 20
ALL = os.environ.get("AGENTGATE_PROGRAMS") == "all"  # read before tests are shielded from the environment


@pytest.fixture(scope="session")
def programs() -> Sequence[Path]:
    """Files of the standard library: a few that are always the same, or all with AGENTGATE_PROGRAMS=all."""
    library = Path(sysconfig.get_path("stdlib"))
    files = [path for path in sorted(library.rglob("*.py")) if "site-packages" not in path.parts]
    if ALL:
        return files
    small = [path for path in files if path.stat().st_size < 20_000 and "lib2to3" not in path.parts]
    return random.Random(11).sample(small, FEW)
