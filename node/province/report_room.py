"""Reports of the offices that a node serves: those that it makes by itself, and ReportsPort for its people.

Counting runs beside the loop and reads what is committed; what came of it is kept in one transaction, so that a node
that is killed in between makes the report again, and one that was kept is not made twice.
"""

import asyncio
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from certs.trust import Trust
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.figures import Period
from delegation.regions import load_regions
from node.desk.ports import Actor
from node.province import report_keeping as keeping
from node.province import reports
from node.province.report_checking import Difference, Leaf, Outcome, verify
from node.province.report_keeping import MAKES, Found
from node.province.report_online import LogService, check_online
from node.province.report_ports import CheckState, ReportCheck, ReportList, ReportSeal, ReportView
from node.province.reports import Report
from node.province.schedule import ReportKind, Schedule
from node.records import RosterRecord, to_us
from node.records_province import ReportRecord
from node.state import State
from node.store import Store
from node.verification.ground import Rosters
from node.writer import Tx, Writer, place_of_error

_log = structlog.get_logger("node.reports")
_LONGEST: Final = timedelta(days=3_653)
_MOST_BYTES: Final = 256 * 1024 * 1024
_Key = tuple[str, str]


class ReportRoom:
    """One node's reports. `run` makes those that fall due until it is cancelled; `close` ends what still counts."""

    def __init__(
        self,
        *,
        writer: Writer[State],
        state: State,
        store: Store,
        log: LogService,
        schedule: Schedule,
        clock: Callable[[], datetime],
        seconds: float = 60.0,
    ) -> None:
        self._writer = writer
        self._state = state
        self._store = store
        self._registry = log
        self._schedule = schedule
        self._clock = clock
        self._seconds = seconds
        self._counting = asyncio.Lock()  # one at a time: each takes a processor
        self._running: dict[_Key, asyncio.Task[None]] = {}
        self._failed: dict[_Key, str] = {}
        self._stopped = False

    # what the node makes by itself

    async def run(self) -> None:
        """Look now and then until cancelled."""
        while True:
            await asyncio.sleep(self._seconds)
            try:
                await self.look()
            except Refusal as refusal:
                _log.info("reports wait", reason=refusal.reason.value)
            except Exception as error:  # noqa: BLE001 - one that cannot be made must not end the others for good
                _log.error("report failed", error=type(error).__name__, where=place_of_error(error))

    async def look(self) -> int:
        """Make everything that is owed, for each office of the node; the number made. One that cannot be made waits."""
        made = 0
        for unit in keeping.offices(self._state):
            while owed := await self._writer.run(partial(keeping.next_owed, unit=unit, schedule=self._schedule)):
                try:
                    await self._make(unit, owed.period, kind=owed.kind, report_id=owed.report_id)
                except Refusal as refusal:
                    _log.info("report waits", unit=unit, report=owed.report_id, reason=refusal.reason.value)
                    await self._writer.run(partial(keeping.tell_late, unit=unit, planned=owed))
                    break
                made += 1
                _log.info("report made", unit=unit, report=owed.report_id)
        return made

    async def close(self) -> None:
        """End verifications and counting; a report that is half counted is made again by the next start."""
        self._stopped = True
        for task in tuple(self._running.values()):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _going(self) -> None:
        if self._stopped:
            raise Refusal(Reason.STOPPING)

    async def _make(
        self, unit: str, period: Period, *, kind: ReportKind, report_id: str = "", made_by: str = ""
    ) -> str:
        trust = self._state.rosters.current
        async with self._counting:
            record = await asyncio.to_thread(self._counted, trust, unit, period, kind, report_id, made_by)
        return await self._writer.run(partial(keeping.keep, record=record))

    def _counted(
        self, trust: Trust, unit: str, period: Period, kind: ReportKind, report_id: str, made_by: str
    ) -> ReportRecord:
        data = reports.make(self._store, trust=trust, unit=unit, period=period, going=self._going)
        report = reports.read(data)
        if not report_id:
            days = f"{period.first:%Y%m%d}-{period.last:%Y%m%d}"
            report_id = f"{kind.value}-{days}-{report.log_size}-{report.today:%Y%m%d}"
        return ReportRecord(
            unit=unit,
            report_id=report_id,
            kind=kind.value,
            first_day=period.first.toordinal(),
            last_day=period.last.toordinal(),
            log_size=report.log_size,
            threads=len(report.threads),
            digest=report.digest,
            size=len(data),
            content=zlib.compress(data, 6),
            made_by=made_by,
            made_at=to_us(self._clock()),
        )

    # ReportsPort

    async def reports(self, actor: Actor) -> ReportList:
        """See ReportsPort."""
        return await self._writer.run(partial(keeping.listed, actor=actor, schedule=self._schedule))

    async def make_report(self, actor: Actor, period: Period) -> ReportView:
        """See ReportsPort."""
        await self._writer.run(partial(_need_office, actor=actor))
        if period.last - period.first > _LONGEST or period.first > day_of(self._clock()):
            raise Refusal(Reason.INVALID_INPUT, field="last")
        report_id = await self._make(actor.unit, period, kind=ReportKind.CUSTOM, made_by=actor.staff_id)
        return await self.report(actor, report_id)

    async def report(self, actor: Actor, report_id: str) -> ReportView:
        """See ReportsPort."""
        found = await self._writer.run(partial(keeping.one, actor=actor, report_id=report_id))
        key = actor.unit, report_id
        if key in self._running:
            return replace(found, check=ReportCheck(state=CheckState.RUNNING))
        if key in self._failed:
            return replace(found, check=ReportCheck(state=CheckState.FAILED, reason=self._failed[key]))
        return found

    async def report_content(self, actor: Actor, report_id: str) -> bytes:
        """See ReportsPort."""
        record = await self._writer.run(partial(keeping.content, actor=actor, report_id=report_id))
        return await asyncio.to_thread(_content, record)

    async def verify_report(self, actor: Actor, report_id: str) -> ReportCheck:
        """See ReportsPort."""
        record = await self._writer.run(partial(keeping.content, actor=actor, report_id=report_id))
        key = actor.unit, report_id
        if key not in self._running and not self._stopped:
            self._failed.pop(key, None)
            self._running[key] = asyncio.create_task(self._verify(record, actor.staff_id), name="report check")
        return ReportCheck(state=CheckState.RUNNING)

    async def submit_report(self, actor: Actor, report_id: str) -> ReportView:
        """See ReportsPort."""
        return await self._writer.run(partial(keeping.submit, actor=actor, report_id=report_id))

    async def may_seal_report(self, actor: Actor, report_id: str) -> ReportSeal:
        """See ReportsPort."""
        return await self._writer.run(partial(keeping.may_seal, actor=actor, report_id=report_id))

    async def keep_sealed_report(self, actor: Actor, report_id: str, *, pdf: bytes, unsealed_size: int) -> ReportSeal:
        """See ReportsPort."""
        keep = partial(keeping.keep_sealed, actor=actor, report_id=report_id, pdf=pdf, unsealed_size=unsealed_size)
        return await self._writer.run(keep)

    async def sealed_report(self, actor: Actor, report_id: str) -> bytes:
        """See ReportsPort."""
        return await self._writer.run(partial(keeping.sealed_pdf, actor=actor, report_id=report_id))

    # verification

    async def _verify(self, record: ReportRecord, checked_by: str) -> None:
        key = record.unit, record.report_id
        try:
            async with self._counting:
                check = await self._checked(record)
            found = Found(replace(check, checked_by=checked_by), record.unit, record.report_id)
            await self._writer.run(partial(keeping.note_check, found=found))
        except Refusal as refusal:
            self._failed[key] = refusal.reason.value
        except Exception as error:  # noqa: BLE001 - nobody awaits it: it is logged, and the page says that it failed
            self._failed[key] = Reason.INTERNAL.value
            _log.error("verification failed", error=type(error).__name__, where=place_of_error(error))
        finally:
            self._running.pop(key, None)

    async def _checked(self, record: ReportRecord) -> ReportCheck:
        newest = self._state.rosters.current
        try:
            report = reports.read(await asyncio.to_thread(_content, record))
        except Refusal as refusal:
            why = refusal.details.get("field", refusal.reason.value)
            return ReportCheck(state=CheckState.DONE, differences=(_not_kept(record, "", why),))
        if report.digest != record.digest:
            return ReportCheck(state=CheckState.DONE, differences=(_not_kept(record, report.digest, "digest"),))
        leaves: list[Leaf] = []
        outcome = await asyncio.to_thread(self._outcome, report, newest, leaves)
        online = await check_online(report, leaves, self._registry, newest=newest)
        return ReportCheck(
            state=CheckState.DONE,
            equal=outcome.equal,
            threads=outcome.threads,
            entries=outcome.entries,
            differences=outcome.differences,
            left_out=outcome.left_out,
            online=online,
        )

    def _outcome(self, report: Report, newest: Trust, leaves: list[Leaf]) -> Outcome:
        trust_of = _Trusts(self._store, self._state.rosters.seal_authority, self._clock())
        return verify(report, self._store, newest=newest, trust_of=trust_of, leaves=leaves, going=self._going)


