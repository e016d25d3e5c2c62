"""What is said and written when a run is over, and that nothing of it changes how the run ends."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

THREE = """
    import pytest
    from shop import order
    @pytest.mark.parametrize("n", range(5))
    def test_order(n): order(qty=n)
    def test_total(): assert order(1) == 3
    def test_fine(): pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(shop="def order(quantity): return quantity\n", test_shop=THREE)


@pytest.mark.usefixtures("suite")
def test_causes_are_the_last_thing_said_largest_first(run: Run, processes: tuple[str, ...]) -> None:
    output = run(*processes).result.stdout.str()
    said = output[output.index("agentgate: 6 failures, 2 causes") :]
    assert said.index("order() got an unexpected keyword argument 'qty'") < said.index("assertion")
    assert "short test summary" not in said


@pytest.mark.usefixtures("suite")
def test_the_form_for_agents_replaces_tracebacks(run: Run, processes: tuple[str, ...]) -> None:
    output = run("--agentgate-output", "agent", *processes).result.stdout.str()
    assert "FAILED" not in output
    assert "unexpected keyword argument 'qty'" in output
    assert "test_shop.py::test_order[0]" in output
    assert "def test_total" not in output
    assert len(output) < 3000


@pytest.mark.usefixtures("suite")
def test_quiet_is_one_line(run: Run) -> None:
    output = run("--agentgate-output", "quiet").result.stdout.str()
    (line,) = [line for line in output.splitlines() if "agentgate" in line and "plugins:" not in line]
    assert "6 failures, 2 causes" in line


@pytest.mark.usefixtures("suite")
def test_reports_are_written_where_they_were_asked_for(run: Run, pytester: pytest.Pytester) -> None:
    options = ("md:out/run.md", "json:out/run.json", "logs:out/logs")
    run(*(part for option in options for part in ("--agentgate-report", option)))
    out = pytester.path / "out"
    assert "unexpected keyword argument" in (out / "run.md").read_text()
    document = json.loads((out / "run.json").read_text())
    assert document["schema"] == "agentgate/1"
    assert [cause["size"] for cause in document["causes"]] == [5, 1]
    names = {"import", "validation", "assertion", "connection"}
    assert {f"{name}_errors.log" for name in names} | {"test_failures.log"} <= {
        p.name for p in (out / "logs").iterdir()
    }


def test_a_report_that_cannot_be_written_is_said_and_changes_nothing(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    (pytester.path / "file").write_text("")
    recorded = run("--agentgate-report", "md:file/run.md")
    assert recorded.result.ret == 0
    assert "file/run.md" in recorded.output


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("xml:x", "no format 'xml'; the formats are"),
        ("md", "'md' is not FORMAT:PATH"),
        ("jsn:x", "no format 'jsn'; did you mean 'json'?"),
    ],
)
def test_a_wrong_report_is_wrong_usage_in_one_line(run: Run, pytester: pytest.Pytester, option: str, said: str) -> None:
    pytester.makepyfile("def test_one(): pass")
    recorded = run("--agentgate-report", option)
    assert recorded.result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: --agentgate-report: {said}" in recorded.result.stderr.str()
    assert recorded.logs == []


