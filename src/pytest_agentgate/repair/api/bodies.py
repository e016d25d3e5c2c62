"""What a definition does, apart from what it is called: fingerprints and words, read from its bytecode.

Bytecode names the variables of a function by number and knows no layout, so that a function which moved or was
renamed, with its parameters and variables, has the same; and the compiler makes it faster than a walk over the tree.
"""

from __future__ import annotations

import ast
import dis
import hashlib
import marshal
import warnings
from collections.abc import Mapping
from types import CodeType
from typing import Any

_RESUME = dis.opmap["RESUME"]
_NOP = bytes([dis.opmap["NOP"]])
_LONGEST = 80  # characters of a string that are a word

Codes = Mapping[tuple[str, int], CodeType]
"""The code of every function and class of a file, by its name and the line on which it begins, decorators included."""


def compiled(source: str | ast.Module) -> Codes:
    """The codes of a file, or of what was parsed of it, without docstrings and assertions.

    Raises:
        SyntaxError: Python can't compile it; also for too deep nesting.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = compile(source, "", "exec", dont_inherit=True, optimize=2)
        except (ValueError, RecursionError, MemoryError, OverflowError) as error:
            raise SyntaxError(str(error) or type(error).__name__) from error
    found: dict[tuple[str, int], CodeType] = {}
    left = [module]
    while left:
        for each in left.pop().co_consts:
            if isinstance(each, CodeType):
                found[each.co_name, each.co_firstlineno] = each
                left.append(each)
    return found


def fingerprint(code: CodeType, masks: Mapping[str, str]) -> str:
    """A hash of what a function does; ``masks`` are names that are other ones, or none, for the comparison."""
    return digest(_shape(code, masks))


def digest(value: Any) -> str:
    """A hash of plain data: strings, numbers, tuples."""
    # Without references and interned strings the same data are the same bytes in every process.
    return hashlib.blake2b(marshal.dumps(value, 0), digest_size=12).hexdigest()


def words(code: CodeType) -> frozenset[str]:
    """The names, attributes and strings in a definition, those of what it holds included; not its docstring."""
    found: set[str] = set()
    left = [code]
    while left:
        each = left.pop()
        found.update(each.co_names)
        found.update(each.co_varnames[each.co_argcount + each.co_kwonlyargcount :])
        for value in each.co_consts:
            kind = value.__class__
            if kind is str:
                found.add(value[:_LONGEST])
            elif kind is CodeType:
                left.append(value)
            elif kind is tuple or kind is frozenset:
                found.update([item[:_LONGEST] for item in value if item.__class__ is str])
    return frozenset(found)


def _shape(code: CodeType, masks: Mapping[str, str]) -> tuple[Any, ...]:
    return (
        _instructions(code),
        tuple([masks.get(name, name) for name in code.co_names]),
        tuple([_const(value, masks) for value in code.co_consts]),
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
    )


def _const(value: Any, masks: Mapping[str, str]) -> Any:
    if isinstance(value, CodeType):
        return _shape(value, masks)
    if isinstance(value, frozenset):
        return ("frozenset", *sorted(map(repr, value)))
    return value


def _instructions(code: CodeType) -> bytes:
    """The bytecode without the instruction that stands where a docstring, or ``pass``, has been."""
    found = code.co_code
    start = 0
    while start < len(found) and found[start] != _RESUME:
        start += 2
    return found[: start + 2] + found[start + 4 :] if found[start + 2 : start + 3] == _NOP else found
