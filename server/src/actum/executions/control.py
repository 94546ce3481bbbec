"""Steer an execution: start one that was only created, pause, resume, cancel. A command is an input like any other."""

import hashlib
import os

from actum.executions import reading, store
from actum.executions.arrivals import Received
from actum.executions.decide import Batch
from actum.executions.places import Place
from actum.executions.start import start_place, write_place
from actum.orgs.access import Caller
from actum.platform.database import Row, Transaction
from actum.platform.signals import Place as Moved
from actum.templates.programs import ProgramCache
from actum_core import canonical_json
from actum_core.engine.fold import ENGINE_VERSION, Subject
from actum_core.engine.inputs import InputKind
from actum_core.engine.lifecycle import Command, InvalidState, Lifecycle, restore_execution
from actum_core.identifiers import Prefix, format_identifier
from actum_core.ledger.entry import SALT_BYTES, Chain


def describe_command(command: Command, key: str, reason: str) -> Received:
    """A command as an input: who repeats it under the same key gets the first answer."""
    # A key counts for one route, and an event's source has no space: neither can be taken for the other.
    source = f"command {command.value}"
    said = {"id": key, "reason": reason, "source": source}
    payload = canonical_json.encode(said)
    return Received(
        kind=InputKind.COMMAND,
        name=command.value,
        source=source,
        key=key,
        data=said,
        payload=payload,
        fingerprint=hashlib.sha256(payload).digest(),
    )


async def start_created(
    tx: Transaction, programs: ProgramCache, caller: Caller, found: Row
) -> tuple[Place, dict[Moved, int]]:
    """Start an execution that was created without being started; returns where it stands, who moved, and how far.

    Raises InvalidState when it is past that.
    """
    locked = await store.lock_heads(tx, [(caller.org_id, found["execution_id"])], [None])
    state = locked[0].state
    assert state is not None
    program = await programs.load(tx, caller.org_id, found["program_digest"])
    execution = restore_execution(program, state)
    if execution.lifecycle is not Lifecycle.CREATED:
        raise InvalidState("start", execution.lifecycle)
    name = format_identifier(Prefix.EXECUTION, found["execution_id"])
    place = Place(
        org_id=caller.org_id,
        execution_id=found["execution_id"],
        chain=Chain(found["log_name"], name, program.digest, ENGINE_VERSION),
        subject=Subject(program, found["state_salt"]),
        execution=execution,
        head=locked[0].head,
        stored_execution=execution,
        stored_head=locked[0].head,
    )
    now = max(locked[0].now, locked[0].head.recorded_at)
    batch = Batch(now=now, places={place.execution_id: place}, salts=lambda: os.urandom(SALT_BYTES))
    part = reading.Part(caller.org_id, place.execution_id, 0, 1)
    created = (await reading.list_recorded(tx, part, 1))[0]
    start_place(batch, place, caller, canonical_json.parse(created.payload or b"{}")["input"])
    return place, await write_place(tx, batch.written, place)
