-- The database as all migrations together make it. Generated: run `python -m actum.platform.schema`.
-- Everything belongs to actum_owner unless a line says otherwise.

CREATE FUNCTION public.actum_orgs() RETURNS uuid[]
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

CREATE FUNCTION public.claim_work(most integer, seconds double precision) RETURNS TABLE(org_id uuid, execution_id uuid, kind text, due_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

ALTER FUNCTION public.claim_work(most integer, seconds double precision) OWNER TO actum_worker;

CREATE FUNCTION public.find_access_token(digest bytea) RETURNS TABLE(org_id uuid, token_id uuid, role text, scopes text[], expires_at timestamp with time zone, revoked_at timestamp with time zone, last_used_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    SELECT t.org_id, t.token_id, t.role, t.scopes, t.expires_at, t.revoked_at, t.last_used_at
      FROM public.access_tokens t
     WHERE t.token_digest = digest
    $$;

ALTER FUNCTION public.find_access_token(digest bytea) OWNER TO actum_authenticator;

CREATE FUNCTION public.find_work_wait() RETURNS double precision
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
    SELECT min(extract(epoch FROM f.looked_at - clock_timestamp()))
      FROM (SELECT greatest(w.due_at, w.claimed_until) AS looked_at
              FROM public.work w
             ORDER BY w.due_at
             LIMIT 100) AS f
    $$;

ALTER FUNCTION public.find_work_wait() OWNER TO actum_worker;

CREATE FUNCTION public.forget_idempotency_keys(seconds double precision, most integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
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

ALTER FUNCTION public.forget_idempotency_keys(seconds double precision, most integer) OWNER TO actum_worker;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING
    ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION public.set_timers(scope text, orgs text, executions text, dues text) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.write_batch(scope text, head_orgs text, head_executions text, old_sequences text, old_entry_hashes text, new_sequences text, head_input_sequences text, new_entry_hashes text, head_instants text, head_states text, input_places text, input_sequences text, input_kinds text, input_names text, input_sources text, input_keys text, input_fingerprints text, input_outcomes text, input_instants text, input_firsts text, input_lasts text, input_configurations text, entry_places text, entry_sequences text, entry_inputs text, entry_kinds text, entry_hashes text, entry_headers text, entry_payloads text, entry_salts text) RETURNS TABLE(org_id uuid, last_index bigint, now text)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
DECLARE
    orgs uuid[] := head_orgs;
    executions uuid[] := head_executions;
    froms bigint[] := old_sequences;
    tos bigint[] := new_sequences;
    befores text[] := old_entry_hashes;
    inputs_so_far bigint[] := head_input_sequences;
    afters text[] := new_entry_hashes;
    instants timestamptz[] := head_instants;
    states text[] := head_states;
    moved int;
BEGIN
    PERFORM set_config('actum.orgs', scope, true);
    IF cardinality(orgs) > 1 THEN
        PERFORM 1 FROM execution_heads h
           JOIN unnest(orgs, executions) AS n (org_id, execution_id)
             ON h.org_id = n.org_id AND h.execution_id = n.execution_id
          ORDER BY h.org_id, h.execution_id
            FOR NO KEY UPDATE OF h;
        UPDATE execution_heads h
           SET sequence = n.sequence, input_sequence = n.input_sequence, entry_hash = decode(n.entry_hash, 'hex'),
               recorded_at = n.recorded_at, state = convert_to(n.state, 'UTF8')
          FROM unnest(orgs, executions, froms, befores, tos, inputs_so_far, afters, instants, states)
               AS n (org_id, execution_id, old_sequence, old_hash, sequence, input_sequence, entry_hash,
                     recorded_at, state)
         WHERE h.org_id = n.org_id AND h.execution_id = n.execution_id
           AND h.sequence = n.old_sequence AND h.entry_hash = decode(n.old_hash, 'hex');
    ELSE
        UPDATE execution_heads h
           SET sequence = tos[1], input_sequence = inputs_so_far[1], entry_hash = decode(afters[1], 'hex'),
               recorded_at = instants[1], state = convert_to(states[1], 'UTF8')
         WHERE h.org_id = orgs[1] AND h.execution_id = executions[1]
           AND h.sequence = froms[1] AND h.entry_hash = decode(befores[1], 'hex');
    END IF;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> cardinality(orgs) THEN
        RAISE EXCEPTION 'a head was moved by another transaction' USING ERRCODE = 'AC001';
    END IF;

    INSERT INTO inputs (org_id, execution_id, input_sequence, kind, name, source, key, fingerprint, outcome,
                        received_at, first_sequence, last_sequence, configuration)
    SELECT orgs[n.place], executions[n.place], n.input_sequence, n.kind, n.name, n.source, n.key,
           decode(n.fingerprint, 'hex'), n.outcome, n.received_at, n.first_sequence, n.last_sequence,
           n.configuration
      FROM unnest(input_places::int[], input_sequences::bigint[], input_kinds::text[], input_names::text[],
                  input_sources::text[], input_keys::text[], input_fingerprints::text[], input_outcomes::text[],
                  input_instants::timestamptz[], input_firsts::bigint[], input_lasts::bigint[],
                  input_configurations::text[])
           AS n (place, input_sequence, kind, name, source, key, fingerprint, outcome, received_at,
                 first_sequence, last_sequence, configuration);

    INSERT INTO entries (org_id, execution_id, sequence, input_sequence, kind, entry_hash, header, payload,
                         payload_salt)
    SELECT orgs[n.place], executions[n.place], n.sequence, n.input_sequence, n.kind, decode(n.entry_hash, 'hex'),
           convert_to(n.header, 'UTF8'), convert_to(n.payload, 'UTF8'), decode(n.payload_salt, 'hex')
      FROM unnest(entry_places::int[], entry_sequences::bigint[], entry_inputs::bigint[], entry_kinds::text[],
                  entry_hashes::text[], entry_headers::text[], entry_payloads::text[], entry_salts::text[])
           AS n (place, sequence, input_sequence, kind, entry_hash, header, payload, payload_salt);

    IF cardinality(orgs) = 1 THEN
        UPDATE org_heads g SET log_size = g.log_size + tos[1] - froms[1]
         WHERE g.org_id = orgs[1]
        RETURNING g.org_id, g.log_size - 1 INTO org_id, last_index;
        INSERT INTO batches (org_id, first_index, size, execution_ids, from_sequences, to_sequences)
        VALUES (orgs[1], last_index + 1 - (tos[1] - froms[1]), tos[1] - froms[1], executions,
                ARRAY[froms[1] + 1], tos);
        now := to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
    WITH appended AS (
        SELECT n.org_id, sum(n.sequence - n.old_sequence)::bigint AS size,
               array_agg(n.execution_id ORDER BY n.place) AS execution_ids,
               array_agg(n.old_sequence + 1 ORDER BY n.place) AS from_sequences,
               array_agg(n.sequence ORDER BY n.place) AS to_sequences
          FROM unnest(orgs, executions, froms, tos) WITH ORDINALITY
               AS n (org_id, execution_id, old_sequence, sequence, place)
         GROUP BY n.org_id
    ), ordered AS (
        SELECT g.org_id FROM org_heads g JOIN appended USING (org_id) ORDER BY g.org_id FOR NO KEY UPDATE OF g
    ), grown AS (
        UPDATE org_heads g SET log_size = g.log_size + a.size
          FROM appended a JOIN ordered o USING (org_id)
         WHERE g.org_id = a.org_id
        RETURNING g.org_id, g.log_size - a.size AS first_index, a.size, a.execution_ids, a.from_sequences,
                  a.to_sequences
    ), batched AS (
        INSERT INTO batches (org_id, first_index, size, execution_ids, from_sequences, to_sequences)
        SELECT * FROM grown
    )
    SELECT g.org_id, g.first_index + g.size - 1,
           to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      FROM grown g;
END
$$;

CREATE TABLE public.access_tokens (
    org_id uuid NOT NULL,
    token_id uuid NOT NULL,
    token_digest bytea NOT NULL,
    display text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    scopes text[],
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    created_by text NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT access_tokens_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT access_tokens_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'designer'::text, 'operator'::text, 'integrator'::text, 'auditor'::text]))),
    CONSTRAINT access_tokens_token_digest_check CHECK ((octet_length(token_digest) = 32))
);

