-- Orgs, who may act in them, and the answers already given to their requests.

CREATE TABLE orgs (
    org_id      uuid        NOT NULL PRIMARY KEY,
    slug        text        NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The name of the org's log, bound into every entry: actum/<org id>/<epoch>.
    log_name    text        NOT NULL
);
-- Two orgs never share a slug. (Orgs are made by the platform's owner, not by members, so this tells no org of another.)
CREATE UNIQUE INDEX orgs_slug ON orgs (slug);

-- One row an org: how many entries its log holds. Raising it is the last thing a transaction that appends
-- does before it commits, so indexes are given in the order of commits, without a gap.
CREATE TABLE org_heads (
    org_id      uuid        NOT NULL PRIMARY KEY REFERENCES orgs,
    log_size    bigint      NOT NULL DEFAULT 0 CHECK (log_size >= 0)
) WITH (fillfactor = 50);

CREATE TABLE access_tokens (
    org_id          uuid        NOT NULL REFERENCES orgs,
    token_id        uuid        NOT NULL,
    -- SHA-256 of the token; the token itself is shown once and not kept.
    token_digest    bytea       NOT NULL CHECK (octet_length(token_digest) = 32),
    display         text        NOT NULL,
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role            text        NOT NULL CHECK (role IN ('admin', 'designer', 'operator', 'integrator', 'auditor')),
    -- Permissions the token is narrowed to; NULL is all that the role has.
    scopes          text[],
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by      text        NOT NULL,
    expires_at      timestamptz,
    last_used_at    timestamptz,
    revoked_at      timestamptz,
    PRIMARY KEY (org_id, token_id)
);
CREATE UNIQUE INDEX access_tokens_digest ON access_tokens (token_digest);

-- First answers to POST requests that carried an Idempotency-Key.
CREATE TABLE idempotency_keys (
    org_id      uuid        NOT NULL REFERENCES orgs,
    -- Method and route, e.g. "POST /v1/executions": the same key may serve another route.
    route       text        NOT NULL,
    key         text        NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    -- SHA-256 of what the key was first used with.
    fingerprint bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    status      int         NOT NULL,
    body        bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, route, key)
);

-- A request arrives with a token and no org: this is the one question that may be asked before the org is
-- known. It answers for one exact digest only, and runs as a role that can read this table and nothing else.
CREATE FUNCTION find_access_token(digest bytea)
    RETURNS TABLE (org_id uuid, token_id uuid, role text, scopes text[], expires_at timestamptz,
                   revoked_at timestamptz, last_used_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
    AS $$
    SELECT t.org_id, t.token_id, t.role, t.scopes, t.expires_at, t.revoked_at, t.last_used_at
      FROM public.access_tokens t
     WHERE t.token_digest = digest
    $$;
REVOKE ALL ON FUNCTION find_access_token(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_access_token(bytea) TO actum_app;

DO $$
DECLARE
    -- Since PostgreSQL 16 whoever creates a role is its member at once, but only to hand it on, not to act as it.
    membership text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'actum_authenticator') THEN
        CREATE ROLE actum_authenticator NOLOGIN;
    END IF;
    IF NOT pg_has_role(current_user, 'actum_authenticator', membership) THEN
        EXECUTE format('GRANT actum_authenticator TO %I', current_user);
    END IF;
END $$;
GRANT USAGE, CREATE ON SCHEMA public TO actum_authenticator;
ALTER FUNCTION find_access_token(bytea) OWNER TO actum_authenticator;
REVOKE CREATE ON SCHEMA public FROM actum_authenticator;
GRANT SELECT ON access_tokens TO actum_authenticator;

ALTER TABLE orgs ENABLE ROW LEVEL SECURITY;
ALTER TABLE orgs FORCE ROW LEVEL SECURITY;
CREATE POLICY orgs_of_caller ON orgs TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
-- The login that migrates and owns the tables lists orgs and finds them by slug, on the command line; nothing
-- else of an org is open to it.
CREATE POLICY orgs_of_platform_owner ON orgs FOR SELECT TO CURRENT_USER USING (true);
ALTER TABLE org_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE org_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY org_heads_of_caller ON org_heads TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
ALTER TABLE access_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY access_tokens_of_caller ON access_tokens TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
CREATE POLICY access_tokens_by_digest ON access_tokens FOR SELECT TO actum_authenticator USING (true);
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency_keys_of_caller ON idempotency_keys TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));

GRANT SELECT, INSERT, UPDATE (name) ON orgs TO actum_app;
GRANT SELECT, INSERT, UPDATE (log_size) ON org_heads TO actum_app;
GRANT SELECT, INSERT, UPDATE (last_used_at, revoked_at) ON access_tokens TO actum_app;
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO actum_app;
