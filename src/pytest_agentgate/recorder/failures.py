"""What kind of failure each one is, and its facts."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_agentgate.capture.codec import whole
from pytest_agentgate.capture.reports import bounded_text
from pytest_agentgate.config import Project
from pytest_agentgate.model import Evidence, Kind, Raised, Scope, When
from pytest_agentgate.recorder.collection import Collection
from pytest_agentgate.recorder.journal import REASON_LIMIT, Journal, harmless
from pytest_agentgate.triage.kinds import reason_of
from pytest_agentgate.triage.rules import kind_by_rules


class Failures:
    """Records failures of tests, of collectors and of the run."""

    def __init__(self, config: pytest.Config, project: Project, journal: Journal, collection: Collection) -> None:
        self._config = config
        self._project = project
        self.journal = journal
        self._collection = collection
        self.count = 0
        self._hiding: set[tuple[str, str]] = set()  # collectors that failed, each with its signature

    def failed(
        self,
        nodeid: str,
        scope: Scope,
        when: When,
        evidence: Evidence,
        *,
        written: str = "",
        text: str = "",
        worker: str = "",
        attempt: int = 1,
    ) -> None:
        """Decide what kind of failure this is and record it with its facts; ``written`` is their JSON, where it is."""
        reason = reason_of(evidence, scope, when, nodeid, self._forced_kind(evidence, nodeid))
        signature = reason.signature
        if scope is not Scope.TEST:
            if (nodeid, signature) in self._hiding:  # several workers report one collector
                return
            self._hiding.add((nodeid, signature))
        self.count += 1
        event: dict[str, Any] = {
            "event": "failure",
            "nodeid": self._collection.shown(nodeid),
            "scope": scope,
            "when": when,
            "kind": reason.kind,
            "signature": signature,
            "title": reason.title,
            "next_action": reason.next_action,
            "text": bounded_text(text),
        }
        if worker or evidence.worker:
            event["worker"] = worker or evidence.worker
        if attempt > 1:
            event["attempt"] = attempt
        self.journal.failure(event, written or whole(evidence))

    def of_run(self, evidence: Evidence, text: str, worker: str = "") -> None:
        """Record a failure of the run itself."""
        self.failed("", Scope.RUN, When.SESSION, evidence, text=text, worker=worker)

    def of_run_named(self, type_name: str, message: str, worker: str = "") -> None:
        """Record a failure of the run that no exception stands for."""
        self.of_run(Evidence((Raised(type_name, message=message),), worker=worker), message, worker)

    def _forced_kind(self, evidence: Evidence, nodeid: str) -> Kind | None:
        """The kind that another plugin, a conftest file or a rule of the configuration decides."""
        asked = evidence.live and nodeid  # where it was raised
        named = evidence.classified or (None if asked else self._named_kind(evidence, nodeid))
        if named:
            try:
                return Kind(named)
            except ValueError:
                kinds = ", ".join(kind.value for kind in Kind)
                named = " ".join(named.split())[:REASON_LIMIT]
                self.journal.problem(f"pytest_agentgate_classify gave {named!r}, which is not a kind: {kinds}")
        return kind_by_rules(self._project.config.kinds, evidence, nodeid)

    @harmless
    def _named_kind(self, evidence: Evidence, nodeid: str) -> str | None:
        """What plugins call a failure whose exception never met the node that it belongs to."""
        named: str | None = self._config.hook.pytest_agentgate_classify(evidence=evidence, nodeid=nodeid)
        return named
