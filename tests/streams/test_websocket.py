"""WebSocket: the same entries, operations, close codes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from actum.orgs.access import Permission, Role
from actum.platform.postgres_cluster import DatabaseUrls
from actum.streams.settings import StreamSettings
from actum.streams.store import Bounds

from .clients import eventually, fold_all
from .nodes import Node, Org, publish_counter, running_node


@asynccontextmanager
async def open_socket(
    port: int, path: str, token: str | None, **given: Any
) -> AsyncIterator[ClientConnection]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"ws://127.0.0.1:{port}{path}"
    async with connect(url, additional_headers=headers, close_timeout=0.5, **given) as socket:
        yield socket


async def hear(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(5):
        return dict(json.loads(await socket.recv()))


async def ask(socket: ClientConnection, **operation: Any) -> dict[str, Any]:
    await socket.send(json.dumps(operation))
    return await hear(socket)


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """The close code and reason, whatever is told before."""
    async with asyncio.timeout(5):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as found:
            return (found.rcvd.code, found.rcvd.reason) if found.rcvd else (0, "cut off without a close code")


async def test_a_socket_of_an_execution_is_subscribed_from_the_beginning_and_ends_with_it(node: Node) -> None:
    execution = await node.start()
    async with open_socket(node.port, f"/v1/executions/{execution}/ws?after=0", node.token) as socket:
        assert await hear(socket) == {"object": "subscribed", "executionId": execution, "after": 0}
        await node.post(execution, "add", amount=500)
        await node.post(execution, "stop")
        listed = await node.ledger(execution)
        told = [await hear(socket) for _ in listed]
        assert [{name: value for name, value in each.items() if name != "delta"} for each in told] == listed
        assert fold_all(told) == await node.ask("GET", f"/v1/executions/{execution}/state")
        end = await hear(socket)
        assert (end["object"], end["seq"], end["lifecycle"]) == ("end", listed[-1]["seq"], "completed")
        assert await closed(socket) == (1000, "the execution is over")


async def test_a_new_socket_hears_only_what_comes(node: Node) -> None:
    execution = await node.start()
    head = (await node.ledger(execution))[-1]["seq"]
    async with open_socket(node.port, f"/v1/executions/{execution}/ws", node.token) as socket:
        assert (await hear(socket))["after"] == head
        await node.post(execution, "add", amount=1)
        assert (await hear(socket))["seq"] == head + 1


async def test_a_subscription_may_be_changed_and_ended(node: Node) -> None:
    one, two = await node.start(), await node.start()
    async with open_socket(node.port, "/v1/ws", node.token) as socket:
        assert await ask(socket, op="ping") == {"object": "pong"}
        assert await ask(socket, op="subscribe", executionId=one, after=1) == {
            "object": "subscribed",
            "executionId": one,
            "after": 1,
        }
        assert (await hear(socket))["seq"] == 2
        assert (await hear(socket))["seq"] == 3
        told = await ask(socket, op="subscribe", executionId=None, after=0)
        assert told == {"object": "subscribed", "executionId": None, "after": 0}
        entries = [await hear(socket) for _ in range(6)]
        assert [each["index"] for each in entries] == list(range(6))
        assert {each["executionId"] for each in entries} == {one, two}
        assert await ask(socket, op="unsubscribe") == {"object": "unsubscribed"}
        await node.post(two, "add", amount=1)
        assert await ask(socket, op="ping") == {"object": "pong"}
        await eventually(lambda: not node.signals.places)
        assert (await ask(socket, op="subscribe", executionId=two))["after"] == 5


async def test_the_end_of_an_execution_leaves_the_orgs_socket_open(node: Node) -> None:
    execution = await node.start()
    await node.post(execution, "stop")
    async with open_socket(node.port, "/v1/ws", node.token) as socket:
        await ask(socket, op="subscribe", executionId=execution)
        assert (await hear(socket))["object"] == "end"
        assert await ask(socket, op="ping") == {"object": "pong"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "malformed_json"),
        ("[]", "invalid_request"),
        ('{"op":"dance"}', "invalid_request"),
        ('{"op":"ping","extra":1}', "invalid_request"),
        ('{"op":"ping","op":"ping"}', "malformed_json"),
        ('{"op":"subscribe","executionId":"exe_unknown"}', "not_found"),
        ('{"op":"subscribe","executionId":null,"after":-1}', "invalid_request"),
        ('{"op":"subscribe","executionId":null,"after":999}', "invalid_parameter"),
    ],
)
async def test_a_wrong_operation_is_told_and_changes_nothing(node: Node, text: str, code: str) -> None:
    execution = await node.start()
    async with open_socket(node.port, "/v1/ws", node.token) as socket:
        await ask(socket, op="subscribe", executionId=execution)
        await socket.send(text)
        told = await hear(socket)
        assert (told["object"], told["code"]) == ("problem", code)
        await node.post(execution, "add", amount=1)
        assert (await hear(socket))["object"] == "entry"


async def test_a_socket_of_an_execution_cannot_be_given_to_another(node: Node) -> None:
    execution = await node.start()
    async with open_socket(node.port, f"/v1/executions/{execution}/ws", node.token) as socket:
        await hear(socket)
        assert (await ask(socket, op="subscribe", executionId=None))["code"] == "invalid_request"


@pytest.mark.parametrize("message", [b"bytes", "x" * 5_000])
async def test_what_is_no_operation_closes_the_socket(node: Node, message: str | bytes) -> None:
    async with open_socket(node.port, "/v1/ws", node.token) as socket:
        await socket.send(message)
        assert (await closed(socket))[0] == 1003


async def test_who_may_not_is_told_by_a_close_code(node: Node, org: Org, other_org: Org) -> None:
    execution = await node.start()
    of_execution = f"/v1/executions/{execution}/ws"
    narrowed = (await org.token_of(Role.ADMIN, frozenset({Permission.LEDGER_READ}))).text
    cases = [
        (None, "/v1/ws", (4401, "unauthenticated")),
        ("actum_pat_wrong", of_execution, (4401, "invalid_token")),
        (narrowed, "/v1/ws", (4403, "permission_denied")),
        (other_org.admin, of_execution, (4404, "not_found")),
        (node.token, "/v1/executions/unknown/ws", (4404, "not_found")),
        (node.token, of_execution + "?after=999", (4400, "invalid_parameter")),
    ]
    for token, path, expected in cases:
        async with open_socket(node.port, path, token) as socket:
            assert await closed(socket) == expected, path
    assert node.desk.gate.open_streams == 0


async def test_the_subprotocol_is_accepted_when_it_is_offered(node: Node) -> None:
    offered = [Subprotocol("other"), Subprotocol("actum.v1+json")]
    async with open_socket(node.port, "/v1/ws", node.token, subprotocols=offered) as socket:
        assert socket.subprotocol == "actum.v1+json"
    async with open_socket(node.port, "/v1/ws", node.token) as socket:
        assert socket.subprotocol is None


async def test_other_paths_are_left_to_the_framework(node: Node) -> None:
    for path in ("/v1/wss", "/v1/executions/ws", "/v1/executions//ws", "/v1/executions/a/b/ws"):
        with pytest.raises(Exception, match="HTTP"):
            async with open_socket(node.port, path, node.token):
                pass


async def test_a_socket_without_a_subscription_is_closed(database_urls: DatabaseUrls, org: Org) -> None:
    settings = StreamSettings(socket_idle_seconds_max=0.1, heartbeat_seconds=0.05)
    async with running_node(database_urls.app, org.admin, settings) as node:
        async with open_socket(node.port, "/v1/ws", org.admin) as socket:
            assert await closed(socket) == (4408, "no subscription")
        async with open_socket(node.port, "/v1/ws", org.admin) as socket:
            await ask(socket, op="subscribe")
            assert [await hear(socket) for _ in range(4)] == [{"object": "heartbeat"}] * 4


async def test_a_revoked_token_closes_its_socket(database_urls: DatabaseUrls, org: Org) -> None:
    settings = StreamSettings(recheck_seconds=0.1)
    token = await org.token_of(Role.OPERATOR)
    async with (
        running_node(database_urls.app, org.admin, settings) as node,
        open_socket(node.port, "/v1/ws", token.text) as socket,
    ):
        await ask(socket, op="subscribe")
        await node.http.delete(f"/v1/access-tokens/{token.name}")
        assert await closed(socket) == (4401, "invalid_token")


async def test_a_client_that_leaves_frees_everything(node: Node) -> None:
    execution = await node.start()
    async with open_socket(node.port, f"/v1/executions/{execution}/ws", node.token) as socket:
        await hear(socket)
        assert node.desk.gate.open_streams == 1
        socket.transport.abort()
        await eventually(lambda: node.desk.gate.open_streams == 0 and not node.signals.places, 2.0)


async def test_a_client_that_does_not_read_is_dropped(database_urls: DatabaseUrls, org: Org) -> None:
    settings = StreamSettings(blocked_seconds_max=0.3, bounds=Bounds(50, 256 * 1024))
    async with running_node(database_urls.app, org.admin, settings) as node:
        await publish_counter(node)
        execution = await node.start()
        for _ in range(8):
            # Nothing in it that compression could make small.
            noise = "".join(chr(0x4E00 + (number * 7919 + _ * 104729) % 20_000) for number in range(8_000))
            await node.post(execution, *["add"] * 20, amount=1, padding=noise)
        path = f"/v1/executions/{execution}/ws?after=0"
        async with open_socket(node.port, path, org.admin, compression=None) as socket:
            await hear(socket)
            socket.transport.pause_reading()
            await eventually(lambda: node.desk.gate.open_streams == 0)


async def test_too_many_sockets_are_asked_to_come_later(database_urls: DatabaseUrls, org: Org) -> None:
    settings = StreamSettings(streams_per_org_max=1)
    async with (
        running_node(database_urls.app, org.admin, settings) as node,
        open_socket(node.port, "/v1/ws", org.admin) as first,
    ):
        await ask(first, op="ping")
        async with open_socket(node.port, "/v1/ws", org.admin) as second:
            assert await closed(second) == (1013, "too_many_streams")
