"""The rules of alerts, pure: what holds now, and what follows for the alerts that stand. No store, no clock.

A condition is judged anew each time; an alert is its memory. The same conditions twice in a row give nothing the second
time, whatever happened to the process in between, as long as what stands was kept.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from delegation.workdays import RegionalCalendar
from node.province.alert_settings import AlertSettings, Rule

MOST_OPEN: Final = 1_000  # of one rule for one office
RECENT_DAYS: Final = 7
EARLIER_DAYS: Final = 56
_MOST_STEPS: Final = 4_000  # days back; more than 250 working days ever take
_HOUR: Final = timedelta(hours=1)
CalendarOf = Callable[[str], RegionalCalendar]


class Identity(NamedTuple):
    """Which alert of an office."""

    rule: Rule
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that holds now. `number`: days late, hours offline, refusals, minutes, doubtful items."""

    rule: Rule
    subject: str
    number: int
    thread_id: str = ""
    unit: str = ""  # unit or bureau that it is about
    due: date | None = None
    before: int = 0  # refusals of the eight weeks before

    @property
    def identity(self) -> Identity:
        """Which alert it is."""
        return Identity(self.rule, self.subject)


@dataclass(frozen=True, slots=True)
class Late:
    """A delegation in hand with the earliest day that is due."""

    thread_id: str
    unit: str
    due: date


@dataclass(frozen=True, slots=True)
class Supervised:
    """A supervision that waits for its answer."""

    thread_id: str
    unit: str
    due: date


@dataclass(frozen=True, slots=True)
class Member:
    """When a bureau was last heard; None: not since the registry listens."""

    bureau: str
    connected: bool
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attendance:
    """What the registry says of the members."""

    members: tuple[Member, ...]
    since: datetime
    at: datetime


def late_until(today: date, *, days: int, calendar: RegionalCalendar | None) -> date:
    """The latest due day that is late by `days` today: so many days after it, today counted, have passed.

    Working days of `calendar`; natural days for None.
    """
    if calendar is None:
        return today - timedelta(days=days)
    passed, day = 0, today
    for _ in range(_MOST_STEPS):
        passed += calendar.is_workday(day)
        day -= timedelta(days=1)
        if passed == days:
            return day
    return date.min


def late_ones(
    courses: Iterable[Late], *, today: date, settings: AlertSettings, calendar_of: CalendarOf
) -> list[Condition]:
    """Delegations that are late enough."""
    rule, limits, found = settings.late, dict[str, date](), list[Condition]()
    if not rule.enabled:
        return []
    for course in courses:
        if course.due >= today:
            continue
        region = course.unit[:6] if rule.working else ""
        until = limits.get(region)
        if until is None:
            calendar = calendar_of(region) if rule.working else None
            until = limits[region] = late_until(today, days=rule.days, calendar=calendar)
        if course.due <= until:
            found.append(
                Condition(
                    rule=Rule.LATE,
                    subject=course.thread_id,
                    number=(today - course.due).days,
                    thread_id=course.thread_id,
                    unit=course.unit,
                    due=course.due,
                )
            )
    return found


def unanswered(waiting: Iterable[Supervised], *, today: date, settings: AlertSettings) -> list[Condition]:
    """Supervisions whose day has passed; of one unit in one thread the one that was due first."""
    found: dict[str, Condition] = {}
    for each in waiting if settings.supervision.enabled else ():
        subject = f"{each.thread_id}/{each.unit}"
        if each.due < today and (subject not in found or each.due < (found[subject].due or today)):
            found[subject] = Condition(
                rule=Rule.SUPERVISION,
                subject=subject,
                number=(today - each.due).days,
                thread_id=each.thread_id,
                unit=each.unit,
                due=each.due,
            )
    return list(found.values())


def offline(seen: Attendance, *, own: str, settings: AlertSettings) -> tuple[list[Condition], frozenset[Identity]]:
    """Members that were not heard for long, this node's own bureau apart; and of whom nobody knows.

    A registry that began anew knows of no call before: who was not heard since may be offline for long, or not.
    """
    found, unknown = list[Condition](), set[Identity]()
    for member in seen.members if settings.offline.enabled else ():
        if member.connected or member.bureau == own:
            continue
        hours = (seen.at - (member.heard_at or seen.since)) // _HOUR
        condition = Condition(rule=Rule.OFFLINE, subject=member.bureau, number=min(hours, 9_999), unit=member.bureau)
        if hours >= settings.offline.hours:
            found.append(condition)
        elif member.heard_at is None:
            unknown.add(condition.identity)
    return found, frozenset(unknown)


