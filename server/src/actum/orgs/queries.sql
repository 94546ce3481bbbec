-- insert_org --
-- A new org; a slug that another org has is refused by the index orgs_slug.
INSERT INTO orgs (org_id, slug, name, created_at, log_name)
VALUES ($1, $2, $3, $4, $5);

-- insert_org_head --
-- The org's log begins empty.
INSERT INTO org_heads (org_id, log_size) VALUES ($1, 0);

-- find_org --
-- One org, by its id.
SELECT org_id, slug, name, created_at, log_name
  FROM orgs
 WHERE org_id = $1;

-- rename_org --
-- The org under its new name; its slug never changes.
UPDATE orgs SET name = $2
 WHERE org_id = $1
RETURNING org_id, slug, name, created_at, log_name;

-- insert_token --
-- A new access token; only the digest of its text is kept.
INSERT INTO access_tokens (org_id, token_id, token_digest, display, name, role, scopes, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- find_token --
-- One token of the org; a caller without tokens:manage ($3) sees itself and what it made.
SELECT org_id, token_id, display, name, role, scopes, created_at, created_by, expires_at, last_used_at, revoked_at
  FROM access_tokens
 WHERE org_id = $1 AND token_id = $2
   AND ($3::text IS NULL OR created_by = $3 OR token_id = $4);

-- list_tokens --
-- One page of the org's tokens, latest first; a caller without tokens:manage ($2) sees itself and what it made.
SELECT org_id, token_id, display, name, role, scopes, created_at, created_by, expires_at, last_used_at, revoked_at
  FROM access_tokens
 WHERE org_id = $1
   AND ($2::text IS NULL OR created_by = $2 OR token_id = $3)
   AND ($4::uuid IS NULL OR token_id < $4)
 ORDER BY token_id DESC
 LIMIT $5;

-- revoke_token --
-- The token is revoked; a second revocation keeps the first one's time.
UPDATE access_tokens SET revoked_at = $3
 WHERE org_id = $1 AND token_id = $2 AND revoked_at IS NULL;

-- find_token_by_digest --
-- The one question that is asked before the org is known: whose token has this digest?
SELECT org_id, token_id, role, scopes, expires_at, revoked_at, last_used_at
  FROM find_access_token($1);

-- save_token_uses --
-- Last uses of many tokens at once; a later use that another process saved already stays.
UPDATE access_tokens AS t SET last_used_at = u.used_at
  FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS u (org_id, token_id, used_at)
 WHERE t.org_id = u.org_id AND t.token_id = u.token_id
   AND (t.last_used_at IS NULL OR t.last_used_at < u.used_at);
