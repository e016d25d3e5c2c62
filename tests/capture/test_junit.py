"""Results and failures from JUnit XML: written by the real runners where they are here, else as it was recorded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.junit import JunitRun, Reported, read_junit
from pytest_agentgate.model import Kind, Outcome, Role, Scope, When
from pytest_agentgate.triage.kinds import reason_of

SAMPLES = Path(__file__).parent / "samples"

SUITE = """
import pytest, unittest

class TestShop:
    class TestInner:
        def test_deep(self):
            assert {"a": 1} == {"a": 2}

    @pytest.mark.parametrize("value", ["a.b", "x::y", "[z]"])
    def test_values(self, value):
        assert value == "a.b"

def helper(mapping):
    return mapping["k"]

def test_key():
    helper({})

def test_chain():
    try:
        int("x")
    except ValueError as error:
        raise RuntimeError("outer\\nsecond line") from error

def test_silent():
    with pytest.raises(ValueError):
        pass

@pytest.fixture
def refused():
    raise OSError(111, "Connection refused")

@pytest.fixture
def untidy():
    yield
    raise ValueError("down")

def test_setup(refused): pass
def test_teardown(untidy): pass
def test_both(untidy): assert 0
def test_fixture(nothing): pass

@pytest.mark.skip(reason="why")
def test_skipped(): pass

@pytest.mark.xfail(reason="known")
def test_known(): assert 0

@pytest.mark.xfail(strict=True)
def test_surprise(): pass

class TestOld(unittest.TestCase):
    def test_equal(self):
        self.assertEqual(1, 2)

