"""Write a typed template in its one normal form: what a program's digest is taken of.

The normal form is itself a template document, in the array forms that keep the order of states and transitions
when keys are sorted. Shorthands are written out, defaults and everything without influence on a step (titles,
descriptions, layout, annotations of schemas) left out, so documents that differ in these only have the same digest.
"""

from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.template.document import (
    Action,
    Assign,
    Block,
    Emission,
    ForEach,
    If,
    Initial,
    Log,
    Raise,
    Rule,
    State,
    StateKind,
    Template,
    Transition,
)
from actum_core.template.parse import FORMAT

_Members = dict[str, Any]


def canonical_document(template: Template) -> JsonValue:
    """The normal form of ``template``; parsing it gives an equal template."""
    return {
        "format": FORMAT,
        "name": template.name,
        **({} if template.input is None else {"input": template.input.document}),
        **_filled(
            vars={
                each.name: {"type": each.type.value, "initial": each.initial} for each in template.variables
            },
            rules=[_rule(rule) for rule in template.rules],
        ),
        **({} if template.events is None else {"events": _events(template)}),
        **({"unknown_events": "ignore"} if template.ignores_unknown_events else {}),
        "machine": _state(template.machine),
    }


def _filled(**members: Any) -> _Members:
    """The members that say something: not None, empty or false."""
    return {
        name: value for name, value in members.items() if value is True or value not in (None, [], {}, False)
    }


def _events(template: Template) -> _Members:
    return {
        each.name: {} if each.schema is None else {"schema": each.schema.document}
        for each in template.events or ()
    }


def _rule(rule: Rule) -> _Members:
    emissions = [_emission(emission) for emission in rule.emissions]
    return {"id": rule.id, "on": " ".join(rule.on), **_filled(when=rule.when), "emit": emissions}


def _emission(emission: Emission) -> _Members:
    return {"message": emission.message, **({} if emission.data is None else {"data": emission.data})}


def _state(state: State) -> _Members:
    if state.kind.is_history:
        own = {"type": "history", "history": state.kind.value}
        if state.initial is not None:
            own |= _filled(target=list(state.initial.targets), actions=_block(state.initial.actions))
        return {"id": state.id, **own}
    return {
        **({"id": state.id} if state.id else {}),
        **({"type": state.kind.value} if state.kind in (StateKind.PARALLEL, StateKind.FINAL) else {}),
        **({} if state.initial is None else {"initial": _initial(state.initial)}),
        **_filled(
            states=[_state(child) for child in state.states],
            on=[_transition(each) for each in state.transitions if each.events],
            always=[_transition(each) for each in state.transitions if not each.events],
            entry=[_block(block) for block in state.entry],
            exit=[_block(block) for block in state.exit],
        ),
        **({} if state.output is None else {"output": state.output}),
    }


def _initial(initial: Initial) -> JsonValue:
    targets = list(initial.targets)
    return {"target": targets, "actions": _block(initial.actions)} if initial.actions else targets


def _transition(transition: Transition) -> _Members:
    return _filled(
        event=" ".join(transition.events) or None,
        target=list(transition.targets),
        guard=transition.guard,
        actions=_block(transition.actions),
        internal=transition.is_internal,
    )


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
                **_filled(**{"else": _block(action.otherwise)}),
            }
        case ForEach():
            names = _filled(index=action.index)
            return {"for_each": {"in": action.members, "as": action.name, **names, "do": _block(action.body)}}
        case Log():
            return {"log": {**_filled(label=action.label), "value": action.value}}
