"""Templates and their versions over HTTP."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from actum.orgs.access import Role
from actum.platform.limits import DOCUMENT_BYTES_MAX
from actum.templates.programs import ProgramCache
from actum_core.template import compile_template

from ..serving import Api, assert_problem

TEMPLATES = "/v1/templates"

#: States in an order that sorting would change: the first one is where the machine begins.
DOCUMENT: dict[str, Any] = {
    "format": "actum/1",
    "name": "door",
    "title": "A door",
    "vars": {"opened": {"type": "int", "initial": 0}},
    "machine": {
        "initial": "shut",
        "states": {
            "shut": {
                "on": {"push": {"target": "open", "actions": [{"assign": {"opened": "vars.opened + 1"}}]}}
            },
            "open": {"on": {"push": "shut"}},
            "broken": {"type": "final"},
        },
    },
}

#: What compiling the document finds; it can be published all the same.
WARNINGS = [
    {
        "pointer": "/machine/states/broken",
        "code": "unreachable_state",
        "detail": "nothing leads to the state 'broken'",
        "severity": "warning",
    }
]


def changed(**members: Any) -> dict[str, Any]:
    return {**copy.deepcopy(DOCUMENT), **members}


def other_program() -> dict[str, Any]:
    document = changed()
    document["machine"]["states"]["open"]["on"]["kick"] = "broken"
    return document


async def create(api: Api, document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    response = await api.send("POST", TEMPLATES, {"document": document})
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    return told


async def test_a_template_is_created_with_its_draft_as_it_was_written(api: Api) -> None:
    response = await api.send("POST", TEMPLATES, {"document": DOCUMENT})
    told = response.json()
    assert response.status_code == 201
    assert response.headers["etag"] == '"1"'
    assert response.headers["location"] == f"{TEMPLATES}/{told['id']}"
    assert told == {
        "id": told["id"],
        "object": "template",
        "orgId": api.org.org.log_name.split("/")[1],
        "name": "door",
        "revision": 1,
        "latestVersion": 0,
        "createdAt": "2026-03-01T12:00:00.123456Z",
        "updatedAt": "2026-03-01T12:00:00.123456Z",
        "document": DOCUMENT,
        "isValid": True,
        "problems": WARNINGS,
    }
    expected = {name: value for name, value in told.items() if name not in ("isValid", "problems")}
    for reference in ("door", told["id"]):
        got = await api.send("GET", f"{TEMPLATES}/{reference}")
        assert (got.json(), got.headers["etag"]) == (expected, '"1"')
        # The order of states has a meaning.
        assert list(json.loads(got.text)["document"]["machine"]["states"]) == ["shut", "open", "broken"]


async def test_a_draft_may_have_errors_and_they_are_all_told(api: Api) -> None:
    document = changed(machine={"initial": "nowhere", "states": {"a": {"on": {"x": "gone"}}}})
    told = await create(api, document)
    assert told["isValid"] is False
    errors = {each["pointer"] for each in told["problems"] if each["severity"] == "error"}
    assert errors == {"/machine/initial", "/machine/states/a/on/x"}
    assert told["document"] == document


#: A body of POST /v1/templates, and what is answered.
REFUSED = [
    ({}, 422, [("/document", "missing_field")]),
    ({"document": []}, 422, [("/document", "bad_value")]),
    ({"document": {}}, 422, [("/document/name", "missing_field")]),
    ({"document": {"name": 1}}, 422, [("/document/name", "bad_name")]),
    ({"document": {"name": "Door"}}, 422, [("/document/name", "bad_name")]),
    ({"document": {"name": "../../etc"}}, 422, [("/document/name", "bad_name")]),
    ({"document": {"name": "a" * 101}}, 422, [("/document/name", "bad_name")]),
    ({"document": DOCUMENT, "name": "x"}, 422, [("/name", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "status", "errors"), REFUSED)
async def test_a_body_that_is_no_template_is_refused(
    api: Api, body: object, status: int, errors: list[tuple[str, str]]
) -> None:
    assert_problem(await api.send("POST", TEMPLATES, body), status, "invalid_request", errors)
    assert (await api.send("GET", TEMPLATES)).json()["data"] == []


async def test_a_document_is_bounded_in_bytes_as_it_is_kept(api: Api) -> None:
    size = len(json.dumps({"name": "big", "title": ""}, separators=(",", ":")))
    for extra, status in ((0, 201), (1, 413)):
        title = "x" * (DOCUMENT_BYTES_MAX - size + extra)
        response = await api.send("POST", TEMPLATES, {"document": {"name": "big", "title": title}})
        assert response.status_code == status
    assert_problem(response, 413, "body_too_large", [])


async def test_a_name_is_taken_once_an_org(api: Api) -> None:
    await create(api)
    assert_problem(await api.send("POST", TEMPLATES, {"document": DOCUMENT}), 409, "template_name_taken", [])
    response = await api.send("POST", TEMPLATES, {"document": DOCUMENT}, token=api.other_org.admin_token.text)
    assert response.status_code == 201


async def test_what_is_known_already_is_not_sent_again(api: Api) -> None:
    await create(api)
    for header, status in (
        ('"1"', 304),
        ('W/"1"', 304),
        ("*", 304),
        ('"0", "1"', 304),
        ('"2"', 200),
        ("1", 200),
    ):
        response = await api.send("GET", f"{TEMPLATES}/door", headers={"if-none-match": header})
        assert (response.status_code, response.headers["etag"]) == (status, '"1"'), header
        assert (response.content == b"") == (status == 304)


#: If-Match over a draft with the ETag "1", and what is answered.
PRECONDITIONS = [
    (None, 428, "precondition_required"),
    ('"2"', 412, "precondition_failed"),
    ('W/"1"', 412, "precondition_failed"),
    ("1", 400, "invalid_parameter"),
    ("", 400, "invalid_parameter"),
    ('"1"', 200, None),
    ('"7", "1"', 200, None),
    ("*", 200, None),
]


@pytest.mark.parametrize(("header", "status", "code"), PRECONDITIONS)
async def test_a_draft_is_saved_only_over_what_its_author_has_seen(
    api: Api, header: str | None, status: int, code: str | None
) -> None:
    await create(api)
    api.clock.advance(timedelta(seconds=1))
    headers = {} if header is None else {"if-match": header}
    response = await api.send("PUT", f"{TEMPLATES}/door", {"document": changed(title="B")}, headers=headers)
    after = (await api.send("GET", f"{TEMPLATES}/door")).json()
    if code is None:
        assert (response.status_code, response.headers["etag"]) == (200, '"2"')
        assert (after["revision"], after["document"]["title"]) == (2, "B")
        assert after["updatedAt"] == "2026-03-01T12:00:01.123456Z"
    else:
        assert_problem(response, status, code)
        assert (after["revision"], after["document"]) == (1, DOCUMENT)


async def test_a_template_keeps_its_name(api: Api) -> None:
    await create(api)
    document = {"document": changed(name="gate")}
    headers = {"if-match": '"1"'}
    for method, path in (("PUT", "/door"), ("POST", "/door/versions")):
        response = await api.send(method, TEMPLATES + path, document, headers=headers)
        assert_problem(response, 422, "invalid_request", [("/document/name", "name_fixed")])


async def test_publishing_the_draft_gives_versions_in_order(api: Api) -> None:
    template = await create(api)
    first = await api.send("POST", f"{TEMPLATES}/door/versions")
    assert first.status_code == 201
    assert first.headers["location"] == f"{TEMPLATES}/{template['id']}/versions/1"
    told = first.json()
    assert told == {
        "object": "templateVersion",
        "orgId": template["orgId"],
        "templateId": template["id"],
        "version": 1,
        "programDigest": compile_template(DOCUMENT).digest,
        "notes": "",
        "publishedAt": "2026-03-01T12:00:00.123456Z",
        "publishedBy": told["publishedBy"],
        "created": True,
        "problems": WARNINGS,
    }
    assert told["publishedBy"].startswith("pat_")
    await api.send("PUT", f"{TEMPLATES}/door", {"document": other_program()}, headers={"if-match": '"1"'})
    second = await api.send("POST", f"{TEMPLATES}/{template['id']}/versions", {"notes": "can be kicked\nin"})
    assert (second.status_code, second.json()["version"], second.json()["notes"]) == (
        201,
        2,
        "can be kicked\nin",
    )
    listed = (await api.send("GET", f"{TEMPLATES}/door/versions?limit=1")).json()
    assert ([each["version"] for each in listed["data"]], listed["hasMore"]) == ([2], True)
    rest = (await api.send("GET", f"{TEMPLATES}/door/versions?cursor={listed['nextCursor']}")).json()
    assert ([each["version"] for each in rest["data"]], rest["hasMore"]) == ([1], False)
    got = (await api.send("GET", f"{TEMPLATES}/door/versions/1")).json()
    assert got["document"] == DOCUMENT
    assert got["programDigest"] == told["programDigest"]
    for number in ("3", "0", "99999999999"):
        response = await api.send("GET", f"{TEMPLATES}/door/versions/{number}")
        assert response.status_code == (404 if number == "3" else 400)
    assert (await api.send("GET", f"{TEMPLATES}/door")).json()["latestVersion"] == 2


async def test_publishing_the_same_program_again_changes_nothing(api: Api) -> None:
    await create(api)
    first = (await api.send("POST", f"{TEMPLATES}/door/versions")).json()
    for body in (None, {"document": changed(title="another title", layout={"shut": {"x": 1}})}):
        again = await api.send("POST", f"{TEMPLATES}/door/versions", body)
        assert again.status_code == 200
        assert again.json() == {**first, "created": False}
    assert len((await api.send("GET", f"{TEMPLATES}/door/versions")).json()["data"]) == 1
    # Going back to an earlier program is a new version: which one runs now must be visible.
    await api.send("POST", f"{TEMPLATES}/door/versions", {"document": other_program()})
    back = (await api.send("POST", f"{TEMPLATES}/door/versions", {"document": DOCUMENT})).json()
    assert (back["version"], back["created"], back["programDigest"]) == (3, True, first["programDigest"])


async def test_a_published_document_moves_the_draft_only_if_nothing_is_lost(api: Api) -> None:
    await create(api)
    await api.send("POST", f"{TEMPLATES}/door/versions")
    await api.send("POST", f"{TEMPLATES}/door/versions", {"document": other_program()})
    template = (await api.send("GET", f"{TEMPLATES}/door")).json()
    assert (template["document"], template["revision"]) == (other_program(), 2)
    mine = changed(title="half done")
    await api.send("PUT", f"{TEMPLATES}/door", {"document": mine}, headers={"if-match": '"2"'})
    await api.send("POST", f"{TEMPLATES}/door/versions", {"document": DOCUMENT})
    template = (await api.send("GET", f"{TEMPLATES}/door")).json()
    assert (template["document"], template["revision"], template["latestVersion"]) == (mine, 3, 3)


async def test_a_template_with_errors_is_not_published_and_says_where(api: Api) -> None:
    await create(api)
    broken = changed(machine={"initial": "nowhere", "states": {"a": {}}})
    response = await api.send("POST", f"{TEMPLATES}/door/versions", {"document": broken})
    told = assert_problem(response, 422, "template_invalid")
    assert "/machine/initial" in {each["pointer"] for each in told["errors"]}
    assert (await api.send("GET", f"{TEMPLATES}/door/versions")).json()["data"] == []


async def test_only_the_draft_that_was_seen_is_published(api: Api) -> None:
    await create(api)
    path = f"{TEMPLATES}/door/versions"
    response = await api.send("POST", path, headers={"if-match": '"9"'})
    assert_problem(response, 412, "precondition_failed", [])
    assert (await api.send("POST", path, headers={"if-match": '"1"'})).status_code == 201


async def test_compiling_tells_the_program_or_every_problem_and_stores_nothing(api: Api) -> None:
    expected = compile_template(DOCUMENT)
    report = {
        "object": "compileReport",
        "isValid": True,
        "problems": WARNINGS,
        "programDigest": expected.digest,
        "program": json.loads(expected.canonical),
    }
    response = await api.send("POST", "/v1/compile", {"document": DOCUMENT})
    assert (response.status_code, response.json()) == (200, report)
    assert (await api.send("GET", TEMPLATES)).json()["data"] == []
    await create(api)
    assert (await api.send("POST", f"{TEMPLATES}/door/compile")).json() == report
    broken = (await api.send("POST", "/v1/compile", {"document": {"name": "x"}})).json()
    assert (broken["isValid"], broken["programDigest"], broken["program"]) == (False, None, None)
    assert {(each["pointer"], each["code"]) for each in broken["problems"]} == {("", "missing_field")}
    assert (await api.send("GET", f"{TEMPLATES}/door/versions")).json()["data"] == []


#: Every route of a template, asked by somebody of another org.
OTHERS = [
    ("GET", "", None),
    ("PUT", "", {"document": DOCUMENT}),
    ("POST", "/compile", None),
    ("GET", "/versions", None),
    ("POST", "/versions", None),
    ("POST", "/versions", {"document": DOCUMENT}),
    ("GET", "/versions/1", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OTHERS)
async def test_a_template_of_another_org_is_not_there(api: Api, method: str, path: str, body: object) -> None:
    template = await create(api)
    await api.send("POST", f"{TEMPLATES}/door/versions")
    before = (await api.send("GET", f"{TEMPLATES}/door")).json()
    for reference in ("door", template["id"]):
        response = await api.send(
            method,
            f"{TEMPLATES}/{reference}{path}",
            body,
            headers={"if-match": '"1"'},
            token=api.other_org.admin_token.text,
        )
        assert_problem(response, 404, "not_found", [])
    assert (await api.send("GET", f"{TEMPLATES}/door")).json() == before
    listed = await api.send("GET", TEMPLATES, token=api.other_org.admin_token.text)
    assert listed.json()["data"] == []


async def test_pages_hold_every_template_once_latest_first(api: Api) -> None:
    for number in range(5):
        api.clock.advance(timedelta(milliseconds=1))
        await create(api, changed(name=f"t-{number}"))
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await api.send("GET", f"{TEMPLATES}?limit=2{cursor}")).json()
        names += [each["name"] for each in page["data"]]
        assert all("document" not in each for each in page["data"])
        cursor = f"&cursor={page['nextCursor']}" if page["hasMore"] else None
    assert names == ["t-4", "t-3", "t-2", "t-1", "t-0"]


async def test_who_may_not_publish_is_told_so_before_anything_is_looked_at(api: Api) -> None:
    token = (await api.token_of(Role.OPERATOR)).text
    for method, path, body in (
        ("POST", TEMPLATES, b"not json"),
        ("PUT", f"{TEMPLATES}/none", b"x"),
        ("POST", f"{TEMPLATES}/none/versions", b"x"),
    ):
        assert_problem(await api.send(method, path, body, token=token), 403, "permission_denied", [])


async def test_programs_are_loaded_once_and_the_one_used_longest_ago_makes_room(api: Api) -> None:
    org_id, other_id = api.org.org.org_id, api.other_org.org.org_id
    digests = []
    for name in ("a", "b", "c"):
        await create(api, changed(name=name))
        told = (await api.send("POST", f"{TEMPLATES}/{name}/versions")).json()
        digests.append(bytes.fromhex(told["programDigest"]))
    cache = ProgramCache(size_max=2)
    async with api.parts.database.transaction(org_id) as tx:
        first = await cache.load(tx, org_id, digests[0])
        assert first.digest == digests[0].hex()
        assert await cache.load(tx, org_id, digests[0]) is first
        await cache.load(tx, org_id, digests[1])
        assert cache.find(org_id, digests[0]) is first
        await cache.load(tx, org_id, digests[2])
    assert [cache.find(org_id, digest) is None for digest in digests] == [False, True, False]
    assert cache.find(other_id, digests[0]) is None
    assert len(cache) == 2
