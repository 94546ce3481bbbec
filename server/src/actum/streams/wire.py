"""What streams tell: one envelope for SSE and WebSocket, and what a WebSocket's client may say."""

from enum import Enum
from typing import Annotated, Any, Final

import msgspec

from actum.ledger.wire import ActorTold
from actum.orgs.access import Caller, Permission
from actum.platform.wire import Label, Received, Told
from actum.streams.delta import DeltaTold, delta_of
from actum_core.ledger.chain import StoredEntry
from actum_core.limits import JSON_INTEGER_MAX

After = Annotated[int, msgspec.Meta(ge=0, le=JSON_INTEGER_MAX)]


class View(Enum):
    """How much of an entry its reader may see: with `ledger:read` also what its hash can be verified with."""

    CONTENT = "content"
    EVIDENCE = "evidence"


class StreamedEntry(Told, frozen=True, kw_only=True, tag_field="object", tag="entry"):
    """One line of the ledger as it was written, and how it changed the state of its execution.

    The members are those of the ledger's own list. `header` and `payloadSalt` are null without `ledger:read`.
    `index` is the 0-based place in the org's log, in streams of an org only. `delta` is null when the entry
    changes nothing.
    """

    execution_id: str
    seq: int
    input_seq: int
    kind: str
    actor: ActorTold
    recorded_at: str
    entry_hash: str
    previous_hash: str
    state_commitment: str | None
    payload: Any
    payload_salt: str | None
    header: str | None
    delta: DeltaTold | None
    index: int | msgspec.UnsetType = msgspec.UNSET


class EndTold(Told, frozen=True, kw_only=True, tag_field="object", tag="end"):
    """An execution is over and everything of it was sent: its stream has nothing more to tell."""

    execution_id: str
    seq: int
    lifecycle: str


class SubscribedTold(Told, frozen=True, kw_only=True, tag_field="object", tag="subscribed"):
    """A subscription has begun: what comes next is what follows `after`."""

    execution_id: str | None
    after: int


class NoticeTold(Told, frozen=True, kw_only=True):
    """A message without content: `unsubscribed`, `pong` or `heartbeat`."""

    object: str


class Subscribe(Received, frozen=True, kw_only=True, tag_field="op", tag="subscribe"):
    """Begin to tell the entries of an execution, or of the whole org when `executionId` is null.

    `after` is the last sequence (of an org: the last index, plus one) that the client has; without it, only
    what is written from now on is told. A subscription replaces the one before.
    """

    execution_id: Label | None = None
    after: After | None = None


class Unsubscribe(Received, frozen=True, kw_only=True, tag_field="op", tag="unsubscribe"):
    """End the subscription; the socket stays open for another."""


class Ping(Received, frozen=True, kw_only=True, tag_field="op", tag="ping"):
    """Ask for a `pong`: for clients that cannot send WebSocket pings."""


Operation = Subscribe | Unsubscribe | Ping


class _HeaderActor(msgspec.Struct):
    ref: str
    type: str


class _Header(msgspec.Struct):
    actor: _HeaderActor
    prev: str
    state: str | None
    ts: str


_read_header: Final = msgspec.json.Decoder(_Header).decode
encode: Final = msgspec.json.Encoder().encode


def view_of(caller: Caller) -> View:
    """What this caller may see of entries."""
    return View.EVIDENCE if Permission.LEDGER_READ in caller.permissions else View.CONTENT


def streamed_entry(execution: str, entry: StoredEntry, view: View) -> StreamedEntry:
    header = _read_header(entry.header)
    salt = entry.payload_salt if view is View.EVIDENCE else None
    return StreamedEntry(
        execution_id=execution,
        seq=entry.sequence,
        input_seq=entry.input_sequence,
        kind=entry.kind,
        actor=ActorTold(type=header.actor.type, ref=header.actor.ref),
        recorded_at=header.ts,
        entry_hash=entry.entry_hash.hex(),
        previous_hash=header.prev,
        state_commitment=header.state,
        payload=None if entry.payload is None else msgspec.Raw(entry.payload),
        payload_salt=None if salt is None else salt.hex(),
        header=entry.header.decode() if view is View.EVIDENCE else None,
        delta=delta_of(entry),
    )
