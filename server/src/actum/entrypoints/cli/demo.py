"""The demo of `actum up`: publish the examples, start an execution, post events, and tell what happened.

Everything goes over HTTP with the demo org's token, as any client would do it. What is there already is found again:
templates that did not change keep their version, the execution is named by an external id, and its events by ids.
"""

import shlex
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

from actum.entrypoints.cli.client import Client, Server, path_of
from actum.entrypoints.cli.credentials import Credentials, credentials_file
from actum.entrypoints.cli.designs import TEMPLATE, publish_document
from actum.entrypoints.cli.documents import Document, parse_yaml
from actum.entrypoints.cli.entries import ENTRY_COLUMNS, describe_states, entry_row
from actum.entrypoints.cli.refusals import ApiRefused
from actum.entrypoints.cli.screen import Screen, make_table, short_json

_PACKAGE: Final = "actum.examples"
_FILE: Final = "demo.yaml"

#: Ledger entries shown of an execution: all of the demo's own, and the last ones of a longer life.
_ENTRIES_SHOWN_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """The demo's execution, and an event that it takes next."""

    name: str
    next_event: dict[str, Any]
    is_over: bool


def run_demo(screen: Screen, credentials: Credentials, told: dict[str, Any]) -> Shown:
    """Do all of it; what happened is added to `told`. Raises as `Client` does."""
    plan = read_example(_FILE).value
    with Client(Server(credentials.url, credentials.token)) as client:
        told["templates"] = [_publish(screen, client, name) for name in plan["templates"]]
        wanted = plan["execution"]
        execution, is_new = _find_or_start(client, wanted)
        told |= {"execution": execution, "isNew": is_new}
        name = wanted["externalId"]
        if is_new:
            screen.say(
                f"\nstarted execution {name} of {wanted['template']} with {short_json(wanted['input'])}"
            )
            told["events"] = _post(screen, client, execution["id"], plan["events"])
        else:
            screen.say(f"\nfound execution {name} of {wanted['template']} again: nothing was posted")
        state = client.get(path_of("executions", name, "state"))
        told["state"] = state
        told["ledger"] = _show_ledger(screen, client, name, state["seq"])
        states, known = describe_states(state["configuration"]), short_json(state["vars"])
        screen.say(f"\n{name} is {state['lifecycle']}: {states}  {known}")
    return Shown(name, plan["next"], state["lifecycle"] != "running")


def read_example(name: str) -> Document:
    """A file of the package of examples."""
    return parse_yaml(name, resources.files(_PACKAGE).joinpath(name).read_bytes())


def _publish(screen: Screen, client: Client, name: str) -> dict[str, Any]:
    document = read_example(name)
    version = publish_document(client, TEMPLATE, document, "an example of actum up")
    how = "published" if version["created"] else "is there"
    screen.say(f"template {document.value['name']} {how}, version {version['version']}")
    return {"name": document.value["name"], "version": version["version"], "created": version["created"]}


def _find_or_start(client: Client, wanted: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    try:
        # Asked for first: after its template has changed, starting it again would be another execution's content.
        return client.get(path_of("executions", wanted["externalId"])), False
    except ApiRefused as error:
        if error.problem_code != "not_found":
            raise
    return client.post("/v1/executions", wanted), True


def _post(
    screen: Screen, client: Client, execution: str, events: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Post one event after the other and tell the state after each."""
    answers = []
    width = max(len(event["type"]) for event in events)
    for event in events:
        answer = client.post(path_of("executions", execution, "events"), event)
        answers.append({"type": event["type"], **answer})
        screen.say(f"  {event['type']:<{width}}  → {describe_states(answer['configuration'])}")
    return answers


def _show_ledger(screen: Screen, client: Client, execution: str, head: int) -> list[dict[str, Any]]:
    path = path_of("executions", execution, "ledger")
    after = max(0, head - _ENTRIES_SHOWN_MAX)
    entries = list(client.iterate(path, after, _ENTRIES_SHOWN_MAX))
    if not screen.is_json:
        screen.say("\nits ledger" + (f", from entry {after + 1}" if after else "") + ":")
        screen.tell(
            entries, lambda console: console.print(make_table(ENTRY_COLUMNS, map(entry_row, entries)))
        )
    return entries


def say_how_to_go_on(screen: Screen, credentials: Credentials, data_dir: Path, shown: Shown | None) -> None:
    """The commands to go on with, ready to be copied."""
    url, place = credentials.url, _place(data_dir)
    screen.say("\nGo on in another terminal:")
    screen.say(f"  export ACTUM_TOKEN={credentials.token}  # kept in {credentials_file(data_dir)}")
    header = '-H "Authorization: Bearer $ACTUM_TOKEN"'
    if shown is None:
        screen.say(f"  curl -s {header} {url}/v1/templates")
        screen.say(f"  actum template publish FILE{place}")
    else:
        path = f"{url}/v1/executions/{shown.name}"
        event = short_json(shown.next_event)
        post = f"-H 'Content-Type: application/json' -d {shlex.quote(event)}"
        lines = [
            f"curl -s {header} {path}/state",
            f"curl -s {header} {post} {path}/events",
            f"actum watch {shown.name} --after 0{place}",
            f"actum send {shown.name} {shown.next_event['type']}{place}",
            f"actum ledger check {shown.name}{place}",
            f"actum replay {shown.name}{place}",
            f"""actum execution start order-approval --input '{{"order": "4711"}}'{place}""",
        ]
        if shown.is_over:
            lines = [line for line in lines if "/events" not in line and "actum send" not in line]
        for line in lines:
            screen.say(f"  {line}")
    screen.say("\nCtrl-C here stops everything.")


def _place(data_dir: Path) -> str:
    """The option by which other commands find this server, where it is not in the usual place."""
    from actum.entrypoints.cli.data_dir import choose_data_dir

    return "" if data_dir == choose_data_dir(None) else f" --data-dir {shlex.quote(str(data_dir))}"
