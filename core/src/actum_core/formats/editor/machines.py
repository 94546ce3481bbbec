"""Write the finite state machines and multiplexers of a scenario as nodes with a machine of their own.

A token of the editor's machine sets off the transitions for ``token_received``, then those that its value names;
conditions are looked at afterwards, so they are eventless here. Entering the first state does nothing at the
start, so what it does on entry stands at the transitions that lead back to it.
"""

from typing import Any, Final

from actum_core.formats.cel_text import quoted
from actum_core.formats.editor.automata import Action, Automaton, State, Transition, read_automaton
from actum_core.formats.editor.formulas import Resolve
from actum_core.formats.editor.network import Network
from actum_core.formats.editor.scenario import End, Node
from actum_core.formats.editor.sources import is_number, literal
from actum_core.formats.formula import is_expression
from actum_core.formats.naming import Names, event_name, state_id

Content = list[dict[str, Any]]

#: Seconds between two looks that the editor's clock takes at transitions with a timer.
_TIMER_SECONDS: Final = 5


def write_automaton(network: Network, node: Node) -> None:
    network.check_members(node, ("fsm", "fsl", "config", "eventInputs", "messageInputs", "tokenInputs"))
    if "fsl" in node.members and ("fsm" in node.members or "config" in node.members):
        detail = "the text of the machine is left out: its states and transitions are read from beside it"
        network.findings.warn(node.pointer + "/fsl", "left_out", detail)
    for name in ("eventInputs", "messageInputs", "tokenInputs"):
        if node.members.get(name):
            detail = f"{name} have no counterpart and are left out"
            network.findings.report(f"{node.pointer}/{name}", "left_out", detail)
    _Machine(network, node).write()


