"""Turn SCXML charts of published suites into template documents, as far as tests need it.

Pure control, ``In()`` and raised events. What is beyond it raises Unconvertible with a reason, so that a test can
say what it left out. This is no importer: it invents ids for states that have none and tells nobody.
"""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

_STATES = ("state", "parallel", "final", "history")
_IN = re.compile(r"\bIn\(\s*['\"]([^'\"]+)['\"]\s*\)")


class Unconvertible(Exception):
    """The chart needs something that has no place in a template yet."""


def convert_chart(path: Path) -> dict[str, Any]:
    """The template document of a chart."""
    root = ElementTree.parse(path).getroot()
    return {"format": "actum/1", "name": "chart", "machine": _Converter().machine(root)}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


class _Converter:
    def __init__(self) -> None:
        self._invented = 0

    def machine(self, root: ElementTree.Element) -> dict[str, Any]:
        machine = self._inside(root)
        machine["initial"] = self._initial(root, machine["states"])
        return machine

    def _state(self, element: ElementTree.Element) -> dict[str, Any]:
        kind = _tag(element)
        state_id = element.get("id")
        if state_id is None:
            self._invented += 1
            state_id = f"anonymous.{self._invented}"
        if kind == "history":
            transition = next(child for child in element if _tag(child) == "transition")
            return {
                "id": state_id,
                "type": "history",
                "history": element.get("type", "shallow"),
                "target": transition.attrib["target"].split(),
                "actions": self._content(transition),
            }
        state = {"id": state_id, **self._inside(element)}
        if kind in ("parallel", "final"):
            state["type"] = kind
        elif state["states"]:
            state["initial"] = self._initial(element, state["states"])
        if kind == "final":
            state = {key: state[key] for key in ("id", "type", "entry", "exit")}
        return state

    def _inside(self, element: ElementTree.Element) -> dict[str, Any]:
        states, on, always, entry, exit = [], [], [], [], []
        for child in element:
            match _tag(child):
                case "state" | "parallel" | "final" | "history":
                    states.append(self._state(child))
                case "transition":
                    (on if child.get("event") else always).append(self._transition(child))
                case "onentry":
                    entry.append(self._content(child))
                case "onexit":
                    exit.append(self._content(child))
                case "initial" | "":
                    pass
                case other:
                    raise Unconvertible(f"<{other}>")
        return {"states": states, "on": on, "always": always, "entry": entry, "exit": exit}

    def _initial(self, element: ElementTree.Element, states: list[dict[str, Any]]) -> Any:
        if element.get("initial"):
            return element.attrib["initial"].split()
        for child in element:
            if _tag(child) == "initial":
                transition = next(inner for inner in child if _tag(inner) == "transition")
                return {"target": transition.attrib["target"].split(), "actions": self._content(transition)}
        return next(state["id"] for state in states if state.get("type") != "history")

    def _transition(self, element: ElementTree.Element) -> dict[str, Any]:
        made: dict[str, Any] = {"actions": self._content(element)}
        if element.get("event"):
            made["event"] = element.attrib["event"]
        if element.get("target"):
            made["target"] = element.attrib["target"].split()
        if element.get("type") == "internal":
            made["internal"] = True
        if element.get("cond"):
            made["guard"] = self._condition(element.attrib["cond"])
        return made

    def _condition(self, source: str) -> str:
        rest = _IN.sub("", source)
        if re.search(r"[A-Za-z_]", rest):
            raise Unconvertible(f"cond={source!r}")
        return _IN.sub(r"in_state('\1')", source)

    def _content(self, element: ElementTree.Element) -> list[dict[str, Any]]:
        made = []
        for child in element:
            match _tag(child):
                case "raise":
                    made.append({"raise": child.attrib["event"]})
                case "send" if set(child.attrib) == {"event"} and not len(child):
                    raise Unconvertible("<send> to the external queue")
                case "log":
                    made.append({"log": child.get("label", "")})
                case "":
                    pass
                case other:
                    raise Unconvertible(f"<{other}>")
        return made
