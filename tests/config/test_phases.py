"""The tables of phases and checks; every wrong one is one line that names the file, the phase and the key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_agentgate.config import Config, read_config
from pytest_agentgate.errors import ConfigError
from pytest_agentgate.model import Kind
from pytest_agentgate.model.judgement import Check, Gate, Phase, Severity

OWN, SHARED = Path("/p/agentgate.toml"), Path("/p/pyproject.toml")


def read(text: str) -> Config:
    config = read_config(text, OWN)
    assert config is not None
    return config


def test_phases_are_read_in_their_order() -> None:
    config = read(
        """
        [[phase]]
        name = "imports"
        repairs = ["import", "fixture"]
        gates = ["collection.errors == 0"]
        on_failure = "rollback"

        [[phase]]
        name = "configuration"
        needs = ["imports"]
        gates = [
            "failures.validation == 0",
            { condition = "tests.pass_rate >= 90%", severity = "warn", min_sample = 20, owner = "team voice" },
        ]
        commit = "test: repair configuration"
        """
    )
    assert config.phases == (
        Phase("imports", (), (Kind.IMPORT, Kind.FIXTURE), (Gate("collection.errors == 0"),), rollback=True),
        Phase(
            "configuration",
            ("imports",),
            (),
            (Gate("failures.validation == 0"), Gate("tests.pass_rate >= 90%", Severity.WARN, 20, "team voice")),
            commit="test: repair configuration",
        ),
    )


def test_checks_are_split_into_words_as_a_shell_would() -> None:
    config = read(
        """
        [check]
        mypy = "mypy src --cache-dir '/tmp/my cache'"
        ruff = { command = ["ruff", "check", ""], timeout = 1.5 }
        """
    )
    assert config.checks == (
        Check("mypy", ("mypy", "src", "--cache-dir", "/tmp/my cache")),
        Check("ruff", ("ruff", "check", ""), 1.5),
    )


def test_a_text_is_read_by_the_name_of_its_file() -> None:
    assert read_config("[tool.agentgate]\nsource = 'src'", SHARED) == Config(source=("src",), path=SHARED)
    assert read_config("source = 'src'", OWN) == Config(source=("src",), path=OWN)
    assert read_config("[tool.other]\nsource = 'src'", SHARED) is None
    assert read_config("tool = 3", SHARED) is None
    assert read_config("", OWN) == Config(path=OWN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("phase = 3", "tool.agentgate.phase is a list of tables, each under [[tool.agentgate.phase]]"),
        ("[phase]\nname = 'a'", "tool.agentgate.phase is a list of tables"),
        ("[[phase]]\ngates = []", "tool.agentgate.phase[0]: name must be a word of letters"),
        ("[[phase]]\nname = 'a b'", "tool.agentgate.phase[0]: name must be a word of letters"),
        ("[[phase]]\nname = '-a'", "tool.agentgate.phase[0]: name must be a word of letters"),
        ("[[phase]]\nname = 'a'\n[[phase]]\nname = 'a'", "phase 'a': there are two of this name"),
        ("[[phase]]\nname = 'a'\ngate = []", "phase 'a': no key 'gate'; did you mean 'gates'?"),
        ("[[phase]]\nname = 'a'\nneeds = [1]", "phase 'a': needs must be a list of names, not [1]"),
        ("[[phase]]\nname = 'abc'\nneeds = ['abd']", "phase 'abc': needs: no phase 'abd'; did you mean 'abc'?"),
        ("[[phase]]\nname = 'a'\nneeds = ['a']", "phase 'a': needs: a needs a, which is a circle"),
        (
            "phase = [{name = 'z', needs = ['a']}, {name = 'a', needs = ['b']}, {name = 'b', needs = ['a']}]",
            "phase 'a': needs: a needs b needs a, which is a circle",
        ),
        (
            "[[phase]]\nname = 'a'\nrepairs = ['imports']",
            "phase 'a': repairs: no kind 'imports'; did you mean 'import'",
        ),
        ("[[phase]]\nname = 'a'\ngates = [3]", "phase 'a': gates[0]: must be a condition such as"),
        ("[[phase]]\nname = 'a'\ngates = ['x == 0', {}]", "phase 'a': gates[1]: has no condition"),
        (
            "[[phase]]\nname = 'a'\ngates = [{ condtion = 'x' }]",
            "gates[0]: no key 'condtion'; did you mean 'condition'?",
        ),
        (
            "[[phase]]\nname = 'a'\ngates = [{ condition = 'x', severity = 'warning' }]",
            "gates[0]: severity must be 'fail' or 'warn', not 'warning'; did you mean 'warn'?",
        ),
        (
            "[[phase]]\nname = 'a'\ngates = [{ condition = 'x', min_sample = true }]",
            "gates[0]: min_sample must be a number of things measured, not True",
        ),
        ("[[phase]]\nname = 'a'\ngates = [{ condition = 'x', min_sample = -1 }]", "min_sample must be a number"),
        ("[[phase]]\nname = 'a'\ngates = [{ condition = 'x', owner = 3 }]", "gates[0]: owner must be a text, not 3"),
        ("[[phase]]\nname = 'a'\ncommit = true", "phase 'a': commit must be a text, not True"),
        (
            "[[phase]]\nname = 'a'\non_failure = 'undo'",
            "phase 'a': on_failure must be 'stop' or 'rollback', not 'undo'",
        ),
        ("check = 3", "tool.agentgate.check is a table of commands"),
        ("[check]\nmypy = 3", "tool.agentgate.check.mypy: command must be a command line such as 'mypy src'"),
        ("[check]\nmypy = ''", "tool.agentgate.check.mypy: command must be a command line"),
        ("[check]\nmypy = { timeout = 3 }", "tool.agentgate.check.mypy: command must be a command line"),
        ("[check]\nmypy = [1]", "tool.agentgate.check.mypy: command must be a command line"),
        ("[check]\nmypy = ['mypy', 1]", "tool.agentgate.check.mypy: command: each word must be a text"),
        ('[check]\nmypy = "mypy \'src"', "tool.agentgate.check.mypy: command cannot be split into words: no closing"),
        ("[check]\nmypy = { command = 'mypy', timeout = 0 }", "timeout must be a number of seconds, not 0"),
        ("[check]\nmypy = { command = 'mypy', timeout = inf }", "timeout must be a number of seconds, not inf"),
        ("[check]\nmypy = { comand = 'mypy' }", "tool.agentgate.check.mypy: no key 'comand'; did you mean 'command'?"),
        ("[check]\n'my py' = 'mypy'", "tool.agentgate.check.my py: a check's name is a word"),
        ("checks = {}", "[tool.agentgate] has no key 'checks'; did you mean 'check'?"),
        ("phase = [", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        read_config(text, OWN)
    assert str(caught.value).startswith(f"{OWN}: ")
    assert "\n" not in str(caught.value)
