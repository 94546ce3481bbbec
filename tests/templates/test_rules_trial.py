"""Rules are tried on an event over HTTP: messages and cost come out, and nothing is stored."""

from typing import Any

import pytest

from actum_core.limits import EVENT_BYTES_MAX, NAME_LENGTH_MAX, STEP_COST_MAX
from actum_core.template import compile_template

from ..serving import Api, assert_problem
from .designs import COMPONENTS, TEMPLATES, changed, component, create, network, publish

RULES: list[dict[str, Any]] = [
    {
        "id": "big",
        "on": "read",
        "when": "event.data.kwh > vars.limit",
        "emit": [{"message": "spike", "data": {"kwh": "=event.data.kwh", "site": "=input.site"}}, "seen"],
    },
    {
        "id": "broken",
        "on": "read",
        "when": "event.data.kwh > 99",
        "emit": {"message": "x", "data": "=event.data.no"},
    },
    {
        "id": "tone",
        "on": "said",
        "kind": "ai",
        "model": "small",
        "extract": {"name": {"regex": "I am ([a-z]+)", "from": "=event.data.text", "group": 1}},
        "prompt": "{{extract.name}} says: {{event.data.text}}",
        "output": {"type": "object"},
        "emit": "toned",
    },
    {
        "id": "when",
        "on": "asked",
        "emit": {"message": "told", "data": "=[event.id, event.source, string(now)]"},
    },
]

TEMPLATE: dict[str, Any] = {
    "format": "actum/1",
    "name": "meter",
    "input": {"type": "object", "properties": {"site": {"type": "string"}}},
    "vars": {"limit": {"type": "int", "initial": 10}},
    "events": {
        "read": {
            "schema": {"type": "object", "required": ["kwh"], "properties": {"kwh": {"type": "number"}}}
        },
        "said": {},
        "asked": {},
        "other": {},
    },
    "rules": RULES,
    "machine": {
        "initial": "on",
        "states": {"on": {"on": {"spike": "on", "seen": "on", "x": "on", "toned": "on"}}},
    },
}


def message(rule: str, name: str, data: Any = None) -> dict[str, Any]:
    return {"rule": rule, "message": {"name": name, "data": data}, "failure": None, "request": None}


SPIKE = message("big", "spike", {"kwh": 42, "site": "north"})

#: What is sent beside the document, and what the rules come to.
TRIALS: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    (
        "a rule with two messages",
        {"event": {"type": "read", "data": {"kwh": 42}}, "input": {"site": "north"}},
        [SPIKE, message("big", "seen")],
    ),
    (
        "a rule that does not apply leaves the event as it is",
        {"event": {"type": "read", "data": {"kwh": 7}}},
        [message("", "read", {"kwh": 7})],
    ),
    (
        "variables that are given",
        {"event": {"type": "read", "data": {"kwh": 42}}, "vars": {"limit": 50}},
        [message("", "read", {"kwh": 42})],
    ),
    ("an event without rules", {"event": {"type": "other"}}, [message("", "other", {})]),
    (
        "a rule that fails holds no other back",
        {"event": {"type": "read", "data": {"kwh": 100}}, "input": {"site": "n"}},
        [
            message("big", "spike", {"kwh": 100, "site": "n"}),
            message("big", "seen"),
            {
                "rule": "broken",
                "message": None,
                "failure": {
                    "code": "no_such_field",
                    "message": "there is no field 'no'",
                    "place": "/rules/broken/emit/0/data",
                    "offset": 10,
                },
                "request": None,
            },
        ],
    ),
    (
        "what a model would be asked",
        {"event": {"type": "said", "data": {"text": "I am bob"}}},
        [
            {
                "rule": "tone",
                "message": None,
                "failure": None,
                "request": {"model": "small", "prompt": "bob says: I am bob", "schema": {"type": "object"}},
            }
        ],
    ),
    (
        "what the event says of itself",
        {
            "event": {"type": "asked", "id": "1", "source": "me"},
            "receivedAt": "2026-01-31T13:00:00.5+01:00",
        },
        [message("when", "told", ["1", "me", "2026-01-31T12:00:00.5Z"])],
    ),
    (
        "now is now when no time is given",
        {"event": {"type": "asked"}},
        [message("when", "told", ["", "", "2026-03-01T12:00:00.123456Z"])],
    ),
]


@pytest.mark.parametrize(("body", "expected"), [row[1:] for row in TRIALS], ids=[row[0] for row in TRIALS])
async def test_an_event_goes_in_and_messages_come_out(
    api: Api, body: dict[str, Any], expected: list[dict[str, Any]]
) -> None:
    response = await api.send("POST", "/v1/rules/test", {"document": TEMPLATE, **body})
    told = response.json()
    assert response.status_code == 200, told
    assert told["results"] == expected
    # Where no rule is looked at, nothing is spent.
    assert (told["cost"] > 0) == (body["event"]["type"] != "other")
    del told["results"], told["cost"]
    assert told == {
        "object": "rulesTrial",
        "programDigest": compile_template(TEMPLATE).digest,
        "isAccepted": True,
        "isIgnored": False,
        "problems": [],
        "warnings": [],
        "failed": None,
        "costMax": STEP_COST_MAX,
    }
    assert (await api.send("GET", TEMPLATES)).json()["data"] == []


