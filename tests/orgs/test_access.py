"""The table of roles and permissions, read as a table."""

import pytest

from actum.orgs.access import PERMISSIONS, Permission, PermissionDenied, Role, caller_of_token, require
from actum_core.identifiers import Prefix, parse_identifier, uuid7

ORG, TOKEN = uuid7(1, bytes(10)), uuid7(2, bytes(10))

#: What each role may do; written out once more, so that a change of the table is seen.
EXPECTED = {
    Role.ADMIN: set(Permission),
    Role.DESIGNER: {
        "templates:read",
        "templates:write",
        "templates:publish",
        "executions:read",
        "ledger:read",
        "replay:run",
        "tokens:own",
        "org:read",
    },
    Role.OPERATOR: {
        "templates:read",
        "executions:read",
        "executions:create",
        "executions:control",
        "events:write",
        "ledger:read",
        "replay:run",
        "snapshots:create",
        "tokens:own",
        "org:read",
    },
    Role.INTEGRATOR: {
        "templates:read",
        "executions:read",
        "executions:create",
        "events:write",
        "tokens:own",
        "org:read",
    },
    Role.AUDITOR: {
        "templates:read",
        "executions:read",
        "ledger:read",
        "ledger:verify",
        "replay:run",
        "tokens:own",
        "org:read",
    },
}


@pytest.mark.parametrize("role", Role)
def test_a_role_has_exactly_its_permissions(role: Role) -> None:
    assert PERMISSIONS[role] == EXPECTED[role]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (None, EXPECTED[Role.INTEGRATOR]),
        ({"events:write"}, {"events:write"}),
        ({"events:write", "templates:write"}, {"events:write"}),
        ({"no:such"}, set()),
        (set(), set()),
    ],
)
def test_scopes_narrow_a_role_and_never_widen_it(scopes: set[str] | None, expected: set[str]) -> None:
    narrowed = None if scopes is None else frozenset(scopes)
    caller = caller_of_token(ORG, TOKEN, Role.INTEGRATOR, narrowed)
    assert caller.permissions == expected
    for permission in Permission:
        if permission in expected:
            require(caller, permission)
        else:
            with pytest.raises(PermissionDenied, match=permission.value):
                require(caller, permission)


def test_the_ledger_knows_a_caller_by_the_tokens_pseudonym() -> None:
    actor = caller_of_token(ORG, TOKEN, Role.AUDITOR, None).actor
    assert (actor.type, parse_identifier(Prefix.ACCESS_TOKEN, actor.ref)) == ("token", TOKEN)
