"""Guards of class B: what needs the opened body (protocol 4.6, 5.3). The sender's node asks before sealing, the
recipient's after opening; a reseal is asked about with the header that it replaces.

What contradicts the header is BODY_CONTRADICTS_HEADER with `what`; what fails by itself is BODY_GUARD_FAILED with
`guard`. Nothing of the body is repeated. NOT checked: free text (protocol 11.3).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.agreed_law import unlawful
from delegation.body_asked import Answer, BodyAsked, BodyGuard, contradicts
from delegation.codec_roster import parse_agreement
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.declared_appraisal import OpinionDeclared
from delegation.errors import Reason, Refusal, Refused
from delegation.guards_asked import not_asked_again
from delegation.guards_body_appraisal import APPRAISAL_BODY_GUARDS
from delegation.model import (
    AssignmentDeclared,
    LetterDeclared,
    MaterialsDeclared,
    ResultDeclared,
    ReturnDeclared,
    SupplementDeclared,
)
from delegation.reasons_codes import REASON_LIST
from delegation.urgency import BONUS

FOUND, PARTLY, NOT_FOUND = 1, 2, 3  # the contract's Finding
_REUSING: Final = (LetterDeclared, ResultDeclared, MaterialsDeclared, OpinionDeclared)
_PROJECT, _NOT_INSURED = 2, 3  # the contract's InsuranceMode; 1 is 单位参保
_VALID_CERTIFICATE = 1  # the contract's OccupationalDisease


def _kind_and_thread(asked: BodyAsked) -> Answer:
    facts, header = asked.facts, asked.header
    if facts.kind is not header.kind or facts.thread_id != header.thread_id:
        return contradicts("kind")
    if not facts.material_ids and not header.manifest:
        return True
    return sorted(facts.material_ids) == sorted(asked.manifest_ids) or contradicts("materials")


def _sealed_reasons_match(asked: BodyAsked) -> Answer:
    """Exact codes travel sealed where the header has their class, and only there."""
    sealed = asked.facts.sealed_reasons
    if not sealed and not asked.header.reasons:
        return True
    classes = {reason for reason in asked.header.reasons if reason not in REASON_LIST}
    allowed = {code for code in asked.row.reasons if REASON_LIST[code].sealed}
    if len(set(sealed)) != len(sealed) or not set(sealed) <= allowed:
        return contradicts("reasons")
    return {REASON_LIST[code].in_header for code in sealed} == classes or contradicts("reasons")


def _reused_match(asked: BodyAsked) -> Answer:
    """The figure counts what is referred to by id and what the sender took over from its own store of the case."""
    declared, reused = asked.header.declared, asked.facts.reused_material_ids
    if isinstance(declared, _REUSING):
        spared = len(reused) + len(asked.facts.taken_over_ids)
        same = declared.reused_materials == spared and len(set(reused)) == len(reused)
        return same or contradicts("reused_materials")
    return True


def _material_not_sent_again(asked: BodyAsked) -> Answer:
    """What the case already holds is referred to by id (promise 11). The next leg's host holds nothing yet."""
    if not asked.facts.reused_material_ids and not asked.header.manifest:
        return True
    held = asked.history.held_material_ids
    if not set(asked.facts.reused_material_ids) <= held:
        return False
    anew = asked.header.replaces is not None or (asked.header.kind is Kind.ISSUED and asked.header.leg > 1)
    if anew or not set(asked.manifest_ids) & held:
        return True
    return Refused(Reason.MATERIAL_HELD_ALREADY, {"guard": "material_not_sent_again"})


def _paper_kept(asked: BodyAsked) -> Answer:
    """Two persons and the scan for an act on paper, nothing of it otherwise."""
    facts = asked.facts
    if not asked.header.recorded_by_home:
        return not facts.paper_recorders and not facts.paper_scan
    two = len(set(facts.paper_recorders) - {""}) >= 2
    return two and facts.paper_scan in (*asked.manifest_ids, *facts.reused_material_ids)


def _letter_matches(asked: BodyAsked) -> Answer:
    declared, items = asked.header.declared, asked.facts.items
    if asked.facts.content != "letter" or len({code for code, _ in items}) != len(items):
        return False
    counts = (len(items), sum(mandatory for _, mandatory in items))
    matches = isinstance(declared, LetterDeclared) and counts == (declared.items, declared.mandatory_items)
    return matches or contradicts("items")


def _covers(asked: BodyAsked, place: str) -> bool:
    """Whether the sender recognises injuries of that place: its own competence, its bureau's, or a place below it."""
    if not place:
        return False
    home = asked.roster.units.get(asked.header.sender_unit)
    if home is None:
        return False
    on = day_of(asked.header.claimed_at)
    competent = asked.roster.competent_unit(place, asked.header.matter or asked.thread.matter, on)
    if competent is not None:
        return competent.code == home.code or (bool(home.bureau) and competent.bureau == home.bureau)
    areas = (home.region, home.pooling_area)
    return any(area and (place == area or place.startswith(area.rstrip("0") or area)) for area in areas)


