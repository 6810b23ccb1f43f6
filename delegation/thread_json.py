"""A thread as it is stored: versioned JSON of short arrays, made by hand because every envelope pays for it.

This is a store's own format: it never travels and is never signed. A newer version than this program's is refused.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, Final, TypeAlias

from delegation.codes import (
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    ThreadType,
)
from delegation.deadlines import Suspension
from delegation.errors import Reason, Refusal
from delegation.model import ClockFacts, DueDate, EnvelopeRef, TaskPlace
from delegation.table import BusinessStatus, State
from delegation.thread_state import (
    FormerHost,
    LetterFacts,
    OpenClock,
    Past,
    Pending,
    Protested,
    Shift,
    ThreadState,
    WorkFacts,
)
from delegation.values import Remembered

VERSION: Final = 2  # 1 kept the past in one array, neutral events between moves
_FIRST: Final = 1
_FIRST_BEGINS: Final = b"[1,"
_Json: TypeAlias = Any  # what json.loads gives: arrays of arrays, checked by the constructors below
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, check_circular=False).encode
_iso = lru_cache(maxsize=4096)(date.isoformat)
_from_iso = lru_cache(maxsize=4096)(date.fromisoformat)


def thread_bytes(thread: ThreadState) -> bytes:
    """The thread as bytes; `thread_from_bytes` gives it back."""
    noted = "[]" if not thread.noted else _noted_text(thread.noted)
    return _written(thread, VERSION, f"[{noted},[{','.join(_past_text.each(thread.recent))}]]")


def rewritten(data: bytes) -> bytes:
    """What the version that wrote these bytes writes of the thread in them: the same, unless they were changed.

    Raises:
        Refusal: as `thread_from_bytes`.
    """
    thread = thread_from_bytes(data)
    if not data.startswith(_FIRST_BEGINS):
        return thread_bytes(thread)
    return _written(thread, 1, f"[{','.join(_past_text.each(thread.history))}]")


def _written(t: ThreadState, version: int, past: str) -> bytes:
    """All parts in order. One envelope changes few of them; the others' texts are remembered."""
    head = _head(
        t.thread_id, t.thread_type, t.matter, t.case_id, t.home_unit, t.host_unit, t.provinces, t.leg, t.round, t.hop,
        t.state, t.turn, t.business_status, t.paused,
    )  # fmt: skip
    return (
        f'[{version},{head},{t.sequence},"{t.last_entry_digest.hex()}",{t.state_version}'
        f",{'null' if t.letter is None else _letter_text(t.letter)}"
        f",{_work_text(t.work)}"
        f",{'null' if t.statutory is None else _due_text(t.statutory)}"
        f",{'null' if t.cap is None else _due_text(t.cap)}"
        f",{_clocks_text(t.open_clocks) if t.open_clocks else '[]'}"
        f",{_pendings_text(t.pending) if t.pending else '[]'}"
        f",{_dues_text(t.earlier) if t.earlier else '[]'}"
        f",{past}"
        f",{_moves_text(t.last_moves) if t.last_moves else '[]'}"
        f",{_former_text(t.former_hosts) if t.former_hosts else '[]'}"
        f",{_encode(t.former_homes) if t.former_homes else '[]'}"
        f",{_encode(t.archived_by) if t.archived_by else '[]'}"
        f",{_protests_text(t.protests) if t.protests else '[]'}"
        f',"{t.terms_digest.hex()}",{t.pool_version},{_instant_text(t.delivered_at)},{_instant_text(t.changed_at)}]'
    ).encode("ascii")


@lru_cache(maxsize=1 << 14)
def _head(*parts: object) -> str:
    """What few events change, as the inside of an array; enums are written as their values."""
    return _encode(parts)[1:-1]


def thread_from_bytes(data: bytes) -> ThreadState:
    """The thread of these bytes, of this version or an earlier one.

    Raises:
        Refusal: SCHEMA_TOO_NEW for a version that this program does not know, INTERNAL when the bytes are damaged.
    """
    try:
        found = json.loads(data)
        if found[0] not in (_FIRST, VERSION):
            raise Refusal(Reason.SCHEMA_TOO_NEW, field="thread")
        return _thread(found, _past_of_first if found[0] == _FIRST else _past_from)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise Refusal(Reason.INTERNAL, field="thread") from error


