"""How a cluster of ours is made: initdb, its settings, its roles and its database."""

import secrets
import shutil
from collections.abc import Mapping

import asyncpg

from actum.platform.limits import CONNECT_SECONDS_MAX
from actum.platform.postgres_binaries import Binaries, run_program
from actum.platform.postgres_cluster import (
    APP_ROLE,
    DATABASE,
    OWNER_ROLE,
    SERVER_ROLE,
    SUPERUSER,
    Cluster,
    ClusterUnusable,
    make_private,
    sync_directory,
)

#: Durable by default. `actum.conf` holds these; the user's own `postgresql.conf`, read after it, wins.
SETTINGS: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "64MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # The server itself gathers events into one commit, so PostgreSQL must not wait for others to join.
    "commit_delay": "0",
    "wal_level": "replica",
    "wal_buffers": "16MB",
    # Room for WAL to be recycled: making a new 16 MB file costs more than the commit it delays.
    "min_wal_size": "256MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # Statements and key values are the users' content, and this log is nobody's to read for that.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
}


def initialise(cluster: Cluster, binaries: Binaries, settings: Mapping[str, str]) -> None:
    """Run initdb beside the final place and move the result there, so that a half-made one never counts."""
    cluster.bootstrap_marker.unlink(missing_ok=True)
    passwords = cluster.make_passwords()
    for abandoned in cluster.root.glob("cluster.partial.*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    # A name of its own: the initdb of a start that was killed may still be writing into its directory.
    partial = cluster.root / f"cluster.partial.{secrets.token_hex(4)}"
    make_private(partial, cluster.account)
    # initdb runs as the cluster's user, which may read this one file and not the others.
    password_file = cluster.root / "initdb.password"
    cluster.write(password_file, passwords[SUPERUSER] + "\n", owner=cluster.account)
    try:
        command = [
            str(binaries.path("initdb")),
            *(f"--pgdata={partial}", f"--username={SUPERUSER}", f"--pwfile={password_file}"),
            *("--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--no-instructions"),
            *_locale_options(binaries),
            *(["--no-sync"] if settings.get("fsync") == "off" else []),
        ]
        done = run_program(command, cluster.run_as())
    finally:
        password_file.unlink()
    if done.returncode != 0:
        raise ClusterUnusable(f"initdb failed in {cluster.root}: {_tail(done.stderr or done.stdout)}")
    main_file = "include 'actum.conf'\n# Settings below win over actum.conf.\n"
    cluster.write(partial / "postgresql.conf", main_file, owner=cluster.account)
    partial.rename(cluster.directory)
    sync_directory(cluster.root)


def _locale_options(binaries: Binaries) -> tuple[str, ...]:
    # Both sort by code point, on every machine alike; the builtin provider came with version 17.
    if binaries.major_version() >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C",)


def configure(cluster: Cluster, settings: Mapping[str, str]) -> None:
    """Write `actum.conf`, so that an upgrade's new defaults reach old clusters at their next start."""
    lines = ["# Written by Actum at every start: put your own settings into postgresql.conf."]
    lines += [f"{name} = '{value}'" for name, value in {**SETTINGS, **settings}.items()]
    path, text = cluster.directory / "actum.conf", "\n".join(lines) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        cluster.write(path, text, owner=cluster.account)


def require_same_version(cluster: Cluster, binaries: Binaries) -> None:
    """Refuse binaries of another major version: the files of one cannot be read by another."""
    made_by = int((cluster.directory / "PG_VERSION").read_text().strip())
    found = binaries.major_version()
    if made_by != found:
        raise ClusterUnusable(
            f"{cluster.directory} was made by PostgreSQL {made_by} and the binaries found are {found}: "
            f"dump the data with PostgreSQL {made_by} (ACTUM_PG_BIN_DIR) and restore it into a new data directory"
        )


async def bootstrap(cluster: Cluster) -> None:
    """Make the roles and the database; may be repeated, so a kill in the middle does no harm."""
    passwords = cluster.load_passwords()
    url = cluster.urls(database="postgres").superuser
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS_MAX)
    try:
        roles = {str(row["rolname"]) for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        wanted = {
            APP_ROLE: "NOLOGIN",
            OWNER_ROLE: f"LOGIN CREATEROLE PASSWORD '{passwords[OWNER_ROLE]}'",
            # NOINHERIT: without the startup parameter role=actum_app this login may read nothing.
            SERVER_ROLE: f"LOGIN NOINHERIT PASSWORD '{passwords[SERVER_ROLE]}'",
        }
        for role, options in wanted.items():
            await connection.execute(f"{'ALTER' if role in roles else 'CREATE'} ROLE {role} {options}")
        await connection.execute(f"GRANT {APP_ROLE} TO {SERVER_ROLE}, {OWNER_ROLE}")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
        await connection.execute(
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;"
            f"GRANT CONNECT ON DATABASE {DATABASE} TO {SERVER_ROLE}"
        )
    finally:
        await connection.close()
    cluster.write(cluster.bootstrap_marker, "")


def _tail(text: str) -> str:
    return " ".join(text.split())[-600:] or "it printed nothing"
