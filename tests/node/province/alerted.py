"""An office with alerts over its real writer and a store: the clock stands still, the process can begin anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast

from delegation.course import Course
from delegation.errors import Reason, Refusal
from delegation.model import DueDate
from delegation.table import State as Stage
from delegation.values import replaced
from node.notices.webhooks import NotTakenError
from node.province.alert_rows import Call
from node.province.alert_rules import Attendance, Member
from node.province.alert_settings import AlertSettings, LateRule
from node.province.alert_ways import Way
from node.province.alerts import Alerts
from node.province.standing import Standing, write_standing
from node.state import State
from node.store import Store
from node.writer import Tx
from tests.builders import CHENGDU_RD, HANGZHOU_RD, ZHEJIANG_PO
from tests.node.province.office import Office, a_course, an_office, noon, overseer

MORNING = datetime(2026, 11, 20, 3, tzinfo=UTC)  # a Friday, 11:00 in Beijing
EVENING = datetime(2026, 11, 20, 13, tzinfo=UTC)  # 21:00
TODAY = date(2026, 11, 20)
SIMPLE = AlertSettings(late=LateRule(days=3))


@dataclass
class FakeWay:
    """Keeps what it was told and when; refuses while `fault` is set; `dies` after it took a call."""

    name: str = "webhook/x"
    kind: str = "webhook"
    target: str = "oa.example"
    most: int = 3
    office: str = ""
    fault: str = ""
    dies: bool = False
    calls: list[tuple[str, datetime, tuple[tuple[str, str, str], ...]]] = field(default_factory=list)

    async def send(self, call: Call, at: datetime) -> None:
        """Keep it."""
        told = tuple((each.what, each.alert.rule, each.alert.subject) for each in call.told)
        if self.fault:
            raise NotTakenError(self.fault)
        self.calls.append((call.number, at, told))
        if self.dies:
            raise asyncio.CancelledError

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Everything, repeats too."""
        return [each for _, _, told in self.calls for each in told]


@dataclass
class Desk:
    """An office with alerts, whose process can begin anew, and whose clock stands still."""

    office: Office
    clock: list[datetime]
    way: FakeWay
    settings: AlertSettings
    way_out: Way | None = None
    seen: Attendance | None = None
    alerts: Alerts = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process over the same store."""
        self.alerts = Alerts(
            self.office.writer, self.office.state, self.settings, ways=(self.way_out or self.way,),
            attendance=self._members,
            clock=lambda: self.clock[0], own="330000", longest_wait=0.001,
        )  # fmt: skip

    async def _members(self) -> Attendance:
        if self.seen is None:
            raise Refusal(Reason.UNAVAILABLE)
        return self.seen

    async def look(self, *, heard: datetime | None = None) -> None:
        """The registry is heard, and the rules are looked at."""
        await self.office.writer.run(partial(heard_now, at_=heard or self.clock[0]))
        await self.alerts.look()

    async def standing(self) -> list[tuple[str, str]]:
        """What stands, as its office sees it."""
        page = await self.alerts.alerts(overseer(), standing=True, limit=200)
        return sorted((each.rule.value, each.thread_id or each.unit) for each in page.items)


def heard_now(tx: Tx, state: State, at: datetime, *, at_: datetime) -> None:
    """The registry was heard."""
    del state, at
    write_standing(tx, Standing(9, b"head", 9, at_, True))


@asynccontextmanager
async def a_desk(
    store: Store, given: AlertSettings = SIMPLE, *, at: datetime = MORNING, way: Way | None = None
) -> AsyncIterator[Desk]:
    """Of Zhejiang's office; `way` instead of the one that keeps what it is told."""
    clock = [at]
    async with an_office(store, lambda: clock[0]) as office:
        cast("Any", office.state).units = frozenset({ZHEJIANG_PO, HANGZHOU_RD})
        yield Desk(office, clock, FakeWay(), given, way)


def late(number: int, days: int = 12, *, host: str = HANGZHOU_RD, supervise: int | None = None) -> Course:
    """In hand and late by natural days; with a supervision that was due so many days ago."""
    due = [DueDate("investigate", host, *(2 * (TODAY - timedelta(days=days),)), provisional=False)]
    if supervise is not None:
        due.append(DueDate("supervise", host, *(2 * (TODAY - timedelta(days=supervise),)), provisional=False))
    return replaced(
        a_course(number), thread_id=f"WT-330100-20261001-{number:06d}-X", home_unit=CHENGDU_RD, host_unit=host,
        first_host=host, state=Stage.IN_PROGRESS, due=tuple(due), on_paper=False, ended_at=None,
        supervisions=int(supervise is not None), supervision_answers=0, refusals=0, changed_at=noon(TODAY),
    )  # fmt: skip


async def busy_alerts(office: Office) -> Desk:
    """Alerts of every sort of an office that has courses: standing, ended, seen, and a way out that fails."""
    desk = Desk(office, [MORNING], FakeWay(fault="503"), AlertSettings(late=LateRule(days=1)))
    await office.keep([late(1), late(2), late(3, days=-5, supervise=4)])
    desk.seen = Attendance((Member("330100", False, None),), MORNING - timedelta(days=2), MORNING)
    await desk.look()
    await office.keep([replaced(late(2), due=())])
    await desk.look()
    shown = await desk.alerts.alerts(overseer())
    await desk.alerts.see(overseer(), shown.items[0].alert_id)
    with suppress(NotTakenError):
        await desk.alerts.tell(desk.way)
    return desk