def test_fine(): pass
"""


@pytest.fixture(scope="module", params=["xunit1", "xunit2"])
def report(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]
) -> JunitRun:
    """What the pytest that runs this wrote of a suite that fails in every way."""
    root = tmp_path_factory.mktemp("suite")
    for name, text in {
        "tests/test_shop.py": SUITE,
        "tests/deep/test_name.py": "from json import nothing",
        "tests/deep/test_module.py": "import nothing.at_all",
        "tests/deep/test_undefined.py": "nothing",
        "docs/guide.rst": ">>> 1 + 1\n3\n",
        "pytest.ini": f"[pytest]\njunit_family = {request.param}\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    options = ["--junitxml=out.xml", "--doctest-glob=*.rst", "--continue-on-collection-errors"]
    environ = {**os.environ, **few_plugins}
    subprocess.run([sys.executable, "-m", "pytest", *options], cwd=root, env=environ, capture_output=True, check=False)
    run = read_junit([root / "out.xml"], root)
    assert run.problems == ()
    return run


def failure(run: JunitRun, nodeid: str, when: When | None = None) -> Reported:
    found = [each for each in run.failures if each.nodeid == nodeid and when in (None, each.when)]
    assert len(found) == 1, [each.nodeid for each in run.failures]
    return found[0]


def test_of_pytest_node_ids_and_outcomes_are_what_they_were(report: JunitRun) -> None:
    assert {result.nodeid: str(result.outcome) for result in report.results} == {
        "docs/guide.rst::guide.rst": "failed",
        "tests/test_shop.py::TestShop::TestInner::test_deep": "failed",
        "tests/test_shop.py::TestShop::test_values[a.b]": "passed",
        "tests/test_shop.py::TestShop::test_values[x::y]": "failed",
        "tests/test_shop.py::TestShop::test_values[[z]]": "failed",
        "tests/test_shop.py::test_key": "failed",
        "tests/test_shop.py::test_chain": "failed",
        "tests/test_shop.py::test_silent": "failed",
        "tests/test_shop.py::test_setup": "error",
        "tests/test_shop.py::test_teardown": "error",
        "tests/test_shop.py::test_both": "failed",
        "tests/test_shop.py::test_fixture": "error",
        "tests/test_shop.py::test_skipped": "skipped",
        "tests/test_shop.py::test_known": "xfailed",
        "tests/test_shop.py::test_surprise": "failed",
        "tests/test_shop.py::TestOld::test_equal": "failed",
        "tests/test_shop.py::test_fine": "passed",
    }
    assert all(result.attempt == 1 for result in report.results)
    reasons = {result.nodeid.rpartition("::")[2]: result.reason for result in report.results if result.reason}
    assert reasons == {"test_skipped": "why", "test_known": "known"}


def test_of_pytest_each_phase_that_failed_is_a_failure(report: JunitRun) -> None:
    file = "tests/test_shop.py"
    assert failure(report, f"{file}::test_both", When.CALL).evidence.raised.type == "AssertionError"
    assert failure(report, f"{file}::test_both", When.TEARDOWN).evidence.raised.message == "down"
    assert failure(report, f"{file}::test_teardown").when is When.TEARDOWN
    refused = failure(report, f"{file}::test_setup")
    assert refused.when is When.SETUP
    assert refused.evidence.raised.is_a("OSError")
    assert refused.evidence.raised.facts == {"errno": 111}


def test_of_pytest_collectors_that_failed_are_no_tests(report: JunitRun) -> None:
    collected = {each.nodeid: each for each in report.failures if each.scope is Scope.COLLECT}
    assert sorted(collected) == [f"tests/deep/test_{name}.py" for name in ("module", "name", "undefined")]
    assert {each.when for each in collected.values()} == {When.COLLECT}
    types = {nodeid.rpartition("_")[2]: each.evidence.chain[-1].type for nodeid, each in collected.items()}
    assert types == {"module.py": "ModuleNotFoundError", "name.py": "ImportError", "undefined.py": "NameError"}
    lost = collected["tests/deep/test_name.py"].evidence
    assert lost.raised.type == "pytest.Collector.CollectError"
    assert lost.chain[1].facts["symbol"] == "nothing"


def test_of_pytest_evidence_is_what_the_text_tells(report: JunitRun) -> None:
    file = "tests/test_shop.py"
    chain = failure(report, f"{file}::test_chain").evidence.chain
    assert [(str(each.link), each.type, each.message) for each in chain] == [
        ("raised", "RuntimeError", "outer\nsecond line"),
        ("cause", "ValueError", "invalid literal for int() with base 10: 'x'"),
    ]
    key = failure(report, f"{file}::test_key").evidence
    assert not key.live
    assert key.raised.facts == {"key": "'k'"}
    assert [(frame.path, frame.function) for frame in key.raised.frames] == [(file, "test_key"), (file, "helper")]
    deep = failure(report, f"{file}::TestShop::TestInner::test_deep").evidence.comparison
    assert deep is not None
    assert deep.left is not None
    assert (deep.operator, deep.left.type, deep.left.repr) == ("==", "dict", "{'a': 1}")
    fixture = failure(report, f"{file}::test_fixture").evidence.raised
    assert fixture.type == "pytest.FixtureLookupError"
    assert fixture.facts["fixture"] == "nothing"
    silent = failure(report, f"{file}::test_silent").evidence.raised
    assert (silent.type, silent.facts["expected"]) == ("pytest.Failed", ["ValueError"])
    assert failure(report, f"{file}::test_surprise").evidence.raised.type == "pytest.Failed"
    assert failure(report, "docs/guide.rst::guide.rst").evidence.raised.type == "doctest.DocTestFailure"


def test_without_the_files_names_tell_where_the_class_begins(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    cases = [("a.b.test_c.TestD", "e"), ("a.b.test_c", "f[x.y]"), ("", "a.test_b"), ("pkg.tests.Thing", "run")]
    body = "".join(f'<testcase classname="{first}" name="{second}"/>' for first, second in cases)
    path.write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
    run = read_junit([path], tmp_path / "nowhere")
    assert [result.nodeid for result in run.results] == [
        "a/b/test_c.py::TestD::e",
        "a/b/test_c.py::f[x.y]",
        "a/test_b.py",
        "pkg.tests.Thing::run",
    ]


def test_the_file_is_believed_where_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "report.xml"
    path.write_text('<testsuite><testcase classname="spec.shop.Total" name="adds" file="spec/shop.py"/></testsuite>')
    assert [result.nodeid for result in read_junit([path]).results] == ["spec/shop.py::Total::adds"]


# ---- attempts and shards


def shard(path: Path, *cases: str) -> Path:
    path.write_text(f"<testsuites><testsuite name='pytest'>{''.join(cases)}</testsuite></testsuites>")
    return path


PASSED = '<testcase classname="tests.test_a" name="test_x" time="0.5"/>'
FAILED = PASSED.replace("/>", '><failure message="ValueError: no">ValueError: no</failure></testcase>')
OTHER = '<testcase classname="tests.test_a" name="test_y"/>'
X, Y = "tests/test_a.py::test_x", "tests/test_a.py::test_y"


def test_attempts_in_one_file_are_attempts(tmp_path: Path) -> None:
    run = read_junit([shard(tmp_path / "1.xml", FAILED, OTHER, PASSED)])
    assert [(result.nodeid, result.outcome, result.attempt) for result in run.results] == [
        (X, Outcome.RERUN, 1),
        (Y, Outcome.PASSED, 1),
        (X, Outcome.PASSED, 2),
    ]
    assert [(each.attempt, each.final) for each in run.failures] == [(1, False)]
    assert run.several == ()


def test_shards_make_one_run_in_which_a_red_leg_hides_behind_no_green_one(tmp_path: Path) -> None:
    first, second = shard(tmp_path / "1.xml", FAILED, OTHER), shard(tmp_path / "2.xml", PASSED.replace("0.5", "9"))
    for files in ([first, second], [second, first]):
        run = read_junit(files)
        assert run.files == tuple(map(str, files))
        assert run.several == (X,)
        assert [(one.outcome, one.attempt, one.duration) for one in run.results if one.nodeid == X] == [
            (Outcome.PASSED, 1, 9.0),
            (Outcome.FAILED, 2, 9.0),
        ]
        assert [(each.attempt, each.final) for each in run.failures] == [(2, True)]


LEGS = {
    Outcome.FAILED: FAILED,
    Outcome.ERROR: PASSED.replace("/>", '><error message="failed on setup with &quot;no&quot;"/></testcase>'),
    Outcome.NOT_RUN: PASSED.replace("/>", '><skipped type="agentgate.not_run"/></testcase>'),
    Outcome.SKIPPED: PASSED.replace("/>", "><skipped/></testcase>"),
    Outcome.XFAILED: PASSED.replace("/>", '><skipped type="pytest.xfail"/></testcase>'),
    Outcome.PASSED: PASSED,
}


@given(st.lists(st.lists(st.sampled_from([*LEGS]), min_size=1, max_size=3), min_size=1, max_size=4))
def test_the_worst_of_several_files_counts_whatever_their_order(
    tmp_path_factory: pytest.TempPathFactory, legs: list[list[Outcome]]
) -> None:
    folder = tmp_path_factory.mktemp("legs")
    files = [
        shard(folder / f"{number}.xml", *(LEGS[one] for one in leg), f"<!-- {number} -->")
        for number, leg in enumerate(legs)
    ]
    run = read_junit(files)
    assert [result.attempt for result in run.results] == list(range(1, sum(map(len, legs)) + 1))
    assert run.results[-1].outcome is min((leg[-1] for leg in legs), key=[*LEGS].index)
    bad = [result.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.RERUN) for result in run.results]
    last_good = max((number for number, is_bad in enumerate(bad, 1) if not is_bad), default=0)
    assert [each.final for each in run.failures] == [number > last_good for number, one in enumerate(bad, 1) if one]


def test_a_copy_of_a_file_is_no_second_shard(tmp_path: Path) -> None:
    first, copy = shard(tmp_path / "1.xml", PASSED), shard(tmp_path / "2.xml", PASSED)
    run = read_junit([first, copy])
    assert run.files == (str(first),)
    assert run.copies == (f"{copy} says the same as {first}, byte for byte: they count as one file",)
    empty = [shard(tmp_path / f"{number}.xml") for number in (3, 4)]
    assert read_junit(empty).files == tuple(map(str, empty))


def test_a_collector_that_failed_in_every_shard_is_one_failure(tmp_path: Path) -> None:
    error = '<error message="collection failure">E   NameError: x</error>'
    case = f'<testcase classname="" name="tests.test_a">{error}</testcase>'
    run = read_junit([shard(tmp_path / "1.xml", case), shard(tmp_path / "2.xml", case)])
    assert [each.nodeid for each in run.failures] == ["tests/test_a.py"]
    assert run.results == ()


def test_reruns_of_surefire_are_attempts() -> None:
    run = read_junit([SAMPLES / "surefire.xml"])
    test = "com.example.ShopTest"
    assert [(result.nodeid, str(result.outcome), result.attempt) for result in run.results] == [
        (f"{test}::total", "rerun", 1),
        (f"{test}::total", "failed", 2),
        (f"{test}::order", "rerun", 1),
        (f"{test}::order", "passed", 2),
        (f"{test}::pour", "failed", 1),
    ]
    assert [(each.nodeid, each.attempt, each.final, each.evidence.raised.message) for each in run.failures] == [
        (f"{test}::total", 1, True, "expected: <3> but was: <4>"),
        (f"{test}::total", 2, True, "expected: <3> but was: <5>"),
        (f"{test}::order", 1, False, "busy"),
        (f"{test}::pour", 1, True, "tea"),
    ]
    assert run.failures[0].evidence.raised.type == "org.opentest4j.AssertionFailedError"


# ---- other runners


def test_of_unittest(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "__init__.py").write_text("")
    (tests / "test_old.py").write_text(
        "import unittest\n"
        "class TestShop(unittest.TestCase):\n"
        "    def test_total(self): self.assertEqual(1, 2)\n"
        "    def test_error(self): {}['k']\n"
        "    @unittest.skip('later')\n"
        "    def test_skipped(self): pass\n"
        "    @unittest.expectedFailure\n"
        "    def test_known(self): self.fail()\n"
        "    def test_fine(self): pass\n"
        "class TestBroken(unittest.TestCase):\n"
        "    @classmethod\n"
        "    def setUpClass(cls): raise OSError(111, 'Connection refused')\n"
        "    def test_lost(self): pass\n"
    )
    (tests / "test_gone.py").write_text("import nothing.at_all\n")
    command = [sys.executable, "-m", "xmlrunner", "discover", "-s", "tests", "-t", ".", "--output-file", "out.xml"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    run = read_junit([tmp_path / "out.xml"], tmp_path)
    shop = "tests/test_old.py::TestShop"
    assert {result.nodeid: str(result.outcome) for result in run.results} == {
        f"{shop}::test_total": "failed",
        f"{shop}::test_error": "failed",
        f"{shop}::test_skipped": "skipped",
        f"{shop}::test_known": "xfailed",
        f"{shop}::test_fine": "passed",
        "tests/test_old.py::TestBroken::setUpClass": "error",
    }
    error = failure(run, f"{shop}::test_error").evidence.raised
    assert (error.type, error.facts) == ("KeyError", {"key": "'k'"})
    assert [(frame.path, frame.function) for frame in error.frames][-1][1] == "test_error"
    gone = failure(run, "tests/test_gone.py")
    assert gone.scope is Scope.COLLECT
    assert gone.evidence.raised.facts == {"name": "nothing"}


def check_node(run: JunitRun) -> None:
    assert {result.nodeid: str(result.outcome) for result in run.results} == {
        "test::adds": "passed",
        "test::fails": "failed",
        "test::throws": "failed",
        "test::skipped one": "skipped",
        "test::later": "skipped",
    }
    assert {each.nodeid: each.evidence.raised.type for each in run.failures} == {
        "test::fails": "AssertionError",
        "test::throws": "TypeError",
    }
    equal = "Expected values to be strictly equal:\n\n1 !== 2"
    assert failure(run, "test::fails").evidence.raised.message == equal
    assert failure(run, "test::throws").evidence.raised.message == "bad <thing>"


def test_of_node_as_recorded() -> None:
    check_node(read_junit([SAMPLES / "node.xml"]))


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not here; its recorded report is read above")
def test_of_node(tmp_path: Path) -> None:
    (tmp_path / "a.test.js").write_text(
        "const { test, describe, it } = require('node:test');\n"
        "const assert = require('node:assert');\n"
        "test('adds', () => { assert.strictEqual(1, 1); });\n"
        "test('fails', () => { assert.strictEqual(1, 2); });\n"
        "describe('suite', () => {\n"
        "  it('throws', () => { throw new TypeError('bad <thing>'); });\n"
        "  it.skip('skipped one', () => {});\n"
        "  it.todo('later');\n"
        "});\n"
    )
    done = subprocess.run(["node", "--test", "--test-reporter=junit"], cwd=tmp_path, capture_output=True, check=False)
    (tmp_path / "out.xml").write_bytes(done.stdout)
    check_node(read_junit([tmp_path / "out.xml"]))


def test_of_go() -> None:
    run = read_junit([SAMPLES / "go.xml"])
    assert [(result.nodeid, result.outcome) for result in run.results] == [
        ("example.com/shop/order::TestTotal/large", Outcome.FAILED),
        ("example.com/shop/order::TestOrder", Outcome.PASSED),
    ]
    assert run.failures[0].evidence.raised.message == "got 4, want 3"
    assert "got 4, want 3" in run.failures[0].text
    assert run.created_at == "2026-01-31T12:00:00Z"


# ---- paths


def test_paths_are_relative_to_the_root_and_of_other_machines_to_what_it_holds(tmp_path: Path) -> None:
    root = tmp_path / "tests" / "shop"  # a folder above the project makes no test of all that is in it
    for name in ("src/order.py", "checks/test_order.py"):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()
    text = """Traceback (most recent call last):
  File "{0}/checks/test_order.py", line 4, in test_a
    total()
  File "{0}/src/order.py", line 1, in total
    raise RuntimeError
  File "{0}/gone/make.py", line 2, in make
    raise RuntimeError
