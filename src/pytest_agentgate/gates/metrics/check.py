"""Commands of the project."""

from __future__ import annotations

from pytest_agentgate.gates.metric import MeasuredOutside
from pytest_agentgate.model.judgement import Unit


class ExitStatus(MeasuredOutside):
    """The exit status of a command that ``[tool.agentgate.check]`` names; one that cannot be run cannot be measured."""

    name = "check.<name>"
    unit = Unit.STATUS
