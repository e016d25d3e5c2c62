"""Where a node that ``ast`` read stands in LibCST's tree of the same source.

Codemods read with ``ast``, which is quick, and write with LibCST, which keeps every byte. Both trees have the same
shape up to small differences (chains of ``and``, arguments in two lists, blocks of statements); this module knows
them, so that no positions have to be computed for a whole LibCST tree.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import libcst as cst

from pytest_agentgate.codemods.reading.ups import Up

Step = tuple[str, int | None]
"""One way down in a LibCST tree: a field, and the place in it where the field is a sequence."""
Path = tuple[Step, ...]


class NotLocatedError(LookupError):
    """A node has no counterpart of its own in LibCST's tree, such as the text between the fields of an f-string."""


class Locator:
    """The paths of the nodes of one module, found on demand."""

    def __init__(self, tree: ast.Module, module: cst.Module, up: Mapping[ast.AST, Up]) -> None:
        self._up = up
        self._found: dict[ast.AST, tuple[Path, object]] = {tree: ((), module)}
        self._blocks: dict[tuple[object, str], list[Path]] = {}  # found for all statements at once: some are long

    def path(self, node: ast.AST) -> Path:
        """The path from the module to a node's counterpart.

        A positional argument is its value, a keyword its ``Arg``; a starred expression is the element or ``Arg`` that
        holds the star; a small statement is the statement, not its line.

        Raises:
            NotLocatedError: the node has no counterpart.
        """
        return self._locate(node)[0]

    def node(self, node: ast.AST) -> cst.CSTNode:
        """The counterpart of a node.

        Raises:
            NotLocatedError: the node has no counterpart.
        """
        found = self._locate(node)[1]
        if not isinstance(found, cst.CSTNode):
            raise NotLocatedError(type(node).__name__)
        return found

    def _locate(self, node: ast.AST) -> tuple[Path, object]:
        known = self._found.get(node)
        if known is not None:
            return known
        parent, field, index = self._up[node]
        path, above = self._locate(parent)
        if isinstance(parent, ast.Tuple) and not isinstance(above, cst.CSTNode):  # the tuple in a[1, 2]
            path, above, down = path[:-1], follow(self._module, path[:-1]), _in_slice(node, index)
        elif field in _BLOCKS and index is not None:
            down = self._statements(field, above)[index]
        else:
            down = _steps(parent, field, index, node, above)
        below = follow(above, down)
        self._found[node] = found = (path + down, below)
        return found

    def _statements(self, field: str, above: object) -> list[Path]:
        known = self._blocks.get((above, field))
        if known is None:
            known = self._blocks[above, field] = _statements(field, above)
        return known

    @property
    def _module(self) -> object:
        return next(iter(self._found.values()))[1]


def follow(node: object, path: Path) -> object:
    """What a path leads to."""
    for field, index in path:
        node = getattr(node, field)
        if index is not None:
            assert isinstance(node, Sequence)  # noqa: S101
            node = node[index]
    return node


def block(field: str, body: object) -> list[Path]:
    """The path to each statement of a block, in order, from the node whose ``field`` holds it.

    A module holds its statements itself; another block is an ``IndentedBlock`` or the rest of a line.
    """
    before: Path = ()
    if isinstance(body, cst.BaseSuite):
        before, body, field = ((field, None),), body.body, "body"
    assert isinstance(body, Sequence)  # noqa: S101
    paths: list[Path] = []
    for index, statement in enumerate(body):
        if isinstance(statement, cst.SimpleStatementLine):
            paths.extend((*before, (field, index), ("body", small)) for small in range(len(statement.body)))
        else:
            paths.append((*before, (field, index)))
    return paths


_BLOCKS = frozenset({"body", "orelse", "finalbody"})
# Fields that have the same name and hold the node itself.
_SAME = frozenset(
    {
        "value", "test", "msg", "left", "right", "body", "orelse", "func", "target", "iter", "exc", "lower",
        "upper", "step", "subject", "pattern", "guard", "cls", "elt", "key", "type",
    }
)  # fmt: skip
_VALUE: Path = (("value", None),)


