"""All SQL of orgs and access tokens, and the rows it returns as types."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import asyncpg

from actum.orgs.access import Caller, Permission, Role
from actum.platform import sql
from actum.platform.database import Transaction
from actum_core.errors import ActumError

_QUERIES: Final = sql.load("actum.orgs")
_INSERT_ORG: Final = _QUERIES["insert_org"]
_INSERT_ORG_HEAD: Final = _QUERIES["insert_org_head"]
_FIND_ORG: Final = _QUERIES["find_org"]
_RENAME_ORG: Final = _QUERIES["rename_org"]
_INSERT_TOKEN: Final = _QUERIES["insert_token"]
_FIND_TOKEN: Final = _QUERIES["find_token"]
_LIST_TOKENS: Final = _QUERIES["list_tokens"]
_REVOKE_TOKEN: Final = _QUERIES["revoke_token"]
_FIND_TOKEN_BY_DIGEST: Final = _QUERIES["find_token_by_digest"]
_SAVE_TOKEN_USES: Final = _QUERIES["save_token_uses"]


class OrgSlugTaken(ActumError):
    """Choose another slug: an org has this one already."""

    code: ClassVar[str] = "org_slug_taken"


@dataclass(frozen=True, slots=True)
class Org:
    """The isolation boundary; `log_name` is bound into every entry of its ledger."""

    org_id: UUID
    slug: str
    name: str
    created_at: datetime
    log_name: str


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is known of a token: everything but its text."""

    org_id: UUID
    token_id: UUID
    display: str
    name: str
    role: Role
    scopes: tuple[str, ...] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What authentication needs to know of a token."""

    org_id: UUID
    token_id: UUID
    role: Role
    scopes: frozenset[str] | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenUse:
    """That a token was used, and when last."""

    org_id: UUID
    token_id: UUID
    used_at: datetime


async def insert_org(tx: Transaction, org: Org) -> None:
    """Raises OrgSlugTaken."""
    try:
        await tx.execute(_INSERT_ORG, org.org_id, org.slug, org.name, org.created_at, org.log_name)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "orgs_slug":
            raise OrgSlugTaken(f"an org with the slug {org.slug!r} exists") from None
        raise
    await tx.execute(_INSERT_ORG_HEAD, org.org_id)


async def find_org(tx: Transaction, org_id: UUID) -> Org | None:
    row = await tx.fetch_row(_FIND_ORG, org_id)
    return None if row is None else Org(**row)


async def rename_org(tx: Transaction, org_id: UUID, name: str) -> Org | None:
    row = await tx.fetch_row(_RENAME_ORG, org_id, name)
    return None if row is None else Org(**row)


async def insert_token(tx: Transaction, token: AccessToken, digest: bytes) -> None:
    await tx.execute(
        _INSERT_TOKEN,
        token.org_id,
        token.token_id,
        digest,
        token.display,
        token.name,
        token.role.value,
        None if token.scopes is None else list(token.scopes),
        token.created_at,
        token.created_by,
        token.expires_at,
    )


async def find_token(tx: Transaction, caller: Caller, token_id: UUID) -> AccessToken | None:
    """A token the caller may see, or None."""
    row = await tx.fetch_row(_FIND_TOKEN, caller.org_id, token_id, _own_only(caller), caller.token_id)
    return None if row is None else _token(row)


async def list_tokens(tx: Transaction, caller: Caller, before: UUID | None, limit: int) -> list[AccessToken]:
    """Tokens the caller may see, latest first, from the one after `before` on."""
    rows = await tx.fetch(_LIST_TOKENS, caller.org_id, _own_only(caller), caller.token_id, before, limit)
    return [_token(row) for row in rows]


async def revoke_token(tx: Transaction, org_id: UUID, token_id: UUID, at: datetime) -> None:
    await tx.execute(_REVOKE_TOKEN, org_id, token_id, at)


async def load_expiry(tx: Transaction, caller: Caller) -> datetime | None:
    """When the caller's own token ends; None when it never does."""
    token = await find_token(tx, caller, caller.token_id)
    return None if token is None else token.expires_at


async def find_credential(tx: Transaction, digest: bytes) -> Credential | None:
    """Whose token this is. The only question that may be asked without an org."""
    row = await tx.fetch_row(_FIND_TOKEN_BY_DIGEST, digest)
    if row is None:
        return None
    scopes = row["scopes"]
    return Credential(
        org_id=row["org_id"],
        token_id=row["token_id"],
        role=Role(row["role"]),
        scopes=None if scopes is None else frozenset(scopes),
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )


async def save_token_uses(tx: Transaction, uses: Sequence[TokenUse]) -> None:
    # In the order of ids, so that two processes that save the same tokens never wait for each other in a circle.
    ordered = sorted(uses, key=lambda use: (use.org_id, use.token_id))
    await tx.execute(
        _SAVE_TOKEN_USES,
        [use.org_id for use in ordered],
        [use.token_id for use in ordered],
        [use.used_at for use in ordered],
    )


def _own_only(caller: Caller) -> str | None:
    """The maker whose tokens alone may be seen; None when all may."""
    return None if Permission.TOKENS_MANAGE in caller.permissions else caller.actor.ref


def _token(row: Any) -> AccessToken:
    scopes = row["scopes"]
    fields = {**row, "role": Role(row["role"]), "scopes": None if scopes is None else tuple(scopes)}
    return AccessToken(**fields)
