"""Makes the appraisal's part of a delegation's view, in the writer's thread."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from google.protobuf.json_format import MessageToDict

from delegation.appraisal_facts import AppraisalFacts
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.declared_appraisal import (
    AppointmentDeclared,
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    DrawVoidedDeclared,
    PanelDeclared,
    PanelVoidedDeclared,
    RecusalDeclared,
    ReplacementDeclared,
    StrataDeclared,
)
from delegation.model import Header
from delegation.specialties import SPECIALTIES
from delegation.turns import drawing_unit
from node.desk.labels import kind_label
from node.desk.rows import name_of
from node.draws.keeping import DrawKey, note_of
from node.draws.members import MOST_ENTRIES, Members, members_of, message_of
from node.draws.views import AppointmentView, AppraisalView, DrawStepView, RecusalView, SeatView, StratumView
from node.records import EntryRecord, from_us
from node.state import Held, State
from node.store import Op, Where
from node.writer import Tx
from xieban.delegation.v1 import appraisal_pb2, body_pb2

_OUTCOMES: Final = {Kind.NO_SHOW: "missed", Kind.EXAMINED: "held"}
_STEPS: Final = frozenset(range(Kind.SPECIALTY_DETERMINED, Kind.PANEL_VOIDED + 1))


def appraisal_view(tx: Tx, state: State, held: Held) -> AppraisalView | None:
    """The appraisal so far; None for any other delegation."""
    thread = held.thread
    facts = thread.appraisal if thread is not None else None
    if thread is None or facts is None:
        return None
    where = (Where("thread_id", held.thread_id), Where("kind", int(Kind.SPECIALTY_DETERMINED), Op.GE))
    records = tx.select(EntryRecord, where, order=("sequence",), limit=MOST_ENTRIES)
    told = [Told(tx, state, each) for each in records]
    members = members_of(tx, state, held.thread_id)
    plan = _plan(told, facts.draw)
    named = tuple(plan.specialties) if plan is not None else ()
    note = note_of(tx, DrawKey(held.thread_id, thread.leg, facts.draw))
    return AppraisalView(
        mode=facts.mode.name,
        kind=facts.kind.name,
        drawing_unit=drawing_unit(thread),
        draw=facts.draw,
        draw_over=facts.draw_over,
        strata=tuple(
            StratumView(
                named[place] if place < len(named) else "",
                label_of(named[place]) if place < len(named) else "",
                each.seats,
                each.reserves,
                each.eligible,
            )
            for place, each in enumerate(facts.strata)
        ),
        pool_version=facts.pool_version,
        eligible_root=facts.eligible_root,
        plan_reason=plan.reason if plan is not None else "",
        ineligible=tuple((each.reason, each.count) for each in plan.ineligible) if plan is not None else (),
        log_size=facts.log_size,
        log_root=facts.log_root,
        checkpoint=note.decode("utf-8", "replace"),
        steps=tuple(_step(state, each) for each in told if each.record.kind in _STEPS),
        panel=_panel(facts, members),
        void_draws=tuple((each.draw, each.why, each.unit) for each in facts.void_draws),
        defaults=facts.defaults,
        recusals=_recusals(told, members),
        replacements_due=facts.replacements_due,
        appointments=appointments_of(told, facts.appointed_on),
        appointed_on=facts.appointed_on,
        notices=facts.notices,
        absences=facts.absences,
        missed_on=facts.missed_on,
        examined_on=facts.examined_on,
        tests_until=facts.tests_until,
        opinion=_opinion(told, facts),
        opinion_figures=facts.opinion,
        rejudged=facts.rejudged,
        extended=facts.extended,
        proposed=facts.proposed,
        admitted=facts.admitted,
        concluded_on=facts.concluded_on,
        served_on=facts.served_on,
        reappraisal_on=facts.reappraisal_on,
        reappraised=facts.reappraised,
    )


def label_of(specialty: str) -> str:
    """A speciality in words, the code itself where it is none."""
    found = SPECIALTIES.get(specialty)
    return found.label if found is not None else specialty


class Told:
    """An entry, read."""

    def __init__(self, tx: Tx, state: State, record: EntryRecord) -> None:
        self.record = record
        self.header: Header = parse_header(record.header)
        self.body: body_pb2.Body | None = message_of(tx, state, record)


def _plan(told: list[Told], draw: int) -> appraisal_pb2.SpecialtyPlan | None:
    for each in reversed(told):
        declared = each.header.declared
        if isinstance(declared, StrataDeclared) and declared.draw == draw and each.body is not None:
            return each.body.specialties
    return None


def _step(state: State, told: Told) -> DrawStepView:
    record, declared = told.record, told.header.declared
    digest, about, draw = b"", "", 0
    match declared:
        case StrataDeclared():
            draw, digest = declared.draw, declared.eligible_root
        case DrawCommittedDeclared():
            draw, digest = declared.draw, declared.commitment
        case DrawRevealedDeclared():
            draw, digest, about = declared.draw, declared.secret, declared.unit
        case PanelDeclared():
            draw, digest = declared.draw, declared.log_root
        case DrawVoidedDeclared():
            draw, about = declared.draw, declared.unit
        case ReplacementDeclared() | PanelVoidedDeclared():
            draw = declared.draw
    return DrawStepView(
        draw=draw,
        kind=Kind(record.kind).name,
        label=kind_label(Kind(record.kind)),
        unit=record.sender_unit,
        unit_name=name_of(state, record.sender_unit),
        at=from_us(record.accepted_at),
        sequence=record.sequence,
        digest=digest,
        reasons=told.header.reasons,
        about=about,
    )


def _panel(facts: AppraisalFacts, members: Members) -> tuple[SeatView, ...]:
    sitting = set(facts.panel)
    gone = {(each.stratum, each.leaves) for each in facts.replaced}
    found = []
    for stratum, drawn in enumerate(facts.picks):
        for drawn_as, positions in (("seat", drawn.seats), ("reserve", drawn.reserves)):
            for order, position in enumerate(positions, start=1):
                place = (stratum, position)
                status = "sits" if place in sitting else "left" if place in gone else "reserve"
                expert = members.drawn.get(place) or appraisal_pb2.PanelExpert()
                found.append(
                    SeatView(
                        stratum=stratum,
                        position=position,
                        order=order,
                        drawn_as=drawn_as,
                        status=status,
                        expert_id=expert.expert_id,
                        name=expert.name,
                        title=expert.title,
                        employer=expert.employer,
                        specialty=expert.specialty,
                        specialty_label=label_of(expert.specialty),
                        chair=place == members.chair,
                    )
                )
    return tuple(found)


def _recusals(told: list[Told], members: Members) -> tuple[RecusalView, ...]:
    names = {each.expert_id: each.name for each in members.drawn.values()}
    answers = {
        each.header.in_reply_to.envelope_id: each
        for each in told
        if each.record.kind == Kind.RECUSAL_ANSWERED and each.header.in_reply_to is not None
    }
    found = []
    for each in told:
        if each.record.kind != Kind.RECUSAL_RAISED:
            continue
        raised = each.body.recusal if each.body is not None else appraisal_pb2.Recusal()
        answer = answers.get(each.record.envelope_id)
        declared = answer.header.declared if answer is not None else None
        found.append(
            RecusalView(
                envelope_id=each.record.envelope_id,
                raised_by=appraisal_pb2.ObjectionBy.Name(raised.raised_by),
                expert_id=raised.expert_id,
                name=names.get(raised.expert_id, ""),
                reason=raised.reason,
                raised_at=from_us(each.record.accepted_at),
                upheld=declared.upheld if isinstance(declared, RecusalDeclared) else None,
                answer=answer.body.recusal.reason if answer is not None and answer.body is not None else "",
                answered_at=from_us(answer.record.accepted_at) if answer is not None else None,
            )
        )
    return tuple(found)


def appointments_of(told: Sequence[Told], appointed_on: date | None) -> tuple[AppointmentView, ...]:
    """Each with what became of it: what was said between it and the next."""
    found: list[AppointmentView] = []
    for each in told:
        if isinstance(each.header.declared, AppointmentDeclared):
            if found and found[-1].state == "stands":
                found[-1] = replace(found[-1], state="moved")
            found.append(_appointment(each, each.header.declared))
        elif found and each.record.kind in _OUTCOMES:
            found[-1] = replace(found[-1], state=_OUTCOMES[Kind(each.record.kind)])
    if found and found[-1].state == "stands" and found[-1].day != appointed_on:
        found[-1] = replace(found[-1], state="moved")  # it fell with its panel
    return tuple(found)


def _appointment(told: Told, declared: AppointmentDeclared) -> AppointmentView:
    body = told.body.appointment if told.body is not None else appraisal_pb2.Appointment()
    return AppointmentView(
        day=declared.on,
        at=body.at,
        place=body.place,
        form=appraisal_pb2.ExaminationForm.Name(body.form),
        bring=body.bring,
        contact_phone=body.contact_phone,
        reason=body.reason,
        state="stands",
        sequence=told.record.sequence,
    )


def _opinion(told: list[Told], facts: AppraisalFacts) -> Mapping[str, object] | None:
    if not facts.opinion_draw:
        return None
    for each in reversed(told):
        if each.record.kind == Kind.OPINION_FORMED and each.body is not None:
            shown: dict[str, object] = MessageToDict(each.body.opinion, preserving_proto_field_name=True)
            return shown
    return None