def _thread(f: _Json, past_from: Callable[[_Json], tuple[tuple[Past, ...], tuple[Past, ...]]]) -> ThreadState:
    (
        _, thread_id, thread_type, matter, case_id, home_unit, host_unit, provinces, leg, round_, hop, state, turn,
        status, paused, sequence, last_digest, state_version, letter, work, statutory, cap, clocks, pending, earlier,
        past, last_moves, former_hosts, former_homes, archived_by, protests, terms, pool, delivered_at, changed_at,
    ) = f  # fmt: skip
    noted, recent = past_from(past)
    return ThreadState(
        thread_id=thread_id,
        thread_type=ThreadType(thread_type),
        matter=Matter(matter),
        case_id=case_id,
        home_unit=home_unit,
        host_unit=host_unit,
        provinces=tuple(provinces),
        leg=leg,
        round=round_,
        hop=hop,
        state=State(state),
        turn=turn,
        business_status=BusinessStatus(status),
        paused=paused,
        sequence=sequence,
        last_entry_digest=bytes.fromhex(last_digest),
        state_version=state_version,
        letter=None if letter is None else _letter_from(letter),
        work=_work_from(work),
        statutory=_due_from(statutory),
        cap=_due_from(cap),
        open_clocks=tuple(_clock_from(c) for c in clocks),
        pending=tuple(Pending(name, unit, awaited, _ref_from(ref), void) for name, unit, awaited, ref, void in pending),
        earlier=tuple(_a_due(d) for d in earlier),
        noted=noted,
        recent=recent,
        last_moves=tuple((unit, bytes.fromhex(digest)) for unit, digest in last_moves),
        former_hosts=tuple(FormerHost(*former) for former in former_hosts),
        former_homes=tuple(former_homes),
        archived_by=tuple(archived_by),
        protests=tuple(Protested(_ref_from(ref), Kind(kind), before) for ref, kind, before in protests),
        terms_digest=bytes.fromhex(terms),
        pool_version=pool,
        delivered_at=_instant_from(delivered_at),
        changed_at=_instant_from(changed_at),
    )


def _past_from(found: _Json) -> tuple[tuple[Past, ...], tuple[Past, ...]]:
    noted, recent = found
    return tuple(map(_a_past, noted)), tuple(map(_a_past, recent))


def _past_of_first(found: _Json) -> tuple[tuple[Past, ...], tuple[Past, ...]]:
    """As version 1 kept it: one array in the order of the entries, each saying whether it is noted."""
    past = tuple(map(_a_past, found))
    return tuple(each for each in past if each.noted), tuple(each for each in past if not each.noted)


def _a_past(found: _Json) -> Past:
    sequence, kind, sender, digest, header, noted = found
    return Past(sequence, Kind(kind), sender, bytes.fromhex(digest), bytes.fromhex(header), noted)


def _ref(ref: EnvelopeRef | None) -> list[str] | None:
    return None if ref is None else [ref.sender_unit, ref.envelope_id, ref.header_digest.hex()]


def _a_ref(found: _Json) -> EnvelopeRef | None:
    return None if found is None else _ref_from(found)


def _ref_from(found: _Json) -> EnvelopeRef:
    unit, envelope_id, digest = found
    return EnvelopeRef(unit, envelope_id, bytes.fromhex(digest))


def _day(day: date | None) -> str | None:
    return None if day is None else _iso(day)


