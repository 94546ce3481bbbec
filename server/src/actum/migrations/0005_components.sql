-- Components beside templates, and which published versions use which others.

-- What an author writes is a template, which is executed, or a component, which is part of templates. Both have
-- drafts, versions and programs alike; the form of a component that others are pinned to stands among the programs.
ALTER TABLE templates ADD COLUMN kind text NOT NULL DEFAULT 'template' CHECK (kind IN ('template', 'component'));
DROP INDEX templates_name;
-- An org never has two templates of one name, nor two components.
CREATE UNIQUE INDEX templates_name ON templates (org_id, kind, name);

-- A version is part of another: a component in its network, or a template that it invokes. Only what its own
-- document names stands here; what that uses in turn stands with it.
CREATE TABLE template_uses (
    org_id          uuid        NOT NULL,
    template_id     uuid        NOT NULL,
    version         int         NOT NULL,
    used_id         uuid        NOT NULL,
    used_version    int         NOT NULL,
    PRIMARY KEY (org_id, template_id, version, used_id, used_version),
    FOREIGN KEY (org_id, template_id, version) REFERENCES template_versions,
    FOREIGN KEY (org_id, used_id, used_version) REFERENCES template_versions (org_id, template_id, version)
);
CREATE INDEX template_uses_by_used ON template_uses (org_id, used_id, used_version, template_id, version);

ALTER TABLE template_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE template_uses FORCE ROW LEVEL SECURITY;
CREATE POLICY template_uses_of_caller ON template_uses TO actum_app
    USING (org_id = ANY ((SELECT actum_orgs())::uuid[]));

GRANT SELECT, INSERT ON template_uses TO actum_app;

CREATE TRIGGER template_uses_are_final BEFORE UPDATE OR DELETE ON template_uses
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER template_uses_are_kept BEFORE TRUNCATE ON template_uses
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE template_uses ENABLE ALWAYS TRIGGER template_uses_are_final;
ALTER TABLE template_uses ENABLE ALWAYS TRIGGER template_uses_are_kept;