RuntimeError: in {0}/src/order.py"""
    shown = []
    for folder in (root.as_posix(), "/home/builder/jobs/shop", "C:\\build\\shop"):
        report = tmp_path / "out.xml"
        printed = text.format(folder)
        report.write_text(
            f'<testsuite><testcase classname="checks.test_order.T" name="test_a" file="{folder}/checks/test_order.py">'
            f'<error type="RuntimeError" message="in {folder}/src/order.py">{printed}</error></testcase></testsuite>'
        )
        (found,) = read_junit([report], root).failures
        reason = reason_of(found.evidence, found.scope, found.when, found.nodeid)
        assert folder not in "".join((found.nodeid, reason.title, *reason.key))
        shown.append([(frame.path, frame.role) for frame in found.evidence.raised.frames])
        assert found.nodeid == "checks/test_order.py::T::test_a"
    ours = [("checks/test_order.py", Role.TEST), ("src/order.py", Role.SOURCE)]
    assert [frames[:2] for frames in shown] == [ours, ours, ours]
    assert [frames[2][0] for frames in shown] == ["gone/make.py", "make.py", "make.py"]


# ---- errors of other languages


JEST = """Error: expect(received).toBe(expected) // Object.is equality

Expected: 2
Received: 1
    at Object.<anonymous> (/project/a.test.js:3:22)"""
TESTIFY = """=== RUN   TestTotal
    order_test.go:12:
        \tError Trace:\t/project/order_test.go:12
        \tError:      \tNot equal:
        \t            \texpected: 4
        \t            \tactual  : 3
        \tTest:       \tTestTotal
