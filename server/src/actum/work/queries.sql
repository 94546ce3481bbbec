-- Work that is due at a time.

-- claim_work --
-- What is due in any org, claimed for this process for a number of seconds; the function may see nothing else.
SELECT org_id, execution_id, kind, due_at FROM claim_work($1, $2);

-- find_work_wait --
-- Seconds until work is due that nobody has claimed; NULL when there is none. The function may see nothing else.
SELECT find_work_wait();

-- release_work --
-- Let go of claims of these executions, which turned out not to be due or could not be done now.
UPDATE work w SET claimed_until = NULL
  FROM unnest($1::uuid[], $2::uuid[]) AS n (org_id, execution_id)
 WHERE w.org_id = n.org_id AND w.execution_id = n.execution_id;

-- forget_idempotency_keys --
-- Remove keys older than so many seconds, in any org and at most so many; the function may do nothing else.
SELECT forget_idempotency_keys($1, $2);
