"""`actum org`: make and list orgs, as the owner of the platform: it works on the database and not over HTTP."""

from typing import TYPE_CHECKING, Any

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.options import DEFAULT_LOCAL, Limit, LocalOptions
from actum.entrypoints.cli.screen import Screen, make_facts, make_table, short_time

if TYPE_CHECKING:
    from actum.orgs.store import Org

app = make_group("org", "Make and list orgs, as the owner of the platform.")


@app.command(name="create", help_epilogue=example('actum org create acme --name "Acme Ltd"'))
def create_org(slug: str, /, *, name: str | None = None, local: LocalOptions = DEFAULT_LOCAL) -> None:
    """Make an org and an admin access token for it, and print the token: this once
    and never again.

    Parameters
    ----------
    slug
        Its short name: lower-case letters, digits and hyphens. It never changes.
    name
        What people call it.  [default: the slug]
    """
    import asyncio

    from actum.entrypoints.cli import node
    from actum.orgs.create import NewOrg
    from actum.orgs.create import create_org as create
    from actum.platform.clock import SystemClock
    from actum.platform.database import Database, PoolSize

    async def main() -> NewOrg:
        async with node.open_urls(node.read_settings(local.data_dir)) as urls:
            await node.require_migrated(urls)
            database = await Database.open(urls.app, PoolSize(minimum=1, maximum=1))
            try:
                return await create(database, SystemClock(), slug, name or slug)
            finally:
                await database.close()

    made = asyncio.run(main())
    told = {"org": describe_org(made.org), "token": made.admin_token.text}
    facts = (("org", made.org.slug), ("id", told["org"]["id"]), ("admin token", made.admin_token.text))  # type: ignore[index]
    screen = Screen(local.is_json)
    screen.tell(told, lambda console: console.print(make_facts(facts)))
    screen.say(
        "\nKeep the token now: it is not shown again. `export ACTUM_TOKEN=…` makes it every command's."
    )


@app.command(name="list", help_epilogue=example("actum org list"))
def list_orgs(*, limit: Limit = 1_000, local: LocalOptions = DEFAULT_LOCAL) -> None:
    """List all orgs of the platform, in the order they were made.

    It needs the login that owns the tables: ACTUM_MIGRATE_DATABASE_URL where that
    is not the server's own.
    """
    import asyncio

    from actum.entrypoints.cli import node
    from actum.orgs import platform_owner

    async def main() -> "list[Org]":
        async with node.open_urls(node.read_settings(local.data_dir)) as urls:
            await node.require_migrated(urls)
            return await platform_owner.list_orgs(urls.owner, limit)

    found = [describe_org(org) for org in asyncio.run(main())]
    rows = ((each["slug"], each["name"], short_time(each["createdAt"]), each["id"]) for each in found)
    columns = ("SLUG", "NAME", "CREATED", "ID")
    document = {"object": "list", "data": found}
    Screen(local.is_json).tell(document, lambda console: console.print(make_table(columns, rows)))


def describe_org(org: "Org") -> dict[str, Any]:
    """An org as the API tells it."""
    import msgspec

    from actum.orgs.wire import org_told

    told: dict[str, Any] = msgspec.to_builtins(org_told(org))
    return told
