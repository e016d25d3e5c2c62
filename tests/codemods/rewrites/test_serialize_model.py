"""Models become mappings where tests need some; that they are the right mappings is proven by running them."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest
import yaml

from pytest_agentgate.codemods.apply import Changed, Unchanged, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.serialize_model import SerializeModel

STYLES = {
    "pydantic 2": "from pydantic import BaseModel\nclass Redis(BaseModel):\n    host: str\n    port: int = 1\n",
    "pydantic 1": "from pydantic.v1 import BaseModel\nclass Redis(BaseModel):\n    host: str\n    port: int = 1\n",
    "pydantic dataclass": (
        "from pydantic.dataclasses import dataclass\n@dataclass\nclass Redis:\n    host: str\n    port: int = 1\n"
    ),
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass Redis:\n    host: str\n    port: int = 1\n",
    "attrs": "import attrs\n@attrs.define\nclass Redis:\n    host: str\n    port: int = 1\n",
    "msgspec": "import msgspec\nclass Redis(msgspec.Struct):\n    host: str\n    port: int = 1\n",
    "named tuple": "from typing import NamedTuple\nclass Redis(NamedTuple):\n    host: str\n    port: int = 1\n",
}
REDIS = SerializeModel(model="app.Redis")


def outcome(source: str, app: str = STYLES["pydantic 2"]) -> tuple[str, str]:
    """The new text of a file and the notes; that a second time changes nothing is held on the way."""
    place = Place.within(Sources.of({"app.py": app, "tests/test_it.py": source}), "tests/test_it.py")
    result = rewrite(source, [REDIS], place)
    assert isinstance(result, Changed | Unchanged), result
    text = result.source if isinstance(result, Changed) else source
    again = rewrite(text, [REDIS], place)
    assert isinstance(again, Unchanged), again
    return text, "; ".join(note.reason for note in result.notes)


NEEDS = dedent(
    """\
    import json
    import yaml
    from app import Redis

    redis = Redis(host="h")
    texts = json.dumps(redis), yaml.safe_dump(redis), json.dumps({"one": [redis, 3]}, indent=2)
    mappings = dict(redis), {**redis}, dict(**redis)
    """
)


@pytest.mark.parametrize("app", STYLES.values(), ids=STYLES)
def test_every_style_of_model_becomes_the_mapping_that_it_holds(app: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import ModuleType

    module = ModuleType("app")
    monkeypatch.setitem(sys.modules, "app", module)
    exec(compile(app, "app.py", "exec", dont_inherit=True), module.__dict__)
    text, notes = outcome(NEEDS, app)
    assert notes == ""
    space: dict[str, Any] = {}
    exec(compile(text, "test_it.py", "exec", dont_inherit=True), space)
    wanted = {"host": "h", "port": 1}
    first, second, third = space["texts"]
    assert json.loads(first) == yaml.safe_load(second) == wanted
    assert json.loads(third) == {"one": [wanted, 3]}
    assert space["mappings"] == (wanted, wanted, wanted)


HEAD = "import json\nfrom app import Redis\n\n"


@pytest.mark.parametrize(
    "line",
    [
        "json.dumps(unknown)",
        "json.dumps({'a': 1})",
        "print(Redis(host='h'))",
        "other.dumps(Redis(host='h'))",
        "f(*Redis(host='h'))",
        "json.dumps(Redis(host='h').host)",
        "json.loads(x, cls=Redis)",
    ],
)
def test_what_is_no_model_or_needs_no_mapping_stays(line: str) -> None:
    assert outcome(f"{HEAD}{line}\n") == (f"{HEAD}{line}\n", "")


def test_a_comparison_with_a_dict_is_left_and_said() -> None:
    source = f"{HEAD}assert Redis(host='h') == {{'host': 'h'}}\n"
    assert outcome(source) == (source, "a Redis equals no dict")


def test_a_class_without_a_known_way_is_left_and_said() -> None:
    source = f"{HEAD}json.dumps(Redis('h'))\n"
    app = "class Redis:\n    def __init__(self, host):\n        self.host = host\n"
    assert outcome(source, app) == (source, "how a Redis becomes a mapping can't be told")


def test_what_is_awaited_keeps_its_parentheses() -> None:
    app = STYLES["pydantic 2"] + "async def load() -> Redis: ...\n"
    source = "import json\nfrom app import load\n\nasync def test_it():\n    json.dumps(await load())\n"
    assert outcome(source, app)[0] == source.replace("await load()", '(await load()).model_dump(mode="json")')


ENUM = """
from enum import Enum
from pydantic import BaseModel
class Mode(Enum):
    FAST = "fast"
class Tls(BaseModel):
    cert: str
class Redis(BaseModel):
    host: str
    tls: Tls | None = None
"""
DUMPED = "json.dumps({'redis': Redis(host='h').model_dump(exclude_none=True)})\n"


def test_what_is_dumped_already_is_dumped_for_json_where_a_field_is_no_json_value() -> None:
    app = f"{ENUM}    modes: list[Mode] = [Mode.FAST]\n"
    assert outcome(HEAD + DUMPED, app) == (HEAD + DUMPED.replace("=True", '=True, mode="json"'), "")


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (DUMPED, "mode: str = 'fast'"),
        (DUMPED.replace("exclude_none=True", "mode='json'"), "mode: Mode = Mode.FAST"),
        (DUMPED.replace("})\n", "}, default=str)\n"), "mode: Mode = Mode.FAST"),
        (DUMPED.replace("json.dumps", "print"), "mode: Mode = Mode.FAST"),
    ],
)
def test_what_is_dumped_as_it_should_be_stays(line: str, field: str) -> None:
    assert outcome(HEAD + line, f"{ENUM}    {field}\n") == (HEAD + line, "")
