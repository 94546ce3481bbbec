"""`actum up`: everything on this machine, with a demo, for somebody who has two minutes."""

import asyncio
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from cyclopts import App, Parameter, validators

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.credentials import (
    Credentials,
    credentials_file,
    load_credentials,
    save_credentials,
)
from actum.entrypoints.cli.data_dir import make_data_dir
from actum.entrypoints.cli.options import DEFAULT_LOCAL, LocalOptions
from actum.entrypoints.cli.refusals import explain
from actum.entrypoints.cli.screen import Screen
from actum_core.errors import ActumError

if TYPE_CHECKING:
    from actum.entrypoints.cli.node import Urls
    from actum.platform.settings import Settings

app = App(
    name="up",
    help_format="plaintext",
    help_epilogue=example("actum up", "actum up --port 9000 --data-dir ./data --no-demo"),
)

Port = Annotated[int | None, Parameter(validator=validators.Number(gte=0, lte=65_535))]

_HOST: Final = "127.0.0.1"
_LOCK_NAME: Final = "up.lock"
_ORG: Final = "demo"


class AlreadyUp(ActumError):
    """Use the one that runs, stop it with Ctrl-C there, or give this one another --data-dir and --port."""

    code: ClassVar[str] = "already_up"


@dataclass(slots=True)
class Start:
    """One start of everything, and what it tells on its way."""

    screen: Screen
    began: float
    is_demo: bool
    is_stopping: threading.Event = field(default_factory=threading.Event)
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Since the command began."""
        return round(time.monotonic() - self.began, 3)


@app.default
def up(
    *,
    port: Port = None,
    demo: Annotated[bool, Parameter(negative="--no-demo", show_default=False)] = True,
    local: LocalOptions = DEFAULT_LOCAL,
) -> None:
    """Start everything on this machine and show it working; Ctrl-C stops
    everything.

    It starts PostgreSQL in the data directory (or uses ACTUM_DATABASE_URL), brings
    its tables up to date, makes an org `demo` with an admin token, and serves on
    127.0.0.1. Then it publishes the example templates, starts an execution
    `demo-1`, posts some events, and prints what happened and the commands to go on
    with. Later starts find the same org, token and execution again. The token is
    kept in the data directory, readable by you alone, and used by every other
    command that is given none.

    Parameters
    ----------
    port
        Where to listen; 0 is any free port.  [default: ACTUM_PORT, else 8400]
    demo
        Leave out the examples: no templates, no execution, no events.
    """
    began = time.monotonic()
    from actum.entrypoints.cli import node
    from actum.platform.settings import LogLevel

    quiet = {} if node.is_log_level_set() else {"log_level": LogLevel.WARNING}
    settings = node.read_settings(local.data_dir, port=port, **quiet)
    make_data_dir(settings.data_dir)
    start = Start(Screen(local.is_json), began, demo)
    with _only_one(settings.data_dir) as lock:
        try:
            node.run_node(_main(settings, start, lock))
        finally:
            start.is_stopping.set()
    start.screen.say("stopped")


async def _main(settings: "Settings", start: Start, lock: "_Lock") -> None:
    from actum.entrypoints.cli import node

    loading = asyncio.create_task(node.load_application())
    try:
        async with node.open_urls(settings, is_kept_alive=True) as urls:
            await _prepare_and_serve(settings, start, lock, urls, loading)
    finally:
        loading.cancel()


async def _prepare_and_serve(
    settings: "Settings", start: Start, lock: "_Lock", urls: "Urls", loading: "asyncio.Task[None]"
) -> None:
    from actum.entrypoints.cli import node
    from actum.platform import migrations

    start.screen.say(urls.told)
    applied = await migrations.migrate(urls.owner)
    if applied:
        start.screen.say(f"migrations applied: {', '.join(each.file_name for each in applied)}")
    await loading
    from actum.entrypoints.serve import Listen, open_socket
    from actum.platform.telemetry import configure_logging

    configure_logging(settings.log_format, settings.log_level)
    listen = Listen(_HOST, settings.port, drain_seconds_max=round(settings.shutdown_seconds_max))
    with open_socket(listen) as opened:
        url = f"http://{_HOST}:{opened.getsockname()[1]}"
        credentials = await prepare_org(settings.data_dir, urls, url)
        lock.tell(url)

        def on_started(_: int) -> None:
            start.screen.say(f"serving on {url}, {start.seconds:.1f} s after the command")
            start.told |= {"object": "up", "url": url, "org": _ORG, "secondsToServing": start.seconds}
            # A thread, because it asks over HTTP as any client would; a daemon, because it must not hold up the end.
            threading.Thread(
                target=_show, args=(start, settings, credentials), name="demo", daemon=True
            ).start()

        await node.serve_node(settings, urls, (listen, opened), on_started)


def _show(start: Start, settings: "Settings", credentials: Credentials) -> None:
    """What happens once the server is there: the demo, and how to go on."""
    from actum.entrypoints.cli.demo import run_demo, say_how_to_go_on

    start.told["credentialsFile"] = str(credentials_file(settings.data_dir))
    try:
        execution = run_demo(start.screen, credentials, start.told) if start.is_demo else None
        say_how_to_go_on(start.screen, credentials, settings.data_dir, execution)
    except ActumError as error:
        if not start.is_stopping.is_set():
            print(explain(error), file=sys.stderr)
            start.told["problem"] = str(error)
            start.screen.say("\nThe server runs all the same. Ctrl-C stops it.")
    start.screen.tell(start.told | {"seconds": start.seconds}, lambda _: None)


async def prepare_org(data_dir: Path, urls: "Urls", url: str) -> Credentials:
    """Make sure that the org `demo` is there and that the kept token opens it; keep address and token."""
    from datetime import timedelta

    from actum.orgs.access import Role
    from actum.orgs.access_tokens import Wanted, issue_token
    from actum.orgs.create import PLATFORM_OWNER, create_org
    from actum.orgs.platform_owner import find_org_by_slug
    from actum.platform.clock import SystemClock
    from actum.platform.database import Database, PoolSize
    from actum.platform.limits import TOKEN_LIFETIME_DAYS_DEFAULT

    clock = SystemClock()
    database = await Database.open(urls.app, PoolSize(minimum=1, maximum=1))
    try:
        kept = load_credentials(data_dir)
        if kept is not None and await _is_valid(database, kept.token):
            token = kept.token
        elif (org := await find_org_by_slug(urls.owner, _ORG)) is None:
            token = (await create_org(database, clock, _ORG, "Demo")).admin_token.text
        else:
            # The file was lost, or its token has ended: the platform's owner may always make another.
            now = clock.now()
            grant = (
                Wanted(name="made by actum up", role=Role.ADMIN),
                now + timedelta(days=TOKEN_LIFETIME_DAYS_DEFAULT),
                PLATFORM_OWNER,
            )
            async with database.transaction(org.org_id) as tx:
                token = (await issue_token(tx, now, org.org_id, grant)).text
    finally:
        await database.close()
    credentials = Credentials(url, token, _ORG)
    if credentials != kept:
        save_credentials(data_dir, credentials)
    return credentials


async def _is_valid(database: Any, token: str) -> bool:
    """Whether a token still opens its org: not the server's decision, only whether a new one must be made."""
    from datetime import UTC, datetime

    from actum.orgs import store
    from actum.orgs.access_tokens import digest_of

    async with database.transaction_without_org() as tx:
        found = await store.find_credential(tx, digest_of(token))
    if found is None or found.revoked_at is not None:
        return False
    return found.expires_at is None or found.expires_at > datetime.now(UTC)


class _Lock:
    """Held while an `actum up` runs in a data directory; the system lets go of it when the process is killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None

    def __enter__(self) -> "_Lock":
        import fcntl

        self._file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUp(self._describe_other()) from None
        self.tell("")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def tell(self, url: str) -> None:
        """Write down who holds it, and where it serves."""
        import os

        self._file.truncate(0)
        self._file.write(json.dumps({"pid": os.getpid(), "url": url}) + "\n")
        self._file.flush()

    def _describe_other(self) -> str:
        self._file.seek(0)
        try:
            found = json.loads(self._file.read() or "{}")
        except ValueError:
            found = {}
        self._file.close()
        where = f", serving on {found['url']}" if found.get("url") else ""
        who = f" (process {found['pid']}{where})" if found.get("pid") else ""
        return f"`actum up` runs already in {self._path.parent}{who}"


def _only_one(data_dir: Path) -> _Lock:
    return _Lock(data_dir / _LOCK_NAME)
