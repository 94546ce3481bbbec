"""Tokens: values that leave a node by a port and go along edges, each with an identity and its parents."""

from typing import Any, Final, NamedTuple

from actum_core.canonical_json import JsonValue
from actum_core.engine.cell_run import CellRun, Delivery
from actum_core.engine.outputs import StepFailed
from actum_core.engine.run import ContentFailed
from actum_core.identifiers import Prefix
from actum_core.limits import TOKEN_PARENTS_MAX, TOKENS_MAX

#: What the message is called by which a token arrives, before the port that it arrives at.
TOKEN_MESSAGE = "token."  # no secret: a value on an edge


#: Units per parent that a token names: its id is checked, and written with the token.
_PARENT_COST: Final = 10


class Emitted(NamedTuple):
    """A token that content makes; without ``parents`` it comes from the one that drives the machine."""

    port: str
    type: str
    value: JsonValue
    parents: list[str] | None
    place: str


def check_parents(value: Any, place: str) -> list[str]:
    """The ids of tokens that a token comes from. Raises ContentFailed when they are none, or too many."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise ContentFailed("wrong_type", "the parents of a token are a list of ids", place)
    if len(value) > TOKEN_PARENTS_MAX:
        raise ContentFailed("too_large", f"a token names {TOKEN_PARENTS_MAX} parents at most", place)
    return list(value)


def emit_token(run: CellRun, emitted: Emitted) -> None:
    """Make a token and put it on every edge of its port, in the order of edges."""
    exchange = run.exchange
    port, place = emitted.port, emitted.place
    token_type = _type_of(run, emitted)
    exchange.token_count += 1
    if exchange.token_count > TOKENS_MAX:
        raise StepFailed("too_many_tokens", f"one input may make {TOKENS_MAX} tokens", place)
    parents = emitted.parents
    run.meter.charge(_PARENT_COST * len(parents or ()))
    if parents is None:
        driving = run.activation.get("token")
        parents = [driving["id"]] if driving and driving["id"] else []
    targets = exchange.tables.routes.get((run.address, port), ())
    token: dict[str, Any] = {
        "id": exchange.ids.identifier(Prefix.TOKEN),
        "type": token_type,
        "value": emitted.value,
        "port": port,
        "parents": parents,
    }
    named = {"type": token_type, "parents": parents, "to": [f"{node}.{into}" for node, into in targets]}
    said = {"id": token["id"], "value": emitted.value, "port": port}
    run.draft("token", said | {name: value for name, value in named.items() if value})
    token["producer"] = run.address
    for node, into in targets:
        target = exchange.run_at(node)
        wanted = exchange.tables.inputs.get((node, into))
        if wanted is not None and wanted != token_type:
            target.draft("dropped", {"token": token["id"], "port": into, "reason": "wrong_type"})
            continue
        message = exchange.message(TOKEN_MESSAGE + into, emitted.value, "external", origin="/" + run.address)
        exchange.send(Delivery(target, message, {**token, "port": into}, run), place)


def _type_of(run: CellRun, emitted: Emitted) -> str:
    """The type of a token: what content says, or what its port is for."""
    tables = run.exchange.tables
    if tables.is_single:
        return emitted.type
    if (run.address, emitted.port) not in tables.outputs:
        raise ContentFailed(
            "unknown_port", f"there is no output {emitted.port[:64]!r}", emitted.place + "/port"
        )
    declared = tables.outputs[run.address, emitted.port]
    if declared is not None and emitted.type not in ("", declared):
        detail = f"the output {emitted.port!r} is for tokens of type {declared!r}"
        raise ContentFailed("wrong_type", detail, emitted.place + "/type")
    return emitted.type or declared or ""
