-- Templates, their drafts, their immutable versions, and the programs these compile to.

CREATE TABLE templates (
    org_id          uuid        NOT NULL REFERENCES orgs,
    template_id     uuid        NOT NULL,
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- The author's working copy, JSON in the author's order of members (the order of states has a meaning);
    -- revision counts its changes and is the ETag.
    draft           bytea       NOT NULL,
    revision        bigint      NOT NULL DEFAULT 1,
    latest_version  int         NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, template_id)
);
-- An org never has two templates of one name.
CREATE UNIQUE INDEX templates_name ON templates (org_id, name);

CREATE TABLE programs (
    org_id          uuid        NOT NULL REFERENCES orgs,
    -- SHA-256 of the canonical form.
    program_digest  bytea       NOT NULL CHECK (octet_length(program_digest) = 32),
    canonical       bytea       NOT NULL CHECK (program_digest = sha256(canonical)),
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, program_digest)
);

CREATE TABLE template_versions (
    org_id          uuid        NOT NULL,
    template_id     uuid        NOT NULL,
    version         int         NOT NULL CHECK (version >= 1),
    program_digest  bytea       NOT NULL,
    -- The document as published, JSON in the author's order of members.
    document        bytea       NOT NULL,
    notes           text        NOT NULL DEFAULT '',
    published_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_by    text        NOT NULL,
    PRIMARY KEY (org_id, template_id, version),
    FOREIGN KEY (org_id, template_id) REFERENCES templates,
    FOREIGN KEY (org_id, program_digest) REFERENCES programs
);

ALTER TABLE templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE templates FORCE ROW LEVEL SECURITY;
CREATE POLICY templates_of_caller ON templates TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
ALTER TABLE programs ENABLE ROW LEVEL SECURITY;
ALTER TABLE programs FORCE ROW LEVEL SECURITY;
CREATE POLICY programs_of_caller ON programs TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));
ALTER TABLE template_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE template_versions FORCE ROW LEVEL SECURITY;
CREATE POLICY template_versions_of_caller ON template_versions TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));

GRANT SELECT, INSERT, UPDATE (draft, revision, latest_version, updated_at) ON templates TO actum_app;
GRANT SELECT, INSERT ON programs TO actum_app;
GRANT SELECT, INSERT ON template_versions TO actum_app;

CREATE TRIGGER programs_are_final BEFORE UPDATE OR DELETE ON programs
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER programs_are_kept BEFORE TRUNCATE ON programs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER template_versions_are_final BEFORE UPDATE OR DELETE ON template_versions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER template_versions_are_kept BEFORE TRUNCATE ON template_versions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE programs ENABLE ALWAYS TRIGGER programs_are_final;
ALTER TABLE programs ENABLE ALWAYS TRIGGER programs_are_kept;
ALTER TABLE template_versions ENABLE ALWAYS TRIGGER template_versions_are_final;
ALTER TABLE template_versions ENABLE ALWAYS TRIGGER template_versions_are_kept;
