"""What an entry changes in its execution's state: a pure function of that one entry."""

from typing import Any, Final

import msgspec

from actum.platform.wire import Told
from actum_core.engine.lifecycle import Lifecycle
from actum_core.ledger.chain import StoredEntry

#: The start is always the first input: before it an execution takes nothing but a cancel, which ends it.
_START_INPUT: Final = 1

_LIFECYCLES: Final = {
    "created": Lifecycle.CREATED,
    "started": Lifecycle.RUNNING,
    "paused": Lifecycle.PAUSED,
    "resumed": Lifecycle.RUNNING,
    "cancelled": Lifecycle.CANCELLED,
    "completed": Lifecycle.COMPLETED,
}


class DeltaTold(Told, frozen=True, kw_only=True, omit_defaults=True):
    """How an entry changes the state: a member that is not there stays as it was.

    `vars` holds the variables that were set, each with its whole new value; the others stay. All else replaces
    what was there. With a `node`, both are of that node of a network, or of that child.

    `held` is not part of it: it is the number of entries of kind `held` since the last
    `paused`, and nought after `resumed` and `cancelled`.
    """

    node: str | msgspec.UnsetType = msgspec.UNSET
    lifecycle: str | msgspec.UnsetType = msgspec.UNSET
    configuration: list[str] | msgspec.UnsetType = msgspec.UNSET
    vars: dict[str, Any] | msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    output: Any = msgspec.UNSET


class _Transition(msgspec.Struct):
    configuration: list[str]
    vars: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    node: str | msgspec.UnsetType = msgspec.UNSET


class _Completion(msgspec.Struct):
    output: msgspec.Raw


_transition: Final = msgspec.json.Decoder(_Transition).decode
_completion: Final = msgspec.json.Decoder(_Completion).decode


def delta_of(entry: StoredEntry) -> DeltaTold | None:
    """What the entry changes; None when nothing, or when its payload was erased and it cannot be told.

    What it changes beside the payload (the lifecycle) is told even then.
    """
    if entry.kind == "transition":
        if entry.payload is None:
            return None
        # The members stay the bytes that were recorded: no number is read and written again on the way.
        found = _transition(entry.payload)
        return DeltaTold(node=found.node, configuration=found.configuration, vars=found.vars)
    if entry.kind == "created":
        return DeltaTold(lifecycle=Lifecycle.CREATED.value, configuration=[], vars={})
    if entry.kind == "failed":
        is_start = entry.input_sequence == _START_INPUT
        return DeltaTold(lifecycle=Lifecycle.FAILED.value) if is_start else None
    lifecycle = _LIFECYCLES.get(entry.kind)
    if lifecycle is None:
        return None
    if lifecycle is Lifecycle.COMPLETED and entry.payload is not None:
        return DeltaTold(lifecycle=lifecycle.value, output=_completion(entry.payload).output)
    return DeltaTold(lifecycle=lifecycle.value)
