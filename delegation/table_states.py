"""Groups of states and kinds that tables share."""

from typing import Final

from delegation.codes import Kind
from delegation.table import State

CLOSED: Final = frozenset({State.COMPLETED, State.WITHDRAWN, State.CANCELLED, State.ARCHIVED})
OPEN: Final = frozenset({
    State.ISSUED, State.SIGNED_FOR, State.RETURNED_FOR_CORRECTION, State.TRANSFERRED, State.AWAITING_DESIGNATION,
    State.REFUSED, State.ACCEPTED, State.IN_PROGRESS, State.REPORTED, State.SUPPLEMENT_REQUESTED,
    State.WITHDRAW_REQUESTED,
})  # fmt: skip
FROM_ACCEPTED: Final = CLOSED | {
    State.ACCEPTED, State.IN_PROGRESS, State.REPORTED, State.SUPPLEMENT_REQUESTED, State.WITHDRAW_REQUESTED,
}  # fmt: skip
MOVES: Final = frozenset(kind for kind in Kind if Kind.ISSUED <= kind <= Kind.ARCHIVED)
# Of an appraisal. `IN_PROGRESS` is the investigation's alone: here each step has a state of its own.
ENDED: Final = CLOSED | {State.TERMINATED}
BEFORE_EXAMINATION: Final = frozenset({
    State.ACCEPTED, State.SPECIALTY_SET, State.DRAW_VOID, State.PANEL_SHORT, State.PANEL_DRAWN, State.SCHEDULED,
    State.NOTIFIED, State.EXPERTS_PROPOSED, State.EXPERTS_ADMITTED,
})  # fmt: skip
AFTER_EXAMINATION: Final = frozenset({State.EXAMINED, State.OPINION_FORMED, State.SUPPLEMENT_REQUESTED})
APPRAISING: Final = BEFORE_EXAMINATION | AFTER_EXAMINATION
OPEN_APPRAISAL: Final = (OPEN - {State.IN_PROGRESS}) | APPRAISING | {State.EXPERTS_CONFIRMED}
APPRAISAL_FROM_ACCEPTED: Final = ENDED | APPRAISING | {
    State.EXPERTS_CONFIRMED, State.REPORTED, State.WITHDRAW_REQUESTED,
}  # fmt: skip
_INVESTIGATION_ALONE: Final = frozenset({Kind.ASSIGNED, Kind.REASSIGNED, Kind.REPORTED, Kind.UNABLE})
# Of the kinds of an appraisal these move nothing.
APPRAISAL_REMARKS: Final = frozenset({
    Kind.APPRAISAL_EXTENDED, Kind.CONCLUSION_ISSUED, Kind.CONCLUSION_SERVED, Kind.REAPPRAISAL_REQUESTED,
    Kind.REAPPRAISAL_RESULT, Kind.PANEL_VOID_DEMANDED,
})  # fmt: skip
APPRAISAL_MOVES: Final = (
    MOVES - _INVESTIGATION_ALONE
    | frozenset(kind for kind in Kind if Kind.SPECIALTY_DETERMINED <= kind <= Kind.PANEL_VOID_DEMANDED)
    - APPRAISAL_REMARKS
)
OTHER_OPEN: Final = frozenset({
    State.NOTICE_OPEN, State.PROPOSED, State.IN_FORCE, State.STATED, State.ASKED, State.ANSWERED, State.ENDED,
})  # fmt: skip
