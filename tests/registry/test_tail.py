"""What a stream holds of mailboxes' ends: never a gap, never twice, never without bound."""

from hypothesis import given
from hypothesis import strategies as st

from registry.records import ItemKind, MailboxItem
from registry.tail import Tail
from tests.builders import CHENGDU_AC, CHENGDU_RD

ALL = 1 << 30


def items(unit: str, *cursors: int, size: int = 0) -> list[MailboxItem]:
    return [MailboxItem(unit, cursor, ItemKind.NEGATIVE, bytes(size)) for cursor in cursors]


def cursors(found: list[MailboxItem]) -> list[int]:
    return [item.cursor for item in found]


def test_what_follows_the_cursor_is_given_once() -> None:
    tail = Tail()
    tail.put(CHENGDU_RD, items(CHENGDU_RD, 4, 5, 6))
    assert cursors(tail.take(CHENGDU_RD, 3, most=2, size=ALL)) == [4, 5]
    assert tail.holds(CHENGDU_RD)
    assert cursors(tail.take(CHENGDU_RD, 5, most=9, size=ALL)) == [6]
    assert not tail.holds(CHENGDU_RD)
    assert tail.take(CHENGDU_RD, 6, most=9, size=ALL) == []


def test_a_gap_is_left_to_the_store_and_what_was_read_meanwhile_is_forgotten() -> None:
    tail = Tail()
    tail.put(CHENGDU_RD, items(CHENGDU_RD, 8, 9, 11))
    assert tail.take(CHENGDU_RD, 3, most=9, size=ALL) == []
    assert cursors(tail.take(CHENGDU_RD, 8, most=9, size=ALL)) == [9]
    assert tail.take(CHENGDU_RD, 9, most=9, size=ALL) == []
    assert cursors(tail.take(CHENGDU_RD, 10, most=9, size=ALL)) == [11]


def test_one_thing_passes_however_large_and_the_next_waits() -> None:
    tail = Tail()
    tail.put(CHENGDU_RD, items(CHENGDU_RD, 1, 2, size=5000))
    assert cursors(tail.take(CHENGDU_RD, 0, most=9, size=100)) == [1]
    assert cursors(tail.take(CHENGDU_RD, 1, most=9, size=100)) == [2]


def test_a_stream_that_nobody_reads_does_not_grow_without_bound() -> None:
    tail = Tail()
    for cursor in range(1, 3000):
        tail.put(CHENGDU_RD, items(CHENGDU_RD, cursor, size=100_000))
    held = tail.take(CHENGDU_RD, 0, most=ALL, size=ALL)
    assert held == []  # the first ones went: the store is asked
    newest = [item for at in range(2900, 3000) for item in tail.take(CHENGDU_RD, at, most=1, size=ALL)]
    assert cursors(newest)[-1] == 2999
    assert len(newest) < 100


@given(st.lists(st.tuples(st.sampled_from([CHENGDU_RD, CHENGDU_AC]), st.integers(0, 4), st.booleans()), max_size=60))
def test_tail_and_store_together_give_every_thing_once_and_in_order(steps: list[tuple[str, int, bool]]) -> None:
    tail, store, given_out = Tail(), {CHENGDU_RD: 0, CHENGDU_AC: 0}, {CHENGDU_RD: 0, CHENGDU_AC: 0}
    for unit, number, told in steps:
        new = items(unit, *range(store[unit] + 1, store[unit] + 1 + number))
        store[unit] += number
        if told:  # an unknown outcome of a commit is told to nobody
            tail.put(unit, new)
        found = cursors(tail.take(unit, given_out[unit], most=3, size=ALL))
        assert found == list(range(given_out[unit] + 1, given_out[unit] + 1 + len(found)))
        given_out[unit] = found[-1] if found else store[unit]
