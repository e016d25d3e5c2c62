"""What was repaired, and what was tried for each cause."""

SQL = """
CREATE TABLE repair (
    -- A repair from its first run to its last.
    repair_key {key},
    repair_id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,             -- ISO 8601, UTC
    agent_key {bigint} NOT NULL REFERENCES agent (agent_key),
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
CREATE INDEX repair_by_time ON repair (created_at, repair_id);
CREATE INDEX repair_by_run ON repair (after_run);

CREATE TABLE attempt (
    -- One remedy applied for one cause, and the rerun that judged it.
    repair_key {bigint} NOT NULL REFERENCES repair (repair_key),
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
) {clustered};

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
JOIN agent ON agent.agent_key = repair.agent_key
"""
