"""What the route of simulations takes and tells, field by field."""

from typing import Annotated, Any, Literal

import msgspec

from actum.platform.limits import SIMULATED_INPUTS_MAX
from actum.platform.wire import Instant, Label, Received, Told


class SimulationWanted(Received, frozen=True, kw_only=True):
    """What to simulate: a `document` that need not be saved, or a published `template`, by id or name, in its latest
    version or another; and what is to happen to it.

    `events` are objects of these forms: `{"type", "data", "id", "source", "occurredAt"}` an event;
    `{"advance": "1h"}` lets time pass; `{"command": "pause", "reason"}`, or `resume` or `cancel`;
    `{"outcome": {"ok": true, "output": …}, "of": "notify"}` answers the oldest request of an action or ai rule;
    `{"outcomes": {"notify": "ok"}}` answers all of them from then on. All but `advance` may have `at`: a time
    (RFC 3339), or `+5s` after the moment that the one before has come to.

    `until` goes on firing timers until so long after the start (`2h`), or until none is left (`quiet`). `outcomes`
    answers requests by the name of their action or rule; `*` stands for every other action. The same request
    always has the same answer; another `seed` gives other random numbers and ids. With `trace`, every transition
    that was looked at is told with its guard's value.
    """

    document: dict[str, Any] | None = None
    template: Label | None = None
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    input: dict[str, Any] = {}
    events: list[Any] = []
    start: Instant | None = None
    until: str | None = None
    outcomes: dict[str, Any] = {}
    trace: bool = False
    seed: str = ""
    inputs_max: int = SIMULATED_INPUTS_MAX


class SimulatedProblem(Told, frozen=True, kw_only=True):
    """Why an event was refused; the pointer is into `events`."""

    pointer: str
    code: str
    detail: str


class LookTold(Told, frozen=True, kw_only=True):
    """One transition that was looked at: of the state `from` (empty for the machine itself), the one at `index`.

    `guard` is its value, null without one or when it failed. `refused`: the guard is false; `preempted`: another
    one came first.
    """

    from_: str = msgspec.field(name="from")
    index: int
    guard: bool | None
    verdict: Literal["taken", "refused", "failed", "preempted"]
    failure: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class SelectionTold(Told, frozen=True, kw_only=True):
    """One selection of transitions in a machine; `draft` counts what the step had said before."""

    node: str
    event: str | None
    draft: int
    transitions: list[LookTold]


class TurnTold(Told, frozen=True, kw_only=True):
    """One input: what became of it, and where it led. `firstSeq` and `seq` are those of its entries, if any."""

    number: int
    kind: Literal["created", "start", "event", "timer", "outcome", "command"]
    name: str
    at: str
    input_seq: int
    outcome: Literal["applied", "failed", "held", "refused", "repeated"]
    problems: list[SimulatedProblem]
    first_seq: int | None
    seq: int | None
    lifecycle: str
    configuration: list[str]
    state: dict[str, Any]
    cost: int | None
    trace: list[SelectionTold] | msgspec.UnsetType = msgspec.UNSET


class SimulatedEntry(Told, frozen=True, kw_only=True):
    """One line of the ledger that would be written. Its salt is derived, so its commitment hides nothing."""

    seq: int
    input_seq: int
    kind: str
    recorded_at: str
    entry_hash: str
    previous_hash: str
    state_commitment: str | None
    payload: Any
    payload_salt: str
    header: str


class CountTold(Told, frozen=True, kw_only=True):
    """How many of how many."""

    visited: int
    total: int


class CoverageTold(Told, frozen=True, kw_only=True):
    """Which states were entered and which transitions taken, machine by machine; the counts leave out the inside of
    components."""

    states: CountTold
    transitions: CountTold
    machines: list[dict[str, Any]]


class SimulationTold(Told, frozen=True, kw_only=True, tag_field="object", tag="simulation"):
    """What would happen. `ended` says why it went no further: `script` (everything has happened), `quiet` (no timer
    is left), `until`, or a bound: `inputs`, `bytes`, `seconds`.
    """

    template: str
    program_digest: str
    engine: str
    execution_id: str
    started_at: str
    now: str
    ended: Literal["script", "quiet", "until", "inputs", "bytes", "seconds"]
    lifecycle: str
    configuration: list[str]
    state: dict[str, Any]
    held: int
    seq: int
    input_seq: int
    head_hash: str
    timers: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    cost: int | None
    warnings: list[dict[str, Any]]
    turns: list[TurnTold]
    entries: list[SimulatedEntry]
    messages: list[dict[str, Any]]
    tokens: list[dict[str, Any]]
    coverage: CoverageTold
