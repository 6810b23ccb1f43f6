"""What the node keeps beside the threads: closed paper cases of earlier years, and papers with an e-seal.

As `node.records`; the columns stand in `node.tables_archive`.
"""

from dataclasses import dataclass
from typing import ClassVar

from node.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class OldCaseRecord(Record):
    """A closed paper case (纸质旧案) of one unit. No envelope ever carried it; what it says stands in `secret`.

    `number_digest` and `content_digest` are keyed hashes: of the old file's number, and of all that was imported.
    """

    TABLE: ClassVar[str] = "old_cases"
    KEY: ClassVar[tuple[str, ...]] = ("old_case_id",)
    old_case_id: str
    unit: str
    number_digest: bytes
    content_digest: bytes
    our_role: str  # home | host
    year: str  # in which it was closed
    place_in_list: str  # day of closing and id: one order that no two share
    secret: bytes
    imported_by: str
    imported_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPaperRecord(Record):
    """A paper of one of the unit's own acts as the e-seal program gave it back: `secret` holds the PDF, encrypted."""

    TABLE: ClassVar[str] = "sealed_papers"
    KEY: ClassVar[tuple[str, ...]] = ("thread_id", "unit", "code", "sequence")
    FIRST_COUNTS: ClassVar[bool] = True
    thread_id: str
    unit: str
    code: str
    sequence: int
    digest: bytes  # SHA-256 of the sealed PDF
    unsealed_digest: bytes  # SHA-256 of the PDF that was given to be sealed: the first `unsealed_size` bytes
    unsealed_size: int
    size: int
    secret: bytes
    sealed_by: str
    sealed_for: str  # the one whom he stood in for; empty by an own right
    sealed_at: int


ARCHIVE_RECORDS: tuple[type[Record], ...] = (OldCaseRecord, SealedPaperRecord)
