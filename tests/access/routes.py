"""Every route of the API in one row: what it needs, and how to ask it so that it does what it is for.

Written by hand from docs/API.md, so that the routes, their document and the table of permissions are each
compared with something that they did not make.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

ROLES: Final = ("admin", "designer", "operator", "integrator", "auditor")

#: Which roles have which permission.
ROLES_OF: Final[dict[str, str]] = {
    "templates:read": "admin designer operator integrator auditor",
    "templates:write": "admin designer",
    "templates:publish": "admin designer",
    "executions:read": "admin designer operator integrator auditor",
    "executions:create": "admin operator integrator",
    "executions:control": "admin operator",
    "events:write": "admin operator integrator",
    "ledger:read": "admin designer operator auditor",
    "ledger:verify": "admin auditor",
    "replay:run": "admin designer operator auditor",
    "snapshots:create": "admin operator",
    "tokens:own": "admin designer operator integrator auditor",
    "tokens:manage": "admin",
    "org:read": "admin designer operator integrator auditor",
    "org:manage": "admin",
}

#: Permissions that no route needs as such: what they add is decided in the handler.
WITHOUT_A_ROUTE: Final = {"tokens:manage"}


class Thing(StrEnum):
    """What a request may be about. The first word is the parameter that names it."""

    ORG = "org"
    TOKEN = "token"
    TEMPLATE = "template"
    DRAFT = "template never published"
    COMPONENT = "component"
    COMPONENT_DRAFT = "component never published"
    EXECUTION = "execution"
    WAITING = "execution not started"
    PAUSED = "execution paused"
    FLOWING = "execution with a token, an action and a timer"

    @property
    def parameter(self) -> str:
        return self.value.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Row:
    """How a route is asked. In the query and the body, `{…}` stands for a value as in the path."""

    route: str
    #: None: anybody may ask.
    permission: str | None
    thing: Thing | None = None
    succeeds: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""

    @property
    def method(self) -> str:
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.route.partition(" ")[2] + self.query

    @property
    def roles(self) -> frozenset[str]:
        """Who may ask."""
        return frozenset(ROLES if self.permission is None else ROLES_OF[self.permission].split())


def document(name: str) -> dict[str, Any]:
    """The smallest template with an event."""
    machine = {"initial": "idle", "states": {"idle": {"on": {"add": "idle"}}}}
    return {"format": "actum/1", "name": name, "events": {"add": {}}, "machine": machine}


def component(name: str) -> dict[str, Any]:
    """The smallest component."""
    machine = {
        "initial": "idle",
        "states": {"idle": {"on": {"token": {"actions": [{"emit": "=token.value"}]}}}},
    }
    return {"format": "actum/1", "kind": "component", "name": name, "machine": machine}


def network(name: str, use: str) -> dict[str, Any]:
    """The smallest template with a component in it."""
    return {"format": "actum/1", "name": name, "events": {}, "nodes": {"part": {"use": use}}, "edges": []}


def flowing(name: str) -> dict[str, Any]:
    """The smallest template that sends a token out, asks for an action and waits for a moment."""
    idle = {
        "entry": [{"emit": "=1"}, {"do": {"action": "call"}}],
        "after": {"30d": "idle"},
        "on": {"add": "idle"},
    }
    template = {key: value for key, value in document(name).items() if key != "machine"}
    machine = {"initial": "idle", "states": {"idle": idle}}
    return {**template, "nodes": {"only": {"machine": machine}}, "actions": {"call": {"kind": "http"}}}


_NEW: Final = {"document": document("{unique}")}
_NEW_COMPONENT: Final = {"document": component("{unique}")}
_TOKEN: Final = {"name": "one more", "role": "{role}", "scopes": []}
_E: Final = "/v1/executions/{execution}"
_T: Final = "/v1/templates/{template}"
_C: Final = "/v1/components/{component}"
_DIFF: Final = "versions/{source}/diff/{target}"

ROWS: Final = (
    # Operations
    Row("GET /v1/health", None),
    Row("GET /v1/ready", None),
    Row("GET /v1/metrics", None),
    # Orgs
    Row("GET /v1/orgs", "org:read"),
    Row("GET /v1/orgs/{org}", "org:read", Thing.ORG),
    Row("PATCH /v1/orgs/{org}", "org:manage", Thing.ORG, body={"name": "Acme Ltd"}),
    # Access tokens
    Row("GET /v1/access-tokens", "tokens:own"),
    Row("POST /v1/access-tokens", "tokens:own", succeeds=201, body=_TOKEN),
    Row("GET /v1/access-tokens/{token}", "tokens:own", Thing.TOKEN),
    Row("DELETE /v1/access-tokens/{token}", "tokens:own", Thing.TOKEN, succeeds=204),
    # Templates
    Row("GET /v1/templates", "templates:read"),
    Row("POST /v1/templates", "templates:write", succeeds=201, body=_NEW),
    Row("POST /v1/compile", "templates:read", body=_NEW),
    Row("POST /v1/simulate", "templates:read", body={**_NEW, "events": [{"type": "add"}]}),
    Row("POST /v1/validate", "templates:read", body=_NEW),
    Row("POST /v1/templates/import", "templates:write", body=document("{unique}")),
    Row("POST /v1/rules/test", "templates:read", body={**_NEW, "event": {"type": "add"}}),
    Row(f"GET {_T}", "templates:read", Thing.TEMPLATE),
    Row(
        f"PUT {_T}",
        "templates:write",
        Thing.DRAFT,
        body={"document": document("{name}")},
        headers={"if-match": '"1"'},
    ),
    Row(f"GET {_T}/validation", "templates:read", Thing.TEMPLATE),
    Row(f"POST {_T}/compile", "templates:read", Thing.TEMPLATE),
    Row(f"GET {_T}/versions", "templates:read", Thing.TEMPLATE),
    Row(f"POST {_T}/versions", "templates:publish", Thing.DRAFT, succeeds=201, body={}),
    Row(f"GET {_T}/versions/{{version}}", "templates:read", Thing.TEMPLATE),
    Row(f"GET {_T}/versions/{{version}}/used-by", "templates:read", Thing.TEMPLATE),
    Row(f"GET {_T}/{_DIFF}", "templates:read", Thing.TEMPLATE),
    Row(f"GET {_T}/versions/{{version}}/export", "templates:read", Thing.TEMPLATE, query="?format=mermaid"),
    Row(
        f"POST {_T}/versions/{{version}}/rules/test",
        "templates:read",
        Thing.TEMPLATE,
        body={"event": {"type": "add"}},
    ),
    # Components
    Row("GET /v1/components", "templates:read"),
    Row("POST /v1/components", "templates:write", succeeds=201, body=_NEW_COMPONENT),
    Row(f"GET {_C}", "templates:read", Thing.COMPONENT),
    Row(
        f"PUT {_C}",
        "templates:write",
        Thing.COMPONENT_DRAFT,
        body={"document": component("{name}")},
        headers={"if-match": '"1"'},
    ),
    Row(f"GET {_C}/validation", "templates:read", Thing.COMPONENT),
    Row(f"POST {_C}/compile", "templates:read", Thing.COMPONENT),
    Row(f"GET {_C}/versions", "templates:read", Thing.COMPONENT),
    Row(f"POST {_C}/versions", "templates:publish", Thing.COMPONENT_DRAFT, succeeds=201, body={}),
    Row(f"GET {_C}/versions/{{version}}", "templates:read", Thing.COMPONENT),
    Row(f"GET {_C}/versions/{{version}}/used-by", "templates:read", Thing.COMPONENT),
    Row(f"GET {_C}/{_DIFF}", "templates:read", Thing.COMPONENT),
    # Executions
    Row("GET /v1/executions", "executions:read"),
    Row("POST /v1/executions", "executions:create", Thing.TEMPLATE, 201, {"template": "{template}"}),
    Row(f"GET {_E}", "executions:read", Thing.EXECUTION),
    Row(f"GET {_E}/state", "executions:read", Thing.EXECUTION),
    Row(f"GET {_E}/events", "executions:read", Thing.EXECUTION),
    Row(f"POST {_E}/events", "events:write", Thing.EXECUTION, body={"type": "add"}),
    Row(f"GET {_E}/messages", "executions:read", Thing.EXECUTION),
    Row(f"GET {_E}/snapshots", "executions:read", Thing.EXECUTION),
    Row(f"POST {_E}/snapshots", "snapshots:create", Thing.EXECUTION, succeeds=201),
    Row(f"POST {_E}/start", "executions:control", Thing.WAITING),
    Row(f"POST {_E}/pause", "executions:control", Thing.EXECUTION, body={}),
    Row(f"POST {_E}/resume", "executions:control", Thing.PAUSED, body={}),
    Row(f"POST {_E}/cancel", "executions:control", Thing.EXECUTION, body={}),
    Row(f"POST {_E}/replay", "replay:run", Thing.EXECUTION, body={}),
    Row(f"GET {_E}/tokens", "executions:read", Thing.FLOWING),
    Row(f"GET {_E}/tokens/{{token}}/lineage", "executions:read", Thing.FLOWING),
    Row(f"GET {_E}/actions", "executions:read", Thing.FLOWING),
    Row(f"POST {_E}/actions/{{request_id}}/outcome", "executions:control", Thing.FLOWING, body={"ok": True}),
    # Ledger
    Row(f"GET {_E}/ledger", "ledger:read", Thing.EXECUTION),
    Row(f"POST {_E}/ledger/check", "ledger:verify", Thing.EXECUTION),
    Row("POST /v1/ledger/check", "ledger:verify"),
    # Streams
    Row(f"GET {_E}/stream", "executions:read", Thing.EXECUTION),
    Row("GET /v1/stream", "executions:read", query="?after=0"),
)

#: Routes that stand in the document and have no row yet. The list may only become shorter, and its bound with it.
ROUTES_WITHOUT_A_ROW: Final[tuple[str, ...]] = ()
WITHOUT_A_ROW_MAX: Final = 0

#: Public, and not in the document: it is the document.
UNDOCUMENTED: Final = {"GET /v1/openapi.json"}

#: Addresses of WebSockets, which OpenAPI does not know, and what is said there to hear an answer. All of them
#: need executions:read.
SOCKETS: Final[dict[str, dict[str, Any]]] = {
    "/v1/ws": {"op": "subscribe", "executionId": "{execution}", "after": 0},
    "/v1/executions/{execution}/ws": {"op": "ping"},
}
SOCKET_PERMISSION: Final = "executions:read"
