-- What is looked for again and again is found by an index, however much else there is.

-- As before, by the time at which the statement began: an index can be searched for that, but not for one that
-- moves while it is searched, so that each look read every timer there was, due or not. Whether a timer is due is
-- decided later, under its execution's lock. The CTE is there so that no plan can look twice and claim too many.
CREATE OR REPLACE FUNCTION claim_work(most int, seconds double precision)
    RETURNS TABLE (org_id uuid, execution_id uuid, kind text, due_at timestamptz)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    WITH found AS MATERIALIZED (
        SELECT f.org_id, f.execution_id, f.kind
          FROM public.work f
         WHERE f.due_at <= statement_timestamp()
           AND (f.claimed_until IS NULL OR f.claimed_until < statement_timestamp())
         ORDER BY f.due_at
         LIMIT most
           FOR UPDATE SKIP LOCKED
    )
    UPDATE public.work w SET claimed_until = clock_timestamp() + make_interval(secs => seconds)
      FROM found
     WHERE w.org_id = found.org_id AND w.execution_id = found.execution_id AND w.kind = found.kind
    RETURNING w.org_id, w.execution_id, w.kind, w.due_at
    $$;

-- Up to the age of the last of the oldest so many: what has one moment goes together. (By their ctid, as before,
-- the role may not name them, so none was ever forgotten.)
CREATE OR REPLACE FUNCTION forget_idempotency_keys(seconds double precision, most int) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    WITH gone AS (
        DELETE FROM public.idempotency_keys k
         WHERE k.created_at <= (SELECT max(f.created_at)
                                  FROM (SELECT o.created_at FROM public.idempotency_keys o
                                         WHERE o.created_at < statement_timestamp() - make_interval(secs => seconds)
                                         ORDER BY o.created_at
                                         LIMIT most) AS f)
        RETURNING 1
    )
    SELECT count(*) FROM gone
    $$;

-- What flows through a network, and what is requested, is listed alone; what is no network pays nothing for that.
CREATE INDEX entries_of_flow ON entries (org_id, execution_id, kind, sequence)
 WHERE kind IN ('token', 'dropped', 'requested');
