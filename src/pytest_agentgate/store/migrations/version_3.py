"""What tests recorded, and what was judged of runs."""

SQL = """
CREATE TABLE property (
    -- What an attempt at a test recorded with record_property.
    run_key {bigint} NOT NULL REFERENCES run (run_key),
    node_key {bigint} NOT NULL REFERENCES node (node_key),
    worker_key {bigint} NOT NULL REFERENCES text (text_key),
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,              -- in the order in which they were recorded
    name_key {bigint} NOT NULL REFERENCES text (text_key),
    text TEXT NOT NULL,
    value DOUBLE PRECISION,               -- where the text is a number
    PRIMARY KEY (run_key, node_key, worker_key, attempt, number)
) {clustered};

CREATE TABLE judgement (
    -- What was judged of a run at one time. Its log stands for itself: that of its run may come later, or never.
    judgement_key {key},
    judgement_id TEXT NOT NULL UNIQUE,
    run_id TEXT NOT NULL,                 -- '' where the run is not recorded, as one read from JUnit XML
    judged_at TEXT NOT NULL,              -- ISO 8601, UTC
    judge TEXT NOT NULL,                  -- process, harness
    agent_key {bigint} NOT NULL REFERENCES agent (agent_key),
    state TEXT NOT NULL,                  -- passed, warned, failed, not_attempted, unavailable, invalid
    asked TEXT NOT NULL,                  -- JSON list of phases; none: all
    base TEXT NOT NULL,                   -- what the base was called
    base_commit TEXT NOT NULL,
    baseline TEXT NOT NULL,               -- id of the run that "on new" compares with
    notes TEXT NOT NULL                   -- JSON list
);
CREATE INDEX judgement_of_run ON judgement (run_id, judged_at);
CREATE INDEX judgement_by_time ON judgement (judged_at, judgement_id);

CREATE TABLE phase_result (
    -- One phase of a judgement.
    judgement_key {bigint} NOT NULL REFERENCES judgement (judgement_key),
    number INTEGER NOT NULL,              -- in the order of the configuration
    phase TEXT NOT NULL,
    state TEXT NOT NULL,
    why TEXT NOT NULL,
    notes TEXT NOT NULL,                  -- JSON list
    PRIMARY KEY (judgement_key, number)
) {clustered};

CREATE TABLE gate_result (
    -- One condition of a phase of a judgement.
    judgement_key {bigint} NOT NULL REFERENCES judgement (judgement_key),
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
) {clustered};

CREATE TABLE approval (
    -- A person's word that a phase is done, for one commit.
    commit_id TEXT NOT NULL,
    phase TEXT NOT NULL,
    person TEXT NOT NULL,
    approved_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (commit_id, phase, person, approved_at)
) {clustered};

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
FROM approval
"""
