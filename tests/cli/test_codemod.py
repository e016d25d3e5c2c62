"""``agentgate codemod`` and ``agentgate undo`` as they are typed: real files, real git, both kinds of output."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Agentgate = Callable[..., subprocess.CompletedProcess[str]]
Terminal = Callable[..., str]

RENAME = ("rename-keyword", "function=shop.order", "old=qty", "new=quantity")
CALL = b"from shop import order\n\n\ndef test_order():\n    assert order('tea', qty=2)\n"
TESTS = {
    "tests/test_plain.py": CALL,
    "tests/test_crlf.py": CALL.replace(b"\n", b"\r\n"),
    "tests/test_bom.py": b"\xef\xbb\xbf" + CALL,
    "tests/test_no_end.py": CALL.rstrip(),
    "tests/test_latin.py": b"# coding: latin-1\n" + CALL + b"'\xe9'\n",
    "tests/sp ace/test_\xc3\xa9.py".encode("latin-1").decode(): CALL,
    "tests/test_other.py": b"def test_other():\n    qty = 2\n",
}
CHANGED = sorted(set(TESTS) - {"tests/test_other.py"})


def git(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True).stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "src/shop").mkdir(parents=True)
    (root / "src/shop/__init__.py").write_text("def order(name, *, quantity=1):\n    return name * quantity\n")
    (root / "pyproject.toml").write_text("[tool.agentgate]\ntests = ['tests']\n")
    for path, data in TESTS.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    git(root, "init", "-q")
    git(root, "config", "core.autocrlf", "false")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    return root


def files_of(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted((root / "tests").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def raw(root: Path, *arguments: str) -> bytes:
    """Standard output as bytes."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", *arguments],
        cwd=root,
        env={**os.environ, "FORCE_COLOR": ""},
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout)  # type: ignore[no-any-return]


# ---- preview, check, write, undo


def test_a_preview_that_git_applies_is_what_would_be_written(project: Path) -> None:
    patch = raw(project, "codemod", "run", *RENAME)
    assert files_of(project) == TESTS
    (project.parent / "a.patch").write_bytes(patch)
    git(project, "apply", "../a.patch")
    applied = files_of(project)
    git(project, "checkout", "-q", "--", "tests")
    assert files_of(project) == TESTS
    raw(project, "codemod", "run", *RENAME, "--write")
    assert files_of(project) == applied
    assert {path for path in TESTS if applied[path] != TESTS[path]} == set(CHANGED)
    assert applied == {
        path: data.replace(b"qty", b"quantity") if path in CHANGED else data for path, data in TESTS.items()
    }
    assert raw(project, "codemod", "run", *RENAME) == b""


def test_writing_shows_the_same_diff(project: Path) -> None:
    preview = raw(project, "codemod", "run", *RENAME, "--diff")
    assert raw(project, "codemod", "run", *RENAME, "--write", "--diff") == preview


def test_check_tells_by_its_status(project: Path, agentgate: Agentgate) -> None:
    done = agentgate("codemod", "run", *RENAME, "--check", cwd=project)
    assert done.returncode == 1
    assert done.stdout == "".join(f"would change {path}\n" for path in CHANGED)
    assert done.stderr == "agentgate: 6 of 7 files would change\n"
    agentgate("codemod", "run", *RENAME, "--write", cwd=project)
    done = agentgate("codemod", "run", *RENAME, "--check", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "agentgate: none of 7 files would change\n")
    assert agentgate("codemod", "run", *RENAME, "gone", "--check", cwd=project).returncode == 2


