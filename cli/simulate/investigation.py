"""Delegated investigations as they go: well, late, back and forth, to the wrong place, to paper, or nowhere."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from cli.simulate.places import Place
from cli.simulate.story import (
    Acting,
    Reorganised,
    Script,
    Stage,
    Story,
    basis_of_recognition,
    clock_of_recognition,
)
from delegation.codes import Adoption, Kind, Matter, PlaceCertainty, PlaceRole
from delegation.model import (
    AdoptionDeclared,
    AssignmentDeclared,
    Base,
    ClockDeclared,
    CompetenceDeclared,
    Defect,
    ExtensionDeclared,
    LetterDeclared,
    MaterialsDeclared,
    QuestionDeclared,
    ResultDeclared,
    ReturnDeclared,
    SupplementDeclared,
    TaskPlace,
)
from delegation.table import State
from delegation.table_states import ENDED
from delegation.thread_state import ThreadState

_WRONG_FIRST: Final = 0.006
_DEFECTS: Final = (("B01", "letter"), ("B03", "attachments"), ("B04", "outline"), ("B05", "persons"), ("B07", "clock"))
_SURVEYED: Final = ((Kind.PROGRESS, 0.8), (Kind.PROGRESS, 0.4))
_LETS_GO: Final = 3  # legs after which a home gives a delegation up


class InvestigationStory(Story):
    """异地工伤认定委托调查."""

    def __init__(self, stage: Stage, rng: Random, home: Place, host: Place, first: datetime) -> None:
        super().__init__(stage, rng, home, host, first)
        self.items = rng.randrange(2, 7)
        self.mandatory = rng.randrange(1, self.items + 1)
        self.reused = rng.choices((0, 1, 2, 3, 5), (40, 25, 20, 10, 5))[0]
        self.simple = rng.random() < 0.03
        code = host.within[rng.randrange(len(host.within))]
        self.task_place = TaskPlace(code, PlaceRole.ACCIDENT, PlaceCertainty.DEFINITE)

    @property
    def matter(self) -> Matter:
        """See `Story`."""
        return Matter.INVESTIGATION

    def letter_declared(self) -> LetterDeclared:
        """See `Story`."""
        return LetterDeclared(self.items, self.mandatory, self.reused, short_time_confirmed=self.simple)

    def letter_facts(self, home: str, host: str) -> dict[str, Any]:
        """See `Story`."""
        units = self.stage.roster.units
        return {"legal_basis": basis_of_recognition(units[home].pooling_area, units[host].pooling_area)}

    # the course

    def run(self) -> Script:
        """See `Story`."""
        issued = self.first.date() - timedelta(days=self.rng.randrange(1, 20))
        self.clock = clock_of_recognition(issued, simple=self.simple)
        if self.chance(_WRONG_FIRST):
            wrong = self.stage.country.another(
                self.rng, than=(self.home_place.region, self.host_place.region), near=self.host_place
            )
            yield from self.letter(self.first, wrong.recognition, meant=True)
            self.now = self.later(0)
        thread = yield from self.letter(max(self.first, self.now), self.host_place.recognition)
        for _ in range(_LETS_GO + 1):
            try:
                thread = yield from self._leg(thread)
                if thread.state in ENDED:
                    break
            except Reorganised:
                thread = yield self.now
                if thread.state in ENDED:
                    return
                thread = yield from self._to_successor(thread)
        else:
            if thread.state in {State.TRANSFERRED, State.AWAITING_DESIGNATION}:
                thread = yield from self.home(self.later(3), Kind.WITHDRAWN, reasons=("W05",))
        try:
            yield from self.archive(thread)
        except Reorganised:
            return

    def _to_successor(self, thread: ThreadState) -> Acting:
        """Whoever succeeded home or host goes on with it."""
        when = self.later(self.rng.randrange(0, 3))
        return (yield from self.letter(when, thread.host_unit, leg=thread.leg + 1, reasons=("T04",)))

    def _leg(self, thread: ThreadState) -> Acting:
        if thread.on_paper:
            return (yield from self._paper(thread))
        thread = yield from self._signed(thread)
        lot = self.rng.random()
        if lot < 0.075:
            thread = yield from self._returned(thread)
            if thread.state is State.ISSUED:
                thread = yield from self._signed(thread)
                lot = 1.0
            else:
                return (yield from self._refused(thread))
        if lot < 0.115 and thread.leg < _LETS_GO:
            return (yield from self._transferred(thread))
        if lot < 0.13 and thread.leg < _LETS_GO:
            return (yield from self._disputed(thread))
        if lot < 0.165:
            reasons = self.rng.choices((("R01",), ("R03",), ("R00",), ("R10",)), (5, 3, 2, 1))[0]
            when = yield from self.nudged(thread.host_unit, 3, self.days(self.host_place, 1, 2, 5))
            thread = yield from self.host(when, Kind.REFUSED, reasons=reasons)
            return (yield from self._refused(thread))
        if lot < 0.185:
            return (yield from self._withdrawn(thread, stale=True))
        return (yield from self._worked(thread))

    def _signed(self, thread: ThreadState) -> Acting:
        """签收; the letter may wait."""
        takes = self.days(self.host_place, 0, 0, 2) + (self.rng.randrange(2, 9) if self.chance(0.05) else 0)
        when = yield from self.nudged(thread.host_unit, 1, takes)
        return (yield from self.host(when, Kind.SIGNED_FOR))

    def _returned(self, thread: ThreadState) -> Acting:
        """退回补正, and the mended letter; now and then none comes."""
        code, subject = _DEFECTS[self.rng.randrange(len(_DEFECTS))]
        when = yield from self.nudged(thread.host_unit, 3, self.days(self.host_place, 1, 2, 4))
        thread = yield from self.host(
            when, Kind.RETURNED, ReturnDeclared((Defect(code, subject),)), reasons=(code,)
        )  # fmt: skip
        returned = self.remember()
        if self.chance(0.06):
            thread = yield self.later(7)
            while not any(c.clock == "correction" and self.today > c.due.legal for c in thread.open_clocks):
                thread = yield self.later(1)
            return (yield from self.host(self.now, Kind.REFUSED, reasons=("R11",), in_reply_to=returned))
        when = yield from self.nudged(thread.home_unit, 5, self.days(self.home_place, 1, 3, 6))
        declared = LetterDeclared(
            self.items, self.mandatory, self.reused, short_time_confirmed=self.simple, changed_subjects=(subject,)
        )
        return (
            yield from self.home(
                when,
                Kind.LETTER_CORRECTED,
                declared,
                case_id=self.case_id,
                task_place=self.task_place,
                matter=self.matter,
                priority=self.priority,
                clock=lambda t: t.letter.clock,
                legal_basis=thread.letter.legal_basis if thread.letter is not None else None,
            )
        )

    def _other(self, thread: ThreadState) -> Place:
        return self.stage.country.another(
            self.rng, than=(thread.home_unit[:6], thread.host_unit[:6]), near=self.host_place
        )

    def _elsewhere(self, place: Place) -> TaskPlace:
        code = place.within[self.rng.randrange(len(place.within))]
        return TaskPlace(code, PlaceRole.ACCIDENT, PlaceCertainty.DEFINITE)

    def _transferred(self, thread: ThreadState) -> Acting:
        """转办, and the next leg."""
        other = self._other(thread)
        when = yield from self.nudged(thread.host_unit, 3, self.days(self.host_place, 1, 2, 4))
        thread = yield from self.host(
            when, Kind.TRANSFERRED, CompetenceDeclared(self.stage.today(other.recognition)), reasons=("T01",),
            hop=lambda t: t.hop + 1,
        )  # fmt: skip
        when = yield from self.nudged(thread.home_unit, 1, self.days(self.home_place, 0, 1, 2))
        return (
            yield from self.letter(
                when, other.recognition, leg=thread.leg + 1, reasons=("T01",), place=self._elsewhere(other)
            )
        )

    def _disputed(self, thread: ThreadState) -> Acting:
        """提请指定管辖: both provinces name the same unit, the first host or another; then the home issues again."""
        when = yield from self.nudged(thread.host_unit, 3, self.days(self.host_place, 1, 3, 5))
        thread = yield from self.host(
            when, Kind.COMPETENCE_DISPUTED, CompetenceDeclared(""), reasons=("R01",), to=self.parties
        )
        return (yield from self._designated(thread))

    def _designated(self, thread: ThreadState) -> Acting:
        named = thread.host_unit if self.chance(0.5) else self.stage.today(self._other(thread).recognition)
        for office in self.stage.roster.superiors(thread.home_unit, thread.host_unit):
            thread = yield from self.act(
                self.later(self.rng.randrange(1, 6)), Kind.DESIGNATED, _always(office),
                declared=CompetenceDeclared(named), reasons=("T06",), to=self.parties,
            )  # fmt: skip
        when = yield from self.nudged(thread.home_unit, 1, self.days(self.home_place, 0, 1, 2))
        return (
            yield from self.letter(
                when, named, leg=thread.leg + 1, reasons=("T06",) if thread.work.designated else ("T01",)
            )
        )

    def _refused(self, thread: ThreadState) -> Acting:
        """After 不予受托: another unit, a dispute, an end, or nothing until the host closes it."""
        lot = self.rng.random()
        if lot < 0.3 and thread.leg < _LETS_GO:
            other = self._other(thread)
            when = self.later(self.days(self.home_place, 1, 3, 6))
            place = self._elsewhere(other)
            return (yield from self.letter(when, other.recognition, leg=thread.leg + 1, reasons=("T01",), place=place))
        if lot < 0.4 and thread.leg < _LETS_GO and set(thread.work.refusal_reasons) & {"R01", "R10"}:
            thread = yield from self.home(
                self.later(self.rng.randrange(1, 4)), Kind.COMPETENCE_DISPUTED, CompetenceDeclared(""),
                reasons=("R10",), to=self.parties,
            )  # fmt: skip
            return (yield from self._designated(thread))
        if lot < 0.93:
            return (yield from self.home(self.later(self.days(self.home_place, 1, 4, 9)), Kind.CANCELLED))
        refusal = self.remember()
        thread = yield self.later(12)
        while not any(c.clock == "close-refused" and self.today > c.due.legal for c in thread.open_clocks):
            thread = yield self.later(1)
        return (yield from self.host(self.now, Kind.CLOSED, reasons=("Z02",), in_reply_to=refusal))

    def _withdrawn(self, thread: ThreadState, *, stale: bool = False) -> Acting:
        """撤回, and what the host had; an act of the host that crosses it is stale, which is what bases are for."""
        before = Base(thread.sequence, thread.last_entry_digest)
        when = self.later(self.rng.randrange(0, 3))
        reasons = self.rng.choices((("W01",), ("W02",), ("W06",), ("W04",)), (6, 2, 1, 1))[0]
        thread = yield from self.home(when, Kind.WITHDRAW_REQUESTED, reasons=reasons)
        requested = self.remember()
        if stale and self.chance(0.35):
            yield from self.host(self.now, Kind.RETURNED, ReturnDeclared((Defect("B01", "letter"),)), base=before,
                                 reasons=("B01",), meant=True)  # fmt: skip
        if self.chance(0.15):
            thread = yield self.later(4)
            while not any(c.clock == "hand-over" and self.today > c.due.legal for c in thread.open_clocks):
                thread = yield self.later(1)
            return (yield from self.home(self.now, Kind.WITHDRAWN, reasons=reasons, in_reply_to=requested))
        when = yield from self.nudged(thread.host_unit, 2, self.days(self.host_place, 0, 1, 3))
        return (yield from self.host(when, Kind.WITHDRAW_CONFIRMED, MaterialsDeclared(self.rng.randrange(0, 3))))

    # the work

    def _worked(self, thread: ThreadState) -> Acting:
        takes = self.days(self.host_place, 0, 1, 3) + (self.rng.randrange(2, 7) if self.chance(0.03) else 0)
        when = yield from self.nudged(thread.host_unit, 3, takes)
        thread = yield from self.host(when, Kind.ACCEPTED)
        if self.chance(0.3):
            yield from self.word(self.later(1), Kind.COST_ESTIMATED, thread.host_unit)
            yield from self.word(self.later(1), Kind.COST_AGREED, thread.home_unit)
        when = yield from self.nudged(thread.host_unit, 2, self.days(self.host_place, 0, 1, 2))
        thread = yield from self.host(when, Kind.ASSIGNED, AssignmentDeclared(self.rng.choice((2, 2, 2, 3))))
        if self.chance(0.02):
            return (yield from self._withdrawn(thread))
        thread = yield from self._investigated(thread)
        return (yield from self._checked(thread))

    def _investigated(self, thread: ThreadState) -> Acting:
        home, host = thread.home_unit, thread.host_unit
        began = self.now
        takes = max(3, self.days(self.host_place, 5, 10, 15)) + (self.rng.randrange(3, 14) if self.chance(0.09) else 0)
        if self.chance(0.5):
            thread = yield from self.word(self.later(1), Kind.MATERIAL_ADDED, home,
                                          MaterialsDeclared(int(self.chance(0.4))))  # fmt: skip
        if self.chance(0.35):
            yield from self._question(home, host)
        for kind, share in _SURVEYED:
            if self.chance(share):
                yield from self.word(self.later(self.rng.randrange(1, 4)), kind, host)
        if self.chance(0.04):
            yield from self._suspended(home)
        if self.chance(0.05):
            thread = yield from self.host(self.later(1), Kind.REASSIGNED, AssignmentDeclared(2), reasons=("K06",))
        if self.chance(0.03):
            yield from self.word(self.later(1), Kind.NON_COOPERATION, host)
        if self.chance(0.05):
            thread = yield from self.host(self.later(1), Kind.PAUSED, reasons=("H03",))
            thread = yield from self.host(self.later(self.rng.randrange(2, 8)), Kind.UNPAUSED)
        extra = 0
        if takes > 12 and self.chance(0.55):
            extra = yield from self._extension(thread)
        spent = self.stage.hours.between(began, self.now)
        agreed, takes = 15 + extra, takes + max(0, extra - 2)
        when = yield from self.nudged(host, max(0, agreed - spent), max(0, takes - spent))
        return (yield from self._reported(when))

    def _question(self, home: str, host: str) -> Script:
        yield from self.word(self.later(self.rng.randrange(0, 3)), Kind.QUESTION, host,
                             QuestionDeclared(blocking=self.chance(0.5)))  # fmt: skip
        asked = self.remember()
        yield from self.word(self.later(self.days(self.home_place, 0, 1, 3)), Kind.ANSWER, home, in_reply_to=asked)

    def _suspended(self, home: str) -> Script:
        ground = self.rng.choice(("S01", "S02", "S03"))
        today = lambda _: ClockDeclared(self.today, self.today)  # noqa: E731 - a word said twice
        yield from self.word(self.later(1), Kind.CLOCK_SUSPENDED, home, today, reasons=(ground,))
        yield from self.word(self.later(self.rng.randrange(3, 15)), Kind.CLOCK_RESUMED, home, today, reasons=(ground,))

    def _extension(self, thread: ThreadState) -> Any:
        thread = yield self.later(1)
        clock = thread.clock("investigate")
        if clock is None or self.today > clock.due.legal or thread.paused or self.is_away(thread, thread.host_unit):
            return 0
        asked = self.rng.randrange(3, 11)
        reason = self.rng.choice(("E01", "E02", "E03", "E04"))
        thread = yield from self.host(self.now, Kind.EXTENSION_REQUESTED, ExtensionDeclared(asked), reasons=(reason,))
        request, lot = self.remember(), self.rng.random()
        if lot < 0.8:
            granted = asked if self.chance(0.8) else max(1, asked - 2)
            when = yield from self.nudged(thread.home_unit, 2, self.days(self.home_place, 0, 1, 2))
            yield from self.home(when, Kind.EXTENDED, ExtensionDeclared(granted), in_reply_to=request)
            return granted
        if lot < 0.9:
            yield from self.home(self.later(1), Kind.EXTENSION_DECLINED, in_reply_to=request)
            return 0
        thread = yield self.later(3)
        while not any(c.clock == "extension-answer" and self.today > c.due.legal for c in thread.open_clocks):
            thread = yield self.later(1)
        yield from self.host(self.now, Kind.EXTENSION_DEEMED, ExtensionDeclared(asked), in_reply_to=request)
        return asked

    def _reported(self, when: datetime, *, paper: bool = False) -> Acting:
        def result(thread: ThreadState) -> ResultDeclared:
            first = thread.round == 1
            total = self.items if first else thread.work.supplement_items
            missing = min(total - 1, self.rng.choices((0, 1, 2), (78, 17, 5))[0])
            mandatory = self.mandatory if first else total
            found = total - missing
            return ResultDeclared(
                found, 0, missing, min(mandatory, found), mandatory, checks_met=8, evidence=found + 1,
                reused_materials=int(self.chance(0.15)),
            )  # fmt: skip

        if self.chance(0.025):
            return (
                yield from self.host(
                    when,
                    Kind.UNABLE,
                    lambda t: ResultDeclared(
                        0,
                        0,
                        self.items if t.round == 1 else t.work.supplement_items,
                        0,
                        self.mandatory if t.round == 1 else t.work.supplement_items,
                        checks_met=8,
                    ),
                    reasons=("U00",),
                    paper=paper,
                )
            )
        return (yield from self.host(when, Kind.REPORTED, result, paper=paper))

    def _checked(self, thread: ThreadState) -> Acting:
        for _ in range(2):
            if not self.chance(0.09):
                break
            when = yield from self.nudged(thread.home_unit, 3, self.days(self.home_place, 1, 2, 4))
            thread = yield from self.home(
                when, Kind.SUPPLEMENT_REQUESTED, SupplementDeclared(1),
                reasons=(self.rng.choice(("Q01", "Q02", "Q03")),),
                round=lambda t: t.round + 1,
            )  # fmt: skip
            when = yield from self.nudged(thread.host_unit, 2, self.days(self.host_place, 0, 1, 3))
            thread = yield from self.host(when, Kind.ASSIGNED, AssignmentDeclared(2))
            when = yield from self.nudged(thread.host_unit, 7, self.days(self.host_place, 2, 4, 9))
            thread = yield from self._reported(when)
        if self.chance(0.012):
            return (yield from self._unchecked(thread))
        takes = self.days(self.home_place, 0, 2, 4) + (self.rng.randrange(2, 12) if self.chance(0.07) else 0)
        when = yield from self.nudged(thread.home_unit, 3, takes)
        thread = yield from self.home(when, Kind.COMPLETED)
        return (yield from self._afterwards(thread))

    def _unchecked(self, thread: ThreadState) -> Acting:
        """The home never checks: ten working days after its day the host closes alone."""
        thread = yield self.later(15)
        for _ in range(20):
            clock = thread.clock("check")
            if clock is not None and self.today > clock.due.legal + timedelta(days=20):
                reply = thread.work.reported_by
                return (yield from self.host(self.now, Kind.CLOSED, reasons=("Z01",), in_reply_to=reply))
            thread = yield self.later(2)
        return (yield from self.home(self.now, Kind.COMPLETED))

    def _afterwards(self, thread: ThreadState) -> Acting:
        """What closes the matter between the two: cost, originals, how the result was used."""
        home, host = thread.home_unit, thread.host_unit
        if self.chance(0.3):
            yield from self.word(self.later(1), Kind.COST_STATED, host)
            yield from self.word(self.later(self.rng.randrange(1, 5)), Kind.COST_SETTLED, home)
        if self.chance(0.3):
            yield from self.word(self.later(1), Kind.ORIGINALS_SENT, host)
            yield from self.word(self.later(self.rng.randrange(2, 5)), Kind.ORIGINALS_RECEIVED, home)
        if self.chance(0.82):
            how = self.rng.choices((Adoption.ADOPTED, Adoption.PARTLY, Adoption.NOT_ADOPTED), (86, 11, 3))[0]
            thread = yield from self.word(
                self.later(self.rng.randrange(0, 10)), Kind.ADOPTION, home, AdoptionDeclared(how)
            )
        return thread

    # on paper

    def _paper(self, thread: ThreadState) -> Acting:
        """The host has no node: the home records what its papers say."""
        slow = self.days(self.home_place, 4, 7, 12)
        thread = yield from self.host(self.later(slow), Kind.SIGNED_FOR, paper=True)
        thread = yield from self.host(self.later(self.rng.randrange(1, 4)), Kind.ACCEPTED, paper=True)
        thread = yield from self.host(self.later(1), Kind.ASSIGNED, AssignmentDeclared(2), paper=True)
        thread = yield from self._reported(self.later(self.days(self.home_place, 10, 16, 25)), paper=True)
        thread = yield from self.home(self.later(self.days(self.home_place, 1, 2, 4)), Kind.COMPLETED)
        if self.chance(0.6):
            thread = yield from self.word(
                self.later(self.rng.randrange(0, 9)), Kind.ADOPTION, thread.home_unit,
                AdoptionDeclared(Adoption.ADOPTED),
            )  # fmt: skip
        return thread


def _always(unit: str) -> Callable[[ThreadState], str]:
    return lambda _thread: unit
