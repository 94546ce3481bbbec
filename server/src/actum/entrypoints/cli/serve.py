"""`actum serve`: the server alone, for production."""

from typing import Annotated

from cyclopts import App, Parameter, validators

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.options import DEFAULT_LOCAL, LocalOptions
from actum.entrypoints.cli.screen import Screen

app = App(
    name="serve",
    help_format="plaintext",
    help_epilogue=example(
        "actum serve", "ACTUM_DATABASE_URL=postgresql://actum@db/actum actum serve --host 0.0.0.0 --port 80"
    ),
)

Port = Annotated[int | None, Parameter(validator=validators.Number(gte=0, lte=65_535))]


@app.default
def serve(*, host: str | None = None, port: Port = None, local: LocalOptions = DEFAULT_LOCAL) -> None:
    """Start the server, without a demo and without making any org, until SIGTERM or
    Ctrl-C.

    With ACTUM_DATABASE_URL it uses that database, which `actum migrate` must have
    been run on; without it, it starts the embedded PostgreSQL and migrates that
    itself. All settings are environment variables that begin with ACTUM_. With
    --json it writes one document once it listens, and its log in JSON lines to
    standard error.

    Parameters
    ----------
    host
        Where to listen.  [default: ACTUM_HOST, else 127.0.0.1]
    port
        Where to listen; 0 is any free port.  [default: ACTUM_PORT, else 8400]
    """
    from actum.entrypoints.cli import node
    from actum.entrypoints.serve import Listen, open_socket
    from actum.platform import migrations
    from actum.platform.settings import LogFormat, Settings
    from actum.platform.telemetry import configure_logging

    settings = node.read_settings(local.data_dir, host=host, port=port)
    configure_logging(LogFormat.JSON if local.is_json else settings.log_format, settings.log_level)
    screen = Screen(local.is_json)
    listen = Listen(settings.host, settings.port, drain_seconds_max=round(settings.shutdown_seconds_max))

    async def main(settings: Settings) -> None:
        with open_socket(listen) as opened:
            async with node.open_urls(settings, is_kept_alive=True) as urls:
                if settings.is_embedded:
                    await migrations.migrate(urls.owner)
                else:
                    await node.require_migrated(urls)

                def tell(port: int) -> None:
                    told = {"object": "server", "url": f"http://{_bracketed(settings.host)}:{port}"}
                    screen.tell(
                        told, lambda console: console.print(f"serving on {told['url']}", soft_wrap=True)
                    )

                await node.serve_node(settings, urls, (listen, opened), tell)

    node.run_node(main(settings))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
