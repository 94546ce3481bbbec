"""`schema.sql`: the shape that all migrations together give the database, written down to be read and compared.

`python -m actum.platform.schema` writes it anew after a migration was added; a test compares it.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from actum.platform import migrations
from actum.platform.embedded_postgres import EmbeddedPostgres, binary
from actum.platform.postgres_cluster import OWNER_ROLE
from actum_core.errors import ActumError

_HEADING = """\
-- The database as all migrations together make it. Generated: run `python -m actum.platform.schema`.
-- Everything belongs to actum_owner unless a line says otherwise.
"""

#: Lines that tell of the dump and not of the database, and those that say what the heading says for all.
_NOISE = re.compile(
    r"^(--.*"
    r"|\\(un)?restrict .*"
    r"|SET (\w+_timeout|client_\w+|standard_conforming_strings|check_function_bodies|xmloption|row_security"
    r"|default_\w+) = .*"
    r"|SELECT pg_catalog\.set_config\(.*"
    rf"|ALTER .* OWNER TO {OWNER_ROLE};)\n",
    re.MULTILINE,
)


class SchemaDumpFailed(ActumError):
    """Use a pg_dump that is at least as new as the server, and the owner's URL."""

    code: ClassVar[str] = "schema_dump_failed"


def schema_file() -> Path:
    """Return where `schema.sql` lies in a checkout."""
    return Path(str(resources.files("actum"))) / "schema.sql"


def dump_schema(owner_url: str) -> str:
    """Return the database's shape as SQL, the same text for the same shape whatever the server and the time."""
    parts = urlsplit(owner_url)
    # The password goes by the environment: a command line is everybody's to read.
    password = unquote(parts.password or "")
    public = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")).geturl()
    done = subprocess.run(  # noqa: S603
        [binary("pg_dump"), "--schema-only", "--dbname", public],
        env=os.environ | {"PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SchemaDumpFailed(f"pg_dump failed: {done.stderr.strip()}")
    body = re.sub(r"\n{3,}", "\n\n", _NOISE.sub("", done.stdout)).strip()
    return f"{_HEADING}\n{body}\n"


async def migrated_schema(data_dir: Path) -> str:
    """Migrate a new cluster in an empty directory and return its shape."""
    postgres = EmbeddedPostgres(data_dir, settings={"fsync": "off"})
    urls = await postgres.attach()
    try:
        await migrations.migrate(urls.owner)
        return await asyncio.to_thread(dump_schema, urls.owner)
    finally:
        await postgres.stop()


def main() -> None:
    """Write `schema.sql` anew."""
    with tempfile.TemporaryDirectory(prefix="actum-schema-") as directory:
        # When this runs as root, PostgreSQL runs as another user, which must get in.
        Path(directory).chmod(0o755)
        text = asyncio.run(migrated_schema(Path(directory)))
    schema_file().write_text(text, encoding="utf-8")
    sys.stdout.write(f"wrote {schema_file()}\n")


if __name__ == "__main__":
    main()
