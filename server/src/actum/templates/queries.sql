-- insert_design --
-- A new template or component; a name that the org has already is refused by the index templates_name.
INSERT INTO templates (org_id, template_id, kind, name, draft, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6);

-- find_design --
-- One template or component of the org ($2), by its id ($3) or its name ($4).
SELECT org_id, template_id, kind, name, draft, revision, latest_version, created_at, updated_at
  FROM templates
 WHERE org_id = $1 AND kind = $2 AND (template_id = $3 OR name = $4);

-- lock_design --
-- One template or component, held until the transaction ends: two publications never give out the same version.
SELECT org_id, template_id, kind, name, draft, revision, latest_version, created_at, updated_at
  FROM templates
 WHERE org_id = $1 AND kind = $2 AND (template_id = $3 OR name = $4)
   FOR NO KEY UPDATE;

-- list_designs --
-- One page of the org's templates or components, latest first, without their drafts.
SELECT template_id, kind, name, revision, latest_version, created_at, updated_at
  FROM templates
 WHERE org_id = $1 AND kind = $2 AND ($3::uuid IS NULL OR template_id < $3)
 ORDER BY template_id DESC
 LIMIT $4;

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

-- insert_uses --
-- What a new version is made of: versions of components and templates ($4, $5), each once.
INSERT INTO template_uses (org_id, template_id, version, used_id, used_version)
SELECT $1, $2, $3, used_id, used_version
  FROM unnest($4::uuid[], $5::int[]) AS used (used_id, used_version);

-- find_version --
-- One version of a template or component.
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

-- find_named_versions --
-- Versions named by kind, name and number, with their documents as far as these fit into $5 bytes together.
SELECT t.kind, t.name, v.version, v.template_id, v.program_digest,
       CASE WHEN sum(octet_length(v.document)) OVER (ORDER BY t.kind, t.name, v.version) <= $5::bigint
            THEN v.document END AS document
  FROM unnest($2::text[], $3::text[], $4::int[]) AS named (kind, name, version)
  JOIN templates t ON t.org_id = $1 AND t.kind = named.kind AND t.name = named.name
  JOIN template_versions v ON v.org_id = t.org_id AND v.template_id = t.template_id AND v.version = named.version;

-- list_uses --
-- The versions that one version is made of, by kind and name.
SELECT t.kind, t.name, u.used_id AS template_id, u.used_version AS version, v.program_digest
  FROM template_uses u
  JOIN templates t ON t.org_id = u.org_id AND t.template_id = u.used_id
  JOIN template_versions v ON v.org_id = u.org_id AND v.template_id = u.used_id AND v.version = u.used_version
 WHERE u.org_id = $1 AND u.template_id = $2 AND u.version = $3
 ORDER BY t.kind, t.name, u.used_version;

-- list_users --
-- One page of the versions that have one version in them, latest design first and its latest version first.
SELECT t.kind, t.name, u.template_id, u.version, v.program_digest
  FROM template_uses u
  JOIN templates t ON t.org_id = u.org_id AND t.template_id = u.template_id
  JOIN template_versions v ON v.org_id = u.org_id AND v.template_id = u.template_id AND v.version = u.version
 WHERE u.org_id = $1 AND u.used_id = $2 AND u.used_version = $3
   AND ($4::uuid IS NULL OR (u.template_id, u.version) < ($4, $5::int))
 ORDER BY u.template_id DESC, u.version DESC
 LIMIT $6;
