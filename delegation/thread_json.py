"""A thread as it is stored: versioned JSON of short arrays, made by hand because every envelope pays for it.

A neutral event writes its own entry and four numbers; the rest is text from the last time, as long as it is the same.

This is a store's own format: it never travels and is never signed. A newer version than this program's is refused.
"""

import json
from datetime import date, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import Final, NamedTuple

from delegation.appraisal_facts import AppraisalFacts
from delegation.appraisal_json import appraisal_json
from delegation.model import DueDate, EnvelopeRef
from delegation.thread_json_read import FIRST, VERSION, WITH_APPRAISAL, thread_from_bytes
from delegation.thread_state import LetterFacts, OpenClock, Past, Pending, ThreadState, WorkFacts
from delegation.values import Remembered

__all__ = ["VERSION", "rewritten", "thread_bytes", "thread_from_bytes"]

_FIRST_BEGINS: Final = b"[1,"
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, check_circular=False).encode
_iso = lru_cache(maxsize=4096)(date.isoformat)


def thread_bytes(thread: ThreadState) -> bytes:
    """The thread as bytes; `thread_from_bytes` gives it back."""
    t = thread
    kept = _KEPT.get(t.thread_id)
    if kept is None or not _alike(kept.thread, t):
        kept = _Kept(t, _head(t), _middle(t), _tail(t), tuple(map(_past, t.recent)))
    else:
        kept = _Kept(t, kept.head, kept.middle, kept.tail, _recent_texts(kept, t.recent))
    if len(_KEPT) >= _MOST_KEPT:
        _KEPT.clear()
    _KEPT[t.thread_id] = kept
    version, appraisal = VERSION, ""
    if t.appraisal is not None:
        version, appraisal = WITH_APPRAISAL, f",{_appraisal_text(t.appraisal)}"
    return (
        f'[{version},{kept.head},{t.sequence},"{t.last_entry_digest.hex()}",{t.state_version},{kept.middle}'
        f",[{_noted_text(t.noted)},[{','.join(kept.recent)}]],{kept.tail},{_instant_text(t.changed_at)}{appraisal}]"
    ).encode("ascii")


def rewritten(data: bytes) -> bytes:
    """What the version that wrote these bytes writes of the thread in them: the same, unless they were changed.

    Raises:
        Refusal: as `thread_from_bytes`.
    """
    t = thread_from_bytes(data)
    if not data.startswith(_FIRST_BEGINS):
        return thread_bytes(t)
    return (
        f'[{FIRST},{_head(t)},{t.sequence},"{t.last_entry_digest.hex()}",{t.state_version},{_middle(t)}'
        f",[{','.join(map(_past, t.history))}],{_tail(t)},{_instant_text(t.changed_at)}]"
    ).encode("ascii")


class _Kept(NamedTuple):
    """A thread that was written, with the texts of the parts that a neutral event leaves as they are."""

    thread: ThreadState
    head: str  # from the id to the pause
    middle: str  # from the letter to the earlier dates
    tail: str  # from the last moves to the delivery
    recent: tuple[str, ...]


_KEPT: Final[dict[str, _Kept]] = {}  # by thread, some 4 KB each
_MOST_KEPT: Final = 4096


def merely_entered(written: ThreadState, thread: ThreadState) -> bool:
    """Whether nothing but neutral entries came since the same thread was written down, and these left but their places.

    Such a thread need not be written again: `effects.caught_up` makes it out of the entries. `thread` came out of
    `written` by accepted events and acknowledgements; one that was parked without effect is told by the count.
    """
    return (
        thread.noted is written.noted
        and thread.appraisal is written.appraisal
        and thread.state_version - written.state_version == thread.sequence - written.sequence
        and _alike(written, thread)
    )


def _alike(a: ThreadState, b: ThreadState) -> bool:
    """Whether head, middle and tail have the same text: all parts are the very same values."""
    return (
        a.letter is b.letter
        and a.work is b.work
        and a.state is b.state
        and a.turn is b.turn
        and a.open_clocks is b.open_clocks
        and a.pending is b.pending
        and a.statutory is b.statutory
        and a.cap is b.cap
        and a.earlier is b.earlier
        and a.last_moves is b.last_moves
        and a.protests is b.protests
        and a.delivered_at is b.delivered_at
        and a.business_status is b.business_status
        and a.paused is b.paused
        and a.provinces is b.provinces
        and a.home_unit is b.home_unit
        and a.host_unit is b.host_unit
        and a.leg is b.leg
        and a.round is b.round
        and a.hop is b.hop
        and a.former_hosts is b.former_hosts
        and a.former_homes is b.former_homes
        and a.archived_by is b.archived_by
        and a.terms_digest is b.terms_digest
        and a.pool_version is b.pool_version
        and a.case_id is b.case_id
        and a.matter is b.matter
        and a.thread_type is b.thread_type
    )


