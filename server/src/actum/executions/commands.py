"""HTTP routes that act on an execution: start, pause, resume, cancel, replay."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.response import Response, Stream

from actum.executions import reading, wire
from actum.executions.arrivals import Answer as IngestAnswer
from actum.executions.arrivals import Submission
from actum.executions.committer import IngestParts
from actum.executions.control import describe_command, start_created
from actum.executions.ingest import Ingest
from actum.executions.load import load_execution, name_of
from actum.executions.places import Place
from actum.executions.replay import Finished, Progress, Scope, check_scope, replay_execution
from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.database import Transaction
from actum.platform.http_errors import NotFound
from actum.platform.idempotency import Answer, IdempotencyKeyHeader, answer_once, read_idempotency_key
from actum.platform.requests import ApiRequest
from actum.platform.signals import Place as Moved
from actum.platform.slices import Routes
from actum_core import canonical_json
from actum_core.engine.lifecycle import COMMANDS, Command, Lifecycle
from actum_core.errors import ActumError
from actum_core.identifiers import IdentifierInvalid, Prefix, parse_identifier

_EXECUTION: Final = "/v1/executions/{execution:str}"


class CommandRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, parts: IngestParts, ingest: Ingest) -> None:
        self._database = parts.database
        self._programs = parts.programs
        self._signals = parts.signals
        self._ingest = ingest

    def handlers(self) -> list[HTTPRouteHandler]:
        """Every route with the permission it needs."""
        control, replay = permit(Permission.EXECUTIONS_CONTROL), permit(Permission.REPLAY_RUN)
        return [
            post(_EXECUTION + "/start", opt=control, status_code=200)(self.start_execution),
            post(_EXECUTION + "/pause", opt=control, status_code=200)(self.pause_execution),
            post(_EXECUTION + "/resume", opt=control, status_code=200)(self.resume_execution),
            post(_EXECUTION + "/cancel", opt=control, status_code=200)(self.cancel_execution),
            post(_EXECUTION + "/replay", opt=replay, status_code=200)(self.replay_execution),
        ]

    async def start_execution(
        self, request: ApiRequest, execution: FromPath[str], idempotency_key: IdempotencyKeyHeader = None
    ) -> Response[wire.ExecutionTold]:
        """Start an execution that was created with `start: false`."""
        caller: Caller = request.user
        started: list[tuple[Place, dict[Moved, int]]] = []

        async def write(tx: Transaction) -> Answer[wire.ExecutionTold]:
            found = await load_execution(tx, caller, execution)
            started.append(await start_created(tx, self._programs, caller, found))
            told = wire.execution_told(caller.org, await load_execution(tx, caller, name_of(found)))
            return Answer(200, told)

        answer = await answer_once(self._database, request, write)
        for place, moves in started[-1:]:
            self._ingest.keep(place)
            self._signals.publish(moves)
        return answer

    async def pause_execution(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        data: JSONBody[wire.CommandWanted],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.CommandAnswer]:
        """Pause an execution: events that come in are recorded and held."""
        return await self._command(request, execution, Command.PAUSE, data.reason)

    async def resume_execution(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        data: JSONBody[wire.CommandWanted],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.CommandAnswer]:
        """Resume a paused execution: the events it held are applied in the order they came."""
        return await self._command(request, execution, Command.RESUME, data.reason)

    async def cancel_execution(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        data: JSONBody[wire.CommandWanted],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[wire.CommandAnswer]:
        """Cancel an execution for good."""
        return await self._command(request, execution, Command.CANCEL, data.reason)

    async def _command(
        self, request: ApiRequest, execution: str, command: Command, reason: str
    ) -> Response[wire.CommandAnswer]:
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await load_execution(tx, caller, execution)
        key = read_idempotency_key(request) or secrets.token_hex(16)
        submission = Submission(
            org_id=caller.org_id,
            execution_id=found["execution_id"],
            actor=caller.actor,
            received=[describe_command(command, key, reason)],
            is_atomic=False,
            answers=asyncio.get_running_loop().create_future(),
        )
        answer = (await self._ingest.submit(submission))[0]
        if isinstance(answer, ActumError):
            raise answer
        lifecycle = COMMANDS[command][1]
        if command is Command.RESUME:
            lifecycle = await self._lifecycle_after_resuming(caller.org_id, found["execution_id"], answer)
        told = wire.CommandAnswer(
            execution_id=name_of(found),
            command=command.value,
            lifecycle=lifecycle.value,
            input_seq=answer.input_sequence,
            seq=answer.last_sequence,
            entry_hash=answer.entry_hash.hex(),
            received_at=answer.received_at,
            duplicate=answer.is_duplicate,
        )
        return Response(told, headers={"Idempotent-Replayed": "true"} if answer.is_duplicate else {})

    async def _lifecycle_after_resuming(
        self, org_id: UUID, execution_id: UUID, answer: IngestAnswer
    ) -> Lifecycle:
        """Resuming applies what was held, and that may have completed the execution."""
        async with self._database.transaction(org_id) as tx:
            is_completed = await reading.was_completed_between(
                tx, (org_id, execution_id), answer.first_sequence, answer.last_sequence
            )
        return Lifecycle.COMPLETED if is_completed else Lifecycle.RUNNING

    async def replay_execution(
        self, request: ApiRequest, execution: FromPath[str], data: JSONBody[wire.ReplayWanted]
    ) -> Response[wire.ReplayTold] | Stream:
        """Fold the recorded inputs again and compare every byte. Nothing is stored and nothing fires.

        With `Accept: text/event-stream` it tells its progress as it goes (`event: progress`), then the result
        (`event: replay`).
        """
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await load_execution(tx, caller, execution)
            snapshot = None
            if data.from_snapshot_id is not None:
                place = (caller.org_id, found["execution_id"])
                snapshot = await reading.find_snapshot(tx, place, _snapshot_id(data.from_snapshot_id))
                if snapshot is None:
                    raise NotFound("there is no such snapshot of this execution")
        scope = Scope(found, data.up_to_seq, snapshot)
        check_scope(scope)
        steps = replay_execution(self._database, self._programs, caller.org_id, scope)
        if "text/event-stream" in request.headers.get("accept", ""):
            return Stream(_tell_progress(name_of(found), steps), media_type="text/event-stream")
        async for step in steps:
            if isinstance(step, Finished):
                return Response(_replay_told(name_of(found), step))
        raise AssertionError("a replay ends with what it found")


async def _tell_progress(name: str, steps: AsyncIterator[Progress | Finished]) -> AsyncIterator[bytes]:
    async for step in steps:
        if isinstance(step, Progress):
            yield b'event: progress\ndata: {"entries":%d,"of":%d}\n\n' % (step.entries, step.of)
        else:
            yield b"event: replay\ndata: " + msgspec.json.encode(_replay_told(name, step)) + b"\n\n"


def _replay_told(name: str, finished: Finished) -> wire.ReplayTold:
    replayed = finished.replayed
    return wire.ReplayTold(
        execution_id=name,
        equal=finished.is_equal,
        from_seq=finished.start,
        seq=replayed.head.sequence,
        entries=finished.entries,
        inputs=replayed.inputs,
        head_hash=replayed.head.entry_hash.hex(),
        recorded_head_hash=finished.recorded.entry_hash.hex(),
        state=wire.state_told(name, replayed.head, canonical_json.parse(replayed.execution.canonical())),
        difference=wire.difference_told(replayed),
        seconds=round(finished.seconds, 6),
    )


def _snapshot_id(text: str) -> UUID:
    try:
        return parse_identifier(Prefix.SNAPSHOT, text)
    except IdentifierInvalid:
        raise NotFound("there is no such snapshot of this execution") from None