def test_a_word_that_no_file_has_is_named_where_nothing_changes(project: Path, agentgate: Agentgate) -> None:
    done = agentgate("codemod", "run", "rename-module", "old=stores", "new=shops", "--check", cwd=project)
    assert (done.returncode, done.stderr) == (0, "agentgate: none of 7 files would change: they all lack stores\n")
    done = agentgate(
        "codemod", "run", "rename-module", "old=stores", "new=shops", "tests/test_bom.py", "--write", cwd=project
    )
    assert (done.returncode, done.stderr) == (0, "agentgate: none of 1 file changed: it lacks stores\n")
    done = agentgate("codemod", "run", "literal-to-enum", "old=stores.Shop.kind", "new=stores.Kind", cwd=project)
    assert done.stderr == "agentgate: none of 7 files would change: they all lack kind or Shop\n"


def test_an_option_that_names_nothing_is_told_where_nothing_changes(project: Path, agentgate: Agentgate) -> None:
    mistyped = [*RENAME[:1], "function=shop.ordr", *RENAME[2:]]
    done = agentgate("codemod", "run", *mistyped, cwd=project)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "agentgate: function=shop.ordr: shop has no 'ordr'; did you mean 'order'?",
        "agentgate: none of 7 files would change",
    ]


def test_undo_restores_what_was_written_and_then_what_was_written_before(project: Path, agentgate: Agentgate) -> None:
    states = [files_of(project)]
    for new in ("quantity", "amount"):
        old = "qty" if new == "quantity" else "quantity"
        names = ("rename-keyword", "function=shop.order", f"old={old}", f"new={new}")
        done = agentgate("codemod", "run", *names, "--write", cwd=project)
        assert done.returncode == 0
        assert "agentgate undo takes batch" in done.stderr
        states.append(files_of(project))
    assert len({json.dumps(sorted(map(str, state.values()))) for state in states}) == 3
    listed = json.loads(agentgate("undo", "--list", "--json", cwd=project).stdout)
    assert [batch["what"].rpartition("new=")[2] for batch in listed] == ["amount", "quantity"]
    assert sorted(listed[0]["files"]) == CHANGED
    done = agentgate("undo", cwd=project)
    assert (done.returncode, files_of(project)) == (0, states[1])
    assert sorted(done.stdout.splitlines()) == [f"restored {path}" for path in CHANGED]
    assert agentgate("undo", "--json", cwd=project).returncode == 0
    assert files_of(project) == states[0]
    done = agentgate("undo", cwd=project)
    assert done.returncode == 2
    assert "nothing to undo" in done.stderr
    assert agentgate("undo", "--list", cwd=project).stdout == f"nothing to undo in {project}\n"
    assert git(project, "status", "--porcelain") == b""  # the journal keeps itself out of version control


def test_undo_refuses_where_somebody_has_changed_a_file(project: Path, agentgate: Agentgate) -> None:
    agentgate("codemod", "run", *RENAME, "--write", cwd=project)
    with (project / "tests/test_plain.py").open("ab") as file:
        file.write(b"# mine\n")
    state = files_of(project)
    done = agentgate("undo", cwd=project)
    assert done.returncode == 2
    assert done.stderr.startswith("agentgate: error: tests/test_plain.py was changed since; nothing was restored")
    assert files_of(project) == state


def test_in_a_folder_of_a_repository_paths_are_those_of_the_repository(project: Path) -> None:
    for name in ("pyproject.toml", "src", "tests"):
        (project / "api").mkdir(exist_ok=True)
        shutil.move(project / name, project / "api" / name)
    patch = raw(project / "api/tests", "codemod", "run", *RENAME)
    assert b"+++ b/api/tests/test_plain.py\n" in patch
    (project / "a.patch").write_bytes(patch)
    git(project / "api/tests", "apply", "../../a.patch")
    applied = files_of(project / "api")
    assert {path for path in TESTS if applied[path] != TESTS[path]} == set(CHANGED)


def test_without_a_repository_it_works_as_well(project: Path, agentgate: Agentgate) -> None:
    shutil.rmtree(project / ".git")
    assert agentgate("codemod", "run", *RENAME, "--write", cwd=project).returncode == 0
    assert files_of(project) != TESTS
    assert agentgate("undo", cwd=project).returncode == 0
    assert files_of(project) == TESTS


