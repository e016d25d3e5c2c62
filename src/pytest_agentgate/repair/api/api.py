"""What an implementation offers: its modules, and what each dotted name leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pytest_agentgate.codemods.files.layout import is_of_source
from pytest_agentgate.codemods.reading.sources import Sources, package_of
from pytest_agentgate.garbage import uncollected
from pytest_agentgate.repair.api.cache import Cache, flat, flat_parameters, key_of, module_of, parameters_of
from pytest_agentgate.repair.api.linking import PINS, link
from pytest_agentgate.repair.api.namespace import Namespace
from pytest_agentgate.repair.api.read import Read, read
from pytest_agentgate.repair.api.table import Module, Symbol
from pytest_agentgate.repair.api.trees import Tree


class Api:
    """The API of an implementation in one state.

    Args:
        modules: by dotted name.
        skipped: files that could not be read, by path, and why.
    """

    def __init__(self, modules: Mapping[str, Module], skipped: Mapping[str, str] | None = None) -> None:
        self.modules = modules
        self.skipped = skipped or {}
        self._namespace = Namespace(modules)

    @classmethod
    def of(
        cls,
        tree: Tree,
        roots: Sequence[str] = ("", "src"),
        folders: Sequence[str] = (),
        cache: Path | None = None,
        *,
        tests: Sequence[str] = (),
    ) -> Api:
        """Read an implementation; what can't be parsed is skipped and told in ``skipped``.

        Args:
            tree: its files.
            roots: the folders from which modules are imported, in order; "" is the root of the tree.
            folders: those that hold the implementation, relative to the root of the tree; none: all of it.
            cache: a folder where what was read is kept for the next time; None: nowhere.
            tests: the folders in these that hold tests, which are no part of it.
        """
        places = {
            path: module_name(path, roots) for path in tree.paths() if is_of_source(path, folders or (".",), tests)
        }
        places = {path: name for path, name in places.items() if all(map(str.isidentifier, name.split(".")))}
        with uncollected():
            reads, skipped = _reads(tree, places, Cache(cache))
            return cls(_linked(reads, tree, roots, Cache(cache)), skipped)

    def symbol(self, dotted: str) -> Symbol | None:
        """What a dotted name leads to: re-exports, aliases and stars followed, members looked up in the bases.

        None where the implementation has no such thing, or it can't be told.
        """
        found = self._namespace.resolve(dotted)
        return found if isinstance(found, Symbol) else None

    def canonical(self, dotted: str) -> str:
        """The dotted name of the place where something is defined; the name itself where that can't be told."""
        return self._namespace.canonical(dotted)

    def offers(self, dotted: str) -> bool:
        """Whether something can be imported or reached under a dotted name; in doubt, True."""
        return self._namespace.resolve(dotted) is not None

    def names_of(self, symbol: Symbol) -> tuple[str, ...]:
        """Every dotted name under which a symbol is offered, that of its definition first, then sorted."""
        return self._namespace.names_of(symbol)

    def members(self, cls: Symbol) -> Mapping[str, Symbol]:
        """The members of a class, inherited ones too, by name."""
        return self._namespace.members(cls)

    def subclasses(self, cls: Symbol) -> tuple[Symbol, ...]:
        """The classes that derive from a class, also by way of others."""
        return self._namespace.subclasses(cls)

    def exports(self, module: str) -> tuple[str, ...]:
        """The names that ``from MODULE import *`` binds, sorted."""
        return tuple(sorted(self._namespace.exports(module)))

    def symbols(self) -> Iterator[Symbol]:
        """Everything that is defined, module by module."""
        for module in self.modules.values():
            yield from module.symbols.values()


def module_name(path: str, roots: Sequence[str]) -> str:
    """The dotted name of a file: from the longest root that holds it."""
    root = max((each for each in roots if not each or path.startswith(f"{each}/")), key=len, default="")
    inner = path[len(root) + 1 :] if root else path
    return inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _reads(tree: Tree, places: Mapping[str, str], cache: Cache) -> tuple[dict[str, Read], dict[str, str]]:
    """What each file says, and which could not be read."""
    tops = frozenset(name.partition(".")[0] for name in places.values())
    reads: dict[str, Read] = {}
    skipped: dict[str, str] = {}
    missing: dict[str, str] = {}
    shared = "\0".join(sorted(tops))
    for path, name in places.items():
        key = key_of(tree.blob(path), name, package_of(path, name), shared)
        kept = cache.get(key)
        if kept is None:
            missing[path] = key
        elif isinstance(kept, str):
            skipped[path] = kept
        else:
            module, open_, partials = kept
            _add(reads, Read(module_of(module, name, path), open_, partials))
    for path, text in tree.texts(list(missing)):
        name = places[path]
        try:
            if text is None:
                raise SyntaxError("it can't be decoded")
            made = read(text, path, name, package_of(path, name), tops)
        except SyntaxError as error:
            skipped[path] = f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
            cache.put(missing[path], skipped[path])
            continue
        cache.put(missing[path], (flat(made.module), made.open, made.partials))
        _add(reads, made)
    cache.tidy()
    return reads, skipped


def _add(reads: dict[str, Read], made: Read) -> None:
    name = made.module.name
    if name not in reads or made.module.path.endswith("__init__.py"):
        reads[name] = made


def _linked(reads: Mapping[str, Read], tree: Tree, roots: Sequence[str], cache: Cache) -> dict[str, Module]:
    """The modules; the models among them are read anew where any file of the tree has changed."""
    blobs = (f"{name} {tree.blob(each.module.path)}" for name, each in sorted(reads.items()))
    key = key_of("models", blobs, [tree.blob(path) for path in PINS])
    kept = cache.get(key) or {}
    known = {name: None if each is None else parameters_of(each) for name, each in kept.items()}
    before = len(known)
    modules = link(reads, lambda: Sources(tree.text, roots, tree.paths), known)
    if len(known) != before:
        cache.put(key, {name: None if each is None else flat_parameters(each) for name, each in known.items()})
    return modules
