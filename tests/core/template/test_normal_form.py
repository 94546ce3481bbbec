"""The normal form of everything that a document can say, and the digests that must never change."""

from pathlib import Path
from typing import Any

import pytest

from actum_core import canonical_json
from actum_core.template import (
    compile_component,
    compile_template,
    load_program,
    parse_component,
    parse_design,
    parse_template,
)
from actum_core.template.canonical import canonical_document

from ..documents import document, load_yaml, parse_yaml
from .networks import component, finder, network

EXAMPLES = Path(__file__).parents[3] / "server/src/actum/examples"

#: Programs published before networks, timers and children came into the language: they are what executions run.
DIGESTS = {
    "order-approval": "676c3a356c7b9c1c7f45196465a7fa7662e1d5a64014b5fd1a9da6ead1384e21",
    "traffic-light": "a0286f90dbe66b6fa49b677209a914b88b8693f7746833feeeb8e36dd5a8d786",
}

MACHINE = """
initial: a
states:
  a:
    entry:
      - {send: {event: ping, data: {b: 1, a: =vars.n}, delay: 1h30m, id: later, to: '#_parent'}}
      - {send: {event: =vars.s, at: '2026-01-01T00:00:00Z', id_to: s}}
      - {send: {event: due, at: =now, delay: =vars.n}}
      - {cancel: later}
      - {do: {action: notify, with: {total: =vars.n}, id: =vars.s}}
      - {drop: vars.s}
      - {drop: {token: token.id, port: left, reason: =vars.s}}
      - {do: notify}
      - {if: vars.n > 1, then: [{cancel: =vars.s}], else: [{send: pong}]}
    after:
      72h: b
      =vars.n: [{guard: vars.n > 1, target: b}, {actions: [{log: late}], internal: true}]
    invoke:
      - {use: worker, id: w, with: {size: 1}, autoforward: true, finalize: [{assign: {n: message.data.left}}]}
      - {template: other@3, id_to: s}
      - {use: =vars.s}
    on: {done.invoke.w: b}
    always: {guard: vars.n > 9, target: b}
  b: {type: final, output: {n: =vars.n}}
"""
PARTS: dict[str, Any] = {
    "vars": {"n": {"type": "int"}, "s": {"type": "string"}},
    "actions": {
        "notify": {"kind": "webhook", "url": "https://x", "retry": {"attempts": 3, "backoff": "fixed"}},
    },
    "timers": {"on_resume": "remaining"},
    "machines": {
        "worker": {
            "input": {"type": "object", "properties": {"size": {"type": "integer"}}},
            "vars": {"left": {"type": "int", "initial": "=input.size"}},
            "machine": parse_yaml("{initial: s, states: {s: {entry: [{send: {event: x, to: '#_parent'}}]}}}"),
        }
    },
    "rules": [
        {
            "id": "ai",
            "on": "mail",
            "kind": "ai",
            "prompt": "Say {{event.data.a}} {{ {'a': 1} }}",
            "output": {"type": "object", "description": "for people"},
            "extract": {"code": {"regex": "A([0-9]+)", "from": "=event.data.a"}},
            "when": "extract.code != null",
            "emit": {"message": "=output.intent"},
        }
    ],
}
OTHER = {
    **document("{initial: x, states: {x: {invoke: {use: inner}}}}"),
    "name": "other",
    "machines": {"inner": {"machine": document()["machine"]}},
}
FULL = document(parse_yaml(MACHINE), **PARTS)
NETWORK = network(
    """
    z: {use: "part@1", with: {value: token.value, on: spike, outs: [left, right]}}
    a: {machine: {initial: s, states: {s: {on: {token: {actions:
          [{emit: {port: x, value: =token.value, parents: '[]', type: kwh}}]}}}}},
        ports: {in: [p, {name: q, type: kwh}], out: [x]}}
    """,
    "[{from: z.left, to: a.p}, {from: a.x, to: a.q}]",
    **{**PARTS, "rules": []},
)
PART = component(
    "part",
    title="A part",
    params={
        "value": {"expression": True, "required": True, "description": "for people"},
        "on": {"message": True},
        "outs": {"schema": {"type": "array"}, "default": ["out"]},
    },
    ports={"out": "=params.outs"},
    machine=parse_yaml(
        "{initial: s, states: {s: {on: {'token =params.on': {actions: [{emit: =params.value}]}}}}}"
    ),
)


