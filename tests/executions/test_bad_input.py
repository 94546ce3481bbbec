"""Whatever is sent that should not be is a problem with a code and a place, and nothing of it is stored."""

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import asyncpg
import pytest
import pytest_asyncio

from actum.platform.limits import REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX
from actum_core.limits import EVENT_BYTES_MAX, NAME_LENGTH_MAX

from ..serving import assert_problem
from .live import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

START, EVENTS = "/v1/executions", "/v1/executions/{id}/events"
PAUSE, REPLAY = "/v1/executions/{id}/pause", "/v1/executions/{id}/replay"
ADD: dict[str, Any] = {"type": "add", "data": {"amount": 1}}
JSON = "application/json"
CLOUD, CLOUDS = "application/cloudevents+json", "application/cloudevents-batch+json"

MALFORMED, INVALID = (400, "malformed_json"), (422, "invalid_request")
TOO_LARGE, UNSUPPORTED = (413, "body_too_large"), (415, "unsupported_media_type")
PARAMETER, NOT_FOUND = (400, "invalid_parameter"), (404, "not_found")


class Bad(NamedTuple):
    """A request and what it must be told; the body is bytes, or a value that is written as JSON."""

    path: str
    body: Any
    refusal: tuple[int, str]
    places: list[tuple[str, str]] | None = None
    content_type: str = JSON
    headers: dict[str, str] = {}


def event(**members: Any) -> dict[str, Any]:
    return {**ADD, **members}


def deep(levels: int) -> bytes:
    return b'{"type":"add","data":' + b"[" * levels + b"]" * levels + b"}"


JSON_TEXTS: dict[str, tuple[bytes, str, str]] = {
    "nothing but space": (b"  ", "", "syntax"),
    "cut off": (b'{"type":"add"', "", "syntax"),
    "a trailing comma": (b'{"type":"add",}', "", "syntax"),
    "single quotes": (b"{'type':'add'}", "", "syntax"),
    "a comment": (b'{"type":"add"}//', "", "syntax"),
    "two values": (b'{"type":"add"}{}', "", "syntax"),
    "a duplicate key": (b'{"type":"add","data":{"a":1,"a":1}}', "/data/a", "duplicate_key"),
    "a duplicate key by escape": (b'{"type":"add","\\u0074ype":"add"}', "/type", "duplicate_key"),
    "NaN": (b'{"type":"add","data":{"amount":NaN}}', "/data/amount", "not_finite"),
    "infinity": (b'{"type":"add","data":{"amount":-Infinity}}', "/data/amount", "not_finite"),
    "a number beyond doubles": (b'{"type":"add","data":{"amount":1e999}}', "/data/amount", "not_finite"),
    "a huge integer": (b'{"type":"add","data":[9007199254740992]}', "/data/0", "integer_out_of_range"),
    "a million digits": (b'{"type":"add","data":' + b"9" * 200_000 + b"}", "/data", "integer_out_of_range"),
    "an inexact double": (b'{"type":"add","data":{"amount":1e20}}', "/data/amount", "integer_out_of_range"),
    "a leading zero": (b'{"type":"add","data":01}', "", "syntax"),
    "a lone surrogate": (b'{"type":"add","data":"\\ud800"}', "/data", "lone_surrogate"),
    "a lone surrogate in a key": (b'{"type":"add","data":{"\\udfff":1}}', "/data", "lone_surrogate"),
    "a raw control character": (b'{"type":"a\ndd"}', "/type", "syntax"),
    "too deep": (deep(64), "/data" + "/0" * 63, "too_deep"),
    "much too deep": (deep(100_000), "/data" + "/0" * 63, "too_deep"),
    "not UTF-8": (b'{"type":"\xff"}', "", "not_utf8"),
    "UTF-16": ('{"type":"add"}'.encode("utf-16"), "", "not_utf8"),
    "a byte order mark": (b'\xef\xbb\xbf{"type":"add"}', "", "syntax"),
}

