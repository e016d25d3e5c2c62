"""What the types of exceptions are known to carry: one file per family, each found by being here.

A family registers its readers by the qualified name of a base type, so that no library is imported to know its errors.
"""

from __future__ import annotations

import importlib
import pkgutil

from pytest_agentgate.capture.facts.registry import facts_of

__all__ = ["facts_of"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
