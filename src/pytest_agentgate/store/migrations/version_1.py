"""Runs, their results, failures, causes and warnings, and the views over them."""

SQL = """
CREATE TABLE text (
    -- Short texts that repeat: files, workers, tasks, reasons of skips, types of exceptions.
    text_key {key},
    value TEXT NOT NULL UNIQUE
);

CREATE TABLE node (
    -- Node ids of tests and collectors; '' is the run itself.
    node_key {key},
    nodeid TEXT NOT NULL UNIQUE,
    file_key {bigint} NOT NULL REFERENCES text (text_key)
);

CREATE TABLE agent (
    -- Who runs tests.
    agent_key {key},
    agent_id TEXT NOT NULL UNIQUE
);

CREATE TABLE run (
    -- One test session, with the counts of its results.
    run_key {key},
    run_id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,             -- ISO 8601, UTC
    status TEXT NOT NULL,                 -- running, completed, aborted, interrupted
    agent_key {bigint} NOT NULL REFERENCES agent (agent_key),
    task_key {bigint} NOT NULL REFERENCES text (text_key),
    ended_at TEXT NOT NULL,               -- '' while it runs, and if it was killed
    duration DOUBLE PRECISION,            -- seconds
    exit_status INTEGER,                  -- pytest's
    commit_id TEXT NOT NULL,
    branch TEXT NOT NULL,
    dirty INTEGER,                        -- 0, 1, NULL where nobody knows
    root TEXT NOT NULL,                   -- folder that node ids are relative to
    host TEXT NOT NULL,
    python TEXT NOT NULL,
    pytest TEXT NOT NULL,
    platform TEXT NOT NULL,
    plugins TEXT NOT NULL,                -- JSON list of "name version"
    arguments TEXT NOT NULL,              -- JSON list
    workers INTEGER NOT NULL,             -- 0: one process
    every_worker INTEGER NOT NULL,        -- 1: each worker runs each test (--dist=each)
    total INTEGER NOT NULL,               -- tests; with --dist=each, pairs of test and worker
    passed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    errors INTEGER NOT NULL,              -- failed in setup or teardown
    skipped INTEGER NOT NULL,
    xfailed INTEGER NOT NULL,
    xpassed INTEGER NOT NULL,
    not_run INTEGER NOT NULL,
    deselected INTEGER NOT NULL,
    reruns INTEGER NOT NULL,              -- attempts that were not the last
    collect_errors INTEGER NOT NULL,      -- collectors that failed
    warnings INTEGER NOT NULL             -- distinct origins
);
CREATE INDEX run_by_time ON run (created_at, run_id);

CREATE TABLE log (
    -- How far each log was read. A log that is deleted leaves its rows.
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,                  -- open, ended, interrupted, refused
    position {bigint} NOT NULL,           -- bytes of complete lines that were read
    size {bigint} NOT NULL,               -- bytes it had when it was read, -1 if it was gone
    run_key {bigint} REFERENCES run (run_key),
    PRIMARY KEY (folder, name)
) {clustered};

CREATE TABLE collected (
    -- How many tests a run collected from a file.
    run_key {bigint} NOT NULL REFERENCES run (run_key),
    file_key {bigint} NOT NULL REFERENCES text (text_key),
    tests INTEGER NOT NULL,
    PRIMARY KEY (run_key, file_key)
) {clustered};

CREATE TABLE result (
    -- One attempt at one test.
    run_key {bigint} NOT NULL REFERENCES run (run_key),
    node_key {bigint} NOT NULL REFERENCES node (node_key),
    worker_key {bigint} NOT NULL REFERENCES text (text_key),
    attempt INTEGER NOT NULL,
    last INTEGER NOT NULL,                -- 1: no further attempt followed
    outcome TEXT NOT NULL,                -- passed, failed, error, skipped, xfailed, xpassed, rerun, not_run
    report_when TEXT,                     -- setup, call, teardown: where it failed, was skipped or xfailed
    reason_key {bigint} REFERENCES text (text_key),  -- of a skip, an xfail, a test that was not run
    duration DOUBLE PRECISION NOT NULL,   -- seconds, setup and call
    teardown DOUBLE PRECISION NOT NULL,   -- seconds; 0 below a millisecond
    PRIMARY KEY (run_key, node_key, worker_key, attempt)
) {clustered};
CREATE INDEX result_not_passed ON result (node_key, outcome, run_key) WHERE outcome <> 'passed';

CREATE TABLE reason (
    -- Why something failed: the first text that each signature came with, and each other one.
    reason_key {key},
    digest {bigint} NOT NULL UNIQUE,      -- of the other columns
    signature TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    next_action TEXT NOT NULL
);

CREATE TABLE evidence (
    -- What is known of a failure, once however often it is seen.
    evidence_key {key},
    digest {bigint} NOT NULL UNIQUE,      -- of the other columns
    type_key {bigint} NOT NULL REFERENCES text (text_key),  -- of the raised exception
    message TEXT NOT NULL,
    text TEXT NOT NULL,                   -- what pytest prints, bounded
    facts TEXT NOT NULL                   -- JSON, see evidence.md; without the worker
);

CREATE TABLE failure (
    -- One failed report of a test or a collector, or of the run itself.
    run_key {bigint} NOT NULL REFERENCES run (run_key),
    number INTEGER NOT NULL,              -- in the order of the log
    node_key {bigint} NOT NULL REFERENCES node (node_key),
    scope TEXT NOT NULL,                  -- test, collect, run
    report_when TEXT NOT NULL,            -- setup, call, teardown, collect, session
    attempt INTEGER NOT NULL,
    worker_key {bigint} NOT NULL REFERENCES text (text_key),
    final INTEGER NOT NULL,               -- 0: a later attempt at the same test passed
    reason_key {bigint} NOT NULL REFERENCES reason (reason_key),
    evidence_key {bigint} NOT NULL REFERENCES evidence (evidence_key),
    PRIMARY KEY (run_key, number)
) {clustered};

CREATE TABLE cause (
    -- The failures of a run that share one root.
    run_key {bigint} NOT NULL REFERENCES run (run_key),
    number INTEGER NOT NULL,              -- in the order of triage
    reason_key {bigint} NOT NULL REFERENCES reason (reason_key),
    size INTEGER NOT NULL,
    status TEXT NOT NULL,                 -- new, known, regressed, flaky
    hidden INTEGER,                       -- tests that could not be collected, NULL where no earlier run knows
    seen INTEGER NOT NULL,                -- earlier runs, of those looked at, that had it
    rerun TEXT NOT NULL,                  -- a command line
    exemplar INTEGER NOT NULL,            -- number of a failure
    PRIMARY KEY (run_key, number)
) {clustered};

CREATE TABLE cause_node (
    -- The tests and collectors that failed for a cause.
    run_key {bigint} NOT NULL REFERENCES run (run_key),
    number INTEGER NOT NULL,              -- of the cause
    place INTEGER NOT NULL,               -- in the order of the node ids
    node_key {bigint} NOT NULL REFERENCES node (node_key),
    PRIMARY KEY (run_key, number, place)
) {clustered};

CREATE TABLE origin (
    -- Where warnings come from.
    origin_key {key},
    digest {bigint} NOT NULL UNIQUE,      -- of the other columns
    category TEXT NOT NULL,
    message TEXT NOT NULL,
    path TEXT NOT NULL,
    line INTEGER NOT NULL
);

CREATE TABLE warning (
    -- The warnings of a run, once for each origin.
    run_key {bigint} NOT NULL REFERENCES run (run_key),
    origin_key {bigint} NOT NULL REFERENCES origin (origin_key),
    report_when TEXT NOT NULL,            -- config, collect, runtest: of the first
    node_key {bigint} NOT NULL REFERENCES node (node_key),  -- of the first
    count INTEGER NOT NULL,
    PRIMARY KEY (run_key, origin_key)
) {clustered};

CREATE VIEW runs AS
-- A row for each run, with all that is known of it.
SELECT run.run_id, run.created_at, run.status, agent.agent_id, task.value AS task_id, run.ended_at, run.duration,
       run.exit_status, run.commit_id, run.branch, run.dirty, run.root, run.host, run.python, run.pytest, run.platform,
       run.plugins, run.arguments, run.workers, run.total, run.passed, run.failed, run.errors, run.skipped, run.xfailed,
       run.xpassed, run.not_run, run.deselected, run.reruns, run.collect_errors, run.warnings
FROM run
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key;

CREATE VIEW results AS
-- A row for each attempt at each test; last = 1: no further attempt followed.
SELECT run.run_id, node.nodeid, file.value AS file, result.outcome, result.report_when, result.duration,
       result.teardown, worker.value AS worker_id, result.attempt, result.last, reason.value AS reason, agent.agent_id,
       task.value AS task_id
FROM run
JOIN result ON result.run_key = run.run_key
JOIN node ON node.node_key = result.node_key
JOIN text AS file ON file.text_key = node.file_key
JOIN text AS worker ON worker.text_key = result.worker_key
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key
LEFT JOIN text AS reason ON reason.text_key = result.reason_key;

CREATE VIEW failures AS
-- A row for each failure, with its evidence as JSON.
SELECT run.run_id, failure.number, node.nodeid, file.value AS file, failure.scope, failure.report_when, failure.attempt,
       failure.final, worker.value AS worker_id, agent.agent_id, task.value AS task_id, reason.kind, reason.signature,
       reason.title, reason.next_action, type.value AS exception_type, evidence.message, evidence.text,
       evidence.facts AS evidence
FROM run
JOIN failure ON failure.run_key = run.run_key
JOIN node ON node.node_key = failure.node_key
JOIN text AS file ON file.text_key = node.file_key
JOIN text AS worker ON worker.text_key = failure.worker_key
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key
JOIN reason ON reason.reason_key = failure.reason_key
JOIN evidence ON evidence.evidence_key = failure.evidence_key
JOIN text AS type ON type.text_key = evidence.type_key;

CREATE VIEW causes AS
-- A row for each cause of each run that is over.
SELECT run.run_id, cause.number, reason.signature, reason.kind, reason.title, reason.next_action, cause.size,
       cause.status, cause.hidden, cause.seen, cause.rerun, node.nodeid AS exemplar
FROM run
JOIN cause ON cause.run_key = run.run_key
JOIN reason ON reason.reason_key = cause.reason_key
JOIN failure ON failure.run_key = cause.run_key AND failure.number = cause.exemplar
JOIN node ON node.node_key = failure.node_key;

CREATE VIEW cause_tests AS
-- A row for each test or collector that failed for a cause.
SELECT run.run_id, cause.number, reason.signature, node.nodeid
FROM run
JOIN cause ON cause.run_key = run.run_key
JOIN reason ON reason.reason_key = cause.reason_key
JOIN cause_node ON cause_node.run_key = cause.run_key AND cause_node.number = cause.number
JOIN node ON node.node_key = cause_node.node_key;

CREATE VIEW warnings AS
-- A row for each origin of warnings in a run.
SELECT run.run_id, origin.category, origin.message, origin.path, origin.line, warning.report_when, node.nodeid,
       warning.count
FROM run
JOIN warning ON warning.run_key = run.run_key
JOIN origin ON origin.origin_key = warning.origin_key
JOIN node ON node.node_key = warning.node_key;

CREATE VIEW agents AS
-- A row for each agent that made a run.
SELECT agent.agent_id, COUNT(*) AS runs, MIN(run.created_at) AS first_seen, MAX(run.created_at) AS last_seen
FROM agent
JOIN run ON run.agent_key = agent.agent_key
GROUP BY agent.agent_id;

CREATE VIEW consolidated_runs AS
-- A row for each run, with its counts.
SELECT run.run_id, run.created_at, run.status, agent.agent_id, task.value AS task_id,
       run.duration AS duration_seconds, run.exit_status, run.commit_id, run.branch, run.dirty, run.workers,
       run.total, run.passed, run.failed, run.errors, run.skipped, run.xfailed, run.xpassed, run.not_run,
       run.deselected, run.reruns, run.collect_errors, run.warnings,
       (SELECT COUNT(*) FROM cause WHERE cause.run_key = run.run_key) AS causes
FROM run
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key;

CREATE VIEW agent_results AS
-- A row for each run, agent and task.
SELECT run.run_id, agent.agent_id, task.value AS task_id, run.status, run.duration AS duration_seconds, run.created_at,
       run.total, run.passed, run.failed, run.errors, run.skipped, run.not_run, run.collect_errors
FROM run
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key;

CREATE VIEW consolidated_errors AS
-- A row for each failure; error_type is its kind.
SELECT run.run_id, reason.kind AS error_type, type.value AS exception_type, node.nodeid, evidence.message,
       agent.agent_id, task.value AS task_id, worker.value AS worker_id, failure.scope, failure.report_when,
       failure.attempt, failure.final, reason.signature, reason.title, reason.next_action, run.created_at
FROM run
JOIN failure ON failure.run_key = run.run_key
JOIN reason ON reason.reason_key = failure.reason_key
JOIN evidence ON evidence.evidence_key = failure.evidence_key
JOIN text AS type ON type.text_key = evidence.type_key
JOIN node ON node.node_key = failure.node_key
JOIN text AS worker ON worker.text_key = failure.worker_key
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key
"""
