"""Own envelopes that were refused for a key, tried again when the roster brings another."""

from dataclasses import replace
from datetime import datetime

from delegation.errors import Reason, Refusal
from node.records import OutboxRecord
from node.sending import reissue
from node.state import State
from node.store import Where
from node.threads import keep, load
from node.writer import Tx

_MENDED_BY_ROSTER = (Reason.RECIPIENT_KEY_NOT_VALID.value, Reason.PREDECESSOR_REFUSED.value)


def reissue_what_waits(tx: Tx, state: State, at: datetime) -> None:
    """Issue again, in order, what was refused for a recipient's key, with what was refused behind it."""
    mended: set[str] = set()
    for record in tx.select(
        OutboxRecord, (Where("reason", Reason.RECIPIENT_KEY_NOT_VALID.value), Where("state", "refused")), limit=10_000
    ):
        mended.add(record.thread_id)
    for thread_id in sorted(mended):
        rows = tx.select(OutboxRecord, (Where("thread_id", thread_id),), order=("number",), limit=10_000)
        for record in rows:
            if record.state not in ("refused", "returned_draft") or record.reason not in _MENDED_BY_ROSTER:
                continue
            held = load(tx, state, thread_id)
            if held is None:
                break
            try:
                keep(tx, state, reissue(tx, state, held, record, at=at), at=at)
            except Refusal:
                break  # still no other key: all of it stays as it is
            tx.put(replace(record, state="reissued"))
