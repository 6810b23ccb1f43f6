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
_MOST_DIGITS = 19  # of a size below 2^63


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


@dataclass(frozen=True, slots=True)
class Heard:
    """A head as it came by: what it says of itself, its signature not looked at."""

    note: bytes
    size: int
    root: bytes  # as it is spelled in the note


class LogWatch:
    """The last proven head, and the newest one whose growth is still to be proven. The store keeps `proven`.

    A busy registry signs a head for every batch. One that another has overtaken is of no use to anybody, so a signature
    is verified when something is built on the head: when its growth is to be proven, and when it accuses the registry.
    NOT checked: the signatures of heads that were overtaken before that.
    """

    def __init__(self, *, origin: str, public_key: bytes, proven: bytes = _EMPTY) -> None:
        self._origin = origin
        self._key = checked_log_key(public_key)
        self.proven: Seen | None = self._read(proven) if proven else None
        self._verified = self.proven  # the newest, when its signature was looked at
        self._newest = self._hear(proven) if proven else None
        self._floor = self._newest
        self._last_note = proven

    def _read(self, note: bytes) -> Seen:
        try:
            return Seen(note, parse_and_verify(note, self._origin, self._key))
        except NoteError as error:
            raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED, why=str(error.code)) from error

    def _hear(self, note: bytes) -> Heard:
        """What a head says of itself. What cannot be read so is judged as a whole, which says why it is none."""
        lines = note.split(b"\n", 3)
        if len(lines) == 4 and lines[1].isdigit() and len(lines[1]) <= _MOST_DIGITS:
            return Heard(note, int(lines[1]), lines[2])
        found = self._read(note)
        return Heard(note, found.checkpoint.size, lines[2])

    def read(self, note: bytes) -> Seen:
        """A head whose signature verifies. Raises Refusal CHECKPOINT_NOT_TRUSTED."""
        return self._read(note)

    @property
    def newest(self) -> Seen | None:
        """The newest head, verified. Refusal CHECKPOINT_NOT_TRUSTED: it is none of the log's, and was dropped."""
        heard, held = self._newest, self._verified
        if heard is None or (held is not None and held.note == heard.note):
            return held
        try:
            held = self._verified = self._read(heard.note)
        except Refusal:
            self._newest = Heard(held.note, held.checkpoint.size, _root_line(held.note)) if held is not None else None
            raise
        return held

    def stream_opened(self) -> None:
        """A delivery stream begins: what it shows was signed after everything seen so far."""
        self._floor = self._newest

    def see(self, note: bytes, *, stream: bool = False) -> Fork | None:
        """Take a head in. Answers may overtake one another; the heads of one stream (`stream`) never shrink.

        Raises:
            Refusal: CHECKPOINT_NOT_TRUSTED when the form is not the log's, or the signature of one that was compared.
        """
        if not note or note == self._last_note:
            return None
        heard = self._hear(note)
        self._last_note = note
        floor, newest = self._floor, self._newest
        if stream:
            self._floor = heard
            if floor is not None and heard.size < floor.size:
                return self._accused(floor, heard, "shrunk")
        if newest is None or heard.size > newest.size:
            self._newest = heard
            return None
        if heard.size == newest.size and heard.root != newest.root:
            return self._accused(newest, heard, "two_roots")
        return None

    def _accused(self, first: Heard, second: Heard, why: str) -> Fork:
        """Two heads that do not fit prove something only when the log signed both; one that it did not is forgotten."""
        for heard, other in ((second, first), (first, second)):
            try:
                self._read(heard.note)
            except Refusal:
                if self._floor is heard:
                    self._floor = other
                if self._newest is heard:
                    self._newest = other
                raise
        return Fork(first.note, second.note, why)

    def wanted(self) -> tuple[int, int] | None:
        """Sizes (old, new) between which a consistency proof is due; None when the newest head is proven.

        Raises:
            Refusal: CHECKPOINT_NOT_TRUSTED: the newest head is none of the log's; the one before it stands again.
        """
        newest = self.newest
        if newest is None or newest is self.proven:
            return None
        if self.proven is None or self.proven.checkpoint.size == 0:
            self.proven = newest  # nothing to compare the first head with
            return None
        if newest.checkpoint.size == self.proven.checkpoint.size:
            self.proven = newest
            return None
        return self.proven.checkpoint.size, newest.checkpoint.size

    def prove(self, target: Seen, path: list[bytes]) -> Fork | None:
        """Check that `target` grew out of the proven head by a proof (RFC 9162 2.1.4.2)."""
        old = self.proven
        if old is None or old.checkpoint.size == 0:
            self.proven = target
            return None
        fork = consistent(old, target, path)
        if fork is None:
            self.proven = target
        return fork


def consistent(old: Seen, new: Seen, path: list[bytes]) -> Fork | None:
    """Whether the later head grew out of the earlier one by a proof (RFC 9162 2.1.4.2); None when it did."""
    try:
        verify_consistency(
            old_size=old.checkpoint.size,
            new_size=new.checkpoint.size,
            old_root=old.checkpoint.root,
            new_root=new.checkpoint.root,
            proof=path,
        )
    except MerkleError:
        return Fork(old.note, new.note, "not_consistent")
    return None


def _root_line(note: bytes) -> bytes:
    return note.split(b"\n", 3)[2]


def check_inclusion(*, leaf_index: int, entry_digest: bytes, path: Sequence[bytes], head: Checkpoint) -> None:
    """An entry is in the tree of a head: a leaf's data is the SHA-256 of the entry (protocol 8.2).

    Raises:
        Refusal: ENTRY_MISMATCH when the proof does not lead to the root.
    """
    try:
        verify_inclusion(index=leaf_index, size=head.size, leaf=leaf_hash(entry_digest), proof=path, root=head.root)
    except MerkleError as error:
        raise Refusal(Reason.ENTRY_MISMATCH, why="inclusion") from error
