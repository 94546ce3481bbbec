-- insert_template --
-- A new template; a name that the org has already is refused by the index templates_name.
INSERT INTO templates (org_id, template_id, name, draft, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5);

-- find_template --
-- One template of the org, by its id ($2) or its name ($3).
SELECT org_id, template_id, name, draft, revision, latest_version, created_at, updated_at
  FROM templates
 WHERE org_id = $1 AND (template_id = $2 OR name = $3);

-- lock_template --
-- One template, held until the transaction ends: two publications never give out the same version.
SELECT org_id, template_id, name, draft, revision, latest_version, created_at, updated_at
  FROM templates
 WHERE org_id = $1 AND (template_id = $2 OR name = $3)
   FOR NO KEY UPDATE;

-- list_templates --
-- One page of the org's templates, latest first, without their drafts.
SELECT template_id, name, revision, latest_version, created_at, updated_at
  FROM templates
 WHERE org_id = $1 AND ($2::uuid IS NULL OR template_id < $2)
 ORDER BY template_id DESC
 LIMIT $3;

-- save_draft --
-- The draft under its next revision.
UPDATE templates SET draft = $3, revision = revision + 1, updated_at = $4
 WHERE org_id = $1 AND template_id = $2
RETURNING revision;

-- save_latest_version --
-- The template with one more version; its draft is a matter of its own.
UPDATE templates SET latest_version = $3, updated_at = $4
 WHERE org_id = $1 AND template_id = $2;

-- insert_program --
-- A program is kept once an org, however many versions compile to it.
INSERT INTO programs (org_id, program_digest, canonical, created_at)
VALUES ($1, $2, $3, $4)
    ON CONFLICT (org_id, program_digest) DO NOTHING;

-- find_program --
-- The canonical form of one program.
SELECT canonical
  FROM programs
 WHERE org_id = $1 AND program_digest = $2;

-- insert_version --
-- A new version; it never changes again.
INSERT INTO template_versions (org_id, template_id, version, program_digest, document, notes, published_at, published_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- find_version --
-- One version of a template.
SELECT template_id, version, program_digest, document, notes, published_at, published_by
  FROM template_versions
 WHERE org_id = $1 AND template_id = $2 AND version = $3;

-- list_versions --
-- One page of a template's versions, latest first, without their documents.
SELECT template_id, version, program_digest, notes, published_at, published_by
  FROM template_versions
 WHERE org_id = $1 AND template_id = $2 AND ($3::int IS NULL OR version < $3)
 ORDER BY version DESC
 LIMIT $4;
