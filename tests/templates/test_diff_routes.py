"""How two versions differ, over HTTP."""

from typing import Any

import pytest

from actum.platform.limits import DIFF_CHANGES_TOLD_MAX

from ..serving import Api, assert_problem
from .designs import COMPONENTS, TEMPLATES, changed, component, create, machine, network, publish

GUARDED = changed(machine())
GUARDED["machine"]["states"]["shut"]["on"]["push"] = {"target": "open", "guard": "true"}


async def diff(api: Api, path: str, source: str, target: str) -> dict[str, Any]:
    response = await api.send("GET", f"{path}/versions/{source}/diff/{target}")
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def test_two_versions_are_told_apart_by_what_changed(api: Api) -> None:
    first = await publish(api, TEMPLATES, machine())
    second = await publish(api, TEMPLATES, GUARDED)
    told = await diff(api, f"{TEMPLATES}/door", "1", "2")
    assert told == {
        "object": "diff",
        "source": {"version": 1, "programDigest": first["programDigest"]},
        "target": {"version": 2, "programDigest": second["programDigest"]},
        "sameProgram": False,
        "total": 1,
        "changes": [
            {
                "change": "changed",
                "part": "transition",
                "aspect": "guard",
                "source": {
                    "name": "shut: push",
                    "pointer": "/machine/states/shut/on/push",
                    "value": None,
                },
                "target": {
                    "name": "shut: push",
                    "pointer": "/machine/states/shut/on/push/guard",
                    "value": "true",
                },
            }
        ],
    }
    back = await diff(api, f"{TEMPLATES}/{first['templateId']}", "2", "1")
    assert [(each["source"], each["target"]) for each in back["changes"]] == [
        (each["target"], each["source"]) for each in told["changes"]
    ]
    same = await diff(api, f"{TEMPLATES}/door", "2", "2")
    assert (same["sameProgram"], same["total"], same["changes"]) == (True, 0, [])


async def test_what_was_added_and_removed_has_one_side(api: Api) -> None:
    await publish(api, TEMPLATES, machine())
    document = machine()
    document["machine"]["states"]["broken"] = {"type": "final"}
    del document["events"]["push"]
    document["events"]["pull"] = {}
    await create(api, TEMPLATES, changed(document, name="other"))
    await publish(api, TEMPLATES, document)
    told = await diff(api, f"{TEMPLATES}/door", "1", "2")
    assert {
        (each["change"], each["part"], each["source"] is None, each["target"] is None)
        for each in told["changes"]
    } == {
        ("added", "state", True, False),
        ("removed", "event", False, True),
        ("added", "event", True, False),
    }


async def test_the_draft_is_compared_and_titles_are_no_changes(api: Api) -> None:
    first = await publish(api, TEMPLATES, machine())
    draft = changed(machine(), title="A door", layout={"shut": {"x": 1}})
    await api.send("PUT", f"{TEMPLATES}/door", {"document": draft}, headers={"if-match": '"1"'})
    told = await diff(api, f"{TEMPLATES}/door", "1", "draft")
    assert told["target"] == {"version": None, "programDigest": first["programDigest"]}
    assert (told["sameProgram"], told["changes"]) == (True, [])


async def test_a_draft_with_errors_is_compared_if_it_has_the_form_of_a_document(api: Api) -> None:
    await publish(api, TEMPLATES, machine())
    lost = machine()
    lost["machine"]["states"]["open"]["on"]["push"] = "nowhere"
    await api.send("PUT", f"{TEMPLATES}/door", {"document": lost}, headers={"if-match": '"1"'})
    told = await diff(api, f"{TEMPLATES}/door", "1", "draft")
    assert (told["target"]["programDigest"], told["sameProgram"], told["total"]) == (None, False, 1)
    formless = changed(machine(), machine=[])
    await api.send("PUT", f"{TEMPLATES}/door", {"document": formless}, headers={"if-match": '"2"'})
    response = await api.send("GET", f"{TEMPLATES}/door/versions/draft/diff/1")
    assert_problem(response, 422, "template_invalid", [("/machine", "wrong_type")])


async def test_versions_of_components_are_compared(api: Api) -> None:
    await publish(api, COMPONENTS, component())
    await publish(api, COMPONENTS, component(factor=3))
    told = await diff(api, f"{COMPONENTS}/doubler", "1", "2")
    assert [(each["part"], each["aspect"], each["target"]["value"]) for each in told["changes"]] == [
        ("parameter", "default", 3)
    ]
    assert told["sameProgram"] is False
    formless = {"document": changed(component(), machine=[])}
    await api.send("PUT", f"{COMPONENTS}/doubler", formless, headers={"if-match": '"2"'})
    response = await api.send("GET", f"{COMPONENTS}/doubler/versions/1/diff/draft")
    assert_problem(response, 422, "component_invalid", [("/machine", "wrong_type")])


async def test_another_version_of_a_component_is_a_change(api: Api) -> None:
    await publish(api, COMPONENTS, component())
    await publish(api, COMPONENTS, component(factor=3))
    await publish(api, COMPONENTS, component())
    for version in (1, 2):
        await publish(api, TEMPLATES, network(f"doubler@{version}"))
    told = await diff(api, f"{TEMPLATES}/line", "1", "2")
    [change] = told["changes"]
    assert (change["part"], change["aspect"]) == ("node", "use")
    assert (change["source"]["value"], change["target"]["value"]) == ("doubler@1", "doubler@2")


async def test_so_many_changes_are_told_and_all_are_counted(api: Api) -> None:
    document = changed(machine(), vars={f"v{at}": {} for at in range(990)})
    await publish(api, TEMPLATES, document)
    more = {f"s{at}": {"type": "final"} for at in range(DIFF_CHANGES_TOLD_MAX - 990)}
    for extra in (0, 1):
        wide = machine()
        wide["machine"]["states"] |= more | {f"t{at}": {"type": "final"} for at in range(extra)}
        published = await publish(api, TEMPLATES, wide)
        told = await diff(api, f"{TEMPLATES}/door", "1", str(published["version"]))
        assert told["total"] == DIFF_CHANGES_TOLD_MAX + extra
        assert len(told["changes"]) == DIFF_CHANGES_TOLD_MAX


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("door/versions/1/diff/2", 404, "not_found"),
        ("door/versions/2/diff/1", 404, "not_found"),
        ("gate/versions/1/diff/1", 404, "not_found"),
        ("door/versions/999999999/diff/1", 404, "not_found"),
        ("door/versions/0/diff/1", 400, "invalid_parameter"),
        ("door/versions/01/diff/1", 400, "invalid_parameter"),
        ("door/versions/1/diff/latest", 400, "invalid_parameter"),
        ("door/versions/1/diff/9999999999", 400, "invalid_parameter"),
        ("door/versions/-1/diff/1", 400, "invalid_parameter"),
    ],
)
async def test_what_is_not_there_is_not_compared(api: Api, path: str, status: int, code: str) -> None:
    await publish(api, TEMPLATES, machine())
    assert_problem(await api.send("GET", f"{TEMPLATES}/{path}"), status, code)
