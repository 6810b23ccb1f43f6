"""Guards of class B of an appraisal: what needs the opened body (protocol 4.6, 5.9, 13.2, 13.7).

NOT checked: medicine, free text, and whether an expert may be eligible; the pool of the unit that draws says that.
"""

from typing import Final

from delegation.appraisal_rules import self_care_degree
from delegation.body_asked import Answer, BodyAsked, BodyGuard, contradicts
from delegation.codes import AppraisalKind, AppraisalMode, Kind, Matter
from delegation.deadlines import day_of, years_after
from delegation.declared_appraisal import (
    AppointmentDeclared,
    AttendanceDeclared,
    ConclusionDeclared,
    ExpertsDeclared,
    OpinionDeclared,
    PanelDeclared,
    ReplacementDeclared,
    StrataDeclared,
)
from delegation.draw import DrawError, opening_index
from delegation.draw_lists import hash_stands_in
from delegation.facts_appraisal import AppraisalBody, OpenedExpert, RequestFacts
from delegation.panel_chair import chair_by_rank

_EMPTY: Final = AppraisalBody()
_COUNTED: Final = frozenset({"N03", "N04"})


def _body(asked: BodyAsked) -> AppraisalBody:
    return asked.facts.appraisal or _EMPTY


def _request(asked: BodyAsked) -> RequestFacts:
    return _body(asked).request or RequestFacts()


def _mode(asked: BodyAsked) -> AppraisalMode:
    """Of the letter at hand; for any other kind, of the thread."""
    if asked.header.appraisal_mode is not AppraisalMode.UNSPECIFIED:
        return asked.header.appraisal_mode
    facts = asked.thread.appraisal
    return AppraisalMode.UNSPECIFIED if facts is None else facts.mode


# The letter.


def _appraisal_asked(asked: BodyAsked) -> Answer:
    return _body(asked).request is not None


def _decision_recorded(asked: BodyAsked) -> Answer:
    """The recognition comes first (条例 Art 23): its number and a day not after today; an illness has none."""
    if (asked.header.matter or asked.thread.matter) is Matter.NON_WORK_ILLNESS:
        return True
    request = _request(asked)
    today = day_of(asked.header.claimed_at)
    return request.decision_told and request.decided_on is not None and request.decided_on <= today


def _pool_basis_told(asked: BodyAsked) -> Answer:
    """条例 Art 25 knows the own pool alone: where another's is drawn from for a conclusion of the home, the letter
    says why that is lawful.
    """
    return _mode(asked) is not AppraisalMode.ONSITE_ASSIST or _request(asked).pool_basis_told


def _consents_given(asked: BodyAsked) -> Answer:
    """委托鉴定 by worker and employer alike (京津冀 2018, agreed)."""
    request = _request(asked)
    return _mode(asked) is not AppraisalMode.FULL_ENTRUST or (request.consent_worker and request.consent_employer)


def _review_not_early(asked: BodyAsked) -> Answer:
    """复查 not before a year after the conclusion (条例 Art 28); 复查 and 再次 name the earlier one."""
    kind = asked.header.appraisal_kind
    if kind not in {AppraisalKind.REVIEW, AppraisalKind.AGAIN}:
        return True
    request = _request(asked)
    if not request.earlier_told or request.earlier_on is None:
        return False
    return kind is AppraisalKind.AGAIN or day_of(asked.header.claimed_at) >= years_after(request.earlier_on, 1)


# The draw and the panel.


def _plan_matches(asked: BodyAsked) -> Answer:
    """One speciality for each stratum, each once."""
    declared, named = asked.header.declared, _body(asked).specialties
    if not isinstance(declared, StrataDeclared) or len(set(named)) != len(named):
        return False
    return len(named) == len(declared.strata) or contradicts("strata")


def _remedy_told(asked: BodyAsked) -> Answer:
    return _body(asked).remedy_told


