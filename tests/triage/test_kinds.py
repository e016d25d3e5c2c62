"""How the kinds work together, what makes two failures one, and what a forced kind says."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xdist.report import report_collection_diff  # type: ignore[import-untyped]

from pytest_agentgate.capture.reports import evidence_in
from pytest_agentgate.model import (
    JSON,
    Comparison,
    Evidence,
    Frame,
    Kind,
    Link,
    Raised,
    Reason,
    Role,
    Scope,
    Side,
    When,
)
from pytest_agentgate.triage import kinds
from pytest_agentgate.triage.kinds import ORDER, reason_of


def frame(
    role: Role = Role.TEST, function: str = "test_total", path: str = "tests/test_shop.py", line: int = 3
) -> Frame:
    return Frame(role, path, line, function, path.removesuffix(".py").replace("/", "."))


SOURCE = frame(Role.SOURCE, "Shop.total", "shop/order.py")


def raised(type_: str, message: str = "", *frames: Frame, bases: tuple[str, ...] = (), **facts: JSON) -> Raised:
    return Raised(type_, bases, message, Link.RAISED, facts, frames or (frame(),))


def reason(*chain: Raised, comparison: Comparison | None = None, nodeid: str = "tests/test_shop.py::test_a") -> Reason:
    return reason_of(Evidence(chain, comparison), Scope.TEST, When.CALL, nodeid)


def linked(one: Raised, link: Link = Link.CAUSE) -> Raised:
    return Raised(one.type, one.bases, one.message, link, one.facts, one.frames)


# ---- the order


def test_each_kind_has_one_module_and_other_is_the_last() -> None:
    assert sorted(module.KIND for module in ORDER) == sorted(Kind)
    assert ORDER[-1].KIND is Kind.OTHER


def test_the_order_is_explained() -> None:
    explained = [line.split("``")[1] for line in (kinds.__doc__ or "").splitlines() if line[:1].isdigit()]
    assert explained == [module.KIND for module in ORDER]


# ---- the reason in a chain


def test_a_wrapper_of_pytest_is_not_the_reason() -> None:
    lost = linked(
        raised("ModuleNotFoundError", "No module named 'shop.order'", bases=("ImportError",), name="shop.order")
    )
    found = reason(raised("pytest.Collector.CollectError", "ImportError while importing ..."), lost)
    assert (found.kind, found.key) == (Kind.IMPORT, ("name", "shop.order"))


def test_an_error_of_the_application_says_less_than_what_it_came_from() -> None:
    found = reason(raised("shop.ShopError", "cannot add"), linked(raised("KeyError", "'tea'", bases=("LookupError",))))
    assert found.kind is Kind.INTERFACE


def test_what_was_raised_counts_before_what_it_was_raised_over() -> None:
    over = linked(raised("KeyError", "'tea'", bases=("LookupError",)), Link.CONTEXT)
    lost = raised("AttributeError", "'Shop' object has no attribute 'tea'", name="tea", obj_type="shop.Shop")
    assert "tea" in reason(lost, over).key
    assert reason(lost, over).key == reason(lost).key


def test_a_copy_without_facts_gives_way_to_the_original() -> None:
    copy = raised("AttributeError", "'Shop' object has no attribute 'tea'", SOURCE)
    original = raised("AttributeError", copy.message, name="tea", obj_type="shop.Shop")
    assert reason(copy, linked(original)).key == reason(original).key


def test_a_group_is_of_the_kind_of_its_members() -> None:
    member = linked(raised("KeyError", "'tea'", bases=("LookupError",)), Link.MEMBER)
    assert reason(raised("ExceptionGroup", "2 errors", bases=("Exception",)), member).kind is Kind.INTERFACE


def test_a_failing_assertion_is_no_connection_although_one_was_refused_before() -> None:
    refused = linked(
        raised("ConnectionRefusedError", "refused", bases=("ConnectionError", "OSError"), errno=111), Link.CONTEXT
    )
    assert reason(raised("AssertionError", "assert None"), refused).kind is Kind.ASSERTION


def test_a_timeout_without_a_word_is_no_connection() -> None:
    assert reason(raised("TimeoutError", "", bases=("OSError",))).kind is Kind.TIMEOUT


def test_an_os_error_alone_is_no_connection() -> None:
    assert reason(raised("OSError", "[Errno 28] No space left on device", errno=28)).kind is Kind.OTHER


def test_a_reader_of_the_output_that_went_away_is_no_connection_unless_a_test_met_it() -> None:
    broken = Evidence((raised("BrokenPipeError", "[Errno 32] Broken pipe", bases=("ConnectionError", "OSError")),))
    assert reason_of(broken, Scope.RUN, When.CALL, "").kind is Kind.OTHER
    assert reason_of(broken, Scope.TEST, When.CALL, "tests/test_shop.py::test_a").kind is Kind.CONNECTION


def test_a_graph_that_cannot_connect_its_nodes_is_no_connection() -> None:
    assert reason(raised("graph.GraphError", "cannot connect node a to node b", SOURCE)).kind is Kind.OTHER


# ---- what makes two failures one


def test_one_lost_name_is_one_cause_however_it_is_missed() -> None:
    ways = [
        raised(
            "ImportError", "cannot import name 'order' from 'shop' (/x/shop/__init__.py)", name="shop", symbol="order"
        ),
        raised("ModuleNotFoundError", "No module named 'shop.order'", bases=("ImportError",), name="shop.order"),
        raised(
            "AttributeError", "module 'shop' has no attribute 'order'", name="order", obj_is="module", obj_name="shop"
        ),
        raised("AttributeError", "<module 'shop' from '/x/shop.py'> does not have the attribute 'order'"),
        raised("AttributeError", "'module' object at shop has no attribute 'order'"),
    ]
    assert {reason(way).signature for way in ways} == {reason(ways[0]).signature}


def test_the_place_in_the_implementation_counts_by_name_and_not_by_line() -> None:
    here, moved = (
        frame(Role.SOURCE, "Shop.total", "shop/order.py", 3),
        frame(Role.SOURCE, "Shop.total", "shop/order.py", 99),
    )
    other = frame(Role.SOURCE, "Shop.add", "shop/order.py", 3)
    keys = [reason(raised("ValueError", "no stock", at)).key for at in (here, moved, other)]
    assert keys[0] == keys[1] != keys[2]


def test_the_place_in_a_test_does_not_count() -> None:
    one = raised("TypeError", "unhashable type: 'dict'", frame(function="test_a"))
    two = raised("TypeError", "unhashable type: 'dict'", frame(function="TestB.test_b", path="tests/test_cafe.py"))
    assert reason(one).signature == reason(two).signature


def test_frames_of_libraries_do_not_hide_the_implementation() -> None:
    below = raised(
        "ValueError", "no stock", SOURCE, frame(Role.LIBRARY, "f", "lib/x.py"), frame(Role.STDLIB, "g", "json.py")
    )
    assert "shop.order.Shop.total" in reason(below).key


def compared(left: Side, right: Side, nodeid: str = "tests/test_shop.py::test_a", operator: str = "==") -> Reason:
    return reason(raised("AssertionError", "assert ..."), comparison=Comparison(operator, left, right), nodeid=nodeid)


CAFE = "tests/test_cafe.py::test_a"


def test_comparisons_of_plain_values_are_one_cause_wherever_they_stand() -> None:
    one = compared(Side("int", "404"), Side("int", "200"))
    assert one.key == compared(Side("int", "500"), Side("int", "201"), CAFE).key
    assert one.key != compared(Side("int", "5"), Side("int", "3"), operator="<").key
    assert one.key != compared(Side("int", "5"), Side("float", "3.0")).key
    assert one.title == "assert 404 == 200"


def test_plain_values_differ_by_their_manner() -> None:
    word, text = Side("str", "'tea'"), Side("str", r"'tea\nand ale\n'")
    pairs = [(word, word), (word, text), (text, word), (word, Side("str", "''")), (Side("bytes", "b''"), word)]
    assert len({compared(*pair).key for pair in pairs}) == len(pairs)
    assert compared(word, word).key == compared(Side("str", r"'ale\n'"), Side("str", r"'C:\\new'")).key
    true, false = Side("bool", "True"), Side("bool", "False")
    assert compared(true, false).key != compared(false, true).key


def test_comparisons_of_nested_values_count_by_what_they_are_made_of() -> None:
    table = Side("dict", "{'name': 'tea', 'price': 5}")
    same, more = Side("dict", "{'name': 'ale', 'price': 7}"), Side("dict", "{'name': 'ale', 'price': 7, 'tax': None}")
    assert compared(table, same).key == compared(same, table).key
    assert compared(table, same).key != compared(table, more).key
    assert compared(table, same).key != compared(Side("dict", "{'sold': [4]}"), Side("dict", "{'sold': [5]}")).key


def test_one_change_in_the_make_of_results_is_one_cause_in_results_of_any_length() -> None:
    def listed(*parts: str) -> Side:
        return Side("list", f"[{', '.join(parts)}]")

    tea, old, new, ale = "(Name, 'tea')", "(Text, ' ')", "(Text.Space, ' ')", "(Name.Tag, 'ale')"
    one = compared(listed(tea, new), listed(tea, old))
    assert one.key == compared(listed(ale, tea, new, ale), listed(ale, tea, old, ale), CAFE).key
    assert one.key != compared(listed(ale, new), listed(tea, old)).key


def test_what_a_shared_test_says_is_one_cause_in_every_file_that_runs_it() -> None:
    said = raised("AssertionError", "no tea", frame(path="tests/shared.py"))
    assert reason(said).key == reason(said, nodeid=CAFE).key
    assert reason(said).key != reason(raised("AssertionError", "no tea", frame())).key


def test_a_title_shows_where_long_sides_differ() -> None:
    start = "{'title': 'A shop that sells tea to people', 'version': '0.1.0', "
    one = compared(Side("dict", start + "'tax': None}"), Side("dict", start + "'tax': 0}"))
    assert one.title == "assert ...', 'tax': None} == ...', 'tax': 0}"
    far = compared(Side("str", f"'{'x' * 390}a'"), Side("str", f"'{'x' * 390}b'"))
    assert far.title == f"assert ...{'x' * 10}a' == ...{'x' * 10}b'"


def test_what_is_looked_for_may_have_another_type_than_where() -> None:
    tea, shelf = Side("str", "'tea'"), Side("shop.Shelf", "Shelf(ale)")
    assert "compares" not in compared(tea, shelf, operator="in").next_action
    assert "compares" not in compared(tea, shelf, operator="assertNotIn").next_action
    assert "compares a str with a Shelf" in compared(tea, shelf).next_action


@pytest.mark.parametrize(
    ("left", "right", "says"),
    [
        (Side("method", "<bound method Shop.total of <Shop>>"), Side("int", "5"), "method now"),
        (Side("generator", "<generator object all>"), Side("list", "[1]"), "in a list first"),
        (Side("coroutine", "<coroutine object total>"), Side("int", "5"), "async"),
    ],
)
def test_symptoms_of_a_changed_interface_say_so(left: Side, right: Side, says: str) -> None:
    assert says in compared(left, right).next_action


def test_a_model_that_refuses_the_same_fields_is_one_cause_whatever_the_values() -> None:
    def refused(value: str, position: int) -> Raised:
        error: JSON = {
            "type": "int_parsing",
            "loc": ["items", position, "price"],
            "msg": "not a number",
            "input_type": value,
        }
        return raised("pydantic_core.ValidationError", value, bases=("ValueError",), model="Order", errors=[error])

    assert reason(refused("a", 0)).key == reason(refused("b", 3)).key
    assert "Order.items.*.price" in reason(refused("a", 0)).title


def test_a_pair_of_a_missing_and_a_surplus_field_is_read_as_a_rename() -> None:
    errors: list[JSON] = [
        {"type": "missing", "loc": ["quantity"], "msg": "Field required"},
        {"type": "extra_forbidden", "loc": ["qty"], "msg": "Extra inputs are not permitted"},
    ]
    found = reason(raised("pydantic_core.ValidationError", "", bases=("ValueError",), model="Order", errors=errors))
    assert found.next_action.startswith("Rename qty to quantity")


def test_guesses_of_newer_pythons_do_not_split_a_cause() -> None:
    old, new = "order() got an unexpected keyword argument 'qty'", ". Did you mean 'quantity'?"
    assert reason(raised("TypeError", old)) == reason(raised("TypeError", old + new))


@given(st.integers(1, 10**6), st.integers(0, 40), st.text(max_size=30))
def test_a_signature_knows_no_line_worker_or_folder(line: int, worker: int, folder: str) -> None:
    def signature(line: int, worker: str, folder: str) -> str:
        at = frame(Role.SOURCE, "Shop.total", "shop/order.py", line)
        evidence = Evidence((raised("OSError", f"cannot use /srv/x/{folder}/shop.db of {worker}", at),), worker=worker)
        return reason_of(evidence, Scope.TEST, When.CALL, "tests/test_shop.py::test_a").signature

    plain = "".join(letter for letter in folder if letter.isalnum())
    assert signature(line, f"gw{worker}", f"{plain}x") == signature(3, "gw0", "y")


# ---- from printed text alone


@pytest.mark.parametrize(
    ("type_", "message", "kind", "part"),
    [
        ("ModuleNotFoundError", "No module named 'shop.order'", Kind.IMPORT, "shop.order"),
        ("ImportError", "cannot import name 'order' from 'shop' (/x/shop/__init__.py)", Kind.IMPORT, "shop.order"),
        ("AttributeError", "module 'shop' has no attribute 'order'", Kind.IMPORT, "shop.order"),
        ("AttributeError", "'Shop' object has no attribute 'total'", Kind.INTERFACE, "total"),
        ("TypeError", "order() got an unexpected keyword argument 'qty'", Kind.INTERFACE, "qty"),
        ("TypeError", "order() missing 2 required positional arguments: 'a' and 'b'", Kind.INTERFACE, "b"),
        ("KeyError", "'total'", Kind.INTERFACE, "'total'"),
        ("AssertionError", "assert 5 == 3", Kind.ASSERTION, "tests/test_shop.py"),
        ("AssertionError", "assert 'segmentation fault' == ''", Kind.ASSERTION, "tests/test_shop.py"),
        ("ConnectionRefusedError", "[Errno 111] Connection refused", Kind.CONNECTION, "unknown"),
        (
            "redis.exceptions.ConnectionError",
            "Error 111 connecting to db:6379. Connection refused.",
            Kind.CONNECTION,
            "redis",
        ),
        ("TimeoutError", "", Kind.TIMEOUT, "TimeoutError"),
        ("ValueError", "no such item", Kind.VALIDATION, "no such item"),
        (
            "pydantic_core._pydantic_core.ValidationError",
            "1 validation error for Order",
            Kind.VALIDATION,
            "ValidationError",
        ),
        ("Failed", "DID NOT RAISE <class 'ValueError'>", Kind.ASSERTION, "ValueError"),
        ("", "fixture 'client' not found", Kind.FIXTURE, "client"),
        ("", "worker 'gw1' crashed while running 'tests/test_shop.py::test_a'", Kind.CRASH, "worker"),
        ("", "something odd", Kind.OTHER, "something odd"),
    ],
)
def test_printed_text_gives_a_kind_too(type_: str, message: str, kind: Kind, part: str) -> None:
    evidence = Evidence((Raised(type_, (), message),), live=False)
    found = reason_of(evidence, Scope.TEST, When.CALL, "tests/test_shop.py::test_a")
    assert found.kind is kind
    assert part in found.key


def test_lost_workers_are_one_cause() -> None:
    def lost(worker: str, test: str) -> Reason:
        message = f"worker '{worker}' crashed while running 'tests/test_shop.py::{test}'"
        return reason_of(Evidence((Raised("", (), message),), live=False), Scope.TEST, When.CALL, test)

    assert lost("gw0", "test_a").key == lost("gw1", "test_b").key
    assert lost("gw0", "test_a").title == "A worker crashed while running 'tests/test_shop.py::test_a'"


def test_a_run_in_which_nothing_ran_says_where_to_look() -> None:
    evidence = Evidence((Raised("pytest.NoTestsCollected", (), "no test ran (exit status 5)"),))
    found = reason_of(evidence, Scope.RUN, When.SESSION)
    assert (found.kind, found.key) == (Kind.OTHER, ("nothing ran",))


def test_the_kinds_are_documented_as_their_modules_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "kinds.md").read_text(encoding="utf-8")
    positions = []
    for module in ORDER:
        head, _, rest = inspect.cleandoc(module.__doc__ or "").replace("``", "`").partition("\n\n")
        name, _, sentence = head.partition(": ")
        positions.append(page.index(f"## {name}\n\n{sentence[0].upper()}{sentence[1:]}\n\n{rest}\n"))
    assert positions == sorted(positions)


def test_no_evidence_at_all_is_other() -> None:
    found = reason_of(Evidence(()), Scope.RUN, When.SESSION)
    assert found.kind is Kind.OTHER
    assert found.title


def test_an_object_that_cannot_do_what_is_asked_is_no_call_that_does_not_fit() -> None:
    def lacking(obj: str, *frames: Frame) -> Reason:
        message = f"'{obj}' object is not subscriptable"
        return reason(raised("TypeError", message, *frames, problem="not_subscriptable", obj_type=obj))

    assert len({lacking("Shop").key, lacking("Order").key, lacking("Order", SOURCE).key}) == 3
    assert "by its attributes" in lacking("Order").next_action
    assert "there is nothing to work with in shop.order.Shop.total" in lacking("NoneType", SOURCE).next_action


def test_a_member_that_an_enum_lacks_is_told_with_its_enum() -> None:
    found = reason(
        raised("AttributeError", "Little", name="Little", obj_is="class", obj_name="shop.Endian", obj_type="x")
    )
    assert found.title == "type object 'Endian' has no attribute 'Little'"


def test_workers_that_collect_different_tests_are_told_in_words() -> None:
    text = report_collection_diff(["t.py::a"], ["t.py::b"], "gw0", "gw1")
    found = reason_of(evidence_in(None, text), Scope.RUN, When.COLLECT)
    assert (found.key, found.title) == (("collected",), "The workers collected different tests")


def test_code_that_needs_an_event_loop_wants_an_async_test() -> None:
    found = reason(raised("RuntimeError", "no running event loop", SOURCE))
    assert found.kind is Kind.OTHER
    assert found.next_action == "Make the test async: shop.order.Shop.total needs a running event loop."


def test_nothing_where_something_was_expected_is_to_be_explained_first() -> None:
    assert "why there is nothing" in compared(Side("NoneType", "None"), Side("int", "5")).next_action
    assert "nothing" not in compared(Side("int", "5"), Side("NoneType", "None"), operator="is").next_action


@pytest.mark.parametrize("lookup", ["Shop.__getattr__", "Shop.__getattribute__"])
def test_an_attribute_is_missed_where_it_is_asked_for(lookup: str) -> None:
    def lacking(*frames: Frame) -> Reason:
        error = raised("AttributeError", message, *frames, name="tea", obj_is="instance", obj_type="shop.Shop")
        return reason(error)

    own = frame(Role.SOURCE, lookup, "shop/order.py")
    message = "'Shop' object has no attribute 'tea'"
    asked = lacking(frame(), own)
    assert asked.next_action.startswith("Use what Shop.tea is called now")
    read = lacking(frame(), SOURCE, own)
    assert read.next_action.startswith("Give the Shop that the tests pass to shop.order.Shop.total")


def test_a_type_error_of_the_implementations_own_speaks_for_itself() -> None:
    error = "shop.UsageError"
    found = reason(raised(error, "`tea` is called `leaf` now", SOURCE, bases=("TypeError", "Exception")))
    assert (found.kind, found.title) == (Kind.INTERFACE, "UsageError: `tea` is called `leaf` now")
    assert found.next_action.startswith("Do what the message of shop.order.Shop.total says")


@pytest.mark.parametrize(
    ("manager", "statement"),
    [
        ("_GeneratorContextManager", "in a with statement"),
        ("_AsyncGeneratorContextManager", "in an async with statement"),
    ],
)
def test_what_became_a_context_manager_is_to_be_entered(manager: str, statement: str) -> None:
    error = raised(
        "AttributeError", f"'{manager}' object has no attribute 'send'", name="send", obj_type=f"contextlib.{manager}"
    )
    assert statement in reason(error).next_action


def test_the_name_of_a_compiled_function_is_told_once() -> None:
    compiled = frame(Role.SOURCE, "shop.order.Shop.total", "shop/order.py")
    error = "shop.StoreError"
    assert reason(raised(error, "down", compiled)).key == reason(raised(error, "down", SOURCE)).key


def test_errors_that_a_framework_passes_on_are_those_of_the_model_without_its_name() -> None:
    def refused(name: str) -> Reason:
        errors: JSON = [{"type": "missing", "loc": ["response", name], "msg": "Field required"}]
        return reason(raised("shop.ResponseError", f"1 error: {name}", SOURCE, errors=errors, count=1))

    assert (refused("tax").kind, refused("tax").title) == (
        Kind.VALIDATION,
        "ResponseError.response.tax: Field required",
    )
    assert refused("tax").next_action.startswith("Pass shop.order.Shop.total a value for response.tax")
    assert refused("tax").key != refused("name").key


# ---- a kind decided elsewhere


@pytest.mark.parametrize("forced", list(Kind))
def test_a_forced_kind_keeps_key_and_title_sensible(forced: Kind) -> None:
    evidence = Evidence((raised("shop.StoreError", "store 7 is down", SOURCE),))
    found = reason_of(evidence, Scope.TEST, When.CALL, "tests/test_shop.py::test_a", forced)
    assert found.kind is forced
    assert "store 7 is down" in found.title
    assert "shop.order.Shop.total" in found.key
    assert found.next_action.endswith(".")


def test_a_forced_kind_that_knows_the_failure_gives_its_own_reason() -> None:
    evidence = Evidence((raised("AssertionError", "assert 0", bases=("Exception",)), linked(raised("KeyError", "'x'"))))
    assert reason_of(evidence, Scope.TEST, When.CALL, "", Kind.INTERFACE).key[:2] == ("item", "KeyError")


def test_two_failures_of_different_kinds_are_never_one() -> None:
    evidence = Evidence((raised("shop.StoreError", "down"),))
    signatures = {reason_of(evidence, Scope.TEST, When.CALL, "", kind).signature for kind in Kind}
    assert len(signatures) == len(Kind)


@given(st.text(max_size=300), st.text(max_size=40), st.sampled_from(list(Scope)))
def test_any_evidence_has_a_reason_in_one_line(message: str, type_: str, scope: Scope) -> None:
    found = reason_of(Evidence((Raised(type_, (), message),)), scope, When.CALL, "tests/test_shop.py::test_a")
    assert found.title
    assert len(found.title.splitlines()) == 1
    assert len(found.title) <= 240
    assert found.next_action.endswith(".")


# ---- titles


@pytest.mark.parametrize(
    ("type_", "message", "title"),
    [
        ("TypeError", "no", "TypeError: no"),
        ("ValueError", "bad 0", "ValueError: bad 0"),
        ("ValueError", "", "ValueError in test_total"),
        ("shop.errors.StockError", "no StockError for tea", "no StockError for tea"),
        ("shop.errors.StockError", "no tea\nno ale", "StockError: no tea ..."),
        ("ValueError", "invalid literal for int() with base 10: 'x'", "invalid literal for int() with base 10: 'x'"),
        ("ValueError", "'blue' is not a valid Color", "'blue' is not a valid Color"),
        ("ValueError", "not enough values to unpack (expected 2, got 1)",
         "not enough values to unpack (expected 2, got 1)"),
        ("TimeoutError", "too slow", "TimeoutError: too slow"),
        ("ImportError", "needs tea 2", "ImportError: needs tea 2"),
    ],
)  # fmt: skip
def test_a_title_has_the_type_where_the_words_alone_do_not_tell(type_: str, message: str, title: str) -> None:
    assert reason(raised(type_, message)).title == title


def test_a_sentence_of_python_that_names_the_thing_is_the_title() -> None:
    one = raised("TypeError", "'Shop' object is not iterable", problem="not_iterable", obj_type="Shop")
    assert reason(one).title == "'Shop' object is not iterable"


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("msg here\nassert 2 == 1", "msg here: assert 2 == 1"),
        ("assert 2 == 1\n +  where 2 = f()", "assert 2 == 1"),
        ("several\nlines\nassert 2 == 1", "several ...: assert 2 == 1"),
    ],
)
def test_the_message_of_an_assertion_stands_before_what_was_compared(message: str, title: str) -> None:
    comparison = Comparison("==", Side("int", "2"), Side("int", "1"))
    assert reason(raised("AssertionError", message), comparison=comparison).title == title


@pytest.mark.parametrize(
    ("message", "title"),
    [
        ("msg here", "msg here"),
        ("one\ntwo", "one ..."),
        ("assert False", "assert False"),
        ("assert False\n +  where False = is_ok(5)\n +    where 5 = f()", "assert False, where False = is_ok(5)"),
        ("not ok\nassert False\n +  where False = is_ok(5)", "not ok: assert False, where False = is_ok(5)"),
        ("Regex pattern did not match.\n  Expected regex: 'a'\n  Actual message: 'b'",
         "Regex pattern did not match. Expected regex: 'a' Actual message: 'b'"),
        ("expected call not found.\nExpected: f(1)\n  Actual: f(2)",
         "expected call not found. Expected: f(1) Actual: f(2)"),
    ],
)  # fmt: skip
def test_an_assertion_that_compares_nothing_says_what_pytest_says(message: str, title: str) -> None:
    assert reason(raised("AssertionError", message)).title == title


def test_the_general_advice_can_be_followed() -> None:
    assert "agentgate triage -v" in reason(raised("shop.StoreError", "down")).next_action
