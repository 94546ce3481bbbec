"""`actum execution`: start, list, show and steer executions."""

from typing import Annotated, Any, Literal

from cyclopts import Parameter

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.client import connect, path_of
from actum.entrypoints.cli.documents import parse_value
from actum.entrypoints.cli.entries import describe_states
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, Limit, ServerOptions
from actum.entrypoints.cli.refusals import UsageError
from actum.entrypoints.cli.screen import Screen, make_facts, make_table, short_json, short_time

Lifecycle = Literal["created", "running", "paused", "completed", "failed", "cancelled"]
Reason = Annotated[str, Parameter(help="Why; it stands in the ledger.")]

app = make_group("execution", "Start, list, show, pause, resume and cancel executions.")


@app.command(
    name="start",
    help_epilogue=example(
        """actum execution start traffic-light --input '{"junction": "north"}'""",
        "actum execution start order-approval --input @order.json --external-id order-4711",
    ),
)
def start_execution(
    template: Annotated[str, Parameter(name="TEMPLATE")],
    /,
    *,
    version: int | None = None,
    start_input: Annotated[str, Parameter(name="--input")] = "{}",
    external_id: str | None = None,
    metadata: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Start an execution of a published template.

    Parameters
    ----------
    template
        The name or id of a template.
    version
        Which of its versions.  [default: the latest]
    start_input
        What it is started with: a JSON object, or @FILE.
    external_id
        Your own name for it, unique in the org. The same name with the same content finds the one that is there.
    metadata
        NAME=VALUE, kept beside it; may be given several times.
    """
    body: dict[str, Any] = {"template": template, "input": parse_value("--input", start_input)}
    if version is not None:
        body["version"] = version
    if external_id is not None:
        body["externalId"] = external_id
    if metadata:
        body["metadata"] = dict(_pair(each) for each in metadata)
    with connect(server) as client:
        found = client.post("/v1/executions", body)
    _tell_execution(Screen(server.is_json), found)


@app.command(name="list", help_epilogue=example("actum execution list --lifecycle running"))
def list_executions(
    *,
    lifecycle: Lifecycle | None = None,
    template: str | None = None,
    limit: Limit = 20,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """List executions, latest first.

    Parameters
    ----------
    lifecycle
        Only those that stand there.
    template
        Only those of this template, by its name or id.
    """
    with connect(server) as client:
        template_id = None if template is None else client.get(path_of("templates", template))["id"]
        found = client.list_all("/v1/executions", limit, lifecycle=lifecycle, template=template_id)
    rows = (
        (
            each["id"],
            each["externalId"],
            f"{each['template']['name']} {each['template']['version']}",
            each["lifecycle"],
            describe_states(each["configuration"]),
            each["seq"],
            short_time(each["updatedAt"]),
        )
        for each in found["data"]
    )
    columns = ("ID", "EXTERNAL ID", "TEMPLATE", "LIFECYCLE", "STATE", "SEQ", "UPDATED")
    Screen(server.is_json).tell(found, lambda console: console.print(make_table(columns, rows)))


@app.command(name="show", help_epilogue=example("actum execution show order-4711"))
def show_execution(execution: ExecutionName, /, *, server: ServerOptions = DEFAULT_SERVER) -> None:
    """Show an execution and where it stands: its states and its variables."""
    with connect(server) as client:
        path = path_of("executions", execution)
        found = client.get(path)
        found["state"] = client.get(f"{path}/state")
    _tell_execution(Screen(server.is_json), found)


@app.command(
    name="pause", help_epilogue=example('actum execution pause order-4711 --reason "stock is counted"')
)
def pause_execution(
    execution: ExecutionName, /, *, reason: Reason = "", server: ServerOptions = DEFAULT_SERVER
) -> None:
    """Pause an execution: events that come in are recorded and held back."""
    _command(execution, "pause", reason, server)


@app.command(name="resume", help_epilogue=example("actum execution resume order-4711"))
def resume_execution(
    execution: ExecutionName, /, *, reason: Reason = "", server: ServerOptions = DEFAULT_SERVER
) -> None:
    """Resume a paused execution: what it held back is applied in the order it came."""
    _command(execution, "resume", reason, server)


@app.command(name="cancel", help_epilogue=example('actum execution cancel order-4711 --reason "sent twice"'))
def cancel_execution(
    execution: ExecutionName, /, *, reason: Reason = "", server: ServerOptions = DEFAULT_SERVER
) -> None:
    """Cancel an execution for good."""
    _command(execution, "cancel", reason, server)


def _command(execution: str, command: str, reason: str, server: ServerOptions) -> None:
    with connect(server) as client:
        answer = client.post(path_of("executions", execution, command), {"reason": reason})
    text = f"{answer['executionId']} is {answer['lifecycle']} (entry {answer['seq']})"
    Screen(server.is_json).tell(answer, lambda console: console.print(text, soft_wrap=True))


def _tell_execution(screen: Screen, found: dict[str, Any]) -> None:
    template = found["template"]
    facts: list[tuple[str, object]] = [
        ("execution", found["id"]),
        ("template", f"{template['name']} version {template['version']}"),
        ("lifecycle", found["lifecycle"]),
        ("state", describe_states(found["configuration"])),
        ("entries", f"{found['seq']} (head {found['headHash']})"),
        ("updated", short_time(found["updatedAt"])),
    ]
    if found["externalId"] is not None:
        facts.insert(1, ("external id", found["externalId"]))
    if found["metadata"]:
        facts.append(("metadata", short_json(found["metadata"])))
    state = found.get("state")
    if state is not None:
        facts.extend((f"  {name}", short_json(value)) for name, value in state["vars"].items())
        if state["held"]:
            facts.append(("held back", f"{state['held']} events"))
        if state.get("output") is not None:
            facts.append(("output", short_json(state["output"])))
    screen.tell(found, lambda console: console.print(make_facts(facts)))


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise UsageError(f"--metadata takes NAME=VALUE, not {text!r}")
    return name, value
