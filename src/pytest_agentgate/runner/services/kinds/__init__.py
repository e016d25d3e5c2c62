"""The kinds of servers, one file each, called as the configuration calls them; the folder is the registry."""

from __future__ import annotations

from importlib import import_module

from pytest_agentgate.model.services import Service
from pytest_agentgate.runner.services.kinds.kind import Kind


def kind_of(service: Service) -> Kind:
    """What a service is; what is not known by itself is any image."""
    if service.kind is None:
        from pytest_agentgate.runner.services.kinds.any_image import AnyImage

        return AnyImage(service.ready)
    module = import_module(f"{__name__}.{service.kind}")
    [found] = (
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Kind) and each.__module__ == module.__name__
    )
    kind = found()
    assert isinstance(kind, Kind)  # noqa: S101  as chosen
    return kind
