"""What is to be run, and by which workers, so that what is never reported can be told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from pytest_agentgate.recorder.journal import Journal, harmless


class Collection:
    """The tests that were collected, here or by xdist's workers."""

    def __init__(self, config: pytest.Config, journal: Journal) -> None:
        self._config = config
        self.journal = journal
        self.nodeids: list[str] = []
        self.deselected = 0
        self.workers: set[str] = set()  # whose collection is over
        self.each = False  # every worker runs every test
        self.grouped = False  # xdist appends a group to node ids

    @harmless
    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Count what -k, -m or a plugin left out."""
        self.deselected += len(list(items))

    @pytest.hookimpl(trylast=True)
    @harmless
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what this process is to run."""
        if not self._config.pluginmanager.has_plugin("dsession"):  # its controller collects nothing
            self._note([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    @harmless
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Note what the workers collected; they agree, or xdist stops."""
        self.workers.add(node.gateway.id)
        if not self.nodeids:
            self.each = self._config.option.dist == "each"
            self.grouped = self._config.option.dist == "loadgroup"
            self._note(list(ids))
        elif self.each:  # once more, with all workers that there are by now
            self._note(self.nodeids)

    def key(self, nodeid: str, worker: str) -> object:
        """What tells a test from others in this run."""
        return (nodeid, worker) if self.each else nodeid

    def shown(self, nodeid: str) -> str:
        """The id of a test without the group that xdist's loadgroup appends to it."""
        if self.grouped:
            test, separator, group = nodeid.rpartition("@")
            if separator and "]" not in group and "::" not in group:
                return test
        return nodeid

    def _note(self, nodeids: list[str]) -> None:
        self.nodeids = nodeids
        shown = [self.shown(nodeid) for nodeid in nodeids] if self.grouped else nodeids
        event: dict[str, Any] = {"event": "collected", "nodeids": shown, "deselected": self.deselected}
        if self.each:
            event["workers"] = sorted(self.workers)
        self.journal.write(event)
