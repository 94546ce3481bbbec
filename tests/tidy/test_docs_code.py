"""Code in the documentation is run, or at least made sure to be what it claims to be."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from tests.core.documents import parse_yaml
from tests.core.ledger.chains import EXECUTION, LOG, write_chain
from tests.tidy.sources import ROOT

from actum.ledger.wire import entry_told
from actum_core.ledger.chain import StoredEntry
from actum_core.template import compile_template

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [code for found, code in _BLOCK.findall(text) if found == language]


def test_the_example_of_the_core_prints_what_its_page_says() -> None:
    page = Path("core") / "README.md"
    [code] = blocks(str(page), "python")
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, str(page), "exec"), {"__name__": "example"})
    assert f"This prints `{printed.getvalue().strip()}`" in (ROOT / page).read_text(encoding="utf-8")


def test_the_templates_of_the_tour_are_ones() -> None:
    names = [compile_template(parse_yaml(template)).name for template in blocks("README.md", "yaml")]
    assert names == ["door", "credits"]


# --- Verifying by hand ----------------------------------------------------------------------------------


def verify_by_hand(entries: list[StoredEntry], log: str = LOG, execution: str = EXECUTION) -> str:
    """What the page's code says of a ledger as the API tells it."""
    import msgspec

    [code] = blocks("docs/LEDGER.md", "python")
    names: dict[str, Any] = {}
    exec(compile(code, "docs/LEDGER.md", "exec"), names)
    page = msgspec.json.decode(
        msgspec.json.encode({"data": [entry_told(EXECUTION, each) for each in entries]})
    )
    return str(names["verify"](page, log, execution))


def test_a_ledger_can_be_verified_by_hand() -> None:
    entries, head = write_chain(3)
    assert verify_by_hand(entries) == head.entry_hash.hex()
    erased = [entry._replace(payload=None, payload_salt=None) for entry in entries]
    assert verify_by_hand(erased) == head.entry_hash.hex()


_ENTRIES, _ = write_chain(3)
_CHANGED = {
    "a payload": [_ENTRIES[0], _ENTRIES[1]._replace(payload=b'{"n":2}'), *_ENTRIES[2:]],
    "a salt": [_ENTRIES[0], _ENTRIES[1]._replace(payload_salt=bytes(32)), *_ENTRIES[2:]],
    "a header": [
        _ENTRIES[0],
        _ENTRIES[1]._replace(header=_ENTRIES[1].header.replace(b"actum-1", b"actum-0")),
        *_ENTRIES[2:],
    ],
    "a hash": [_ENTRIES[0], _ENTRIES[1]._replace(entry_hash=bytes(32)), *_ENTRIES[2:]],
    "an entry left out": [_ENTRIES[0], *_ENTRIES[2:]],
    "two entries swapped": [_ENTRIES[0], _ENTRIES[2], _ENTRIES[1], *_ENTRIES[3:]],
}


@pytest.mark.parametrize("entries", _CHANGED.values(), ids=_CHANGED.keys())
def test_verifying_by_hand_finds_the_entry_that_was_changed(entries: list[StoredEntry]) -> None:
    with pytest.raises(AssertionError, match="entry 2"):
        verify_by_hand(entries)


def test_verifying_by_hand_finds_a_chain_that_is_another_ones() -> None:
    for log, execution in ((LOG + "2", EXECUTION), (LOG, EXECUTION + "0")):
        with pytest.raises(AssertionError, match="entry 1"):
            verify_by_hand(_ENTRIES, log, execution)
