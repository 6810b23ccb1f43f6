"""What every simulated delegation has in common: who acts when, through whose hands it goes, and who nudges whom.

A story is a generator. It yields an instant, to be woken then with the thread as the registry has it, or a `Draft`, to
be sent at this very moment; what it is woken with after a draft is the thread with it. It decides by its own lot and by
the thread alone, so that the same plan tells the same story.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from cli.simulate.pen import Draft, Pen, uuid4
from cli.simulate.places import Country, Hours, Place, office_name
from delegation.codes import Kind, LegalBasis, Matter, PlaceCertainty, PlaceRole, Priority, Procedure, ThreadType
from delegation.deadlines import day_of
from delegation.digits import delegation_number
from delegation.model import (
    AnswerDueDeclared,
    ClockFacts,
    DeclaredDetail,
    EnvelopeRef,
    LetterDeclared,
    TaskPlace,
)
from delegation.roster_view import RosterView
from delegation.table_states import ENDED
from delegation.thread_state import ThreadState

Script = Generator[datetime | Draft, ThreadState, None]
Acting = Generator[datetime | Draft, ThreadState, ThreadState]
Declares = DeclaredDetail | Callable[[ThreadState], DeclaredDetail] | None
_REMINDED: Final = 0.65
_SUPERVISED: Final = 0.6
_ANSWERED: Final = 0.7
_EXPLAINED: Final = 0.2


class Reorganised(Exception):  # noqa: N818 - an event of the story, no error
    """A party of the thread was succeeded by another unit since the last act."""


class Stage:
    """What stories share: the country, its hours, who writes, and the roster in force."""

    def __init__(self, country: Country, offices: Mapping[str, str], hours: Hours, pen: Pen) -> None:
        self.country = country
        self.offices = offices
        self.hours = hours
        self.pen = pen
        self.heirs: dict[str, str] = {}
        self._serials: dict[str, int] = {}
        self._day = date.min

    @property
    def roster(self) -> RosterView:
        """The roster in force."""
        if self.pen.trust is None:
            raise LookupError("no roster is in force")
        return self.pen.trust.view

    def today(self, unit: str) -> str:
        """Who stands for a unit today."""
        return self.heirs.get(unit, unit)

    def office(self, place: Place) -> str:
        """The office above a place."""
        return self.offices[office_name(place)]

    def serial(self, region: str, on: date) -> int:
        """The next number of a region's letters of that day."""
        if on != self._day:
            self._day = on
            self._serials.clear()
        found = self._serials[region] = self._serials.get(region, 0) + 1
        return found


