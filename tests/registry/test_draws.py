"""Draw checkpoints: the first that covers each commitment, the same for ever, the only one that a panel may name."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc
import pytest

from certs.envelope import SealedEnvelope
from certs.notes import Checkpoint, parse_and_verify
from delegation.codec_entry import parse_entry
from delegation.codes import AppraisalKind, AppraisalMode, Kind, LegalBasis, Matter, PlaceCertainty, PlaceRole
from delegation.deadlines import day_of
from delegation.declared_appraisal import (
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    PanelDeclared,
    StrataDeclared,
)
from delegation.draw import Stratum, draw_commitment, draw_seed, picks
from delegation.errors import Reason, Refusal
from delegation.merkle import leaf_hash, verify_inclusion
from delegation.model import ClockFacts, Entry, EnvelopeAnswer, EnvelopeRef, TaskPlace
from registry.answers import Final, NotFinal
from registry.log import LogBook
from registry.records import Changes
from registry.server import Registry
from tests import builders as b
from tests.registry.faults import FaultyStore
from tests.registry.federation import CHENGDU, HANGZHOU, Federation
from tests.registry.test_writer import take
from xieban.federation.v1 import log_pb2

HOME, HOST = b.HANGZHOU_AC, b.CHENGDU_AC
STRATA = (Stratum(2, 1, 9), Stratum(1, 1, 4))
ROOT = b.a_digest("list")
SECRETS = {HOME: b"\1" * 32, HOST: b"\2" * 32}
BUREAUS = {HOME: HANGZHOU, HOST: CHENGDU}


def checkpoint(registry: Registry, note: bytes) -> Checkpoint:
    return parse_and_verify(note, registry.settings.origin, registry.keys.log_key.public_key())


async def draw_note(registry: Registry, leaf: int) -> bytes:
    return await LogBook(registry.database, registry.writer).draw_checkpoint(leaf)


@dataclass
class Draw:
    """An appraisal up to its draw, sealed by real keys."""

    federation: Federation
    registry: Registry
    letter: SealedEnvelope
    newest: Entry | None = None
    last: dict[str, EnvelopeRef] = field(default_factory=dict)

    @classmethod
    async def begun(cls, federation: Federation, registry: Registry) -> "Draw":
        today = day_of(federation.clock.at)
        letter = federation.letter(
            HOME,
            HOST,
            matter=Matter.DISABILITY_GRADE,
            appraisal_kind=AppraisalKind.FIRST,
            appraisal_mode=AppraisalMode.ONSITE_ASSIST,
            legal_basis=LegalBasis.SINGLE_CASE,
            task_place=TaskPlace("510100", PlaceRole.RESIDENCE, PlaceCertainty.DEFINITE),
            clock=ClockFacts(application_received_on=today - timedelta(days=2)),
        )
        found = cls(federation, registry, letter)
        await found.take(letter)
        await found.take(found.move(Kind.SIGNED_FOR, HOST))
        await found.take(found.move(Kind.ACCEPTED, HOST))
        await found.take(found.move(Kind.SPECIALTY_DETERMINED, HOST, StrataDeclared(1, STRATA, 1, ROOT)))
        return found

    def move(self, kind: Kind, unit: str, declared: Any = None, **changes: Any) -> SealedEnvelope:
        return self.federation.move(
            self.letter.header,
            kind,
            unit,
            base=self.newest,
            predecessor=self.last.get(unit),
            declared=declared,
            **changes,
        )

    def note(self, result: object, envelope: SealedEnvelope) -> Entry:
        assert isinstance(result, Final), result
        entry = parse_entry(result.entry)
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert entry.detail.accepted, (entry.detail.reason, entry.detail.details)
        if self.newest is None or entry.thread_sequence > self.newest.thread_sequence:
            self.newest = entry
        self.last[envelope.header.sender_unit] = envelope.header.ref
        return entry

    async def take(self, envelope: SealedEnvelope) -> Entry:
        (result,) = await take(self.registry, envelope, bureau=BUREAUS[envelope.header.sender_unit])
        return self.note(result, envelope)

    def commitment(self, unit: str) -> SealedEnvelope:
        commitment = draw_commitment(
            federation_id=b.FEDERATION,
            thread_id=self.letter.header.thread_id,
            leg=1,
            draw=1,
            unit=unit,
            secret=SECRETS[unit],
        )
        offices = self.federation.view.superiors(HOME, HOST)
        to = dict.fromkeys((unit, HOME, HOST, *offices))
        return self.move(
            Kind.DRAW_COMMITTED,
            unit,
            DrawCommittedDeclared(1, commitment),
            recipients=tuple(b.a_recipient(each) for each in to),
        )

    async def committed(self) -> tuple[Entry, Entry]:
        first = await self.take(self.commitment(HOST))
        await take(self.registry, *(self.federation.letter() for _ in range(3)))
        return first, await self.take(self.commitment(HOME))

    async def revealed(self) -> None:
        for unit in (HOME, HOST):
            await self.take(self.move(Kind.DRAW_REVEALED, unit, DrawRevealedDeclared(1, unit, SECRETS[unit])))

    def panel(self, size: int, root: bytes) -> SealedEnvelope:
        seed = draw_seed(
            federation_id=b.FEDERATION,
            thread_id=self.letter.header.thread_id,
            leg=1,
            draw=1,
            home_unit=HOME,
            home_secret=SECRETS[HOME],
            host_unit=HOST,
            host_secret=SECRETS[HOST],
            eligible_root=ROOT,
            log_size=size,
            log_root=root,
        )
        return self.move(Kind.PANEL_DRAWN, HOST, PanelDeclared(1, size, root, picks(seed, STRATA)))

    async def refused(self, envelope: SealedEnvelope) -> tuple[str, dict[str, str]]:
        (result,) = await take(self.registry, envelope, bureau=BUREAUS[envelope.header.sender_unit])
        assert isinstance(result, Final), result
        detail = parse_entry(result.entry).detail
        assert isinstance(detail, EnvelopeAnswer)
        assert not detail.accepted
        return detail.reason, dict(detail.details)


async def test_the_panel_names_the_first_checkpoint_that_covers_both(federation: Federation) -> None:
    async with federation.running() as registry:
        draw = await Draw.begun(federation, registry)
        first, second = await draw.committed()
        note = await draw_note(registry, second.leaf_index)
        found = checkpoint(registry, note)
        assert found.size == second.leaf_index + 1  # it was alone in its transaction
        assert checkpoint(registry, await draw_note(registry, first.leaf_index)).size == first.leaf_index + 1
        await draw.revealed()
        await take(registry, *(federation.letter() for _ in range(4)))
        assert await draw_note(registry, second.leaf_index) == note  # the log grew, this did not move

        later = checkpoint(registry, registry.writer.checkpoint)
        told = {"field": "log_size", "log_size": str(found.size)}
        assert await draw.refused(draw.panel(later.size, later.root)) == (Reason.DRAW_ROOT_WRONG, told)
        early = checkpoint(registry, await draw_note(registry, first.leaf_index))
        assert await draw.refused(draw.panel(early.size, early.root)) == (Reason.DRAW_ROOT_WRONG, told)
        other = {"field": "log_root", "log_size": str(found.size)}
        assert await draw.refused(draw.panel(found.size, bytes(32))) == (Reason.DRAW_ROOT_WRONG, other)
        await draw.take(draw.panel(found.size, found.root))


class SlowStore(FaultyStore):
    """Its commits wait for a gate, and what comes meanwhile waits for one transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    def commit(self, changes: Changes) -> None:
        """As the store with faults, later."""
        self.gate.wait(10)
        super().commit(changes)


