"""What tests of capturing share."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

MEBIBYTE = 1 << 20
LittleMemory = Callable[[], AbstractContextManager[None]]


@contextmanager
def _allocating_little() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEBIBYTE, f"{peak:,} bytes"


@pytest.fixture
def little_memory() -> LittleMemory:
    """Fails at the end of a ``with`` whose body allocated a mebibyte: whoever renders a giant whole needs more."""
    return _allocating_little
