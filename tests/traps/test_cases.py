"""Whole applications that changed honestly, with one bug among the changes: their tests follow the changes alone.

They are those of ``tests/cases``. A test that the bug breaks, were it written by a careful person, stays red; one that
turns green is green without the bug as well. Each line is one of the tests' authors, of a careful person, or imports.
One repair for each is slow: ``AGENTGATE_TEST_TRAPS=each``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cases.application import HERE, NAMES, committed, outcomes, passed, repaired, with_tests, written
from tests.traps.test_traps import SLOW


@dataclass(frozen=True)
class Replaced:
    """A bug that is another text in a file."""

    path: str
    right: str
    wrong: str

    def __str__(self) -> str:
        return re.sub(r"\W+", "-", self.wrong).strip("-")

    def __call__(self, root: Path) -> None:
        text = (root / self.path).read_text()
        assert text.count(self.right) == 1, f"{self.right!r} is {text.count(self.right)} times in {self.path}"
        (root / self.path).write_text(text.replace(self.right, self.wrong))


@dataclass(frozen=True)
class HalfMoved:
    """A definition that stands in another module, and whose users still look for it in the old one."""

    path: str
    name: str
    to: str

    def __str__(self) -> str:
        return f"{self.name}-moved"

    def __call__(self, root: Path) -> None:
        text = (root / self.path).read_text()
        lines = text.splitlines(keepends=True)
        body = ast.parse(text).body
        node = next(
            each for each in body if isinstance(each, ast.ClassDef | ast.FunctionDef) and each.name == self.name
        )
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
        imports = [each for each in body if isinstance(each, ast.Import | ast.ImportFrom)]
        head = "".join(lines[: imports[-1].end_lineno])
        (root / self.to).write_text(head + "\n\n" + "".join(lines[first : node.end_lineno]))
        (root / self.path).write_text("".join(lines[:first] + lines[node.end_lineno :]))


Bug = Replaced | HalfMoved

BUGS: Mapping[str, tuple[Bug, ...]] = {
    "billing_pydantic1": (
        Replaced("billing/app.py", "net * (1 + ", "net * (1 - "),  # a wrong value
        Replaced("billing/app.py", "{self.smtp.user}@", "{self.smtp['user']}@"),  # not migrated
        Replaced("billing/app.py", "class Billing:", "class Invoicing:"),  # start() still names Billing
        Replaced("billing/app.py", 'currency: str = "EUR"', "currency: str"),  # start() does not pass it
        HalfMoved("billing/app.py", "Billing", "billing/invoices.py"),
    ),
    "gateway_mixed": (
        Replaced("gateway/server.py", "path.startswith(route.prefix)", "path.startswith(route['prefix'])"),
        Replaced("gateway/server.py", "return 429", "return 420"),
        Replaced("gateway/server.py", "class Limiter:", "class Throttle:"),  # Gateway makes a Limiter
        Replaced("gateway/server.py", "limiter: Limiter | None = None", "limiter: Limiter | None"),  # so does serve()
        HalfMoved("gateway/server.py", "Limiter", "gateway/limits.py"),
    ),
    "ingest_msgspec": (
        Replaced("ingest/pipeline.py", "self.config.batch.size", "self.config['batch']['size']"),
        Replaced("ingest/pipeline.py", "range(0, len(events), size)", "range(0, len(events) - 1, size)"),
        Replaced("ingest/config.py", "source: Source", "origin: Source"),  # Pipeline reads config.source
        Replaced("ingest/config.py", "size: int = 2", "size: int"),  # Config makes a Batch()
        HalfMoved("ingest/config.py", "Source", "ingest/sources.py"),
    ),
    "mailer_attrs": (
        Replaced("mailer/model.py", "def strength", "def power"),  # Client reads strength
        Replaced("mailer/client.py", "number % len", "(number + 1) % len"),
        Replaced("mailer/client.py", "def signed", "def sign"),  # send() calls signed
        Replaced("mailer/client.py", "def pick(self, number: int)", "async def pick(self, number: int)"),
        HalfMoved("mailer/model.py", "Server", "mailer/servers.py"),
    ),
    "rooms_pydantic2": (
        Replaced("src/rooms/service.py", 'if redis.tls else "redis"', 'if not redis.tls else "redis"'),
        Replaced("src/rooms/config.py", "    redis: RedisConfig", "    store: RedisConfig"),  # service reads redis
        Replaced("src/rooms/config.py", "db: int = 0", "db: int"),  # load() does not pass it
        Replaced("src/rooms/config.py", '{"host": "localhost", **text["redis"]}', 'text["redis"]'),
        HalfMoved("src/rooms/config.py", "RedisConfig", "src/rooms/redis.py"),
    ),
    "worker_dataclass": (
        Replaced("worker/queue.py", "self.retry.times + 1", 'self.retry["times"] + 1'),
        Replaced("worker/queue.py", "{self.queue.host}:", "{self.queue.name}:"),
        Replaced("worker/queue.py", "except ValueError as error", "except LookupError as error"),
        Replaced("worker/settings.py", "host: str", "server: str"),  # Worker reads queue.host
        Replaced("worker/settings.py", "times: int = 0", "times: int"),  # QueueSettings makes a Retry()
        HalfMoved("worker/settings.py", "QueueSettings", "worker/broker.py"),
    ),
}
ALL = [pytest.param(name, bug, id=f"{name}-{bug}") for name, bugs in BUGS.items() for bug in bugs]


def lines(folder: Path) -> set[str]:
    return {line.strip() for text in written(folder).values() for line in text.splitlines()}


@SLOW
@pytest.mark.parametrize(("name", "bug"), ALL)
def test_tests_follow_the_change_and_not_the_bug(
    name: str, bug: Bug, tmp_path: Path, few_plugins: Mapping[str, str]
) -> None:
    root, case = tmp_path / "project", HERE / name
    committed(name, tmp_path / "right")
    committed(name, root, bug)
    careful = case / "after" / "tests"
    right = passed(with_tests(tmp_path / "right", careful, tmp_path / "careful"), few_plugins)
    felt = outcomes(with_tests(root, careful, tmp_path / "careful-but-wrong"), few_plugins)
    assert right - felt["PASSED"], "no test feels the bug"
    behind = passed(root, few_plugins)  # where the implementation is behind as well, such a test goes on passing

    told = repaired(root, few_plugins)
    assert told["repair"]["left"]
    green = passed(root, few_plugins)
    assert behind <= green
    turned = green - behind
    assert not turned & (felt["FAILED"] | felt["ERROR"]), "a test that the bug breaks was made to pass"
    again = with_tests(tmp_path / "right", root / "tests", tmp_path / "repaired")
    assert turned <= passed(again, few_plugins), "a test passes with the bug alone"

    added = lines(root / "tests") - lines(case / "before") - lines(case / "after")
    assert not {line for line in added if not line.startswith(("import ", "from "))}


def test_every_application_has_bugs() -> None:
    assert set(BUGS) == set(NAMES)
