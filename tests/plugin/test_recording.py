"""What a run leaves in its log and in the store, serially and with two workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_agentgate.store import open_store

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

HEARING = """
import os, pathlib, pytest
if "PYTEST_XDIST_WORKER" not in os.environ:
    def pytest_runtest_logstart(nodeid): pathlib.Path("begun " + nodeid.partition("::")[2]).touch()
    def pytest_runtest_logreport(report): pathlib.Path(f"reported {report.when}").touch()
"""
"""What a controller has heard of tests, in files: whatever it sends because of that, it has sent."""

BROKEN = {
    "test_gone": "from shop import nothing_there\ndef test_one(): pass\ndef test_two(): pass\n",
    "test_shop": """
        import pytest
        def test_passes(): pass
        def test_fails(): assert 1 == 2
        @pytest.mark.skip(reason="not now")
        def test_skipped(): pass
        @pytest.mark.xfail(reason="known")
        def test_xfailed(): assert False
        @pytest.mark.xfail(reason="known")
        def test_xpassed(): pass
        @pytest.fixture
        def broken(): raise KeyError("k")
        def test_error(broken): pass
        @pytest.fixture
        def leaving():
            yield
            raise OSError("in teardown")
        def test_teardown(leaving): pass
        def test_both(leaving): assert False
    """,
}


@pytest.fixture
def broken_suite(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(shop="", **BROKEN)


@pytest.mark.usefixtures("broken_suite")
def test_each_test_has_the_outcome_that_pytest_gave_it(run: Run, processes: tuple[str, ...]) -> None:
    recorded = run(*processes)
    assert recorded.outcomes() == {
        "test_shop.py::test_passes": "passed",
        "test_shop.py::test_fails": "failed",
        "test_shop.py::test_skipped": "skipped",
        "test_shop.py::test_xfailed": "xfailed",
        "test_shop.py::test_xpassed": "xpassed",
        "test_shop.py::test_error": "error",
        "test_shop.py::test_teardown": "error",
        "test_shop.py::test_both": "failed",
    }
    where = {event["nodeid"]: event.get("when") for event in recorded.events("result")}
    assert where["test_shop.py::test_error"] == "setup"
    assert where["test_shop.py::test_teardown"] == "teardown"
    reasons = {event["nodeid"]: event.get("reason") for event in recorded.events("result")}
    assert reasons["test_shop.py::test_skipped"] == "not now"
    assert reasons["test_shop.py::test_xfailed"] == "known"
    assert recorded.result.ret == pytest.ExitCode.TESTS_FAILED
    assert recorded.event("end")["status"] == "completed"


@pytest.mark.usefixtures("broken_suite")
def test_collection_errors_do_not_stop_the_rest(run: Run, processes: tuple[str, ...]) -> None:
    recorded = run(*processes)
    (collect,) = [event for event in recorded.events("failure") if event["scope"] == "collect"]
    assert collect["nodeid"] == "test_gone.py"
    assert collect["kind"] == "import"
    reason = collect["evidence"]["chain"][-1]
    assert reason["type"] == "ImportError"
    assert reason["facts"]["name"] == "shop"
    assert reason["facts"]["symbol"] == "nothing_there"


@pytest.mark.usefixtures("broken_suite")
def test_serial_and_parallel_triage_are_the_same_bytes(run: Run, pytester: pytest.Pytester) -> None:
    first, second = pytester.path / "serial.json", pytester.path / "parallel.json"
    run("--agentgate-report", f"json:{first}", "--agentgate-store", "sqlite:///serial.db")
    for log in (pytester.path / ".agentgate/runs").iterdir():
        log.unlink()
    run("-n", "3", "--agentgate-report", f"json:{second}", "--agentgate-store", "sqlite:///parallel.db")
    serial, parallel = (json.loads(path.read_text()) for path in (first, second))
    del serial["run"], parallel["run"]
    assert json.dumps(serial, indent=1) == json.dumps(parallel, indent=1)
    assert serial["counts"]["failed"] == 2


@pytest.mark.usefixtures("every_plugin")
def test_a_run_says_who_ran_what_where(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    pytester.run("git", "init", "-q", "-b", "work")
    pytester.run("git", "add", "-A")
    pytester.run("git", "commit", "-q", "-m", "all")
    header = run("--agentgate-agent", "fixer 1", "--agentgate-task", "T-7", "-q").event("run")
    assert (header["agent"], header["task"], header["branch"], header["dirty"]) == ("fixer 1", "T-7", "work", False)
    assert len(header["commit"]) == 40
    assert header["arguments"][-1] == "-q"
    assert header["pytest"] == pytest.__version__
    assert any(plugin.startswith("pytest-xdist ") for plugin in header["plugins"])
    pytester.makepyfile("def test_one(): assert 1")
    assert run().event("run")["dirty"] is True


def test_the_environment_names_the_agent(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile("def test_one(): pass")
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "0a1b")
    assert run().event("run")["agent"] == "claude-code:0a1b"
    monkeypatch.setenv("AGENTGATE_AGENT", "mine")
    assert run().event("run")["agent"] == "mine"


def test_an_initial_conftest_that_fails_is_a_failure_of_the_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import no_such_module_at_all")
    pytester.makepyfile("def test_one(): pass")
    recorded = run()
    assert recorded.result.ret == pytest.ExitCode.USAGE_ERROR
    failure = recorded.event("failure")
    assert (failure["scope"], failure["kind"]) == ("run", "import")
    assert failure["evidence"]["chain"][-1]["facts"]["name"] == "no_such_module_at_all"
    assert recorded.event("end")["status"] == "aborted"
    assert "no_such_module_at_all" in recorded.result.stderr.str()


def test_a_run_without_tests_is_a_failure(run: Run, processes: tuple[str, ...]) -> None:
    recorded = run(*processes)
    assert recorded.result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    assert recorded.event("failure")["scope"] == "run"


def test_a_run_that_deselects_everything_says_so(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyfile("def test_one(): pass\ndef test_two(): pass")
    recorded = run("-k", "nothing", *processes)
    assert recorded.event("end")["deselected"] == 2
    assert "2 were deselected" in recorded.event("failure")["title"]


def test_tests_after_the_first_failure_are_not_run(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyfile("def test_first(): assert False\n" + "".join(f"def test_{n}(): pass\n" for n in range(40)))
    recorded = run("-x", *processes)
    left = [event for event in recorded.events("result") if event["outcome"] == "not_run"]
    assert left
    assert all("stopping after 1 failures" in event["reason"] for event in left)
    assert len(recorded.outcomes()) == 41


def test_a_crashed_worker_names_its_test_and_what_it_left(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(HEARING)
    pytester.makepyfile(
        "import os, pathlib, time\n"
        + "".join(f"def test_{n}(): pass\n" for n in range(6))
        + "def test_crash():\n"
        + "    while not pathlib.Path('begun test_crash').exists(): time.sleep(0.01)\n"
        + "    os._exit(3)\n"
        + "".join(f"def test_z{n}(): pass\n" for n in range(30))
    )
    recorded = run("-n", "1", "--max-worker-restart=0")
    failure = recorded.event("failure")
    assert (failure["nodeid"], failure["kind"]) == (
        "test_a_crashed_worker_names_its_test_and_what_it_left.py::test_crash",
        "crash",
    )
    outcomes = list(recorded.outcomes().values())
    assert len(outcomes) == 37
    assert outcomes.count("not_run") == 30
    assert all("gw0" in event["reason"] for event in recorded.events("result") if event["outcome"] == "not_run")


def test_a_worker_that_is_gone_when_tests_are_sent_to_it_is_a_crash(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("".join(f"def test_{n}(): pass\n" for n in range(60)))
    # between the death of a worker and the news of it xdist writes to a pipe that nobody reads
    pytester.makeconftest(
        """
        from xdist.workermanage import NodeManager
        NodeManager.EXIT_TIMEOUT = 0.5  # seconds for the worker to hear that it is over, which it cannot

        class Unread:
            def write(self, data): pass
            def flush(self): raise BrokenPipeError(32, "Broken pipe")

        def pytest_runtest_logreport(report):
            if getattr(report, "node", None) is not None:
                report.node.gateway._io.outfile = Unread()
        """
    )
    recorded = run("-n", "1", "--max-worker-restart=0")
    assert recorded.result.ret == pytest.ExitCode.INTERNAL_ERROR
    failure = recorded.event("failure")
    assert (failure["kind"], failure["scope"]) == ("crash", "run")
    assert failure["title"].startswith("A worker was lost between tests: ")
    assert len(recorded.outcomes()) == 60
    assert all("gw0" in event["reason"] for event in recorded.events("result") if event["outcome"] == "not_run")


def test_a_worker_that_cannot_begin_is_told_with_what_its_traceback_came_to(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile("def test_a(): pass")
    pytester.makeconftest(
        """
        import os, pytest
        if "PYTEST_XDIST_WORKER" in os.environ:
            raise pytest.UsageError("there is no room")
        """
    )
    recorded = run("-n", "1", "--max-worker-restart=0")
    titles = [event["title"] for event in recorded.events("failure")]
    assert any("UsageError: there is no room" in title for title in titles), titles
    assert not any("Traceback (most recent" in title for title in titles), titles


def test_workers_that_die_while_they_collect_are_failures(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        if "PYTEST_XDIST_WORKER" in os.environ:
            os._exit(7)
        def test_one(): pass
        """
    )
    recorded = run("-n", "2", "--max-worker-restart=0")
    assert recorded.result.ret != 0
    assert {event["kind"] for event in recorded.events("failure")} >= {"crash"}
    assert recorded.rows("SELECT status FROM consolidated_runs") != [("completed",)]


