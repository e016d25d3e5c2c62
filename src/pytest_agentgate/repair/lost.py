"""What becomes of one name that is lost: it is followed, its value takes its place, or it is asked for later."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Collection

from pytest_agentgate.codemods.reading.names import dotted, parse
from pytest_agentgate.codemods.rewrites.define_symbol import DefineSymbol
from pytest_agentgate.codemods.rewrites.inline_function import InlineFunction
from pytest_agentgate.codemods.rewrites.inline_symbol import InlineSymbol
from pytest_agentgate.codemods.rewrites.localize_import import LocalizeImport
from pytest_agentgate.codemods.rewrites.rename_module import RenameModule
from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.case import proposal, together, told
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.confirm import Asked
from pytest_agentgate.repair.forwarding import stood_for
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.suite import Suite

_PLAIN = (
    ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Subscript,
    ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop,
)  # fmt: skip

_NAMES = (ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.expr_context)

_NOT_ALIKE = (ast.Lambda, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
"""What a definition has that can't be put into another file."""


def half_done(name: str, change: Change) -> NoProposal | None:
    """The refusal where the implementation itself still asks for what is lost."""
    places = change.still_used(name)
    if not places:
        return None
    shown = ", ".join(places[:3])
    return NoProposal(
        f"the implementation itself still asks for {name}, which it does not offer any more: the change is half done",
        shown,
        final=True,
    )


def followed(name: str, change: Change, suite: Suite) -> Proposal | None:
    """The name where it is now, if the change says so beyond doubt and it can be reached there."""
    found = change.moved(name)
    if found is None:
        return None
    breakage, new = found
    answer = suite.confirm([Asked(new)])[0]
    if answer.holds is False:
        return None
    if breakage.sort is Sort.MODULE_MOVED:
        module = _moved_part(name, breakage)
        target = new if module == name else breakage.new
        codemods = _module_codemods(module, target, change, suite)
        return None if codemods is None else proposal(codemods, [told(breakage)], [breakage])
    return proposal([RenameSymbol(name, new)], [_said(told(breakage), breakage.new, new)], [breakage])


def forwarded(name: str, change: Change, suite: Suite) -> Proposal | None:
    """What the name only stood for, with a warning, before it was taken away."""
    symbol = change.old.symbol(name) if change.is_lost(name) else None
    target = "" if symbol is None else stood_for(symbol, change)
    if symbol is None or not target or not change.is_ours(target):
        return None
    moved = change.moved(target)
    now = target if change.new.offers(target) else "" if moved is None else moved[1]
    new = change.public(now, name) if now else ""
    if not new or suite.confirm([Asked(new)])[0].holds is False:
        return None
    sentence = f"{name} warned, and was {target} but for that ({symbol.path}:{symbol.line}); it is gone"
    return proposal([RenameSymbol(name, new)], [sentence], change.of(name, Sort.SYMBOL_GONE))


def _said(sentence: str, home: str, new: str) -> str:
    return sentence if new == home else f"{sentence}; asked for as {new}"


def _moved_part(name: str, breakage: object) -> str:
    """The part of a name that is the module which moved, as the name itself says it."""
    old = str(getattr(breakage, "old", ""))
    aliases = getattr(breakage, "aliases", ())
    return max((each for each in (old, *aliases) if name == each or name.startswith(f"{each}.")), key=len, default=name)


def _module_codemods(
    module: str, target: str, change: Change, suite: Suite
) -> list[RenameModule | RenameSymbol] | None:
    """The module's new name, after those of its names that went elsewhere; None where what tests use is not there."""
    first: list[RenameModule | RenameSymbol] = []
    for used in suite.below(module):
        rest = used.removeprefix(module)
        if not rest or change.new.offers(target + rest) or not change.old.offers(used):
            continue
        moved = change.moved(used)
        if moved is None or moved[0].sort is not Sort.SYMBOL_MOVED:
            continue  # it is lost beside the module, and a cause of its own
        first.append(RenameSymbol(used, moved[1]))
    return [*first, RenameModule(module, target)]


def inlined(name: str, change: Change, suite: Suite) -> Proposal | None:
    """The value in the place of the name, if that was an alias of something that is still there, or a plain value."""
    value = _value(name, change)
    if value is None:
        return None
    asked = [Asked(value)] if _is_module(value) else [Asked(each) for each in _names_in(value)]
    if any(answer.holds is False for answer in suite.confirm(asked)):
        return None
    symbol = change.old.symbol(name)
    place = f" ({symbol.path}:{symbol.line})" if symbol is not None else ""
    sentence = f"{name} was {value}{place} and is gone; no other place is known for it"
    codemods: list[DefineSymbol | InlineSymbol] = [InlineSymbol(name, value)]
    if not _is_alias(value):
        codemods.insert(0, DefineSymbol(name, value))
    return proposal(codemods, [sentence], change.of(name, Sort.SYMBOL_GONE))


def _is_alias(value: str) -> bool:
    """Whether a value is but another name of something; all else is better said once, under the name that it had."""
    return all(isinstance(node, _NAMES) for node in ast.walk(ast.parse(value, mode="eval").body))


