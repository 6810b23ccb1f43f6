"""Watches the registry's log: signed heads, a size that never shrinks, and that each head grew out of the one before.

Two heads that do not fit are kept, both as signed notes: they prove that the registry showed two histories.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from certs.notes import Checkpoint, NoteError, parse_and_verify
from certs.requests import checked_log_key
from delegation.errors import Reason, Refusal
from delegation.merkle import MerkleError, leaf_hash, verify_consistency, verify_inclusion

_EMPTY = b""


@dataclass(frozen=True, slots=True)
class Seen:
    """A head that was seen: the note as signed, and what it says."""

    note: bytes
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Fork:
    """Two signed heads that cannot both be of one log."""

    first: bytes
    second: bytes
    why: str  # two_roots | shrunk | not_consistent

    @property
    def proof(self) -> bytes:
        """Both notes, as an alarm keeps them."""
        return self.first + b"\n\n" + self.second


class LogWatch:
    """The last proven head, and the newest one whose growth is still to be proven. The store keeps `proven`."""

    def __init__(self, *, origin: str, public_key: bytes, proven: bytes = _EMPTY) -> None:
        self._origin = origin
        self._key = checked_log_key(public_key)
        self.proven: Seen | None = self._read(proven) if proven else None
        self.newest: Seen | None = self.proven
        self._last_note = proven
        self._floor: Seen | None = self.proven

    def _read(self, note: bytes) -> Seen:
        try:
            return Seen(note, parse_and_verify(note, self._origin, self._key))
        except NoteError as error:
            raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED, why=str(error.code)) from error

    def read(self, note: bytes) -> Seen:
        """A head whose signature verifies. Raises Refusal CHECKPOINT_NOT_TRUSTED."""
        return self._read(note)

    def stream_opened(self) -> None:
        """A delivery stream begins: what it shows was signed after everything seen so far."""
        self._floor = self.newest

    def see(self, note: bytes, *, stream: bool = False) -> Fork | None:
        """Take a head in. Answers may overtake one another; the heads of one stream (`stream`) never shrink.

        Raises:
            Refusal: CHECKPOINT_NOT_TRUSTED when the signature or form is not the log's.
        """
        if not note or note == self._last_note:
            return None
        seen = self._read(note)
        self._last_note = note
        floor, newest = self._floor, self.newest
        if stream and floor is not None and seen.checkpoint.size < floor.checkpoint.size:
            return Fork(floor.note, note, "shrunk")
        if stream:
            self._floor = seen
        if newest is None or seen.checkpoint.size > newest.checkpoint.size:
            self.newest = seen
            return None
        if seen.checkpoint.size == newest.checkpoint.size and seen.checkpoint.root != newest.checkpoint.root:
            return Fork(newest.note, note, "two_roots")
        return None

    def wanted(self) -> tuple[int, int] | None:
        """Sizes (old, new) between which a consistency proof is due; None when the newest head is proven."""
        if self.newest is None or self.newest is self.proven:
            return None
        if self.proven is None or self.proven.checkpoint.size == 0:
            self.proven = self.newest  # nothing to compare the first head with
            return None
        if self.newest.checkpoint.size == self.proven.checkpoint.size:
            self.proven = self.newest
            return None
        return self.proven.checkpoint.size, self.newest.checkpoint.size

    def prove(self, target: Seen, path: list[bytes]) -> Fork | None:
        """Check that `target` grew out of the proven head by a proof (RFC 9162 2.1.4.2)."""
        old = self.proven
        if old is None or old.checkpoint.size == 0:
            self.proven = target
            return None
        try:
            verify_consistency(
                old_size=old.checkpoint.size,
                new_size=target.checkpoint.size,
                old_root=old.checkpoint.root,
                new_root=target.checkpoint.root,
                proof=path,
            )
        except MerkleError:
            return Fork(old.note, target.note, "not_consistent")
        self.proven = target
        return None


def check_inclusion(*, leaf_index: int, entry_digest: bytes, path: Sequence[bytes], head: Checkpoint) -> None:
    """An entry is in the tree of a head: a leaf's data is the SHA-256 of the entry (protocol 8.2).

    Raises:
        Refusal: ENTRY_MISMATCH when the proof does not lead to the root.
    """
    try:
        verify_inclusion(index=leaf_index, size=head.size, leaf=leaf_hash(entry_digest), proof=path, root=head.root)
    except MerkleError as error:
        raise Refusal(Reason.ENTRY_MISMATCH, why="inclusion") from error