class _Machine:
    def __init__(self, network: Network, node: Node) -> None:
        self._network = network
        self._findings = network.findings
        self._node = node
        self._automaton: Automaton = read_automaton(network, node)
        self._ids = Names(state_id)
        for name in self._automaton.states:
            self._ids.give(name)
        self._inputs = network.input_names(node)
        self._outputs = self._output_names()
        self._variables = {
            name: network.variable(node, name, literal(value))
            for name, value in self._automaton.variables.items()
        }
        self._outgoing_of: dict[str, list[Transition]] = {}
        for each in self._automaton.transitions:
            self._outgoing_of.setdefault(each.source, []).append(each)
        self._spoken = {act.target for each in self._automaton.states.values() for act in each.entry}
        self._kept = self._kept_inputs()
        texts = {
            name: f"vars.{self._kept[name]}" if name in self._kept else "token.value" for name in self._inputs
        }
        self._resolve: Resolve = network.resolver(node, texts, self._variables)

    def write(self) -> None:
        """Add the node."""
        network, node = self._network, self._node
        states = [self._state(state) for state in self._automaton.states.values()]
        machine: dict[str, Any] = {"initial": self._ids.give(self._automaton.initial), "states": states}
        inputs = {name: network.port(node, "in", name) for name in self._inputs}
        outputs = {name: network.port(node, "out", name) for name in self._outputs}
        ports = {"in": list(inputs.values()), "out": list(outputs.values())}
        name = network.add(node, {"machine": machine, "ports": ports})
        for text, port in inputs.items():
            network.entrances[node.path, text] = f"{name}.{port}"
        for text, port in outputs.items():
            network.exits[node.path, text] = f"{name}.{port}"

    def _output_names(self) -> list[str]:
        names = [end.name for end in self._node.outputs] + self._automaton.outputs
        names += [wire.output for wire in self._network.wiring.out_of(self._node)]
        return list(dict.fromkeys(names))

    def _kept_inputs(self) -> dict[str, str]:
        """Variables for the last value of each input, where a formula may need it when another thing happens."""
        has_timer = any(each.trigger == "timer" for each in self._automaton.transitions)
        if len(self._inputs) == 1 and not has_timer:
            return {}
        return {name: self._network.variable(self._node, f"last_{name}", None) for name in self._inputs}

    def _state(self, state: State) -> dict[str, Any]:
        found: dict[str, Any] = {"id": self._ids.give(state.name)}
        if found["id"] != state.name:
            found["title"] = state.name[:200]
        outgoing = self._outgoing_of.get(state.name, [])
        if state.is_final and not outgoing:
            found["type"] = "final"
        entry = self._entry(state)
        if entry and state.name != self._automaton.initial:
            found["entry"] = entry
        if state.exit:
            found["exit"] = self._content(state.exit)
        if found.get("type") != "final":
            found |= self._outgoing(outgoing)
        return found

    def _entry(self, state: State) -> Content:
        """What entering a state does; an output that tells the state does so without being told."""
        told = [end for end in self._node.outputs if _tells_state(end)]
        found: Content = []
        for end in told:
            if end.name not in self._spoken:
                port = self._network.port(self._node, "out", end.name)
                found.append({"emit": {"port": port, "value": literal(state.name)}})
        return found + self._content(state.entry)

    def _outgoing(self, transitions: list[Transition]) -> dict[str, Any]:
        """The transitions of a state by how they are set off."""
        on: list[dict[str, Any]] = []
        found: dict[str, Any] = {}
        named = [each for each in transitions if each.trigger not in _TRIGGERS]
        for each in [each for each in transitions if each.trigger == "token_received"]:
            on += self._on_token(each, None)
        for each in named:
            on += self._on_token(each, each.trigger)
        if self._kept:
            on += [
                {"event": f"token.{self._port(name)}", "actions": [self._keep(name)]} for name in self._inputs
            ]
        for each in [each for each in transitions if each.trigger == "manual"]:
            event = event_name(f"{self._node.id}.manual")
            detail = f"somebody sets this off by hand: the message {event!r} does here"
            self._findings.warn(each.pointer, "manual", detail)
            on.append({"event": event, **self._made(each, [])})
        always = [self._made(each, []) for each in transitions if each.trigger == "condition"]
        always += [self._made(each, []) for each in transitions if each.trigger in _COMPLETIONS]
        after = [self._timed(each) for each in transitions if each.trigger == "timer"]
        for name, listed in (("on", on), ("always", always), ("after", after)):
            if listed:
                found[name] = listed
        return found

    def _on_token(self, transition: Transition, value: str | None) -> list[dict[str, Any]]:
        """What a token sets off; with a ``value``, only a token that has it."""
        guards = [] if value is None else [f"token.value == {quoted(value)}"]
        if not self._kept:
            return [{"event": "token", **self._made(transition, guards)}]
        found = []
        for name in self._inputs:
            made = self._made(transition, guards)
            made["actions"] = [self._keep(name), *made.get("actions", [])]
            found.append({"event": f"token.{self._port(name)}", **made})
        return found

    def _port(self, name: str) -> str:
        return self._network.port(self._node, "in", name)

    def _keep(self, name: str) -> dict[str, Any]:
        return {"assign": {self._kept[name]: "token.value"}}

    def _timed(self, transition: Transition) -> dict[str, Any]:
        delay = transition.delay
        if delay is None or delay <= 0:
            detail = f"how long the timer runs is not said: the editor looks every {_TIMER_SECONDS} seconds"
            self._findings.report(transition.pointer, "timer", detail)
            delay = _TIMER_SECONDS
        return {"delay": f"={float(delay)!r}", **self._made(transition, [])}

    def _made(self, transition: Transition, guards: list[str]) -> dict[str, Any]:
        """Guard, target and actions of a transition."""
        guards = list(guards)
        for text in transition.conditions:
            found = self._network.formula(text, self._resolve, transition.pointer).text
            guards.append(f"({found})" if " || " in found or " ? " in found else found)
        made: dict[str, Any] = {}
        if guards:
            made["guard"] = " && ".join(guards)
        made["target"] = self._ids.give(transition.target)
        actions = self._content(transition.actions)
        target = self._automaton.states.get(transition.target)
        if target is not None and target.name == self._automaton.initial:
            actions += self._entry(target)
        if actions:
            made["actions"] = actions
        return made

    def _content(self, actions: list[Action] | tuple[Action, ...]) -> Content:
        found: Content = []
        for action in actions:
            found += self._action(action)
        return found

    def _action(self, action: Action) -> Content:
        match action.kind:
            case "emit":
                if action.target not in self._outputs:
                    detail = f"the node has no output {action.target[:64]!r}: the action is left out"
                    self._findings.report(action.pointer, "unknown_port", detail)
                    return []
                port = self._network.port(self._node, "out", action.target)
                return [{"emit": {"port": port, "value": self._value(action)}}]
            case "log":
                text = action.value if action.value is not None else action.formula
                return [{"log": literal(text)}]
            case "set_variable" | "increment" | "decrement" if action.target:
                return self._assignment(action)
        detail = f"actions of the kind {action.kind[:64]!r} are not known: it is left out"
        self._findings.report(action.pointer, "action", detail)
        return []

    def _value(self, action: Action) -> Any:
        if action.formula is not None:
            return self._network.formula(action.formula, self._resolve, action.pointer).data
        return literal(action.value)

    def _assignment(self, action: Action) -> Content:
        name = self._variables.get(action.target)
        if name is None:
            name = self._variables[action.target] = self._network.variable(self._node, action.target, None)
        if action.kind == "set_variable":
            value = self._value(action)
            if is_expression(value):
                return [{"assign": {name: value[1:]}}]
            return [{"assign": {name: _source_of(value)}}]
        amount = action.value if is_number(action.value) else 1
        sign = "+" if action.kind == "increment" else "-"
        return [{"assign": {name: f"(vars.{name} == null ? 0 : vars.{name}) {sign} {_source_of(amount)}"}}]


#: Triggers that are not values of tokens.
_COMPLETIONS: Final = ("emission_complete", "processing_complete_auto")
_TRIGGERS: Final = ("token_received", "condition", "timer", "manual", *_COMPLETIONS)


