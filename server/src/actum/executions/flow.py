"""HTTP routes of what flows through an execution: its tokens and their lineage, what it asked for, the outcomes."""

import asyncio
import hashlib
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from actum.executions import flow_wire, reading
from actum.executions.arrivals import OUTCOME_SOURCE, Received, Submission
from actum.executions.committer import IngestParts
from actum.executions.ingest import Ingest
from actum.executions.load import load_execution, name_of
from actum.ledger.wire import AfterSeq, SequencePage, SequencePageLimit, sequence_page
from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform import limits
from actum.platform.cursors import LIMIT_DEFAULT
from actum.platform.database import Transaction
from actum.platform.http_errors import NotFound
from actum.platform.idempotency import IdempotencyKeyHeader
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum_core import canonical_json
from actum_core.engine.fold import describe_outcome as describe_outcome_payload
from actum_core.engine.inputs import InputKind
from actum_core.engine.lifecycle import UnknownRequest
from actum_core.errors import ActumError
from actum_core.identifiers import IdentifierInvalid, Prefix, parse_identifier
from actum_core.ledger.lineage import TokenEntry, Tokens, TokenUnknown

_EXECUTION: Final = "/v1/executions/{execution:str}"


class TooManyTokens(ActumError):
    """Read the tokens page by page and follow their parents: this execution has too many for one answer."""

    code = "too_many_tokens"


class FlowRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, parts: IngestParts, ingest: Ingest) -> None:
        self._database = parts.database
        self._ingest = ingest

    def handlers(self) -> list[HTTPRouteHandler]:
        """Every route with the permission it needs."""
        read, write = permit(Permission.EXECUTIONS_READ), permit(Permission.EXECUTIONS_CONTROL)
        outcome = _EXECUTION + "/actions/{request_id:str}/outcome"
        return [
            get(_EXECUTION + "/tokens", opt=read)(self.list_tokens),
            get(_EXECUTION + "/tokens/{token:str}/lineage", opt=read)(self.get_lineage),
            get(_EXECUTION + "/actions", opt=read)(self.list_actions),
            post(outcome, opt=write, status_code=200)(self.post_outcome),
        ]

    async def list_tokens(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        limit: SequencePageLimit = LIMIT_DEFAULT,
        after_seq: AfterSeq = 0,
    ) -> SequencePage[flow_wire.TokenTold]:
        """List the tokens that left a node, in order."""
        async with self._database.transaction(request.user.org_id) as tx:
            found = await load_execution(tx, request.user, execution)
            part = reading.Part(request.user.org_id, found["execution_id"], after_seq, limit + 1)
            rows = await reading.list_entries_of_kind(tx, part, "token")
        return sequence_page(
            rows,
            limit,
            lambda row: flow_wire.token_of_row(name_of(found), row),
            lambda row: int(row["sequence"]),
        )

    async def get_lineage(
        self, request: ApiRequest, execution: FromPath[str], token: FromPath[str]
    ) -> flow_wire.LineageTold:
        """Get what a token came from, back to the events, and what it led to, forward to where it ended."""
        caller: Caller = request.user
        async with self._database.read_transaction(caller.org_id) as tx:
            found = await load_execution(tx, caller, execution)
            tokens = await _read_tokens(tx, caller.org_id, found["execution_id"])
            try:
                lineage = tokens.trace(token)
            except TokenUnknown as error:
                raise NotFound(str(error)) from None
            place = (caller.org_id, found["execution_id"])
            inputs = await reading.find_inputs_by_sequence(tx, place, lineage.inputs)
        return flow_wire.lineage_told(name_of(found), lineage, inputs)

    async def list_actions(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        limit: SequencePageLimit = LIMIT_DEFAULT,
        after_seq: AfterSeq = 0,
    ) -> SequencePage[flow_wire.ActionTold]:
        """List what an execution asked for, in order; `open` is true until the outcome is there."""
        async with self._database.transaction(request.user.org_id) as tx:
            found = await load_execution(tx, request.user, execution)
            part = reading.Part(request.user.org_id, found["execution_id"], after_seq, limit + 1)
            rows = await reading.list_entries_of_kind(tx, part, "requested")
        state = canonical_json.parse(found["state"])
        is_open: set[str] = set(state["state"].get("requests", {}))
        return sequence_page(
            rows,
            limit,
            lambda row: flow_wire.action_told(name_of(found), row, is_open),
            lambda row: int(row["sequence"]),
        )

    async def post_outcome(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        request_id: FromPath[str],
        data: JSONBody[flow_wire.OutcomeWanted],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[flow_wire.OutcomeAnswer]:
        """Tell the outcome of what an execution asked for. The same outcome told again gets the first answer."""
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await load_execution(tx, caller, execution)
        _check_request_id(request_id)
        submission = Submission(
            org_id=caller.org_id,
            execution_id=found["execution_id"],
            actor=caller.actor,
            received=[describe_outcome(request_id, flow_wire.outcome_data(data))],
            is_atomic=False,
            answers=asyncio.get_running_loop().create_future(),
        )
        answer = (await self._ingest.submit(submission))[0]
        if isinstance(answer, ActumError):
            raise answer
        told = flow_wire.outcome_answer(name_of(found), request_id, answer)
        return Response(told, headers={"Idempotent-Replayed": "true"} if answer.is_duplicate else {})


def describe_outcome(request_id: str, data: dict[str, Any]) -> Received:
    """An outcome as an input."""
    payload = describe_outcome_payload(request_id, data)
    return Received(
        kind=InputKind.OUTCOME,
        name=request_id,
        source=OUTCOME_SOURCE,
        key=request_id,
        data=canonical_json.parse(payload)["outcome"],
        payload=payload,
        fingerprint=hashlib.sha256(payload).digest(),
    )


def _check_request_id(text: str) -> None:
    """Raises UnknownRequest for what can be no id: the database need not be asked, nor bear, what it says."""
    try:
        parse_identifier(Prefix.ACTION, text)
    except IdentifierInvalid:
        raise UnknownRequest(text) from None


async def _read_tokens(tx: Transaction, org_id: UUID, execution_id: UUID) -> Tokens:
    """All tokens of an execution. Raises TooManyTokens."""
    tokens = Tokens()
    for kind in ("token", "dropped"):
        after, read = 0, 0
        while True:
            part = reading.Part(org_id, execution_id, after, limits.LINEAGE_PAGE_ENTRIES)
            rows = await reading.list_entries_of_kind(tx, part, kind)
            tokens.add(
                TokenEntry(row["sequence"], row["input_sequence"], kind, canonical_json.parse(row["payload"]))
                for row in rows
                if row["payload"] is not None
            )
            read += len(rows)
            if read > limits.LINEAGE_TOKENS_MAX:
                raise TooManyTokens(
                    f"lineage is told of executions with up to {limits.LINEAGE_TOKENS_MAX} tokens"
                )
            if len(rows) < limits.LINEAGE_PAGE_ENTRIES:
                break
            after = rows[-1]["sequence"]
    return tokens