def _escrow_to_office(asked: BodyAsked) -> Answer:
    """The secret is sealed to the sender's own provincial office where one is a member, and to nobody else."""
    roster, sender = asked.roster, asked.header.sender_unit
    office = roster.provincial_office(sender) if sender in roster.units else None
    wanted = (office.code,) if office is not None and office.is_member else ()
    return _body(asked).escrow_units == wanted


def _opens(asked: BodyAsked, expert: OpenedExpert) -> bool:
    """Whether the opened expert stands in the list that was fixed before either side committed."""
    facts = asked.thread.appraisal
    if facts is None or not expert.leaf:
        return False
    try:
        index = opening_index(facts.strata, expert.stratum, expert.position)
    except DrawError:
        return False
    size = sum(stratum.eligible for stratum in facts.strata)
    return hash_stands_in(
        leaf_digest=expert.leaf, index=index, size=size, path=expert.path, root=facts.eligible_root
    )  # fmt: skip


def _panel_opened(asked: BodyAsked) -> Answer:
    """Everyone drawn, in the order of strata and picks, opened in the list.

    Who is named the chair is whom the rule names (protocol 13.10); an older record names none.
    """
    declared, opened = asked.header.declared, _body(asked).opened
    if not isinstance(declared, PanelDeclared):
        return False
    wanted = [
        (index, position, reserve)
        for index, drawn in enumerate(declared.picks)
        for reserve, positions in ((False, drawn.seats), (True, drawn.reserves))
        for position in positions
    ]
    if [(expert.stratum, expert.position, expert.reserve) for expert in opened] != wanted:
        return contradicts("panel")
    seats = [expert for expert in opened if not expert.reserve]
    chairs = [expert for expert in opened if expert.chair]
    by_rule = chair_by_rank([expert.rank for expert in seats])
    if chairs and (by_rule is None or chairs != [seats[by_rule]]):
        return False
    return all(_opens(asked, expert) for expert in opened)


def _replacement_opened(asked: BodyAsked) -> Answer:
    declared, body = asked.header.declared, _body(asked)
    if not isinstance(declared, ReplacementDeclared) or len(body.opened) != 1 or not body.reason_told:
        return False
    (expert,) = body.opened
    if (expert.stratum, expert.position) != (declared.stratum, declared.enters):
        return contradicts("panel")
    if expert.chair:  # whom the chair passes to follows from those who sit then; who enters does not say it
        return False
    return expert.expert_id != body.leaves and _opens(asked, expert)


def _none_of_a_void_panel(asked: BodyAsked) -> Answer:
    """Nobody who sat in a void panel of this case, as far as its members are at hand here.

    Each unit numbers its own pool: the same number in another's is somebody else.
    """
    draws = asked.header.sender_unit
    return not {(draws, expert.expert_id) for expert in _body(asked).opened} & asked.history.void_experts


def _recusal_reasoned(asked: BodyAsked) -> Answer:
    return _body(asked).reason_told


# Seconded experts.


def _experts_match(asked: BodyAsked) -> Answer:
    declared = asked.header.declared
    if asked.header.recorded_by_home and not _body(asked).seconded:
        return True
    same = isinstance(declared, ExpertsDeclared) and declared.experts == len(_body(asked).seconded)
    return same or contradicts("experts")


def _proposed_enough(asked: BodyAsked) -> Answer:
    """At least twice the panel that the letter asks for; where it asks for none, twice three was the header's."""
    letter = asked.history.letter
    request = letter.appraisal.request if letter is not None and letter.appraisal is not None else None
    return request is None or len(_body(asked).seconded) >= 2 * request.panel_size or asked.header.recorded_by_home


def _appointments_stated(asked: BodyAsked) -> Answer:
    """Each is in the home's pool, by a document, for a term that is not over (条例 Art 24, 25)."""
    today = day_of(asked.header.claimed_at)
    return all(
        each.home_expert_id
        and each.appointment_told
        and each.appointed_until is not None
        and each.appointed_until >= today
        for each in _body(asked).seconded
    )


