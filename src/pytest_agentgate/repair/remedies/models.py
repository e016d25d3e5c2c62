"""Dicts whose place a class took: passed where a model is expected; models that are read and written like dicts.

Cause: ``Input should be an instance of RedisConfig``, ``'dict' object has no attribute 'host'``, ``'RedisConfig' object
is not subscriptable``, ``Object of type RedisConfig is not JSON serializable``.
Remedy: dict-to-model for the parameter or field whose type changed, subscript-to-attribute for what is read,
serialize-model for what is written.
Applicability: safe: only dicts that are proven to reach the place are changed, only if the class takes their keys.
Where a class took a dict's place in several parameters, a dict may reach more than one of them: if none of the
parameters that take the class took it before, all are looked at together.
Does nothing where no annotation says that a class took the place, where the class is no model, or where the failure
names another field or another type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_agentgate.codemods.codemod import Codemod
from pytest_agentgate.codemods.rewrites.dict_to_model import DictToModel
from pytest_agentgate.codemods.rewrites.serialize_model import SerializeModel
from pytest_agentgate.codemods.rewrites.subscript_to_attribute import SubscriptToAttribute
from pytest_agentgate.model import Raised, Role
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Lacking, Unable
from pytest_agentgate.repair.typed import Retyped, is_mapping, model_of, names_in, retyped

ORDER = 35
_OF_DICTS = frozenset({
    "get", "items", "keys", "values", "pop", "update", "setdefault", "copy", "__getitem__", "popitem", "clear",
})  # fmt: skip
_READ = frozenset({"not_subscriptable", "item_assignment", "not_iterable", "no_len", "not_unpackable"})
_WRITTEN = re.compile(
    r"Object of type '?(?P<json>[\w.]+)'? is not JSON serializable"
    r"|cannot represent an object|argument after \*\* must be a mapping, not (?P<splat>[\w.]+)"
)


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    places = [each for each in retyped(case.change) if model_of(each.cls, case.suite) is not None]
    yield from _passed([each for each in places if each.parameter and is_mapping(each.breakage.was)], case)
    yield from _read(places, case)
    yield from _written(case)


def _passed(places: list[Retyped], case: Case) -> Iterator[Proposal]:
    found = [each for each in places if _is_missed(each, case)]
    if not found:
        return
    evidence = []
    for each in found:
        model = model_of(each.cls, case.suite)
        fields = ", ".join(model.fields) if model is not None else ""
        evidence.append(f"{each.sentence}; it takes {fields}")
    breakages = [each.breakage for each in found]
    codemods: list[Codemod] = [DictToModel(each.function, each.parameter, each.cls.name) for each in found]
    together = list(_everywhere(found, places, case))
    if together != codemods:
        yield proposal(together, evidence, breakages)
    yield proposal(codemods, evidence, breakages)


def _everywhere(found: list[Retyped], places: list[Retyped], case: Case) -> Iterator[Codemod]:
    """The codemods for some places, one for all places of a class that nothing took before."""
    retyped_here = {(each.function, each.parameter) for each in places}
    for cls in dict.fromkeys(each.cls.name for each in found):
        mine = [each for each in found if each.cls.name == cls]
        if len(mine) > 1 and all(each in retyped_here for each in _taking(cls, case)):
            yield DictToModel(mine[0].function, mine[0].parameter, cls, everywhere=True)
        else:
            yield from (DictToModel(each.function, each.parameter, cls) for each in mine)


def _taking(cls: str, case: Case) -> Iterator[tuple[str, str]]:
    """The parameters that are annotated with a class, of functions that tests may have called before."""
    for module in case.change.new.modules.values():
        for symbol in module.symbols.values():
            name = symbol.name.removesuffix(".__init__")
            if case.change.old.symbol(name) is None and not case.change.about(name):
                continue
            yield from ((name, each.name) for each in symbol.parameters if cls in names_in(each.annotation))


def _is_missed(place: Retyped, case: Case) -> bool:
    """Whether a failure says that a dict came where the class is expected."""
    return any(
        _validates(raised, place) or _reads_dict(raised, place, case)
        for failure in case.failures
        for raised in failure.evidence.chain
    )


def _validates(raised: Raised, place: Retyped) -> bool:
    """A validator's refusal of this very field, or of what is below it."""
    short = place.cls.name.rpartition(".")[2]
    expected = str(raised.facts.get("expected", ""))
    if expected and expected.rpartition(".")[2] == short:
        return True
    owner = str(raised.facts.get("model_class") or raised.facts.get("model") or "").rpartition(".")[2]
    errors = raised.facts.get("errors")
    if owner and owner == place.function.rpartition(".")[2] and isinstance(errors, list):
        return any(isinstance(each, dict) and _first(each.get("loc")) == place.parameter for each in errors)
    message = raised.message
    return (
        raised.is_a("TypeError", "ValueError")
        and re.search(rf"\b{re.escape(short)}\b", message) is not None
        and ("dict" in message)
    )


