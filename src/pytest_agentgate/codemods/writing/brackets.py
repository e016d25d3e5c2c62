"""Elements put into and taken out of what stands between brackets, in the layout and with the comments that are there.

Calls, dicts, lists and parameters differ only in where LibCST keeps the space around their elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import libcst as cst

Space: TypeAlias = cst.BaseParenthesizableWhitespace
Holder = TypeVar("Holder", cst.Call, cst.Dict, cst.List, cst.FunctionDef)

_NONE = cst.SimpleWhitespace("")
_ONE = cst.SimpleWhitespace(" ")
_NEWLINE = cst.TrailingWhitespace()
_INDENT = "    "


def append(holder: Holder, item: cst.CSTNode) -> Holder:
    """Put an element at the end."""
    return insert(holder, item, None)


def insert(holder: Holder, item: cst.CSTNode, at: int | None) -> Holder:
    """Put an element before the one that has a number, or at the end."""
    row = _Row.of(holder)
    row.insert(item, len(row.items) if at is None else at)
    new: Holder = row.into(holder)
    return new


def without(holder: Holder, *numbers: int) -> Holder:
    """Take elements away; a comment on the line of one that goes, goes with it, any other one stays."""
    row = _Row.of(holder)
    for number in sorted(set(numbers), reverse=True):
        row.remove(number)
    new: Holder = row.into(holder)
    return new


def keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    """An argument ``name=value``."""
    return named(cst.Arg(value), name)


def named(argument: cst.Arg, name: str) -> cst.Arg:
    """An argument that is passed by a keyword from now on."""
    if argument.keyword is not None:
        return argument.with_changes(keyword=argument.keyword.with_changes(value=name))
    equal = cst.AssignEqual(whitespace_before=_NONE, whitespace_after=_NONE)
    argument = argument.with_changes(value=enclosed(argument.value))
    return argument.with_changes(keyword=cst.Name(name), equal=equal)


def request(function: cst.FunctionDef, name: str) -> cst.FunctionDef:
    """Give a function one more parameter, behind those that have no default."""
    parameters = function.params
    plain = [each for each in parameters.params if each.default is None]
    star = isinstance(parameters.star_arg, cst.Param | cst.ParamStar)
    parameter = cst.Param(cst.Name(name))
    if parameters.posonly_params or star or parameters.star_kwarg is not None:
        new = [*plain, parameter, *parameters.params[len(plain) :]]
        return function.with_changes(params=parameters.with_changes(params=new))
    return insert(function, parameter, len(plain))


def enclosed(value: cst.BaseExpression) -> cst.BaseExpression:
    """An expression as it may stand as any argument: what can only stand alone gets its own parentheses."""
    if isinstance(value, cst.GeneratorExp | cst.NamedExpr | cst.Yield | cst.Tuple) and not value.lpar:
        return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return value


def has_comments(space: Space) -> bool:
    """Whether comments stand in the space between two elements."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return False
    return space.first_line.comment is not None or any(line.comment for line in space.empty_lines)


