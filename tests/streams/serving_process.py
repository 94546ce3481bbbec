"""A server process for tests of streams: the whole application behind the entry point that operators use."""

import asyncio
import os

from actum.entrypoints.api import make_parts
from actum.entrypoints.assemble import assemble
from actum.entrypoints.serve import Listen, open_socket, run, serve
from actum.platform.database import Database
from actum.platform.signals import Signals


async def main() -> None:
    database = await Database.open(os.environ["ACTUM_DATABASE_URL"])
    try:
        app = assemble(make_parts(database), Signals())
        listen = Listen(port=0, drain_seconds_max=10)
        await serve(app, listen, open_socket(listen), lambda port: print(f"port {port}", flush=True))
    finally:
        await asyncio.wait_for(database.close(), 5)


if __name__ == "__main__":
    run(main())