ALTER TABLE ONLY public.access_tokens FORCE ROW LEVEL SECURITY;

CREATE TABLE public.batches (
    org_id uuid NOT NULL,
    first_index bigint NOT NULL,
    size bigint NOT NULL,
    execution_ids uuid[] NOT NULL,
    from_sequences bigint[] NOT NULL,
    to_sequences bigint[] NOT NULL,
    CONSTRAINT batches_check CHECK (((cardinality(execution_ids) = cardinality(from_sequences)) AND (cardinality(execution_ids) = cardinality(to_sequences)))),
    CONSTRAINT batches_first_index_check CHECK ((first_index >= 0)),
    CONSTRAINT batches_size_check CHECK ((size >= 1))
);

ALTER TABLE ONLY public.batches FORCE ROW LEVEL SECURITY;

CREATE TABLE public.entries (
    org_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    sequence bigint NOT NULL,
    input_sequence bigint NOT NULL,
    kind text NOT NULL,
    entry_hash bytea NOT NULL,
    header bytea NOT NULL,
    payload bytea,
    payload_salt bytea,
    CONSTRAINT entries_check CHECK ((entry_hash = sha256(('\x00'::bytea || header)))),
    CONSTRAINT entries_sequence_check CHECK ((sequence >= 1))
);

ALTER TABLE ONLY public.entries FORCE ROW LEVEL SECURITY;

