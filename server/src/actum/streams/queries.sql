-- Reading the ledger by cursor: what comes next, and no more of it than a stream may hold. Every statement
-- begins from the org.

-- list_next_entries --
-- An execution as it stands, with its next entries: at most so many, and at most so many bytes beyond the
-- first. One row without an entry when there is nothing new; none when there is no such execution. All of it
-- is from one point in time, so that an end is never told before everything else was.
SELECT e.lifecycle, h.sequence AS head_sequence, n.sequence, n.input_sequence, n.kind, n.entry_hash, n.header,
       n.payload, n.payload_salt
  FROM executions e
  JOIN execution_heads h ON h.org_id = e.org_id AND h.execution_id = e.execution_id
  LEFT JOIN LATERAL (
        SELECT p.*, row_number() OVER places AS place,
               sum(octet_length(p.header) + coalesce(octet_length(p.payload), 0)) OVER places AS bytes
          FROM (SELECT sequence, input_sequence, kind, entry_hash, header, payload, payload_salt
                  FROM entries
                 WHERE org_id = $1 AND execution_id = $2 AND sequence > $3
                 ORDER BY sequence
                 LIMIT $4) p
        WINDOW places AS (ORDER BY p.sequence ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
       ) n ON n.bytes <= $5 OR n.place = 1
 WHERE e.org_id = $1 AND e.execution_id = $2
 ORDER BY n.sequence;

-- list_next_batches --
-- The batches that hold the next entries of an org's log, from the one that holds an index on.
SELECT first_index, size, execution_ids, from_sequences, to_sequences
  FROM batches
 WHERE org_id = $1
   AND first_index >= (SELECT max(first_index) FROM batches WHERE org_id = $1 AND first_index <= $2)
   AND first_index < $2 + $3
 ORDER BY first_index;

-- list_ranges_within --
-- The entries of several ranges, in the order of the ranges, at most so many bytes beyond the first.
SELECT n.*
  FROM (SELECT p.execution_id, p.sequence, p.input_sequence, p.kind, p.entry_hash, p.header, p.payload,
               p.payload_salt, row_number() OVER places AS place,
               sum(octet_length(p.header) + coalesce(octet_length(p.payload), 0)) OVER places AS bytes
          FROM (SELECT r.position, x.*
                  FROM unnest($2::uuid[], $3::bigint[], $4::bigint[])
                       WITH ORDINALITY AS r (execution_id, from_sequence, to_sequence, position)
                  JOIN entries x ON x.org_id = $1 AND x.execution_id = r.execution_id
                                AND x.sequence BETWEEN r.from_sequence AND r.to_sequence) p
        WINDOW places AS (ORDER BY p.position, p.sequence
                          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) n
 WHERE n.bytes <= $5 OR n.place = 1
 ORDER BY n.place;
