"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): a POST that is repeated gets its first answer.

The key is claimed, the write made and the answer kept in one transaction: either all three are there or none.
Only answers of success are kept; what was refused may be corrected and sent again under the same key.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.params import HeaderParameter
from litestar.response import Response

from actum.platform import sql
from actum.platform.database import Database, Transaction
from actum.platform.http_errors import IdempotencyKeyInvalid, IdempotencyKeyReused, Unavailable
from actum.platform.limits import IDEMPOTENCY_KEY_LENGTH_MAX
from actum.platform.requests import ApiRequest

_QUERIES: Final = sql.load("actum.platform", "idempotency.sql")
_CLAIM: Final = _QUERIES["claim_idempotency_key"]
_FIND: Final = _QUERIES["find_idempotency_key"]
_SAVE: Final = _QUERIES["save_idempotency_answer"]

_KEY: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
Body = TypeVar("Body")

#: Times a claim is tried when the first answer disappears (it became too old) between claim and look.
_ATTEMPTS: Final = 3

#: How handlers of POST declare the header, for the OpenAPI document; `answer_once` reads it itself.
IdempotencyKeyHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Sent again with the same body, the request gets its first answer and nothing is done twice.",
    ),
]


@dataclass(frozen=True, slots=True)
class Answer(Generic[Body]):
    """What a write answers. `kept` is the body a repeat gets, when it may not be told the first one's secrets."""

    status: int
    body: Body
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: Body | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    org_id: UUID
    route: str
    key: str
    fingerprint: bytes


async def answer_once(
    database: Database, request: ApiRequest, write: Callable[[Transaction], Awaitable[Answer[Body]]]
) -> Response[Body]:
    """Run `write` in one transaction of the caller's org and answer; under a key used before, repeat its answer.

    A request that arrives while the first one under its key is still being answered waits for that answer.
    Raises IdempotencyKeyInvalid and IdempotencyKeyReused, and whatever `write` raises.
    """
    key = await _parse_key(request)
    for _ in range(_ATTEMPTS):
        async with database.transaction(request.user.org_id) as tx:
            if key is None:
                return _response(await write(tx))
            claimed = await tx.fetch_value(_CLAIM, key.org_id, key.route, key.key, key.fingerprint)
            if claimed is not None:
                answer = await write(tx)
                await _keep(tx, key, answer)
                return _response(answer)
            first = await tx.fetch_row(_FIND, key.org_id, key.route, key.key)
        if first is not None:
            return _repeat(key, first)
    raise Unavailable("the first answer under this Idempotency-Key was just removed")


def check_idempotency_key(text: str) -> str:
    """The key as it was sent. Raises IdempotencyKeyInvalid."""
    if len(text) > IDEMPOTENCY_KEY_LENGTH_MAX or _KEY.fullmatch(text) is None:
        raise IdempotencyKeyInvalid
    return text


def read_idempotency_key(request: ApiRequest) -> str | None:
    """The request's key, for writes that keep it themselves. Raises IdempotencyKeyInvalid."""
    found = request.headers.getall("idempotency-key", [])
    if len(found) > 1:
        raise IdempotencyKeyInvalid
    return check_idempotency_key(found[0]) if found else None


async def _parse_key(request: ApiRequest) -> _Key | None:
    text = read_idempotency_key(request)
    if text is None:
        return None
    parameters = sorted((name, str(value)) for name, value in request.path_params.items())
    digest = hashlib.sha256(b"actum/idempotency/v1\n")
    route = f"{request.method} {request.scope['path_template']}"
    query = sorted((name, str(value)) for name, value in request.query_params.multi_items())
    digest.update(msgspec.json.encode([route, parameters, *([query] if query else [])]) + b"\n")
    digest.update(await request.canonical_body())
    return _Key(request.user.org_id, route, text, digest.digest())


async def _keep(tx: Transaction, key: _Key, answer: Answer[Body]) -> None:
    assert 200 <= answer.status < 300, "a write that does not succeed raises"
    kept = msgspec.json.encode(answer.body if answer.kept is None else answer.kept)
    await tx.execute(_SAVE, key.org_id, key.route, key.key, answer.status, kept)


def _response(answer: Answer[Body]) -> Response[Body]:
    return _json_response(msgspec.json.encode(answer.body), answer.status, answer.headers)


def _repeat(key: _Key, first: Any) -> Response[Any]:
    if first["fingerprint"] != key.fingerprint:
        raise IdempotencyKeyReused
    return _json_response(bytes(first["body"]), first["status"], {"Idempotent-Replayed": "true"})


def _json_response(body: bytes, status: int, headers: Mapping[str, str]) -> Response[Any]:
    # Already encoded: the bytes kept for repeats and the bytes sent now are the same.
    return Response(body, status_code=status, media_type="application/json", headers=headers)
