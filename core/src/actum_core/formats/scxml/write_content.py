"""Executable content and data of a template as elements of SCXML."""

import json
import re
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.formats.findings import Findings
from actum_core.formats.formula import is_expression, read_data, write_data
from actum_core.formats.scxml.names import INTERNAL
from actum_core.formats.xml_writer import Node, is_writable

Members = dict[str, Any]

_NAME: Final = re.compile(r"[^\s<>&\"']+")


class ContentWriter:
    """Writes content, and tells of what SCXML has no words for with pointers into the template's normal form."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def lost(self, pointer: str, what: str) -> None:
        """SCXML cannot say this, and what is written does not do it."""
        self._findings.report(pointer, "not_in_scxml", f"SCXML has no {what}: left out")

    def for_us_only(self, pointer: str, what: str) -> None:
        """SCXML cannot say this; it is written where only we read it."""
        self._findings.report(pointer, "not_in_scxml", f"SCXML has no {what}: no other tool will see it")

    def note(self, pointer: str, detail: str) -> None:
        self._findings.warn(pointer, "note", detail)

    def check_text(self, pointer: str, *texts: str) -> None:
        """Tell of text that XML cannot hold."""
        if not all(map(is_writable, texts)):
            self._findings.report(pointer, "not_in_xml", "XML cannot hold some of these characters: left out")

    def actions(self, actions: list[Members], pointer: str) -> list[Node]:
        made: list[Node] = []
        for index, action in enumerate(actions):
            made.extend(self._action(action, f"{pointer}/{index}"))
        return made

    def _action(self, action: Members, pointer: str) -> list[Node]:
        match next(name for name in action if name in _WRITERS):
            case "assign":
                return self._assign(action["assign"], pointer)
            case "raise":
                return [self._raise(action["raise"], pointer)]
            case "if":
                return [self._if(action, pointer)]
            case "for_each":
                return [self._for_each(action["for_each"], pointer)]
            case "log":
                return [self._log(action["log"], pointer)]
            case "send":
                return [self._send(action["send"], pointer)]
            case "cancel":
                return [self._cancel(action["cancel"])]
            case name:
                self.lost(pointer, _WRITERS[name])
                return []

    def _assign(self, values: Members, pointer: str) -> list[Node]:
        """All values are computed before any is set here; in SCXML one follows the other."""
        made: list[Node] = []
        assigned: list[str] = []
        for name, source in values.items():
            self.check_text(pointer + pointer_of("assign", name), source)
            node = Node("assign", {"location": f"vars.{name}", "expr": source})
            if made:
                node.attributes["actum:together"] = "true"
            if any(re.search(rf"\b{earlier}\b", source) for earlier in assigned):
                detail = "this is computed from variables that are set before it, and SCXML sets them first"
                self._findings.report(pointer + pointer_of("assign", name), "not_in_scxml", detail)
            assigned.append(name)
            made.append(node)
        return made

    def _raise(self, value: Members, pointer: str) -> Node:
        if "data" not in value and not is_expression(value["event"]):
            return Node("raise", {"event": _literal(value["event"])})
        # What is raised carries nothing in SCXML, but what is sent to the internal queue does.
        node = Node("send", {**self.text("event", value["event"]), "target": INTERNAL, "actum:raise": "true"})
        self.payload(node, value.get("data"), pointer + "/raise/data")
        return node

    def _if(self, action: Members, pointer: str) -> Node:
        node = Node("if", {"cond": action["if"]})
        self.check_text(pointer + "/if", action["if"])
        node.children = self.actions(action["then"], pointer + "/then")
        otherwise, place = action.get("else", []), pointer + "/else"
        while len(otherwise) == 1 and "if" in otherwise[0]:
            inner, place = otherwise[0], place + "/0"
            node.children.append(Node("elseif", {"cond": inner["if"]}))
            node.children.extend(self.actions(inner["then"], place + "/then"))
            otherwise, place = inner.get("else", []), place + "/else"
        if otherwise:
            node.children.append(Node("else"))
            node.children.extend(self.actions(otherwise, place))
        return node

    def _for_each(self, value: Members, pointer: str) -> Node:
        index = {"index": value["index"]} if "index" in value else {}
        self.check_text(pointer + "/for_each/in", value["in"])
        names = {"array": value["in"], "item": value["as"], **index, "actum:local": "true"}
        return Node("foreach", names, self.actions(value["do"], pointer + "/for_each/do"))

    def _log(self, value: Members, pointer: str) -> Node:
        label = {"label": value["label"]} if "label" in value else {}
        self.check_text(pointer + "/log", *label.values())
        return Node("log", {**label, **self.expression(value.get("value"), pointer + "/log")})

    def _send(self, value: Members, pointer: str) -> Node:
        place = pointer + "/send"
        node = Node("send", self.text("event", value["event"]))
        if "to" in value:
            node.attributes |= self.text("target", value["to"])
        node.attributes |= self.id_of(value, place)
        if "delay" in value:
            node.attributes |= self.text("delay", value["delay"])
        if "at" in value:
            moment = value["at"]
            source = moment[1:] if is_expression(moment) else f"timestamp({write_data(moment).source})"
            node.attributes |= {"delayexpr": f"({source}) - now", "actum:at": moment}
        self.payload(node, value.get("data"), place + "/data")
        return node

    def _cancel(self, value: str) -> Node:
        return Node("cancel", self.text("sendid", value))

    def id_of(self, value: Members, pointer: str) -> dict[str, str]:
        """The id of a send or an invoke, which is literal in SCXML, or the variable that is set to it."""
        made: dict[str, str] = {}
        if "id" in value:
            literal = read_data(value["id"][1:]) if is_expression(value["id"]) else value["id"]
            if isinstance(literal, str) and not is_expression(literal):
                made["id"] = _literal(literal)
            else:
                self.lost(pointer + "/id", "ids that are computed")
        if "id_to" in value:
            made["idlocation"] = f"vars.{value['id_to']}"
        return made

    def text(self, name: str, value: str) -> dict[str, str]:
        """An attribute that is literal, or its brother for expressions."""
        if is_expression(value):
            return {f"{name}expr": value[1:]}
        return {name: _literal(value)}

    def expression(self, data: Any, pointer: str) -> dict[str, str]:
        """Data as ``expr``. Where that would be read back as other data, what it was stands beside it."""
        if data is None:
            return {}
        source = write_data(data).source
        self.check_text(pointer, source)
        if read_data(source) == data:
            return {"expr": source}
        return {"expr": source, "actum:data": json.dumps(data, ensure_ascii=False)}

    def payload(self, node: Node, data: Any, pointer: str) -> None:
        """What a message carries: a ``param`` for each member of an object, else ``content``."""
        if data is None:
            return
        if isinstance(data, dict) and data and all(map(_NAME.fullmatch, data)):
            self.parameters(node, data, pointer)
        else:
            node.children.append(Node("content", self.expression(data, pointer)))

    def parameters(self, node: Node, data: Members, pointer: str) -> None:
        for name, value in data.items():
            written = self.expression(value, pointer + pointer_of(name)) or {"expr": "null"}
            node.children.append(Node("param", {"name": name, **written}))


#: Kinds of content; for those that SCXML has not, what they are.
_WRITERS: Final = {
    **dict.fromkeys(("assign", "raise", "if", "for_each", "log", "send", "cancel"), ""),
    **dict.fromkeys(("emit", "drop"), "tokens"),
    "do": "actions that are requested",
}


def _literal(value: str) -> str:
    return value[1:] if value.startswith("==") else value
