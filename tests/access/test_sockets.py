"""Who hears what on a WebSocket: the matrix once more, in close codes, which is all that a browser learns."""

import pytest

from .asking import Heard, hear
from .routes import ROLES, ROLES_OF, SOCKET_PERMISSION, SOCKETS, Thing
from .world import Values, World, missing

pytestmark = pytest.mark.asyncio(loop_scope="module")

_BOUND = "/v1/executions/{execution}/ws"
_each_socket = pytest.mark.parametrize("path", SOCKETS)


async def _hear(world: World, path: str, values: Values, authorization: str | None) -> Heard:
    said = {
        name: values["execution"] if text == "{execution}" else text for name, text in SOCKETS[path].items()
    }
    return await hear(world.api.app, path.replace("{execution}", values["execution"]), authorization, said)


@_each_socket
async def test_a_role_hears_where_it_has_the_permission(world: World, path: str) -> None:
    mine = world.shared["acme"][Thing.EXECUTION]
    found = {}
    for role in ROLES:
        heard = await _hear(world, path, mine, (await world.caller(role)).authorization)
        found[role] = (heard.code, heard.told[0]["object"], heard.told[0]["executionId"])
    allowed = ROLES_OF[SOCKET_PERMISSION].split()
    assert found == dict.fromkeys(allowed, (None, "subscribed", mine["execution"]))


@_each_socket
async def test_another_orgs_execution_is_not_there(world: World, path: str) -> None:
    theirs = world.shared["other"][Thing.EXECUTION]
    nobodys = missing(Thing.EXECUTION)
    callers = [await world.caller(role) for role in ROLES]
    before = await world.digest()
    for caller in callers:
        for values in (theirs, {"execution": theirs["name"]}, nobodys):
            heard = await _hear(world, path, values, caller.authorization)
            if path == _BOUND:
                assert heard == Heard(4404, "not_found", [])
            else:
                [problem] = heard.told
                assert (problem["object"], problem["code"], heard.code) == ("problem", "not_found", None)
    assert await world.digest() == before


@_each_socket
async def test_bad_credentials_are_closed_alike_whatever_they_ask_for(world: World, path: str) -> None:
    for credential, (authorization, code) in world.bad_credentials.items():
        for values in (world.shared["acme"][Thing.EXECUTION], missing(Thing.EXECUTION)):
            heard = await _hear(world, path, values, authorization)
            assert heard == Heard(4401, code, []), credential


@_each_socket
async def test_scopes_close_and_open_a_socket(world: World, path: str) -> None:
    mine, nobodys = world.shared["acme"][Thing.EXECUTION], missing(Thing.EXECUTION)
    without = await world.caller("admin", frozenset(ROLES_OF.keys() - {SOCKET_PERMISSION}))
    for values in (mine, nobodys):
        heard = await _hear(world, path, values, without.authorization)
        assert heard == Heard(4403, "permission_denied", [])
    alone = await world.caller("auditor", frozenset({SOCKET_PERMISSION}))
    assert (await _hear(world, path, mine, alone.authorization)).code is None