def _recent_texts(kept: _Kept, recent: tuple[Past, ...]) -> tuple[str, ...]:
    """The texts of the recent entries; the next event's are those of before but perhaps the oldest, and one more."""
    before = kept.thread.recent
    if recent is before:
        return kept.recent
    count = len(recent) - 1
    if count > 0 and recent[:-1] == before[-count:]:
        return (*kept.recent[-count:], _past(recent[-1]))
    return tuple(map(_past, recent))


def _head(t: ThreadState) -> str:
    return _encode([
        t.thread_id, t.thread_type, t.matter, t.case_id, t.home_unit, t.host_unit, t.provinces, t.leg, t.round, t.hop,
        t.state, t.turn, t.business_status, t.paused,
    ])[1:-1]  # fmt: skip


def _middle(t: ThreadState) -> str:
    return ",".join((
        "null" if t.letter is None else _letter_text(t.letter),
        _work_text(t.work),
        "null" if t.statutory is None else _due_text(t.statutory),
        "null" if t.cap is None else _due_text(t.cap),
        f"[{','.join(_clock_text.each(t.open_clocks))}]",
        f"[{','.join(_pending_text.each(t.pending))}]",
        f"[{','.join(_due_text.each(t.earlier))}]",
    ))  # fmt: skip


def _tail(t: ThreadState) -> str:
    return _encode([
        [[unit, digest.hex()] for unit, digest in t.last_moves],
        [[f.unit, f.leg, f.last_sequence, f.investigated] for f in t.former_hosts],
        t.former_homes, t.archived_by,
        [[_ref(p.envelope), int(p.kind), p.turn_before] for p in t.protests],
        t.terms_digest.hex(), t.pool_version, _instant(t.delivered_at),
    ])[1:-1]  # fmt: skip


def _ref(ref: EnvelopeRef | None) -> list[str] | None:
    return None if ref is None else [ref.sender_unit, ref.envelope_id, ref.header_digest.hex()]


def _day(day: date | None) -> str | None:
    return None if day is None else _iso(day)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _due(due: DueDate | None) -> list[object] | None:
    return None if due is None else [due.clock, due.unit, _iso(due.nominal), _iso(due.legal), due.provisional]


def _clock(c: OpenClock) -> list[object]:
    return [
        c.clock, c.unit, _ref(c.started_by), _iso(c.starts_on), c.days, _due(c.due),
        [[s.what, s.days, _day(s.since), _day(s.until)] for s in c.shifts], _day(c.paused_on), c.certified,
    ]  # fmt: skip


def _letter(x: LetterFacts) -> list[object]:
    place = x.place
    clock = x.clock
    return [
        _ref(x.ref), x.commitment.hex(),
        None if place is None else [place.code, int(place.role), int(place.certainty), place.other_candidates],
        [
            _day(clock.accepted_on), _day(clock.application_received_on), int(clock.procedure),
            [[_iso(s.effective_on), _day(s.resumed_on), s.ground] for s in clock.suspensions],
        ],
        int(x.priority), x.agreement_id, int(x.legal_basis), x.items, x.mandatory_items, x.short_time, x.on_paper,
        x.changed_subjects,
    ]  # fmt: skip


def _work(w: WorkFacts) -> list[object]:
    return [
        w.returned, w.returns, w.transferred_to, w.transfer_reason, w.designated, w.designated_by_province, w.votes,
        w.national, w.refusal_reasons, w.refusal_by_silence, w.extension_asked, _ref(w.extension_request),
        w.extension_round, _day(w.paused_since), w.pause_reason, w.investigated, w.supplement_items,
        _ref(w.reported_by), w.unable, w.amendments, w.green_changed, _instant(w.green_since), w.late,
    ]  # fmt: skip


def _pending(p: Pending) -> list[object]:
    return [p.clock, p.unit, p.awaited, _ref(p.started_by), p.void]


def _past(p: Past) -> str:
    """Every entry adds one, so it is written by hand."""
    noted = "true" if p.noted else "false"
    return f'[{p.sequence},{int(p.kind)},{_quoted(p.sender)},"{p.digest16.hex()}","{p.header16.hex()}",{noted}]'


def _instant_text(at: datetime | None) -> str:
    return "null" if at is None else f'"{at.isoformat()}"'


# What a move leaves as it is: the same values as before, and so the same texts.
_letter_text = Remembered[LetterFacts, str](lambda letter: _encode(_letter(letter)))
_appraisal_text = Remembered[AppraisalFacts, str](lambda facts: _encode(appraisal_json(facts)))
_work_text = Remembered[WorkFacts, str](lambda work: _encode(_work(work)))
_due_text = Remembered[DueDate, str](lambda due: _encode(_due(due)))
_clock_text = Remembered[OpenClock, str](lambda clock: _encode(_clock(clock)))
_pending_text = Remembered[Pending, str](lambda pending: _encode(_pending(pending)))
_noted_text = Remembered[tuple[Past, ...], str](lambda noted: f"[{','.join(map(_past, noted))}]")
