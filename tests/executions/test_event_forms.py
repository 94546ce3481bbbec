"""Whatever form events are posted in, they become the same: plain, arrays, and CloudEvents 1.0 in three ways."""

import json
from typing import Any

import pytest

from ..serving import assert_problem
from .live import Live

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOUD = {
    "specversion": "1.0",
    "id": "a",
    "source": "/meters/7",
    "type": "add",
    "time": "2026-03-01T12:00:00Z",
    "subject": "north",
    "partition": 3,
    "data": {"amount": 2},
}
BINARY = {"ce-specversion": "1.0", "ce-id": "a", "ce-source": "/meters/7", "ce-type": "add"}


async def recorded(live: Live, execution: str) -> dict[str, Any]:
    """The payload of the first event's entry."""
    return next(dict(entry["payload"]) for entry in await live.ledger(execution) if entry["kind"] == "event")


async def test_a_structured_cloud_event_is_taken_with_its_attributes(shared: Live) -> None:
    execution = await shared.start()

    answer = await shared.post(
        execution, CLOUD, headers={"content-type": "application/cloudevents+json; charset=utf-8"}
    )

    assert answer.json()["outcome"] == "applied"
    assert await recorded(shared, execution) == {
        "data": {"amount": 2},
        "extensions": {"partition": 3, "subject": "north"},
        "id": "a",
        "occurredAt": "2026-03-01T12:00:00.000000Z",
        "source": "/meters/7",
        "type": "add",
    }


async def test_a_binary_cloud_event_is_read_from_its_headers(shared: Live) -> None:
    execution = await shared.start()
    headers = {**BINARY, "ce-id": "caf%C3%A9%25", "ce-time": "2026-03-01T12:00:00Z", "ce-subject": "a%20b"}

    answer = await shared.post(execution, {"amount": 2}, headers=headers)

    assert answer.json()["id"] == "café%"
    said = await recorded(shared, execution)
    assert (said["data"], said["extensions"]) == ({"amount": 2}, {"subject": "a b"})
    assert said["occurredAt"] == "2026-03-01T12:00:00.000000Z"


async def test_a_binary_cloud_event_may_have_no_data(shared: Live) -> None:
    execution = await shared.start()
    headers = {**BINARY, "ce-type": "stop"}

    response = await shared.api.http.post(
        f"/v1/executions/{execution}/events",
        headers={**headers, "authorization": f"Bearer {shared.api.admin}"},
    )

    assert response.json()["configuration"] == ["done"]


async def test_the_same_event_in_two_forms_is_a_repeat_only_with_the_same_attributes(shared: Live) -> None:
    execution = await shared.start()
    plain = {"type": "add", "id": "a", "source": "/meters/7", "data": {"amount": 2}}
    await shared.post(execution, plain)

    same = await shared.post(execution, {"amount": 2}, headers=BINARY)
    more = await shared.post(execution, {"amount": 2}, headers={**BINARY, "ce-subject": "north"})

    assert same.json()["duplicate"] is True
    assert_problem(more, 422, "idempotency_key_reused")


async def test_a_batch_of_cloud_events_is_answered_event_by_event(shared: Live) -> None:
    execution = await shared.start()
    events = [CLOUD, {**CLOUD, "id": "b", "type": "nothing"}, {**CLOUD, "id": "c", "specversion": "0.3"}]

    answer = await shared.post(
        execution, events, headers={"content-type": "application/cloudevents-batch+json"}
    )

    told = answer.json()
    assert (told["accepted"], told["refused"]) == (1, 2)
    assert [each.get("code") for each in told["data"]] == [None, "event_invalid", "invalid_request"]
    assert [each["errors"][0]["pointer"] for each in told["data"][1:]] == ["/1/type", "/2/specversion"]


#: What is wrong with a CloudEvent: what is changed (None: left out), and the pointer and code told.
WRONG = [
    ({"id": None}, "", "member_missing"),
    ({"source": None}, "", "member_missing"),
    ({"type": None}, "", "member_missing"),
    ({"specversion": None}, "", "member_missing"),
    ({"specversion": "1.1"}, "/specversion", "unsupported"),
    ({"id": ""}, "/id", "invalid_name"),
    ({"source": "a b"}, "/source", "invalid_name"),
    ({"type": 3}, "/type", "invalid_name"),
    ({"time": "yesterday"}, "/time", "invalid_time"),
    ({"data_base64": "AA=="}, "/data_base64", "unsupported"),
    ({"Subject": "x"}, "/Subject", "wrong_type"),
    ({"subject": ["x"]}, "/subject", "wrong_type"),
    ({"subject": 1.5}, "/subject", "wrong_type"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), WRONG)
async def test_a_wrong_cloud_event_is_refused_with_its_place(
    shared: Live, change: dict[str, Any], pointer: str, code: str
) -> None:
    execution = await shared.start()
    event = {name: value for name, value in {**CLOUD, **change}.items() if value is not None}

    answer = await shared.post(execution, event, headers={"content-type": "application/cloudevents+json"})

    assert_problem(answer, 422, "invalid_request", [(pointer, code)])


