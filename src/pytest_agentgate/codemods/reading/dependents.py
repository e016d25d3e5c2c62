"""Which other files of a project take names from a file."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File


def dependents(file: File) -> Iterator[tuple[str, ModuleNames]]:
    """The other files in which the module of a file is named, by path; none for a file of tests.

    Nothing is imported from ``test_*.py``: pytest would collect it twice. That spares reading a whole project for
    each of them.
    """
    module, path = file.names.module, file.place.path
    name = path.rpartition("/")[2]
    if not module or name.startswith("test_") or name.endswith("_test.py"):
        return
    last = module.rpartition(".")[2]
    for other in file.sources.paths:
        text = file.sources.text(other) if other != path else None
        if text is not None and last in text:
            names = file.sources.file(other)
            if names is not None:
                yield other, names


def takers(file: File, local: str) -> list[str]:
    """The paths of other files that import a name from a file, or use it as its attribute."""
    target = f"{file.names.module}.{local}"
    return [path for path, names in dependents(file) if _takes(names, target)]


def _takes(names: ModuleNames, target: str) -> bool:
    module, _, local = target.rpartition(".")
    if local in names.by_word and any(star.target == module for star in names.scope.stars):
        return True
    imported = any(
        binding.is_import and binding.target == target
        for scope in names.scopes.values()
        for bindings in scope.bindings.values()
        for binding in bindings
    )
    return imported or bool(names.uses(target))
