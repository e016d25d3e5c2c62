"""A folder in the place of an empty file: only where nothing but the function has to do with the file."""

from __future__ import annotations

import pytest

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.give_folder import GiveFolder

FILES = {
    "app.py": "class Cache:\n    def __init__(self, size=1, folder=None): ...\n",
    "files.py": (
        "import tempfile\n\n"
        "def made():\n    '''A file.'''\n    return tempfile.mkstemp()[1]\n\n"
        "def again():\n    return made()\n\n"
        "def filled():\n    path = tempfile.mkstemp()[1]\n    open(path, 'w').write('x')\n    return path\n"
    ),
}
PLACE = Place.within(Sources.of(FILES), "test_it.py")
FOLDER = GiveFolder("app.Cache", "folder")
HEAD = "import tempfile\n\nfrom app import Cache\n"


def changed(source: str) -> str:
    done = apply(HEAD + source, [FOLDER], PLACE)
    assert done.startswith(HEAD)
    return done[len(HEAD) :]


@pytest.mark.parametrize("call", ["Cache(folder={})", "Cache(2, {})", "Cache(2, folder={})"])
def test_a_file_made_for_the_parameter_becomes_a_folder(call: str) -> None:
    assert changed(call.format("tempfile.mkstemp()[1]") + "\n") == call.format("tempfile.mkdtemp()") + "\n"


@pytest.mark.parametrize("helper", ["made", "again"])
def test_a_helper_that_makes_one_is_not_asked_any_more(helper: str) -> None:
    imported = f"from files import {helper}\n"
    assert changed(f"{imported}Cache(folder={helper}())\n") == "Cache(folder=tempfile.mkdtemp())\n"
    other = f"print({helper}())\n"
    assert changed(f"{imported}Cache(folder={helper}())\n{other}") == (
        f"{imported}Cache(folder=tempfile.mkdtemp())\n{other}"
    )


UNCHANGED = {
    "a place that is named": "Cache(folder='cache')\n",
    "a helper that writes to it": "from files import filled\nCache(folder=filled())\n",
    "a file of a kind": "Cache(folder=tempfile.mkstemp('.json')[1])\n",
    "a file of a variable": "path = tempfile.mkstemp()[1]\nCache(folder=path)\n",
    "another parameter": "Cache(tempfile.mkstemp()[1])\n",
    "another class": "def test(Cache):\n    Cache(folder=tempfile.mkstemp()[1])\n",
    "the number of the file": "Cache(folder=tempfile.mkstemp()[0])\n",
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED)
def test_other_arguments_stay(source: str) -> None:
    assert changed(source) == source
