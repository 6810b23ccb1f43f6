"""Headers and bodies of an appraisal as sensible clerks and nodes would write them, with a real draw."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from delegation import declared_appraisal as d
from delegation.clocks import Moment, time_is_short
from delegation.codes import (
    AppraisalKind,
    AppraisalMode,
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    ThreadType,
)
from delegation.draw import Picks, Stratum, draw_commitment, draw_seed, opening_index, picks
from delegation.draw_lists import EligibleExpert, eligible_leaf, list_tree
from delegation.facts import BodyFacts
from delegation.facts_appraisal import AppraisalBody, OpenedExpert, OpinionFacts, RequestFacts, SecondedFacts
from delegation.merkle import Batch, leaf_hash
from delegation.model import (
    AmendmentDeclared,
    Base,
    ClockFacts,
    CompetenceDeclared,
    Header,
    LetterDeclared,
    TaskPlace,
)
from delegation.roster_view import AgreedTime, Agreement, Competence, RosterView, UnitType
from delegation.table import Row
from delegation.thread_state import ThreadState
from tests.builders import (
    APPRAISAL_MATTERS,
    CHENGDU_AC,
    FEDERATION,
    HANGZHOU_AC,
    SICHUAN_PO,
    a_digest,
    a_roster,
    a_unit,
    a_uuid4,
    a_uuid7,
    code_of,
)
from tests.simulator.composing import addressed, audience
from tests.simulator.composing import compose as compose_other

DEYANG_AC: Final = code_of("510600", UnitType.APPRAISAL)
AGREEMENT: Final = a_uuid7(900)
STRATA: Final = (Stratum(2, 2, 9), Stratum(1, 1, 4))
LOG_SIZE, LOG_ROOT = 4711, a_digest("log root")
PROOF: Final = a_uuid4(77)
_FEW: Final = (Stratum(3, 2, 4),)
MODES: Final = (AppraisalMode.ONSITE_ASSIST, AppraisalMode.FULL_ENTRUST, AppraisalMode.EXPERT_SECONDMENT)


@lru_cache(maxsize=1)
def appraisal_roster() -> RosterView:
    """Three committees; Hangzhou and the two of Sichuan agreed on every mode and matter."""
    roster = a_roster()
    deyang = replace(
        a_unit(CHENGDU_AC), code=DEYANG_AC, name="德阳市劳动能力鉴定委员会", region="510600", bureau="510600",
        pooling_area="510600",
    )  # fmt: skip
    since = date(2020, 1, 1)
    more = tuple(Competence("510600", matter, DEYANG_AC, since) for matter in APPRAISAL_MATTERS)
    agreements = tuple(
        Agreement(
            agreement_id=agreement_id, units=(HANGZHOU_AC, other) if other > HANGZHOU_AC else (other, HANGZHOU_AC),
            matters=APPRAISAL_MATTERS, modes=MODES, times=(AgreedTime("schedule", 3),), valid_from=since,
        )
        for agreement_id, other in ((AGREEMENT, CHENGDU_AC), (a_uuid7(901), DEYANG_AC))
    )  # fmt: skip
    return replace(
        roster,
        units={**roster.units, DEYANG_AC: deyang},
        competences=(*roster.competences, *more),
        agreements=agreements,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """What a clerk of the home's committee wants appraised."""

    mode: AppraisalMode = AppraisalMode.ONSITE_ASSIST
    kind: AppraisalKind = AppraisalKind.FIRST
    matter: Matter = Matter.DISABILITY_GRADE
    at: str = "510100"
    candidates: tuple[str, ...] = ("510600",)
    received_on: date | None = None  # None: the day before it is sent
    priority: Priority = Priority.NORMAL
    to: str = CHENGDU_AC
    changes: dict[str, Any] = field(default_factory=dict)


