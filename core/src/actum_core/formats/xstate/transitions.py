"""Transitions of an XState machine: which of them an event enables, and what they leave.

Two things differ. A descriptor without ``.*`` means one event by its whole name, and is looked for before any with
``*``; here it means whatever begins with its tokens, in document order. And a transition within its source
leaves nothing but what is inside, unless it says ``reenter``.
"""

from dataclasses import dataclass
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats.cel_text import quoted
from actum_core.formats.findings import Findings
from actum_core.formats.xstate.content import Content, Reader, Where
from actum_core.formats.xstate.names import TRANSITION
from actum_core.formats.xstate.nodes import Node
from actum_core.template.names import is_event_name, is_match

Members = dict[str, Any]

_SILENT: Final = ("description", "meta")


_PLAIN: Final = Where()


@dataclass(frozen=True, slots=True)
class Listened:
    """One transition as it stands in the source: its descriptor, and the object behind it."""

    event: str
    config: Any
    pointer: str
    where: Where = _PLAIN
    #: The event's name here, where it is another one.
    name: str = ""


class TransitionReader:
    """Reads the transitions of one machine."""

    def __init__(self, reader: Reader, *, has_wildcards: bool) -> None:
        self._reader = reader
        self._findings: Findings = reader.findings
        self._has_wildcards = has_wildcards

    def on(self, node: Node, listed: list[Listened]) -> list[Members]:
        """The transitions of a state in the order in which XState tries them."""
        usual = [each for each in listed if not _is_wildcard(each.event)]
        wild = sorted(
            (each for each in listed if _is_wildcard(each.event)), key=lambda each: -len(each.event)
        )
        made = []
        for each in usual:
            others = {other.event for other in listed if other.event.startswith(f"{each.event}.")}
            is_exact = not each.name and (self._has_wildcards or bool(others))
            guard = f"message.name == {quoted(each.event)}" if is_exact else ""
            made.extend(self._made(node, each, guard))
        for each in wild:
            hidden = sorted({other.event for other in usual if _is_hidden(each, other, usual)})
            guard = f"!(message.name in [{', '.join(map(quoted, hidden))}])" if hidden else ""
            made.extend(self._made(node, each, guard))
        return made

    def _made(self, node: Node, listened: Listened, guard: str) -> list[Members]:
        event = listened.name or ("*" if listened.event == "*" else listened.event.removesuffix(".*"))
        if event != "*" and not is_event_name(event):
            detail = f"{event[:64]!r} is not the name of an event: the transition is left out"
            self._findings.report(listened.pointer, "bad_name", detail)
            return []
        transition = self.transition(node, listened.config, listened.pointer, listened.where)
        if transition is None:
            return []
        if guard:
            own = transition.get("guard")
            transition["guard"] = guard if own is None else f"{guard} && ({own})"
        return [{"event": event, **transition}]

    def transition(self, node: Node, config: Any, pointer: str, where: Where) -> Members | None:
        """A transition without its event; None, and a problem, when it cannot be read."""
        if config is None:
            # Version 4 says with ``undefined`` that an event is taken and nothing is done.
            return {}
        if isinstance(config, str):
            config = {"target": config}
        if isinstance(config, list) and all(isinstance(each, str) for each in config):
            config = {"target": config}
        if not isinstance(config, dict) or "@expr" in config or "@code" in config:
            self._findings.report(pointer, "unsupported", "a transition that code decides is left out")
            return None
        self._report_unknown(config, pointer)
        made: Members = self._targets(node, config, pointer)
        guard = self._guard(config, pointer, where)
        if guard is not None:
            made["guard"] = guard
        actions: Content = list(made.pop("actions", []))
        if config.get("actions") is not None:
            actions = [*self._reader.actions(config["actions"], pointer + "/actions", where), *actions]
        if config.get("context") is not None:
            actions = [*self._reader.assign(config["context"], pointer + "/context", where), *actions]
        if actions:
            made["actions"] = actions
        if isinstance(config.get("description"), str):
            made["description"] = config["description"]
        return made

    def _report_unknown(self, config: Members, pointer: str) -> None:
        for name in config:
            if name not in TRANSITION:
                self._findings.unknown(pointer, name, TRANSITION)
            elif name in ("input", "matches"):
                detail = f"{name} of a transition has no counterpart: it is left out"
                self._findings.report(pointer + pointer_of(name), "unsupported", detail)

    def _guard(self, config: Members, pointer: str, where: Where) -> str | None:
        parts = []
        for name in ("guard", "cond"):
            if config.get(name) is not None:
                parts.append(self._reader.guard(config[name], f"{pointer}/{name}", where))
        if config.get("in") is not None:
            parts.append(self._reader.state_in(config["in"], pointer + "/in"))
        if len(parts) > 1:
            return " && ".join(f"({part})" for part in parts)
        return parts[0] if parts else None

    # --- Targets --------------------------------------------------------------------------------------

    def _targets(self, node: Node, config: Members, pointer: str) -> Members:
        wanted = config.get("target")
        if wanted is None:
            return {}
        place = pointer + "/target"
        listed = wanted if isinstance(wanted, list) else [wanted]
        found = [self._reader.tree.find(each, node, place) for each in listed if isinstance(each, str)]
        targets = [each for each in found if each is not None and each.state]
        if not targets:
            if found and None not in found:
                self._findings.report(place, "unsupported", "a transition to the machine itself: left out")
            return {}
        is_reentering = config.get("reenter") is True or config.get("internal") is False
        inside = all(target is node or node.holds(target) for target in targets)
        if is_reentering or not inside:
            self._check_reach(node, targets, place)
            return {"target": [target.state for target in targets]}
        return self._inside(node, targets, place)

    def _inside(self, node: Node, targets: list[Node], pointer: str) -> Members:
        """A transition that stays within its source, which is neither left nor entered."""
        if node.parent is None:
            return {"target": [target.state for target in targets]}
        if targets == [node] and node.kind == "atomic":
            return {}
        if node.kind == "compound":
            if node not in targets:
                return {"target": [target.state for target in targets], "internal": True}
            first = initial_of(node)
            if targets == [node] and first is not None:
                return {"target": [first.state], "internal": True}
        if node.has_effects:
            detail = f"here this also leaves and enters {node.state!r} itself, which does things when it does"
            self._findings.report(pointer, "different", detail)
        return {"target": [target.state for target in targets]}

    def _check_reach(self, node: Node, targets: list[Node], pointer: str) -> None:
        """XState's least common ancestor may be a parallel state, which is then neither left nor entered."""
        ancestor = node.parent
        while ancestor is not None and not all(ancestor.holds(target) for target in targets):
            ancestor = ancestor.parent
        if ancestor is not None and ancestor.kind == "parallel" and ancestor.has_effects:
            detail = f"here this also leaves and enters {ancestor.state or 'the machine'!r}, around both"
            self._findings.report(pointer, "different", detail)


def _is_wildcard(event: str) -> bool:
    return event == "*" or event.endswith(".*")


def _is_hidden(wild: Listened, other: Listened, usual: list[Listened]) -> bool:
    """True when transitions of an exact name hide the wildcard, though none of them may be taken."""
    if other.name or not (wild.event == "*" or is_match(wild.event.removesuffix(".*"), other.event)):
        return False
    same = [each.config for each in usual if each.event == other.event]
    return all(
        isinstance(each, dict) and ("guard" in each or "cond" in each or "in" in each) for each in same
    )


def initial_of(node: Node) -> Node | None:
    """The child that a compound state begins in."""
    initial = node.config.get("initial")
    target = initial.get("target") if isinstance(initial, dict) else initial
    target = target[0] if isinstance(target, list) and target else target
    if isinstance(target, str) and not target.startswith("#"):
        return node.children.get(target.removeprefix("."))
    if target is None and node.children:
        return next(iter(node.children.values()))
    return next((child for child in node.children.values() if f"#{child.config.get('id')}" == target), None)
