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
 WHERE t.org_id = $1 AND (t.template_id = $2 OR t.name = $3)
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
-- Events that a paused execution holds, in the order they came.
SELECT i.input_sequence, i.name, i.received_at, n.payload
  FROM inputs i
  JOIN entries n ON n.org_id = i.org_id AND n.execution_id = i.execution_id AND n.sequence = i.first_sequence
 WHERE i.org_id = $1 AND i.execution_id = $2 AND i.input_sequence BETWEEN $3 AND $4
 ORDER BY i.input_sequence;

-- write_batch --
-- Everything that one batch records, in one statement. The heads move by compare-and-set, so `moved` must be
-- the number of executions; each org's log grows by what was appended, last and in the order of orgs, so that
-- indexes follow the order of commits. Returns where each org's log now ends. Columns come as array literals
-- in text (see `arrays.py`); inputs and entries name their execution by its place among the heads.
WITH heads AS MATERIALIZED (
    SELECT * FROM unnest($1::text::uuid[], $2::text::uuid[], $3::text::bigint[], $4::text::text[],
                         $5::text::bigint[], $6::text::bigint[], $7::text::text[], $8::text::timestamptz[],
                         $9::text::text[]) WITH ORDINALITY
        AS n (org_id, execution_id, old_sequence, old_hash, sequence, input_sequence, entry_hash, recorded_at,
              state, place)
), moved AS (
    UPDATE execution_heads h
       SET sequence = n.sequence, input_sequence = n.input_sequence, entry_hash = decode(n.entry_hash, 'hex'),
           recorded_at = n.recorded_at, state = convert_to(n.state, 'UTF8')
      FROM heads n
     WHERE h.org_id = n.org_id AND h.execution_id = n.execution_id
       AND h.sequence = n.old_sequence AND h.entry_hash = decode(n.old_hash, 'hex')
    RETURNING 1
), received AS (
    INSERT INTO inputs (org_id, execution_id, input_sequence, kind, name, source, key, fingerprint, outcome,
                        received_at, first_sequence, last_sequence, configuration)
    SELECT h.org_id, h.execution_id, n.input_sequence, n.kind, n.name, n.source, n.key,
           decode(n.fingerprint, 'hex'), n.outcome, n.received_at, n.first_sequence, n.last_sequence,
           n.configuration
      FROM unnest($10::text::bigint[], $11::text::bigint[], $12::text::text[], $13::text::text[],
                  $14::text::text[], $15::text::text[], $16::text::text[], $17::text::text[],
                  $18::text::timestamptz[], $19::text::bigint[], $20::text::bigint[], $21::text::text[])
        AS n (place, input_sequence, kind, name, source, key, fingerprint, outcome, received_at,
              first_sequence, last_sequence, configuration)
      JOIN heads h USING (place)
), written AS (
    INSERT INTO entries (org_id, execution_id, sequence, input_sequence, kind, entry_hash, header, payload,
                         payload_salt)
    SELECT h.org_id, h.execution_id, n.sequence, n.input_sequence, n.kind, decode(n.entry_hash, 'hex'),
           convert_to(n.header, 'UTF8'), convert_to(n.payload, 'UTF8'), decode(n.payload_salt, 'hex')
      FROM unnest($22::text::bigint[], $23::text::bigint[], $24::text::bigint[], $25::text::text[],
                  $26::text::text[], $27::text::text[], $28::text::text[], $29::text::text[])
        AS n (place, sequence, input_sequence, kind, entry_hash, header, payload, payload_salt)
      JOIN heads h USING (place)
), appended AS (
    SELECT org_id, sum(sequence - old_sequence)::bigint AS size,
           array_agg(execution_id ORDER BY place) AS execution_ids,
           array_agg(old_sequence + 1 ORDER BY place) AS from_sequences,
           array_agg(sequence ORDER BY place) AS to_sequences
      FROM heads
     GROUP BY org_id
), ordered AS (
    SELECT g.org_id FROM org_heads g JOIN appended USING (org_id) ORDER BY g.org_id FOR NO KEY UPDATE OF g
), grown AS (
    UPDATE org_heads g SET log_size = g.log_size + a.size
      FROM appended a JOIN ordered o USING (org_id)
     WHERE g.org_id = a.org_id
    RETURNING g.org_id, g.log_size - a.size AS first_index, a.size, a.execution_ids, a.from_sequences, a.to_sequences
), batched AS (
    INSERT INTO batches (org_id, first_index, size, execution_ids, from_sequences, to_sequences)
    SELECT * FROM grown
)
SELECT org_id, first_index + size - 1 AS last_index, (SELECT count(*) FROM moved) AS moved FROM grown;

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

-- list_entries_of_kind --
-- A page of an execution's entries of one kind, in order.
SELECT sequence, input_sequence, kind, entry_hash, header, payload, payload_salt
  FROM entries
 WHERE org_id = $1 AND execution_id = $2 AND sequence > $3 AND kind = $4
 ORDER BY sequence
 LIMIT $5;

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
