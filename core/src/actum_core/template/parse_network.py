"""Read nodes, their ports, and the edges between them."""

from typing import Any

from actum_core.errors import pointer_of
from actum_core.limits import EDGES_MAX, NODES_MAX, PORTS_MAX
from actum_core.template import fields as known
from actum_core.template import names
from actum_core.template.document import Address, Edge, Node, NodeMachine, NodeUse, Port, Ports
from actum_core.template.parse_machine import parse_machine
from actum_core.template.parse_values import check_texts, report_missing, sorted_data
from actum_core.template.reader import Reader


def parse_nodes(value: object, reader: Reader) -> tuple[Node, ...]:
    """An object whose keys are the names, or an array of objects with an ``id``: their order has a meaning."""
    named: list[tuple[str, Any, str]] = []
    if isinstance(value, list):
        for index, member in enumerate(value):
            place = f"/nodes/{index}"
            name = member.get("id", "") if isinstance(member, dict) else ""
            named.append((reader.text(name, place + "/id") or "", member, place))
    else:
        for key, member in (reader.mapping(value, "/nodes") or {}).items():
            place = "/nodes" + pointer_of(key)
            if isinstance(member, dict) and "id" in member:
                reader.report(place + "/id", "bad_value", "the key is the id: leave this field out")
            named.append((key, member, place))
    reader.is_within(len(named), NODES_MAX, "/nodes", "nodes")
    if not named:
        reader.report("/nodes", "missing_field", "at least one node is needed")
    places: dict[str, str] = {}
    for name, _, place in named:
        if not names.is_node_name(name):
            reader.report(place, "bad_name", f"{name[:64]!r} does not name a node: letters, digits, _ and -")
        elif name in places:
            reader.report(place, "duplicate", f"the node at {places[name]} has this name too")
        places.setdefault(name, place)
    found = (_node(name, member, reader, place) for name, member, place in named)
    return tuple(node for node in found if node is not None)


def _node(name: str, value: object, reader: Reader, pointer: str) -> Node | None:
    is_use = isinstance(value, dict) and "use" in value
    if isinstance(value, dict) and is_use == ("machine" in value):
        reader.report(pointer, "bad_value", "a node is a component (use) or a machine of its own (machine)")
        return None
    fields = reader.members(value, pointer, known.NODE_USE if is_use else known.NODE_MACHINE)
    if fields is None:
        return None
    check_texts(fields, reader, pointer)
    if is_use:
        return _use(name, fields, reader, pointer)
    ports = _ports(fields.get("ports", {}), reader, pointer + "/ports")
    for side, listed in zip(known.PORTS, (ports.inputs, ports.outputs), strict=True):
        if isinstance(listed, str):
            detail = "only the ports of a component can follow from its parameters"
            reader.report(f"{pointer}/ports/{side}", "bad_value", detail)
    return NodeMachine(name, parse_machine(fields["machine"], reader, pointer + "/machine"), ports, pointer)


def _use(name: str, fields: dict[str, Any], reader: Reader, pointer: str) -> NodeUse:
    use = reader.text(fields["use"], pointer + "/use") or ""
    if use and names.parse_use(use) is None:
        detail = f"{use[:64]!r} is no component with its version, such as queue@1"
        reader.report(pointer + "/use", "bad_name", detail)
    given = reader.mapping(fields.get("with", {}), pointer + "/with") or {}
    arguments = tuple((key, sorted_data(given[key])) for key in sorted(given))
    return NodeUse(name, use, arguments, pointer)


def parse_ports(members: dict[str, Any], reader: Reader) -> Ports:
    """The ports of a component; what is not said is as for any node."""
    return _ports(members.get("ports", {}), reader, "/ports")


def _ports(value: object, reader: Reader, pointer: str) -> Ports:
    fields = reader.members(value, pointer, known.PORTS) or {}
    sides = {side: _side(fields[side], reader, f"{pointer}/{side}") for side in known.PORTS if side in fields}
    usual = Ports()
    return Ports(sides.get("in", usual.inputs), sides.get("out", usual.outputs), pointer)


def _side(value: object, reader: Reader, pointer: str) -> tuple[Port, ...] | str:
    if isinstance(value, str) and value.startswith("="):
        return value
    return read_port_list(value, reader, pointer)


def read_port_list(value: object, reader: Reader, pointer: str) -> tuple[Port, ...]:
    """Ports as names, or as objects with a name and the type of the tokens."""
    listed = reader.array(value, pointer) or []
    reader.is_within(len(listed), PORTS_MAX, pointer, "ports")
    found: dict[str, Port] = {}
    for index, member in enumerate(listed):
        place = f"{pointer}/{index}"
        fields = {"name": member} if isinstance(member, str) else reader.members(member, place, known.PORT)
        if fields is None:
            continue
        report_missing(fields, ("name",), reader, place)
        name = reader.text(fields.get("name", "_"), place) or ""
        token_type = reader.text(fields["type"], place + "/type") if "type" in fields else None
        if not names.is_node_name(name):
            reader.report(place, "bad_name", f"{name[:64]!r} does not name a port: letters, digits, _ and -")
        elif name in found:
            reader.report(place, "duplicate", f"there is a port {name!r} before this one")
        found[name] = Port(name, token_type)
    return tuple(found.values())


def parse_edges(value: object, reader: Reader) -> tuple[Edge, ...]:
    listed = reader.array(value, "/edges") or []
    reader.is_within(len(listed), EDGES_MAX, "/edges", "edges")
    found: dict[tuple[Address, Address], Edge] = {}
    for index, member in enumerate(listed):
        pointer = f"/edges/{index}"
        fields = reader.members(member, pointer, known.EDGE)
        if fields is None:
            continue
        check_texts(fields, reader, pointer)
        report_missing(fields, ("from", "to"), reader, pointer)
        source, target = (
            _address(fields[side], reader, f"{pointer}/{side}") if side in fields else None
            for side in ("from", "to")
        )
        if source is None or target is None:
            continue
        if (source, target) in found:
            detail = f"the edge at {found[source, target].pointer} is the same: a token would come twice"
            reader.report(pointer, "duplicate", detail)
        found[source, target] = Edge(source, target, pointer)
    return tuple(found.values())


def _address(value: object, reader: Reader, pointer: str) -> Address | None:
    text = reader.text(value, pointer)
    if text is None:
        return None
    node, point, port = text.partition(".")
    if point and (not node or names.is_node_name(node)) and names.is_node_name(port):
        return Address(node, port)
    reader.report(pointer, "bad_name", f"{text[:64]!r} is no port of a node, such as meter.out")
    return None
