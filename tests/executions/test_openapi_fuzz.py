"""Whatever the OpenAPI document allows or does not allow is answered as it says, and never with a 500."""

import asyncio
import os
from collections import Counter
from typing import Any

import httpx2
import hypothesis
import msgspec
import pytest
import schemathesis
from schemathesis.specs.openapi import checks

from actum.entrypoints.openapi import current_document
from actum.orgs.create import create_org
from actum.platform.clock import SystemClock
from actum.platform.database import Database
from actum.platform.postgres_cluster import DatabaseUrls

from ..server_process import ServerProcess, running_server
from .documents import COUNTER

#: Requests for each operation. The seed is Hypothesis' own of the function, so every run sends the same.
EXAMPLES = int(os.environ.get("ACTUM_FUZZ_EXAMPLES", "15"))

#: Streams do not end by themselves; tests of streams read them.
_ENDLESS = ("/stream", "/ws")


def cases_of(operation: Any) -> Any:
    """Requests that the document allows, and requests that it does not."""
    return operation.as_strategy(
        generation_mode=schemathesis.GenerationMode.POSITIVE
    ) | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)


def fuzz(server: ServerProcess, token: str) -> Counter[str]:
    """Ask every operation; returns how many requests each got. Raises what a response does that it must not."""
    schema = schemathesis.openapi.from_dict(msgspec.json.decode(current_document()))
    schema.config.update(base_url=server.url)
    asked: Counter[str] = Counter()
    with httpx2.Client(base_url=server.url, headers={"authorization": f"Bearer {token}"}) as http:
        made = http.post("/v1/templates", json={"document": COUNTER}).json()
        http.post(f"/v1/templates/{made['id']}/versions", json={}).raise_for_status()
        for found in schema.get_all_operations():
            operation: Any = found.ok()
            if not operation.path.endswith(_ENDLESS):
                # One that half of the requests find, new for each operation: some of them end it.
                execution = http.post("/v1/executions", json={"template": "counter"}).json()["id"]
                fuzz_operation(operation, token, execution, asked)
    return asked


def fuzz_operation(operation: Any, token: str, execution: str, asked: Counter[str]) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=cases_of(operation), is_known=hypothesis.strategies.booleans())
    def ask(case: Any, is_known: bool) -> None:
        if is_known and "execution" in (case.path_parameters or {}):
            case.path_parameters["execution"] = execution
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        asked.update((f"{case.method} {case.path}", str(response.status_code)))
        assert response.status_code < 500, (response.text[:500], case.as_curl_command())
        case.validate_response(
            response,
            checks=[
                checks.response_schema_conformance,
                checks.content_type_conformance,
                checks.status_code_conformance,
            ],
        )

    ask()


@pytest.mark.slow
async def test_no_request_is_answered_with_a_500_or_otherwise_than_documented(
    database: Database, database_urls: DatabaseUrls
) -> None:
    org = await create_org(database, SystemClock(), "acme", "Acme")
    token = org.admin_token.text
    async with running_server(database_urls) as server:
        asked = await asyncio.to_thread(fuzz, server, token)
        async with server.client(token) as http:
            checked = (await http.post("/v1/ledger/check", json={})).json()

    assert checked["whole"], checked["findings"]
    assert asked["POST /v1/executions/{execution}/events"] >= EXAMPLES // 2
    assert sum(name.startswith(("GET", "POST", "PUT", "PATCH", "DELETE")) for name in asked) > 30
    assert {"200", "201", "400", "404", "409", "422"} <= asked.keys()
