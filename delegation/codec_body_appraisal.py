"""Opened bodies of an appraisal as facts for guards (protocol 5.9, 13). Raises nothing: `read_body` saw to the form."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final

from delegation import patterns
from delegation.appraisal_rules import SELF_CARE_ITEMS, clause_warnings, grade_warnings, self_care_degree
from delegation.codes import Adoption
from delegation.draw_lists import EligibleExpert, eligible_leaf
from delegation.facts_appraisal import AppraisalBody, OpenedExpert, OpinionFacts, RequestFacts, SecondedFacts
from delegation.merkle import leaf_hash
from delegation.payloads import SALT_SIZE
from delegation.specialties import title_rank
from xieban.delegation.v1 import appraisal_pb2 as pb
from xieban.delegation.v1 import body_pb2


def _told(text: str) -> bool:
    return bool(text.strip())


def _day(text: str) -> date | None:
    return patterns.any_day(text[:10]) if text else None


def request_of(request: pb.AppraisalRequest) -> AppraisalBody:
    """What guards need of the request in a letter."""
    return AppraisalBody(
        request=RequestFacts(
            decision_told=_told(request.decision_number),
            decided_on=_day(request.decided_on),
            pool_basis_told=_told(request.pool_basis),
            consent_worker=request.consent_worker,
            consent_employer=request.consent_employer,
            panel_size=request.panel_size,
            earlier_told=_told(request.earlier_conclusion),
            earlier_on=_day(request.earlier_concluded_on),
        )
    )


def _specialties(b: body_pb2.Body) -> AppraisalBody:
    plan = b.specialties
    return AppraisalBody(
        specialties=tuple(plan.specialties), reason_told=_told(plan.reason), remedy_told=_told(plan.remedy)
    )


def _escrow(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(escrow_units=tuple(secret.unit for secret in b.draw_escrow.secrets))


def _opened(expert: pb.PanelExpert) -> OpenedExpert:
    leaf = b""
    if len(expert.salt) == SALT_SIZE:
        who = EligibleExpert(
            expert_id=expert.expert_id,
            name=expert.name,
            title=expert.title,
            employer=expert.employer,
            specialty=expert.specialty,
        )
        data = eligible_leaf(expert.salt, stratum=expert.stratum, position=expert.position, expert=who)
        leaf = leaf_hash(data)
    return OpenedExpert(
        expert_id=expert.expert_id,
        stratum=expert.stratum,
        position=expert.position,
        reserve=expert.reserve,
        chair=expert.chair,
        leaf=leaf,
        path=tuple(expert.path),
        rank=title_rank(expert.title),
    )


def _panel(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(opened=tuple(_opened(expert) for expert in b.panel.experts))


def _panel_change(b: body_pb2.Body) -> AppraisalBody:
    change = b.panel_change
    entering = (_opened(change.enters),) if change.HasField("enters") else ()
    return AppraisalBody(opened=entering, leaves=change.leaves, reason_told=_told(change.reason))


def _recusal(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(reason_told=_told(b.recusal.reason))


def _appointment(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(day=_day(b.appointment.at), reason_told=_told(b.appointment.reason))


def _notice(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(proof=b.worker_notice.proof_material_id)


def _absence(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(reason_told=_told(b.absence.detail))


def _examination(b: body_pb2.Body) -> AppraisalBody:
    found = b.examination
    return AppraisalBody(
        day=_day(found.at), identity_matches=found.identity_matches, present=tuple(dict.fromkeys(found.experts))
    )


def _extra_tests(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(reason_told=_told(b.extra_tests.tests))


def opinion_facts(opinion: pb.PanelOpinion) -> OpinionFacts:
    """The opinion in figures, with the warnings of the standard's arithmetic on what the majority holds."""
    held = opinion.majority
    grades = tuple(injury.grade for injury in held.injuries)
    found = list(grade_warnings(grades, held.grade)) if grades or held.grade else []
    for injury in held.injuries:
        found += clause_warnings(injury.clause, injury.grade)
    care_items = _care_items(held)
    return OpinionFacts(
        experts=tuple((one.expert_id, one.agrees, bool(one.signed_on), _told(one.text)) for one in opinion.opinions),
        grades=grades,
        combined=held.grade,
        care_items=care_items,
        care_degree=0 if care_items is None else held.self_care.degree,
        other_told=_told(held.other),
        warnings=tuple(dict.fromkeys(found)),
        answered=tuple(answer.warning for answer in opinion.answers if _told(answer.text)),
        contradicted=tuple(one.expert_id for one in opinion.opinions if _contradicts(one, held)),
    )


