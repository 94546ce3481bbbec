"""What every route refuses alike: bodies, parameters, methods, credentials."""

from typing import Any

import pytest

from actum.platform.limits import CURSOR_LENGTH_MAX, PAGE_SIZE_MAX
from actum_core.limits import JSON_BYTES_MAX

from ..serving import Api, assert_problem

JSON = "application/json"
DEEP = b'{"name":' + b"[" * 80 + b"]" * 80 + b"}"
NAMED = '{"name":"fine"}'

#: What is sent as a body to PATCH /v1/orgs/{org}, and what is answered.
REFUSED_BODIES: list[tuple[str, bytes, str, int, str, list[tuple[str, str]]]] = [
    ("nothing", b"", JSON, 400, "body_missing", []),
    ("not JSON", b"{name:1}", JSON, 400, "malformed_json", [("", "syntax")]),
    ("cut off", b'{"name":"a', JSON, 400, "malformed_json", [("/name", "syntax")]),
    ("trailing", b'{"name":"a"}x', JSON, 400, "malformed_json", [("", "syntax")]),
    ("duplicate key", b'{"name":"a","name":"b"}', JSON, 400, "malformed_json", [("/name", "duplicate_key")]),
    ("NaN", b'{"name":NaN}', JSON, 400, "malformed_json", [("/name", "not_finite")]),
    ("infinity", b'{"name":-Infinity}', JSON, 400, "malformed_json", [("/name", "not_finite")]),
    ("overflow", b'{"name":1e999}', JSON, 400, "malformed_json", [("/name", "not_finite")]),
    (
        "inexact integer",
        b'{"name":9007199254740993}',
        JSON,
        400,
        "malformed_json",
        [("/name", "integer_out_of_range")],
    ),
    ("lone surrogate", b'{"name":"\\ud800"}', JSON, 400, "malformed_json", [("/name", "lone_surrogate")]),
    ("not UTF-8", b'{"name":"\xff"}', JSON, 400, "malformed_json", [("", "not_utf8")]),
    (
        "too deep",
        b'{"name":' + b"[" * 80 + b"]" * 80 + b"}",
        JSON,
        400,
        "malformed_json",
        [("/name" + "/0" * 63, "too_deep")],
    ),
    ("an array", b"[]", JSON, 422, "invalid_request", [("", "bad_value")]),
    ("wrong type", b'{"name":1}', JSON, 422, "invalid_request", [("/name", "bad_value")]),
    ("null", b'{"name":null}', JSON, 422, "invalid_request", [("/name", "bad_value")]),
    ("missing", b"{}", JSON, 422, "invalid_request", [("/name", "missing_field")]),
    ("unknown", b'{"name":"a","nmae":"b"}', JSON, 422, "invalid_request", [("/nmae", "unknown_field")]),
    ("empty name", b'{"name":""}', JSON, 422, "invalid_request", [("/name", "bad_value")]),
    ("NUL", b'{"name":"a\\u0000"}', JSON, 422, "invalid_request", [("/name", "bad_value")]),
    ("long name", b'{"name":"' + b"a" * 201 + b'"}', JSON, 422, "invalid_request", [("/name", "bad_value")]),
    ("a form", b"name=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type", []),
    ("text", NAMED.encode(), "text/plain", 415, "unsupported_media_type", []),
    ("no type", NAMED.encode(), "", 415, "unsupported_media_type", []),
    ("latin-1", NAMED.encode(), "application/json; charset=latin-1", 415, "unsupported_media_type", []),
    ("too large", b'{"name":"' + b"a" * JSON_BYTES_MAX + b'"}', JSON, 413, "body_too_large", []),
]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code", "errors"),
    [row[1:] for row in REFUSED_BODIES],
    ids=[row[0] for row in REFUSED_BODIES],
)
async def test_a_bad_body_is_refused_with_its_place_and_changes_nothing(
    api: Api, body: bytes, content_type: str, status: int, code: str, errors: list[tuple[str, str]]
) -> None:
    path = f"/v1/orgs/{org_path(api)}"
    response = await api.send("PATCH", path, body, headers={"content-type": content_type})
    assert_problem(response, status, code, errors)
    assert (await api.send("GET", path)).json()["name"] == "Acme"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
        "application/merge-patch+json",
    ],
)
async def test_json_under_each_of_its_names_is_read(api: Api, content_type: str) -> None:
    response = await api.send(
        "PATCH", f"/v1/orgs/{org_path(api)}", NAMED.encode(), headers={"content-type": content_type}
    )
    assert (response.status_code, response.json()["name"]) == (200, "fine")