async def test_a_header_that_cannot_be_read_is_refused_and_not_guessed(shared: Live) -> None:
    execution = await shared.start()

    for value in ("%ff", "caf\xe9".encode("latin-1")):
        answer = await shared.post(execution, {"amount": 2}, headers={**BINARY, "ce-id": value})
        assert_problem(answer, 400, "invalid_parameter", [("/header/ce-id", "bad_value")])


async def test_data_in_a_binary_event_leaves_room_for_what_surrounds_it(shared: Live) -> None:
    """What is recorded holds the data one level deeper, and must be readable for ever."""
    await shared.publish(
        {
            "format": "actum/1",
            "name": "any",
            "machine": {"initial": "a", "states": {"a": {"on": {"add": {"actions": []}}}}},
        }
    )
    execution = str((await shared.ask("/v1/executions", {"template": "any"}))["id"])
    answers = []
    for depth in (63, 64):
        body = b"[" * depth + b"1" + b"]" * depth
        answers.append(await shared.post(execution, body, headers={**BINARY, "ce-id": str(depth)}))

    assert answers[0].json()["outcome"] == "applied"
    assert_problem(answers[1], 422, "invalid_request", [("/data", "too_deep")])
    assert len((await shared.get(f"/v1/executions/{execution}/events"))["data"]) == 1
    await shared.assert_whole(execution)


async def test_a_batch_takes_what_is_right_and_names_what_is_wrong(shared: Live) -> None:
    execution = await shared.start()
    events = [
        {"type": "add", "data": {"amount": 1}},
        {"type": "add", "data": {"amount": "one"}},
        {"type": "nothing"},
        {"typ": "add"},
        7,
        {"type": "spin"},
        {"type": "add", "data": {"amount": 2}},
    ]

    told = (await shared.post(execution, events)).json()

    assert (told["accepted"], told["refused"]) == (3, 4)
    assert [(each.get("outcome"), each.get("code")) for each in told["data"]] == [
        ("applied", None),
        (None, "event_invalid"),
        (None, "event_invalid"),
        (None, "invalid_request"),
        (None, "invalid_request"),
        ("failed", None),
        ("applied", None),
    ]
    places = [each["errors"][0]["pointer"] for each in told["data"] if each["object"] == "problem"]
    assert places == ["/1/data/amount", "/2/type", "/3/typ", "/4"]
    assert (await shared.state(execution))["vars"]["sum"] == 3
    await shared.assert_whole(execution)


#: The third event of an atomic batch, and what is told of the three. None is an event that was recorded.
ATOMIC = [
    ({"type": "add", "data": {"amount": 3}}, [None, None, None]),
    ({"type": "spin"}, [None, None, None]),
    ({"type": "add", "data": {"amount": "x"}}, ["not_recorded", "not_recorded", "event_invalid"]),
    (
        {"type": "add", "expectedSeq": 1, "data": {"amount": 3}},
        ["not_recorded", "not_recorded", "sequence_conflict"],
    ),
    ({"typ": "add"}, ["not_recorded", "not_recorded", "invalid_request"]),
]


@pytest.mark.parametrize(("third", "codes"), ATOMIC)
async def test_an_atomic_batch_is_recorded_whole_or_not_at_all(
    shared: Live, third: dict[str, Any], codes: list[str | None]
) -> None:
    execution = await shared.start()
    ledger = await shared.ledger(execution)
    events = [{"type": "add", "id": str(n), "data": {"amount": n}} for n in (1, 2)]

    told = (await shared.send(f"/v1/executions/{execution}/events?atomic=true", [*events, third])).json()

    assert [each.get("code") for each in told["data"]] == codes
    is_recorded = codes[0] is None
    assert (await shared.ledger(execution) == ledger) is not is_recorded
    # What was rolled back was never there: its names are free.
    after = (await shared.post(execution, events)).json()
    assert [each["duplicate"] for each in after["data"]] == [is_recorded] * 2
    await shared.assert_whole(execution)


async def test_an_event_recorded_before_keeps_its_answer_in_an_atomic_batch_that_is_refused(
    shared: Live,
) -> None:
    execution = await shared.start()
    old = {"type": "add", "id": "old", "data": {"amount": 1}}
    first = (await shared.post(execution, old)).json()

    events = [old, {"type": "add", "id": "new", "data": {"amount": 1}}, {"type": "nothing"}]
    told = (await shared.send(f"/v1/executions/{execution}/events?atomic=true", events)).json()["data"]

    assert told[0] == {**first, "duplicate": True}
    assert [each["code"] for each in told[1:]] == ["not_recorded", "event_invalid"]


