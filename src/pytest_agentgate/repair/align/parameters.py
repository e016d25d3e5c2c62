"""What became of the parameters of a function or a constructor."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_agentgate.repair.align.callers import Arguments
from pytest_agentgate.repair.align.pairs import Pair
from pytest_agentgate.repair.align.scored_pairs import MARGIN, SCORE
from pytest_agentgate.repair.align.sides import leaf, place
from pytest_agentgate.repair.align.types import Meanings
from pytest_agentgate.repair.align.words import alike
from pytest_agentgate.repair.api.table import Parameter, Passing, Symbol
from pytest_agentgate.repair.api.table import Sort as Kind
from pytest_agentgate.repair.breakage import Breakage, Sort

_BY_POSITION = frozenset({Passing.POSITIONAL_ONLY, Passing.EITHER})
_METHODS = frozenset({Kind.METHOD, Kind.CLASSMETHOD, Kind.STATICMETHOD})
_PLAIN = frozenset({None, "None", "True", "False", "0", "1", "''"})  # defaults that many parameters have
SAME_NAME = 0.9  # how alike names must be where neither an annotation nor a rare default speaks for a parameter
_SWALLOWING = frozenset({Passing.VAR_POSITIONAL, Passing.VAR_KEYWORD})
NOBODY = Arguments()


@dataclass(frozen=True)
class Context:
    """What is known beside the two definitions."""

    meanings: Meanings
    passed: Mapping[str, Arguments] = field(default_factory=dict)  # by the old implementation, by dotted function
    passes: Mapping[str, Arguments] = field(default_factory=dict)  # by the new one
    called: Mapping[str, int] = field(default_factory=dict)  # how many new definitions have a name
    elsewhere: Mapping[tuple[str, str], str] = field(default_factory=dict)  # parameters that other functions renamed

    def all_keywords(self, function: Symbol, calls: Mapping[str, Arguments]) -> Mapping[str, str]:
        """The keywords that are passed to a function, or to something that is called like this method."""
        found = calls.get(function.name, NOBODY).keywords
        if function.sort not in _METHODS:
            return found
        return {**calls.get(f".{leaf(function.name)}", NOBODY).keywords, **found}

    def by_name(self, function: Symbol) -> Mapping[str, str]:
        """The keywords that are passed to a method whose name no other definition has."""
        if function.sort not in _METHODS or self.called.get(leaf(function.name), 0) != 1:
            return {}
        return self.passes.get(f".{leaf(function.name)}", NOBODY).keywords


@dataclass(frozen=True)
class Renamed:
    """A parameter's new name, and how that is known."""

    old: str
    new: str
    why: str
    score: float
    margin: float


def compare(pair: Pair, context: Context) -> Iterator[Breakage]:
    """The breakages of the parameters of one pair."""
    old = {each.name: each for each in pair.old.parameters if each.passing not in _SWALLOWING}
    new = {each.name: each for each in pair.new.parameters if each.passing not in _SWALLOWING}
    passes = context.passes.get(pair.new.name, NOBODY)
    passed_still = {**context.by_name(pair.new), **passes.keywords}
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    unused = [name for name in gone if name not in passed_still]
    renamed = {each.old: each for each in _renamed(pair, unused, come, context)}
    at = Breakage(
        Sort.PARAMETER_RENAMED,
        pair.old.name,
        pair.new.name,
        where=place(pair.new),
        score=pair.score,
        margin=pair.margin,
    )
    swallows = any(each.passing is Passing.VAR_KEYWORD for each in pair.new.parameters)
    for one in renamed.values():
        yield replace(
            at,
            parameter=one.old,
            was=one.old,
            became=one.new,
            why=one.why,
            score=min(pair.score, one.score),
            margin=min(pair.margin, one.margin),
        )
    for name in gone:
        if name in renamed or swallows:
            continue
        if name in passed_still:
            where = passed_still[name]
            why = f"no parameter has that name, but the implementation still passes it at {where}"
            yield replace(at, sort=Sort.PARAMETER_GONE, parameter=name, why=why, score=0.0, still_used=(where,))
        elif old[name].passing is Passing.POSITIONAL_ONLY and len(new) >= len(old):
            continue
        else:
            why = "no parameter took its place" if not come else f"none of the new ones ({', '.join(come)}) is its like"
            was = old[name].default or ""
            yield replace(at, sort=Sort.PARAMETER_GONE, parameter=name, was=was, why=why)
    yield from _swallowed_no_more(pair, at)
    added = [name for name in come if name not in {one.new for one in renamed.values()}]
    for name in added:
        if new[name].default is None:
            why = "new, and without a default"
            required = replace(at, sort=Sort.PARAMETER_ADDED, parameter=name, became=new[name].annotation, why=why)
            yield _unless_missed(required, pair, passes)
    for name, before in old.items():
        after = new.get(renamed[name].new if name in renamed else name)
        if after is not None:
            yield from (_unless_missed(each, pair, passes) for each in _changed(at, before, after, context))
    yield from _order(pair, at, renamed, [name for name in added if new[name].default is None])