def spikes(refusals: Iterable[tuple[date, str]], *, today: date, settings: AlertSettings) -> list[Condition]:
    """Units that refuse far more often in the last seven days, today counted, than in the eight weeks before them."""
    recent, earlier = dict[str, int](), dict[str, int]()
    for day, unit in refusals if settings.refusals.enabled else ():
        age = (today - day).days
        if 0 <= age < RECENT_DAYS:
            recent[unit] = recent.get(unit, 0) + 1
        elif RECENT_DAYS <= age < RECENT_DAYS + EARLIER_DAYS:
            earlier[unit] = earlier.get(unit, 0) + 1
    weeks, rule = EARLIER_DAYS / RECENT_DAYS, settings.refusals
    return [
        Condition(rule=Rule.REFUSALS, subject=unit, number=count, unit=unit, before=earlier.get(unit, 0))
        for unit, count in recent.items()
        if count >= rule.least and count > rule.times * earlier.get(unit, 0) / weeks
    ]


def out_of_date(*, heard_at: datetime, now: datetime, doubtful: int, settings: AlertSettings) -> list[Condition]:
    """The registry is silent, or something of the copy does not hold."""
    found, rule = list[Condition](), settings.current
    minutes = (now - heard_at) // timedelta(minutes=1)
    if rule.enabled and minutes >= rule.minutes:
        found.append(Condition(rule=Rule.REGISTRY, subject="registry", number=min(minutes, 9_999_999)))
    if rule.enabled and doubtful:
        found.append(Condition(rule=Rule.COPY, subject="copy", number=doubtful))
    return found


def knows_silence(*, heard_at: datetime, began_at: datetime, now: datetime, settings: AlertSettings) -> bool:
    """Whether silence of the registry can be judged: a node that just began has not listened long enough to say."""
    return heard_at >= began_at or now - began_at >= timedelta(minutes=settings.current.minutes)


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that stands: the number that it was last written with, and when it was last told or raised."""

    number: int
    told_at: datetime


@dataclass(frozen=True, slots=True)
class Steps:
    """What follows. `renewed` has another number than was written; `beyond` are conditions past `MOST_OPEN`."""

    raised: tuple[Condition, ...] = ()
    renewed: tuple[Condition, ...] = ()
    reminded: tuple[Identity, ...] = ()
    ended: tuple[Identity, ...] = ()
    beyond: int = 0


def steps(
    standing: Mapping[Identity, Standing],
    found: Collection[Condition],
    *,
    judged: AbstractSet[Rule],
    unknown: AbstractSet[Identity] = frozenset(),
    now: datetime,
    remind_days: int = 0,
    most: int = MOST_OPEN,
) -> Steps:
    """From what stands and what holds: raise what is new, the gravest first, and end what holds no more.

    A rule that is not `judged`, and an alert that is `unknown`, neither begins nor ends; it may be reminded of.
    """
    holding = {each.identity: each for each in found if each.rule in judged}
    room = dict.fromkeys(judged, most)
    for identity in standing:
        if identity.rule in room and identity in holding:
            room[identity.rule] -= 1
    raised: list[Condition] = []
    beyond = 0
    new = [each for identity, each in holding.items() if identity not in standing]
    for each in sorted(new, key=lambda condition: (-condition.number, condition.subject)):
        if room[each.rule] > 0:
            room[each.rule] -= 1
            raised.append(each)
        else:
            beyond += 1
    ended = tuple(
        identity
        for identity in standing
        if identity.rule in judged and identity not in holding and identity not in unknown
    )
    gone = set(ended)
    stays = [identity for identity in standing if identity not in gone]
    renewed = [
        holding[identity]
        for identity in stays
        if identity in holding and holding[identity].number != standing[identity].number
    ]
    after = timedelta(days=remind_days)
    reminded = [identity for identity in stays if remind_days and now - standing[identity].told_at >= after]
    return Steps(tuple(raised), tuple(renewed), tuple(reminded), ended, beyond)
