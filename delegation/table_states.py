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
OTHER_OPEN: Final = frozenset({
    State.NOTICE_OPEN, State.PROPOSED, State.IN_FORCE, State.STATED, State.ASKED, State.ANSWERED, State.ENDED,
})  # fmt: skip
