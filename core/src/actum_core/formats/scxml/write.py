"""Export a template of one machine as SCXML with the data model ``cel``, which is the expression language."""

import re
from typing import Any, Final

from actum_core.errors import Invalid, pointer_of
from actum_core.formats.findings import Findings
from actum_core.formats.formula import read_data, write_data
from actum_core.formats.result import Exported
from actum_core.formats.scxml.names import ACTUM, SCXML, TEMPLATE_SOURCE
from actum_core.formats.scxml.write_content import ContentWriter
from actum_core.formats.sound import parse_sound
from actum_core.formats.xml_writer import Node, write_xml
from actum_core.template.canonical import canonical_document
from actum_core.template.names import parse_use

Members = dict[str, Any]

#: Parts of a template that a chart has no place for.
_LOST: Final = {
    "input": "schema for what it is started with",
    "events": "declarations of events",
    "unknown_events": "refusal of unknown events",
    "rules": "rules",
    "actions": "declarations of actions",
    "timers": "policy for resuming",
}
_GIVEN: Final = re.compile(r"=has\(input\.(\w+)\) \? input\.(\w+) : (.*)", re.DOTALL)


def export_scxml(document: object) -> Exported:
    """The SCXML of a template document. Problems point into its normal form.

    What SCXML can say is written so that importing it gives the same normal form; attributes of our own namespace
    keep what other tools need not know. Raises Invalid when the document is no template, or one of several nodes.
    """
    template = parse_sound(document)
    if template.machine is None:
        findings = Findings()
        findings.report("/nodes", "not_in_scxml", "SCXML has one machine and no nodes: choose one of them")
        raise Invalid(findings.problems)
    normal = canonical_document(template)
    assert isinstance(normal, dict)
    findings = Findings()
    _warn_of_texts(document, findings)
    writer = _Writer(normal.get("machines", {}), findings)
    for name, what in _LOST.items():
        if name in normal:
            writer.content.lost(f"/{name}", what)
    root = writer.chart(normal["name"], normal, "")
    root.children.extend(writer.machines_beside())
    root.attributes = {"xmlns": SCXML, "xmlns:actum": ACTUM, **root.attributes, "actum:format": "actum/1"}
    return Exported(write_xml(root), tuple(findings.problems))


def _warn_of_texts(document: object, findings: Findings) -> None:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if not {"title", "description", "layout"}.isdisjoint(value):
                findings.warn("", "left_out", "titles, descriptions and the layout are left out")
                return
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