def test_worktrees_have_one_journal_and_each_takes_back_its_own(project: Path, agentgate: Agentgate) -> None:
    git(project, "worktree", "add", "-q", "../other")
    other = project.parent / "other"
    agentgate("codemod", "run", *RENAME, "--write", cwd=other)
    assert files_of(other) != TESTS
    assert agentgate("undo", cwd=project).returncode == 2
    assert not (other / ".agentgate").exists()
    assert agentgate("undo", cwd=other).returncode == 0
    assert files_of(other) == TESTS


# ---- what it says


def test_what_is_left_alone_is_told_with_the_reason_and_the_rest_goes_on(project: Path, agentgate: Agentgate) -> None:
    (project / "tests/test_broken.py").write_bytes(CALL + b"def (\n")
    (project / "tests/test_made.py").write_bytes(b"# @generated\n" + CALL)
    (project / "tests/test_locked.py").write_bytes(CALL)
    (project / "tests/test_locked.py").chmod(0o444)
    (project / "tests/test_link.py").symlink_to(project.parent / "outside.py")
    (project.parent / "outside.py").write_bytes(CALL)
    (project / "tests/test_big.py").write_bytes(CALL + b"#" * 2_000_000)
    done = agentgate("codemod", "run", *RENAME, "--write", cwd=project)
    assert done.returncode == 0
    assert done.stderr.splitlines()[:-1] == [
        "left alone: tests/test_big.py: it is too big: 2.0 MB, and the limit is 2 MB",
        "left alone: tests/test_broken.py:6: Python can't read it: invalid syntax",
        f"left alone: tests/test_link.py: it is outside of {project}",
        "left alone: tests/test_locked.py: it is read-only",
        "left alone: tests/test_made.py: it says that it is generated",
    ]
    assert "6 of 10 files changed, something left alone in 5; agentgate undo" in done.stderr
    assert (project.parent / "outside.py").read_bytes() == CALL


def test_json_is_one_document_with_everything(project: Path, agentgate: Agentgate) -> None:
    (project / "tests/test_broken.py").write_bytes(CALL + b"def (\n")
    done = agentgate("codemod", "run", *RENAME, "--json", "--check", cwd=project)
    assert (done.returncode, done.stderr) == (1, "")
    data = document(done)
    assert data["schema"] == "agentgate-codemod/1"
    options = {"function": "shop.order", "old": "qty", "new": "quantity"}
    assert data["codemods"] == [{"name": "rename-keyword", "options": options, "applicability": "safe"}]
    assert (data["batch"], data["counts"]) == ("", {"files": 8, "changed": 6, "left": 1, "failed": 0})
    files = {file["path"]: file for file in data["files"]}
    assert files["tests/test_broken.py"]["refused"] == {
        "line": 6, "reason": "Python can't read it: invalid syntax", "failed": False,
    }  # fmt: skip
    assert files["tests/test_latin.py"]["by"] == [" ".join(RENAME)]
    assert files["tests/test_latin.py"]["diff"].endswith("quantity=2)\n 'é'\n")
    assert data["files"] == document(agentgate("codemod", "run", *RENAME, "--json", cwd=project))["files"]
    written = document(agentgate("codemod", "run", *RENAME, "--json", "--write", cwd=project))
    assert written["batch"]
    assert written["files"] == data["files"]


def test_on_a_terminal_a_diff_has_colours_and_nothing_that_commands_the_terminal(
    project: Path, terminal: Terminal
) -> None:
    (project / "tests/test_plain.py").write_bytes(CALL + b"# \x1b[2J\x07\n")
    shown = terminal("codemod", "run", *RENAME, "tests/test_plain.py", cwd=project)
    assert "\x1b[32m+    assert order('tea', quantity=2)\x1b[0m" in shown
    assert "\x1b[31m-    assert order('tea', qty=2)\x1b[0m" in shown
    assert "\x1b[2J" not in shown
    assert "\x07" not in shown
    assert r"\x1b[2J\x07" in shown