async def test_both_in_one_transaction_have_one_checkpoint(federation: Federation) -> None:
    store = SlowStore()
    async with federation.running(store) as registry:
        draw = await Draw.begun(federation, registry)
        envelopes = [draw.commitment(HOST), draw.commitment(HOME)]
        store.gate.clear()
        before = asyncio.create_task(take(registry, federation.letter()))
        await asyncio.sleep(0.1)
        both = asyncio.gather(
            take(registry, envelopes[0], bureau=CHENGDU), take(registry, envelopes[1], bureau=HANGZHOU)
        )
        async with asyncio.timeout(10):
            while registry.writer.waiting < 2:
                await asyncio.sleep(0.01)
        store.gate.set()
        await before
        results = await both
        entries = [draw.note(result[0], envelope) for result, envelope in zip(results, envelopes, strict=True)]
        assert any(len(changes.draws) == 2 for changes in store.commits)
        notes = {await draw_note(registry, entry.leaf_index) for entry in entries}
        assert len(notes) == 1
        found = checkpoint(registry, notes.pop())
        for entry in entries:
            path, _, _ = await LogBook(registry.database, registry.writer).inclusion(entry.leaf_index, found.size)
            verify_inclusion(
                index=entry.leaf_index, size=found.size, leaf=leaf_hash(entry.digest), proof=path, root=found.root
            )
        await draw.revealed()
        await draw.take(draw.panel(found.size, found.root))