def secret_of(unit: str, thread: ThreadState, draw: int) -> bytes:
    """The secret of a unit in a draw; its provincial office could open the same from the escrow."""
    return sha256(f"secret {unit} {thread.thread_id} {thread.leg} {draw}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Listed:
    """The list of eligible experts of a draw."""

    experts: tuple[EligibleExpert, ...]
    leaves: tuple[bytes, ...]
    tree: Batch


@lru_cache(maxsize=64)
def eligible(thread_id: str, draw: int, strata: tuple[Stratum, ...]) -> Listed:
    """As many experts as the strata say; another draw's list has other numbers, as if the pool were another."""
    experts, leaves = [], []
    for index, stratum in enumerate(strata):
        for position in range(stratum.eligible):
            one = EligibleExpert(
                expert_id=f"x-{draw}-{index}-{position}",
                name="某",
                title="主任医师",
                employer="某医院",
                specialty="M201",
            )
            salt = sha256(f"salt {thread_id} {draw} {index} {position}".encode()).digest()
            experts.append(one)
            leaves.append(eligible_leaf(salt, stratum=index, position=position, expert=one))
    return Listed(tuple(experts), tuple(leaves), list_tree(leaves))


def opened(
    thread: ThreadState, stratum: int, position: int, *, reserve: bool = False, chair: bool = False
) -> OpenedExpert:
    """An expert of the current draw with the path in its list."""
    facts = thread.appraisal
    assert facts is not None
    listed = eligible(thread.thread_id, facts.draw, facts.strata)
    index = opening_index(facts.strata, stratum, position)
    return OpenedExpert(
        listed.experts[index].expert_id, stratum, position, reserve, chair, leaf_hash(listed.leaves[index]),
        tuple(listed.tree.paths[index]),
    )  # fmt: skip


def drawn(thread: ThreadState) -> tuple[Picks, ...]:
    """Whom the lot falls on, once both secrets are shown."""
    facts = thread.appraisal
    assert facts is not None
    home, host = facts.secret_of(thread.home_unit), facts.secret_of(thread.host_unit)
    if home is None or host is None:
        return (Picks((0, 1), (2, 3)), Picks((0,), (1,)))
    seed = draw_seed(
        federation_id=FEDERATION, thread_id=thread.thread_id, leg=thread.leg, draw=facts.draw,
        home_unit=thread.home_unit, home_secret=home, host_unit=thread.host_unit, host_secret=host,
        eligible_root=facts.eligible_root, log_size=LOG_SIZE, log_root=LOG_ROOT,
    )  # fmt: skip
    return picks(seed, facts.strata)


def request_facts(**changes: Any) -> AppraisalBody:
    """A good request."""
    request = RequestFacts(
        decision_told=True, decided_on=date(2026, 2, 1), pool_basis_told=True, consent_worker=True,
        consent_employer=True, panel_size=3, earlier_told=True, earlier_on=date(2024, 2, 1),
    )  # fmt: skip
    return AppraisalBody(request=replace(request, **changes))


def appraisal_letter(wish: Appraisal, *, thread_id: str, home: str, at: datetime, roster: RosterView) -> Header:
    """The first letter."""
    today = Moment.of(at, roster).today
    certainty = PlaceCertainty.UNCERTAIN if wish.candidates else PlaceCertainty.DEFINITE
    agreed = wish.mode is AppraisalMode.FULL_ENTRUST
    header = Header(
        envelope_id="",
        federation_id=FEDERATION,
        thread_id=thread_id,
        thread_type=ThreadType.DELEGATION,
        kind=Kind.ISSUED,
        sender_unit=home,
        counterpart_unit=wish.to,
        recipients=addressed(home, {wish.to}, roster),
        case_id=a_uuid4(7),
        signer_certificates=(a_digest("signer"),),
        task_place=TaskPlace(wish.at, PlaceRole.RESIDENCE, certainty, wish.candidates),
        matter=wish.matter,
        appraisal_kind=wish.kind,
        appraisal_mode=wish.mode,
        agreement_id=AGREEMENT if agreed else "",
        legal_basis=LegalBasis.AGREEMENT if agreed else LegalBasis.SINGLE_CASE,
        priority=wish.priority,
        clock=ClockFacts(None, wish.received_on or today - timedelta(days=1), Procedure.UNSPECIFIED),
        claimed_at=at,
        base=Base(0, b""),
        roster_version=roster.version,
        declared=LetterDeclared(3, 2, short_time_confirmed=True),
        content_commitment=a_digest(thread_id),
    )
    return replace(header, **wish.changes)


def other_committee(thread: ThreadState) -> str:
    """Chengdu's or Deyang's, whichever does not have it."""
    return DEYANG_AC if thread.host_unit == CHENGDU_AC else CHENGDU_AC


def _next_host(thread: ThreadState, row: Row) -> str:
    if row.name == "issued_as_designated":
        return thread.work.designated or other_committee(thread)
    if row.name in {"issued_to_joined", "issued_to_successor"}:
        return thread.host_unit
    return thread.work.transferred_to or other_committee(thread)


def compose(
    thread: ThreadState, row: Row, *, unit: str, at: datetime, roster: RosterView, number: int, **changes: Any
) -> tuple[Header, BodyFacts]:
    """As `composing.compose`, of an appraisal."""
    assert row.kind is not None
    facts, letter = thread.appraisal, thread.letter
    assert facts is not None
    assert letter is not None
    moment = Moment.of(at, roster)
    declared = _declared(thread, row, moment, unit)
    if declared is not None:
        changes.setdefault("declared", declared)
    if row.kind is Kind.ISSUED:
        host = _next_host(thread, row)
        full = facts.mode is AppraisalMode.FULL_ENTRUST
        agreement = (AGREEMENT if host == CHENGDU_AC else a_uuid7(901)) if full else ""
        changes = {
            "counterpart_unit": host, "recipients": addressed(unit, audience(thread, row, unit, host, roster), roster),
            "agreement_id": agreement, **changes,
        }  # fmt: skip
    if row.kind in {Kind.ISSUED, Kind.LETTER_CORRECTED}:
        changes = {
            "appraisal_mode": facts.mode, "appraisal_kind": facts.kind, "agreement_id": letter.agreement_id, **changes
        }  # fmt: skip
    header, body = compose_other(thread, row, unit=unit, at=at, roster=roster, number=number, **changes)
    return header, appraisal_body(header, body, thread)


_NEXT_DAYS: Final = 14


def _next_day(day: date | None, today: date) -> date:
    return max(day or today, today) + timedelta(days=_NEXT_DAYS)


def _declared(thread: ThreadState, row: Row, moment: Moment, unit: str) -> Any:
    facts, letter, today = thread.appraisal, thread.letter, moment.today
    assert facts is not None
    assert letter is not None
    number = facts.draw + 1 if facts.draw_over else facts.draw
    root = bytes(eligible(thread.thread_id, facts.draw + 1, STRATA).tree.root)
    panel, day = len(facts.panel) or 3, facts.appointed_on or today
    secret_unit = unit
    if row.kind is Kind.DRAW_REVEALED_FOR:
        late = [c.unit for c in thread.open_clocks if c.clock == "draw-reveal"]
        offices = {each: roster_office(moment.roster, each) for each in late}
        secret_unit = next((each for each, office in offices.items() if office == unit), thread.host_unit)
    match row.name:
        case "specialty_determined":
            return d.StrataDeclared(facts.draw + 1, STRATA, max(facts.pool_version, 1), root)
        case "panel_short":
            return d.StrataDeclared(facts.draw + 1, _FEW, 1)
        case "panel_short_after_draw":
            return d.StrataDeclared(facts.draw, facts.strata, max(facts.pool_version, 1))
        case "draw_committed":
            return d.DrawCommittedDeclared(facts.draw, commitment(thread, unit))
        case "draw_revealed" | "draw_revealed_for":
            return d.DrawRevealedDeclared(facts.draw, secret_unit, secret_of(secret_unit, thread, facts.draw))
        case "draw_voided_by_default":
            return d.DrawVoidedDeclared(facts.draw, thread.other_side(unit))
        case "draw_voided":
            return d.DrawVoidedDeclared(facts.draw)
        case "panel_drawn" | "panel_drawn_by_home":
            return d.PanelDeclared(facts.draw, LOG_SIZE, LOG_ROOT, drawn(thread))
        case "panel_replaced":
            return _replacement(thread)
        case "recusal_answered":
            return d.RecusalDeclared(upheld=True)
        case "scheduled" | "scheduled_on_paper":
            return d.AppointmentDeclared(_next_day(None, today))
        case "rescheduled":
            return d.AppointmentDeclared(_next_day(facts.appointed_on, today), day)
        case "worker_notified":
            return d.NotifiedDeclared(min(today, day), day)
        case "no_show":
            return d.AttendanceDeclared(day, facts.absences)
        case "examined":
            return d.AttendanceDeclared(day)
        case "extra_tests":
            return d.TestsDeclared(today + timedelta(days=7))
        case "opinion_formed" | "appraisal_reported":
            return d.OpinionDeclared(panel, panel, draw=number if facts.draw_over else facts.draw)
        case "panel_voided" | "panel_voided_by_province":
            return d.PanelVoidedDeclared(facts.draw or 1)
        case "experts_proposed":
            return d.ExpertsDeclared(6)
        case "experts_admitted":
            return d.ExpertsDeclared(min(facts.proposed or 6, 5))
        case "experts_confirmed" | "experts_confirmed_on_paper":
            return d.ExpertsDeclared(panel)
    match row.declares:
        case "ConclusionDeclared":
            return d.ConclusionDeclared(max(facts.served_on or facts.concluded_on or today, today))
        case "CompetenceDeclared":
            return CompetenceDeclared(other_committee(thread))
        case "LetterDeclared":
            changed = ("letter",) if row.kind is Kind.LETTER_CORRECTED else ()
            short = time_is_short(thread, moment)
            return LetterDeclared(3, 2, short_time_confirmed=short, changed_subjects=changed)
        case "AmendmentDeclared":
            last = max((version for author, _, version in thread.work.amendments if author == unit), default=1)
            return AmendmentDeclared("contact", last + 1)
    return None


def commitment(thread: ThreadState, unit: str) -> bytes:
    """What a unit commits to in the current draw."""
    facts = thread.appraisal
    assert facts is not None
    return draw_commitment(
        federation_id=FEDERATION, thread_id=thread.thread_id, leg=thread.leg, draw=facts.draw, unit=unit,
        secret=secret_of(unit, thread, facts.draw),
    )  # fmt: skip


def _replacement(thread: ThreadState) -> d.ReplacementDeclared:
    """The first member who has a reserve left passes the seat on."""
    facts = thread.appraisal
    assert facts is not None
    for stratum, position in facts.panel:
        left = [p for p in facts.picks[stratum].reserves if p not in facts.entered(stratum)]
        if left:
            return d.ReplacementDeclared(facts.draw, stratum, position, left[0])
    return d.ReplacementDeclared(max(facts.draw, 1), 0, 0, 1)


def roster_office(roster: RosterView, unit: str) -> str:
    """The code of a unit's provincial office."""
    office = roster.provincial_office(unit)
    return "" if office is None else office.code


def an_opinion(experts: tuple[str, ...]) -> OpinionFacts:
    """All agree and signed."""
    people = tuple((expert, True, True, False) for expert in experts)
    return OpinionFacts(experts=people, grades=(9,), combined=9, care_items=2, care_degree=1)


def appraisal_body(header: Header, body: BodyFacts, thread: ThreadState) -> BodyFacts:
    """What an appraisal's bodies have beside those of an investigation."""
    facts, declared = thread.appraisal, header.declared
    assert facts is not None
    sealed = {"N00": "N02"}
    more = tuple(sealed[reason] for reason in header.reasons if reason in sealed)
    body = replace(body, sealed_reasons=(*body.sealed_reasons, *more))
    if header.kind is Kind.TERMINATED:
        body = replace(body, sealed_reasons=("N03",))
    if header.kind is Kind.PANEL_VOIDED:
        body = replace(body, sealed_reasons=("K05",))
    mode = facts.mode
    if header.kind in {Kind.ISSUED, Kind.LETTER_CORRECTED}:
        return replace(body, appraisal=request_facts())
    if header.kind is Kind.COMPLETED and mode is AppraisalMode.FULL_ENTRUST:
        return replace(body, content="adoption", appraisal=AppraisalBody(adopted=True))
    found: AppraisalBody | None = None
    sitting = tuple(f"x-{facts.draw}-{stratum}-{position}" for stratum, position in facts.panel) or ("a", "b", "c")
    match declared:
        case d.StrataDeclared():
            names = ("M201", "M301", "M401")[: len(declared.strata)]
            found = AppraisalBody(specialties=names, remedy_told=True, reason_told=True)
        case d.DrawCommittedDeclared():
            office = roster_office(appraisal_roster(), header.sender_unit)
            found = AppraisalBody(escrow_units=(office,))
        case d.PanelDeclared() if facts.draw:
            found = AppraisalBody(
                opened=tuple(
                    opened(thread, index, position, reserve=reserve, chair=not (index or reserve or place))
                    for index, pick in enumerate(declared.picks)
                    for reserve, positions in ((False, pick.seats), (True, pick.reserves))
                    for place, position in enumerate(positions)
                )
            )
        case d.ReplacementDeclared():
            entering = (opened(thread, declared.stratum, declared.enters),)
            found = AppraisalBody(opened=entering, leaves="someone", reason_told=True)
        case d.RecusalDeclared():
            found = AppraisalBody(reason_told=True)
        case d.AppointmentDeclared():
            found = AppraisalBody(day=declared.on, reason_told=True)
        case d.NotifiedDeclared():
            body = replace(body, reused_material_ids=())
            found = AppraisalBody(proof=PROOF)
        case d.AttendanceDeclared():
            found = AppraisalBody(day=declared.on, identity_matches=True, present=sitting, reason_told=True)
            if header.kind is Kind.NO_SHOW and declared.absences > facts.absences:
                body = replace(body, sealed_reasons=("N03",))
        case d.OpinionDeclared():
            full = mode is AppraisalMode.FULL_ENTRUST and header.kind is Kind.APPRAISAL_REPORTED
            found = AppraisalBody(
                opinion=an_opinion(sitting), conclusion_told=full, day=date(2026, 4, 1) if full else None
            )
            body = replace(body, reviewer_id="c2")
        case d.ExpertsDeclared():
            one = SecondedFacts("e", "h", True, date(2099, 1, 1), True, date(2026, 4, 1))
            found = AppraisalBody(seconded=tuple(replace(one, expert_id=f"e{n}") for n in range(declared.experts)))
        case d.ConclusionDeclared():
            found = AppraisalBody(day=declared.on, conclusion_told=True, service_told=True, remedy_told=True)
    if header.kind is Kind.REJUDGE_REQUESTED:
        found = AppraisalBody(clauses=1, reason_told=True)
    return replace(body, appraisal=found)


__all__ = ["SICHUAN_PO", "Appraisal", "appraisal_letter", "appraisal_roster", "compose"]
