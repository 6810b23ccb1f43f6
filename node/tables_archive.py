"""Tables beside the threads, as `node.records_archive`; see `node.tables`."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field

from node.tables import NodeTable


def _blob() -> bytes:
    return Field(sa_column=Column(LargeBinary, nullable=False))  # type: ignore[no-any-return]  # SQLModel's Field


def _big() -> int:
    return Field(sa_column=Column(BigInteger, nullable=False))  # type: ignore[no-any-return]  # as above


class OldCase(NodeTable, table=True):
    """OldCaseRecord."""

    __tablename__ = "old_cases"
    __table_args__ = (
        Index("old_cases_by_number", "unit", "number_digest"),
        Index("old_cases_listed", "unit", "place_in_list"),
    )
    old_case_id: str = Field(primary_key=True)
    unit: str
    number_digest: bytes = _blob()
    content_digest: bytes = _blob()
    our_role: str
    year: str
    place_in_list: str
    secret: bytes = _blob()
    imported_by: str
    imported_at: int = _big()


class SealedPaper(NodeTable, table=True):
    """SealedPaperRecord."""

    __tablename__ = "sealed_papers"
    thread_id: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    digest: bytes = _blob()
    unsealed_digest: bytes = _blob()
    unsealed_size: int = _big()
    size: int = _big()
    secret: bytes = _blob()
    sealed_by: str
    sealed_for: str
    sealed_at: int = _big()
