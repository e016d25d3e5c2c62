"""What a project and its tests do to the process that they share with us: neither changes the other."""

from __future__ import annotations

import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

from pytest_agentgate.report.formats import FORMATS

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

# Says which modules are imported by us, or by what we call, once the project's folders are on sys.path.
LATE_IMPORTS = """
import pathlib, sys
SEEN = pathlib.Path(__file__).with_name("late")
class Watch:
    def find_spec(self, name, path=None, target=None):
        frame = sys._getframe(1)
        while frame is not None:
            package = frame.f_globals.get("__name__", "").partition(".")[0]
            if package in ("_pytest", "pluggy", "xdist", "conftest"):
                return None
            if package == "pytest_agentgate":
                with SEEN.open("a") as file:
                    file.write(f"{name} by {frame.f_globals['__name__']}\\n")
                return None
            frame = frame.f_back
sys.meta_path.insert(0, Watch())
"""
PHASE = """
[[phase]]
name = "all"
gates = [
    "tests.failed == 0", "causes.new == 0", "failures.import == 0 on new", "coverage.percent >= 90%",
    "tests.each.duration < 1 min",
]
"""


def test_a_module_of_the_project_never_takes_the_place_of_one_that_we_need(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makeconftest(LATE_IMPORTS)
    pytester.makepyfile(
        test_gone="import gone_for_good",
        test_some="""
        import subprocess, warnings, pytest
        def test_equal(): assert {1: [2]} == {1: [3]}
        def test_name(): None.name
        def test_call(): len(1, of=2)
        def test_connection(): raise ConnectionRefusedError(111, "refused")
        def test_made_up(request): request.node.add_report_section("call", "note", "x"); pytest.fail("x", pytrace=False)
        def test_warns(): warnings.warn("x")
        @pytest.mark.skip
        def test_skipped(): pass
        """,
    )
    pytester.makefile(".toml", agentgate=PHASE)
    asked = [word for name in FORMATS for word in ("--agentgate-report", f"{name}:reports/{name}")]
    recorded = run("--agentgate-phase", "all", *asked, *processes)
    assert len(recorded.events("failure")) == 6
    assert {path.name for path in (pytester.path / "reports").iterdir()} == set(FORMATS)
    late = (pytester.path / "late").read_text().splitlines() if (pytester.path / "late").exists() else []
    # What lies in a package that is there already comes from nowhere else.
    there = {"pytest_agentgate", "encodings", *sys.builtin_module_names}
    there.add(sysconfig._get_sysconfigdata_name())  # type: ignore[attr-defined]
    assert [line for line in late if line.split()[0].partition(".")[0] not in there] == []


def test_what_a_test_replaces_reaches_no_record(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        BROKEN = ["os.write", "json.dumps", "json.loads", "builtins.open", "os.path.exists", "pathlib.Path.resolve"]
        @pytest.fixture(params=BROKEN)
        def broken(request, monkeypatch):
            monkeypatch.setattr(request.param, lambda *arguments, **named: None)
        def test_passes(broken): pass
        def test_fails(broken): assert [] == [1]
        """
    )
    recorded = run()
    recorded.result.assert_outcomes(passed=6, failed=6)
    assert list(recorded.outcomes().values()) == ["passed"] * 6 + ["failed"] * 6
    assert {(event["kind"], event["evidence"]["live"]) for event in recorded.events("failure")} == {("assertion", True)}
    assert "incomplete" not in recorded.output


def test_tests_that_leave_the_folder_or_fork_leave_the_record_whole(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        def test_leaves(): os.chdir("/")
        def test_forks():
            child = os.fork()
            if not child:
                raise RuntimeError("the child goes on with the tests")
            os.waitpid(child, 0)
        def test_last(): pass
        """
    )
    recorded = run("--agentgate-report", "md:out/run.md", "-W", "ignore::DeprecationWarning")
    assert recorded.result.ret == 0
    assert [event["outcome"] for event in recorded.events("result")] == ["passed"] * 3
    assert "3 passed" in (pytester.path / "out/run.md").read_text()


def test_options_that_only_show_something_are_no_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(tmp_path): pass")
    for option in ("--collect-only", "--fixtures", "--setup-plan"):
        recorded = run(option)
        assert recorded.result.ret == 0
        assert not (recorded.root / ".agentgate").exists(), option


def test_a_terminal_that_is_switched_off_needs_no_silencing(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): assert 0")
    recorded = run("-p", "no:terminal", "--agentgate-output", "agent")
    assert recorded.result.ret == pytest.ExitCode.TESTS_FAILED
    assert recorded.event("end")["status"] == "completed"


def test_who_ends_the_session_interrupts_the_run(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyfile("import pytest\ndef test_one(): pytest.exit('enough')\ndef test_two(): pass")
    recorded = run(*processes)
    assert recorded.result.ret == pytest.ExitCode.INTERRUPTED
    assert recorded.event("end")["status"] == "interrupted"
    reasons = {event.get("reason") for event in recorded.events("result") if event["outcome"] == "not_run"}
    assert reasons <= {"pytest.exit: enough"}


def test_an_error_in_a_hook_is_told_once_and_as_itself(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makeconftest("def pytest_collection_modifyitems(): raise RuntimeError('in a hook')")
    pytester.makepyfile("def test_one(): pass")
    recorded = run(*processes)
    assert recorded.result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert (recorded.event("failure")["scope"], recorded.event("failure")["kind"]) == ("run", "other")
    assert recorded.event("failure")["title"] == "RuntimeError: in a hook"
    assert recorded.event("end")["status"] == "aborted"


@pytest.mark.parametrize("hook", ["pytest_sessionstart", "pytest_sessionfinish"])
def test_a_session_that_fails_around_its_tests_ends_its_record(run: Run, pytester: pytest.Pytester, hook: str) -> None:
    pytester.makeconftest(f"def {hook}(): raise RuntimeError('in a hook')")
    pytester.makepyfile("def test_one(): pass")
    plain = run(agentgate=False)
    recorded = run()
    assert recorded.result.ret == plain.result.ret
    assert recorded.event("end")["status"] == "aborted"
    assert recorded.rows("SELECT status FROM consolidated_runs") == [("aborted",)]


def test_a_plugin_that_cannot_start_is_a_failure_of_the_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(settings="def pytest_load_initial_conftests(): raise ImportError('no settings')")
    pytester.syspathinsert()
    recorded = run("-p", "settings")
    assert recorded.event("failure")["title"].endswith("no settings")
    assert recorded.event("end")["status"] == "aborted"


def test_a_conftest_that_fails_in_workers_only_is_one_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import os\nif 'PYTEST_XDIST_WORKER' in os.environ: raise RuntimeError('here')")
    pytester.makepyfile("def test_one(): pass")
    recorded = run("-n", "1", "--max-worker-restart", "0")
    assert len(recorded.logs) == 1
    assert recorded.event("end")["status"] == "aborted"
    assert [event["scope"] for event in recorded.events("failure")] == ["run"]
