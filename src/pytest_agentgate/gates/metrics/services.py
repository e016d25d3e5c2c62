"""Services that the tests need."""

from __future__ import annotations

from pytest_agentgate.gates.metric import MeasuredOutside
from pytest_agentgate.model.judgement import Unit


class Ready(MeasuredOutside):
    """Whether every service that the tests need answers."""

    name = "services.ready"
    unit = Unit.FLAG
