"""Delegated appraisals in their three modes: the draw of experts, who does not come, the opinion and the conclusion.

The list of eligible experts is a random root: no expert is invented. Commitments, secrets, the log's checkpoint and the
picks are real, and so is what the registry checks of them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from cli.simulate.members import agreed
from cli.simulate.places import Place
from cli.simulate.story import Acting, Reorganised, Script, Stage, Story
from delegation.appraisal_facts import AppraisalFacts
from delegation.codes import (
    Adoption,
    AppraisalKind,
    AppraisalMode,
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
)
from delegation.declared_appraisal import (
    AppointmentDeclared,
    AttendanceDeclared,
    ConclusionDeclared,
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    ExpertsDeclared,
    NotifiedDeclared,
    OpinionDeclared,
    PanelDeclared,
    RecusalDeclared,
    ReplacementDeclared,
    StrataDeclared,
    TestsDeclared,
)
from delegation.draw import Picks, Stratum, draw_commitment, draw_seed, next_reserve, picks
from delegation.model import AdoptionDeclared, ClockFacts, Defect, LetterDeclared, ReturnDeclared, TaskPlace
from delegation.table_states import ENDED
from delegation.thread_state import ThreadState
from delegation.turns import drawing_unit

Checkpoint = Callable[[str, int, int], tuple[int, bytes]]  # thread, leg, draw -> size and root of the log
_STRATA: Final = ((Stratum(2, 2, 9), Stratum(1, 1, 6)), (Stratum(3, 2, 14),), (Stratum(3, 2, 12), Stratum(2, 2, 8)))
_NOTICE: Final = 7  # working days between appointment and examination, of which five are agreed for the notice


def facts_of(thread: ThreadState) -> AppraisalFacts:
    """An appraisal's facts. Raises LookupError for another thread."""
    if thread.appraisal is None:
        raise LookupError("no appraisal")
    return thread.appraisal


