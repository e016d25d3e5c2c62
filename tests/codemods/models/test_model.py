"""What is read from a class is what the class does: every claim is checked against the class itself, imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

import pytest

from pytest_agentgate.codemods.models.model import Model, NotAModel, Style
from pytest_agentgate.codemods.models.shapes import Instance, Many, Models, Values
from pytest_agentgate.codemods.reading.sources import Sources

CLASSES: dict[str, tuple[Style, str]] = {
    "pydantic 2": (
        Style.PYDANTIC_2,
        """
        from typing import Annotated, ClassVar, Optional
        from pydantic import BaseModel, ConfigDict, Field

        class Base(BaseModel):
            model_config = ConfigDict(extra="forbid")
            host: str

        class Thing(Base):
            kinds: ClassVar[list[str]] = []
            port: int = Field(..., gt=0)
            db: int = 0
            name: Optional[str]
            size: Annotated[int, Field(default=3)]
            tags: list[str] = Field(default_factory=list)
        """,
    ),
    "pydantic 2 aliases": (
        Style.PYDANTIC_2,
        """
        from pydantic import AliasChoices, BaseModel, ConfigDict, Field

        class Thing(BaseModel):
            model_config = ConfigDict(extra="forbid")
            host: str = Field(alias="hostName")
            port: int = Field(validation_alias=AliasChoices("PORT", "thePort"))
            db: int
        """,
    ),
    "pydantic 2 by name too": (
        Style.PYDANTIC_2,
        """
        from pydantic import BaseModel, ConfigDict, Field

        class Thing(BaseModel):
            model_config = ConfigDict(populate_by_name=True, extra="forbid", frozen=True)
            host: str = Field(alias="hostName")
            port: int = 1
        """,
    ),
    "pydantic 2 with more than its fields": (
        Style.PYDANTIC_2,
        """
        from pydantic import BaseModel

        class Thing(BaseModel, extra="allow"):
            host: str
        """,
    ),
    "pydantic 1": (
        Style.PYDANTIC_1,
        """
        from typing import Optional
        from pydantic.v1 import BaseModel, Extra, Field

        class Thing(BaseModel):
            host: str = Field(..., alias="hostName")
            port: Optional[int]
            db = 0

            class Config:
                extra = Extra.forbid
                allow_population_by_field_name = True
        """,
    ),
    "pydantic dataclass": (
        Style.PYDANTIC_DATACLASS,
        """
        from pydantic.dataclasses import dataclass

        @dataclass(config={"extra": "forbid"})
        class Thing:
            host: str
            port: int = 1
        """,
    ),
    "dataclass": (
        Style.DATACLASS,
        """
        from dataclasses import KW_ONLY, InitVar, dataclass, field
        from typing import ClassVar

        @dataclass
        class Base:
            host: str
            kind: ClassVar[str] = "x"

        @dataclass(frozen=True)
        class Other:
            pass

        @dataclass
        class Thing(Base):
            port: int = 0
            made: int = field(init=False, default=2)
            tags: list[str] = field(default_factory=list)
            seed: InitVar[int] = 3
            _: KW_ONLY
            name: str
        """,
    ),
    "class below a dataclass": (
        Style.DATACLASS,
        """
        import dataclasses

        @dataclasses.dataclass(frozen=True)
        class Base:
            host: str
            port: int = 1

        class Thing(Base):
            note: str = "no field"
        """,
    ),
    "attrs": (
        Style.ATTRS,
        """
        from attrs import define, field

        @define
        class Thing:
            host: str
            _port: int
            name: str = field(alias="title")
            tags: list[str] = field(factory=list, kw_only=True)
            made: int = field(init=False, default=2)
            late: int = field()

            @late.default
            def _late(self):
                return 3
        """,
    ),
    "attr.s": (
        Style.ATTRS,
        """
        import attr

        @attr.s
        class Thing:
            host = attr.ib()
            _port = attr.ib(default=3)
            tags = attr.ib(factory=list)
            note: str = "no field"
        """,
    ),
    "attrs frozen": (
        Style.ATTRS,
        """
        import attrs

        @attrs.frozen(kw_only=True)
        class Thing:
            host: str
            port: int = 3
        """,
    ),
    "msgspec": (
        Style.MSGSPEC,
        """
        import msgspec

        class Base(msgspec.Struct):
            host: str

        class Thing(Base, kw_only=True, rename="camel"):
            port_number: int
            tags: list[str] = msgspec.field(default_factory=list)
            name: str = msgspec.field(name="title", default="x")
        """,
    ),
    "named tuple": (
        Style.NAMED_TUPLE,
        """
        from typing import NamedTuple

        class Thing(NamedTuple):
            host: str
            port: int = 1
        """,
    ),
    "plain class": (
        Style.PLAIN,
        """
        class Base:
            def __init__(self, host, port=1, *, name):
                self.host = host

        class Thing(Base):
            def run(self):
                return self.host
        """,
    ),
    "plain class that takes anything": (
        Style.PLAIN,
        """
        class Thing:
            def __init__(self, host, **options):
                self.host = host
        """,
    ),
}
VALUES: Mapping[str, Any] = {
    **dict.fromkeys(["host", "hostName", "name", "title", "note", "kind", "unknown"], "x"),
    **dict.fromkeys(["port", "_port", "PORT", "thePort", "port_number", "portNumber", "db", "size", "made", "late"], 1),
    "tags": [],
    "kinds": [],
    "seed": 1,
}


def read(source: str, name: str = "app.config.Thing") -> Model | NotAModel:
    return Models(Sources.of({"app/config.py": dedent(source)})).of(name)


def model(source: str) -> Model:
    found = read(source)
    assert isinstance(found, Model), found
    return found


def takes(thing: Callable[..., object], keywords: frozenset[str]) -> bool:
    try:
        thing(**{key: VALUES[key] for key in keywords})
    except (TypeError, ValueError):
        return False
    return True


@pytest.mark.parametrize(("style", "source"), CLASSES.values(), ids=CLASSES)
def test_the_style_is_known(style: Style, source: str) -> None:
    assert model(source).style is style


@pytest.mark.parametrize(("style", "source"), CLASSES.values(), ids=CLASSES)
def test_keywords_that_are_refused_are_those_that_the_class_refuses(style: Style, source: str) -> None:
    found = model(source)
    space: dict[str, Any] = {"__name__": "config"}
    exec(compile(dedent(source), "config.py", "exec", dont_inherit=True), space)
    words = [*VALUES]
    wanted = [each.keywords[0] for each in found.fields.values() if each.required]
    tried = [frozenset(wanted)]
    tried += [frozenset(wanted) | {word} for word in words]
    tried += [frozenset(wanted) - {word} for word in wanted]
    tried += [frozenset({*wanted, each.name} - {each.keywords[0]}) for each in found.fields.values() if each.keywords]
    for keywords in tried:
        assert (found.refusal(sorted(keywords)) is None) == takes(space["Thing"], keywords), sorted(keywords)


@pytest.mark.parametrize(
    ("name", "frozen"),
    [("pydantic 2 by name too", True), ("attrs frozen", True), ("class below a dataclass", True), ("dataclass", False)],
)
def test_what_is_frozen_is_known(name: str, frozen: bool) -> None:
    assert model(CLASSES[name][1]).frozen is frozen


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("from typing import TypedDict\nclass Thing(TypedDict):\n    a: int\n", "is a TypedDict"),
        ("from somewhere import Base\nclass Thing(Base):\n    a: int\n", "derives from somewhere.Base"),
        ("class Thing:\n    a: int\n", "neither fields nor a constructor"),
        ("def Thing(): ...\n", "is no class"),
        ("", "is not defined"),
    ],
)
def test_what_is_no_model_is_said(source: str, reason: str) -> None:
    found = read(source)
    assert isinstance(found, NotAModel)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("requirement", "style"),
    [
        ('dependencies = ["pydantic<2"]', Style.PYDANTIC_1),
        ('dependencies = ["pydantic>=1.10,<2"]', Style.PYDANTIC_1),
        ('pydantic = "^1.10"', Style.PYDANTIC_1),
        ('dependencies = ["pydantic==1.10.4"]', Style.PYDANTIC_1),
        ('dependencies = ["pydantic>=2,<3"]', Style.PYDANTIC_2),
        ('dependencies = ["pydantic>=2.5"]', Style.PYDANTIC_2),
        ("", Style.PYDANTIC_2),
    ],
)
def test_the_version_of_pydantic_is_what_the_project_requires(requirement: str, style: Style) -> None:
    files = {
        "app.py": "from pydantic import BaseModel\nclass Thing(BaseModel):\n    a: int\n",
        "pyproject.toml": requirement,
    }
    found = Models(Sources.of(files)).of("app.Thing")
    assert isinstance(found, Model)
    assert found.style is style


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        ("Inner", "Inner"),
        ("'Inner'", "Inner"),
        ("Inner | None", "Inner"),
        ("Optional[Inner]", "Inner"),
        ("Union[None, 'Inner']", "Inner"),
        ("Annotated[Inner, 1]", "Inner"),
        ("list[Inner]", "many Inner"),
        ("Optional[List['Inner']]", "many Inner"),
        ("tuple[Inner, ...]", "many Inner"),
        ("dict[str, Inner]", "values Inner"),
        ("dict[str, list[Inner]]", "values many Inner"),
        ("Alias", "many Inner"),
        ("Inner | Other", "Inner or Other"),
        ("Inner | dict", "nothing"),
        ("Any", "nothing"),
        ("dict[str, str]", "nothing"),
        ("tuple[Inner, int]", "nothing"),
        ("Missing", "nothing"),
    ],
)
def test_the_shape_that_an_annotation_asks_for(annotation: str, shape: str) -> None:
    source = f"""
        from dataclasses import dataclass
        from typing import Annotated, Any, List, Optional, Union

        @dataclass
        class Inner:
            a: int

        @dataclass
        class Other:
            b: int

        Alias = list[Inner]

        @dataclass
        class Thing:
            field: {annotation}
        """
    models = Models(Sources.of({"app/config.py": dedent(source)}))
    found = models.of("app.config.Thing")
    assert isinstance(found, Model)
    assert words(models.field_shape(found.fields["field"])) == shape


def words(shape: object) -> str:
    match shape:
        case Instance(models):
            return " or ".join(each.short for each in models)
        case Many(each):
            return f"many {words(each)}"
        case Values(each):
            return f"values {words(each)}"
        case _:
            return "nothing"
