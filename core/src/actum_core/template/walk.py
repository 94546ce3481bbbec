"""Walk through the content of a document."""

from collections.abc import Iterator

from actum_core.template.document import Action, Block, ForEach, If, State


def blocks_of(state: State) -> Iterator[Block]:
    """Every block of content of one state, those of its transitions and children too."""
    yield from state.entry
    yield from state.exit
    if state.initial is not None:
        yield state.initial.actions
    yield from (transition.actions for transition in state.transitions)
    yield from (invoke.finalize for invoke in state.invokes)


def actions_of(block: Block) -> Iterator[Action]:
    """Every action of a block and of what is nested in it."""
    for action in block:
        yield action
        if isinstance(action, If):
            yield from actions_of(action.then)
            yield from actions_of(action.otherwise)
        elif isinstance(action, ForEach):
            yield from actions_of(action.body)


def content_of(machine: State) -> Iterator[Action]:
    """Every action of a machine."""
    for state in machine.descendants():
        for block in blocks_of(state):
            yield from actions_of(block)
