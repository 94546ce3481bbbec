-- Executions, what entered them, and what they recorded.

CREATE TABLE executions (
    org_id          uuid        NOT NULL REFERENCES orgs,
    execution_id    uuid        NOT NULL,
    template_id     uuid        NOT NULL,
    version         int         NOT NULL,
    program_digest  bytea       NOT NULL,
    -- The caller's own name for the execution, unique in the org while it is set.
    external_id     text        CHECK (length(external_id) BETWEEN 1 AND 255),
    -- Canonical JSON object of the caller's, at most 50 members.
    metadata        bytea       NOT NULL,
    -- created   -> running (start), cancelled (cancel)
    -- running   -> paused (pause), completed (a final state), failed (its start failed), cancelled (cancel)
    -- paused    -> running (resume), cancelled (cancel)
    -- completed, failed, cancelled: nothing more
    lifecycle       text        NOT NULL
        CHECK (lifecycle IN ('created', 'running', 'paused', 'completed', 'failed', 'cancelled')),
    -- Key of the state commitments (HMAC-SHA256): without it a commitment tells nothing about a guessed state.
    state_salt      bytea       NOT NULL CHECK (octet_length(state_salt) = 32),
    created_at      timestamptz NOT NULL,
    created_by      text        NOT NULL,
    PRIMARY KEY (org_id, execution_id),
    FOREIGN KEY (org_id, template_id, version) REFERENCES template_versions
);
-- An external id names one execution of an org, for ever.
CREATE UNIQUE INDEX executions_external_id ON executions (org_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX executions_by_lifecycle ON executions (org_id, lifecycle, execution_id);
CREATE INDEX executions_by_template ON executions (org_id, template_id, execution_id);

-- The only row of an execution that every input changes, and the row that is locked while it is stepped.
CREATE TABLE execution_heads (
    org_id          uuid        NOT NULL,
    execution_id    uuid        NOT NULL,
    -- Entries and inputs so far; nought only inside the transaction that creates the execution.
    sequence        bigint      NOT NULL CHECK (sequence >= 0),
    input_sequence  bigint      NOT NULL CHECK (input_sequence >= 0),
    entry_hash      bytea       NOT NULL CHECK (octet_length(entry_hash) = 32),
    recorded_at     timestamptz NOT NULL,
    -- Canonical JSON of lifecycle, held events and engine state.
    state           bytea       NOT NULL,
    PRIMARY KEY (org_id, execution_id),
    FOREIGN KEY (org_id, execution_id) REFERENCES executions
) WITH (fillfactor = 50);

CREATE TABLE inputs (
    org_id          uuid        NOT NULL,
    execution_id    uuid        NOT NULL,
    input_sequence  bigint      NOT NULL CHECK (input_sequence >= 1),
    kind            text        NOT NULL CHECK (kind IN ('start', 'event', 'command')),
    name            text        NOT NULL,
    -- Who sent it and its name there: the idempotency key.
    source          text        NOT NULL,
    key             text        NOT NULL,
    -- SHA-256 of what the key was used with.
    fingerprint     bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- applied: the state may have moved. failed: refused by a bound, the state did not move.
    -- held: recorded while paused, applied on resume.
    outcome         text        NOT NULL CHECK (outcome IN ('applied', 'failed', 'held')),
    received_at     timestamptz NOT NULL,
    -- The entries it wrote when it came in: sequence of the first and of the last.
    first_sequence  bigint      NOT NULL,
    last_sequence   bigint      NOT NULL CHECK (last_sequence >= first_sequence),
    -- Canonical JSON array of the active states after it: part of its first answer.
    configuration   text        NOT NULL,
    PRIMARY KEY (org_id, execution_id, input_sequence)
);
-- One key enters one execution once, for the execution's whole life.
CREATE UNIQUE INDEX inputs_key ON inputs (org_id, execution_id, source, key);

CREATE TABLE entries (
    org_id          uuid        NOT NULL,
    execution_id    uuid        NOT NULL,
    sequence        bigint      NOT NULL CHECK (sequence >= 1),
    input_sequence  bigint      NOT NULL,
    kind            text        NOT NULL,
    entry_hash      bytea       NOT NULL,
    -- Canonical JSON. It names the previous entry's hash, the payload's and the state's commitment.
    header          bytea       NOT NULL CHECK (entry_hash = sha256('\x00'::bytea || header)),
    -- Canonical JSON and the key of its commitment; beside the header, so that both can be erased.
    payload         bytea,
    payload_salt    bytea,
    PRIMARY KEY (org_id, execution_id, sequence)
);

-- The order of an org's log, one row for each transaction that appended to it. Entry number
-- first_index + k is the k-th when the ranges are read from left to right.
CREATE TABLE batches (
    org_id          uuid        NOT NULL REFERENCES orgs,
    first_index     bigint      NOT NULL CHECK (first_index >= 0),
    size            bigint      NOT NULL CHECK (size >= 1),
    execution_ids   uuid[]      NOT NULL,
    from_sequences  bigint[]    NOT NULL,
    to_sequences    bigint[]    NOT NULL,
    PRIMARY KEY (org_id, first_index),
    CHECK (cardinality(execution_ids) = cardinality(from_sequences)
       AND cardinality(execution_ids) = cardinality(to_sequences))
);

-- Stored states: a cache, safe to delete.
CREATE TABLE snapshots (
    org_id          uuid        NOT NULL,
    execution_id    uuid        NOT NULL,
    sequence        bigint      NOT NULL,
    -- Derived from the execution and the sequence: the same place has the same name.
    snapshot_id     uuid        NOT NULL,
    input_sequence  bigint      NOT NULL,
    state           bytea       NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (org_id, execution_id, sequence),
    FOREIGN KEY (org_id, execution_id) REFERENCES executions
);
CREATE UNIQUE INDEX snapshots_id ON snapshots (org_id, snapshot_id);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['executions', 'execution_heads', 'inputs', 'entries', 'batches', 'snapshots'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY %I ON %I TO actum_app USING (org_id = ANY ((SELECT actum_orgs())::uuid[]))',
                       name || '_of_caller', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['inputs', 'entries', 'batches'] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON %I TO actum_app', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION refuse_change()', name || '_are_final', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name || '_are_kept', name);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_are_final');
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, name || '_are_kept');
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE (lifecycle) ON executions TO actum_app;
GRANT SELECT, INSERT, UPDATE (sequence, input_sequence, entry_hash, recorded_at, state) ON execution_heads TO actum_app;
GRANT SELECT, INSERT, DELETE ON snapshots TO actum_app;