def _first(loc: object) -> str:
    if isinstance(loc, list) and loc:
        return str(loc[0])
    return str(loc or "").partition(".")[0]


def _reads_dict(raised: Raised, place: Retyped, case: Case) -> bool:
    """The implementation asks a dict for what the class has."""
    facts = raised.facts
    if facts.get("obj_type") != "dict" or not any(frame.role is Role.SOURCE for frame in raised.frames):
        return False
    name = str(facts.get("name", ""))
    return bool(name) and case.change.new.symbol(f"{place.cls.name}.{name}") is not None


def _read(places: list[Retyped], case: Case) -> Iterator[Proposal]:
    """Models that tests read as if they were dicts."""
    short = {
        symptom.owner if isinstance(symptom, Lacking) else symptom.type
        for symptom in case.symptoms
        if (isinstance(symptom, Lacking) and symptom.name in _OF_DICTS)
        or (isinstance(symptom, Unable) and symptom.problem in _READ)
    }
    found = [each for each in places if any(_is_called(name, each.cls.name) for name in short)]
    models = dict.fromkeys(each.cls.name for each in found)
    for model in models:
        mine = [each for each in found if each.cls.name == model]
        results = [each for each in mine if not each.parameter]
        codemods: list[Codemod] = [SubscriptToAttribute(model)]
        codemods += [SubscriptToAttribute(model, each.function) for each in results]
        yield proposal(codemods, [each.sentence for each in mine], [each.breakage for each in mine])


def _is_called(name: str, dotted: str) -> bool:
    return name == dotted or ("." not in name and dotted.rpartition(".")[2] == name)


def _written(case: Case) -> Iterator[Proposal]:
    """Models that tests hand to what writes plain data, or fields in them that have no plain form."""
    named = set(_unwritable(case))
    if not named:
        return
    codemods: dict[Codemod, None] = {}
    evidence: list[str] = []
    breakages = []
    for place in retyped(case.change):
        if not any(_is_called(name, place.cls.name) for name in named):
            continue
        symbol = case.change.new.symbol(place.function)
        owner = symbol if symbol is not None and place.parameter else None
        for cls in (place.cls, owner):
            if cls is not None and model_of(cls, case.suite) is not None:
                codemods[SerializeModel(cls.name)] = None
        evidence.append(place.sentence)
        breakages.append(place.breakage)
    if codemods:
        yield proposal(codemods, evidence, breakages)


def _unwritable(case: Case) -> Iterator[str]:
    for failure in case.failures:
        for raised in failure.evidence.chain:
            match = _WRITTEN.search(raised.message)
            if match is None:
                continue
            told = raised.facts.get("value_type")
            name = str(told) if told else match["json"] or match["splat"] or ""
            if name:
                yield name
            elif written := re.search(r"<(\w+)[.:]|, (\w+)\(", raised.message):
                yield written[1] or written[2]
