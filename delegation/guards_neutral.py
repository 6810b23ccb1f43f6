"""Guards of class H of the events that move nothing: answers, amendments, the statutory clock, reseal and protest."""

from typing import Final

from delegation.codes import Kind, Priority
from delegation.guards import Answer, Asked, Guards
from delegation.guards_common import says_no_clock
from delegation.guards_letter import clock_holds
from delegation.model import AmendmentDeclared, ClockDeclared
from delegation.thread_changes import resumed_clock, suspended_clock
from delegation.thread_state import MOST_QUESTIONS, ThreadState

_NEVER_AMENDED: Final = frozenset({"items", "place", "persons", "worker", "employer"})


def _answers_clock(asked: Asked, name: str) -> bool:
    return any(
        clock.clock == name and clock.unit == asked.acting_unit and asked.replies_to(clock.started_by)
        for clock in asked.thread.open_clocks
    )


def _answers_supervision(asked: Asked) -> Answer:
    return _answers_clock(asked, "supervise")


def _opinion_asked(asked: Asked) -> Answer:
    return _answers_clock(asked, "opinion")


def _acknowledges_correction(asked: Asked) -> Answer:
    return _answers_clock(asked, "correction-acknowledge")


def _answers_other_side(asked: Asked) -> Answer:
    reply = asked.header.in_reply_to
    return reply is not None and reply.sender_unit == asked.thread.other_side(asked.header.sender_unit)


def _questions_not_too_many(asked: Asked) -> Answer:
    if len(asked.thread.open_clocks) < MOST_QUESTIONS:
        return True
    open_ones = sum(clock.clock == "question-answer" for clock in asked.thread.open_clocks)
    return open_ones < MOST_QUESTIONS


def _amendable(asked: Asked) -> Answer:
    """Never items, place or parties before closing; the clock facts are the home's."""
    declared = asked.header.declared
    if not isinstance(declared, AmendmentDeclared):
        return False
    if declared.subject == "clock" and not asked.sender_is_home:
        return False
    return asked.header.kind is Kind.CORRECTED or declared.subject not in _NEVER_AMENDED


def _amendment_counts(asked: Asked) -> Answer:
    """Versions of an author's subject are numbered from 2 without a gap."""
    declared = asked.header.declared
    if not isinstance(declared, AmendmentDeclared):
        return False
    author = asked.acting_unit
    last = next((a[2] for a in asked.thread.work.amendments if a[:2] == (author, declared.subject)), 1)
    return declared.version == last + 1


def _clock_amended(asked: Asked) -> Answer:
    declared = asked.header.declared
    if not isinstance(declared, AmendmentDeclared) or declared.subject != "clock":
        return True
    return clock_holds(asked.header.clock, asked.thread, asked.today, asked.roster)


def _clock_declared(asked: Asked, after: ThreadState) -> bool:
    """The declared change makes sense today, and the header's clock facts, when given, are those after it."""
    declared = asked.header.declared
    if not isinstance(declared, ClockDeclared) or after.letter is None:
        return False
    told = declared.applicant_told_on
    if declared.effective_on > asked.today or (told is not None and told > asked.today):
        return False
    if not says_no_clock(asked.header.clock) and asked.header.clock != after.letter.clock:
        return False
    return clock_holds(after.letter.clock, asked.thread, asked.today, asked.roster)


def _suspension_new(asked: Asked) -> Answer:
    """条例 Art 20, 办法 Art 20, 人社部发〔2013〕34号 §5."""
    if asked.suspension_open is not None or len(asked.header.reasons) != 1:
        return False
    return _clock_declared(asked, suspended_clock(asked, asked.thread))


def _suspension_ends(asked: Asked) -> Answer:
    standing = asked.suspension_open
    if standing is None or asked.header.reasons != (standing.ground,):
        return False
    return _clock_declared(asked, resumed_clock(asked, asked.thread))


def _priority_new(asked: Asked) -> Answer:
    letter = asked.thread.letter
    return letter is not None and asked.header.priority not in {Priority.UNSPECIFIED, letter.priority}


def _reseals_own(asked: Asked) -> Answer:
    """It names an accepted envelope of its own; the letter in force keeps its commitment.

    NOT checked here: the commitment of another envelope than the letter. The registry holds its header and compares.
    """
    header, letter = asked.header, asked.thread.letter
    original = header.replaces
    if original is None or original.sender_unit != header.sender_unit or asked.is_known(original) != "accepted":
        return False
    if letter is None or original.header_digest != letter.ref.header_digest:
        return True
    return header.content_commitment == letter.commitment


def _protests_received(asked: Asked) -> Answer:
    """It names an envelope of another unit. NOT checked here: that its sender was a recipient of it."""
    reply = asked.header.in_reply_to
    return reply is not None and reply.sender_unit != asked.header.sender_unit


NEUTRAL_GUARDS: Final[Guards] = {
    "answers_supervision": _answers_supervision,
    "opinion_asked": _opinion_asked,
    "acknowledges_correction": _acknowledges_correction,
    "answers_other_side": _answers_other_side,
    "questions_not_too_many": _questions_not_too_many,
    "amendable": _amendable,
    "amendment_counts": _amendment_counts,
    "clock_amended": _clock_amended,
    "suspension_new": _suspension_new,
    "suspension_ends": _suspension_ends,
    "priority_new": _priority_new,
    "reseals_own": _reseals_own,
    "protests_received": _protests_received,
}
