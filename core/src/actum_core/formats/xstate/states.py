"""State nodes of an XState machine as states of a template."""

from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats.findings import Findings
from actum_core.formats.xstate.content import Content, Reader, Where
from actum_core.formats.xstate.invoke import InvokeReader
from actum_core.formats.xstate.names import NODE, SILENT
from actum_core.formats.xstate.nodes import Node
from actum_core.formats.xstate.transitions import Listened, TransitionReader, initial_of

Members = dict[str, Any]

_ROOT_ONLY: Final = (
    "context",
    "schemas",
    "actions",
    "guards",
    "delays",
    "actors",
    "actorSources",
    "@exprLang",
)
_DONE: Final = Where(is_done=True)

#: Events of XState that have another name here, by what they begin with.
_RENAMED: Final = {
    "xstate.done.state.": "done.state.",
    "done.state.": "done.state.",
    "xstate.done.actor.": "done.invoke.",
    "done.invoke.": "done.invoke.",
    "xstate.error.": "error.",
}


class StateReader:
    """Reads the states of one machine."""

    def __init__(self, reader: Reader, invokes: InvokeReader, *, has_wildcards: bool) -> None:
        self._reader = reader
        self._findings: Findings = reader.findings
        self._invokes = invokes
        self._transitions = TransitionReader(reader, has_wildcards=has_wildcards)

    def states(self, node: Node) -> list[Members]:
        return [self.state(child) for child in node.children.values()]

    def state(self, node: Node) -> Members:
        made: Members = {"id": node.state}
        self.report_left_out(node)
        if isinstance(node.config.get("description"), str):
            made["description"] = node.config["description"]
        if node.kind == "history":
            return made | self._history(node)
        if node.kind == "choice":
            return made | self._choice(node)
        return made | self.inside(node)

    def inside(self, node: Node) -> Members:
        """What a state or the machine itself has, without its id."""
        config, made = node.config, dict[str, Any]()
        if node.kind in ("parallel", "final"):
            made["type"] = node.kind
        if node.children:
            made["states"] = self.states(node)
            if node.kind == "compound":
                made["initial"] = self._initial(node)
        for name in ("entry", "exit"):
            content = self._content(node, name)
            if content:
                made[name] = content
        if node.kind == "final":
            output = config.get("output", config.get("data"))
            if output is not None:
                made["output"] = self._reader.value(output, node.pointer + "/output", Where())
            return made
        if node.kind == "parallel":
            self._check_regions(node)
        started = self._invokes.read(node)
        listed = [*self._listed(node), *started.listened]
        named = {
            "on": self._transitions.on(node, listed),
            "always": self._alternatives(node, config.get("always"), node.pointer + "/always"),
            "after": self._after(node),
            "invoke": started.invokes,
        }
        return made | {name: value for name, value in named.items() if value}

    def _check_regions(self, node: Node) -> None:
        """Where a region has a transition for an event, XState asks nobody around the parallel state."""
        inner = {
            event for child in node.children.values() for each in child.descendants() for event in _on(each)
        }
        around: Node | None = node
        while around is not None:
            for event in _on(around):
                if any(are_overlapping(event, each) for each in inner):
                    detail = (
                        f"regions of {node.state or 'the machine'!r} listen to this too: XState then leaves this "
                        "transition alone, here it is also taken for a region that has none"
                    )
                    self._findings.report(around.pointer + pointer_of("on", event), "different", detail)
            around = around.parent

    def report_left_out(self, node: Node) -> None:
        for name in node.config:
            if name not in NODE:
                self._findings.unknown(node.pointer, name, NODE)
            elif name in SILENT and node.config[name] not in (None, [], {}):
                self._findings.leave_out(node.pointer, [name], "it has no influence on what the machine does")
            elif name in ("activities", "route", "transitions", "_scxmlDonedata") and node.config[name]:
                detail = f"{name} has no counterpart: it is left out"
                self._findings.report(node.pointer + pointer_of(name), "unsupported", detail)
            elif name in _ROOT_ONLY and node.parent is not None:
                detail = f"{name} belongs to the machine: it is left out"
                self._findings.report(node.pointer + pointer_of(name), "unsupported", detail)

    def _content(self, node: Node, name: str) -> Content:
        value = node.config.get(name)
        return [] if value is None else self._reader.actions(value, f"{node.pointer}/{name}", Where())

    def _initial(self, node: Node) -> Any:
        first = initial_of(node)
        if first is None:
            detail = "this is no state directly within: the first one is taken"
            self._findings.report(node.pointer + "/initial", "unknown_state", detail)
            first = next(iter(node.children.values()))
        initial = node.config.get("initial")
        actions = initial.get("actions") if isinstance(initial, dict) else None
        if actions:
            content = self._reader.actions(actions, node.pointer + "/initial/actions", Where())
            return {"target": [first.state], "actions": content}
        return [first.state]

    def _history(self, node: Node) -> Members:
        reach = "deep" if node.config.get("history") == "deep" else "shallow"
        made: Members = {"type": "history", "history": reach}
        wanted = node.config.get("target")
        if wanted is None and node.parent is not None and node.parent.kind == "parallel":
            regions = [each for each in node.parent.children.values() if each.kind != "history"]
            return {**made, "target": [region.state for region in regions]}
        targets = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
        found = [self._reader.tree.find(each, node, node.pointer + "/target") for each in targets]
        if not found and node.parent is not None:
            found = [initial_of(node.parent)]
        return {**made, "target": [each.state for each in found if each is not None]}

    def _choice(self, node: Node) -> Members:
        """A state that is left at once, by the first branch whose condition holds."""
        branches = node.config.get("choice")
        if not isinstance(branches, list):
            detail = "a choice that code decides has no counterpart: the state is never left"
            self._findings.report(node.pointer + "/choice", "unsupported", detail)
            return {}
        always = []
        for index, branch in enumerate(branches):
            place = f"{node.pointer}/choice/{index}"
            config = branch if isinstance(branch, dict) else {}
            renamed = {("guard" if name == "when" else name): value for name, value in config.items()}
            made = self._transitions.transition(node, renamed, place, Where())
            if made is not None:
                always.append(made)
        if always and "guard" in always[-1]:
            detail = "when no branch applies, XState stops with an error; here the state stays active"
            self._findings.warn(node.pointer + "/choice", "different", detail)
        return {"always": always} if always else {}

    # --- Transitions ----------------------------------------------------------------------------------

    def _listed(self, node: Node) -> list[Listened]:
        found: list[Listened] = []
        on = node.config.get("on")
        for event, value in (on if isinstance(on, dict) else {}).items():
            for config, pointer in _each(value, node.pointer + pointer_of("on", event)):
                found.append(self._renamed(event, config, pointer))
        if node.config.get("onDone") is not None:
            event = f"done.state.{node.state}"
            for config, pointer in _each(node.config["onDone"], node.pointer + "/onDone"):
                found.append(Listened(event, config, pointer, _DONE, event))
        if node.config.get("onError") is not None:
            for config, pointer in _each(node.config["onError"], node.pointer + "/onError"):
                found.append(Listened("error", config, pointer, _DONE, "error"))
        return found

    def _renamed(self, event: str, config: Any, pointer: str) -> Listened:
        """Events that XState itself says, by the names that they have here."""
        for prefix, own in _RENAMED.items():
            if event.startswith(prefix):
                rest = event.removeprefix(prefix)
                node = self._reader.tree.find_id(rest) if own == "done.state." else None
                name = own + (node.state if node is not None and node.state else rest)
                return Listened(name, config, pointer, _DONE, name)
        if event.startswith("xstate."):
            detail = f"the event {event[:64]!r} is never said here"
            self._findings.report(pointer, "unsupported", detail)
        return Listened(event, config, pointer)

    def _alternatives(self, node: Node, value: Any, pointer: str) -> list[Members]:
        if value is None:
            return []
        made = [
            self._transitions.transition(node, each, place, Where()) for each, place in _each(value, pointer)
        ]
        return [each for each in made if each is not None]

    def _after(self, node: Node) -> list[Members]:
        found: list[Members] = []
        after = node.config.get("after")
        for delay, value in (after if isinstance(after, dict) else {}).items():
            place = node.pointer + pointer_of("after", delay)
            length = self._reader.delay(delay, place)
            found.extend({"delay": length, **each} for each in self._alternatives(node, value, place))
        if node.config.get("timeout") is not None:
            length = self._reader.delay(node.config["timeout"], node.pointer + "/timeout")
            value = node.config.get("onTimeout", [])
            made = self._alternatives(node, value, node.pointer + "/onTimeout")
            found.extend({"delay": length, **each} for each in made)
        return found


def _on(node: Node) -> Members:
    on = node.config.get("on")
    return on if isinstance(on, dict) else {}


def are_overlapping(first: str, second: str) -> bool:
    """True when some event may be meant by two descriptors of XState."""
    plain = [each.removesuffix(".*") for each in (first, second)]
    if "*" in plain or plain[0] == plain[1]:
        return True
    shorter, longer = sorted(plain, key=len)
    whole = first if plain[0] == shorter else second
    return whole.endswith(".*") and longer.startswith(f"{shorter}.")


def _each(value: Any, pointer: str) -> list[tuple[Any, str]]:
    """Alternatives, or a single one; a list of strings is one transition with several targets in version 4."""
    if isinstance(value, list) and not (value and all(isinstance(each, str) for each in value)):
        return [(each, f"{pointer}/{index}") for index, each in enumerate(value)]
    return [(value, pointer)]
