"""Tests that lack a server get it for a repair: a real one, which the test starts where the repair asks for it."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from tests.repair.loop.conftest import Suite, proposal

from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol
from pytest_agentgate.model import Cause, Failure, Kind
from pytest_agentgate.model.repair import Attempt, Repair, Verdict
from pytest_agentgate.repair.attempts import rerun
from pytest_agentgate.repair.attempts.services import Offer, Services
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.session import Session, Wishes
from pytest_agentgate.store import open_store

MakeSuite = Callable[..., Suite]

SOURCE = """
import http.client

def ask(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    try:
        return connection.getresponse().read()
    finally:
        connection.close()

def one(): return 1
"""
FOLLOW = {"old_one": proposal(RenameSymbol(old="shop.old_one", new="shop.one"))}


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"yes")

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True  # the fixture that has found the port holds it as well


class Servers(Services):
    """Starts a server at the port that a cause names, if it is one of ``ports``; remembers what it was told."""

    def __init__(self, *ports: int) -> None:
        self.ports = ports
        self.asked: list[str] = []
        self.runs = 0
        self.of_record: list[str] = []
        self.up: list[_Server] = []

    def supply(self, causes: Sequence[Cause]) -> Sequence[Offer]:
        self.asked += [cause.title for cause in causes]
        return [self._offer(cause) for cause in causes]

    def _offer(self, cause: Cause) -> Offer:
        port = next((port for port in self.ports if f":{port} " in cause.title), 0)
        if not port:
            return Offer(cause.signature, why="no engine answers")
        server = _Server(("127.0.0.1", port), _Answer)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.up.append(server)
        return Offer(cause.signature, "web", evidence=("it is named there",), diff="the lines")

    def ended(self) -> None:
        self.runs += 1

    def recorded(self, run: str) -> None:
        self.of_record.append(run)

    def end(self) -> None:
        for server in self.up:
            server.shutdown()
            server.server_close()


@pytest.fixture
def ports() -> Iterator[list[int]]:
    """Two at which nothing is served, and which are not taken for what the system gives to clients.

    They are bound all the time, so that nobody else serves there meanwhile.
    """
    found: list[int] = []
    with ExitStack() as stack:
        while len(found) < 2:
            port, held = random.randrange(10_000, 30_000), stack.enter_context(socket.socket())
            with suppress(OSError):
                held.bind(("127.0.0.1", port))  # alone
                held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # and from now on, with our own server
                found.append(port)
        yield found


@pytest.fixture
def servers(ports: list[int]) -> Iterator[Servers]:
    made = Servers(*ports)
    yield made
    made.end()


def repaired(made: Suite, services: Services, wishes: Wishes | None = None) -> Repair:
    def propose(cause: Cause, failures: Sequence[Failure]) -> Sequence[Proposal] | NoProposal:
        return next(
            ((found,) for words, found in FOLLOW.items() if words in cause.title), NoProposal("it is not known")
        )

    session = Session(made.project, made.interpreter, propose, wishes or Wishes(jobs=1), services=services)
    return session.repair()


def runs(root: Path) -> list[str]:
    with open_store(str(root / ".agentgate" / "agentgate.db")) as store:
        store.ingest(root / ".agentgate" / "runs")
        return [run.id for run in reversed(store.runs())]


def counted(one: Attempt) -> tuple[Verdict, int, int, int]:
    return one.verdict, one.before, one.after, one.advanced


def test_what_lacked_a_service_only_is_neither_repaired_nor_left(
    suite: MakeSuite, ports: list[int], servers: Servers
) -> None:
    test = f"from shop import ask\n\ndef test_asks(): assert ask({ports[0]}) == b'yes'\ndef test_ok(): pass\n"
    made = suite({"src/shop.py": SOURCE, "tests/test_shop.py": test})
    before = made.contents()
    repair = repaired(made, servers)
    [attempt] = repair.attempts
    assert counted(attempt) == (Verdict.ENVIRONMENT, 1, 0, 0)
    assert (attempt.kind, attempt.why, attempt.codemods) == (Kind.CONNECTION, "with the service web 1 green", ())
    assert (attempt.evidence, attempt.diff) == (("it is named there",), "the lines")
    assert (repair.red_before, repair.green_after, repair.left, repair.complete) == (1, 0, (), True)
    assert made.contents() == before


def test_only_runs_of_everything_stand_in_the_record(suite: MakeSuite, ports: list[int], servers: Servers) -> None:
    test = f"from shop import ask\n\ndef test_asks(): assert ask({ports[0]}) == b'yes'\n"
    made = suite({"src/shop.py": SOURCE, "tests/test_shop.py": test, "tests/test_ok.py": "def test_ok(): pass\n"})
    repair = repaired(made, servers)
    assert servers.of_record == [repair.before_run, repair.after_run] == runs(made.root)
    assert servers.runs == 3  # with that of the trial
    with open_store(str(made.root / ".agentgate" / "agentgate.db")) as store:
        ended = [[result.outcome for result in store.results(run)] for run in runs(made.root)]
    assert [sorted(map(str, outcomes)) for outcomes in ended] == [["failed", "passed"], ["passed", "passed"]]


def test_what_is_red_with_the_service_is_left_for_its_next_cause(
    suite: MakeSuite, ports: list[int], servers: Servers
) -> None:
    tests = f"def test_yes(): assert ask({ports[0]}) == b'yes'\ndef test_no(): assert ask({ports[0]}) == b'no'\n"
    made = suite({"src/shop.py": SOURCE, "tests/test_shop.py": f"from shop import ask\n\n{tests}"})
    repair = repaired(made, servers)
    [attempt] = repair.attempts
    assert counted(attempt) == (Verdict.ENVIRONMENT, 2, 0, 1)
    assert attempt.evidence[-1] == "still red, for the next cause: assert b'yes' == b'no'"
    assert [(one.kind, one.why) for one in repair.left] == [(Kind.ASSERTION, "it is not known")]
    assert (repair.red_before, repair.green_after) == (2, 0)


def test_the_next_cause_is_repaired(suite: MakeSuite, ports: list[int], servers: Servers) -> None:
    test = f"""
    import shop

    def test_one():
        shop.ask({ports[0]})
        assert shop.old_one() == 1
    """
    made = suite({"src/shop.py": SOURCE, "tests/test_shop.py": test})
    repair = repaired(made, servers)
    assert [counted(one) for one in repair.attempts] == [(Verdict.ENVIRONMENT, 1, 0, 1), (Verdict.KEPT, 1, 0, 0)]
    assert (repair.red_before, repair.green_after, repair.left) == (1, 1, ())


def test_a_service_that_an_edit_brings_to_light_is_started_too(
    suite: MakeSuite, ports: list[int], servers: Servers
) -> None:
    test = f"from shop import ask, old_one\n\ndef test_one(): assert ask({ports[0]}) == b'yes' and old_one() == 1\n"
    made = suite({"src/shop.py": SOURCE, "tests/test_shop.py": test})
    repair = repaired(made, servers)
    assert sorted(one.verdict for one in repair.attempts) == [Verdict.ENVIRONMENT, Verdict.KEPT]
    assert (repair.left, repair.complete) == ((), True)
    assert servers.of_record == [repair.before_run, repair.after_run]


def test_one_service_after_the_other(suite: MakeSuite, ports: list[int], servers: Servers) -> None:
    test = f"from shop import ask\n\ndef test_both(): assert ask({ports[0]}) == ask({ports[1]})\n"
    repair = repaired(suite({"src/shop.py": SOURCE, "tests/test_shop.py": test}), servers)
    assert [counted(one) for one in repair.attempts] == [
        (Verdict.ENVIRONMENT, 1, 0, 1),
        (Verdict.ENVIRONMENT, 1, 0, 0),
    ]
    assert len(servers.asked) == 2
    assert repair.left == ()


def test_a_file_that_asks_while_it_is_loaded(suite: MakeSuite, ports: list[int], servers: Servers) -> None:
    test = f"from shop import ask\n\nANSWER = ask({ports[0]})\n\ndef test_one(): assert ANSWER == b'yes'\n"
    repair = repaired(suite({"src/shop.py": SOURCE, "tests/test_shop.py": test}), servers)
    [attempt] = repair.attempts
    assert counted(attempt) == (Verdict.ENVIRONMENT, 1, 0, 0)
    assert (repair.red_before, repair.green_after, repair.left) == (1, 0, ())


def test_without_a_service_the_cause_is_left_with_the_reason_and_asked_about_once(
    suite: MakeSuite, ports: list[int]
) -> None:
    test = f"from shop import ask\n\ndef test_asks(): ask({ports[0]})\n"
    made, none = suite({"src/shop.py": SOURCE, "tests/test_shop.py": test}), Servers()
    repair = repaired(made, none)
    assert repair.attempts == ()
    assert [one.why for one in repair.left] == ["it is not known: no engine answers"]
    assert len(none.asked) == 1
    assert none.of_record == [repair.before_run] == runs(made.root)


class _Useless(Servers):
    """Offers a service at another address than the one that is asked for."""

    def _offer(self, cause: Cause) -> Offer:
        return Offer(cause.signature, "web")


def test_a_service_that_does_not_help_is_no_attempt(suite: MakeSuite, ports: list[int]) -> None:
    test = f"from shop import ask\n\ndef test_asks(): ask({ports[0]})\n"
    repair = repaired(suite({"src/shop.py": SOURCE, "tests/test_shop.py": test}), _Useless())
    assert repair.attempts == ()
    assert [one.why for one in repair.left] == ["it is not known: the service web is up, and they fail as before"]


def test_where_the_trial_takes_too_long_the_reason_is_said(
    suite: MakeSuite, ports: list[int], tmp_path: Path, hours_pass: Callable[[ModuleType, Path], None]
) -> None:
    hangs = tmp_path / "hangs"
    hours_pass(rerun, hangs)
    test = """
    import os, time
    from shop import ask

    def test_asks():
        if os.path.exists("before"):
            open({hangs}, "a").write("I")
            time.sleep(600)
        open("before", "w").close()
        ask({port})
    """.replace("{port}", str(ports[0])).replace("{hangs}", repr(str(hangs)))
    made = suite({"src/shop.py": SOURCE, "tests/test_shop.py": test})
    repair = repaired(made, _Useless())
    assert (repair.attempts, repair.complete) == ((), True)
    [left] = repair.left
    assert left.why.startswith("it is not known: the tests could not be run again: it took more than 600 seconds")


def test_what_the_services_have_to_say_stands_in_the_report(suite: MakeSuite) -> None:
    class Lame(Services):
        notes = ("service web is unavailable: no engine answers",)

    made = suite({"src/shop.py": SOURCE, "tests/test_shop.py": "def test_ok(): pass\n"})
    assert repaired(made, Lame()).notes == Lame.notes
