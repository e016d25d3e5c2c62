"""Where a node of ``ast`` stands in LibCST's tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

import libcst as cst
import pytest

from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.writing.locate import Locator, NotLocatedError


def located(source: str) -> Iterator[tuple[ast.AST, str]]:
    """Each expression, keyword and alias of a source, with the code of its counterpart."""
    names = ModuleNames(parse(source))
    module = cst.parse_module(source)
    locator = Locator(names.tree, module, names.up)
    for node in names.up:
        if isinstance(node, ast.expr | ast.alias | ast.keyword) and not isinstance(node, ast.Slice):
            try:
                yield node, module.code_for_node(locator.node(node)).strip().rstrip(",").rstrip()
            except NotLocatedError:
                continue


def wrong(source: str) -> list[str]:
    """Complaints: counterparts whose code means something else."""
    found = []
    for node, code in located(source):
        if isinstance(node, ast.Starred | ast.JoinedStr | ast.FormattedValue) or code == "*":
            continue
        if isinstance(node, ast.alias):
            got: ast.AST = ast.parse(f"import {code}").body[0].names[0]  # type: ignore[attr-defined]
        elif isinstance(node, ast.keyword):
            got = ast.parse(f"f({code})", mode="eval").body.keywords[0]  # type: ignore[attr-defined]
        else:
            got = ast.parse(f"(\n{code}\n)", mode="eval").body
        if _shape(got) != _shape(node):
            found.append(f"{type(node).__name__} {ast.unparse(node)!r}: {code!r}")
    return found


def _shape(node: ast.AST) -> str:
    return ast.dump(node).replace("Store()", "Load()").replace("Del()", "Load()")


@pytest.mark.parametrize(
    "source",
    [
        "a and b and c or d and (e or f or g)",
        "f(a, *b, c, d=1, *e, **g, h=2)",
        "class C(A, *B, metaclass=M, **k): x: int = 1",
        "a[1], a[1:2, ::3], a[b,], a[(1, 2)], a[...]",
        "del a, b.c; del (d, e); del f,",
        "x = y = z = w",
        "if a:\n    b\nelif c:\n    d; e\nelse:\n    f",
        "try:\n    a\nexcept B as c:\n    d\nelse:\n    e\nfinally:\n    f; g",
        "def f(a, /, b=1, *c, d: int = 2, e, **g) -> h: return lambda x, *, y=z: x",
        "[a for b in c if d if e for f in g]",
        "{a: b for c in d}; {**e, f: g}; {h, *i}",
        "f'{a}{b!r:{c}>{d}}' f'{e=}' 'g'",
        "match a:\n    case B(c, d=e) | [f, *_] if g:\n        h\n    case {'i': j, **k}:\n        l",
        "with a as b, c() as (d, e): pass",
        "async def f():\n    async with a: await b\n    yield c\n    async for d in e: pass\n    return -d",
        "from a.b import c as d, e\nimport f.g as h",
        "raise a from b",
        "assert a, b",
        "@a.b(c)\n@d\ndef e(): ...",
        "x: a[b] = c; y += d; (n := m)",
        "a < b <= c not in d",
    ],
)
def test_every_part_of_the_grammar_is_found(source: str) -> None:
    assert wrong(source) == []
    assert sum(1 for _ in located(source)) > 0


def test_what_has_no_counterpart_says_so() -> None:
    names = ModuleNames(parse("a[1, 2]"))
    locator = Locator(names.tree, cst.parse_module("a[1, 2]"), names.up)
    subscript = names.tree.body[0].value  # type: ignore[attr-defined]
    with pytest.raises(NotLocatedError):
        locator.node(subscript.slice)
    assert locator.path(subscript.slice.elts[1])[-1] == ("value", None)


def test_real_programs_are_found_whole(programs: Sequence[Path]) -> None:
    read = 0
    for path in programs:
        try:
            source = path.read_text(encoding="utf-8")
            parse(source)
        except (SyntaxError, UnicodeDecodeError):
            continue
        assert wrong(source) == [], path
        read += 1
    assert read > len(programs) // 2


def test_a_block_is_looked_at_once_for_all_of_its_statements() -> None:
    source = "".join(f"def f{number}():\n    g(key={number})\n" for number in range(6_000))
    tree = parse(source)
    names = ModuleNames(tree)
    locator = Locator(tree, cst.parse_module(source), names.up)
    began = process_time()
    paths = {locator.path(call.keywords[0]) for call in names.calls}
    assert len(paths) == 6_000
    assert process_time() - began < 4  # a quarter of a second; with a look for each statement some ten
