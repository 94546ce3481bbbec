"""What each kind of entry changes is told by the entry alone."""

import json
from typing import Any

import msgspec
import pytest

from actum.ledger.wire import EntryTold
from actum.streams.delta import delta_of
from actum.streams.wire import StreamedEntry
from actum_core.ledger.chain import StoredEntry

TRANSITION = {"event": "add", "configuration": ["a", "b"], "vars": {"n": 2, "big": "9007199254740993"}}

CASES: list[tuple[str, int, dict[str, Any] | None, dict[str, Any] | None]] = [
    ("created", 0, {"input": {}}, {"lifecycle": "created", "configuration": [], "vars": {}}),
    ("started", 1, {"input": {}}, {"lifecycle": "running"}),
    ("event", 2, {"type": "add"}, None),
    ("held", 2, {"type": "add"}, None),
    ("released", 2, {"input": 2}, None),
    ("paused", 2, {"reason": ""}, {"lifecycle": "paused"}),
    ("resumed", 3, {"reason": ""}, {"lifecycle": "running"}),
    ("cancelled", 3, {"reason": ""}, {"lifecycle": "cancelled"}),
    ("failed", 1, {"code": "cost_exceeded"}, {"lifecycle": "failed"}),
    ("failed", 2, {"code": "cost_exceeded"}, None),
    ("message", 2, {"rule": "r"}, None),
    ("rule_failed", 2, {"rule": "r"}, None),
    ("transition", 2, TRANSITION, {"configuration": ["a", "b"], "vars": TRANSITION["vars"]}),
    ("transition", 2, {"event": None, "configuration": ["a"]}, {"configuration": ["a"]}),
    ("error", 2, {"name": "error.execution"}, None),
    ("log", 2, {"label": "l", "value": 1}, None),
    ("completed", 2, {"output": {"n": 1}}, {"lifecycle": "completed", "output": {"n": 1}}),
    ("completed", 2, {"output": None}, {"lifecycle": "completed", "output": None}),
    # Erased: what only the payload told can no longer be told.
    ("transition", 2, None, None),
    ("completed", 2, None, {"lifecycle": "completed"}),
    # A kind of a later version.
    ("migrated", 2, {}, None),
]


@pytest.mark.parametrize(("kind", "input_sequence", "payload", "expected"), CASES)
def test_an_entry_tells_what_it_changes(
    kind: str, input_sequence: int, payload: dict[str, Any] | None, expected: dict[str, Any] | None
) -> None:
    written = None if payload is None else json.dumps(payload).encode()
    delta = delta_of(StoredEntry(1, input_sequence, kind, b"", b"", written, None))
    assert (None if delta is None else json.loads(msgspec.json.encode(delta))) == expected


def test_a_streamed_entry_has_every_member_of_the_listed_one_and_two_more() -> None:
    listed = {each.encode_name for each in msgspec.structs.fields(EntryTold)}
    streamed = {each.encode_name for each in msgspec.structs.fields(StreamedEntry)}
    assert streamed == listed | {"index", "delta"}
