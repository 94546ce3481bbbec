"""What the routes of executions take and tell, field by field."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from actum.executions.arrivals import Answer, NotRecorded
from actum.platform.problems import ErrorPlace
from actum.platform.wire import Label, Note, Received, Told
from actum_core import canonical_json
from actum_core.engine.replay import Replayed
from actum_core.identifiers import Prefix, format_identifier
from actum_core.ledger.entry import Head
from actum_core.limits import JSON_INTEGER_MAX

#: A template's version, and an entry's sequence: whole numbers that the tables can hold.
VersionNumber = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Sequence = Annotated[int, msgspec.Meta(ge=0, le=JSON_INTEGER_MAX)]


class StartWanted(Received, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An execution to start: of a template, by id or name, in its latest version unless another is named.

    `externalId` is your own name for it, unique in the org: the same name with the same content gives the
    execution that is there. With `start: false` it is created and waits for `POST …/start`.
    """

    template: Label
    version: VersionNumber | None = None
    input: dict[str, Any] = {}
    external_id: Label | None = None
    metadata: dict[str, Any] = {}
    start: bool = True


class CommandWanted(Received, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an execution is paused, resumed or cancelled; it stands in the ledger."""

    reason: Note = ""


class RunTold(Told, frozen=True, kw_only=True):
    """Which published version of a template an execution runs."""

    id: str
    name: str
    version: int
    program_digest: str


class ExecutionTold(Told, frozen=True, kw_only=True, tag_field="object", tag="execution"):
    """One execution and where it stands. `seq` is the sequence of its latest ledger entry."""

    id: str
    org_id: str
    template: RunTold
    lifecycle: str
    configuration: list[str]
    seq: int
    input_seq: int
    head_hash: str
    external_id: str | None
    metadata: dict[str, Any]
    created_at: datetime
    created_by: str
    updated_at: datetime


class StateTold(Told, frozen=True, kw_only=True, tag_field="object", tag="state"):
    """The state of an execution after its entry `seq`.

    Of a network, `configuration` names states as `node/state`, and `nodes` has each node's own part. `timers` are
    the deadlines it waits for, `requests` what it asked for and has no outcome of, `children` the machines that its
    machines started; each by its key, and only where there are any.
    """

    execution_id: str
    seq: int
    head_hash: str
    lifecycle: str
    held: int
    configuration: list[str]
    vars: dict[str, Any]
    output: Any = None
    nodes: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    children: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    timers: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    requests: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class EventTold(Told, frozen=True, kw_only=True, tag_field="object", tag="event"):
    """One event as it entered; `seq` is the sequence of the last entry it caused when it came in."""

    execution_id: str
    input_seq: int
    type: str
    source: str
    id: str
    data: Any
    outcome: str
    received_at: datetime
    occurred_at: str | None
    first_seq: int
    seq: int
    entry_hash: str
    configuration: list[str]


class EventAnswer(Told, frozen=True, kw_only=True, tag_field="object", tag="event"):
    """What became of a posted event: `applied`, `held` while the execution is paused, or `failed` by a bound.

    A repeat gets the first answer again with `duplicate: true` and changes nothing.
    """

    execution_id: str
    source: str
    id: str
    input_seq: int
    first_seq: int
    seq: int
    entry_hash: str
    outcome: str
    failure: dict[str, Any] | None
    configuration: list[str]
    received_at: str
    duplicate: bool


class EventRefused(Told, frozen=True, kw_only=True, tag_field="object", tag="problem"):
    """Why one event of a batch was not recorded."""

    status: int
    code: str
    title: str
    detail: str
    errors: list[ErrorPlace]
    expected: int | msgspec.UnsetType = msgspec.UNSET
    found: int | str | msgspec.UnsetType = msgspec.UNSET


class BatchAnswer(Told, frozen=True, kw_only=True, tag_field="object", tag="batch"):
    """What became of a batch, event by event in the order they were sent."""

    execution_id: str
    accepted: int
    refused: int
    data: list[EventAnswer | EventRefused]


class CommandAnswer(Told, frozen=True, kw_only=True, tag_field="object", tag="command"):
    """An execution after a command."""

    execution_id: str
    command: str
    lifecycle: str
    input_seq: int
    seq: int
    entry_hash: str
    received_at: str
    duplicate: bool


class MessageTold(Told, frozen=True, kw_only=True, tag_field="object", tag="message"):
    """One message that a rule derived from an event."""

    execution_id: str
    seq: int
    input_seq: int
    rule: str
    message: str
    data: Any
    recorded_at: str
    nondeterministic: bool = False


class SnapshotTold(Told, frozen=True, kw_only=True, tag_field="object", tag="snapshot"):
    """A stored state: a replay may begin there. `size` is in bytes."""

    id: str
    execution_id: str
    seq: int
    input_seq: int
    size: int
    created_at: datetime


class ReplayWanted(Received, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to replay: up to an entry (or the last one before it that ends an input), from a snapshot or the start."""

    up_to_seq: Sequence | None = None
    from_snapshot_id: str | None = None


class DifferenceTold(Told, frozen=True, kw_only=True):
    """The first place where the record is not what its inputs give."""

    seq: int
    member: str
    recorded: str
    replayed: str


class ReplayTold(Told, frozen=True, kw_only=True, tag_field="object", tag="replay"):
    """What a replay found. `equal` is true when every byte is what the inputs give and the heads agree."""

    execution_id: str
    equal: bool
    from_seq: int
    seq: int
    entries: int
    inputs: int
    head_hash: str
    recorded_head_hash: str
    state: StateTold
    difference: DifferenceTold | None
    seconds: float


def event_answer(execution: str, answer: Answer) -> dict[str, Any]:
    """An EventAnswer, as the plain members that the hot path encodes."""
    return {
        "object": "event",
        "executionId": execution,
        "source": answer.source,
        "id": answer.key,
        "inputSeq": answer.input_sequence,
        "firstSeq": answer.first_sequence,
        "seq": answer.last_sequence,
        "entryHash": answer.entry_hash.hex(),
        "outcome": answer.outcome,
        "failure": None if answer.failure is None else msgspec.Raw(answer.failure),
        "configuration": msgspec.Raw(answer.configuration.encode()),
        "receivedAt": answer.received_at,
        "duplicate": answer.is_duplicate,
    }


def not_recorded() -> NotRecorded:
    """The answer for an event that was right, in an atomic batch with one that was not."""
    return NotRecorded("another event of the batch was refused")


def execution_told(org: str, row: Any) -> ExecutionTold:
    state = canonical_json.parse(row["state"])
    return ExecutionTold(
        id=format_identifier(Prefix.EXECUTION, row["execution_id"]),
        org_id=org,
        template=RunTold(
            id=format_identifier(Prefix.TEMPLATE, row["template_id"]),
            name=row["template_name"],
            version=row["version"],
            program_digest=row["program_digest"].hex(),
        ),
        lifecycle=state["lifecycle"],
        configuration=configuration_of(state["state"]),
        seq=row["sequence"],
        input_seq=row["input_sequence"],
        head_hash=row["entry_hash"].hex(),
        external_id=row["external_id"],
        metadata=canonical_json.parse(row["metadata"]),
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["recorded_at"],
    )


def state_told(execution: str, head: Head, stored: dict[str, Any]) -> StateTold:
    state = stored["state"]
    return StateTold(
        execution_id=execution,
        seq=head.sequence,
        head_hash=head.entry_hash.hex(),
        lifecycle=stored["lifecycle"],
        held=stored["held"],
        configuration=configuration_of(state),
        vars=state["vars"],
        output=state.get("output"),
        **{part: state[part] for part in _PARTS if part in state},
    )


#: Parts of a state that are told only where there are any.
_PARTS: Final = ("nodes", "children", "timers", "requests")


def configuration_of(state: dict[str, Any]) -> list[str]:
    """The active states of a stored state; those of a network with their nodes, which come in the order of their
    paths."""
    nodes = state.get("nodes")
    if nodes is None:
        return list(state["configuration"])
    return [f"{path}/{each}" for path, node in nodes.items() for each in node["configuration"]]


def event_told(execution: str, row: Any) -> EventTold:
    said = canonical_json.parse(row["payload"])
    return EventTold(
        execution_id=execution,
        input_seq=row["input_sequence"],
        type=row["name"],
        source=row["source"],
        id=row["key"],
        data=said["data"],
        outcome=row["outcome"],
        received_at=row["received_at"],
        occurred_at=said.get("occurredAt"),
        first_seq=row["first_sequence"],
        seq=row["last_sequence"],
        entry_hash=row["entry_hash"].hex(),
        configuration=canonical_json.parse(row["configuration"].encode()),
    )


def message_told(execution: str, row: Any) -> MessageTold:
    said = canonical_json.parse(row["payload"])
    return MessageTold(
        execution_id=execution,
        seq=row["sequence"],
        input_seq=row["input_sequence"],
        rule=said["rule"],
        message=said["message"],
        data=said.get("data"),
        recorded_at=canonical_json.parse(row["header"])["ts"],
        nondeterministic=said.get("nondeterministic", False),
    )


def snapshot_told(execution: str, row: Any) -> SnapshotTold:
    return SnapshotTold(
        id=format_identifier(Prefix.SNAPSHOT, row["snapshot_id"]),
        execution_id=execution,
        seq=row["sequence"],
        input_seq=row["input_sequence"],
        size=row["size"],
        created_at=row["created_at"],
    )


def difference_told(replayed: Replayed) -> DifferenceTold | None:
    found = replayed.difference
    if found is None:
        return None
    return DifferenceTold(
        seq=found.sequence,
        member=found.member,
        recorded=found.recorded[:2_000],
        replayed=found.replayed[:2_000],
    )
