"""One PostgreSQL data directory of ours: where its parts lie, who owns them, and which secrets open it."""

import hashlib
import json
import os
import pwd
import re
import secrets
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, TextIO
from urllib.parse import quote

from actum.platform.limits import SOCKET_PATH_BYTES_MAX
from actum.platform.postgres_binaries import Binaries, RunAs, copy_binaries, find_binaries, run_program
from actum_core.errors import ActumError

PORT = 5432
DATABASE = "actum"
SUPERUSER = "postgres"
OWNER_ROLE = "actum_owner"
SERVER_ROLE = "actum_server"
APP_ROLE = "actum_app"

#: Users that PostgreSQL may run as when the server runs as root, the most specific first.
_ACCOUNTS = ("actum", "postgres", "daemon", "nobody")

#: Characters that need no quoting in a connection URL, a socket list and a shell, save the space.
_PLAIN_PATH = re.compile(r"^[A-Za-z0-9 ._/+~-]+$")


class ClusterUnusable(ActumError):
    """Correct what the message names about the data directory, or set ACTUM_DATABASE_URL."""

    code: ClassVar[str] = "cluster_unusable"


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """Ways into one database: `app` for the server, `owner` for migrations, `superuser` for its keeper.

    They hold passwords, so they are not shown.
    """

    owner: str = field(repr=False)
    app: str = field(repr=False)
    superuser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user that PostgreSQL runs as; it must have a passwd entry."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the parts of one cluster lie. `account` is None when PostgreSQL runs as this process's user."""

    root: Path
    account: Account | None
    socket_directory: Path

    @property
    def directory(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.root / "cluster"

    @property
    def server_file(self) -> Path:
        """What PostgreSQL writes to its standard error; emptied when it grows beyond its bound."""
        return self.root / "postgres.log"

    def open_server_file(self) -> TextIO:
        """Open `server_file` to append to it; only this process's user may read it."""
        return open(
            self.server_file, "a", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)
        )

    @property
    def is_initialised(self) -> bool:
        return (self.directory / "PG_VERSION").is_file()

    @property
    def is_bootstrapped(self) -> bool:
        return self.bootstrap_marker.is_file()

    @property
    def bootstrap_marker(self) -> Path:
        """Exists once the roles and the database do."""
        return self.root / "bootstrapped"

    def run_as(self) -> RunAs:
        """Return how a program is run as the cluster's user."""
        return RunAs() if self.account is None else RunAs(uid=self.account.uid, gid=self.account.gid)

    def urls(self, database: str = DATABASE) -> DatabaseUrls:
        """Build the connection URLs from the stored passwords; they contain secrets."""
        passwords = self.load_passwords()
        return DatabaseUrls(
            owner=self._url(OWNER_ROLE, passwords, database),
            app=self._url(SERVER_ROLE, passwords, database),
            superuser=self._url(SUPERUSER, passwords, database),
        )

    def _url(self, role: str, passwords: Mapping[str, str], database: str) -> str:
        host = quote(str(self.socket_directory), safe="/")
        return f"postgresql://{role}:{passwords[role]}@/{quote(database)}?host={host}&port={PORT}"

    def make_passwords(self) -> dict[str, str]:
        """Choose a password for every login and keep them where only this process's user may read them."""
        passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER_ROLE, SERVER_ROLE)}
        self.write(self.root / "passwords.json", json.dumps(passwords, indent=1) + "\n")
        return passwords

    def load_passwords(self) -> dict[str, str]:
        """Read the passwords of the three logins by role; raise ClusterUnusable when they are lost."""
        path = self.root / "passwords.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return {role: str(found[role]) for role in (SUPERUSER, OWNER_ROLE, SERVER_ROLE)}
        except (OSError, ValueError, KeyError) as error:
            raise ClusterUnusable(
                f"{path} cannot be read ({error}): bring the file back from a backup of {self.root}, "
                "or move the whole directory away to begin with an empty database"
            ) from error

    def write(self, path: Path, text: str, *, owner: Account | None = None) -> None:
        """Put a private file in place whole and durably, or not at all."""
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if owner is not None:
                os.fchown(file.fileno(), owner.uid, owner.gid)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        sync_directory(path.parent)


