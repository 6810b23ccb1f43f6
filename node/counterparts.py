"""Who stands for home and host today: the roster in force may say that a unit was succeeded, or that one has joined.

The home's node then issues the next leg by itself while the text is unchanged (protocol 5.1, `node.legs`); where a
person must decide the to-do list says so.
"""

from dataclasses import dataclass
from datetime import datetime

from delegation.deadlines import day_of
from delegation.roster_view import RosterView
from delegation.table import State as Legal
from delegation.thread_state import ThreadState

# Where the host has the letter before it or works on it. Elsewhere (returned, refused, reported, being withdrawn) a new
# leg would undo what stands, so the clerk decides.
BY_NODE = frozenset({Legal.ISSUED, Legal.SIGNED_FOR, Legal.ACCEPTED, Legal.IN_PROGRESS, Legal.SUPPLEMENT_REQUESTED})


@dataclass(frozen=True, slots=True)
class NewParties:
    """Home and host as they are to be, and why: T04 succession, T05 a host on paper that joined."""

    home: str
    host: str
    reason: str


def new_parties(thread: ThreadState, view: RosterView, *, at: datetime) -> NewParties | None:
    """What the roster changes in an open thread; None when both units are what they were.

    NOT checked: that the new host is a member (a successor may have to be written to on paper), and the thread's state.
    """
    if thread.letter is None or thread.home_unit not in view.units or thread.host_unit not in view.units:
        return None
    if not thread.on_paper and not (
        view.units[thread.home_unit].successions or view.units[thread.host_unit].successions
    ):
        return None  # nearly every thread
    on, place = day_of(at), thread.letter.place
    home = view.successor(thread.home_unit, place=view.units[thread.home_unit].region, on=on)
    where = place.code if place is not None else view.units[thread.host_unit].region
    host = view.successor(thread.host_unit, place=where, on=on)
    if home is None or host is None or home.code == host.code:
        return None
    if (home.code, host.code) != (thread.home_unit, thread.host_unit):
        return NewParties(home.code, host.code, "T04")
    if thread.on_paper and host.is_member:
        return NewParties(home.code, host.code, "T05")
    return None