--- FAIL: TestTotal (0.00s)"""
NODE = """[Error [ERR_TEST_FAILURE]: Cannot find module './gone'
Require stack:
- /project/a.test.js] {
  code: 'ERR_TEST_FAILURE',
  failureType: 'testCodeFailure',
  cause: Error: Cannot find module './gone'
  Require stack:
  - /project/a.test.js
      at Module._resolveFilename (node:internal/modules/cjs/loader:1207:15) {
    code: 'MODULE_NOT_FOUND',
  }
}"""


@pytest.mark.parametrize(
    ("type_", "message", "text", "kind", "title"),
    [
        ("testCodeFailure", "Cannot find module", NODE, Kind.IMPORT, "Cannot find module './gone'"),
        ("testCodeFailure", "x", "[Error: x] { cause: 'x', exitCode: 1 }", Kind.OTHER, "x"),
        ("", "", JEST, Kind.ASSERTION, "expect(received).toBe(expected) // Object.is equality ..."),
        ("", "", "Error: mine\n    at f (/project/a.js:1:2)", Kind.OTHER, "Error: mine"),
        ("", "Failed", TESTIFY, Kind.OTHER, "Not equal: expected: 4 ..."),
        ("", "Failed", "=== RUN\npanic: no tea [recovered]\n\tpanic: no tea", Kind.OTHER, "panic: no tea [recovered]"),
        ("", "Failed", "nothing to see", Kind.OTHER, "Failed"),
        ("java.lang.AssertionError", "no tea", "java.lang.AssertionError: no tea\n\tat a.B.c(B.java:1)", Kind.ASSERTION,
         "no tea"),
        ("", "", "java.lang.AssertionError\n\tat a.B.c(B.java:1)", Kind.ASSERTION,
         "An assertion without a message does not hold"),
        ("org.opentest4j.AssertionFailedError", "expected: <3> but was: <4>", "", Kind.ASSERTION,
         "expected: <3> but was: <4>"),
        ("java.lang.NoClassDefFoundError", "com/example/Shop", "", Kind.IMPORT, "No class com.example.Shop"),
        ("java.lang.IllegalStateException", "busy", "", Kind.OTHER, "IllegalStateException: busy"),
    ],
)  # fmt: skip
def test_the_error_of_another_language(
    tmp_path: Path, type_: str, message: str, text: str, kind: Kind, title: str
) -> None:
    case = ElementTree.Element("testcase", classname="shop", name="total")
    ElementTree.SubElement(case, "failure", type=type_, message=message).text = text
    suite = ElementTree.Element("testsuite")
    suite.append(case)
    (tmp_path / "out.xml").write_bytes(ElementTree.tostring(suite))
    (found,) = read_junit([tmp_path / "out.xml"], tmp_path).failures
    reason = reason_of(found.evidence, found.scope, found.when, found.nodeid)
    assert (reason.kind, reason.title) == (kind, title)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Error: Cannot find module './gone'", "./gone"),
        ("Error: Cannot find module './lost'", "./lost"),
        ("Error [ERR_MODULE_NOT_FOUND]: Cannot find package '@shop/order' imported from a.js", "@shop/order"),
        ("Error: Cannot find module '/project/src/gone.js'", "gone.js"),
        ("Error: Cannot find module 'C:\\project\\gone.js'", "gone.js"),
    ],
)
def test_a_module_of_node_is_lost_by_its_name(tmp_path: Path, said: str, name: str) -> None:
    report = f'<testsuite><testcase classname="shop" name="total"><error>{said}</error></testcase></testsuite>'
    (tmp_path / "out.xml").write_text(report)
    (found,) = read_junit([tmp_path / "out.xml"], tmp_path).failures
    reason = reason_of(found.evidence, found.scope, found.when, found.nodeid)
    assert (reason.kind, reason.key) == (Kind.IMPORT, ("name", name))
    assert reason.next_action.startswith(f"Point imports of {name} ")


# ---- files that are broken, or mean harm


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("<testsuites><testsuite>", "not well-formed"),
        ("<testsuites></testsuite>", "not well-formed"),
        ("<html/>", "not a JUnit report"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><testsuites/>', "declaration is refused"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><testsuites>&a;</testsuites>', "declaration is refused"),
        (
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuites>&a;</testsuites>',
            "declaration is refused",
        ),
        ("<testsuites>&a;</testsuites>", "not well-formed"),
        ("<testsuite>" * 5_000 + "</testsuite>" * 5_000, "nested deeper"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_rest_is_used(tmp_path: Path, text: str, problem: str) -> None:
    bad = tmp_path / "bad.xml"
    bad.write_text(text)
    run = read_junit([bad, shard(tmp_path / "good.xml", FAILED)])
    assert len(run.problems) == 1
    assert run.problems[0].startswith(f"{bad}: ")
    assert problem in run.problems[0]
    assert len(run.failures) == 1


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xml"
    entities = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 12))
    bomb.write_text(f'<!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><testsuites>&l11;</testsuites>')
    assert "refused" in read_junit([bomb]).problems[0]  # expanded it would fill any memory


def test_a_missing_file_and_a_folder_are_problems(tmp_path: Path) -> None:
    run = read_junit([tmp_path / "none.xml", tmp_path])
    assert len(run.problems) == 2
    assert run.files == ()


def test_a_giant_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_agentgate.capture.junit.SIZE", 1024 * 1024)
    giant = tmp_path / "giant.xml"
    giant.write_text("<testsuites>" + " " * (1024 * 1024) + "</testsuites>")
    assert read_junit([giant]).problems == (f"{giant}: larger than 1 MiB",)


def test_odd_values_do_not_hurt(tmp_path: Path) -> None:
    odd = shard(
        tmp_path / "odd.xml",
        '<testcase classname="a.test_b" name="c" time="1,234.5"/>',
        '<testcase classname="a.test_b" name="d" time="soon"/>',
        '<testcase classname="a.test_b" name="e" time="-1"/>',
        '<testcase name="f" time="inf"><failure/></testcase>',
        "<testcase><error/><failure/></testcase>",
        '<testcase classname="a.test_b" name="g"><skipped/></testcase>',
    )
    run = read_junit([odd])
    assert run.problems == ()
    assert [result.duration for result in run.results] == [1234.5, 0, 0, 0, 0, 0]
    assert len(run.failures) == 3


def test_a_namespace_does_not_hide_anything(tmp_path: Path) -> None:
    path = tmp_path / "named.xml"
    path.write_text(f'<testsuites xmlns="urn:junit"><testsuite>{FAILED}</testsuite></testsuites>')
    assert len(read_junit([path]).failures) == 1


def test_an_internal_error_is_a_failure_of_the_run(tmp_path: Path) -> None:
    error = '<error message="internal error">E   ValueError: no</error>'
    case = f'<testcase classname="pytest" name="internal">{error}</testcase>'
    run = read_junit([shard(tmp_path / "1.xml", case)])
    assert (run.failures[0].scope, run.failures[0].when, run.failures[0].nodeid) == (Scope.RUN, When.SESSION, "")
    assert run.failures[0].evidence.raised.type == "ValueError"


def test_an_encoding_that_nobody_knows_costs_that_file_alone(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text('<testsuite><testcase classname="a" name="test_x"/></testsuite>')
    bad.write_text('<?xml version="1.0" encoding="no-such-thing"?><testsuite/>')
    run = read_junit([bad, good])
    assert len(run.results) == 1
    (problem,) = run.problems
    assert str(bad) in problem
