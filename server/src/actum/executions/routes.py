"""HTTP routes of executions. An execution is named by its id or by the external id its caller gave it."""

from typing import Annotated, Final
from uuid import UUID

from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response

from actum.executions import reading, wire
from actum.executions.arrivals import Wanted
from actum.executions.committer import IngestParts
from actum.executions.ingest import Ingest
from actum.executions.load import load_execution, name_of
from actum.executions.places import Place
from actum.executions.snapshot import create_snapshot
from actum.executions.start import create_execution
from actum.ledger.wire import AfterSeq, SequencePage, SequencePageLimit, sequence_page
from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.cursors import (
    LIMIT_DEFAULT,
    Cursor,
    Limit,
    Page,
    page_of,
    parse_place,
    position_id,
    position_number,
)
from actum.platform.database import Transaction
from actum.platform.http_errors import ParameterInvalid
from actum.platform.idempotency import Answer, IdempotencyKeyHeader, answer_once
from actum.platform.requests import ApiRequest
from actum.platform.signals import Place as Moved
from actum.platform.slices import Routes
from actum_core import canonical_json
from actum_core.engine.lifecycle import Lifecycle
from actum_core.errors import Problem
from actum_core.identifiers import IdentifierInvalid, Prefix, format_identifier, parse_identifier
from actum_core.ledger.entry import Head

EXECUTIONS: Final = "/v1/executions"
EXECUTION: Final = EXECUTIONS + "/{execution:str}"

LifecycleFilter = Annotated[
    Lifecycle | None, QueryParameter(description="Only executions in this lifecycle.")
]
TemplateFilter = Annotated[
    str | None, QueryParameter(description="Only executions of the template with this id.", max_length=64)
]


