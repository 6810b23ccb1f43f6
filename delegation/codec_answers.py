"""The entries of accepted envelopes that one commit logs: what they have in common is written once for all of them."""

from collections.abc import Sequence
from datetime import datetime

from delegation.codec_entry import due_message
from delegation.codec_values import put_instant
from delegation.model import DueDate, EnvelopeRef, Versions
from xieban.delegation.v1 import entry_pb2 as pb


class AcceptedEntries:
    """Writes one entry after another, each with the bytes that `codec_entry.entry_bytes` gives for the same facts.

    Making a message costs more than filling it, so that all are written from one. It grows with each of them: for the
    entries of one commit, not for longer.
    """

    __slots__ = ("_answer", "_due", "_entry", "_ref")

    def __init__(self, *, federation_id: str, accepted_at: datetime, versions: Versions) -> None:
        self._entry = e = pb.Entry(
            kind=pb.ENTRY_KIND_ENVELOPE,
            federation_id=federation_id,
            roster_version=versions.roster,
            rule_version=versions.rules,
            calendar_version=versions.calendar,
            agreement_version=versions.agreements,
        )
        put_instant(e.accepted_at, accepted_at)
        self._answer = e.envelope
        self._answer.accepted = True
        self._ref = self._answer.envelope
        self._due: tuple[DueDate, ...] = ()

    def next(
        self,
        envelope: EnvelopeRef,
        *,
        leaf_index: int,
        signatures_digest: bytes,
        thread_id: str,
        thread_sequence: int,
        previous: bytes,
        state_version: int,
        due_dates: tuple[DueDate, ...],
    ) -> bytes:
        """The bytes of the next entry. NOT checked: anything, as in `entry_bytes`."""
        e, ref = self._entry, self._ref
        e.leaf_index, e.thread_id, e.thread_sequence = leaf_index, thread_id, thread_sequence
        e.previous_entry_digest, e.state_version = previous, state_version
        if due_dates is not self._due:
            self._put_due(due_dates)
        ref.sender_unit, ref.envelope_id, ref.header_digest = (
            envelope.sender_unit,
            envelope.envelope_id,
            envelope.header_digest,
        )
        self._answer.signatures_digest = signatures_digest
        return e.SerializeToString(deterministic=True)

    def _put_due(self, due_dates: Sequence[DueDate]) -> None:
        del self._entry.due_dates[:]
        self._entry.due_dates.extend(due_message.each(due_dates))
        self._due = tuple(due_dates)
