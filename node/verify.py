"""Is what this node holds of a delegation what was signed and logged? Every byte is looked at again, nothing believed.

The database is opened for reading alone, in one snapshot, so a running node is not disturbed. What is judged: header
and signatures by the roster that the entry names (protocol 9), sealed body and commitment (4.3), the chain of entries
and their leaves (8.1, 8.2), evidence of deliveries (8.3), negative evidence (8.4), and the whole thread judged again
(5 to 7). NOT checked: the node's own notes that nothing signed speaks of, which are told as not checkable, drafts and
prepared moves, and the bytes of files on disk (a file is checked whenever it is opened).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grpc import ChannelCredentials
from sqlalchemy import Engine

from certs.keys import load_p256
from certs.rest import MasterKey
from certs.tls import channel_credentials
from delegation.regions import RegionTable, load_regions
from node.keyring import MASTER_FILE
from node.link import Link
from node.settings import NodeSettings
from node.setup import CHANNEL, authorities, read_certificate
from node.verification.deliveries import read_deliveries, read_negatives
from node.verification.entries import read_entries
from node.verification.ground import Rosters, Secrets
from node.verification.kept import check_case, check_materials, check_outbox, check_parties, check_thread
from node.verification.log import Leaf, LinkProofs, LogProofs, check_log
from node.verification.replay import replay
from node.verification.report import Book, Check, Doubt, Status, VerificationReport
from node.verification.rows import Rows, open_engine, read_rows

__all__ = ["Check", "Doubt", "HeldEvidence", "Status", "VerificationReport", "open_for_verification", "verify_thread"]

_CALL_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEvidence:
    """A node's data folder opened for verification; `proofs` None stays offline. Close it."""

    engine: Engine
    master: MasterKey
    seal_authority: bytes
    regions: RegionTable
    units: frozenset[str]
    bureau: str
    proofs: LogProofs | None
    link: Link | None = None

    def rows(self, thread_id: str) -> Rows:
        """What the database holds of a thread. Refusal NOT_FOUND, STORAGE_UNAVAILABLE."""
        return read_rows(self.engine, thread_id)

    async def close(self) -> None:
        """Give back files and channel."""
        self.engine.dispose()
        if self.link is not None:
            await self.link.close()


def open_for_verification(
    settings: NodeSettings,
    *,
    clock: Callable[[], datetime],
    online: bool = True,
    regions: RegionTable | None = None,
) -> HeldEvidence:
    """Open a node's data folder beside the node, running or not; `online` fetches proofs with its channel key.

    Raises:
        Refusal: INVALID_INPUT before enrolment, STORAGE_UNAVAILABLE without a database.
        KeyFileError: a key that is missing or that others can read.
    """
    channel, seal = authorities(settings)
    link = None
    if online:
        credentials = _credentials(settings, channel)
        link = Link(
            address=settings.registry_address,
            credentials=lambda: credentials,
            clock=clock,
            call_seconds=min(_CALL_SECONDS, settings.call_seconds),
        )
    return HeldEvidence(
        engine=open_engine(settings.database),
        master=MasterKey.load(settings.keys_dir / MASTER_FILE),
        seal_authority=seal,
        regions=regions or load_regions(),
        units=frozenset(settings.units),
        bureau=settings.bureau,
        proofs=LinkProofs(link) if link is not None else None,
        link=link,
    )


def _credentials(settings: NodeSettings, channel_authorities: tuple[bytes, ...]) -> ChannelCredentials:
    key: Path = settings.keys_dir / f"{CHANNEL}.pem"
    return channel_credentials(
        load_p256(key), read_certificate(settings, CHANNEL), channel_authorities=channel_authorities
    )


async def verify_thread(held: HeldEvidence, thread_id: str, *, at: datetime) -> VerificationReport:
    """Verify everything that this node holds of a delegation; `at` is now.

    Raises:
        Refusal: NOT_FOUND when it holds nothing of it, STORAGE_UNAVAILABLE when the database does not open.
    """
    rows = held.rows(thread_id)
    book = Book()
    rosters = Rosters(rows.rosters, seal_authority=held.seal_authority, regions=held.regions, at=at)
    with book.checking("newest_roster"):
        _ = rosters.newest
    if book.checks[-1].status is not Status.OK:
        return VerificationReport(
            thread_id=thread_id, at=at, entries=len(rows.entries), log_size=0, online=False, checks=tuple(book.checks)
        )
    secrets = Secrets(held.master, rows.data_key, thread_id)
    entries = read_entries(book, rows, rosters=rosters, secrets=secrets, units=held.units)
    deliveries = read_deliveries(book, rows, entries, rosters=rosters, units=held.units, bureau=held.bureau)
    negatives = read_negatives(book, rows, rosters=rosters)
    replayed = replay(book, rows, entries, deliveries, negatives, units=held.units)
    if len(entries) < len(rows.entries):
        replayed.ours = None
    check_thread(book, rows, entries, replayed)
    check_parties(book, rows, replayed)
    with book.checking("case_row"):
        check_case(book, rows, entries, secrets)
    with book.checking("material_rows"):
        check_materials(book, rows, entries, secrets, held.units)
    check_outbox(book, rows, rosters=rosters, secrets=secrets)
    leaves = [Leaf("inclusion", read.entry.leaf_index, read.entry.digest, read.record.sequence) for read in entries]
    leaves += [Leaf("delivery_inclusion", item.entry.leaf_index, item.entry.digest) for item in deliveries]
    leaves += [Leaf("negative_inclusion", item.entry.leaf_index, item.entry.digest) for item in negatives]
    size, online = await check_log(
        book, leaves, proven=rows.proven, trust=rosters.newest, proofs=held.proofs, kept=rows.proofs
    )
    return VerificationReport(
        thread_id=thread_id,
        at=at,
        entries=len(rows.entries),
        log_size=size,
        online=online,
        checks=tuple(book.checks),
    )