async def test_a_body_without_a_length_is_bounded_while_it_arrives(api: Api) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    headers = {"authorization": f"Bearer {api.admin}", "content-type": JSON}
    response = await api.http.patch(f"/v1/orgs/{org_path(api)}", content=endless(), headers=headers)
    assert_problem(response, 413, "body_too_large", [])
    assert sent <= JSON_BYTES_MAX + 3 * 65_536


#: Query of GET /v1/templates, and what is answered.
REFUSED_PARAMETERS = [
    ("limit=0", 400, "invalid_parameter", [("/query/limit", "bad_value")]),
    (f"limit={PAGE_SIZE_MAX + 1}", 400, "invalid_parameter", [("/query/limit", "bad_value")]),
    ("limit=ten", 400, "invalid_parameter", [("/query/limit", "bad_value")]),
    ("cursor=nonsense", 400, "invalid_cursor", []),
    ("cursor=" + "A" * (CURSOR_LENGTH_MAX + 1), 400, "invalid_parameter", [("/query/cursor", "bad_value")]),
    ("cursor=%00%ff", 400, "invalid_cursor", []),
]


@pytest.mark.parametrize(("query", "status", "code", "errors"), REFUSED_PARAMETERS)
async def test_a_bad_parameter_is_refused_by_name(
    api: Api, query: str, status: int, code: str, errors: list[tuple[str, str]]
) -> None:
    assert_problem(await api.send("GET", f"/v1/templates?{query}"), status, code, errors)


#: Method, path, and what is answered.
UNKNOWN_PLACES = [
    ("GET", "/", 404, "not_found"),
    ("GET", "/v1/nothing", 404, "not_found"),
    ("GET", "/v2/templates", 404, "not_found"),
    ("GET", "/v1/templates/../orgs/x", 404, "not_found"),
    ("GET", "/v1/templates/..%2f..%2fetc%2fpasswd", 404, "not_found"),
    ("GET", "/v1/templates/%00", 404, "not_found"),
    ("GET", "/v1/templates/a%ffb", 404, "not_found"),
    ("GET", "/v1/templates/" + "a" * 5_000, 404, "not_found"),
    ("GET", "/v1/templates/x/versions/one", 404, "not_found"),
    ("GET", "/v1/access-tokens/pat_zzzzzzzzzzzzzzzzzzzzzzzzzz", 404, "not_found"),
    ("DELETE", "/v1/templates", 405, "method_not_allowed"),
    ("POST", "/v1/health", 405, "method_not_allowed"),
    ("OPTIONS", "/v1/templates", 405, "method_not_allowed"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), UNKNOWN_PLACES)
async def test_what_is_not_there_is_a_problem_too(
    api: Api, method: str, path: str, status: int, code: str
) -> None:
    allow = {"/v1/templates": "GET, POST", "/v1/health": "GET"}[path] if status == 405 else None
    response = await api.send(method, path)
    assert response.status_code == status, response.text
    assert response.json()["code"] == code
    assert response.headers.get("allow") == allow


async def test_a_fault_of_ours_tells_nothing_but_the_requests_id(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("the secret is swordfish")

    monkeypatch.setattr("actum.orgs.store.find_org", fail)
    response = await api.send("GET", "/v1/orgs")
    told = assert_problem(response, 500, "internal_error", [])
    assert "swordfish" not in response.text
    assert "report its requestId" in told["title"]


async def test_a_database_that_is_gone_is_said_to_be_unavailable(api: Api) -> None:
    await api.send("GET", "/v1/orgs")  # the caller is known now
    await api.parts.database.close()
    response = await api.send("GET", "/v1/orgs")
    assert_problem(response, 503, "database_unavailable", [])
    assert response.headers["retry-after"] == "1"
    assert (await api.send("GET", "/v1/health", token="")).json() == {"status": "ok"}
    ready = await api.send("GET", "/v1/ready", token="")
    assert (ready.status_code, ready.json()["database"]) == (503, "database_unavailable")


def org_path(api: Api) -> str:
    return str(api.org.org.log_name.split("/")[1])