def defined(name: str, change: Change, suite: Suite) -> Proposal | None:
    """The constant's definition in the files that import it, if all that it names is still there."""
    symbol = change.old.symbol(name)
    value = "" if symbol is None or symbol.sort is not Is.CONSTANT else _spelled_out(symbol.value, change)
    tree = _parsed(value)
    if symbol is None or tree is None or any(isinstance(node, _NOT_ALIKE) for node in ast.walk(tree)):
        return None
    names = _names_in(value)
    if "builtins.object" in names:  # a mark that is known by its identity
        return None
    known = [each for each in names if _is_there(each, change)]
    asked = [each for each in names if each not in known and not change.is_ours(each) and "builtins.__" not in each]
    if len(known) + len(asked) < len(names) or not all(
        told_.holds for told_ in suite.confirm([Asked(each) for each in asked])
    ):
        return None
    sentence = f"{name} was {value} ({symbol.path}:{symbol.line}) and is gone; no other place is known for it"
    return proposal([DefineSymbol(name, value)], [sentence], change.of(name, Sort.SYMBOL_GONE))


def applied(name: str, change: Change) -> Proposal | None:
    """What a function gave in the place of its calls, if it did nothing but give an expression of its arguments."""
    symbol = change.old.symbol(name)
    if symbol is None or symbol.sort is not Is.FUNCTION or symbol.is_async or symbol.decorators:
        return None
    value = _handing_nothing_on(symbol.value or _as_lambda(symbol, change))
    if not value:
        return None
    sentence = f"{name} was {value} ({symbol.path}:{symbol.line}) and is gone; no other place is known for it"
    return proposal([InlineFunction(name, value)], [sentence], change.of(name, Sort.SYMBOL_GONE))


def _as_lambda(symbol: Symbol, change: Change) -> str:
    try:
        tree = parse(change.former(symbol.path) or "")
    except SyntaxError:
        return ""
    last = symbol.name.rpartition(".")[2]
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == last and node.lineno == symbol.line
    ]
    body = found[0].body if len(found) == 1 else []
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]  # its docstring
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return ""
    plain = ast.arguments(
        [ast.arg(each.arg) for each in found[0].args.posonlyargs],
        [ast.arg(each.arg) for each in found[0].args.args],
        found[0].args.vararg, found[0].args.kwonlyargs, found[0].args.kw_defaults, found[0].args.kwarg,
        found[0].args.defaults,
    )  # fmt: skip
    return ast.unparse(ast.Lambda(plain, body[0].value))


def _handing_nothing_on(value: str) -> str:
    """A lambda without the further arguments that it only hands on; "" where the value is none."""
    tree = _parsed(value)
    function = None if tree is None else tree.body
    if not isinstance(function, ast.Lambda):
        return ""
    further = {each.arg for each in (function.args.vararg, function.args.kwarg) if each is not None}
    for call in [node for node in ast.walk(function.body) if isinstance(node, ast.Call)]:
        call.args = [each for each in call.args if not (isinstance(each, ast.Starred) and _reads(each, further))]
        call.keywords = [each for each in call.keywords if each.arg is not None or not _reads(each, further)]
    if _reads(function.body, further):
        return ""
    function.args.vararg = function.args.kwarg = None
    return ast.unparse(function)


def _reads(node: ast.AST, words: Collection[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in words for each in ast.walk(node))


def _parsed(value: str) -> ast.Expression | None:
    try:
        return ast.parse(value, mode="eval") if value else None
    except (SyntaxError, ValueError):
        return None


def _value(name: str, change: Change) -> str | None:
    home = change.old.canonical(name)
    symbol = change.old.symbol(name)
    if symbol is None:
        return home if home != name and (_is_module(home) or _is_there(home, change)) else None
    value = _spelled_out(symbol.value, change) if symbol.sort is Is.CONSTANT else ""
    tree = _parsed(value)
    if tree is None or not all(isinstance(node, (*_PLAIN, ast.Expression)) for node in ast.walk(tree)):
        return None
    return value if all(_is_there(each, change) for each in _names_in(value)) else None


def _spelled_out(value: str, change: Change) -> str:
    """A value with those of the constants in the place of their names that are gone like it."""
    tree = _parsed(value)
    return value if tree is None else ast.unparse(_Spelling(change).visit(tree))


class _Spelling(ast.NodeTransformer):
    """Puts the values of constants that are gone in the place of their names."""

    def __init__(self, change: Change, deep: int = 3) -> None:
        self.change = change
        self.deep = deep

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = dotted(node) or ""
        if not self.deep or not self.change.is_lost(name) or self.change.moved(name):
            return self.generic_visit(node)
        symbol = self.change.old.symbol(name)
        tree = _parsed(symbol.value) if symbol is not None and symbol.sort is Is.CONSTANT else None
        return self.generic_visit(node) if tree is None else _Spelling(self.change, self.deep - 1).visit(tree.body)


def _is_module(name: str) -> bool:
    """Whether what a name leads to is a module of the standard library as a whole."""
    return name in sys.stdlib_module_names and not hasattr(builtins, name)


def _is_there(name: str, change: Change) -> bool:
    """Whether a name means the same in the tests: a builtin, the standard library's, or still offered."""
    top = name.partition(".")[0]
    if change.is_ours(name):
        return change.new.offers(name)
    if "." not in name or top == "builtins":
        bare = name.removeprefix("builtins.")
        return hasattr(builtins, bare) and not bare.startswith("__")  # __name__ is another one in each file
    return top in sys.stdlib_module_names


def _names_in(value: str) -> tuple[str, ...]:
    """The dotted names that an expression reads, those of builtins as ``builtins.NAME``."""
    found: dict[str, None] = {}
    tree = ast.parse(value, mode="eval")
    own = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Attribute):  # a method of what is named
                visit(owner)
                for given in (*node.args, *(each.value for each in node.keywords)):
                    visit(given)
                return
        if isinstance(node, ast.Attribute | ast.Name):
            parts: list[str] = []
            inner: ast.AST = node
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                name = ".".join([inner.id, *reversed(parts)])
                if inner.id not in own:
                    found[name if "." in name else f"builtins.{name}"] = None
                return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return tuple(found)


