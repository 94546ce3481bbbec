"""What the routes of tokens, lineage and actions take and tell, field by field."""

from typing import Any

import msgspec

from actum.executions.arrivals import Answer
from actum.platform.database import Row
from actum.platform.http_errors import RequestInvalid
from actum.platform.wire import Received, Told
from actum_core import canonical_json
from actum_core.errors import Problem
from actum_core.ledger.lineage import Lineage, Token, TokenEntry, read_token


class TokenTold(Told, frozen=True, kw_only=True, tag_field="object", tag="token"):
    """A value that left a node. `parents` are the tokens it was made of; `to` the places `node.port` it went to."""

    id: str
    execution_id: str
    seq: int
    input_seq: int
    type: str
    value: Any
    node: str
    port: str
    parents: list[str]
    to: list[str]


class DroppedTold(Told, frozen=True, kw_only=True, tag_field="object", tag="dropped"):
    """Where a token arrived and nothing took it, and why."""

    token: str
    node: str
    port: str
    reason: str


class OriginTold(Told, frozen=True, kw_only=True, tag_field="object", tag="input"):
    """An input that tokens were made in: an event, a timer, an outcome."""

    input_seq: int
    kind: str
    name: str
    source: str
    id: str
    received_at: str


class LineageTold(Told, frozen=True, kw_only=True, tag_field="object", tag="lineage"):
    """What a token came from and what it led to, each in the order of the ledger.

    `sinks` are the ids of those that no other token was made of.
    """

    execution_id: str
    token: TokenTold
    inputs: list[OriginTold]
    ancestors: list[TokenTold]
    descendants: list[TokenTold]
    sinks: list[str]
    dropped: list[DroppedTold]


class ActionTold(Told, frozen=True, kw_only=True, tag_field="object", tag="action"):
    """Something an execution asked for: an action of its template, or an inference of a rule."""

    id: str
    execution_id: str
    seq: int
    input_seq: int
    kind: str
    node: str
    name: str
    asked: dict[str, Any]
    open: bool


class OutcomeWanted(Received, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it ended: `ok` with an `output`, or not with an `error`."""

    ok: bool
    output: Any = None
    error: Any = None


class OutcomeAnswer(Told, frozen=True, kw_only=True, tag_field="object", tag="outcome"):
    """What an outcome did to its execution."""

    execution_id: str
    action_id: str
    input_seq: int
    first_seq: int
    seq: int
    entry_hash: str
    outcome: str
    failure: dict[str, Any] | None
    configuration: list[str]
    received_at: str
    duplicate: bool


def token_of_row(execution: str, row: Row) -> TokenTold:
    """A token from its entry."""
    entry = TokenEntry(
        row["sequence"], row["input_sequence"], "token", canonical_json.parse(row["payload"] or b"{}")
    )
    return _token_told(execution, read_token(entry))


def _token_told(execution: str, token: Token) -> TokenTold:
    return TokenTold(
        id=token.id,
        execution_id=execution,
        seq=token.sequence,
        input_seq=token.input_sequence,
        type=token.type,
        value=token.value,
        node=token.node,
        port=token.port,
        parents=list(token.parents),
        to=list(token.to),
    )


def lineage_told(execution: str, lineage: Lineage, inputs: list[Row]) -> LineageTold:
    """A lineage, with the inputs it began in."""
    everyone = (*lineage.ancestors, lineage.token, *lineage.descendants)
    return LineageTold(
        execution_id=execution,
        token=_token_told(execution, lineage.token),
        inputs=[
            OriginTold(
                input_seq=row["input_sequence"],
                kind=row["kind"],
                name=row["name"],
                source=row["source"],
                id=row["key"],
                received_at=row["received_at"],
            )
            for row in inputs
        ],
        ancestors=[_token_told(execution, token) for token in lineage.ancestors],
        descendants=[_token_told(execution, token) for token in lineage.descendants],
        sinks=[token.id for token in lineage.sinks],
        dropped=[
            DroppedTold(
                token=token.id, node=drop.get("node", ""), port=drop["port"], reason=drop.get("reason", "")
            )
            for token in everyone
            for drop in token.dropped
        ],
    )


def action_told(execution: str, row: Row, is_open: set[str]) -> ActionTold:
    """What was asked for, from the entry that says so."""
    said = dict(canonical_json.parse(row["payload"] or b"{}"))
    request_id = said.pop("id", "")
    return ActionTold(
        id=request_id,
        execution_id=execution,
        seq=row["sequence"],
        input_seq=row["input_sequence"],
        kind=said.pop("kind", ""),
        node=said.pop("node", ""),
        name=said.pop("name", ""),
        asked=said,
        open=request_id in is_open,
    )


def outcome_data(wanted: OutcomeWanted) -> dict[str, Any]:
    """An outcome as the engine takes it: without what was not said. Raises RequestInvalid for one that says both."""
    other = "error" if wanted.ok else "output"
    if getattr(wanted, other) is not None:
        detail = f"what is {'ok' if wanted.ok else 'not ok'} has no {other}"
        raise RequestInvalid([Problem("/" + other, "bad_value", detail)])
    said = {"output": wanted.output, "error": wanted.error}
    return {"ok": wanted.ok, **{name: value for name, value in said.items() if value is not None}}


def outcome_answer(execution: str, request_id: str, answer: Answer) -> OutcomeAnswer:
    """What became of an outcome."""
    return OutcomeAnswer(
        execution_id=execution,
        action_id=request_id,
        input_seq=answer.input_sequence,
        first_seq=answer.first_sequence,
        seq=answer.last_sequence,
        entry_hash=answer.entry_hash.hex(),
        outcome=answer.outcome,
        failure=None if answer.failure is None else msgspec.json.decode(answer.failure),
        configuration=canonical_json.parse(answer.configuration.encode()),
        received_at=answer.received_at,
        duplicate=answer.is_duplicate,
    )
