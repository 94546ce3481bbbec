"""`actum replay`: fold an execution's inputs again and compare every byte."""

import json
from typing import Annotated, Any

import httpx2
from cyclopts import App, Parameter, validators

from actum.entrypoints.cli.app import example
from actum.entrypoints.cli.client import Client, connect, path_of
from actum.entrypoints.cli.entries import describe_states
from actum.entrypoints.cli.options import DEFAULT_SERVER, ExecutionName, ServerOptions
from actum.entrypoints.cli.progress import Progress, show_progress
from actum.entrypoints.cli.refusals import ApiRefused, Exit, ServerSilent
from actum.entrypoints.cli.screen import Screen, make_facts, short_json

app = App(
    name="replay",
    help_format="plaintext",
    help_epilogue=example(
        "actum replay order-4711",
        "actum replay order-4711 --up-to 250",
        "actum replay demo-1 --from-snapshot snp_…",
    ),
)


@app.default
def replay(
    execution: ExecutionName,
    /,
    *,
    up_to: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
    from_snapshot: str | None = None,
    server: ServerOptions = DEFAULT_SERVER,
) -> Exit:
    """Fold the recorded inputs of an execution again and compare every byte with
    what is recorded.

    Nothing is stored and no action fires. Exits with 3 when anything differs.

    Parameters
    ----------
    up_to
        End with this entry, or the last one before it that ends an input.  [default: the head]
    from_snapshot
        Begin with the state of this snapshot.  [default: the start]
    """
    wanted: dict[str, Any] = {}
    if up_to is not None:
        wanted["upToSeq"] = up_to
    if from_snapshot is not None:
        wanted["fromSnapshotId"] = from_snapshot
    with connect(server) as client, show_progress("replaying", None) as progress:
        found = _replay(client, path_of("executions", execution, "replay"), wanted, progress)
    _tell_replay(Screen(server.is_json), found)
    return Exit.OK if found["equal"] else Exit.DIFFERENT


def _replay(client: Client, path: str, wanted: dict[str, Any], progress: Progress) -> dict[str, Any]:
    try:
        with client.stream("POST", path, json=wanted) as events:
            for event in events:
                told: dict[str, Any] = json.loads(event.data)
                if event.event == "replay":
                    return told
                if event.event == "problem":
                    raise ApiRefused(told)
                progress.reach(told["entries"], told["of"], f"{told['entries']} of {told['of']} entries")
    except httpx2.ConnectError as error:
        raise client.absent(error) from error
    except httpx2.TransportError as error:
        raise ServerSilent(f"the replay broke off: {error or type(error).__name__}") from error
    raise ServerSilent("the replay ended before its result")


def _tell_replay(screen: Screen, found: dict[str, Any]) -> None:
    state, difference = found["state"], found["difference"]
    rate = found["inputs"] / found["seconds"] if found["seconds"] else 0
    facts: list[tuple[str, object]] = [
        ("equal", "yes" if found["equal"] else "NO"),
        ("entries", f"{found['fromSeq']} to {found['seq']} ({found['inputs']} inputs)"),
        ("head", found["headHash"]),
        ("recorded", found["recordedHeadHash"]),
        ("state", f"{state['lifecycle']}: {describe_states(state['configuration'])}"),
        ("variables", short_json(state["vars"])),
        ("took", f"{found['seconds']:.3f} s ({rate:,.0f} inputs/s)"),
    ]
    if difference is not None:
        facts.append(("first difference", f"entry {difference['seq']}, {difference['member']}"))
        facts.append(("  recorded", difference["recorded"]))
        facts.append(("  replayed", difference["replayed"]))
    screen.tell(found, lambda console: console.print(make_facts(facts)))
