"""Two runs to report: one as it comes, and one in which every text is hostile."""

from __future__ import annotations

from collections.abc import Iterable

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
    Raised,
    Reason,
    Role,
    Run,
    RunStatus,
    RunSummary,
    Scope,
    When,
)


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
                  CauseStatus.FLAKY),
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
    causes = st.builds(
        cause,
        failures,
        st.lists(text, min_size=1, max_size=4, unique=True),
        text,
        st.sampled_from(CauseStatus),
        st.none() | st.integers(0, 99),
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


def _one_line(text: str) -> str:
    return " ".join(text.split())
