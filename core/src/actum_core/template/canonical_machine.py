"""Write states, transitions and content in their one normal form; ``canonical`` writes the rest and says what it is."""

from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.template.document import (
    Action,
    Assign,
    Block,
    Cancel,
    Do,
    Drop,
    Emit,
    ForEach,
    If,
    Initial,
    Invoke,
    Log,
    Raise,
    Send,
    State,
    StateKind,
    Transition,
)

_Members = dict[str, Any]


def filled(**members: Any) -> _Members:
    """The members that say something: not None, empty or false."""
    return {
        name: value for name, value in members.items() if value is True or value not in (None, [], {}, False)
    }


def machine_members(state: State) -> _Members:
    if state.kind.is_history:
        own = {"type": "history", "history": state.kind.value}
        if state.initial is not None:
            own |= filled(target=list(state.initial.targets), actions=_block(state.initial.actions))
        return {"id": state.id, **own}
    delays = {(timer.event,): timer.delay for timer in state.after}
    usual = [each for each in state.transitions if each.events not in delays]
    return {
        **({"id": state.id} if state.id else {}),
        **({"type": state.kind.value} if state.kind in (StateKind.PARALLEL, StateKind.FINAL) else {}),
        **({} if state.initial is None else {"initial": _initial(state.initial)}),
        **filled(
            states=[machine_members(child) for child in state.states],
            on=[_transition(each) for each in usual if each.events],
            always=[_transition(each) for each in usual if not each.events],
            entry=[_block(block) for block in state.entry],
            exit=[_block(block) for block in state.exit],
            after=[
                _delayed(each, delays[each.events]) for each in state.transitions if each.events in delays
            ],
            invoke=[_invoke(invoke) for invoke in state.invokes],
        ),
        **({} if state.output is None else {"output": state.output}),
    }


def _initial(initial: Initial) -> JsonValue:
    targets = list(initial.targets)
    return {"target": targets, "actions": _block(initial.actions)} if initial.actions else targets


def _transition(transition: Transition) -> _Members:
    return filled(
        event=" ".join(transition.events) or None,
        target=list(transition.targets),
        guard=transition.guard,
        actions=_block(transition.actions),
        internal=transition.is_internal,
    )


def _delayed(transition: Transition, delay: str) -> _Members:
    said = _transition(transition)
    return {"delay": delay, **{name: said[name] for name in said if name != "event"}}


def _invoke(invoke: Invoke) -> _Members:
    return {
        "use": invoke.use,
        **filled(id=invoke.id, id_to=invoke.id_to, autoforward=invoke.is_forwarding),
        **({} if invoke.data is None else {"with": invoke.data}),
        **filled(finalize=_block(invoke.finalize)),
    }


def _block(block: Block) -> list[_Members]:
    return [_action(action) for action in block]


def _action(action: Action) -> _Members:
    match action:
        case Assign():
            return {"assign": dict(action.values)}
        case Raise():
            return {
                "raise": {"event": action.event, **({} if action.data is None else {"data": action.data})}
            }
        case If():
            return {
                "if": action.condition,
                "then": _block(action.then),
                **filled(**{"else": _block(action.otherwise)}),
            }
        case ForEach():
            names = filled(index=action.index)
            return {"for_each": {"in": action.members, "as": action.name, **names, "do": _block(action.body)}}
        case Send():
            texts = filled(delay=action.delay, at=action.at, id=action.id, id_to=action.id_to, to=action.to)
            data = {} if action.data is None else {"data": action.data}
            return {"send": {"event": action.event, **data, **texts}}
        case Cancel():
            return {"cancel": action.id}
        case Emit():
            port = None if action.port == "out" else action.port
            texts = filled(port=port, type=action.type, parents=action.parents)
            return {"emit": {"value": action.value, **texts}}
        case Drop():
            return {"drop": {"token": action.token, "port": action.port, "reason": action.reason}}
        case Do():
            data = {} if action.data is None else {"with": action.data}
            return {"do": {"action": action.action, **filled(id=action.id), **data}}
        case Log():
            return {"log": {**filled(label=action.label), "value": action.value}}