def test_reruns_are_attempts(run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]) -> None:
    pytest.importorskip("pytest_rerunfailures")
    pytester.makepyfile(
        """
        import pathlib
        def test_flaky(request):
            mark = pathlib.Path(request.config.rootpath, "tried")
            if not mark.exists():
                mark.write_text("")
                raise ValueError("first time")
        """
    )
    recorded = run("-p", "pytest_rerunfailures", "--reruns", "2", *processes)
    attempts = [(event["outcome"], event.get("attempt", 1)) for event in recorded.events("result")]
    assert attempts == [("rerun", 1), ("passed", 2)]
    assert recorded.result.ret == 0
    (cause,) = recorded.document()["causes"]
    assert cause["history"]["status"] == "flaky"


def test_each_worker_keeps_its_results(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass\ndef test_two(): assert 0")
    recorded = run("-n", "2", "--dist", "each")
    assert len(recorded.events("result")) == 4
    assert recorded.rows("SELECT COUNT(*), COUNT(DISTINCT worker_id) FROM results") == [(4, 2)]


def test_groups_of_xdist_are_no_part_of_an_id(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.xdist_group("db")
        @pytest.mark.parametrize("who", ["a@b", "c"])
        def test_one(who): assert who == "c"
        def test_two(): pass
        """
    )
    recorded = run("-n", "2", "--dist", "loadgroup")
    names = {nodeid.partition("::")[2] for nodeid in recorded.outcomes()}
    assert names == {"test_one[a@b]", "test_one[c]", "test_two"}
    assert "not_run" not in recorded.outcomes().values()
    assert {name.partition("::")[2] for name in recorded.event("collected")["nodeids"]} == names


def test_warnings_keep_their_origin_and_are_counted(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        test_warn="""
        import warnings, pytest
        warnings.warn("while collecting", DeprecationWarning)
        @pytest.mark.parametrize("n", range(4))
        def test_one(n): warnings.warn("while running")
        """
    )
    recorded = run(*processes)
    counts = recorded.rows("SELECT message, category, path, line, SUM(count) FROM warnings GROUP BY message")
    assert counts == [
        ("while collecting", "DeprecationWarning", "test_warn.py", 2, 1),
        ("while running", "UserWarning", "test_warn.py", 4, 4),
    ]


def test_subtests_that_fail_are_failures_of_their_test(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        """
        import unittest
        class TestAll(unittest.TestCase):
            def test_parts(self):
                for n in range(3):
                    with self.subTest(n=n):
                        self.assertEqual(n, 1)
        """
    )
    recorded = run(*processes)
    if "SUBFAIL" not in recorded.output.upper():
        pytest.skip("this pytest has no subtests")
    assert list(recorded.outcomes().values()) == ["failed"]
    assert [event["kind"] for event in recorded.events("failure")] == ["assertion"] * 2


def test_unittest_assertions_tell_what_they_compared(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        """
        import unittest
        class TestAll(unittest.TestCase):
            def test_equal(self): self.assertEqual("a", 1)
        """
    )
    evidence = run(*processes).event("failure")["evidence"]
    assert evidence["comparison"]["operator"] == "assertEqual"
    assert evidence["comparison"]["right"] == {"type": "int", "repr": "1"}


def test_a_comparison_that_was_caught_is_not_taken_for_a_later_failure(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_one():
            try:
                assert "left over" == 5
            except AssertionError:
                pass
        def test_two():
            raise AssertionError("plain")
        """
    )
    assert run().event("failure")["evidence"].get("comparison") is None


def test_only_collecting_is_no_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    assert run("--collect-only").logs == []


def test_the_state_folder_keeps_itself_out_of_version_control(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    pytester.run("git", "init", "-q")
    run()
    assert ".agentgate" not in pytester.run("git", "status", "--porcelain", "--untracked-files=all").stdout.str()


def test_a_comparison_counts_for_the_assertion_that_made_it(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        def caught():
            with pytest.raises(AssertionError):
                assert {"a": 1} == {"a": 2}
        def test_plain():
            caught()
            raise AssertionError("the queue never drained")
        def test_truth():
            caught()
            assert []
        def test_compared():
            caught()
            assert (
                len("three")
                == 3
            )
        """
    )
    compared = {
        event["nodeid"].partition("::")[2]: event["evidence"]["comparison"] for event in run().events("failure")
    }
    assert compared["test_plain"] is compared["test_truth"] is None
    assert compared["test_compared"]["left"] == {"type": "int", "repr": "5"}


def test_subtests_of_an_attempt_that_was_repeated_do_not_count(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_parts(subtests, request, tries=[]):
            tries.append(1)
            with subtests.test("part"):
                assert len(tries) > 1
        """
    )
    recorded = run("-p", "pytest_rerunfailures", "--reruns", "2")
    if "fixture 'subtests' not found" in recorded.output:
        pytest.skip("this pytest has no subtests")
    assert ("1 failed" in recorded.output.splitlines()[-1]) is ("failed" in recorded.outcomes().values())


def test_an_error_in_another_plugins_configuration_is_a_failure(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_configure(config): raise LookupError('settings gone')")
    pytester.makepyfile("def test_one(): pass")
    recorded = run()
    assert recorded.result.ret == pytest.ExitCode.INTERNAL_ERROR
    assert "settings gone" in recorded.event("failure")["title"]
    assert recorded.event("end")["status"] == "aborted"
    assert "agentgate: aborted: 1 failure, 1 cause" in recorded.output


@pytest.mark.parametrize("text", ["pytest_plugins = ['gone.fixtures']", "import sys; sys.exit()"])
def test_whatever_ends_the_initial_conftest_is_a_failure(run: Run, pytester: pytest.Pytester, text: str) -> None:
    pytester.makeconftest(text)
    pytester.makepyfile("def test_one(): pass")
    recorded = run()
    assert recorded.event("failure")["scope"] == "run"
    assert recorded.event("end")["status"] == "aborted"


def test_each_worker_is_told_of_and_timed_by_itself(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import os, pathlib
        def pytest_runtest_logreport(report):
            worker = os.environ.get("PYTEST_XDIST_WORKER")
            if worker and report.when != "teardown":
                with pathlib.Path(worker).open("a") as file: print(report.duration, file=file)
        """
    )
    pytester.makepyfile(
        """
        import os, pytest, time
        @pytest.fixture
        def slow():
            if os.environ["PYTEST_XDIST_WORKER"] == "gw1": time.sleep(0.3)
        def test_one(slow): pass
        """
    )
    recorded = run("-n", "2", "--dist", "each")
    assert recorded.events("collected")[-1]["workers"] == ["gw0", "gw1"]
    took = {event["worker"]: event["duration"] for event in recorded.events("result")}
    assert took["gw1"] >= 0.3
    for worker in ("gw0", "gw1"):
        told = [float(line) for line in (pytester.path / worker).read_text().splitlines()]
        assert took[worker] == pytest.approx(sum(told), abs=1e-5)


def test_a_test_that_kills_a_serial_run_is_named(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import ctypes
        def test_a(): pass
        def test_b(): ctypes.string_at(0)
        def test_c(): pass
        """
    )
    recorded = run("-p", "no:faulthandler")
    assert recorded.event("collected")
    with open_store(f"sqlite:///{recorded.root}/.agentgate/agentgate.db") as store:
        store.ingest(recorded.root / ".agentgate/runs")
        reasons = [(result.outcome, result.reason.partition(" this")[0]) for result in store.results()]
    assert reasons == [
        ("passed", ""),
        ("not_run", "the run ended while"),
        ("not_run", "the run ended before"),
    ]


def test_a_worker_that_dies_in_a_teardown_makes_an_error_of_its_test(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(HEARING)
    pytester.makepyfile(
        """
        import os, pathlib, pytest, time
        @pytest.fixture
        def deadly():
            yield
            while not pathlib.Path("reported call").exists(): time.sleep(0.01)
            os._exit(1)
        def test_one(deadly): pass
        """
    )
    recorded = run("-n", "1", "--max-worker-restart=0")
    results = [(event["outcome"], event.get("when"), event.get("attempt")) for event in recorded.events("result")]
    assert results == [("passed", None, None), ("error", "teardown", None)]
    assert recorded.event("failure")["kind"] == "crash"
    assert recorded.rows("SELECT outcome, report_when FROM results") == [("error", "teardown")]
