"""Attributes that the implementation reads now of an object which the tests make in the place of options or settings.

Cause: ``AttributeError: 'Namespace' object has no attribute 'color'``, raised in the implementation; the object is a
namespace or of a plain class of the tests' own.
Remedy: what the implementation itself gives where nobody asks for anything else (add-attribute): the default of the
option that it registers now, or of the field that the parameter's class has now.
Applicability: safe where the default is the value as it stands, or where the tests' namespace has an option that is
registered in the very same way: its value there. Only shown where the option's declaration may convert the default.
Does nothing where the option or field is not new or is registered by another parser than the ones beside it, where one
that the tests give is gone at the same time (it may have been renamed), where the function read it before as well (a
default may be lost by mistake), or where the implementation itself makes such a namespace without it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.idioms.bags import BAGS, Bag, bags, own_name
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.rewrites.add_attribute import AddAttribute
from pytest_agentgate.model import Role
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.registered import Registered, is_literal, may_register, registered, set_otherwise
from pytest_agentgate.repair.symptoms import Lacking
from pytest_agentgate.repair.typed import classes_in

ORDER = 45
_BRANCHES = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, eq=False)
class _Reading:
    """Where the implementation reads the attribute, and the objects of the tests that may be read there."""

    attribute: str
    cls: str  # of these objects
    root: str  # what it is read from, as it is written: "options"
    function: FunctionNode
    names: ModuleNames
    place: str
    beside: tuple[str, ...]
    bags: tuple[Bag, ...]

    @property
    def given(self) -> frozenset[str]:
        return frozenset(name for bag in self.bags for name in bag.given)


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        if isinstance(symptom, Lacking) and not case.change.is_ours(symptom.owner):
            reading = _reading(symptom, case)
            if reading is not None:
                yield from _of(reading, case)


def _reading(symptom: Lacking, case: Case) -> _Reading | None:
    frame = symptom.frame
    names = case.suite.sources.file(frame.path) if frame is not None and frame.role is Role.SOURCE else None
    if frame is None or names is None:
        return None
    reads = [
        node
        for node in names.by_word.get(symptom.name, ())
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and _covers(names, node, frame.line)
    ]
    exact = [node for node in reads if (node.end_lineno or node.lineno) == frame.line] or reads
    roots = {ast.unparse(node.value) for node in exact}
    function = names.enclosing(exact[0], ast.FunctionDef, ast.AsyncFunctionDef) if len(roots) == 1 else None
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    root = roots.pop()
    before = _read_before(names, function, root, exact[0], symptom.name)
    loaded = case.suite.loaded_by(case.files)
    cls = symptom.owner if symptom.owner in BAGS and not symptom.of_class else _own_class(symptom.owner, loaded, case)
    made = [bag for _, file in case.suite.files(loaded) for bag in bags(file.names, cls) if before <= set(bag.given)]
    made = [bag for bag in made if symptom.name not in bag.given and bag.at is not None]
    if not before and len(made) == 1:
        before = frozenset(made[0].given)
    if not before or not made:
        return None
    others = [
        frozenset(bag.given)
        for path, file in case.suite.files()
        if path not in loaded
        for bag in bags(file.names, cls)
        if before <= set(bag.given) and symptom.name not in bag.given
    ]
    place = f"{frame.path}:{frame.line}"
    beside = _apart(before, made, others)
    return _Reading(symptom.name, cls, root, function, names, place, beside, tuple(made))


def _own_class(owner: str, paths: tuple[str, ...], case: Case) -> str:
    """The class of the tests that a qualified name means, as its file's names call it; "" where it is not one."""
    found = {
        own_name(file.names, node)
        for _, file in case.suite.files(paths)
        for node in file.names.classes
        if f".{owner}".replace("<locals>.", "").endswith(f".{own_name(file.names, node)}".removeprefix(_above(file)))
    }
    return found.pop() if len(found) == 1 else ""


def _above(file: File) -> str:
    """What may be missing before a test module's name: pytest imports it by its last part, or with its packages."""
    package = file.names.module.rpartition(".")[0]
    return f".{package}" if package else ""


def _apart(before: frozenset[str], made: list[Bag], others: list[frozenset[str]]) -> tuple[str, ...]:
    """The attributes that tell the namespaces which lack something from those in files where nothing is amiss."""
    common = frozenset.intersection(*(frozenset(bag.given) for bag in made))
    chosen = set(before)
    for name in sorted(common - before):
        left = [each for each in others if name in each]
        if len(left) < len(others):
            chosen.add(name)
            others = left
    return tuple(sorted(chosen))


def _covers(names: ModuleNames, node: ast.expr, line: int) -> bool:
    statement = names.statement(node)
    return statement.lineno <= line <= (node.end_lineno or node.lineno) or node.lineno == line