def _home_is_right(asked: BodyAsked) -> Answer:
    """Who is the home (人社部发〔2016〕29号 §7): by project its place, uninsured the place of operation.

    Insured by the employer the pooling area decides, which may be larger than any unit's place; it has to be named.
    """
    facts = asked.facts
    if facts.insurance_mode == _PROJECT:
        return _covers(asked, facts.project_in)
    if facts.insurance_mode == _NOT_INSURED:
        return _covers(asked, facts.operates_in)
    return facts.insurance_mode != 0 and bool(facts.insured_in)


def _no_valid_certificate(asked: BodyAsked) -> Answer:
    """An occupational disease with a lawful certificate is not investigated (条例 Art 19, 办法 Art 13)."""
    return asked.facts.occupational_disease != _VALID_CERTIFICATE


def _letter_recusal(asked: BodyAsked) -> Answer:
    """Nobody who handles it at the home has a conflict of interest (办法 Art 16)."""
    return asked.facts.letter_recusal_declared


def _numbers_hold(asked: BodyAsked) -> Answer:
    """Identity number and credit code have their check characters. NOT checked: that anyone holds them."""
    return asked.facts.worker_id_ok and asked.facts.credit_code_ok


def _corrected_items_same(asked: BodyAsked) -> Answer:
    """Items change only where the correction says so."""
    declared, before = asked.header.declared, asked.history.letter
    if before is None or before.items == asked.facts.items:
        return True
    return isinstance(declared, LetterDeclared) and "items" in declared.changed_subjects


def _defects_match(asked: BodyAsked) -> Answer:
    declared = asked.header.declared
    same = isinstance(declared, ReturnDeclared) and asked.facts.defects == declared.defects
    return same or contradicts("defects")


def _investigators_match(asked: BodyAsked) -> Answer:
    declared, people = asked.header.declared, asked.facts.investigators
    if not isinstance(declared, AssignmentDeclared):
        return False
    able = {person.staff_id: person for person in people if person.has_credential}
    conflicts = sum(person.conflict for person in people)
    if (len(able), conflicts) != (declared.investigators, declared.conflicts):
        return contradicts("investigators")
    elsewhere = sum(person.unit != asked.thread.host_unit for person in able.values())
    paper = asked.header.recorded_by_home  # the paper seldom says which unit employs whom
    return paper or elsewhere == declared.from_elsewhere or contradicts("from_elsewhere")


def _investigators_fit(asked: BodyAsked) -> Answer:
    """Distinct, with credentials, no conflict declared, of the host's bureau or the home's unit (办法 Art 10, 16)."""
    people = asked.facts.investigators
    if len({person.staff_id for person in people}) != len(people):
        return False
    if not all(person.has_credential and person.recusal_declared and not person.conflict for person in people):
        return False
    roster, thread = asked.roster, asked.thread
    host = roster.units.get(thread.host_unit)
    bureau = host.bureau if host is not None else ""
    own = {unit.code for unit in roster.units_of(bureau)} if bureau else set()
    return all(person.unit in own | {thread.host_unit, thread.home_unit} for person in people)


def _result_matches(asked: BodyAsked) -> Answer:
    declared, facts, items = asked.header.declared, asked.facts, asked.items_of_round
    if not isinstance(declared, ResultDeclared) or items is None:
        return False
    findings = [answer.finding for answer in facts.answers]
    answered = {answer.item_code for answer in facts.answers if answer.finding in {FOUND, PARTLY}}
    mandatory = {code for code, needed in items.items() if needed}
    mine = (
        findings.count(FOUND), findings.count(PARTLY), findings.count(NOT_FOUND), len(mandatory & answered),
        len(mandatory), facts.checks_met, facts.checks_explained, facts.checks_open, len(facts.evidence_ids),
    )  # fmt: skip
    said = (
        declared.found, declared.partly_found, declared.not_found, declared.mandatory_answered,
        declared.mandatory_items, declared.checks_met, declared.checks_explained, declared.checks_open,
        declared.evidence,
    )  # fmt: skip
    return mine == said or contradicts("result")


def _answers_cover_round(asked: BodyAsked) -> Answer:
    """One answer to each item of this round, none to another."""
    items, answers = asked.items_of_round, asked.facts.answers
    codes = [answer.item_code for answer in answers]
    known = all(answer.finding in {FOUND, PARTLY, NOT_FOUND} for answer in answers)
    return items is not None and known and sorted(codes) == sorted(items)