class _Trusts:
    """Rosters by version as the store keeps them, each verified anew when it is first asked for."""

    def __init__(self, store: Store, seal_authority: bytes, at: datetime) -> None:
        self._store = store
        self._seal_authority = seal_authority
        self._at = at
        self._regions = load_regions()
        self._held: dict[int, Trust] = {}

    def __call__(self, version: int) -> Trust:
        """The roster of a version. Refusal ROSTER_NOT_READY when it is not kept, else as `verify_roster`."""
        if version not in self._held:
            record = self._store.get(RosterRecord, (version,))
            kept = {version: record} if record is not None else {}
            rosters = Rosters(kept, seal_authority=self._seal_authority, regions=self._regions, at=self._at)
            self._held[version] = rosters.version(version)
        return self._held[version]


def _content(record: ReportRecord) -> bytes:
    """Refusal ENTRY_MISMATCH (why=report): the row was changed."""
    unpacked = zlib.decompressobj()
    try:
        data = unpacked.decompress(record.content, _MOST_BYTES)
    except zlib.error:
        raise Refusal(Reason.ENTRY_MISMATCH, why="report") from None
    if len(data) != record.size or not unpacked.eof:
        raise Refusal(Reason.ENTRY_MISMATCH, why="report")
    return data


def _not_kept(record: ReportRecord, found: str, why: str) -> Difference:
    return Difference(what="report", where="digest", reported=record.digest, found=found, why=why)


def _need_office(tx: Tx, state: State, at: datetime, *, actor: Actor) -> None:
    del tx, at
    keeping.need_office(actor, state, *MAKES)
