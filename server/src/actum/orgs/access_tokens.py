"""The form of access tokens, and how they are made: shown once, kept only as a digest.

``actum_pat_`` + 30 characters base62 (178 bits) + 6 characters: the CRC-32 of the 30 in base62. The checksum lets
scanners of leaked secrets tell ours from noise, and spares the database every mistyped or guessed one.
"""

import hashlib
import secrets
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from actum.orgs import store
from actum.orgs.access import PERMISSIONS, Caller, Permission, PermissionDenied, Role
from actum.platform.clock import Clock
from actum.platform.database import Transaction
from actum.platform.http_errors import RequestInvalid
from actum.platform.limits import TOKEN_LIFETIME_DAYS_DEFAULT, TOKEN_LIFETIME_DAYS_MAX
from actum_core.errors import Problem
from actum_core.identifiers import Prefix, format_identifier, uuid7

TOKEN_PREFIX: Final = "actum_pat_"
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_LENGTH: Final = 30
_CHECKSUM_LENGTH: Final = 6
_SHOWN_LENGTH: Final = 4


@dataclass(frozen=True, slots=True)
class Wanted:
    """The token somebody asks for. `scopes` None is all the role has; `expires_at` None is the usual lifetime."""

    name: str
    role: Role
    scopes: frozenset[Permission] | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A new token: `text` is the secret, told this once."""

    token: store.AccessToken
    text: str = field(repr=False)


def generate_token_text() -> str:
    """A new random token with its checksum."""
    body = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM_LENGTH))
    return TOKEN_PREFIX + body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """True when prefix, length and checksum are right: only then is the database worth asking."""
    if not text.startswith(TOKEN_PREFIX) or not text.isascii():
        return False
    rest = text[len(TOKEN_PREFIX) :]
    if len(rest) != _RANDOM_LENGTH + _CHECKSUM_LENGTH:
        return False
    return _checksum(rest[:_RANDOM_LENGTH]) == rest[_RANDOM_LENGTH:]


def digest_of(text: str) -> bytes:
    """What is kept of a token. Its 178 random bits make a slow password hash pointless."""
    return hashlib.sha256(text.encode()).digest()


def display_of(text: str) -> str:
    """What people may see of a token to know it again."""
    return text[: len(TOKEN_PREFIX) + _SHOWN_LENGTH] + "…"


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, place = divmod(number, 62)
        digits = _BASE62[place] + digits
    return digits


async def make_token(tx: Transaction, clock: Clock, caller: Caller, wanted: Wanted) -> Made:
    """Make a token for the caller's org that can do no more, and lives no longer, than its maker allows.

    Raises PermissionDenied when it would have a permission the caller lacks, or another role without
    `tokens:manage`; RequestInvalid for an end in the past or too far away.
    """
    now = clock.now()
    asked = PERMISSIONS[wanted.role] if wanted.scopes is None else PERMISSIONS[wanted.role] & wanted.scopes
    if not asked <= caller.permissions:
        lacking = ", ".join(sorted(asked - caller.permissions))
        raise PermissionDenied(f"a token cannot be given what its maker does not have: {lacking}")
    expires_at = _end_of_life(now, wanted.expires_at)
    if Permission.TOKENS_MANAGE not in caller.permissions:
        if wanted.role is not caller.role:
            raise PermissionDenied(
                f"this needs {Permission.TOKENS_MANAGE.value}: the role is not the caller's own"
            )
        # Otherwise a token that leaks could prolong its own life for ever.
        expires_at = min(expires_at, await store.load_expiry(tx, caller) or expires_at)
    return await issue_token(tx, now, caller.org_id, (wanted, expires_at, caller.actor.ref))


async def issue_token(
    tx: Transaction, now: datetime, org_id: UUID, grant: tuple[Wanted, datetime, str]
) -> Made:
    """Make and store a token without asking who wants it: `grant` is the wish, its end and its maker."""
    wanted, expires_at, maker = grant
    text = generate_token_text()
    token = store.AccessToken(
        org_id=org_id,
        token_id=uuid7(int(now.timestamp() * 1000), secrets.token_bytes(10)),
        display=display_of(text),
        name=wanted.name,
        role=wanted.role,
        scopes=None if wanted.scopes is None else tuple(sorted(scope.value for scope in wanted.scopes)),
        created_at=now,
        created_by=maker,
        expires_at=expires_at,
    )
    await store.insert_token(tx, token, digest_of(text))
    return Made(token, text)


def _end_of_life(now: datetime, wanted: datetime | None) -> datetime:
    if wanted is None:
        return now + timedelta(days=TOKEN_LIFETIME_DAYS_DEFAULT)
    if wanted <= now or wanted > now + timedelta(days=TOKEN_LIFETIME_DAYS_MAX):
        detail = f"a token ends in the future, at most {TOKEN_LIFETIME_DAYS_MAX} days ahead"
        raise RequestInvalid([Problem("/expiresAt", "bad_value", detail)])
    return wanted


def identifier_of(token_id: UUID) -> str:
    """A token's id as the API tells it."""
    return format_identifier(Prefix.ACCESS_TOKEN, token_id)