CREATE TABLE public.execution_heads (
    org_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    sequence bigint NOT NULL,
    input_sequence bigint NOT NULL,
    entry_hash bytea NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    state bytea NOT NULL,
    CONSTRAINT execution_heads_entry_hash_check CHECK ((octet_length(entry_hash) = 32)),
    CONSTRAINT execution_heads_input_sequence_check CHECK ((input_sequence >= 0)),
    CONSTRAINT execution_heads_sequence_check CHECK ((sequence >= 0))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.execution_heads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.executions (
    org_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    template_id uuid NOT NULL,
    version integer NOT NULL,
    program_digest bytea NOT NULL,
    external_id text,
    metadata bytea NOT NULL,
    lifecycle text NOT NULL,
    state_salt bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    CONSTRAINT executions_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 255))),
    CONSTRAINT executions_lifecycle_check CHECK ((lifecycle = ANY (ARRAY['created'::text, 'running'::text, 'paused'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT executions_state_salt_check CHECK ((octet_length(state_salt) = 32))
);

ALTER TABLE ONLY public.executions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.idempotency_keys (
    org_id uuid NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer NOT NULL,
    body bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT idempotency_keys_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

ALTER TABLE ONLY public.idempotency_keys FORCE ROW LEVEL SECURITY;

CREATE TABLE public.inputs (
    org_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    input_sequence bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    source text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    outcome text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    configuration text NOT NULL,
    CONSTRAINT inputs_check CHECK ((last_sequence >= first_sequence)),
    CONSTRAINT inputs_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
    CONSTRAINT inputs_input_sequence_check CHECK ((input_sequence >= 1)),
    CONSTRAINT inputs_kind_check CHECK ((kind = ANY (ARRAY['start'::text, 'event'::text, 'command'::text, 'timer'::text, 'outcome'::text]))),
    CONSTRAINT inputs_outcome_check CHECK ((outcome = ANY (ARRAY['applied'::text, 'failed'::text, 'held'::text])))
);

ALTER TABLE ONLY public.inputs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.org_heads (
    org_id uuid NOT NULL,
    log_size bigint DEFAULT 0 NOT NULL,
    CONSTRAINT org_heads_log_size_check CHECK ((log_size >= 0))
)
WITH (fillfactor='50');

ALTER TABLE ONLY public.org_heads FORCE ROW LEVEL SECURITY;

CREATE TABLE public.orgs (
    org_id uuid NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    log_name text NOT NULL,
    CONSTRAINT orgs_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT orgs_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text))
);

ALTER TABLE ONLY public.orgs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.programs (
    org_id uuid NOT NULL,
    program_digest bytea NOT NULL,
    canonical bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT programs_check CHECK ((program_digest = sha256(canonical))),
    CONSTRAINT programs_program_digest_check CHECK ((octet_length(program_digest) = 32))
);

ALTER TABLE ONLY public.programs FORCE ROW LEVEL SECURITY;

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT schema_migrations_sha256_check CHECK ((sha256 ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE public.snapshots (
    org_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    sequence bigint NOT NULL,
    snapshot_id uuid NOT NULL,
    input_sequence bigint NOT NULL,
    state bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.snapshots FORCE ROW LEVEL SECURITY;

CREATE TABLE public.template_uses (
    org_id uuid NOT NULL,
    template_id uuid NOT NULL,
    version integer NOT NULL,
    used_id uuid NOT NULL,
    used_version integer NOT NULL
);

ALTER TABLE ONLY public.template_uses FORCE ROW LEVEL SECURITY;

CREATE TABLE public.template_versions (
    org_id uuid NOT NULL,
    template_id uuid NOT NULL,
    version integer NOT NULL,
    program_digest bytea NOT NULL,
    document bytea NOT NULL,
    notes text DEFAULT ''::text NOT NULL,
    published_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    published_by text NOT NULL,
    CONSTRAINT template_versions_version_check CHECK ((version >= 1))
);

ALTER TABLE ONLY public.template_versions FORCE ROW LEVEL SECURITY;

CREATE TABLE public.templates (
    org_id uuid NOT NULL,
    template_id uuid NOT NULL,
    name text NOT NULL,
    draft bytea NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    latest_version integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kind text DEFAULT 'template'::text NOT NULL,
    CONSTRAINT templates_kind_check CHECK ((kind = ANY (ARRAY['template'::text, 'component'::text]))),
    CONSTRAINT templates_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
);

ALTER TABLE ONLY public.templates FORCE ROW LEVEL SECURITY;

CREATE TABLE public.work (
    org_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    kind text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    claimed_until timestamp with time zone,
    CONSTRAINT work_kind_check CHECK ((kind = 'timers'::text))
)
WITH (fillfactor='70');

ALTER TABLE ONLY public.work FORCE ROW LEVEL SECURITY;

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_pkey PRIMARY KEY (org_id, token_id);

ALTER TABLE ONLY public.batches
    ADD CONSTRAINT batches_pkey PRIMARY KEY (org_id, first_index);

ALTER TABLE ONLY public.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (org_id, execution_id, sequence);

ALTER TABLE ONLY public.execution_heads
    ADD CONSTRAINT execution_heads_pkey PRIMARY KEY (org_id, execution_id);

ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_pkey PRIMARY KEY (org_id, execution_id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (org_id, route, key);

ALTER TABLE ONLY public.inputs
    ADD CONSTRAINT inputs_pkey PRIMARY KEY (org_id, execution_id, input_sequence);

ALTER TABLE ONLY public.org_heads
    ADD CONSTRAINT org_heads_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.orgs
    ADD CONSTRAINT orgs_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY public.programs
    ADD CONSTRAINT programs_pkey PRIMARY KEY (org_id, program_digest);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (org_id, execution_id, sequence);

ALTER TABLE ONLY public.template_uses
    ADD CONSTRAINT template_uses_pkey PRIMARY KEY (org_id, template_id, version, used_id, used_version);

ALTER TABLE ONLY public.template_versions
    ADD CONSTRAINT template_versions_pkey PRIMARY KEY (org_id, template_id, version);

ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_pkey PRIMARY KEY (org_id, template_id);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (org_id, execution_id, kind);

CREATE UNIQUE INDEX access_tokens_digest ON public.access_tokens USING btree (token_digest);

CREATE INDEX entries_of_flow ON public.entries USING btree (org_id, execution_id, kind, sequence) WHERE (kind = ANY (ARRAY['token'::text, 'dropped'::text, 'requested'::text]));

CREATE INDEX executions_by_lifecycle ON public.executions USING btree (org_id, lifecycle, execution_id);

CREATE INDEX executions_by_template ON public.executions USING btree (org_id, template_id, execution_id);

CREATE UNIQUE INDEX executions_external_id ON public.executions USING btree (org_id, external_id) WHERE (external_id IS NOT NULL);

CREATE INDEX idempotency_keys_by_age ON public.idempotency_keys USING btree (created_at);

CREATE UNIQUE INDEX inputs_key ON public.inputs USING btree (org_id, execution_id, source, key);

CREATE UNIQUE INDEX orgs_slug ON public.orgs USING btree (slug);

CREATE UNIQUE INDEX snapshots_id ON public.snapshots USING btree (org_id, snapshot_id);

CREATE INDEX template_uses_by_used ON public.template_uses USING btree (org_id, used_id, used_version, template_id, version);

CREATE UNIQUE INDEX templates_name ON public.templates USING btree (org_id, kind, name);

CREATE INDEX work_due ON public.work USING btree (due_at);

CREATE TRIGGER batches_are_final BEFORE DELETE OR UPDATE ON public.batches FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.batches ENABLE ALWAYS TRIGGER batches_are_final;

CREATE TRIGGER batches_are_kept BEFORE TRUNCATE ON public.batches FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.batches ENABLE ALWAYS TRIGGER batches_are_kept;

CREATE TRIGGER entries_are_final BEFORE DELETE OR UPDATE ON public.entries FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.entries ENABLE ALWAYS TRIGGER entries_are_final;

CREATE TRIGGER entries_are_kept BEFORE TRUNCATE ON public.entries FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.entries ENABLE ALWAYS TRIGGER entries_are_kept;

CREATE TRIGGER inputs_are_final BEFORE DELETE OR UPDATE ON public.inputs FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.inputs ENABLE ALWAYS TRIGGER inputs_are_final;

CREATE TRIGGER inputs_are_kept BEFORE TRUNCATE ON public.inputs FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.inputs ENABLE ALWAYS TRIGGER inputs_are_kept;

CREATE TRIGGER programs_are_final BEFORE DELETE OR UPDATE ON public.programs FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.programs ENABLE ALWAYS TRIGGER programs_are_final;

CREATE TRIGGER programs_are_kept BEFORE TRUNCATE ON public.programs FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.programs ENABLE ALWAYS TRIGGER programs_are_kept;

CREATE TRIGGER template_uses_are_final BEFORE DELETE OR UPDATE ON public.template_uses FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.template_uses ENABLE ALWAYS TRIGGER template_uses_are_final;

CREATE TRIGGER template_uses_are_kept BEFORE TRUNCATE ON public.template_uses FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.template_uses ENABLE ALWAYS TRIGGER template_uses_are_kept;

CREATE TRIGGER template_versions_are_final BEFORE DELETE OR UPDATE ON public.template_versions FOR EACH ROW EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.template_versions ENABLE ALWAYS TRIGGER template_versions_are_final;

CREATE TRIGGER template_versions_are_kept BEFORE TRUNCATE ON public.template_versions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE public.template_versions ENABLE ALWAYS TRIGGER template_versions_are_kept;

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(org_id);

ALTER TABLE ONLY public.execution_heads
    ADD CONSTRAINT execution_heads_org_id_execution_id_fkey FOREIGN KEY (org_id, execution_id) REFERENCES public.executions(org_id, execution_id);

ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(org_id);

ALTER TABLE ONLY public.executions
    ADD CONSTRAINT executions_org_id_template_id_version_fkey FOREIGN KEY (org_id, template_id, version) REFERENCES public.template_versions(org_id, template_id, version);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(org_id);

ALTER TABLE ONLY public.org_heads
    ADD CONSTRAINT org_heads_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(org_id);

ALTER TABLE ONLY public.programs
    ADD CONSTRAINT programs_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(org_id);

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_org_id_execution_id_fkey FOREIGN KEY (org_id, execution_id) REFERENCES public.executions(org_id, execution_id);

ALTER TABLE ONLY public.template_uses
    ADD CONSTRAINT template_uses_org_id_template_id_version_fkey FOREIGN KEY (org_id, template_id, version) REFERENCES public.template_versions(org_id, template_id, version);

ALTER TABLE ONLY public.template_uses
    ADD CONSTRAINT template_uses_org_id_used_id_used_version_fkey FOREIGN KEY (org_id, used_id, used_version) REFERENCES public.template_versions(org_id, template_id, version);

ALTER TABLE ONLY public.template_versions
    ADD CONSTRAINT template_versions_org_id_program_digest_fkey FOREIGN KEY (org_id, program_digest) REFERENCES public.programs(org_id, program_digest);

ALTER TABLE ONLY public.template_versions
    ADD CONSTRAINT template_versions_org_id_template_id_fkey FOREIGN KEY (org_id, template_id) REFERENCES public.templates(org_id, template_id);

ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_org_id_fkey FOREIGN KEY (org_id) REFERENCES public.orgs(org_id);

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_org_id_execution_id_fkey FOREIGN KEY (org_id, execution_id) REFERENCES public.executions(org_id, execution_id);

ALTER TABLE public.access_tokens ENABLE ROW LEVEL SECURITY;

CREATE POLICY access_tokens_by_digest ON public.access_tokens FOR SELECT TO actum_authenticator USING (true);

CREATE POLICY access_tokens_of_caller ON public.access_tokens TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.batches ENABLE ROW LEVEL SECURITY;

CREATE POLICY batches_of_caller ON public.batches TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.entries ENABLE ROW LEVEL SECURITY;

CREATE POLICY entries_of_caller ON public.entries TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.execution_heads ENABLE ROW LEVEL SECURITY;

CREATE POLICY execution_heads_of_caller ON public.execution_heads TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.executions ENABLE ROW LEVEL SECURITY;

CREATE POLICY executions_of_caller ON public.executions TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.idempotency_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY idempotency_keys_of_all ON public.idempotency_keys TO actum_worker USING (true);

CREATE POLICY idempotency_keys_of_caller ON public.idempotency_keys TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.inputs ENABLE ROW LEVEL SECURITY;

CREATE POLICY inputs_of_caller ON public.inputs TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.org_heads ENABLE ROW LEVEL SECURITY;

CREATE POLICY org_heads_of_caller ON public.org_heads TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.orgs ENABLE ROW LEVEL SECURITY;

CREATE POLICY orgs_of_caller ON public.orgs TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

CREATE POLICY orgs_of_platform_owner ON public.orgs FOR SELECT TO actum_owner USING (true);

ALTER TABLE public.programs ENABLE ROW LEVEL SECURITY;

CREATE POLICY programs_of_caller ON public.programs TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.snapshots ENABLE ROW LEVEL SECURITY;

CREATE POLICY snapshots_of_caller ON public.snapshots TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.template_uses ENABLE ROW LEVEL SECURITY;

CREATE POLICY template_uses_of_caller ON public.template_uses TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.template_versions ENABLE ROW LEVEL SECURITY;

CREATE POLICY template_versions_of_caller ON public.template_versions TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.templates ENABLE ROW LEVEL SECURITY;

CREATE POLICY templates_of_caller ON public.templates TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

ALTER TABLE public.work ENABLE ROW LEVEL SECURITY;

CREATE POLICY work_of_all ON public.work TO actum_worker USING (true);

CREATE POLICY work_of_caller ON public.work TO actum_app USING ((org_id = ANY (( SELECT public.actum_orgs() AS actum_orgs)::uuid[])));

GRANT USAGE ON SCHEMA public TO actum_authenticator;
GRANT USAGE ON SCHEMA public TO actum_worker;

REVOKE ALL ON FUNCTION public.claim_work(most integer, seconds double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_work(most integer, seconds double precision) TO actum_app;

REVOKE ALL ON FUNCTION public.find_access_token(digest bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_access_token(digest bytea) TO actum_app;

REVOKE ALL ON FUNCTION public.find_work_wait() FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_work_wait() TO actum_app;

REVOKE ALL ON FUNCTION public.forget_idempotency_keys(seconds double precision, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_idempotency_keys(seconds double precision, most integer) TO actum_app;

REVOKE ALL ON FUNCTION public.set_timers(scope text, orgs text, executions text, dues text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_timers(scope text, orgs text, executions text, dues text) TO actum_app;

REVOKE ALL ON FUNCTION public.write_batch(scope text, head_orgs text, head_executions text, old_sequences text, old_entry_hashes text, new_sequences text, head_input_sequences text, new_entry_hashes text, head_instants text, head_states text, input_places text, input_sequences text, input_kinds text, input_names text, input_sources text, input_keys text, input_fingerprints text, input_outcomes text, input_instants text, input_firsts text, input_lasts text, input_configurations text, entry_places text, entry_sequences text, entry_inputs text, entry_kinds text, entry_hashes text, entry_headers text, entry_payloads text, entry_salts text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.write_batch(scope text, head_orgs text, head_executions text, old_sequences text, old_entry_hashes text, new_sequences text, head_input_sequences text, new_entry_hashes text, head_instants text, head_states text, input_places text, input_sequences text, input_kinds text, input_names text, input_sources text, input_keys text, input_fingerprints text, input_outcomes text, input_instants text, input_firsts text, input_lasts text, input_configurations text, entry_places text, entry_sequences text, entry_inputs text, entry_kinds text, entry_hashes text, entry_headers text, entry_payloads text, entry_salts text) TO actum_app;

GRANT SELECT ON TABLE public.access_tokens TO actum_authenticator;
GRANT SELECT,INSERT ON TABLE public.access_tokens TO actum_app;

GRANT UPDATE(last_used_at) ON TABLE public.access_tokens TO actum_app;

GRANT UPDATE(revoked_at) ON TABLE public.access_tokens TO actum_app;

GRANT SELECT,INSERT ON TABLE public.batches TO actum_app;

GRANT SELECT,INSERT ON TABLE public.entries TO actum_app;

GRANT SELECT,INSERT ON TABLE public.execution_heads TO actum_app;

GRANT UPDATE(sequence) ON TABLE public.execution_heads TO actum_app;

GRANT UPDATE(input_sequence) ON TABLE public.execution_heads TO actum_app;

GRANT UPDATE(entry_hash) ON TABLE public.execution_heads TO actum_app;

GRANT UPDATE(recorded_at) ON TABLE public.execution_heads TO actum_app;

GRANT UPDATE(state) ON TABLE public.execution_heads TO actum_app;

GRANT SELECT,INSERT ON TABLE public.executions TO actum_app;

GRANT UPDATE(lifecycle) ON TABLE public.executions TO actum_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.idempotency_keys TO actum_app;
GRANT DELETE ON TABLE public.idempotency_keys TO actum_worker;

GRANT SELECT(org_id) ON TABLE public.idempotency_keys TO actum_worker;

GRANT SELECT(created_at) ON TABLE public.idempotency_keys TO actum_worker;

GRANT SELECT,INSERT ON TABLE public.inputs TO actum_app;

GRANT SELECT,INSERT ON TABLE public.org_heads TO actum_app;

GRANT UPDATE(log_size) ON TABLE public.org_heads TO actum_app;

GRANT SELECT,INSERT ON TABLE public.orgs TO actum_app;

GRANT UPDATE(name) ON TABLE public.orgs TO actum_app;

GRANT SELECT,INSERT ON TABLE public.programs TO actum_app;

GRANT SELECT ON TABLE public.schema_migrations TO actum_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.snapshots TO actum_app;

GRANT SELECT,INSERT ON TABLE public.template_uses TO actum_app;

GRANT SELECT,INSERT ON TABLE public.template_versions TO actum_app;

GRANT SELECT,INSERT ON TABLE public.templates TO actum_app;

GRANT UPDATE(draft) ON TABLE public.templates TO actum_app;

GRANT UPDATE(revision) ON TABLE public.templates TO actum_app;

GRANT UPDATE(latest_version) ON TABLE public.templates TO actum_app;

GRANT UPDATE(updated_at) ON TABLE public.templates TO actum_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.work TO actum_app;
GRANT SELECT ON TABLE public.work TO actum_worker;

GRANT UPDATE(due_at) ON TABLE public.work TO actum_app;

GRANT UPDATE(claimed_until) ON TABLE public.work TO actum_app;
GRANT UPDATE(claimed_until) ON TABLE public.work TO actum_worker;
