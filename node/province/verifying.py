"""Is what the registry shows of a thread what was signed and logged? Each item by itself, before it counts.

Judged as `node.verify` judges an own thread: header and signatures by their digests in the entry, every signature by
the roster that the entry names, the versions that stood on that day. The chain of a thread's entries is judged where
its rows are (`node.province.copying`), the leaf where proofs are (`node.province.mirror`). NOT checked: that the
registry keeps no thread back, and bodies, which an office never gets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from certs.envelope import verify_signatures
from certs.trust import Trust
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.model import Entry, EntryKind, EnvelopeAnswer, Header
from delegation.payloads import signatures_digest
from delegation.values import replaced

OUT_OF_PLACE: Final = "place"  # told under another thread or leaf than its own


@dataclass(frozen=True, slots=True)
class Item:
    """An accepted envelope without its body, or negative evidence (without header and signatures), as it came."""

    leaf: int
    thread_id: str
    header: bytes
    signatures: tuple[bytes, ...]
    entry: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An item that was looked at: `reason` and `why` are empty where it holds. `entry` None: its bytes are none."""

    item: Item
    entry: Entry | None = None
    header: Header | None = None
    reason: str = ""
    why: str = ""

    def doubted(self, refusal: Refusal) -> "Checked":
        """The same, not to be counted."""
        why = refusal.details.get("why", refusal.details.get("field", ""))
        return replaced(self, reason=refusal.reason.value, why=why)


def read_items(items: Sequence[Item]) -> list[Checked]:
    """Parse entries, so that it is known which rosters they name."""
    return [_read(item) for item in items]


def _read(item: Item) -> Checked:
    unread = Checked(item=item)
    try:
        entry = parse_entry(item.entry)
    except Refusal as refusal:
        return unread.doubted(refusal)
    read = Checked(item=item, entry=entry)
    if entry.leaf_index != item.leaf or entry.thread_id != item.thread_id:
        return read.doubted(Refusal(Reason.ENTRY_MISMATCH, why=OUT_OF_PLACE))
    return read


def check_items(read: Sequence[Checked], trusts: Mapping[int, Trust], newest: Trust) -> list[Checked]:
    """Check what was read; `trusts` by roster version."""
    return [_checked(each, trusts, newest) for each in read]


def _checked(read: Checked, trusts: Mapping[int, Trust], newest: Trust) -> Checked:
    entry = read.entry
    if read.reason or entry is None:
        return read
    try:
        trust = trusts.get(entry.versions.roster)
        if trust is None:
            raise Refusal(Reason.ROSTER_NOT_TRUSTED, why="version")
        if entry.federation_id != trust.view.federation_id:
            raise Refusal(Reason.UNKNOWN_FEDERATION)
        if entry.versions != trust.view.versions(day_of(entry.accepted_at)):
            raise Refusal(Reason.ENTRY_MISMATCH, why="versions")
        header = _header(read.item, entry, trust, newest)
    except Refusal as refusal:
        return read.doubted(refusal)
    return replaced(read, header=header)


def _header(item: Item, entry: Entry, trust: Trust, newest: Trust) -> Header | None:
    if entry.kind is EntryKind.NEGATIVE:
        if item.header or item.signatures:
            raise Refusal(Reason.ENTRY_MISMATCH, why="kind")
        return None
    answer = entry.detail
    if not isinstance(answer, EnvelopeAnswer) or not answer.accepted:
        raise Refusal(Reason.ENTRY_MISMATCH, why="kind")
    header = parse_header(item.header)
    if answer.envelope != header.ref or header.thread_id != entry.thread_id:
        raise Refusal(Reason.ENTRY_MISMATCH, why="envelope")
    if answer.signatures_digest != signatures_digest(item.signatures):
        raise Refusal(Reason.ENTRY_MISMATCH, why="signatures")
    verify_signatures(item.header, item.signatures, header, trust, at=entry.accepted_at)
    if any(newest.compromised(digest, entry.accepted_at) for digest in header.signer_certificates):
        raise Refusal(Reason.SIGNER_NOT_VALID, why="compromised")
    return header
