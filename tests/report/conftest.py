"""Two runs to report: one as it comes, and one in which every text is hostile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from pytest_agentgate.model import (
    Cause,
    CauseStatus,
    Counts,
    Evidence,
    Failure,
    Frame,
    Kind,
    Outcome,
    Property,
    Raised,
    Reason,
    Result,
    Role,
    Run,
    RunReport,
    RunStatus,
    RunSummary,
    Scope,
    When,
)
from pytest_agentgate.model.judgement import (
    GateResult,
    GateState,
    Item,
    Judge,
    Judgement,
    PhaseResult,
    Severity,
    Unit,
)
from pytest_agentgate.model.services import Lack, Service, Sort, Variable


def failure(
    nodeid: str, kind: Kind, raised: Raised, next_action: str, scope: Scope = Scope.TEST, when: When = When.CALL
) -> Failure:
    reason = Reason(kind, (raised.type, raised.message), raised.message.partition("\n")[0], next_action)
    return Failure(nodeid, scope, when, Evidence((raised,)), reason, reason.signature, text=f"E   {raised.message}")


def cause(
    exemplar: Failure,
    tests: Iterable[str],
    rerun: str,
    status: CauseStatus = CauseStatus.NEW,
    hidden: int | None = None,
    lack: Lack | None = None,
) -> Cause:
    tests = tuple(sorted(tests))
    return Cause(
        signature=exemplar.signature,
        kind=exemplar.reason.kind,
        title=exemplar.reason.title,
        next_action=exemplar.reason.next_action,
        size=len(tests),
        tests=tests,
        files=tuple(sorted({test.partition("::")[0] for test in tests})),
        exemplar=exemplar,
        rerun=rerun,
        status=status,
        hidden=hidden,
        lack=lack,
    )


def frame(role: Role, path: str, line: int, function: str) -> Frame:
    return Frame(role, path, line, function)


@pytest.fixture(scope="session")
def run() -> RunSummary:
    """A run of 431 tests with four causes, one of each status."""
    moved = failure(
        "tests/test_rooms.py",
        Kind.IMPORT,
        Raised("ModuleNotFoundError", ("ImportError",), "No module named 'livekit'",
               frames=(frame(Role.TEST, "tests/test_rooms.py", 3, "<module>"),)),
        "Import it from livekit_utils, which is what took its place.",
        Scope.COLLECT,
        When.COLLECT,
    )  # fmt: skip
    model = failure(
        "tests/test_config.py::test_load[redis-0]",
        Kind.VALIDATION,
        Raised("pydantic_core._pydantic_core.ValidationError", ("ValueError",),
               "OrchestratorConfig.redis: input should be an instance of RedisConfig, and 264 tests give it a dict",
               frames=(frame(Role.TEST, "tests/test_config.py", 12, "test_load"),
                       frame(Role.SOURCE, "src/orchestrator/config.py", 41, "OrchestratorConfig.load"),
                       frame(Role.LIBRARY, "pydantic/main.py", 250, "BaseModel.__init__"))),
        "Build a RedisConfig where the tests pass a dict.",
    )  # fmt: skip
    value = failure(
        "tests/test_health.py::TestHealth::test_get",
        Kind.ASSERTION,
        Raised("AssertionError", (), "assert {'ok': True} == {'ok': True, 'status': 'up'}",
               frames=(frame(Role.TEST, "tests/test_health.py", 22, "TestHealth.test_get"),)),
        "Ask whether the new value is meant, then change the expected one.",
    )  # fmt: skip
    redis = failure(
        "tests/test_redis.py::test_0",
        Kind.CONNECTION,
        Raised("redis.exceptions.ConnectionError", (), "Error 111 connecting to localhost:6379. Connection refused."),
        "Start redis, or point the tests to one that runs.",
        when=When.SETUP,
    )
    env = (("REDIS_URL", "redis://{host}:{port}/{worker}"),)
    lack = Lack("redis", "localhost", 6379, "redis", (Variable("REDIS_URL", "redis://:{password}@{host}:{port}/0"),),
                service=Service("redis", Sort.REDIS, env=env))  # fmt: skip
    return RunSummary(
        Run(
            "20260131T120000-9f2c41d0",
            "2026-01-31T12:00:00.000000+00:00",
            RunStatus.COMPLETED,
            agent="ada@host",
            exit_status=1,
            commit="0123456789abcdef0123456789abcdef01234567",
            branch="main",
            dirty=True,
            duration=12.5,
            plugins=("pytest-xdist 3.8.0",),
            arguments=("-n", "2"),
            workers=2,
            counts=Counts(total=353, passed=47, failed=268, errors=3, skipped=2, not_run=33, collect_errors=24),
        ),
        (
            cause(model, (f"tests/test_{i % 6}.py::test_{i}" for i in range(264)), "pytest tests/test_config.py",
                  CauseStatus.KNOWN),
            cause(moved, (f"tests/test_{i:02}.py" for i in range(24)), "pytest tests/test_00.py tests/test_01.py",
                  hidden=1204),
            cause(value, (f"tests/test_health.py::TestHealth::test_{i}" for i in range(4)),
                  "pytest tests/test_health.py", CauseStatus.REGRESSED),
            cause(redis, (f"tests/test_redis.py::test_{i}" for i in range(3)), "pytest tests/test_redis.py",
                  CauseStatus.FLAKY, lack=lack),
        ),
        {"tests/test_health.py": 9, "tests/test_redis.py": 3},
    )  # fmt: skip


HOSTILE = (
    "|", "`", "``", "\\|", "\\", "<script>", "</code>", "-->", "<!--", "</details>", "&amp;", "```\n",
    "\n", "\r\n", "\n\n# x", "\n|-|-|", "- ", "1. ", "*", "_", "~~", "$x$", "@you", "#1", "[a](http://b)", "![](x)",
    "\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\x00", "\t", "\u202e", "\u2028", "\u200d", " ", "  ",
    "日本語", "👩‍👩‍👧", "é", "e\u0301", "tests/test_a.py::test[", "]", ": ", ".",
)  # fmt: skip


@pytest.fixture(scope="session")
def hostile() -> st.SearchStrategy[RunSummary]:
    """Runs in which everything that may come from a test is whatever breaks a report."""
    text = st.lists(
        st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)), max_size=6
    ).map("".join)
    frames = st.builds(Frame, role=st.sampled_from(Role), path=text, line=st.integers(0, 9999), function=text)
    raised = st.builds(
        Raised, type=text, message=text, frames=st.lists(frames, max_size=2).map(tuple), facts=st.just({})
    )
    reason = st.builds(
        Reason, kind=st.sampled_from(Kind), key=st.tuples(text), title=text.map(_one_line), next_action=text
    )

    def fail(nodeid: str, raised: Raised, reason: Reason, text: str) -> Failure:
        return Failure(nodeid, Scope.TEST, When.CALL, Evidence((raised,)), reason, reason.signature, text=text)

    failures = st.builds(fail, text, raised, reason, text)
    services = st.builds(
        Service, text, st.sampled_from(Sort), text, env=st.lists(st.tuples(text, text), max_size=2).map(tuple)
    )
    variables = st.lists(st.builds(Variable, text, text), max_size=2).map(tuple)
    lacks = st.builds(
        Lack, text, text, st.integers(0, 65535), text, variables, st.lists(text, max_size=2).map(tuple),
        st.none() | services, text, text,
    )  # fmt: skip
    causes = st.builds(
        cause,
        failures,
        st.lists(text, min_size=1, max_size=4, unique=True),
        text,
        st.sampled_from(CauseStatus),
        st.none() | st.integers(0, 99),
        st.none() | lacks,
    )
    runs = st.builds(
        Run,
        id=text,
        created_at=st.just("2026-01-31T12:00:00.000000+00:00"),
        status=st.sampled_from(RunStatus),
        agent=text,
        commit=text,
        branch=text,
        dirty=st.none() | st.booleans(),
        arguments=st.lists(text, max_size=2).map(tuple),
        plugins=st.just(()),
        counts=st.builds(Counts, total=st.integers(0, 9), not_run=st.integers(0, 9)),
    )
    return st.builds(RunSummary, runs, st.lists(causes, max_size=15).map(tuple))


@pytest.fixture(scope="session")
def judgement() -> Judgement:
    """One gate of every state."""
    slow = GateResult(
        "property.latency.p95 <= 200 ms", GateState.FAILED, 0.21, "<= 200 ms", Unit.SECONDS,
        (Item("tests/test_api.py::test_get", 0.34),), more=3, sample=12, owner="team-a",
        command="python -m pytest tests/test_api.py::test_get",
    )  # fmt: skip
    cover = GateResult(
        "coverage.percent >= 80%", GateState.UNAVAILABLE, None, ">= 80%", Unit.RATIO,
        why="coverage was not measured", command="agentgate gate speed", raw=".agentgate/raw/coverage.txt",
    )  # fmt: skip
    mild = GateResult("warnings.total == 0", GateState.WARNED, 2.0, "== 0", severity=Severity.WARN)
    fine = GateResult("collection.errors == 0", GateState.PASSED, 0.0, "== 0")
    return Judgement(
        "J1", "20260131T120000-9f2c41d0", "2026-01-31T12:01:00.000000+00:00", Judge.PROCESS,
        phases=(
            PhaseResult("imports", GateState.WARNED, (fine, mild), notes=("passes; outside of it 12 tests fail",)),
            PhaseResult("speed", GateState.FAILED, (slow, cover)),
            PhaseResult("release", GateState.NOT_ATTEMPTED, why="speed failed"),
        ),
        base="main", notes=("gates of the base were taken",),
    )  # fmt: skip


@pytest.fixture(scope="session")
def report(run: RunSummary, judgement: Judgement) -> RunReport:
    """A judged run with a test of every outcome, reruns, properties, a file and a process that were lost."""

    def fail(nodeid: str, message: str, when: When = When.CALL, attempt: int = 1, final: bool = True) -> Failure:
        made = failure(nodeid, Kind.ASSERTION, Raised("AssertionError", (), message), "Look.", when=when)
        return replace(made, attempt=attempt, final=final)

    file = "tests/test_shop.py"
    lost = failure("", Kind.CRASH, Raised("agentgate.Lost", (), "worker gw1 crashed"), "Look.", Scope.RUN, When.SESSION)
    results = (
        Result("docs/guide.rst::guide.rst", Outcome.PASSED, 0.25),
        Result(f"{file}::TestShop::TestInner::test_deep", Outcome.FAILED, 0.125, When.CALL, "gw0"),
        Result(f"{file}::TestShop::test_values[a.b::c/d]", Outcome.PASSED, 1.5, worker="gw1"),
        Result(f"{file}::test_again", Outcome.RERUN, 0.5, When.CALL, "gw0", 1),
        Result(f"{file}::test_again", Outcome.RERUN, 0.5, When.SETUP, "gw0", 2),
        Result(f"{file}::test_again", Outcome.PASSED, 0.75, None, "gw0", 3),
        Result(f"{file}::test_both", Outcome.FAILED, 0.5, When.CALL),
        Result(f"{file}::test_known", Outcome.XFAILED, 0.0, When.CALL, reason="known"),
        Result(f"{file}::test_lost", Outcome.NOT_RUN, reason="worker gw1 was lost"),
        Result(f"{file}::test_never", Outcome.RERUN, 0.5, When.CALL, "", 1),
        Result(f"{file}::test_never", Outcome.FAILED, 0.25, When.CALL, "", 2),
        Result(f"{file}::test_setup", Outcome.ERROR, 0.0, When.SETUP),
        Result(f"{file}::test_skipped", Outcome.SKIPPED, 0.0, When.SETUP, reason="not before spring"),
        Result(f"{file}::test_surprise", Outcome.XPASSED, 0.1),
    )
    failures = (
        run.causes[1].exemplar,
        fail(f"{file}::TestShop::TestInner::test_deep", "assert {'a': 1} == {'a': 2}"),
        fail(f"{file}::test_again", "one", attempt=1, final=False),
        fail(f"{file}::test_again", "two", When.SETUP, attempt=2, final=False),
        fail(f"{file}::test_both", "call"),
        fail(f"{file}::test_both", 'say "down"', When.TEARDOWN),
        fail(f"{file}::test_never", "first", attempt=1),
        fail(f"{file}::test_never", "second", attempt=2),
        fail(f"{file}::test_setup", "no service", When.SETUP),
        lost,
    )
    properties = (
        Property(f"{file}::test_again", "latency ms", "12.5", 12.5),
        Property(f"{file}::test_again", "a=b]]%41", "two\nlines ]] 100% %20 "),
        Property("docs/guide.rst::guide.rst", "region", ""),
    )
    return RunReport(replace(run, judgement=judgement), results, failures, properties)


@pytest.fixture(scope="session")
def hostile_reports(
    hostile: st.SearchStrategy[RunSummary], hostile_judgements: st.SearchStrategy[Judgement]
) -> st.SearchStrategy[RunReport]:
    """Reports in which everything that may come from a test or a configuration is whatever breaks a document."""
    text = st.lists(
        st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)), max_size=6
    ).map("".join)
    nodeid = st.tuples(text, st.sampled_from(["::", "", ".py::", "::T::", "["]), text).map("".join)
    seconds = st.floats(0, 1e6)
    results = st.builds(
        Result, nodeid, st.sampled_from(Outcome), seconds, st.none() | st.sampled_from(When), text,
        st.integers(1, 3), text,
    )  # fmt: skip

    def made(
        summary: RunSummary,
        judgement: Judgement | None,
        results: list[Result],
        properties: list[Property],
        scope: Scope,
    ) -> RunReport:
        exemplars = [cause.exemplar for cause in summary.causes]
        failures = [replace(one, scope=scope) for one in exemplars]
        failures += [
            replace(one, nodeid=result.nodeid, attempt=result.attempt)
            for one, result in zip(exemplars, results, strict=False)
        ]
        return RunReport(replace(summary, judgement=judgement), tuple(results), tuple(failures), tuple(properties))

    properties = st.lists(st.builds(Property, nodeid, text, text, st.none() | st.floats(-1e9, 1e9)), max_size=3)
    found = st.lists(results, max_size=8, unique_by=lambda one: (one.nodeid, one.worker, one.attempt))
    return st.builds(made, hostile, st.none() | hostile_judgements, found, properties, st.sampled_from(Scope))


@pytest.fixture(scope="session")
def hostile_judgements() -> st.SearchStrategy[Judgement]:
    """Judgements in which everything that may come from a test, a command or a configuration breaks a report."""
    text = st.lists(
        st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=6
    )
    said = text.map("".join)
    number = st.none() | st.floats()
    items = st.lists(st.builds(Item, said, number, said), max_size=8).map(tuple)
    gates = st.builds(
        GateResult, said, st.sampled_from(GateState), number, said, st.sampled_from(Unit), items,
        more=st.integers(0, 9), sample=st.none() | st.integers(0, 9), severity=st.sampled_from(Severity), owner=said,
        why=said, command=said, raw=said,
    )  # fmt: skip
    lines = st.lists(said, max_size=3).map(tuple)
    phases = st.builds(
        PhaseResult, said, st.sampled_from(GateState), st.lists(gates, max_size=4).map(tuple), said, lines
    )
    return st.builds(
        Judgement, said, said, st.just("2026-01-31T12:01:00.000000+00:00"), st.sampled_from(Judge),
        phases=st.lists(phases, max_size=3).map(tuple), asked=lines, base=said, notes=lines,
    )  # fmt: skip


def _one_line(text: str) -> str:
    return " ".join(text.split())
