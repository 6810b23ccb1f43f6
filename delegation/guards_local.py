"""Guards of class L: the sender's own house, asked by its node alone, kept in the body (protocol 5.3; four eyes)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from delegation.errors import Reason, Refused
from delegation.facts import BodyFacts, LocalFacts
from delegation.model import Header
from delegation.table import Row
from delegation.thread_state import ThreadState

_MAY_NOT_HANDLE: Final = frozenset({"reader", "administrator"})
_MAY_APPROVE: Final = frozenset({"", "approver", "supervisor"})


@dataclass(frozen=True, slots=True)
class LocalAsked:
    """One draft before the sender's own rules."""

    thread: ThreadState
    header: Header
    facts: BodyFacts
    row: Row
    staff: LocalFacts

    @property
    def approval(self) -> int:
        """How many people it takes: the row's number, two on paper, two for a re-issue whose text was changed."""
        if self.header.recorded_by_home or (
            "approved_unless_same_text" in self.row.local_guards and not self.same_text
        ):
            return 2
        return self.row.approval

    @property
    def same_text(self) -> bool:
        """Whether the content is, byte for byte, the one that was approved: it has the same commitment."""
        letter = self.thread.letter
        mine = self.header.content_commitment
        return letter is not None and bool(mine) and mine == letter.commitment


LocalGuard: TypeAlias = Callable[[LocalAsked], bool | Refused]


def _people_enough(asked: LocalAsked) -> bool | Refused:
    """Approval 2: a handler and another person who approves. Approval 1: a handler. Approval 0: nobody is needed."""
    staff = asked.staff
    if asked.approval >= 1 and not staff.handler_id:
        return False
    if asked.approval == 2:
        if not staff.approver_id:
            return Refused(Reason.FOUR_EYES, {"missing": "approver"})
        if staff.approver_id == staff.handler_id:
            return Refused(Reason.FOUR_EYES, {"missing": "another_person"})
    if staff.handler_id and staff.handler_role in _MAY_NOT_HANDLE:
        return Refused(Reason.ROLE_MISSING, {"role": "handler"})
    if staff.approver_id and staff.approver_role not in _MAY_APPROVE:
        return Refused(Reason.ROLE_MISSING, {"role": "approver"})
    return True


def _people_as_recorded(asked: LocalAsked) -> bool:
    """The body names the same people, so that the other side can hold them to it."""
    return (asked.facts.handler_id, asked.facts.approver_id) == (asked.staff.handler_id, asked.staff.approver_id)


def _approved_unless_same_text(asked: LocalAsked) -> bool:
    """The node may issue again by itself only what was approved; the count of people is asked by `people_enough`."""
    return asked.same_text or bool(asked.staff.approver_id)


def _result_reviewed(asked: LocalAsked) -> bool | Refused:
    """The reviewer did not write the result, and none of its investigators approves it (办法 Art 10)."""
    if asked.header.recorded_by_home:
        return True
    investigating = {person.staff_id for person in asked.facts.investigators}
    if asked.facts.reviewer_id != asked.staff.handler_id and asked.staff.approver_id not in investigating:
        return True
    return Refused(Reason.FOUR_EYES, {"missing": "reviewer"})


def _checks_complete(asked: LocalAsked) -> bool:
    """Every check of form of each piece's kind is answered (法释〔2002〕21号 Art 10 to 15); on paper the scan shows it.

    That none of the answers is open is `checks_closed`; what the answers say is nobody's to judge here.
    """
    return asked.header.recorded_by_home or not asked.facts.checks_unanswered


LOCAL_GUARDS: Final[Mapping[str, LocalGuard]] = MappingProxyType({
    "people_enough": _people_enough,
    "people_as_recorded": _people_as_recorded,
    "approved_unless_same_text": _approved_unless_same_text,
    "result_reviewed": _result_reviewed,
    "checks_complete": _checks_complete,
})  # fmt: skip


def judged_local(names: tuple[str, ...], asked: LocalAsked) -> Refused | None:
    """The first guard's refusal, None when all pass."""
    for name in names:
        answer = LOCAL_GUARDS[name](asked)
        if answer is True:
            continue
        return Refused(Reason.LOCAL_GUARD_FAILED, {"guard": name}) if answer is False else answer
    return None
