"""Documents that these tests publish, and how they are sent."""

import copy
from typing import Any

from ..serving import Api

TEMPLATES = "/v1/templates"
COMPONENTS = "/v1/components"


def component(name: str = "doubler", factor: int = 2) -> dict[str, Any]:
    """A component that sends every token on, multiplied."""
    emit = {"emit": "=token.value * params.factor"}
    return {
        "format": "actum/1",
        "kind": "component",
        "name": name,
        "params": {"factor": {"default": factor}},
        "machine": {"initial": "on", "states": {"on": {"on": {"token": {"actions": [emit]}}}}},
    }


def network(use: str = "doubler@1", name: str = "line") -> dict[str, Any]:
    """A template that gives an event's number to a component."""
    source = {"initial": "on", "states": {"on": {"on": {"go": {"actions": [{"emit": "=message.data"}]}}}}}
    return {
        "format": "actum/1",
        "name": name,
        "events": {"go": {"schema": {"type": "number"}}},
        "nodes": {"source": {"machine": source}, "part": {"use": use}},
        "edges": [{"from": "source.out", "to": "part.in"}],
    }


def wrapper(use: str, name: str = "wrapper") -> dict[str, Any]:
    """A component with another one in it."""
    return {
        "format": "actum/1",
        "kind": "component",
        "name": name,
        "nodes": {"inner": {"use": use}},
        "edges": [{"from": ".in", "to": "inner.in"}, {"from": "inner.out", "to": ".out"}],
    }


def machine(name: str = "door") -> dict[str, Any]:
    """A template of one machine."""
    states = {"shut": {"on": {"push": "open"}}, "open": {"on": {"push": "shut"}}}
    return {
        "format": "actum/1",
        "name": name,
        "events": {"push": {}},
        "machine": {"initial": "shut", "states": states},
    }


def invoking(use: str, name: str = "parent") -> dict[str, Any]:
    """A template that starts another one as a child."""
    document = machine(name)
    document["machine"]["states"]["open"]["invoke"] = {"use": use}
    return document


def changed(document: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {**copy.deepcopy(document), **members}


async def create(api: Api, path: str, document: dict[str, Any]) -> dict[str, Any]:
    response = await api.send("POST", path, {"document": document})
    assert response.status_code == 201, response.text
    told: dict[str, Any] = response.json()
    return told


async def publish(api: Api, path: str, document: dict[str, Any]) -> dict[str, Any]:
    """Publish a document as the next version of what it names, which is created if it is not there."""
    name = document["name"]
    response = await api.send("POST", f"{path}/{name}/versions", {"document": document})
    if response.status_code == 404:
        await create(api, path, document)
        response = await api.send("POST", f"{path}/{name}/versions")
    assert response.status_code in (200, 201), response.text
    told: dict[str, Any] = response.json()
    return told