#: A time as it is sent, and as it is kept; None: refused.
TIMES = [
    ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000000Z"),
    ("2026-03-01t12:00:00z", "2026-03-01T12:00:00.000000Z"),
    ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000000Z"),
    ("2026-03-01T00:30:00.5-01:30", "2026-03-01T02:00:00.500000Z"),
    ("2026-03-01T12:00:00.123456789Z", "2026-03-01T12:00:00.123456Z"),
    ("2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ("0001-01-01T00:00:00+00:01", None),
    ("9999-12-31T23:59:59-00:01", None),
    ("2026-02-29T12:00:00Z", None),
    ("2026-03-01T24:00:00Z", None),
    ("2026-03-01T23:59:60Z", None),
    ("2026-03-01 12:00:00Z", None),
    ("2026-03-01T12:00:00", None),
    ("2026-03-01", None),
    ("２026-03-01T12:00:00Z", None),
    ("", None),
    (1_772_366_400, None),
]


@pytest.mark.parametrize(("sent", "kept"), TIMES)
async def test_a_time_is_kept_in_one_form(shared: Live, sent: Any, kept: str | None) -> None:
    execution = await shared.start()

    answer = await shared.post(execution, {"type": "add", "occurredAt": sent, "data": {"amount": 1}})

    if kept is None:
        assert_problem(answer, 422, "invalid_request", [("/occurredAt", "invalid_time")])
    else:
        assert (await recorded(shared, execution))["occurredAt"] == kept
        [listed] = (await shared.get(f"/v1/executions/{execution}/events"))["data"]
        assert listed["occurredAt"] == kept


async def test_an_event_that_the_template_does_not_know_is_refused(shared: Live) -> None:
    execution = await shared.start()
    ledger = await shared.ledger(execution)

    for name in ("nothing", "error.execution", "done.state.done", "add.more"):
        answer = await shared.post(execution, {"type": name})
        assert_problem(answer, 422, "event_invalid", [("/type", "unknown_event")])

    assert await shared.ledger(execution) == ledger


async def test_a_template_may_ignore_what_it_does_not_know(shared: Live) -> None:
    document = {
        "format": "actum/1",
        "name": "tolerant",
        "unknown_events": "ignore",
        "events": {"go": {}},
        "rules": [{"id": "all", "on": "*", "emit": "seen"}],
        "machine": {"initial": "a", "states": {"a": {"on": {"*": "b"}}, "b": {}}},
    }
    await shared.publish(document)
    execution = str((await shared.ask("/v1/executions", {"template": "tolerant"}))["id"])

    answer = await shared.ask(f"/v1/executions/{execution}/events", {"type": "nothing"})

    assert (answer["outcome"], answer["configuration"], answer["seq"]) == (
        "applied",
        ["a"],
        answer["firstSeq"],
    )
    await shared.assert_whole(execution)


async def test_data_that_its_schema_does_not_allow_is_refused_with_pointers(shared: Live) -> None:
    execution = await shared.start()

    missing = await shared.post(execution, {"type": "add", "data": {}})
    wrong = await shared.post(execution, {"type": "add", "data": {"amount": "1"}})
    absent = await shared.post(execution, {"type": "add"})
    null = await shared.post(execution, {"type": "add", "data": None})

    assert [each["pointer"] for each in missing.json()["errors"]] == ["/data/amount"]
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/data/amount"]
    assert {each.json()["code"] for each in (missing, wrong, absent, null)} == {"event_invalid"}


async def test_long_numbers_and_odd_texts_are_recorded_as_they_are_run(shared: Live) -> None:
    """The engine runs on the parse of what is recorded, so what is replayed is what ran."""
    execution = await shared.start()
    body = b'{"type":"add","data":{"amount":1.50e1,"z":"\\u00e9\\u0000","\\ud83d\\ude00":[1E2,-0.0,0.1]}}'

    await shared.post(execution, body)

    said = await recorded(shared, execution)
    assert json.dumps(said["data"], ensure_ascii=True) == json.dumps(
        {"amount": 15, "z": "é\0", "😀": [100, 0, 0.1]}, ensure_ascii=True
    )
    assert (await shared.state(execution))["vars"]["sum"] == 15
    await shared.assert_whole(execution)


#: Names that mean something to somebody on their way: to JSON, to SQL, to an array written as text, to a URL.
NAMES = [
    "NULL",
    "null",
    "{}",
    '{"a,b"}',
    "a,b",
    '"',
    "\\",
    '\\"',
    "'",
    "$1",
    "%00",
    "--",
    "é\u0301",
    "\U0001f600",
    "\ufffd",
]


async def test_any_name_comes_back_as_it_was_sent(shared: Live) -> None:
    execution = await shared.start()
    events = [
        {"type": "add", "id": f"{n}", "source": n, "data": {"amount": 1, "note": n + "\t\0"}} for n in NAMES
    ]

    single = [(await shared.post(execution, event)).json() for event in events]
    batch = (await shared.post(execution, [{**event, "id": f"{event['id']}x"} for event in events])).json()

    listed = (await shared.get(f"/v1/executions/{execution}/events?limit=100"))["data"]
    assert [each["source"] for each in (*single, *batch["data"])] == NAMES * 2
    assert [(each["id"], each["source"], each["data"]["note"]) for each in listed] == [
        *((n, n, n + "\t\0") for n in NAMES),
        *((n + "x", n, n + "\t\0") for n in NAMES),
    ]
    again = [(await shared.post(execution, event)).json() for event in events]
    assert again == [{**each, "duplicate": True} for each in single]
    await shared.assert_whole(execution)
