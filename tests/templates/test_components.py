"""Components over HTTP: they are kept like templates, and templates are pinned to their versions."""

import json
from datetime import timedelta
from typing import Any

import pytest

from actum.platform.limits import DOCUMENT_BYTES_MAX, USED_BYTES_MAX
from actum_core.limits import USES_MAX
from actum_core.template import compile_component, compile_template

from ..serving import Api, assert_problem
from .designs import (
    COMPONENTS,
    TEMPLATES,
    changed,
    component,
    create,
    invoking,
    machine,
    network,
    publish,
    wrapper,
)


async def test_a_component_is_created_with_its_draft_as_it_was_written(api: Api) -> None:
    response = await api.send("POST", COMPONENTS, {"document": component()})
    told = response.json()
    assert response.status_code == 201
    assert response.headers["etag"] == '"1"'
    assert response.headers["location"] == f"{COMPONENTS}/{told['id']}"
    assert told == {
        "id": told["id"],
        "object": "component",
        "orgId": api.org.org.log_name.split("/")[1],
        "name": "doubler",
        "revision": 1,
        "latestVersion": 0,
        "createdAt": "2026-03-01T12:00:00.123456Z",
        "updatedAt": "2026-03-01T12:00:00.123456Z",
        "document": component(),
        "isValid": True,
        "problems": [],
    }
    assert told["id"].startswith("cmp_")
    expected = {name: value for name, value in told.items() if name not in ("isValid", "problems")}
    for reference in ("doubler", told["id"]):
        got = await api.send("GET", f"{COMPONENTS}/{reference}")
        assert (got.json(), got.headers["etag"]) == (expected, '"1"')
        known = await api.send("GET", f"{COMPONENTS}/{reference}", headers={"if-none-match": '"1"'})
        assert (known.status_code, known.content) == (304, b"")


async def test_a_draft_is_saved_over_the_one_that_was_seen(api: Api) -> None:
    await create(api, COMPONENTS, component())
    body = {"document": component(factor=3)}
    assert_problem(await api.send("PUT", f"{COMPONENTS}/doubler", body), 428, "precondition_required", [])
    stale = await api.send("PUT", f"{COMPONENTS}/doubler", body, headers={"if-match": '"2"'})
    assert_problem(stale, 412, "precondition_failed", [])
    saved = await api.send("PUT", f"{COMPONENTS}/doubler", body, headers={"if-match": '"1"'})
    assert (saved.status_code, saved.headers["etag"], saved.json()["revision"]) == (200, '"2"', 2)
    assert (await api.send("GET", f"{COMPONENTS}/doubler")).json()["document"] == body["document"]
    other = {"document": component(name="tripler")}
    renamed = await api.send("PUT", f"{COMPONENTS}/doubler", other, headers={"if-match": '"2"'})
    assert_problem(renamed, 422, "invalid_request", [("/document/name", "name_fixed")])


#: A body of POST /v1/components, and what is answered.
REFUSED: list[tuple[Any, list[tuple[str, str]]]] = [
    ({}, [("/document", "missing_field")]),
    ({"document": []}, [("/document", "bad_value")]),
    ({"document": {}}, [("/document/kind", "bad_value")]),
    ({"document": {"kind": "component"}}, [("/document/name", "missing_field")]),
    ({"document": {"kind": "component", "name": "Big"}}, [("/document/name", "bad_name")]),
    ({"document": {"kind": "component", "name": "import"}}, [("/document/name", "bad_name")]),
    ({"document": {"kind": "template", "name": "a"}}, [("/document/kind", "bad_value")]),
    ({"document": component(), "name": "x"}, [("/name", "unknown_field")]),
]


@pytest.mark.parametrize(("body", "errors"), REFUSED)
async def test_a_body_that_is_no_component_is_refused(
    api: Api, body: object, errors: list[tuple[str, str]]
) -> None:
    assert_problem(await api.send("POST", COMPONENTS, body), 422, "invalid_request", errors)
    assert (await api.send("GET", COMPONENTS)).json()["data"] == []


