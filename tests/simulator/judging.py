"""Judging a few envelopes on one thread outside any federation, for tests that compare orders."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

from delegation.errors import Refused
from delegation.lifecycle import entered, judge
from delegation.model import Base, Header
from delegation.thread_state import ThreadState
from tests.simulator.federation import Federation


def outcomes(federation: Federation, thread: ThreadState, headers: Sequence[Header]) -> list[Refused | ThreadState]:
    """What the registry says to each, later ones seeing earlier ones."""
    known: dict[bytes, str] = dict(federation.known)
    found: list[Refused | ThreadState] = []
    for header in headers:
        judged = judge(
            thread,
            header,
            roster=federation.roster,
            at=federation.now,
            is_known=lambda ref: known.get(ref.header_digest, "unknown"),
        )
        if isinstance(judged, Refused):
            known[header.digest] = "refused"
            found.append(judged)
            continue
        known[header.digest] = "accepted"
        digest = sha256(header.digest).digest()
        thread = entered(judged.thread, header, sequence=thread.sequence + 1, entry_digest=digest)
        found.append(thread)
    return found


def based_on(header: Header, thread: ThreadState) -> Header:
    """The same envelope by a sender who had read everything."""
    return replace(header, base=Base(thread.sequence, thread.last_entry_digest))


def shape(thread: ThreadState) -> Mapping[str, object]:
    """What two orders of the same events must agree on; everything but positions in the log."""
    dues: tuple[tuple[str, str, date], ...] = tuple(
        sorted((due.clock, due.unit, due.legal) for due in thread.due_dates)
    )
    return {
        "state": thread.state, "turn": thread.turn, "status": thread.business_status, "paused": thread.paused,
        "leg": thread.leg, "round": thread.round, "dues": dues, "designated": thread.work.designated,
        "extension": thread.work.extension_asked, "archived": thread.archived_by, "letter": thread.letter,
    }  # fmt: skip