def _read_before(
    names: ModuleNames, function: FunctionNode, root: str, at: ast.Attribute, attribute: str
) -> frozenset[str]:
    """The attributes that a function has always read of the same object when it comes to a place."""
    found: set[str] = set()
    last = names.statement(at)
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load) or node.attr == attribute:
            continue
        statement = names.statement(node)
        inside = names.enclosing(node, *_BRANCHES)
        is_plain = names.up[statement].parent is function and (inside is None or inside not in ast.walk(statement))
        if is_plain and statement.lineno < last.lineno and ast.unparse(node.value) == root:
            found.add(node.attr)
    return frozenset(found)


def _of(reading: _Reading, case: Case) -> Iterator[Proposal | NoProposal]:
    refusal = _half_done(reading, case) or _read_already(reading, case) or _renamed(reading, case)
    if refusal is not None:
        yield refusal
        return
    found = _of_option(reading, case) or _of_field(reading, case)
    if isinstance(found, NoProposal):
        yield found
    elif found is not None:
        value, sentence, applicability = found
        codemod = AddAttribute(reading.cls, reading.attribute, value, reading.beside)
        where = f"{reading.function.name} reads {reading.root}.{reading.attribute} now ({reading.place})"
        yield proposal([codemod], [where, sentence], applicability=applicability)


# ---- what speaks against it


def _half_done(reading: _Reading, case: Case) -> NoProposal | None:
    places = [
        f"{module.path}:{bag.node.lineno}"
        for module in case.change.new.modules.values()
        if reading.cls.rpartition(".")[2] in (case.suite.sources.text(module.path) or "")
        and (names := case.suite.sources.file(module.path)) is not None
        for bag in bags(names, reading.cls)
        if bag.given and reading.attribute not in bag.given and set(reading.beside) <= set(bag.given)
    ]
    if not places:
        return None
    why = f"the implementation itself makes such a namespace without {reading.attribute}: the change is half done"
    return NoProposal(why, ", ".join(places[:3]), final=True)


def _read_already(reading: _Reading, case: Case) -> NoProposal | None:
    old = _former(reading, case)
    if old is None or reading.attribute not in _words(old):
        return None
    name = reading.names.qualified(reading.function)
    return NoProposal(
        f"{name} asked for {reading.attribute} before as well: the change does not explain that it must be there now",
        reading.place,
    )


def _renamed(reading: _Reading, case: Case) -> NoProposal | None:
    """Where the function has stopped to read something that the tests give, and nothing else reads it."""
    old = _former(reading, case)
    gone = set() if old is None else (_words(old) - _words(reading.function)) & reading.given
    lost = sorted(name for name in gone if not _is_read(name, reading.root, case))
    if not lost:
        return None
    return NoProposal(
        f"{reading.attribute} may be what {' or '.join(lost)} was, which the implementation does not read any more",
        reading.place,
    )


def _is_read(name: str, root: str, case: Case) -> bool:
    """Whether the implementation reads an attribute of what is called like this object anywhere."""
    for module in case.change.new.modules.values():
        if name not in (case.suite.sources.text(module.path) or ""):
            continue
        names = case.suite.sources.file(module.path)
        if names is None:
            continue
        reads = (node for node in names.by_word.get(name, ()) if isinstance(node, ast.Attribute))
        if any(isinstance(node.ctx, ast.Load) and _last(ast.unparse(node.value)) == _last(root) for node in reads):
            return True
        if any(text.value == name and isinstance(names.up[text].parent, ast.Call) for text in names.strings):
            return True
    return False


def _last(source: str) -> str:
    return source.rpartition(".")[2]


def _former(reading: _Reading, case: Case) -> FunctionNode | None:
    """The function as it was."""
    change = case.change
    name = reading.names.qualified(reading.function)
    names = dict.fromkeys([*(each.old for each in change.about(name) if each.old), name])
    symbol = next((found for each in names if (found := change.old.symbol(each)) is not None), None)
    if symbol is None:
        return None
    try:
        tree = parse(change.former(symbol.path) or "")
    except SyntaxError:
        return None
    last = symbol.name.rpartition(".")[2]
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((each for each in functions if each.name == last and each.lineno == symbol.line), None)


