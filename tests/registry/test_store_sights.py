"""What provinces see of a store: memory, SQLite and PostgreSQL alike."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from delegation.codes import LegalBasis, Matter, Priority, Procedure, ThreadType
from delegation.model import ClockFacts, EnvelopeRef
from delegation.roster_view import UnitType
from delegation.thread_json import thread_bytes
from delegation.thread_state import FormerHost, LetterFacts, ThreadState
from registry.records import (
    OPEN,
    AcknowledgedRow,
    AnswerRow,
    ItemKind,
    LateSight,
    MailboxRow,
    MailWaiting,
    NegativeRow,
    SightEnd,
    SightRow,
    ThreadFilter,
    ThreadRow,
)
from registry.schema import migrate
from registry.sql_engine import make_engine
from registry.store import Store
from registry.store_sql import SqlStore
from registry.tables import RegistryTable
from tests.builders import code_of
from tests.registry.test_store import DAY, ELSEWHERE, HOME, HOST, NOON, a_thread, an_answer, grown, store
from tests.registry.test_store_files import BEFORE_SIGHTS

__all__ = ["store"]  # the fixture


def an_envelope(leaf: int, thread: str, sequence: int) -> AnswerRow:
    return an_answer(leaf, thread=thread, sequence=sequence)


def a_history(store: Store) -> None:
    """T1: 33 to 51, then from leaf 4 on to 44, and from leaf 7 on to 51 again. T2: within 44. Leaf 5 is evidence."""
    head = store.claim(None)
    began = [SightRow("33", "T1", 0, False), SightRow("51", "T1", 0, False), SightRow("44", "T2", 1, False)]
    second = a_thread("T2", leaf=1)._replace(home_unit=ELSEWHERE, host_unit=ELSEWHERE, matter=10, on_paper=True)
    answers = [an_envelope(0, "T1", 1), an_envelope(1, "T2", 1), an_envelope(2, "T1", 2)]
    first = a_thread("T1", leaf=2)._replace(state="transferred")
    changes = grown(head, 3, threads=[first, second], answers=answers, sights=began)
    store.commit(changes)
    refused = an_answer(3, accepted=False)
    moved = a_thread("T1", deadline="2026-12-01", leaf=6)._replace(host_unit=ELSEWHERE, changed_at=NOON + DAY)
    answers = [refused, an_envelope(4, "T1", 3), an_envelope(6, "T1", 4)]
    store.commit(
        grown(
            changes.head,
            4,
            threads=[moved],
            answers=answers,
            negatives=[NegativeRow("T1", 5, f"{HOME}/e4", NOON)],
            sights=[SightRow("44", "T1", 4, True)],
            sights_ended=[SightEnd("51", first)],
        )
    )


def back_again(store: Store) -> None:
    head = store.head()
    last = a_thread("T1", deadline="2026-12-01", leaf=6)._replace(host_unit=ELSEWHERE, changed_at=NOON + DAY)
    back = a_thread("T1", leaf=7)
    store.commit(
        grown(
            head,
            1,
            threads=[back],
            answers=[an_envelope(7, "T1", 5)],
            sights=[SightRow("51", "T1", 7, True)],
            sights_ended=[SightEnd("44", last)],
        )
    )


def listed(store: Store, **wanted: object) -> list[str]:
    return [seen.row.thread_id for seen in store.list_threads(ThreadFilter(**wanted))]  # type: ignore[arg-type]  # by name


def leaves(store: Store, *regions: str, start: int = 0, end: int = 99, limit: int = 99) -> list[int]:
    return [row.leaf_index for row in store.watched(regions, start=start, end=end, limit=limit)]


def test_a_province_sees_a_leg_while_it_lasts(store: Store) -> None:
    a_history(store)
    assert leaves(store) == [0, 1, 2, 4, 5, 6]
    assert leaves(store, "33") == [0, 2, 4, 5, 6]
    assert leaves(store, "51") == [0, 2]
    assert leaves(store, "44") == [1, 4, 5, 6]
    assert leaves(store, "51", "44") == [0, 1, 2, 4, 5, 6]
    assert leaves(store, "11") == []
    assert leaves(store, "33", start=2, end=6) == [2, 4, 5]
    assert leaves(store, "33", limit=3) == [0, 2, 4]
    envelope, evidence = store.watched(("33",), start=4, end=6, limit=9)
    assert (envelope.thread_id, envelope.header, envelope.signatures) == ("T1", b"header 4", b"signatures")
    assert (evidence.thread_id, evidence.header, evidence.signatures, evidence.entry) == ("T1", b"", b"", b"entry 5")


def test_a_thread_that_comes_late_has_a_past(store: Store) -> None:
    a_history(store)
    assert store.late_sights(("44",), start=0, end=99) == [LateSight(4, "T1", -1)]
    assert store.late_sights(("44",), start=5, end=99) == []
    assert store.late_sights(("44",), start=0, end=4) == []
    assert store.late_sights(("33",), start=0, end=99) == []
    assert store.late_sights(("33", "44"), start=0, end=99) == []  # they see it already
    assert store.late_sights((), start=0, end=99) == []
    assert [row.leaf_index for row in store.past_of("T1", after=-1, before=4, limit=9)] == [0, 2]
    assert [row.leaf_index for row in store.past_of("T1", after=0, before=7, limit=3)] == [2, 4, 5]
    back_again(store)
    assert store.late_sights(("51",), start=0, end=99) == [LateSight(7, "T1", 2)]
    assert leaves(store, "51") == [0, 2, 7]
    assert leaves(store, "44") == [1, 4, 5, 6]


def test_who_lost_sight_sees_a_thread_as_it_stood(store: Store) -> None:
    a_history(store)
    seen = store.seen_thread("T1", ("51",))
    assert seen is not None
    assert (seen.until_leaf, seen.left, seen.row.host_unit, seen.row.state) == (2, True, HOST, "transferred")
    assert (seen.row.last_leaf, seen.row.changed_at, seen.row.earliest_due, seen.row.turn) == (2, NOON, "", "")
    assert listed(store, regions=("51",), host_unit=HOST) == ["T1"]
    assert listed(store, regions=("51",), host_unit=ELSEWHERE) == []
    assert listed(store, regions=("51",), state="transferred") == ["T1"]
    assert listed(store, regions=("51",), overdue_before="2027-01-01") == []
    assert listed(store, regions=("51",), changed_since=NOON + DAY) == []
    assert listed(store, regions=("51",), from_leaf=3) == []
    now = store.seen_thread("T1", ("33", "51"))
    assert now is not None
    assert (now.until_leaf, now.left, now.row.host_unit) == (OPEN, False, ELSEWHERE)
    assert store.seen_thread("T1", ("11",)) is None
    assert store.seen_thread("T3", ()) is None
    back_again(store)
    again = store.seen_thread("T1", ("51",))
    assert again is not None
    assert not again.left
    left = store.seen_thread("T1", ("44",))
    assert left is not None
    assert (left.until_leaf, left.row.host_unit, left.row.changed_at) == (6, ELSEWHERE, NOON + DAY)


def test_threads_are_listed_as_they_are_seen(store: Store) -> None:
    a_history(store)
    assert listed(store) == ["T1", "T2"]
    assert listed(store, limit=1) == ["T1"]
    assert listed(store, after_thread="T1") == ["T2"]
    assert listed(store, regions=("33",)) == ["T1"]
    assert listed(store, regions=("44",)) == ["T1", "T2"]
    assert listed(store, regions=("44", "51")) == ["T1", "T2"]
    assert listed(store, regions=("51",)) == ["T1"]
    assert listed(store, regions=("51",), after_thread="T1") == []
    assert listed(store, regions=("_3",)) == []
    assert listed(store, home_unit=ELSEWHERE) == ["T2"]
    assert listed(store, home_region="3301") == ["T1"]
    assert listed(store, host_region="44", home_region="33") == ["T1"]
    assert listed(store, home_region="_4") == []
    assert listed(store, matter=10) == ["T2"]
    assert listed(store, on_paper=True) == ["T2"]
    assert listed(store, on_paper=False) == ["T1"]
    assert listed(store, changed_since=NOON + DAY) == ["T1"]
    assert listed(store, overdue_before="2026-12-01") == []
    assert listed(store, overdue_before="2026-12-02") == ["T1"]
    assert listed(store, from_leaf=2) == ["T1"]
    assert listed(store, from_leaf=0) == ["T2", "T1"]
    assert listed(store, regions=("44",), from_leaf=0, limit=1) == ["T2"]


def test_figures_count_what_is_seen(store: Store) -> None:
    a_history(store)

    def pairs(**wanted: object) -> list[tuple[str, str]]:
        rows = store.flows(ThreadFilter(**wanted), start=NOON, end=NOON + DAY)  # type: ignore[arg-type]  # by name
        return sorted((row.home_region, row.host_region) for row in rows)

    assert pairs() == [("330100", "440100"), ("440100", "440100")]
    assert pairs(regions=("44",)) == [("330100", "440100"), ("440100", "440100")]
    assert pairs(regions=("51",)) == [("330100", "510100")]
    assert pairs(regions=("33",), host_region="51") == []
    assert store.flows(ThreadFilter(), start=NOON + DAY, end=NOON + 2 * DAY) == []


def test_a_sight_may_begin_and_end_in_one_transaction(store: Store) -> None:
    head = store.claim(None)
    first = a_thread("T1", leaf=0)
    store.commit(
        grown(
            head,
            3,
            threads=[a_thread("T1", leaf=2)],
            answers=[an_envelope(leaf, "T1", leaf + 1) for leaf in range(3)],
            sights=[SightRow("51", "T1", 0, False), SightRow("51", "T1", 2, True)],
            sights_ended=[SightEnd("51", first)],
        )
    )
    assert leaves(store, "51") == [0, 2]
    assert store.late_sights(("51",), start=0, end=9) == [LateSight(2, "T1", 0)]


def test_the_row_of_a_left_thread_says_nothing_of_later(store: Store) -> None:
    a_history(store)
    seen = store.seen_thread("T1", ("51",))
    assert seen is not None
    row: ThreadRow = seen.row
    assert row == replace_row(a_thread("T1", leaf=2))


def replace_row(row: ThreadRow) -> ThreadRow:
    return row._replace(state="transferred", turn="", closed=True)


def test_mail_that_waits_is_counted(store: Store) -> None:
    head = store.claim(None)
    mail = [MailboxRow(HOST, cursor, ItemKind.ENVELOPE, cursor) for cursor in range(1, 5)]
    answers = [an_answer(leaf, sequence=leaf + 1)._replace(at=NOON + leaf * DAY) for leaf in range(5)]
    mail += [MailboxRow(HOME, 1, ItemKind.ENVELOPE, 0), MailboxRow(HOME, 2, ItemKind.NEGATIVE, 4)]
    said = [AcknowledgedRow(HOST, 1, 2, NOON), AcknowledgedRow(HOST, 2, 1, NOON), AcknowledgedRow(HOME, 1, 1, NOON)]
    store.commit(grown(head, 5, answers=answers, mailbox=mail, acknowledged=said))
    assert store.mail_waiting() == [MailWaiting(HOME, 0, None, 1), MailWaiting(HOST, 2, NOON + 3 * DAY, 1)]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_threads_of_before_get_their_sights(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/registry.db" if database == "sqlite" else request.getfixturevalue("postgres_url")
    engine = make_engine(url)
    migrate(engine)
    store = SqlStore(engine)
    letter = LetterFacts(
        ref=EnvelopeRef(HOME, "e0", bytes(32)),
        commitment=bytes(32),
        place=None,
        clock=ClockFacts(None, None, Procedure.UNSPECIFIED, ()),
        priority=Priority.NORMAL,
        agreement_id="",
        legal_basis=LegalBasis.UNSPECIFIED,
        items=1,
        mandatory_items=1,
        on_paper=True,
    )
    state = ThreadState(
        thread_id="T1",
        thread_type=ThreadType.DELEGATION,
        matter=Matter.INVESTIGATION,
        case_id="",
        home_unit=HOME,
        host_unit=ELSEWHERE,
        provinces=(code_of("330000", UnitType.PROVINCIAL),),
        leg=2,
        sequence=4,
        letter=letter,
        former_hosts=(FormerHost(HOST, 1, 2, False),),
    )
    row = a_thread("T1", leaf=3)._replace(data=thread_bytes(state), host_unit=ELSEWHERE)
    answers = [an_envelope(leaf, "T1", leaf + 1) for leaf in range(4)]
    store.commit(grown(store.claim(None), 4, threads=[row], answers=answers))
    with engine.begin() as connection:
        for statement in BEFORE_SIGHTS:
            connection.execute(text(statement))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    migrate(engine)
    assert leaves(store, "33") == [0, 1, 2, 3]
    assert leaves(store, "44") == [0, 1, 2, 3]
    assert leaves(store, "51") == [0, 1]
    assert store.late_sights(("33", "44", "51"), start=0, end=9) == []
    seen = store.seen_thread("T1", ("51",))
    assert seen is not None
    assert (seen.row.host_unit, seen.row.state, seen.left) == (HOST, "transferred", True)
    assert listed(store, regions=("44",), on_paper=True) == ["T1"]
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), RegistryTable.metadata) == []
        for table in RegistryTable.metadata.sorted_tables:
            connection.execute(table.delete())
        connection.execute(text("INSERT INTO log_head VALUES (1, 0, 0, '', 0)"))
    store.close()