def test_a_bar_is_shown_on_long_work_only(project: Path, terminal: Terminal) -> None:
    for number in range(10):
        (project / f"tests/test_{number}.py").write_bytes(CALL)
    (project / "slow.py").write_text(
        "import os, time\n"
        "from dataclasses import dataclass\n"
        "from pytest_agentgate.cli import screen\n"
        "from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword\n"
        "@dataclass(frozen=True)\n"
        "class RenameSlowly(RenameKeyword):\n"
        "    def rewrite(self, file, rewrite): time.sleep(0.1); super().rewrite(file, rewrite)\n"
        "screen._MOMENT = float(os.environ['MOMENT'])\n"
    )
    (project / "pyproject.toml").write_text("[tool.agentgate]\ncodemods = ['slow']\n")
    names = ("rename-slowly", *RENAME[1:])
    shown = terminal("codemod", "run", *names, "--write", "--jobs", "2", cwd=project, MOMENT="0.01")
    assert "rewriting" in shown
    assert shown.rstrip().splitlines()[-1].startswith("agentgate: 16 of 17 files changed")
    shown = terminal("codemod", "run", *RENAME, "--check", "tests/test_other.py", cwd=project, MOMENT="600")
    assert "rewriting" not in shown


def test_list_and_explain(project: Path, agentgate: Agentgate) -> None:
    listed = agentgate("codemod", "list", cwd=project).stdout
    assert "rename-keyword" in listed
    data = json.loads(agentgate("codemod", "list", "--json", cwd=project).stdout)
    [kind] = [each for each in data if each["name"] == "rename-keyword"]
    assert kind == document(agentgate("codemod", "explain", "rename-keyword", "--json", cwd=project))
    assert kind["applicability"] == "safe"
    assert kind["options"][1] == {
        "name": "old", "form": "name", "help": "the keyword as the tests write it", "default": None, "required": True,
    }  # fmt: skip
    assert kind["examples"][0]["before"] != kind["examples"][0]["after"]
    told = agentgate("codemod", "explain", "rename-keyword", cwd=project).stdout
    for part in (
        kind["summary"],
        kind["because"],
        "safe",
        "old=NAME",
        "agentgate codemod run rename-keyword function=",
    ):
        assert part in told
    assert "``" not in told


