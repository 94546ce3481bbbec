"""Templates that mean no good: each spends as much of a step as it can, in one way of many."""

from typing import Any

from ..documents import document

VARIABLES = {"n": {"type": "int"}, "value": {}, "list": {"type": "list"}, "text": {"type": "string"}}

Case = tuple[dict[str, Any], Any]


def _each(*actions: dict[str, Any], of: str = "event.data") -> dict[str, Any]:
    return {"for_each": {"in": of, "as": "x", "do": list(actions)}}


def _machine(*actions: dict[str, Any], on: Any = None, always: Any = None, **members: Any) -> dict[str, Any]:
    state: dict[str, Any] = {"on": {"e": {"actions": list(actions)}, **(on or {})}}
    if always is not None:
        state["always"] = always
    return document({"initial": "a", "states": {"a": state}}, vars=VARIABLES, **members)


def _guarded(guard: str) -> dict[str, Any]:
    return document({"initial": "a", "states": {"a": {"on": {"e": {"guard": guard}}}}}, vars=VARIABLES)


def _invoking(invoke: Any, child: dict[str, Any], **on: Any) -> dict[str, Any]:
    states = {"a": {"on": {"e": "b"}}, "b": {"invoke": invoke, "on": on}}
    return document({"initial": "a", "states": states}, machines={"kid": child})


def _node(on_token: list[Any], on_event: str = "=event.data") -> dict[str, Any]:
    states = {"s": {"on": {"e": {"actions": [{"emit": on_event}]}, "token": {"actions": on_token}}}}
    return {"machine": {"initial": "s", "states": states}}


def _ring(node: dict[str, Any]) -> dict[str, Any]:
    edges = [{"from": "a.out", "to": "b.in"}, {"from": "b.out", "to": "a.in"}]
    made = document(None, vars=VARIABLES, nodes={"a": node, "b": node}, edges=edges)
    del made["machine"]
    return made


def _fan(count: int) -> dict[str, Any]:
    nodes = {f"n{i}": _node([{"assign": {"n": "vars.n + 1"}}]) for i in range(count)}
    nodes["m"] = {
        "machine": {"initial": "s", "states": {"s": {"on": {"go": {"actions": [_each({"emit": "=1"})]}}}}}
    }
    edges = [{"from": "m.out", "to": f"n{i}.in"} for i in range(count)]
    made = document(None, vars=VARIABLES, nodes=nodes, edges=edges)
    del made["machine"]
    return made


def _audience(count: int) -> dict[str, Any]:
    looking = {"machine": {"initial": "s", "states": {"s": {"on": {"*": {"guard": "false"}}}}}}
    rules = [
        {"id": f"r{i}", "on": "e", "emit": [f"='m{i}.{j}.' + string(event.data)" for j in range(60)]}
        for i in range(30)
    ]
    made = document(None, rules=rules, nodes={f"n{i}": looking for i in range(count)})
    del made["machine"]
    return made


def _regions(count: int) -> dict[str, Any]:
    regions = {
        f"r{i}": {"initial": f"x{i}", "states": {f"x{i}": {"on": {"e": {"target": f"x{i}"}}}}}
        for i in range(count)
    }
    regions["r0"]["states"]["x0"]["on"]["e"]["actions"] = [{"raise": "e"}]
    machine = {"initial": "p", "states": {"p": {"type": "parallel", "states": regions}}}
    return document(machine)


_EMPTIES = [[] for _ in range(60_000)]
_LOOPING_CHILD = {"machine": {"initial": "a", "states": {"a": {"invoke": {"use": "kid"}}}}}
_MANY_CHILD = {
    "machine": {"initial": "a", "states": {"a": {"invoke": [{"use": "kid", "with": "=input"}] * 16}}}
}
_ECHO = {
    "machine": {
        "initial": "z",
        "states": {"z": {"on": {"*": {"actions": [{"send": {"event": "e", "to": "#_parent"}}]}}}},
    }
}

