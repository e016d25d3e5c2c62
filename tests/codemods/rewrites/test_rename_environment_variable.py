"""An environment variable's new name, wherever a test means the environment."""

from __future__ import annotations

import pytest

from pytest_agentgate.codemods.apply import Unchanged, apply, rewrite
from pytest_agentgate.codemods.rewrites.rename_environment_variable import RenameEnvironmentVariable

RENAME = RenameEnvironmentVariable(old="A", new="B")
TOP = "import os, subprocess\nfrom os import environ\nfrom unittest import mock\n"


@pytest.mark.parametrize(
    "source",
    [
        "x = {'A': 1}\n",
        "def f(os):\n    return os.environ['A']\n",
        "x['A'] = 1\n",
        "f(A=1)\n",
        "os.environ['AB']\n",
        "mock.patch.dict(x, {'A': 1})\n",
        "mock.patch.dict(os.environ, clear=True)\n",
        "'A' in environ.values()\n",
        "env = {}\nenv['A'] = 1\n",
        "dict(x, A=1)\n",
    ],
)
def test_what_is_no_variable_is_left_alone(source: str) -> None:
    assert rewrite(TOP + source, [RENAME]) == Unchanged()


@pytest.mark.parametrize(
    "source",
    [
        "os.environ['A'] = environ.get('A', 'A1')\n",
        "del environ['A']\n",
        "os.getenv('A') or os.environ.pop('A', None) or environ.setdefault('A', 'x')\n",
        "'A' not in os.environ\n",
        "def test(monkeypatch):\n    monkeypatch.setenv('A', 'x')\n    monkeypatch.delenv('A')\n",
        "def test(monkeypatch):\n    monkeypatch.setitem(os.environ, 'A', 'x')\n",
        "mock.patch.dict('os.environ', {'A': 'x'}, clear=True)\n",
        "@mock.patch.dict(os.environ, A='x')\ndef test():\n    pass\n",
        "def test(mocker):\n    mocker.patch.dict(os.environ, {'A': 'x'})\n",
        "os.environ.update({'A': 'x'}, A='y')\n",
        "subprocess.run([], env={**os.environ, 'A': 'x'})\n",
        "def test():\n    env = os.environ.copy()\n    env['A'] = 'x'\n",
        "env = dict(os.environ, A='x')\n",
        "NAME = 'A'\nos.environ[NAME] = os.environ.get(NAME)\n",
    ],
)
def test_it_is_renamed_where_the_environment_is_meant(source: str) -> None:
    after = source.replace("'A'", "'B'").replace("A=", "B=")
    assert apply(TOP + source, [RENAME]) == TOP + after
    assert apply(TOP + after, [RENAME]) == TOP + after


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def test():\n    os.environ['A'] = '1'\n    assert os.environ['B']\n", "B is named here as well"),
        ("NAME = 'A'\nos.environ[NAME] = 'x'\nprint(NAME)\n", "the constant is used for something else as well"),
    ],
)
def test_on_doubt_it_is_said(source: str, reason: str) -> None:
    outcome = rewrite(TOP + source, [RENAME])
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == [reason]