async def test_a_restart_gives_the_same(federation: Federation) -> None:
    async with federation.running() as registry:
        draw = await Draw.begun(federation, registry)
        first, second = await draw.committed()
        notes = [await draw_note(registry, entry.leaf_index) for entry in (first, second)]
    async with federation.running() as again:
        await take(again, *(federation.letter() for _ in range(2)))
        assert [await draw_note(again, entry.leaf_index) for entry in (first, second)] == notes
        draw.registry = again
        await draw.revealed()
        found = checkpoint(again, notes[1])
        await draw.take(draw.panel(found.size, found.root))


async def test_a_crash_between_commit_and_signing_changes_nothing(federation: Federation) -> None:
    """The commitment was kept, its outcome unknown: the sender tries again, the checkpoint is the one of the commit."""
    store = FaultyStore()
    async with federation.running(store) as registry:
        draw = await Draw.begun(federation, registry)
        await draw.take(draw.commitment(HOST))
        envelope = draw.commitment(HOME)
        store.fail_after = 1
        assert await take(registry, envelope) == [NotFinal(Reason.STORAGE_UNAVAILABLE)]
        kept = store.head()
        assert registry.writer.signed[0] < kept.size  # nothing was signed for it
        await take(registry, *(federation.letter() for _ in range(2)))  # the log goes on before the sender asks again
        entry = await draw.take(envelope)
        found = checkpoint(registry, await draw_note(registry, entry.leaf_index))
        assert (found.size, found.root) == (kept.size, kept.frontier.root())
        await draw.revealed()
        await draw.take(draw.panel(found.size, found.root))


async def test_what_was_not_kept_has_no_checkpoint(federation: Federation) -> None:
    store = FaultyStore()
    async with federation.running(store) as registry:
        draw = await Draw.begun(federation, registry)
        envelope = draw.commitment(HOST)
        leaf = store.head().size
        store.fail_before = 1
        assert await take(registry, envelope, bureau=CHENGDU) == [NotFinal(Reason.STORAGE_UNAVAILABLE)]
        await take(registry, *(federation.letter() for _ in range(2)))  # other entries take its place
        with pytest.raises(Refusal):
            await draw_note(registry, leaf)
        entry = await draw.take(envelope)
        assert entry.leaf_index > leaf
        assert checkpoint(registry, await draw_note(registry, entry.leaf_index)).size == entry.leaf_index + 1


async def test_a_fenced_writer_writes_none(federation: Federation) -> None:
    """Another writer took the log: the fenced one's commitment has no checkpoint, the new one's has its own."""
    store = FaultyStore()
    async with federation.running(store) as registry:
        draw = await Draw.begun(federation, registry)
        envelope, leaf = draw.commitment(HOST), store.head().size
        store.claim(None)
        assert await take(registry, envelope, bureau=CHENGDU) == [NotFinal(Reason.STORAGE_UNAVAILABLE)]
        assert store.draw_checkpoint(leaf) is None
        assert store.draw_checkpoints(draw.letter.header.thread_id, 1, 1) == []
    async with federation.running(store) as other:
        draw.registry = other
        entry = await draw.take(envelope)
        row = store.draw_checkpoint(entry.leaf_index)
        assert row is not None
        assert (row.unit, row.draw, row.leg) == (HOST, 1, 1)
        found = checkpoint(other, await draw_note(other, entry.leaf_index))
        assert (found.size, found.root) == (row.size, row.root)


async def test_over_the_wire(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (registry, hangzhou):
        draw = await Draw.begun(federation, registry)
        _, second = await draw.committed()
        answer = await hangzhou.log.GetDrawCheckpoint(log_pb2.GetDrawCheckpointRequest(leaf_index=second.leaf_index))
        assert checkpoint(registry, answer.checkpoint).size == second.leaf_index + 1
        for leaf in (0, second.leaf_index - 1, second.leaf_index + 1, 2**63, 2**64 - 1):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await hangzhou.log.GetDrawCheckpoint(log_pb2.GetDrawCheckpointRequest(leaf_index=leaf))
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
