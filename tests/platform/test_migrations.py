"""Migrations are applied once, whole, in order, and never changed afterwards; `schema.sql` is what they make."""

import asyncio
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from actum.platform import migrations
from actum.platform.database import Database, DatabaseRefused, DatabaseUnavailable, PoolSize
from actum.platform.embedded_postgres import EmbeddedPostgres
from actum.platform.migrations import Migration, MigrationFailed, MigrationRefused, migrate
from actum.platform.postgres_cluster import DatabaseUrls
from actum.platform.schema import dump_schema, schema_file

FOUNDATION = migrations.load_migrations()[0]
SECOND = Migration(
    version=2, name="second", text="CREATE TABLE second (a int);\nINSERT INTO second VALUES (1);\n"
)


async def applied(url: str) -> list[tuple[int, str, str]]:
    connection = await asyncpg.connect(url)
    try:
        return [
            tuple(r) for r in await connection.fetch("SELECT version, name, sha256 FROM schema_migrations")
        ]
    finally:
        await connection.close()


async def test_each_is_applied_once_and_recorded_with_its_digest(empty_database_urls: DatabaseUrls) -> None:
    url = empty_database_urls.owner
    assert await migrate(url, [FOUNDATION]) == (FOUNDATION,)
    assert await migrate(url, [FOUNDATION, SECOND]) == (SECOND,)
    assert await migrate(url, [FOUNDATION, SECOND]) == ()
    assert await applied(url) == [(m.version, m.name, m.sha256) for m in (FOUNDATION, SECOND)]


async def test_a_changed_migration_is_refused_and_nothing_is_applied(
    empty_database_urls: DatabaseUrls,
) -> None:
    url = empty_database_urls.owner
    await migrate(url, [FOUNDATION, SECOND])
    changed = replace(SECOND, text=SECOND.text + "-- changed\n")
    third = Migration(version=3, name="third", text="CREATE TABLE third ();")
    with pytest.raises(MigrationRefused, match=r"0002_second\.sql was changed after it was applied"):
        await migrate(url, [FOUNDATION, changed, third])
    assert [version for version, _, _ in await applied(url)] == [1, 2]


async def test_a_database_that_is_ahead_is_refused(empty_database_urls: DatabaseUrls) -> None:
    await migrate(empty_database_urls.owner, [FOUNDATION, SECOND])
    with pytest.raises(MigrationRefused, match=r"0002_second, which this version of Actum does not know"):
        await migrate(empty_database_urls.owner, [FOUNDATION])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CREATE TABLE half ();\nINSERT INTO nowhere VALUES (1);\n", r"nowhere.*\(line 2\)"),
        ("CREATE TABLE half (); COMMIT;", "must not end the transaction"),
        ("CREATE TABLE half (; ", "syntax error"),
    ],
)
async def test_a_failing_migration_is_told_with_its_place(
    empty_database_urls: DatabaseUrls, text: str, message: str
) -> None:
    url = empty_database_urls.owner
    with pytest.raises(MigrationFailed, match=message):
        await migrate(url, [FOUNDATION, Migration(version=2, name="broken", text=text)])
    assert [version for version, _, _ in await applied(url)] == [1]


async def test_a_failing_migration_changes_nothing(empty_database_urls: DatabaseUrls) -> None:
    broken = replace(SECOND, text=SECOND.text + "SELECT 1 / 0;")
    with pytest.raises(MigrationFailed, match="division by zero"):
        await migrate(empty_database_urls.owner, [FOUNDATION, broken])
    assert await migrate(empty_database_urls.owner, [FOUNDATION, SECOND]) == (SECOND,)


async def test_starters_that_race_apply_each_migration_once(empty_database_urls: DatabaseUrls) -> None:
    slow = replace(SECOND, text=SECOND.text + "SELECT pg_sleep(0.1);")
    told = await asyncio.gather(*(migrate(empty_database_urls.owner, [FOUNDATION, slow]) for _ in range(4)))
    assert sorted(len(missing) for missing in told) == [0, 0, 0, 2]


async def test_the_application_can_tell_what_is_missing(empty_database_urls: DatabaseUrls) -> None:
    wanted = (FOUNDATION, SECOND)
    # Nothing at all: not even the runner's table.
    database = await Database.open(empty_database_urls.app, PoolSize(minimum=1))
    try:
        for count in (0, 1, 2):
            if count:
                await migrate(empty_database_urls.owner, wanted[:count])
            async with database.transaction_without_org() as tx:
                assert await migrations.check_applied(tx, wanted) == wanted[count:]
        with pytest.raises(MigrationRefused):
            async with database.transaction_without_org() as tx:
                await migrations.check_applied(tx, wanted[:1])
    finally:
        await database.close()