def _no_conflict_declared(asked: BodyAsked) -> Answer:
    """Each confirms that there is no conflict, and says when to come (条例 Art 27)."""
    return all(each.recusal_declared and each.available_on is not None for each in _body(asked).seconded)


# The examination.


def _appointment_matches(asked: BodyAsked) -> Answer:
    declared = asked.header.declared
    same = isinstance(declared, AppointmentDeclared) and _body(asked).day == declared.on
    return same or contradicts("day")


def _move_reasoned(asked: BodyAsked) -> Answer:
    return _body(asked).reason_told


def _notice_proven(asked: BodyAsked) -> Answer:
    """What proves the service travels with it or is held already."""
    proof = _body(asked).proof
    held = asked.history.held_material_ids
    return bool(proof) and proof in {*asked.manifest_ids, *asked.facts.reused_material_ids, *held}


def _absence_reason_right(asked: BodyAsked) -> Answer:
    """What counts was unjustified or a refusal (N03, N04); what does not, not told in time or excused (N01, N02)."""
    declared, facts = asked.header.declared, asked.thread.appraisal
    if not isinstance(declared, AttendanceDeclared) or facts is None or len(asked.facts.sealed_reasons) != 1:
        return False
    counted = declared.absences > facts.absences
    return (asked.facts.sealed_reasons[0] in _COUNTED) == counted and _body(asked).reason_told


def _examination_fits(asked: BodyAsked) -> Answer:
    """The day as declared, the worker identified, the whole panel there; on paper the scan shows it."""
    declared, body, facts = asked.header.declared, _body(asked), asked.thread.appraisal
    if not isinstance(declared, AttendanceDeclared) or body.day != declared.on:
        return contradicts("day")
    if not body.identity_matches:
        return False
    return asked.header.recorded_by_home or (facts is not None and len(body.present) == len(facts.panel))


# The opinion, the result, the conclusion.


def _opinion_matches(asked: BodyAsked) -> Answer:
    declared, opinion = asked.header.declared, _body(asked).opinion
    if not isinstance(declared, OpinionDeclared) or opinion is None:
        return False
    signed = sum(has_signed for _, _, has_signed, _ in opinion.experts)
    dissenting = sum(not agrees for _, agrees, _, _ in opinion.experts)
    answered = len(set(opinion.warnings) & set(opinion.answered))
    people = (len(opinion.experts), signed, dissenting)
    if not asked.header.recorded_by_home and people != (declared.experts, declared.signed, declared.dissenting):
        return contradicts("opinion")
    warnings = (answered, len(opinion.warnings) - answered)
    return warnings == (declared.warnings_answered, declared.warnings_open) or contradicts("warnings")


def _majority_holds(asked: BodyAsked) -> Answer:
    """More than half agree, and who does not says why."""
    opinion = _body(asked).opinion
    if opinion is None:
        return False
    if asked.header.recorded_by_home:
        return True
    agreeing = sum(agrees for _, agrees, _, _ in opinion.experts)
    told = all(agrees or why for _, agrees, _, why in opinion.experts)
    return 2 * agreeing > len(opinion.experts) and told


def _grades_computed(asked: BodyAsked) -> Answer:
    """The degree of care follows from the five items (GB/T 16180); a combined grade needs single ones or an answer."""
    opinion = _body(asked).opinion
    if opinion is None:
        return False
    return opinion.care_items is None or opinion.care_degree == self_care_degree(opinion.care_items)


def _own_finding_fits(asked: BodyAsked) -> Answer:
    """Nobody signs that they agree with the majority beside a finding of their own that says otherwise."""
    opinion = _body(asked).opinion
    return opinion is not None and not opinion.contradicted


def _finding_fits_matter(asked: BodyAsked) -> Answer:
    """What was asked is answered: a grade with its injuries, the five items, or words."""
    opinion = _body(asked).opinion
    if opinion is None:
        return False
    match asked.thread.matter:
        case Matter.DISABILITY_GRADE:
            return opinion.combined > 0 and bool(opinion.grades)
        case Matter.SELF_CARE:
            return opinion.care_items is not None
        case _:
            return opinion.other_told or opinion.combined > 0


