"""Headers and bodies as a sensible clerk would write them: what a row demands, filled in from the thread."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from delegation.clocks import Moment, time_is_short
from delegation.codes import (
    Adoption,
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    ThreadType,
)
from delegation.facts import AnswerFacts, BodyFacts, InvestigatorFacts
from delegation.model import (
    AdoptionDeclared,
    AmendmentDeclared,
    AnswerDueDeclared,
    AssignmentDeclared,
    Base,
    ClockDeclared,
    ClockFacts,
    CompetenceDeclared,
    Defect,
    ExtensionDeclared,
    Header,
    LetterDeclared,
    MaterialsDeclared,
    ProtestDeclared,
    QuestionDeclared,
    ResultDeclared,
    ReturnDeclared,
    SupplementDeclared,
    TaskPlace,
)
from delegation.reasons_codes import REASON_LIST
from delegation.roster_view import RosterView
from delegation.table import Audience, Row
from delegation.thread_state import ThreadState
from tests.builders import CHENGDU_RD, DEYANG_RD, FEDERATION, a_digest, a_recipient, a_uuid4, a_uuid7

ITEMS = (("A1", True), ("A2", True), ("A3", False))
BLOCKING = QuestionDeclared(blocking=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """What a clerk at the home wants found out."""

    at: str
    candidates: tuple[str, ...] = ()
    accepted_on: date | None = None  # None: the day before it is sent
    priority: Priority = Priority.NORMAL
    procedure: Procedure = Procedure.ORDINARY
    short_time_confirmed: bool = False
    to: str = ""  # empty: whoever the roster says is competent
    changes: dict[str, Any] = field(default_factory=dict)


def an_investigation(**wishes: Any) -> Investigation:
    """An investigation of three items, two of them mandatory."""
    return Investigation(**wishes)


def letter_body(thread_id: str, **changes: Any) -> BodyFacts:
    """The facts of a good letter."""
    body = BodyFacts(
        kind=Kind.ISSUED,
        thread_id=thread_id,
        handler_id="h1",
        approver_id="h2",
        content="letter",
        items=ITEMS,
        insurance_mode=1,
        insured_in="330100",
        letter_recusal_declared=True,
        priority_told=True,
        has_text=True,
    )
    return replace(body, **changes)


def letter_header(wish: Investigation, *, thread_id: str, home: str, at: datetime, roster: RosterView) -> Header:
    """The first letter."""
    today = Moment.of(at, roster).today
    certainty = PlaceCertainty.UNCERTAIN if wish.candidates else PlaceCertainty.DEFINITE
    place = TaskPlace(wish.at, PlaceRole.ACCIDENT, certainty, wish.candidates)
    host = wish.to or roster.competent_units(place, Matter.INVESTIGATION, today)[0].code
    header = Header(
        envelope_id="",
        federation_id=FEDERATION,
        thread_id=thread_id,
        thread_type=ThreadType.DELEGATION,
        kind=Kind.ISSUED,
        sender_unit=home,
        counterpart_unit=host,
        recipients=addressed(home, {host}, roster),
        case_id=a_uuid4(7),
        signer_certificates=(a_digest("signer"),),
        task_place=place,
        matter=Matter.INVESTIGATION,
        legal_basis=LegalBasis.RECOGNITION_RULES_14,
        priority=wish.priority,
        clock=ClockFacts(wish.accepted_on or today - timedelta(days=1), None, wish.procedure),
        claimed_at=at,
        base=Base(0, b""),
        roster_version=roster.version,
        declared=LetterDeclared(3, 2, short_time_confirmed=wish.short_time_confirmed),
        content_commitment=a_digest(thread_id),
    )
    return replace(header, **wish.changes)


def addressed(sender: str, to: set[str], roster: RosterView) -> Any:
    """The sender's own copy first, then every member."""
    members = sorted(unit for unit in to if roster.units[unit].is_member)
    return tuple(a_recipient(unit) for unit in (sender, *members))


def other_host(thread: ThreadState) -> str:
    """Chengdu or Deyang, whichever does not have it."""
    return DEYANG_RD if thread.host_unit == CHENGDU_RD else CHENGDU_RD


