"""Networks over HTTP: tokens, where they came from, what was asked for, and the outcome of it."""

from typing import Any

import pytest

from ..serving import assert_problem
from .live import Live

METERS: dict[str, Any] = {
    "format": "actum/1",
    "name": "meters",
    "vars": {"total": {"type": "double", "initial": 0}},
    "events": {"meter.read": {"schema": {"type": "object", "required": ["kwh"]}}},
    "rules": [
        {"id": "big", "on": "meter.read", "emit": {"message": "spike", "data": {"kwh": "=event.data.kwh"}}}
    ],
    "nodes": {
        "meter": {"use": "source@1", "with": {"on": "spike", "value": "=message.data.kwh"}},
        "batch": {"use": "queue@1", "with": {"method": "sum", "count": 2}},
        "review": {
            "machine": {
                "initial": "open",
                "states": {
                    "open": {
                        "on": {
                            "token": {
                                "target": "asked",
                                "actions": [
                                    {"assign": {"total": "vars.total + token.value"}},
                                    {"do": {"action": "notify", "with": {"total": "=vars.total"}}},
                                ],
                            }
                        }
                    },
                    "asked": {
                        "on": {
                            "done.do.notify": {"target": "closed"},
                            "error.do.notify": {"target": "open"},
                        }
                    },
                    "closed": {"type": "final"},
                },
            }
        },
    },
    "edges": [{"from": "meter.out", "to": "batch.in"}, {"from": "batch.out", "to": "review.in"}],
    "actions": {"notify": {"kind": "webhook", "url": "https://example.test/"}},
}


@pytest.fixture
async def meters(live: Live) -> tuple[Live, str]:
    await live.publish(METERS)
    execution = str((await live.ask("/v1/executions", {"template": "meters"}))["id"])
    for kwh in (20, 30):
        response = await live.post(execution, {"type": "meter.read", "id": f"r{kwh}", "data": {"kwh": kwh}})
        assert response.json()["outcome"] == "applied", response.text
    return live, execution


async def test_a_state_of_a_network_is_told_by_node(meters: tuple[Live, str]) -> None:
    live, execution = meters
    state = await live.state(execution)
    assert "review/asked" in state["configuration"]
    assert state["vars"] == {"total": 50}
    assert set(state["nodes"]) == {"meter", "batch", "review"}
    assert state["nodes"]["review"]["configuration"] == ["asked"]
    assert (await live.execution(execution))["configuration"] == state["configuration"]


async def test_tokens_are_listed_and_followed_both_ways(meters: tuple[Live, str]) -> None:
    live, execution = meters
    tokens = (await live.get(f"/v1/executions/{execution}/tokens"))["data"]
    assert [(token["node"], token["value"], token["to"]) for token in tokens] == [
        ("meter", 20, ["batch.in"]),
        ("meter", 30, ["batch.in"]),
        ("batch", 50, ["review.in"]),
    ]
    whole = await live.get(f"/v1/executions/{execution}/tokens/{tokens[2]['id']}/lineage")
    assert [token["id"] for token in whole["ancestors"]] == [token["id"] for token in tokens[:2]]
    assert [(origin["kind"], origin["id"]) for origin in whole["inputs"]] == [
        ("event", "r20"),
        ("event", "r30"),
    ]
    assert whole["descendants"] == []
    part = await live.get(f"/v1/executions/{execution}/tokens/{tokens[0]['id']}/lineage")
    assert part["sinks"] == [tokens[2]["id"]]


async def test_a_token_that_is_not_there_is_not_found(meters: tuple[Live, str]) -> None:
    live, execution = meters
    response = await live.api.send("GET", f"/v1/executions/{execution}/tokens/tok_nobody/lineage")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_an_outcome_goes_on_where_it_was_asked_for(meters: tuple[Live, str]) -> None:
    live, execution = meters
    asked = (await live.get(f"/v1/executions/{execution}/actions"))["data"]
    assert [
        (each["kind"], each["asked"]["action"], each["asked"]["with"], each["open"]) for each in asked
    ] == [("action", "notify", {"total": 50}, True)]
    path = f"/v1/executions/{execution}/actions/{asked[0]['id']}/outcome"
    answer = await live.ask(path, {"ok": True, "output": {"status": 200}})
    assert answer["outcome"] == "applied"
    assert "review/closed" in answer["configuration"]
    again = await live.ask(path, {"ok": True, "output": {"status": 200}})
    assert again == {**answer, "duplicate": True}
    other = await live.send(path, {"ok": False})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await live.get(f"/v1/executions/{execution}/actions"))["data"][0]["open"] is False
    assert (await live.execution(execution))["lifecycle"] == "completed"
    await live.assert_whole(execution)


@pytest.mark.parametrize(
    ("said", "place"),
    [({"ok": True, "error": "refused"}, "/error"), ({"ok": False, "output": 1}, "/output")],
)
async def test_an_outcome_that_says_both_is_refused(
    meters: tuple[Live, str], said: dict[str, Any], place: str
) -> None:
    live, execution = meters
    asked = (await live.get(f"/v1/executions/{execution}/actions"))["data"][0]
    response = await live.send(f"/v1/executions/{execution}/actions/{asked['id']}/outcome", said)
    assert_problem(response, 422, "invalid_request", [(place, "bad_value")])
    assert (await live.get(f"/v1/executions/{execution}/actions"))["data"][0]["open"] is True


async def test_a_paused_execution_holds_an_outcome_until_it_is_resumed(meters: tuple[Live, str]) -> None:
    live, execution = meters
    asked = (await live.get(f"/v1/executions/{execution}/actions"))["data"][0]
    await live.command(execution, "pause")
    path = f"/v1/executions/{execution}/actions/{asked['id']}/outcome"
    held = await live.ask(path, {"ok": False, "error": {"code": "refused"}})
    assert held["outcome"] == "held"
    assert (await live.ask(path, {"ok": False, "error": {"code": "refused"}}))["duplicate"]
    await live.command(execution, "resume")
    assert "review/open" in (await live.state(execution))["configuration"]
    await live.assert_whole(execution)


@pytest.mark.parametrize("name", ["act_nobody", "act_00000000000000000000000000", "%00", "x" * 3_000])
async def test_an_outcome_nobody_waits_for_is_refused(meters: tuple[Live, str], name: str) -> None:
    live, execution = meters
    response = await live.send(f"/v1/executions/{execution}/actions/{name}/outcome", {"ok": True})
    assert (response.status_code, response.json()["code"]) == (404, "unknown_request")
    assert response.json()["requestId"]


async def test_any_history_of_a_network_is_whole(meters: tuple[Live, str]) -> None:
    live, execution = meters
    await live.assert_whole(execution)
