"""From an Authorization header to a caller: a bounded memory of at most five seconds in front of the database."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple, Protocol
from uuid import UUID

import structlog

from actum.orgs import store
from actum.orgs.access import Caller, caller_of_token
from actum.orgs.access_tokens import TOKEN_PREFIX, digest_of, is_well_formed
from actum.platform.clock import Clock
from actum.platform.database import Database
from actum.platform.limits import (
    TOKEN_ASKED_AGAIN_SECONDS,
    TOKEN_CACHE_SECONDS_MAX,
    TOKEN_CACHE_SIZE_MAX,
    TOKEN_USE_FLUSH_SECONDS,
    TOKEN_USE_SECONDS_MIN,
    TOKEN_USES_WAITING_MAX,
    TRANSACTION_ORGS_MAX,
)
from actum_core.errors import ActumError

_SCHEME: Final = b"bearer "
_HEADER_BYTES_MAX: Final = 8_192

#: What a task is called that asks the database about a token.
LOOKING_UP: Final = "look up an access token"

_log = structlog.get_logger(__name__)


class Unauthenticated(ActumError):
    """Send a valid access token as `Authorization: Bearer actum_pat_…`."""

    code: ClassVar[str] = "unauthenticated"
    #: RFC 6750, section 3: a request without credentials is told the scheme only.
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="actum"'}


class TokenRefused(Unauthenticated):
    """Send a valid access token: this one is unknown, expired or revoked."""

    code: ClassVar[str] = "invalid_token"

    # RFC 6750, section 3.1. Which of the three it is stays untold.
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Bearer realm="actum", error="invalid_token"'}


class BearerVerifier(Protocol):
    """Whoever can tell a caller from a bearer token that is not one of our access tokens (OIDC)."""

    async def verify(self, token: str) -> Caller:
        """Return the caller. MUST raise TokenRefused for anything it does not trust."""
        ...


class _Known(NamedTuple):
    """Who stands behind a header, until when (monotonic seconds), and from when on that is asked again."""

    caller: Caller
    until: float
    ask_from: float


class Authenticator:
    """Knows callers by their Authorization header.

    `find_cached` costs a hash and a look into a dictionary and may be asked on the way of every event;
    `authenticate` asks the database when it must, once for all who wait for the same answer. Who is seen again
    shortly before being forgotten is asked about meanwhile, so that a busy client never waits. A revocation is
    felt at once in the process that made it and within TOKEN_CACHE_SECONDS_MAX in the others.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        verifier: BearerVerifier | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._verifier = verifier
        self._monotonic = monotonic
        # Keyed by digest: the tokens themselves do not stay in memory.
        self._known: dict[bytes, _Known] = {}
        self._asking: dict[bytes, asyncio.Task[Caller]] = {}
        self._revocations = 0
        self._uses: dict[UUID, store.TokenUse] = {}

    def find_cached(self, header: bytes) -> Caller | None:
        """The caller behind a whole Authorization header seen a moment ago, or None: then `authenticate`."""
        key = hashlib.sha256(header).digest()
        found = self._known.get(key)
        if found is None:
            return None
        now = self._monotonic()
        if found.until <= now:
            return None
        if found.ask_from <= now:
            self._ask(key, _bearer_token(header))
        return found.caller

    async def authenticate(self, header: bytes | None) -> Caller:
        """The caller behind an Authorization header. Raises Unauthenticated or its subclass TokenRefused."""
        if header is None:
            raise Unauthenticated("this needs an access token")
        caller = self.find_cached(header)
        if caller is not None:
            return caller
        text = _bearer_token(header)
        if not text.startswith(TOKEN_PREFIX):
            if self._verifier is None:
                raise TokenRefused("this is not an access token of this server")
            return await self._verifier.verify(text)
        if not is_well_formed(text):
            raise TokenRefused("the access token is mistyped or cut off: its checksum is wrong")
        # Whoever stops waiting leaves the answer to the others.
        return await asyncio.shield(self._ask(hashlib.sha256(header).digest(), text))

    def _ask(self, key: bytes, text: str) -> asyncio.Task[Caller]:
        """The one question about a token that is on its way."""
        question = self._asking.get(key)
        if question is None:
            question = self._asking[key] = asyncio.create_task(self._look_up(key, text), name=LOOKING_UP)
            question.add_done_callback(lambda asked: self._answered(key, asked))
        return question

    def _answered(self, key: bytes, question: asyncio.Task[Caller]) -> None:
        del self._asking[key]
        # Nobody may be waiting any more. What the database could not tell is asked again; what it refused is over.
        if not question.cancelled() and isinstance(question.exception(), TokenRefused):
            self._known.pop(key, None)

    async def _look_up(self, key: bytes, text: str) -> Caller:
        revocations = self._revocations
        async with self._database.transaction_without_org() as tx:
            credential = await store.find_credential(tx, digest_of(text))
        now = self._clock.now()
        if credential is None or credential.revoked_at is not None:
            raise TokenRefused("the access token is unknown, expired or revoked")
        lifetime = TOKEN_CACHE_SECONDS_MAX
        if credential.expires_at is not None:
            lifetime = min(lifetime, (credential.expires_at - now).total_seconds())
            if lifetime <= 0:
                raise TokenRefused("the access token is unknown, expired or revoked")
        caller = caller_of_token(credential.org_id, credential.token_id, credential.role, credential.scopes)
        if revocations == self._revocations:  # else it may be what was just forgotten
            self._remember(key, caller, lifetime)
        self._note_use(credential, now)
        return caller

    def _remember(self, key: bytes, caller: Caller, lifetime: float) -> None:
        self._known.pop(key, None)
        if len(self._known) >= TOKEN_CACHE_SIZE_MAX:
            # The oldest was remembered first; all are remembered for about the same time.
            del self._known[next(iter(self._known))]
        until = self._monotonic() + lifetime
        self._known[key] = _Known(caller, until, until - TOKEN_ASKED_AGAIN_SECONDS)

    def forget(self, token_id: UUID) -> None:
        """Believe a token no longer: it was just revoked."""
        self._revocations += 1
        stale = [key for key, known in self._known.items() if known.caller.token_id == token_id]
        for key in stale:
            del self._known[key]

    def _note_use(self, credential: store.Credential, now: datetime) -> None:
        last = credential.last_used_at
        is_due = last is None or now - last >= timedelta(seconds=TOKEN_USE_SECONDS_MIN)
        if is_due and (credential.token_id in self._uses or len(self._uses) < TOKEN_USES_WAITING_MAX):
            self._uses[credential.token_id] = store.TokenUse(credential.org_id, credential.token_id, now)

    async def save_uses(self) -> None:
        """Write the last uses noted so far, as few statements as the bound on orgs allows."""
        uses, self._uses = sorted(self._uses.values(), key=lambda use: use.org_id), {}
        while uses:
            orgs: set[UUID] = set()
            count = 0
            for use in uses:
                orgs.add(use.org_id)
                if len(orgs) > TRANSACTION_ORGS_MAX:
                    orgs.discard(use.org_id)
                    break
                count += 1
            async with self._database.transaction(orgs) as tx:
                await store.save_token_uses(tx, uses[:count])
            uses = uses[count:]

    async def run(self) -> None:
        """Save last uses every few seconds until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(TOKEN_USE_FLUSH_SECONDS)
                await self._save_uses_or_log()
        finally:
            await self._save_uses_or_log()

    async def _save_uses_or_log(self) -> None:
        try:
            await self.save_uses()
        except Exception as error:
            _log.warning("last uses of access tokens were not saved", error=str(error))


def _bearer_token(header: bytes) -> str:
    if len(header) > _HEADER_BYTES_MAX or header[: len(_SCHEME)].lower() != _SCHEME:
        raise Unauthenticated("the Authorization header must be `Bearer` and a token")
    try:
        return header[len(_SCHEME) :].strip().decode("ascii")
    except UnicodeDecodeError:
        raise TokenRefused("a token is printable ASCII") from None