# ---- what is asked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a codemod or a --recipe; agentgate codemod list shows what there is"),
        (["rename-keywrd"], "no codemod 'rename-keywrd'; did you mean 'rename-keyword'?"),
        (["rename-keyword", "old=a"], "rename-keyword needs function=..., new=..."),
        (["rename-keyword", "olf=a"], "rename-keyword has no option 'olf'; did you mean 'old'?"),
        (["rename-keyword", "old=a", "old=b"], "rename-keyword: old= is given twice"),
        (
            ["rename-keyword", "old=1a", *RENAME[1:2], *RENAME[3:]],
            "rename-keyword old=1a: must be a name such as timeout",
        ),
        (
            [*RENAME, "tests/test_plian.py"],
            "no such file or folder: tests/test_plian.py; did you mean 'test_plain.py'?",
        ),
        ([*RENAME, "--check", "--write"], "--check and --write exclude each other"),
        ([*RENAME, "--recipe", "one.toml"], "--recipe names the codemods; 'rename-keyword' is one more"),
        (["--recipe", "bad.toml"], "bad.toml: cannot be read: "),
        (["--recipe", "empty.toml"], "empty.toml: it has no [[codemod]]"),
        (["--recipe", "stray.toml"], "stray.toml: no key 'codemods'; it is a list of [[codemod]]"),
        (["--recipe", "single.toml"], "single.toml: write [[codemod]] instead of [codemod]"),
        (["--recipe", "flat.toml"], "flat.toml: no key 'name'; it is a list of [[codemod]], each with a name and"),
        ([*RENAME[:3], "new=qty"], "rename-keyword: old and new are both qty"),
        (["--recipe", "nameless.toml"], 'nameless.toml: [[codemod]] 1: it needs a name = "..."'),
        (
            ["--recipe", "typo.toml"],
            "typo.toml: [[codemod]] 2: rename-keyword has no option 'nwe'; did you mean 'new'?",
        ),
        (["--recipe", "table.toml"], "table.toml: [[codemod]] 1: old must be a text, not {'a': 1}"),
    ],
)
def test_wrong_usage_is_one_line(project: Path, agentgate: Agentgate, arguments: list[str], message: str) -> None:
    good = 'name = "rename-keyword"\nfunction = "shop.order"\nold = "qty"\nnew = "quantity"\n'
    for name, text in {
        "one.toml": f"[[codemod]]\n{good}",
        "bad.toml": "[[codemod",
        "empty.toml": "",
        "stray.toml": f"codemods = 1\n[[codemod]]\n{good}",
        "single.toml": f"[codemod]\n{good}",
        "flat.toml": good,
        "nameless.toml": "[[codemod]]\nold = 'a'\n",
        "typo.toml": f"[[codemod]]\n{good}[[codemod]]\n{good.replace('new', 'nwe')}",
        "table.toml": "[[codemod]]\nname = 'rename-keyword'\nold = {a = 1}\n",
    }.items():
        (project / name).write_text(text)
    done = agentgate("codemod", "run", *arguments, cwd=project)
    assert done.returncode == 2
    assert done.stderr.startswith(f"agentgate: error: {message}")
    assert done.stderr.count("\n") == 1
    assert files_of(project) == TESTS


def test_a_mistyped_subcommand_is_answered_and_none_helps(project: Path, agentgate: Agentgate) -> None:
    assert agentgate("codemod", "lst", cwd=project).stderr.endswith("no such command 'lst'; did you mean 'list'?\n")
    done = agentgate("codemod", cwd=project)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Usage: agentgate codemod [OPTIONS] COMMAND [ARGS]...")


def test_a_recipe_runs_several_in_order(project: Path, agentgate: Agentgate) -> None:
    (project / "moves.toml").write_text(
        "[[codemod]]\nname = 'rename-keyword'\nfunction = 'shop.order'\nold = 'qty'\nnew = 'quantity'\n"
        "[[codemod]]\nname = 'rename-keyword'\nfunction = 'shop.order'\nold = 'quantity'\nnew = 'amount'\n"
    )
    done = agentgate("codemod", "run", "--recipe", "moves.toml", "--write", "tests/test_plain.py", cwd=project)
    assert done.returncode == 0, done.stderr
    assert (project / "tests/test_plain.py").read_bytes() == CALL.replace(b"qty", b"amount")
    assert (project / "tests/test_bom.py").read_bytes() == TESTS["tests/test_bom.py"]


def test_a_recipe_may_begin_with_a_byte_order_mark(project: Path, agentgate: Agentgate) -> None:
    recipe = "\ufeff[[codemod]]\r\nname = 'rename-module'\r\nold = 'shop'\r\nnew = 'store'\r\n"
    (project / "moves.toml").write_bytes(recipe.encode())
    assert agentgate("codemod", "run", "--recipe", "moves.toml", "--check", cwd=project).returncode == 1


def test_files_and_folders_can_be_named_from_where_one_is(project: Path, agentgate: Agentgate) -> None:
    done = agentgate("codemod", "run", *RENAME, "../test_plain.py", ".", "--check", cwd=project / "tests/sp ace")
    assert sorted(done.stdout.splitlines()) == ["would change ../test_plain.py", "would change test_é.py"]
    done = agentgate("codemod", "run", *RENAME, "--root", str(project), "--check", cwd=project.parent)
    assert "would change project/tests/test_plain.py\n" in done.stdout


