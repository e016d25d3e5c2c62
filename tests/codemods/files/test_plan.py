"""Plans: what becomes of each file, whatever it is, and nothing is written."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.codemods.files.conftest import HUNG

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.files import plan as plans
from pytest_agentgate.codemods.files.edits import Edit
from pytest_agentgate.codemods.files.plan import Planned, plan
from pytest_agentgate.codemods.files.tree import Tree, find
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.rewrites.rename_fixture import RenameFixture
from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword
from pytest_agentgate.codemods.rewrites.subscript_to_attribute import SubscriptToAttribute
from pytest_agentgate.codemods.writing.rewrite import Rewrite

RENAME = RenameKeyword(function="shop.order", old="qty", new="quantity")
CALL = "from shop import order\n\norder(qty=1)\n"


@dataclass(frozen=True)
class Misbehave(Codemod):
    """Do what the word says that stands in a file."""

    applicability = Applicability.SAFE
    because = "It is a test."
    owns = frozenset({ast.Name, ast.Constant})

    word: str = option("the word", "name")

    def words(self) -> tuple[str, ...]:
        return (self.word,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        for name in file.names.by_word.get(self.word, ()):
            if self.word == "fail":
                raise LookupError("no\nidea")
            if self.word == "die":
                os._exit(9)
            if self.word == "hang":
                Path(os.environ[HUNG]).write_text("I")
                time.sleep(600)
            if self.word == "import_":
                rewrite.replace(name, lambda _: None)  # a name can't be taken away
            if self.word == "sibling":
                other = file.sources.file("tests/sibling.py")
                rewrite.leave(name, f"sibling has {sorted(other.scope.bindings)}" if other else "no sibling")
            if self.word == "snow":
                rewrite.put(name, "'\N{SNOWMAN}'")


def planned(root: Path, *codemods: Codemod, jobs: int = 1) -> dict[str, Planned]:
    files, _ = find(root, [root])
    return {each.path: each for each in plan(Tree(root), codemods, files, jobs, 60)}


def put(root: Path, path: str, data: str | bytes) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data.encode() if isinstance(data, str) else data)
    return root / path


@pytest.mark.parametrize("jobs", [0, 1, 3])
def test_files_are_planned_and_not_written(tmp_path: Path, jobs: int) -> None:
    for number in range(9):
        put(tmp_path, f"tests/test_{number}.py", CALL if number % 2 else "x = 1\n")
    found = planned(tmp_path, RENAME, jobs=jobs)
    after = CALL.replace("qty", "quantity")
    assert list(found.values()) == [
        Planned(path, Edit(path, CALL.encode(), after.encode()), (str(RENAME),))
        for path in (f"tests/test_{number}.py" for number in (1, 3, 5, 7))
    ]
    assert (tmp_path / "tests/test_1.py").read_text() == CALL


@pytest.mark.parametrize(
    "raw",
    [
        CALL.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + CALL.encode(),
        CALL.rstrip().encode(),
        b"# -*- coding: latin-1 -*-\n" + CALL.encode() + b"'\xe9'\n",
        b"#!/usr/bin/env python\n# coding: cp1252\r\n" + CALL.encode() + b"'\x80'",
        CALL.encode() + b"\x0c\n# \tend \t",
    ],
)
def test_every_byte_outside_of_the_edit_survives(tmp_path: Path, raw: bytes) -> None:
    put(tmp_path, "test_a.py", raw)
    edit = planned(tmp_path, RENAME)["test_a.py"].edit
    assert edit is not None
    assert edit.after == raw.replace(b"qty", b"quantity")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (CALL + "def (:\n", "Python can't read it: invalid syntax"),
        (CALL.encode() + b"\0", "it is binary: it has null bytes"),
        (CALL.encode() + b"\xff", "it can't be decoded"),
        ("# coding: nonsense\n" + CALL, "it can't be decoded: unknown encoding: nonsense"),
        ("# @generated\n" + CALL, "it says that it is generated"),
        ("# @generated\n" + CALL + "def (:\n", "it says that it is generated"),
        (CALL + "x = " + "(" * 300 + ")" * 300 + "\n", "Python can't read it: too many nested parentheses"),
    ],
)
def test_a_file_that_can_only_be_left_alone_says_why(tmp_path: Path, raw: str | bytes, reason: str) -> None:
    put(tmp_path, "test_a.py", raw)
    put(tmp_path, "test_b.py", CALL)
    found = planned(tmp_path, RENAME)
    assert found["test_a.py"].reason.startswith(reason)
    assert found["test_a.py"].edit is None
    assert not found["test_a.py"].failed
    assert found["test_b.py"].edit is not None


def test_a_file_without_the_words_is_not_even_complained_about(tmp_path: Path) -> None:
    for raw in ("def (:\n", b"\0", b"\xff", "# @generated\n"):
        put(tmp_path, "test_a.py", raw)
        assert planned(tmp_path, RENAME) == {}


def test_a_read_only_file_is_left_alone_where_it_would_change(tmp_path: Path) -> None:
    put(tmp_path, "test_a.py", CALL).chmod(0o444)
    put(tmp_path, "test_b.py", "qty = 1\n").chmod(0o444)
    found = planned(tmp_path, RENAME)
    assert found == {"test_a.py": Planned("test_a.py", reason="it is read-only")}


def test_what_its_encoding_lacks_is_not_written(tmp_path: Path) -> None:
    put(tmp_path, "test_a.py", "# coding: latin-1\nsnow\n")
    put(tmp_path, "test_b.py", "snow\n")
    found = planned(tmp_path, Misbehave("snow"))
    assert found["test_a.py"].reason == r"the result has '\u2603', which iso-8859-1 can't encode"
    assert found["test_a.py"].failed
    assert found["test_b.py"].edit is not None


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_codemod_that_fails_costs_the_one_file(tmp_path: Path, jobs: int) -> None:
    put(tmp_path, "test_a.py", "fail\n")
    put(tmp_path, "test_b.py", CALL)
    found = planned(tmp_path, Misbehave("fail"), RENAME, jobs=jobs)
    assert found["test_a.py"].reason.startswith("a codemod failed: LookupError: no idea (test_plan.py:")
    assert found["test_a.py"].failed
    assert found["test_b.py"].edit is not None


def test_a_rewrite_that_the_engine_refuses_is_a_failure(tmp_path: Path) -> None:
    put(tmp_path, "test_a.py", "print(import_)\n")
    found = planned(tmp_path, Misbehave("import_"))
    assert found["test_a.py"].failed
    assert found["test_a.py"].reason


@pytest.mark.usefixtures("hung")
def test_a_file_whose_process_dies_or_takes_too_long_costs_the_one_file(tmp_path: Path) -> None:
    put(tmp_path, "test_a.py", "die\n")
    put(tmp_path, "test_b.py", "hang\n")
    put(tmp_path, "test_c.py", CALL)
    found = planned(tmp_path, Misbehave("die"), Misbehave("hang"), RENAME)
    assert found["test_a.py"].reason == "the process that worked on it ended with status 9"
    assert found["test_b.py"].reason == "it took more than 60 seconds"
    assert found["test_a.py"].failed
    assert found["test_c.py"].edit is not None


def test_a_file_that_vanished_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, "test_a.py", CALL)
    [found] = plan(Tree(tmp_path), [RENAME], ["test_a.py", "test_gone.py"], 0)[1:]
    assert (found.path, found.reason, found.failed) == ("test_gone.py", "it is gone", False)


def test_codemods_see_the_other_files_and_those_are_named_as_they_are_imported(tmp_path: Path) -> None:
    put(tmp_path, "tests/test_a.py", "sibling\n")
    put(tmp_path, "tests/sibling.py", "def one(): ...\ndef two(): ...\n")
    [note] = planned(tmp_path, Misbehave("sibling"))["tests/test_a.py"].notes
    assert (note.line, note.reason) == (1, "sibling has ['one', 'two']")


def test_relative_imports_start_where_the_file_stands(tmp_path: Path) -> None:
    put(tmp_path, "src/shop/__init__.py", "def order(quantity): ...\n")
    put(tmp_path, "src/shop/tests/__init__.py", "")
    put(tmp_path, "src/shop/tests/test_a.py", "from .. import order\norder(qty=1)\n")
    put(tmp_path, "src/cafe/tests/test_b.py", "from .. import order\norder(qty=1)\n")
    assert set(planned(tmp_path, RENAME)) == {"src/shop/tests/test_a.py"}


# To forget is to collect garbage, which takes seconds in a process that has run thousands of tests.
@pytest.mark.parametrize(("files", "few"), [(3, 0), (14, 10)])
def test_what_is_learnt_of_other_files_is_forgotten_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, few: int
) -> None:
    """And the plan is the same."""
    for number in range(files):
        put(tmp_path, f"tests/test_{number}.py", "sibling\n")
    put(tmp_path, "tests/sibling.py", "def one(): ...\n")
    whole = planned(tmp_path, Misbehave("sibling"), jobs=0)
    monkeypatch.setattr(plans, "PARSED", 1)
    monkeypatch.setattr(plans, "_FEW", few)
    assert planned(tmp_path, Misbehave("sibling"), jobs=0) == whole


def test_a_codemod_sees_what_the_one_before_made_of_other_files(tmp_path: Path) -> None:
    """A fixture in a conftest becomes a model, so what a test that requests it reads are attributes."""
    put(
        tmp_path,
        "app/config.py",
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Redis:\n    url: str\n\n\n"
        "class Service:\n    def __init__(self, redis: Redis) -> None:\n        self.redis = redis\n",
    )
    put(
        tmp_path,
        "tests/conftest.py",
        "import pytest\nfrom app.config import Redis\n\n\n"
        "@pytest.fixture\ndef cache() -> Redis:\n    return make(qty=1)\n",
    )
    test = "from app.config import Service\n\n\ndef test_url(redis):\n    assert Service(redis).redis\n"
    put(tmp_path, "tests/test_url.py", f"{test}    assert redis['url'] == 'u'\n")
    rename = RenameFixture(old="cache", new="redis")
    read = SubscriptToAttribute(model="app.config.Redis")
    assert "tests/test_url.py" not in planned(tmp_path, read)
    for jobs in (0, 2):
        found = planned(tmp_path, rename, read, jobs=jobs)
        assert found["tests/test_url.py"].edit is not None
        assert b"redis.url == 'u'" in found["tests/test_url.py"].edit.after


def test_what_two_codemods_make_of_a_file_is_one_edit(tmp_path: Path) -> None:
    put(tmp_path, "test_a.py", CALL)
    back = RenameKeyword(function="shop.order", old="quantity", new="amount")
    undone = RenameKeyword(function="shop.order", old="quantity", new="qty")
    [found] = planned(tmp_path, RENAME, back).values()
    assert found.edit == Edit("test_a.py", CALL.encode(), CALL.replace("qty", "amount").encode())
    assert found.by == (str(RENAME), str(back))
    [nothing] = planned(tmp_path, RENAME, undone).values()
    assert nothing.edit is None


def test_progress_is_told_for_each_candidate(tmp_path: Path) -> None:
    paths = [f"test_{number}.py" for number in range(5)]
    for path in paths:
        put(tmp_path, path, CALL)
    put(tmp_path, "test_none.py", "x = 1\n")
    told: list[tuple[int, int]] = []
    plan(Tree(tmp_path), [RENAME], [*paths, "test_none.py"], 2, tell=lambda done, total: told.append((done, total)))
    assert told == [(number, 5) for number in range(1, 6)]


def test_a_tree_of_900_files_stays_within_150_mb(tmp_path: Path) -> None:
    """One process, which rewrites real files: those of the standard library, none of them of 100 KB or more."""
    code = (
        "import resource, sys\n"
        "def peak():  # in KiB; what a process is said to have needed begins, on Linux, with what its parent had\n"
        "    if sys.platform == 'linux':\n"
        "        status = Path('/proc/self/status').read_text()\n"
        "        return int(status.partition('VmHWM:')[2].split()[0])\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "from pathlib import Path\n"
        "from pytest_agentgate.codemods.codemod import codemod_of\n"
        "from pytest_agentgate.codemods.registry import built_in\n"
        "from pytest_agentgate.codemods.files.plan import plan\n"
        "from pytest_agentgate.codemods.files.tree import Tree, find\n"
        "root = Path(sys.argv[1])\n"
        "codemod = codemod_of(built_in()['rename-module'], {'old': 'contextlib', 'new': 'contexts'})\n"
        "files, _ = find(root, [root])\n"
        "found = plan(Tree(root, ('',)), [codemod], files, 0)\n"
        "print(len(files), sum(each.edit is not None for each in found), sum(each.failed for each in found), peak())\n"
    )
    for number, path in enumerate(standard_library()[:900]):
        put(tmp_path, f"pkg/{number:04}/{path.name}", path.read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, timeout=300
    )
    files, changed, failed, peak = map(int, done.stdout.split())
    assert (files, failed) == (900, 0)
    assert changed > 40
    assert peak / 1024 < 150


def standard_library() -> Sequence[Path]:
    folder = Path(os.__file__).parent
    return sorted(
        path
        for path in folder.rglob("*.py")
        if not {"site-packages", "lib2to3", "bad_coding", "idlelib"} & set(path.parts) and path.stat().st_size < 100_000
    )