def find_template(name: str, version: int) -> object:
    return OTHER if (name, version) == ("other", 3) else None


@pytest.mark.parametrize(
    "value", [FULL, NETWORK, PART, OTHER], ids=["machine", "network", "component", "child"]
)
def test_the_normal_form_is_itself_a_document_and_its_own_normal_form(value: dict[str, Any]) -> None:
    design = parse_design(value)
    normal = canonical_document(design)
    assert parse_design(normal) == design
    assert canonical_document(parse_design(normal)) == normal
    assert canonical_json.parse(canonical_json.encode(normal)) == normal


def test_a_program_with_children_returns_from_its_canonical_form_alone() -> None:
    program = compile_template(FULL, find_template=find_template)
    loaded = load_program(program.canonical)
    assert (loaded.digest, loaded.canonical, loaded.template) == (
        program.digest,
        program.canonical,
        program.template,
    )
    children = loaded.network.scopes[0].machines
    assert set(children) == {"worker", "other@3"}
    assert set(children["worker"].machines) == {"worker", "other@3"}
    assert set(children["other@3"].machines) == {"inner", "other@3"}
    assert children["worker"].variables[0].name == "left"


def test_a_network_with_everything_returns_from_its_canonical_form_alone() -> None:
    program = compile_template(NETWORK, finder(PART))
    assert load_program(program.canonical).canonical == program.canonical
    assert [port.name for port in program.network.machines[0].outputs] == ["left", "right"]


@pytest.mark.parametrize("name", DIGESTS)
def test_a_template_of_one_machine_keeps_its_digest(name: str) -> None:
    program = compile_template(load_yaml(EXAMPLES / f"{name}.yaml"))
    assert program.digest == DIGESTS[name]
    assert program.network.is_single
    assert program.network.machines[0].machine is program.template.machine
    assert program.network.scopes[0].expressions is program.expressions


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "template"},
        {"timers": {"on_resume": "keep"}},
        {"actions": {}, "machines": {}, "rules": []},
        {"title": "Other", "layout": {"x": 1}},
    ],
)
def test_what_says_nothing_new_changes_no_digest(change: dict[str, Any]) -> None:
    assert compile_template({**document(), **change}).digest == compile_template(document()).digest


@pytest.mark.parametrize(
    "change",
    [
        {"timers": {"on_resume": "remaining"}},
        {"actions": {"a": {"kind": "log"}}},
        {"machines": {"m": {"machine": document()["machine"]}}},
        {"machine": parse_yaml("{initial: only, states: {only: {after: {1s: only}}}}")},
    ],
)
def test_what_a_step_depends_on_changes_the_digest(change: dict[str, Any]) -> None:
    assert compile_template({**document(), **change}).digest != compile_template(document()).digest


def test_the_digest_of_a_component_leaves_out_what_is_for_people() -> None:
    plain = {
        **PART,
        "title": "Another",
        "layout": {},
        "params": {**PART["params"], "on": {"message": True, "title": "x"}},
    }
    assert compile_component(plain).digest == compile_component(PART).digest
    assert parse_component(plain).title == "Another"


def test_keyed_and_listed_timers_are_the_same_program() -> None:
    keyed = document("{initial: a, states: {a: {after: {60s: b, 1h: a}}, b: {}}}")
    listed = document(
        "{initial: a, states: {a: {after: [{delay: 1m, target: b}, {delay: 60m, target: a}]}, b: {}}}"
    )
    assert compile_template(keyed).digest == compile_template(listed).digest


def test_the_same_child_is_the_same_program_however_it_is_named() -> None:
    short = document("{initial: a, states: {a: {invoke: {template: other@3}}}}")
    long = document("{initial: a, states: {a: {invoke: [{use: other@3}]}}}")
    assert parse_template(short) == parse_template(long)
