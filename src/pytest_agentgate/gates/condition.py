"""Conditions: ``METRIC OP VALUE [on new|all]``, read with errors that point at the character."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.gates.metric import Metric, is_parameter, quoted, spellings
from pytest_agentgate.gates.metrics import families, find, known, of_family
from pytest_agentgate.gates.quantities import NUMBER, UNIT_OF, spelled
from pytest_agentgate.model.judgement import Unit
from pytest_agentgate.patterns import deferred
from pytest_agentgate.report.measures import FLAGS, SUFFIXES, exact
from pytest_agentgate.values import frozen

LONGEST = 1000
"""Characters of a condition."""

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_MEANT = {"=": "==", "=<": "<=", "=>": ">=", "===": "==", "<>": "!=", "~=": "!=", "!": "!=", "is": "=="}
_MEANT |= {"\N{LESS-THAN OR EQUAL TO}": "<=", "\N{GREATER-THAN OR EQUAL TO}": ">=", "\N{NOT EQUAL TO}": "!="}
_NAMED = {
    Unit.COUNT: "a count",
    Unit.RATIO: "a ratio",
    Unit.SECONDS: "a duration",
    Unit.NUMBER: "a number of the tests' own",
    Unit.FLAG: "true or false",
    Unit.STATUS: "an exit status",
}

_BLANK = deferred(r"\s*")
_WORD = deferred(r"[\w-]+")
_QUOTED = deferred(r'"((?:[^"\\]|\\["\\])*)"|\'((?:[^\'\\]|\\[\'\\])*)\'')
_ESCAPE = deferred(r"\\(.)")
_OPERATOR = deferred(r"[=!<>~\u2264\u2265\u2260]+|is\b")
_STRANGE = deferred(r"[^\s=!<>~\u2264\u2265\u2260]")  # right behind a name
_NUMBER = deferred(NUMBER)
_UNIT = deferred(r"%|[^\W\d_]+")


class ConditionError(AgentgateError):
    """A condition cannot be read: what was expected at which of its characters.

    Args:
        text: the condition.
        at: where in it, from 0.
        wrong: what is wrong there.
    """

    def __init__(self, text: str, at: int, wrong: str) -> None:
        super().__init__(f"{text[:LONGEST]!r}, column {at + 1}: {wrong}")
        self.column = at + 1  # from 1
        self.wrong = wrong


@frozen
class Condition:
    """A condition that was understood; printed, it can be read again."""

    metric: str  # canonical: "tests.pass_rate", 'property."p95 latency".max'
    pattern: str  # the metric's own name: "property.<name>.max"
    arguments: tuple[str, ...]  # what stands for its parts in angle brackets
    op: str  # one of OPERATORS
    value: float  # in the metric's unit: a ratio of 0 to 1, seconds, 1 for true
    unit: Unit
    on_new: bool = False
    suffix: str = ""  # in which the value is stated, where the metric has no unit of its own: "ms"

    @property
    def family(self) -> str:
        return self.pattern.partition(".")[0]

    def holds(self, value: float) -> bool:
        """Whether a value is one that is wanted."""
        return OPERATORS[self.op](value, self.value)

    def __str__(self) -> str:
        value = exact(self.value, self.unit, self.suffix)
        return f"{self.metric} {self.op} {value}{' on new' if self.on_new else ''}"


def parse(text: str) -> Condition:
    """Read a condition.

    Raises ConditionError.
    """
    return _Reader(text).condition()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def condition(self) -> Condition:
        if len(self._text) > LONGEST:
            raise self._error(LONGEST, f"a condition has at most {LONGEST:,} characters")
        metric, arguments = self._metric()
        unit = metric.unit_of(arguments)
        op = self._operator(unit)
        value, suffix = self._value(metric, arguments, unit)
        on_new = self._scope(metric)
        unit = UNIT_OF[suffix] if suffix else unit
        return Condition(metric.canonical(arguments), metric.name, arguments, op, value, unit, on_new, suffix)

    def _error(self, at: int, wrong: str) -> ConditionError:
        return ConditionError(self._text, at, wrong)

    def _skip(self) -> int:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._at

    def _next(self, pattern: re.Pattern[str]) -> str:
        """What matches here, which is then behind; "" where nothing does."""
        found = pattern.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return str(found[0])

    # ---- the metric

    def _metric(self) -> tuple[Metric, tuple[str, ...]]:
        starts = [self._skip()]
        parts = [self._part()]
        while self._text.startswith(".", self._at):
            self._at += 1
            starts.append(self._at)
            parts.append(self._part())
        if _STRANGE.match(self._text, self._at):
            raise self._error(
                self._at, "a name with other characters than letters, digits, '_' and '-' has to stand in quotes"
            )
        found = find(parts)
        if found is None:
            position = _first_strange(parts)
            raise self._error(starts[position], _unknown(parts, position))
        metric, arguments = found
        places = [place for place, part in enumerate(metric.parts) if is_parameter(part)]
        for place, argument in zip(places, arguments, strict=True):
            choices = metric.choices.get(metric.parts[place])
            if choices is not None and argument not in choices:
                raise self._error(starts[place], _unknown(parts, place))
            if not argument.strip():
                raise self._error(starts[place], f"{metric.parts[place]} of {metric.name} is empty")
        return metric, arguments

    def _part(self) -> str:
        if self._text[self._at : self._at + 1] in ('"', "'"):
            found = _QUOTED.match(self._text, self._at)
            if found is None:
                raise self._error(self._at, 'this quote has no end; within quotes write \\" and \\\\')
            self._at = found.end()
            return _ESCAPE.sub(r"\1", found[1] if found[1] is not None else found[2])
        start, word = self._at, self._next(_WORD)
        if not word:
            expected = "a metric, such as tests.failed" if not self._text[:start].strip() else "the rest of its name"
            raise self._error(start, f"expected {expected}, {self._here(start)}")
        return word

    def _here(self, at: int) -> str:
        return f"not {self._text[at]!r}" if at < len(self._text) else "but the condition ends"

    # ---- the rest

    def _operator(self, unit: Unit) -> str:
        start = self._skip()
        op = self._next(_OPERATOR)
        if op not in OPERATORS:
            near = _MEANT.get(op)
            hint = f"; did you mean {near!r}?" if near else ""
            said = f"not {op!r}" if op else self._here(start)
            raise self._error(start, f"expected one of {' '.join(OPERATORS)}, {said}{hint}")
        if unit is Unit.FLAG and op not in ("==", "!="):
            raise self._error(start, f"what is true or false is compared with == or !=, not with {op}")
        return op

    def _value(self, metric: Metric, arguments: tuple[str, ...], unit: Unit) -> tuple[float, str]:
        """The value, and the suffix where it tells what the metric itself does not."""
        start = self._skip()
        if unit is Unit.FLAG:
            word = self._next(_WORD)
            if word not in FLAGS:
                raise self._error(
                    start, f"{metric.name} is true or false, {f'not {word!r}' if word else self._here(start)}"
                )
            return FLAGS[word], ""
        number = self._next(_NUMBER)
        if not number:
            word = self._next(_WORD)
            raise self._error(start, f"expected {_example(unit)}, {f'not {word!r}' if word else self._here(start)}")
        self._skip()
        at = self._at
        suffix = self._next(_UNIT)
        if suffix == "on":  # what follows the value
            self._at, suffix = at, ""
        suffix = self._suffix(suffix, metric.suffixes(arguments), at, unit)
        if not suffix and unit in SUFFIXES and float(number):
            raise self._error(start, f"{number} of what? This is {_NAMED[unit]}: write {_example(unit)}")
        factor = SUFFIXES[UNIT_OF[suffix]][suffix] if suffix else Decimal(1)
        value = float(Decimal(number.replace("_", "")) * factor) + 0.0  # no negative zero
        wrong = _out_of_range(value, unit)
        if wrong:
            raise self._error(start, wrong)
        return value, "" if unit in SUFFIXES else suffix

    def _suffix(self, written: str, known: Sequence[str], at: int, unit: Unit) -> str:
        suffix = spelled(written)
        if not suffix or suffix in known:
            return suffix
        near = _near(written, known)
        hint = f"; did you mean {near!r}?" if near else f"; write {_example(unit)}"
        raise self._error(at, f"this is {_NAMED[unit]}, and {written!r} is no unit of it{hint}")

    def _scope(self, metric: Metric) -> bool:
        start = self._skip()
        words = self._text[start:].split()
        if not words:
            return False
        if words not in (["on", "new"], ["on", "all"]):
            raise self._error(start, f"expected 'on new', 'on all' or the end, not {self._text[start:].rstrip()!r}")
        if words[1] == "new" and not metric.on_new:
            raise self._error(start, f"{metric.name} is not counted apart for what is new: leave 'on new' out")
        return words[1] == "new"


def _out_of_range(value: float, unit: Unit) -> str:
    if not math.isfinite(value):
        return "is too large a number"
    if value < 0 and unit not in (Unit.NUMBER, Unit.STATUS):
        return f"{_NAMED[unit]} is never negative"
    if value > 1 and unit is Unit.RATIO:
        return "is more than 100%"
    if unit in (Unit.COUNT, Unit.STATUS) and value != int(value):
        return f"{_NAMED[unit]} is a whole number"
    return ""


def _example(unit: Unit) -> str:
    examples = {
        Unit.RATIO: "a percentage, such as 90%",
        Unit.SECONDS: "a number with its unit, such as 200 ms",
    }
    return examples.get(unit, "a number alone")


# ---- what was meant


def _first_strange(parts: list[str]) -> int:
    """Which part of a name is the first that no metric has in its place."""
    fitting = [metric.parts for metric in of_family(parts[0])]
    for position, part in enumerate(parts):
        fitting = [
            name
            for name in fitting
            if position < len(name) and (name[position] == part or is_parameter(name[position]))
        ]
        if not fitting:
            return position
    return len(parts) - 1


def _unknown(parts: list[str], position: int) -> str:
    """That there is no such metric, and which was meant, looking at the part that is strange."""
    name = ".".join(map(quoted, parts))
    every = [one for metric in known().values() for one in spellings(metric, parts)]
    fitting = [one for one in every if len(one) > position and list(one[:position]) == parts[:position]]
    part = _near(parts[position], {one[position] for one in fitting})
    meant = {_shown(one): None for one in fitting if one[position] == part}
    near = _near(name, meant) or next(iter(meant), "")
    near = near or min((shown for one in every if (shown := _shown(one)).endswith(f".{name}")), key=len, default="")
    if near:
        return f"no metric {name!r}; did you mean {near!r}?"
    names = ", ".join(metric.name for metric in of_family(parts[0]))
    choices = [
        f"{part} is {', '.join(words)}" for metric in of_family(parts[0]) for part, words in metric.choices.items()
    ]
    if names:
        return f"no metric {name!r}; there {'are' if ',' in names else 'is'} {'; '.join([names, *choices])}"
    return f"no metric {name!r}; metrics begin with {', '.join(families())}"


def _shown(parts: tuple[str, ...]) -> str:
    return ".".join(part if is_parameter(part) else quoted(part) for part in parts)


def _near(word: str, words: Iterable[str]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, sorted(words), n=1)), "")