@dataclass
class _Row:
    """Elements and the space around them: behind the opening bracket, behind each comma, before the closing one."""

    opening: Space
    items: list[Any]
    gaps: list[Space]  # one fewer than items
    trailing: bool  # a comma behind the last element
    closing: Space

    @classmethod
    def of(cls, holder: cst.CSTNode) -> _Row:
        items: Sequence[Any]
        opening: Space
        closing: Space
        match holder:
            case cst.Call(args=items, whitespace_before_args=opening):
                closing = _behind(items[-1]) if items else _NONE
            case cst.FunctionDef(params=cst.Parameters(params=items), whitespace_before_params=opening):
                closing = _behind(items[-1]) if items else _NONE
            case cst.Dict(elements=items, lbrace=brace, rbrace=end):
                opening, closing = brace.whitespace_after, _before_bracket(items, end.whitespace_before)
            case cst.List(elements=items, lbracket=bracket, rbracket=ending):
                opening, closing = bracket.whitespace_after, _before_bracket(items, ending.whitespace_before)
            case _:
                raise TypeError(type(holder).__name__)
        gaps = [_behind(item) for item in items[:-1]]
        trailing = bool(items) and isinstance(items[-1].comma, cst.Comma)
        return cls(opening, list(items), gaps, trailing, closing)

    def insert(self, item: Any, at: int) -> None:
        if isinstance(item, cst.Arg) and len(self.items) == 1:
            self.items[0] = self.items[0].with_changes(value=enclosed(self.items[0].value))
        style = self._style()
        if not self.items:
            if not has_comments(self.opening):
                self.opening = self.closing = _NONE
        elif at == len(self.items):
            gap, self.closing = self._split(self.closing, style)
            self.gaps.append(gap)
        else:
            before = self._before(at)
            gap = style
            if isinstance(before, cst.ParenthesizedWhitespace):  # comments above the next one stay above it
                gap = _line(before.last_line, before.empty_lines)
                self._set_before(at, before.with_changes(empty_lines=[]))
            self.gaps.insert(at, gap)
        self.items.insert(at, item)

    def remove(self, at: int) -> None:
        del self.items[at]
        if not self.items:
            self.trailing = False
            self.closing = _NONE
            if not has_comments(self.opening):
                self.opening = _NONE
        elif at == len(self.items):  # it was the last one
            self.closing = _joined_at_end(self.gaps.pop(), self.closing)
        else:
            behind = self.gaps.pop(at)
            self._set_before(at, _joined(self._before(at), behind))

    def into(self, holder: Any) -> Any:
        items: list[Any] = []
        last = len(self.items) - 1
        in_bracket = isinstance(holder, cst.Dict | cst.List)  # these keep the space before the closing bracket with it
        for number, item in enumerate(self.items):
            ended = number == last
            space = self.closing if ended else self.gaps[number]
            comma: cst.Comma | cst.MaybeSentinel = cst.MaybeSentinel.DEFAULT
            if not ended or self.trailing:
                old = item.comma if isinstance(item.comma, cst.Comma) else cst.Comma()
                comma = old.with_changes(whitespace_after=_NONE if ended and in_bracket else space)
            changes: dict[str, Any] = {"comma": comma}
            for name in ("whitespace_after_arg", "whitespace_after_param"):
                if hasattr(item, name):
                    changes[name] = space if ended and not self.trailing else _NONE
            items.append(item.with_changes(**changes))
        match holder:
            case cst.Call():
                return holder.with_changes(args=items, whitespace_before_args=self.opening)
            case cst.FunctionDef(params=parameters):
                new = parameters.with_changes(params=items)
                return holder.with_changes(params=new, whitespace_before_params=self.opening)
            case cst.Dict(lbrace=left, rbrace=right):
                return holder.with_changes(
                    elements=items,
                    lbrace=left.with_changes(whitespace_after=self.opening),
                    rbrace=right.with_changes(whitespace_before=self.closing),
                )
        return holder.with_changes(
            elements=items,
            lbracket=holder.lbracket.with_changes(whitespace_after=self.opening),
            rbracket=holder.rbracket.with_changes(whitespace_before=self.closing),
        )

    def _before(self, at: int) -> Space:
        return self.gaps[at - 1] if at else self.opening

    def _set_before(self, at: int, space: Space) -> None:
        if at:
            self.gaps[at - 1] = space
        else:
            self.opening = space

    def _style(self) -> Space:
        """What stands between two elements here."""
        model = self.gaps[-1] if self.gaps else self.opening
        return _line(model.last_line) if isinstance(model, cst.ParenthesizedWhitespace) else _ONE

    def _split(self, closing: Space, style: Space) -> tuple[Space, Space]:
        """The space before a new last element and behind it; comments stay with what stands before it."""
        if not isinstance(closing, cst.ParenthesizedWhitespace):
            return style, closing
        end = _line(closing.last_line)
        if isinstance(style, cst.ParenthesizedWhitespace):
            return closing.with_changes(last_line=style.last_line), end
        if not has_comments(closing):
            return style, closing
        indent = cst.SimpleWhitespace(closing.last_line.value + _INDENT)
        if isinstance(self.opening, cst.ParenthesizedWhitespace):
            indent = self.opening.last_line
        return closing.with_changes(last_line=indent), end


def _behind(item: Any) -> Space:
    holder = item.comma if isinstance(item.comma, cst.Comma) else item
    spaces = ("whitespace_after", "whitespace_after_arg", "whitespace_after_param")
    return next(getattr(holder, name) for name in spaces if hasattr(holder, name))  # type: ignore[no-any-return]


def _before_bracket(items: Sequence[Any], space: Space) -> Space:
    """The space before a bracket, which LibCST keeps with the bracket or with a trailing comma."""
    if items and isinstance(items[-1].comma, cst.Comma):
        behind: Space = items[-1].comma.whitespace_after
        if isinstance(behind, cst.ParenthesizedWhitespace) or not behind.empty:
            return behind
    return space


def _line(last_line: cst.SimpleWhitespace, above: Sequence[cst.EmptyLine] = ()) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(first_line=_NEWLINE, empty_lines=list(above), indent=True, last_line=last_line)


def _joined(before: Space, behind: Space) -> Space:
    """The space where an element stood that was not the last one."""
    if not isinstance(behind, cst.ParenthesizedWhitespace):
        return before
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return behind
    return before.with_changes(empty_lines=[*before.empty_lines, *behind.empty_lines], last_line=behind.last_line)


def _joined_at_end(before: Space, closing: Space) -> Space:
    """The space behind what is now the last element."""
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return closing
    if isinstance(closing, cst.ParenthesizedWhitespace):
        lines = [*before.empty_lines, *closing.empty_lines]
        return before.with_changes(empty_lines=lines, indent=closing.indent, last_line=closing.last_line)
    return before if has_comments(before) else closing
