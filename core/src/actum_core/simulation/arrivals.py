"""What enters a simulation, with the canonical bytes that are recorded of it: the same as live."""

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.fold import Arrival, describe_outcome, describe_timer
from actum_core.engine.inputs import Input, InputKind
from actum_core.simulation.script import Order, Post


def arrive_start(place: Input, start_input: JsonValue) -> Arrival:
    """The start; ``place`` is an input of any kind that says when and where."""
    payload = canonical_json.encode({"input": start_input})
    return Arrival(place._replace(kind=InputKind.START, name="start", data=start_input), payload)


def arrive_event(place: Input, post: Post) -> Arrival:
    """An event; without an id it gets one that says which input it is."""
    key = post.id or f"simulated-{place.sequence}"
    said = {"data": post.data, "id": key, "source": post.source, "type": post.name}
    if post.occurred_at is not None:
        said["occurredAt"] = post.occurred_at
    entered = place._replace(
        kind=InputKind.EVENT,
        name=post.name,
        data=post.data,
        id=key,
        source=post.source,
        occurred_at=post.occurred_at,
    )
    return Arrival(entered, canonical_json.encode(said))


def arrive_order(place: Input, order: Order) -> Arrival:
    """A command of an operator."""
    source = f"command {order.command.value}"
    said: dict[str, JsonValue] = {
        "id": order.id or f"simulated-{place.sequence}",
        "reason": order.reason,
        "source": source,
    }
    entered = place._replace(kind=InputKind.COMMAND, name=order.command.value, data=said)
    return Arrival(entered, canonical_json.encode(said))


def arrive_timer(place: Input, key: str, due: str) -> Arrival:
    """A timer that fires."""
    return Arrival(place._replace(kind=InputKind.TIMER, name=key), describe_timer(key, due))


def arrive_outcome(place: Input, request_id: str, outcome: JsonValue) -> Arrival:
    """What came of a request; ``outcome`` is the parse of canonical JSON."""
    entered = place._replace(kind=InputKind.OUTCOME, name=request_id, data=outcome)
    return Arrival(entered, describe_outcome(request_id, outcome))
