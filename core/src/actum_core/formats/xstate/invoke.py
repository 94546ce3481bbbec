"""What a state node of XState invokes: child machines, once their names are bound to something."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats.cel_text import quoted
from actum_core.formats.xstate.content import Reader, Where
from actum_core.formats.xstate.names import INVOKE
from actum_core.formats.xstate.nodes import Node
from actum_core.formats.xstate.transitions import Listened
from actum_core.template.names import is_state_id

Members = dict[str, Any]

_DONE: Final = Where(is_done=True)


@dataclass(slots=True)
class Started:
    """The invokes of a state, and the transitions that stand with them."""

    invokes: list[Members] = field(default_factory=list)
    listened: list[Listened] = field(default_factory=list)


class InvokeReader:
    """Reads invokes. ``add_machine`` takes the machine that an actor's name is bound to, and answers its name here."""

    def __init__(self, reader: Reader, add_machine: Callable[[str, Members], str]) -> None:
        self._reader = reader
        self._findings = reader.findings
        self._add_machine = add_machine

    def read(self, node: Node) -> Started:
        started = Started()
        value = node.config.get("invoke")
        if value is None:
            return started
        listed = value if isinstance(value, list) else [value]
        for index, each in enumerate(listed):
            pointer = node.pointer + (f"/invoke/{index}" if isinstance(value, list) else "/invoke")
            config = {"src": each} if isinstance(each, str) else each
            if isinstance(config, dict):
                self._read(node, config, pointer, index, started)
            else:
                self._findings.wrong_type(pointer, "an invoke", each)
        return started

    def _read(self, node: Node, config: Members, pointer: str, index: int, started: Started) -> None:
        for name in config:
            if name not in INVOKE:
                self._findings.unknown(pointer, name, INVOKE)
            elif name in ("onSnapshot", "timeout", "onTimeout", "data") and config[name]:
                detail = f"{name} of an invoke has no counterpart: it is left out"
                self._findings.report(pointer + pointer_of(name), "unsupported", detail)
        source = config.get("src")
        source = source.get("type") if isinstance(source, dict) else source
        child = config.get("id")
        child = (
            child if isinstance(child, str) and is_state_id(child) else f"{node.state or 'machine'}-{index}"
        )
        bound = self._reader.bound("actors", str(source))
        if isinstance(bound, dict):
            started.invokes.append(self._invoke(config, str(source), child, bound, pointer))
        else:
            self._reader.missing("actors", str(source), pointer + "/src")
        self._listen(config, child, pointer, started)

    def _invoke(self, config: Members, source: str, child: str, bound: Members, pointer: str) -> Members:
        made: Members = {"id": child}
        if "template" in bound or "use" in bound:
            made |= {name: bound[name] for name in ("template", "use") if name in bound}
        else:
            made["use"] = self._add_machine(source, bound)
        if config.get("input") is not None:
            made["with"] = self._reader.value(config["input"], pointer + "/input", Where())
        if config.get("autoForward") is True:
            made["autoforward"] = True
        return made

    def _listen(self, config: Members, child: str, pointer: str, started: Started) -> None:
        for name, event in (("onDone", f"done.invoke.{child}"), ("onError", "error.communication")):
            value = config.get(name)
            if value is None:
                continue
            if name == "onError":
                detail = "here a child is in error only when it cannot be started"
                self._findings.warn(f"{pointer}/{name}", "different", detail)
            place = f"{pointer}/{name}"
            alternatives = value if isinstance(value, list) else [value]
            for index, each in enumerate(alternatives):
                where = f"{place}/{index}" if isinstance(value, list) else place
                guarded = _of_child(each, child) if name == "onError" else each
                started.listened.append(Listened(event, guarded, where, _DONE, event))


def _of_child(config: Any, child: str) -> Any:
    """Errors of communication say by their invoke which child they are about."""
    config = (
        {"target": config} if isinstance(config, str) else dict(config) if isinstance(config, dict) else {}
    )
    about = {"@expr": f"message.invoke == {quoted(child)}", "@lang": "cel"}
    if "guard" in config:
        return {**config, "guard": {"type": "xstate.and", "guards": [about, config["guard"]]}}
    return {**config, "guard": about}