async def test_a_component_is_no_template_and_the_other_way_round(api: Api) -> None:
    refused = await api.send("POST", TEMPLATES, {"document": component()})
    assert_problem(refused, 422, "invalid_request", [("/document/kind", "bad_value")])
    made = await create(api, COMPONENTS, component())
    for reference in ("doubler", made["id"]):
        assert_problem(await api.send("GET", f"{TEMPLATES}/{reference}"), 404, "not_found", [])
    assert (await api.send("GET", TEMPLATES)).json()["data"] == []
    template = await create(api, TEMPLATES, machine("doubler"))
    assert_problem(await api.send("GET", f"{COMPONENTS}/{template['id']}"), 404, "not_found", [])
    assert [each["id"] for each in (await api.send("GET", COMPONENTS)).json()["data"]] == [made["id"]]


async def test_a_name_is_taken_once_an_org_and_kind(api: Api) -> None:
    await create(api, COMPONENTS, component())
    again = await api.send("POST", COMPONENTS, {"document": component()})
    assert_problem(again, 409, "component_name_taken", [])
    await create(api, TEMPLATES, machine("doubler"))
    other = await api.send(
        "POST", COMPONENTS, {"document": component()}, token=api.other_org.admin_token.text
    )
    assert other.status_code == 201


async def test_the_name_of_a_built_in_component_can_be_drafted_and_not_published(api: Api) -> None:
    told = await create(api, COMPONENTS, component("queue"))
    assert [(each["pointer"], each["code"]) for each in told["problems"]] == [("/name", "bad_name")]
    refused = await api.send("POST", f"{COMPONENTS}/queue/versions")
    assert_problem(refused, 422, "component_invalid", [("/name", "bad_name")])


async def test_a_component_is_bounded_in_bytes(api: Api) -> None:
    document = {"kind": "component", "name": "big", "title": ""}
    size = len(json.dumps(document, separators=(",", ":")))
    for extra, status in ((0, 201), (1, 413)):
        title = "x" * (DOCUMENT_BYTES_MAX - size + extra)
        response = await api.send("POST", COMPONENTS, {"document": changed(document, title=title)})
        assert response.status_code == status


async def test_versions_are_published_in_order_and_the_same_one_once(api: Api) -> None:
    made = await create(api, COMPONENTS, component())
    first = await api.send("POST", f"{COMPONENTS}/doubler/versions", {"notes": "the first"})
    told = first.json()
    assert (first.status_code, first.headers["location"]) == (201, f"{COMPONENTS}/{made['id']}/versions/1")
    assert told == {
        "object": "componentVersion",
        "orgId": made["orgId"],
        "componentId": made["id"],
        "version": 1,
        "programDigest": compile_component(component()).digest,
        "notes": "the first",
        "publishedAt": "2026-03-01T12:00:00.123456Z",
        "publishedBy": told["publishedBy"],
        "created": True,
        "problems": [],
    }
    again = await api.send("POST", f"{COMPONENTS}/doubler/versions")
    assert (again.status_code, again.json()) == (200, {**told, "created": False})
    second = await publish(api, COMPONENTS, component(factor=3))
    assert second["version"] == 2
    listed = (await api.send("GET", f"{COMPONENTS}/doubler/versions?limit=1")).json()
    assert ([each["version"] for each in listed["data"]], listed["hasMore"]) == ([2], True)
    rest = (await api.send("GET", f"{COMPONENTS}/doubler/versions?cursor={listed['nextCursor']}")).json()
    assert ([each["version"] for each in rest["data"]], rest["hasMore"]) == ([1], False)
    got = (await api.send("GET", f"{COMPONENTS}/doubler/versions/1")).json()
    assert (got["document"], got["uses"]) == (component(), [])
    assert_problem(await api.send("GET", f"{COMPONENTS}/doubler/versions/3"), 404, "not_found", [])


async def test_a_component_with_errors_is_not_published_and_says_where(api: Api) -> None:
    broken = changed(component(), machine={"initial": "nowhere", "states": {"a": {}}})
    await create(api, COMPONENTS, broken)
    told = assert_problem(await api.send("POST", f"{COMPONENTS}/doubler/versions"), 422, "component_invalid")
    assert "/machine/initial" in {each["pointer"] for each in told["errors"]}


async def test_publishing_under_a_key_is_done_once(api: Api) -> None:
    await create(api, COMPONENTS, component())
    headers = {"idempotency-key": "once"}
    first = await api.send("POST", f"{COMPONENTS}/doubler/versions", headers=headers)
    await publish(api, COMPONENTS, component(factor=3))
    again = await api.send("POST", f"{COMPONENTS}/doubler/versions", headers=headers)
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    other = await api.send("POST", f"{COMPONENTS}/doubler/versions", {"notes": "x"}, headers=headers)
    assert_problem(other, 422, "idempotency_key_reused", [])


