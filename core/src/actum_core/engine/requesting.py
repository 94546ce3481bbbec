"""Ask for work, and take in what became of it: actions of machines, and the inferences of ai rules."""

from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.engine.cell_run import CellRun
from actum_core.engine.outputs import Request, StepFailed
from actum_core.engine.requests import PendingRequest
from actum_core.engine.run import ContentFailed
from actum_core.identifiers import Prefix
from actum_core.limits import REQUESTS_MAX


def request_action(run: CellRun, named: tuple[str, str], data: JsonValue, place: str) -> None:
    """Ask for a declared action: ``named`` is its name and the author's id for this request, which may be empty."""
    action, name = named
    if action not in run.exchange.tables.actions:
        raise ContentFailed("unknown_action", f"there is no action {action[:64]!r}", place + "/action")
    said: dict[str, Any] = {"action": action}
    if data is not None:
        said["with"] = data
    if name:
        said["name"] = name
    _request(run, PendingRequest("action", action, run.address, name), said, place)


def request_inference(run: CellRun, pending: PendingRequest, said: dict[str, Any]) -> None:
    """Ask a model what an ai rule wants to know."""
    _request(run, pending, said, "")


def _request(run: CellRun, pending: PendingRequest, said: dict[str, Any], place: str) -> None:
    exchange = run.exchange
    exchange.pending_count += 1
    if exchange.pending_count > REQUESTS_MAX:
        detail = f"an execution waits for {REQUESTS_MAX} outcomes at most"
        raise StepFailed("too_many_requests", detail, place)
    request_id = exchange.ids.identifier(Prefix.ACTION)
    exchange.grow(pending.size, place)
    exchange.pending[request_id] = pending
    payload = {"id": request_id, "kind": pending.kind, **said}
    run.draft("requested", payload)
    exchange.requests.append(Request(request_id, pending.kind, payload))
