-- What every table stands on: the application's role, the set of orgs a transaction acts for, and the
-- guard that keeps append-only tables append-only.
--
-- A table of an org is made like this; every part is needed:
--
--   CREATE TABLE things (org_id uuid NOT NULL, …, PRIMARY KEY (org_id, …));
--   ALTER TABLE things ENABLE ROW LEVEL SECURITY;
--   ALTER TABLE things FORCE ROW LEVEL SECURITY;
--   CREATE POLICY things_of_orgs ON things
--     USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
--   GRANT SELECT, INSERT ON things TO actum_app;
--
-- The subquery is evaluated once per statement and not once per row. PostgreSQL evaluates it when it meets the
-- first row or looks into an index, so a scan of a wholly empty table returns nothing without raising.
--
-- An append-only table also gets both guards (ALWAYS: not switched off by session_replication_role):
--
--   CREATE TRIGGER things_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON things
--     FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--   ALTER TABLE things ENABLE ALWAYS TRIGGER things_refuse_change;

-- The role the server acts as. It logs in as another role that is only a member of this one, owns
-- nothing, and is given its rights table by table.
DO $$
DECLARE
  -- Since PostgreSQL 16 whoever creates a role is its member at once, but only to hand it on, not to act as it.
  membership text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'actum_app') THEN
    CREATE ROLE actum_app NOLOGIN;
  END IF;
  -- With a single connection URL, the login that migrates is also the one that serves.
  IF NOT pg_has_role(current_user, 'actum_app', membership) THEN
    EXECUTE format('GRANT actum_app TO %I', current_user);
  END IF;
END
$$;

-- The orgs this transaction acts for: what `actum.orgs` was set to, for this transaction only. A query that
-- forgot to set it fails instead of finding nothing. Unset is NULL before the first use in a session
-- and '' ever after.
CREATE FUNCTION actum_orgs() RETURNS uuid[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
  orgs text := pg_catalog.current_setting('actum.orgs', true);
BEGIN
  IF orgs IS NULL OR orgs IN ('', '{}') THEN
    RAISE EXCEPTION 'no org set' USING
      ERRCODE = 'insufficient_privilege',
      HINT = 'Begin the transaction with the orgs it acts for.';
  END IF;
  RETURN orgs::pg_catalog.uuid[];
END
$$;

-- Attached to tables whose rows are facts: what was recorded is never changed, moved or removed.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING
    ERRCODE = 'insufficient_privilege';
END
$$;
