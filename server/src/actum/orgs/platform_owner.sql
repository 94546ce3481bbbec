-- What the platform's owner may ask across orgs, on the command line and never for a request. The policies
-- bind the tables' owner too (FORCE), so for these questions they are lifted, in a transaction that is rolled
-- back: nobody else ever sees the tables without them.

-- list_orgs --
-- Orgs in the order they were made, from a place on.
SELECT org_id, slug, name, created_at, log_name
  FROM orgs
 WHERE (created_at, org_id) > ($1, $2)
 ORDER BY created_at, org_id
 LIMIT $3;

-- find_org_by_slug --
-- The org with this slug, if there is one.
SELECT org_id, slug, name, created_at, log_name
  FROM orgs
 WHERE slug = $1;
