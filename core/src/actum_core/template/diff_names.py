"""Find out which states and nodes were only given another name: those of which it can be proven."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from actum_core.template.diff_parts import Part
from actum_core.template.diff_read import OWN, NewNames, Scope, edge_ends, read_node
from actum_core.template.diff_states import DONE_STATE, Ids, read_states
from actum_core.template.document import Design, NodeMachine, State

#: No name of anything: stands for every name that only one of the documents has.
_MASK: Final = "\0"

#: Times that what was believed is looked at again, because one name was wrong that others rested on. Each time
#: reads the machine anew; chains of names that long are not told apart from other changes.
_ROUNDS_MAX: Final = 8

#: What is said of a part elsewhere: by whom, and how.
_Mentions = Mapping[str, Counter[Hashable]]


class _Reading(NamedTuple):
    """Parts by the names they are compared under, and what leads to each."""

    parts: Sequence[Part]
    mentions: _Mentions


class _Named(NamedTuple):
    """The names of one document's states or nodes, and how to read these under other ones."""

    names: Sequence[str]
    read: Callable[[Ids], _Reading]


def find_new_names(source: Design, target: Design) -> NewNames:
    """The names in ``target`` of what ``source`` calls otherwise.

    A state (or node) has only been renamed when it says the same in both documents once the names are put in,
    stands inside the same one, what led to it still does, and no other one could be meant. What expressions say
    of a state by its name takes no part in this: it is told as a change of theirs.
    """
    nodes = _find_names(_nodes_of(source), _nodes_of(target))
    states = {}
    for scope, ours, theirs in _machines(source, target, nodes):
        found = _find_names(_states_of(ours), _states_of(theirs))
        if found:
            states[scope] = found
    return NewNames(nodes, states)


def _machines(source: Design, target: Design, nodes: Ids) -> Iterator[tuple[Scope, State, State]]:
    """Each machine that both have, under the scope that it has in the source."""
    if source.machine is not None and target.machine is not None:
        yield OWN, source.machine, target.machine
    theirs = {node.id: node.machine for node in target.nodes if isinstance(node, NodeMachine)}
    for node in source.nodes:
        machine = theirs.get(nodes.get(node.id, node.id))
        if isinstance(node, NodeMachine) and machine is not None:
            yield ("node", node.id), node.machine, machine
    children = {child.name: child.machine for child in target.machines}
    for child in source.machines:
        if child.name in children:
            yield ("machine", child.name), child.machine, children[child.name]


def _states_of(machine: State) -> _Named:
    def read(ids: Ids) -> _Reading:
        mentions: defaultdict[str, Counter[Hashable]] = defaultdict(Counter)
        for state in states:
            owner = ids.get(state.id, state.id)
            for target in () if state.initial is None else state.initial.targets:
                mentions[ids.get(target, target)][(owner, "initial")] += 1
            delays = {after.event: after.delay for after in state.after}
            for transition in state.transitions:
                when = tuple(_event(delays.get(event, event), ids) for event in transition.events)
                for target in transition.targets:
                    mentions[ids.get(target, target)][(owner, when)] += 1
        return _Reading(read_states(machine, "", ids).parts, mentions)

    states = list(machine.descendants())
    return _Named([state.id for state in states], read)


def _event(event: str, ids: Ids) -> Hashable:
    """An event as something that mentions a state by itself, where it is named after one."""
    state = event.removeprefix(DONE_STATE)
    return event if state == event else (DONE_STATE, ids.get(state, state))


def _nodes_of(design: Design) -> _Named:
    def read(ids: Ids) -> _Reading:
        mentions: defaultdict[str, Counter[Hashable]] = defaultdict(Counter)
        for edge in design.edges:
            ends = edge_ends(edge, ids)
            for node, _ in ends:
                mentions[node][ends] += 1
        return _Reading([read_node(node, NewNames(ids)) for node in design.nodes], mentions)

    return _Named([node.id for node in design.nodes], read)


def _find_names(source: _Named, target: _Named) -> Ids:
    alone, new = set(source.names) - set(target.names), set(target.names) - set(source.names)
    if not alone or not new:
        return {}
    theirs = target.read({})
    removed, added = _describe(source, source.read({}), alone), _describe(target, theirs, new)
    names = _only_matches(removed, added)
    found = set(names.values())
    names |= _only_matches(
        {name: said.content for name, said in removed.items() if name not in names},
        {name: said.content for name, said in added.items() if name not in found},
    )
    for _ in range(_ROUNDS_MAX):
        proven = _proven(names, source.read(names), theirs)
        if proven == names:
            return names
        names = proven
    return {}


class _Description(NamedTuple):
    """What is known of a part that only one document has, without any name that only this document has."""

    content: Hashable
    mentions: Hashable


def _describe(named: _Named, reading: _Reading, alone: Collection[str]) -> dict[str, _Description]:
    masked = named.read(dict.fromkeys(alone, _MASK))
    described = {}
    for name, part in zip(named.names, masked.parts, strict=True):
        if name in alone:
            said = (_masked(each, alone) for each in reading.mentions.get(name, Counter()).elements())
            described[name] = _Description((part.parent, part.meaning), tuple(sorted(said, key=repr)))
    return described


def _masked(said: Hashable, names: Collection[str]) -> Hashable:
    if isinstance(said, tuple):
        return tuple(_masked(member, names) for member in said)
    return _MASK if said in names else said


def _only_matches(source: Mapping[str, Hashable], target: Mapping[str, Hashable]) -> dict[str, str]:
    """The names of which the same is known, where no other name of either side is known by that."""
    names: defaultdict[Hashable, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, described in enumerate((source, target)):
        for name, description in described.items():
            names[description][side].append(name)
    return {ours[0]: theirs[0] for ours, theirs in names.values() if len(ours) == len(theirs) == 1}


def _proven(names: Mapping[str, str], renamed: _Reading, target: _Reading) -> dict[str, str]:
    """Those of the new names under which the parts of both documents say the same and are led to."""
    ours, theirs = ({part.key: part for part in each.parts} for each in (renamed, target))
    proven = {}
    for old, new in names.items():
        one, other = ours[new], theirs[new]
        before, after = (each.mentions.get(new, Counter()) for each in (renamed, target))
        is_led_to = before == after or (bool(before and after) and (before <= after or after <= before))
        if is_led_to and (one.parent, one.meaning) == (other.parent, other.meaning):
            proven[old] = new
    return proven
