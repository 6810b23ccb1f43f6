"""Verification of a real thread: whole it holds, altered anywhere it does not."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from certs.keys import new_ed25519, save_private
from certs.trust import Trust, verify_roster
from delegation.codec_entry import entry_bytes, parse_entry
from delegation.codec_header import parse_header
from delegation.codec_roster import parse_roster_statement, parse_signed_roster
from delegation.errors import Reason, Refusal
from delegation.model import Entry, EntryKind, NegativeEvidence
from delegation.thread_json import thread_from_bytes
from node.settings import NodeSettings
from node.verification.report import Doubt, Status, VerificationReport
from node.verify import HeldEvidence, open_for_verification, verify_thread
from tests.node.story import FakeLog, Story, live
from tests.node.world import CHENGDU, World, now, regions
from xieban.federation.v1 import exchange_pb2 as exchange

# Nothing signed speaks of these: counters, instants and states of the node's own, and what it typed for people.
BOOKKEEPING = {
    "threads": {"version", "created_at", "changed_at", "change_number"},
    "materials": {"state", "chunks_done", "cursor", "added_at"},
    "outbox": {"number", "state", "reason", "details", "queued_at", "tried_at"},
    "rosters": {"received_at"},
}
# These take a row away that may never have come: that it is not here is told, and is all that can be.
ABSENT = {("deliveries", "thread_id"), ("meta", "name")}
BY_THREAD = ("threads", "parties", "entries", "deliveries", "negatives", "lookups", "outbox")
Value = bytes | str | int


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return live(tmp_path_factory.mktemp("story"))


class Desk:
    """A copy of one node's folder that tests alter, with a log that knows its entries."""

    def __init__(self, story: Story, settings: NodeSettings, folder: Path) -> None:
        shutil.copytree(settings.data_dir, folder)
        self.story = story
        self.settings = settings.model_copy(update={"data_dir": folder})
        self.path = folder / "node.db"
        entries = [parse_entry(_blob(data)) for [data] in self.read("SELECT entry FROM entries")]
        digests = {entry.leaf_index: entry.digest for entry in entries}
        held = self.open()
        rows = held.rows(story.thread_id)
        asyncio.run(held.close())
        for record in rows.deliveries:
            evidence = _entry_of(record.evidence)
            digests[evidence.leaf_index] = evidence.digest
        self.digests = digests
        self.trust = self._trust()
        self.log = self._log()

    def _trust(self) -> Trust:
        [[signed]] = self.read("SELECT signed FROM rosters ORDER BY version DESC LIMIT 1")
        seal = (self.settings.keys_dir / "seal-authority.der").read_bytes()
        return verify_roster(_blob(signed), seal_authority=seal, regions=regions(), at=now())

    def _log(self) -> FakeLog:
        log = FakeLog(self.story, self.digests, origin=self.trust.view.registry.log_origin)
        self.write("INSERT OR REPLACE INTO meta (name, value) VALUES ('log.proven', ?)", (log.note(log.size - 2),))
        return log

    def read(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as database:
            return database.execute(statement, values).fetchall()

    def write(self, statement: str, values: tuple[object, ...] = ()) -> None:
        with closing(sqlite3.connect(self.path)) as database:
            changed = database.execute(statement, values).rowcount
            database.commit()
        assert changed == 1

    def open(self) -> HeldEvidence:
        return open_for_verification(self.settings, clock=now, online=False, regions=regions())

    def verify(self, *, online: bool = True) -> VerificationReport:
        held = self.open()
        if online:
            held = replace(held, proofs=self.log)

        async def run() -> VerificationReport:
            try:
                return await verify_thread(held, self.story.thread_id, at=now())
            finally:
                await held.close()

        return asyncio.run(run())


def _blob(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


def _entry_of(evidence: bytes) -> Entry:
    return parse_entry(exchange.DeliveryEvidence.FromString(evidence).entry)


@pytest.fixture(params=["home", "host"])
def desk(request: pytest.FixtureRequest, story: Story, tmp_path: Path) -> Desk:
    return Desk(story, getattr(story, request.param), tmp_path / "copy")


@pytest.fixture
def host(story: Story, tmp_path: Path) -> Desk:
    return Desk(story, story.host, tmp_path / "copy")


def lines(report: VerificationReport, status: Status) -> set[tuple[str, str]]:
    return {(check.name, check.reason) for check in report.checks if check.status is status}


def test_a_running_node_verifies_against_the_real_log(story: Story) -> None:
    for report in (story.running_home, story.running_host):
        assert report.failed == ()
        assert report.online
        assert report.log_size > report.entries == 7
        assert lines(report, Status.NOT_CHECKABLE) == {("column", Doubt.BOOKKEEPING)}
        names = {check.name for check in report.checks}
        assert {"inclusion", "delivery_inclusion", "consistency", "signatures", "content", "chain"} <= names
        assert sum(check.name == "state_version" for check in report.checks) == 7


def test_a_stopped_node_verifies_too(desk: Desk) -> None:
    assert desk.verify().failed == ()


def test_no_line_holds_case_text(story: Story) -> None:
    for text in ("王小明", "11010519491231002X", "某某科技", "笔录", "市一医院"):
        assert text not in repr(story.running_home.checks)


def test_offline_says_what_it_could_not_look_into(desk: Desk) -> None:
    report = desk.verify(online=False)
    assert report.ok
    assert not report.online
    open_lines = lines(report, Status.NOT_CHECKABLE)
    assert ("newest_checkpoint", Doubt.OFFLINE) in open_lines
    for [name] in desk.read("SELECT name FROM meta WHERE name LIKE 'log.proof/%'"):
        desk.write("DELETE FROM meta WHERE name = ?", (name,))
    open_lines = lines(desk.verify(online=False), Status.NOT_CHECKABLE)
    assert ("inclusion", Doubt.OFFLINE) in open_lines  # as before their proofs were fetched
    assert ("delivery_inclusion", Doubt.OFFLINE) in open_lines
    desk.log.away = True
    assert ("newest_checkpoint", Reason.UNAVAILABLE) in lines(desk.verify(), Status.NOT_CHECKABLE)


def altered(value: Value, turn: int) -> Value:
    """Another value of the same type: one bit at one of the ends or in the middle, by turns."""
    if isinstance(value, bytes):
        position = (0, len(value) // 2, len(value) - 1)[turn % 3]
        return value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :] if value else b"\x01"
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    return 1 - value if value in (0, 1) else value + 1000


def rows_of(desk: Desk) -> Iterator[tuple[str, int]]:
    """Every row that bears on the thread."""
    ref = desk.story.thread_id
    for table in BY_THREAD:
        for [rowid] in desk.read(f"SELECT rowid FROM {table} WHERE thread_id = ?", (ref,)):  # noqa: S608 - our names
            yield table, int(str(rowid))
    for table in ("data_keys", "materials"):
        for [rowid] in desk.read(f"SELECT rowid FROM {table} WHERE subject_id = ?", (ref,)):  # noqa: S608 - as above
            yield table, int(str(rowid))
    for table in ("rosters", "meta"):
        where = "WHERE name = 'log.proven'" if table == "meta" else "ORDER BY version DESC LIMIT 1"
        for [rowid] in desk.read(f"SELECT rowid FROM {table} {where}"):  # noqa: S608 - as above
            yield table, int(str(rowid))


def test_an_altered_column_anywhere_fails(desk: Desk) -> None:
    unnoticed, tried, seen = [], 0, dict[str, int]()
    whole = lines(desk.verify(), Status.NOT_CHECKABLE)
    for table, rowid in list(rows_of(desk)):
        seen[table] = seen.get(table, 0) + 1
        if seen[table] > 4:  # more of the same
            continue
        for [_, column, *_] in desk.read(f"PRAGMA table_info({table})"):
            if column in BOOKKEEPING.get(table, ()):
                continue
            [[value]] = desk.read(f"SELECT {column} FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608 - as above
            assert isinstance(value, (bytes, str, int))
            tried += 1
            statement = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"  # noqa: S608 - as above
            desk.write(statement, (altered(value, tried), rowid))
            if not _noticed(desk, whole, absent=(table, column) in ABSENT):
                unnoticed.append(f"{table}.{column}")
            desk.write(statement, (value, rowid))
    assert unnoticed == []
    assert tried > 120
    tables = {"threads", "entries", "deliveries", "parties", "lookups", "data_keys", "materials", "rosters", "meta"}
    assert tables <= set(seen)
    assert ("outbox" in seen) == (desk.settings.bureau == CHENGDU)
    assert desk.verify().ok


def _noticed(desk: Desk, whole: set[tuple[str, str]], *, absent: bool) -> bool:
    """It fails. Evidence that is `absent` may never have come, so that it is told is all that can be done."""
    try:
        report = desk.verify()
    except Refusal as refusal:
        return refusal.reason is Reason.NOT_FOUND  # the thread's own key was altered
    told = lines(report, Status.NOT_CHECKABLE) - whole
    return not report.ok or (absent and bool(told))


@pytest.mark.parametrize("sequence", [1, 4, 7])
def test_an_entry_that_is_gone_fails(desk: Desk, sequence: int) -> None:
    desk.write("DELETE FROM entries WHERE sequence = ?", (sequence,))
    assert not desk.verify(online=False).ok


@pytest.mark.parametrize("table", ["data_keys", "parties", "lookups"])
def test_a_row_that_is_gone_fails(desk: Desk, table: str) -> None:
    rowid = next(rowid for named, rowid in rows_of(desk) if named == table)
    desk.write(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608 - our names
    assert not desk.verify(online=False).ok


def test_evidence_that_is_gone_is_told(desk: Desk) -> None:
    gone = [row for table, row in rows_of(desk) if table == "deliveries"]
    for rowid in gone:
        desk.write("DELETE FROM deliveries WHERE rowid = ?", (rowid,))
    report = desk.verify()
    missing = [check for check in report.not_checkable if check.name == "delivery"]
    assert {check.sequence for check in missing} == set(range(1, 8))
    assert not report.ok  # the letter's delivery is in the thread's state


def test_content_of_another_entry_does_not_pass(host: Desk) -> None:
    [[other]] = host.read("SELECT secret FROM entries WHERE sequence = 2")
    host.write("UPDATE entries SET secret = ? WHERE sequence = 3", (other,))
    assert ("content", Doubt.DAMAGED) in lines(host.verify(), Status.FAILED)


def test_a_log_without_the_entry_fails(host: Desk) -> None:
    last = max(host.digests)
    host.digests[last] = b"\x07" * 32
    host.log = FakeLog(host.story, host.digests, origin=host.trust.view.registry.log_origin)
    host.write("UPDATE meta SET value = ? WHERE name = 'log.proven'", (host.log.note(host.log.size - 2),))
    failed = host.verify().failed
    assert {check.reason for check in failed} == {Doubt.NOT_IN_LOG}


def test_two_histories_of_the_log_fail(host: Desk) -> None:
    forked = FakeLog(host.story, {**host.digests, 0: b"\x07" * 32}, origin=host.trust.view.registry.log_origin)
    host.write("UPDATE meta SET value = ? WHERE name = 'log.proven'", (forked.note(forked.size - 2),))
    assert ("consistency", Doubt.FORKED) in lines(host.verify(), Status.FAILED)
    host.write("UPDATE meta SET value = ? WHERE name = 'log.proven'", (host.log.note(host.log.size),))
    host.log.size -= 1
    assert ("consistency", Doubt.FORKED) in lines(host.verify(), Status.FAILED)


def test_a_head_signed_by_another_key_fails(host: Desk) -> None:
    other = Path(host.settings.data_dir) / "other" / "keys"
    other.mkdir(parents=True)
    save_private(other / "log.key", new_ed25519())
    impostor = replace(host.story, registry=other.parent)
    host.log = FakeLog(impostor, host.digests, origin=host.trust.view.registry.log_origin)
    assert ("newest_checkpoint", Reason.CHECKPOINT_NOT_TRUSTED) in lines(host.verify(), Status.FAILED)


def test_a_key_in_wrong_hands_since_before_fails(host: Desk) -> None:
    [[data]] = host.read("SELECT header FROM entries WHERE sequence = 1")
    digest = parse_header(_blob(data)).signer_certificates[0]
    world = World(host.story.folder)
    at = now()

    def publish(since: datetime | None) -> None:
        book = world.book
        book.revoke(digest, at=at, compromised_since=since)
        signed = book.publish(world.authority, at)
        version = parse_roster_statement(parse_signed_roster(signed).statement).version
        host.write("INSERT INTO rosters (version, signed, received_at) VALUES (?, ?, 0)", (version, signed))

    publish(None)
    assert host.verify().ok  # a later revocation changes nothing
    publish(at - timedelta(days=1))
    failed = {(check.name, check.reason, check.sequence) for check in host.verify().failed}
    assert ("signatures", Reason.SIGNER_NOT_VALID, 1) in failed
    assert all(sequence != 2 for name, _, sequence in failed if name == "signatures")  # another unit's


def test_purged_content_is_told_and_no_failure(host: Desk) -> None:
    host.write("DELETE FROM data_keys WHERE subject_id = ?", (host.story.thread_id,))
    assert not host.verify().ok
    host.write("UPDATE threads SET purged = 1")
    report = host.verify()
    assert report.ok
    assert ("content", Doubt.PURGED) in lines(report, Status.NOT_CHECKABLE)


def _negative(host: Desk, **changes: object) -> bytes:
    """Negative evidence in the log on the clock that the host's question started, or on another."""
    [[data]] = host.read("SELECT entry FROM entries WHERE sequence = 6")
    before = parse_entry(_blob(data))
    values = {
        "clock": "question",
        "awaited_unit": "",
        "due": before.due_dates[0].legal,
        "started_by": before.detail.envelope,  # type: ignore[union-attr]  # an envelope's entry
        "log_size": 5,
        **changes,
    }
    entry = replace(
        before,
        kind=EntryKind.NEGATIVE,
        leaf_index=max(host.digests) + 1,
        thread_sequence=0,
        previous_entry_digest=b"",
        detail=NegativeEvidence(**values),  # type: ignore[arg-type]  # a test's helper
        digest=b"",
    )
    data = entry_bytes(entry)
    host.digests[entry.leaf_index] = parse_entry(data).digest
    host.log = host._log()
    host.write("INSERT INTO negatives VALUES (?, ?, ?)", (host.story.thread_id, entry.leaf_index, data))
    return data


def test_negative_evidence_must_be_in_the_log_and_about_a_clock_that_ran(host: Desk) -> None:
    [[state]] = host.read("SELECT state_bytes FROM threads")
    clock = thread_from_bytes(_blob(state)).open_clocks[0]
    about = {"clock": clock.clock, "awaited_unit": clock.unit, "started_by": clock.started_by}
    _negative(host, **about, due=clock.due.legal)
    report = host.verify()
    assert report.ok
    assert any(check.name == "negative_inclusion" and check.status is Status.OK for check in report.checks)
    assert any(check.name == "negative_clock" and check.status is Status.OK for check in report.checks)
    for column, value in (("leaf_index", 99), ("entry", b"\x08")):
        [[before]] = host.read(f"SELECT {column} FROM negatives")  # noqa: S608 - our names
        host.write(f"UPDATE negatives SET {column} = ?", (value,))  # noqa: S608 - our names
        assert not host.verify().ok
        host.write(f"UPDATE negatives SET {column} = ?", (before,))  # noqa: S608 - our names
    [[stored]] = host.read("SELECT entry FROM negatives")
    data = _blob(stored)
    for position in range(0, len(data), 29):
        host.write(
            "UPDATE negatives SET entry = ?", (data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :],)
        )
        assert not host.verify().ok
    host.write("DELETE FROM negatives")
    del host.digests[max(host.digests)]
    _negative(host, **about, due=clock.due.legal.replace(year=clock.due.legal.year + 1))
    assert ("negative_clock", Doubt.DIFFERS) in lines(host.verify(), Status.FAILED)


def test_a_thread_that_is_not_held_is_not_found(host: Desk) -> None:
    held = host.open()
    with pytest.raises(Refusal) as caught:
        asyncio.run(verify_thread(held, "WT000000000000000000", at=now()))
    assert caught.value.reason is Reason.NOT_FOUND
    asyncio.run(held.close())


def test_nothing_is_written(host: Desk) -> None:
    before = host.path.read_bytes()
    host.verify()
    assert host.path.read_bytes() == before
    with closing(sqlite3.connect(host.path)) as writer:  # as a running node holds it
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE threads SET version = version + 1")
        assert host.verify().ok
        writer.commit()
        assert host.verify().ok