def _steps(parent: ast.AST, field: str, index: int | None, node: ast.AST, above: object) -> Path:
    match parent, field:
        case ast.Call(), "args" | "keywords":
            return _argument(parent, node)
        case ast.Starred(), "value":
            return _VALUE
        case ast.BoolOp(values=values), "values":
            assert index is not None  # noqa: S101
            rights = () if index == 0 else (("right", None),)
            lefts = len(values) - 1 - max(index, 1) + (index == 0)
            return (("left", None),) * lefts + rights
        case ast.Compare(), "comparators":
            return (("comparisons", index), ("comparator", None))
        case ast.UnaryOp(), "operand":
            return (("expression", None),)
        case ast.Await(), "value":
            return (("expression", None),)
        case ast.YieldFrom(), "value":
            return (*_VALUE, ("item", None))
        case ast.Assign(), "targets":
            return (("targets", index), ("target", None))
        case ast.Delete(targets=targets), "targets":
            assert isinstance(above, cst.Del)  # noqa: S101
            whole = len(targets) == 1 and (isinstance(node, ast.Tuple) or not isinstance(above.target, cst.Tuple))
            return (("target", None),) if whole else (("target", None), ("elements", index), *_VALUE)
        case ((ast.AnnAssign() | ast.arg()), "annotation"):
            return (("annotation", None), ("annotation", None))
        case ast.Raise(), "cause":
            return (("cause", None), ("item", None))
        case ((ast.Import() | ast.ImportFrom()), "names"):
            starred = isinstance(above, cst.ImportFrom) and isinstance(above.names, cst.ImportStar)
            return (("names", None if starred else index),)
        case ast.Dict(), "keys":
            return (("elements", index), ("key", None))
        case ast.Dict(), "values":
            return (("elements", index), *_VALUE)
        case ((ast.List() | ast.Tuple() | ast.Set()), "elts"):
            return (("elements", index),) if isinstance(node, ast.Starred) else (("elements", index), *_VALUE)
        case _, "generators":
            assert index is not None  # noqa: S101
            return (("for_in", None), *((("inner_for_in", None),) * index))
        case ast.comprehension(), "ifs":
            return (("ifs", index), ("test", None))
        case ast.Subscript(), "slice":
            return _slice(node, above)
        case ast.FormattedValue(), "value":
            return (("expression", None),)
        case ast.FormattedValue(), "format_spec":
            return ()
        case ast.JoinedStr(values=values), "values":
            return _formatted(values, node, above)
        case _, "args" if isinstance(node, ast.arguments):
            return (("params", None),)
        case ast.arguments(), _:
            return _parameter(parent, field, index)
        case ((ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef()), "decorator_list"):
            return (("decorators", index), ("decorator", None))
        case ((ast.FunctionDef() | ast.AsyncFunctionDef()), "returns"):
            return (("returns", None), ("annotation", None))
        case ast.ClassDef(), "bases":
            return (("bases", index),) if isinstance(node, ast.Starred) else (("bases", index), *_VALUE)
        case ast.ClassDef(), "keywords":
            return (("keywords", index),)
        case _, "handlers" | "items" | "cases":
            return ((field, index),)
        case ast.withitem(), "context_expr":
            return (("item", None),)
        case ast.withitem(), "optional_vars":
            return (("asname", None), ("name", None))
        case _ if field in _SAME and index is None:
            return ((field, None),)
        case _:
            return _pattern(parent, field, index, node)


def _statements(field: str, above: object) -> list[Path]:
    held = getattr(above, field)
    if isinstance(held, cst.If):  # elif
        return [((field, None),)]
    if isinstance(held, cst.Else | cst.Finally):
        return [((field, None), *path) for path in block("body", held.body)]
    return block(field, held)


