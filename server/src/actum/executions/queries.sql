-- Executions, their heads, inputs, entries and snapshots. Every statement begins from the org.

-- insert_execution --
-- A new execution; an external id that the org has used already inserts nothing.
INSERT INTO executions (org_id, execution_id, template_id, version, program_digest, external_id, metadata,
                        lifecycle, state_salt, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'created', $8, $9, $10)
ON CONFLICT (org_id, external_id) WHERE external_id IS NOT NULL DO NOTHING
RETURNING execution_id;

-- find_version --
-- A published version of a template, named by the template's id or name; the latest unless one is asked for.
SELECT t.template_id, t.name, v.version, v.program_digest
  FROM templates t
  JOIN template_versions v ON v.org_id = t.org_id AND v.template_id = t.template_id
 WHERE t.org_id = $1 AND t.kind = 'template' AND (t.template_id = $2 OR t.name = $3)
   AND v.version = coalesce($4::int, t.latest_version);

-- find_by_external_id --
-- The execution that has an external id, with what it was created from.
SELECT e.execution_id, n.payload
  FROM executions e
  JOIN entries n ON n.org_id = e.org_id AND n.execution_id = e.execution_id AND n.sequence = 1
 WHERE e.org_id = $1 AND e.external_id = $2;

-- find_now --
-- The database's clock, in the ledger's form of time.
SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- insert_head --
-- The head of a new execution, before the first entry moves it.
INSERT INTO execution_heads (org_id, execution_id, sequence, input_sequence, entry_hash, recorded_at, state)
VALUES ($1, $2, 0, 0, $3, $4, $5);

