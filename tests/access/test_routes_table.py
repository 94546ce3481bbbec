"""The table that the matrix is made from leaves nothing out, and says what the routes and the document say."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler

from actum.entrypoints.openapi import current_document
from actum.orgs.access import PERMISSIONS, Permission, Role
from actum.orgs.guard import permission_of

from .asking import is_socket
from .routes import (
    ROLES,
    ROLES_OF,
    ROUTES_WITHOUT_A_ROW,
    ROWS,
    SOCKETS,
    UNDOCUMENTED,
    WITHOUT_A_ROUTE,
    WITHOUT_A_ROW_MAX,
)
from .world import World

_METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
_DOCUMENT: dict[str, Any] = msgspec.json.decode(current_document())
_OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method.upper()} {path}": operation
    for path, operations in _DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in _METHODS
}
_API = Path(__file__).resolve().parents[2] / "docs" / "API.md"


def test_every_route_has_a_row() -> None:
    rows = [row.route for row in ROWS]
    assert sorted(set(rows)) == sorted(rows), "a route has two rows"
    assert sorted(_OPERATIONS) == sorted({*rows, *ROUTES_WITHOUT_A_ROW})


def test_the_list_of_routes_without_a_row_only_becomes_shorter() -> None:
    assert len(ROUTES_WITHOUT_A_ROW) == WITHOUT_A_ROW_MAX, "set the bound to what is left"
    assert set(ROUTES_WITHOUT_A_ROW) - _OPERATIONS.keys() == set(), "gone"
    assert {row.route for row in ROWS} & set(ROUTES_WITHOUT_A_ROW) == set(), "they have a row"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.route)
def test_the_document_says_what_a_route_needs_and_how_it_succeeds(row: Any) -> None:
    operation = _OPERATIONS[row.route]
    assert operation.get("x-actum-permission") == row.permission
    assert operation["security"] == ([] if row.permission is None else [{"accessToken": []}])
    assert str(row.succeeds) in operation["responses"]
    assert "default" in operation["responses"]


def test_every_permission_opens_some_route() -> None:
    used = {row.permission for row in ROWS} - {None}
    assert used.isdisjoint(WITHOUT_A_ROUTE)
    assert used | WITHOUT_A_ROUTE == {permission.value for permission in Permission}


@pytest.mark.asyncio(loop_scope="module")
async def test_the_guard_asks_for_what_the_document_says(world: World) -> None:
    found = {}
    for route in world.api.app.framework.routes:
        for handler in getattr(route, "route_handlers", ()):
            assert isinstance(handler, HTTPRouteHandler)
            path = re.sub(r":\w+\}", "}", route.path_format)
            for method in handler.http_methods - {"OPTIONS"}:
                permission = permission_of(handler)
                found[f"{method} {path}"] = None if permission is None else permission.value
    expected = {route: operation.get("x-actum-permission") for route, operation in _OPERATIONS.items()}
    assert found == expected | dict.fromkeys(UNDOCUMENTED)


@pytest.mark.asyncio(loop_scope="module")
async def test_there_are_no_sockets_but_those_in_the_table(world: World) -> None:
    paths = set(_DOCUMENT["paths"]) | SOCKETS.keys()
    paths |= {f"{path}/ws" for path in paths} | {f"{path.rpartition('/')[0]}/ws" for path in paths}
    assert {path for path in paths if await is_socket(world.api.app, path)} == SOCKETS.keys()


def test_the_code_and_the_docs_give_roles_what_the_table_says() -> None:
    assert tuple(role.value for role in Role) == ROLES
    code = {
        permission.value: " ".join(role.value for role in Role if permission in PERMISSIONS[role])
        for permission in Permission
    }
    assert code == ROLES_OF

    lines = re.findall(r"^\| `(\w+:\w+)` \|(.*)\|$", _API.read_text(encoding="utf-8"), re.M)
    columns = re.search(r"^\| permission \|(.*)\|$", _API.read_text(encoding="utf-8"), re.M)
    assert columns is not None
    roles = [column.strip() for column in columns[1].split("|")]
    documented = {
        permission: " ".join(
            role for role, cell in zip(roles, cells.split("|"), strict=True) if cell.strip() == "yes"
        )
        for permission, cells in lines
    }
    assert documented == ROLES_OF
