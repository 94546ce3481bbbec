"""Write the queues of a scenario: what they gather, when they hand it on, and by which output."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, TypeGuard

from actum_core.formats.ecmascript.syntax import Binary, Call, Conditional, Expression, Name, Unary
from actum_core.formats.editor.formulas import (
    Path,
    Untranslatable,
    parse_formula,
    path_of,
    translate_tree,
)
from actum_core.formats.editor.network import Network
from actum_core.formats.editor.scenario import Node
from actum_core.formats.editor.sources import is_number

_METHODS: Final = {
    **{name: name for name in ("sum", "average", "count", "min", "max", "first", "last", "list")},
    **dict.fromkeys(("avg", "mean"), "average"),
    **dict.fromkeys(("collect", "array", "all"), "list"),
}
_AGGREGATION: Final = ("method", "formula", "trigger")
_TRIGGER: Final = ("type", "window", "intervalTime", "interval", "threshold", "count", "capacity", "value")
_RULE: Final = ("name", "condition", "outputName", "output", "description")
#: What stands for the result of the method in a formula around it.
_RESULT: Final = "the aggregated value"


def write_queue(network: Network, node: Node) -> None:
    network.check_members(node, ("aggregation", "capacity", "routing"))
    aggregation, routing = node.members.get("aggregation"), node.members.get("routing")
    address = ""
    if aggregation is not None or routing is None:
        place = node.pointer + "/aggregation"
        address = _Queue(network, node, place).write(network.findings.mapping(aggregation, place) or {})
        network.leave(node, address)
    elif node.members.get("capacity") is not None:
        detail = "a queue that only routes holds nothing: its capacity is left out"
        network.findings.warn(node.pointer + "/capacity", "left_out", detail)
    if routing is not None:
        _route(network, node, routing, address)


def _is_whole(value: object) -> TypeGuard[float]:
    return is_number(value) and float(value).is_integer() and value >= 1


class _Queue:
    def __init__(self, network: Network, node: Node, place: str) -> None:
        self._network = network
        self._findings = network.findings
        self._node = node
        self._place = place

    def write(self, members: dict[str, Any]) -> str:
        """Add the node, or the two, that make one token of several; answers with where it leaves."""
        self._network.check_known(members, self._place, _AGGREGATION)
        word = members.get("method")
        method = _METHODS.get(word.lower()) if isinstance(word, str) else None
        if method is None:
            detail = f"there is no method {str(word)[:64]!r}: the values are handed on as a list"
            self._findings.report(self._place + "/method", "method", detail)
        value, outer = self._contribution(members.get("formula"), method)
        arguments: dict[str, Any] = {"method": method or "list"}
        if value != "token.value":
            arguments["value"] = f"={value}"
        use = self._trigger(members.get("trigger"), arguments)
        self._capacity(arguments)
        name = self._network.add(self._node, {"use": use, "with": arguments})
        self._network.enter(self._node, name)
        if outer is None:
            return f"{name}.out"
        content = {"use": "process@1", "with": {"outputs": [{"to": "out", "value": f"={outer}"}]}}
        second = self._network.add(self._node, content, "formula")
        self._network.between.append((f"{name}.out", f"{second}.in"))
        return f"{second}.out"

    def _capacity(self, arguments: dict[str, Any]) -> None:
        capacity = self._node.members.get("capacity")
        if _is_whole(capacity):
            arguments["capacity"] = int(capacity)
        elif capacity is not None:
            place = self._node.pointer + "/capacity"
            self._findings.report(place, "bad_value", "a capacity is a whole number from 1: it is left out")

    def _contribution(self, formula: object, method: str | None) -> tuple[str, str | None]:
        """What one token contributes, and a formula over the result of the method when there is one around it."""
        if not isinstance(formula, str) or not formula.strip():
            return "token.value", None
        place = self._place + "/formula"
        values = dict.fromkeys(self._network.input_names(self._node), "token.value")
        resolve = self._network.resolver(self._node, values)
        try:
            tree = parse_formula(formula)
            calls = [each for each in _walk(tree) if isinstance(each, Call) and _method_of(each)]
            path = (
                path_of(calls[0].arguments[0]) if len(calls) == 1 and len(calls[0].arguments) == 1 else None
            )
            if path is None:
                raise Untranslatable("one call such as sum(input.data.value) was expected")
            if method is not None and _method_of(calls[0]) != method:
                detail = f"the formula says {_method_of(calls[0])}, the method {method}: the method is used"
                self._findings.report(place, "formula", detail)
            value = resolve(path)
            if tree is calls[0]:
                return value, None
            return value, translate_tree(_with_result(tree, calls[0]), _resolve_result).text
        except Untranslatable as problem:
            detail = f"{formula[:200]!r} cannot be translated: {problem}; the method alone is used"
            self._findings.report(place, "formula", detail)
            return "token.value", None

    def _trigger(self, value: object, arguments: dict[str, Any]) -> str:
        """Give a queue what makes it emit; answers with the component that does so."""
        place = self._place + "/trigger"
        members = self._findings.mapping(value, place) or {}
        self._network.check_known(members, place, _TRIGGER)
        kind = members.get("type")
        amount: Any = next((members[name] for name in _TRIGGER[1:] if is_number(members.get(name))), None)
        if kind in ("time", "interval", "window") and amount is not None and amount > 0:
            arguments["window"] = amount
        elif kind == "count" and _is_whole(amount):
            arguments["count"] = int(amount)
        elif kind == "capacity":
            arguments["overflow"] = "flush"
            if _is_whole(amount):
                arguments["count"] = int(amount)
        elif kind == "threshold" and amount is not None and arguments["method"] == "sum":
            arguments.pop("method")
            arguments["threshold"] = amount
            return "accumulator@1"
        else:
            detail = f"what makes it emit is not understood ({str(kind)[:64]!r}): it does so for every token"
            self._findings.report(place, "trigger", detail)
            arguments["count"] = 1
        return "queue@1"


def _route(network: Network, node: Node, routing: object, before: str) -> None:
    """Rules by which a queue chooses its outputs, behind what it gathers if it does."""
    place = node.pointer + "/routing"
    members = network.findings.mapping(routing, place) or {}
    network.check_known(members, place, ("rules", "defaultOutput"))
    resolve = network.resolver(node, dict.fromkeys(network.input_names(node), "token.value"))
    routes = []
    for index, rule in enumerate(network.findings.array(members.get("rules"), place + "/rules") or []):
        at = f"{place}/rules/{index}"
        fields = network.findings.mapping(rule, at) or {}
        network.check_known(fields, at, _RULE)
        output = fields.get("outputName", fields.get("output"))
        when = network.formula(fields.get("condition"), resolve, at + "/condition")
        to = network.port(node, "out", output if isinstance(output, str) else "output")
        routes.append({"to": to, "when": f"={when.text}"})
    arguments: dict[str, Any] = {"routes": routes}
    default = members.get("defaultOutput")
    if isinstance(default, str):
        arguments["otherwise"] = network.port(node, "out", default)
    name = network.add(node, {"use": "router@1", "with": arguments}, "routes" if before else "")
    if before:
        network.between.append((before, f"{name}.in"))
    else:
        network.enter(node, name)
    known = {route["to"] for route in routes} | {arguments.get("otherwise")}
    for end in node.outputs:
        port = network.port(node, "out", end.name)
        if port in known:
            network.exits[node.path, end.name] = f"{name}.{port}"
        else:
            network.findings.warn(end.pointer, "no_output", "no rule leads to this output")
            network.exits.pop((node.path, end.name), None)


def _walk(node: Expression) -> Iterator[Expression]:
    yield node
    for each in _parts(node):
        yield from _walk(each)


def _parts(node: Expression) -> tuple[Expression, ...]:
    match node:
        case Binary():
            return (node.left, node.right)
        case Unary():
            return (node.operand,)
        case Conditional():
            return (node.condition, node.then, node.otherwise)
        case Call():
            return node.arguments
    return ()


def _method_of(call: Call) -> str | None:
    """The method that a call of a function says, such as ``avg(…)``."""
    return _METHODS.get(call.callee.name.lower()) if isinstance(call.callee, Name) else None


def _with_result(node: Expression, call: Call) -> Expression:
    """The tree with the result of the method in place of the call."""
    if node is call:
        return Name(_RESULT, call.offset)
    match node:
        case Binary():
            return replace(node, left=_with_result(node.left, call), right=_with_result(node.right, call))
        case Unary():
            return replace(node, operand=_with_result(node.operand, call))
        case Conditional():
            return replace(
                node,
                condition=_with_result(node.condition, call),
                then=_with_result(node.then, call),
                otherwise=_with_result(node.otherwise, call),
            )
        case Call():
            return replace(node, arguments=tuple(_with_result(each, call) for each in node.arguments))
    return node


def _resolve_result(path: Path) -> str:
    if path == (_RESULT,):
        return "message.data['in']"
    raise Untranslatable(f"{str(path[0])[:64]!r} is not known once the tokens are one")