def consistent(pairs: Iterable[Pair], context: Context) -> Context:
    """The same context, and the parameters that are renamed in one function or another beyond doubt."""
    found: dict[tuple[str, str], str] = {}
    for pair in pairs:
        ours, theirs = ({each.name for each in side.parameters} for side in (pair.old, pair.new))
        if ours <= theirs or theirs <= ours:
            continue
        for each in compare(pair, context):
            if each.sort is Sort.PARAMETER_RENAMED:
                found.setdefault((each.was, each.became), each.new)
    return replace(context, elsewhere=found)


def _unless_missed(added: Breakage, pair: Pair, passes: Arguments) -> Breakage:
    """A parameter that is required now and that the implementation's own callers don't pass: half a change."""
    known = {"builtins.staticmethod", "builtins.classmethod", "staticmethod", "classmethod"}
    if added.sort is not Sort.PARAMETER_ADDED or set(pair.new.decorators) - known:
        return added
    ordered = [each.name for each in pair.new.parameters if each.passing in _BY_POSITION]
    places = passes.without(added.parameter, ordered.index(added.parameter) if added.parameter in ordered else None)
    if not places:
        return added
    why = f"{added.why}, but the implementation itself does not pass it at {', '.join(places[:3])}"
    return replace(added, why=why, score=0.0, still_used=places)


def _swallowed_no_more(pair: Pair, at: Breakage) -> Iterator[Breakage]:
    after = {each.passing for each in pair.new.parameters}
    for each in pair.old.parameters:
        if each.passing in _SWALLOWING and each.passing not in after:
            name = f"{each.passing.value}{each.name}"
            if each.passing is Passing.VAR_POSITIONAL and len(pair.new.parameters) > len(pair.old.parameters):
                continue
            why = f"arguments that went into {name} have no place"
            yield replace(at, sort=Sort.PARAMETER_GONE, parameter=name, why=why)


def _changed(at: Breakage, before: Parameter, after: Parameter, context: Context) -> Iterator[Breakage]:
    if before.default is not None and after.default is None:
        why = f"it had the default {before.default} and is required now"
        yield replace(
            at, sort=Sort.PARAMETER_ADDED, parameter=after.name, was=before.default, became=after.annotation, why=why
        )
    elif before.default is not None and after.default is not None and not same_text(before.default, after.default):
        why = f"the default of {after.name} was {before.default} and is {after.default}"
        yield replace(
            at,
            sort=Sort.DEFAULT_CHANGED,
            parameter=after.name,
            was=before.default,
            became=after.default,
            why=why,
        )
    if not context.meanings.takes_all(before.annotation, after.annotation):
        why = f"the annotation of {after.name} was {before.annotation} and is {after.annotation}"
        yield replace(
            at,
            sort=Sort.PARAMETER_TYPE,
            parameter=after.name,
            was=before.annotation,
            became=after.annotation,
            why=why,
        )


def _order(pair: Pair, at: Breakage, renamed: Mapping[str, Renamed], added: Sequence[str]) -> Iterator[Breakage]:
    """Who passes by position reaches another parameter now, or none."""
    before = [each.name for each in pair.old.parameters if each.passing in _BY_POSITION]
    after = [each.name for each in pair.new.parameters if each.passing in _BY_POSITION]
    names = {each.name for each in pair.new.parameters}
    survive = [renamed[name].new if name in renamed else name for name in before]
    survive = [name for name in survive if name in names]
    reached = [name for name in after if name not in added]
    if survive == reached[: len(survive)]:
        return
    if len(survive) != len(before) and [name for name in reached if name in survive] == survive:
        rest = [name for name in reached if name not in survive]
        if reached[: len(survive)] == survive or not rest:
            return
    only = [name for name in survive if name not in after]
    why = f"only by keyword now: {', '.join(only)}" if only else "an argument by position reaches another parameter now"
    shown = [f"*, {name}" if name == only[0] else name for name in only] if only else []
    yield replace(
        at, sort=Sort.PARAMETERS_REORDERED, was=", ".join(before), became=", ".join([*after, *shown]), why=why
    )


