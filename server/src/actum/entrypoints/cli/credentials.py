"""The file in which `actum up` keeps the address and the access token of its server, for the other commands."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

_FILE_NAME: Final = "credentials.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A server's address, and a token for it. The token is a secret."""

    url: str
    token: str = field(repr=False)
    org: str


def credentials_file(data_dir: Path) -> Path:
    """Where they lie."""
    return data_dir / _FILE_NAME


def load_credentials(data_dir: Path) -> Credentials | None:
    """What was kept, or None when nothing readable was."""
    try:
        found = json.loads(credentials_file(data_dir).read_text(encoding="utf-8"))
        return Credentials(url=str(found["url"]), token=str(found["token"]), org=str(found["org"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_credentials(data_dir: Path, credentials: Credentials) -> None:
    """Keep them where only this user may read them, whole or not at all."""
    # mkstemp makes the file with mode 0600, so that the token is never readable by others, not even for a moment.
    descriptor, temporary = tempfile.mkstemp(dir=data_dir, prefix=f".{_FILE_NAME}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(credentials), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(credentials_file(data_dir))
