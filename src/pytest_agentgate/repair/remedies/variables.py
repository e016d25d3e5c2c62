"""Environment variables that tests set, and that the implementation calls by another name now.

Cause: any failure of tests that set or read the old variable: ``KeyError``, a default where a setting was expected.
Remedy: the new name (rename-environment-variable).
Applicability: safe where the implementation hands the old one's value over to the new one, where it names the new one
in several places and the old one nowhere, or where several variables were renamed in the same way. Else only shown: one
place that names another variable may be a slip.
Does nothing where the old one alone is still looked for, where the new one was known before, or where functions that
looked for one look for different ones now.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.idioms.environment import variables
from pytest_agentgate.codemods.rewrites.rename_environment_variable import RenameEnvironmentVariable
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.renamed_variables import RenamedVariable, renamed_variables

ORDER = 70


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    used = {
        each.name for _, file in case.suite.files(case.suite.loaded_by(case.files)) for each in variables(file.names)
    }
    if not used:
        return
    renamed = renamed_variables(case.change, case.suite)
    for each in renamed:
        if each.old in used:
            yield _of(each, renamed)


def _of(variable: RenamedVariable, others: tuple[RenamedVariable, ...]) -> Proposal | NoProposal:
    if variable.half_done:
        return NoProposal(
            f"{variable.where[0]} looks for {variable.new} and not for {variable.old} now, which the implementation "
            "still names elsewhere: the change is half done, or a slip",
            ", ".join(variable.half_done[:3]),
        )
    evidence = [f"{', '.join(variable.where[:3])} looked for {variable.old} and looks for {variable.new} now"]
    applicability = Applicability.SAFE
    alike = [each.old for each in others if each.old != variable.old and _step(each) == _step(variable)]
    if variable.handed_over:
        evidence.append(f"the old one's value is handed over to the new one ({variable.handed_over})")
    elif alike:
        evidence.append(f"{', '.join(alike)} was renamed in the same way")
    elif variable.named > 1:
        evidence.append(f"the implementation names {variable.new} {variable.named} times, and {variable.old} nowhere")
    else:
        applicability = Applicability.DISPLAY
        evidence.append("one place alone names it: it may be a slip")
    return proposal([RenameEnvironmentVariable(variable.old, variable.new)], evidence, applicability=applicability)


def _step(variable: RenamedVariable) -> tuple[frozenset[str], frozenset[str]]:
    """What went from the name and what came, word by word."""
    old, new = (frozenset(name.split("_")) for name in (variable.old, variable.new))
    return old - new, new - old
