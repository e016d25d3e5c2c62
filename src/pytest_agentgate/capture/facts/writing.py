"""Objects that could not be written, and texts that could not be read."""

from __future__ import annotations

from typing import Any

from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import arguments_of, type_name


@reads("yaml.representer.RepresenterError")
def yaml(exception: BaseException) -> dict[str, Any]:
    arguments = arguments_of(exception)
    return {"value_type": type_name(arguments[1])} if len(arguments) > 1 else {}
