"""Every store keeps the same promises: one suite for memory, SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from delegation.codes import Kind
from delegation.effects import Later
from delegation.merkle import consistency_proof, inclusion_proof, leaf_hash, verify_consistency, verify_inclusion
from registry.records import (
    AcknowledgedRow,
    AnswerRow,
    BodyRow,
    Changes,
    DrawCheckpointRow,
    EntryRow,
    EvidenceRow,
    Head,
    ItemKind,
    ListingRow,
    MailboxRow,
    MaterialRow,
    NegativeRow,
    SignedRosterRow,
    ThreadFilter,
    ThreadNews,
    ThreadRow,
    TokenRow,
)
from registry.schema import migrate
from registry.sql_engine import make_engine
from registry.store import HeadMoved, Store, StoreRejected
from registry.store_memory import MemoryStore
from registry.store_sql import SqlStore
from registry.tables import RegistryTable

NOON = datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)
HOME, HOST, ELSEWHERE = "330100RD01A", "510100RD01B", "440100RD01C"
DAY = timedelta(days=1)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    url = f"sqlite:///{tmp_path}/registry.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    engine = make_engine(url)
    migrate(engine)
    found = SqlStore(engine)
    yield found
    if request.param == "postgres":
        with engine.begin() as connection:
            for table in RegistryTable.metadata.sorted_tables:
                connection.execute(table.delete())
            connection.execute(text("INSERT INTO log_head VALUES (1, 0, 0, '', 0)"))
    found.close()


def an_answer(leaf: int, *, accepted: bool = True, thread: str = "T1", sequence: int = 1) -> AnswerRow:
    return AnswerRow(
        key=f"{HOME}/e{leaf}",
        header_digest=sha256(b"h%d" % leaf).digest(),
        accepted=accepted,
        leaf_index=leaf,
        kind=1,
        sender_unit=HOME,
        thread_id=thread,
        sequence=sequence if accepted else 0,
        header=b"header %d" % leaf if accepted else b"",
        signatures=b"signatures",
        at=NOON,
    )


def a_thread(thread_id: str = "T1", *, deadline: str = "", leaf: int = 0, closed: bool = False) -> ThreadRow:
    return ThreadRow(
        thread_id=thread_id,
        data=b"state",
        thread_type=1,
        matter=1,
        home_unit=HOME,
        host_unit=HOST,
        state="issued",
        turn=HOST,
        closed=closed,
        on_paper=False,
        next_deadline=deadline,
        earliest_due=deadline,
        last_leaf=leaf,
        opened_at=NOON,
        changed_at=NOON,
        reported_at=None,
    )


def grown(head: Head, leaves: int, **more: object) -> Changes:
    """A transaction of so many leaves, with more rows."""
    data = [b"entry %d" % (head.size + i) for i in range(leaves)]
    digests = [sha256(each).digest() for each in data]
    frontier, nodes = head.frontier.grow(leaf_hash(digest) for digest in digests)
    entries = [
        EntryRow(head.size + i, "envelope", each, digest)
        for i, (each, digest) in enumerate(zip(data, digests, strict=True))
    ]
    changes = Changes(
        epoch=head.epoch, old_size=head.size, head=Head(head.epoch, frontier, NOON), entries=entries, nodes=nodes
    )
    return replace(changes, **more)  # type: ignore[arg-type]  # rows by their field's name


def test_an_empty_store_has_an_empty_log(store: Store) -> None:
    head = store.head()
    assert (head.epoch, head.size) == (0, 0)
    assert store.newest_statement() is None
    assert store.heartbeat() is None
    assert store.mailbox_heads([HOME]) == {HOME: 0}


def test_commit_moves_the_head_and_keeps_every_row(store: Store) -> None:
    head = store.claim(None)
    changes = grown(
        head,
        3,
        answers=[an_answer(0), an_answer(1, accepted=False), an_answer(2, sequence=2)],
        bodies=[BodyRow(0, b"sealed", NOON)],
        threads=[a_thread(deadline="2026-12-01")],
        mailbox=[MailboxRow(HOST, 1, ItemKind.ENVELOPE, 0), MailboxRow(HOST, 2, ItemKind.ENVELOPE, 2)],
    )
    store.commit(changes)

    assert store.head() == changes.head
    answers = store.answers([f"{HOME}/e0", f"{HOME}/e1", f"{HOME}/none"])
    assert {key: (a.accepted, a.leaf_index, a.entry) for key, a in answers.items()} == {
        f"{HOME}/e0": (True, 0, b"entry 0"),
        f"{HOME}/e1": (False, 1, b"entry 1"),
    }
    assert store.headers([f"{HOME}/e0", f"{HOME}/e1"]) == {f"{HOME}/e0": b"header 0"}
    assert store.threads(["T1", "T2"]) == {"T1": a_thread(deadline="2026-12-01")}
    assert store.mailbox_heads([HOME, HOST]) == {HOME: 0, HOST: 2}
    first, second = store.mailbox(HOST, 0, 10)
    assert (first.cursor, first.header, first.sealed_body, first.entry) == (1, b"header 0", b"sealed", b"entry 0")
    assert (second.cursor, second.sealed_body) == (2, b"")
    assert store.mailbox(HOST, 1, 10) == [second]
    assert [item.sequence for item in store.thread_page("T1", 1, 10, True)] == [1, 2]
    assert [item.sealed_body for item in store.thread_page("T1", 1, 1, True)] == [b"sealed"]
    assert [item.sealed_body for item in store.thread_page("T1", 1, 1, False)] == [b""]
    assert store.count_refusals([HOME], NOON) == 1
    assert store.count_refusals([HOME], NOON + DAY) == 0
    assert store.count_waiting(HOST) == 2
    assert store.count_open_threads([HOME]) == 1
    assert store.count_open_threads([HOST]) == 0


def test_a_writer_whose_head_moved_writes_nothing(store: Store) -> None:
    old = store.claim(None)
    new = store.claim(None)
    assert new.epoch == old.epoch + 1
    with pytest.raises(HeadMoved):
        store.commit(grown(old, 1, answers=[an_answer(0)]))
    assert store.head().size == 0
    assert store.answers([f"{HOME}/e0"]) == {}
    store.commit(grown(new, 1))
    with pytest.raises(HeadMoved):  # the same epoch, another size
        store.commit(grown(new, 1))
    with pytest.raises(HeadMoved):
        store.claim(new.epoch)
    assert store.claim(new.epoch + 5).epoch == new.epoch + 5


def test_a_rejected_transaction_leaves_nothing(store: Store) -> None:
    head = store.claim(None)
    store.commit(grown(head, 1, answers=[an_answer(0)]))
    head = store.head()
    with pytest.raises(StoreRejected):
        store.commit(grown(head, 2, answers=[an_answer(1), an_answer(0)._replace(leaf_index=2)]))
    assert store.head() == head
    assert store.answers([f"{HOME}/e1"]) == {}


def test_proofs_come_from_what_is_stored(store: Store) -> None:
    head = store.claim(None)
    roots = {0: head.frontier.root()}
    for leaves in (1, 2, 4, 6, 30):
        store.commit(grown(head, leaves))
        head = store.head()
        roots[head.size] = head.frontier.root()
    every = {(level, index) for level in range(7) for index in range(44)}
    found = store.node_hashes(every)
    assert set(found) == {(level, index) for level, index in every if (index + 1) << level <= 43}, "complete ones alone"

    def get(level: int, index: int) -> bytes:
        return found[level, index]

    for index in range(43):
        leaf = leaf_hash(sha256(b"entry %d" % index).digest())
        verify_inclusion(index=index, size=43, leaf=leaf, proof=inclusion_proof(index, 43, get), root=roots[43])
    for old in (1, 3, 7, 13):
        verify_consistency(
            old_size=old,
            new_size=43,
            old_root=roots[old],
            new_root=roots[43],
            proof=consistency_proof(old, 43, get),
        )


def test_acknowledgements_evidence_and_batches(store: Store) -> None:
    head = store.claim(None)
    listing = ListingRow(HOME, "T1", "m1", 0)
    store.commit(
        grown(head, 1, answers=[an_answer(0)], listings=[listing], mailbox=[MailboxRow(HOST, 1, ItemKind.ENVELOPE, 0)])
    )
    (found,) = store.delivered([(HOST, 1), (HOST, 2), (HOME, 1)]).values()
    assert (found.leaf_index, found.sender_unit, found.thread_id, found.status, found.materials) == (
        0,
        HOME,
        "T1",
        0,
        1,
    )
    store.commit(
        grown(
            store.head(),
            1,
            acknowledged=[AcknowledgedRow(HOST, 1, 2, NOON)],
            evidence=[EvidenceRow(1024, 0, 1, b"evidence")],
            mailbox=[MailboxRow(HOME, 1, ItemKind.EVIDENCE, 1024)],
            batches=[(b"batch", 1)],
        )
    )
    assert store.delivered([(HOST, 1)])[HOST, 1].status == 2
    assert store.delivered([(HOME, 1)]) == {}, "evidence is not acknowledged"
    assert store.count_waiting(HOST) == 0
    assert store.batch(b"batch") == b"entry 1"
    assert store.batch(b"other") is None
    (item,) = store.mailbox(HOME, 0, 10)
    assert (item.kind, item.evidence, item.entry) == (ItemKind.EVIDENCE, b"evidence", b"entry 1")
    assert store.evidence([0]) == [(0, b"evidence", b"entry 1")]
    assert store.evidence([1]) == []
    assert store.listings("T1", "m1") == [(HOME, b"header 0")]


def test_news_of_a_thread_leave_its_other_columns_as_they_are(store: Store) -> None:
    head = store.claim(None)
    store.commit(changes := grown(head, 1, threads=[a_thread("T1", deadline="2026-12-02"), a_thread("T2")]))
    store.commit(grown(changes.head, 1, news=[ThreadNews("T1", b"later", 7, NOON + DAY)]))
    changed = a_thread("T1", deadline="2026-12-02")._replace(data=b"later", last_leaf=7, changed_at=NOON + DAY)
    assert store.threads(["T1", "T2"]) == {"T1": changed, "T2": a_thread("T2")}
    store.commit(grown(store.head(), 1, news=[ThreadNews("T1", None, 9, NOON), ThreadNews("T2", b"other", 10, NOON)]))
    changed = changed._replace(last_leaf=9, changed_at=NOON)
    assert store.threads(["T1", "T2"]) == {
        "T1": changed,
        "T2": a_thread("T2")._replace(data=b"other", last_leaf=10, changed_at=NOON),
    }
    assert [seen.row.thread_id for seen in store.list_threads(ThreadFilter(from_leaf=8))] == ["T1", "T2"]


def test_entries_since_a_state_are_those_accepted_up_to_the_rows_last_leaf(store: Store) -> None:
    answers = [
        an_answer(0),
        an_answer(1, sequence=2),
        an_answer(2, accepted=False),
        an_answer(3, thread="T2", sequence=2),
        an_answer(4, sequence=3),
        an_answer(5, sequence=4),
    ]
    store.commit(grown(store.claim(None), 6, answers=answers, threads=[a_thread(leaf=4)]))
    later = store.entered_since("T1", 1, 4)
    assert [each.sequence for each in later] == [2, 3]
    kind, digest = Kind(1), sha256(b"entry 1").digest()
    assert later[0] == Later(2, kind, HOME, digest, sha256(b"h1").digest(), NOON)
    assert store.entered_since("T1", 3, 4) == store.entered_since("T3", 0, 9) == []


def test_news_of_a_thread_that_is_not_there_are_rejected_with_all_else(store: Store) -> None:
    head = store.claim(None)
    store.commit(changes := grown(head, 1, threads=[a_thread("T1")]))
    news = [ThreadNews("T1", b"later", 1, NOON), ThreadNews("T2", b"later", 1, NOON)]
    with pytest.raises(StoreRejected):
        store.commit(grown(changes.head, 1, news=news))
    assert store.head() == changes.head
    assert store.threads(["T1"]) == {"T1": a_thread("T1")}


def test_threads_are_found_by_their_deadline_and_negatives_by_thread(store: Store) -> None:
    head = store.claim(None)
    threads = [a_thread("T1", deadline="2026-12-02"), a_thread("T2", deadline="2026-12-01"), a_thread("T3")]
    store.commit(grown(head, 1, threads=threads))
    assert store.due_threads("2026-12-01", 10) == []
    assert store.due_threads("2026-12-02", 10) == ["T2"]
    assert store.due_threads("2026-12-03", 10) == ["T2", "T1"]
    assert store.due_threads("2026-12-03", 1) == ["T2"]
    store.commit(
        grown(
            store.head(),
            1,
            threads=[a_thread("T2", closed=True)],
            negatives=[NegativeRow("T2", 1, f"{HOME}/e0", NOON)],
            mailbox=[MailboxRow(HOME, 1, ItemKind.NEGATIVE, 1)],
        )
    )
    assert store.due_threads("2026-12-03", 10) == ["T1"]
    assert store.open_threads("", 10) == ["T1", "T3"]
    assert store.open_threads("T1", 10) == ["T3"]
    assert store.negatives("T2") == [b"entry 1"]
    (item,) = store.mailbox(HOME, 0, 10)
    assert (item.kind, item.entry) == (ItemKind.NEGATIVE, b"entry 1")


def a_roster(version: int, statement: bytes, at: datetime) -> SignedRosterRow:
    return SignedRosterRow(version, b"roster %d" % version, statement, b"sig", sha256(statement).digest(), -1, at)


def test_the_newest_statement_of_the_newest_roster_is_in_force(store: Store) -> None:
    first, renewed, second = (
        a_roster(1, b"one", NOON),
        a_roster(1, b"one renewed", NOON + DAY),
        a_roster(2, b"two", NOON + DAY),
    )
    store.publish(first)
    store.publish(first)
    store.publish(renewed)
    assert store.newest_statement() == (1, renewed.statement_digest)
    store.publish(second)
    assert store.newest_statement() == (2, second.statement_digest)
    assert store.roster(0) == second
    assert store.roster(1) == renewed
    assert store.roster(7) is None
    assert store.statements_to_log() == [first, renewed, second]
    store.commit(grown(store.claim(None), 1, statements=[(first.statement_digest, 0)]))
    assert store.statements_to_log() == [renewed, second]


def test_a_token_is_used_once(store: Store) -> None:
    store.add_token(TokenRow(token_hash=b"hash", bureau="330100", expires_at=NOON))
    assert store.token(b"other") is None
    assert store.use_token(b"hash", used_for=b"requests", answer=b"certificates")
    assert not store.use_token(b"hash", used_for=b"others", answer=b"more")
    found = store.token(b"hash")
    assert found is not None
    assert (found.used_for, found.answer, found.expires_at) == (b"requests", b"certificates", NOON)


def a_material(material_id: str, *, complete: bool = False, at: datetime = NOON) -> MaterialRow:
    return MaterialRow(
        unit=HOME,
        thread_id="T1",
        material_id=material_id,
        root=b"root",
        sealed_size=100,
        chunk_count=1,
        leaf_hashes=b"leaf",
        complete=complete,
        created_at=at,
    )


def test_materials_are_kept_and_replaced(store: Store) -> None:
    store.put_material(a_material("m1"))
    store.put_material(a_material("m1", complete=True))
    assert store.material(HOME, "T1", "m1") == a_material("m1", complete=True)
    assert store.material(HOST, "T1", "m1") is None
    assert store.uploaded_bytes([HOME], since=NOON) == 100
    assert store.uploaded_bytes([HOME], since=NOON + DAY) == 0
    store.delete_material(HOME, "T1", "m1")
    assert store.material(HOME, "T1", "m1") is None


def test_retention_waits_for_the_last_addressee(store: Store) -> None:
    mailbox = [MailboxRow(HOST, 1, ItemKind.ENVELOPE, 0), MailboxRow(ELSEWHERE, 1, ItemKind.ENVELOPE, 0)]
    answers = [an_answer(0), an_answer(1, sequence=2)]
    bodies = [BodyRow(0, b"a", NOON), BodyRow(1, b"b", NOON)]
    head = store.claim(None)
    store.commit(grown(head, 2, answers=answers, bodies=bodies, mailbox=mailbox))

    def stale(days_applied: int, days_undelivered: int) -> list[int]:
        return store.stale_bodies(
            applied_before=NOON + days_applied * DAY, undelivered_before=NOON + days_undelivered * DAY, limit=10
        )

    assert stale(0, 0) == []
    assert stale(1, 0) == [1], "a letter to nobody else counts from its own day"
    assert stale(1, 1) == [0, 1]
    store.commit(grown(store.head(), 1, acknowledged=[AcknowledgedRow(HOST, 1, 2, NOON + DAY)]))
    assert stale(9, 0) == [1]
    store.commit(grown(store.head(), 1, negatives=[NegativeRow("T1", 3, f"{HOME}/e0", NOON + 5 * DAY)]))
    assert stale(1, 4) == [1]
    assert stale(1, 6) == [0, 1]
    store.commit(grown(store.head(), 1, acknowledged=[AcknowledgedRow(ELSEWHERE, 1, 2, NOON + 7 * DAY)]))
    assert stale(7, 9) == [1]
    assert stale(8, 9) == [0, 1]
    store.delete_bodies([0])
    assert stale(8, 9) == [1]
    (item,) = store.mailbox(HOST, 0, 5)
    assert (item.header, item.sealed_body) == (b"header 0", b"")


def test_retention_of_materials(store: Store) -> None:
    for material_id in ("held", "orphan", "waiting"):
        store.put_material(a_material(material_id))
    head = store.claim(None)
    store.commit(
        grown(
            head,
            2,
            answers=[an_answer(0), an_answer(1, sequence=2)],
            mailbox=[MailboxRow(HOST, 1, ItemKind.ENVELOPE, 0), MailboxRow(HOST, 2, ItemKind.ENVELOPE, 1)],
            listings=[ListingRow(HOME, "T1", "held", 0), ListingRow(HOME, "T1", "waiting", 1)],
            acknowledged=[AcknowledgedRow(HOST, 1, 6, NOON), AcknowledgedRow(HOST, 2, 2, NOON)],
        )
    )

    def stale(held: int, undelivered: int, orphans: int) -> list[str]:
        found = store.stale_materials(
            held_before=NOON + held * DAY,
            undelivered_before=NOON + undelivered * DAY,
            orphans_before=NOON + orphans * DAY,
            limit=10,
        )
        return [name[2] for name in found]

    assert stale(0, 0, 0) == []
    assert stale(0, 0, 1) == ["orphan"]
    assert stale(1, 0, 0) == ["held"]
    assert stale(1, 1, 1) == ["held", "orphan", "waiting"]


def test_the_heartbeat_is_kept(store: Store) -> None:
    store.beat(NOON)
    store.beat(NOON + DAY)
    assert store.heartbeat() == NOON + DAY


def test_draw_checkpoints_are_kept_with_their_transaction(store: Store) -> None:
    def at(head: Head, leaf: int, unit: str, *, thread: str = "T1", leg: int = 1, draw: int = 1) -> DrawCheckpointRow:
        return DrawCheckpointRow(leaf, thread, leg, draw, unit, head.size + 1, b"\xff" * 31 + bytes([leaf]))

    head = store.claim(None)
    rows = [at(head, 0, HOST)]
    store.commit(grown(head, 1, draws=rows))
    for more in ({"unit": HOME}, {"unit": HOME, "draw": 2}, {"unit": HOME, "leg": 2}, {"unit": HOME, "thread": "T2"}):
        head = store.head()
        rows.append(at(head, head.size, **more))
        store.commit(grown(head, 1, draws=rows[-1:]))
    assert store.draw_checkpoints("T1", 1, 1) == rows[:2]
    assert store.draw_checkpoints("T1", 1, 2) == [rows[2]]
    assert store.draw_checkpoints("T2", 1, 1) == [rows[4]]
    assert store.draw_checkpoints("T3", 1, 1) == []
    assert [store.draw_checkpoint(leaf) for leaf in range(6)] == [*rows, None]
    head = store.head()
    with pytest.raises(HeadMoved):  # what is not committed leaves nothing behind
        store.commit(grown(replace(head, epoch=head.epoch + 1), 1, draws=[at(head, 77, HOST)]))
    assert store.draw_checkpoint(77) is None
