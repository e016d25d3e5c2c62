"""What a failed assertion compared, as bounded text."""

from __future__ import annotations

from pytest_agentgate.capture.bounded import REPR, bounded_repr, clean
from pytest_agentgate.capture.naming import qualified_name, type_name
from pytest_agentgate.model import Comparison, Side

__all__ = ["comparison_of", "qualified_name", "side_of"]


def comparison_of(operator: str, left: object, right: object) -> Comparison:
    """A comparison as ``pytest_assertrepr_compare`` is told of it; never raises."""
    return Comparison(clean(operator, 40), side_of(left), side_of(right))


def side_of(value: object) -> Side:
    """The real type of a value and its bounded repr; never raises, whatever the value's own methods do."""
    return Side(clean(type_name(value), 200), bounded_repr(value, REPR))
