"""Identifiers are UUIDv7 of the instant, and no random bit is given twice."""

import uuid
from datetime import UTC, datetime, timedelta

from node.ids import uuid7

AT = datetime(2026, 3, 12, 9, 30, 0, 123_456, tzinfo=UTC)


def test_an_identifier_is_of_its_instant_and_of_no_other() -> None:
    for at in (AT, AT + timedelta(milliseconds=1), datetime(1970, 1, 1, tzinfo=UTC)):
        found = uuid.UUID(uuid7(at))
        assert (found.version, found.variant) == (7, uuid.RFC_4122)
        assert found.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        assert str(found) == str(found).lower()


def test_many_of_one_instant_differ_in_all_their_random_bits() -> None:
    drawn = [uuid7(AT) for _ in range(1_000)]  # more than are drawn at once
    assert len(set(drawn)) == len(drawn)
    assert len({text[-12:] for text in drawn}) == len(drawn)
    seen = 0
    for text in drawn:
        seen |= uuid.UUID(text).int ^ uuid.UUID(drawn[0]).int
    assert seen == (0xFFF << 64) | ((1 << 62) - 1)