class ExecutionRoutes(Routes):
    """The handlers that create and read executions, over what they need."""

    def __init__(self, parts: IngestParts, ingest: Ingest) -> None:
        self._ingest = ingest
        self._database = parts.database
        self._programs = parts.programs
        self._signals = parts.signals

    def router(self, *others: HTTPRouteHandler) -> Router:
        """Every route with the permission it needs, and those of the slice's other classes: one router, since
        the framework wants all methods of a path in one place."""
        read, create = permit(Permission.EXECUTIONS_READ), permit(Permission.EXECUTIONS_CREATE)
        handlers = [
            get(EXECUTIONS, opt=read)(self.list_executions),
            post(EXECUTIONS, opt=create)(self.create_execution),
            get(EXECUTION, opt=read)(self.get_execution),
            get(EXECUTION + "/state", opt=read)(self.get_state),
            get(EXECUTION + "/events", opt=read)(self.list_events),
            get(EXECUTION + "/messages", opt=read)(self.list_messages),
            get(EXECUTION + "/snapshots", opt=read)(self.list_snapshots),
            post(EXECUTION + "/snapshots", opt=permit(Permission.SNAPSHOTS_CREATE))(self.create_snapshot),
            *others,
        ]
        return Router("/", route_handlers=handlers, tags=["executions"])

    async def list_executions(
        self,
        request: ApiRequest,
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = None,
        lifecycle: LifecycleFilter = None,
        template: TemplateFilter = None,
    ) -> Page[wire.ExecutionTold]:
        """List executions, latest first."""
        caller: Caller = request.user
        place = parse_place(f"GET {EXECUTIONS}", limit, cursor)
        which = reading.ExecutionFilter(position_id(place), _template_id(template), lifecycle)
        async with self._database.transaction(caller.org_id) as tx:
            rows = await reading.list_executions(tx, caller.org_id, which, place.rows_wanted)
        return page_of(
            place,
            rows,
            lambda row: wire.execution_told(caller.org, row),
            lambda row: (str(row["execution_id"]),),
        )

    async def create_execution(
        self,
        request: ApiRequest,
        data: JSONBody[wire.StartWanted],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.ExecutionTold]:
        """Create an execution of a published version, and start it. 200 when its externalId names it already."""
        caller: Caller = request.user
        wanted = Wanted(
            template=data.template,
            version=data.version,
            input=data.input,
            external_id=data.external_id,
            metadata=data.metadata,
            is_started=data.start,
        )

        moves: dict[Moved, int] = {}
        started: list[Place] = []

        async def write(tx: Transaction) -> Answer[wire.ExecutionTold]:
            created = await create_execution(tx, self._programs, caller, wanted)
            moves.update(created.moves)
            if created.place is not None and wanted.is_started:
                started.append(created.place)
            name = format_identifier(Prefix.EXECUTION, created.execution_id)
            told = wire.execution_told(caller.org, await load_execution(tx, caller, name))
            return Answer(201 if created.is_new else 200, told, {"Location": f"{EXECUTIONS}/{name}"})

        answer = await answer_once(self._database, request, write)
        self._signals.publish(moves)
        for place in started:
            self._ingest.keep(place)
        return answer

    async def get_execution(self, request: ApiRequest, execution: FromPath[str]) -> wire.ExecutionTold:
        """Get one execution and where it stands."""
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            return wire.execution_told(caller.org, await load_execution(tx, caller, execution))

    async def get_state(self, request: ApiRequest, execution: FromPath[str]) -> wire.StateTold:
        """Get the state of an execution: its configuration and its variables."""
        async with self._database.transaction(request.user.org_id) as tx:
            found = await load_execution(tx, request.user, execution)
        head = Head(found["sequence"], found["entry_hash"], "")
        return wire.state_told(name_of(found), head, canonical_json.parse(found["state"]))

    async def list_events(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        limit: SequencePageLimit = LIMIT_DEFAULT,
        after_seq: AfterSeq = 0,
    ) -> SequencePage[wire.EventTold]:
        """List the events that entered an execution, in order; `afterSeq` is an event's `inputSeq`."""
        async with self._database.transaction(request.user.org_id) as tx:
            found = await load_execution(tx, request.user, execution)
            part = reading.Part(request.user.org_id, found["execution_id"], after_seq, limit + 1)
            rows = await reading.list_inputs(tx, part, "event")
        return sequence_page(
            rows,
            limit,
            lambda row: wire.event_told(name_of(found), row),
            lambda row: int(row["input_sequence"]),
        )

    async def list_messages(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        limit: SequencePageLimit = LIMIT_DEFAULT,
        after_seq: AfterSeq = 0,
    ) -> SequencePage[wire.MessageTold]:
        """List the messages that rules derived from events, in order."""
        async with self._database.transaction(request.user.org_id) as tx:
            found = await load_execution(tx, request.user, execution)
            part = reading.Part(request.user.org_id, found["execution_id"], after_seq, limit + 1)
            rows = await reading.list_entries_of_kind(tx, part, "message")
        return sequence_page(
            rows, limit, lambda row: wire.message_told(name_of(found), row), lambda row: int(row["sequence"])
        )

    async def list_snapshots(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        limit: Limit = LIMIT_DEFAULT,
        cursor: Cursor = None,
    ) -> Page[wire.SnapshotTold]:
        """List an execution's snapshots, latest first."""
        place = parse_place(f"GET {EXECUTION}/snapshots", limit, cursor)
        async with self._database.transaction(request.user.org_id) as tx:
            found = await load_execution(tx, request.user, execution)
            rows = await reading.list_snapshots(
                tx, (request.user.org_id, found["execution_id"]), position_number(place), place.rows_wanted
            )
        return page_of(
            place, rows, lambda row: wire.snapshot_told(name_of(found), row), lambda row: (row["sequence"],)
        )

    async def create_snapshot(
        self, request: ApiRequest, execution: FromPath[str], idempotency_key: IdempotencyKeyHeader = None
    ) -> Response[wire.SnapshotTold]:
        """Store the state as it now stands; a replay may begin there. The same place is stored once."""

        async def write(tx: Transaction) -> Answer[wire.SnapshotTold]:
            found = await load_execution(tx, request.user, execution)
            row = await create_snapshot(tx, request.user.org_id, found)
            return Answer(201, wire.snapshot_told(name_of(found), row))

        return await answer_once(self._database, request, write)


def _template_id(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return parse_identifier(Prefix.TEMPLATE, text)
    except IdentifierInvalid as error:
        raise ParameterInvalid([Problem("/query/template", error.code, str(error))]) from None
