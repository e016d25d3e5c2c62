"""Which phases count, of repositories with a base and a change."""

from __future__ import annotations

import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_agentgate.config import find_project
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.judge.policy import Policy, policy_of

STRICT = """\
[tool.agentgate]
source = ["src"]
[tool.agentgate.check]
types = "mypy src"
[[tool.agentgate.phase]]
name = "imports"
gates = ["collection.errors == 0"]
[[tool.agentgate.phase]]
name = "sound"
needs = ["imports"]
gates = ["tests.pass_rate >= 90%", "warnings.total == 0", "check.types == 0"]
"""


@dataclass(frozen=True)
class Checkout:
    """A repository whose branch main holds the base, with a change on top."""

    root: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, **files: str) -> None:
        for name, text in files.items():
            path = self.root / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")

    def policy(self, base: str = "main", folder: str = ".") -> Policy:
        return policy_of(find_project(self.root / folder), base)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "origin"
    root.mkdir()
    made = Checkout(root)
    made.git("init", "-q", "-b", "main")
    made.commit(**{"pyproject.toml": STRICT})
    made.git("checkout", "-q", "-b", "topic")
    return made


def gates(policy: Policy) -> dict[str, list[str]]:
    return {phase.name: [gate.condition for gate in phase.gates] for phase in policy.config.phases}


BASE = {
    "imports": ["collection.errors == 0"],
    "sound": ["tests.pass_rate >= 90%", "warnings.total == 0", "check.types == 0"],
}


def test_without_a_base_the_own_phases_count(checkout: Checkout) -> None:
    checkout.commit(**{"pyproject.toml": STRICT.replace("90%", "10%")})
    policy = checkout.policy("")
    assert gates(policy)["sound"][0] == "tests.pass_rate >= 10%"
    assert (policy.notes, policy.lack, policy.base_commit) == ((), None, "")


def test_a_base_that_says_the_same_is_not_spoken_of(checkout: Checkout) -> None:
    checkout.commit(a="1")
    policy = checkout.policy()
    assert gates(policy) == BASE
    assert policy.notes == ()
    assert policy.base_commit == policy.merge_base == checkout.git("rev-parse", "main")


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (
            "90%",
            "10%",
            "phase 'sound': 'tests.pass_rate >= 90%' is changed to 'tests.pass_rate >= 10%': the base's counts",
        ),
        ('"warnings.total == 0", ', "", "phase 'sound': 'warnings.total == 0' is removed: the base's counts"),
        (
            '"warnings.total == 0"',
            '{ condition = "warnings.total == 0", severity = "warn" }',
            "phase 'sound': 'warnings.total == 0' is changed to 'warnings.total == 0' (warn): the base's counts",
        ),
        ('needs = ["imports"]\n', "", "phase 'sound': needs [imports] is changed to []: the base's counts"),
        ("mypy src", "true", "check 'types': 'mypy src' is changed to 'true': the base's counts"),
        ('["src"]', '["lib"]', "source: [src] is changed to [lib]: the base's counts"),
    ],
)
def test_a_change_does_not_loosen_its_own_gates_and_what_it_tried_is_said(
    checkout: Checkout, before: str, after: str, note: str
) -> None:
    base = checkout.policy()
    assert before in STRICT
    checkout.commit(**{"pyproject.toml": STRICT.replace(before, after)})
    policy = checkout.policy()
    assert (policy.config.phases, policy.config.checks) == (base.config.phases, base.config.checks)
    assert policy.config.source == ("src",)
    assert policy.notes == (note,)


def test_a_phase_that_is_removed_still_counts(checkout: Checkout) -> None:
    checkout.commit(**{"pyproject.toml": STRICT.partition('[[tool.agentgate.phase]]\nname = "sound"')[0]})
    policy = checkout.policy()
    assert gates(policy) == BASE
    assert policy.notes == ("phase 'sound' is removed by this change: the base's counts",)