def _renamed(pair: Pair, gone: Sequence[str], come: Sequence[str], context: Context) -> Iterator[Renamed]:
    if not gone or not come:
        return
    old = {each.name: each for each in pair.old.parameters}
    new = {each.name: each for each in pair.new.parameters}
    if pair.old.body and pair.old.body == pair.new.body and len(old) == len(new):
        for was, became in zip(pair.old.parameters, pair.new.parameters, strict=False):
            if was.name in gone and became.name in come and was.passing is became.passing:
                yield Renamed(was.name, became.name, "the body is equal but for this name", 1.0, 1.0)
        return
    scores = {
        (before, after): _score(pair, old[before], new[after], gone, come, context) for before in gone for after in come
    }
    for before in gone:
        ranked = sorted(((scores[before, after][0], after) for after in come), key=lambda each: (-each[0], each[1]))
        score, after = ranked[0]
        rivals = [scores[other, after][0] for other in gone if other != before]
        margin = score - max([*rivals, *(each[0] for each in ranked[1:])], default=0.0)
        if score >= SCORE and margin >= MARGIN:
            yield Renamed(before, after, scores[before, after][1], round(score, 4), round(margin, 4))


def _score(
    pair: Pair, old: Parameter, new: Parameter, gone: Sequence[str], come: Sequence[str], context: Context
) -> tuple[float, str]:
    said = []
    slot = _slot(pair.old.parameters, old.name, gone) == _slot(pair.new.parameters, new.name, come)
    if slot:
        said.append("the same place among the others")
    if old.default is None and new.default is None:
        default = 1.0
    elif old.default is None or new.default is None:
        default = 0.0
    else:
        default = 1.0 if same_text(old.default, new.default) else 0.2
        if default == 1.0:
            said.append(f"the same default {new.default}")
    before, after = context.meanings.before(old.annotation), context.meanings.after(new.annotation)
    annotation = 0.5 if not before or not after else 1.0 if before == after else 0.0
    if annotation == 1.0:
        said.append(f"the same annotation {new.annotation}")
    name = alike(old.name, new.name)
    said.append(f"names {name:.0%} alike")
    score = 0.25 * slot + 0.2 * default + 0.2 * annotation + 0.35 * name
    passed = context.all_keywords(pair.old, context.passed)
    passes = context.all_keywords(pair.new, context.passes)
    vouched = old.name in passed and new.name in passes and new.name not in passed and old.name not in passes
    if vouched and (name > 0 or (default == 1.0 and len(gone) == len(come) == 1)):
        score = min(1.0, score + 0.25)
        said.insert(0, f"callers passed one and pass the other ({passes[new.name]})")
    elif (old.name, new.name) in context.elsewhere:
        score = min(1.0, score + 0.2)
        said.insert(0, f"the same parameter was renamed in {context.elsewhere[old.name, new.name]}")
    elif name < (0.5 if annotation == 1.0 or (default == 1.0 and new.default not in _PLAIN) else SAME_NAME):
        score = min(score, SCORE - 0.05)
    return score, "; ".join(said)


def _slot(parameters: Sequence[Parameter], name: str, apart: Sequence[str]) -> tuple[str, int]:
    """Behind which of the parameters that both have it stands, and how many that only this side has are between."""
    before, run = "", 0
    for each in parameters:
        if each.name == name:
            break
        if each.name in apart:
            run += 1
        else:
            before, run = each.name, 0
    return before, run


def same_text(one: str, other: str) -> bool:
    """Whether two expressions are the same but for quotes, brackets and blanks."""
    if one == other:
        return True
    try:
        return ast.dump(ast.parse(one, mode="eval")) == ast.dump(ast.parse(other, mode="eval"))
    except (SyntaxError, ValueError, RecursionError):
        return False