def localized(name: str, change: Change, suite: Suite) -> Proposal | None:
    """The import of the name within those who use it, so that all others run; what uses it stays red."""
    if not change.is_lost(name):
        return None
    symbol = change.old.symbol(name)
    place = f" ({symbol.path}:{symbol.line})" if symbol is not None else ""
    if any(each.new for each in change.of(name, Sort.MODULE_MOVED, Sort.SYMBOL_MOVED)):
        sentence = f"{name}{place} is gone; if its new place does not hold, what uses it still fails"
    else:
        sentence = f"{name}{place} is gone and nothing is known to have taken its place; what uses it still fails"
    return proposal([LocalizeImport(name)], [sentence], change.of(name, Sort.SYMBOL_GONE))


def foreign(name: str, change: Change, suite: Suite) -> Proposal | None:
    """What can be done about a name that another distribution offered, and lacks in this environment."""
    return exchanged(name, change, suite) or left_behind(name, change, suite)


def exchanged(name: str, change: Change, suite: Suite) -> Proposal | None:
    """What the implementation asks for itself in the place of another distribution's name.

    Only where the environment has the new name and not the old one, and more of what lies in that package: a whole
    distribution that is not there is the environment's affair.
    """
    found = [each for each in change.of(name, Sort.SYMBOL_MOVED) if each.new]
    if len(found) != 1 or change.old.offers(name) or change.new.offers(name):
        return None
    new = found[0].new
    top, gone, there = suite.confirm([Asked(name.partition(".")[0]), Asked(name), Asked(new)])
    if top.holds is not True or gone.holds is not False or there.holds is not True:
        return None
    return proposal([RenameSymbol(name, new)], [f"{told(found[0])}; {gone.why}"], found)


def left_behind(name: str, change: Change, suite: Suite) -> Proposal | None:
    """The import of a name that another distribution offered within the implementation's package, and lacks now.

    Such a companion has no old API to compare with. That it is lost, and not merely out of reach, is the interpreter's
    word: what is above the name is there.
    """
    package = name.rpartition(".")[0]
    own = package in change.old.modules or package in change.new.modules
    if not package or own or not change.is_ours(name) or change.new.offers(name):
        return None
    there, wanted = suite.confirm([Asked(package), Asked(name)])
    if there.holds is not True or wanted.holds is not False:
        return None
    sentence = f"{name} is not in this environment, though {package} is ({wanted.why}); what uses it still fails"
    return proposal([LocalizeImport(name)], [sentence])


def way(name: str, change: Change, suite: Suite) -> Proposal | None:
    """The best that can be done about a name that is lost, for the tests that name it."""
    return (
        followed(name, change, suite)
        or forwarded(name, change, suite)
        or inlined(name, change, suite)
        or defined(name, change, suite)
        or applied(name, change)
        or localized(name, change, suite)
    )


def module_ways(module: str, change: Change, suite: Suite) -> Proposal | None:
    """What can be done about each name that tests take from a module that is gone, and then about the module."""
    ways: list[Proposal] = []
    for used in suite.below(module):
        if used == module or not change.old.offers(used) or _is_below_another(used, module, change):
            continue
        found = (
            followed(used, change, suite)
            or forwarded(used, change, suite)
            or inlined(used, change, suite)
            or defined(used, change, suite)
            or applied(used, change)
        )
        if found is not None:
            ways.append(found)
    rest = localized(module, change, suite)
    return together([*ways, rest]) if rest is not None else together(ways) if ways else None


def _is_below_another(name: str, module: str, change: Change) -> bool:
    """Whether what lies between a module and a name is no module: an attribute of something that it defines."""
    between = name.rpartition(".")[0]
    return between != module and between not in change.old.modules
