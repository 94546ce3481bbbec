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
    org_id          uuid        NOT NULL,
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

-- Everything that one batch of inputs records, in one call and so, outside a transaction block, in one round
-- trip: begin, see only these orgs, move the heads, store inputs and entries, lengthen the orgs' logs, commit.
--
-- Heads move by compare-and-set: where one is not at its old sequence and hash any more, nothing is stored and
-- AC001 is raised. Rows are locked in the order of their keys, orgs' heads last, so no two batches wait for each
-- other, and an org's indexes follow the order of commits. Columns come as array literals in text; inputs and
-- entries name their execution by its 1-based place among the heads.
CREATE FUNCTION write_batch(
    scope text,
    head_orgs text, head_executions text, old_sequences text, old_entry_hashes text, new_sequences text,
    head_input_sequences text, new_entry_hashes text, head_instants text, head_states text,
    input_places text, input_sequences text, input_kinds text, input_names text, input_sources text,
    input_keys text, input_fingerprints text, input_outcomes text, input_instants text, input_firsts text,
    input_lasts text, input_configurations text,
    entry_places text, entry_sequences text, entry_inputs text, entry_kinds text, entry_hashes text,
    entry_headers text, entry_payloads text, entry_salts text
) RETURNS TABLE (org_id uuid, last_index bigint, now text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    orgs uuid[] := head_orgs;
    executions uuid[] := head_executions;
    froms bigint[] := old_sequences;
    tos bigint[] := new_sequences;
    befores text[] := old_entry_hashes;
    inputs_so_far bigint[] := head_input_sequences;
    afters text[] := new_entry_hashes;
    instants timestamptz[] := head_instants;
    states text[] := head_states;
    moved int;
BEGIN
    PERFORM set_config('actum.orgs', scope, true);
    IF cardinality(orgs) > 1 THEN
        PERFORM 1 FROM execution_heads h
           JOIN unnest(orgs, executions) AS n (org_id, execution_id)
             ON h.org_id = n.org_id AND h.execution_id = n.execution_id
          ORDER BY h.org_id, h.execution_id
            FOR NO KEY UPDATE OF h;
        UPDATE execution_heads h
           SET sequence = n.sequence, input_sequence = n.input_sequence, entry_hash = decode(n.entry_hash, 'hex'),
               recorded_at = n.recorded_at, state = convert_to(n.state, 'UTF8')
          FROM unnest(orgs, executions, froms, befores, tos, inputs_so_far, afters, instants, states)
               AS n (org_id, execution_id, old_sequence, old_hash, sequence, input_sequence, entry_hash,
                     recorded_at, state)
         WHERE h.org_id = n.org_id AND h.execution_id = n.execution_id
           AND h.sequence = n.old_sequence AND h.entry_hash = decode(n.old_hash, 'hex');
    ELSE
        UPDATE execution_heads h
           SET sequence = tos[1], input_sequence = inputs_so_far[1], entry_hash = decode(afters[1], 'hex'),
               recorded_at = instants[1], state = convert_to(states[1], 'UTF8')
         WHERE h.org_id = orgs[1] AND h.execution_id = executions[1]
           AND h.sequence = froms[1] AND h.entry_hash = decode(befores[1], 'hex');
    END IF;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(orgs) THEN
        RAISE EXCEPTION 'a head was moved by another transaction' USING ERRCODE = 'AC001';
    END IF;

    INSERT INTO inputs (org_id, execution_id, input_sequence, kind, name, source, key, fingerprint, outcome,
                        received_at, first_sequence, last_sequence, configuration)
    SELECT orgs[n.place], executions[n.place], n.input_sequence, n.kind, n.name, n.source, n.key,
           decode(n.fingerprint, 'hex'), n.outcome, n.received_at, n.first_sequence, n.last_sequence,
           n.configuration
      FROM unnest(input_places::int[], input_sequences::bigint[], input_kinds::text[], input_names::text[],
                  input_sources::text[], input_keys::text[], input_fingerprints::text[], input_outcomes::text[],
                  input_instants::timestamptz[], input_firsts::bigint[], input_lasts::bigint[],
                  input_configurations::text[])
           AS n (place, input_sequence, kind, name, source, key, fingerprint, outcome, received_at,
                 first_sequence, last_sequence, configuration);

    INSERT INTO entries (org_id, execution_id, sequence, input_sequence, kind, entry_hash, header, payload,
                         payload_salt)
    SELECT orgs[n.place], executions[n.place], n.sequence, n.input_sequence, n.kind, decode(n.entry_hash, 'hex'),
           convert_to(n.header, 'UTF8'), convert_to(n.payload, 'UTF8'), decode(n.payload_salt, 'hex')
      FROM unnest(entry_places::int[], entry_sequences::bigint[], entry_inputs::bigint[], entry_kinds::text[],
                  entry_hashes::text[], entry_headers::text[], entry_payloads::text[], entry_salts::text[])
           AS n (place, sequence, input_sequence, kind, entry_hash, header, payload, payload_salt);

    IF cardinality(orgs) = 1 THEN
        UPDATE org_heads g SET log_size = g.log_size + tos[1] - froms[1]
         WHERE g.org_id = orgs[1]
        RETURNING g.org_id, g.log_size - 1 INTO org_id, last_index;
        INSERT INTO batches (org_id, first_index, size, execution_ids, from_sequences, to_sequences)
        VALUES (orgs[1], last_index + 1 - (tos[1] - froms[1]), tos[1] - froms[1], executions,
                ARRAY[froms[1] + 1], tos);
        now := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
    WITH appended AS (
        SELECT n.org_id, sum(n.sequence - n.old_sequence)::bigint AS size,
               array_agg(n.execution_id ORDER BY n.place) AS execution_ids,
               array_agg(n.old_sequence + 1 ORDER BY n.place) AS from_sequences,
               array_agg(n.sequence ORDER BY n.place) AS to_sequences
          FROM unnest(orgs, executions, froms, tos) WITH ORDINALITY
               AS n (org_id, execution_id, old_sequence, sequence, place)
         GROUP BY n.org_id
    ), ordered AS (
        SELECT g.org_id FROM org_heads g JOIN appended USING (org_id) ORDER BY g.org_id FOR NO KEY UPDATE OF g
    ), grown AS (
        UPDATE org_heads g SET log_size = g.log_size + a.size
          FROM appended a JOIN ordered o USING (org_id)
         WHERE g.org_id = a.org_id
        RETURNING g.org_id, g.log_size - a.size AS first_index, a.size, a.execution_ids, a.from_sequences,
                  a.to_sequences
    ), batched AS (
        INSERT INTO batches (org_id, first_index, size, execution_ids, from_sequences, to_sequences)
        SELECT * FROM grown
    )
    SELECT g.org_id, g.first_index + g.size - 1,
           to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      FROM grown g;
END
$$;
REVOKE ALL ON FUNCTION write_batch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION write_batch TO actum_app;
