"""Where a file gives a field of a model its value: keywords of constructors and copies, keys of dicts for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.models.model import Model, Style
from pytest_agentgate.codemods.models.model_classes import read_model
from pytest_agentgate.codemods.reading.members import MemberUses

_COPIES = frozenset(
    {"dataclasses.replace", "copy.replace", "attr.evolve", "attrs.evolve", "msgspec.structs.replace"},
)
_PARTIAL = "functools.partial"
_CONSTRUCTORS = frozenset({"construct", "model_construct"})
_FROM_DICT = frozenset({"parse_obj", "model_validate"})
_UPDATES = frozenset({"copy", "model_copy"})


def field_keywords(uses: MemberUses, new: str, anyway: bool = False) -> Iterator[ast.keyword | ast.Constant]:
    """The keywords and dict keys that give a member its value, where it is a field under the old or the new name.

    Args:
        uses: the member.
        new: its new name.
        anyway: the class's constructor takes it as a keyword, although that can't be read.
    """
    if not anyway and not _is_field(uses, new):
        return
    for call in uses.names.calls:
        taken = any(each.arg == new for each in call.keywords)
        if taken:
            continue
        if _gives_fields(uses, call):
            for keyword in call.keywords:
                if keyword.arg == uses.member:
                    yield keyword
                elif keyword.arg is None:
                    yield from _keys(keyword.value, uses.member, new)
        if isinstance(call.func, ast.Attribute):
            if call.func.attr in _FROM_DICT and call.args and _is_class(uses, call.func.value):
                yield from _keys(call.args[0], uses.member, new)
            if call.func.attr in _UPDATES and uses.receivers.proves(call.func.value, uses.cls):
                for keyword in call.keywords:
                    if keyword.arg == "update":
                        yield from _keys(keyword.value, uses.member, new)


def _is_field(uses: MemberUses, new: str) -> bool:
    """Whether the constructor that can be read takes the member by its new name, or still by its old one."""
    definition = uses.receivers.hierarchy.definition(uses.cls)
    model = read_model(definition, uses.file.sources) if definition is not None else None
    if not isinstance(model, Model) or model.style is Style.PLAIN:
        return False
    return any(name in model.fields and name in model.fields[name].keywords for name in (new, uses.member))


def _gives_fields(uses: MemberUses, call: ast.Call) -> bool:
    if _is_class(uses, call.func):
        return True
    meaning = uses.names.meaning(call.func)
    if meaning in _COPIES and call.args:
        return uses.receivers.proves(call.args[0], uses.cls)
    if meaning == _PARTIAL and call.args:
        return _is_class(uses, call.args[0])
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in _CONSTRUCTORS:
            return _is_class(uses, call.func.value)
        return call.func.attr == "_replace" and uses.receivers.proves(call.func.value, uses.cls)
    return False


def _is_class(uses: MemberUses, node: ast.expr) -> bool:
    return uses.receivers.proves_class(node, uses.cls, "__init__")


def _keys(node: ast.expr, old: str, new: str) -> Iterator[ast.Constant]:
    if not isinstance(node, ast.Dict):
        return
    keys = [each for each in node.keys if isinstance(each, ast.Constant)]
    if not any(each.value == new for each in keys):
        yield from (each for each in keys if each.value == old)