class Story(ABC):
    """One delegation. `run` tells it; the world sets `now` before it asks, and calls `sent` for what was accepted."""

    appraisal = False

    def __init__(self, stage: Stage, rng: Random, home: Place, host: Place, first: datetime) -> None:
        self.stage = stage
        self.rng = rng
        self.home_place = home
        self.host_place = host
        self.first = first
        self.now = first
        self.thread_id = ""
        self.last: EnvelopeRef | None = None
        self.moves: dict[str, EnvelopeRef] = {}
        self.case_id = uuid4(rng)
        self.priority = rng.choices((Priority.NORMAL, Priority.PREFERRED, Priority.GREEN), (88, 8, 4))[0]
        self.clock = ClockFacts()
        self.task_place = TaskPlace(host.region, PlaceRole.ACCIDENT, PlaceCertainty.DEFINITE)

    @abstractmethod
    def run(self) -> Script:
        """The story, from its first letter to its file."""

    def sent(self, ref: EnvelopeRef, *, neutral: bool) -> None:
        """It was accepted."""
        self.last = ref
        if not neutral:
            self.moves[ref.sender_unit] = ref

    # who and when

    def chance(self, share: float) -> bool:
        """Whether what happens in that share of cases happens here."""
        return self.rng.random() < share

    def days(self, place: Place, low: int, usual: int, high: int) -> int:
        """Working days that a place takes for something."""
        return round(self.rng.triangular(low, high, usual) * place.pace)

    def later(self, workdays: int) -> datetime:
        """An instant so many working days on."""
        return self.stage.hours.after(self.now, workdays, self.rng)

    def on(self, day: date) -> datetime:
        """An instant on that day or the next working one, and not before now."""
        return max(self.stage.hours.on(day, self.rng), self.now)

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return day_of(self.now)

    def members(self, *units: str) -> tuple[str, ...]:
        """Those that a node serves, each once."""
        return tuple(unit for unit in dict.fromkeys(units) if unit in self.stage.roster.members)

    def parties(self, thread: ThreadState, unit: str) -> tuple[str, ...]:
        """Home, host and their offices, but the sender."""
        home, host = thread.home_unit, thread.host_unit
        paper = {host} if thread.on_paper else set()
        found = self.members(home, host, *self.stage.roster.superiors(home, host))
        return tuple(each for each in found if each != unit and each not in paper)

    def place_of(self, thread: ThreadState, unit: str) -> Place:
        """Home's or host's place."""
        return self.home_place if unit == thread.home_unit else self.host_place

    # acts

    def act(
        self, when: datetime, kind: Kind, unit: Callable[[ThreadState], str], *, declared: Declares = None,
        reasons: tuple[str, ...] = (), to: Callable[[ThreadState, str], Iterable[str]] | None = None,
        neutral: bool = False, meant: bool = False, paper: bool = False,
        **said: Any,
    ) -> Acting:  # fmt: skip
        """Wait, then send one envelope by the thread as it stands then; gives the thread after it.

        With `paper` the home records an act of a host without a node. Raises Reorganised when a party was succeeded.
        """
        thread = yield max(when, self.now)
        sender = thread.home_unit if paper else unit(thread)
        back = self._back(thread, sender)
        if back is not None:
            thread = yield back
        self._check_parties(thread)
        if to is not None:
            addressed = tuple(to(thread, sender))
        else:
            addressed = () if paper or thread.on_paper else self.members(thread.other_side(sender) or thread.home_unit)
        if paper:
            said |= {"recorded_by_home": True, "paper_on": self.today}
        said = {name: value(thread) if callable(value) else value for name, value in said.items()}
        header = self.stage.pen.draft(
            thread, kind, sender, to=addressed, at=self.now, rng=self.rng, reasons=reasons,
            declared=declared(thread) if callable(declared) else declared,
            predecessor=self.moves.get(sender), **said,
        )  # fmt: skip
        thread = yield Draft(header, meant, neutral)
        return thread

    def is_away(self, thread: ThreadState, unit: str) -> bool:
        """Whether a party's node is away today: what it would send now goes when it is back."""
        return self._back(thread, unit) is not None

    def _back(self, thread: ThreadState, sender: str) -> datetime | None:
        """When a node that is away is there again; None while it is there."""
        if sender not in (thread.home_unit, thread.host_unit):
            return None
        away = self.place_of(thread, sender).away
        if away is None or not away[0] <= self.today <= away[1]:
            return None
        return self.on(away[1] + timedelta(days=1))

    def _check_parties(self, thread: ThreadState) -> None:
        heirs = self.stage.heirs
        if thread.home_unit in heirs or thread.host_unit in heirs:
            raise Reorganised

    def home(self, when: datetime, kind: Kind, declared: Declares = None, **said: Any) -> Acting:
        """The home acts."""
        return self.act(when, kind, lambda thread: thread.home_unit, declared=declared, **said)

    def host(self, when: datetime, kind: Kind, declared: Declares = None, **said: Any) -> Acting:
        """The host acts."""
        return self.act(when, kind, lambda thread: thread.host_unit, declared=declared, **said)

    def word(self, when: datetime, kind: Kind, unit: str, declared: Declares = None, **said: Any) -> Acting:
        """A unit says something that moves nothing."""
        return self.act(when, kind, lambda _: unit, declared=declared, neutral=True, **said)

    def remember(self) -> EnvelopeRef:
        """The name of what was accepted last."""
        if self.last is None:
            raise LookupError("nothing was sent yet")
        return self.last

    # the letter

    def letter(
        self, when: datetime, host: str, *, leg: int = 1, reasons: tuple[str, ...] = (), place: TaskPlace | None = None,
        meant: bool = False, **said: Any,
    ) -> Acting:  # fmt: skip
        """A first letter, or with `leg` the next one."""
        thread = yield max(when, self.now)
        if leg == 1:
            thread = self._unborn(host)
        home = thread.home_unit if leg == 1 else self.stage.today(thread.home_unit)
        host = self.stage.today(host)
        self.task_place = place or self.task_place
        header = self.stage.pen.draft(
            thread, Kind.ISSUED, home, to=self.members(host), at=self.now, rng=self.rng,
            counterpart_unit=host, leg=leg, round=1, reasons=reasons, case_id=self.case_id,
            task_place=self.task_place, matter=self.matter, priority=self.priority,
            clock=self.clock if thread.letter is None else thread.letter.clock,
            declared=self.letter_declared(), predecessor=self.moves.get(home),
            **(self.letter_facts(home, host) | said),
        )  # fmt: skip
        if leg > 1:
            self.host_place = self.stage.country.by_unit.get(host, self.host_place)
        thread = yield Draft(header, meant)
        return thread

    def _unborn(self, host: str) -> ThreadState:
        place = self.home_place
        home = self.stage.today(place.appraisal if self.appraisal else place.recognition)
        if not self.thread_id:
            region = self.home_place.region
            self.thread_id = delegation_number(self.today, region, self.stage.serial(region, self.today))
        return ThreadState(
            thread_id=self.thread_id, thread_type=ThreadType.DELEGATION, matter=self.matter, case_id=self.case_id,
            home_unit=home, host_unit=host, provinces=(),
        )  # fmt: skip

    @property
    @abstractmethod
    def matter(self) -> Matter:
        """What is delegated."""

    @abstractmethod
    def letter_declared(self) -> LetterDeclared:
        """What the letter declares."""

    @abstractmethod
    def letter_facts(self, home: str, host: str) -> dict[str, Any]:  # Any: as above
        """Basis, mode and agreement."""

    # who is late

    def nudged(self, unit: str, agreed: int, days: int) -> Generator[datetime | Draft, ThreadState, datetime]:
        """When a unit acts that takes `days` where `agreed` are; until then others remind, supervise, hear of it."""
        began, when = self.now, self.later(days)
        late = days - agreed
        if late <= 0:
            return when
        after = self.stage.hours.after
        thread = yield began
        self._check_parties(thread)
        other, paper = thread.other_side(unit), thread.on_paper
        if paper or not self.members(unit):
            return when
        if self.chance(_REMINDED) and self.members(other):
            thread = yield max(min(after(began, agreed + 1, self.rng), when), self.now)
            if thread.turn != other:
                yield from self.word(self.now, Kind.REMIND, other, to=lambda _t, _s: (unit,))
        office = self.stage.office(self.place_of(thread, unit))
        if late >= 3 and self.chance(_SUPERVISED) and self.members(office):
            at = min(after(began, agreed + self.rng.randrange(2, 4), self.rng), when)
            yield from self._supervised(unit, office, at, before=when)
        elif late >= 2 and self.chance(_EXPLAINED):
            thread = yield max(min(after(began, agreed + 2, self.rng), when), self.now)
            if any(clock.unit == unit and self.today > clock.due.legal for clock in thread.deadlines):
                yield from self.word(self.now, Kind.EXPLAINED, unit)
        return max(when, self.now)

    def _supervised(self, unit: str, office: str, at: datetime, *, before: datetime) -> Script:
        within = self.rng.randrange(3, 6)
        yield from self.word(
            at, Kind.SUPERVISE, office, AnswerDueDeclared(within), to=lambda _t, _s: (unit,), counterpart_unit=unit
        )
        supervised = self.remember()
        if self.chance(_ANSWERED):
            answers = min(self.later(self.rng.randrange(0, within + 1)), max(before, self.now))
            yield from self.word(
                answers, Kind.SUPERVISE_ANSWER, unit, to=lambda _t, _s: (office,), in_reply_to=supervised
            )

    # the file

    def archive(self, thread: ThreadState) -> Script:
        """Both sides put their file away; some forget."""
        if thread.state not in ENDED:
            return
        host_too = not thread.on_paper and self.members(thread.host_unit)
        if self.chance(0.95):
            yield from self.home(self.later(self.rng.randrange(1, 20)), Kind.ARCHIVED)
        if host_too and self.chance(0.95):
            yield from self.host(self.later(self.rng.randrange(0, 15)), Kind.ARCHIVED)


def clock_of_recognition(accepted: date, *, simple: bool) -> ClockFacts:
    """The facts of a recognition's term."""
    return ClockFacts(accepted, None, Procedure.SIMPLE if simple else Procedure.ORDINARY)


def basis_of_recognition(pooling_home: str, pooling_host: str) -> LegalBasis:
    """Within one pooling area or beyond."""
    return LegalBasis.SAME_POOLING_AREA if pooling_home == pooling_host else LegalBasis.RECOGNITION_RULES_14
