"""Names put into ``from`` imports and taken out of them, in the manner in which the import is written.

The orders that are recognized are isort's (https://pycqa.github.io/isort/docs/configuration/options.html):
constants, classes, then the rest; regardless of case; or as plain strings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import libcst as cst
from libcst.helpers import get_full_name_for_node

_LIMIT = 88  # black's; a longer line of imports is kept as long where the file has one
_Key: TypeAlias = Callable[[str], Any]


def named(name: str, alias: str | None = None) -> cst.ImportAlias:
    """``name`` or ``name as alias``."""
    asname = None
    if alias is not None and alias != name:
        asname = cst.AsName(
            whitespace_before_as=cst.SimpleWhitespace(" "),
            whitespace_after_as=cst.SimpleWhitespace(" "),
            name=cst.Name(alias),
        )
    return cst.ImportAlias(name=cst.Name(name), asname=asname)


def dotted_node(name: str) -> cst.Name | cst.Attribute:
    """The node of ``a.b.c``."""
    first, *rest = name.split(".")
    node: cst.Name | cst.Attribute = cst.Name(first)
    for part in rest:
        node = cst.Attribute(value=node, attr=cst.Name(part))
    return node


def with_names(line: cst.ImportFrom, new: Sequence[cst.ImportAlias], limit: int = _LIMIT) -> cst.ImportFrom:
    """The import with names added: in order where the list is in order, one per line where the list is.

    A name that is imported already under the same local name is not added again. A line that grows beyond ``limit``
    characters gets parentheses and one name per line.
    """
    if isinstance(line.names, cst.ImportStar):
        return line
    present = {_code(alias) for alias in line.names}
    for alias in new:
        if _code(alias) not in present:
            present.add(_code(alias))
            line = _with_name(line, alias)
    return line if len(_text(line)) <= limit or line.lpar is not None else _one_per_line(line)


def without_names(line: cst.ImportFrom, gone: Sequence[int]) -> cst.ImportFrom:
    """The import without the names at some places; at least one must stay. Comments of names that stay are kept."""
    if isinstance(line.names, cst.ImportStar):
        return line
    names = list(line.names)
    kept = [name for place, name in enumerate(names) if place not in gone]
    if kept[-1] is names[-1]:
        return line.with_changes(names=kept)
    rpar = line.rpar
    before = rpar.whitespace_before if rpar is not None else None
    if rpar is not None and isinstance(before, cst.ParenthesizedWhitespace):  # the last name has no comma
        own = _comment_of(kept[-1])
        rpar = rpar.with_changes(whitespace_before=before.with_changes(first_line=own))
        if own.comment is not None:  # it stays behind its comma
            kept[-1] = kept[-1].with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace("")))
        else:
            kept[-1] = kept[-1].with_changes(comma=names[-1].comma)
    else:
        kept[-1] = _ending(kept[-1], names[-1])
    return line.with_changes(names=kept, rpar=rpar)


def _with_name(line: cst.ImportFrom, alias: cst.ImportAlias) -> cst.ImportFrom:
    assert not isinstance(line.names, cst.ImportStar)  # noqa: S101
    names = list(line.names)
    place = _place(names, alias)
    between = _between(line)
    if place < len(names):
        names.insert(place, alias.with_changes(comma=between))
        return line.with_changes(names=names)
    last, rpar = names[-1], line.rpar
    if isinstance(last.comma, cst.Comma):
        after = last.comma.whitespace_after
        comment = after.first_line if isinstance(after, cst.ParenthesizedWhitespace) else None
        ending = last.comma
        if isinstance(after, cst.ParenthesizedWhitespace):
            ending = ending.with_changes(whitespace_after=after.with_changes(first_line=cst.TrailingWhitespace()))
    else:
        ending, comment = cst.MaybeSentinel.DEFAULT, None  # type: ignore[assignment]
        if rpar is not None and isinstance(rpar.whitespace_before, cst.ParenthesizedWhitespace):
            comment = rpar.whitespace_before.first_line
            bare = rpar.whitespace_before.with_changes(first_line=cst.TrailingWhitespace())
            rpar = rpar.with_changes(whitespace_before=bare)
    names[-1] = last.with_changes(comma=_with_comment(between, comment))
    names.append(alias.with_changes(comma=ending))
    return line.with_changes(names=names, rpar=rpar)


def _place(names: Sequence[cst.ImportAlias], alias: cst.ImportAlias) -> int:
    """Where a name belongs: by the order that the list is in, else at its end."""
    have, new = [_name(each) for each in names], _name(alias)
    for key in _ORDERS:
        keys = [key(name) for name in have]
        if keys == sorted(keys):
            return sum(each <= key(new) for each in keys)
    return len(names)


def _between(line: cst.ImportFrom) -> cst.Comma:
    """A comma as it stands between two names of this import."""
    assert not isinstance(line.names, cst.ImportStar)  # noqa: S101
    inner = [name.comma for name in line.names[:-1] if isinstance(name.comma, cst.Comma)]
    if inner:
        after = inner[0].whitespace_after
        if isinstance(after, cst.ParenthesizedWhitespace):
            after = after.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
        return cst.Comma(whitespace_after=after)
    if line.lpar is not None and isinstance(line.lpar.whitespace_after, cst.ParenthesizedWhitespace):
        bare = line.lpar.whitespace_after.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
        return cst.Comma(whitespace_after=bare)
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _with_comment(comma: cst.Comma, comment: cst.TrailingWhitespace | None) -> cst.Comma:
    after = comma.whitespace_after
    if comment is None or comment.comment is None:
        return comma
    if isinstance(after, cst.ParenthesizedWhitespace):
        return comma.with_changes(whitespace_after=after.with_changes(first_line=comment))
    indented = cst.ParenthesizedWhitespace(
        first_line=comment, indent=True, last_line=cst.SimpleWhitespace("    ")
    )  # a comment ends its line
    return comma.with_changes(whitespace_after=indented)


def _ending(name: cst.ImportAlias, last: cst.ImportAlias) -> cst.ImportAlias:
    """A name that becomes the last one: its own comment stays, what follows is the last one's."""
    own = _comment_of(name)
    if isinstance(last.comma, cst.Comma) and isinstance(last.comma.whitespace_after, cst.ParenthesizedWhitespace):
        after = last.comma.whitespace_after.with_changes(first_line=own)
        return name.with_changes(comma=last.comma.with_changes(whitespace_after=after))
    if own.comment is not None:
        return name.with_changes(comma=cst.Comma(whitespace_after=cst.ParenthesizedWhitespace(first_line=own)))
    return name.with_changes(comma=last.comma)


