"""`actum snapshot`: store and list states that a replay may begin from."""

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.client import connect, path_of
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, Limit, ServerOptions
from actum.entrypoints.cli.screen import Screen, make_table, short_time

app = make_group("snapshot", "Store and list states that a replay may begin from.")


@app.command(name="create", help_epilogue=example("actum snapshot create order-4711"))
def create_snapshot(execution: ExecutionName, /, *, server: ServerOptions = DEFAULT_SERVER) -> None:
    """Store the state of an execution as it now stands. The same place is stored
    once.
    """
    with connect(server) as client:
        made = client.post(path_of("executions", execution, "snapshots"))
    text = f"{made['id']} at entry {made['seq']} ({made['size']} bytes)"
    Screen(server.is_json).tell(made, lambda console: console.print(text, soft_wrap=True))


@app.command(name="list", help_epilogue=example("actum snapshot list order-4711"))
def list_snapshots(
    execution: ExecutionName, /, *, limit: Limit = 100, server: ServerOptions = DEFAULT_SERVER
) -> None:
    """List an execution's snapshots, latest first."""
    with connect(server) as client:
        found = client.list_all(path_of("executions", execution, "snapshots"), limit)
    rows = (
        (each["id"], each["seq"], each["inputSeq"], each["size"], short_time(each["createdAt"]))
        for each in found["data"]
    )
    columns = ("ID", "SEQ", "INPUT", "BYTES", "CREATED")
    Screen(server.is_json).tell(found, lambda console: console.print(make_table(columns, rows)))