def _unable_codes_told(asked: BodyAsked) -> Answer:
    """Each item that was not found out says why; what was found says nothing; the header has their classes."""
    answers = asked.facts.answers
    if any((answer.finding == NOT_FOUND) != bool(answer.unable_code) for answer in answers if answer.finding != PARTLY):
        return False
    codes = {answer.unable_code for answer in answers} - {""}
    if not codes <= set(asked.row.reasons) or ("U07" in codes and asked.header.round == 1):
        return False
    return {REASON_LIST[code].in_header for code in codes} == set(asked.header.reasons) or contradicts("reasons")


def _evidence_named(asked: BodyAsked) -> Answer:
    """Answers name evidence of this result; its materials travel with it or are held already."""
    facts = asked.facts
    named = {evidence for answer in facts.answers for evidence in answer.evidence_ids}
    if len(set(facts.evidence_ids)) != len(facts.evidence_ids) or not named <= set(facts.evidence_ids):
        return False
    shown = {*asked.manifest_ids, *facts.reused_material_ids} | asked.history.held_material_ids
    return set(facts.evidence_material_ids) <= shown


def _reviewer_apart(asked: BodyAsked) -> Answer:
    """Two investigators sign, and the reviewer is none of them (办法 Art 10); on paper the scan shows it."""
    if asked.header.recorded_by_home:
        return True
    signing = {person.staff_id for person in asked.facts.investigators}
    return len(signing) >= 2 and bool(asked.facts.reviewer_id) and asked.facts.reviewer_id not in signing


def _supplement_matches(asked: BodyAsked) -> Answer:
    """Only items of the letter, each once; new matters are a new delegation."""
    declared, items, letter = asked.header.declared, asked.facts.supplement_items, asked.history.letter
    codes = [code for code, _ in items]
    if letter is None or len(set(codes)) != len(codes) or not set(codes) <= {code for code, _ in letter.items}:
        return False
    if not isinstance(declared, SupplementDeclared) or declared.items != len(items):
        return contradicts("items")
    return {reason for _, reason in items} == set(asked.header.reasons) or contradicts("reasons")


def _amendment_matches(asked: BodyAsked) -> Answer:
    return asked.facts.content == "amendment"


def _reason_told(asked: BodyAsked) -> Answer:
    """A code alone does not do: the words go with it."""
    return asked.facts.has_text


def _priority_told(asked: BodyAsked) -> Answer:
    """优先 and 绿色通道 have their reason in the letter, unless the thread has that priority already by a change."""
    priority, letter = asked.header.priority, asked.thread.letter
    if priority not in BONUS or (letter is not None and letter.priority is priority):
        return True
    return asked.facts.priority_told


def _question_told(asked: BodyAsked) -> Answer:
    facts = asked.facts
    return facts.has_text or bool(asked.manifest_ids) or bool(facts.reused_material_ids) or bool(facts.asked)


def _terms_lawful(asked: BodyAsked) -> Answer:
    """What two units agree leaves the law as it is (条例 Art 20, 25)."""
    try:
        wrong = unlawful(parse_agreement(asked.facts.terms))
    except Refusal as refusal:
        wrong = {"field": refusal.details.get("field", "agreement")}
    if wrong is None:
        return True
    return Refused(Reason.BODY_GUARD_FAILED, {"guard": "terms_lawful", **wrong})


BODY_GUARDS: Final[Mapping[str, BodyGuard]] = MappingProxyType({
    "kind_and_thread": _kind_and_thread,
    "sealed_reasons_match": _sealed_reasons_match,
    "reused_match": _reused_match,
    "material_not_sent_again": _material_not_sent_again,
    "paper_kept": _paper_kept,
    "not_asked_again": not_asked_again,
    "letter_matches": _letter_matches,
    "home_is_right": _home_is_right,
    "no_valid_certificate": _no_valid_certificate,
    "letter_recusal": _letter_recusal,
    "numbers_hold": _numbers_hold,
    "corrected_items_same": _corrected_items_same,
    "defects_match": _defects_match,
    "investigators_match": _investigators_match,
    "investigators_fit": _investigators_fit,
    "result_matches": _result_matches,
    "answers_cover_round": _answers_cover_round,
    "unable_codes_told": _unable_codes_told,
    "evidence_named": _evidence_named,
    "reviewer_apart": _reviewer_apart,
    "supplement_matches": _supplement_matches,
    "amendment_matches": _amendment_matches,
    "reason_told": _reason_told,
    "priority_told": _priority_told,
    "question_told": _question_told,
    "terms_lawful": _terms_lawful,
    **APPRAISAL_BODY_GUARDS,
})  # fmt: skip


def judged_body(names: tuple[str, ...], asked: BodyAsked) -> Refused | None:
    """The first guard's refusal, None when all pass."""
    for name in names:
        answer = BODY_GUARDS[name](asked)
        if answer is True:
            continue
        return Refused(Reason.BODY_GUARD_FAILED, {"guard": name}) if answer is False else answer
    return None