def open_cluster(data_dir: Path) -> Cluster:
    """Make the directories that surround the cluster and decide who owns it; nothing is initialised yet."""
    root = data_dir.absolute() / "postgres"
    account = _choose_account(root / "cluster")
    root.mkdir(mode=0o700 if account is None else 0o755, parents=True, exist_ok=True)
    if account is not None:
        _require_reachable(root, account)
    socket_directory = _choose_socket_directory(root)
    cluster = Cluster(root=root, account=account, socket_directory=socket_directory)
    make_private(socket_directory, account)
    return cluster


def choose_binaries(cluster: Cluster) -> Binaries:
    """Find PostgreSQL's programs and make sure that the cluster's user can execute them."""
    binaries = find_binaries()
    if cluster.account is not None and not _can_execute(cluster, binaries):
        binaries = copy_binaries(binaries, cluster.root / "binaries")
        if not _can_execute(cluster, binaries):
            raise ClusterUnusable(
                f"user {cluster.account.name} cannot execute {binaries.directory / 'postgres'}: "
                "make it readable and executable for others (is the file system mounted noexec?)"
            )
    return binaries


def _can_execute(cluster: Cluster, binaries: Binaries) -> bool:
    try:
        done = run_program([str(binaries.path("postgres")), "--version"], cluster.run_as())
    except PermissionError:
        return False
    return bool(done.returncode == 0)


def _choose_account(directory: Path) -> Account | None:
    uid = os.geteuid()
    owner = directory.stat().st_uid if directory.exists() else None
    if uid != 0:
        if owner is not None and owner != uid:
            raise ClusterUnusable(
                f"{directory} belongs to user id {owner} and this process runs as {uid}: "
                "run as that user or choose another directory with ACTUM_DATA_DIR"
            )
        if not _has_passwd_entry(uid):
            raise ClusterUnusable(
                f"user id {uid} has no passwd entry, which PostgreSQL needs: set ACTUM_DATABASE_URL instead"
            )
        return None
    # PostgreSQL refuses to run as root.
    if owner is not None and owner != 0:
        return _account(pwd.getpwuid(owner)) if _has_passwd_entry(owner) else _no_account(f"user id {owner}")
    for name in _ACCOUNTS:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    return _no_account(" or ".join(_ACCOUNTS))


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)


def _no_account(wanted: str) -> Account:
    raise ClusterUnusable(
        f"PostgreSQL refuses to run as root and there is no passwd entry for {wanted}: "
        "run as an ordinary user, or set ACTUM_DATABASE_URL"
    )


def _has_passwd_entry(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def can_traverse(directory: Path, uid: int, gid: int) -> bool:
    """Tell by the mode bits whether a user may pass through one directory."""
    found = directory.stat()
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _require_reachable(root: Path, account: Account) -> None:
    for directory in (root, *root.parents):
        if not can_traverse(directory, account.uid, account.gid):
            raise ClusterUnusable(
                f"PostgreSQL runs as user {account.name} because it refuses root, and {directory} is closed "
                "to it: choose a data directory others may pass through, such as ACTUM_DATA_DIR=/var/lib/actum"
            )


def _choose_socket_directory(root: Path) -> Path:
    """Use `socket` in the data directory, or a short private one if that path is too long or too odd."""
    inside = root / "socket"
    socket = f"{inside}/.s.PGSQL.{PORT}"
    if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES_MAX and _PLAIN_PATH.match(socket):
        return inside
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:16]
    # Not TMPDIR: every process that uses this cluster must arrive at the same place.
    return Path("/tmp") / f"actum-{name}"  # noqa: S108 - made private, and refused when it is somebody else's


def make_private(directory: Path, account: Account | None) -> None:
    """Make a directory only the cluster's user may enter; refuse one that somebody else has put there."""
    uid = os.geteuid() if account is None else account.uid
    try:
        directory.mkdir(mode=0o700)
        if account is not None:
            os.chown(directory, account.uid, account.gid)
    except FileExistsError:
        found = os.lstat(directory)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
            raise ClusterUnusable(
                f"{directory} exists and is not a directory of user id {uid}: remove it, then try again"
            ) from None
        if account is not None and found.st_uid != uid:
            os.chown(directory, account.uid, account.gid)
        directory.chmod(0o700)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
