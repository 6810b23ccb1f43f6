"""A stored thread read again, of this version or an earlier one (`thread_json` writes it)."""

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias

from delegation.appraisal_json import appraisal_from
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
from delegation.values import maker, replaced

VERSION: Final = 2  # 1 kept the past in one array, neutral events between moves
FIRST: Final = 1
WITH_APPRAISAL: Final = 3  # as 2, with the appraisal's facts at the end: a thread of an older program has none
_Json: TypeAlias = Any  # what json.loads gives: arrays of arrays, checked by the constructors below
_from_iso = lru_cache(maxsize=4096)(date.fromisoformat)
# A dictionary of an enum's members is asked in C, the enum in Python; a value that is none is a KeyError here.
_KINDS: Final = {kind.value: kind for kind in Kind}
_STATES: Final = {state.value: state for state in State}
_STATUSES: Final = {status.value: status for status in BusinessStatus}
_a_thread: Final = maker(ThreadState)
_some_work: Final = maker(WorkFacts)
_a_letter: Final = maker(LetterFacts)
_a_clock: Final = maker(OpenClock)
_one_past: Final = maker(Past)
_due_date: Final = maker(DueDate)


def thread_from_bytes(data: bytes) -> ThreadState:
    """The thread of these bytes, of this version or an earlier one.

    Raises:
        Refusal: SCHEMA_TOO_NEW for a version that this program does not know, INTERNAL when the bytes are damaged.
    """
    try:
        found = json.loads(data)
        if found[0] not in (FIRST, VERSION, WITH_APPRAISAL):
            raise Refusal(Reason.SCHEMA_TOO_NEW, field="thread")
        if found[0] == WITH_APPRAISAL:
            *found, appraisal = found
            return replaced(_thread(found, _past_from), appraisal=appraisal_from(appraisal))
        return _thread(found, _past_of_first if found[0] == FIRST else _past_from)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise Refusal(Reason.INTERNAL, field="thread") from error


def _thread(f: _Json, past_from: Callable[[_Json], tuple[tuple[Past, ...], tuple[Past, ...]]]) -> ThreadState:
    (
        _, thread_id, thread_type, matter, case_id, home_unit, host_unit, provinces, leg, round_, hop, state, turn,
        status, paused, sequence, last_digest, state_version, letter, work, statutory, cap, clocks, pending, earlier,
        past, last_moves, former_hosts, former_homes, archived_by, protests, terms, pool, delivered_at, changed_at,
    ) = f  # fmt: skip
    noted, recent = past_from(past)
    return _a_thread(
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
        state=_STATES[state],
        turn=turn,
        business_status=_STATUSES[status],
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
    return _one_past(sequence, _KINDS[kind], sender, bytes.fromhex(digest), bytes.fromhex(header), noted)


def _a_ref(found: _Json) -> EnvelopeRef | None:
    return None if found is None else _ref_from(found)


def _ref_from(found: _Json) -> EnvelopeRef:
    unit, envelope_id, digest = found
    return EnvelopeRef(unit, envelope_id, bytes.fromhex(digest))


def _day_from(text: str | None) -> date | None:
    return None if text is None else _from_iso(text)


def _instant_from(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _due_from(found: _Json) -> DueDate | None:
    return None if found is None else _a_due(found)


def _a_due(found: _Json) -> DueDate:
    clock, unit, nominal, legal, provisional = found
    return _due_date(clock, unit, _from_iso(nominal), _from_iso(legal), provisional)


def _clock_from(found: _Json) -> OpenClock:
    clock, unit, ref, starts_on, days, due, shifts, paused_on, certified = found
    return _a_clock(
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


def _letter_from(found: _Json) -> LetterFacts:
    ref, commitment, place, clock, priority, agreement, basis, items, mandatory, short, paper, subjects = found
    accepted_on, received_on, procedure, suspensions = clock
    return _a_letter(
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


def _work_from(found: _Json) -> WorkFacts:
    (
        returned, returns, transferred_to, transfer_reason, designated, by_province, votes, national, refusal_reasons,
        by_silence, extension_asked, extension_request, extension_round, paused_since, pause_reason, investigated,
        supplement_items, reported_by, unable, amendments, green_changed, green_since, late,
    ) = found  # fmt: skip
    return _some_work(
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
