"""The lineage of tokens, from entries alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actum_core.ledger.lineage import TokenEntry, Tokens, TokenUnknown


def made(sequence: int, name: str, *parents: str, **said: object) -> TokenEntry:
    payload = {
        "id": name,
        "type": "",
        "value": sequence,
        "node": "n",
        "port": "out",
        "parents": list(parents),
    }
    return TokenEntry(sequence, sequence // 2, "token", {**payload, **said})


def dropped(sequence: int, name: str) -> TokenEntry:
    payload = {"token": name, "node": "sink", "port": "in", "reason": "not_taken"}
    return TokenEntry(sequence, sequence // 2, "dropped", payload)


@pytest.fixture
def tokens() -> Tokens:
    """a and b come from events, c is made of both, d and e of c; e is dropped; f stands alone."""
    found = Tokens()
    found.add([made(2, "a"), made(4, "b"), made(6, "c", "a", "b")])
    found.add([made(7, "d", "c"), made(8, "e", "c"), dropped(9, "e"), made(10, "f")])
    return found


def names(tokens: tuple[object, ...]) -> list[str]:
    return [token.id for token in tokens]  # type: ignore[attr-defined]  # they are Tokens


def test_a_token_is_followed_back_and_forward(tokens: Tokens) -> None:
    lineage = tokens.trace("c")
    assert names(lineage.ancestors) == ["a", "b"]
    assert names(lineage.descendants) == ["d", "e"]
    assert names(lineage.sinks) == ["d", "e"]
    assert lineage.inputs == (1, 2, 3)


@pytest.mark.parametrize(
    ("name", "ancestors", "descendants", "sinks"),
    [
        ("a", [], ["c", "d", "e"], ["d", "e"]),
        ("d", ["a", "b", "c"], [], ["d"]),
        ("f", [], [], ["f"]),
    ],
)
def test_ends_have_one_side(
    tokens: Tokens, name: str, ancestors: list[str], descendants: list[str], sinks: list[str]
) -> None:
    lineage = tokens.trace(name)
    found = (names(lineage.ancestors), names(lineage.descendants), names(lineage.sinks))
    assert found == (ancestors, descendants, sinks)


def test_where_a_token_was_dropped_is_told(tokens: Tokens) -> None:
    assert tokens.find("e").dropped == ({"node": "sink", "port": "in", "reason": "not_taken"},)
    assert tokens.trace("a").descendants[-1].dropped == tokens.find("e").dropped
    assert tokens.find("d").dropped == ()


def test_a_parent_that_was_made_elsewhere_is_named_and_not_followed() -> None:
    tokens = Tokens()
    tokens.add([made(2, "a", "tok_elsewhere")])
    lineage = tokens.trace("a")
    assert lineage.token.parents == ("tok_elsewhere",)
    assert lineage.ancestors == ()


def test_an_unknown_token_is_told(tokens: Tokens) -> None:
    with pytest.raises(TokenUnknown):
        tokens.trace("nobody")


@given(st.lists(st.sets(st.integers(0, 19)), min_size=1, max_size=20))
def test_ancestors_and_descendants_are_each_others_inverse(graph: list[set[int]]) -> None:
    tokens = Tokens()
    tokens.add(
        made(index + 1, str(index), *(str(parent) for parent in sorted(parents) if parent < index))
        for index, parents in enumerate(graph)
    )
    for index in range(len(graph)):
        for ancestor in names(tokens.trace(str(index)).ancestors):
            assert str(index) in names(tokens.trace(ancestor).descendants)