def compose(
    thread: ThreadState, row: Row, *, unit: str, at: datetime, roster: RosterView, number: int, **changes: Any
) -> tuple[Header, BodyFacts]:
    """A header and body that the row's guards accept, as far as the thread allows it; `changes` go over the header."""
    assert row.kind is not None
    moment = Moment.of(at, roster)
    paper = bool(changes.get("recorded_by_home", False))
    issued = row.kind is Kind.ISSUED
    letter = thread.letter
    assert letter is not None
    host = _next_host(thread, row, roster, moment) if issued else thread.host_unit
    counterpart = host if issued else thread.other_side(unit) or thread.home_unit
    header = Header(
        envelope_id=a_uuid7(number),
        federation_id=FEDERATION,
        thread_id=thread.thread_id,
        thread_type=ThreadType.DELEGATION,
        kind=row.kind,
        sender_unit=unit,
        counterpart_unit=counterpart,
        recipients=addressed(unit, set() if paper else audience(thread, row, unit, host, roster), roster),
        case_id=thread.case_id,
        leg=thread.leg + issued,
        round=1 if issued else thread.round + (row.kind is Kind.SUPPLEMENT_REQUESTED),
        hop=thread.hop + (row.kind is Kind.TRANSFERRED),
        signer_certificates=(a_digest("signer"),),
        claimed_at=at,
        base=Base(thread.sequence, thread.last_entry_digest),
        roster_version=roster.version,
        reasons=_reasons(thread, row),
        declared=_declared(thread, row, moment, unit),
        content_commitment=a_digest(f"commitment {number}"),
        paper_on=moment.today if paper else None,
    )
    if issued or row.kind is Kind.LETTER_CORRECTED:
        header = replace(
            header,
            task_place=letter.place,
            matter=thread.matter,
            legal_basis=letter.legal_basis,
            priority=letter.priority,
            clock=letter.clock,
            content_commitment=letter.commitment,
        )
    if row.kind is Kind.PRIORITY_CHANGED:
        green = letter.priority is Priority.GREEN
        header = replace(header, priority=Priority.NORMAL if green else Priority.GREEN)
    header = replace(header, **changes)
    return header, body_of(header, thread)


def _next_host(thread: ThreadState, row: Row, roster: RosterView, moment: Moment) -> str:
    if row.name == "issued_as_designated":
        return thread.work.designated or other_host(thread)
    if row.name == "issued_to_joined":
        return thread.host_unit
    if row.name == "issued_to_successor":
        heir = roster.successor(thread.host_unit, place=_place(thread), on=moment.today)
        return thread.host_unit if heir is None else heir.code
    return thread.work.transferred_to or other_host(thread)


def _place(thread: ThreadState) -> str:
    assert thread.letter is not None
    assert thread.letter.place is not None
    return thread.letter.place.code


def audience(thread: ThreadState, row: Row, unit: str, host: str, roster: RosterView) -> set[str]:
    """Whom the row is addressed to."""
    home = thread.home_unit
    if row.kind is Kind.ISSUED:
        return {host}
    other = thread.other_side(unit) or home
    parties = {home, host, *roster.superiors(home, host)} - {unit}
    paper = {host} if thread.on_paper else set()
    match row.audience:
        case Audience.OTHER_SIDE:
            return {other} - paper
        case Audience.OTHER_SIDE_AND_SUPERIORS | Audience.PARTIES:
            return parties - paper
        case Audience.SUPERVISED:
            office = roster.provincial_office(host)
            return {host} if office is not None and office.code == unit else {home}
        case Audience.SUPERVISOR:
            office = roster.provincial_office(unit)
            return set() if office is None else {office.code}
        case Audience.LATE_SIDE | Audience.AS_ORIGINAL:
            return {other} - paper
        case _:
            return set()


def _reasons(thread: ThreadState, row: Row) -> tuple[str, ...]:
    if row.name == "issued_after_transfer":
        return (thread.work.transfer_reason,)
    if row.kind is Kind.CLOCK_RESUMED:
        assert thread.letter is not None
        return (thread.letter.clock.suspensions[-1].ground,) if thread.letter.clock.suspensions else ("S01",)
    if row.kind is Kind.REPORTED:
        return ("U00",) if thread.round == 1 else ()
    return tuple(REASON_LIST[code].in_header for code in row.reasons[:1]) if row.reasons_required else ()


