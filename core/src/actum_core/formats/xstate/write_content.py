"""Content, guards and data of a template as parts of an XState machine."""

import json
import re
from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.formats.findings import Findings
from actum_core.formats.formula import is_expression, read_data, write_data
from actum_core.formats.xstate.expressions import Unmatched, to_xstate
from actum_core.formats.xstate.names import EXPRESSION

Members = dict[str, Any]

_SECONDS: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)s")
_IN_STATE: Final = re.compile(r"""(!?)\s*in_state\(\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*\)""")
_MILLISECONDS: Final = re.compile(r"=duration\(string\(int\((.*)\)\) \+ 'ms'\)", re.DOTALL)


class ContentWriter:
    """Writes for one machine. ``delays`` collects the lengths of time that have to have a name."""

    def __init__(self, has_expressions: bool, findings: Findings) -> None:  # noqa: FBT001
        self._has_expressions = has_expressions
        self._findings = findings
        self.delays: Members = {}
        self._named: dict[str, str] = {}

    def lost(self, pointer: str, what: str) -> None:
        self._findings.report(pointer, "not_in_xstate", f"XState's JSON has no {what}: left out")

    def expression(self, source: str, pointer: str) -> Members:
        """An expression where version 6 has one. What has no name there fails when it is evaluated."""
        try:
            return {EXPRESSION: to_xstate(source)}
        except Unmatched as unmatched:
            self._findings.report(pointer, "not_in_xstate", unmatched.detail)
            return {EXPRESSION: source}

    def value(self, data: Any, pointer: str) -> JsonValue:
        """Data in which any part may be an expression."""
        if isinstance(data, str):
            if data.startswith("=="):
                return data[1:]
            if not data.startswith("="):
                return data
            if not self._has_expressions:
                self._findings.warn(
                    pointer, "needs_code", "version 5 has no expressions in its JSON: compute this"
                )
            return self.expression(data[1:], pointer)
        if isinstance(data, dict):
            return {key: self.value(each, f"{pointer}/{key}") for key, each in data.items()}
        if isinstance(data, list):
            return [self.value(each, f"{pointer}/{index}") for index, each in enumerate(data)]
        return data  # type: ignore[no-any-return]

    def guard(self, source: str, pointer: str, state_ids: dict[str, str]) -> Members:
        """A condition. One that only asks for a state is XState's own."""
        match = _IN_STATE.fullmatch(source.strip())
        if match is not None:
            state = match[2] if match[2] is not None else match[3]
            asked = {"type": "xstate.stateIn", "params": {"stateId": f"#{state_ids.get(state, state)}"}}
            return {"type": "xstate.not", "params": {"guard": asked}} if match[1] else asked
        made = self.expression(source, pointer)
        if self._has_expressions:
            return made
        self._findings.warn(
            pointer, "needs_code", "implement the guard 'cel', which evaluates its expression"
        )
        return {"type": "cel", "params": {"expr": made[EXPRESSION]}}

    def delay(self, delay: str, pointer: str) -> str:
        """The key of a delayed transition: milliseconds, or the name of a delay."""
        literal = milliseconds(delay)
        if literal is not None:
            return str(literal)
        if not self._has_expressions:
            name = self._named.setdefault(delay, f"delay{len(self._named) + 1}")
            self._findings.warn(pointer, "needs_code", f"implement the delay {name!r}: {delay}")
            return name
        name = self._named.setdefault(delay, f"delay{len(self._named) + 1}")
        if name not in self.delays:
            match = _MILLISECONDS.fullmatch(delay)
            source = match[1] if match else f"int(({delay[1:]}).getMilliseconds())"
            self.delays[name] = {"duration": self.expression(source, pointer)}
        return name

    # --- Actions --------------------------------------------------------------------------------------

    def actions(self, actions: list[Members], pointer: str) -> list[Members]:
        made = []
        for index, action in enumerate(actions):
            written = self._action(action, f"{pointer}/{index}")
            if written is not None:
                made.append(
                    written if self._has_expressions else self._by_name(written, f"{pointer}/{index}")
                )
        return made

    def _by_name(self, action: Members, pointer: str) -> Members:
        """Version 5 has names only; what an action does is in its parameters."""
        kind = action["type"].replace("@xstate.", "cel.")
        self._findings.warn(
            pointer, "needs_code", f"implement the action {kind!r}, which does what its parameters say"
        )
        return {"type": kind, "params": {key: value for key, value in action.items() if key != "type"}}

    def _action(self, action: Members, pointer: str) -> Members | None:
        match action:
            case {"assign": values}:
                context = {
                    name: self._assigned(source, f"{pointer}/assign/{name}")
                    for name, source in values.items()
                }
                return {"type": "@xstate.assign", "context": context}
            case {"raise": value}:
                return self._raise(value, pointer + "/raise", None)
            case {"send": value}:
                return self._send(value, pointer + "/send")
            case {"cancel": sent} if not sent.startswith("="):
                return {"type": "@xstate.cancel", "id": sent}
            case {"log": value}:
                return self._log(value, pointer + "/log")
        kind = next(iter(action))
        self.lost(pointer, f"action like {kind!r}")
        return None

    def _assigned(self, source: str, pointer: str) -> JsonValue:
        data = read_data(source)
        is_literal = (
            not (isinstance(data, str) and data.startswith("=")) and write_data(data).source == source
        )
        return data if is_literal else self.expression(source, pointer)

    def _raise(self, value: Members, pointer: str, delay: str | None) -> Members | None:
        name, data = value["event"], value.get("data")
        if is_expression(name):
            self.lost(pointer + "/event", "event whose name is computed")
            return None
        if data is not None and (not isinstance(data, dict) or "type" in data):
            self.lost(pointer + "/data", "data of an event that is no object, or has a type")
            data = None
        event = {"type": name.removeprefix("="), **(self._members(data or {}, pointer + "/data"))}
        made: Members = {"type": "@xstate.raise", "event": event}
        if delay is not None:
            made["delay"] = milliseconds(delay)
        if "id" in value and not value["id"].startswith("="):
            made["id"] = value["id"]
        elif "id" in value or "id_to" in value:
            self.lost(pointer, "ids that are computed, or kept in a variable")
        return made

    def _members(self, data: Members, pointer: str) -> Members:
        return {key: self.value(each, f"{pointer}/{key}") for key, each in data.items()}

    def _send(self, value: Members, pointer: str) -> Members | None:
        if "to" in value and value["to"] != "#_internal":
            self.lost(pointer + "/to", "message to another machine")
            return None
        delay = value.get("delay")
        if "at" in value or (delay is not None and milliseconds(delay) is None):
            self.lost(pointer, "message at a moment that is computed")
            return None
        if delay is None and "to" not in value:
            self.lost(
                pointer, "message to the machine's own external queue: without a delay it would come first"
            )
            return None
        return self._raise(value, pointer, delay)

    def _log(self, value: Members, pointer: str) -> Members:
        shown = value.get("value")
        if "=" in json.dumps(shown):
            self._findings.warn(pointer, "different", "XState logs the text of an expression, not its value")
        arguments = [] if shown is None and "label" in value else [self.value(shown, pointer)]
        return {"type": "@xstate.log", "args": [*([value["label"]] if "label" in value else []), *arguments]}


def milliseconds(delay: str) -> int | float | None:
    """A literal length of time in its normal form, in milliseconds; None for every other."""
    match = _SECONDS.fullmatch(delay)
    if match is None:
        return None
    found = round(float(match[1]) * 1000, 6)
    return int(found) if found.is_integer() else found