EVENT_FORMS: dict[str, Bad] = {
    "a text": Bad(EVENTS, "add", INVALID, [("", "wrong_type")]),
    "null": Bad(EVENTS, None, INVALID, [("", "wrong_type")]),
    "no type": Bad(EVENTS, {"data": {}}, INVALID, [("", "member_missing")]),
    "type is null": Bad(EVENTS, {"type": None}, INVALID, [("/type", "invalid_name")]),
    "type is an array": Bad(EVENTS, event(type=["add"]), INVALID, [("/type", "invalid_name")]),
    "type is empty": Bad(EVENTS, event(type=""), INVALID, [("/type", "invalid_name")]),
    "type with a NUL": Bad(EVENTS, event(type="add\0"), INVALID, [("/type", "invalid_name")]),
    "type with a line's end": Bad(EVENTS, event(type="a\nb"), INVALID, [("/type", "invalid_name")]),
    "id with a NUL": Bad(EVENTS, event(id="\0"), INVALID, [("/id", "invalid_name")]),
    "id is null": Bad(EVENTS, event(id=None), INVALID, [("/id", "invalid_name")]),
    "id is a number": Bad(EVENTS, event(id=7), INVALID, [("/id", "invalid_name")]),
    "id is too long": Bad(EVENTS, event(id="x" * (NAME_LENGTH_MAX + 1)), INVALID, [("/id", "invalid_name")]),
    "source with a space": Bad(EVENTS, event(source="command pause"), INVALID, [("/source", "invalid_name")]),
    "source is empty": Bad(EVENTS, event(source=""), INVALID, [("/source", "invalid_name")]),
    "unknown member": Bad(EVENTS, event(**{"a/b~": 1}), INVALID, [("/a~1b~0", "unknown_member")]),
    "expectedSeq is a text": Bad(EVENTS, event(expectedSeq="3"), INVALID, [("/expectedSeq", "wrong_type")]),
    "expectedSeq is negative": Bad(EVENTS, event(expectedSeq=-1), INVALID, [("/expectedSeq", "wrong_type")]),
    "expectedSeq is true": Bad(EVENTS, event(expectedSeq=True), INVALID, [("/expectedSeq", "wrong_type")]),
    "expectedSeq is a fraction": Bad(
        EVENTS, event(expectedSeq=1.5), INVALID, [("/expectedSeq", "wrong_type")]
    ),
    "occurredAt is a number": Bad(EVENTS, event(occurredAt=0), INVALID, [("/occurredAt", "invalid_time")]),
    "occurredAt is too long": Bad(
        EVENTS, event(occurredAt="2" * 9_999), INVALID, [("/occurredAt", "invalid_time")]
    ),
    "an empty batch": Bad(EVENTS, [], INVALID, [("", "batch_size")]),
    "too many events": Bad(EVENTS, [{"type": "a"}] * (REQUEST_EVENTS_MAX + 1), INVALID, [("", "batch_size")]),
    "an event too large": Bad(
        EVENTS, event(data="x" * (EVENT_BYTES_MAX - 1)), INVALID, [("/data", "too_large")]
    ),
    "a body too large": Bad(EVENTS, b" " * (REQUEST_BYTES_MAX + 1), TOO_LARGE),
    "a schema's violation": Bad(EVENTS, event(data={"amount": []}), (422, "event_invalid")),
    "a batch as one CloudEvent": Bad(EVENTS, [ADD], INVALID, [("", "wrong_type")], CLOUD),
    "one CloudEvent as a batch": Bad(EVENTS, ADD, INVALID, [("", "batch_size")], CLOUDS),
    "a CloudEvent without a version": Bad(EVENTS, ADD, INVALID, [("", "member_missing")], CLOUD),
    "a CloudEvent of text": Bad(
        *(EVENTS, b"hello", UNSUPPORTED, [], "text/plain"),
        {"ce-specversion": "1.0", "ce-id": "a", "ce-source": "s", "ce-type": "add"},
    ),
    "a header with a NUL": Bad(
        *(EVENTS, {"amount": 1}, INVALID, [("/id", "invalid_name")], JSON),
        {"ce-specversion": "1.0", "ce-id": "%00", "ce-source": "s", "ce-type": "add"},
    ),
    "no content type": Bad(EVENTS, ADD, UNSUPPORTED, content_type=""),
    "text": Bad(EVENTS, ADD, UNSUPPORTED, content_type="text/plain"),
    "a form": Bad(EVENTS, b"type=add", UNSUPPORTED, content_type="application/x-www-form-urlencoded"),
    "JSON in another charset": Bad(
        EVENTS, ADD, UNSUPPORTED, content_type="application/json; charset=latin-1"
    ),
    "no body": Bad(EVENTS, b"", MALFORMED),
    "an unknown parameter": Bad(
        EVENTS + "?atomic=true&force=1", ADD, PARAMETER, [("/query/force", "unknown_parameter")]
    ),
    "an atomic that is neither": Bad(EVENTS + "?atomic=1", ADD, PARAMETER, [("/query/atomic", "bad_value")]),
    "an empty key": Bad(EVENTS, ADD, (400, "invalid_idempotency_key"), [], JSON, {"idempotency-key": ""}),
    "a long key": Bad(
        EVENTS, ADD, (400, "invalid_idempotency_key"), [], JSON, {"idempotency-key": "k" * 256}
    ),
}

