"""The single writer: nothing is answered that is not kept, nothing is kept twice, one bad job hurts no other."""

import asyncio
from typing import Any

import pytest

from certs.envelope import SealedEnvelope
from certs.notes import parse_and_verify
from delegation.codec_entry import EnvelopeParts, parse_entry
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.model import Entry, EnvelopeAnswer, QuestionDeclared
from delegation.thread_json import thread_from_bytes
from registry import threads
from registry.answers import Final, NotFinal, Result
from registry.intake import Intake
from registry.judgement import EnvelopeJob
from registry.queue import FairQueue, Outcomes, Waiting
from registry.records import ThreadRow
from registry.server import Registry
from registry.settings import Quotas
from registry.setup import open_store
from registry.threads import read_threads
from tests.builders import CHENGDU_RD, HANGZHOU_RD
from tests.registry.faults import FaultyStore
from tests.registry.federation import CHENGDU, HANGZHOU, Federation


def parts(letter: SealedEnvelope) -> EnvelopeParts:
    return EnvelopeParts(letter.header_bytes, letter.sealed_body, letter.signatures)


async def take(registry: Registry, *letters: SealedEnvelope, bureau: str = HANGZHOU) -> list[Result]:
    """Submit without a wire."""
    intake = Intake(
        registry.database,
        registry.book,
        registry.writer,
        federation_id=registry.settings.federation_id,
        clock=registry.clock,
        watch=registry.watch,
        log=registry.log,
    )
    return await intake.take(bureau, [parts(letter) for letter in letters])


def head_of(registry: Registry) -> tuple[int, bytes]:
    key = registry.keys.log_key.public_key()
    found = parse_and_verify(registry.writer.checkpoint, registry.settings.origin, key)
    return found.size, found.root


async def test_a_storage_error_makes_the_whole_batch_try_again_and_it_recovers(federation: Federation) -> None:
    store = FaultyStore()
    async with federation.running(store) as registry:
        before = head_of(registry)
        letters = [federation.letter() for _ in range(3)]
        store.fail_before = 1
        assert await take(registry, *letters) == [NotFinal(Reason.STORAGE_UNAVAILABLE)] * 3
        assert head_of(registry) == before
        assert not registry.readiness()["storage"]
        results = await take(registry, *letters)
        assert all(isinstance(result, Final) and result.accepted and not result.repeated for result in results)
        assert registry.readiness()["storage"]
        assert head_of(registry)[0] == store.head().size


async def test_after_an_unknown_outcome_a_retry_gets_what_was_kept(federation: Federation) -> None:
    store = FaultyStore()
    async with federation.running(store) as registry:
        letter = federation.letter()
        store.fail_after = 1
        assert await take(registry, letter) == [NotFinal(Reason.STORAGE_UNAVAILABLE)]
        (again,) = await take(registry, letter)
        assert isinstance(again, Final)
        assert again.repeated
        assert head_of(registry) == (store.head().size, store.head().frontier.root())
        (more,) = await take(registry, federation.letter())
        assert isinstance(more, Final)
        assert parse_entry(more.entry).leaf_index == store.head().size - 1


async def test_an_error_while_reading_for_judgement_stores_nothing(federation: Federation) -> None:
    store = FaultyStore()
    async with federation.running(store) as registry:
        letters = [federation.letter(), federation.letter()]
        store.fail_reading = 1
        size = store.head().size
        assert await take(registry, *letters) == [NotFinal(Reason.STORAGE_UNAVAILABLE)] * 2
        assert store.head().size == size
        assert all(isinstance(result, Final) for result in await take(registry, *letters))


async def test_what_the_store_rejects_falls_alone(federation: Federation) -> None:
    store = FaultyStore()
    async with federation.running(store) as registry:
        letters = [federation.letter() for _ in range(4)]
        header = letters[2].header
        store.poisoned_key = f"{header.sender_unit}/{header.envelope_id}"
        results = await take(registry, *letters)
        assert [isinstance(result, Final) for result in results] == [True, True, False, True]
        assert results[2] == NotFinal(Reason.UNAVAILABLE)
        assert head_of(registry) == (store.head().size, store.head().frontier.root())