# --- Use ------------------------------------------------------------------------------------------------


async def test_a_template_is_pinned_to_the_version_it_names(api: Api) -> None:
    await publish(api, COMPONENTS, component())
    first = await publish(api, TEMPLATES, network())

    def find(name: str, version: int) -> object:
        return component() if (name, version) == ("doubler", 1) else None

    assert first["programDigest"] == compile_template(network(), find).digest
    await publish(api, COMPONENTS, component(factor=3))
    again = await publish(api, TEMPLATES, network())
    assert (again["version"], again["created"]) == (1, False), "a newer version changes nothing"
    second = await publish(api, TEMPLATES, network("doubler@2"))
    assert second["version"] == 2
    compiled = (await api.send("POST", "/v1/compile", {"document": network()})).json()
    assert compiled["programDigest"] == first["programDigest"]


async def test_versions_tell_what_they_are_made_of_and_what_is_made_of_them(api: Api) -> None:
    doubler = await publish(api, COMPONENTS, component())
    outer = await publish(api, COMPONENTS, wrapper("doubler@1"))
    line = await publish(api, TEMPLATES, network("wrapper@1"))
    used = {
        "kind": "component",
        "id": doubler["componentId"],
        "name": "doubler",
        "version": 1,
        "programDigest": doubler["programDigest"],
    }
    got = (await api.send("GET", f"{COMPONENTS}/wrapper/versions/1")).json()
    assert got["uses"] == [used]
    got = (await api.send("GET", f"{TEMPLATES}/line/versions/1")).json()
    # Its own words only: what a component is made of stands with the component.
    assert [(each["kind"], each["name"], each["version"]) for each in got["uses"]] == [
        ("component", "wrapper", 1)
    ]
    users = (await api.send("GET", f"{COMPONENTS}/doubler/versions/1/used-by")).json()
    assert users["data"] == [
        {
            "kind": "component",
            "id": outer["componentId"],
            "name": "wrapper",
            "version": 1,
            "programDigest": outer["programDigest"],
        }
    ]
    users = (await api.send("GET", f"{COMPONENTS}/wrapper/versions/1/used-by")).json()
    assert [each["id"] for each in users["data"]] == [line["templateId"]]
    assert (await api.send("GET", f"{TEMPLATES}/line/versions/1/used-by")).json()["data"] == []
    assert_problem(await api.send("GET", f"{COMPONENTS}/doubler/versions/2/used-by"), 404, "not_found", [])


async def test_a_template_that_another_one_invokes_is_used_by_it(api: Api) -> None:
    child = await publish(api, TEMPLATES, machine())
    parent = await publish(api, TEMPLATES, invoking("door@1"))
    got = (await api.send("GET", f"{TEMPLATES}/parent/versions/1")).json()
    assert [(each["kind"], each["id"], each["version"]) for each in got["uses"]] == [
        ("template", child["templateId"], 1)
    ]
    users = (await api.send("GET", f"{TEMPLATES}/door/versions/1/used-by")).json()["data"]
    assert [(each["id"], each["version"]) for each in users] == [(parent["templateId"], 1)]


async def test_users_are_listed_in_pages(api: Api) -> None:
    await publish(api, COMPONENTS, component())
    for number in range(3):
        api.clock.advance(timedelta(milliseconds=1))
        await publish(api, TEMPLATES, network(name=f"line-{number}"))
        await publish(api, TEMPLATES, changed(network(name=f"line-{number}"), vars={"n": {"type": "int"}}))
    found: list[tuple[str, int]] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"{COMPONENTS}/doubler/versions/1/used-by?limit=4{cursor}"
        page = (await api.send("GET", path)).json()
        found += [(each["name"], each["version"]) for each in page["data"]]
        cursor = f"&cursor={page['nextCursor']}" if page["hasMore"] else None
    assert found == [(f"line-{number}", version) for number in (2, 1, 0) for version in (2, 1)]
    foreign = (await api.send("GET", f"{TEMPLATES}?limit=1")).json()["nextCursor"]
    refused = await api.send("GET", f"{COMPONENTS}/doubler/versions/1/used-by?cursor={foreign}")
    assert_problem(refused, 400, "invalid_cursor", [])


