-- What is to be done at a time: for now, the timers of executions. And what becomes too old to keep.

-- At most one row for each execution and kind. The truth is the execution's state; a row here only says when
-- somebody must look, and moves in the transaction that moves the state.
CREATE TABLE work (
    org_id          uuid        NOT NULL,
    execution_id    uuid        NOT NULL,
    kind            text        NOT NULL CHECK (kind IN ('timers')),
    -- The earliest deadline among the execution's timers.
    due_at          timestamptz NOT NULL,
    -- waiting (NULL) -> claimed until then (claim_work) -> waiting again, elsewhere or gone (set_timers);
    -- a claim that its process did not live to keep runs out by itself.
    claimed_until   timestamptz,
    PRIMARY KEY (org_id, execution_id, kind),
    FOREIGN KEY (org_id, execution_id) REFERENCES executions
) WITH (fillfactor = 70);
CREATE INDEX work_due ON work (due_at);

ALTER TABLE work ENABLE ROW LEVEL SECURITY;
ALTER TABLE work FORCE ROW LEVEL SECURITY;
CREATE POLICY work_of_caller ON work TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
GRANT SELECT, INSERT, UPDATE (due_at, claimed_until), DELETE ON work TO actum_app;

-- Timers and outcomes enter like events.
ALTER TABLE inputs DROP CONSTRAINT inputs_kind_check;
ALTER TABLE inputs ADD CONSTRAINT inputs_kind_check
    CHECK (kind IN ('start', 'event', 'command', 'timer', 'outcome'));

-- When the executions' timers are next due; NULL where none is set. Called behind write_batch, so that the heads
-- are locked before the rows of work are.
CREATE FUNCTION set_timers(scope text, orgs text, executions text, dues text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    org_ids uuid[] := orgs;
    execution_ids uuid[] := executions;
    instants timestamptz[] := dues;
BEGIN
    PERFORM set_config('actum.orgs', scope, true);
    DELETE FROM work w USING unnest(org_ids, execution_ids, instants) AS n (org_id, execution_id, due_at)
     WHERE n.due_at IS NULL AND w.org_id = n.org_id AND w.execution_id = n.execution_id AND w.kind = 'timers';
    INSERT INTO work AS w (org_id, execution_id, kind, due_at)
    SELECT n.org_id, n.execution_id, 'timers', n.due_at
      FROM unnest(org_ids, execution_ids, instants) AS n (org_id, execution_id, due_at)
     WHERE n.due_at IS NOT NULL
     ORDER BY n.org_id, n.execution_id
        ON CONFLICT (org_id, execution_id, kind) DO UPDATE SET due_at = EXCLUDED.due_at, claimed_until = NULL;
END
$$;
REVOKE ALL ON FUNCTION set_timers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION set_timers TO actum_app;

-- Work is looked for in all orgs, and so is what became too old. Both run as a role that can do nothing else.
DO $$
DECLARE
    -- Since PostgreSQL 16 whoever creates a role is its member at once, but only to hand it on, not to act as it.
    membership text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'actum_worker') THEN
        CREATE ROLE actum_worker NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'actum_worker', membership) THEN
        EXECUTE format('GRANT actum_worker TO %I', current_user);
    END IF;
END $$;
GRANT USAGE, CREATE ON SCHEMA public TO actum_worker;
GRANT SELECT, UPDATE (claimed_until) ON work TO actum_worker;
GRANT SELECT (org_id, created_at), DELETE ON idempotency_keys TO actum_worker;
CREATE POLICY work_of_all ON work TO actum_worker USING (true);
CREATE POLICY idempotency_keys_of_all ON idempotency_keys TO actum_worker USING (true);

-- Claim what is due, at most so many and the longest overdue first, for so many seconds. Rows that another
-- process is claiming at this moment are left to it.
CREATE FUNCTION claim_work(most int, seconds double precision)
    RETURNS TABLE (org_id uuid, execution_id uuid, kind text, due_at timestamptz)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    UPDATE public.work w SET claimed_until = clock_timestamp() + make_interval(secs => seconds)
      FROM (SELECT f.org_id, f.execution_id, f.kind
              FROM public.work f
             WHERE f.due_at <= clock_timestamp()
               AND (f.claimed_until IS NULL OR f.claimed_until < clock_timestamp())
             ORDER BY f.due_at
             LIMIT most
               FOR UPDATE SKIP LOCKED) AS found
     WHERE w.org_id = found.org_id AND w.execution_id = found.execution_id AND w.kind = found.kind
    RETURNING w.org_id, w.execution_id, w.kind, w.due_at
    $$;

-- Seconds until work is due that nobody has claimed; NULL when there is none. Only the earliest are looked at: what
-- stands behind a hundred claims is found at the next look.
CREATE FUNCTION find_work_wait() RETURNS double precision
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    SELECT min(extract(epoch FROM f.looked_at - clock_timestamp()))
      FROM (SELECT greatest(w.due_at, w.claimed_until) AS looked_at
              FROM public.work w
             ORDER BY w.due_at
             LIMIT 100) AS f
    $$;

-- Forget idempotency keys that are older than that, at most so many; returns how many were forgotten.
CREATE FUNCTION forget_idempotency_keys(seconds double precision, most int) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    WITH gone AS (
        DELETE FROM public.idempotency_keys k
         WHERE k.ctid = ANY (ARRAY(SELECT f.ctid FROM public.idempotency_keys f
                                    WHERE f.created_at < clock_timestamp() - make_interval(secs => seconds)
                                    LIMIT most))
        RETURNING 1
    )
    SELECT count(*) FROM gone
    $$;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

ALTER FUNCTION claim_work(int, double precision) OWNER TO actum_worker;
ALTER FUNCTION find_work_wait() OWNER TO actum_worker;
ALTER FUNCTION forget_idempotency_keys(double precision, int) OWNER TO actum_worker;
REVOKE CREATE ON SCHEMA public FROM actum_worker;
REVOKE ALL ON FUNCTION claim_work, find_work_wait, forget_idempotency_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_work, find_work_wait, forget_idempotency_keys TO actum_app;