class Breaking(EnvelopeJob):
    """A job that fails in the middle of writing."""

    __slots__ = ()

    def run(self, batch: Any, counts: Any) -> Result:
        super().run(batch, counts)
        raise ZeroDivisionError


async def test_a_job_that_breaks_half_way_leaves_nothing_of_itself(federation: Federation) -> None:
    store = FaultyStore()
    async with federation.running(store) as registry:
        letters = [federation.letter() for _ in range(3)]
        jobs = [
            (Breaking if number == 1 else EnvelopeJob)(
                bureau=HANGZHOU,
                header=letter.header,
                header_bytes=letter.header_bytes,
                sealed_body=letter.sealed_body,
                signatures=letter.signatures,
                trust=registry.book.current(),
            )
            for number, letter in enumerate(letters)
        ]
        outcomes = await registry.writer.enqueue(HANGZHOU, jobs)
        assert [type(outcome) for outcome in outcomes] == [Final, Refusal, Final]
        (result,) = await take(registry, letters[1])
        assert isinstance(result, Final)
        assert not result.repeated, "nothing of the broken job was kept"


async def test_a_start_signs_what_was_committed_before_a_crash(federation: Federation) -> None:
    """Between the commit and the checkpoint the process dies: the next one signs the committed head first."""
    async with federation.running() as registry:
        letters = [federation.letter() for _ in range(3)]
        await take(registry, *letters)
        size, root = head_of(registry)
    async with federation.running() as registry:
        assert head_of(registry) == (size, root)
        (again,) = await take(registry, letters[0])
        assert isinstance(again, Final)
        assert again.repeated


async def test_a_second_writer_fences_the_first(federation: Federation) -> None:
    async with federation.running() as registry:
        await take(registry, federation.letter())
        other = open_store(federation.settings)
        try:
            other.claim(None)
            assert await take(registry, federation.letter()) == [NotFinal(Reason.STORAGE_UNAVAILABLE)]
            assert not registry.readiness()["writer"]
            assert await take(registry, federation.letter()) == [NotFinal(Reason.STORAGE_UNAVAILABLE)]
        finally:
            other.close()


async def test_accepted_at_never_goes_back(federation: Federation) -> None:
    async with federation.running() as registry:
        (first,) = await take(registry, federation.letter())
        federation.clock.jump(-federation.clock.at.resolution * 60_000_000)
        (second,) = await take(registry, federation.letter())
        assert isinstance(first, Final)
        assert isinstance(second, Final)
        assert parse_entry(second.entry).accepted_at >= parse_entry(first.entry).accepted_at


async def test_a_clock_that_was_lost_accepts_nothing(federation: Federation) -> None:
    async with federation.running() as registry:
        federation.clock.jump(federation.clock.at.resolution * 3_600_000_000)
        with pytest.raises(Refusal) as caught:
            await take(registry, federation.letter())
        assert caught.value.reason is Reason.CLOCK_OFF
        assert not registry.readiness()["clock"]


async def test_threads_survive_a_restart(federation: Federation) -> None:
    async with federation.running() as registry:
        letter = federation.letter()
        (issued,) = await take(registry, letter)
        assert isinstance(issued, Final)
    async with federation.running() as registry:
        signed = federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=parse_entry(issued.entry))
        (result,) = await take(registry, signed, bureau=CHENGDU)
        assert isinstance(result, Final)
        entry = parse_entry(result.entry)
        assert (entry.thread_sequence, entry.previous_entry_digest) == (2, parse_entry(issued.entry).digest)