async def test_what_is_not_published_cannot_be_used(api: Api) -> None:
    await create(api, COMPONENTS, component())
    told = await create(api, TEMPLATES, network())
    assert [(each["pointer"], each["code"]) for each in told["problems"]] == [
        ("/nodes/part/use", "unknown_component")
    ]
    refused = await api.send("POST", f"{TEMPLATES}/line/versions")
    assert_problem(refused, 422, "template_invalid", [("/nodes/part/use", "unknown_component")])
    await publish(api, COMPONENTS, component())
    assert (await api.send("POST", f"{TEMPLATES}/line/versions")).status_code == 201


async def test_another_orgs_component_cannot_be_used(api: Api) -> None:
    await publish(api, COMPONENTS, component())
    report = await api.send(
        "POST", "/v1/validate", {"document": network()}, token=api.other_org.admin_token.text
    )
    assert [each["code"] for each in report.json()["problems"]] == ["unknown_component"]


async def test_a_built_in_component_is_used_and_is_nobodys_version(api: Api) -> None:
    document = changed(network("sink@1"), name="drain")
    await publish(api, TEMPLATES, document)
    assert (await api.send("GET", f"{TEMPLATES}/drain/versions/1")).json()["uses"] == []


async def test_a_component_cannot_come_to_contain_itself(api: Api) -> None:
    await publish(api, COMPONENTS, component("loop"))
    told = await api.send("POST", f"{COMPONENTS}/loop/versions", {"document": wrapper("loop@2", "loop")})
    assert_problem(told, 422, "component_invalid", [("/nodes/inner/use", "unknown_component")])
    # The version before is another component.
    assert (await publish(api, COMPONENTS, wrapper("loop@1", "loop")))["version"] == 2


async def test_more_uses_than_the_bound_are_refused(api: Api) -> None:
    nodes = {f"n{number}": {"use": f"part-{number}@1"} for number in range(USES_MAX + 10)}
    document = {"format": "actum/1", "name": "wide", "nodes": nodes, "edges": []}
    report = (await api.send("POST", "/v1/validate", {"document": document})).json()
    assert report["isValid"] is False
    assert {each["code"] for each in report["problems"]} <= {"unknown_component", "too_many"}


async def test_all_that_a_document_uses_is_bounded_in_bytes(api: Api) -> None:
    large = USED_BYTES_MAX // 8
    for number in range(9):
        document = component(f"part-{number}")
        size = len(json.dumps({**document, "title": ""}, separators=(",", ":")))
        await publish(api, COMPONENTS, changed(document, title="x" * (large - size)))
    for count, status in ((8, 200), (9, 422)):
        nodes = {f"n{number}": {"use": f"part-{number}@1"} for number in range(count)}
        document = {"format": "actum/1", "name": "wide", "nodes": nodes, "edges": []}
        response = await api.send("POST", "/v1/validate", {"document": document})
        assert response.status_code == status
    assert_problem(response, 422, "uses_too_large", [])


# --- Reports --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "document"), [(TEMPLATES, machine()), (COMPONENTS, component())])
async def test_a_draft_is_validated_with_the_place_of_every_problem(
    api: Api, path: str, document: dict[str, Any]
) -> None:
    name = document["name"]
    broken = changed(document, vars={"unused": {"type": "int"}})
    await create(api, path, broken)
    expected = {
        "object": "validationReport",
        "isValid": True,
        "errors": 0,
        "warnings": 1,
        "problems": [
            {
                "pointer": "/vars/unused",
                "code": "unused_variable",
                "detail": "the variable 'unused' is never read or assigned",
                "severity": "warning",
            }
        ],
    }
    assert (await api.send("GET", f"{path}/{name}/validation")).json() == expected
    assert (await api.send("POST", "/v1/validate", {"document": broken})).json() == expected
    broken["machine"]["initial"] = "nowhere"
    report = (await api.send("POST", "/v1/validate", {"document": broken})).json()
    assert (report["isValid"], report["errors"] >= 1) == (False, True)
    assert "/machine/initial" in {each["pointer"] for each in report["problems"]}
    assert (await api.send("GET", f"{path}/{name}")).json()["revision"] == 1


async def test_a_component_is_compiled_to_its_normal_form(api: Api) -> None:
    expected = compile_component(component())
    report = {
        "object": "compileReport",
        "isValid": True,
        "problems": [],
        "programDigest": expected.digest,
        "program": json.loads(expected.canonical),
    }
    assert (await api.send("POST", "/v1/compile", {"document": component()})).json() == report
    await create(api, COMPONENTS, component())
    assert (await api.send("POST", f"{COMPONENTS}/doubler/compile")).json() == report
