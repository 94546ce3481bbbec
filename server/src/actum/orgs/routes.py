"""HTTP routes of orgs and access tokens. Orgs are made on the command line, by whoever owns the platform."""

from typing import Final

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from actum.orgs import store
from actum.orgs.access import Caller, Permission
from actum.orgs.access_tokens import make_token
from actum.orgs.authenticate import Authenticator
from actum.orgs.guard import permit
from actum.orgs.wire import (
    AccessTokenMade,
    AccessTokenTold,
    AccessTokenWanted,
    OrgChange,
    OrgTold,
    made_told,
    org_told,
    token_told,
)
from actum.platform.clock import Clock
from actum.platform.cursors import LIMIT_DEFAULT, Cursor, Limit, Page, page_of, parse_place, position_id
from actum.platform.database import Database, Transaction
from actum.platform.http_errors import NotFound
from actum.platform.idempotency import Answer, IdempotencyKeyHeader, answer_once
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum_core.identifiers import IdentifierInvalid, Prefix, parse_identifier

_TOKENS: Final = "/v1/access-tokens"


class OrgRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, database: Database, clock: Clock, authenticator: Authenticator) -> None:
        self._database = database
        self._clock = clock
        self._authenticator = authenticator

    def routers(self) -> list[Router]:
        """Every route with the permission it needs."""
        read, manage = permit(Permission.ORG_READ), permit(Permission.ORG_MANAGE)
        own = permit(Permission.TOKENS_OWN)
        orgs = [
            get("/v1/orgs", opt=read)(self.list_orgs),
            get("/v1/orgs/{org:str}", opt=read)(self.get_org),
            patch("/v1/orgs/{org:str}", opt=manage)(self.change_org),
        ]
        tokens = [
            post(_TOKENS, opt=own)(self.create_access_token),
            get(_TOKENS, opt=own)(self.list_access_tokens),
            get(_TOKENS + "/{token:str}", opt=own)(self.get_access_token),
            delete(_TOKENS + "/{token:str}", opt=own)(self.revoke_access_token),
        ]
        return [
            Router("/", route_handlers=orgs, tags=["orgs"]),
            Router("/", route_handlers=tokens, tags=["access tokens"]),
        ]

    async def list_orgs(
        self, request: ApiRequest, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
    ) -> Page[OrgTold]:
        """List the orgs the caller belongs to. An access token belongs to exactly one."""
        caller: Caller = request.user
        place = parse_place("GET /v1/orgs", limit, cursor)
        async with self._database.transaction(caller.org_id) as tx:
            org = await store.find_org(tx, caller.org_id)
        rows = [] if org is None else [org]
        return page_of(place, rows, org_told, lambda row: (row.slug,))

    async def get_org(self, request: ApiRequest, org: FromPath[str]) -> OrgTold:
        """Get one org by its id."""
        caller: Caller = request.user
        _check_own(caller, org)
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.find_org(tx, caller.org_id)
        return org_told(_there(found))

    async def change_org(self, request: ApiRequest, org: FromPath[str], data: JSONBody[OrgChange]) -> OrgTold:
        """Rename an org. Its slug stays as it is."""
        caller: Caller = request.user
        _check_own(caller, org)
        async with self._database.transaction(caller.org_id) as tx:
            found = await store.rename_org(tx, caller.org_id, data.name)
        return org_told(_there(found))

    async def create_access_token(
        self,
        request: ApiRequest,
        data: JSONBody[AccessTokenWanted],
        idempotency_key: IdempotencyKeyHeader = None,
    ) -> Response[AccessTokenMade]:
        """Make an access token. Its text is in this answer and nowhere else.

        A token can do no more than its maker. Without `tokens:manage` it has its maker's role and does not
        outlive its maker.
        """
        caller: Caller = request.user

        async def write(tx: Transaction) -> Answer[AccessTokenMade]:
            told = made_told(await make_token(tx, self._clock, caller, data.wanted()))
            location = {"Location": f"{_TOKENS}/{told.id}"}
            # The text is a secret: what is kept for repeats does not hold it.
            return Answer(201, told, location, kept=msgspec.structs.replace(told, token=None))

        return await answer_once(self._database, request, write)

    async def list_access_tokens(
        self, request: ApiRequest, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
    ) -> Page[AccessTokenTold]:
        """List the org's access tokens, latest first. Without `tokens:manage`: the caller's own and those it made."""
        caller: Caller = request.user
        place = parse_place(f"GET {_TOKENS}", limit, cursor)
        async with self._database.transaction(caller.org_id) as tx:
            rows = await store.list_tokens(tx, caller, position_id(place), place.rows_wanted)
        return page_of(place, rows, token_told, lambda row: (str(row.token_id),))

    async def get_access_token(self, request: ApiRequest, token: FromPath[str]) -> AccessTokenTold:
        """Get what is known of one access token."""
        async with self._database.transaction(request.user.org_id) as tx:
            return token_told(await _load_token(tx, request.user, token))

    async def revoke_access_token(self, request: ApiRequest, token: FromPath[str]) -> None:
        """Revoke an access token, at once in this process and within five seconds in all.

        Revoking again changes nothing.
        """
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            found = await _load_token(tx, caller, token)
            await store.revoke_token(tx, caller.org_id, found.token_id, self._clock.now())
        self._authenticator.forget(found.token_id)


def _check_own(caller: Caller, org: str) -> None:
    """Raise NotFound for every org but the caller's: whether another one exists is not told."""
    if org != caller.org:
        raise NotFound(f"there is no org {org[:64]!r}")


def _there(org: store.Org | None) -> store.Org:
    if org is None:
        raise NotFound("the org is gone")
    return org


async def _load_token(tx: Transaction, caller: Caller, text: str) -> store.AccessToken:
    try:
        found = await store.find_token(tx, caller, parse_identifier(Prefix.ACCESS_TOKEN, text))
    except IdentifierInvalid:
        found = None
    if found is None:
        raise NotFound(f"there is no access token {text[:64]!r}")
    return found
