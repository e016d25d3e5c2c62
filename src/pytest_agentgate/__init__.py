"""Group the failures of a test suite by cause, and record who ran what.

Importing this package imports nothing else: pytest loads it in every run of every project that has it installed.
"""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    if name == "__version__":
        from importlib.metadata import version

        return version("pytest-agentgate")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
