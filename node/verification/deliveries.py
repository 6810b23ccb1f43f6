"""Evidence of deliveries, negative evidence: each against the registry's entry on it, and the columns against both."""

from dataclasses import dataclass
from functools import partial

from certs.acknowledge import Evidence, verify_evidence
from certs.trust import Trust
from delegation.codec_entry import parse_acknowledgement, parse_entry
from delegation.errors import Reason, Refusal
from delegation.merkle import leaf_hash, verify_inclusion
from delegation.model import (
    Acknowledgement,
    AcknowledgementBatch,
    AcknowledgementStatus,
    Entry,
    EntryKind,
    NegativeEvidence,
)
from node.records import DeliveryRecord, NegativeRecord, to_us
from node.verification.entries import Read
from node.verification.ground import Rosters
from node.verification.report import Book, Doubt
from node.verification.rows import Rows
from xieban.federation.v1 import exchange_pb2 as exchange


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery whose evidence holds, with the entry of its batch."""

    record: DeliveryRecord
    entry: Entry
    trust: Trust


@dataclass(frozen=True, slots=True)
class Missed:
    """A negative entry that could be read."""

    entry: Entry
    detail: NegativeEvidence


def read_deliveries(
    book: Book, rows: Rows, entries: list[Read], *, rosters: Rosters, units: frozenset[str], bureau: str
) -> list[Delivered]:
    """Check every delivery of the thread."""
    known = {read.header.digest for read in entries}
    found: list[Delivered] = []
    for number, record in enumerate(rows.deliveries, start=1):
        subject = f"{record.unit}/{number}"
        if record.header_digest not in known:
            book.fail("delivery", Doubt.DIFFERS, 0, subject)
            continue
        if not record.evidence:
            book.open("delivery", Doubt.NOT_HELD, 0, subject)
            continue
        work = partial(_delivery, record, rosters=rosters, units=units, bureau=bureau)
        delivered = book.attempt("delivery", work, 0, subject)
        if delivered is not None:
            found.append(delivered)
    _tell_missing(book, rows, entries)
    return found


def _tell_missing(book: Book, rows: Rows, entries: list[Read]) -> None:
    """Evidence that is not here: not acknowledged yet, not shown to us, or taken away. Nobody can tell which."""
    held = {(record.header_digest, record.unit, record.status) for record in rows.deliveries}
    applied, materials, parked = (
        status.value
        for status in (
            AcknowledgementStatus.APPLIED,
            AcknowledgementStatus.MATERIALS_HELD,
            AcknowledgementStatus.PARKED,
        )
    )
    for read in entries:
        digest, sequence = read.header.digest, read.record.sequence
        for unit in read.header.addressees:
            if (digest, unit, applied) not in held and (digest, unit, parked) not in held:
                book.open("delivery", Doubt.NOT_HELD, sequence, unit)
            if read.header.manifest and (digest, unit, materials) not in held:
                book.open("delivery", Doubt.NOT_HELD, sequence, f"{unit}/{materials}")


def _delivery(record: DeliveryRecord, *, rosters: Rosters, units: frozenset[str], bureau: str) -> Delivered:
    stored = exchange.DeliveryEvidence.FromString(record.evidence)
    if stored.SerializeToString() != record.evidence:
        raise Refusal(Reason.MALFORMED, field="evidence")
    entry = parse_entry(stored.entry)
    trust = rosters.version(entry.versions.roster)
    reason = ""
    if stored.node_certificate:
        proof = Evidence(
            stored.acknowledgement, stored.index, tuple(stored.path), stored.signature, stored.node_certificate
        )
        said = verify_evidence(proof, entry, trust)
        reason = said.reason
    else:
        said = _own(stored, entry, trust, units=units, bureau=bureau)
    columns = (record.thread_id, record.header_digest, record.unit, record.status, record.reason, record.at)
    meant = (said.thread_id, said.header_digest, said.unit, said.status.value, reason, to_us(entry.accepted_at))
    if columns != meant:
        raise Refusal(Reason.ENTRY_MISMATCH, why="columns")
    return Delivered(record, entry, trust)


def _own(
    stored: exchange.DeliveryEvidence, entry: Entry, trust: Trust, *, units: frozenset[str], bureau: str
) -> Acknowledgement:
    """Our own word: it is a leaf of a batch of ours whose root the registry logged."""
    detail = entry.detail
    if not isinstance(detail, AcknowledgementBatch) or detail.bureau != bureau or stored.signature:
        raise Refusal(Reason.ENTRY_MISMATCH)
    if entry.federation_id != trust.view.federation_id:
        raise Refusal(Reason.UNKNOWN_FEDERATION)
    verify_inclusion(
        index=stored.index,
        size=detail.count,
        leaf=leaf_hash(stored.acknowledgement),
        proof=tuple(stored.path),
        root=detail.root,
    )
    said = parse_acknowledgement(stored.acknowledgement)
    if said.unit not in units:
        raise Refusal(Reason.NOT_YOUR_UNIT)
    return said


def read_negatives(book: Book, rows: Rows, *, rosters: Rosters) -> list[Missed]:
    """Check every negative entry of the thread."""
    found: list[Missed] = []
    for record in rows.negatives:
        missed = book.attempt("negative", partial(_negative, record, rosters), 0, str(record.leaf_index))
        if missed is not None:
            found.append(missed)
    return found


def _negative(record: NegativeRecord, rosters: Rosters) -> Missed:
    entry = parse_entry(record.entry)
    detail = entry.detail
    if entry.kind is not EntryKind.NEGATIVE or not isinstance(detail, NegativeEvidence):
        raise Refusal(Reason.ENTRY_MISMATCH, why="kind")
    if entry.thread_id != record.thread_id or entry.leaf_index != record.leaf_index:
        raise Refusal(Reason.ENTRY_MISMATCH, why="columns")
    if entry.federation_id != rosters.version(entry.versions.roster).view.federation_id:
        raise Refusal(Reason.UNKNOWN_FEDERATION)
    return Missed(entry, detail)


def is_applied(delivered: Delivered) -> bool:
    """Whether it is proof of delivery: PARKED and MATERIALS_HELD start no clock."""
    return delivered.record.status == AcknowledgementStatus.APPLIED.value
