"""Orgs and access tokens over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from actum.orgs.access import Permission, Role
from actum.orgs.create import OrgInvalid, create_org
from actum.orgs.store import OrgSlugTaken
from actum.platform import limits
from actum_core.identifiers import Prefix, format_identifier

from ..serving import Api, assert_problem

TOKENS = "/v1/access-tokens"


def org_id(api: Api, *, other: bool = False) -> str:
    return format_identifier(Prefix.ORG, (api.other_org if other else api.org).org.org_id)


async def test_a_caller_sees_the_one_org_its_token_belongs_to(api: Api) -> None:
    told = {
        "id": org_id(api),
        "object": "org",
        "slug": "acme",
        "name": "Acme",
        "logName": f"actum/{org_id(api)}/1",
        "createdAt": "2026-03-01T12:00:00.123456Z",
    }
    response = await api.send("GET", "/v1/orgs")
    assert response.json() == {"object": "list", "data": [told], "hasMore": False, "nextCursor": None}
    assert (await api.send("GET", f"/v1/orgs/{org_id(api)}")).json() == told


async def test_another_org_is_not_there(api: Api) -> None:
    for method, body in (("GET", None), ("PATCH", {"name": "mine now"})):
        for other in (org_id(api, other=True), "org_00000000000000000000000000", "acme"):
            assert_problem(await api.send(method, f"/v1/orgs/{other}", body), 404, "not_found", [])
    own = await api.send("GET", f"/v1/orgs/{org_id(api, other=True)}", token=api.other_org.admin_token.text)
    assert own.json()["name"] == "Other"


async def test_an_admin_renames_the_org(api: Api) -> None:
    response = await api.send("PATCH", f"/v1/orgs/{org_id(api)}", {"name": "Acmé & Söhne 🏭"})
    assert (response.status_code, response.json()["name"]) == (200, "Acmé & Söhne 🏭")
    assert (await api.send("GET", f"/v1/orgs/{org_id(api)}")).json() == response.json()


@pytest.mark.parametrize(
    ("slug", "name", "error"),
    [
        ("acme", "Again", OrgSlugTaken),
        ("Acme", "A", OrgInvalid),
        ("-a", "A", OrgInvalid),
        ("a" * 64, "A", OrgInvalid),
        ("a\n", "A", OrgInvalid),
        ("a", "", OrgInvalid),
        ("a", "x" * 201, OrgInvalid),
        ("a", "x\0y", OrgInvalid),
    ],
)
async def test_the_command_line_cannot_make_a_bad_org(
    api: Api, slug: str, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await create_org(api.parts.database, api.clock, slug, name)


async def test_a_token_is_told_once_and_works(api: Api) -> None:
    response = await api.send(
        "POST", TOKENS, {"name": "ci", "role": "integrator", "scopes": ["events:write"]}
    )
    assert response.status_code == 201
    made = response.json()
    assert response.headers["location"] == f"{TOKENS}/{made['id']}"
    secret = made.pop("token")
    assert made["display"] == secret[:14] + "…"
    assert made == {
        "id": made["id"],
        "object": "accessToken",
        "orgId": org_id(api),
        "name": "ci",
        "display": made["display"],
        "role": "integrator",
        "scopes": ["events:write"],
        "createdAt": "2026-03-01T12:00:00.123456Z",
        "createdBy": format_identifier(Prefix.ACCESS_TOKEN, api.org.admin_token.token.token_id),
        "expiresAt": "2026-05-30T12:00:00.123456Z",
        "lastUsedAt": None,
        "revokedAt": None,
    }
    assert (await api.send("GET", f"{TOKENS}/{made['id']}")).json() == made
    assert_problem(await api.send("GET", "/v1/templates", token=secret), 403, "permission_denied", [])


#: Who asks (a role, and its scopes), for what, and what is answered.
WISHES: list[tuple[Role, set[Permission] | None, dict[str, Any], int, str | None]] = [
    (Role.ADMIN, None, {"role": "auditor"}, 201, None),
    (Role.ADMIN, None, {"role": "admin"}, 201, None),
    (Role.ADMIN, None, {"role": "auditor", "scopes": []}, 201, None),
    (Role.ADMIN, None, {"role": "owner"}, 422, "invalid_request"),
    (Role.ADMIN, None, {"role": "auditor", "scopes": ["events:read"]}, 422, "invalid_request"),
    (Role.ADMIN, None, {"role": "auditor", "expiresAt": "2026-03-01T11:00:00Z"}, 422, "invalid_request"),
    (Role.ADMIN, None, {"role": "auditor", "expiresAt": "2027-03-02T11:00:00Z"}, 201, None),
    (Role.ADMIN, None, {"role": "auditor", "expiresAt": "2027-03-02T12:00:01Z"}, 422, "invalid_request"),
    (Role.ADMIN, None, {"role": "auditor", "expiresAt": "2026-04-01T12:00:01"}, 422, "invalid_request"),
    (
        Role.ADMIN,
        {Permission.TOKENS_OWN, Permission.TOKENS_MANAGE},
        {"role": "auditor"},
        403,
        "permission_denied",
    ),
    (
        Role.ADMIN,
        {Permission.TOKENS_OWN, Permission.TOKENS_MANAGE},
        {"role": "auditor", "scopes": ["tokens:own"]},
        201,
        None,
    ),
    (Role.DESIGNER, None, {"role": "designer"}, 201, None),
    (Role.DESIGNER, None, {"role": "admin"}, 403, "permission_denied"),
    (Role.DESIGNER, None, {"role": "admin", "scopes": ["templates:read"]}, 403, "permission_denied"),
    (Role.INTEGRATOR, {Permission.TOKENS_OWN}, {"role": "integrator"}, 403, "permission_denied"),
    (
        Role.INTEGRATOR,
        {Permission.EVENTS_WRITE},
        {"role": "integrator", "scopes": []},
        403,
        "permission_denied",
    ),
]


@pytest.mark.parametrize(("role", "scopes", "wish", "status", "code"), WISHES)
async def test_nobody_gives_a_token_what_they_do_not_have(
    api: Api, role: Role, scopes: set[Permission] | None, wish: dict[str, Any], status: int, code: str | None
) -> None:
    asker = await api.token_of(role, None if scopes is None else frozenset(scopes))
    response = await api.send("POST", TOKENS, {"name": "x", **wish}, token=asker.text)
    if code is None:
        assert response.status_code == status, response.text
    else:
        assert_problem(response, status, code)
        listed = (await api.send("GET", TOKENS)).json()["data"]
        assert "x" not in {each["name"] for each in listed}


async def test_a_token_made_without_the_right_to_manage_does_not_outlive_its_maker(api: Api) -> None:
    asker = await api.token_of(Role.OPERATOR)
    api.clock.advance(timedelta(days=30))
    for wanted in ({}, {"expiresAt": "2026-12-24T12:00:00Z"}):
        made = await api.send("POST", TOKENS, {"name": "x", "role": "operator", **wanted}, token=asker.text)
        assert made.json()["expiresAt"] == "2026-05-30T12:00:00.123456Z"


async def test_one_sees_and_revokes_ones_own_tokens_and_an_admin_all(api: Api) -> None:
    asker = await api.token_of(Role.OPERATOR)
    own = format_identifier(Prefix.ACCESS_TOKEN, asker.token.token_id)
    admins = format_identifier(Prefix.ACCESS_TOKEN, api.org.admin_token.token.token_id)
    made = (await api.send("POST", TOKENS, {"name": "x", "role": "operator"}, token=asker.text)).json()["id"]

    async def listed(token: str) -> set[str]:
        return {each["id"] for each in (await api.send("GET", TOKENS, token=token)).json()["data"]}

    assert await listed(asker.text) == {own, made}
    assert await listed(api.admin) == {own, made, admins}
    for method in ("GET", "DELETE"):
        response = await api.send(method, f"{TOKENS}/{admins}", token=asker.text)
        assert_problem(response, 404, "not_found", [])
        response = await api.send(method, f"{TOKENS}/{own}", token=api.other_org.admin_token.text)
        assert_problem(response, 404, "not_found", [])
    assert (await api.send("DELETE", f"{TOKENS}/{made}", token=asker.text)).status_code == 204
    first = (await api.send("GET", f"{TOKENS}/{made}")).json()["revokedAt"]
    api.clock.advance(timedelta(seconds=1))
    assert (await api.send("DELETE", f"{TOKENS}/{made}", token=asker.text)).status_code == 204
    assert (await api.send("GET", f"{TOKENS}/{made}")).json()["revokedAt"] == first


async def test_pages_of_tokens_hold_every_token_once_latest_first(api: Api) -> None:
    for number in range(6):
        api.clock.advance(timedelta(milliseconds=1))
        await api.send("POST", TOKENS, {"name": f"t{number}", "role": "auditor"})
    for limit in (1, 3, 7, limits.PAGE_SIZE_MAX):
        names: list[str] = []
        cursor = ""
        while True:
            page = (await api.send("GET", f"{TOKENS}?limit={limit}{cursor}")).json()
            assert len(page["data"]) <= limit
            assert page["hasMore"] == (page["nextCursor"] is not None)
            names += [each["name"] for each in page["data"]]
            if not page["hasMore"]:
                break
            cursor = f"&cursor={page['nextCursor']}"
        assert names == ["t5", "t4", "t3", "t2", "t1", "t0", "first admin token"]


async def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    await api.send("POST", TOKENS, {"name": "x", "role": "auditor"})
    cursor = (await api.send("GET", f"{TOKENS}?limit=1")).json()["nextCursor"]
    for path in ("/v1/templates", "/v1/orgs"):
        assert_problem(await api.send("GET", f"{path}?cursor={cursor}"), 400, "invalid_cursor", [])