async def test_a_threads_columns_are_those_of_its_state_after_every_event(federation: Federation) -> None:
    """Where an event leaves them, they are not written: neutral ones, in a batch with moves and after a restart."""
    store = open_store(federation.settings)
    letter = federation.letter()
    thread = letter.header

    def written() -> ThreadRow:
        row = store.threads([thread.thread_id])[thread.thread_id]
        kept = read_threads(store, [thread.thread_id])[thread.thread_id]
        whole = kept.row()
        assert whole._replace(data=row.data) == row
        return whole

    async with federation.running(store) as registry:
        (issued,) = await take(registry, letter)
        assert isinstance(issued, Final)
        first = written()
        question = federation.move(thread, Kind.QUESTION, HANGZHOU_RD, declared=QuestionDeclared(blocking=False))
        await take(registry, question)
        asked = written()
        assert (asked.last_leaf, asked.data) != (first.last_leaf, first.data)
        signed = federation.move(thread, Kind.SIGNED_FOR, CHENGDU_RD, base=parse_entry(issued.entry))
        answer = federation.move(thread, Kind.ANSWER, CHENGDU_RD, in_reply_to=question.header.ref)
        results = await take(registry, signed, answer, bureau=CHENGDU)
        assert [isinstance(each, Final) and each.accepted for each in results] == [True, True]
        moved = written()
        assert moved.state != first.state
    store = open_store(federation.settings)
    async with federation.running(store) as registry:
        for blocking in (False, True):  # the second starts a clock
            asks = federation.move(thread, Kind.QUESTION, HANGZHOU_RD, declared=QuestionDeclared(blocking=blocking))
            await take(registry, asks)
            later = written()
            assert later.last_leaf > moved.last_leaf
            alike = later._replace(data=b"", last_leaf=0) == moved._replace(data=b"", last_leaf=0)
            assert alike is not blocking
            moved = later


async def test_a_stored_state_stays_behind_neutral_entries_and_is_made_up_for(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_MOST_BEHIND", 4)  # in place of 64: the bound is met within a short test
    store = open_store(federation.settings)
    letter = federation.letter()
    name = letter.header.thread_id

    def behind() -> int:
        kept = read_threads(store, [name])[name]
        assert kept.written == thread_from_bytes(store.threads([name])[name].data)
        return kept.state.sequence - kept.written.sequence

    async def ask(registry: Registry, count: int) -> list[Entry]:
        asks = [
            federation.move(letter.header, Kind.QUESTION, HANGZHOU_RD, declared=QuestionDeclared(blocking=False))
            for _ in range(count)
        ]
        results = await take(registry, *asks)
        return [parse_entry(each.entry) for each in results if isinstance(each, Final) and each.accepted]

    async with federation.running(store) as registry:
        (issued,) = await take(registry, letter)
        assert isinstance(issued, Final)
        found = []
        for count in (1, 2, 1, 1, 3):
            entries = await ask(registry, count)
            found.append(behind())
        assert found == [1, 3, 4, 0, 3], "written again when more than four came"
    store = open_store(federation.settings)
    async with federation.running(store) as registry:
        before = read_threads(store, [name])[name].state
        assert (before.sequence, before.last_entry_digest) == (9, entries[-1].digest)
        assert (before.state_version, before.changed_at) == (entries[-1].state_version, entries[-1].accepted_at)
        assert [past.sequence for past in before.recent] == list(range(2, 10))
        signed = federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=entries[-1])
        (result,) = await take(registry, signed, bureau=CHENGDU)
        assert isinstance(result, Final)
        entry = parse_entry(result.entry)
        assert (entry.thread_sequence, entry.previous_entry_digest) == (10, entries[-1].digest)
        assert entry.state_version == before.state_version + 1
        assert behind() == 0, "a move writes it whole"


