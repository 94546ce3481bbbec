"""Laws of deciding and folding, over random charts and the product's own templates, byte for byte."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actum.executions.arrivals import Answer
from actum_core.engine.lifecycle import restore_execution
from actum_core.errors import ActumError
from actum_core.ledger.chain import ChainVerifier, Identity, StoredEntry

from .memory import Memory, Move, alike
from .moves import cut, moves_of, one_by_one, subjects

#: Examples of each law. By default they are the same every time; more than that are drawn anew.
EXAMPLES = int(os.environ.get("ACTUM_LAW_EXAMPLES", "50"))

law = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 50,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@law
@given(st.data())
def test_a_batch_and_one_by_one_give_the_same_chain(data: st.DataObject) -> None:
    subject = data.draw(subjects)
    moves = data.draw(moves_of(subject))

    single = Memory(subject.program, subject.start_input).play(one_by_one(moves))
    batched = Memory(subject.program, subject.start_input).play(data.draw(cut(moves)))

    assert batched.entries == single.entries
    assert [alike(answer) for answer in batched.answers] == [alike(answer) for answer in single.answers]
    assert batched.place.execution.canonical() == single.place.execution.canonical()


@law
@given(st.data())
def test_a_state_read_back_from_its_bytes_goes_on_byte_for_byte(data: st.DataObject) -> None:
    subject = data.draw(subjects)
    groups = data.draw(cut(data.draw(moves_of(subject))))

    kept = Memory(subject.program, subject.start_input).play(groups)
    restored = Memory(subject.program, subject.start_input, is_restored=True).play(groups)

    assert restored.entries == kept.entries
    assert restored.stored == kept.stored


@law
@given(st.data())
def test_a_snapshot_anywhere_and_the_rest_give_the_same_state_and_the_same_chain(data: st.DataObject) -> None:
    subject = data.draw(subjects)
    live = Memory(subject.program, subject.start_input).play(one_by_one(data.draw(moves_of(subject))))

    for start in (0, *live.stored):
        replayed = live.replay(start, data.draw(st.integers(1, 9)))
        assert replayed.difference is None
        assert replayed.head[:2] == live.place.head[:2]
        assert replayed.execution.canonical() == live.place.execution.canonical()


@law
@given(st.data())
def test_a_repeat_changes_nothing_and_gets_its_first_answer(data: st.DataObject) -> None:
    subject = data.draw(subjects)
    moves = data.draw(moves_of(subject))
    once = Memory(subject.program, subject.start_input).play(one_by_one(moves))
    # Only what was taken can be repeated: what was refused may well be taken later.
    taken = [index for index, answer in enumerate(once.answers) if not isinstance(answer, ActumError)]
    again: list[Move] = []
    origins: list[int] = []
    for index, move in enumerate(moves):
        again.append(move)
        origins.append(index)
        for repeated in data.draw(
            st.lists(st.sampled_from([i for i in taken if i <= index] or [index]), max_size=2)
        ):
            if repeated in taken:
                again.append(moves[repeated])
                origins.append(repeated)

    twice = Memory(subject.program, subject.start_input).play(data.draw(cut(again)))

    assert twice.entries == once.entries
    seen: set[int] = set()
    for origin, answer in zip(origins, twice.answers, strict=True):
        assert alike(answer) == alike(once.answers[origin])
        if isinstance(answer, Answer):
            assert answer.is_duplicate == (origin in seen)
        seen.add(origin)


@law
@given(st.data())
def test_every_chain_verifies_and_commits_to_every_state(data: st.DataObject) -> None:
    subject = data.draw(subjects)
    live = Memory(subject.program, subject.start_input).play(data.draw(cut(data.draw(moves_of(subject)))))

    verifier = ChainVerifier(Identity(live.chain.log, live.chain.execution))
    assert list(verifier.verify([StoredEntry(*entry) for entry in live.entries])) == []
    assert verifier.head[:2] == live.place.head[:2]
    for stored in live.stored.values():
        assert restore_execution(subject.program, stored).canonical() == stored
