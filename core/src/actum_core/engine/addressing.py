"""Whom a message is for: the machine itself, its parent, a child, a node beside it, or an address it was told."""

from typing import Final, NamedTuple

from actum_core.canonical_json import JsonValue
from actum_core.engine.cell_run import ERROR_COMMUNICATION, CellRun, Delivery
from actum_core.engine.deadlines import set_timer
from actum_core.engine.run import ContentFailed, Message
from actum_core.engine.timers import Timer

INTERNAL: Final = "#_internal"
_PARENT: Final = "#_parent"
#: Before an address, as SCXML 6.2.4 has it before the id of a session.
_ADDRESSED: Final = "#_scxml_"
_CHILD: Final = "#_"


class Outgoing(NamedTuple):
    """A message that content sends; ``to`` is empty for the machine itself, ``place`` where the content stands."""

    name: str
    data: JsonValue
    id: str
    to: str
    place: str


def send_message(run: CellRun, outgoing: Outgoing, due: str | None) -> None:
    """Send a message now, or when it is due. Raises ContentFailed for what is no address at all.

    An address that nobody has is told with ``error.communication`` when the message would be sent (SCXML, 6.2.4).
    """
    exchange = run.exchange
    name, data, send_id, to, place = outgoing
    if to == INTERNAL:
        if due is not None:
            raise ContentFailed(
                "bad_target", "what goes to the internal queue cannot be delayed", place + "/to"
            )
        run.put_internal(exchange.message(name, data, "internal", send_id=send_id), place)
    elif due is not None:
        _check_address(run, to, place)
        set_timer(run, Timer(due, name, "send", run.address, data, send_id, to), place)
    else:
        message = exchange.message(name, data, "external", send_id=send_id, origin="/" + run.address)
        deliver_message(run, message, to, place)


def deliver_message(run: CellRun, message: Message, to: str, place: str) -> None:
    """Put a message at the end of the line, for whoever has the address now. Raises ContentFailed as above."""
    target = run if not to else _find_target(run, to, place)
    if target is None or not target.is_running:
        failure = ContentFailed("unreachable", f"nobody is at {to[:64]!r}", place + "/to")
        failure.send_id = message["id"]
        run.tell_error(ERROR_COMMUNICATION, failure)
        return
    if target is run.parent:
        message = {**message, "invoke": run.address.rpartition("#")[2]}
    run.exchange.send(Delivery(target, message, None, run), place)


def _check_address(run: CellRun, to: str, place: str) -> None:
    """See that it is an address; whether anybody is there shows when the message is due."""
    if to and not to.startswith(("#_", "/")) and run.exchange.tables.find(run.tables.scope, to) is None:
        raise ContentFailed("bad_target", f"{to[:64]!r} is no address", place + "/to")


def _find_target(run: CellRun, to: str, place: str) -> CellRun | None:
    exchange = run.exchange
    _check_address(run, to, place)
    if to == _PARENT:
        return run.parent
    if to.startswith(_ADDRESSED):
        to = to.removeprefix(_ADDRESSED)
        if not to.startswith("/"):
            return None
    if to.startswith("/"):
        found = exchange.find_run(to[1:])
    elif to.startswith(_CHILD):
        child_id = to.removeprefix(_CHILD)
        found = exchange.find_run(f"{run.address}#{child_id}") if child_id in run.children else None
    else:
        address = exchange.tables.find(run.tables.scope, to)
        found = None if address is None else exchange.find_run(address)
    return None if found is None or not found.has_machine else found