def test_a_wrong_configuration_is_wrong_usage_in_one_line(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyprojecttoml("[tool.agentgate]\nsorce = []\n")
    pytester.makepyfile("def test_one(): pass")
    recorded = run(*processes)
    assert recorded.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "pyproject.toml: [tool.agentgate] has no key 'sorce'; did you mean 'source'?" in recorded.output


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_store_is_left_alone_and_the_causes_are_shown(
    run: Run, pytester: pytest.Pytester, content: bytes, processes: tuple[str, ...]
) -> None:
    store = pytester.path / "store.db"
    store.write_bytes(content)
    recorded = run("--agentgate-store", "sqlite:///store.db", *processes)
    assert recorded.result.ret == pytest.ExitCode.TESTS_FAILED
    assert store.read_bytes() == content
    assert "6 failures, 2 causes" in recorded.output
    (said,) = [line for line in recorded.output.splitlines() if line.startswith("agentgate: ")]
    assert "store.db" in said
    assert len(recorded.events("result")) == 7


@pytest.mark.usefixtures("suite")
def test_a_database_of_somebody_else_is_left_alone(run: Run, pytester: pytest.Pytester) -> None:
    store = pytester.path / "store.db"
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE precious (x)")
    connection.close()
    before = store.read_bytes()
    recorded = run("--agentgate-store", "store.db")
    assert recorded.result.ret == pytest.ExitCode.TESTS_FAILED
    assert store.read_bytes() == before
    assert "6 failures, 2 causes" in recorded.output


def test_a_state_folder_that_cannot_be_made_is_said_and_the_tests_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    (pytester.path / ".agentgate").write_text("in the way")
    recorded = run()
    assert recorded.result.ret == 0
    assert "this run is not recorded" in recorded.output


def test_a_full_disk_stops_the_recording_and_not_the_tests(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n@pytest.mark.parametrize('n', range(300))\ndef test_one(n): pass")
    code = """
import resource, signal, sys, pytest
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
sys.exit(pytest.main(["-p", "no:cacheprovider", "-q", "--agentgate"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=pytester.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "300 passed" in done.stdout
    assert "recording stopped" in done.stdout
    assert len(list(Path(pytester.path, ".agentgate/runs").iterdir())) == 1


def test_a_hidden_file_tells_how_many_tests_it_hides(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    suite = "import pytest{more}\n@pytest.mark.parametrize('n', range(12))\ndef test_one(n): pass\n"
    pytester.makepyfile(test_a=suite.format(more=""), test_b="def test_fine(): pass")
    run(*processes)
    pytester.makepyfile(test_a=suite.format(more=", gone_for_good"))
    recorded = run(*processes)
    (cause,) = recorded.document()["causes"]
    assert (cause["kind"], cause["hidden"], cause["history"]["status"]) == ("import", 12, "new")
    assert "12" in recorded.output[recorded.output.index("agentgate: ") :]


def test_a_cause_is_new_known_fixed_and_regressed(run: Run, pytester: pytest.Pytester) -> None:
    def status() -> list[str]:
        return [cause["history"]["status"] for cause in run().document()["causes"]]

    broken, fine = "def test_one(): raise ValueError('no')", "def test_one(): pass"
    pytester.makepyfile(test_a=broken)
    assert status() == ["new"]
    assert status() == ["known"]
    pytester.makepyfile(test_a=fine)
    assert status() == []
    pytester.makepyfile(test_a=broken)
    assert status() == ["regressed"]


def test_a_hook_decides_the_kind_before_rules_and_rules_before_us(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    pytester.makepyprojecttoml(
        "[tool.agentgate.kinds]\ntimeout = [{ type = 'ValueError' }, { type = 'KeyError', message = 'slow' }]\n"
    )
    pytester.makeconftest(
        """
        def pytest_agentgate_classify(evidence, nodeid):
            if evidence.raised.message == "gateway":
                return "connection"
        """
    )
    pytester.makepyfile(
        test_kinds="""
        def test_hook(): raise ValueError("gateway")
        def test_rule(): raise ValueError("else")
        def test_message(): raise KeyError("slow")
        def test_ours(): raise AttributeError("x")
        """
    )
    kinds = {event["nodeid"].partition("::")[2]: event["kind"] for event in run(*processes).events("failure")}
    assert kinds == {
        "test_hook": "connection",
        "test_rule": "timeout",
        "test_message": "timeout",
        "test_ours": "interface",
    }


def test_a_hook_that_breaks_or_lies_is_said_and_the_run_goes_on(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): assert 0\ndef test_two(): assert 0")
    pytester.makeconftest("def pytest_agentgate_classify(evidence, nodeid): return 'nonsense'")
    recorded = run()
    assert "'nonsense', which is not a kind" in recorded.output
    assert [event["kind"] for event in recorded.events("failure")] == ["assertion"] * 2
    pytester.makeconftest("def pytest_agentgate_classify(evidence, nodeid): raise RuntimeError('mine')")
    recorded = run()
    assert recorded.result.ret == pytest.ExitCode.TESTS_FAILED
    assert "RuntimeError: mine" in recorded.output
    recorded.result.assert_outcomes(failed=2)


def test_hostile_objects_break_nothing(run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]) -> None:
    pytester.makepyfile(
        r"""
        class Hostile:
            def __repr__(self): raise SystemError("repr")
            def __str__(self): raise SystemError("str")
            def __eq__(self, other): raise ZeroDivisionError("eq")
            __hash__ = None
        class Silent(Exception):
            def __str__(self): raise RuntimeError("no text")
            __repr__ = __str__
        def test_repr(): assert Hostile() is None
        def test_eq(): assert Hostile() == 1
        def test_silent(): raise Silent(Hostile())
        def test_surrogate(): raise ValueError("\ud800 \x00 \x1b[31m red")
        def test_giant(): assert list(range(3_000_000)) == 5
        def test_long(): raise ValueError("x" * 5_000_000)
        def test_cycle():
            one, two = ValueError(1), ValueError(2)
            one.__cause__, two.__cause__ = two, one
            raise one
        def test_deep():
            def dive(): dive()
            dive()
        def test_group(): raise ExceptionGroup("many", [ValueError(n) for n in range(1000)])
        """
    )
    recorded = run(*processes, "--tb=no")
    assert recorded.result.ret == pytest.ExitCode.TESTS_FAILED
    assert list(recorded.outcomes().values()).count("failed") == 9
    assert len(recorded.events("failure")) == 9
    assert "record is incomplete" not in recorded.output
    assert all(len(json.dumps(event["evidence"])) <= 20_000 for event in recorded.events("failure"))
    assert "\x1b[31m red" not in recorded.output[recorded.output.index("agentgate: ") :]  # pytest's own part may


def test_a_hook_is_asked_for_the_tests_below_its_conftest(
    run: Run, pytester: pytest.Pytester, processes: tuple[str, ...]
) -> None:
    for name in ("live", "plain"):
        folder = pytester.mkdir(name)
        (folder / f"test_{name}.py").write_text("def test_one(): raise ValueError('x')\n")
    hook = "def pytest_agentgate_classify(evidence, nodeid): return 'timeout'\n"
    (pytester.path / "live/conftest.py").write_text(hook)
    kinds = {event["nodeid"]: event["kind"] for event in run(*processes).events("failure")}
    assert kinds == {"live/test_live.py::test_one": "timeout", "plain/test_plain.py::test_one": "validation"}


@pytest.mark.parametrize("url", ["mysql://host/db", ":memory:"])
def test_a_store_that_cannot_be_is_refused_before_the_tests(run: Run, pytester: pytest.Pytester, url: str) -> None:
    pytester.makepyfile("def test_one(): pass")
    recorded = run("--agentgate-store", url)
    assert recorded.result.ret == pytest.ExitCode.USAGE_ERROR
    assert "sqlite:///path/to/store.db" in recorded.output


def test_a_file_that_is_no_log_is_told_once(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass")
    run()
    (pytester.path / ".agentgate/runs/junk.jsonl").write_text("{}\n")
    assert "junk.jsonl" in run().output
    assert "junk.jsonl" not in run().output
