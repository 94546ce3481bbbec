"""Who may do what: roles and permissions as one table, and the caller they are decided for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, format_identifier
from actum_core.ledger.entry import Actor


class Permission(StrEnum):
    """One thing that a caller may be allowed to do; also the name of a token's scope."""

    TEMPLATES_READ = "templates:read"
    TEMPLATES_WRITE = "templates:write"
    TEMPLATES_PUBLISH = "templates:publish"
    EXECUTIONS_READ = "executions:read"
    EXECUTIONS_CREATE = "executions:create"
    EXECUTIONS_CONTROL = "executions:control"
    EVENTS_WRITE = "events:write"
    LEDGER_READ = "ledger:read"
    LEDGER_VERIFY = "ledger:verify"
    REPLAY_RUN = "replay:run"
    SNAPSHOTS_CREATE = "snapshots:create"
    TOKENS_OWN = "tokens:own"
    TOKENS_MANAGE = "tokens:manage"
    ORG_READ = "org:read"
    ORG_MANAGE = "org:manage"


class Role(StrEnum):
    """What a person or a program is in an org."""

    ADMIN = "admin"
    DESIGNER = "designer"
    OPERATOR = "operator"
    INTEGRATOR = "integrator"
    AUDITOR = "auditor"


_ORDER: Final = (Role.ADMIN, Role.DESIGNER, Role.OPERATOR, Role.INTEGRATOR, Role.AUDITOR)

#: The table. Columns: admin, designer, operator, integrator, auditor.
_TABLE: Final[Mapping[Permission, str]] = {
    Permission.TEMPLATES_READ: "x x x x x",
    Permission.TEMPLATES_WRITE: "x x - - -",
    Permission.TEMPLATES_PUBLISH: "x x - - -",
    Permission.EXECUTIONS_READ: "x x x x x",
    Permission.EXECUTIONS_CREATE: "x - x x -",
    Permission.EXECUTIONS_CONTROL: "x - x - -",
    Permission.EVENTS_WRITE: "x - x x -",
    Permission.LEDGER_READ: "x x x - x",
    Permission.LEDGER_VERIFY: "x - - - x",
    Permission.REPLAY_RUN: "x x x - x",
    Permission.SNAPSHOTS_CREATE: "x - x - -",
    Permission.TOKENS_OWN: "x x x x x",
    Permission.TOKENS_MANAGE: "x - - - -",
    Permission.ORG_READ: "x x x x x",
    Permission.ORG_MANAGE: "x - - - -",
}

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    role: frozenset(permission for permission, row in _TABLE.items() if row.split()[column] == "x")
    for column, role in enumerate(_ORDER)
}


class PermissionDenied(ActumError):
    """Ask an admin of the org for a token whose role and scopes allow this."""

    code: ClassVar[str] = "permission_denied"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes this request. `permissions` is what the role has, narrowed to the token's scopes."""

    org_id: UUID
    org: str
    token_id: UUID
    role: Role
    permissions: frozenset[Permission]
    actor: Actor


def caller_of_token(org_id: UUID, token_id: UUID, role: Role, scopes: frozenset[str] | None) -> Caller:
    """The caller a valid access token stands for. A scope the role does not have adds nothing."""
    permissions = PERMISSIONS[role]
    if scopes is not None:
        permissions = frozenset(permission for permission in permissions if permission.value in scopes)
    return Caller(
        org_id=org_id,
        org=format_identifier(Prefix.ORG, org_id),
        token_id=token_id,
        role=role,
        permissions=permissions,
        actor=Actor("token", format_identifier(Prefix.ACCESS_TOKEN, token_id)),
    )


def require(caller: Caller, permission: Permission) -> None:
    """Raise PermissionDenied unless the caller has the permission."""
    if permission not in caller.permissions:
        raise PermissionDenied(
            f"this needs {permission.value}, which the role {caller.role.value} or the token's "
            "scopes do not include"
        )
