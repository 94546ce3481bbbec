"""The embedded PostgreSQL starts, is adopted, comes back after every kind of kill, and is stopped by its last user."""

import asyncio
import json
import os
import subprocess
import time
from pathlib import Path

import asyncpg
import pytest

from actum.platform.embedded_postgres import (
    EmbeddedPostgres,
    PostgresStartFailed,
    binary,
    main,
    running,
)
from actum.platform.postgres_cluster import ClusterUnusable, open_cluster
from actum.platform.postgres_processes import find_postmaster

from .clusters import (
    STARTED,
    Told,
    directory_of,
    read,
    write,
)

pytestmark = pytest.mark.slow


async def test_it_starts_durably_and_without_a_network_port(
    own_postgres: EmbeddedPostgres, told: Told
) -> None:
    urls = await own_postgres.start()
    assert await told.next() == STARTED
    connection = await asyncpg.connect(urls.superuser)
    settings = {
        name: await connection.fetchval(f"SHOW {name}")
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "listen_addresses")
    }
    locale = await connection.fetchrow(
        "SELECT datlocprovider::text, datlocale FROM pg_database WHERE datname = 'actum'"
    )
    await connection.close()
    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
    }
    assert locale is not None
    assert tuple(locale) == ("b", "C.UTF-8")


async def test_its_files_and_its_socket_are_private(own_postgres: EmbeddedPostgres) -> None:
    await own_postgres.start()
    cluster = own_postgres.cluster
    modes = {
        path.name: path.stat().st_mode & 0o777
        for path in (
            cluster.directory,
            cluster.socket_directory,
            cluster.root / "passwords.json",
            cluster.server_file,
        )
    }
    assert modes == {"cluster": 0o700, "socket": 0o700, "passwords.json": 0o600, "postgres.log": 0o600}
    assert not (cluster.root / "initdb.password").exists()


async def test_a_wrong_password_is_refused(own_postgres: EmbeddedPostgres) -> None:
    urls = await own_postgres.start()
    password = urls.app.split("@")[0].rsplit(":", 1)[1]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(urls.app.replace(password, "wrong"))


async def test_the_servers_login_may_do_nothing_by_itself(own_postgres: EmbeddedPostgres) -> None:
    urls = await own_postgres.start()
    owner = await asyncpg.connect(urls.owner)
    await owner.execute("CREATE TABLE secret (); GRANT SELECT ON secret TO actum_app")
    await owner.close()
    server = await asyncpg.connect(urls.app)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await server.execute("SELECT * FROM secret")
    await server.execute("SET ROLE actum_app; SELECT * FROM secret")
    for statement in (
        "CREATE TABLE mine ()",
        "SET ROLE actum_owner",
        "CREATE ROLE mine",
        "CREATE TEMP TABLE mine ()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await server.execute(statement)
    await server.close()


async def test_a_second_start_finds_the_data(own_postgres: EmbeddedPostgres) -> None:
    await write((await own_postgres.start()).owner, 1)
    await own_postgres.stop()
    assert not own_postgres.is_running()
    began = time.perf_counter()
    urls = await own_postgres.start()
    assert time.perf_counter() - began < 5  # the target is 1 s; a busy machine is granted more
    assert await read(urls.owner) == [1]


async def test_a_setting_postgres_refuses_is_told_with_its_reason(made_data_dir: Path) -> None:
    postgres = EmbeddedPostgres(made_data_dir, settings={"shared_buffers": "many"})
    with pytest.raises(PostgresStartFailed, match="shared_buffers"):
        await postgres.start()
    assert not postgres.is_running()


async def test_lost_passwords_are_told(own_postgres: EmbeddedPostgres) -> None:
    await own_postgres.start()
    await own_postgres.stop()
    (own_postgres.cluster.root / "passwords.json").unlink()
    with pytest.raises(ClusterUnusable, match=r"passwords\.json cannot be read"):
        await own_postgres.start()
    assert not own_postgres.is_running()


async def test_passwords_of_another_cluster_are_told(own_postgres: EmbeddedPostgres) -> None:
    await own_postgres.start()
    await own_postgres.stop()
    path = own_postgres.cluster.root / "passwords.json"
    path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_text()), "wrong")))
    with pytest.raises(PostgresStartFailed, match="refuses our own login"):
        await own_postgres.start()


async def test_a_cluster_of_another_major_version_is_refused(own_postgres: EmbeddedPostgres) -> None:
    await own_postgres.start()
    await own_postgres.stop()
    (directory_of(own_postgres) / "PG_VERSION").write_text("13\n")
    with pytest.raises(ClusterUnusable, match="made by PostgreSQL 13"):
        await own_postgres.start()


async def test_the_users_own_settings_win(own_postgres: EmbeddedPostgres) -> None:
    await own_postgres.start()
    await own_postgres.stop()
    with (directory_of(own_postgres) / "postgresql.conf").open("a") as file:
        file.write("work_mem = '13MB'\n")
    connection = await asyncpg.connect((await own_postgres.start()).app)
    assert await connection.fetchval("SHOW work_mem") == "13MB"
    await connection.close()


@pytest.mark.parametrize("name", ["with a space", "with'quote", "comma,semi;colon:", "ünïcode", "x" * 120])
async def test_any_path_will_do(data_dir: Path, name: str) -> None:
    postgres = EmbeddedPostgres(data_dir / name)
    (data_dir / name).mkdir(mode=0o755)
    try:
        urls = await postgres.start()
        await write(urls.owner, 1)
        assert len(os.fsencode(postgres.cluster.socket_directory / ".s.PGSQL.5432")) <= 103
        # libpq's programs take the same URL.
        command = [str(binary("psql")), urls.owner, "-Atc", "SELECT value FROM kept"]
        shown = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
        assert shown.stdout == "1\n"
    finally:
        await postgres.stop()
        if postgres.cluster.socket_directory.parent == Path("/tmp"):
            postgres.cluster.socket_directory.rmdir()


async def test_a_socket_directory_that_somebody_else_put_there_is_refused(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir / ("x" * 120))
    socket_directory = postgres.cluster.socket_directory
    socket_directory.rmdir()
    socket_directory.symlink_to(data_dir)
    try:
        with pytest.raises(ClusterUnusable, match="remove it"):
            open_cluster(data_dir / ("x" * 120))
    finally:
        socket_directory.unlink()


def test_code_without_an_event_loop_can_use_it(made_data_dir: Path) -> None:
    with running(made_data_dir) as urls:
        asyncio.run(write(urls.owner, 1))
    assert find_postmaster(open_cluster(made_data_dir).directory) is None


def test_the_command_line_starts_shows_and_stops_it(
    made_data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: dict[str, list[tuple[int, str]]] = {}
    for command in ("start", "status", "stop", "status"):
        code = main([command, "--data-dir", str(made_data_dir)])
        told.setdefault(command, []).append((code, capsys.readouterr().out.split(",")[0].split("\n")[0]))
    assert told == {
        "start": [(0, "running")],
        "stop": [(0, "not running")],
        "status": [(0, "running"), (3, "not running")],
    }
