"""Server-Sent Events: what is sent, from where, to whom, and when it ends."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from actum.orgs.access import Permission, Role
from actum.platform import limits
from actum.platform.postgres_cluster import DatabaseUrls
from actum.streams.settings import StreamSettings
from actum.streams.store import Bounds

from .clients import SseEvent, eventually, fold_all, watching
from .nodes import Node, Org, publish_counter, running_node


def entries_of(events: list[SseEvent]) -> list[dict[str, Any]]:
    return [each.data for each in events if each.fields.get("event") == "entry"]


async def test_a_stream_begins_with_where_it_is_and_tells_entries_as_the_ledger_does(node: Node) -> None:
    execution = await node.start()
    await node.post(execution, "add", amount=2)
    listed = await node.ledger(execution)
    async with watching(node.port, f"/v1/executions/{execution}/stream?after=0", node.token) as client:
        assert client.status == 200
        assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert client.headers["cache-control"] == "no-store"
        assert client.headers["x-accel-buffering"] == "no"
        assert (await client.blocks(1))[0].fields == {"retry": "2000", "id": "0"}
        told = await client.blocks(len(listed))
    assert [each.id for each in told] == [entry["seq"] for entry in listed]
    assert {each.fields["event"] for each in told} == {"entry"}
    assert [{name: value for name, value in each.data.items() if name != "delta"} for each in told] == listed


async def test_a_new_client_hears_only_what_comes_and_at_once(node: Node) -> None:
    execution = await node.start()
    head = (await node.ledger(execution))[-1]["seq"]
    async with watching(node.port, f"/v1/executions/{execution}/stream", node.token) as client:
        assert (await client.blocks(1))[0].id == head
        answer = await node.post(execution, "add", amount=2)
        told = await client.entries(answer["seq"] - head)
    assert [each.id for each in told] == list(range(head + 1, answer["seq"] + 1))


async def test_last_event_id_counts_more_than_after(node: Node) -> None:
    execution = await node.start()
    await node.post(execution, "add", amount=2)
    path = f"/v1/executions/{execution}/stream?after=0"
    async with watching(node.port, path, node.token, {"Last-Event-ID": "2"}) as client:
        first, entry = await client.blocks(2)
    assert (first.id, entry.id) == (2, 3)


async def test_the_org_stream_tells_all_executions_in_one_order_with_indexes(node: Node) -> None:
    one, two = await node.start(), await node.start()
    for _ in range(3):
        await node.post(one, "add", "add", amount=1)
        await node.post(two, "add", amount=1)
    expected = {execution: len(await node.ledger(execution)) for execution in (one, two)}
    total = sum(expected.values())
    async with watching(node.port, "/v1/stream?after=0", node.token) as client:
        told = await client.entries(total)
        await node.post(one, "add", amount=1)
        after = await client.entries(1)
    assert [each.id for each in told] == list(range(1, total + 1))
    assert [each.data["index"] + 1 for each in told] == list(range(1, total + 1))
    assert after[0].id == total + 1
    for execution, size in expected.items():
        sequences = [each.data["seq"] for each in told if each.data["executionId"] == execution]
        assert sequences == list(range(1, size + 1))


async def test_deltas_fold_to_the_state_at_every_head(node: Node) -> None:
    execution = await node.start(start=False)
    states = [await node.ask("GET", f"/v1/executions/{execution}/state")]

    async def then(step: Awaitable[Any]) -> None:
        await step
        states.append(await node.ask("GET", f"/v1/executions/{execution}/state"))

    await then(node.command(execution, "start"))
    for amount in (1, 250, 3.5):
        await then(node.post(execution, "add", amount=amount))
    for event in ("boom", "add", "boom", "grow", "spin", "grow"):
        await then(node.post(execution, event, **({"amount": 1} if event == "add" else {})))
    await then(node.command(execution, "pause"))
    await then(node.post(execution, "grow"))
    await then(node.post(execution, "add", amount=2))
    await then(node.post(execution, "stop"))
    await then(node.post(execution, "grow"))
    await then(node.command(execution, "resume"))
    async with watching(node.port, f"/v1/executions/{execution}/stream?after=0", node.token) as client:
        told = await client.rest()
    entries = entries_of(told)
    kinds = {entry["kind"] for entry in entries}
    assert {"created", "started", "failed", "held", "released", "resumed", "completed", "message"} <= kinds
    for state in states:
        assert fold_all(entries[: state["seq"]]) == state


async def test_a_start_that_fails_is_told_as_such(node: Node) -> None:
    spinning = {
        "format": "actum/1",
        "name": "spinner",
        "machine": {"initial": "a", "states": {"a": {"always": "b"}, "b": {"always": "a"}}},
    }
    await node.publish(spinning)
    execution = await node.start("spinner")
    state = await node.ask("GET", f"/v1/executions/{execution}/state")
    async with watching(node.port, f"/v1/executions/{execution}/stream?after=0", node.token) as client:
        told = await client.rest()
    assert state["lifecycle"] == "failed"
    assert fold_all(entries_of(told)) == state


async def test_an_execution_that_is_over_ends_its_stream_and_a_reconnect_is_told_204(node: Node) -> None:
    execution = await node.start()
    path = f"/v1/executions/{execution}/stream"
    async with watching(node.port, path, node.token) as client:
        await client.blocks(1)
        answer = await node.post(execution, "stop")
        *_, end = await client.rest()
    assert end.fields["event"] == "end"
    assert end.data == {
        "object": "end",
        "executionId": execution,
        "seq": answer["seq"],
        "lifecycle": "completed",
    }
    last = str(answer["seq"])
    again = await node.http.get(path, headers={"Last-Event-ID": last})
    assert (again.status_code, again.content) == (204, b"")
    # Whoever is not reconnecting is told the end, and what came before it.
    assert b"event: end" in (await node.http.get(path)).content
    assert (await node.http.get(path, headers={"Last-Event-ID": str(answer["seq"] - 1)})).text.count(
        "entry\n"
    ) == 1


async def test_who_may_not_verify_the_ledger_sees_no_header_and_no_salt(node: Node, org: Org) -> None:
    execution = await node.start()
    token = (await org.token_of(Role.INTEGRATOR)).text
    async with watching(node.port, f"/v1/executions/{execution}/stream?after=0", token) as client:
        told = (await client.entries(2))[1].data
    assert (told["header"], told["payloadSalt"]) == (None, None)
    assert told["payload"] == {"input": {}}
    assert told["entryHash"] == (await node.ledger(execution))[1]["entryHash"]


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/executions/{}/stream"])
async def test_streams_need_a_token_with_executions_read(node: Node, org: Org, path: str) -> None:
    execution = await node.start()
    narrowed = await org.token_of(Role.ADMIN, frozenset({Permission.LEDGER_READ}))
    for token, status, code in ((None, 401, "unauthenticated"), (narrowed.text, 403, "permission_denied")):
        headers = {"authorization": f"Bearer {token}" if token else ""}
        answer = await node.http.get(path.format(execution), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_another_orgs_execution_is_not_there(node: Node, other_org: Org) -> None:
    execution = await node.start()
    headers = {"authorization": f"Bearer {other_org.admin}"}
    answer = await node.http.get(f"/v1/executions/{execution}/stream", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    async with watching(node.port, "/v1/stream?after=0", other_org.admin) as client:
        assert (await client.blocks(1))[0].id == 0
        await node.post(execution, "add", amount=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await client.block()


@pytest.mark.parametrize(
    ("query", "headers", "pointer", "code"),
    [
        ("?after=-1", {}, "/query/after", "bad_value"),
        ("?after=x", {}, "/query/after", "bad_value"),
        ("?after=999", {}, "/query/after", "beyond_head"),
        ("", {"Last-Event-ID": "999"}, "/header/last-event-id", "beyond_head"),
        ("", {"Last-Event-ID": "1.5"}, "/header/last-event-id", "bad_value"),
        ("", {"Last-Event-ID": "9" * 30}, "/header/last-event-id", "bad_value"),
    ],
)
async def test_a_place_that_cannot_be_is_refused(
    node: Node, query: str, headers: dict[str, str], pointer: str, code: str
) -> None:
    execution = await node.start()
    answer = await node.http.get(f"/v1/executions/{execution}/stream{query}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


async def test_a_client_that_leaves_frees_everything_at_once(node: Node) -> None:
    execution = await node.start()
    clients = []
    for _ in range(5):
        entering = watching(node.port, f"/v1/executions/{execution}/stream", node.token)
        clients.append((entering, await entering.__aenter__()))
    await eventually(lambda: len(node.signals.places) == 1 and next(iter(node.signals.places.values())) == 5)
    assert node.desk.gate.open_streams == 5
    for entering, _ in clients:
        await entering.__aexit__(None, None, None)
    await eventually(lambda: node.desk.gate.open_streams == 0 and not node.signals.places, 2.0)


async def test_streams_are_bounded_by_org_and_by_process(
    database_urls: DatabaseUrls, org: Org, other_org: Org
) -> None:
    settings = StreamSettings(streams_max=3, streams_per_org_max=2)
    async with running_node(database_urls.app, org.admin, settings) as node:
        async with (
            watching(node.port, "/v1/stream", org.admin),
            watching(node.port, "/v1/stream", org.admin),
        ):
            refused = await node.http.get("/v1/stream")
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
            assert refused.headers["retry-after"] == "10"
            async with watching(node.port, "/v1/stream", other_org.admin):
                full = await node.http.get(
                    "/v1/stream", headers={"authorization": f"Bearer {other_org.admin}"}
                )
                assert (full.status_code, full.json()["code"]) == (503, "streams_full")
                assert full.headers["retry-after"] == "5"
        await eventually(lambda: node.desk.gate.open_streams == 0)
        async with watching(node.port, "/v1/stream", org.admin) as client:
            assert client.status == 200


async def test_silence_is_broken_by_heartbeats(database_urls: DatabaseUrls, org: Org) -> None:
    settings = StreamSettings(heartbeat_seconds=0.05)
    async with (
        running_node(database_urls.app, org.admin, settings) as node,
        watching(node.port, "/v1/stream", org.admin) as client,
    ):
        _, *beats = await client.blocks(4)
        assert [(each.fields, each.comments) for each in beats] == [({}, ["heartbeat"])] * 3


async def test_a_missed_wake_up_is_covered_by_a_poll(
    database_urls: DatabaseUrls, org: Org, node: Node
) -> None:
    execution = await node.start()
    settings = StreamSettings(poll_seconds=0.1)
    async with running_node(database_urls.app, org.admin, settings) as deaf:
        deaf.signals.deliver = lambda moves: None  # type: ignore[method-assign]
        for path in (f"/v1/executions/{execution}/stream", "/v1/stream"):
            async with watching(deaf.port, path, org.admin) as client:
                await client.blocks(1)
                await node.post(execution, "add", amount=1)
                await client.entries(1)


async def test_a_revoked_token_ends_its_stream_and_a_refused_one_cannot_reopen_it(
    database_urls: DatabaseUrls, org: Org
) -> None:
    settings = StreamSettings(recheck_seconds=0.1)
    token = await org.token_of(Role.OPERATOR)
    async with (
        running_node(database_urls.app, org.admin, settings) as node,
        watching(node.port, "/v1/stream", token.text) as client,
    ):
        await client.blocks(1)
        answer = await node.http.delete(f"/v1/access-tokens/{token.name}")
        assert answer.status_code == 204, answer.text
        (problem,) = await client.rest()
        assert problem.fields["event"] == "problem"
        assert "id" not in problem.fields
        assert (problem.data["status"], problem.data["code"]) == (401, "invalid_token")
        refused = await node.http.get("/v1/stream", headers={"authorization": f"Bearer {token.text}"})
        assert refused.status_code == 401


async def test_a_client_that_does_not_read_is_dropped_and_may_go_on_where_it_was(
    database_urls: DatabaseUrls, org: Org
) -> None:
    settings = StreamSettings(blocked_seconds_max=0.3, bounds=Bounds(50, 256 * 1024))
    async with running_node(database_urls.app, org.admin, settings) as node:
        await publish_counter(node)
        execution = await node.start()
        for _ in range(3):
            await node.post(execution, *["add"] * 20, amount=1, padding="x" * 20_000)
        head = (await node.ledger(execution))[-1]["seq"]
        path = f"/v1/executions/{execution}/stream?after=0"
        async with watching(node.port, path, org.admin) as client:
            client.pause()
            assert node.desk.gate.open_streams == 1
            await eventually(lambda: node.desk.gate.open_streams == 0)
        async with watching(node.port, path, org.admin) as client:
            told = await client.entries(head)
        assert [each.id for each in told] == list(range(1, head + 1))


@pytest.mark.parametrize("bounds", [Bounds(200, 1), Bounds(1, 1 << 20), Bounds(3, 1 << 20)])
async def test_a_page_is_bounded_and_the_next_one_follows_at_once(
    database_urls: DatabaseUrls, org: Org, bounds: Bounds
) -> None:
    settings = StreamSettings(poll_seconds=60.0, bounds=bounds)
    async with running_node(database_urls.app, org.admin, settings) as node:
        await publish_counter(node)
        execution = await node.start()
        await node.post(execution, "add", "add", amount=1)
        size = len(await node.ledger(execution))
        for path in (f"/v1/executions/{execution}/stream?after=0", "/v1/stream?after=0"):
            async with watching(node.port, path, org.admin) as client:
                assert [each.id for each in await client.entries(size)] == list(range(1, size + 1))


def test_a_revocation_is_felt_within_ten_seconds() -> None:
    assert limits.STREAM_RECHECK_SECONDS + limits.TOKEN_CACHE_SECONDS_MAX < 10
