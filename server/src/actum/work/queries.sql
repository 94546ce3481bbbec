-- Work that is due at a time.

-- claim_work --
-- What is due in any org, claimed for this process for a number of seconds; the function may see nothing else.
SELECT org_id, execution_id, kind, due_at FROM claim_work($1, $2);

-- find_work_wait --
-- Seconds until work is due that nobody has claimed; NULL when there is none. The function may see nothing else.
SELECT find_work_wait();

-- release_work --
-- Let go of claims of these executions, which turned out not to be due or could not be done now. A row that somebody
-- else holds is being set anew or claimed: nothing here waits, so nothing can wait for this in turn.
WITH found AS MATERIALIZED (
    SELECT w.org_id, w.execution_id, w.kind
      FROM unnest($1::uuid[], $2::uuid[]) AS n (org_id, execution_id)
      JOIN work w ON w.org_id = n.org_id AND w.execution_id = n.execution_id
       FOR UPDATE OF w SKIP LOCKED
)
UPDATE work w SET claimed_until = NULL
  FROM found f
 WHERE w.org_id = f.org_id AND w.execution_id = f.execution_id AND w.kind = f.kind;

-- forget_idempotency_keys --
-- Remove keys older than so many seconds, in any org and at most so many; the function may do nothing else.
SELECT forget_idempotency_keys($1, $2);
