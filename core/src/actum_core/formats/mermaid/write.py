"""Draw templates and components as Mermaid state diagrams.

A machine is a diagram; a network is one composite state for each node, with arrows for its edges. A drawing says
everything in words, so nothing in it can be run: what is not even said is told as problems.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from actum_core.errors import Problem, pointer_of
from actum_core.formats.mermaid.labels import ANY_STATE
from actum_core.formats.mermaid.safe import label, plain_id
from actum_core.formats.mermaid.words import content_words, data_words, state_lines, transition_words
from actum_core.formats.naming import Names
from actum_core.formats.result import Exported
from actum_core.template import Component, Template, parse_design
from actum_core.template.document import Address, NodeMachine, NodeUse
from actum_core.template.states import State, StateKind

_INDENT: Final = "    "
#: Arrows that Mermaid draws unless it is configured to draw more.
_EDGES_DRAWN: Final = 500

#: Parts of a document that a drawing of states has no place for.
_UNDRAWN: Final = (
    "input",
    "vars",
    "events",
    "unknown_events",
    "rules",
    "actions",
    "tokens",
    "timers",
    "params",
)


def export_mermaid(document: Mapping[str, Any]) -> Exported:
    """A template or component as a state diagram. Raises Invalid when the document is none."""
    design = parse_design(document)
    drawing = _Drawing(document)
    drawing.draw(design)
    problems = [_not_drawn(pointer_of(name), name) for name in _UNDRAWN if document.get(name)]
    problems += drawing.problems
    if drawing.arrows > _EDGES_DRAWN:
        detail = f"the diagram has {drawing.arrows} arrows: Mermaid needs maxEdges to draw more than {_EDGES_DRAWN}"
        problems.append(Problem("", "too_many", detail, "warning"))
    return Exported("\n".join(drawing.lines) + "\n", tuple(problems))


def _not_drawn(pointer: str, what: str) -> Problem:
    return Problem(pointer, "not_drawn", f"a drawing of states has no place for {what!r}", "warning")


class _Drawing:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._names = Names(plain_id)
        self._ids: dict[str, str] = {}
        self.lines = ["stateDiagram-v2"]
        self.problems: list[Problem] = []
        self.arrows = 0

    def draw(self, design: Template | Component) -> None:
        if design.machine is not None:
            self._machine(design.machine, "", 1)
        for node in design.nodes:
            key = f"/{node.id}"
            if isinstance(node, NodeUse):
                title = self._title(node.pointer, node.id)
                self._described(key, [title, node.use, *self._arguments(node)], 1)
            elif isinstance(node, NodeMachine):
                self._open(key, self._title(node.pointer, node.id), 1)
                self._machine(node.machine, key, 2)
                self._close(1)
        for edge in design.edges:
            self._arrow(self._end(edge.source), self._end(edge.target), _ports(edge.source, edge.target), 1)
        for child in design.machines:
            key = f"/machines/{child.name}"
            self._open(key, f"{child.name} (invoked)", 1)
            self._machine(child.machine, key, 2)
            self._close(1)

    def _arguments(self, node: NodeUse) -> Iterator[str]:
        for name, value in node.arguments:
            yield f"{name} = {data_words(value)}"

    def _end(self, address: Address) -> str:
        """The node at one end of an edge; the border of a component is where its diagram begins and ends."""
        return "[*]" if not address.node else self._identity(f"/{address.node}")

    def _machine(self, machine: State, path: str, depth: int) -> None:
        """A whole machine; what holds in all of its states stands at a state of its own."""
        lines = state_lines(machine)
        outgoing = [transition for transition in machine.transitions if transition.targets]
        if lines or outgoing:
            key = f"{path}/*"
            self._described(key, [ANY_STATE, *lines], depth)
            for transition in outgoing:
                words = transition_words(transition, machine)
                for target in transition.targets:
                    self._arrow(self._identity(key), self._id(path, target), words, depth)
        self._inside(machine, path, depth)

    def _inside(self, state: State, path: str, depth: int) -> None:
        """The states within a state, and how it begins."""
        if state.kind is StateKind.PARALLEL:
            regions = [each for each in state.states if not each.kind.is_history]
            for index, region in enumerate(regions):
                if index:
                    self._line("--", depth)
                self._state(region, path, depth)
            for history in (each for each in state.states if each.kind.is_history):
                self._state(history, path, depth)
        else:
            self._begin(state, path, depth)
            for each in state.states:
                self._state(each, path, depth)
        for each in state.states:
            self._outgoing(each, path, depth)

    def _begin(self, state: State, path: str, depth: int) -> None:
        if state.initial is not None:
            words = f"/ {content_words(state.initial.actions)}" if state.initial.actions else ""
            for target in state.initial.targets:
                self._arrow("[*]", self._id(path, target), words, depth)
            return
        first = next((each for each in state.states if not each.kind.is_history), None)
        if first is not None:
            self._arrow("[*]", self._id(path, first.id), "", depth)

    def _state(self, state: State, path: str, depth: int) -> None:
        key = f"{path}/{state.id}"
        title = self._title(state.pointer, state.id)
        lines = state_lines(state)
        if state.kind.is_history:
            mark = "H*" if state.kind is StateKind.DEEP_HISTORY else "H"
            self._described(key, [mark], depth)
            detail = "history is drawn as a state that says H"
            self.problems.append(Problem(state.pointer, "not_drawn", detail, "warning"))
        elif state.states:
            self._open(key, title, depth)
            self._inside(state, path, depth + 1)
            self._close(depth)
            self._note(key, lines, depth)
        else:
            self._described(key, [title, *lines], depth)
        if state.kind is StateKind.FINAL:
            self._arrow(self._identity(key), "[*]", "", depth)

    def _outgoing(self, state: State, path: str, depth: int) -> None:
        source = self._id(path, state.id)
        if state.kind.is_history and state.initial is not None:
            words = f"/ {content_words(state.initial.actions)}" if state.initial.actions else ""
            for target in state.initial.targets:
                self._arrow(source, self._id(path, target), words, depth)
        for transition in state.transitions:
            words = transition_words(transition, state)
            for target in transition.targets:
                self._arrow(source, self._id(path, target), words, depth)

    def _identity(self, key: str) -> str:
        """The id of a path: its last part, unless another has that."""
        if key not in self._ids:
            self._ids[key] = self._names.make(key.rpartition("/")[2].replace("*", "any"))
        return self._ids[key]

    def _id(self, path: str, state: str) -> str:
        return self._identity(f"{path}/{state}")

    def _title(self, pointer: str, name: str) -> str:
        """What the author calls something, which only the document as written knows; else its name."""
        value: Any = self._document
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, list) else value.get(key)
            if value is None:
                return name
        title = value.get("title") if isinstance(value, dict) else None
        return title if isinstance(title, str) and title.strip() else name

    def _described(self, key: str, lines: list[str], depth: int) -> None:
        """A state without states in it: its name, and a line for everything it does."""
        identity = self._identity(key)
        first, rest = label(lines[0]), [label(line) for line in lines[1:]]
        if first != identity or not rest:
            self._line(f'state "{first}" as {identity}' if first != identity else identity, depth)
        for line in [first, *rest] if rest and first == identity else rest:
            self._line(f"{identity} : {line}", depth)

    def _open(self, key: str, title: str, depth: int) -> None:
        identity, words = self._identity(key), label(title)
        self._line(
            f'state "{words}" as {identity} {{' if words != identity else f"state {identity} {{", depth
        )

    def _close(self, depth: int) -> None:
        self._line("}", depth)

    def _note(self, key: str, lines: list[str], depth: int) -> None:
        if not lines:
            return
        self._line(f"note right of {self._identity(key)}", depth)
        for line in lines:
            self._line(label(line), depth + 1)
        self._line("end note", depth)

    def _arrow(self, source: str, target: str, words: str, depth: int) -> None:
        self.arrows += 1
        self._line(f"{source} --> {target} : {label(words)}" if words else f"{source} --> {target}", depth)

    def _line(self, text: str, depth: int) -> None:
        self.lines.append(_INDENT * depth + text)


def _ports(source: Address, target: Address) -> str:
    """The names of two ports, unless they are those that every node has."""
    return "" if (source.port, target.port) == ("out", "in") else f"{source.port} → {target.port}"
