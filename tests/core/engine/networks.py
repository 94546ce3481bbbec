"""Random templates that use everything: timers, messages between machines, children, requests, tokens, components."""

from random import Random
from typing import Any

from ..documents import document, parse_yaml
from .charts import ASSIGNMENTS, GUARDS, VARIABLES

NAMES = ["e", "f", "g", "e.sub", "done.invoke", "error", "done.do.act", "again"]
DELAYS = ["1s", "2s", "0s", "=vars.n", "=duration('1500ms')", "='1s'", "=vars.any", "=0.25"]
TARGETS = [
    "#_parent",
    "#_kid",
    "#_internal",
    "='/'",
    "=self",
    "=message.origin",
    "='!'",
    "='#_scxml_' + self",
]
MORE_GUARDS = [
    "random() < 0.5",
    "message.kind == 'external'",
    "token.id != ''",
    "has(message.due)",
    "message.invoke == 'kid'",
]

COMPONENTS: dict[tuple[str, int], Any] = {
    ("counter", 1): parse_yaml("""
format: actum/1
kind: component
name: counter
params: {size: {default: 2}, value: {expression: true, default: token.value}, on: {message: true}}
vars: {held: {type: list}}
machine:
  initial: s
  states:
    s:
      after: {3s: {target: s}}
      on:
        token: {actions: [{assign: {held: "vars.held + [{'id': token.id, 'value': params.value}]"}}]}
        "=params.on": {actions: [{emit: {value: "=params.value", type: said}}]}
      always:
        - guard: "size(vars.held) >= params.size"
          actions:
            - emit: {value: "=vars.held.map(h, h.value)", parents: "=vars.held.map(h, h.id)"}
            - assign: {held: "[]"}
"""),
    ("line", 1): parse_yaml("""
format: actum/1
kind: component
name: line
params: {value: {expression: true, default: token.value}}
vars: {n: {type: int}}
nodes:
  c: {use: counter@1, with: {value: "=params.value", size: 1}}
  m: {machine: {initial: s, states: {s: {on: {token: {actions: [{assign: {n: vars.n + 1}}, {emit: "=vars.n"}]}}}}}}
edges: [{from: .in, to: c.in}, {from: c.out, to: m.in}, {from: m.out, to: .out}]
"""),
}