def _day_from(text: str | None) -> date | None:
    return None if text is None else _from_iso(text)


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _instant_from(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _due(due: DueDate | None) -> list[object] | None:
    return None if due is None else [due.clock, due.unit, _iso(due.nominal), _iso(due.legal), due.provisional]


def _due_from(found: _Json) -> DueDate | None:
    return None if found is None else _a_due(found)


def _a_due(found: _Json) -> DueDate:
    clock, unit, nominal, legal, provisional = found
    return DueDate(clock, unit, _from_iso(nominal), _from_iso(legal), provisional)


def _clock(c: OpenClock) -> list[object]:
    return [
        c.clock, c.unit, _ref(c.started_by), _iso(c.starts_on), c.days, _due(c.due),
        [[s.what, s.days, _day(s.since), _day(s.until)] for s in c.shifts], _day(c.paused_on), c.certified,
    ]  # fmt: skip


def _clock_from(found: _Json) -> OpenClock:
    clock, unit, ref, starts_on, days, due, shifts, paused_on, certified = found
    return OpenClock(
        clock=clock,
        unit=unit,
        started_by=_ref_from(ref),
        starts_on=_from_iso(starts_on),
        days=days,
        due=_a_due(due),
        shifts=tuple(Shift(what, n, _day_from(since), _day_from(until)) for what, n, since, until in shifts),
        paused_on=_day_from(paused_on),
        certified=certified,
    )


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


def _letter_from(found: _Json) -> LetterFacts:
    ref, commitment, place, clock, priority, agreement, basis, items, mandatory, short, paper, subjects = found
    accepted_on, received_on, procedure, suspensions = clock
    return LetterFacts(
        ref=_ref_from(ref),
        commitment=bytes.fromhex(commitment),
        place=None if place is None else _place_from(*place),
        clock=ClockFacts(
            _day_from(accepted_on),
            _day_from(received_on),
            Procedure(procedure),
            tuple(Suspension(_from_iso(on), _day_from(until), ground) for on, until, ground in suspensions),
        ),
        priority=Priority(priority),
        agreement_id=agreement,
        legal_basis=LegalBasis(basis),
        items=items,
        mandatory_items=mandatory,
        short_time=short,
        on_paper=paper,
        changed_subjects=tuple(subjects),
    )


def _place_from(code: str, role: int, certainty: int, others: list[str]) -> TaskPlace:
    return TaskPlace(code, PlaceRole(role), PlaceCertainty(certainty), tuple(others))


def _work(w: WorkFacts) -> list[object]:
    return [
        w.returned, w.returns, w.transferred_to, w.transfer_reason, w.designated, w.designated_by_province, w.votes,
        w.national, w.refusal_reasons, w.refusal_by_silence, w.extension_asked, _ref(w.extension_request),
        w.extension_round, _day(w.paused_since), w.pause_reason, w.investigated, w.supplement_items,
        _ref(w.reported_by), w.unable, w.amendments, w.green_changed, _instant(w.green_since), w.late,
    ]  # fmt: skip


def _work_from(found: _Json) -> WorkFacts:
    (
        returned, returns, transferred_to, transfer_reason, designated, by_province, votes, national, refusal_reasons,
        by_silence, extension_asked, extension_request, extension_round, paused_since, pause_reason, investigated,
        supplement_items, reported_by, unable, amendments, green_changed, green_since, late,
    ) = found  # fmt: skip
    return WorkFacts(
        returned=tuple((code, subject) for code, subject in returned),
        returns=returns,
        transferred_to=transferred_to,
        transfer_reason=transfer_reason,
        designated=designated,
        designated_by_province=by_province,
        votes=tuple((province, unit) for province, unit in votes),
        national=national,
        refusal_reasons=tuple(refusal_reasons),
        refusal_by_silence=by_silence,
        extension_asked=extension_asked,
        extension_request=_a_ref(extension_request),
        extension_round=extension_round,
        paused_since=_day_from(paused_since),
        pause_reason=pause_reason,
        investigated=investigated,
        supplement_items=supplement_items,
        reported_by=_a_ref(reported_by),
        unable=unable,
        amendments=tuple((author, subject, version) for author, subject, version in amendments),
        green_changed=green_changed,
        green_since=_instant_from(green_since),
        late=tuple((clock, unit) for clock, unit in late),
    )


def _pending(p: Pending) -> list[object]:
    return [p.clock, p.unit, p.awaited, _ref(p.started_by), p.void]


def _past(p: Past) -> str:
    """Every entry adds one, so it is written by hand."""
    noted = "true" if p.noted else "false"
    return f'[{p.sequence},{int(p.kind)},{_quoted(p.sender)},"{p.digest16.hex()}","{p.header16.hex()}",{noted}]'


def _instant_text(at: datetime | None) -> str:
    return "null" if at is None else f'"{at.isoformat()}"'


# One envelope changes few of a thread's parts; the others are the same values as before, and so are their texts.
_letter_text = Remembered[LetterFacts, str](lambda letter: _encode(_letter(letter)))
_work_text = Remembered[WorkFacts, str](lambda work: _encode(_work(work)))
_due_text = Remembered[DueDate, str](lambda due: _encode(_due(due)))
_past_text = Remembered[Past, str](_past)
_clock_text = Remembered[OpenClock, str](lambda clock: _encode(_clock(clock)))
_clocks_text = Remembered[tuple[OpenClock, ...], str](lambda clocks: f"[{','.join(_clock_text.each(clocks))}]")
_pendings_text = Remembered[tuple[Pending, ...], str](lambda pending: _encode([_pending(each) for each in pending]))
_dues_text = Remembered[tuple[DueDate, ...], str](lambda dues: f"[{','.join(_due_text.each(dues))}]")
_noted_text = Remembered[tuple[Past, ...], str](lambda noted: f"[{','.join(_past_text.each(noted))}]")
_moves_text = Remembered[tuple[tuple[str, bytes], ...], str](
    lambda moves: _encode([[unit, digest.hex()] for unit, digest in moves])
)
_former_text = Remembered[tuple[FormerHost, ...], str](
    lambda hosts: _encode([[f.unit, f.leg, f.last_sequence, f.investigated] for f in hosts])
)
_protests_text = Remembered[tuple[Protested, ...], str](
    lambda protests: _encode([[_ref(p.envelope), int(p.kind), p.turn_before] for p in protests])
)