-- lock_heads --
-- The heads of a batch's executions, held until the transaction ends: no two inputs of one execution are
-- ever stepped at the same time. Ordered, so that two batches cannot wait for each other. The state comes
-- along only where the caller's copy, named by its head's hash, is not the latest.
SELECT h.org_id, h.execution_id, h.sequence, h.entry_hash,
       to_char(h.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
       CASE WHEN h.entry_hash = c.known_hash THEN NULL ELSE h.state END AS state,
       to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now
  FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS c (org_id, execution_id, known_hash)
  JOIN execution_heads h ON h.org_id = c.org_id AND h.execution_id = c.execution_id
 ORDER BY h.org_id, h.execution_id
   FOR NO KEY UPDATE OF h;

-- find_subjects --
-- What stays the same through an execution.
SELECT e.execution_id, e.program_digest, e.state_salt, o.log_name
  FROM unnest($1::uuid[], $2::uuid[]) AS c (org_id, execution_id)
  JOIN executions e ON e.org_id = c.org_id AND e.execution_id = c.execution_id
  JOIN orgs o ON o.org_id = e.org_id;

-- find_inputs --
-- The inputs that already entered under these keys, with what is needed to give their first answer again.
SELECT i.execution_id, i.source, i.key, i.fingerprint, i.kind, i.input_sequence, i.outcome, i.first_sequence,
       i.last_sequence, i.configuration,
       to_char(i.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS received_at, n.entry_hash,
       CASE WHEN i.outcome = 'failed' THEN n.payload END AS failure
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS c (org_id, execution_id, source, key)
  JOIN inputs i ON i.org_id = c.org_id AND i.execution_id = c.execution_id
               AND i.source = c.source AND i.key = c.key
  JOIN entries n ON n.org_id = i.org_id AND n.execution_id = i.execution_id AND n.sequence = i.last_sequence;

-- list_held --
-- Events and outcomes that a paused execution holds, in the order they came.
SELECT to_char(i.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS received_at,
       n.sequence, n.input_sequence, n.kind, n.entry_hash, n.header, n.payload, n.payload_salt
  FROM inputs i
  JOIN entries n ON n.org_id = i.org_id AND n.execution_id = i.execution_id AND n.sequence = i.first_sequence
 WHERE i.org_id = $1 AND i.execution_id = $2 AND i.input_sequence BETWEEN $3 AND $4
 ORDER BY i.input_sequence;

-- write_batch --
-- Everything that one batch records, in one call: see the function in the migrations. Begins from the orgs in
-- its first argument (org_id by org_id); returns where each org's log now ends, and the database's clock.
SELECT org_id, last_index, now FROM write_batch(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
    $22, $23, $24, $25, $26, $27, $28, $29, $30
);

-- write_batch_and_timers --
-- As write_batch, and when the executions' timers are next due: for batches that set or drop any. Begins from the
-- orgs in its first argument (org_id by org_id).
WITH written AS MATERIALIZED (
    SELECT org_id, last_index, now FROM write_batch(
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
        $22, $23, $24, $25, $26, $27, $28, $29, $30
    )
),
-- Once, after all of that, however many orgs it returns.
timers AS MATERIALIZED (
    SELECT set_timers($31, $32, $33, $34) FROM (SELECT count(*) FROM written) AS done
)
SELECT w.org_id, w.last_index, w.now FROM written w, timers;

-- save_lifecycles --
-- The lifecycle of executions that changed theirs, for lists; the head's state is what counts.
UPDATE executions e SET lifecycle = n.lifecycle
  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS n (org_id, execution_id, lifecycle)
 WHERE e.org_id = n.org_id AND e.execution_id = n.execution_id;

-- insert_snapshots --
-- States stored so that a replay need not begin at the start; the same place is stored once.
INSERT INTO snapshots (org_id, execution_id, sequence, snapshot_id, input_sequence, state, created_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::bigint[], $6::bytea[], $7::timestamptz[])
ON CONFLICT (org_id, execution_id, sequence) DO NOTHING;

-- find_execution --
-- One execution with where it stands; by its id, or by the caller's own name for it.
SELECT e.execution_id, e.template_id, t.name AS template_name, e.version, e.program_digest, e.external_id,
       e.metadata, e.lifecycle, e.created_at, e.created_by, e.state_salt, o.log_name,
       h.sequence, h.input_sequence, h.entry_hash, h.recorded_at, h.state
  FROM executions e
  JOIN orgs o ON o.org_id = e.org_id
  JOIN templates t ON t.org_id = e.org_id AND t.template_id = e.template_id
  JOIN execution_heads h ON h.org_id = e.org_id AND h.execution_id = e.execution_id
 WHERE e.org_id = $1 AND (e.execution_id = $2 OR e.external_id = $3);

-- find_log_name --
-- The name of the org's log.
SELECT log_name FROM orgs WHERE org_id = $1;

-- list_executions --
-- A page of an org's executions, latest first (ids sort by time), optionally of one template or lifecycle.
SELECT e.execution_id, e.template_id, t.name AS template_name, e.version, e.program_digest, e.external_id,
       e.metadata, e.lifecycle, e.created_at, e.created_by,
       h.sequence, h.input_sequence, h.entry_hash, h.recorded_at, h.state
  FROM executions e
  JOIN templates t ON t.org_id = e.org_id AND t.template_id = e.template_id
  JOIN execution_heads h ON h.org_id = e.org_id AND h.execution_id = e.execution_id
 WHERE e.org_id = $1
   AND ($2::uuid IS NULL OR e.execution_id < $2)
   AND ($3::uuid IS NULL OR e.template_id = $3)
   AND ($4::text IS NULL OR e.lifecycle = $4)
 ORDER BY e.execution_id DESC
 LIMIT $5;

-- list_inputs --
-- A page of what entered an execution, in order.
SELECT i.input_sequence, i.kind, i.name, i.source, i.key, i.outcome, i.received_at, i.first_sequence,
       i.last_sequence, i.configuration, n.payload, l.entry_hash
  FROM inputs i
  JOIN entries n ON n.org_id = i.org_id AND n.execution_id = i.execution_id AND n.sequence = i.first_sequence
  JOIN entries l ON l.org_id = i.org_id AND l.execution_id = i.execution_id AND l.sequence = i.last_sequence
 WHERE i.org_id = $1 AND i.execution_id = $2 AND i.input_sequence > $3
   AND ($4::text IS NULL OR i.kind = $4)
 ORDER BY i.input_sequence
 LIMIT $5;

-- find_inputs_by_sequence --
-- Inputs by their places in the execution, in order.
SELECT i.input_sequence, i.kind, i.name, i.source, i.key,
       to_char(i.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS received_at
  FROM inputs i
 WHERE i.org_id = $1 AND i.execution_id = $2 AND i.input_sequence = ANY ($3::bigint[])
 ORDER BY i.input_sequence;

-- list_entries_of_kind --
-- A page of an execution's entries of one kind, in order.
SELECT sequence, input_sequence, kind, entry_hash, header, payload, payload_salt
  FROM entries
 WHERE org_id = $1 AND execution_id = $2 AND sequence > $3 AND kind = $4
 ORDER BY sequence
 LIMIT $5;

-- list_entries_of_flow --
-- As list_entries_of_kind, for the kinds that have an index of their own, which only finds them if it is told so.
SELECT sequence, input_sequence, kind, entry_hash, header, payload, payload_salt
  FROM entries
 WHERE org_id = $1 AND execution_id = $2 AND sequence > $3 AND kind = $4
   AND kind IN ('token', 'dropped', 'requested')
 ORDER BY sequence
 LIMIT $5;

-- find_completion --
-- Where an execution was completed, if that was after a sequence and not after another.
SELECT sequence FROM entries
 WHERE org_id = $1 AND execution_id = $2 AND sequence > $3 AND sequence <= $4 AND kind = 'completed'
 LIMIT 1;

-- list_snapshots --
-- A page of an execution's snapshots, latest first.
SELECT snapshot_id, sequence, input_sequence, octet_length(state) AS size, created_at
  FROM snapshots
 WHERE org_id = $1 AND execution_id = $2 AND ($3::bigint IS NULL OR sequence < $3)
 ORDER BY sequence DESC
 LIMIT $4;

-- find_snapshot --
-- One snapshot with its state.
SELECT snapshot_id, sequence, input_sequence, state, created_at
  FROM snapshots
 WHERE org_id = $1 AND execution_id = $2 AND snapshot_id = $3;

-- list_recorded --
-- What a replay reads: the entries after a sequence up to another, each with the input it belongs to.
SELECT sequence, input_sequence, kind, entry_hash, header, payload, payload_salt
  FROM entries
 WHERE org_id = $1 AND execution_id = $2 AND sequence > $3 AND sequence <= $4
 ORDER BY sequence
 LIMIT $5;

-- find_input_end --
-- The last entry, not after a sequence, that ends an input: the one before the next that opens one.
SELECT max(sequence) - 1 FROM entries
 WHERE org_id = $1 AND execution_id = $2 AND sequence <= $3 + 1 AND kind = ANY ($4::text[]);
