"""Each entry by itself: the registry's word, the header, its signatures, and what this node opened of it."""

from dataclasses import dataclass

from certs.envelope import Opened, check_body, check_commitment, verify_sealed, verify_signatures
from certs.trust import Trust
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.model import Entry, EntryKind, EnvelopeAnswer, Header
from delegation.payloads import SALT_SIZE, signatures_digest
from node import parts
from node.records import EntryRecord, to_us
from node.state import is_move
from node.threads import APPLIED, NOT_OURS, OWN, PARKED, secret_row
from node.verification.ground import Rosters, Secrets
from node.verification.report import Book, Doubt
from node.verification.rows import Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An entry that could be read whole; `content` is salt and body, empty where it is not held."""

    record: EntryRecord
    entry: Entry
    header: Header
    trust: Trust
    content: bytes
    forged: str  # why its signatures do not hold, by the roster of its time


def read_entries(book: Book, rows: Rows, *, rosters: Rosters, secrets: Secrets, units: frozenset[str]) -> list[Read]:
    """Check every entry alone and its place in the chain. Stops reading at the first that is damaged."""
    found: list[Read] = []
    whole = True
    for position, record in enumerate(rows.entries, start=1):
        if record.sequence != position:
            book.fail("sequence", Doubt.GAP, record.sequence)
            whole = False
        read = _read(book, record, rosters)
        if read is None:
            whole = False
            continue
        _check_order(book, found[-1] if found else None, read, whole=whole)
        _check_columns(book, read)
        content = _check_content(book, rows, read, found, secrets, units)
        if whole:
            found.append(
                Read(
                    record=record,
                    entry=read.entry,
                    header=read.header,
                    trust=read.trust,
                    content=content,
                    forged=read.forged,
                )
            )
    if whole:
        book.ok("sequence")
    return found


def _read(book: Book, record: EntryRecord, rosters: Rosters) -> Read | None:
    sequence = record.sequence
    header = book.attempt("header", lambda: parse_header(record.header), sequence)
    entry = book.attempt("entry", lambda: _entry(record), sequence)
    signatures = book.attempt("signature_bytes", lambda: parts.split_all(record.signatures), sequence)
    if entry is None:
        return None
    version = entry.versions.roster
    trust = book.attempt("roster", lambda: rosters.version(version), sequence, str(version))
    if header is None or trust is None or not signatures:
        return None
    with book.checking("entry_about_header", sequence):
        _check_about(entry, header, signatures)
    with book.checking("versions", sequence):
        if entry.federation_id != trust.view.federation_id:
            raise Refusal(Reason.UNKNOWN_FEDERATION)
        if entry.versions != trust.view.versions(day_of(entry.accepted_at)):
            raise Refusal(Reason.ENTRY_MISMATCH, why="versions")
    forged = ""
    try:
        verify_signatures(record.header, signatures, header, trust, at=entry.accepted_at)
        for digest in header.signer_certificates:
            if rosters.newest.compromised(digest, entry.accepted_at):
                raise Refusal(Reason.SIGNER_NOT_VALID, why="compromised")
    except Refusal as refusal:
        forged = refusal.reason.value
        book.fail("signatures", forged, sequence)
    else:
        book.ok("signatures", sequence)
    return Read(record=record, entry=entry, header=header, trust=trust, content=b"", forged=forged)


def _entry(record: EntryRecord) -> Entry:
    entry = parse_entry(record.entry)
    if entry.kind is not EntryKind.ENVELOPE or entry.thread_sequence != record.sequence:
        raise Refusal(Reason.ENTRY_MISMATCH, why="kind")
    return entry


def _check_about(entry: Entry, header: Header, signatures: tuple[bytes, ...]) -> None:
    answer = entry.detail
    if not isinstance(answer, EnvelopeAnswer) or not answer.accepted:
        raise Refusal(Reason.ENTRY_MISMATCH, why="answer")
    if answer.envelope != header.ref or entry.thread_id != header.thread_id:
        raise Refusal(Reason.ENTRY_MISMATCH, why="envelope")
    if answer.signatures_digest != signatures_digest(signatures):
        raise Refusal(Reason.ENTRY_MISMATCH, why="signatures")


def _check_order(book: Book, before: Read | None, read: Read, *, whole: bool) -> None:
    sequence, entry = read.record.sequence, read.entry
    if not whole:
        book.open("chain", Doubt.NOT_REPLAYED, sequence)
        return
    digest = before.entry.digest if before is not None else b""
    if entry.previous_entry_digest != digest:
        book.fail("chain", Doubt.CHAIN_BROKEN, sequence)
    elif before is not None and (
        entry.leaf_index <= before.entry.leaf_index or entry.accepted_at < before.entry.accepted_at
    ):
        book.fail("chain", Doubt.OUT_OF_ORDER, sequence)
    else:
        book.ok("chain", sequence)


def _check_columns(book: Book, read: Read) -> None:
    """Columns that repeat what the signed bytes say."""
    record, header, entry = read.record, read.header, read.entry
    derived = {
        "thread_id": header.thread_id,
        "sender_unit": header.sender_unit,
        "envelope_id": header.envelope_id,
        "header_digest": header.digest,
        "entry_digest": entry.digest,
        "kind": int(header.kind),
        "moving": is_move(header.kind),
        "accepted_at": to_us(entry.accepted_at),
    }
    for column, value in derived.items():
        book.equal("column", getattr(record, column), value, record.sequence, f"entries.{column}")


def _check_content(
    book: Book, rows: Rows, read: Read, earlier: list[Read], secrets: Secrets, units: frozenset[str]
) -> bytes:
    """The sealed body and the opened content against the header. Gives the content when it is the committed one."""
    record, header = read.record, read.header
    sequence = record.sequence
    content = b""
    if not secrets.held and rows.thread is not None and rows.thread.purged:
        book.open("content", Doubt.PURGED, sequence)
        return b""
    if not record.secret:
        if record.state in (APPLIED, OWN):
            book.fail("content", Doubt.NOT_HELD, sequence)
        else:
            book.open("content", Doubt.NOT_HELD, sequence)
    else:
        opened = book.attempt("content", lambda: _opened(record, header, earlier, secrets), sequence)
        content = opened or b""
        if opened == b"" and record.state in (APPLIED, OWN):
            book.fail("content", Doubt.NOT_HELD, sequence)
    _check_state(book, read, content, units)
    return content


def _opened(record: EntryRecord, header: Header, earlier: list[Read], secrets: Secrets) -> bytes:
    stored = secrets.open(secret_row(record.thread_id, record.sequence), record.secret)
    sealed_body, content = parts.split(stored, 2)
    if sealed_body:
        verify_sealed(header, sealed_body)
    if content:
        _check_committed(header, content, earlier)
    return content


def _check_committed(header: Header, content: bytes, earlier: list[Read]) -> None:
    judged = header
    if header.kind is Kind.RESEAL:
        replaced = next((read.header for read in earlier if read.header.ref == header.replaces), None)
        if replaced is None or replaced.content_commitment != header.content_commitment:
            raise Refusal(Reason.COMMITMENT_MISMATCH)
        judged = replaced
    opened = Opened(content[:SALT_SIZE], content[SALT_SIZE:])
    check_commitment(judged, opened)
    check_body(judged, opened.body)


def _check_state(book: Book, read: Read, content: bytes, units: frozenset[str]) -> None:
    """How the node took it. Why a body was parked is its own note; that it was shows: it holds no content of it."""
    record, header = read.record, read.header
    sequence = record.sequence
    ours = any(recipient.unit in units for recipient in header.recipients)
    if not ours:
        expected = NOT_OURS
    elif content:
        expected = OWN if header.sender_unit in units else APPLIED
    else:
        expected = PARKED
    if record.state == PARKED:
        if record.reason not in set(Reason):
            book.fail("column", Doubt.DIFFERS, sequence, "entries.reason")
        elif read.forged or record.reason == Reason.SHOULD_HAVE_BEEN_REFUSED.value:
            book.equal("column", record.reason, read.forged or record.reason, sequence, "entries.reason")
        elif expected == PARKED:
            book.open("parked", record.reason, sequence)
        else:
            book.fail("column", Doubt.DIFFERS, sequence, "entries.state")
        return
    book.equal("column", record.state, expected, sequence, "entries.state")
    book.equal("column", record.reason, "", sequence, "entries.reason")
