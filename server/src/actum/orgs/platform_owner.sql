-- What the platform's owner may ask across orgs, on the command line and never for a request: a policy of the
-- first migrations lets the login that migrated read this table, and this table only.

-- owns_orgs --
-- Whether this login owns the table of orgs, or acts for the login that does.
SELECT pg_has_role(current_user, c.relowner, 'MEMBER')
  FROM pg_class c
 WHERE c.oid = 'public.orgs'::regclass;

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
