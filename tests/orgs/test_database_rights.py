"""What the database itself allows: one function reaches past row-level security, and it can do one thing."""

import asyncpg


async def test_only_the_lookup_of_a_token_runs_with_other_rights_than_its_callers(
    owner: asyncpg.Connection,
) -> None:
    rows = await owner.fetch(
        """SELECT p.oid::regprocedure::text AS signature, r.rolname AS runs_as, p.proconfig::text AS settings
             FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
            WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace"""
    )
    assert [tuple(row) for row in rows] == [
        ("find_access_token(bytea)", "actum_authenticator", '{"search_path=pg_catalog, public, pg_temp"}')
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
