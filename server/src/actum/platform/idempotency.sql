-- claim_idempotency_key --
-- The key is ours until the transaction ends; whoever sends it meanwhile waits here. No row when it was used before.
INSERT INTO idempotency_keys (org_id, route, key, fingerprint, status, body)
VALUES ($1, $2, $3, $4, 0, '')
    ON CONFLICT (org_id, route, key) DO NOTHING
RETURNING key;

-- find_idempotency_key --
-- The first answer that was given under a key.
SELECT fingerprint, status, body
  FROM idempotency_keys
 WHERE org_id = $1 AND route = $2 AND key = $3;

-- save_idempotency_answer --
-- Puts the answer in the place of the claim. First answers are never updated, so the role has no right to;
-- the claim is taken out and the answer put in, in one statement.
WITH claim AS (
    DELETE FROM idempotency_keys
     WHERE org_id = $1 AND route = $2 AND key = $3 AND status = 0
 RETURNING org_id, route, key, fingerprint, created_at
)
INSERT INTO idempotency_keys (org_id, route, key, fingerprint, status, body, created_at)
SELECT org_id, route, key, fingerprint, $4, $5, created_at
  FROM claim;