def _declared(thread: ThreadState, row: Row, moment: Moment, unit: str) -> Any:
    letter, today = thread.letter, moment.today
    assert letter is not None
    name, items = row.declares, letter.items if thread.round == 1 else thread.work.supplement_items
    mandatory = letter.mandatory_items if thread.round == 1 else items
    if name == "LetterDeclared":
        changed = ("letter",) if row.kind is Kind.LETTER_CORRECTED else ()
        short = time_is_short(thread, moment)
        return LetterDeclared(
            letter.items, letter.mandatory_items, short_time_confirmed=short, changed_subjects=changed
        )
    if name == "ResultDeclared" and row.kind is Kind.UNABLE:
        return ResultDeclared(0, 0, items, 0, mandatory, checks_met=1)
    if name == "ResultDeclared":
        return ResultDeclared(1, 0, items - 1, 1, mandatory, checks_met=1, evidence=1)
    if name == "ExtensionDeclared":
        return ExtensionDeclared(thread.work.extension_asked or 5)
    if name == "AmendmentDeclared":
        last = max((version for author, _, version in thread.work.amendments if author == unit), default=1)
        return AmendmentDeclared("contact", last + 1)
    fixed = {
        "ReturnDeclared": ReturnDeclared((Defect("B01", "letter"),)),
        "CompetenceDeclared": CompetenceDeclared(other_host(thread)),
        "AssignmentDeclared": AssignmentDeclared(2),
        "SupplementDeclared": SupplementDeclared(1),
        "QuestionDeclared": BLOCKING,
        "MaterialsDeclared": MaterialsDeclared(),
        "ClockDeclared": ClockDeclared(today, today),
        "AdoptionDeclared": AdoptionDeclared(Adoption.ADOPTED),
        "AnswerDueDeclared": AnswerDueDeclared(5),
        "ProtestDeclared": ProtestDeclared(1),
    }
    return fixed.get(name)


_CONTENT = {
    Kind.ISSUED: "letter", Kind.LETTER_CORRECTED: "letter", Kind.RETURNED: "return_notice", Kind.AMENDED: "amendment",
    Kind.CORRECTED: "amendment", Kind.ASSIGNED: "assignment", Kind.REASSIGNED: "assignment", Kind.REPORTED: "result",
    Kind.UNABLE: "result", Kind.SUPPLEMENT_REQUESTED: "supplement",
}  # fmt: skip
TEAM = tuple(InvestigatorFacts(name, CHENGDU_RD, True, False, True) for name in ("i1", "i2"))


def body_of(header: Header, thread: ThreadState) -> BodyFacts:
    """The facts of a body that agrees with the header; nothing in it is real."""
    sealed = {"R00": "R05", "U00": "U02", "H00": "H02", "T00": "T03", "K00": "K01"}
    body = BodyFacts(
        kind=header.kind,
        thread_id=header.thread_id,
        handler_id="c1",
        approver_id="c2",
        content=_CONTENT.get(header.kind, ""),
        sealed_reasons=tuple(sealed[reason] for reason in header.reasons if reason in sealed),
        has_text=True,
        material_ids=tuple(material.material_id for material in header.manifest),
    )
    if header.recorded_by_home:
        scan = header.manifest[0].material_id if header.manifest else ""
        body = replace(body, paper_recorders=("c1", "c3"), paper_scan=scan)
    team = tuple(replace(person, unit=thread.host_unit) for person in TEAM)
    declared = header.declared
    if isinstance(declared, LetterDeclared):
        return letter_body(header.thread_id, kind=header.kind)
    if isinstance(declared, ReturnDeclared):
        return replace(body, defects=declared.defects)
    if isinstance(declared, AssignmentDeclared):
        return replace(body, investigators=team)
    if isinstance(declared, SupplementDeclared):
        return replace(body, supplement_items=(("A1", header.reasons[0]),))
    if isinstance(declared, ResultDeclared):
        codes = [code for code, _ in ITEMS] if thread.round == 1 else ["A1"]
        found = declared.found
        answers = tuple(
            AnswerFacts(code, 1, "", ("E1",)) if number < found else AnswerFacts(code, 3, "U02", ())
            for number, code in enumerate(codes)
        )
        evidence = ("E1",) if declared.evidence else ()
        return replace(body, investigators=team, answers=answers, evidence_ids=evidence, checks_met=1, reviewer_id="c2")
    return body
