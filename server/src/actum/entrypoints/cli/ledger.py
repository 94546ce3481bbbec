"""`actum ledger`: show an execution's ledger, or check that nothing in it was changed."""

from typing import Annotated, Any

from cyclopts import Parameter, validators

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.client import connect, path_of
from actum.entrypoints.cli.entries import entry_line
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, ServerOptions
from actum.entrypoints.cli.refusals import Exit
from actum.entrypoints.cli.screen import Screen, make_table, short_hash

app = make_group("ledger", "Show an execution's ledger, or check that nothing in it was changed.")


@app.command(
    name="show",
    help_epilogue=example(
        "actum ledger show order-4711", "actum ledger show order-4711 --after 100 --limit 50 --json"
    ),
)
def show_ledger(
    execution: ExecutionName,
    /,
    *,
    after: Annotated[int, Parameter(validator=validators.Number(gte=0))] = 0,
    limit: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Show an execution's ledger entries in order; with --json, one entry a line.

    Parameters
    ----------
    after
        Begin behind the entry with this sequence.
    limit
        How many entries at most.  [default: all]
    """
    screen = Screen(server.is_json)
    with connect(server) as client:
        for entry in client.iterate(path_of("executions", execution, "ledger"), after, limit):
            screen.tell_line(entry, entry_line(entry))


@app.command(name="check", help_epilogue=example("actum ledger check order-4711", "actum ledger check"))
def check_ledger(
    execution: Annotated[str | None, Parameter(name="EXECUTION")] = None,
    /,
    *,
    server: ServerOptions = DEFAULT_SERVER,
) -> Exit:
    """Recompute every hash that is stored, and tell every difference with its
    place.

    Exits with 3 when anything was found.

    Parameters
    ----------
    execution
        An execution's id or external id.  [default: every execution of the org]
    """
    path = "/v1/ledger/check" if execution is None else path_of("executions", execution, "ledger", "check")
    with connect(server) as client:
        found = client.post(path)
    _tell_check(Screen(server.is_json), found)
    return Exit.OK if found["whole"] else Exit.DIFFERENT


def _tell_check(screen: Screen, found: dict[str, Any]) -> None:
    read = f"{found['entries']} entries, {found['inputs']} inputs and {found['snapshots']} snapshots"
    what = found["executionId"] or f"{found['executions']} executions"
    rows = [(each["executionId"], each["seq"], each["code"], each["detail"]) for each in found["findings"]]

    def show(console: Any) -> None:
        if found["whole"]:
            head = f", head {short_hash(found['headHash'])}" if found["headHash"] else ""
            console.print(f"whole: {what}, {read}{head}", soft_wrap=True)
            return
        console.print(f"NOT whole: {what}, {read}; {len(rows)} findings\n", soft_wrap=True)
        console.print(make_table(("EXECUTION", "SEQ", "CODE", "FOUND"), rows))

    screen.tell(found, show)
