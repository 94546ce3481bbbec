"""Cutting the ranges of an org's log to what one read gives is the same as counting entries one by one."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from actum.ledger.store import Batched
from actum.streams.store import cut_ranges

_ids = st.integers(1, 5).map(lambda number: UUID(int=number))
_sizes = st.lists(
    st.lists(st.tuples(_ids, st.integers(1, 6)), min_size=1, max_size=4), min_size=1, max_size=5
)


@given(_sizes, st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 50))
def test_a_cut_log_is_the_slice_of_the_whole(
    sizes: list[list[tuple[UUID, int]]], before: int, seed: int, entries_max: int
) -> None:
    batches: list[Batched] = []
    whole: list[tuple[UUID, int]] = []
    heads: dict[UUID, int] = {}
    index = before
    for batch in sizes:
        ranges = []
        for execution_id, size in batch:
            first = heads.get(execution_id, 0) + 1
            heads[execution_id] = first + size - 1
            ranges.append((execution_id, first, first + size - 1))
            whole.extend((execution_id, sequence) for sequence in range(first, first + size))
        total = sum(size for _, size in batch)
        batches.append(Batched(index, total, tuple(ranges)))
        index += total
    # Reading begins in the batch that holds the index, as the query sees to, or right after the last.
    start = before + seed % (batches[0].size + 1)
    found = [
        (each.execution_id, sequence)
        for each in cut_ranges(batches, start, entries_max)
        for sequence in range(each.first, each.last + 1)
    ]
    assert found == whole[start - before :][:entries_max]


def test_an_empty_log_has_nothing() -> None:
    assert cut_ranges([], 0, 10) == []
