"""Views over runs, and the tests that ever failed."""

SQL = """
DROP VIEW consolidated_runs;

CREATE VIEW consolidated_runs AS
-- A row for each run, with its counts.
SELECT run_id, created_at, status, agent_id, task_id, duration AS duration_seconds, exit_status, commit_id, branch,
       dirty, workers, total, passed, failed, errors, skipped, xfailed, xpassed, not_run, deselected, reruns,
       collect_errors, warnings,
       (SELECT COUNT(*) FROM run JOIN cause ON cause.run_key = run.run_key WHERE run.run_id = runs.run_id) AS causes
FROM runs;

DROP VIEW agent_results;

CREATE VIEW agent_results AS
-- A row for each run, agent and task.
SELECT run_id, agent_id, task_id, status, duration AS duration_seconds, created_at, total, passed, failed, errors,
       skipped, not_run, collect_errors
FROM runs;

CREATE VIEW failing_tests AS
-- A row for each test that failed in any run, with how often; passed = 1: it passed as well, at another time.
SELECT node.nodeid, file.value AS file, failed.failures, failed.runs,
       CASE WHEN EXISTS (
           -- Run by run, each asked for this one test by its key, until it passed in one.
           SELECT 1 FROM run CROSS JOIN result
           WHERE result.run_key = run.run_key AND result.node_key = failed.node_key AND result.outcome = 'passed'
       ) THEN 1 ELSE 0 END AS passed
FROM (
    SELECT node_key, COUNT(*) AS failures, COUNT(DISTINCT run_key) AS runs
    FROM result
    WHERE outcome <> 'passed' AND outcome IN ('failed', 'error', 'rerun')
    GROUP BY node_key
) AS failed
JOIN node ON node.node_key = failed.node_key
JOIN text AS file ON file.text_key = node.file_key
"""