class AppraisalStory(Story):
    """异地劳动能力鉴定委托."""

    appraisal = True

    def __init__(
        self, stage: Stage, rng: Random, home: Place, host: Place, first: datetime, *, checkpoint: Checkpoint
    ) -> None:
        super().__init__(stage, rng, home, host, first)
        self._checkpoint = checkpoint
        self.agreement = agreed(home, host)
        self.kind = rng.choices((AppraisalKind.FIRST, AppraisalKind.REVIEW), (85, 15))[0]
        modes, weights = [AppraisalMode.ONSITE_ASSIST, AppraisalMode.EXPERT_SECONDMENT], [8, 2]
        if self.agreement:
            modes, weights = [*modes, AppraisalMode.FULL_ENTRUST], [5, 1, 4]
        self.mode = rng.choices(modes, weights)[0]
        self.strata = _STRATA[rng.choices((0, 1, 2), (6, 3, 1))[0]]
        self.reused = rng.choices((0, 1, 2, 4), (30, 30, 25, 15))[0]
        self.what = rng.choices((Matter.DISABILITY_GRADE, Matter.SELF_CARE), (9, 1))[0]
        code = host.within[rng.randrange(len(host.within))]
        self.task_place = TaskPlace(code, PlaceRole.RESIDENCE, PlaceCertainty.DEFINITE)

    @property
    def matter(self) -> Matter:
        """See `Story`."""
        return self.what

    def letter_declared(self) -> LetterDeclared:
        """See `Story`."""
        return LetterDeclared(2, 1, self.reused)

    def letter_facts(self, home: str, host: str) -> dict[str, Any]:
        """See `Story`."""
        del home, host
        basis = LegalBasis.AGREEMENT if self.agreement else LegalBasis.SINGLE_CASE
        return {
            "appraisal_mode": self.mode, "appraisal_kind": self.kind, "agreement_id": self.agreement,
            "legal_basis": basis,
        }  # fmt: skip

    # the course

    def run(self) -> Script:
        """See `Story`."""
        self.clock = ClockFacts(None, self.first.date() - timedelta(days=self.rng.randrange(1, 12)))
        thread = yield from self.letter(self.first, self.host_place.appraisal)
        try:
            thread = yield from self._course(thread)
            if thread.state in ENDED:
                yield from self.archive(thread)
        except Reorganised:
            return

    def _course(self, thread: ThreadState) -> Acting:
        paper = thread.on_paper
        if paper and self.mode is AppraisalMode.EXPERT_SECONDMENT:
            thread = yield from self.home(self.later(10), Kind.WITHDRAW_REQUESTED, reasons=("W06",))
            return (yield from self.host(self.later(3), Kind.WITHDRAW_CONFIRMED, self._nothing(), paper=True))
        takes = self.days(self.host_place, 0, 0, 2) + (self.rng.randrange(2, 8) if self.chance(0.04) else 0)
        when = yield from self.nudged(thread.host_unit, 1, takes)
        thread = yield from self.host(when, Kind.SIGNED_FOR, paper=paper)
        lot = self.rng.random()
        if lot < 0.08 and not paper:
            thread = yield from self._returned(thread)
        elif lot < 0.11 and not paper:
            thread = yield from self.host(self.later(2), Kind.REFUSED, reasons=("R03",))
            return (yield from self.home(self.later(self.rng.randrange(2, 8)), Kind.CANCELLED))
        when = yield from self.nudged(thread.host_unit, 3, self.days(self.host_place, 1, 2, 4))
        thread = yield from self.host(when, Kind.ACCEPTED, paper=paper)
        if self.chance(0.03) and not paper:
            thread = yield from self.home(self.later(1), Kind.WITHDRAW_REQUESTED, reasons=("W01",))
            return (yield from self.host(self.later(1), Kind.WITHDRAW_CONFIRMED, self._nothing()))
        if self.chance(0.25):
            yield from self.word(self.later(0), Kind.COST_ESTIMATED, thread.host_unit) if not paper else self._pass()
        if paper:
            return (yield from self._examined_by(thread, paper=True))
        if self.mode is AppraisalMode.EXPERT_SECONDMENT:
            return (yield from self._seconded(thread))
        thread = yield from self._drawn(thread, 2)
        return (yield from self._examined_by(thread, paper=False))

    def _pass(self) -> Acting:
        return (yield self.now)

    @staticmethod
    def _nothing() -> Any:
        from delegation.model import MaterialsDeclared

        return MaterialsDeclared()

    def _returned(self, thread: ThreadState) -> Acting:
        thread = yield from self.host(
            self.later(self.days(self.host_place, 1, 2, 4)), Kind.RETURNED,
            ReturnDeclared((Defect("B03", "attachments"),)), reasons=("B03",),
        )  # fmt: skip
        when = yield from self.nudged(thread.home_unit, 5, self.days(self.home_place, 1, 3, 6))
        thread = yield from self.home(
            when, Kind.LETTER_CORRECTED,
            LetterDeclared(2, 1, self.reused, changed_subjects=("attachments",)),
            case_id=self.case_id, task_place=self.task_place, matter=self.matter, priority=self.priority,
            clock=lambda t: t.letter.clock, **self.letter_facts("", ""),
        )  # fmt: skip
        return (yield from self.host(self.later(1), Kind.SIGNED_FOR))

    # the draw

    def _drawn(self, thread: ThreadState, agreed_days: int) -> Acting:
        """Specialities, both commitments, both secrets, the panel; one secret in forty is shown by its office."""
        when = yield from self.nudged(drawing_unit(thread), agreed_days, self.days(self.host_place, 0, 1, 3))
        thread = yield from self.act(
            when, Kind.SPECIALTY_DETERMINED, drawing_unit,
            declared=lambda t: StrataDeclared(facts_of(t).draw + 1, self.strata, 1, self.rng.randbytes(32)),
        )  # fmt: skip
        secrets = {unit: self.rng.randbytes(32) for unit in (thread.home_unit, thread.host_unit)}
        first, second = secrets if self.chance(0.5) else tuple(secrets)[::-1]
        for unit in (first, second):
            thread = yield from self._committed(unit, secrets[unit])
        thread = yield from self._revealed(first, secrets[first])
        if self.chance(0.025):
            thread = yield from self._revealed_for(second, secrets[second])
        else:
            thread = yield from self._revealed(second, secrets[second])
        thread = yield from self.act(
            self.now, Kind.PANEL_DRAWN, drawing_unit, declared=lambda t: self._panel(t, secrets)
        )
        if self.chance(0.05):
            thread = yield from self._recused(thread)
        return thread

    def _committed(self, unit: str, secret: bytes) -> Acting:
        def declared(thread: ThreadState) -> DrawCommittedDeclared:
            draw = facts_of(thread).draw
            return DrawCommittedDeclared(
                draw,
                draw_commitment(
                    federation_id=self.stage.roster.federation_id, thread_id=thread.thread_id, leg=thread.leg,
                    draw=draw, unit=unit, secret=secret,
                ),
            )  # fmt: skip

        return self.act(self.now, Kind.DRAW_COMMITTED, lambda _: unit, declared=declared, to=self.parties)

    def _revealed(self, unit: str, secret: bytes) -> Acting:
        return self.act(
            self.now, Kind.DRAW_REVEALED, lambda _: unit,
            declared=lambda t: DrawRevealedDeclared(facts_of(t).draw, unit, secret),
        )  # fmt: skip

    def _revealed_for(self, unit: str, secret: bytes) -> Acting:
        """The unit's node is silent past its day; its office, which has the secret in escrow, shows it."""
        thread = yield self.later(2)
        while not any(c.clock == "draw-reveal" and self.today > c.due.legal for c in thread.open_clocks):
            thread = yield self.later(1)
        office = self.stage.office(self.place_of(thread, unit))
        return (
            yield from self.act(
                self.now,
                Kind.DRAW_REVEALED_FOR,
                lambda _: office,
                declared=lambda t: DrawRevealedDeclared(facts_of(t).draw, unit, secret),
                to=self.parties,
            )
        )

    def _panel(self, thread: ThreadState, secrets: dict[str, bytes]) -> PanelDeclared:
        facts = facts_of(thread)
        size, root = self._checkpoint(thread.thread_id, thread.leg, facts.draw)
        seed = draw_seed(
            federation_id=self.stage.roster.federation_id, thread_id=thread.thread_id, leg=thread.leg, draw=facts.draw,
            home_unit=thread.home_unit, home_secret=secrets[thread.home_unit],
            host_unit=thread.host_unit, host_secret=secrets[thread.host_unit],
            eligible_root=facts.eligible_root, log_size=size, log_root=root,
        )  # fmt: skip
        return PanelDeclared(facts.draw, size, root, picks(seed, facts.strata))

    def _recused(self, thread: ThreadState) -> Acting:
        thread = yield from self.home(self.later(1), Kind.RECUSAL_RAISED)
        raised, upheld = self.remember(), self.chance(0.6)
        thread = yield from self.act(
            self.later(self.rng.randrange(0, 3)), Kind.RECUSAL_ANSWERED, drawing_unit,
            declared=RecusalDeclared(upheld), in_reply_to=raised,
        )  # fmt: skip
        if not upheld:
            return thread
        return (
            yield from self.act(
                self.later(0), Kind.PANEL_REPLACED, drawing_unit, declared=_replacement, reasons=("K00",)
            )
        )

    def _seconded(self, thread: ThreadState) -> Acting:
        """聘请: the host's experts come into the home's pool, and the home draws."""
        seats = sum(stratum.seats for stratum in self.strata)
        when = yield from self.nudged(thread.host_unit, 5, self.days(self.host_place, 2, 4, 7))
        thread = yield from self.host(when, Kind.EXPERTS_PROPOSED, ExpertsDeclared(2 * seats + 2))
        when = yield from self.nudged(thread.home_unit, 5, self.days(self.home_place, 1, 3, 6))
        thread = yield from self.home(when, Kind.EXPERTS_ADMITTED, ExpertsDeclared(2 * seats))
        thread = yield from self._drawn(thread, 2)
        when = yield from self.nudged(thread.host_unit, 2, self.days(self.host_place, 0, 1, 3))
        thread = yield from self.host(when, Kind.EXPERTS_CONFIRMED, lambda t: ExpertsDeclared(len(facts_of(t).panel)))
        return (yield from self._concluded(thread))

    # the examination

    def _appointment(self) -> Any:
        return self.stage.hours.after(self.now, _NOTICE + self.rng.randrange(0, 4), self.rng).date()

    def _examined_by(self, thread: ThreadState, *, paper: bool) -> Acting:
        when = yield from self.nudged(thread.host_unit, 3, self.days(self.host_place, 1, 2, 4))
        thread = yield from self.host(
            when, Kind.SCHEDULED, lambda _: AppointmentDeclared(self._appointment()), paper=paper
        )
        thread = yield from self._notified()
        while self.chance(0.07):
            thread = yield from self._missed(thread, paper=paper)
            if thread.state in ENDED:
                return thread
        day = facts_of(thread).appointed_on or self.today
        takes = self.rng.randrange(2, 6) if self.chance(0.05) else 0  # recorded some days later
        thread = yield from self.host(
            self.on(day + timedelta(days=takes)), Kind.EXAMINED, lambda t: AttendanceDeclared(_day(t)), paper=paper
        )
        if self.chance(0.12):
            results = self.rng.randrange(5, 15)
            thread = yield from self.host(
                self.later(0), Kind.EXTRA_TESTS, lambda _: TestsDeclared(self.today + timedelta(days=results)),
                paper=paper,
            )  # fmt: skip
            self.now = max(self.now, self.on(self.today + timedelta(days=results)))
        thread = yield from self._opinion(thread, paper=paper)
        if self.chance(0.05) and not paper:
            thread = yield from self.home(self.later(2), Kind.REJUDGE_REQUESTED)
            thread = yield from self._opinion(thread, paper=paper)
        return (yield from self._concluded(thread))

    def _notified(self) -> Acting:
        when = self.later(self.days(self.home_place, 0, 1, 1))
        return (yield from self.home(when, Kind.WORKER_NOTIFIED, lambda t: NotifiedDeclared(self.today, _day(t))))

    def _missed(self, thread: ThreadState, *, paper: bool) -> Acting:
        """未到场: another day, or after the second absence that counts an end."""
        day = _day(thread)

        def absence(t: ThreadState) -> AttendanceDeclared:
            calendar = self.stage.roster.calendar_of(t.host_unit)
            facts = facts_of(t)
            early = any(calendar.add_workdays(served, 5) <= _day(t) for served in facts.served_for(_day(t)))
            return AttendanceDeclared(_day(t), facts.absences + early)

        thread = yield from self.host(self.on(day), Kind.NO_SHOW, absence, reasons=("N00",), paper=paper)
        if facts_of(thread).absences and self.chance(0.35):
            return (yield from self.home(self.later(self.rng.randrange(2, 9)), Kind.TERMINATED, reasons=("N00",)))
        thread = yield from self.host(
            self.later(1), Kind.RESCHEDULED, lambda t: AppointmentDeclared(self._appointment(), _day(t)), paper=paper
        )
        return (yield from self._notified())

    def _opinion(self, thread: ThreadState, *, paper: bool) -> Acting:
        seats = len(facts_of(thread).panel) or 3
        dissent = int(self.chance(0.08))
        draw = facts_of(thread).draw or 1
        said = OpinionDeclared(seats, seats, dissent, draw=draw)
        takes = self.days(self.host_place, 0, 2, 4) + (self.rng.randrange(1, 8) if self.chance(0.05) else 0)
        when = yield from self.nudged(thread.host_unit, 3, takes)
        thread = yield from self.host(when, Kind.OPINION_FORMED, said, paper=paper)
        takes = self.days(self.host_place, 0, 1, 2) + (self.rng.randrange(1, 6) if self.chance(0.04) else 0)
        when = yield from self.nudged(thread.host_unit, 2, takes)
        return (yield from self.host(when, Kind.APPRAISAL_REPORTED, said, paper=paper))

    # the conclusion

    def _concluded(self, thread: ThreadState) -> Acting:
        home = thread.home_unit
        today: Callable[[ThreadState], ConclusionDeclared] = lambda _: ConclusionDeclared(self.today)  # noqa: E731
        takes = self.days(self.home_place, 0, 2, 4) + (self.rng.randrange(2, 9) if self.chance(0.06) else 0)
        when = yield from self.nudged(home, 3, takes)
        yield from self.word(when, Kind.CONCLUSION_ISSUED, home, today)
        thread = yield from self.home(self.later(0), Kind.COMPLETED)
        if self.chance(0.3) and not thread.on_paper:
            yield from self.word(self.later(1), Kind.COST_STATED, thread.host_unit)
            yield from self.word(self.later(self.rng.randrange(1, 5)), Kind.COST_SETTLED, home)
        served = self.rng.randrange(1, 9) + (self.rng.randrange(3, 10) if self.chance(0.05) else 0)
        yield from self.word(self.later(served), Kind.CONCLUSION_SERVED, home, today)
        if self.chance(0.85):
            how = self.rng.choices((Adoption.ADOPTED, Adoption.PARTLY, Adoption.NOT_ADOPTED), (90, 7, 3))[0]
            thread = yield from self.word(self.later(0), Kind.ADOPTION, home, AdoptionDeclared(how))
        if self.chance(0.04):
            thread = yield from self.word(self.later(self.rng.randrange(2, 9)), Kind.REAPPRAISAL_REQUESTED, home, today)
        return (yield self.now)


def _day(thread: ThreadState) -> Any:
    found = facts_of(thread).appointed_on
    if found is None:
        raise LookupError("nothing was appointed")
    return found


def _replacement(thread: ThreadState) -> ReplacementDeclared:
    """The first member who has a reserve left passes the seat on."""
    facts = facts_of(thread)
    for stratum, position in facts.panel:
        drawn: Picks = facts.picks[stratum]
        reserve = next_reserve(drawn, facts.entered(stratum))
        if reserve is not None:
            return ReplacementDeclared(facts.draw, stratum, position, reserve)
    raise LookupError("no reserve is left")
