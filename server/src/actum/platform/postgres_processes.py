"""Which running processes belong to one PostgreSQL data directory; a pid in a file is not believed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_HAS_PROC = sys.platform == "linux"
_POLL_SECONDS = 0.1

#: Children of this process: kept so that whichever object watches one, it is reaped.
_children: dict[int, subprocess.Popen[str]] = {}


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


def adopt_child(process: subprocess.Popen[str]) -> None:
    """Remember a postmaster started by this process, which must reap it."""
    _children[process.pid] = process


def has_ended(pid: int, directory: Path) -> bool:
    """Tell whether a process has stopped serving this directory; reaps it if it is a child."""
    child = _children.get(pid)
    if child is not None:
        # Between fork and exec a child is not yet recognisable as PostgreSQL; reaping it also tells.
        return child.poll() is not None
    return not is_serving(pid, directory)


def reap_children() -> None:
    """Reap every child that has ended, so that no zombie is left."""
    for pid, child in list(_children.items()):
        if child.poll() is not None:
            del _children[pid]


def signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    """Send a signal to those that still exist."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


async def wait_for_end(pid: int, seconds: float) -> None:
    """Return when the process has ended, after the given seconds, or now and then without a reason."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, not allowed, or gone already
        await asyncio.sleep(min(seconds, _POLL_SECONDS))
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        pass
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def is_listening(socket: Path) -> bool:
    """Tell whether something accepts connections on a Unix socket."""
    try:
        _, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    writer.close()
    return True