def _argument(call: ast.Call, node: ast.AST) -> Path:
    """Calls keep positional and keyword arguments apart in ``ast`` and together in LibCST."""
    together: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    if call.args and call.keywords and isinstance(call.args[-1], ast.Starred):
        together.sort(key=lambda each: (each.lineno, each.col_offset))
    place = next(number for number, each in enumerate(together) if each is node)
    return (("args", place),) if isinstance(node, ast.keyword | ast.Starred) else (("args", place), *_VALUE)


def _slice(node: ast.AST, above: object) -> Path:
    assert isinstance(above, cst.Subscript)  # noqa: S101
    elements = above.slice
    alone = len(elements) == 1 and not isinstance(elements[0].comma, cst.Comma)
    if alone and not (isinstance(elements[0].slice, cst.Index) and elements[0].slice.star):
        return _in_slice(node, 0)
    return (("slice", None),)


def _in_slice(node: ast.AST, index: int | None) -> Path:
    inner: Path = () if isinstance(node, ast.Slice | ast.Starred) else _VALUE
    return (("slice", index), ("slice", None), *inner)


def _formatted(values: Sequence[ast.expr], node: ast.AST, above: object) -> Path:
    """The expressions in an f-string, also one in several pieces, are counted: the text between has no counterpart."""
    if not isinstance(node, ast.FormattedValue):
        raise NotLocatedError(type(node).__name__)
    number = [each for each in values if isinstance(each, ast.FormattedValue)].index(node)
    paths: list[Path] = []
    if isinstance(above, cst.FormattedStringExpression):  # a format specification
        field, parts = "format_spec", above.format_spec or ()
        paths = [((field, at),) for at, part in enumerate(parts) if isinstance(part, cst.FormattedStringExpression)]
    else:
        pieces: list[tuple[Path, object]] = [((), above)]
        while pieces:
            path, piece = pieces.pop(0)
            if isinstance(piece, cst.ConcatenatedString):
                pieces[:0] = [((*path, ("left", None)), piece.left), ((*path, ("right", None)), piece.right)]
            elif isinstance(piece, cst.FormattedString):
                paths += [
                    (*path, ("parts", at))
                    for at, part in enumerate(piece.parts)
                    if isinstance(part, cst.FormattedStringExpression)
                ]
    if number >= len(paths):
        raise NotLocatedError("an f-string")
    return paths[number]


_PARAMETERS = {
    "posonlyargs": "posonly_params",
    "args": "params",
    "kwonlyargs": "kwonly_params",
    "vararg": "star_arg",
    "kwarg": "star_kwarg",
}


def _parameter(arguments: ast.arguments, field: str, index: int | None) -> Path:
    if field in _PARAMETERS:
        return ((_PARAMETERS[field], index),)
    assert index is not None  # noqa: S101
    if field == "kw_defaults":
        return (("kwonly_params", index), ("default", None))
    place = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults) + index
    if place < len(arguments.posonlyargs):
        return (("posonly_params", place), ("default", None))
    return (("params", place - len(arguments.posonlyargs)), ("default", None))


def _pattern(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> Path:
    match parent, field:
        case ast.MatchSequence(), "patterns":
            return (("patterns", index),) if isinstance(node, ast.MatchStar) else (("patterns", index), *_VALUE)
        case ast.MatchClass(), "patterns":
            return (("patterns", index), *_VALUE)
        case ast.MatchOr(), "patterns":
            return (("patterns", index), ("pattern", None))
        case ast.MatchClass(), "kwd_patterns":
            return (("kwds", index), ("pattern", None))
        case ast.MatchMapping(), "keys":
            return (("elements", index), ("key", None))
        case ast.MatchMapping(), "patterns":
            return (("elements", index), ("pattern", None))
        case _:
            raise NotLocatedError(f"{type(parent).__name__}.{field}")
