"""The expert pool of an appraisal unit, its committed versions, and the lists of eligible experts of draws.

As `node.records`; the columns stand in `node.tables_pool`. Who the experts are stands in `secret` columns alone.
"""

from dataclasses import dataclass
from typing import ClassVar

from node.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRecord(Record):
    """The pool of a unit. `content` is a random mark that each change of any expert draws anew."""

    TABLE: ClassVar[str] = "pools"
    KEY: ClassVar[tuple[str, ...]] = ("unit",)
    unit: str
    content: str
    thread_id: str  # the unit's own thread; empty before a version was ever prepared
    changed_by: str
    changed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertRecord(Record):
    """An expert of a pool. `number_digest` is a keyed hash of the number by which the unit knows the expert."""

    TABLE: ClassVar[str] = "pool_experts"
    KEY: ClassVar[tuple[str, ...]] = ("expert_id",)
    expert_id: str
    unit: str
    number_digest: bytes
    version: int
    secret: bytes
    changed_by: str
    changed_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolVersionRecord(Record):
    """A version of a pool as somebody prepared it: `secret` holds a frozen copy with the salts of its leaves.

    `state`: prepared | committed (its envelope is in the log) | dropped. Two prepared under one number are told apart
    by their root, which the envelope declares.
    """

    TABLE: ClassVar[str] = "pool_versions"
    KEY: ClassVar[tuple[str, ...]] = ("unit", "root")
    unit: str
    root: bytes
    version: int
    size: int
    content: str  # of the pool that it is a copy of
    state: str
    thread_id: str
    move_id: str
    secret: bytes
    prepared_by: str
    prepared_at: int
    logged_at: int  # 0 before its envelope was accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibleListRecord(Record):
    """A list of eligible experts that was fixed for a draw, or that came out too short (`root` is then empty)."""

    TABLE: ClassVar[str] = "eligible_lists"
    KEY: ClassVar[tuple[str, ...]] = ("list_id",)
    list_id: str
    unit: str
    thread_id: str
    leg: int
    draw: int
    pool_version: int
    pool_root: bytes
    root: bytes
    secret: bytes
    made_by: str
    made_at: int


POOL_RECORDS: tuple[type[Record], ...] = (PoolRecord, ExpertRecord, PoolVersionRecord, EligibleListRecord)
