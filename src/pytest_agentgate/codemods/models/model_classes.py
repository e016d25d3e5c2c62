"""How models are read from the source of their classes: pydantic, dataclasses, attrs, msgspec, and plain ones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_agentgate.codemods.models.model import Field, Model, NotAModel, Style, Where
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, dotted
from pytest_agentgate.codemods.reading.sources import Definition, Sources

_PYDANTIC_BASES = re.compile(
    r"pydantic(\.v1)?(\.main|\.generics|\.env_settings)?\.(BaseModel|GenericModel|BaseSettings)"
)
_SETTINGS = frozenset({"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings"})
_STRUCTS = frozenset({"msgspec.Struct"})
_TUPLES = frozenset({"typing.NamedTuple", "typing_extensions.NamedTuple"})
_DICTS = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
_NEUTRAL = re.compile(r"builtins\.object|abc\.ABC|typing(_extensions)?\.(Generic|Protocol)")
_DATACLASS = frozenset({"dataclasses.dataclass"})
_PYDANTIC_DATACLASS = frozenset({"pydantic.dataclasses.dataclass", "pydantic.v1.dataclasses.dataclass"})
_ATTRS_NEW = re.compile(r"attrs?\.(define|mutable|frozen)")
_ATTRS_OLD = re.compile(r"attr\.(s|attrs|attributes|dataclass)")
_FIELD = re.compile(
    r"(dataclasses|msgspec)\.field|pydantic(\.v1)?(\.fields)?\.(Field|PrivateAttr)|attrs?\.(field|ib|attrib)"
)
_ONLY_1 = frozenset({"validator", "root_validator", "BaseSettings", "Extra", "validate_arguments"})
_ONLY_2 = frozenset(
    {
        "ConfigDict", "field_validator", "model_validator", "field_serializer", "model_serializer", "computed_field",
        "TypeAdapter", "RootModel", "AliasChoices", "AliasPath",
    }
)  # fmt: skip
_PINNED_1 = re.compile(
    r"""\bpydantic(\[[^\]]*\])?["']?\s*[=:]?\s*["']?\s*(==\s*1|~=\s*1|\^1|[^"'\n#]*<=?\s*2(?![\d.]*[1-9]))"""
)
_CLASS_VARIABLE = re.compile(r"typing(_extensions)?\.ClassVar")


def read_model(definition: Definition, sources: Sources) -> Model | NotAModel:
    """The model that a class is, or why it is none."""
    if not isinstance(definition.node, ast.ClassDef):
        return NotAModel(f"{definition.name} is no class")
    return _Class(sources, definition, definition.node).model()