def _care_items(finding: pb.AppraisalFinding) -> int | None:
    """How many of the five items need care; None where nothing is said of them."""
    if not finding.HasField("self_care"):
        return None
    return sum(bool(getattr(finding.self_care, item)) for item in SELF_CARE_ITEMS)


def _contradicts(one: pb.ExpertOpinion, held: pb.AppraisalFinding) -> bool:
    """Whether an expert's own finding, where there is one, contradicts itself or the majority that they agree with.

    Itself: another degree of care than the five items give. The majority: another grade or degree, where both state it.
    """
    if not one.HasField("finding"):
        return False
    own, own_items = one.finding, _care_items(one.finding)
    if own_items is not None and own.self_care.degree != self_care_degree(own_items):
        return True
    if not one.agrees:
        return False
    if own.grade and held.grade and own.grade != held.grade:
        return True
    both = own_items is not None and held.HasField("self_care")
    return both and own.self_care.degree != held.self_care.degree


def _opinion(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(opinion=opinion_facts(b.opinion))


def _result(b: body_pb2.Body) -> AppraisalBody:
    found = b.appraisal_result
    stated = found.HasField("conclusion")
    return AppraisalBody(
        opinion=opinion_facts(found.opinion) if found.HasField("opinion") else None,
        conclusion_told=stated and _told(found.conclusion.number),
        day=_day(found.conclusion.on) if stated else None,
        reason_told=_told(found.report),
    )


def _rejudge(b: body_pb2.Body) -> AppraisalBody:
    named = sum(_told(clause) for clause in b.rejudge.clauses)
    return AppraisalBody(clauses=named, reason_told=_told(b.rejudge.reason))


def _experts(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(seconded=_seconded(b.experts.experts))


def _seconded(experts: Iterable[pb.SecondedExpert]) -> tuple[SecondedFacts, ...]:
    return tuple(
        SecondedFacts(
            expert_id=each.expert_id,
            home_expert_id=each.home_expert_id,
            appointment_told=_told(each.appointment_number),
            appointed_until=_day(each.appointed_until),
            recusal_declared=each.recusal_declared,
            available_on=_day(each.available_on),
        )
        for each in experts
    )


def _conclusion(b: body_pb2.Body) -> AppraisalBody:
    stated = b.conclusion
    return AppraisalBody(
        day=_day(stated.on),
        conclusion_told=_told(stated.number),
        service_told=_told(stated.service_method),
        remedy_told=stated.remedy_told,
        reason_told=_told(stated.outcome),
    )


def _adoption(b: body_pb2.Body) -> AppraisalBody:
    return AppraisalBody(adopted=int(b.adoption.adoption) == Adoption.ADOPTED)


APPRAISAL_CONTENTS: Final[Mapping[str, Callable[[body_pb2.Body], AppraisalBody]]] = {
    "specialties": _specialties,
    "draw_escrow": _escrow,
    "panel": _panel,
    "panel_change": _panel_change,
    "recusal": _recusal,
    "appointment": _appointment,
    "worker_notice": _notice,
    "absence": _absence,
    "examination": _examination,
    "extra_tests": _extra_tests,
    "opinion": _opinion,
    "appraisal_result": _result,
    "rejudge": _rejudge,
    "experts": _experts,
    "conclusion": _conclusion,
    "adoption": _adoption,
}
