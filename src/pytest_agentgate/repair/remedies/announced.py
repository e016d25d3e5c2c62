"""What the old implementation warned of and the new one refuses: a change that was announced.

Cause: ``DecodeError: a value for "algorithms" is required``, where the same call was a ``DeprecationWarning`` before.
Remedy: none: what has to be passed now is for a person to say, for no call in the tests tells it.
Does nothing but say so, with the place of the old warning, and only where both texts say the same of one call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.model import Role
from pytest_agentgate.repair.case import Case
from pytest_agentgate.repair.definitions import Definitions
from pytest_agentgate.repair.proposal import NoProposal, Proposal

ORDER = 95
_ALIKE = 0.6  # of the words of two texts
_FEWEST = 6  # words of a text that says something
_WORD = re.compile(r"[A-Za-z_]+")


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    before = Definitions.before(case.change)
    for failure in case.failures or (case.cause.exemplar,):
        raised = failure.evidence.chain[0] if failure.evidence.chain else None
        frame = raised.frames[-1] if raised is not None and raised.frames else None
        if raised is None or frame is None or frame.role is not Role.SOURCE:
            continue
        module = case.change.old.modules.get(frame.module)
        names = None if module is None else before.names(module.path)
        said = _words(raised.message)
        if module is None or names is None or len(said) < _FEWEST:
            continue
        for line, words in _warnings(names):
            if len(words) >= _FEWEST and SequenceMatcher(None, said, words, autojunk=False).ratio() >= _ALIKE:
                yield NoProposal(
                    f"what was a warning ({module.path}:{line}) is refused now; nothing tells what the tests are to "
                    "pass or call instead",
                    f"{frame.path}:{frame.line}",
                )
                return


def _warnings(names: ModuleNames) -> Iterator[tuple[int, list[str]]]:
    """The texts that a file warns with, by their lines."""
    for call in names.calls:
        if names.meaning(call.func) == "warnings.warn" and call.args:
            texts = [each.value for each in ast.walk(call.args[0]) if isinstance(each, ast.Constant)]
            yield call.lineno, _words(" ".join(each for each in texts if isinstance(each, str)))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
