"""A document made to take long is answered in about the time that any document of its size is."""

from collections.abc import Callable
from typing import Any

import pytest

from actum_core.template import check_template

from ..documents import document
from ..pace import timed
from .networks import component, finder, network

pytestmark = pytest.mark.slow

#: Seconds of one check of up to two megabytes. What is linear takes a tenth of it here, what is square much more.
SECONDS_MAX = 5.0


def unknown_targets() -> dict[str, Any]:
    states: dict[str, Any] = {f"state{i}": {} for i in range(5_000)}
    states["state0"] = {"on": [{"event": "x", "target": f"stat{i}"} for i in range(5_000)]}
    return document({"initial": "state0", "states": states})


def unknown_fields() -> dict[str, Any]:
    return document({"initial": "a", "states": {"a": {f"entri{i}": [] for i in range(20_000)}}})


def unknown_variables() -> dict[str, Any]:
    assigned = {f"w{i}": "1" for i in range(5_000)}
    return document(
        {"initial": "a", "states": {"a": {"entry": [{"assign": assigned}]}}},
        vars={f"v{i}": {} for i in range(100)},
    )


def unheard_descriptors() -> dict[str, Any]:
    listed = [{"event": f"e{i}.x"} for i in range(10_000)]
    return document(
        {"initial": "a", "states": {"a": {"on": listed}}}, events={f"f{i}": {} for i in range(1_000)}
    )


def many_rules() -> dict[str, Any]:
    rules = [
        {"id": f"r{i}", "on": f"e{i} e{i}.x", "emit": [f"m{i}.{k}" for k in range(9)]} for i in range(1_000)
    ]
    return document(rules=rules, events={f"e{i}": {"schema": {"type": "object"}} for i in range(1_000)})


def eventless_chain() -> dict[str, Any]:
    states: dict[str, Any] = {f"s{i}": {"always": f"s{i + 1}"} for i in range(5_000)}
    return document({"initial": "s0", "states": {**states, "s5000": {}}})


def eventless_fan() -> dict[str, Any]:
    regions: dict[str, Any] = {f"r{i}": {} for i in range(3_000)}
    states: dict[str, Any] = {f"s{i}": {"always": "all"} for i in range(3_000)}
    return document({"initial": "s0", "states": {**states, "all": {"type": "parallel", "states": regions}}})


def unknown_ends() -> dict[str, Any]:
    edges = [{"from": f"n{i}.out", "to": "n0.in"} for i in range(1_000, 5_000)]
    return {**network("{" + ", ".join(f"n{i}: PASS" for i in range(500)) + "}"), "edges": edges}


def unknown_arguments() -> dict[str, Any]:
    return network("{a: {use: sink@1, with: {" + ", ".join(f"valve{i}: 1" for i in range(5_000)) + "}}}")


def used_often() -> dict[str, Any]:
    return network(
        "{" + ", ".join(f"n{i}: {{use: busy@1}}" for i in range(900)) + "}", actions={"a": {"kind": "log"}}
    )


def braces() -> dict[str, Any]:
    rule = {"id": "a", "on": "x", "kind": "ai", "prompt": "{{'" + "\\'" * 16_000, "output": {}, "emit": "m"}
    return document(rules=[rule])


def delays() -> dict[str, Any]:
    return document({"initial": "a", "states": {"a": {"after": {f"{i}s": "a" for i in range(20_000)}}}})


def many_targets() -> dict[str, Any]:
    regions = {f"r{i}": {"initial": f"a{i}", "states": {f"a{i}": {}, f"b{i}": {}}} for i in range(60)}
    listed = [{"event": f"e{i}", "target": [f"b{k}" for k in range(60)]} for i in range(2_000)]
    return document({"initial": "p", "states": {"p": {"type": "parallel", "on": listed, "states": regions}}})


def guarded(make: Callable[[int], str]) -> Callable[[], dict[str, Any]]:
    """Two megabytes of guards, each another one."""

    def make_document() -> dict[str, Any]:
        number = 2_000_000 // (len(make(0)) + 60)
        listed = [{"event": f"e{i}", "guard": make(i)} for i in range(number)]
        return document({"initial": "a", "states": {"a": {"on": listed}}}, vars={"n": {"type": "int"}})

    make_document.__name__ = f"guards {make(0)[:16]}"
    return make_document


def patterns() -> dict[str, Any]:
    events = {f"e{i}": {"schema": {"pattern": f"(a{{30}}){{60}}{i}"}} for i in range(1_000)}
    return document(events=events)


BUSY = component(
    "busy", machine={"initial": "s", "states": {"s": {"on": {"token": {"actions": [{"do": "a"}] * 5_000}}}}}
)


@pytest.mark.parametrize(
    "make",
    [
        *(
            unknown_targets,
            unknown_fields,
            unknown_variables,
            unheard_descriptors,
            many_rules,
            eventless_chain,
        ),
        *(eventless_fan, unknown_ends, unknown_arguments, used_often, braces, delays),
        *(many_targets, patterns),
        guarded(lambda i: f"{i} > 0" + " && [1].all(x, x > 0)" * 500),
        guarded(lambda i: f"size([{i}{', now' * 4_000}]) > 0"),
        guarded(lambda i: f"'x'.matches('(a{{30}}){{60}}{i}')"),
        guarded(lambda i: f"message.data.n > {i}"),
    ],
)
def test_a_document_made_to_take_long_does_not(make: Callable[[], dict[str, Any]]) -> None:
    value = make()
    assert timed(lambda: check_template(value, finder(BUSY))) < SECONDS_MAX
