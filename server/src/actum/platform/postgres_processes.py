"""Which running processes belong to one PostgreSQL data directory; a pid in a file is not believed."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_HAS_PROC = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class PostmasterFile:
    """What `postmaster.pid` says: the pid it names may be dead, a zombie, or somebody else by now."""

    pid: int
    socket_directory: str
    is_ready: bool


def read_postmaster_file(cluster: Path) -> PostmasterFile | None:
    """Read the lock file PostgreSQL keeps in its data directory; None when absent or still being written."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    socket_directory = lines[4].strip() if len(lines) > 4 else ""
    status = lines[7].strip() if len(lines) > 7 else ""
    return PostmasterFile(pid=pid, socket_directory=socket_directory, is_ready=status == "ready")


def find_postmaster(cluster: Path) -> int | None:
    """Return the pid of the live postmaster that serves this directory, or None.

    It is alive, no zombie, a `postgres`, and has this very directory: a recycled pid is not it.
    """
    file = read_postmaster_file(cluster)
    if file is None or not is_serving(file.pid, cluster):
        return None
    return file.pid


def is_serving(pid: int, cluster: Path) -> bool:
    """Tell whether a pid is a live postgres process of this directory."""
    if pid <= 0:
        return False
    return _is_serving_proc(pid, cluster) if _HAS_PROC else _is_serving_ps(pid, cluster)


def list_processes(cluster: Path) -> tuple[int, ...]:
    """Return every live postgres process of this directory: the postmaster, its backends, or its orphans."""
    if _HAS_PROC:
        pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
        return tuple(sorted(pid for pid in pids if _is_serving_proc(pid, cluster)))
    # Without /proc a backend's directory is not visible; its orphans keep the shared memory attached and
    # PostgreSQL itself then refuses to start, which the supervisor answers by trying again.
    pid = find_postmaster(cluster)
    return () if pid is None else (pid,)


def _is_serving_proc(pid: int, cluster: Path) -> bool:
    process = Path("/proc", str(pid))
    # Every PostgreSQL process has its data directory as its working directory, under any title.
    try:
        return (process / "cwd").samefile(cluster) and "postgres" in (process / "exe").readlink().name
    except OSError:
        # Gone, a zombie (which has neither link), or of a user whose links we may not read.
        return False


def _is_serving_ps(pid: int, cluster: Path) -> bool:
    shown = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    state, _, command = shown.partition(" ")
    return bool(state) and not state.startswith("Z") and "postgres" in command and str(cluster) in command


def is_alive(pid: int) -> bool:
    """Tell whether any process, even a zombie, has this pid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
