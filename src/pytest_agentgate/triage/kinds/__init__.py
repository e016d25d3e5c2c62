"""The kinds of failures: one module each, tried in ``ORDER``, the first that knows the failure decides.

The order, and why:

1. ``crash``: where a process died, no exception of the tests tells anything.
2. ``fixture``: pytest could not even put the test together; the types that it raises then (``Failed``,
   ``CollectError``, now and then a ValueError) would be taken for others further down.
3. ``connection``: what could not be reached is at the bottom of a chain whose upper exceptions may be anything, also
   timeouts, OSErrors and errors of libraries that have a kind of their own below.
4. ``timeout``: before the kinds that look at types, because a timeout is an OSError here and a ``Failed`` there.
5. ``import``: before ``interface``, because a name that a module lacks is an AttributeError, and before ``assertion``,
   because ``monkeypatch`` and ``mock`` raise it from inside a test.
6. ``assertion``: what a test says by itself.
7. ``validation``: before ``interface``, because validators raise TypeErrors too.
8. ``interface``: the remaining errors of a call, an attribute or a value.
9. ``other``: knows everything.

Each exception of the chain is asked about in turn, what was raised first, until a kind other than ``other`` knows it:
an application's own error says less than the error that it was raised from.

A module of a kind has ``KIND``, ``ADVICE`` (one sentence, for a failure that a rule or a hook calls so) and
``reason(view) -> Reason | None``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from pytest_agentgate.model import Evidence, Kind, Reason, Scope, When
from pytest_agentgate.triage.kinds import (
    assertion,
    connection,
    crash,
    fixture,
    import_,
    interface,
    other,
    timeout,
    validation,
)
from pytest_agentgate.triage.view import View, view_of


class KindModule(Protocol):
    """What each module in ``ORDER`` offers."""

    @property
    def KIND(self) -> Kind: ...  # noqa: N802 - a module's constant
    @property
    def ADVICE(self) -> str: ...  # noqa: N802
    @property
    def reason(self) -> Callable[[View], Reason | None]: ...


ORDER: tuple[KindModule, ...] = (crash, fixture, connection, timeout, import_, assertion, validation, interface, other)
_BY_KIND = {module.KIND: module for module in ORDER}


def reason_of(evidence: Evidence, scope: Scope, when: When, nodeid: str = "", forced: Kind | None = None) -> Reason:
    """Why a failure failed. ``forced`` is a kind that was decided elsewhere: a user's hook or rule."""
    view = view_of(evidence, scope, when, nodeid)
    reason = _natural(view) if forced is None else _forced(view, forced)
    if reason.title.strip():
        return reason
    return replace(reason, title=view.type_name.strip() or "A failure that says nothing")


def _natural(view: View) -> Reason:
    for focus in view.foci():
        for module in ORDER[:-1]:
            reason = module.reason(focus)
            if reason is not None:
                return reason
    return other.reason(next(view.foci()))


def _forced(view: View, kind: Kind) -> Reason:
    module = _BY_KIND[kind]
    own = next((reason for focus in view.foci() if (reason := module.reason(focus))), None)
    if own is not None:
        return own
    natural = _natural(view)
    return Reason(kind, natural.key, natural.title, module.ADVICE)