def _tells_state(end: End) -> bool:
    """True for an output to which the editor sends the name of every state that is entered."""
    interface = end.members.get("interface")
    kind = interface.get("type") if isinstance(interface, dict) else None
    return end.name == "state" or kind == "StateContext"


def _source_of(value: Any) -> str:
    """A constant as a text of the expression language."""
    if isinstance(value, str):
        return quoted(value.removeprefix("=") if value.startswith("==") else value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, dict):
        return f"{{{', '.join(f'{quoted(key)}: {_source_of(each)}' for key, each in value.items())}}}"
    return f"[{', '.join(map(_source_of, value))}]" if isinstance(value, list) else repr(value)


# --- Multiplexers -------------------------------------------------------------------------------------------


def write_multiplexer(network: Network, node: Node) -> None:
    """A router; where routes do more than hand the token on, a machine that does."""
    network.check_members(node, ("config",))
    place = node.pointer + "/config"
    config = network.findings.mapping(node.members.get("config", {}), place) or {}
    network.check_known(config, place, ("routes", "defaultOutput"))
    _Multiplexer(network, node, place).write(config)


class _Multiplexer:
    def __init__(self, network: Network, node: Node, place: str) -> None:
        self._network = network
        self._findings = network.findings
        self._node = node
        self._place = place
        names = network.input_names(node)
        self._resolve = network.resolver(node, dict.fromkeys(names, "token.value"))
        self._outputs = [end.name for end in node.outputs]

    def write(self, config: dict[str, Any]) -> None:
        routes = self._network.findings.array(config.get("routes", []), self._place + "/routes") or []
        found = [self._route(route, f"{self._place}/routes/{index}") for index, route in enumerate(routes)]
        kept = [each for each in found if each is not None]
        default = config.get("defaultOutput")
        otherwise = self._port(default) if isinstance(default, str) and default else None
        is_plain = all(content is None for _, _, content in kept)
        ports = list(dict.fromkeys([*(to for to, _, _ in kept), *([otherwise] if otherwise else [])]))
        if is_plain and len({to for to, _, _ in kept} | {otherwise}) == len(kept) + 1:
            content = self._router(kept, otherwise)
        else:
            content = self._machine(kept, otherwise, ports)
        name = self._network.add(self._node, content)
        self._network.enter(self._node, name)
        for end in self._node.outputs:
            port = self._port(end.name)
            if port in ports:
                self._network.exits[self._node.path, end.name] = f"{name}.{port}"
            else:
                self._findings.warn(end.pointer, "no_output", "no route leads to this output")

    def _port(self, name: str) -> str:
        return self._network.port(self._node, "out", name)

    def _route(self, route: object, place: str) -> tuple[str, str, Content | None] | None:
        """Port, condition, and content where the token is not just handed on."""
        members = self._findings.mapping(route, place)
        if members is None:
            return None
        self._network.check_known(
            members, place, ("condition", "outputName", "action", "name", "description")
        )
        output = members.get("outputName")
        if not isinstance(output, str) or (self._outputs and output not in self._outputs):
            detail = f"there is no output {str(output)[:64]!r}: the route is left out"
            self._findings.report(place + "/outputName", "unknown_port", detail)
            return None
        when = self._network.formula(members.get("condition"), self._resolve, place + "/condition").text
        return self._port(output), when, self._content(members.get("action"), output, place + "/action")

    def _content(self, action: object, output: str, place: str) -> Content | None:
        if action is None:
            return None
        members = self._findings.mapping(action, place) or {}
        kind, value = members.get("type", "emit"), members.get("data", "input")
        if kind == "emit" and value in ("input", "token", None, ""):
            return None
        emit: dict[str, Any] = {"port": self._port(output), "value": "=token.value"}
        if kind == "log":
            return [{"log": literal(value)}, {"emit": emit}]
        if kind == "emit" and isinstance(value, str):
            emit["value"] = self._network.formula(value, self._resolve, place + "/data").data
        elif kind == "emit":
            emit["value"] = literal(value)
        else:
            detail = f"actions of the kind {str(kind)[:64]!r} are not known: the token is handed on"
            self._findings.report(place + "/type", "action", detail)
        return [{"emit": emit}]

    def _router(self, routes: list[tuple[str, str, Content | None]], otherwise: str | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {"routes": [{"to": to, "when": f"={when}"} for to, when, _ in routes]}
        if otherwise is not None:
            arguments["otherwise"] = otherwise
        return {"use": "router@1", "with": arguments}

    def _machine(
        self, routes: list[tuple[str, str, Content | None]], otherwise: str | None, ports: list[str]
    ) -> dict[str, Any]:
        on: list[dict[str, Any]] = []
        for to, when, content in routes:
            actions = content or [{"emit": {"port": to, "value": "=token.value"}}]
            on.append({"event": "token", "guard": when, "actions": actions})
        if otherwise is not None:
            on.append({"event": "token", "actions": [{"emit": {"port": otherwise, "value": "=token.value"}}]})
        machine = {"initial": "routing", "states": [{"id": "routing", **({"on": on} if on else {})}]}
        return {"machine": machine, "ports": {"in": ["in"], "out": ports}}
