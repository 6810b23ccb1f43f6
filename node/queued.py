"""What waits to be sent, and in which order: green threads first, with the aging of every list (`delegation.urgency`).

An envelope's day is the one on which it was queued, less what its thread's priority is worth. A thread goes as one, at
the earliest of its days; within it the order never changes, because each envelope builds on the one before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from delegation.codec_header import parse_header
from delegation.codes import Priority
from delegation.deadlines import day_of
from delegation.model import Header
from delegation.urgency import BONUS, by_urgency, rank_day
from node.records import OutboxRecord, from_us


@dataclass(frozen=True, slots=True)
class Queued:
    """What the courier needs to know of a queued envelope without reading it."""

    number: int
    sender_unit: str
    envelope_id: str
    thread_id: str
    size: int
    materials: tuple[str, ...]
    rank_day: date
    urgent: bool = False


def ranked(header: Header, priority: int, at: datetime) -> tuple[date, bool]:
    """Rank day of an envelope queued at `at`, and whether its priority is worth anything.

    `priority`: the thread's. What the envelope itself says counts where it says one: a letter, a change of priority.
    """
    chosen = header.priority or Priority(priority)
    return rank_day(day_of(at), chosen), chosen in BONUS


def queued_of(record: OutboxRecord, priority: int) -> Queued:
    """The same of a row of the outbox; `priority` is its thread's."""
    header = parse_header(record.header)
    day, urgent = ranked(header, priority, from_us(record.queued_at))
    return Queued(
        number=record.number,
        sender_unit=record.sender_unit,
        envelope_id=record.envelope_id,
        thread_id=record.thread_id,
        size=len(record.header) + header.sealed_body_size + 256,
        materials=tuple(item.material_id for item in header.manifest),
        rank_day=day,
        urgent=urgent,
    )


def in_order(queued: Mapping[int, Queued]) -> list[Queued]:
    """All of them as they go out. The mapping may change meanwhile: a number that is gone by then is left out."""
    found = _present(queued)
    if not any(item.urgent for item in found):
        return found
    return by_urgency(found, of=lambda item: item.thread_id, day=lambda item: item.rank_day)


def _present(queued: Mapping[int, Queued]) -> list[Queued]:
    numbers: Iterable[int] = sorted(list(queued))  # noqa: C414 - a copy: the writer changes it meanwhile
    return [item for number in numbers if (item := queued.get(number)) is not None]
