"""What posting events means, whichever way the request came: read it, submit it, tell what became of it."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, unquote

import msgspec

from actum.executions import wire
from actum.executions.arrivals import Answer, EventInvalid, Received, Submission
from actum.executions.receive import Post, Reception, receive_events
from actum.orgs.access import Caller
from actum.platform.http_errors import IdempotencyKeyInvalid, NotFound, ParameterInvalid
from actum.platform.idempotency import check_idempotency_key
from actum.platform.problems import describe_error
from actum_core.errors import ActumError, Problem

_encoder: Final = msgspec.json.Encoder()


class Posted(NamedTuple):
    """A request to post events: its headers (names in lower case), its query and its body."""

    headers: Sequence[tuple[bytes, bytes]]
    query: bytes
    body: bytes


class Reply(NamedTuple):
    """What is answered: a body in JSON, and whether all of it was told before."""

    body: bytes
    is_replayed: bool


class Opened(NamedTuple):
    """A post that was read. Without a submission there is nothing in it to record: reply at once."""

    execution: str
    reception: Reception
    submission: Submission | None

    def reply(self, answers: list[Answer | ActumError]) -> Reply:
        """What is answered. Raises the error of a single event that was refused, and NotFound for a batch."""
        if answers and isinstance(answers[0], NotFound):  # which is said of the execution, so of every event
            raise answers[0]
        if self.reception.is_batch:
            return _batch_reply(self.execution, self.reception, answers)
        answer = answers[0]
        if isinstance(answer, ActumError):
            raise answer
        return Reply(_encoder.encode(wire.event_answer(self.execution, answer)), answer.is_duplicate)


def open_post(caller: Caller, execution: tuple[uuid.UUID, str], posted: Posted) -> Opened:
    """Read a post to an execution, given by its UUID and its id.

    Raises whatever is wrong with the request as a whole or with its single event.
    """
    reception = receive_events(_read_head(posted.headers), posted.body)
    is_atomic = _is_atomic(posted.query)
    accepted = [event for event in reception.events if isinstance(event, Received)]
    if is_atomic and len(accepted) < len(reception.events):
        accepted = []
    submission = None
    if accepted:
        answers = asyncio.get_running_loop().create_future()
        submission = Submission(caller.org_id, execution[0], caller.actor, accepted, is_atomic, answers)
    return Opened(execution[1], reception, submission)


def _batch_reply(name: str, reception: Reception, answers: list[Answer | ActumError]) -> Reply:
    """Answers event by event, in the order they were sent."""
    answered = iter(answers)
    told: list[Mapping[str, Any]] = []
    accepted = replayed = 0
    for index, event in enumerate(reception.events):
        # An atomic batch with an event that could not be read was not submitted at all.
        answer = event if not isinstance(event, Received) else next(answered, None) or wire.not_recorded()
        if isinstance(answer, Answer):
            accepted += 1
            replayed += answer.is_duplicate
            told.append(wire.event_answer(name, answer))
        else:
            if isinstance(answer, EventInvalid):
                answer = answer.in_batch(index)
            told.append({"object": "problem", **describe_error(answer)})
    body = {
        "object": "batch",
        "executionId": name,
        "accepted": accepted,
        "refused": len(told) - accepted,
        "data": told,
    }
    return Reply(_encoder.encode(body), 0 < replayed == len(told))


def _read_head(headers: Sequence[tuple[bytes, bytes]]) -> Post:
    content_type = ""
    attributes: dict[str, str] = {}
    keys: list[str] = []
    for name, value in headers:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == b"idempotency-key":
            keys.append(value.decode("latin-1"))
        elif name[:3] == b"ce-":
            # CloudEvents HTTP binding, 3.1.3.2: attribute values are percent-encoded UTF-8.
            attributes[name[3:].decode("latin-1")] = _read_attribute(name, value)
    if len(keys) > 1:
        raise IdempotencyKeyInvalid
    return Post(content_type, attributes, check_idempotency_key(keys[0]) if keys else None)


def _read_attribute(name: bytes, value: bytes) -> str:
    try:
        return unquote(value.decode("ascii"), errors="strict")
    except UnicodeDecodeError:
        # Replacing what cannot be read would make one id of two.
        place = f"/header/{name.decode('latin-1')}"
        raise ParameterInvalid(
            [Problem(place, "bad_value", "an attribute is percent-encoded UTF-8")]
        ) from None


def _is_atomic(query: bytes) -> bool:
    if not query:
        return False
    found = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    unknown = sorted(found.keys() - {"atomic"})
    if unknown:
        raise ParameterInvalid(
            [Problem(f"/query/{unknown[0]}", "unknown_parameter", "there is no such parameter")]
        )
    if found.get("atomic", ["false"])[-1] not in ("true", "false"):
        raise ParameterInvalid([Problem("/query/atomic", "bad_value", "atomic is true or false")])
    return found.get("atomic", ["false"])[-1] == "true"
