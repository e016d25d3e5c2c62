"""Arguments that a function, method or class requires now, and that tests do not pass.

Cause: ``TypeError: Order.__init__() missing 1 required positional argument: 'till'``.
Remedy: pass what is proven to be meant (add-argument): the one fixture in reach that gives the parameter's type, or
the default that was lost or the constant that every caller in the implementation passes.
Applicability: safe with one fixture of the proven type in reach of every failing test, or where the callers in the
implementation pass the very constant that was the default; else the constant is only shown.
Does nothing where two fixtures fit, where none does and no caller tells, or where the implementation itself still calls
without the argument: then a default is lost by mistake. It never invents ``None`` or a mock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.codemod import Applicability, Codemod
from pytest_agentgate.codemods.rewrites.add_argument import AddArgument
from pytest_agentgate.model import Role
from pytest_agentgate.repair.api.table import Parameter, Passing
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.called import Called, callers, misfits
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.reach import of_class
from pytest_agentgate.repair.registered import is_literal
from pytest_agentgate.repair.symptoms import Misfit
from pytest_agentgate.repair.typed import classes_in

ORDER = 30


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        if not isinstance(symptom, Misfit) or symptom.problem != "missing":
            continue
        if symptom.frame is not None and symptom.frame.role is Role.SOURCE:
            continue
        found = misfits(symptom, case)
        if len(found) == 1:
            yield from _of(symptom.arguments, found[0], case)


def _of(names: tuple[str, ...], called: Called, case: Case) -> Iterator[Proposal | NoProposal]:
    codemods: list[Codemod] = []
    evidence: list[str] = []
    applicability = Applicability.SAFE
    for name in names:
        parameter = called.parameter(name)
        former = called.former(name)
        if parameter is None or parameter.default is not None:
            yield NoProposal(f"{called.name} does not require {name!r} as far as its source tells", called.place)
            return
        if former is not None and former.default is None:
            yield NoProposal(f"{called.name} required {name!r} before as well: the change does not explain it",
                             called.place)  # fmt: skip
            return
        without = [
            place
            for place, number, keywords in callers(called, case.change)
            if _lacks(parameter, called, number, keywords)
        ]
        if without:
            yield NoProposal(
                f"the implementation itself calls {called.name} without {name!r}: its default was lost by mistake, or "
                "the change is half done",
                ", ".join(without[:3]),
                final=True,
            )
            return
        chosen = _fixture(parameter, called, case) or _constant(parameter, former, called, case)
        if isinstance(chosen, NoProposal):
            yield chosen
            return
        if chosen is None:
            what = f" ({parameter.annotation})" if parameter.annotation else ""
            yield NoProposal(f"{called.name} requires {name!r}{what} now, and nothing tells which value the tests need",
                             called.place)  # fmt: skip
            return
        value, sentence, sure = chosen
        codemods.append(AddArgument(called.name, name, value))
        evidence.append(sentence)
        if not sure:
            applicability = Applicability.DISPLAY
    added = [each for each in called.breakages if each.sort is Sort.PARAMETER_ADDED and each.parameter in names]
    if codemods:
        yield proposal(codemods, evidence, added, applicability)


def _lacks(parameter: Parameter, called: Called, number: int, keywords: tuple[str, ...]) -> bool:
    if number < 0 or "**" in keywords or parameter.name in keywords:
        return False
    places = [each.name for each in called.new.parameters if each.passing in (Passing.POSITIONAL_ONLY, Passing.EITHER)]
    return parameter.name not in places or places.index(parameter.name) >= number


_Chosen = tuple[str, str, bool]


def _fixture(parameter: Parameter, called: Called, case: Case) -> _Chosen | NoProposal | None:
    classes = classes_in(parameter.annotation, case.change)
    if len(classes) != 1:
        return None
    cls = classes[0].name
    found = [of_class(cls, path, case.suite) for path in case.files]
    if not found or not all(found):
        return None
    names = set(found[0]).intersection(*found[1:])
    if any(len(each) > 1 for each in found) or len(names) != 1:
        several = ", ".join(sorted({name for each in found for name in each}))
        return NoProposal(f"{parameter.name!r} of {called.name} may be any of the fixtures {several}", called.place)
    name = names.pop()
    sentence = (
        f"{called.name} requires {parameter.name}: {cls} now ({called.place}); {name} is the only fixture in reach "
        f"that gives {_an(cls.rpartition('.')[2])}"
    )
    return name, sentence, True


def _constant(parameter: Parameter, former: Parameter | None, called: Called, case: Case) -> _Chosen | None:
    passed = _passed(parameter, called, case)
    default = former.default if former is not None else None
    if default is not None and _is_value(default):
        if passed and passed != {ast.unparse(ast.parse(default, mode="eval"))}:
            return None
        sentence = f"{parameter.name} of {called.name} had the default {default}, and has none now ({called.place})"
        if passed:
            return default, f"{sentence}; every caller in the implementation passes it", True
        return default, f"{sentence}; no caller in the implementation shows that it is still meant", False
    if len(passed) == 1:
        value = passed.pop()
        sentence = (
            f"every caller in the implementation passes {parameter.name}={value} to {called.name} ({called.place}); "
            "whether the tests need the same is for a person to say"
        )
        return value, sentence, False
    return None


def _passed(parameter: Parameter, called: Called, case: Case) -> set[str]:
    """What callers in the implementation pass, as literals; empty where one of them passes something else."""
    places = [each.name for each in called.new.parameters if each.passing in (Passing.POSITIONAL_ONLY, Passing.EITHER)]
    at = places.index(parameter.name) if parameter.name in places else None
    found: set[str] = set()
    wanted = {place.rpartition(":")[0] for place, _, _ in callers(called, case.change)}
    for path in sorted(wanted):
        names = case.suite.sources.file(path)
        if names is None:
            return set()
        for call in names.calls:
            name = names.meaning(call.func)
            if name is None or case.change.new.canonical(name) != called.name:
                continue
            value = next((each.value for each in call.keywords if each.arg == parameter.name), None)
            if value is None and at is not None and at < len(call.args):
                value = call.args[at]
            text = "" if value is None else ast.unparse(value)
            if not _is_value(text):
                return set()
            found.add(text)
    return found


def _is_value(text: str) -> bool:
    """Whether source is a literal that says something: not ``None``."""
    return text.strip() != "None" and is_literal(text)


def _an(name: str) -> str:
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"
