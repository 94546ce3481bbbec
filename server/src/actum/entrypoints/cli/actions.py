"""`actum action`: what executions asked for, and how it ended."""

from typing import Annotated, Any

from cyclopts import Parameter

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.client import connect, path_of
from actum.entrypoints.cli.documents import parse_value
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, Limit, ServerOptions
from actum.entrypoints.cli.screen import Screen, make_table, short_json

app = make_group("action", "List what an execution asked for, and tell how it ended.")


@app.command(name="list", help_epilogue=example("actum action list order-4711"))
def list_actions(
    execution: ExecutionName, /, *, limit: Limit = 100, server: ServerOptions = DEFAULT_SERVER
) -> None:
    """List what an execution asked for, in order."""
    with connect(server) as client:
        found = client.list_all(path_of("executions", execution, "actions"), limit)
    rows = (
        (
            each["id"],
            each["kind"],
            each["asked"].get("action") or each["asked"].get("rule", ""),
            short_json(each["asked"].get("with")),
            each["seq"],
            "open" if each["open"] else "done",
        )
        for each in found["data"]
    )
    columns = ("ID", "KIND", "WHAT", "WITH", "SEQ", "")
    Screen(server.is_json).tell(found, lambda console: console.print(make_table(columns, rows)))


@app.command(
    name="outcome",
    help_epilogue=example(
        """actum action outcome order-4711 act_… --output '{"status": 200}'""",
        """actum action outcome order-4711 act_… --error '{"code": "refused"}'""",
    ),
)
def post_outcome(
    execution: ExecutionName,
    action: Annotated[str, Parameter(name="ACTION")],
    /,
    *,
    output: str = "null",
    error: str | None = None,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Tell how something that an execution asked for ended. It goes on at once.

    Parameters
    ----------
    action
        The id that `actum action list` shows.
    output
        What came of it: JSON, or @FILE.
    error
        Why it failed: JSON, or @FILE.
    """
    body: dict[str, Any] = {"ok": error is None}
    if error is None:
        body["output"] = parse_value("--output", output)
    else:
        body["error"] = parse_value("--error", error)
    with connect(server) as client:
        answer = client.post(path_of("executions", execution, "actions", action, "outcome"), body)
    text = f"{answer['executionId']} took it (entry {answer['seq']}, {answer['outcome']})"
    Screen(server.is_json).tell(answer, lambda console: console.print(text, soft_wrap=True))
