"""Where this machine's data lie unless the command line or ACTUM_DATA_DIR names another place.

The same decision as `actum.platform.settings.default_data_dir` (a test compares them), without the seconds that
loading all settings would add to every short command.
"""

import os
import pwd
from pathlib import Path
from typing import Final

from actum.platform.postgres_cluster import can_traverse

_FOR_ROOT: Final = Path("/var/lib/actum")


def choose_data_dir(named: Path | None) -> Path:
    """The directory that was named, or that ACTUM_DATA_DIR names, else the usual one."""
    if named is None and os.environ.get("ACTUM_DATA_DIR"):
        named = Path(os.environ["ACTUM_DATA_DIR"])
    return usual_data_dir() if named is None else named.expanduser().absolute()


def usual_data_dir() -> Path:
    """`$XDG_DATA_HOME/actum` or `~/.local/share/actum`; /var/lib/actum for a root whose home is closed to others."""
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The XDG Base Directory Specification: a relative path is to be ignored.
    chosen = (base if base.is_absolute() else Path.home() / ".local" / "share") / "actum"
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        reached = (parent for parent in chosen.parents if parent.exists())
        if not all(can_traverse(parent, nobody.pw_uid, nobody.pw_gid) for parent in reached):
            return _FOR_ROOT
    return chosen


def make_data_dir(data_dir: Path) -> None:
    """Make it when it is not there. What is secret in it has modes of its own; PostgreSQL's user must pass through."""
    data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
