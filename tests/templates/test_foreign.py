"""Other tools' formats over HTTP: what they become, what could not be carried over, and what is refused."""

import json
from typing import Any

import pytest

from actum.orgs.access import Role
from actum.templates.routes import BODY_BYTES_MAX
from actum_core.formats import EXPORTED, FORMATS

from ..serving import Api, assert_problem
from .designs import COMPONENTS, TEMPLATES, changed, component, create, machine, network, publish

pytestmark = pytest.mark.slow

IMPORT = f"{TEMPLATES}/import"
TEXT = {"content-type": "text/plain"}
XML = {"content-type": "application/xml"}

FSL = "shut 'push' -> open;\nopen 'push' -> shut;\n"
MERMAID = "stateDiagram-v2\n  [*] --> shut\n  shut --> open : push\n  open --> shut : push\n"
SCXML = """\
<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" name="door" initial="shut" datamodel="null">
  <state id="shut"><transition event="push" target="open"/></state>
  <state id="open"><transition event="push" target="shut"/></state>
</scxml>
"""
DETECTOR: dict[str, Any] = {
    "detectorModelName": "door",
    "detectorModelDefinition": {
        "initialStateName": "shut",
        "states": [
            {
                "stateName": "shut",
                "onInput": {
                    "transitionEvents": [
                        {"eventName": "push", "condition": "$input.hand.force > 1", "nextState": "open"}
                    ]
                },
            },
            {"stateName": "open"},
        ],
    },
}

XSTATE = {
    "id": "door",
    "initial": "shut",
    "states": {"shut": {"on": {"push": "open"}}, "open": {"on": {"push": "shut"}}},
}

#: A source, its headers, and the format that it is in.
SOURCES: list[tuple[str, Any, dict[str, str]]] = [
    ("fsl", FSL, TEXT),
    ("mermaid", MERMAID, TEXT),
    ("scxml", SCXML, XML),
    ("scxml", SCXML, {"content-type": "application/scxml+xml; charset=utf-8"}),
    ("scxml", SCXML, TEXT),
    ("iot-events", DETECTOR, {}),
    ("iot-events", json.dumps(DETECTOR), TEXT),
    ("xstate", XSTATE, {}),
    ("actum", machine(), {}),
    ("actum", json.dumps(machine()), TEXT),
]


def body_of(source: Any) -> Any:
    return source.encode() if isinstance(source, str) else source


@pytest.mark.parametrize(("form", "source", "headers"), SOURCES)
@pytest.mark.parametrize("is_named", [False, True], ids=["found out", "named"])
async def test_a_source_becomes_a_document_and_nothing_is_stored(
    api: Api, form: str, source: Any, headers: dict[str, str], is_named: bool
) -> None:
    path = f"{IMPORT}?format={form}" if is_named else IMPORT
    response = await api.send("POST", path, body_of(source), headers=headers)
    assert response.status_code == 200, response.text
    told = response.json()
    assert (told["object"], told["format"], told["template"]) == ("import", form, None)
    assert told["isComplete"] == all(each["severity"] != "error" for each in told["problems"])
    states = {
        name["id"] if isinstance(name, dict) else name for name in told["document"]["machine"]["states"]
    }
    assert {"shut", "open"} <= states
    assert told["validation"]["isValid"] is True, told["validation"]
    if form in FORMATS:
        expected = FORMATS[form].read(source)
        assert told["document"] == expected.document
        assert [each["code"] for each in told["problems"]] == [each.code for each in expected.problems]
    assert (await api.send("GET", TEMPLATES)).json()["data"] == []


async def test_a_document_is_saved_as_the_draft_of_a_new_template(api: Api) -> None:
    response = await api.send("POST", f"{IMPORT}?save=true&name=door", FSL.encode(), headers=TEXT)
    told = response.json()
    assert response.status_code == 201
    assert (response.headers["location"], response.headers["etag"]) == (
        f"{TEMPLATES}/{told['template']['id']}",
        '"1"',
    )
    assert (told["document"]["name"], told["template"]["name"]) == ("door", "door")
    saved = (await api.send("GET", f"{TEMPLATES}/door")).json()
    assert (saved["document"], saved["latestVersion"]) == (told["document"], 0)
    again = await api.send("POST", f"{IMPORT}?save=true&name=door", FSL.encode(), headers=TEXT)
    assert_problem(again, 409, "template_name_taken", [])


