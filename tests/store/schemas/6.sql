PRAGMA application_id = 1634166625;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE agent (
    -- Who runs tests.
    agent_key INTEGER PRIMARY KEY,
    agent_id TEXT NOT NULL UNIQUE
);
INSERT INTO "agent" VALUES(1,'ann');
CREATE TABLE approval (
    -- A person's word that a phase is done, for one commit.
    commit_id TEXT NOT NULL,
    phase TEXT NOT NULL,
    person TEXT NOT NULL,
    approved_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (commit_id, phase, person, approved_at)
) WITHOUT ROWID;
INSERT INTO "approval" VALUES('c0ffee','imports','bob','2026-01-31T12:03:00.000000+00:00','looked at it');
CREATE TABLE attempt (
    -- One remedy applied for one cause, and the rerun that judged it.
    repair_key INTEGER NOT NULL REFERENCES repair (repair_key),
    number INTEGER NOT NULL,
    signature TEXT NOT NULL,              -- of the cause
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    codemods TEXT NOT NULL,               -- JSON list, each as it is written on the command line
    applicability TEXT NOT NULL,          -- safe, unsafe, display
    evidence TEXT NOT NULL,               -- JSON list of sentences
    verdict TEXT NOT NULL,                -- kept, rolled_back, skipped
    why TEXT NOT NULL,
    files TEXT NOT NULL,                  -- JSON list
    diff TEXT NOT NULL,                   -- unified, cut where it is long
    before INTEGER NOT NULL,              -- tests of the cause that were red
    after INTEGER NOT NULL,               -- of these, still red for it
    advanced INTEGER NOT NULL,            -- of these, red for another cause further on
    seconds DOUBLE PRECISION NOT NULL,
    layer INTEGER NOT NULL,               -- 1: its cause was there from the start; else revealed by a repair before
    phase TEXT NOT NULL,
    notes TEXT NOT NULL,                  -- JSON list: what the codemods left alone, and why
    batch TEXT NOT NULL,                  -- of the journal, '' where nothing was kept
    also TEXT NOT NULL,                   -- JSON list: signatures of other causes with the same remedy
    PRIMARY KEY (repair_key, number)
) WITHOUT ROWID;
CREATE TABLE cause (
    -- The failures of a run that share one root.
    run_key INTEGER NOT NULL REFERENCES run (run_key),
    number INTEGER NOT NULL,              -- in the order of triage
    reason_key INTEGER NOT NULL REFERENCES reason (reason_key),
    size INTEGER NOT NULL,
    status TEXT NOT NULL,                 -- new, known, regressed, flaky
    hidden INTEGER,                       -- tests that could not be collected, NULL where no earlier run knows
    seen INTEGER NOT NULL,                -- earlier runs, of those looked at, that had it
    rerun TEXT NOT NULL,                  -- a command line
    exemplar INTEGER NOT NULL,            -- number of a failure
    PRIMARY KEY (run_key, number)
) WITHOUT ROWID;
INSERT INTO "cause" VALUES(1,0,1,2,'new',NULL,0,'python -m pytest tests/test_a.py::test_b tests/test_a.py::test_c',0);
CREATE TABLE cause_node (
    -- The tests and collectors that failed for a cause.
    run_key INTEGER NOT NULL REFERENCES run (run_key),
    number INTEGER NOT NULL,              -- of the cause
    place INTEGER NOT NULL,               -- in the order of the node ids
    node_key INTEGER NOT NULL REFERENCES node (node_key),
    PRIMARY KEY (run_key, number, place)
) WITHOUT ROWID;
INSERT INTO "cause_node" VALUES(1,0,0,2);
INSERT INTO "cause_node" VALUES(1,0,1,3);
CREATE TABLE collected (
    -- How many tests a run collected from a file.
    run_key INTEGER NOT NULL REFERENCES run (run_key),
    file_key INTEGER NOT NULL REFERENCES text (text_key),
    tests INTEGER NOT NULL,
    PRIMARY KEY (run_key, file_key)
) WITHOUT ROWID;
INSERT INTO "collected" VALUES(1,2,3);
CREATE TABLE evidence (
    -- What is known of a failure, once however often it is seen.
    evidence_key INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL UNIQUE,      -- of the other columns
    type_key INTEGER NOT NULL REFERENCES text (text_key),  -- of the raised exception
    message TEXT NOT NULL,
    text TEXT NOT NULL,                   -- what pytest prints, bounded
    facts TEXT NOT NULL                   -- JSON, see evidence.md; without the worker
);
INSERT INTO "evidence" VALUES(1,-3448582164441362685,4,'no tests/test_a.py::test_b','E   ValueError: no tests/test_a.py::test_b','{"chain":[{"type":"ValueError","bases":["Exception"],"message":"no tests/test_a.py::test_b","link":"raised","facts":{},"frames":[{"role":"test","path":"tests/test_a.py","line":3,"function":"f","module":"m"}]}],"live":true}');
INSERT INTO "evidence" VALUES(2,5091424955606596647,4,'no tests/test_a.py::test_c','E   ValueError: no tests/test_a.py::test_c','{"chain":[{"type":"ValueError","bases":["Exception"],"message":"no tests/test_a.py::test_c","link":"raised","facts":{},"frames":[{"role":"test","path":"tests/test_a.py","line":3,"function":"f","module":"m"}]}],"live":true}');
CREATE TABLE failing_test (
    -- A test that failed in any run, with how often: what is in result as well, added up.
    node_key INTEGER PRIMARY KEY REFERENCES node (node_key),
    failures INTEGER NOT NULL,            -- attempts that failed
    runs INTEGER NOT NULL,                -- in which it failed
    passed INTEGER                        -- 1: it passed as well, at another time; NULL while that is being found out
);
INSERT INTO "failing_test" VALUES(2,1,1,0);
INSERT INTO "failing_test" VALUES(3,1,1,0);
CREATE TABLE failure (
    -- One failed report of a test or a collector, or of the run itself.
    run_key INTEGER NOT NULL REFERENCES run (run_key),
    number INTEGER NOT NULL,              -- in the order of the log
    node_key INTEGER NOT NULL REFERENCES node (node_key),
    scope TEXT NOT NULL,                  -- test, collect, run
    report_when TEXT NOT NULL,            -- setup, call, teardown, collect, session
    attempt INTEGER NOT NULL,
    worker_key INTEGER NOT NULL REFERENCES text (text_key),
    final INTEGER NOT NULL,               -- 0: a later attempt at the same test passed
    reason_key INTEGER NOT NULL REFERENCES reason (reason_key),
    evidence_key INTEGER NOT NULL REFERENCES evidence (evidence_key),
    PRIMARY KEY (run_key, number)
) WITHOUT ROWID;
INSERT INTO "failure" VALUES(1,0,2,'test','call',1,3,1,1,1);
INSERT INTO "failure" VALUES(1,1,3,'test','call',1,3,1,1,2);
CREATE TABLE gate_result (
    -- One condition of a phase of a judgement.
    judgement_key INTEGER NOT NULL REFERENCES judgement (judgement_key),
    phase_number INTEGER NOT NULL,
    number INTEGER NOT NULL,              -- in the order of the configuration
    condition TEXT NOT NULL,
    state TEXT NOT NULL,
    measured DOUBLE PRECISION,            -- in the unit; NULL where it was not
    wanted TEXT NOT NULL,
    unit TEXT NOT NULL,                   -- count, ratio, seconds, number, flag, status
    items TEXT NOT NULL,                  -- JSON list of objects with name, value and note
    more INTEGER NOT NULL,                -- items that were left out
    sample INTEGER,                       -- over how many things it was measured
    severity TEXT NOT NULL,               -- fail, warn
    owner TEXT NOT NULL,
    why TEXT NOT NULL,
    command TEXT NOT NULL,
    raw TEXT NOT NULL,                    -- path of what a measuring command printed
    PRIMARY KEY (judgement_key, phase_number, number)
) WITHOUT ROWID;
INSERT INTO "gate_result" VALUES(1,0,0,'tests.pass_rate >= 90%','failed',3.33333333333333314829e-01,'>= 90%','ratio','[{"name": "tests/test_a.py::test_b", "value": null, "note": "ValueError"}]',1,3,'fail','team','','python -m pytest tests/test_a.py','');
CREATE TABLE judgement (
    -- What was judged of a run at one time. Its log stands for itself: that of its run may come later, or never.
    judgement_key INTEGER PRIMARY KEY,
    judgement_id TEXT NOT NULL UNIQUE,
    run_id TEXT NOT NULL,                 -- '' where the run is not recorded, as one read from JUnit XML
    judged_at TEXT NOT NULL,              -- ISO 8601, UTC
    judge TEXT NOT NULL,                  -- process, harness
    agent_key INTEGER NOT NULL REFERENCES agent (agent_key),
    state TEXT NOT NULL,                  -- passed, warned, failed, not_attempted, unavailable, invalid
    asked TEXT NOT NULL,                  -- JSON list of phases; none: all
    base TEXT NOT NULL,                   -- what the base was called
    base_commit TEXT NOT NULL,
    baseline TEXT NOT NULL,               -- id of the run that "on new" compares with
    notes TEXT NOT NULL                   -- JSON list
);
INSERT INTO "judgement" VALUES(1,'20260131T120000-00c0ffee.judgement-0000cafe','20260131T120000-00c0ffee','2026-01-31T12:02:00.000000+00:00','harness',1,'failed','["imports"]','main','ba5e','','["the base asks for less"]');
CREATE TABLE "log" (
    -- How far each log was read. A log that is deleted leaves its rows.
    host TEXT NOT NULL,                   -- whose folder it is; '' where the store lies beside its logs
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,                  -- open, ended, interrupted, refused
    position INTEGER NOT NULL,           -- bytes of complete lines that were read
    size INTEGER NOT NULL,               -- bytes it had when it was read, -1 if it was gone
    run_key INTEGER REFERENCES run (run_key),
    PRIMARY KEY (host, folder, name)
) WITHOUT ROWID;
INSERT INTO "log" VALUES('','/project/.agentgate/runs','20260131T120000-00c0ffee.jsonl','ended',2019,2019,1);
CREATE TABLE node (
    -- Node ids of tests and collectors; '' is the run itself.
    node_key INTEGER PRIMARY KEY,
    nodeid TEXT NOT NULL UNIQUE,
    file_key INTEGER NOT NULL REFERENCES text (text_key)
);
INSERT INTO "node" VALUES(1,'tests/test_a.py::test_a',2);
INSERT INTO "node" VALUES(2,'tests/test_a.py::test_b',2);
INSERT INTO "node" VALUES(3,'tests/test_a.py::test_c',2);
CREATE TABLE origin (
    -- Where warnings come from.
    origin_key INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL UNIQUE,      -- of the other columns
    category TEXT NOT NULL,
    message TEXT NOT NULL,
    path TEXT NOT NULL,
    line INTEGER NOT NULL
);
INSERT INTO "origin" VALUES(1,2890430257465861768,'DeprecationWarning','old','src/a.py',1);
CREATE TABLE phase_result (
    -- One phase of a judgement.
    judgement_key INTEGER NOT NULL REFERENCES judgement (judgement_key),
    number INTEGER NOT NULL,              -- in the order of the configuration
    phase TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL,
    notes TEXT NOT NULL,                  -- JSON list
    PRIMARY KEY (judgement_key, number)
) WITHOUT ROWID;
INSERT INTO "phase_result" VALUES(1,0,'imports','failed','','["outside of it 1 test fails"]');
CREATE TABLE property (
    -- What an attempt at a test recorded with record_property.
    run_key INTEGER NOT NULL REFERENCES run (run_key),
    node_key INTEGER NOT NULL REFERENCES node (node_key),
    worker_key INTEGER NOT NULL REFERENCES text (text_key),
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,              -- in the order in which they were recorded
    name_key INTEGER NOT NULL REFERENCES text (text_key),
    text TEXT NOT NULL,
    value DOUBLE PRECISION,               -- where the text is a number
    PRIMARY KEY (run_key, node_key, worker_key, attempt, number)
) WITHOUT ROWID;
INSERT INTO "property" VALUES(1,1,3,1,0,5,'12.5',12.5);
CREATE TABLE reason (
    -- Why something failed: the first text that each signature came with, and each other one.
    reason_key INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL UNIQUE,      -- of the other columns
    signature TEXT NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    next_action TEXT NOT NULL
);
INSERT INTO "reason" VALUES(1,-8048207347488034432,'c1:boom','validation','title of c1:boom','do something about c1:boom');
CREATE TABLE repair (
    -- A repair from its first run to its last.
    repair_key INTEGER PRIMARY KEY,
    repair_id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,             -- ISO 8601, UTC
    agent_key INTEGER NOT NULL REFERENCES agent (agent_key),
    base TEXT NOT NULL,                   -- what the base was called
    base_commit TEXT NOT NULL,
    commit_id TEXT NOT NULL,              -- that was checked out
    before_run TEXT NOT NULL,             -- ids of the runs of everything before and after; '' where there was none
    after_run TEXT NOT NULL,
    red_before INTEGER NOT NULL,          -- tests that failed or were hidden
    green_after INTEGER NOT NULL,         -- of these, that passed in the end
    left_over TEXT NOT NULL,              -- JSON list of objects: the causes that are still there, and why
    files TEXT NOT NULL,                  -- JSON list: that differ in the end
    commits TEXT NOT NULL,                -- JSON list: that were made
    seconds DOUBLE PRECISION NOT NULL,
    complete INTEGER NOT NULL,            -- 0: it was stopped, or killed
    dry INTEGER NOT NULL,                 -- 1: nothing was written
    notes TEXT NOT NULL                   -- JSON list
);
CREATE TABLE result (
    -- One attempt at one test.
    run_key INTEGER NOT NULL REFERENCES run (run_key),
    node_key INTEGER NOT NULL REFERENCES node (node_key),
    worker_key INTEGER NOT NULL REFERENCES text (text_key),
    attempt INTEGER NOT NULL,
    last INTEGER NOT NULL,                -- 1: no further attempt followed
    outcome TEXT NOT NULL,                -- passed, failed, error, skipped, xfailed, xpassed, rerun, not_run
    report_when TEXT,                     -- setup, call, teardown: where it failed, was skipped or xfailed
    reason_key INTEGER REFERENCES text (text_key),  -- of a skip, an xfail, a test that was not run
    duration DOUBLE PRECISION NOT NULL,   -- seconds, setup and call
    teardown DOUBLE PRECISION NOT NULL,   -- seconds; 0 below a millisecond
    PRIMARY KEY (run_key, node_key, worker_key, attempt)
) WITHOUT ROWID;
INSERT INTO "result" VALUES(1,1,3,1,1,'passed',NULL,NULL,0.25,0.0);
INSERT INTO "result" VALUES(1,2,3,1,1,'failed','call',NULL,0.25,0.0);
INSERT INTO "result" VALUES(1,3,3,1,1,'failed','call',NULL,0.25,0.0);
CREATE TABLE run (
    -- One test session, with the counts of its results.
    run_key INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,             -- ISO 8601, UTC
    status TEXT NOT NULL,                 -- running, completed, aborted, interrupted
    agent_key INTEGER NOT NULL REFERENCES agent (agent_key),
    task_key INTEGER NOT NULL REFERENCES text (text_key),
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
INSERT INTO "run" VALUES(1,'20260131T120000-00c0ffee','2026-01-31T12:00:00.000000+00:00','completed',1,1,'2026-01-31T12:01:00.000000+00:00',60.5,1,'c0ffee','main',1,'/project','here','3.11.7','9.2.0','linux','["pytest-xdist 3.8.0"]','["-q"]',0,0,3,1,2,0,0,0,0,0,0,0,0,1);
CREATE TABLE text (
    -- Short texts that repeat: files, workers, tasks, reasons of skips, types of exceptions.
    text_key INTEGER PRIMARY KEY,
    value TEXT NOT NULL UNIQUE
);
INSERT INTO "text" VALUES(1,'t1');
INSERT INTO "text" VALUES(2,'tests/test_a.py');
INSERT INTO "text" VALUES(3,'');
INSERT INTO "text" VALUES(4,'ValueError');
INSERT INTO "text" VALUES(5,'latency');
CREATE TABLE warning (
    -- The warnings of a run, once for each origin.
    run_key INTEGER NOT NULL REFERENCES run (run_key),
    origin_key INTEGER NOT NULL REFERENCES origin (origin_key),
    report_when TEXT NOT NULL,            -- config, collect, runtest: of the first
    node_key INTEGER NOT NULL REFERENCES node (node_key),  -- of the first
    count INTEGER NOT NULL,
    PRIMARY KEY (run_key, origin_key)
) WITHOUT ROWID;
INSERT INTO "warning" VALUES(1,1,'runtest',1,1);
CREATE INDEX run_by_time ON run (created_at, run_id);
CREATE INDEX result_not_passed ON result (node_key, outcome, run_key) WHERE outcome <> 'passed';
CREATE VIEW runs AS
-- A row for each run, with all that is known of it.
SELECT run.run_id, run.created_at, run.status, agent.agent_id, task.value AS task_id, run.ended_at, run.duration,
       run.exit_status, run.commit_id, run.branch, run.dirty, run.root, run.host, run.python, run.pytest, run.platform,
       run.plugins, run.arguments, run.workers, run.total, run.passed, run.failed, run.errors, run.skipped, run.xfailed,
       run.xpassed, run.not_run, run.deselected, run.reruns, run.collect_errors, run.warnings
FROM run
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key;
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
SELECT run_id, created_at, status, agent_id, task_id, duration AS duration_seconds, exit_status, commit_id, branch,
       dirty, workers, total, passed, failed, errors, skipped, xfailed, xpassed, not_run, deselected, reruns,
       collect_errors, warnings,
       (SELECT COUNT(*) FROM run JOIN cause ON cause.run_key = run.run_key WHERE run.run_id = runs.run_id) AS causes
FROM runs;
CREATE VIEW agent_results AS
-- A row for each run, agent and task.
SELECT run_id, agent_id, task_id, status, duration AS duration_seconds, created_at, total, passed, failed, errors,
       skipped, not_run, collect_errors
FROM runs;
CREATE INDEX judgement_of_run ON judgement (run_id, judged_at);
CREATE INDEX judgement_by_time ON judgement (judged_at, judgement_id);
CREATE VIEW properties AS
-- A row for each property of each attempt at a test; last = 1: no further attempt followed.
SELECT run.run_id, node.nodeid, file.value AS file, name.value AS name, property.text, property.value,
       worker.value AS worker_id, property.attempt, result.last, property.number, agent.agent_id,
       task.value AS task_id
FROM run
JOIN property ON property.run_key = run.run_key
JOIN result ON result.run_key = property.run_key AND result.node_key = property.node_key
    AND result.worker_key = property.worker_key AND result.attempt = property.attempt
JOIN node ON node.node_key = property.node_key
JOIN text AS file ON file.text_key = node.file_key
JOIN text AS name ON name.text_key = property.name_key
JOIN text AS worker ON worker.text_key = property.worker_key
JOIN agent ON agent.agent_key = run.agent_key
JOIN text AS task ON task.text_key = run.task_key;
CREATE VIEW judgements AS
-- A row for each judgement.
SELECT judgement.judgement_id, judgement.run_id, judgement.judged_at, judgement.judge, agent.agent_id, judgement.state,
       judgement.asked, judgement.base, judgement.base_commit, judgement.baseline, judgement.notes
FROM judgement
JOIN agent ON agent.agent_key = judgement.agent_key;
CREATE VIEW phases AS
-- A row for each phase of each judgement.
SELECT judgement.run_id, judgement.judgement_id, judgement.judged_at, judgement.judge, agent.agent_id,
       phase_result.number, phase_result.phase, phase_result.state, phase_result.why, phase_result.notes
FROM judgement
JOIN phase_result ON phase_result.judgement_key = judgement.judgement_key
JOIN agent ON agent.agent_key = judgement.agent_key;
CREATE VIEW gates AS
-- A row for each condition of each phase of each judgement.
SELECT judgement.run_id, judgement.judgement_id, judgement.judged_at, judgement.judge, agent.agent_id,
       phase_result.phase, gate_result.number, gate_result.condition, gate_result.state, gate_result.measured,
       gate_result.wanted, gate_result.unit, gate_result.items, gate_result.more, gate_result.sample,
       gate_result.severity, gate_result.owner, gate_result.why, gate_result.command, gate_result.raw
FROM judgement
JOIN phase_result ON phase_result.judgement_key = judgement.judgement_key
JOIN gate_result ON gate_result.judgement_key = phase_result.judgement_key
    AND gate_result.phase_number = phase_result.number
JOIN agent ON agent.agent_key = judgement.agent_key;
CREATE VIEW approvals AS
-- A row for each approval.
SELECT commit_id, phase, person, approved_at, reason
FROM approval;
CREATE INDEX repair_by_time ON repair (created_at, repair_id);
CREATE INDEX repair_by_run ON repair (after_run);
CREATE VIEW repairs AS
-- A row for each repair.
SELECT repair.repair_id, repair.created_at, agent.agent_id, repair.base, repair.base_commit, repair.commit_id,
       repair.before_run, repair.after_run, repair.red_before, repair.green_after, repair.left_over, repair.files,
       repair.commits, repair.seconds, repair.complete, repair.dry, repair.notes
FROM repair
JOIN agent ON agent.agent_key = repair.agent_key;
CREATE VIEW attempts AS
-- A row for each attempt of each repair.
SELECT repair.repair_id, repair.created_at, agent.agent_id, attempt.number, attempt.signature, attempt.kind,
       attempt.title, attempt.codemods, attempt.applicability, attempt.evidence, attempt.verdict, attempt.why,
       attempt.files, attempt.diff, attempt.before, attempt.after, attempt.advanced, attempt.seconds, attempt.layer,
       attempt.phase, attempt.notes, attempt.batch, attempt.also
FROM repair
JOIN attempt ON attempt.repair_key = repair.repair_key
JOIN agent ON agent.agent_key = repair.agent_key;
CREATE VIEW failing_tests AS
-- A row for each test that failed in any run, with how often; passed = 1: it passed as well, at another time.
SELECT node.nodeid, file.value AS file, failing_test.failures, failing_test.runs, failing_test.passed
FROM failing_test
JOIN node ON node.node_key = failing_test.node_key
JOIN text AS file ON file.text_key = node.file_key;
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
LEFT JOIN text AS task ON task.text_key = run.task_key;
COMMIT;
