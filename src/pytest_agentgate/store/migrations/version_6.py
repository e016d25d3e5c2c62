"""Tests that ever failed, counted as runs come and go; views that look up only what is asked of them."""

SQL = """
CREATE TABLE failing_test (
    -- A test that failed in any run, with how often: what is in result as well, added up.
    node_key {bigint} PRIMARY KEY REFERENCES node (node_key),
    failures INTEGER NOT NULL,            -- attempts that failed
    runs INTEGER NOT NULL,                -- in which it failed
    passed INTEGER                        -- 1: it passed as well, at another time; NULL while that is being found out
);

INSERT INTO failing_test (node_key, failures, runs, passed)
SELECT failed.node_key, failed.failures, failed.runs,
       CASE WHEN EXISTS (
           -- Run by run, each asked for this one test by its key, until it passed in one.
           SELECT 1 FROM run CROSS JOIN result
           WHERE result.run_key = run.run_key AND result.node_key = failed.node_key AND result.outcome = 'passed'
       ) THEN 1 ELSE 0 END
FROM (
    SELECT node_key, COUNT(*) AS failures, COUNT(DISTINCT run_key) AS runs
    FROM result
    WHERE outcome <> 'passed' AND outcome IN ('failed', 'error', 'rerun')
    GROUP BY node_key
) AS failed;

DROP VIEW failing_tests;

CREATE VIEW failing_tests AS
-- A row for each test that failed in any run, with how often; passed = 1: it passed as well, at another time.
SELECT node.nodeid, file.value AS file, failing_test.failures, failing_test.runs, failing_test.passed
FROM failing_test
JOIN node ON node.node_key = failing_test.node_key
JOIN text AS file ON file.text_key = node.file_key;

DROP VIEW results;

CREATE VIEW results AS
-- A row for each attempt at each test; last = 1: no further attempt followed.
SELECT run.run_id, node.nodeid, file.value AS file, result.outcome, result.report_when, result.duration,
       result.teardown, worker.value AS worker_id, result.attempt, result.last, reason.value AS reason, agent.agent_id,
       task.value AS task_id
FROM run
JOIN result ON result.run_key = run.run_key
LEFT JOIN node ON node.node_key = result.node_key
LEFT JOIN text AS file ON file.text_key = node.file_key
LEFT JOIN text AS worker ON worker.text_key = result.worker_key
LEFT JOIN agent ON agent.agent_key = run.agent_key
LEFT JOIN text AS task ON task.text_key = run.task_key
LEFT JOIN text AS reason ON reason.text_key = result.reason_key;

DROP VIEW failures;

CREATE VIEW failures AS
-- A row for each failure, with its evidence as JSON.
SELECT run.run_id, failure.number, node.nodeid, file.value AS file, failure.scope, failure.report_when, failure.attempt,
       failure.final, worker.value AS worker_id, agent.agent_id, task.value AS task_id, reason.kind, reason.signature,
       reason.title, reason.next_action, type.value AS exception_type, evidence.message, evidence.text,
       evidence.facts AS evidence
FROM run
JOIN failure ON failure.run_key = run.run_key
LEFT JOIN node ON node.node_key = failure.node_key
LEFT JOIN text AS file ON file.text_key = node.file_key
LEFT JOIN text AS worker ON worker.text_key = failure.worker_key
LEFT JOIN agent ON agent.agent_key = run.agent_key
LEFT JOIN text AS task ON task.text_key = run.task_key
LEFT JOIN reason ON reason.reason_key = failure.reason_key
LEFT JOIN evidence ON evidence.evidence_key = failure.evidence_key
LEFT JOIN text AS type ON type.text_key = evidence.type_key;

DROP VIEW consolidated_errors;

CREATE VIEW consolidated_errors AS
-- A row for each failure; error_type is its kind.
SELECT run.run_id, reason.kind AS error_type, type.value AS exception_type, node.nodeid, evidence.message,
       agent.agent_id, task.value AS task_id, worker.value AS worker_id, failure.scope, failure.report_when,
       failure.attempt, failure.final, reason.signature, reason.title, reason.next_action, run.created_at
FROM run
JOIN failure ON failure.run_key = run.run_key
LEFT JOIN reason ON reason.reason_key = failure.reason_key
LEFT JOIN evidence ON evidence.evidence_key = failure.evidence_key
LEFT JOIN text AS type ON type.text_key = evidence.type_key
LEFT JOIN node ON node.node_key = failure.node_key
LEFT JOIN text AS worker ON worker.text_key = failure.worker_key
LEFT JOIN agent ON agent.agent_key = run.agent_key
LEFT JOIN text AS task ON task.text_key = run.task_key
"""