NAMES: dict[str, Bad] = {
    name: Bad(f"/v1/executions/{name}/events", ADD, NOT_FOUND)
    for name in (
        *("%00", "%0a", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%252e%252e", "*", "%25", "'%20OR%20''='"),
        *(
            "exe_",
            "exe_zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "exe_01kjmma2kve208cn5ba6drhtdd",
            "%ff%fe",
            "%F0%9F%98%80",
        ),
        *("EXE_01KJMMA2KVE208CN5BA6DRHTDD", "tpl_01kjmma2kve208cn5ba6drhtdd", "x" * 5_000, "null", "-1"),
    )
}

OTHER_ROUTES: dict[str, Bad] = {
    "start: no body": Bad(START, b"", (400, "body_missing")),
    "start: an array": Bad(START, [], INVALID, [("", "bad_value")]),
    "start: no template": Bad(START, {}, INVALID, [("/template", "missing_field")]),
    "start: template is a number": Bad(START, {"template": 1}, INVALID, [("/template", "bad_value")]),
    "start: template with a NUL": Bad(START, {"template": "a\0"}, INVALID, [("/template", "bad_value")]),
    "start: template is a path": Bad(START, {"template": "../../counter"}, NOT_FOUND),
    "start: a version too large": Bad(
        START, {"template": "counter", "version": 2**31}, INVALID, [("/version", "bad_value")]
    ),
    "start: version nought": Bad(
        START, {"template": "counter", "version": 0}, INVALID, [("/version", "bad_value")]
    ),
    "start: version that is not there": Bad(START, {"template": "counter", "version": 99}, NOT_FOUND),
    "start: version is true": Bad(
        START, {"template": "counter", "version": True}, INVALID, [("/version", "bad_value")]
    ),
    "start: input is an array": Bad(
        START, {"template": "counter", "input": []}, INVALID, [("/input", "bad_value")]
    ),
    "start: an externalId with a NUL": Bad(
        START, {"template": "counter", "externalId": "a\0"}, INVALID, [("/externalId", "bad_value")]
    ),
    "start: an externalId like an id": Bad(
        START, {"template": "counter", "externalId": "exe_1"}, INVALID, [("/externalId", "bad_value")]
    ),
    "start: an externalId that is empty": Bad(
        START, {"template": "counter", "externalId": ""}, INVALID, [("/externalId", "bad_value")]
    ),
    "start: an unknown member": Bad(
        START, {"template": "counter", "inputs": {}}, INVALID, [("/inputs", "unknown_field")]
    ),
    "start: start is a text": Bad(
        START, {"template": "counter", "start": "no"}, INVALID, [("/start", "bad_value")]
    ),
    "start: text": Bad(START, {"template": "counter"}, UNSUPPORTED, content_type="text/plain"),
    "start: a lone surrogate": Bad(
        START,
        b'{"template":"counter","metadata":{"a":"\\ud800"}}',
        MALFORMED,
        [("/metadata/a", "lone_surrogate")],
    ),
    "start: an input too large": Bad(
        START, {"template": "counter", "input": {"x": "x" * 1024 * 1024}}, (422, "payload_too_large")
    ),
    "start: much too large": Bad(START, b" " * (4 * 1024 * 1024 + 1), TOO_LARGE),
    "pause: no body": Bad(PAUSE, b"", (400, "body_missing")),
    "pause: reason is a number": Bad(PAUSE, {"reason": 1}, INVALID, [("/reason", "bad_value")]),
    "pause: reason with a NUL": Bad(PAUSE, {"reason": "\0"}, INVALID, [("/reason", "bad_value")]),
    "pause: reason is too long": Bad(PAUSE, {"reason": "x" * 2_001}, INVALID, [("/reason", "bad_value")]),
    "pause: an unknown member": Bad(PAUSE, {"why": ""}, INVALID, [("/why", "unknown_field")]),
    "pause: a wrong key": Bad(
        PAUSE, {}, (400, "invalid_idempotency_key"), [], JSON, {"idempotency-key": " "}
    ),
    "replay: upToSeq is negative": Bad(REPLAY, {"upToSeq": -1}, INVALID, [("/upToSeq", "bad_value")]),
    "replay: upToSeq is a text": Bad(REPLAY, {"upToSeq": "1"}, INVALID, [("/upToSeq", "bad_value")]),
    "replay: upToSeq is beyond": Bad(REPLAY, {"upToSeq": 2**53 - 1}, (422, "replay_beyond_head")),
    "replay: a snapshot that is no text": Bad(
        REPLAY, {"fromSnapshotId": 1}, INVALID, [("/fromSnapshotId", "bad_value")]
    ),
    "pause: another's name": Bad("/v1/executions/%00/pause", {}, NOT_FOUND),
    "replay: another's name": Bad("/v1/executions/%00/replay", {}, NOT_FOUND),
    "check: another's name": Bad("/v1/executions/%00/ledger/check", {}, NOT_FOUND),
    "snapshot: another's name": Bad("/v1/executions/%00/snapshots", {}, NOT_FOUND),
}

TABLE: dict[str, Bad] = {
    **{
        f"JSON: {name}": Bad(EVENTS, body, MALFORMED, [(p, code)])
        for name, (body, p, code) in JSON_TEXTS.items()
    },
    **{f"event: {name}": bad for name, bad in EVENT_FORMS.items()},
    **{f"name: {name[:40]}": bad for name, bad in NAMES.items()},
    **OTHER_ROUTES,
}


class Server(NamedTuple):
    """A server, an execution that stands ready, and a look at every table."""

    live: Live
    execution: str
    superuser: asyncpg.Connection

    async def count_rows(self) -> dict[str, int]:
        names = await self.superuser.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {
            row["tablename"]: await self.superuser.fetchval(f"SELECT count(*) FROM {row['tablename']}")
            for row in names
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(shared: Live) -> AsyncIterator[Server]:
    superuser = await asyncpg.connect(shared.superuser_url)
    yield Server(shared, await shared.start(), superuser)
    await superuser.close()


@pytest.mark.parametrize("name", TABLE)
async def test_bad_input_is_a_problem_and_stores_nothing(server: Server, name: str) -> None:
    bad = TABLE[name]
    before = await server.count_rows()
    assert len(before) >= 13
    body = bad.body if isinstance(bad.body, bytes) else json.dumps(bad.body).encode()
    headers = {"authorization": f"Bearer {server.live.api.admin}", **bad.headers}
    if bad.content_type:
        headers["content-type"] = bad.content_type

    answer = await server.live.api.http.post(
        bad.path.replace("{id}", server.execution), content=body, headers=headers
    )

    assert answer.status_code == bad.refusal[0], answer.text[:1_000]
    if ".." not in answer.request.url.path:  # the client itself takes these out of a path
        assert_problem(answer, *bad.refusal, bad.places)
    assert await server.count_rows() == before
    assert (await server.live.execution(server.execution))["seq"] == 3


async def test_what_is_at_the_bounds_is_taken(server: Server) -> None:
    """The table above is of what is one past them."""
    live = server.live
    document = {
        "format": "actum/1",
        "name": "bounds",
        "machine": {"initial": "a", "states": {"a": {"on": {"e": {"actions": []}}}}},
    }
    await live.publish(document)
    execution = str((await live.ask("/v1/executions", {"template": "bounds"}))["id"])
    name = "\U0001f600" * NAME_LENGTH_MAX
    largest = {"type": "e", "id": name, "source": name, "data": "x" * (EVENT_BYTES_MAX - 2)}

    one = await live.post(execution, largest)
    many = await live.post(execution, [{"type": "e"}] * REQUEST_EVENTS_MAX)
    wide = json.dumps({"type": "e"}).encode()
    widest = await live.post(execution, wide + b" " * (REQUEST_BYTES_MAX - len(wide)))
    deepest = await live.post(execution, b'{"type":"e","data":' + b"[" * 63 + b"]" * 63 + b"}")
    key = await live.post(execution, {"type": "e"}, key="k" * 255)

    assert [answer.status_code for answer in (one, many, widest, deepest, key)] == [200] * 5
    assert many.json()["accepted"] == REQUEST_EVENTS_MAX
    await live.assert_whole(execution)