@pytest.mark.slow
async def test_one_login_of_an_external_database_may_both_migrate_and_serve(made_data_dir: Path) -> None:
    """The server knows nothing of Actum yet; the login owns the database and may create roles, no more."""
    postgres = EmbeddedPostgres(made_data_dir)
    urls = await postgres.attach()
    try:
        superuser = await asyncpg.connect(urls.superuser)
        await superuser.execute("DROP ROLE actum_app")
        await superuser.execute("CREATE ROLE single LOGIN CREATEROLE PASSWORD 'secret'")
        await superuser.execute("CREATE DATABASE single OWNER single")
        await superuser.close()
        app_url = postgres.cluster.urls(database="single").app
        url = app_url.replace(app_url.split("@")[0], "postgresql://single:secret")
        with pytest.raises(DatabaseRefused, match="run `actum migrate`"):
            await Database.open(url)
        await migrate(url)
        database = await Database.open(url)
        async with database.transaction(UUID(int=1)) as tx:
            assert await tx.fetch("SELECT * FROM orgs") == []
        await database.close()
    finally:
        await postgres.stop()


async def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate(f"postgresql://someone@/actum?host={tmp_path}")


def test_the_files_are_numbered_without_a_gap() -> None:
    found = migrations.load_migrations()
    assert [migration.version for migration in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize(
    "names", [("0002_b.sql",), ("0001_a.sql", "0003_c.sql"), ("0001_a.sql", "0001_b.sql"), ("1.sql",)]
)
def test_misnumbered_files_are_refused(
    names: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "misnumbered"
    package.mkdir()
    for name in ("__init__.py", *names):
        (package / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "misnumbered", raising=False)
    with pytest.raises(ValueError, match=r"without a gap|is not named like"):
        migrations.load_migrations("misnumbered")


def test_line_ends_do_not_change_a_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = set()
    for name, text in (("with_lf", b"SELECT 1;\nSELECT 2;\n"), ("with_crlf", b"SELECT 1;\r\nSELECT 2;\r\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "0001_a.sql").write_bytes(text)
        monkeypatch.syspath_prepend(tmp_path)
        digests.add(migrations.digest(migrations.load_migrations(name)))
    assert len(digests) == 1


def test_schema_sql_is_what_the_migrations_make(database_urls: DatabaseUrls) -> None:
    found = dump_schema(database_urls.owner)
    assert found == schema_file().read_text(encoding="utf-8"), "run `python -m actum.platform.schema`"
    assert "password" not in found.lower()


async def test_every_table_of_an_org_begins_with_it_and_has_a_forced_policy(
    owner: asyncpg.Connection,
) -> None:
    rows = await owner.fetch(
        """
        SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS is_forced,
               (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = 1) AS first_column,
               (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                 WHERE i.indrelid = c.oid AND i.indisprimary) AS first_of_key,
               (SELECT bool_and(coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid))
                                LIKE '%actum_orgs()%')
                  FROM pg_policy p WHERE p.polrelid = c.oid
                   AND p.polroles && ARRAY[0::oid, 'actum_app'::regrole::oid]) AS follows_the_orgs
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_migrations'
        """
    )
    assert rows
    faults = [
        dict(row)
        for row in rows
        if dict(row)
        != dict(row)
        | {"is_forced": True, "first_column": "org_id", "first_of_key": "org_id", "follows_the_orgs": True}
    ]
    assert faults == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET a = 2",
        "UPDATE facts SET a = 2 WHERE false",
        "DELETE FROM facts",
        "TRUNCATE facts",
        "MERGE INTO facts USING (VALUES (1)) v (a) ON facts.a = v.a WHEN MATCHED THEN DELETE",
        "INSERT INTO facts VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 3",
        "SET session_replication_role = replica; DELETE FROM facts",
    ],
)
async def test_the_guard_keeps_a_table_append_only(superuser: asyncpg.Connection, statement: str) -> None:
    await superuser.execute(
        """
        CREATE TABLE facts (a int PRIMARY KEY);
        CREATE TRIGGER facts_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON facts
          FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        ALTER TABLE facts ENABLE ALWAYS TRIGGER facts_refuse_change;
        INSERT INTO facts VALUES (1);
        """
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="facts is append-only"):
        await superuser.execute(statement)
    assert [row["a"] for row in await superuser.fetch("SELECT a FROM facts")] == [1]