class NetworkMaker:
    """Makes one template; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._ids: list[str] = []
        self._is_network = self._coin()
        #: What may be said in the machines of nodes only.
        self._is_node = False

    def template(self) -> dict[str, Any]:
        """A template of one machine, or of several nodes."""
        members: dict[str, Any] = {
            "vars": VARIABLES,
            "machines": {"kid": self._child(2), "other": self._child(1), "last": {"machine": LAST}},
            "actions": {"act": {"kind": "log"}},
            "timers": {"on_resume": self._random.choice(["keep", "remaining"])},
            "rules": self._rules(),
        }
        if not self._is_network:
            return document(self._machine(3), **members)
        self._is_node = True
        nodes: dict[str, Any] = {"a": self._node(), "b": self._node()}
        nodes["c"] = {"use": "counter@1", "with": {"on": "f", "value": "=vars.n"}}
        nodes["l"] = {"use": "line@1", "with": {"value": "=[token.value, vars.n]"} if self._coin() else {}}
        pairs = [("a", "b"), ("a", "c"), ("c", "b"), ("c", "l"), ("l", "a"), ("b", "c")]
        edges = [{"from": f"{x}.out", "to": f"{y}.in"} for x, y in pairs if self._random.random() < 0.6]
        made = document(None, **members, nodes=nodes, edges=edges)
        del made["machine"]
        return made

    def events(self) -> list[tuple[str, Any]]:
        """Names and data to post."""
        names = ["e", "f", "g", "e.sub"]
        return [(self._random.choice(names), {"k": self._random.randint(0, 3)}) for _ in range(8)]

    def _coin(self) -> bool:
        return self._random.random() < 0.5

    def _rules(self) -> list[dict[str, Any]]:
        return [rule for rule in RULES if self._random.random() < 0.4]

    def _node(self) -> dict[str, Any]:
        return {"machine": self._machine(2)}

    def _child(self, levels: int) -> dict[str, Any]:
        return {"vars": VARIABLES, "machine": self._machine(levels)}

    def _machine(self, levels: int) -> dict[str, Any]:
        self._ids = []
        states = self._states(1, levels)
        self._connect(states)
        states.append({"id": "end", "type": "final", "output": {"n": "=vars.n"}})
        states[0].setdefault("on", []).append({"event": "g", "target": "end"})
        return {"initial": states[0]["id"], "states": states}

    def _states(self, level: int, levels: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _ in range(self._random.randint(1, 3)):
            self._ids.append(f"s{len(self._ids)}")
            state: dict[str, Any] = {"id": self._ids[-1], "entry": self._block(0), "exit": self._block(0)}
            if level < levels and self._random.random() < 0.3:
                inner = self._states(level + 1, levels)
                state["states"] = inner
                if self._coin():
                    state["type"] = "parallel"
                else:
                    state["initial"] = inner[0]["id"]
            found.append(state)
        return found

    def _connect(self, states: list[dict[str, Any]]) -> None:
        for state in states:
            state["on"] = [self._transition() for _ in range(self._random.randint(0, 3))]
            if self._random.random() < 0.4:
                state["after"] = [{"delay": self._random.choice(DELAYS), **self._reaction()}]
            if self._random.random() < 0.3:
                state["invoke"] = [self._invoke()]
            self._connect(state.get("states", []))

    def _reaction(self) -> dict[str, Any]:
        made: dict[str, Any] = {"actions": self._block(0)}
        if self._random.random() < 0.7:
            made["target"] = self._random.choice(self._ids)
        if self._random.random() < 0.4:
            made["guard"] = self._guard()
        return made

    def _transition(self) -> dict[str, Any]:
        return {"event": self._random.choice([*NAMES, "*"]), **self._reaction()}

    def _invoke(self) -> dict[str, Any]:
        uses = ["kid", "other", "='other'", "='none'", "last", "last", "last"]
        made: dict[str, Any] = {"use": self._random.choice(uses)}
        if self._coin():
            made["id"] = self._random.choice(["kid", "='kid'"])
        elif self._coin():
            made["id_to"] = "any"
        if self._coin():
            made["with"] = {"x": "=vars.n"}
        made["autoforward"] = self._random.random() < 0.3
        if self._coin():
            made["finalize"] = [{"assign": {"any": "message.data"}}]
        return made

    def _block(self, depth: int) -> list[Any]:
        return [self._action(depth) for _ in range(self._random.choice([0, 0, 1, 2]))]

    def _action(self, depth: int) -> dict[str, Any]:
        match self._random.randint(0, 9):
            case 0 | 1:
                return {"assign": self._random.choice(ASSIGNMENTS)}
            case 2:
                return {"raise": self._random.choice(["again", {"event": "again", "data": "=token"}])}
            case 3 | 4:
                return {"send": self._send()}
            case 5:
                return {"cancel": self._random.choice(["x", "=vars.any", "='x'"])}
            case 6 if self._is_node:
                return {"emit": self._random.choice(["=vars.n", {"value": "=message.name", "type": "t"}])}
            case 7:
                return {"do": {"action": "act", "with": {"n": "=vars.n"}}}
            case 8:
                return {"log": self._random.choice(["=message", "=token", "=self", "=random_int(1, 6)"])}
            case _:
                inner = self._block(depth + 1) if depth < 2 else []
                return {"if": self._guard(), "then": inner}

    def _guard(self) -> str:
        own = ["in_state('a', 's0')"] if self._is_node else []
        return self._random.choice([*GUARDS, *MORE_GUARDS, *own])

    def _send(self) -> dict[str, Any]:
        made: dict[str, Any] = {"event": self._random.choice(["e", "f", "again", "='e'"])}
        if self._coin():
            made["delay"] = self._random.choice(DELAYS)
        elif self._random.random() < 0.2:
            made["at"] = "=now + duration('2s')"
        if self._random.random() < 0.6:
            made["to"] = self._random.choice([*TARGETS, "b"] if self._is_node else TARGETS)
        if self._coin():
            made["id"] = "x"
        if self._coin():
            made["data"] = {"k": "=vars.n"}
        return made


LAST = parse_yaml("""
initial: s
states:
  s:
    entry: [{send: {event: e, to: "#_parent", data: {k: 1}}}]
    exit: [{send: {event: f, to: "#_parent"}}]
    on: {"*": t}
  t: {after: {1s: u}}
  u: {type: final, output: "=self"}
""")

RULES: list[dict[str, Any]] = [
    {
        "id": "text",
        "on": "f",
        "extract": {"digit": {"regex": "k=([0-9])", "from": "='k=' + string(event.data.k)", "group": 1}},
        "when": "extract.digit != null",
        "emit": ["e", {"message": "g.x", "data": "=extract.digit"}],
    },
    {
        "id": "ask",
        "on": "e.sub",
        "kind": "ai",
        "model": "default",
        "prompt": "Is {{event.data.k}} even?",
        "output": {"type": "object", "required": ["even"], "properties": {"even": {"type": "boolean"}}},
        "emit": {"message": "=output.even ? 'e' : 'f'", "data": {"k": "=event.data.k"}},
    },
    {
        "id": "bad",
        "on": "g",
        "when": "event.data.k == 1",
        "emit": {"message": "e", "data": "=event.data.none"},
    },
]


def find_component(name: str, version: int) -> Any:
    return COMPONENTS.get((name, version))