def test_a_path_with_an_equals_sign_is_a_path(project: Path, agentgate: Agentgate) -> None:
    (project / "tests/a=b.py").write_bytes(CALL)
    (project / "old=c.py").write_bytes(CALL)
    done = agentgate("codemod", "run", *RENAME, "tests/a=b.py", "./old=c.py", "--check", cwd=project)
    assert done.stdout == "would change old=c.py\nwould change tests/a=b.py\n"


def test_a_file_outside_of_the_project_is_left_alone(project: Path, agentgate: Agentgate) -> None:
    (project.parent / "outside.py").write_bytes(CALL)
    done = agentgate("codemod", "run", *RENAME, "../outside.py", "--write", cwd=project)
    assert done.returncode == 0
    assert "left alone: ../outside.py: it is outside of" in done.stderr
    assert (project.parent / "outside.py").read_bytes() == CALL


def test_a_projects_own_codemod_is_run_by_name(project: Path, agentgate: Agentgate) -> None:
    (project / "rewrites").mkdir()
    (project / "rewrites/own.py").write_text(
        "import ast\n"
        "from dataclasses import dataclass\n"
        "from pytest_agentgate.codemods.codemod import Applicability, Codemod, option\n"
        "@dataclass(frozen=True)\n"
        "class ShoutName(Codemod):\n"
        '    """Shout a name."""\n'
        "    applicability = Applicability.UNSAFE\n"
        "    because = 'It is loud.'\n"
        "    owns = frozenset({ast.Name})\n"
        "    old: str = option('the name', 'name')\n"
        "    def words(self): return (self.old,)\n"
        "    def rewrite(self, file, rewrite):\n"
        "        for name in file.names.by_word.get(self.old, ()): rewrite.put(name, self.old.upper())\n"
    )
    (project / "pyproject.toml").write_text("[tool.agentgate]\ntests = ['tests']\ncodemods = ['rewrites.own']\n")
    assert "shout-name" in agentgate("codemod", "list", cwd=project).stdout
    done = agentgate("codemod", "run", "shout-name", "old=qty", "--write", cwd=project / "tests")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("agentgate: shout-name is unsafe: It is loud.\n")
    assert (project / "tests/test_other.py").read_bytes() == b"def test_other():\n    QTY = 2\n"
    (project / "rewrites/own.py").unlink()
    done = agentgate("codemod", "list", cwd=project)
    assert done.returncode == 2
    assert "tool.agentgate.codemods: rewrites.own: cannot be imported: ModuleNotFoundError" in done.stderr


def test_a_write_that_is_killed_is_taken_back_by_the_next_undo(project: Path, agentgate: Agentgate) -> None:
    """The command itself, killed when it has replaced its third file."""
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "replace, left = Path.replace, [3]\n"
        "def replaced(path, target):\n"
        "    replace(path, target)\n"
        "    left[0] -= 1\n"
        "    if not left[0]: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Path.replace = replaced\n"
        "from pytest_agentgate.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "codemod", "run", *RENAME, "--write"], cwd=project, capture_output=True
    )
    assert done.returncode == -9
    assert sum(files_of(project)[path] != TESTS[path] for path in TESTS) == 3
    assert agentgate("undo", cwd=project).returncode == 0
    assert files_of(project) == TESTS
    assert git(project, "status", "--porcelain") == b""


def test_help_of_the_command_line_does_not_import_libcst() -> None:
    for arguments in (["--help"], ["codemod", "--help"], ["codemod", "run", "--help"], ["undo", "--help"]):
        code = (
            "import sys\nfrom pytest_agentgate.cli import main\n"
            f"try: main({arguments!r})\nexcept SystemExit: pass\nprint('libcst' in sys.modules, file=sys.stderr)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.stderr == "False\n"