class _Writer:
    def __init__(self, machines: Members, findings: Findings) -> None:
        self._machines = machines
        self.content = ContentWriter(findings)
        #: The machines that stand around what is being written, outermost first.
        self._around: list[str] = []
        self._written: set[str] = set()

    def chart(self, name: str, owner: Members, pointer: str) -> Node:
        """A template, or a machine beside it, as a chart."""
        machine = owner["machine"]
        place = pointer + "/machine"
        root = Node("scxml", {"version": "1.0", "datamodel": "cel", "name": name})
        if owner.get("vars"):
            root.children.append(self._variables(owner["vars"], pointer + "/vars"))
        self._initial(root, machine, place)
        for name_of in ("entry", "exit"):
            if name_of in machine:
                self.content.lost(f"{place}/{name_of}", f"{name_of} content of the machine itself")
        root.children.extend(self._states(machine, place))
        transitions = self._transitions(machine, place)
        if transitions:
            self.content.note(
                place, "transitions of the machine itself are beyond SCXML 1.0; SCION has them too"
            )
        root.children.extend(transitions)
        return root

    def machines_beside(self) -> list[Node]:
        """The machines that are written nowhere else, for ourselves to read."""
        made = []
        for name, machine in self._machines.items():
            if name not in self._written:
                pointer = "/machines" + pointer_of(name)
                self.content.for_us_only(pointer, "machines that no invoke names")
                self._written.add(name)
                made.append(Node("actum:machine", {}, [self.chart(name, machine, pointer)]))
        return made

    def _variables(self, variables: Members, pointer: str) -> Node:
        model = Node("datamodel")
        for name, declared in variables.items():
            node = Node("data", {"id": name})
            node.attributes |= self.content.expression(
                _own_initial(name, declared["initial"]), pointer + pointer_of(name)
            )
            if declared["type"] != "any":
                node.attributes["actum:type"] = declared["type"]
            model.children.append(node)
        return model

    def _initial(self, node: Node, state: Members, pointer: str) -> None:
        initial = state.get("initial")
        if isinstance(initial, list):
            node.attributes["initial"] = " ".join(initial)
        elif initial is not None:
            if node.name == "scxml":
                self.content.lost(f"{pointer}/initial/actions", "content on the way into the machine")
                node.attributes["initial"] = " ".join(initial["target"])
                return
            actions = self.content.actions(initial["actions"], f"{pointer}/initial/actions")
            way = Node("transition", {"target": " ".join(initial["target"])}, actions)
            node.children.append(Node("initial", {}, [way]))

    def _states(self, state: Members, pointer: str) -> list[Node]:
        return [self._state(each, f"{pointer}/states/{i}") for i, each in enumerate(state.get("states", []))]

    def _state(self, state: Members, pointer: str) -> Node:
        kind = state.get("type", "state")
        node = Node(kind, {"id": state["id"]})
        if kind == "history":
            node.attributes["type"] = state["history"]
            actions = self.content.actions(state.get("actions", []), pointer + "/actions")
            node.children.append(Node("transition", {"target": " ".join(state["target"])}, actions))
            return node
        self._initial(node, state, pointer)
        self._timers(node, state, pointer)
        for name, element in (("entry", "onentry"), ("exit", "onexit")):
            for index, actions in enumerate(state.get(name, [])):
                node.children.append(
                    Node(element, {}, self.content.actions(actions, f"{pointer}/{name}/{index}"))
                )
        node.children.extend(self._transitions(state, pointer))
        node.children.extend(self._delayed(state, pointer))
        for index, invoke in enumerate(state.get("invoke", [])):
            node.children.append(self._invoke(invoke, f"{pointer}/invoke/{index}"))
        if "output" in state:
            done = Node("donedata")
            self.content.payload(done, state["output"], pointer + "/output")
            node.children.append(done)
        node.children.extend(self._states(state, pointer))
        return node

    def _transitions(self, state: Members, pointer: str) -> list[Node]:
        made = []
        for name in ("on", "always"):
            for index, transition in enumerate(state.get(name, [])):
                made.append(self._transition(transition, f"{pointer}/{name}/{index}"))
        return made

    def _transition(self, transition: Members, pointer: str) -> Node:
        node = Node("transition")
        if "event" in transition:
            node.attributes["event"] = transition["event"]
        if "guard" in transition:
            self.content.check_text(pointer + "/guard", transition["guard"])
            node.attributes["cond"] = transition["guard"]
        if "target" in transition:
            node.attributes["target"] = " ".join(transition["target"])
        if transition.get("internal"):
            node.attributes["type"] = "internal"
        node.children = self.content.actions(transition.get("actions", []), pointer + "/actions")
        return node

    # --- Timers ---------------------------------------------------------------------------------------

    def _timers(self, node: Node, state: Members, pointer: str) -> None:
        """``after`` in the words of SCXML: sent to itself when entered, taken back when left."""
        events = _after_events(state)
        if not events:
            return
        sends = [
            Node("send", {**self.content.text("delay", delay), "event": event, "id": event})
            for delay, event in events.items()
        ]
        cancels = [Node("cancel", {"sendid": event}) for event in events.values()]
        node.children.append(Node("onentry", {"actum:after": "true"}, sends))
        node.children.append(Node("onexit", {"actum:after": "true"}, cancels))

    def _delayed(self, state: Members, pointer: str) -> list[Node]:
        events = _after_events(state)
        made = []
        for index, transition in enumerate(state.get("after", [])):
            node = self._transition(transition, f"{pointer}/after/{index}")
            delay = transition["delay"]
            node.attributes = {"event": events[delay], **node.attributes, "actum:after": delay}
            made.append(node)
        return made

    # --- Child machines -------------------------------------------------------------------------------

    def _invoke(self, invoke: Members, pointer: str) -> Node:
        node = Node("invoke", {"type": "scxml"})
        use = invoke["use"]
        if use in self._machines and use not in self._around:
            self._around.append(use)
            self._written.add(use)
            machine = self._machines[use]
            if "input" in machine:
                self.content.lost(
                    "/machines" + pointer_of(use, "input"), "schema for what it is started with"
                )
            node.children.append(
                Node("content", {}, [self.chart(use, machine, "/machines" + pointer_of(use))])
            )
            self._around.pop()
        elif use.startswith("="):
            self.content.for_us_only(pointer + "/use", "choice among machines")
            node.children.append(Node("content", {"expr": use[1:]}))
        elif parse_use(use) is not None:
            node.attributes["src"] = TEMPLATE_SOURCE + use
        else:
            self.content.for_us_only(pointer + "/use", "machines that invoke themselves within one document")
            node.attributes["src"] = TEMPLATE_SOURCE + use
        node.attributes |= self.content.id_of(invoke, pointer)
        if invoke.get("autoforward"):
            node.attributes["autoforward"] = "true"
        self._given(node, invoke, pointer)
        if "finalize" in invoke:
            actions = self.content.actions(invoke["finalize"], pointer + "/finalize")
            node.children.append(Node("finalize", {}, actions))
        return node

    def _given(self, node: Node, invoke: Members, pointer: str) -> None:
        given = invoke.get("with")
        if given is None:
            return
        if not isinstance(given, dict):
            self.content.lost(pointer + "/with", "input of a child that is no object")
            return
        variables = self._machines.get(invoke["use"], {}).get("vars", {})
        for name in given:
            declared = variables.get(name)
            if declared is not None and _own_initial(name, declared["initial"]) == declared["initial"]:
                detail = f"in SCXML, {name!r} becomes the value of the child's variable of this name"
                self.content.note(pointer + pointer_of("with", name), detail)
        self.content.parameters(node, given, pointer + "/with")


def _after_events(state: Members) -> dict[str, str]:
    """The event of each delay of a state: one timer has all transitions of its delay."""
    delays = dict.fromkeys(each["delay"] for each in state.get("after", []))
    return {delay: f"actum.after.{state['id']}.{index}" for index, delay in enumerate(delays)}


def _own_initial(name: str, initial: Any) -> Any:
    """The first value without what an invoke may give instead, which is how SCXML means every ``data``."""
    match = _GIVEN.fullmatch(initial) if isinstance(initial, str) else None
    if match is None or not match[1] == match[2] == name:
        return initial
    literal = read_data(match[3])
    return literal if write_data(literal).source == match[3] else f"={match[3]}"