def _result_as_formed(asked: BodyAsked) -> Answer:
    """The opinion that goes home is the one that was formed, where that is at hand."""
    formed = asked.history.opinion
    return formed is None or asked.header.recorded_by_home or formed == _body(asked).opinion or contradicts("opinion")


def _conclusion_by_mode(asked: BodyAsked) -> Answer:
    """The host concludes in 委托鉴定 alone; in any other mode the conclusion is the home's."""
    body = _body(asked)
    if _mode(asked) is AppraisalMode.FULL_ENTRUST:
        return body.conclusion_told and body.day is not None
    return not body.conclusion_told and body.day is None


def _opinion_reviewed(asked: BodyAsked) -> Answer:
    """The reviewer is none of the panel; on paper the scan shows it."""
    if asked.header.recorded_by_home:
        return True
    opinion, reviewer = _body(asked).opinion, asked.facts.reviewer_id
    return opinion is not None and bool(reviewer) and reviewer not in {expert for expert, *_ in opinion.experts}


def _clauses_named(asked: BodyAsked) -> Answer:
    """退回复核 names the clauses that are said to be misapplied, and why."""
    return _body(asked).clauses > 0 and _body(asked).reason_told


def _adopted_in_one_act(asked: BodyAsked) -> Answer:
    """委托鉴定: the home adopts the entrusted conclusion, wholly, as it completes.

    What it does not adopt it sends back to be judged again, has the panel made void, or disputes.
    """
    return _mode(asked) is not AppraisalMode.FULL_ENTRUST or _body(asked).adopted


def _conclusion_matches(asked: BodyAsked) -> Answer:
    declared, body = asked.header.declared, _body(asked)
    if not isinstance(declared, ConclusionDeclared) or body.day != declared.on:
        return contradicts("day")
    return body.conclusion_told and (asked.header.kind is not Kind.CONCLUSION_SERVED or body.service_told)


def _remedy_stated(asked: BodyAsked) -> Answer:
    """Who is served is told that 再次鉴定 may be applied for (条例 Art 26)."""
    return _body(asked).remedy_told


APPRAISAL_BODY_GUARDS: Final[dict[str, BodyGuard]] = {
    "appraisal_asked": _appraisal_asked,
    "decision_recorded": _decision_recorded,
    "pool_basis_told": _pool_basis_told,
    "consents_given": _consents_given,
    "review_not_early": _review_not_early,
    "plan_matches": _plan_matches,
    "remedy_told": _remedy_told,
    "escrow_to_office": _escrow_to_office,
    "panel_opened": _panel_opened,
    "replacement_opened": _replacement_opened,
    "none_of_a_void_panel": _none_of_a_void_panel,
    "recusal_reasoned": _recusal_reasoned,
    "experts_match": _experts_match,
    "proposed_enough": _proposed_enough,
    "appointments_stated": _appointments_stated,
    "no_conflict_declared": _no_conflict_declared,
    "appointment_matches": _appointment_matches,
    "move_reasoned": _move_reasoned,
    "notice_proven": _notice_proven,
    "absence_reason_right": _absence_reason_right,
    "examination_fits": _examination_fits,
    "opinion_matches": _opinion_matches,
    "majority_holds": _majority_holds,
    "grades_computed": _grades_computed,
    "own_finding_fits": _own_finding_fits,
    "finding_fits_matter": _finding_fits_matter,
    "result_as_formed": _result_as_formed,
    "conclusion_by_mode": _conclusion_by_mode,
    "opinion_reviewed": _opinion_reviewed,
    "clauses_named": _clauses_named,
    "adopted_in_one_act": _adopted_in_one_act,
    "conclusion_matches": _conclusion_matches,
    "remedy_stated": _remedy_stated,
}
