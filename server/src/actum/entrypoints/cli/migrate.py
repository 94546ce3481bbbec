"""`actum migrate`: bring the database to this version's tables."""

from typing import Annotated

from cyclopts import App, Parameter

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.options import DEFAULT_LOCAL, LocalOptions
from actum.entrypoints.cli.screen import Screen

app = App(
    name="migrate",
    help_format="plaintext",
    help_epilogue=example(
        "actum migrate --dry-run", "ACTUM_DATABASE_URL=postgresql://owner@db/actum actum migrate"
    ),
)


@app.default
def migrate(
    *,
    dry_run: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    local: LocalOptions = DEFAULT_LOCAL,
) -> None:
    """Apply the migrations that the database lacks, in order, each in one
    transaction.

    The database is that of ACTUM_DATABASE_URL, entered with
    ACTUM_MIGRATE_DATABASE_URL where the server's own login does not own the tables;
    else the embedded one. Of several processes one migrates and the others wait.

    Parameters
    ----------
    dry_run
        Only print what would be applied.
    """
    import asyncio

    from actum.entrypoints.cli import node
    from actum.platform import migrations

    async def main() -> tuple[str, list[str]]:
        async with node.open_urls(node.read_settings(local.data_dir)) as urls:
            if dry_run:
                return urls.told, await node.list_missing(urls)
            return urls.told, [each.file_name for each in await migrations.migrate(urls.owner)]

    where, found = asyncio.run(main())
    verb = "would apply" if dry_run else "applied"
    text = f"{verb} " + ", ".join(found) if found else "nothing to apply"
    document = {"object": "migration", "isDryRun": dry_run, "migrations": found}
    Screen(local.is_json).tell(document, lambda console: console.print(f"{where}: {text}", soft_wrap=True))
