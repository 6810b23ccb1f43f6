"""What a guard is asked and what it may answer (protocol 5.3). The guards themselves: `guards_header` and its parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from delegation.clocks import Moment
from delegation.deadlines import Suspension
from delegation.errors import Reason, Refused
from delegation.model import EnvelopeRef, Header
from delegation.roster_view import RosterView
from delegation.table import Row
from delegation.thread_state import ThreadState

Knowledge: TypeAlias = Literal["accepted", "refused", "unknown"]
IsKnown: TypeAlias = Callable[[EnvelopeRef], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One event before one thread. `thread` is as it was before the event."""

    thread: ThreadState
    header: Header
    row: Row
    moment: Moment
    is_known: IsKnown

    @property
    def today(self) -> date:
        """The day of acceptance in Asia/Shanghai."""
        return self.moment.today

    @property
    def at(self) -> datetime:
        """The instant of acceptance."""
        return self.moment.at

    @property
    def roster(self) -> RosterView:
        """The roster by which it is judged."""
        return self.moment.roster

    @property
    def sender_is_home(self) -> bool:
        """Whether the home's unit signed it (also when it records a paper act of the host)."""
        return self.header.sender_unit == self.thread.home_unit

    @property
    def acting_unit(self) -> str:
        """Whose act it is: the host's when the home records paper, else the sender's."""
        return self.thread.host_unit if self.header.recorded_by_home else self.header.sender_unit

    def replies_to(self, ref: EnvelopeRef | None) -> bool:
        """Whether it names that envelope as what it answers."""
        reply = self.header.in_reply_to
        return ref is not None and reply is not None and reply.header_digest == ref.header_digest

    @property
    def suspension_open(self) -> Suspension | None:
        """The suspension of the statutory clock that still stands."""
        letter = self.thread.letter
        if letter is None or not letter.clock.suspensions:
            return None
        last = letter.clock.suspensions[-1]
        return last if last.resumed_on is None else None


Answer: TypeAlias = bool | Refused
HeaderGuard: TypeAlias = Callable[[Asked], Answer]
Guards: TypeAlias = Mapping[str, HeaderGuard]


def failed(name: str, **details: str) -> Refused:
    """The refusal of a guard of class H."""
    return Refused(Reason.GUARD_FAILED, {"guard": name, **details})


def judged(names: tuple[str, ...], guards: Guards, asked: Asked) -> Refused | None:
    """The first guard's refusal, None when all pass."""
    for name in names:
        answer = guards[name](asked)
        if answer is True:
            continue
        return failed(name) if answer is False else answer
    return None