async def test_an_import_under_a_key_is_saved_once(api: Api) -> None:
    headers = {**TEXT, "idempotency-key": "once"}
    path = f"{IMPORT}?save=true&name=door"
    first = await api.send("POST", path, FSL.encode(), headers=headers)
    again = await api.send("POST", path, FSL.encode(), headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    for other_path, source in ((path, FSL + FSL), (f"{IMPORT}?save=true&name=gate", FSL)):
        other = await api.send("POST", other_path, source.encode(), headers=headers)
        assert_problem(other, 422, "idempotency_key_reused", [])
    assert len((await api.send("GET", TEMPLATES)).json()["data"]) == 1


async def test_a_component_of_our_own_is_not_saved_as_a_template(api: Api) -> None:
    refused = await api.send("POST", f"{IMPORT}?save=true", component())
    assert_problem(refused, 422, "invalid_request", [("/document/kind", "bad_value")])


async def test_own_components_count_when_a_document_is_checked(api: Api) -> None:
    await publish(api, COMPONENTS, component())
    assert (await api.send("POST", IMPORT, network())).json()["validation"]["isValid"] is True


#: What is sent, how, and what is answered.
REFUSED: list[tuple[str, bytes | None, dict[str, str], int, str]] = [
    ("", b"nothing like it", TEXT, 422, "unknown_format"),
    ("", b'{"a": 1}', {}, 422, "unknown_format"),
    ("?format=visio", FSL.encode(), TEXT, 422, "unknown_format"),
    ("?format=", FSL.encode(), TEXT, 422, "unknown_format"),
    ("?format=scxml", b"<scxml", XML, 422, "import_refused"),
    ("?format=scxml", b'<!DOCTYPE a [<!ENTITY b "c">]><scxml>&b;</scxml>', XML, 422, "import_refused"),
    ("?format=iot-events", b"[]", {}, 422, "import_refused"),
    ("?format=iot-events", b"{", TEXT, 422, "import_refused"),
    ("?format=actum", FSL.encode(), TEXT, 422, "import_refused"),
    ("", b"{", {}, 400, "malformed_json"),
    ("", b"\xff\xfe", TEXT, 422, "invalid_request"),
    ("", b"", TEXT, 400, "body_missing"),
    ("", None, {}, 400, "body_missing"),
    ("", FSL.encode(), {"content-type": "application/octet-stream"}, 415, "unsupported_media_type"),
    ("", FSL.encode(), {"content-type": "text/plain; charset=latin-1"}, 415, "unsupported_media_type"),
    ("?name=Not+A+Name", FSL.encode(), TEXT, 422, "invalid_request"),
    ("?save=perhaps", FSL.encode(), TEXT, 400, "invalid_parameter"),
]


@pytest.mark.parametrize(("query", "body", "headers", "status", "code"), REFUSED)
async def test_what_cannot_be_imported_is_refused(
    api: Api, query: str, body: bytes | None, headers: dict[str, str], status: int, code: str
) -> None:
    assert_problem(await api.send("POST", IMPORT + query, body, headers=headers), status, code)


async def test_a_source_is_bounded_in_bytes(api: Api) -> None:
    for extra, status in ((0, 422), (1, 413)):
        source = b"x" * (BODY_BYTES_MAX + extra)
        assert (await api.send("POST", IMPORT, source, headers=TEXT)).status_code == status


async def test_who_may_not_write_templates_may_not_import_them(api: Api) -> None:
    token = (await api.token_of(Role.OPERATOR)).text
    response = await api.send("POST", IMPORT, FSL.encode(), headers=TEXT, token=token)
    assert_problem(response, 403, "permission_denied", [])


async def test_no_template_takes_the_name_of_the_address(api: Api) -> None:
    document = {"document": machine("import")}
    for path in (TEMPLATES, COMPONENTS):
        response = await api.send("POST", path, document)
        assert response.status_code == 422
    refused = await api.send("POST", f"{IMPORT}?save=true&name=import", FSL.encode(), headers=TEXT)
    assert_problem(refused, 422, "invalid_request", [("/document/name", "bad_name")])


# --- Export ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", EXPORTED)
async def test_a_version_and_the_draft_are_written_in_another_format(api: Api, form: str) -> None:
    await publish(api, TEMPLATES, machine())
    wider = machine()
    wider["machine"]["states"]["broken"] = {"type": "final"}
    await api.send("PUT", f"{TEMPLATES}/door", {"document": wider}, headers={"if-match": '"1"'})
    for version, document in (("1", machine()), ("draft", wider)):
        response = await api.send("GET", f"{TEMPLATES}/door/versions/{version}/export?format={form}")
        assert response.status_code == 200, response.text
        expected = FORMATS[form].write(document)
        assert response.json() == {
            "object": "export",
            "format": form,
            "isComplete": expected.is_complete,
            "problems": [
                {
                    "pointer": each.pointer,
                    "code": each.code,
                    "detail": each.detail,
                    "severity": each.severity,
                }
                for each in expected.problems
            ],
            "text": expected.text,
        }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("door/versions/1/export?format=visio", 422, "unknown_format"),
        ("door/versions/1/export?format=fsl", 422, "unknown_format"),
        ("door/versions/1/export", 400, "invalid_parameter"),
        ("door/versions/2/export?format=mermaid", 404, "not_found"),
        ("door/versions/latest/export?format=mermaid", 400, "invalid_parameter"),
        ("gate/versions/1/export?format=mermaid", 404, "not_found"),
    ],
)
async def test_what_cannot_be_exported_is_refused(api: Api, path: str, status: int, code: str) -> None:
    await publish(api, TEMPLATES, machine())
    assert_problem(await api.send("GET", f"{TEMPLATES}/{path}"), status, code)


async def test_a_draft_that_cannot_be_written_is_refused_with_its_problems(api: Api) -> None:
    await create(api, TEMPLATES, changed(machine(), machine=[]))
    response = await api.send("GET", f"{TEMPLATES}/door/versions/draft/export?format=mermaid")
    told = assert_problem(response, 422, "export_refused")
    assert "/machine" in {each["pointer"] for each in told["errors"]}


@pytest.mark.parametrize(
    ("method", "path", "errors"),
    [
        ("GET", "/door/versions/1/export", [("/query/format", "missing_parameter")]),
        ("GET", f"/door/versions/1/export?format={'x' * 300}", [("/query/format", "bad_value")]),
        ("POST", f"/import?format={'x' * 300}", [("/query/format", "bad_value")]),
        ("POST", "/import?save=perhaps", [("/query/save", "bad_value")]),
    ],
)
async def test_a_parameter_is_named_as_its_caller_wrote_it(
    api: Api, method: str, path: str, errors: list[tuple[str, str]]
) -> None:
    body = FSL.encode() if method == "POST" else None
    response = await api.send(method, TEMPLATES + path, body, headers=TEXT if body else {})
    assert_problem(response, 400, "invalid_parameter", errors)