#: A template, and the data of an event ``e`` (``go`` where it has one).
CASES: dict[str, Case] = {
    "loops in loops": (
        _guarded("event.data.all(x, event.data.all(y, x + y >= 0))"),
        [0] * 2_000,
    ),
    "lists of lists of nothing": (
        _machine({"assign": {"value": "event.data.map(x, event.data.map(y, []))"}}),
        [1] * 2_000,
    ),
    "a text that doubles": (
        _machine(_each({"assign": {"text": "vars.text + vars.text + 'x'"}})),
        [0] * 2_000,
    ),
    "a list that doubles": (
        _machine(_each({"assign": {"list": "vars.list + vars.list + [[]]"}})),
        [0] * 2_000,
    ),
    "a list that grows": (_machine(_each({"assign": {"list": "vars.list + [[]]"}})), [0] * 9_000),
    "a large value written again and again": (
        _machine(_each({"log": "=event.data.value"}, of="event.data.times")),
        {"times": [0] * 2_000, "value": _EMPTIES},
    ),
    "a large constant written again and again": (
        _machine(_each({"log": [[] for _ in range(30_000)]})),
        [0] * 2_000,
    ),
    "a large value raised again and again": (
        _machine(_each({"raise": {"event": "r", "data": "=event.data.value"}}, of="event.data.times")),
        {"times": [0] * 400, "value": _EMPTIES},
    ),
    "a large variable set again and again": (
        _machine(
            {"assign": {"n": "1", "value": "event.data"}},
            always={
                "guard": "vars.n > 0",
                "actions": [{"assign": {"n": "vars.n + 1", "value": "vars.value"}}],
            },
        ),
        _EMPTIES,
    ),
    "an endless eventless transition": (
        _machine({"assign": {"n": "1"}}, always={"guard": "vars.n > 0", "actions": [{"log": "=vars.n"}]}),
        None,
    ),
    "two hundred regions that all move again": (_regions(200), None),
    "thousands of guards that never hold": (
        _machine(
            *[{"raise": "x"}] * 500,
            always=[{"guard": "false", "actions": [{"log": i}]} for i in range(9_000)],
        ),
        None,
    ),
    "names that are made one by one": (
        _machine(
            _each({"raise": {"event": "='x' + string(x)"}}),
            on={f"k{i}.z": {"actions": []} for i in range(30_000)},
        ),
        list(range(499)),
    ),
    "messages that everybody looks at": (_audience(900), 1),
    "a regular expression that backtracks": (
        _guarded("event.data.all(x, x.matches('(a+)+$'))"),
        ["a" * 5_000] * 40,
    ),
    "large values compared": (_guarded("event.data.all(x, event.data == event.data)"), [[1.5]] * 3_000),
    "messages to itself": (_machine({"send": "e"}, {"send": "e"}), None),
    "many large messages": (_machine(_each({"send": {"event": "x", "data": "=event.data"}})), [0] * 1_999),
    "many timers with large data": (
        _machine(_each({"send": {"event": "x", "delay": "1s", "data": "=event.data"}})),
        [0] * 999,
    ),
    "timers set and taken back": (
        _machine(_each({"send": {"event": "x", "delay": "1s", "id": "i"}}, {"cancel": "i"})),
        [0] * 9_000,
    ),
    "a child that starts itself": (_invoking({"use": "kid"}, _LOOPING_CHILD), None),
    "children that start children": (_invoking([{"use": "kid"}] * 16, _MANY_CHILD), None),
    "a child that ends and is started again": (
        _invoking(
            {"use": "kid", "id": "k"},
            {"machine": {"initial": "z", "states": {"z": {"type": "final"}}}},
            **{"done.invoke": "b"},
        ),
        None,
    ),
    "an echo that is forwarded": (
        document(
            {
                "initial": "a",
                "states": {"a": {"invoke": [{"use": "kid", "autoforward": True}] * 10, "on": {"e": {}}}},
            },
            machines={"kid": _ECHO},
        ),
        [0] * 1_000,
    ),
    "tokens in a ring": (_ring(_node([{"emit": "=token.value"}])), [0] * 50),
    "tokens that multiply": (_ring(_node([{"emit": "=token.value"}, {"emit": "=token.value"}])), [0] * 500),
    "tokens that grow": (_ring(_node([{"emit": "=token.value + token.value"}], "='x'")), None),
    "tokens with many parents": (
        _ring(
            _node(
                [
                    {"assign": {"list": "vars.list + [token.id]"}},
                    {"emit": {"value": "=1", "parents": "=vars.list"}},
                ],
                "=1",
            )
        ),
        None,
    ),
    "tokens to everybody": (_fan(300), [0] * 5),
}
