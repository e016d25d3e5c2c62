"""Conditions: what is read, what is refused and how that is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.gates.condition import OPERATORS, Condition, ConditionError, parse
from pytest_agentgate.gates.metric import quoted
from pytest_agentgate.gates.metrics import known, named
from pytest_agentgate.gates.quantities import UNIT_OF
from pytest_agentgate.model.judgement import Unit


@pytest.mark.parametrize(
    ("text", "metric", "op", "value"),
    [
        ("tests.failed == 0", "tests.failed", "==", 0),
        ("tests.failed==0", "tests.failed", "==", 0),
        ("  tests.total  >=  1_000  ", "tests.total", ">=", 1000),
        ("tests.pass_rate >= 90%", "tests.pass_rate", ">=", 0.9),
        ("tests.pass_rate >= 99.95 %", "tests.pass_rate", ">=", 0.9995),
        ("tests.pass_rate > 0", "tests.pass_rate", ">", 0),
        ("duration.p95 <= 200 ms", "duration.p95", "<=", 0.2),
        ("duration.p95 <= 200ms on all", "duration.p95", "<=", 0.2),
        ("duration.p95 <= 3us", "duration.p95", "<=", 0.000003),
        ("duration.p95 <= 3\N{MICRO SIGN}s", "duration.p95", "<=", 0.000003),
        ("duration.p95 <= 3\N{GREEK SMALL LETTER MU}s", "duration.p95", "<=", 0.000003),
        ("duration.total < 2 min", "duration.total", "<", 120),
        ("duration.total < 1.5 h", "duration.total", "<", 5400),
        ("failures.import == 0", "failures.import", "==", 0),
        ("property.latency.max <= -1.5e3", "property.latency.max", "<=", -1500),
        ("property.latency.p95 <= 200 ms", "property.latency.p95", "<=", 0.2),
        ("property.hits.min >= 250%", "property.hits.min", ">=", 2.5),
        ('property."p95 latency".max < 5', 'property."p95 latency".max', "<", 5),
        ("property.'p95 latency'.max < 5", 'property."p95 latency".max', "<", 5),
        ('property."latency".max < 5', "property.latency.max", "<", 5),
        (r'property."a\"b\\c".max < 5', r'property."a\"b\\c".max', "<", 5),
        ('benchmark."test_x[1]".mean < 1 ms', 'benchmark."test_x[1]".mean', "<", 0.001),
        ("benchmark.test_x.rounds >= 5", "benchmark.test_x.rounds", ">=", 5),
        ("check.mypy == 0", "check.mypy", "==", 0),
        ("approval.release == true", "approval.release", "==", 1),
        ("services.ready != false", "services.ready", "!=", 0),
    ],
)
def test_a_condition_is_read(text: str, metric: str, op: str, value: float) -> None:
    condition = parse(text)
    assert (condition.metric, condition.op, condition.value) == (metric, op, value)
    assert not condition.on_new


def test_what_stands_for_a_parameter_is_told_apart() -> None:
    condition = parse('benchmark."test_x[1]".mean < 1 ms')
    assert (condition.family, condition.pattern) == ("benchmark", "benchmark.<name>.<stat>")
    assert (condition.arguments, condition.unit) == (("test_x[1]", "mean"), Unit.SECONDS)
    assert parse("tests.failed == 0 on new").on_new


@pytest.mark.parametrize(
    ("text", "column", "wrong"),
    [
        ("", 1, "expected a metric, such as tests.failed, but the condition ends"),
        ("   ", 4, "expected a metric"),
        ("tests.", 7, "expected the rest of its name, but the condition ends"),
        ("tests..failed == 0", 7, "expected the rest of its name, not '.'"),
        ("== 0", 1, "expected a metric, such as tests.failed, not '='"),
        ("tests.fialed == 0", 7, "no metric 'tests.fialed'; did you mean 'tests.failed'?"),
        ("test.failed == 0", 1, "did you mean 'tests.failed'?"),
        ("pass_rate >= 90%", 1, "did you mean 'tests.pass_rate'?"),
        ("failures.imports == 0", 10, "did you mean 'failures.import'?"),
        ("failure.import == 0", 1, "did you mean 'failures.import'?"),
        ("property.latency.p59 < 3", 18, "did you mean 'property.latency.p95'?"),
        ('property."p95 latency".maxi < 3', 24, "did you mean 'property.\"p95 latency\".max'?"),
        ("benchmark.test_x.men < 3 s", 18, "did you mean 'benchmark.test_x.mean'?"),
        (
            "failures.xyzzy == 0",
            10,
            "no metric 'failures.xyzzy'; there is failures.<kind>; <kind> is import, validation",
        ),
        ("xyzzy.plugh == 0", 1, "metrics begin with approval, benchmark, causes"),
        ('property."".max < 3', 10, "<name> of property.<name>.max is empty"),
        ("benchmark.test_x[1].mean < 3 s", 17, "has to stand in quotes"),
        ('property."latency.max < 3', 10, "this quote has no end"),
        ("tests.failed", 13, "expected one of == != <= >= < >, but the condition ends"),
        ("tests.failed = 0", 14, "not '='; did you mean '=='?"),
        ("tests.failed => 0", 14, "did you mean '>='?"),
        ("tests.failed \N{LESS-THAN OR EQUAL TO} 0", 14, "did you mean '<='?"),
        ("tests.failed is 0", 14, "did you mean '=='?"),
        ("tests.failed 0", 14, "expected one of == != <= >= < >, not '0'"),
        ("tests.failed ==", 16, "expected a number alone, but the condition ends"),
        ("tests.failed == none", 17, "expected a number alone, not 'none'"),
        ("tests.failed == 5%", 18, "this is a count, and '%' is no unit of it; write a number alone"),
        ("tests.failed <= 2.5", 17, "a count is a whole number"),
        ("tests.failed >= -1", 17, "a count is never negative"),
        ("tests.pass_rate >= 90", 20, "90 of what? This is a ratio: write a percentage, such as 90%"),
        ("tests.pass_rate >= 0.9", 20, "0.9 of what?"),
        ("tests.pass_rate >= 110%", 20, "is more than 100%"),
        ("duration.p95 <= 3", 17, "3 of what? This is a duration: write a number with its unit, such as 200 ms"),
        ("duration.p95 <= 3 mins", 19, "'mins' is no unit of it; did you mean 'min'?"),
        ("duration.p95 <= 1e999 s", 17, "is too large a number"),
        (
            "property.latency.max <= 3 mss",
            27,
            "a number of the tests' own, and 'mss' is no unit of it; did you mean 'ms'?",
        ),
        ("property.latency_ms.max <= 3%", 29, "this is a number of the tests' own, and '%' is no unit of it"),
        ("benchmark.test_x.ops >= 3 ms", 27, "this is a number of the tests' own, and 'ms' is no unit of it"),
        ("approval.release == yes", 21, "approval.<phase> is true or false, not 'yes'"),
        ("approval.release >= true", 18, "is compared with == or !=, not with >="),
        ("tests.failed == 0 on", 19, "expected 'on new', 'on all' or the end, not 'on'"),
        ("tests.failed == 0 on news", 19, "not 'on news'"),
        ("tests.failed == 0 and more", 19, "this is a count, and 'and' is no unit of it; write a number alone"),
        ("tests.xyzzy == 0", 7, "no metric 'tests.xyzzy'; there are tests.total, tests.passed"),
        ("coverage >= 90%", 1, "did you mean 'coverage.percent'?"),
        ("tests.removed == 0 on new", 20, "leave 'on new' out"),
        ("x" * 1001, 1001, "a condition has at most 1,000 characters"),
    ],
)
def test_an_error_points_at_the_character_and_names_what_was_meant(text: str, column: int, wrong: str) -> None:
    with pytest.raises(ConditionError, match=re.escape(wrong)) as caught:
        parse(text)
    assert caught.value.column == column
    assert f", column {column}: " in str(caught.value)
    assert "\n" not in str(caught.value)


# ---- properties

WORDS = st.sampled_from(
    [
        *known(),
        "tests",
        "on",
        "new",
        "all",
        "true",
        "%",
        "ms",
        "s",
        ".",
        '"',
        "'",
        "\\",
        "0",
        "90",
        "-1",
        "1e9",
        *OPERATORS,
    ]
)
SENTENCES = st.lists(WORDS | st.text(max_size=4), max_size=9).map("".join) | st.lists(WORDS, max_size=6).map(" ".join)


@given(SENTENCES | st.text())
def test_any_text_is_a_condition_or_an_error_of_one_line(text: str) -> None:
    try:
        condition = parse(text)
    except ConditionError as error:
        said, column = str(error), error.column
    else:
        said, column = "", 1
        assert parse(str(condition)) == condition
    assert 1 <= column <= len(text) + 1
    assert len(said.splitlines()) <= 1


def values(unit: Unit) -> st.SearchStrategy[float]:
    match unit:
        case Unit.FLAG:
            return st.sampled_from([0.0, 1.0])
        case Unit.RATIO:
            return st.floats(0, 1)
        case Unit.SECONDS:
            return st.floats(0, allow_infinity=False, allow_nan=False)
        case Unit.NUMBER:
            return st.floats(allow_infinity=False, allow_nan=False)
        case _:
            return st.integers(0, 10**20).map(float)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    metric = named(draw(st.sampled_from([*known()])))
    names = st.text(min_size=1, max_size=20).filter(str.strip)
    parameters = [part for part in metric.parts if part.startswith("<")]
    arguments = tuple(
        draw(st.sampled_from(metric.choices[part]) if part in metric.choices else names) for part in parameters
    )
    unit = metric.unit_of(arguments)
    suffix = draw(st.sampled_from(["", *metric.suffixes(arguments)])) if unit is Unit.NUMBER else ""
    unit = UNIT_OF[suffix] if suffix else unit
    return Condition(
        metric=metric.canonical(arguments),
        pattern=metric.name,
        arguments=arguments,
        op=draw(st.sampled_from(["==", "!="] if unit is Unit.FLAG else [*OPERATORS])),
        value=draw(values(unit)) + 0.0,
        unit=unit,
        on_new=metric.on_new and draw(st.booleans()),
        suffix=suffix,
    )


@given(conditions())
def test_a_condition_that_is_printed_is_read_as_the_same(condition: Condition) -> None:
    if (condition.pattern, *condition.arguments) != ("guard.<rule>", "findings"):  # which is a metric of its own
        assert parse(str(condition)) == condition


@given(st.text(min_size=1))
def test_any_name_can_be_quoted(name: str) -> None:
    if name.strip() and len(name) < 400:
        assert parse(f"property.{quoted(name)}.max < 1").arguments == (name,)
