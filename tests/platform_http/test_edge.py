"""What every answer carries and what is told to whoever runs the server."""

import re

import pytest
import structlog

from actum.orgs.access import Permission
from actum.platform.limits import REQUEST_ID_LENGTH_MAX
from actum.platform.problems import refuse
from actum_core.errors import ActumError

from ..serving import Api

OURS = re.compile(r"req_[0-9a-z]{26}")

#: A Request-Id as it is sent, and whether it is kept.
REQUEST_IDS = [
    ("abc-123", True),
    ("7f9c.8:1/2+3=", True),
    ("a" * REQUEST_ID_LENGTH_MAX, True),
    ("a" * (REQUEST_ID_LENGTH_MAX + 1), False),
    ("", False),
    ("has space", False),
    ('quote"', False),
    ("-leading", False),
]


@pytest.mark.parametrize(("sent", "is_kept"), REQUEST_IDS)
async def test_a_sane_request_id_is_kept_and_another_replaced(api: Api, sent: str, is_kept: bool) -> None:
    response = await api.send("GET", "/v1/health", headers={"request-id": sent})
    if is_kept:
        assert response.headers["request-id"] == sent
    else:
        assert OURS.fullmatch(response.headers["request-id"])


@pytest.mark.parametrize("path", ["/v1/health", "/v1/orgs", "/v1/nothing", "/v1/openapi.json"])
async def test_every_answer_has_a_request_id_of_its_own(api: Api, path: str) -> None:
    first, second = [await api.send("GET", path, token="") for _ in range(2)]
    assert OURS.fullmatch(first.headers["request-id"])
    assert first.headers["request-id"] != second.headers["request-id"]


async def test_the_line_of_a_request_says_whose_it_was_and_what_became_of_it(api: Api) -> None:
    with structlog.testing.capture_logs() as lines:
        await api.send("GET", "/v1/templates/nothing", headers={"request-id": "mine"})
        await api.send("GET", "/v1/nothing", token="", headers={"request-id": "nobody's"})
    known, unknown = [line for line in lines if line["event"] == "request"]
    assert known.pop("durationMs") > 0
    assert known == {
        "event": "request",
        "log_level": "info",
        "requestId": "mine",
        "orgId": api.org.org.log_name.split("/")[1],
        "method": "GET",
        "path": "/v1/templates/nothing",
        "route": "/v1/templates/{template}",
        "status": 404,
    }
    assert "orgId" not in unknown
    assert OURS.fullmatch(unknown["requestId"])


async def test_a_request_that_fails_by_our_fault_leaves_its_traceback_with_its_id(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("actum.orgs.store.find_org", fail)
    with structlog.testing.capture_logs() as lines:
        await api.send("GET", "/v1/orgs", headers={"request-id": "mine"})
    [line] = [line for line in lines if line["log_level"] == "error"]
    assert (line["requestId"], str(line["exc_info"])) == ("mine", "boom")


async def test_metrics_count_by_route_and_never_by_org(api: Api) -> None:
    for name in ("one", "two"):
        await api.send("GET", f"/v1/templates/{name}")
    await api.http.request("BREW", "/v1/coffee")
    text = (await api.send("GET", "/v1/metrics", token="")).text
    route = 'method="GET",route="/v1/templates/{template}"'
    assert f'actum_http_requests_total{{{route},status="404"}} 2.0' in text
    assert 'method="(other)",route="(none)"' in text
    assert f"actum_http_request_duration_seconds_count{{{route}}} 2.0" in text
    assert api.org.org.slug not in text
    assert "/v1/coffee" not in text


async def test_the_document_is_served_to_anybody_and_says_what_each_route_needs(api: Api) -> None:
    document = (await api.send("GET", "/v1/openapi.json", token="")).json()
    assert document["openapi"].startswith("3.1")
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) >= 19
    for path, method, operation in operations:
        needed = operation.get("x-actum-permission")
        assert needed is None or needed in set(Permission), (path, method)
        assert operation["security"] == ([] if needed is None else [{"accessToken": []}])
        assert "default" in operation["responses"]
    public = {path for path, _, operation in operations if not operation["security"]}
    assert public == {"/v1/health", "/v1/ready", "/v1/metrics"}


async def test_a_server_that_is_stopping_is_alive_but_not_ready(api: Api) -> None:
    ready = await api.send("GET", "/v1/ready", token="")
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ready", "database": "ok", "migrations": "ok", "draining": False},
    )
    api.parts.drain.is_draining = True
    ready = await api.send("GET", "/v1/ready", token="")
    assert (ready.status_code, ready.json()["status"], ready.json()["draining"]) == (503, "not ready", True)
    assert (await api.send("GET", "/v1/health", token="")).status_code == 200


def test_an_error_without_a_status_is_told_as_ours_and_without_detail() -> None:
    class Surprise(ActumError):
        """Look into the vault."""

        code = "surprise"

    for error in (Surprise("the vault's number is 7"), ValueError("7"), KeyError("7")):
        refusal = refuse(error, "/v1/x", "req")
        assert refusal.status == 500
        assert b'"code":"internal_error"' in refusal.body
        assert b"7" not in refusal.body
        assert b"vault" not in refusal.body