async def test_published_versions_and_the_draft_are_tried(api: Api) -> None:
    await publish(api, TEMPLATES, TEMPLATE)
    strict = changed(TEMPLATE, vars={"limit": {"type": "int", "initial": 1000}})
    await api.send("PUT", f"{TEMPLATES}/meter", {"document": strict}, headers={"if-match": '"1"'})
    body = {"event": {"type": "read", "data": {"kwh": 42}}, "input": {"site": "north"}}
    results = {}
    for version in ("1", "draft"):
        response = await api.send("POST", f"{TEMPLATES}/meter/versions/{version}/rules/test", body)
        assert response.status_code == 200, response.text
        results[version] = [each["rule"] for each in response.json()["results"]]
    assert results == {"1": ["big", "big"], "draft": [""]}
    for version, status in (("2", 404), ("0", 400), ("latest", 400)):
        path = f"{TEMPLATES}/meter/versions/{version}/rules/test"
        assert (await api.send("POST", path, body)).status_code == status


async def test_an_event_that_would_be_refused_is_told_why(api: Api) -> None:
    for event, pointer, code in (
        ({"type": "read", "data": {}}, "/kwh", "schema_required"),
        ({"type": "unknown"}, "", "unknown_event"),
    ):
        told = (await api.send("POST", "/v1/rules/test", {"document": TEMPLATE, "event": event})).json()
        assert (told["isAccepted"], told["results"], told["cost"]) == (False, [], 0)
        assert [(each["pointer"], each["code"]) for each in told["problems"]] == [(pointer, code)]


async def test_an_event_that_the_template_ignores_comes_to_nothing(api: Api) -> None:
    document = changed(TEMPLATE, unknown_events="ignore")
    body = {"document": document, "event": {"type": "unknown"}}
    told = (await api.send("POST", "/v1/rules/test", body)).json()
    assert (told["isAccepted"], told["isIgnored"], told["results"]) == (True, True, [])


async def test_rules_cost_no_more_than_a_step_may(api: Api) -> None:
    costly = "[1,2,3,4,5,6,7,8,9,10].exists(a, [1,2,3,4,5,6,7,8,9,10].exists(b, " * 3 + "false" + "))" * 3
    rule = {"id": "costly", "on": "other", "when": costly, "emit": "x"}
    body = {"document": changed(TEMPLATE, rules=[rule]), "event": {"type": "other"}}
    told = (await api.send("POST", "/v1/rules/test", body)).json()
    assert (told["failed"]["code"], told["results"], told["cost"]) == ("cost_exceeded", [], STEP_COST_MAX)


async def test_rules_of_a_template_with_own_components_are_tried(api: Api) -> None:
    await publish(api, COMPONENTS, component())
    document = changed(network(), rules=[{"id": "all", "on": "go", "emit": "went"}])
    body = {"document": document, "event": {"type": "go", "data": 1}}
    told = (await api.send("POST", "/v1/rules/test", body)).json()
    assert told["results"] == [message("all", "went")]


EVENT = {"type": "other"}

#: A body of POST /v1/rules/test, and what is answered.
REFUSED: list[tuple[dict[str, Any], str, list[tuple[str, str]]]] = [
    ({"event": EVENT}, "invalid_request", [("/document", "missing_field")]),
    ({"document": TEMPLATE}, "invalid_request", [("/event", "missing_field")]),
    ({"document": TEMPLATE, "event": {}}, "invalid_request", [("/event/type", "missing_field")]),
    ({"document": TEMPLATE, "event": {"type": ""}}, "invalid_request", [("/event/type", "bad_value")]),
    (
        {"document": TEMPLATE, "event": {"type": "x" * (NAME_LENGTH_MAX + 1)}},
        "invalid_request",
        [("/event/type", "bad_value")],
    ),
    (
        {"document": TEMPLATE, "event": {**EVENT, "occurredAt": "yesterday"}},
        "invalid_request",
        [("/event/occurredAt", "bad_value")],
    ),
    ({"document": TEMPLATE, "event": EVENT, "more": 1}, "invalid_request", [("/more", "unknown_field")]),
    (
        {"document": TEMPLATE, "event": EVENT, "input": {"site": 1}},
        "invalid_request",
        [("/input/site", "schema_type")],
    ),
    (
        {"document": TEMPLATE, "event": EVENT, "vars": {}},
        "invalid_request",
        [("/vars/limit", "missing_field")],
    ),
    (
        {"document": TEMPLATE, "event": {**EVENT, "data": "x" * EVENT_BYTES_MAX}},
        "invalid_request",
        [("/event/data", "too_large")],
    ),
    (
        {"document": TEMPLATE, "event": EVENT, "receivedAt": "0001-01-01T00:00:00+14:00"},
        "invalid_request",
        [("/receivedAt", "bad_value")],
    ),
    (
        {"document": TEMPLATE, "event": {**EVENT, "occurredAt": "9999-12-31T23:59:59-14:00"}},
        "invalid_request",
        [("/event/occurredAt", "bad_value")],
    ),
    (
        {"document": component(), "event": EVENT},
        "invalid_request",
        [("/document/kind", "bad_value")],
    ),
    (
        {"document": {"format": "actum/1", "name": "a"}, "event": EVENT},
        "template_invalid",
        [("", "missing_field")],
    ),
]


@pytest.mark.parametrize(("body", "code", "errors"), REFUSED)
async def test_what_cannot_be_tried_is_refused(
    api: Api, body: dict[str, Any], code: str, errors: list[tuple[str, str]]
) -> None:
    assert_problem(await api.send("POST", "/v1/rules/test", body), 422, code, errors)


async def test_a_draft_with_errors_is_refused_with_them(api: Api) -> None:
    await create(api, TEMPLATES, changed(TEMPLATE, machine={"initial": "no", "states": {"a": {}}}))
    path = f"{TEMPLATES}/meter/versions/draft/rules/test"
    told = assert_problem(await api.send("POST", path, {"event": EVENT}), 422, "template_invalid")
    assert "/machine/initial" in {each["pointer"] for each in told["errors"]}
