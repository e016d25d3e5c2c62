"""What the tests ran of the source, from the data of coverage.py."""

from __future__ import annotations

from pytest_agentgate.gates.metric import MeasuredOutside
from pytest_agentgate.model.judgement import Unit


class Percent(MeasuredOutside):
    """The part of the lines of the source that the tests ran."""

    name = "coverage.percent"
    unit = Unit.RATIO


class NewPercent(MeasuredOutside):
    """The part of the lines that differ from the base which the tests ran; where none differs it holds."""

    name = "coverage.new_percent"
    unit = Unit.RATIO


class WorstFile(MeasuredOutside):
    """The part of its lines that the tests ran, of the file of the source where that is least."""

    name = "coverage.worst_file"
    unit = Unit.RATIO
