"""Who gets what from which route: every route, every role, the own org and the other, and every bad credential."""

import asyncio
import json
from typing import Any

import pytest

from actum.platform.direct import DirectHead, DirectReply
from actum_core.identifiers import Prefix

from .asking import Answer, Question, ask
from .routes import ROLES, ROLES_OF, ROWS, Row, Thing
from .world import Values, World, missing

pytestmark = pytest.mark.asyncio(loop_scope="module")

_BY_NAME = {row.route: row for row in ROWS}
_GUARDED = [row for row in ROWS if row.permission is not None]
_each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
_each_guarded = pytest.mark.parametrize("row", _GUARDED, ids=lambda row: row.route)
_each_named = pytest.mark.parametrize(
    "row", [row for row in _GUARDED if row.thing is not None], ids=lambda row: row.route
)

#: RFC 6750, section 3: the scheme alone for whoever sent no token, the error for whoever sent a bad one.
_CHALLENGES = {
    "unauthenticated": 'Bearer realm="actum"',
    "invalid_token": 'Bearer realm="actum", error="invalid_token"',
}


def _shared(world: World, row: Row, slug: str = "acme") -> Values:
    return {} if row.thing is None else world.shared[slug][row.thing]


def _missing(row: Row) -> Values:
    return {} if row.thing is None else missing(row.thing)


def _told(answer: Answer, status: int, code: str, values: Values) -> str:
    """What a refusal says, but for the name of what was asked for."""
    said = json.dumps([answer.problem(status, code), answer.headers.get("www-authenticate")])
    for name in values.values():
        said = said.replace(name, "…")
    return said


@_each_row
async def test_a_role_gets_in_where_it_has_the_permission_and_nowhere_else(world: World, row: Row) -> None:
    callers = {role: await world.caller(role) for role in ROLES}
    before = await world.digest()
    for role in sorted(callers.keys() - row.roles):
        values = _shared(world, row) | {"role": role}
        answer = await world.ask(row, values, callers[role].authorization)
        answer.problem(403, "permission_denied")
        assert "www-authenticate" not in answer.headers
    assert await world.digest() == before

    statuses = {}
    for role in sorted(row.roles):
        things = {} if row.thing is None else await world.make(row.thing, caller=callers[role])
        answer = await world.ask(row, things | {"role": role}, callers[role].authorization)
        statuses[role] = answer.status
    assert statuses == dict.fromkeys(sorted(row.roles), row.succeeds)


@_each_named
async def test_what_is_another_orgs_is_not_there_and_stays_as_it_is(world: World, row: Row) -> None:
    theirs, nobodys = _shared(world, row, "other"), _missing(row)
    callers = [await world.caller(role) for role in ROLES]
    before = await world.digest()
    for caller in callers:
        # Without the permission it is 403, whatever is named: that is said before anything is looked for.
        refusal = (404, "not_found") if caller.role in row.roles else (403, "permission_denied")
        role = {"role": caller.role}
        found = await world.ask(row, theirs | role, caller.authorization)
        expected = await world.ask(row, nobodys | role, caller.authorization)
        assert _told(found, *refusal, theirs) == _told(expected, *refusal, nobodys)
    assert await world.digest() == before


@_each_guarded
async def test_bad_credentials_get_one_answer_whatever_they_ask_for(world: World, row: Row) -> None:
    before = await world.digest()
    for credential, (authorization, code) in world.bad_credentials.items():
        answers = set()
        for values in (_shared(world, row), _shared(world, row, "other"), _missing(row)):
            answer = await world.ask(row, values, authorization)
            assert answer.headers["www-authenticate"] == _CHALLENGES[code], credential
            answers.add(_told(answer, 401, code, values))
        assert len(answers) == 1, credential
    assert await world.digest() == before


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_somebody_elses_token_is_not_there_without_the_permission_to_manage(
    world: World, method: str
) -> None:
    row = _BY_NAME[f"{method} /v1/access-tokens/{{token}}"]
    callers = {role: await world.caller(role) for role in ROLES}
    before = await world.digest()
    for role in sorted(set(ROLES) - set(ROLES_OF["tokens:manage"].split())):
        theirs, nobodys = _shared(world, row), _missing(row)
        found = await world.ask(row, theirs, callers[role].authorization)
        expected = await world.ask(row, nobodys, callers[role].authorization)
        assert _told(found, 404, "not_found", theirs) == _told(expected, 404, "not_found", nobodys)
    assert await world.digest() == before
    answer = await world.ask(row, await world.make(Thing.TOKEN), callers["admin"].authorization)
    assert answer.status == row.succeeds


async def test_unknown_expired_and_revoked_tokens_are_not_told_apart(world: World) -> None:
    said = {
        _told(await world.ask(_BY_NAME["GET /v1/orgs"], {}, authorization), 401, code, {})
        for name in ("never given out", "expired", "expired while known", "revoked", "revoked while known")
        for authorization, code in [world.bad_credentials[name]]
    }
    assert len(said) == 1


