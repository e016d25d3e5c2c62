"""The rows of one run, as its events come in and when it is over."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence, Set

from pytest_agentgate.capture.runlog import Event
from pytest_agentgate.model import Outcome, RunStatus, Scope
from pytest_agentgate.store import causes, failing, properties
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.events import Events, integer, seconds, text, texts
from pytest_agentgate.store.keys import agent_key, evidence_keys, node_keys, origin_keys, reason_keys, text_keys

_encoded = json.JSONEncoder(separators=(",", ":")).encode

_KILLED = "the run ended before this test was reported"
_RUNNING = "the run ended while this test was running, or just before"

_KEY = "run_key, node_key, worker_key, attempt"
_PLAIN = f"result ({_KEY}, last, outcome, duration, teardown)"
_PLAIN_VALUES = "(?, ?, ?, 1, 1, 'passed', ?, 0)"
_PLAIN_AGAIN = (
    f"ON CONFLICT ({_KEY}) DO UPDATE SET "
    "outcome = 'passed', report_when = NULL, reason_key = NULL, duration = excluded.duration"
)
_FULL = f"result ({_KEY}, last, outcome, report_when, reason_key, duration, teardown)"
_FULL_VALUES = "(?, ?, ?, ?, 1, ?, ?, ?, ?, 0)"
_FULL_AGAIN = (
    f"ON CONFLICT ({_KEY}) DO UPDATE SET outcome = excluded.outcome, report_when = excluded.report_when, "
    "reason_key = excluded.reason_key, duration = excluded.duration"
)

COUNTED = {
    "passed": (Outcome.PASSED,),
    "failed": (Outcome.FAILED, Outcome.RERUN),  # a rerun that is the last was cut off from its next attempt
    "errors": (Outcome.ERROR,),
    "skipped": (Outcome.SKIPPED,),
    "xfailed": (Outcome.XFAILED,),
    "xpassed": (Outcome.XPASSED,),
    "not_run": (Outcome.NOT_RUN,),
}
"""What a run counts of its results -> the outcomes that count for it."""


class Recording:
    """One run in a store, inside a transaction."""

    def __init__(self, database: Database, run_key: int) -> None:
        self._database = database
        self._nodes: dict[str, int] = {}  # keys that were asked for
        self._texts: dict[str, int] = {}
        self._reasons: dict[tuple[str, str, str, str], int] = {}
        self._has_results = True  # for all we know
        self.run_key = run_key

    @classmethod
    def begin(cls, database: Database, header: Event) -> Recording:
        """Make the run that a log's first event tells of."""
        run_key: int = database.rows("SELECT COALESCE(MAX(run_key), 0) + 1 FROM run")[0][0]
        task = text(header, "task")
        dirty = header.get("dirty")
        row: dict[str, object] = {
            "run_key": run_key,
            "run_id": text(header, "id"),
            "created_at": text(header, "created_at"),
            "status": RunStatus.RUNNING.value,
            "agent_key": agent_key(database, text(header, "agent")),
            "task_key": text_keys(database, [task])[task],
            "ended_at": "",
            "commit_id": text(header, "commit"),
            "dirty": int(dirty) if isinstance(dirty, bool) else None,
            "plugins": json.dumps(texts(header, "plugins")),
            "arguments": json.dumps(texts(header, "arguments")),
            "workers": integer(header, "workers"),
            "every_worker": 0,
        }
        row |= {key: text(header, key) for key in ("branch", "root", "host", "python", "pytest", "platform")}
        row |= dict.fromkeys((*COUNTED, "total", "deselected", "reruns", "collect_errors", "warnings"), 0)
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO run ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        begun = cls(database, run_key)
        begun._has_results = False
        return begun

    @classmethod
    def go_on(cls, database: Database, run_key: int) -> Recording:
        """Take up a run whose results may change, until they are counted again."""
        failing.withdraw(database, run_key)
        return cls(database, run_key)

    def forget(self) -> None:
        """Take the run and all that belongs to it out of the store."""
        failing.withdraw(self._database, self.run_key)
        for table in ("property", "result", "failure", "cause_node", "cause", "warning", "collected", "run"):
            self._database.execute(f"DELETE FROM {table} WHERE run_key = ?", [self.run_key])
        failing.find_out(self._database)

    # ---- events

    def add(self, events: Events) -> None:
        """Add what a stretch of the log says."""
        if events.collected is not None:
            self._add_collected(events.collected)
        if events.results:
            self._add_results(events.results)
        if events.teardowns:
            self._add_teardowns(events.teardowns)
        if events.failures:
            self._add_failures(events.failures)
        if events.warnings:
            self._add_warnings(events.warnings)
        if events.properties:
            nodes = self._node_keys([event["nodeid"] for event in events.properties])
            properties.add(self._database, self.run_key, events.properties, nodes)

    def _add_collected(self, event: Event) -> None:
        nodeids = texts(event, "nodeids")
        self._node_keys(nodeids)  # numbers them in the order of their collection
        tests = Counter([nodeid.partition("::")[0] for nodeid in dict.fromkeys(nodeids)])
        files = text_keys(self._database, tests)
        self._database.execute("DELETE FROM collected WHERE run_key = ?", [self.run_key])
        self._database.insert(
            "collected (run_key, file_key, tests)",
            sorted((self.run_key, files[file], number) for file, number in tests.items()),
        )
        self._database.execute(
            "UPDATE run SET deselected = ?, every_worker = ? WHERE run_key = ?",
            [integer(event, "deselected"), int(bool(texts(event, "workers"))), self.run_key],
        )

    def _add_results(self, events: list[Event]) -> None:
        run_key = self.run_key
        nodes = self._node_keys([event["nodeid"] for event in events])
        workers = self._text_keys({event.get("worker", "") for event in events})
        reasons = self._text_keys({event["reason"] for event in events if event.get("reason")})
        plain: dict[tuple[int, int], tuple[object, ...]] = {}  # most of them: no detail but the duration
        full: dict[tuple[int, int, int], tuple[object, ...]] = {}
        for event in events:
            node, worker, outcome = nodes[event["nodeid"]], workers[event.get("worker", "")], event["outcome"]
            if outcome == "passed" and "attempt" not in event and (node, worker, 1) not in full:
                plain[node, worker] = (run_key, node, worker, event["duration"])
            else:
                attempt = event.get("attempt", 1)
                reason = event.get("reason")
                details = (outcome, event.get("when"), reasons[reason] if reason else None, event["duration"])
                full[node, worker, attempt] = (run_key, node, worker, attempt, *details)
                if attempt == 1:
                    plain.pop((node, worker), None)
        self._insert_results(sorted(plain.values()), [full[key] for key in sorted(full)])
        later = sorted(key for key in full if key[2] > 1)
        if later:
            self._database.execute_many(
                "UPDATE result SET last = 0 WHERE run_key = ? AND node_key = ? AND attempt < ? AND (worker_key = ? "
                "OR (SELECT every_worker FROM run WHERE run.run_key = result.run_key) = 0)",
                [(run_key, node, attempt, worker) for node, worker, attempt in later],
            )

    def _insert_results(self, plain: Sequence[tuple[object, ...]], full: Sequence[tuple[object, ...]]) -> None:
        """Insert results, or bring those up to date that are there: of a run that has none yet, none."""
        known = self._has_results
        self._database.insert(_PLAIN, plain, values=_PLAIN_VALUES, otherwise=_PLAIN_AGAIN if known else "")
        self._database.insert(_FULL, full, values=_FULL_VALUES, otherwise=_FULL_AGAIN if known else "")
        self._has_results = True

    def _add_teardowns(self, events: list[Event]) -> None:
        nodes = self._node_keys([event["nodeid"] for event in events])
        workers = self._text_keys({event.get("worker", "") for event in events})
        self._database.execute_many(
            "UPDATE result SET teardown = ? WHERE run_key = ? AND node_key = ? AND worker_key = ? AND attempt = ?",
            [
                (
                    seconds(event, "duration"),
                    self.run_key,
                    nodes[event["nodeid"]],
                    workers[event.get("worker", "")],
                    event.get("attempt", 1),
                )
                for event in events
            ],
        )

    def _add_failures(self, events: list[Event]) -> None:
        database, run_key = self._database, self.run_key
        number: int = database.rows("SELECT COUNT(*) FROM failure WHERE run_key = ?", [run_key])[0][0]
        known = {
            tuple(row)
            for row in database.rows(
                "SELECT node.nodeid, reason.signature FROM failure JOIN node ON node.node_key = failure.node_key "
                "JOIN reason ON reason.reason_key = failure.reason_key WHERE failure.run_key = ? AND failure.scope = ?",
                [run_key, Scope.COLLECT.value],
            )
        }
        kept = []
        for event in events:
            if event["scope"] == Scope.COLLECT:  # each worker collects: one failure, however many tell of it
                told = (event["nodeid"], event["signature"])
                if told in known:
                    continue
                known.add(told)
            kept.append(event)
        nodes = self._node_keys([event["nodeid"] for event in kept])
        workers = self._text_keys({text(event, "worker") for event in kept})
        given = [_reason(event) for event in kept]
        if unknown := [reason for reason in dict.fromkeys(given) if reason not in self._reasons]:
            self._reasons |= reason_keys(database, unknown)
        raised = [_raised(event) for event in kept]
        types = self._text_keys({type_ for type_, _ in raised})
        evidence = [
            (types[type_], message, text(event, "text"), _facts(event))
            for event, (type_, message) in zip(kept, raised, strict=True)
        ]
        pieces = evidence_keys(database, evidence)
        database.insert(
            "failure (run_key, number, node_key, scope, report_when, attempt, worker_key, final, reason_key, "
            "evidence_key)",
            [
                (
                    run_key,
                    number + place,
                    nodes[event["nodeid"]],
                    event["scope"],
                    event["when"],
                    event.get("attempt", 1),
                    workers[text(event, "worker")],
                    1,
                    self._reasons[given[place]],
                    pieces[evidence[place]],
                )
                for place, event in enumerate(kept)
            ],
        )

    def _add_warnings(self, events: list[Event]) -> None:
        database = self._database
        origins = [_origin(event) for event in events]
        keys = origin_keys(database, origins)
        nodes = self._node_keys([text(event, "nodeid") for event in events])
        times = Counter[tuple[str, str, str, int]]()
        first: dict[tuple[str, str, str, int], Event] = {}
        for origin, event in zip(origins, events, strict=True):
            times[origin] += max(integer(event, "count", 1), 1)
            first.setdefault(origin, event)
        database.execute_many(
            "INSERT INTO warning (run_key, origin_key, report_when, node_key, count) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (run_key, origin_key) DO UPDATE SET count = warning.count + excluded.count",
            [
                (self.run_key, keys[origin], text(event, "when"), nodes[text(event, "nodeid")], times[origin])
                for origin, event in first.items()
            ],
        )

    def _node_keys(self, nodeids: list[str]) -> dict[str, int]:
        missing = [nodeid for nodeid in nodeids if nodeid not in self._nodes]
        if missing:
            found = node_keys(self._database, missing)
            if self._nodes:
                self._nodes.update(found)
            else:  # by the collection, of all tests: large enough not to be held twice
                self._nodes = found
        return self._nodes

    def _text_keys(self, values: Set[str]) -> dict[str, int]:
        """Keys of texts that most stretches of a log have in common: workers, reasons, types."""
        if missing := values - self._texts.keys():
            self._texts |= text_keys(self._database, missing)
        return self._texts

    # ---- where it stands

    def count(self) -> None:
        """Bring the counts of the run, and which of its failures a later attempt mended, up to its rows.

        Once, after ``begin`` or ``go_on``: what it adds to the tests that ever failed is taken away by ``go_on``.
        """
        counts = dict.fromkeys((*COUNTED, "total", "reruns"), 0)
        column = {outcome: name for name, outcomes in COUNTED.items() for outcome in outcomes}
        for outcome, last, number in self._database.rows(
            "SELECT outcome, last, COUNT(*) FROM result WHERE run_key = ? GROUP BY outcome, last", [self.run_key]
        ):
            if last:
                counts["total"] += number
                counts[column[Outcome(outcome)]] += number
            else:
                counts["reruns"] += number
        settings = ", ".join(f"{name} = ?" for name in counts)
        self._database.execute(
            f"UPDATE run SET {settings}, "
            "collect_errors = (SELECT COUNT(DISTINCT node_key) FROM failure WHERE run_key = ? AND scope = ?), "
            "warnings = (SELECT COUNT(*) FROM warning WHERE run_key = ?) WHERE run_key = ?",
            [*counts.values(), self.run_key, Scope.COLLECT.value, self.run_key, self.run_key],
        )
        self._database.execute(
            "UPDATE failure SET final = 0 WHERE run_key = ? AND scope = ? AND EXISTS (SELECT 1 FROM result AS later "
            "WHERE later.run_key = failure.run_key AND later.node_key = failure.node_key "
            "AND later.attempt > failure.attempt AND later.outcome = ? AND (later.worker_key = failure.worker_key "
            "OR (SELECT every_worker FROM run WHERE run.run_key = failure.run_key) = 0))",
            [self.run_key, Scope.TEST.value, Outcome.PASSED.value],
        )
        failed = counts["failed"] + counts["errors"] + counts["reruns"] > 0  # attempts before the last one failed
        failing.add(self._database, self.run_key, failed=failed)

    def end(self, event: Event) -> None:
        """Conclude a run that says how it ended."""
        exit_status = integer(event, "exit_status", -1)
        self._database.execute(
            "UPDATE run SET status = ?, ended_at = ?, duration = ?, exit_status = ? WHERE run_key = ?",
            [
                event["status"],
                text(event, "ended_at"),
                seconds(event, "duration"),
                exit_status if exit_status >= 0 else None,
                self.run_key,
            ],
        )
        if "deselected" in event:  # what xdist's workers left out is known only now
            self._database.execute(
                "UPDATE run SET deselected = ? WHERE run_key = ?", [integer(event, "deselected"), self.run_key]
            )
        self._conclude()

    def interrupt(self, collected: Event | None) -> None:
        """Conclude a run that was cut off; what it collected and did not report was not run."""
        self._database.execute(
            "UPDATE run SET status = ? WHERE run_key = ?", [RunStatus.INTERRUPTED.value, self.run_key]
        )
        if collected is not None:
            self._add_not_run(texts(collected, "nodeids"), texts(collected, "workers"))
        self._conclude()

    def _add_not_run(self, nodeids: list[str], every: list[str]) -> None:
        nodes = self._node_keys(nodeids)
        workers = text_keys(self._database, every or [""])
        reasons = text_keys(self._database, [_KILLED, _RUNNING])
        reported = set(self._database.rows("SELECT node_key, worker_key FROM result WHERE run_key = ?", [self.run_key]))
        if not every:
            reported = {(node, workers[""]) for node, _ in reported}
        missing = [(nodes[nodeid], worker) for nodeid in nodeids for worker in workers.values()]
        missing = [pair for pair in dict.fromkeys(missing) if pair not in reported]
        why = dict.fromkeys(missing, reasons[_KILLED])
        if missing and self._is_serial():
            why[missing[0]] = reasons[_RUNNING]
        outcome = Outcome.NOT_RUN.value
        self._insert_results(
            [], [(self.run_key, node, worker, 1, outcome, None, why[node, worker], 0.0) for node, worker in sorted(why)]
        )

    def _is_serial(self) -> bool:
        """Whether one process ran the tests, in the order in which they were collected."""
        return bool(self._database.rows("SELECT workers = 0 FROM run WHERE run_key = ?", [self.run_key])[0][0])

    def _conclude(self) -> None:
        self.count()
        causes.derive(self._database, self.run_key)


def _reason(event: Event) -> tuple[str, str, str, str]:
    return event["signature"], event["kind"], text(event, "title"), text(event, "next_action")


def _raised(event: Event) -> tuple[str, str]:
    """Type and message of the raised exception, as far as the evidence tells."""
    chain = event["evidence"].get("chain")
    raised = chain[0] if isinstance(chain, list) and chain else {}
    return (text(raised, "type"), text(raised, "message")) if isinstance(raised, dict) else ("", "")


def _facts(event: Event) -> str:
    """The evidence without the worker, which stands on the failure: the same test fails the same on each."""
    evidence = {key: value for key, value in event["evidence"].items() if key != "worker"}
    return _encoded(evidence)


def _origin(event: Event) -> tuple[str, str, str, int]:
    return text(event, "category"), text(event, "message"), text(event, "path"), integer(event, "line")
