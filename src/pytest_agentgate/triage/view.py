"""One failure as the kinds look at it: one exception of its chain in focus, and questions with plain answers."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import pairwise

from pytest_agentgate.model import Evidence, Frame, Link, Raised, Role, Scope, When
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import normal, one_line
from pytest_agentgate.values import frozen

# These say only that something below them failed; what is below is the reason.
_WRAPPERS = frozenset({"CollectError", "ConftestImportFailure", "ExceptionGroup", "BaseExceptionGroup"})
_OF_PYTEST = frozenset({"Failed", "CollectError", "FixtureLookupError", "ConftestImportFailure"})
_MISFIT = deferred(r"(?:too many|not enough) values to unpack|is not in (?:list|tuple|deque)$")
# Where an exception has one of these facts, or is worded like this, Python itself says all that there is to say.
_NAMING = frozenset({"callable", "problem", "obj_type", "obj_name", "value_type", "attribute", "symbol"})
_SENTENCE = deferred(
    r"^invalid literal for |^could not convert |^can only concatenate |^can't (?:multiply|concat) |^Invalid isoformat "
    r"|^time data |^(?:sequence item|descriptor) |^'.*' codec can't |^\S.* is not a valid \w+$|^substring not found$"
    r"|^[\w.]+\(\)[ :]|^expected (?:str|string|bytes)\b.*, not |values to unpack|is not in (?:list|tuple|deque)$"
)
_GUESS = ". Did you mean"  # differs between versions of Python
_LOOKUPS = ("__getattr__", "__getattribute__")
_ORDER = (Link.RAISED, Link.CAUSE, Link.MEMBER, Link.CONTEXT)


@frozen
class View:
    """What is known of a failure, seen from the exception in ``focus``."""

    evidence: Evidence
    scope: Scope
    when: When
    nodeid: str
    focus: Raised

    @cached_property
    def message(self) -> str:
        return self.focus.message.strip()

    @cached_property
    def names(self) -> frozenset[str]:
        """The unqualified names of the exception's type and of all its bases."""
        return _names(self.focus)

    @property
    def type_name(self) -> str:
        """The unqualified name of the exception's type."""
        return self.focus.type.rpartition(".")[2]

    def is_a(self, *names: str) -> bool:
        """Whether the exception is an instance of a type with one of these unqualified names."""
        return not self.names.isdisjoint(names)

    @cached_property
    def site(self) -> Frame | None:
        """The innermost frame of the project's own code: where what the project controls went wrong.

        An attribute that a class or module looks up by code of its own is missed where it was asked for.
        """
        frames = self.focus.frames or self.evidence.raised.frames
        own = [frame for frame in reversed(frames) if frame.role in (Role.TEST, Role.SOURCE)]
        if self.is_a("AttributeError"):
            own = [frame for frame in own if not frame.function.endswith(_LOOKUPS)] or own
        return own[0] if own else None

    @property
    def in_source(self) -> bool:
        """Whether the innermost code of the project that was running is its implementation."""
        return self.site is not None and self.site.role is Role.SOURCE

    @property
    def origin(self) -> str:
        """The qualified name of the implementation's function that failed; "" where a test did."""
        if self.site is None or self.site.role is not Role.SOURCE:
            return ""
        where = self.site.module or self.site.path
        # compiled by Cython, a function's qualified name begins with its module
        return f"{where}.{self.site.function.removeprefix(f'{where}.')}"

    @property
    def place(self) -> str:
        """The function of the implementation that failed, else the file of the failing code: never a test by itself."""
        return self.origin or (self.site.path if self.site else self.nodeid.partition("::")[0])

    @property
    def is_misfit(self) -> bool:
        """Whether a test's own line raised a ValueError, as a result has another length or content than it takes."""
        return not self.in_source and self.is_a("ValueError") and self.search(_MISFIT) is not None

    @property
    def headline(self) -> str:
        """The message as a title, its type before it where the words alone do not say what went wrong."""
        name, said = self.type_name, one_line(self.message.partition(_GUESS)[0])
        if not said:
            return f"{name}{f' in {self.site.function}' if self.site else ''}"
        if not name or name in said or not _NAMING.isdisjoint(self.focus.facts) or self.search(_SENTENCE):
            return said
        return one_line(f"{name}: {said}")

    def text(self, name: str) -> str:
        """A fact that is a text, else ""."""
        value = self.focus.facts.get(name)
        return value if isinstance(value, str) else ""

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Look for a pattern in the message; only for what the exception does not carry as a fact."""
        return pattern.search(self.message)

    @property
    def statement(self) -> tuple[str, ...]:
        """The key of a failure of which type, message and place are all that is known."""
        return (self.type_name, normal(self.message), self.origin)

    def focused(self, raised: Raised) -> View:
        return self if raised is self.focus else replace(self, focus=raised)

    def foci(self) -> Iterator[View]:
        """The exceptions that may be the reason: the one that was raised, then what it came from, nearest first.

        Wrappers, which say only that something below them failed, and copies of what is below them come last.
        """
        chain = self.evidence.chain
        if len(chain) == 1:
            return iter((self,))
        repeated = {id(one) for one, cause in pairwise(chain) if _repeats(one, cause)}
        order = sorted(chain, key=lambda one: (is_wrapper(one) or id(one) in repeated, _ORDER.index(one.link)))
        return map(self.focused, order)


def view_of(evidence: Evidence, scope: Scope, when: When, nodeid: str) -> View:
    """A failure as it is looked at first: in focus what was raised."""
    if not evidence.chain:
        evidence = replace(evidence, chain=(Raised(""),))
    return View(evidence, scope, when, nodeid, evidence.raised)


def is_wrapper(raised: Raised) -> bool:
    return not _WRAPPERS.isdisjoint(_names(raised))


def _repeats(raised: Raised, cause: Raised) -> bool:
    """Whether an exception only says again what it was raised from, without the facts of the first."""
    return cause.link is Link.CAUSE and (raised.type, raised.message) == (cause.type, cause.message)


def _names(raised: Raised) -> frozenset[str]:
    bases = raised.bases
    if not bases:  # printed text names the type alone
        known = getattr(builtins, raised.type, None)
        if isinstance(known, type):
            bases = tuple(base.__name__ for base in known.__mro__)
    return frozenset(
        name for module, _, name in (name.rpartition(".") for name in (raised.type, *bases)) if _counts(module, name)
    )


def _counts(module: str, name: str) -> bool:
    """Whether a name says what it says elsewhere: somebody's own ``Failed`` is not pytest's."""
    return name not in _OF_PYTEST or not module or module.partition(".")[0] in ("pytest", "_pytest")
