"""What the database itself allows: four functions reach past row-level security, and each can do one thing."""

import asyncpg


async def test_only_these_run_with_other_rights_than_their_callers(
    owner: asyncpg.Connection,
) -> None:
    rows = await owner.fetch(
        """SELECT p.oid::regprocedure::text AS signature, r.rolname AS runs_as, p.proconfig::text AS settings
             FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
            WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace
            ORDER BY 1"""
    )
    path = '{"search_path=pg_catalog, public, pg_temp"}'
    assert [tuple(row) for row in rows] == [
        ("claim_work(integer,double precision)", "actum_worker", path),
        ("find_access_token(bytea)", "actum_authenticator", path),
        ("find_work_wait()", "actum_worker", path),
        ("forget_idempotency_keys(double precision,integer)", "actum_worker", path),
    ]


async def test_who_looks_up_tokens_can_log_in_nowhere_and_read_nothing_else(
    owner: asyncpg.Connection,
) -> None:
    role = await owner.fetchrow(
        """SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb
             FROM pg_roles WHERE rolname = 'actum_authenticator'"""
    )
    assert role is not None
    assert not any(role.values())
    rights = await owner.fetch(
        """SELECT table_name, privilege_type FROM information_schema.role_table_grants
            WHERE grantee = 'actum_authenticator'"""
    )
    assert [tuple(row) for row in rights] == [("access_tokens", "SELECT")]
    assert not await owner.fetchval("SELECT has_schema_privilege('actum_authenticator', 'public', 'CREATE')")


async def test_who_looks_for_work_sees_when_it_is_due_and_nothing_of_what_it_is(
    owner: asyncpg.Connection,
) -> None:
    role = await owner.fetchrow(
        """SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb
             FROM pg_roles WHERE rolname = 'actum_worker'"""
    )
    assert role is not None
    assert not any(role.values())
    rights = await owner.fetch(
        """SELECT DISTINCT table_name, privilege_type, column_name FROM information_schema.column_privileges
            WHERE grantee = 'actum_worker' AND table_name <> 'work'
            UNION
           SELECT table_name, privilege_type, '*' FROM information_schema.role_table_grants
            WHERE grantee = 'actum_worker'
            ORDER BY 1, 2, 3"""
    )
    assert [tuple(row) for row in rights] == [
        ("idempotency_keys", "DELETE", "*"),
        ("idempotency_keys", "SELECT", "created_at"),
        ("idempotency_keys", "SELECT", "org_id"),
        ("work", "SELECT", "*"),
    ]
    assert not await owner.fetchval("SELECT has_schema_privilege('actum_worker', 'public', 'CREATE')")