async def test_refusals_have_no_place_in_the_thread(federation: Federation) -> None:
    async with federation.running() as registry:
        letter = federation.letter()
        (issued,) = await take(registry, letter)
        assert isinstance(issued, Final)
        base = parse_entry(issued.entry)
        refused = federation.move(letter.header, Kind.COMPLETED, CHENGDU_RD, base=base)
        signed = federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=base)
        first, second = await take(registry, refused, signed, bureau=CHENGDU)
        assert isinstance(first, Final)
        assert isinstance(second, Final)
        entry = parse_entry(first.entry)
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert (entry.detail.accepted, entry.thread_sequence, entry.previous_entry_digest) == (False, 0, b"")
        assert parse_entry(second.entry).thread_sequence == 2
        assert parse_entry(second.entry).previous_entry_digest == base.digest
        items = registry.database.store.mailbox(CHENGDU_RD, 0, 10)
        assert len(items) == 1, "a refusal goes to its sender alone"


async def test_stored_refusals_of_a_day_are_bounded(federation: Federation) -> None:
    federation.settings.quotas = Quotas(refusals_a_day=2)
    async with federation.running() as registry:
        letter = federation.letter()
        await take(registry, letter)
        moves = [federation.move(letter.header, Kind.COMPLETED, CHENGDU_RD) for _ in range(3)]
        results = await take(registry, *moves, bureau=CHENGDU)
        assert [isinstance(result, Final) for result in results] == [True, True, False]
        assert results[2] == NotFinal(Reason.QUOTA_EXCEEDED, {"quota": "refusals"})


async def test_stopping_tells_those_who_wait(federation: Federation) -> None:
    registry: Registry
    async with federation.running() as registry:
        pass
    assert await take(registry, federation.letter()) == [NotFinal(Reason.STOPPING)]


class Weighing:
    """A job that only weighs."""

    def __init__(self, name: str, weight: int = 1) -> None:
        self.name = name
        self.weight = weight
        self.size = 1


def waiting(name: str, count: int) -> list[Waiting]:
    outcomes = Outcomes(count, asyncio.get_running_loop().create_future())
    return [Waiting(Weighing(name), outcomes, place) for place in range(count)]  # type: ignore[arg-type]  # weighs only


async def test_bureaus_take_turns() -> None:
    queue = FairQueue(most_of_one=100, most=1000)
    queue.put("flood", waiting("flood", 90))
    queue.put("honest", waiting("honest", 2))
    queue.put("other", waiting("other", 1))
    taken = [each.job.name for each in await queue.take(weight=6, size=100)]  # type: ignore[attr-defined]  # as above
    assert taken == ["flood", "honest", "other", "flood", "honest", "flood"]
    with pytest.raises(Refusal) as caught:
        queue.put("flood", waiting("flood", 50))
    assert caught.value.reason is Reason.QUOTA_EXCEEDED
    queue.put("honest", waiting("honest", 50))
    rest = await queue.take(weight=1000, size=1000)
    assert len(rest) == 93 + 50 - 6
    assert queue.total == 0


async def test_patient_jobs_go_with_the_next_others_or_after_a_while_alone() -> None:
    queue = FairQueue(most_of_one=100, most=1000)
    queue.put("idle", waiting("idle", 1), patient=True)
    async with asyncio.timeout(5):
        assert len(await queue.take(weight=9, size=9)) == 1  # nobody asked for patience
    queue.patience = 30.0
    queue.put("patient", waiting("patient", 1), patient=True)
    taking = asyncio.create_task(queue.take(weight=9, size=9))
    await asyncio.sleep(0.05)
    assert not taking.done()
    queue.put("hurried", waiting("hurried", 1))
    async with asyncio.timeout(5):
        assert [each.job.name for each in await taking] == ["patient", "hurried"]  # type: ignore[attr-defined]  # as above
    queue.patience = 0.05
    queue.put("alone", waiting("alone", 1), patient=True)
    async with asyncio.timeout(5):
        assert len(await queue.take(weight=9, size=9)) == 1


async def test_there_is_patience_only_after_a_batch_of_several(federation: Federation) -> None:
    async with federation.running() as registry:
        queue = registry.writer._queue
        await take(registry, *(federation.letter() for _ in range(8)))
        assert queue.patience > 0
        await take(registry, federation.letter())
        assert queue.patience == 0
