"""Who may start or stop a cluster, and who uses it: two file locks that the system releases with the process."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

from actum.platform import limits
from actum_core.errors import ActumError

_POLL_SECONDS = 0.005


class PostgresBusy(ActumError):
    """Stop the other process that uses this data directory, then try again."""

    code: ClassVar[str] = "postgres_busy"


class ClusterLocks:
    """`start.lock` is held to start or stop, by one at a time; `users.lock` is shared by all who use it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object is one of the cluster's users."""
        return self._descriptor is not None

    @asynccontextmanager
    async def starting(self) -> AsyncIterator[None]:
        """Hold the right to start or stop; raises PostgresBusy when another keeps it for too long."""
        descriptor = _open(self._root / "start.lock")
        try:
            deadline = time.monotonic() + limits.POSTGRES_LOCK_SECONDS_MAX
            while not _try_lock(descriptor, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise PostgresBusy(
                        f"another process has been starting or stopping {self._root} for too long"
                    )
                await asyncio.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def hold(self) -> None:
        """Become one of the users. Only inside `starting`."""
        if self._descriptor is None:
            self._descriptor = _open(self._root / "users.lock")
            fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def is_last_user(self) -> bool:
        """Tell whether nobody else uses the cluster. Only inside `starting`, so that nobody can join meanwhile."""
        return self._descriptor is not None and _try_lock(self._descriptor, fcntl.LOCK_EX)

    def let_go(self) -> None:
        """Stop being one of the users."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
