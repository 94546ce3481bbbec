"""`actum lineage`: what a token came from, and what it led to."""

from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.client import connect, path_of
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, Limit, ServerOptions
from actum.entrypoints.cli.screen import Screen, make_table, short_json, short_time

app = App(
    name="lineage",
    help="Follow a token back to the events it came from and forward to where it ended; without one, list the tokens.",
    help_format="plaintext",
    help_epilogue=example("actum lineage order-4711", "actum lineage order-4711 tok_01k9…"),
)

_COLUMNS = ("TOKEN", "SEQ", "FROM", "TO", "VALUE")


@app.default
def show_lineage(
    execution: ExecutionName,
    token: Annotated[str, Parameter(name="TOKEN")] = "",
    /,
    *,
    limit: Limit = 100,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Follow a token back to the events it came from and forward to where it ended; without one, list the tokens.

    Parameters
    ----------
    token
        The id of a token.
    """
    with connect(server) as client:
        if token:
            found = client.get(path_of("executions", execution, "tokens", token, "lineage"))
        else:
            found = client.list_all(path_of("executions", execution, "tokens"), limit)
    if token:
        Screen(server.is_json).tell(found, lambda console: _tell(console, found))
    else:
        rows = [_row(each) for each in found["data"]]
        Screen(server.is_json).tell(found, lambda console: console.print(make_table(_COLUMNS, rows)))


def _tell(console: Console, found: dict[str, Any]) -> None:
    inputs = (
        (each["inputSeq"], each["kind"], each["name"], each["id"], short_time(each["receivedAt"]))
        for each in found["inputs"]
    )
    console.print("came from")
    console.print(make_table(("INPUT", "KIND", "NAME", "ID", "RECEIVED"), inputs))
    for title, tokens in (
        ("through", found["ancestors"]),
        ("is", [found["token"]]),
        ("led to", found["descendants"]),
    ):
        if tokens:
            console.print(title)
            console.print(make_table(_COLUMNS, (_row(each) for each in tokens)))
    for each in found["dropped"]:
        console.print(f"{each['token']} was dropped at {each['node']}.{each['port']}: {each['reason']}")


def _row(token: dict[str, Any]) -> tuple[object, ...]:
    place = f"{token['node']}.{token['port']}".lstrip(".")
    return token["id"], token["seq"], place, " ".join(token["to"]), short_json(token["value"])
