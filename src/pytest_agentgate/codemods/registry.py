"""Every codemod that can be named in a project: those of this package, of plugins, and of the project itself.

A plugin is what an entry point of the group ``agentgate`` names, a project's own module what ``codemods`` names in its
``[tool.agentgate]``. Both are registered with a pluggy manager of our own; what is taken of each is the codemods that
it defines, and those that its ``agentgate_codemods`` returns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pluggy

from pytest_agentgate.codemods import rewrites
from pytest_agentgate.codemods.codemod import Codemod, flaws
from pytest_agentgate.errors import ConfigError, UsageError

GROUP = "agentgate"
"""The name of the manager, of its markers, and of the group of entry points."""

hookimpl = pluggy.HookimplMarker(GROUP)


class Hooks:
    """What a plugin of the command line may implement."""

    @pluggy.HookspecMarker(GROUP)
    def agentgate_codemods(self) -> Iterable[type[Codemod]]:  # type: ignore[empty-body]
        """Called when codemods are looked up; return those that are not defined in the plugin's own module."""


class Codemods(Mapping[str, type[Codemod]]):
    """Codemods by name, sorted. One of this package is imported when it is asked for.

    Args:
        others: those of plugins and projects.
    """

    def __init__(self, others: Mapping[str, type[Codemod]]) -> None:
        self._others = others
        self._modules = _modules()

    def __getitem__(self, name: str) -> type[Codemod]:
        if name in self._others:
            return self._others[name]
        return codemods_in(import_module(self._modules[name]))[name]

    def __contains__(self, name: object) -> bool:
        return name in self._others or name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._modules, *self._others}))

    def __len__(self) -> int:
        return len({*self._modules, *self._others})


def built_in() -> Codemods:
    """The codemods of this package."""
    return Codemods({})


@cache
def _modules() -> Mapping[str, str]:
    """Name -> module of each codemod of this package: the folder ``rewrites`` is the registry."""
    return {each.name.replace("_", "-"): f"{rewrites.__name__}.{each.name}" for each in iter_modules(rewrites.__path__)}


def codemods_in(module: object) -> dict[str, type[Codemod]]:
    """The codemods that a module defines, by name."""
    return {
        each.name(): each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Codemod)
        and not getattr(each, "__abstractmethods__", None)
        and each.__module__ == getattr(module, "__name__", None)
    }


def known(modules: Sequence[str] = (), root: Path | None = None, roots: Sequence[str] = ()) -> Codemods:
    """Every codemod.

    Args:
        modules: dotted names of the project's own modules with codemods.
        root: the project's folder.
        roots: the folders in it from which its modules are imported.

    Raises:
        ConfigError: a module can't be imported or has no codemod, one of its codemods is none, or two have one name.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(Hooks)
    for point in entry_points(group=GROUP):
        package = f" of {point.dist.name}" if point.dist else ""
        _register(manager, point.value, f"entry point {point.name}{package}")
    if modules and root is not None:
        # Last, so that a project which is itself one of our libraries takes nothing away from us. They stay: other
        # processes import the same modules.
        sys.path += [path for name in roots or ("",) if (path := str(root / name)) not in sys.path]
    for module in modules:
        where = f"tool.agentgate.codemods: {module}"
        own = _register(manager, module, where)
        if not codemods_in(own) and not manager.get_hookcallers(own):
            raise ConfigError(f"{where}: has no codemod{_unfinished(own)}")
    found: dict[str, type[Codemod]] = {}
    for _, plugin in manager.list_name_plugin():
        _add(found, codemods_in(plugin).values())
    for more in manager.hook.agentgate_codemods():
        _add(found, more)
    return Codemods(found)


def named(name: str, among: Mapping[str, type[Codemod]]) -> type[Codemod]:
    """The codemod of that name.

    Raises:
        UsageError: there is none; with the one that was perhaps meant.
    """
    if name in among:
        return among[name]
    close = get_close_matches(name.replace("_", "-").lower(), among, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "; agentgate codemod list shows all"
    raise UsageError(f"no codemod {name!r}{hint}")


def _register(manager: pluggy.PluginManager, module: str, where: str) -> ModuleType:
    try:
        plugin = import_module(module.partition(":")[0])
    except (Exception, SystemExit) as error:  # it is anybody's code
        message = " ".join(str(error).split())
        raise ConfigError(f"{where}: cannot be imported: {type(error).__name__}: {message}") from error
    if not manager.is_registered(plugin):
        manager.register(plugin, module)
    return plugin


def _unfinished(module: ModuleType) -> str:
    """``; its RenameMarker lacks words`` where that is why a module has no codemod, else ""."""
    for each in vars(module).values():
        if isinstance(each, type) and issubclass(each, Codemod) and each.__module__ == module.__name__:
            return f"; its {each.__name__} lacks {', '.join(sorted(getattr(each, '__abstractmethods__', ())))}"
    return ""


def _add(found: dict[str, type[Codemod]], more: Iterable[type[Codemod]]) -> None:
    ours = built_in()
    for kind in more:
        for flaw in flaws(kind):
            raise ConfigError(f"{_home(kind)}: {flaw}")
        other = found.get(kind.name()) or ours.get(kind.name())
        if other is not None and other is not kind:
            raise ConfigError(f"two codemods are called {kind.name()}: {_home(other)} and {_home(kind)}")
        found[kind.name()] = kind


def _home(kind: type[Codemod]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
