from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentgate.model import Failure, Kind, RunSummary
from pytest_agentgate.report.logs import logs

ALWAYS = {
    "import_errors.log",
    "validation_errors.log",
    "assertion_errors.log",
    "connection_errors.log",
    "test_failures.log",
}


def failures(run: RunSummary) -> list[Failure]:
    return [cause.exemplar for cause in run.causes]


def test_five_files_are_always_there_and_say_so_when_there_is_nothing() -> None:
    files = logs([])
    assert set(files) == ALWAYS
    assert files["import_errors.log"] == "no import failures\n"
    assert files["test_failures.log"] == "no failures\n"


def test_each_failure_stands_in_the_file_of_its_kind_and_in_that_of_all(run: RunSummary) -> None:
    files = logs(failures(run))
    assert set(files) == ALWAYS
    for failure in failures(run):
        assert files[f"{failure.reason.kind}_errors.log"].count(f"\n{failure.nodeid}\n") == 1
        assert files["test_failures.log"].count(f"\n{failure.nodeid}\n") == 1


def test_other_kinds_get_their_file_when_they_happen(run: RunSummary) -> None:
    failure = failures(run)[0]
    files = logs([replace(failure, reason=replace(failure.reason, kind=Kind.INTERFACE))])
    assert set(files) == ALWAYS | {"interface_errors.log"}
    assert files["validation_errors.log"] == "no validation failures\n"


def test_an_entry_says_what_where_when_and_why(run: RunSummary) -> None:
    failure = replace(failures(run)[2], attempt=2, text="def test_get():\n>   assert a\n\x1b[31mE   assert\x1b[0m")
    assert logs([failure])["assertion_errors.log"] == "\n".join(
        [
            "1 assertion failure",
            "",
            "=" * 80,
            "tests/test_health.py::TestHealth::test_get (attempt 2)",
            "when: call",
            "kind: assertion",
            f"cause: {failure.signature} assert {{'ok': True}} == {{'ok': True, 'status': 'up'}}",
            "message: AssertionError: assert {'ok': True} == {'ok': True, 'status': 'up'}",
            "at: tests/test_health.py:22 in TestHealth.test_get",
            "",
            "def test_get():",
            ">   assert a",
            "\\x1b[31mE   assert\\x1b[0m",
            "",
        ]
    )


def test_a_failure_of_the_run_itself_has_a_name(run: RunSummary) -> None:
    assert "\nthe run itself\n" in logs([replace(failures(run)[0], nodeid="")])["test_failures.log"]


def test_order_does_not_matter(run: RunSummary) -> None:
    assert logs(failures(run)) == logs(failures(run)[::-1])


@settings(max_examples=50)
@given(st.data())
def test_hostile_text_stays_text(hostile: st.SearchStrategy[RunSummary], data: st.DataObject) -> None:
    for text in logs(failures(data.draw(hostile))).values():
        assert all(line.isprintable() for line in text.split("\n"))
