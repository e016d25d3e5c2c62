"""Which modules are those of tests, by their names."""

from __future__ import annotations

from pytest_agentgate.codemods.reading.names import ModuleNames


def is_tests(names: ModuleNames) -> bool:
    """Whether a module is one of tests rather than of the implementation, by its name."""
    return is_test_module(names.module)


def is_test_module(name: str) -> bool:
    """Whether a dotted name is that of a module of tests; also "", which nothing imports."""
    return not name or any(
        part in {"test", "tests", "testing", "conftest"} or part.startswith("test_") or part.endswith("_test")
        for part in name.split(".")
    )
