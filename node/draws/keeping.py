"""What a node keeps of a draw: its own secret, encrypted with the case, and the checkpoint that the registry gave.

Rows of the meta table. A secret is written in the transaction that queues its commitment, so that nothing leaves the
node before it is on disk; the checkpoint is written before the secret is shown (protocol 13.5).
"""

import os
from dataclasses import dataclass

from delegation.draw import SECRET_SIZE
from delegation.errors import Reason, Refusal
from node.records import MetaRecord
from node.state import State
from node.writer import Tx


@dataclass(frozen=True, slots=True)
class DrawKey:
    """One draw of a thread."""

    thread_id: str
    leg: int
    draw: int

    @property
    def row(self) -> str:
        """Its rows begin so."""
        return f"draw/{self.thread_id}/{self.leg}/{self.draw}"


def secret_of(tx: Tx, state: State, key: DrawKey, unit: str, *, create: bool = False) -> bytes | None:
    """The unit's own secret of a draw; `create` draws it where there is none yet. None without one, or once purged."""
    row = f"{key.row}/secret/{unit}"
    record = tx.get(MetaRecord, (row,))
    if record is not None:
        try:
            return state.vault.open(tx, key.thread_id, row, record.value)
        except Refusal as refusal:
            if refusal.reason is Reason.NOT_FOUND:
                return None
            raise
    if not create:
        return None
    secret = os.urandom(SECRET_SIZE)
    tx.put(MetaRecord(row, state.vault.seal(tx, key.thread_id, row, secret)))
    return secret


def note_of(tx: Tx, key: DrawKey) -> bytes:
    """The draw checkpoint as the registry signed it; empty before it was fetched and checked."""
    record = tx.get(MetaRecord, (f"{key.row}/checkpoint",))
    return record.value if record is not None else b""


def keep_note(tx: Tx, key: DrawKey, note: bytes) -> None:
    """Keep a checked draw checkpoint. The first one stays: another is the registry's lie, and never replaces it."""
    if not note_of(tx, key):
        tx.put(MetaRecord(f"{key.row}/checkpoint", note))
