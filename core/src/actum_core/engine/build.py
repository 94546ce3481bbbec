"""Turn a template's states into the numbered tables that a machine runs on."""

from actum_core.engine.content import ContentCompiler
from actum_core.engine.deadlines import Deadline, drop_deadlines, set_deadlines
from actum_core.engine.invoke import Invoke, leave_invokes, note_invokes
from actum_core.engine.machine import Content, Machine, Node, Transition
from actum_core.engine.sending import compile_delay
from actum_core.errors import pointer_of
from actum_core.template.document import Block, Initial, State, StateKind
from actum_core.template.document import Invoke as InvokeDocument
from actum_core.template.document import Transition as TransitionDocument


def build_machine(document: State, compiler: ContentCompiler) -> Machine:
    """The machine behind a checked document: every target exists and is legal."""
    nodes: list[Node] = []
    pairs: list[tuple[State, Node]] = []
    _number(document, None, nodes, pairs)
    machine = Machine(tuple(nodes), frozenset(after.event for state, _ in pairs for after in state.after))
    for state, node in pairs:
        _Builder(machine, compiler, state, node).build()
    machine.finish()
    return machine


def _number(state: State, parent: Node | None, nodes: list[Node], pairs: list[tuple[State, Node]]) -> Node:
    node = Node(state.id, len(nodes), state.kind, parent)
    nodes.append(node)
    pairs.append((state, node))
    inner = [_number(child, node, nodes, pairs) for child in state.states]
    node.children = tuple(child for child in inner if not child.is_history)
    node.histories = tuple(child for child in inner if child.is_history)
    node.last = len(nodes) - 1
    return node


class _Builder:
    """Fills in one state."""

    def __init__(self, machine: Machine, compiler: ContentCompiler, state: State, node: Node) -> None:
        self._machine = machine
        self._compiler = compiler
        self._state = state
        self._node = node
        #: Says where content stands, in terms that every form of the document shares.
        self._place = pointer_of("states", state.id) if state.id else ""

    def build(self) -> None:
        state, node = self._state, self._node
        if state.initial is not None:
            node.initial_targets, node.initial_content = self._initial(state.initial)
        node.transitions = tuple(
            self._transition(transition, index) for index, transition in enumerate(state.transitions)
        )
        node.entry = self._blocks(state.entry, "entry")
        node.exit = self._blocks(state.exit, "exit")
        if state.after:
            self._add_deadlines()
        if state.invokes:
            self._add_invokes()
        if state.kind is StateKind.FINAL and state.output is not None:
            node.output = self._compiler.value(state.output, self._place + "/output")

    def _add_deadlines(self) -> None:
        """Timers begin behind what entering the state does, and end behind what leaving it does."""
        self._compiler.is_extended = True
        deadlines = []
        for index, after in enumerate(self._state.after):
            place = f"{self._place}/after/{index}"
            deadlines.append(Deadline(after.event, compile_delay(self._compiler, after.delay, place), place))
        self._node.entry = (*self._node.entry, set_deadlines(deadlines))
        self._node.exit = (*self._node.exit, drop_deadlines(deadlines))

    def _add_invokes(self) -> None:
        """Children end as if their end were the last of what leaving the state does (SCXML, 6.4)."""
        self._compiler.is_extended = True
        node = self._node
        node.invokes = tuple(self._invoke(invoke, index) for index, invoke in enumerate(self._state.invokes))
        node.entry = (*node.entry, note_invokes(node.index))
        node.exit = (*node.exit, leave_invokes(node.index, node.id))

    def _invoke(self, document: InvokeDocument, index: int) -> Invoke:
        compiler, place = self._compiler, f"{self._place}/invoke/{index}"
        return Invoke(
            self._node.id,
            index,
            place,
            compiler.text(document.use, place + "/use"),
            None if document.id is None else compiler.text(document.id, place + "/id"),
            None if document.id_to is None else compiler.hold(document.id_to, place + "/id_to"),
            compiler.value({} if document.data is None else document.data, place + "/with"),
            document.is_forwarding,
            compiler.block(document.finalize, place + "/finalize"),
        )

    def _initial(self, initial: Initial) -> tuple[tuple[Node, ...], Content | None]:
        content = self._compiler.block(initial.actions, self._place + "/initial/actions")
        return tuple(self._machine.by_id[target] for target in initial.targets), content

    def _blocks(self, blocks: tuple[Block, ...], name: str) -> tuple[Content, ...]:
        compiled = (
            self._compiler.block(block, f"{self._place}/{name}/{i}") for i, block in enumerate(blocks)
        )
        return tuple(content for content in compiled if content is not None)

    def _transition(self, document: TransitionDocument, index: int) -> Transition:
        place = f"{self._place}/transitions/{index}"
        made = Transition(self._node, index)
        made.events = document.events
        made.targets = tuple(self._machine.by_id[target] for target in document.targets)
        made.is_internal = document.is_internal
        made.guard = (
            None if document.guard is None else self._compiler.guard(document.guard, place + "/guard")
        )
        made.content = self._compiler.block(document.actions, place + "/actions")
        made.draft = {"from": self._node.id, "index": index}
        if document.targets:
            made.draft["to"] = list(document.targets)
        return made
