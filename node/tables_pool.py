"""Tables of the expert pool, as `node.records_pool`; see `node.tables`."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field

from node.tables import NodeTable


def _blob() -> bytes:
    return Field(sa_column=Column(LargeBinary, nullable=False))  # type: ignore[no-any-return]  # SQLModel's Field


def _key_blob() -> bytes:
    return Field(sa_column=Column(LargeBinary, primary_key=True))  # type: ignore[no-any-return]  # as above


def _big() -> int:
    return Field(sa_column=Column(BigInteger, nullable=False))  # type: ignore[no-any-return]  # as above


class Pool(NodeTable, table=True):
    """PoolRecord."""

    __tablename__ = "pools"
    unit: str = Field(primary_key=True)
    content: str
    thread_id: str
    changed_by: str
    changed_at: int = _big()


class PoolExpertRow(NodeTable, table=True):
    """ExpertRecord."""

    __tablename__ = "pool_experts"
    __table_args__ = (Index("pool_experts_by_number", "unit", "number_digest"),)
    expert_id: str = Field(primary_key=True)
    unit: str
    number_digest: bytes = _blob()
    version: int
    secret: bytes = _blob()
    changed_by: str
    changed_at: int = _big()


class PoolVersion(NodeTable, table=True):
    """PoolVersionRecord."""

    __tablename__ = "pool_versions"
    __table_args__ = (Index("pool_versions_by_number", "unit", "version"),)
    unit: str = Field(primary_key=True)
    root: bytes = _key_blob()
    version: int
    size: int
    content: str
    state: str
    thread_id: str
    move_id: str
    secret: bytes = _blob()
    prepared_by: str
    prepared_at: int = _big()
    logged_at: int = _big()


class EligibleList(NodeTable, table=True):
    """EligibleListRecord."""

    __tablename__ = "eligible_lists"
    __table_args__ = (Index("eligible_lists_by_thread", "thread_id", "draw"),)
    list_id: str = Field(primary_key=True)
    unit: str
    thread_id: str
    leg: int
    draw: int
    pool_version: int
    pool_root: bytes = _blob()
    root: bytes = _blob()
    secret: bytes = _blob()
    made_by: str
    made_at: int = _big()
