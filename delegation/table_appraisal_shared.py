"""The rows that an appraisal has from the investigation: letters, legs, returns, disputes, extensions, pauses, ends.

They are the investigation's own rows with what differs put in their place, so that neither grows alone: what makes a
letter legal, the states of the work, and the kinds that a row does not commute with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from delegation.codes import Kind
from delegation.table import BusinessStatus, ClockEffect, ClockOp, Row, State, Turn
from delegation.table_investigation import INVESTIGATION
from delegation.table_states import (
    APPRAISAL_FROM_ACCEPTED,
    APPRAISAL_MOVES,
    APPRAISING,
    BEFORE_EXAMINATION,
    CLOSED,
    ENDED,
    FROM_ACCEPTED,
    MOVES,
    OPEN,
    OPEN_APPRAISAL,
)

_S = State
_K = Kind
_B = BusinessStatus
_ART25: Final = "《工伤保险条例》第二十五条；《劳动能力鉴定管理办法》"
_INVESTIGATION_ALONE: Final = frozenset({
    "accepted", "assigned", "reassigned", "reported", "unable",
})  # fmt: skip

# What the host does in the course of an appraisal; a withdrawal or a succession does not wait for having seen it.
HOST_APPRAISES: Final = (
    _K.SPECIALTY_DETERMINED, _K.DRAW_COMMITTED, _K.DRAW_REVEALED, _K.DRAW_REVEALED_FOR, _K.DRAW_VOIDED, _K.PANEL_DRAWN,
    _K.PANEL_REPLACED, _K.PANEL_SHORT, _K.RECUSAL_ANSWERED, _K.SCHEDULED, _K.RESCHEDULED, _K.NO_SHOW, _K.EXAMINED,
    _K.EXTRA_TESTS, _K.OPINION_FORMED, _K.EXPERTS_PROPOSED, _K.EXPERTS_CONFIRMED,
)  # fmt: skip
# What the home does in it that leaves the host's extensions and pauses as they are.
HOME_APPRAISES: Final = (
    _K.DRAW_COMMITTED, _K.DRAW_REVEALED, _K.WORKER_NOTIFIED, _K.RECUSAL_RAISED, _K.EXPERTS_ADMITTED,
    _K.SPECIALTY_DETERMINED, _K.PANEL_DRAWN, _K.PANEL_REPLACED, _K.PANEL_SHORT, _K.RECUSAL_ANSWERED,
)  # fmt: skip

_GUARD: Final[Mapping[str, tuple[str, ...]]] = {
    "accepted_before": ("application_received",),
    "procedure_stated": ("mode_stated",),
    "legal_basis_right": ("appraisal_basis_right",),
    "agreement_holds": ("mode_agreed",),
    "right_types": ("appraisal_units", "again_by_provinces"),
}
_BODY_GUARD: Final[Mapping[str, tuple[str, ...]]] = {
    "no_valid_certificate": (
        "appraisal_asked", "decision_recorded", "pool_basis_told", "consents_given", "review_not_early",
    ),
}  # fmt: skip
_CHANGE: Final[Mapping[str, str]] = {
    "letter": "appraisal_letter",
    "next_leg": "appraisal_next_leg",
    "corrected": "appraisal_corrected",
    "unpaused": "appraisal_unpaused",
    "supplement": "appraisal_supplement",
}
_PAUSES: Final = {"sources": APPRAISING, "target": None}
_WORKS: Final = {"sources": APPRAISING}
_ANSWERS: Final = {"sources": APPRAISING, "turn": Turn.BY_STATE}
_OTHERWISE: Final[Mapping[str, Mapping[str, Any]]] = {  # Any: a value of the row's field
    "issued_to_successor": {"sources": OPEN_APPRAISAL},
    "issued_to_joined": {"sources": OPEN_APPRAISAL},
    "reassigned_by_province": {"sources": frozenset({_S.ISSUED, _S.SIGNED_FOR}) | BEFORE_EXAMINATION},
    "extension_requested": _WORKS,
    "extended": _ANSWERS,
    "extension_declined": _ANSWERS,
    "extension_deemed": _ANSWERS,
    "paused_after_silence": _PAUSES,
    "paused_by_host": _PAUSES,
    "paused_by_home": _PAUSES,
    "unpaused": {**_PAUSES, "status": None, "turn": Turn.BY_STATE},
    "withdraw_requested": {
        "sources": frozenset({_S.ISSUED, _S.SIGNED_FOR, _S.RETURNED_FOR_CORRECTION, _S.EXPERTS_CONFIRMED}) | APPRAISING
    },
    "supplement_requested": {
        "label": "要求补充",
        "status": _B.MORE_ASKED,
        "clocks": tuple(
            ClockEffect(op, clock)
            for op, clock in (
                (ClockOp.STOP, "delivery"),
                (ClockOp.STOP, "check"),
                (ClockOp.START_AT_DELIVERY, "supplement"),
            )
        ),
    },
    "completed": {"sources": frozenset({_S.REPORTED, _S.EXPERTS_CONFIRMED}), "body_guards": ("adopted_in_one_act",)},
    "closed_unchecked": {"sources": frozenset({_S.REPORTED, _S.EXPERTS_CONFIRMED})},
    "archived": {"sources": frozenset({_S.COMPLETED, _S.WITHDRAWN, _S.CANCELLED, _S.TERMINATED})},
    "returned": {"law": "一次性告知（约定）：委托方收到申请之日起五个工作日的告知由委托方作出"},
    "adoption": {"sources": frozenset({_S.REPORTED, _S.COMPLETED, _S.ARCHIVED})},
    "clock_suspended": {
        "reasons": ("S04", "S05"), "header_guards": ("clock_running", "suspension_new", "ground_recorded"),
        "law": "改期、补充检查期间中止（约定）：《劳动能力鉴定管理办法》",
    },
    "clock_resumed": {
        "reasons": ("S04", "S05"), "law": "改期、补充检查期间中止（约定）：《劳动能力鉴定管理办法》",
    },
    "result_drafted": {"sources": frozenset({_S.OPINION_FORMED})},
}  # fmt: skip
_KEEPS_MODE: Final = frozenset({
    "issued_after_transfer", "issued_as_designated", "issued_after_silence", "issued_after_refusal",
    "issued_to_successor", "issued_to_joined", "letter_corrected",
})  # fmt: skip
_PAST_THE_HOST: Final = frozenset({"withdraw_requested", "issued_to_successor", "issued_to_joined", "paused_by_home"})
_BESIDE_THE_HOME: Final = frozenset({
    "extension_requested", "extension_deemed", "paused_after_silence", "paused_by_host", "unpaused",
})  # fmt: skip
_BESIDE_THE_HOST: Final = frozenset({"extended", "extension_declined", "unpaused"})


def but(*commuting: Kind, also: Iterable[Kind] = ()) -> frozenset[Kind]:
    """Every move of another party in an appraisal makes it stale but these; with some neutral kinds on top."""
    return APPRAISAL_MOVES - frozenset(commuting) | frozenset(also)


def _stale(row: Row) -> frozenset[Kind]:
    if row.neutral or row.local:
        return row.stale_after
    commuting = set(MOVES - row.stale_after)
    if row.name in _PAST_THE_HOST | _BESIDE_THE_HOST:
        commuting.update(HOST_APPRAISES)
    if row.name in _BESIDE_THE_HOME:
        commuting.update(HOME_APPRAISES)
    return but(*commuting, also=row.stale_after - MOVES)


def _sources(row: Row) -> frozenset[State]:
    """Sets of states as neutral rows have them, with an appraisal's states in their place."""
    return {
        OPEN: OPEN_APPRAISAL,
        CLOSED: ENDED,
        OPEN | CLOSED: OPEN_APPRAISAL | ENDED,
        FROM_ACCEPTED: APPRAISAL_FROM_ACCEPTED,
    }.get(row.sources, row.sources)


def _each(names: tuple[str, ...], other: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(new for name in names for new in other.get(name, (name,)))


def _shared(row: Row) -> Row:
    header = _each(row.header_guards, _GUARD)
    if row.name in _KEEPS_MODE:
        header = (*header, "mode_kept")
    changes: dict[str, Any] = {  # Any: as above
        "sources": _sources(row),
        "header_guards": header,
        "body_guards": _each(row.body_guards, _BODY_GUARD),
        "stale_after": _stale(row),
        "change": _CHANGE.get(row.change, row.change),
        "law": _ART25 if row.kind is Kind.ISSUED else row.law,
    }
    return replace(row, **{**changes, **_OTHERWISE.get(row.name, {})})


SHARED_ROWS: Final = tuple(_shared(row) for row in INVESTIGATION.rows if row.name not in _INVESTIGATION_ALONE)
SHARED: Final[Mapping[str, Row]] = {row.name: row for row in SHARED_ROWS}