def _words(function: FunctionNode) -> set[str]:
    """The attributes that a function reads, and those that it may ask for by name."""
    loads = (node for node in ast.walk(function) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load))
    read = {node.attr for node in loads}
    text = {node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return read | text


# ---- what the implementation gives

_Chosen = tuple[str, str, Applicability]


def _of_option(reading: _Reading, case: Case) -> _Chosen | NoProposal | None:
    new = registered(_trees(case, old=False))
    mine = [each for each in new if each.name == reading.attribute]
    if not mine:
        return None
    first, place = mine[0], mine[0].place
    old = registered(_trees(case, old=True))
    if any(each.name == reading.attribute for each in old):
        return NoProposal(f"the option {reading.attribute} was there before: the change does not explain it", place)
    if len({each.shape for each in mine}) > 1:
        return NoProposal(f"the option {reading.attribute} is registered in several ways", place)
    if not any(each.name in reading.given and each.parser == one.parser for one in mine for each in new):
        return NoProposal(f"who registers {reading.attribute} registers no other option that the tests give", place)
    gone = sorted(({each.name for each in old} - {each.name for each in new}) & reading.given)
    if gone:
        return NoProposal(f"the option {reading.attribute} may be what {' or '.join(gone)} was", place)
    otherwise = set_otherwise(_trees(case, old=False), reading.attribute)
    if otherwise:
        return NoProposal(f"the option {reading.attribute} has another default for some ({otherwise})", place)
    if first.default is not None and first.is_plain:
        sentence = f"the option {first.name} is new, and {first.default} by default ({place})"
        return first.default, sentence, Applicability.SAFE
    return _as_its_like(first, new, reading)


def _as_its_like(option: Registered, new: tuple[Registered, ...], reading: _Reading) -> _Chosen | NoProposal:
    """What the tests give for the options that are registered in the same way, if that is the same for all."""
    alike = [each for each in new if each.name in reading.given and each.shape == option.shape]
    values = {
        ast.unparse(bag.given[each.name]): each for each in alike for bag in reading.bags if each.name in bag.given
    }
    if len(values) == 1 and is_literal(next(iter(values))):
        [(value, other)] = values.items()
        sentence = (
            f"the option {option.name} is new ({option.place}) and registered as {other.name} is ({other.place}), for "
            f"which the tests give {value}"
        )
        return value, sentence, Applicability.SAFE
    if option.default is None:
        return NoProposal(f"the option {option.name} is new, and its default is no literal", option.place)
    sentence = (
        f"the option {option.name} is new, and {option.default} by default ({option.place}), which its declaration may "
        "convert to something else"
    )
    return option.default, sentence, Applicability.DISPLAY


def _trees(case: Case, old: bool) -> Iterator[tuple[str, ast.Module]]:
    for module in (case.change.old if old else case.change.new).modules.values():
        text = (case.change.former(module.path) if old else case.suite.sources.text(module.path)) or ""
        if may_register(text):
            try:
                yield module.path, parse(text)
            except SyntaxError:
                continue


def _of_field(reading: _Reading, case: Case) -> _Chosen | NoProposal | None:
    """The default of a new field of the class that the parameter is annotated with."""
    change = case.change
    function = change.new.symbol(reading.names.qualified(reading.function))
    parameter = next((each for each in function.parameters if each.name == reading.root), None) if function else None
    classes = classes_in(parameter.annotation, change) if parameter is not None else ()
    if len(classes) != 1:
        return None
    cls = classes[0]
    field = change.new.symbol(f"{cls.name}.{reading.attribute}")
    default = _default(field.value) if field is not None and field.sort is Is.FIELD else None
    if field is None or default is None:
        return None
    olds = dict.fromkeys([*(each.old for each in change.about(cls.name) if each.old), cls.name])
    former = next((found for each in olds if (found := change.old.symbol(each)) is not None), None)
    place = f"{field.path}:{field.line}"
    if former is None or change.old.symbol(f"{former.name}.{reading.attribute}") is not None:
        return NoProposal(f"{cls.name} had {reading.attribute} before: the change does not explain it", place)
    gone = [
        name
        for name in sorted(reading.given)
        if change.old.symbol(f"{former.name}.{name}") is not None and change.new.symbol(f"{cls.name}.{name}") is None
    ]
    if gone:
        return NoProposal(f"{reading.attribute} of {cls.name} may be what {' or '.join(gone)} was", place)
    sentence = f"{reading.attribute} of {cls.name} is new, and {default} by default ({place})"
    return default, sentence, Applicability.SAFE


def _default(value: str) -> str | None:
    """The default that a field's value says, as a literal."""
    if is_literal(value):
        return value
    try:
        tree = ast.parse(value, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if not isinstance(tree, ast.Call) or ast.unparse(tree.func).rpartition(".")[2].lower() != "field":
        return None
    said = {each.arg: ast.unparse(each.value) for each in tree.keywords}
    made = {"list": "[]", "dict": "{}", "set": "set()", "tuple": "()"}
    factory = made.get(said.get("default_factory", "").rpartition(".")[2])
    default = said.get("default", "")
    return factory or (default if is_literal(default) else None)
