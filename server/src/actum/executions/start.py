"""Create an execution and, unless told otherwise, start it: its first entries, in one transaction."""

import hashlib
import os
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from uuid import UUID

from actum.executions import store
from actum.executions.arrivals import Received, Wanted
from actum.executions.decide import Batch, Entering, Written, take_in
from actum.executions.places import Place
from actum.orgs.access import Caller
from actum.platform.database import Row, Transaction
from actum.platform.http_errors import NotFound, RequestInvalid
from actum.platform.signals import Place as Moved
from actum.templates.programs import ProgramCache
from actum_core import canonical_json
from actum_core.engine.fold import (
    ENGINE_VERSION,
    Arrival,
    Subject,
    describe_creation,
    new_execution,
)
from actum_core.engine.inputs import Input, InputKind
from actum_core.errors import ActumError, MalformedJson, Problem, pointer_of
from actum_core.identifiers import Prefix, format_identifier, uuid7
from actum_core.ledger.entry import NO_HASH, SALT_BYTES, START_OF_CHAIN, Chain, Head, write_entries
from actum_core.limits import JSON_DEPTH_MAX, METADATA_MEMBERS_MAX, METADATA_VALUE_LENGTH_MAX

#: What a start is named by beside the events of its execution, whose sources have no space.
START_SOURCE: Final = "command start"


class ExternalIdTaken(ActumError):
    """Choose another externalId, or send the content it was first used with to get that execution."""

    code: ClassVar[str] = "external_id_taken"


@dataclass(frozen=True, slots=True)
class Created:
    """The execution that is now there; ``is_new`` is false when an external id already named it.

    ``moves`` says who moved, and how far, for the streams to hear once the transaction is committed; ``place``
    is where a new one then stands, for the ingest to know.
    """

    execution_id: UUID
    is_new: bool
    moves: dict[Moved, int] = field(default_factory=dict)
    place: Place | None = None


async def create_execution(
    tx: Transaction, programs: ProgramCache, caller: Caller, wanted: Wanted
) -> Created:
    """Create and start an execution of a published version.

    Raises NotFound for the version, RequestInvalid for an input that the template does not take, and
    ExternalIdTaken when the external id names an execution of other content.
    """
    version = await store.find_version(tx, caller.org_id, wanted.template, wanted.version)
    if version is None:
        raise NotFound(f"there is no published version of the template {wanted.template[:64]!r} like that")
    program = await programs.load(tx, caller.org_id, version["program_digest"])
    subject = Subject(program, os.urandom(SALT_BYTES))
    said = _describe(wanted, version)
    problems = [
        Problem("/input" + problem.pointer, problem.code, problem.detail)
        for problem in program.check_start(said["input"])
    ]
    problems.extend(_check_depth(said["input"]))
    if (wanted.external_id or "").startswith(Prefix.EXECUTION + "_"):
        problems.append(Problem("/externalId", "bad_value", "ids of this server begin like that"))
    problems.extend(_check_metadata(wanted.metadata))
    if problems:
        raise RequestInvalid(problems)
    now = await store.find_now(tx)
    execution_id = uuid7(int(store.parse_instant(now).timestamp() * 1000), os.urandom(10))
    log_name = await store.find_log_name(tx, caller.org_id)
    name = format_identifier(Prefix.EXECUTION, execution_id)
    place = Place(
        org_id=caller.org_id,
        execution_id=execution_id,
        chain=Chain(log_name, name, program.digest, ENGINE_VERSION),
        subject=subject,
        execution=(execution := new_execution(program)),
        head=Head(0, NO_HASH, now),
        stored_execution=execution,
        stored_head=Head(0, NO_HASH, now),
    )
    payload = canonical_json.encode(said)
    if not await store.insert_execution(tx, place, wanted, version, caller.actor.ref):
        return await _find_same(tx, caller.org_id, wanted, said)
    batch = Batch(now=now, places={place.execution_id: place}, salts=lambda: os.urandom(SALT_BYTES))
    line = describe_creation(subject, execution, payload)
    entries = write_entries(place.chain, START_OF_CHAIN, (caller.actor, now), [(line, batch.salts())])
    place.head = Head(1, entries[0].entry_hash, now)
    batch.written.entries.extend((place, entry) for entry in entries)
    if wanted.is_started:
        start_place(batch, place, caller, said["input"])
    return Created(place.execution_id, True, await write_place(tx, batch.written, place), place)


def start_place(batch: Batch, place: Place, caller: Caller, start_input: Any) -> None:
    """Give the start input to a created execution, by the same door as everything that enters one."""
    payload = canonical_json.encode({"input": start_input})
    data = canonical_json.parse(payload)["input"]
    entered = Input(InputKind.START, "start", data, batch.now, 1, place.chain.execution)
    fingerprint = hashlib.sha256(payload).digest()
    received = Received(InputKind.START, "start", START_SOURCE, "start", data, payload, fingerprint)
    take_in(batch, place, Entering(caller.actor, received, Arrival(entered, payload)))


async def write_place(tx: Transaction, written: Written, place: Place) -> dict[Moved, int]:
    """Store what was decided for one execution; returns who moved, and how far."""
    recorded = await store.write_batch(tx, written, [place], [place.execution.canonical()])
    if place.execution.lifecycle is not place.stored_execution.lifecycle:
        await store.save_lifecycles(tx, [place])
    moves = {Moved(org_id): index for org_id, index in recorded.ends.items()}
    moves[Moved(place.org_id, place.execution_id)] = place.head.sequence
    return moves


def _describe(wanted: Wanted, version: Row) -> dict[str, Any]:
    return {
        "externalId": wanted.external_id,
        # What runs is the parse of what is recorded.
        "input": canonical_json.parse(canonical_json.encode(wanted.input)),
        "metadata": wanted.metadata,
        "template": {
            "id": format_identifier(Prefix.TEMPLATE, version["template_id"]),
            "name": version["name"],
            "version": version["version"],
        },
    }


def _check_depth(start_input: Any) -> list[Problem]:
    """A state keeps its input two levels deep, so the input may be so much less deep than other JSON."""
    try:
        canonical_json.encode({"state": {"input": start_input}})
    except MalformedJson:
        return [Problem("/input", "too_deep", f"an input is nested at most {JSON_DEPTH_MAX - 2} deep")]
    return []


def _check_metadata(metadata: dict[str, Any]) -> list[Problem]:
    if len(metadata) > METADATA_MEMBERS_MAX:
        return [Problem("/metadata", "too_many", f"at most {METADATA_MEMBERS_MAX} members")]
    return [
        Problem(
            pointer_of("metadata", name[:METADATA_VALUE_LENGTH_MAX]),
            "too_large" if isinstance(value, str) else "wrong_type",
            f"names and values are texts of at most {METADATA_VALUE_LENGTH_MAX} characters",
        )
        for name, value in metadata.items()
        if not isinstance(value, str)
        or len(value) > METADATA_VALUE_LENGTH_MAX
        or len(name) > METADATA_VALUE_LENGTH_MAX
    ]


async def _find_same(tx: Transaction, org_id: UUID, wanted: Wanted, said: dict[str, Any]) -> Created:
    found = await store.find_by_external_id(tx, org_id, wanted.external_id or "")
    first = None if found is None else canonical_json.parse(found["payload"] or b"null")
    if first is not None and wanted.version is None:
        # Who names no version says the same as before, whatever has been published since.
        said = {**said, "template": {**said["template"], "version": first["template"]["version"]}}
    if found is None or first != said:
        raise ExternalIdTaken(f"{wanted.external_id!r} already names another execution")
    return Created(found["execution_id"], is_new=False)