def _comment_of(name: cst.ImportAlias) -> cst.TrailingWhitespace:
    """The end of the line on which a name and its comma stand."""
    after = name.comma.whitespace_after if isinstance(name.comma, cst.Comma) else None
    return after.first_line if isinstance(after, cst.ParenthesizedWhitespace) else cst.TrailingWhitespace()


def _one_per_line(line: cst.ImportFrom) -> cst.ImportFrom:
    assert not isinstance(line.names, cst.ImportStar)  # noqa: S101
    inner = cst.ParenthesizedWhitespace(indent=True, last_line=cst.SimpleWhitespace("    "))
    outer = cst.ParenthesizedWhitespace(indent=True)
    names = [name.with_changes(comma=cst.Comma(whitespace_after=inner)) for name in line.names]
    names[-1] = names[-1].with_changes(comma=cst.Comma(whitespace_after=outer))
    return line.with_changes(names=names, lpar=cst.LeftParen(whitespace_after=inner), rpar=cst.RightParen())


def _name(alias: cst.ImportAlias) -> str:
    return get_full_name_for_node(alias.name) or ""


def _code(alias: cst.ImportAlias) -> str:
    local = alias.asname.name if alias.asname is not None else alias.name
    return f"{_name(alias)} as {get_full_name_for_node(local)}"


def _text(line: cst.ImportFrom) -> str:
    return cst.Module(body=[]).code_for_node(line)


def _by_type(name: str) -> tuple[int, str]:
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1 if name[:1].isupper() else 2), name


def _by_type_regardless_of_case(name: str) -> tuple[int, str]:
    return _by_type(name)[0], name.lower()


def _lower(name: str) -> str:
    return name.lower()


def _plain(name: str) -> str:
    return name


_ORDERS: Sequence[_Key] = (_by_type, _by_type_regardless_of_case, _lower, _plain)
