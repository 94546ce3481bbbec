"""The few calls of Actum's HTTP API that a benchmark needs before and after the load."""

import http.client
import json
import time
from pathlib import Path
from typing import Any, Final

from actum.entrypoints.cli.documents import parse_yaml

#: Seconds one call may take: a replay of 100,000 inputs is the longest.
_TIMEOUT_SECONDS: Final = 300

#: Seconds after which the server may close a connection that nobody uses: calls between loads begin a new one.
_IDLE_SECONDS: Final = 2


class ApiRefused(Exception):
    """Actum answered a set-up call with something other than success; status and body follow."""


class ActumApi:
    """One keep-alive connection with an access token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        self._used_at = time.monotonic()
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def publish(self, file: Path) -> None:
        document = parse_yaml(file.name, file.read_bytes()).value
        template = self._post("/v1/templates", {"document": document})
        self._post(f"/v1/templates/{template['id']}/versions", {})

    def create_execution(self, template: str) -> str:
        return str(self._post("/v1/executions", {"template": template})["id"])

    def events_path(self, execution: str) -> str:
        return f"/v1/executions/{execution}/events"

    def replay(self, execution: str) -> dict[str, Any]:
        """Fold the whole execution again with full verification; the report, whatever it says."""
        return self._post(f"/v1/executions/{execution}/replay", {})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if time.monotonic() - self._used_at > _IDLE_SECONDS:
            self._connection.close()  # the next request opens it again
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        self._used_at = time.monotonic()
        if not 200 <= answer.status < 300:
            raise ApiRefused(f"POST {path}: {answer.status} {text[:1000]}")
        return dict(json.loads(text)) if text else {}

    def close(self) -> None:
        self._connection.close()