@_each_guarded
async def test_a_tokens_scopes_open_this_route_alone_or_every_one_but_this(world: World, row: Row) -> None:
    assert row.permission is not None
    without = await world.caller("admin", frozenset(ROLES_OF.keys() - {row.permission}))
    alone = await world.caller("admin", frozenset({row.permission}))
    before = await world.digest()
    for values in (_shared(world, row), _missing(row)):
        (await world.ask(row, values, without.authorization)).problem(403, "permission_denied")
    assert await world.digest() == before

    maker = alone if row.thing is Thing.TOKEN else None
    things = {} if row.thing is None else await world.make(row.thing, caller=maker)
    assert (await world.ask(row, things, alone.authorization)).status == row.succeeds


@pytest.mark.parametrize("row", [row for row in ROWS if row.permission is None], ids=lambda row: row.route)
async def test_a_public_route_does_not_look_at_who_asks_and_names_no_org(world: World, row: Row) -> None:
    for authorization, _ in world.bad_credentials.values():
        answer = await world.ask(row, {}, authorization)
        assert answer.status == row.succeeds
        assert f"{Prefix.ORG}_".encode() not in answer.body


async def test_the_document_is_public(world: World) -> None:
    for authorization, _ in world.bad_credentials.values():
        question = Question("GET", "/v1/openapi.json")
        assert (await ask(world.api.app, question, authorization)).status == 200


@pytest.mark.parametrize("row", [row for row in _GUARDED if row.thing is None], ids=lambda row: row.route)
async def test_nothing_of_another_org_is_told(world: World, row: Row) -> None:
    until = b"event: entry" if row.path.startswith("/v1/stream") else b""
    answer = await world.ask(row, {}, world.admin_of("acme").authorization, until)
    assert answer.status == row.succeeds
    for values in world.shared["other"].values():
        assert [name for name in values.values() if name.encode() in answer.body] == []


#: Ways to name what is another org's beside its id in the path: the route, the query, the body, the status.
#: Every `{…}` is the other org's but for `{execution}`.
REFERENCES: list[tuple[str, str, Any, int]] = [
    ("POST /v1/executions", "", {"template": "{template name}"}, 404),
    ("POST /v1/executions/{execution}/replay", "", {"fromSnapshotId": "{snapshot}"}, 404),
    ("GET /v1/executions", "?template={template}", None, 200),
    ("GET /v1/templates/{template name}", "", None, 404),
    ("GET /v1/components/{component name}", "", None, 404),
    ("GET /v1/executions/{execution name}", "", None, 404),
    ("GET /v1/executions/{execution name}/ledger", "", None, 404),
    ("POST /v1/executions/{execution name}/events", "", {"type": "add"}, 404),
    ("GET /v1/executions/{execution name}/stream", "", None, 404),
]


@pytest.mark.parametrize(
    ("route", "query", "body", "status"), REFERENCES, ids=[f"{each[0]}{each[1]}" for each in REFERENCES]
)
async def test_no_other_way_of_naming_it_leads_to_another_org(
    world: World, route: str, query: str, body: Any, status: int
) -> None:
    theirs = world.shared["other"]
    values = {
        "execution": world.shared["acme"][Thing.EXECUTION]["execution"],
        "template": theirs[Thing.TEMPLATE]["template"],
        "template name": theirs[Thing.TEMPLATE]["name"],
        "component name": theirs[Thing.COMPONENT]["name"],
        "execution name": theirs[Thing.EXECUTION]["name"],
        "snapshot": theirs[Thing.EXECUTION]["snapshot"],
    }
    before = await world.digest()
    row = Row(route, None, None, status, body, query=query)
    answer = await world.ask(row, values, world.admin_of("acme").authorization)
    assert answer.status == status
    if status == 200:
        assert answer.json()["data"] == []
    assert await world.digest() == before


@pytest.mark.parametrize("role", ROLES)
async def test_the_direct_way_of_events_lets_in_whom_the_ordinary_way_does(world: World, role: str) -> None:
    """The one route that is also answered without ASGI, for callers who were there before."""
    row = _BY_NAME["POST /v1/executions/{execution}/events"]
    caller = await world.caller(role)
    await world.ask(_BY_NAME["GET /v1/orgs"], {}, caller.authorization)
    [route] = world.api.app.direct
    executions = {
        "acme": (await world.make(Thing.EXECUTION))["execution"],
        "other": world.shared["other"][Thing.EXECUTION]["execution"],
    }
    headers = [(b"authorization", caller.authorization.encode()), (b"content-type", b"application/json")]
    before = (await world.digest())["entries"]
    statuses = {}
    for slug, execution in executions.items():
        head = DirectHead("POST", f"/v1/executions/{execution}/events", b"", headers)
        handle = route.claim(head)
        if handle is not None:
            replied: asyncio.Future[DirectReply] = asyncio.get_running_loop().create_future()
            handle(world.api.app.edge.open_direct(head), b'{"type": "add"}', replied.set_result)
            statuses[slug] = (await replied).status
    assert statuses == ({"acme": 200, "other": 404} if role in row.roles else {})
    assert ((await world.digest())["entries"] == before) == (role not in row.roles)


async def test_the_direct_way_of_events_leaves_every_bad_credential_to_the_ordinary_way(world: World) -> None:
    [route] = world.api.app.direct
    execution = world.shared["acme"][Thing.EXECUTION]["execution"]
    for authorization, _ in world.bad_credentials.values():
        headers = [] if authorization is None else [(b"authorization", authorization.encode())]
        assert route.claim(DirectHead("POST", f"/v1/executions/{execution}/events", b"", headers)) is None
