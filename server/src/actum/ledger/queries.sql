-- Reading and checking what was recorded. Every statement begins from the org.

-- list_entries --
-- A page of an execution's entries, in order.
SELECT sequence, input_sequence, kind, entry_hash, header, payload, payload_salt
  FROM entries
 WHERE org_id = $1 AND execution_id = $2 AND sequence > $3
 ORDER BY sequence
 LIMIT $4;

-- find_chain --
-- Whose chain it is, where it ends, and everything beside it that the entries must agree with. Times are
-- compared as the entries write them: as text, so that one that no client can read is only another text.
SELECT o.log_name, e.execution_id, e.template_id, e.version, e.program_digest, e.external_id, e.metadata,
       e.lifecycle, e.state_salt, e.created_by, h.sequence, h.input_sequence, h.entry_hash, h.state,
       to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
       to_char(h.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
       to_char(w.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS due_at,
       p.canonical AS program
  FROM executions e
  JOIN orgs o ON o.org_id = e.org_id
  LEFT JOIN execution_heads h ON h.org_id = e.org_id AND h.execution_id = e.execution_id
  LEFT JOIN work w ON w.org_id = e.org_id AND w.execution_id = e.execution_id AND w.kind = 'timers'
  LEFT JOIN programs p ON p.org_id = e.org_id AND p.program_digest = e.program_digest
 WHERE e.org_id = $1 AND e.execution_id = $2;

-- list_inputs --
-- The rows that say what entered an execution, in order.
SELECT input_sequence, kind, name, source, key, fingerprint, outcome,
       to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS received_at,
       first_sequence, last_sequence, configuration
  FROM inputs
 WHERE org_id = $1 AND execution_id = $2 AND input_sequence > $3
 ORDER BY input_sequence
 LIMIT $4;

-- list_snapshots --
-- Every snapshot of an execution with the header of the entry it was taken at.
SELECT s.sequence, s.snapshot_id, s.input_sequence, s.state,
       to_char(s.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at, n.header
  FROM snapshots s
  LEFT JOIN entries n ON n.org_id = s.org_id AND n.execution_id = s.execution_id AND n.sequence = s.sequence
 WHERE s.org_id = $1 AND s.execution_id = $2 AND s.sequence > $3
 ORDER BY s.sequence
 LIMIT $4;

-- list_execution_ids --
-- A page of an org's executions, oldest first.
SELECT execution_id FROM executions
 WHERE org_id = $1 AND ($2::uuid IS NULL OR execution_id > $2)
 ORDER BY execution_id
 LIMIT $3;

-- list_strays --
-- Executions that something was recorded of but that have no row of their own: there must be none.
SELECT r.execution_id
  FROM (SELECT execution_id FROM execution_heads WHERE org_id = $1
        UNION SELECT execution_id FROM inputs WHERE org_id = $1 AND input_sequence = 1
        UNION SELECT execution_id FROM entries WHERE org_id = $1 AND sequence = 1
        UNION SELECT execution_id FROM snapshots WHERE org_id = $1) AS r
 WHERE NOT EXISTS (SELECT FROM executions e WHERE e.org_id = $1 AND e.execution_id = r.execution_id)
 LIMIT 100;

-- list_false_programs --
-- Programs of an org that are not what their digest names, whether an execution runs them or not.
SELECT program_digest FROM programs
 WHERE org_id = $1 AND program_digest IS DISTINCT FROM sha256(canonical)
 LIMIT 100;

-- list_batches --
-- A page of the order of an org's log.
SELECT first_index, size, execution_ids, from_sequences, to_sequences
  FROM batches
 WHERE org_id = $1 AND first_index >= $2
 ORDER BY first_index
 LIMIT $3;

-- find_log --
-- The name and the size of an org's log.
SELECT o.log_name, g.log_size
  FROM orgs o JOIN org_heads g ON g.org_id = o.org_id
 WHERE o.org_id = $1;

-- list_ranges --
-- The entries of several ranges, in the order of the ranges.
SELECT r.position, n.execution_id, n.sequence, n.input_sequence, n.kind, n.entry_hash, n.header, n.payload,
       n.payload_salt
  FROM unnest($2::uuid[], $3::bigint[], $4::bigint[])
       WITH ORDINALITY AS r (execution_id, from_sequence, to_sequence, position)
  JOIN entries n ON n.org_id = $1 AND n.execution_id = r.execution_id
                AND n.sequence BETWEEN r.from_sequence AND r.to_sequence
 ORDER BY r.position, n.sequence;

-- find_execution_id --
-- An execution by its id or the caller's own name for it.
SELECT execution_id FROM executions WHERE org_id = $1 AND (execution_id = $2 OR external_id = $3);