def test_a_configuration_that_is_deleted_still_counts(checkout: Checkout) -> None:
    checkout.git("rm", "-q", "pyproject.toml")
    checkout.commit(a="1")
    assert gates(checkout.policy()) == BASE


def test_a_configuration_that_moved_to_another_file_does_not_take_the_place_of_the_bases(checkout: Checkout) -> None:
    checkout.commit(**{"agentgate.toml": '[[phase]]\nname = "sound"\ngates = ["tests.total >= 0"]\n'})
    assert gates(checkout.policy()) == BASE


def test_a_phase_that_is_added_is_judged_too(checkout: Checkout) -> None:
    more = '[[tool.agentgate.phase]]\nname = "fast"\nneeds = ["sound"]\ngates = ["duration.total <= 1 min"]\n'
    checkout.commit(**{"pyproject.toml": STRICT + more})
    policy = checkout.policy()
    assert gates(policy) == {**BASE, "fast": ["duration.total <= 1 min"]}
    assert policy.notes == ("phase 'fast' is added by this change: it is judged too",)


def test_where_the_base_has_no_phases_those_of_the_change_count_and_it_is_said(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "--orphan", "empty")
    checkout.commit(**{"pyproject.toml": "[tool.agentgate]\nsource = []\n"})
    checkout.git("checkout", "-q", "topic")
    policy = checkout.policy("empty")
    assert gates(policy) == BASE
    assert policy.notes == ("empty has no phases: those of this change count",)
    assert policy.merge_base == ""


def test_a_project_in_a_folder_has_its_base_there_or_above(checkout: Checkout) -> None:
    own = '[[phase]]\nname = "own"\ngates = ["tests.failed == 0"]\n'
    checkout.commit(inner__file="1")
    assert gates(checkout.policy(folder="inner")) == BASE
    checkout.commit(**{"inner__agentgate.toml": own})
    assert gates(checkout.policy(folder="inner")) == {**BASE, "own": ["tests.failed == 0"]}
    checkout.git("branch", "-f", "main")
    assert gates(checkout.policy(folder="inner")) == {"own": ["tests.failed == 0"]}


@pytest.mark.parametrize("text", ["[tool.agentgate\n", "[tool.agentgate]\nphase = 1\n", "\udcff"])
def test_a_base_that_cannot_be_read_is_a_lack(checkout: Checkout, text: str) -> None:
    checkout.git("checkout", "-q", "main")
    (checkout.root / "pyproject.toml").write_text(text, errors="surrogateescape")
    checkout.git("commit", "-q", "-a", "-m", "broken")
    checkout.git("checkout", "-q", "topic")
    policy = checkout.policy()
    assert policy.lack is not None
    assert policy.lack.why.startswith("the base's configuration cannot be used: main:/pyproject.toml: ")
    assert "\n" not in policy.lack.why


def test_own_conditions_that_cannot_be_read_are_an_error(checkout: Checkout) -> None:
    checkout.commit(**{"pyproject.toml": STRICT.replace("warnings.total", "warnings.totl")})
    with pytest.raises(ConfigError, match=r"pyproject\.toml: phase 'sound': gates\[1\]"):
        checkout.policy()


def test_a_base_that_a_shallow_clone_lacks_is_told_with_the_command_that_helps(checkout: Checkout) -> None:
    checkout.commit(a="1")
    clone = Checkout(checkout.root.with_name("clone"))
    url = checkout.root.as_uri()
    subprocess.run(["git", "clone", "-q", "--depth=1", "--branch=topic", url, str(clone.root)], check=True)
    lack = clone.policy("origin/main").lack
    assert lack is not None
    assert lack.why == "the base 'origin/main' is not in this repository; this clone is shallow"
    subprocess.run(shlex.split(lack.command), cwd=clone.root, check=True, capture_output=True)
    policy = clone.policy("origin/main")
    assert policy.lack is None
    assert gates(policy) == BASE


def test_without_a_repository_there_is_no_base(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(STRICT)
    lack = policy_of(find_project(tmp_path), "main").lack
    assert lack is not None
    assert "is in no git repository" in lack.why
