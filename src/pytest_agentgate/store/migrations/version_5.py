"""Logs of several machines in one store."""

SQL = """
CREATE TABLE log_of_host (
    -- How far each log was read. A log that is deleted leaves its rows.
    host TEXT NOT NULL,                   -- whose folder it is; '' where the store lies beside its logs
    folder TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,                  -- open, ended, interrupted, refused
    position {bigint} NOT NULL,           -- bytes of complete lines that were read
    size {bigint} NOT NULL,               -- bytes it had when it was read, -1 if it was gone
    run_key {bigint} REFERENCES run (run_key),
    PRIMARY KEY (host, folder, name)
) {clustered};

INSERT INTO log_of_host (host, folder, name, state, position, size, run_key)
SELECT '', folder, name, state, position, size, run_key FROM log;

DROP TABLE log;

ALTER TABLE log_of_host RENAME TO log
"""