def unquoted(node: ast.expr) -> ast.expr:
    """An annotation that is written as a string, as an expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value.strip(), mode="eval").body
        except SyntaxError:
            return node
    return node


@dataclass(frozen=True)
class _Link:
    """One class of a chain of inheritance."""

    node: ast.ClassDef
    names: ModuleNames

    @property
    def where(self) -> Where:
        return Where(self.names, self.names.scopes[self.node])

    def meaning(self, node: ast.expr) -> str:
        return self.names.meaning(node) or ""

    def decorator(self, wanted: Iterable[str] | re.Pattern[str]) -> ast.expr | None:
        """The decorator of this class that has one of these names."""
        for node in self.node.decorator_list:
            name = self.meaning(node.func if isinstance(node, ast.Call) else node)
            if wanted.fullmatch(name) if isinstance(wanted, re.Pattern) else name in wanted:
                return node
        return None

    def annotated(self) -> Iterator[tuple[str, ast.AnnAssign]]:
        for statement in self.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                outer = unquoted(statement.annotation)
                head = outer.value if isinstance(outer, ast.Subscript) else outer
                if not _CLASS_VARIABLE.fullmatch(self.where.meaning(head) or ""):
                    yield statement.target.id, statement

    def assigned(self) -> Iterator[tuple[str, ast.expr]]:
        for statement in self.node.body:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        yield target.id, statement.value

    def specifier(self, value: ast.expr | None) -> ast.Call | None:
        """The call of ``field(...)``, ``Field(...)`` or ``attr.ib(...)`` that describes a field."""
        if isinstance(value, ast.Call) and _FIELD.fullmatch(self.meaning(value.func)):
            return value
        return None

    def method(self, name: str) -> FunctionNode | None:
        for statement in self.node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name == name:
                return statement
        return None


class _Class:
    """Reads one class."""

    def __init__(self, sources: Sources, definition: Definition, node: ast.ClassDef) -> None:
        self.sources = sources
        self.name = definition.name
        self.node = node
        self.outside: set[str] = set()  # bases that are not in the project
        self.chain: list[_Link] = []  # from the farthest base to the class itself
        self._follow(_Link(node, definition.module), set())

    def _follow(self, link: _Link, seen: set[ast.ClassDef]) -> None:
        if link.node in seen:
            return
        seen.add(link.node)
        for base in reversed(link.node.bases):
            head = base.value if isinstance(base, ast.Subscript) else base
            name = link.names.meaning(head)
            found = self.sources.definition(name) if name else None
            if found is not None and isinstance(found.node, ast.ClassDef):
                self._follow(_Link(found.node, found.module), seen)
            elif name is None or not _NEUTRAL.fullmatch(name):
                self.outside.add(name or "something unknown")
        self.chain.append(link)

    def model(self) -> Model | NotAModel:
        if self.outside & _DICTS:
            return NotAModel(f"{self.name} is a TypedDict: a dict is what it takes")
        pydantic = {name for name in self.outside if _PYDANTIC_BASES.fullmatch(name) or name in _SETTINGS}
        if pydantic:
            return self._pydantic(pydantic)
        if self.outside & _STRUCTS:
            return self._made(Style.MSGSPEC, [self._struct(link) for link in self.chain])
        if self.outside & _TUPLES:
            return self._made(Style.NAMED_TUPLE, [list(self._plain_fields(self.chain[-1]))], frozen=True)
        for link in reversed(self.chain):  # the constructor is that of the nearest class that has one
            if link.method("__init__") is not None:
                return self._constructor(link)
            for style, wanted in _DECORATED:
                if link.decorator(wanted) is not None:
                    return self._decorated(style, wanted)
        if self.outside:
            return NotAModel(f"{self.name} derives from {min(self.outside)}, whose constructor is not known")
        return NotAModel(f"{self.name} has neither fields nor a constructor")

    def _made(self, style: Style, parts: Sequence[Sequence[Field]], *, frozen: bool = False) -> Model:
        fields: dict[str, Field] = {}
        for part in parts:
            for each in part:
                fields[each.name] = each  # a field that is defined again keeps its place
        frozen = frozen or self._flag("frozen")
        return Model(self.name, style, fields, self.node, frozen=frozen)

    def _flag(self, name: str) -> bool:
        """Whether the class, or one that it derives from, is made with a keyword that is true."""
        for link in self.chain:
            for made in link.node.decorator_list:
                call = made if isinstance(made, ast.Call) else None
                if link.meaning(call.func if call else made).endswith(f".{name}") or _true(_keyword(call, name)):
                    return True
            if any(each.arg == name and _true(each.value) for each in link.node.keywords):
                return True
        return False

    # -- pydantic ----------------------------------------------------------------------------------------------------

    def _pydantic(self, bases: set[str]) -> Model:
        style = self._version(bases)
        settings: dict[str, ast.expr] = {}
        for link in self.chain:
            settings.update(_pydantic_settings(link))
        by_name = any(
            _true(settings.get(key))
            for key in ("populate_by_name", "allow_population_by_field_name", "validate_by_name")
        )
        optional = any("BaseSettings" in base for base in bases)  # the environment gives what is missing
        generated = "alias_generator" in settings
        fields: dict[str, Field] = {}
        for link in self.chain:
            for name, statement in link.annotated():
                if name.startswith("_") or name == "model_config":
                    continue
                aliases, required = self._pydantic_field(link, statement, style)
                names = (*aliases, *((name,) if by_name or not (aliases or generated) else ()))
                needed, default = required and not optional, _default(link.specifier(statement.value), statement.value)
                fields[name] = Field(name, names, needed, True, statement.annotation, link.where, default)
            if style is Style.PYDANTIC_1:
                for name, value in link.assigned():
                    if not name.startswith("_") and not isinstance(value, ast.Lambda) and name not in fields:
                        fields[name] = Field(name, (name,), False, True)
        own = self.chain[-1].method("__init__")
        frozen = _true(settings.get("frozen")) or _false(settings.get("allow_mutation"))
        extra = _said(settings.get("extra")) == "allow" or (
            own is not None and own.args.kwarg is not None and not fields
        )
        return Model(self.name, style, fields, self.node, extra, frozen, generated)

    def _version(self, bases: set[str]) -> Style:
        if any(base.startswith("pydantic.v1.") for base in bases):
            return Style.PYDANTIC_1
        if bases & _SETTINGS:
            return Style.PYDANTIC_2
        imported = {
            binding.target.rpartition(".")[2]
            for link in self.chain
            for bindings in link.names.scope.bindings.values()
            for binding in bindings
            if binding.is_import and binding.target and binding.target.startswith("pydantic.")
        }
        if imported & _ONLY_2 or any("model_config" in link.where.scope.bindings for link in self.chain):
            return Style.PYDANTIC_2
        if imported & _ONLY_1:
            return Style.PYDANTIC_1
        wanted = [self.sources.text(path) or "" for path in ("pyproject.toml", "requirements.txt", "setup.cfg")]
        return Style.PYDANTIC_1 if any(map(_PINNED_1.search, wanted)) else Style.PYDANTIC_2

    def _pydantic_field(self, link: _Link, statement: ast.AnnAssign, style: Style) -> tuple[tuple[str, ...], bool]:
        """The aliases of a field, and whether it is required."""
        calls = [link.specifier(statement.value)]
        required = statement.value is None or _is_ellipsis(statement.value)
        if calls[0] is not None:
            required = not _has_default(calls[0], first=True)
        annotation = unquoted(statement.annotation)
        if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
            inside = [link.specifier(each) for each in annotation.slice.elts[1:]]
            if required and any(call is not None and _has_default(call, first=True) for call in inside):
                required = False
            calls += inside
        if style is Style.PYDANTIC_1 and required and statement.value is None:
            required = not _optional(annotation, link.where)
        for key in ("validation_alias", "alias"):
            for call in calls:
                aliases = _aliases(_keyword(call, key))
                if aliases:
                    return aliases, required
        return (), required

    # -- classes made by decorators ----------------------------------------------------------------------------------

    def _decorated(self, style: Style, wanted: frozenset[str] | re.Pattern[str]) -> Model:
        parts: list[list[Field]] = []
        for link in self.chain:
            made = link.decorator(wanted)
            if made is not None:
                parts.append(self._attrs(link, made) if style is Style.ATTRS else self._dataclass(link, made))
        return self._made(style, parts)

    def _dataclass(self, link: _Link, made: ast.expr) -> list[Field]:
        all_kw_only = _true(_keyword(made, "kw_only"))
        found: list[Field] = []
        for each, value in self._fields(link):
            if link.where.meaning(unquoted(each.annotation)) in _KW_ONLY if each.annotation else False:
                all_kw_only = True
                continue
            call = link.specifier(value)
            kw_only = _keyword(call, "kw_only")
            shown = () if _false(_keyword(call, "init")) else (*_aliases(_keyword(call, "alias")), each.name)
            found.append(replace(each, keywords=shown[:1], kw_only=_true(kw_only) or (kw_only is None and all_kw_only)))
            if not shown:
                found[-1] = replace(found[-1], required=False)
        return found

    def _attrs(self, link: _Link, made: ast.expr) -> list[Field]:
        name = link.meaning(made.func if isinstance(made, ast.Call) else made)
        auto = _keyword(made, "auto_attribs")
        specified = [key for key, value in link.assigned() if link.specifier(value)]
        by_annotation = _true(auto) or (
            auto is None and (name.endswith(".dataclass") or (not _ATTRS_OLD.fullmatch(name) and not specified))
        )
        late = {  # @x.default
            decorator.value.id
            for statement in link.node.body
            if isinstance(statement, ast.FunctionDef)
            for decorator in statement.decorator_list
            if isinstance(decorator, ast.Attribute) and decorator.attr == "default"
            if isinstance(decorator.value, ast.Name)
        }
        all_kw_only = _true(_keyword(made, "kw_only"))
        candidates = [(each, value) for each, value in self._fields(link) if by_annotation or link.specifier(value)]
        for key, assigned in link.assigned():
            call = link.specifier(assigned)
            if call is not None:
                required = not _has_default(call, first=_ATTRS_OLD.fullmatch(name) is not None)
                candidates.append((Field(key, (key,), required, False, _keyword(call, "type"), link.where), assigned))
        candidates.sort(key=lambda pair: _line_of(link.node, pair[0].name))
        found: list[Field] = []
        for each, value in candidates:
            call = link.specifier(value)
            shown = (
                () if _false(_keyword(call, "init")) else (*_aliases(_keyword(call, "alias")), each.name.lstrip("_"))
            )
            required = each.required and bool(shown) and each.name not in late
            kw_only = all_kw_only or _true(_keyword(call, "kw_only"))
            found.append(replace(each, keywords=shown[:1], required=required, kw_only=kw_only))
        return found

    def _struct(self, link: _Link) -> list[Field]:
        kw_only = any(each.arg == "kw_only" and _true(each.value) for each in link.node.keywords)
        return [replace(each, kw_only=kw_only) for each in self._plain_fields(link)]

    def _plain_fields(self, link: _Link) -> Iterator[Field]:
        return (each for each, _ in self._fields(link))

    def _fields(self, link: _Link) -> Iterator[tuple[Field, ast.expr | None]]:
        for name, statement in link.annotated():
            call = link.specifier(statement.value)
            required = statement.value is None or (call is not None and not _has_default(call))
            default = _default(call, statement.value)
            yield Field(name, (name,), required, False, statement.annotation, link.where, default), statement.value

    def _constructor(self, link: _Link) -> Model | NotAModel:
        method = link.method("__init__")
        assert method is not None  # noqa: S101
        arguments = method.args
        where = Where(link.names, link.names.scope_of(method))
        plain = [*arguments.posonlyargs, *arguments.args][1:]
        defaults = len(arguments.defaults)
        fields: dict[str, Field] = {}
        for number, each in enumerate(plain):
            required = number < len(plain) - defaults
            shown = () if each in arguments.posonlyargs else (each.arg,)
            fields[each.arg] = Field(each.arg, shown, required, False, each.annotation, where)
        for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            fields[each.arg] = Field(each.arg, (each.arg,), default is None, True, each.annotation, where)
        if not fields and arguments.kwarg is None:
            return NotAModel(f"{self.name} takes no arguments")
        return Model(self.name, Style.PLAIN, fields, self.node, extra=arguments.kwarg is not None)


_DECORATED: tuple[tuple[Style, frozenset[str] | re.Pattern[str]], ...] = (
    (Style.PYDANTIC_DATACLASS, _PYDANTIC_DATACLASS),
    (Style.DATACLASS, _DATACLASS),
    (Style.ATTRS, re.compile(f"{_ATTRS_NEW.pattern}|{_ATTRS_OLD.pattern}")),
)
_KW_ONLY = frozenset({"dataclasses.KW_ONLY"})


def _pydantic_settings(link: _Link) -> Iterator[tuple[str, ast.expr]]:
    """What a class sets in ``model_config``, ``class Config`` or as keywords of the class."""
    for statement in link.node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            inner = _Link(statement, link.names)
            yield from inner.assigned()
    for name, value in [
        *link.assigned(),
        *((name, each.value) for name, each in link.annotated() if each.value is not None),
    ]:
        if name == "model_config" and isinstance(value, ast.Call):
            yield from ((each.arg, each.value) for each in value.keywords if each.arg)
        elif name == "model_config" and isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, item
    yield from ((each.arg, each.value) for each in link.node.keywords if each.arg)


def _keyword(call: ast.expr | None, name: str) -> ast.expr | None:
    if not isinstance(call, ast.Call):
        return None
    return next((each.value for each in call.keywords if each.arg == name), None)


def _has_default(call: ast.Call, *, first: bool = False) -> bool:
    """Whether ``field(...)`` gives a default; ``first`` where its first argument is one."""
    if first and call.args:
        return not _is_ellipsis(call.args[0])
    default = _keyword(call, "default")
    if default is not None:
        return not _is_ellipsis(default) and dotted(default) not in {"attr.NOTHING", "attrs.NOTHING"}
    return _keyword(call, "default_factory") is not None or _keyword(call, "factory") is not None


def _default(call: ast.Call | None, value: ast.expr | None) -> ast.expr | None:
    """The default as it is written: in ``field(default=...)``, ``Field(...)``, or plainly."""
    if call is None:
        return value
    return _keyword(call, "default") or (call.args[0] if call.args else None)


def _aliases(node: ast.expr | None) -> tuple[str, ...]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.Call) and (dotted(node.func) or "").endswith("AliasChoices"):
        return tuple(name for each in node.args for name in _aliases(each))
    return ()


def _optional(annotation: ast.expr, where: Where) -> bool:
    if isinstance(annotation, ast.Subscript):
        return (where.meaning(annotation.value) or "").endswith(".Optional") or any(
            isinstance(each, ast.Constant) and each.value is None
            for each in ast.walk(annotation.slice)
            if (where.meaning(annotation.value) or "").endswith(".Union")
        )
    if isinstance(annotation, ast.BinOp):
        return any(
            isinstance(each, ast.Constant) and each.value is None for each in (annotation.left, annotation.right)
        )
    return False


def _line_of(node: ast.ClassDef, name: str) -> int:
    for statement in node.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return statement.lineno
    return 0


def _said(node: ast.expr | None) -> str | None:
    """A plain string, or the last part of a dotted name: ``"allow"`` and ``Extra.allow``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.attr if isinstance(node, ast.Attribute) else None


def _true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
